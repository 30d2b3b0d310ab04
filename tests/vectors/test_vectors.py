"""The checked-in vectors are what the command makes, and the public functions agree with them."""

import hashlib
import itertools
import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any

import pytest
from tests.client.pair import exchange
from tests.vectors import say
from tests.vectors.devices import Device
from tests.vectors.make import DATA, FILES, text_of
from tests.vectors.wire import strands_of

from canting_protocol import base45, codec
from canting_protocol import changes as c
from canting_protocol import nik as numbers
from canting_protocol.batch import inflate, open_batch
from canting_protocol.crypto import BoxPublic, PublicKey, SigningKey, verify
from canting_protocol.dictionaries import DICTIONARIES
from canting_protocol.door import admit
from canting_protocol.errors import Refused
from canting_protocol.frames import Gathering, frames_of, heading_of, mask_of
from canting_protocol.frontier import heads_of
from canting_protocol.ledger.absorb import Ledger, merge
from canting_protocol.ledger.causality import Author, Held
from canting_protocol.ledger.judge import judge
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.project import knowledge, project
from canting_protocol.ledger.rows import SHAPES, Nothing, Rows, digest, values_of
from canting_protocol.log import ArtisanId, Descriptor, Hash, LogId, Placed, next_hash
from canting_protocol.messages import (
    Answer,
    Receipt,
    hash_code,
    read_enrolled,
    read_enrolment,
    read_receipt,
    read_reply,
    read_request,
    write_enrolment,
)
from canting_protocol.private import BookKey, hide, key_id, reveal
from canting_server.registry.registry import Registry
from canting_server.store import logs as stored_logs
from canting_server.store import migrations, people
from canting_server.store.database import Connection, run_group, settle

BYTES = bytes.fromhex
ORDERS = 24


def vectors(name: str) -> Any:
    """Return what a file holds."""
    return json.loads((DATA / name).read_text(encoding="ascii"))


def cases(name: str, *path: str) -> list[Any]:
    """Return the cases of a list in a file, each under a name of its own."""
    found = vectors(name)
    for step in path:
        found = found[step]
    return [
        pytest.param(case, id=f"{index}-{case.get('name') or case.get('why') or ''}")
        for index, case in enumerate(found)
    ]


def descriptors_of(case: Any) -> dict[LogId, Descriptor]:
    """Return the descriptors that a case announces, by the ids they make."""
    made = [
        Descriptor(PublicKey(BYTES(each["key"])), BYTES(each["incarnation"]), BYTES(each["parent"]))
        for each in case["descriptors"]
    ]
    assert [each.log.hex() for each in made] == [each["log"] for each in case["descriptors"]]
    return {each.log: each for each in made}


def placed_of(each: Any) -> Placed:
    """Return a change at its place, its hash computed from what stands before it."""
    log, previous, body = LogId(BYTES(each["log"])), Hash(BYTES(each["previous"])), each["body"]
    hash_ = next_hash(previous, int(each["t"]), BYTES(body))
    assert hash_.hex() == each["hash"]
    return Placed(log, int(each["n"]), hash_, previous, int(each["t"]), BYTES(body))


def value_of(tagged: Any) -> object:
    """Return the value that a tagged value of `codec.json` stands for."""
    if tagged is None:
        return None
    ((kind, value),) = tagged.items()
    match kind:
        case "int":
            return int(value)
        case "text":
            return value
        case "bytes":
            return BYTES(value)
        case "array":
            return [value_of(each) for each in value]
    raise AssertionError(kind)


def packed(value: object) -> bytes:
    """Return MessagePack by its specification, written here a second time."""
    match value:
        case None:
            return b"\xc0"
        case int() if 0 <= value < 128:
            return bytes([value])
        case int() if -32 <= value < 0:
            return bytes([256 + value])
        case int():
            codes = (0xCC, 0xCD, 0xCE, 0xCF) if value > 0 else (0xD0, 0xD1, 0xD2, 0xD3)
            for code, size in zip(codes, (1, 2, 4, 8), strict=True):
                try:
                    return bytes([code]) + value.to_bytes(size, "big", signed=value < 0)
                except OverflowError:
                    continue
        case str():
            text = value.encode()
            if len(text) < 32:
                return bytes([0xA0 + len(text)]) + text
            return _sized((0xD9, 0xDA, 0xDB), len(text)) + text
        case bytes():
            return _sized((0xC4, 0xC5, 0xC6), len(value)) + value
        case list() | tuple():
            inside = b"".join(packed(each) for each in value)
            if len(value) < 16:
                return bytes([0x90 + len(value)]) + inside
            return b"\xdc" + len(value).to_bytes(2, "big") + inside
    raise AssertionError(value)


