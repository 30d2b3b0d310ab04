"""Officers let devices in on visits: what they were allowed counts for the day of the visit."""

from pathlib import Path

import pytest
from tests.server.makers import DAY, NOW, Device, Served

from canting_client.relay.bag import Bag, Known, NotAllowed
from canting_protocol.bundles import VERSION, Officer, write_officer
from canting_protocol.crypto import SigningKey
from canting_protocol.log import ArtisanId
from canting_protocol.messages import Enrolled, hash_code, read_enrolment, write_enrolment
from canting_protocol.witness import Stead, Witness, write_witness
from canting_server.store import people
from canting_server.store.database import Connection

CODE = hash_code("of an officer")


class Lina:
    """An officer, by whatever app: her certificate runs for 60 days from `since`."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.key = SigningKey(b"lina".ljust(32, b"-"))
        self.visits = 0

    def paper(self, enrolments: int = 20, since: int = NOW) -> bytes:
        """Return a certificate."""
        until = since + 60 * DAY
        officer = Officer(
            VERSION, self.key.public, "Bu Lina", "Magersari", enrolments, since, until
        )
        return write_officer(self.served.registry.key, officer)

    async def lets_in(self, paper: bytes, day: int) -> Device:
        """Vouch for a device on a day; return it, after a sale of it has arrived."""
        self.visits += 1
        device, registry = self.served.device(), self.served.registry.key
        artisan, box = self.visits.to_bytes(8, "big"), device.key.box.public
        clock = NOW + day * DAY
        key = device.key.public
        said = Witness(VERSION, self.key.public, artisan, key, box, clock, self.visits, Stead.FIRST)
        papers = [paper, write_witness(self.key, said)]
        box, url = registry.box.public, "http://registry"
        enrolled = Enrolled(VERSION, artisan, registry.public, [], [], b"", box, papers, url)
        device.book.join(url, enrolled)
        device.sells(1_000)
        await self.served.sync(device)
        assert await self.served.sold(device.artisan) == 1_000, "whatever is thought of the officer"
        return device


@pytest.fixture
def lina(served: Served) -> Lina:
    """An officer."""
    return Lina(served)


async def doubts(served: Served) -> list[str]:
    """Return what staff are told to look at twice, in the order in which it arrived."""
    rows = await served.look(lambda conn: conn.fetch("SELECT doubt FROM witnessed ORDER BY number"))
    return [doubt for (doubt,) in rows]


async def test_what_was_allowed_on_the_day_of_the_visit_stays_so_however_late_it_arrives(
    served: Served, lina: Lina
) -> None:
    served.time.now = NOW + 365 * DAY
    await lina.lets_in(lina.paper(), day=60)
    assert await doubts(served) == [""]


@pytest.mark.parametrize("day", [61, -2])
async def test_a_visit_outside_the_certificates_time_is_looked_at_twice(
    served: Served, lina: Lina, day: int
) -> None:
    served.time.now = NOW + 365 * DAY
    await lina.lets_in(lina.paper(), day)
    assert await doubts(served) == ["expired"]


async def test_one_more_than_a_certificate_allows_is_looked_at_twice(
    served: Served, lina: Lina
) -> None:
    for day in (1, 2, 3):
        await lina.lets_in(lina.paper(enrolments=2), day)
    assert await doubts(served) == ["", "", "too_many"]


async def test_a_new_certificate_allows_as_many_again(served: Served, lina: Lina) -> None:
    for day in (1, 2):
        await lina.lets_in(lina.paper(enrolments=2), day)
    renewed = lina.paper(enrolments=2, since=NOW + 50 * DAY)
    for day in (51, 52, 53):
        await lina.lets_in(renewed, day)
    assert await doubts(served) == ["", "", "", "", "too_many"]


async def test_of_a_revoked_officer_every_word_that_arrives_is_looked_at_twice(
    served: Served, lina: Lina
) -> None:
    """A thief of her key writes what date he likes."""
    await lina.lets_in(lina.paper(), day=1)
    until = NOW + 60 * DAY

    def commission(conn: Connection) -> None:
        people.add_officer(conn, CODE, "Bu Lina", "", 20, 60, until)
        people.commission(conn, CODE, lina.key.public, lina.paper())

    await served.change(commission)
    await served.change(lambda conn: people.revoke_officer(conn, lina.key.public))
    await lina.lets_in(lina.paper(), day=1)
    assert await doubts(served) == ["", "revoked"]


async def test_a_certificate_of_another_registry_vouches_for_nobody(
    served: Served, lina: Lina
) -> None:
    stranger = SigningKey(b"another registry".ljust(32, b"-"))
    until = NOW + 60 * DAY
    officer = Officer(VERSION, lina.key.public, "Bu Lina", "Magersari", 20, NOW, until)
    forged = write_officer(stranger, officer)
    with pytest.raises(AssertionError, match="unknown_key"):
        await lina.lets_in(forged, day=1)
    assert await doubts(served) == []


def test_her_own_bag_keeps_to_what_the_certificate_in_it_allows(
    served: Served, lina: Lina, tmp_path: Path
) -> None:
    bag, registry = Bag(tmp_path / "lina.bag", durable=False), served.registry.key

    def allow(number: int, day: int) -> int:
        expires = NOW + day * DAY + 3600
        return bag.allow(number.to_bytes(32, "big"), ArtisanId(bytes(8)), Stead.FIRST, expires)

    def belong(paper: bytes) -> None:
        bag.belong(Known(registry.public, "http://registry", registry.box.public, [paper]))

    belong(lina.paper(enrolments=2))
    assert [allow(1, day=1), allow(2, day=2)] == [1, 2]
    with pytest.raises(NotAllowed, match="too_many"):
        allow(3, day=3)
    belong(lina.paper(enrolments=2, since=NOW + 50 * DAY))
    assert [allow(4, day=51), allow(5, day=52)] == [3, 4]
    with pytest.raises(NotAllowed, match="too_many"):
        allow(6, day=53)
    asked = read_enrolment(write_enrolment(SigningKey(b"a phone".ljust(32, b"-")), "any"))
    with pytest.raises(NotAllowed, match="expired"):
        bag.enrol(lina.key, asked, (5).to_bytes(32, "big"), NOW + 111 * DAY)
    bag.close()
