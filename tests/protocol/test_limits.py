"""Every limit of `limits`, just within and one beyond."""

import random
import zlib
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import pytest

from canting_client.book import Book, Chance
from canting_protocol import changes as c
from canting_protocol import codec, limits
from canting_protocol.batch import Envelope, cut, cuts, deflate, inflate, open_batch, peek
from canting_protocol.bundles import (
    MAGIC,
    Given,
    Taken,
    pack,
    read_bundle,
    read_handover,
    read_slip,
    unpack,
    write_bundle,
    write_handover,
    write_slip,
)
from canting_protocol.crypto import SigningKey
from canting_protocol.dictionaries import DICTIONARIES
from canting_protocol.door import admit, within_frontier
from canting_protocol.errors import Refused, TooBig
from canting_protocol.exchange import Exchange
from canting_protocol.frames import Gathering, frames_of, heading_of, most_bytes, read_frame
from canting_protocol.ledger.author import place
from canting_protocol.ledger.judge import check
from canting_protocol.ledger.pen import Pen
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.registers import check_value
from canting_protocol.ledger.rows import HeadRow, Nothing, Rows
from canting_protocol.letters import (
    Address,
    Span,
    open_letter,
    read_address,
    read_letter,
    seal_letter,
)
from canting_protocol.limits import (
    AMOUNT_MAX,
    BATCH_BYTES_MAX,
    BATCH_CHANGES_MAX,
    BATCH_INFLATED_BYTES_MAX,
    BATCHES_BYTES_PER_MESSAGE_MAX,
    BUNDLE_BYTES_MAX,
    BUNDLE_LETTERS_MAX,
    CHANGE_BYTES_MAX,
    CHANGE_LINES_MAX,
    DICTIONARY_BYTES_MAX,
    ENROL_BYTES_MAX,
    FRAME_PIECES_MAX,
    FRAME_SEQUENCE_MAX,
    FRAMED_BYTES_MAX,
    FRONTIER_HEADS_MAX,
    FRONTIER_HEADS_RESERVED,
    INTEGER_MAX,
    LETTER_BYTES_MAX,
    LETTER_SPANS_MAX,
    MARK_PIECES_MAX,
    NIK_BYTES_MAX,
    NIK_BYTES_MIN,
    OFFER_PAPERS_MAX,
    PRIVATE_BYTES_MAX,
    RECEIPT_EXCEPTIONS_MAX,
    REPLY_BYTES_MAX,
    REQUEST_BATCHES_MAX,
    REQUEST_BYTES_MAX,
    REQUEST_INFLATED_BYTES_MAX,
    REQUEST_LEDGERS_MAX,
    ROUND_TRIPS_MAX,
    TEXT_BYTES_MAX,
)
from canting_protocol.log import ArtisanId, Descriptor, Placed
from canting_protocol.messages import (
    VERSION,
    Answer,
    Enrolled,
    Exceptions,
    Held,
    HeldHead,
    Offer,
    Receipt,
    Reply,
    Request,
    read_enrolment,
    read_receipt,
    read_reply,
    read_request,
    write_enrolment,
    write_receipt,
    write_reply,
    write_request,
)
from canting_protocol.signed import Signed

KEY, REGISTRY = SigningKey(b"A" * 32), SigningKey(b"R" * 32)
ARTISAN = ArtisanId(b"artisan!")
LOG = Descriptor(KEY.public, bytes(8), b"")


def code_of(call: Callable[[], object]) -> str | None:
    """Return the code that something is refused with, or None."""
    try:
        call()
    except Refused as refused:
        return refused.code
    return None


def chain(bodies: Sequence[bytes]) -> list[Placed]:
    """Return changes one after the other."""
    made: list[Placed] = []
    previous = LOG.origin
    for n, body in enumerate(bodies, 1):
        made.append(place(LOG.log, n, previous, 0, body))
        previous = made[-1].hash
    return made


def test_every_limit_is_tested_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    body = text[text.index("def test_") :]
    for name in vars(limits):
        if name.endswith("_MAX"):
            assert name in body, name


def test_an_integer_is_at_most_integer_max() -> None:
    assert INTEGER_MAX == 2**53 - 1
    most = c.Payment(1, INTEGER_MAX)
    assert c.read(c.write(most)) == most
    with pytest.raises(TooBig):
        c.write(c.Payment(1, INTEGER_MAX + 1))
    with pytest.raises(c.BadChange):
        c.read(codec.encode([int(c.Kind.PAYMENT), 1, INTEGER_MAX + 1]))


