"""Couriers at the registry's door: what they bring is stored, and they read nothing of it."""

import os
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.server.makers import NOW, Device, Served

from canting_client.custody import given, take_answers, taken
from canting_client.reading import figures
from canting_client.relay.bag import ANSWER, GOODS, QUESTION, Bag, Known
from canting_client.relay.deliver import Delivered, deliver, packed, pass_on
from canting_protocol import changes as c
from canting_protocol.bundles import (
    VERSION,
    WANTED,
    Bundle,
    Given,
    Officer,
    Taken,
    check_handover,
    read_bundle,
    read_handover,
    read_slip,
    unpack,
    write_bundle,
    write_handover,
    write_officer,
    write_slip,
)
from canting_protocol.crypto import SigningKey
from canting_protocol.letters import (
    KEYS_FIRST,
    Address,
    Span,
    digest_of,
    read_letter,
    seal_letter,
    to_id,
)
from canting_protocol.letters import VERSION as LETTER_VERSION
from canting_protocol.limits import (
    BUNDLE_BYTES_MAX,
    BUNDLE_LETTERS_MAX,
    GOODS_BYTES,
    INTEGER_MAX,
    LETTER_SPANS_MAX,
)
from canting_protocol.messages import hash_code
from canting_server import erasing
from canting_server.registry.post import Post
from canting_server.store import logs, people
from canting_server.store.database import SQLiteDatabase
from canting_server.store.erasing import forget
from canting_server.web.keys import DATABASE


class Courier:
    """An officer with a bag, certified by the registry of a test."""

    def __init__(self, served: Served, folder: Path, name: str) -> None:
        self.served = served
        self.key = SigningKey(name.encode().ljust(32, b"-"))
        self.bag = Bag(folder / f"{name}.bag", durable=False)
        officer = Officer(VERSION, self.key.public, name, "Magersari", 20, NOW, NOW + 60 * 86_400)
        paper = write_officer(served.registry.key, officer)
        self.bag.belong(
            Known(
                served.registry.key.public,
                "http://registry",
                served.registry.key.box.public,
                [paper],
            )
        )
        self.now = NOW
        self.bundles = 0

    def visits(self, device: Device) -> None:
        """Take what a device gives, and give what there is for it."""
        letters = device.book.letters()
        data = given(device.key, letters, device.time.now)
        slip, answers = self.bag.take(self.key, read_bundle(data), self.now)
        known = self.bag.known
        assert known is not None
        taken(device.book, device.key, letters, Bundle(VERSION, answers, slip, known.papers))

    async def delivers(self) -> Delivered:
        """Bring everything to the registry."""

        async def post(data: bytes) -> Bundle:
            self.bundles += 1
            answered = await self.served.post("/v1/sync", data)
            assert answered.status == 200, answered.body
            return read_bundle(answered.body)

        return await deliver(self.bag, self.key, lambda: self.now, post)

    async def meets(self, other: "Courier") -> None:
        """Hand everything over to another courier."""

        async def post(data: bytes) -> Bundle:
            slip, answers = other.bag.take(other.key, read_bundle(data), other.now)
            return Bundle(VERSION, answers, slip)

        await pass_on(self.bag, self.key, lambda: self.now, post)


@pytest.fixture
async def courier(served: Served, tmp_path: Path) -> AsyncIterator[Callable[[str], Courier]]:
    """Officers by name."""
    made: list[Courier] = []

    def make(name: str) -> Courier:
        made.append(Courier(served, tmp_path, name))
        return made[-1]

    yield make
    for each in made:
        each.bag.close()


@pytest.fixture
async def lina(courier: Callable[[str], Courier]) -> Courier:
    """An officer."""
    return courier("Lina")


