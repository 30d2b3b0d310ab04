"""Whether a device waits behind a big sender, and whether a thousand at once are all receipted.

    python -m tests.bench.fairness --batches 5000 --devices 1000

A real server in a process of its own, on a file, with FULL; this process is everyone else. Figures
are of one run on one machine: what counts is the ratio.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
from tests.end_to_end.processes import Server, free_port
from tests.letters import in_letter, out_of_letter

from canting_protocol import changes as c
from canting_protocol.batch import cut
from canting_protocol.crypto import SigningKey
from canting_protocol.ledger.author import place
from canting_protocol.log import ArtisanId, Descriptor, LogId, Placed
from canting_protocol.messages import (
    HEAD_HASH_BYTES,
    MEDIA_TYPE,
    VERSION,
    Held,
    HeldHead,
    Offer,
    Request,
    hash_code,
    read_enrolment,
    read_receipt,
    write_enrolment,
    write_request,
)
from canting_server import cli
from canting_server import logs as logging
from canting_server.proof import prepare
from canting_server.registry.registry import Registry
from canting_server.settings import make_key, open_registry
from canting_server.store import people
from canting_server.store.database import Connection

CHANGES: Final = 60
LEDGER_BATCHES: Final = 10
REQUEST_LEDGERS: Final = 100
CONNECTIONS: Final = 4


class Writer:
    """Someone who writes in one log of one ledger, sixty sales at a time."""

    def __init__(self, key: SigningKey, artisan: ArtisanId) -> None:
        self.key = key
        self.artisan = artisan
        self.log = Descriptor(key.public, os.urandom(8), b"")
        self.last: Placed | None = None

    def batch(self) -> bytes:
        """Return sixty more sales."""
        run: list[Placed] = []
        n, previous = (0, self.log.origin) if self.last is None else (self.last.n, self.last.hash)
        for number in range(1, CHANGES + 1):
            sale = c.Sale([c.SaleLine(-1, 1_000, 1_000 * number)])
            t = int(time.time()) - 86_400 + 60 * number
            run.append(place(LogId(self.log.log), n + number, previous, t, c.write(sale)))
            previous = run[-1].hash
        self.last = run[-1]
        return cut(self.key, self.artisan, run, int(time.time()))

    def offer(self, batches: int) -> Offer:
        """Return the offer of so many batches."""
        some = [self.batch() for _ in range(batches)]
        assert self.last is not None
        head = HeldHead(1, self.last.n, self.last.hash[:HEAD_HASH_BYTES])
        return Offer(self.artisan, [Held(self.log, [head])], some)


def request(key: SigningKey, offers: list[Offer], box: bytes) -> bytes:
    """Return a signed request in a letter."""
    asked = write_request(key, Request(VERSION, key.public, int(time.time()), offers))
    return in_letter(box, asked)


def joined(conn: Connection, registry: Registry, *others: SigningKey) -> Writer:
    """Return a device with a new ledger, into which others may bring what it wrote."""
    key, artisan = SigningKey(os.urandom(32)), registry.add_artisan(conn)
    for each in (key, *others):
        code = os.urandom(12).hex()
        people.add_code(conn, hash_code(code), artisan, registry.now() + 3_600)
        registry.enrol(conn, read_enrolment(write_enrolment(each, code)))
    return Writer(key, artisan)


class Door:
    """The sync door, reached like anyone reaches it."""

    def __init__(self, http: aiohttp.ClientSession, url: str, registry: Registry) -> None:
        self.http = http
        self.url = f"{url}/v1/sync"
        self.registry = registry
        self.box = registry.key.box.public
        self.later = 0

    async def sync(self, data: bytes) -> tuple[float, bytes]:
        """Send a request until it is answered; return how many seconds that took, and the reply."""
        begun = time.perf_counter()
        while True:
            async with self.http.post(self.url, data=data) as response:
                body = await response.read()
                if response.status == 503:
                    self.later += 1
                    await asyncio.sleep(int(response.headers["Retry-After"]))
                    continue
                assert response.status == 200, body
                break
        return time.perf_counter() - begun, body

    def check(self, body: bytes, writers: Sequence[Writer], *keys: SigningKey) -> None:
        """See that all of a request is receipted."""
        senders = keys or [writer.key for writer in writers]
        reply = out_of_letter(body, *senders)
        for writer, answer in zip(writers, reply.ledgers, strict=True):
            assert answer.refused == []
            receipt = read_receipt(answer.receipt, self.registry.key.public)
            assert writer.last is not None
            held = [(head.log, head.first, head.n) for head in receipt.heads]
            assert (writer.log.log, 1, writer.last.n) in held, "not receipted"


async def direct(door: Door, writer: Writer, times: int, until: asyncio.Event) -> list[float]:
    """Sync sixty changes again and again, with a breath between; return how long each took."""
    took: list[float] = []
    while len(took) < times and not until.is_set():
        seconds, body = await door.sync(request(writer.key, [writer.offer(1)], door.box))
        door.check(body, [writer])
        took.append(seconds)
        await asyncio.sleep(0.02)
    return took


async def measure(
    door: Door,
    device: Writer,
    carrier: SigningKey,
    big: Sequence[Writer],
    crowd: Sequence[Writer],
    times: int,
) -> dict[str, object]:
    """Let a device sync alone, then beside a carrier of many; then let a thousand sync at once."""
    await direct(door, device, 20, asyncio.Event())
    alone = await direct(door, device, times, asyncio.Event())

    groups = [big[at : at + REQUEST_LEDGERS] for at in range(0, len(big), REQUEST_LEDGERS)]
    large = [(request(carrier, [w.offer(LEDGER_BATCHES) for w in g], door.box), g) for g in groups]
    done = asyncio.Event()

    async def send_all() -> float:
        begun, line, replies = time.perf_counter(), iter(large), []

        async def connection() -> None:
            for data, writers in line:
                _, body = await door.sync(data)
                replies.append((body, writers))

        await asyncio.gather(*[connection() for _ in range(CONNECTIONS)])
        done.set()
        seconds = time.perf_counter() - begun
        for body, writers in replies:  # not before: it would keep the device waiting, here
            door.check(body, writers, carrier)
        return seconds

    sending = asyncio.create_task(send_all())
    await asyncio.sleep(0.2)
    beside = await direct(door, device, 10**9, done)
    big_seconds = await sending

    ready = [(request(writer.key, [writer.offer(1)], door.box), writer) for writer in crowd]
    begun = time.perf_counter()
    answers = await asyncio.gather(*[door.sync(data) for data, _ in ready])
    crowd_seconds = time.perf_counter() - begun
    took = [seconds for seconds, _ in answers]
    for (_, writer), (_, body) in zip(ready, answers, strict=True):
        door.check(body, [writer])
    median, p99 = statistics.median(alone), _p99(beside)
    return {
        "direct device alone: median ms": round(median * 1e3, 1),
        "direct device alone: p99 ms": round(_p99(alone) * 1e3, 1),
        "big sender: batches": len(big) * LEDGER_BATCHES,
        "big sender: largest request, bytes": max((len(data) for data, _ in large), default=0),
        "big sender: changes per second": round(
            len(big) * LEDGER_BATCHES * CHANGES / big_seconds if big else 0
        ),
        "beside it: syncs": len(beside),
        "beside it: median ms": round(statistics.median(beside) * 1e3, 1),
        "beside it: p99 ms": round(p99 * 1e3, 1),
        "p99 beside / median alone": round(p99 / median, 2),
        "at once: devices": len(crowd),
        "at once: receipted": len(took),
        "at once: changes per second": round(len(crowd) * CHANGES / crowd_seconds),
        "at once: longest wait s": round(max(took, default=0), 1),
        "asked to come back later": door.later,
    }


def _p99(took: Sequence[float]) -> float:
    return sorted(took)[int(len(took) * 0.99)]


def main() -> None:
    """Run it all and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=5_000)
    parser.add_argument("--devices", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=200)
    told = parser.parse_args()
    logging.configure("error")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "registry"
        make_key(home)
        registry, carrier = open_registry(home), SigningKey(os.urandom(32))

        def people_join(conn: Connection) -> tuple[Writer, list[Writer], list[Writer]]:
            prepare(conn, registry)
            ledgers = told.batches // LEDGER_BATCHES
            return (
                joined(conn, registry),
                [joined(conn, registry, carrier) for _ in range(ledgers)],
                [joined(conn, registry) for _ in range(told.devices)],
            )

        device, big, crowd = cli._alone(home, people_join)
        server = Server(home, free_port())
        assert server.ready()

        async def run() -> dict[str, object]:
            connector = aiohttp.TCPConnector(limit=0)
            timeout = aiohttp.ClientTimeout(total=600)
            headers = {"Content-Type": MEDIA_TYPE}
            async with aiohttp.ClientSession(
                connector=connector, timeout=timeout, headers=headers
            ) as http:
                door = Door(http, server.url, registry)
                return await measure(door, device, carrier, big, crowd, told.times)

        figures = asyncio.run(run())
        assert server.stop() == 0
        held = cli._alone(home, _changes)
        writers = [device, *big, *crowd]
        sent = sum(writer.last.n for writer in writers if writer.last is not None)
        assert held == sent, f"{sent} changes were sent, {held} are held"
        figures["changes sent and held"] = held
    print(msgspec.json.format(msgspec.json.encode(figures), indent=2).decode())  # noqa: T201


def _changes(conn: Connection) -> int:
    ((found,),) = conn.fetch("SELECT COUNT(*) FROM change WHERE kind = $1", int(c.Kind.SALE))
    return int(found)


if __name__ == "__main__":
    main()