def _sized(codes: tuple[int, int, int], length: int) -> bytes:
    size = next(place for place, most in enumerate((1 << 8, 1 << 16, 1 << 32)) if length < most)
    return bytes([codes[size]]) + length.to_bytes(1 << size, "big")


# -- (a) the files -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_a_checked_in_file_is_what_the_command_makes(name: str) -> None:
    assert (DATA / name).read_bytes() == text_of(name).encode("ascii")


def test_no_file_is_left_over() -> None:
    assert {each.name for each in DATA.iterdir()} == set(FILES)


# -- (b) the codec -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("codec.json", "values"))
def test_a_value_has_these_bytes_and_no_others(case: Any) -> None:
    value, data = value_of(case["value"]), BYTES(case["bytes"])
    assert codec.encode(value) == data == packed(value)
    assert c.plain(data) == value


@pytest.mark.parametrize("case", cases("codec.json", "tolerated"))
def test_longer_bytes_of_a_value_are_read(case: Any) -> None:
    assert c.plain(BYTES(case["bytes"])) == value_of(case["value"])


@pytest.mark.parametrize("case", cases("codec.json", "refused"))
def test_what_is_no_value_is_refused(case: Any) -> None:
    with pytest.raises(c.BadChange):
        c.plain(BYTES(case["bytes"]))


@pytest.mark.parametrize("case", cases("codec.json", "uvarint"))
def test_an_unsigned_integer_of_a_body(case: Any) -> None:
    value, data = int(case["value"]), BYTES(case["bytes"])
    assert codec.uvarint(value) == data
    assert codec.read_uvarint(b"x" + data + b"\xff", 1) == (value, 1 + len(data))


@pytest.mark.parametrize("case", cases("codec.json", "zigzag"))
def test_a_signed_integer_of_a_body(case: Any) -> None:
    value, folded = int(case["value"]), int(case["folded"])
    assert codec.zigzag(value) == folded
    assert codec.unzigzag(folded) == value
    assert codec.read_uvarint(BYTES(case["bytes"]), 0)[0] == folded


@pytest.mark.parametrize("case", cases("codec.json", "uvarint_refused"))
def test_bytes_that_are_no_integer_of_a_body(case: Any) -> None:
    with pytest.raises(Refused, match="cannot be read") as refused:
        codec.read_uvarint(BYTES(case["bytes"]), 0)
    assert refused.value.code == "bad_body"


# -- changes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("changes.json", "known"))
def test_a_change_has_these_bytes(case: Any) -> None:
    body, salted = BYTES(case["bytes"]), case["salted"]
    view = c.read(body)
    assert say.change(view) == {key: case[key] for key in ("kind", "name", "fields")}
    assert c.write(view) == body
    assert c.read(BYTES(salted["bytes"])) == view
    assert BYTES(salted["bytes"]) == b"\xce" + BYTES(salted["salt"]) + body


def test_every_kind_that_is_known_has_a_vector() -> None:
    shapes = {shape.__struct_config__.tag for shape in c.Change.__args__}
    assert {each["kind"] for each in vectors("changes.json")["known"]} == shapes


@pytest.mark.parametrize("case", cases("changes.json", "judged"))
def test_what_becomes_of_a_change(case: Any) -> None:
    judged = judge(BYTES(case["bytes"]), by_registry=case["by_registry"])
    assert (judged.kind, judged.verdict, judged.reason) == (
        case["kind"],
        case["verdict"],
        case["reason"],
    )


# -- logs and batches ----------------------------------------------------------------------------


def test_a_descriptor_makes_a_log() -> None:
    found = vectors("logs.json")
    for each in found["descriptors"]:
        parts = [BYTES(each[part]) for part in ("key", "incarnation", "parent")]
        origin = hashlib.sha256(
            b"canting/log/1\0" + parts[0] + parts[1] + (parts[2] or bytes(32))
        ).digest()
        assert origin.hex() == each["h0"]
        assert (origin[:16].hex(), origin[:8].hex()) == (each["log"], each["prefix"])
        assert packed(parts).hex() == each["bytes"]
    assert SigningKey(BYTES(found["seed"])).public.hex() == found["descriptors"][0]["key"]