async def test_a_sale_that_was_carried_arrives_and_its_receipt_comes_back(
    served: Served, lina: Courier
) -> None:
    device = await served.joined()
    device.sells(250_000)
    lina.visits(device)
    assert device.book.carried()[0] == figures(device.book).only_here == 2
    assert device.book.carried()[1][0].name == "Lina"
    assert await served.sold(device.artisan) == 0
    done = await lina.delivers()
    assert (done.arrived, done.left, done.answers) == (1, 0, 1)
    assert await served.sold(device.artisan) == 250_000
    assert device.book.level()[0], "the device knows nothing of it yet"
    lina.visits(device)
    assert not device.book.level()[0]
    assert device.book.carried() == (0, [])
    assert device.book.digest() == await served.digest(device.artisan)


@pytest.mark.parametrize("asked_first", [True, False])
async def test_an_erased_ledger_is_not_brought_back_and_is_carried_no_more(
    served: Served, lina: Courier, monkeypatch: pytest.MonkeyPatch, asked_first: bool
) -> None:
    device, other = await served.joined(), await served.joined()
    for each in (device, other):
        each.sells(250_000)
        lina.visits(each)
    database = served.app[DATABASE]
    assert isinstance(database, SQLiteDatabase)
    await erasing.erase(served.home, served.registry, database, device.artisan, "surat 7")
    if not asked_first:
        monkeypatch.setattr(Post, "_wanted", lambda *_: WANTED)
    await lina.delivers()
    assert await served.look(logs.artisans) == [other.artisan]
    assert await served.sold(other.artisan) == 250_000
    assert lina.bag.letters(GOODS) == []


async def test_two_couriers_with_the_same_letters_bring_a_sale_once(
    served: Served, courier: Callable[[str], Courier]
) -> None:
    lina, adi = courier("Lina"), courier("Adi")
    device = await served.joined()
    device.sells(100)
    lina.visits(device)
    device.sells(200)
    adi.visits(device)
    assert len(adi.bag.letters(GOODS)) == 2
    assert lina.bag.letters(GOODS)[0] in adi.bag.letters(GOODS)
    assert (await adi.delivers()).arrived == 2
    assert await served.sold(device.artisan) == 300
    before = lina.bundles
    done = await lina.delivers()
    assert (done.arrived, done.sent) == (1, 1), "asked first: only the question is sent"
    assert lina.bundles == before + 2
    assert await served.sold(device.artisan) == 300


async def test_what_a_delivery_had_brought_before_it_broke_off_is_not_sent_again(
    served: Served, lina: Courier
) -> None:
    devices = [await served.joined() for _ in range(3)]
    for device in devices:
        device.sells(100)
        lina.visits(device)

    async def cut_after_the_registry_took_it(data: bytes) -> Bundle:
        answered = await served.post("/v1/sync", data)
        if read_bundle(data).letters:
            raise ConnectionError
        return read_bundle(answered.body)

    with pytest.raises(ConnectionError):
        await deliver(lina.bag, lina.key, lambda: NOW, cut_after_the_registry_took_it)
    assert lina.bag.standing().goods == 3
    done = await lina.delivers()
    assert (done.arrived, done.left) == (3, 0)
    assert done.sent == 3, "three questions, and no goods"


async def test_a_chain_of_couriers_brings_letters_up_and_answers_down(
    served: Served, courier: Callable[[str], Courier]
) -> None:
    far, near = courier("Jauh"), courier("Dekat")
    device = await served.joined()
    device.sells(500)
    far.visits(device)
    await far.meets(near)
    assert far.bag.standing().goods == 1, "another courier's word drops nothing"
    await near.delivers()
    assert await served.sold(device.artisan) == 500
    await far.meets(near)
    assert len(far.bag.letters(ANSWER)) == 1
    far.visits(device)
    assert not device.book.level()[0]


async def test_a_courier_without_a_certificate_brings_goods_and_carries_no_answers_away(
    served: Served, lina: Courier
) -> None:
    device = await served.joined()
    device.sells(500)
    lina.visits(device)
    known = lina.bag.known
    assert known is not None
    lina.bag.belong(known._replace(papers=[]))
    done = await lina.delivers()
    assert (done.arrived, done.answers) == (1, 0)
    assert await served.sold(device.artisan) == 500