@pytest.mark.parametrize(
    "fact",
    [
        lambda most: c.Sale([c.SaleLine(7, 1, most - 1), c.SaleLine(7, 1, 1)]),
        lambda most: c.Sale([c.SaleLine(7, most, 5)]),
        lambda most: c.Return([c.GoodsLine(7, 1, most)]),
        lambda most: c.Purchase([c.GoodsLine(7, most, 1)]),
        lambda most: c.Payment(1, most),
        lambda most: c.Transfer(0, 1, most),
        lambda most: c.Expense("sewa", most),
        lambda most: c.Move([c.MoveLine(7, most)], -1, -2),
        lambda most: c.Count([c.CountLine(7, most)]),
        lambda most: c.Production([c.MoveLine(7, most)], []),
    ],
)
def test_a_fact_comes_to_at_most_amount_max(fact: Callable[[int], c.Change]) -> None:
    check(fact(AMOUNT_MAX))
    with pytest.raises(c.BadChange):
        check(fact(AMOUNT_MAX + 1))


def test_a_batch_is_at_most_batch_bytes_max_as_it_travels() -> None:
    with pytest.raises(Refused) as refused:
        peek(bytes(BATCH_BYTES_MAX + 1))
    assert refused.value.code == "too_large"
    with pytest.raises(Refused) as refused:
        peek(bytes(BATCH_BYTES_MAX))
    assert refused.value.code == "malformed"


def test_a_change_is_at_most_change_bytes_max_with_its_salt() -> None:
    def of_size(size: int) -> c.Item:
        """Return a change of so many bytes, in fields that no version knows yet."""
        fields = [c.FieldWrite(100 + n, c.value("x" * 1000)) for n in range(15)]
        item = c.Item(None, [*fields, c.FieldWrite(999, c.value("x" * 300))])
        short = size - len(codec.encode([2, None, item.fields]))
        return c.Item(None, [*fields, c.FieldWrite(999, c.value("x" * (300 + short)))])

    salted = c.write(of_size(CHANGE_BYTES_MAX - 5), b"salt")
    assert len(salted) == CHANGE_BYTES_MAX
    with pytest.raises(TooBig):
        c.write(of_size(CHANGE_BYTES_MAX - 4))


def test_a_change_has_at_most_change_lines_max() -> None:
    most = c.Count([c.CountLine(7, 0)] * CHANGE_LINES_MAX)
    assert c.read(c.write(most)) == most
    with pytest.raises(TooBig):
        c.write(c.Count([c.CountLine(7, 0)] * (CHANGE_LINES_MAX + 1)))
    goods = c.Sale([c.SaleLine(7, 1000, 1)] * CHANGE_LINES_MAX)
    assert c.read(c.write(goods)) == goods


def test_a_text_is_at_most_text_bytes_max() -> None:
    most = c.Expense("x" * TEXT_BYTES_MAX, 1)
    assert c.read(c.write(most)) == most
    with pytest.raises(TooBig):
        c.write(c.Expense("x" * (TEXT_BYTES_MAX + 1), 1))
    check_value(c.Kind.ITEM, c.ItemField.NAME, codec.encode("x" * TEXT_BYTES_MAX))
    with pytest.raises(c.BadChange):
        check_value(c.Kind.ITEM, c.ItemField.NAME, codec.encode("x" * (TEXT_BYTES_MAX + 1)))


def test_a_value_nests_at_most_nesting_max() -> None:
    item = c.Kind.ITEM
    check_value(item, 999, b"\x91" * codec.NESTING_MAX + b"\x01")
    with pytest.raises(c.BadChange):
        check_value(item, 999, b"\x91" * (codec.NESTING_MAX + 1) + b"\x01")


def test_a_private_value_is_at_most_private_bytes_max() -> None:
    def private(size: int) -> c.Private:
        return c.Private(bytes(4), bytes(12), bytes(size))

    most = c.Expense(1, 1, note=private(PRIVATE_BYTES_MAX))
    assert c.read(c.write(most)) == most
    with pytest.raises(TooBig):
        c.write(c.Expense(1, 1, note=private(PRIVATE_BYTES_MAX + 1)))
    name = c.PartnerField.NAME
    check_value(c.Kind.PARTNER, name, codec.encode(private(PRIVATE_BYTES_MAX)))
    with pytest.raises(c.BadChange):
        check_value(c.Kind.PARTNER, name, codec.encode(private(PRIVATE_BYTES_MAX + 1)))