def test_a_chain_of_changes() -> None:
    found = vectors("logs.json")
    previous = BYTES(found["descriptors"][0]["h0"])
    for n, each in enumerate(found["chain"], 1):
        body, t = BYTES(each["body"]), int(each["t"])
        hashed = previous + t.to_bytes(8, "big", signed=True) + len(body).to_bytes(4, "big") + body
        previous = hashlib.sha256(hashed).digest()
        assert (each["n"], each["hash"]) == (n, previous.hex())
        assert placed_of(each).hash == previous


def test_a_batch_cut_anew_holds_the_same_changes() -> None:
    found = vectors("batches.json")
    (descriptor,) = descriptors_of({"descriptors": found["descriptor"]}).values()
    by_n = {each["n"]: each for each in found["changes"]}
    for case in found["opened"]:
        raw, says = BYTES(case["envelope"]), case["says"]
        batch = open_batch(raw, descriptor)
        assert raw == packed([BYTES(case["header"]), BYTES(case["signature"])])
        assert say.plain(batch.header) == says
        assert batch.digest.hex() == case["digest"] == hashlib.sha256(raw).hexdigest()
        assert inflate(BYTES(says["body"]), says["dictionary"]).hex() == case["inflated"]
        assert [each.hash.hex() for each in batch.changes] == case["hashes"]
        assert [say.placed(each) for each in batch.changes] == [
            by_n[n] for n in range(says["first"], says["first"] + says["count"])
        ]
        verify(
            PublicKey(descriptor.key),
            BYTES(found["purpose"])[:-1],
            BYTES(case["header"]),
            BYTES(case["signature"]),
        )


def test_the_dictionaries_are_the_numbered_ones() -> None:
    found = vectors("batches.json")
    assert {each["number"]: each["sha256"] for each in found["dictionaries"]} == {
        number: hashlib.sha256(words).hexdigest() for number, words in DICTIONARIES.items()
    }
    assert {each["says"]["dictionary"] for each in found["opened"]} == set(DICTIONARIES)


@pytest.mark.parametrize("case", cases("batches.json", "refused"))
def test_what_is_refused_at_the_door(case: Any) -> None:
    (descriptor,) = descriptors_of({"descriptors": vectors("batches.json")["descriptor"]}).values()
    with pytest.raises(Refused) as refused:
        open_batch(BYTES(case["envelope"]), descriptor)
    assert refused.value.code == case["code"]


@pytest.mark.parametrize("case", cases("batches.json", "bombs"))
def test_a_bomb_does_not_go_off(case: Any) -> None:
    with pytest.raises(Refused) as refused:
        inflate(BYTES(case["body"]), case["dictionary"])
    assert refused.value.code == case["code"]


# -- frontiers and causality ---------------------------------------------------------------------


def test_a_set_of_changes_has_these_heads() -> None:
    found = vectors("frontiers.json")
    (log,) = descriptors_of({"descriptors": found["descriptor"]})
    for case in found["sets"]:
        held = [placed_of(found["changes"][name]) for name in case["holds"]]
        assert case["heads"] == [
            {"first": head.first, "n": head.n, "hash": head.hash.hex()}
            for head in heads_of(log, held)[0]
        ]


def test_what_is_lacking_is_what_they_have_not_said_they_hold() -> None:
    found = vectors("frontiers.json")
    (log,) = descriptors_of({"descriptors": found["descriptor"]})
    sets = {case["name"]: case["holds"] for case in found["sets"]}
    for case in found["lacking"]:
        strands = strands_of(log, [placed_of(found["changes"][n]) for n in sets[case["mine"]]])
        stated = [(each["first"], each["n"], BYTES(each["hash"])) for each in case["stated"]]
        ranges = strands.lacking(stated)
        assert case["ranges"] == [
            {"first": each.first, "n": each.n, "hash": each.hash.hex()} for each in ranges
        ]
        hashes = {hash_.hex() for each in ranges for _, hash_ in strands.path(each)}
        assert hashes == {found["changes"][name]["hash"] for name in case["changes"]}
        missing = set(sets[case["mine"]]) - set(sets[case["theirs"]])
        assert missing <= set(case["changes"])  # a head beyond what I hold proves nothing


