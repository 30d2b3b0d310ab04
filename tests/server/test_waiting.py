"""Nobody waits for the writer behind all of somebody else's work."""

import asyncio
from pathlib import Path

from canting_server.store.database import Committed, Connection, open_sqlite
from canting_server.store.waiting import GROUP_BYTES_MAX, GROUP_MAX, Waiting


def line_of(**senders: int) -> Waiting[str]:
    """Return so many pieces of work of each sender, of one byte each, one sender after another."""
    waiting: Waiting[str] = Waiting()
    for sender, count in senders.items():
        for number in range(count):
            waiting.add(f"{sender}{number}", sender, 1)
    return waiting


def test_a_device_waits_for_one_piece_of_a_big_sender_and_no_more() -> None:
    waiting = line_of(big=5_000, device=1)
    assert waiting.take() == ["big0", "device0"]
    assert waiting.take() == ["big1"]


def test_who_comes_later_is_taken_before_a_big_senders_second_turn() -> None:
    waiting = line_of(big=3, early=2)
    assert waiting.take() == ["big0", "early0"]
    waiting.add("late0", "late", 1)
    assert waiting.take() == ["late0"]
    assert waiting.take() == ["big1", "early1"]


def test_nobody_sits_out_twice_however_many_come() -> None:
    waiting = line_of(big=3)
    taken = []
    for number in range(6):
        waiting.add(f"device{number}", number, 1)
        taken.append(waiting.take())
    assert taken == [
        ["big0", "device0"],
        ["device1"],
        ["big1", "device2"],
        ["device3"],
        ["big2", "device4"],
        ["device5"],
    ]


def test_work_of_one_sender_stays_in_order() -> None:
    waiting = line_of(a=3, b=3)
    taken = [each for _ in range(3) for each in waiting.take()]
    assert [each for each in taken if each.startswith("a")] == ["a0", "a1", "a2"]
    assert waiting.take() == []


def test_a_transaction_has_its_bounds_and_who_does_not_fit_comes_first_next_time() -> None:
    waiting: Waiting[int] = Waiting()
    for sender in range(GROUP_MAX + 1):
        waiting.add(sender, sender, 1)
    assert waiting.take() == list(range(GROUP_MAX))
    assert waiting.take() == [GROUP_MAX]
    for sender in range(3):
        waiting.add(sender, sender, GROUP_BYTES_MAX // 2)
    assert waiting.take() == [0, 1]
    waiting.add(3, 3, 1)
    assert waiting.take() == [2, 3]


def test_what_is_larger_than_the_bound_goes_by_itself() -> None:
    waiting: Waiting[str] = Waiting()
    waiting.add("small", 1, 1)
    waiting.add("huge", 2, GROUP_BYTES_MAX * 2)
    assert [waiting.take(), waiting.take()] == [["small"], ["huge"]]


def test_what_waits_is_counted() -> None:
    waiting = line_of(a=2, b=1)
    assert (waiting.count, waiting.size) == (3, 3)
    waiting.take()
    assert (waiting.count, waiting.size) == (1, 1)
    waiting.take()
    assert (waiting.count, waiting.size) == (0, 0)


async def test_the_writer_takes_senders_in_turn_and_tells_of_each_transaction(
    tmp_path: Path,
) -> None:
    told: list[Committed] = []
    done: list[str] = []
    async with open_sqlite(tmp_path / "registry.db", told.append) as database:

        def work(name: str) -> None:
            done.append(name)

        def of(sender: str, number: int) -> asyncio.Task[None]:
            def one(_: Connection) -> None:
                work(f"{sender}{number}")

            return asyncio.create_task(database.write(one, sender=sender, size=10))

        await asyncio.gather(*[of("big", number) for number in range(20)], of("device", 0))
    assert done.index("device0") <= 2
    assert [name for name in done if name != "device0"] == [f"big{n}" for n in range(20)]
    assert sum(each.works for each in told) == 21
    assert sum(each.size for each in told) == 210
    assert all(each.unavailable is None for each in told)