def test_a_sealed_nik_is_at_most_nik_bytes_max() -> None:
    def fits(size: int) -> None:
        check_value(c.Kind.PROFILE, c.ProfileField.NIK, codec.encode(bytes(size)))

    assert (NIK_BYTES_MIN, NIK_BYTES_MAX) == (49, 256)
    fits(NIK_BYTES_MIN)
    fits(NIK_BYTES_MAX)
    for size in (NIK_BYTES_MIN - 1, NIK_BYTES_MAX + 1):
        with pytest.raises(c.BadChange):
            fits(size)


def test_a_batch_counts_at_most_batch_changes_max() -> None:
    whole = chain([b"\x90"] * (BATCH_CHANGES_MAX + 1))
    assert [len(run) for run in cuts(whole)] == [BATCH_CHANGES_MAX, 1]
    raw = cut(KEY, ARTISAN, whole[:-1], 0)
    assert len(open_batch(raw, LOG).changes) == BATCH_CHANGES_MAX
    parts = codec.decode(codec.decoder(list[object]), peek(raw)[1].header)
    parts[7] = BATCH_CHANGES_MAX + 1
    header = codec.encode(parts)
    beyond = codec.encode([header, KEY.sign(b"canting/batch/1", header)])
    assert code_of(lambda: open_batch(beyond, LOG)) == "malformed"


def test_a_batch_inflates_to_at_most_batch_inflated_bytes_max() -> None:
    assert len(inflate(deflate(bytes(BATCH_INFLATED_BYTES_MAX), 0), 0)) == BATCH_INFLATED_BYTES_MAX
    beyond = deflate(bytes(BATCH_INFLATED_BYTES_MAX + 1), 0)
    assert code_of(lambda: inflate(beyond, 0)) == "too_large"
    whole = chain([bytes(CHANGE_BYTES_MAX)] * 17)
    runs = cuts(whole)
    assert len(runs) == 2
    assert all(
        code_of(lambda r=run: open_batch(cut(KEY, ARTISAN, r, 0), LOG)) is None  # type: ignore[misc]
        for run in runs
    )


def test_a_dictionary_is_at_most_dictionary_bytes_max() -> None:
    assert DICTIONARY_BYTES_MAX == 32_768
    assert all(len(words) <= DICTIONARY_BYTES_MAX for words in DICTIONARIES.values())
    assert DICTIONARIES[0] == b""


def request_of(size: int) -> bytes:
    """Return a request of so many bytes, all told."""

    def filled(filling: int) -> bytes:
        offer = Offer(ARTISAN, [], [bytes(filling)])
        return write_request(KEY, Request(VERSION, KEY.public, 0, [offer]))

    return filled(size - len(filled(size - 1000)) + size - 1000)


def test_a_request_is_at_most_request_bytes_max() -> None:
    most = request_of(REQUEST_BYTES_MAX)
    assert len(most) == REQUEST_BYTES_MAX
    assert code_of(lambda: read_request(most)) is None
    beyond = request_of(REQUEST_BYTES_MAX + 1)
    assert code_of(lambda: read_request(beyond)) == "too_large"


def test_a_reply_is_at_most_reply_bytes_max() -> None:
    def reply_of(size: int) -> bytes:
        def filled(filling: int) -> bytes:
            answer = Answer(ARTISAN, [], [bytes(filling)], b"")
            return write_reply(Reply(VERSION, 0, [answer]))

        return filled(size - len(filled(size - 1000)) + size - 1000)

    most = reply_of(REPLY_BYTES_MAX)
    assert len(most) == REPLY_BYTES_MAX
    assert code_of(lambda: read_reply(most)) is None
    assert code_of(lambda: read_reply(reply_of(REPLY_BYTES_MAX + 1))) == "too_large"


