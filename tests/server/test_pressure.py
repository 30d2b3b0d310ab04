"""Who is asked to come back later, and when."""

import itertools
from contextlib import suppress

import pytest
from tests.server.makers import Served

from canting_server.settings import Settings
from canting_server.web.keys import CROWD
from canting_server.web.pressure import WAIT_SECONDS_MAX, Crowd, Crowded, Pace, retry_after
from canting_server.web.whence import whence

BIG, DEVICE = b"big", b"device"


def test_who_is_turned_away_comes_back_when_what_waits_is_done_spread_over_as_long_again() -> None:
    assert [retry_after(10, chance) for chance in (0, 0.5, 0.999)] == [10, 15, 20]


def test_nobody_comes_back_at_once_or_after_an_hour() -> None:
    assert retry_after(0, 0) == 1
    assert retry_after(1e9, 1) == 2 * WAIT_SECONDS_MAX


def test_the_pace_follows_what_the_writer_did_last() -> None:
    pace = Pace()
    assert pace.seconds(1_000) == 0
    for _ in range(100):
        pace.heard(1_000, 0.5)
    assert pace.seconds(2_000) == pytest.approx(1, rel=0.01)
    pace.heard(0, 7)  # work that weighs nothing says nothing of the pace
    assert pace.seconds(2_000) == pytest.approx(1, rel=0.01)


def test_there_are_so_many_places_and_each_is_given_back() -> None:
    crowd = Crowd(2, 100)
    with crowd.place(), crowd.place():
        with pytest.raises(Crowded), crowd.place():
            pass
        assert crowd.requests == 2
    assert crowd.requests == 0
    with suppress(ZeroDivisionError), crowd.place() as place:
        place.hold(60)
        place.belongs_to(BIG)
        raise ZeroDivisionError
    assert (crowd.requests, crowd.bytes, crowd.has(BIG)) == (0, 0, False)


def test_all_together_hold_so_many_bytes() -> None:
    crowd = Crowd(10, 100)
    with crowd.place() as first, crowd.place() as second:
        first.hold(60)
        second.hold(40)
        with pytest.raises(Crowded):
            second.hold(1)
    assert crowd.bytes == 0


def test_in_a_crowd_a_big_sender_has_one_place_and_a_device_still_finds_one() -> None:
    crowd = Crowd(4, 100)
    with crowd.place() as first, crowd.place() as second:
        first.belongs_to(BIG)
        second.belongs_to(BIG)  # it is not crowded yet
        with crowd.place() as third, pytest.raises(Crowded):
            third.belongs_to(BIG)
        with crowd.place() as fourth:
            fourth.belongs_to(DEVICE)


# -- from where --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hops", "forwarded", "told"),
    [
        (0, [], "10.0.0.1"),
        (0, ["1.2.3.4"], "10.0.0.1"),  # nobody in front is ours: whoever says so may lie
        (1, ["1.2.3.4"], "1.2.3.4"),
        (1, ["6.6.6.6, 1.2.3.4"], "1.2.3.4"),  # what the client has made up stands before
        (1, ["6.6.6.6", "1.2.3.4"], "1.2.3.4"),
        (2, ["6.6.6.6, 1.2.3.4, 10.0.0.2"], "1.2.3.4"),
        (2, ["1.2.3.4"], "10.0.0.1"),  # it did not come through both
        (1, [], "10.0.0.1"),
        (1, ["unknown"], "10.0.0.1"),
        (1, [""], "10.0.0.1"),
        (1, ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
    ],
)
def test_a_client_is_who_our_own_proxies_saw(hops: int, forwarded: list[str], told: str) -> None:
    assert whence("10.0.0.1", forwarded, hops) == told


# -- at the door -------------------------------------------------------------------------------


class TestAtTheDoor:
    """A registry with few places."""

    @pytest.fixture
    def settings(self) -> Settings:
        """There is room for two requests."""
        return Settings(body_timeout_s=1, waiting_max=2, disk_free_mb_min=0)

    async def test_who_finds_no_place_is_told_when_to_come_back(self, served: Served) -> None:
        device = await served.joined()
        device.sells(5)
        crowd = served.app[CROWD]
        with crowd.place(), crowd.place():
            waits = set()
            for _ in range(8):
                answered = await served.send(device.request())
                assert answered.problem == (503, "crowded")
                waits.add(int(answered.headers["Retry-After"]))
            assert waits <= {1, 2}
            assert (await served.post("/v1/enrol", b"")).problem == (503, "crowded")
        await served.sync(device)
        assert await served.sold(device.artisan) == 5

    async def test_nothing_is_held_for_whoever_was_answered(self, served: Served) -> None:
        device = await served.joined()
        bodies = itertools.chain([device.request()], [b"", b"x" * 5_000])
        for body in bodies:
            await served.send(body)
            await served.post("/v1/enrol", body)
        crowd = served.app[CROWD]
        assert (crowd.requests, crowd.bytes, crowd.has(device.key.public)) == (0, 0, False)


class TestBehindAProxy:
    """Guesses are counted for whoever the proxy saw."""

    @pytest.fixture
    def settings(self) -> Settings:
        """One proxy stands in front."""
        return Settings(body_timeout_s=1, behind_proxy=1, disk_free_mb_min=0)

    async def test_one_clients_guesses_shut_the_door_for_nobody_else(self, served: Served) -> None:
        from canting_protocol.crypto import SigningKey
        from canting_protocol.messages import write_enrolment

        async def guess(address: str, code: str) -> int:
            body = write_enrolment(SigningKey(bytes(32)), code)
            answered = await served.post("/v1/enrol", body, X_Forwarded_For=address)
            return answered.status

        for number in range(10):
            assert await guess("203.0.113.7", f"WRONG{number}") == 404
        code = await served.code()
        assert await guess("203.0.113.7", code) == 429
        assert await guess("203.0.113.8", code) == 200