async def test_a_registry_that_forgot_an_enrolment_learns_it_through_a_courier(
    served: Served, lina: Courier
) -> None:
    device = await served.joined()
    device.sells(500)
    await served.change(lambda conn: forget(conn, device.artisan))
    lina.visits(device)
    assert (await lina.delivers()).left == 1, "nobody certifies the device any more"
    lina.visits(device)
    lina.visits(device)
    await lina.delivers()
    assert await served.sold(device.artisan) == 500


async def test_an_altered_letter_is_not_taken_and_its_neighbours_are(
    served: Served, lina: Courier
) -> None:
    honest, altered = await served.joined(), await served.joined()
    for device in (honest, altered):
        device.sells(100)
    letters = altered.book.letters()
    broken = [raw[:-1] + bytes([raw[-1] ^ 1]) for raw in letters]
    data = given(altered.key, broken, NOW)
    lina.bag.take(lina.key, read_bundle(data), NOW)
    lina.visits(honest)
    assert (await lina.delivers()).left == 0, "what can never be read need not come again"
    assert await served.sold(honest.artisan) == 100
    assert await served.sold(altered.artisan) == 0
    lina.visits(altered)
    await lina.delivers()
    assert await served.sold(altered.artisan) == 100


async def test_goods_without_a_hand_over_are_refused(served: Served) -> None:
    device = await served.joined()
    device.sells(100)
    goods = [raw for raw in device.book.letters() if read_letter(raw).address.spans]
    answered = await served.post("/v1/sync", write_bundle(goods))
    assert answered.problem == (400, "malformed")


async def test_a_bundle_is_at_most_bundle_bytes_max(served: Served) -> None:
    answered = await served.post("/v1/sync", bytes(BUNDLE_BYTES_MAX))
    assert answered.problem == (400, "malformed")
    answered = await served.post("/v1/sync", bytes(BUNDLE_BYTES_MAX + 1))
    assert answered.problem == (413, "too_large")


async def test_a_clock_is_measured_through_a_courier(served: Served, lina: Courier) -> None:
    device = await served.joined()
    device.time.now -= 86_400
    device.sells(100)
    lina.now += 3_600  # his own clock is wrong too
    lina.visits(device)
    served.time.now += 7 * 86_400
    lina.now += 7 * 86_400
    await lina.delivers()
    ((offset, error),) = await served.look(
        lambda conn: conn.fetch(
            'SELECT "offset", error FROM clock WHERE artisan = $1 AND of_n > 0', device.artisan
        )
    )
    assert (offset, error) == (86_400, 300)


async def test_a_question_takes_the_place_of_an_older_one(served: Served, lina: Courier) -> None:
    device = await served.joined()
    for _ in range(3):
        device.time.now += 60
        lina.now += 60
        lina.visits(device)
    assert len(lina.bag.letters(QUESTION)) == 1


async def test_a_revoked_officer_brings_goods_and_carries_no_answers_away(
    served: Served, lina: Courier
) -> None:
    code, known = "of an officer", lina.bag.known
    assert known is not None
    await served.change(
        lambda conn: people.add_officer(conn, hash_code(code), "Lina", "", 2, 9, NOW + 60)
    )
    await served.change(
        lambda conn: people.commission(conn, hash_code(code), lina.key.public, known.papers[0])
    )
    device = await served.joined()
    device.sells(500)
    lina.visits(device)
    assert await served.change(lambda conn: people.revoke_officer(conn, lina.key.public))
    done = await lina.delivers()
    assert (done.arrived, done.answers) == (1, 0)
    assert await served.sold(device.artisan) == 500


async def test_a_registry_that_forgot_an_enrolment_learns_it_from_a_question_alone(
    served: Served, lina: Courier
) -> None:
    """The device has nothing new to give: without being told, it would never say more."""
    device = await served.joined()
    device.sells(500)
    await served.sync(device)
    await served.change(lambda conn: forget(conn, device.artisan))
    lina.visits(device)
    await lina.delivers()
    lina.visits(device)
    assert lina.bag.letters(GOODS) == []
    lina.visits(device)
    await lina.delivers()
    assert await served.sold(device.artisan) == 500
    kept = lina.bag.letters(GOODS)
    lina.visits(device)
    lina.visits(device)
    assert lina.bag.letters(GOODS) == kept == [], "it is told once"


