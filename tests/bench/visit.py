"""A visit, its letters, and a delivery, with real books and a real registry process.

    python -m tests.bench.visit [--artisans 50]

Each artisan's book writes 30 days of the workload. The officer's door is a process on loopback; a
letter's size is that of the goods, signed and sealed, for 150 changes of the workload.
"""

# ruff: noqa: S311 — chance here must be repeatable, not secret.

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from tests.bench.as_changes import book_key_of
from tests.bench.diary import Diary, device_key, open_book
from tests.bench.road import code_for, join
from tests.bench.workload import SEED, Line, artisan_changes
from tests.end_to_end.processes import ROOT, Server, free_port, run

from canting_client import sync as network
from canting_client.book import Book
from canting_client.custody import given, taken
from canting_client.relay.bag import GOODS, Bag, Known
from canting_client.relay.deliver import deliver
from canting_protocol.bundles import Bundle, read_bundle
from canting_protocol.crypto import PublicKey, SigningKey
from canting_protocol.letters import read_letter

DAY_MS: Final = 86_400_000
DAYS: Final = 30
CHANGES: Final = 150
FIRST: Final = 5_000
OFFICER: Final = SigningKey(b"officer".ljust(32, b"-"))


class Opened:
    """An officer's bag, open as a process."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(  # noqa: S603
            [
                *(sys.executable, "-m", "canting_client.cli", "--json", "relay", "open"),
                *("--host", "127.0.0.1", "--port", str(self.port)),
            ],
            env=os.environ | {"CANTING_HOME": str(home), "PYTHONUNBUFFERED": "1"},
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()

    def stop(self) -> None:
        """Close it."""
        self.process.kill()
        self.process.communicate()


def month_of(index: int, skip: int = 0) -> list[Line]:
    """Return 30 days of an artisan's lines, after the first `skip` months."""
    lines = artisan_changes(SEED, index, skip + 2)
    begin = lines[0].time + skip * DAYS * DAY_MS
    return [line for line in lines if begin <= line.time < begin + DAYS * DAY_MS]


def written(folder: Path, index: int, lines: list[Line], clock: list[int]) -> Book:
    """Return a book in which an artisan's first device has written lines."""
    device = lines[0].device
    book = open_book(folder, f"{index}-{device}", lambda: clock[0])
    books = {line.device: book for line in lines}
    diary = Diary(books, book_key_of(SEED, index), random.Random(SEED))
    for line in lines:
        clock[0] = line.time // 1000
        diary.write(line)
    return book


def sizes(folder: Path, artisans: int) -> dict[str, Any]:
    """Return how large the goods of 150 changes are, over some artisans and months."""
    from tests.bench.as_changes import logs_of
    from tests.bench.fleet import artisan_id

    from canting_protocol.batch import cut
    from canting_protocol.letters import MONEY, Address, Span, seal_letter, to_id, write_goods
    from canting_protocol.messages import Held, Offer

    registry = SigningKey(b"registry".ljust(32, b"-"))
    found = []
    for index in range(FIRST, FIRST + artisans):
        for log in logs_of(SEED, index, 12):
            for at in range(0, len(log.changes) - CHANGES, CHANGES):
                lot = log.changes[at : at + CHANGES]
                raw = cut(log.key, artisan_id(index), lot, lot[-1].t + 3_600)
                span = Span(lot[0].log[:8], lot[0].n, lot[-1].n, lot[-1].hash[:8])
                offer = Offer(artisan_id(index), [Held(log.descriptor, [])], [raw])
                to, whose = to_id(registry.public), artisan_id(index)
                address = Address(1, to, whose, [span], MONEY)
                letter = seal_letter(registry.box.public, address, write_goods(offer))
                found.append((len(letter), len(raw)))
    letters = sorted(size for size, _ in found)
    return {
        "letters": len(letters),
        "mean": round(statistics.mean(letters)),
        "median": round(statistics.median(letters)),
        "smallest": letters[0],
        "largest": letters[-1],
        "of it seal and address": round(statistics.mean(a - b for a, b in found)),
        "within 2,400": round(sum(size <= 2_400 for size in letters) / len(letters), 2),
    }