def test_a_message_spends_at_most_batches_bytes_per_message_max_on_batches(tmp_path: Path) -> None:
    receipt = write_receipt(REGISTRY, Receipt(VERSION, ARTISAN, 1, 1, [], []))
    drawn = iter(range(10**9))
    chance = Chance(lambda: 0, lambda size: next(drawn).to_bytes(size, "big"))
    with Book(tmp_path / "book.db", KEY, chance, durable=False) as book:
        book.join("http://nowhere", Enrolled(VERSION, ARTISAN, REGISTRY.public, [], [], receipt))
        noise = random.Random(1)  # noqa: S311  # what does not compress, no secret
        for _ in range(60):
            values = [c.value(noise.randbytes(1000)) for _ in range(15)]
            book.record(c.Item(None, [c.FieldWrite(100 + n, v) for n, v in enumerate(values)]))
        offered = book.offer().batches
    spent = sum(map(len, offered))
    assert spent > BATCHES_BYTES_PER_MESSAGE_MAX - BATCH_INFLATED_BYTES_MAX
    assert spent <= BATCHES_BYTES_PER_MESSAGE_MAX
    assert sum(peek(raw)[0].count for raw in offered) < 60
    assert BATCHES_BYTES_PER_MESSAGE_MAX + BATCH_INFLATED_BYTES_MAX < REQUEST_BYTES_MAX


def asked(offers: list[Offer]) -> str | None:
    """Return the code that a request of these offers is refused with, or None."""
    data = write_request(KEY, Request(VERSION, KEY.public, 0, offers))
    return code_of(lambda: read_request(data))


def test_a_request_speaks_of_at_most_request_ledgers_max() -> None:
    offers = [Offer(n.to_bytes(8, "big"), [], []) for n in range(REQUEST_LEDGERS_MAX + 1)]
    assert asked(offers[:-1]) is None
    assert asked(offers) == "malformed"
    assert asked([]) == "malformed"


def test_a_ledger_of_a_request_has_at_most_request_batches_max() -> None:
    assert asked([Offer(ARTISAN, [], [b""] * REQUEST_BATCHES_MAX)]) is None
    assert asked([Offer(ARTISAN, [], [b""] * (REQUEST_BATCHES_MAX + 1))]) == "malformed"


def test_a_frontier_has_at_most_frontier_heads_max_logs_and_heads_of_each() -> None:
    log, head = Held(LOG, []), HeldHead(1, 1, bytes(16))
    assert asked([Offer(ARTISAN, [log] * FRONTIER_HEADS_MAX, [])]) is None
    assert asked([Offer(ARTISAN, [log] * (FRONTIER_HEADS_MAX + 1), [])]) == "malformed"
    assert asked([Offer(ARTISAN, [Held(LOG, [head] * FRONTIER_HEADS_MAX)], [])]) is None
    assert (
        asked([Offer(ARTISAN, [Held(LOG, [head] * (FRONTIER_HEADS_MAX + 1))], [])]) == "malformed"
    )