@pytest.mark.parametrize("case", cases("causality.json", "cases"))
def test_what_an_author_had_seen(case: Any) -> None:
    parties = Parties(descriptors_of(case), PublicKey(BYTES(vectors("causality.json")["registry"])))
    changes = [placed_of(each) for each in case["changes"]]
    held, known = Held(project(parties, changes)), knowledge(parties, changes)
    authors = [Author(each.log, each.n, each.hash, known[Hash(each.hash)]) for each in changes]
    for seen, author in zip(case["seen"], authors, strict=True):
        assert seen["knew"] == [say.plain(each) for each in author.knew]
        assert seen["sees"] == [
            index
            for index, each in enumerate(changes)
            if each.hash != author.hash and held.sees(author, each.log, each.n, each.hash)
        ]
    for name in case["names"]:
        parts, branch = name["name"], name["name"]["branch"]
        foreign = c.Foreign(
            BYTES(parts["log"]), parts["n"], None if branch is None else BYTES(branch)
        )
        assert held.key(authors[name["author"]], foreign) == name["key"]
    assert held.awaited == {
        (BYTES(each["log"]), each["n"], BYTES(each["hash"])) for each in case["awaited"]
    }


# -- merging -------------------------------------------------------------------------------------

_BYTES_COLUMNS = frozenset(
    {"log", "hash", "previous", "body", "knew", "value"}
    | {"target_log", "target_branch", "of_log", "of_hash", "key", "box", "heads", "bases"}
)


def digest_of_tables(found: Any, columns: Any) -> str:
    """Return the digest from the JSON alone, as `docs/protocol.md` tells it."""
    packed_rows = []
    for table, rows in found.items():
        for row in rows:
            values = [
                BYTES(value) if name in _BYTES_COLUMNS else value
                for name, value in zip(columns[table], row, strict=True)
            ]
            packed_rows.append(packed([table, *values]))
    return hashlib.sha256(b"".join(sorted(packed_rows))).hexdigest()


def orders_of(changes: Sequence[Placed]) -> Iterator[Sequence[Placed]]:
    """Return every order of a few changes, or many of many."""
    if len(changes) <= 4:
        yield from itertools.permutations(changes)
        return
    yield changes
    yield changes[::-1]
    chance = random.Random(len(changes))  # noqa: S311  # no secret
    for _ in range(ORDERS - 2):
        yield chance.sample(changes, len(changes))


@pytest.mark.parametrize("case", cases("merge.json", "cases"))
def test_a_set_of_changes_makes_these_tables(case: Any) -> None:
    found = vectors("merge.json")
    parties = Parties(descriptors_of(case), PublicKey(BYTES(found["registry"])))
    rows = project(parties, [placed_of(each) for each in case["changes"]])
    assert say.tables(rows) == case["tables"]
    assert digest(say.all_rows(rows)).hex() == case["digest"]
    assert digest_of_tables(case["tables"], found["columns"]) == case["digest"]
    if "digested" in case:
        assert case["digested"] == [
            each.hex()
            for each in sorted(
                packed([type(row).TABLE, *values_of(row)]) for row in say.all_rows(rows)
            )
        ]


@pytest.mark.parametrize("case", cases("merge.json", "cases"))
def test_changes_come_to_the_same_in_every_order(case: Any) -> None:
    found = vectors("merge.json")
    parties = Parties(descriptors_of(case), PublicKey(BYTES(found["registry"])))
    changes = [placed_of(each) for each in case["changes"]]
    for number, order in enumerate(orders_of(changes)):
        rows = Rows(Nothing())
        size = 1 + number % 3
        for begin in range(0, len(order), size):
            group = order[begin : begin + size]
            ledger = Ledger(rows, parties)
            rows = merge(ledger, [*group, *order[:begin][:1]]) or rows  # one delivered twice
        assert digest(say.all_rows(rows)).hex() == case["digest"], [each.n for each in order]


def test_the_columns_are_those_of_the_tables() -> None:
    found = vectors("merge.json")
    assert found["columns"] == {shape.TABLE: list(shape.__struct_fields__) for shape in SHAPES}
    for case in found["cases"]:
        assert set(case["tables"]) == set(found["columns"])


# -- private values and receipts -----------------------------------------------------------------