def main() -> None:
    """Print what a visit and a delivery take."""
    parser = argparse.ArgumentParser(description="A visit, and a delivery of many.")
    parser.add_argument("--artisans", type=int, default=50)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = {"sealed, signed goods of 150 changes": sizes(folder, 10)}
        home = folder / "registry"
        run("canting_server.cli", "init", home=home)
        server = Server(home, free_port())
        assert server.ready()
        try:
            code = json.loads(run("canting_server.cli", "officer", "Lina", "--json", home=home))
            commission = asyncio.run(network.commission(server.url, code["code"], OFFICER))
            officer = folder / "officer"
            officer.mkdir()
            (officer / "device.key").write_bytes(b"officer".ljust(32, b"-"))
            registry = PublicKey(commission.registry)
            known = Known(registry, server.url, commission.box, [commission.paper])
            with closing(Bag(officer / "bag.db")) as bag:
                bag.belong(known)
            clock, books, changes = [0], [], 0
            for index in range(FIRST, FIRST + asked.artisans):
                lines = month_of(index)
                book = written(folder, index, lines, clock)
                join(book, book.path.stem, code_for(home), server.port)
                books.append(book)
                changes += len(lines)
            told["a visit"] = visit(folder, officer, books[0])
            with closing(Bag(officer / "bag.db")) as bag:
                for book in books[1:]:
                    key = device_key(book.path.stem)
                    letters = book.letters()
                    bundle = read_bundle(given(key, letters, clock[0]))
                    slip, answers = bag.take(OFFICER, bundle, int(time.time()))
                    taken(book, key, letters, Bundle(1, answers, slip, known.papers))
                told["a delivery"] = {"lines": changes, **delivery(bag, server.url)}
            for book in books:
                book.close()
        finally:
            server.stop()
    for what, figures in told.items():
        sys.stdout.write(f"{what}: {json.dumps(figures)}\n")


def visit(folder: Path, officer: Path, book: Book) -> dict[str, Any]:
    """Let one device hand 30 days over at an officer's door, as a process each."""
    door = Opened(officer)
    try:
        began = time.perf_counter()
        done = asyncio.run(
            network.hand_over(book, device_key(book.path.stem), f"http://127.0.0.1:{door.port}")
        )
        seconds = time.perf_counter() - began
    finally:
        door.stop()
    return {"seconds": round(seconds, 3), "round trips": 1, "letters": done.letters}


def goods_in(data: bytes) -> int:
    """Return how many letters of goods a bundle holds."""
    return sum(1 for raw in read_bundle(data).letters if read_letter(raw).address.spans)


def delivery(bag: Bag, url: str) -> dict[str, Any]:
    """Deliver a bag, cut the road once in the middle, and go on."""
    goods = len(bag.letters(GOODS))
    size = sum(len(raw) for raw in bag.letters(GOODS))
    posts: list[int] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    async def cut(post: Any) -> Any:
        async def broken(data: bytes) -> Bundle:
            answered: Bundle = await post(data)
            posts.append(
                sum(1 for raw in read_bundle(data).letters if read_letter(raw).address.spans)
            )
            if sum(posts) >= goods // 2:
                raise ConnectionError
            return answered

        return await deliver(bag, OFFICER, lambda: int(time.time()), broken)

    began = time.perf_counter()
    with suppress(ConnectionError):
        asyncio.run(network.carry(url, cut))
    first = time.perf_counter() - began
    sent = sum(posts)

    async def rest(post: Any) -> Any:
        async def counted(data: bytes) -> Bundle:
            posts.append(
                sum(1 for raw in read_bundle(data).letters if read_letter(raw).address.spans)
            )
            answered: Bundle = await post(data)
            return answered

        return await deliver(bag, OFFICER, lambda: int(time.time()), counted)

    began = time.perf_counter()
    done = asyncio.run(network.carry(url, rest))
    second = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "goods": goods,
        "kB": round(size / 1000, 1),
        "seconds": round(first + second, 2),
        "cut after, letters": sent,
        "sent after the cut": sum(posts) - sent,
        "sent twice": sum(posts) - goods,
        "left": done.left,
        "answers": done.answers,
        "grown by MB": round((after - before) / 1000, 1),
    }


if __name__ == "__main__":
    main()