async def test_a_clock_is_measured_through_two_couriers_who_each_have_a_wrong_one(
    served: Served, courier: Callable[[str], Courier]
) -> None:
    far, near = courier("Jauh"), courier("Dekat")
    device = await served.joined()
    device.time.now -= 86_400
    device.sells(100)
    far.now -= 7_200
    near.now += 3_600
    far.visits(device)
    for each in (far, near, served.time):
        each.now += 86_400
    await far.meets(near)
    for each in (far, near, served.time):
        each.now += 86_400
    await near.delivers()
    ((offset, error),) = await served.look(
        lambda conn: conn.fetch(
            'SELECT "offset", error FROM clock WHERE artisan = $1 AND of_n > 0', device.artisan
        )
    )
    assert (offset, error) == (86_400, 300)


async def test_letters_with_the_longest_addresses_hold_nobody_up(
    served: Served, lina: Courier
) -> None:
    """Whoever gives such letters, the others' are delivered all the same."""
    device, stranger = await served.joined(), SigningKey(os.urandom(32))
    device.sells(500)
    spans = [Span(bytes(8), INTEGER_MAX, INTEGER_MAX, bytes(8))] * LETTER_SPANS_MAX
    to = to_id(served.registry.key.public)
    letters = [
        seal_letter(
            served.registry.key.box.public,
            Address(LETTER_VERSION, to, n.to_bytes(8, "big"), spans, 100),
            b"",
        )
        for n in range(480)
    ]
    for lot in (letters[:240], letters[240:]):
        lina.bag.take(lina.key, read_bundle(given(stranger, lot, NOW)), NOW)
    lina.visits(device)
    assert (await lina.delivers()).left == 0
    assert await served.sold(device.artisan) == 500


async def test_answers_that_do_not_fit_one_bundle_come_with_the_next(
    served: Served, lina: Courier
) -> None:
    """Each answer holds one batch at least, however large."""
    noise = random.Random(1)  # noqa: S311  # what does not compress, no secret
    devices = []
    for _ in range(7):
        device = await served.joined()
        device.sells(100)
        await served.sync(device)  # so that its clock has been measured
        second = await served.joined(device.artisan)
        for _ in range(15):
            values = [c.value(noise.randbytes(1000)) for _ in range(15)]
            device.book.record(
                c.Item(None, [c.FieldWrite(100 + n, v) for n, v in enumerate(values)])
            )
        await served.sync(device)
        lina.visits(second)
        devices.append(second)
    await lina.delivers()
    assert {read_letter(raw).address.artisan for raw in lina.bag.letters(ANSWER)} == {
        device.artisan for device in devices
    }
    for device in devices:
        lina.visits(device)
        assert device.book.digest() == await served.digest(device.artisan)


async def test_a_device_that_asks_the_same_a_hundred_times_is_answered_within_a_bundle(
    served: Served,
) -> None:
    writer = await served.joined()
    writer.sells(100)
    await served.sync(writer)
    device = await served.joined(writer.artisan)
    for _ in range(20):
        writer.book.record(c.Profile([c.FieldWrite(100, c.value(os.urandom(1000)))]))
    await served.sync(writer)
    asked = device.request()
    address = Address(LETTER_VERSION, to_id(served.registry.key.public), device.artisan)
    letters = [seal_letter(served.registry.key.box.public, address, asked) for _ in range(100)]
    answered = await served.post("/v1/sync", given(device.key, letters, NOW))
    back = read_bundle(answered.body)
    codes = [each.code for each in read_slip(back.paper).letters]
    answered_to = sum(read_letter(raw).address.priority == KEYS_FIRST for raw in back.letters)
    assert codes == [""] * answered_to + ["too_large"] * (100 - answered_to)
    assert 1 < answered_to < 100


