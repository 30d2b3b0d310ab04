"""Couriers at the registry's door: what they bring is stored, and they read nothing of it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.server.makers import NOW, Device, Served

from canting_client.custody import given, taken
from canting_client.reading import figures
from canting_client.relay.bag import ANSWER, GOODS, QUESTION, Bag, Known
from canting_client.relay.deliver import Delivered, deliver, pass_on
from canting_protocol.bundles import (
    VERSION,
    WANTED,
    Bundle,
    Officer,
    read_bundle,
    write_bundle,
    write_officer,
)
from canting_protocol.crypto import SigningKey
from canting_protocol.letters import read_letter
from canting_protocol.limits import BUNDLE_BYTES_MAX
from canting_protocol.log import ArtisanId
from canting_protocol.messages import hash_code
from canting_server import erasing
from canting_server.registry.post import Post
from canting_server.store import logs, people
from canting_server.store.database import Connection, SQLiteDatabase
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


def forget(conn: Connection, artisan: ArtisanId) -> None:
    """Leave nothing of a ledger, as in a registry restored from before its enrolment."""
    for table in ("log", "envelope", "certificate", "change", "head", "own", "receipt"):
        conn.execute(f"DELETE FROM {table} WHERE artisan = $1", artisan)  # noqa: S608


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