def test_a_private_value_opens_with_its_key() -> None:
    found = vectors("private.json")
    key = BookKey(BYTES(found["book_key"]))
    assert key_id(key).hex() == found["key_id"]
    hidden = codec.decoder(c.Private)
    for case in found["values"]:
        value = codec.decode(hidden, BYTES(case["bytes"]))
        assert value == hide(key, BYTES(case["nonce"]), case["text"])
        assert value.sealed.hex() == case["sealed"]
        assert reveal({key_id(key): key}, value) == case["text"]
    for case in found["refused"]:
        value = codec.decode(hidden, BYTES(case["bytes"]))
        with pytest.raises(Refused) as refused:
            reveal({key_id(key): key}, value)
        assert refused.value.code == "not_private"


def test_a_sealed_nik_opens_for_its_registry_and_its_artisan() -> None:
    found = vectors("nik.json")
    registry = SigningKey(BYTES(found["registry_seed"]))
    assert registry.box.public.hex() == found["box"]
    artisan = ArtisanId(BYTES(found["artisan"]))
    assert numbers.unseal(registry.box, artisan, BYTES(found["sealed"])) == found["nik"]
    again = numbers.seal(BoxPublic(BYTES(found["box"])), artisan, found["nik"])
    assert numbers.unseal(registry.box, artisan, again) == found["nik"]
    assert numbers.end_of(found["nik"]) == found["nik_end"]
    for case in found["not_openable"]:
        with pytest.raises(Refused) as refused:
            numbers.unseal(registry.box, ArtisanId(BYTES(case["artisan"])), BYTES(case["sealed"]))
        assert refused.value.code == "not_openable"
    key = BYTES(found["compared_by_key"])
    assert registry.derive(numbers.COMPARING) == key
    assert numbers.compared_by(key, found["nik"]).hex() == found["compared_by"]
    for case in found["shapes"]:
        if case["wrong"] is None:
            assert len(numbers.read(case["text"])) == numbers.DIGITS
        else:
            with pytest.raises(numbers.BadNik) as bad:
                numbers.read(case["text"])
            assert bad.value.part == case["wrong"]
            assert case["text"] not in str(bad.value)


def test_receipts_ascend() -> None:
    found = vectors("receipts.json")
    registry = PublicKey(BYTES(found["registry"]))
    read = [read_receipt(BYTES(case["bytes"]), registry) for case in found["ascending"]]
    assert [say.plain(each) for each in read] == [case["says"] for case in found["ascending"]]
    assert [each.order for each in read] == sorted({each.order for each in read})


@pytest.mark.parametrize("case", cases("receipts.json", "refused"))
def test_what_is_no_receipt(case: Any) -> None:
    registry = PublicKey(BYTES(vectors("receipts.json")["registry"]))
    with pytest.raises(Refused) as refused:
        read_receipt(BYTES(case["bytes"]), registry)
    assert refused.value.code == case["code"]


# -- the conversation ----------------------------------------------------------------------------


class Served:
    """The real registry, its time and chance set, on a database in memory."""

    def __init__(self, found: Any) -> None:
        self.now = 0
        self.artisan = ArtisanId(BYTES(found["artisan"]))
        self.raw = sqlite3.connect(":memory:")
        settle(self.raw, durable=False)
        run_group(self.raw, [migrations.migrate])
        self.registry = Registry(
            SigningKey(BYTES(found["registry_seed"])), lambda: self.now, Device("R").random
        )
        self.do(lambda conn: stored_logs.add_artisan(conn, self.artisan, 0))

    def close(self) -> None:
        """Close the database."""
        self.raw.close()

    def do(self, work: Callable[[Connection], Any]) -> Any:
        """Do work in a transaction."""
        (result,) = run_group(self.raw, [work])
        if isinstance(result, BaseException):
            raise result
        return result


def same_answer(mine: Answer, theirs: Answer, registry: PublicKey) -> None:
    """Assert that two answers differ at most in how their batches are compressed."""
    assert (mine.artisan, mine.logs, mine.receipt) == (theirs.artisan, theirs.logs, theirs.receipt)
    assert mine.refused == theirs.refused
    logs = {each.log: each for each in mine.logs}
    opened = [admit(ArtisanId(a.artisan), a.batches, logs, registry, ()) for a in (mine, theirs)]
    assert not opened[0].refused
    assert not opened[1].refused
    assert [b.changes for b in opened[0].batches] == [b.changes for b in opened[1].batches]