def test_a_request_inflates_to_at_most_request_inflated_bytes_max() -> None:
    """Bodies are looked into until that much has come out; the rest may be sent again."""
    log = {LOG.log: LOG}
    bodies = chain([bytes(15_980)] * 16)
    raw = cut(KEY, ARTISAN, bodies, 0, 0)
    inflated = open_batch(raw, LOG).inflated
    assert 15_980 * 16 < inflated <= BATCH_INFLATED_BYTES_MAX

    def admitted(room: int, *offered: bytes) -> tuple[int, list[tuple[int, str]], int]:
        found = admit(ARTISAN, offered, log, REGISTRY.public, {KEY.public}, room)
        turned = [(each.index, each.code) for each in found.refused]
        return len(found.batches), turned, found.inflated

    assert admitted(inflated + 1, raw, raw) == (2, [], 2 * inflated)
    assert admitted(inflated, raw, raw) == (1, [(1, "too_large")], inflated)
    assert admitted(0, raw) == (0, [(0, "too_large")], 0)
    many = -(-REQUEST_INFLATED_BYTES_MAX // inflated)
    found = admit(ARTISAN, [raw] * (many + 1), log, REGISTRY.public, {KEY.public})
    assert [each.index for each in found.refused] == [many]


def test_a_body_that_was_looked_into_in_vain_counts_in_full() -> None:
    header, _ = peek(cut(KEY, ARTISAN, chain([b"\xc0"]), 0, 0))
    values = [getattr(header, name) for name in header.__struct_fields__]
    values[-1] = deflate(bytes(BATCH_INFLATED_BYTES_MAX + 1), 0)
    said = codec.encode(values)
    bomb = codec.encode(Envelope(said, KEY.sign(b"canting/batch/1", said)))
    log = {LOG.log: LOG}
    many = -(-REQUEST_INFLATED_BYTES_MAX // BATCH_INFLATED_BYTES_MAX)
    found = admit(ARTISAN, [bomb] * 100, log, REGISTRY.public, {KEY.public})
    assert {each.code for each in found.refused} == {"too_large"}
    assert found.inflated == many * BATCH_INFLATED_BYTES_MAX


def test_a_ledger_has_at_most_frontier_heads_max_heads() -> None:
    """All but the reserved ones are the devices'; who carries on a log needs no new one."""
    room = FRONTIER_HEADS_MAX - FRONTIER_HEADS_RESERVED
    logs = [Descriptor(KEY.public, number.to_bytes(8, "big"), b"") for number in range(3)]
    known = {each.log: each for each in logs}

    def placed(log: Descriptor, count: int) -> list[Placed]:
        made = [place(log.log, 1, log.origin, 0, b"\xc0")]
        while len(made) < count:
            made.append(place(log.log, len(made) + 1, made[-1].hash, 0, b"\xc0"))
        return made

    first = placed(logs[0], 4)
    offered = [
        cut(KEY, ARTISAN, first[1:3], 0),  # carries on a head that is held
        cut(KEY, ARTISAN, first[3:], 0),  # and this one carries on that
        cut(KEY, ARTISAN, placed(logs[1], 1), 0),
        cut(KEY, ARTISAN, placed(logs[2], 1), 0),
    ]
    admitted = admit(ARTISAN, offered, known, REGISTRY.public, {KEY.public})
    heads = [first[0].hash, *(bytes([7]) + n.to_bytes(31, "big") for n in range(room - 2))]

    def refused(heads: Sequence[bytes], held: Sequence[Placed] = ()) -> list[tuple[int, str]]:
        within = within_frontier(admitted, offered, heads, lambda each: each in held)
        assert len(within.batches) + len(within.refused) == len(offered)
        return [(each.index, each.code) for each in within.refused]

    assert refused(heads[:-2]) == []
    assert refused(heads[:-1]) == []
    assert refused(heads) == [(3, "too_large")]
    more = [*heads, bytes(32)]
    assert refused(more) == [(2, "too_large"), (3, "too_large")]
    assert refused(more, placed(logs[1], 1)) == [(3, "too_large")], "what is held needs no room"
    assert refused([each for each in more if each != first[0].hash], first) == [(3, "too_large")]


@pytest.mark.parametrize("begun", [FRONTIER_HEADS_MAX - 1, FRONTIER_HEADS_MAX])
def test_no_log_is_begun_beyond_frontier_heads_max(begun: int) -> None:
    """A book that could no longer state its frontier in one request could never be sent."""
    rows = Rows(Nothing())
    for number in range(begun):
        log = Descriptor(KEY.public, number.to_bytes(8, "big"), b"").log
        rows.put(HeadRow(log, log * 2, 1, 1, b"\x90"))
    pen = Pen(rows, Parties({}, None), KEY.public, None, lambda n: bytes(n))
    if begun < FRONTIER_HEADS_MAX:
        pen.append(c.Consent(1), 0)
    else:
        with pytest.raises(TooBig):
            pen.append(c.Consent(1), 0)


def test_a_receipt_names_at_most_receipt_exceptions_max() -> None:
    def receipt_of(exceptions: int) -> bytes:
        each = Exceptions(bytes(16), 1, 1, bytes(16), 2, 1)
        return write_receipt(REGISTRY, Receipt(VERSION, ARTISAN, 1, 1, [], [each] * exceptions))

    most, beyond = receipt_of(RECEIPT_EXCEPTIONS_MAX), receipt_of(RECEIPT_EXCEPTIONS_MAX + 1)
    assert code_of(lambda: read_receipt(most, REGISTRY.public)) is None
    assert code_of(lambda: read_receipt(beyond, REGISTRY.public)) == "malformed"


def test_an_offer_carries_at_most_offer_papers_max() -> None:
    for count, code in ((OFFER_PAPERS_MAX, None), (OFFER_PAPERS_MAX + 1, "malformed")):
        offer = Offer(bytes(8), [], [], papers=[b"x"] * count)
        data = write_request(KEY, Request(VERSION, KEY.public, 0, [offer]))
        assert code_of(lambda data=data: read_request(data)) == code  # type: ignore[misc]
        bundle = write_bundle([], papers=[b"x"] * count)
        assert code_of(lambda bundle=bundle: read_bundle(bundle)) == code  # type: ignore[misc]


def test_a_mark_names_at_most_mark_pieces_max() -> None:
    piece = c.Piece(bytes(8), INTEGER_MAX, INTEGER_MAX, bytes(8))
    most = c.Seen([piece] * MARK_PIECES_MAX)
    assert c.read(c.write(most)) == most
    with pytest.raises(TooBig):
        c.write(c.Seen([piece] * (MARK_PIECES_MAX + 1)))


def test_a_sync_takes_at_most_round_trips_max() -> None:
    exchange = Exchange()
    for turn in range(ROUND_TRIPS_MAX):
        assert exchange.due(they_lack=True, i_lack=True)
        exchange = exchange.answered(frozenset({(b"log", 1, turn + 1, b"")}), frozenset())
    assert not exchange.due(they_lack=True, i_lack=True)


def test_an_enrolment_fits_enrol_bytes_max_whatever_its_code() -> None:
    longest = write_enrolment(KEY, "🪡" * 64)
    assert read_enrolment(longest).code == "🪡" * 64
    assert len(longest) < ENROL_BYTES_MAX
    for code in ("", "x" * 65):
        body = codec.encode([VERSION, code, KEY.public])
        data = codec.encode(Signed(body, KEY.sign(b"canting/enrol/1", body)))
        assert code_of(lambda data=data: read_enrolment(data)) == "malformed"  # type: ignore[misc]


@pytest.mark.parametrize(("fields", "fine"), [(1, True), (64, True), (0, False), (65, False)])
def test_a_change_writes_one_to_sixty_four_fields(fields: int, *, fine: bool) -> None:
    change = c.Profile([c.FieldWrite(100 + n, c.value(1)) for n in range(fields)])
    if fine:
        assert c.read(c.write(change)) == change
    else:
        with pytest.raises(TooBig):
            c.write(change)


def letter_of(size: int) -> bytes:
    """Return a letter of so many bytes, all told."""
    address = Address(1, bytes(8), bytes(8))
    some = len(seal_letter(REGISTRY.box.public, address, bytes(size - 1000)))
    return seal_letter(REGISTRY.box.public, address, bytes(2 * size - 1000 - some))


def test_a_letter_is_at_most_letter_bytes_max() -> None:
    most = letter_of(LETTER_BYTES_MAX)
    assert len(most) == LETTER_BYTES_MAX
    assert read_letter(most).raw == most
    open_letter(REGISTRY.box, most)
    beyond = letter_of(LETTER_BYTES_MAX + 1)
    assert code_of(lambda: read_letter(beyond)) == "too_large"
    assert code_of(lambda: open_letter(REGISTRY.box, beyond)) == "too_large"


def test_the_largest_request_and_reply_fit_a_letter_and_it_fits_a_bundle() -> None:
    spans = [Span(bytes(8), INTEGER_MAX, INTEGER_MAX, bytes(8))] * LETTER_SPANS_MAX
    address = Address(1, bytes(8), bytes(8), [], 100, bytes(4))
    largest = seal_letter(REGISTRY.box.public, address, bytes(REQUEST_BYTES_MAX))
    assert len(largest) <= LETTER_BYTES_MAX
    full = Address(1, bytes(8), bytes(8), spans, 100, bytes(4))
    goods = seal_letter(REGISTRY.box.public, full, bytes(BATCH_BYTES_MAX))
    assert len(goods) <= LETTER_BYTES_MAX
    paper = write_handover(KEY, INTEGER_MAX, [Given(bytes(16), INTEGER_MAX)])
    bundle = write_bundle([letter_of(LETTER_BYTES_MAX)], paper, [paper])
    assert code_of(lambda: read_bundle(bundle)) is None


def test_an_address_tells_of_at_most_letter_spans_max() -> None:
    span = Span(bytes(8), 1, 1, bytes(8))
    for count, code in ((LETTER_SPANS_MAX, None), (LETTER_SPANS_MAX + 1, "malformed")):
        address = Address(1, bytes(8), bytes(8), [span] * count)
        letter = seal_letter(REGISTRY.box.public, address, b"")
        assert code_of(lambda letter=letter: read_letter(letter)) == code  # type: ignore[misc]
        told = codec.encode(address)
        assert code_of(lambda told=told: read_address(told)) == code  # type: ignore[misc]


def test_a_bundle_is_at_most_bundle_bytes_max() -> None:
    def bundle_of(size: int) -> bytes:
        return write_bundle([bytes(2 * size - 1000 - len(write_bundle([bytes(size - 1000)])))])

    most = bundle_of(BUNDLE_BYTES_MAX)
    assert len(most) == BUNDLE_BYTES_MAX
    assert code_of(lambda: read_bundle(most)) is None
    assert code_of(lambda: read_bundle(bundle_of(BUNDLE_BYTES_MAX + 1))) == "too_large"


def test_a_file_holds_no_frame_beyond_bundle_bytes_max() -> None:
    whole = pack([bytes(BUNDLE_BYTES_MAX)])
    assert unpack(whole).whole
    head = pack([])[: -len(b"\0") - 32]
    assert head.startswith(MAGIC)
    beyond = head + codec.uvarint(BUNDLE_BYTES_MAX + 1) + b"x"
    assert code_of(lambda: unpack(beyond)) == "too_large"


def test_a_bundle_a_hand_over_and_a_slip_name_at_most_bundle_letters_max() -> None:
    for count, code in ((BUNDLE_LETTERS_MAX, None), (BUNDLE_LETTERS_MAX + 1, "malformed")):
        letters = write_bundle([b""] * count)
        assert code_of(lambda data=letters: read_bundle(data)) == code  # type: ignore[misc]
        asked = write_bundle([], addresses=[b""] * count)
        assert code_of(lambda data=asked: read_bundle(data)) == code  # type: ignore[misc]
        paper = write_handover(KEY, 0, [Given(bytes(16))] * count)
        assert code_of(lambda data=paper: read_handover(data)) == code  # type: ignore[misc]
        said = read_handover(write_handover(KEY, 0, []))
        slip = write_slip(REGISTRY, 0, said, [Taken(bytes(16))] * count)
        assert code_of(lambda data=slip: read_slip(data)) == code  # type: ignore[misc]


def test_what_is_shown_as_frames_is_at_most_framed_bytes_max() -> None:
    content = bytes(FRAMED_BYTES_MAX)
    assert most_bytes(2_000) == FRAMED_BYTES_MAX
    most = next(frames_of(content, 2_000))
    assert read_frame(most) is not None
    with pytest.raises(TooBig):
        frames_of(content + b"x", 2_000)
    length = (FRAMED_BYTES_MAX + 1).to_bytes(3, "big")
    assert read_frame(_checked(most[:4] + length + most[7:-4])) is None


def test_a_content_is_cut_into_at_most_frame_pieces_max() -> None:
    content = random.Random(0).randbytes(most_bytes(2))  # noqa: S311
    heading = heading_of(content, 2)
    assert (heading.pieces, heading.payload_bytes) == (FRAME_PIECES_MAX, 2)
    gathering = Gathering()
    for frame in islice(frames_of(content, 2), 5, FRAME_PIECES_MAX + 40):
        gathering.take(frame)
    assert gathering.content == content
    with pytest.raises(TooBig):
        frames_of(content + b"x", 2)
    (frame,) = islice(frames_of(content, 2), 1)
    length = (len(content) + 1).to_bytes(3, "big")
    assert read_frame(_checked(frame[:4] + length + frame[7:-4])) is None


def test_after_frame_sequence_max_comes_the_first_frame_again() -> None:
    frames = list(islice(frames_of(b"kain", 18), FRAME_SEQUENCE_MAX + 2))
    last = read_frame(frames[FRAME_SEQUENCE_MAX])
    assert last is not None
    assert last.sequence == FRAME_SEQUENCE_MAX
    assert frames[-1] == frames[0]


def _checked(data: bytes) -> bytes:
    """Return a frame with its CRC."""
    return data + zlib.crc32(b"canting/frame/1\0" + data).to_bytes(4, "big")
