"""Devices that push what the workload wrote, as signed requests made beforehand."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tests.bench.as_changes import PUSH, DeviceLog, logs_of

from canting_protocol.batch import cut
from canting_protocol.changes import Certificate
from canting_protocol.dictionaries import NEWEST
from canting_protocol.log import ArtisanId, Head, Placed
from canting_protocol.messages import VERSION, Offer, Request, held, write_request
from canting_server.registry.registry import Registry
from canting_server.store import logs
from canting_server.store.database import Connection


class Fleet(NamedTuple):
    """The devices of some artisans."""

    artisans: dict[ArtisanId, list[DeviceLog]]

    @property
    def changes(self) -> int:
        """Return how many changes the devices have written."""
        return sum(len(log.changes) for logs in self.artisans.values() for log in logs)


def fleet(seed: str, artisans: int, months: int, first: int = 0) -> Fleet:
    """Return the devices of the workload's artisans."""
    return Fleet({artisan_id(i): logs_of(seed, i, months) for i in range(first, first + artisans)})


def artisan_id(index: int) -> ArtisanId:
    """Return the pseudonym of an artisan of the workload."""
    return ArtisanId(index.to_bytes(8, "big"))


def enrol(registry: Registry, conn: Connection, fleet: Fleet, now: int) -> None:
    """Let every device in."""
    for artisan, theirs in fleet.artisans.items():
        logs.add_artisan(conn, artisan, now)
        registry.write(
            conn, artisan, *(Certificate(log.key.public, box=log.key.box.public) for log in theirs)
        )


def pushes(
    fleet: Fleet,
    *,
    size: int = PUSH,
    dictionary: int = NEWEST,
    clock: Callable[[], float] = time.time,
) -> Iterator[tuple[int, bytes]]:
    """Yield (changes, request) of pushes of each device's next `size` changes.

    An artisan's come in order of time, artisan after artisan by turns.
    """
    waiting = [
        deque(
            sorted(
                (
                    (log.changes[at : at + size], artisan, log)
                    for log in theirs
                    for at in range(0, len(log.changes), size)
                ),
                key=lambda each: each[0][-1].t,
            )
        )
        for artisan, theirs in fleet.artisans.items()
    ]
    while waiting := [queue for queue in waiting if queue]:
        for queue in waiting:
            run, artisan, log = queue.popleft()
            yield len(run), push(artisan, log, run, int(clock()), dictionary)


def push(
    artisan: ArtisanId,
    log: DeviceLog,
    run: Sequence[Placed],
    clock: int,
    dictionary: int = NEWEST,
) -> bytes:
    """Return the request that pushes a run of a log's changes, at a time of the device's clock.

    A right clock costs no measuring.
    """
    last = run[-1]
    raw = cut(log.key, artisan, run, last.t, dictionary)
    frontier = [held(log.descriptor, [Head(last.log, 1, last.n, last.hash)])]
    request = Request(VERSION, log.key.public, clock, [Offer(artisan, frontier, [raw])])
    return write_request(log.key, request)