def test_the_registry_answers_the_conversation_as_it_is_written() -> None:
    found = vectors("exchange.json")
    with ExitStack() as stack:
        served = stack.enter_context(closing(Served(found)))
        key = served.registry.key.public
        first, *rest = found["steps"]
        served.now = first["receipt_says"]["number"]
        served.do(
            lambda conn: people.add_code(conn, hash_code(found["code"]), served.artisan, served.now)
        )
        asked = read_enrolment(BYTES(first["request"]))
        device = SigningKey(BYTES(found["device_seed"]))
        assert write_enrolment(device, found["code"]) == BYTES(first["request"])
        enrolled = served.do(lambda conn: served.registry.enrol(conn, asked))
        expected = read_enrolled(BYTES(first["reply"]))
        assert (enrolled.artisan, enrolled.registry) == (expected.artisan, expected.registry)
        same_answer(
            Answer(enrolled.artisan, enrolled.logs, enrolled.batches, enrolled.receipt),
            Answer(expected.artisan, expected.logs, expected.batches, expected.receipt),
            key,
        )
        for step in rest:
            request = read_request(BYTES(step["request"]))
            assert say.plain(request) == step["request_says"]
            if "problem" in step:
                # restored from before the enrolment
                served = stack.enter_context(closing(Served(found)))
                with pytest.raises(Refused) as refused:
                    exchange(served.raw, served.registry, request)
                assert refused.value.code == step["problem"]
                continue
            served.now = step["reply_says"]["clock"]
            reply = exchange(served.raw, served.registry, request)
            there = read_reply(BYTES(step["reply"]))
            assert say.plain(there) == step["reply_says"]
            assert reply.clock == there.clock
            same_answer(reply.ledgers[0], there.ledgers[0], key)


def test_the_receipts_of_the_conversation_say_what_was_stored() -> None:
    found = vectors("exchange.json")
    registry = PublicKey(BYTES(found["registry"]))
    receipts: list[Receipt] = []
    for step in found["steps"]:
        if "problem" not in step:
            says = step["reply_says"]
            raw = says["receipt"] if "receipt" in says else says["ledgers"][0]["receipt"]
            receipts.append(read_receipt(BYTES(raw), registry))
            assert say.plain(receipts[-1]) == step["receipt_says"]
    assert receipts[1] == receipts[2]
    assert receipts[1].heads == receipts[3].heads
    assert receipts[3].order > receipts[2].order > receipts[0].order


@pytest.mark.parametrize("case", cases("exchange.json", "altered_requests"))
def test_an_altered_request_is_refused(case: Any) -> None:
    with pytest.raises(Refused) as refused:
        read_request(BYTES(case["bytes"]))
    assert refused.value.code == case["code"]


# -- frames --------------------------------------------------------------------------------------


def test_base45_is_written_and_read_as_told() -> None:
    told = vectors("frames.json")["base45"]
    for each in told["good"]:
        assert base45.encode(BYTES(each["bytes"])) == each["text"]
        assert base45.decode(each["text"]).hex() == each["bytes"]
    for each in told["refused"]:
        with pytest.raises(Refused):
            base45.decode(each["text"])


def test_a_mask_names_the_pieces_that_are_told() -> None:
    for each in vectors("frames.json")["masks"]:
        mask = mask_of(BYTES(each["session"]), each["pieces"], each["sequence"])
        assert mask == int.from_bytes(BYTES(each["mask"]), "little")
        if "of" in each:
            assert mask == sum(1 << piece for piece in each["of"])


@pytest.mark.parametrize("case", cases("frames.json", "contents"))
def test_a_content_is_shown_as_those_frames(case: Any) -> None:
    content, at_most = BYTES(case["content"]), case["payload_bytes_max"]
    heading = heading_of(content, at_most)
    assert heading.session.hex() == case["session"]
    assert (heading.pieces, heading.payload_bytes) == (case["pieces"], case["payload_bytes"])
    shown = list(itertools.islice(frames_of(content, at_most), case["frames"][-1]["sequence"] + 1))
    for each in case["frames"]:
        assert base45.encode(shown[each["sequence"]]) == each["text"]


@pytest.mark.parametrize("case", cases("frames.json", "streams"))
def test_a_stream_of_frames_comes_to_its_content_or_not_yet(case: Any) -> None:
    gathering = Gathering()
    new = [gathering.take(base45.decode(each)) for each in case["frames"]]
    assert new == case["new"]
    assert gathering.content == (None if case["content"] is None else BYTES(case["content"]))