async def test_a_question_that_can_never_be_read_is_carried_no_more(
    served: Served, lina: Courier
) -> None:
    device = await served.joined()
    *_, question = device.book.letters()
    broken = question[:-1] + bytes([question[-1] ^ 1])
    lina.bag.take(lina.key, read_bundle(given(device.key, [broken], NOW)), NOW)
    assert lina.bag.letters(QUESTION) == [broken]
    await lina.delivers()
    assert lina.bag.letters(QUESTION) == []


async def test_a_slip_names_no_more_than_a_bundle_holds(served: Served, lina: Courier) -> None:
    """Whatever the registry said of letters from before."""
    giver = SigningKey(os.urandom(32))
    box, to = served.registry.key.box.public, to_id(served.registry.key.public)
    span = [Span(bytes(8), 1, 1, bytes(8))]
    letters = [
        seal_letter(box, Address(LETTER_VERSION, to, n.to_bytes(8, "big"), span), b"")
        for n in range(BUNDLE_LETTERS_MAX + 2)
    ]
    before, now = letters[:-2], letters[-2:]
    slip, _ = lina.bag.take(lina.key, read_bundle(given(giver, before, NOW)), NOW)
    said = read_handover(
        write_handover(lina.key, NOW, [Given(digest_of(letter)) for letter in before])
    )
    codes = [Taken(each.digest, "unknown_key") for each in said.letters]
    lina.bag.settle(read_slip(write_slip(served.registry.key, NOW, said, codes)))
    slip, _ = lina.bag.take(lina.key, read_bundle(given(giver, now, NOW)), NOW)
    told = read_slip(slip).letters
    assert [each.code for each in told] == ["", "", *["unknown_key"] * (BUNDLE_LETTERS_MAX - 2)]
    assert [each.digest for each in told[:2]] == [digest_of(letter) for letter in now]
    file, count = packed(lina.bag, lina.key, NOW)
    assert count == BUNDLE_LETTERS_MAX, "and no more are handed over in a file"
    bundle = unpack(file).bundle
    check_handover(read_handover(bundle.paper), bundle.letters)


async def test_of_an_answer_that_is_cut_off_what_arrives_first_is_useful_by_itself(
    served: Served, lina: Courier
) -> None:
    """The receipt and the registry's word come first, then others' changes, a little at a time."""
    first = await served.joined()
    second = await served.joined(first.artisan)
    noise = random.Random(2)  # noqa: S311  # what does not compress, no secret
    for _ in range(4):
        values = [c.value(noise.randbytes(1000)) for _ in range(11)]
        first.book.record(c.Item(None, [c.FieldWrite(100 + n, v) for n, v in enumerate(values)]))
        await served.sync(first)
    second.sells(5)
    lina.visits(second)
    await lina.delivers()
    answers = lina.bag.letters(ANSWER)
    assert len(answers) >= 4
    assert max(map(len, answers)) < GOODS_BYTES + 1_000
    take_answers(second.book, second.key, answers[:1])
    assert first.book.own is not None
    assert first.book.own.log not in second.book.heads()
    assert figures(second.book).only_here == 0, "it knows that its sale has arrived"
    for n, answer in enumerate(reversed(answers[1:]), 1):
        assert take_answers(second.book, second.key, [answer])[0] > 0, n
    assert second.book.digest() == await served.digest(first.artisan)


async def test_a_newer_answer_takes_the_place_of_all_letters_of_the_older(
    served: Served, lina: Courier
) -> None:
    first = await served.joined()
    second = await served.joined(first.artisan)
    first.sells(1_000)
    await served.sync(first)
    lina.visits(second)
    assert (await lina.delivers()).answers == lina.bag.standing().answers == 1
    before = lina.bag.letters(ANSWER)
    await lina.delivers()
    after = lina.bag.letters(ANSWER)
    assert len(before) == len(after) == 2
    assert not set(before) & set(after)
