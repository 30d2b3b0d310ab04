"""What one artisan's year costs on the way: bytes, round trips, seconds.

    python -m tests.bench.road [--artisan 5000] [--months 12]

A real book writes the workload and syncs with a real server process through the counting proxy:
once a week's lines (55), once a month's (30 days). Then a second device joins, and takes the year.
Bytes are what TCP carried, HTTP and signatures and all; the denominator is the workload's lines.
"""

# ruff: noqa: S311 — chance here must be repeatable, not secret.

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from tests.bench.as_changes import book_key_of
from tests.bench.diary import Diary, device_key, open_book
from tests.bench.workload import SEED, Line, artisan_changes
from tests.end_to_end.processes import Server, free_port, run

from canting_client import book as book_module
from canting_client.book import Book
from canting_client.sync import enrol, sync
from canting_protocol import batch
from canting_protocol.crypto import SigningKey
from canting_protocol.dictionaries import DICTIONARIES, NEWEST
from canting_protocol.ledger.rows import ChangeRow
from canting_protocol.log import ArtisanId, Placed

WEEK: Final = 55
"""How many lines the workload's artisan writes in a week."""

MONTH_MS: Final = 30 * 86_400_000


class Proxy:
    """The counting proxy as a process."""

    def __init__(self, target: int) -> None:
        self.port, self._control = free_port(), free_port()
        self._process = subprocess.Popen(  # noqa: S603
            [
                *(sys.executable, "-m", "tests.bench.proxy", "--listen", str(self.port)),
                *("--to", f"127.0.0.1:{target}", "--ctl", str(self._control)),
            ]
        )
        for _ in range(200):
            try:
                self.count("stats")
                return
            except OSError:
                time.sleep(0.02)

    def count(self, what: str) -> dict[str, int]:
        """Return the counters (`stats`), or zero them (`reset`)."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._control}/{what}") as answer:
            counted: dict[str, int] = json.loads(answer.read())
        return counted

    def stop(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait()


@contextmanager
def registry(folder: Path) -> Iterator[tuple[Server, Proxy]]:
    """Run a registry in a folder, with the proxy before it."""
    run("canting_server.cli", "init", home=folder)
    server = Server(folder, free_port())
    assert server.ready()
    proxy = Proxy(server.port)
    try:
        yield server, proxy
    finally:
        proxy.stop()
        server.stop()


def code_for(home: Path, artisan: str | None = None) -> str:
    """Return a one-time code, for a new artisan or for a further device of hers."""
    asked = ["enrol", "--json", *(["--artisan", artisan] if artisan else [])]
    code: str = json.loads(run("canting_server.cli", *asked, home=home))["code"]
    return code


def join(book: Book, name: str, code: str, port: int) -> str:
    """Let a device in; return the artisan's id."""
    url = f"http://127.0.0.1:{port}"
    book.join(url, asyncio.run(enrol(url, code, device_key(name))))
    assert book.artisan is not None
    return book.artisan.hex()


def by_week(lines: list[Line]) -> list[list[Line]]:
    """Return the lines, so many at a time."""
    return [lines[at : at + WEEK] for at in range(0, len(lines), WEEK)]


def by_month(lines: list[Line]) -> list[list[Line]]:
    """Return the lines of 30 days at a time."""
    return [list(each) for _, each in groupby(lines, key=lambda line: line.time // MONTH_MS)]


def live(
    index: int, months: int, parts: list[list[Line]], dictionary: int, *, then_join: bool
) -> dict[str, Any]:
    """Write and sync part after part; tell what it cost."""
    clock = [0]

    def cut(key: SigningKey, artisan: ArtisanId, run: Sequence[Placed], now: int) -> bytes:
        return batch.cut(key, artisan, run, now, dictionary)

    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        newest = patch.object(book_module, "cut", cut)
        with registry(folder / "registry") as (_, proxy), newest:
            books = {
                line.device: open_book(folder, line.device, lambda: clock[0])
                for part in parts
                for line in part
            }
            names = list(books)
            home, artisan = folder / "registry", None
            for name in names:
                artisan = join(books[name], name, code_for(home, artisan), proxy.port)
            assert artisan is not None
            diary = Diary(books, book_key_of(SEED, index), random.Random(SEED))
            up = down = lines = syncs = 0
            for part in parts:
                for line in part:
                    clock[0] = line.time // 1000
                    diary.write(line)
                for name in names:
                    proxy.count("reset")
                    outcome = asyncio.run(sync(books[name], device_key(name)))
                    assert outcome.round_trips == 1, outcome
                    counted = proxy.count("stats")
                    up, down, syncs = up + counted["up"], down + counted["down"], syncs + 1
                lines += len(part)
            told: dict[str, Any] = {
                "syncs": syncs,
                "lines": lines,
                "up": round(up / lines, 1),
                "down": round(down / lines, 1),
            }
            if then_join:
                told["first"] = first_sync(folder, proxy, artisan)
            for book in books.values():
                book.close()
    return told


def first_sync(folder: Path, proxy: Proxy, artisan: str) -> dict[str, Any]:
    """Let another device take the whole ledger; tell what it cost."""
    code = code_for(folder / "registry", artisan)
    with open_book(folder, "new", lambda: int(time.time())) as book:
        proxy.count("reset")
        began = time.perf_counter()
        join(book, "new", code, proxy.port)
        asyncio.run(sync(book, device_key("new")))
        seconds = time.perf_counter() - began
        counted = proxy.count("stats")
        return {
            "round_trips": counted["turns"],
            "down_kB": round(counted["down"] / 1000, 1),
            "seconds": round(seconds, 2),
            "changes": len(list(book.rows().all(ChangeRow))),
        }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Bytes, round trips and seconds of a year.")
    parser.add_argument("--artisan", type=int, default=5000)
    parser.add_argument("--months", type=int, default=12)
    asked = parser.parse_args()
    lines = artisan_changes(SEED, asked.artisan, asked.months)
    for name, parts in (("week", by_week(lines)), ("month", by_month(lines))):
        for dictionary in sorted(DICTIONARIES, reverse=True):
            first = name == "week" and dictionary == NEWEST
            told = live(asked.artisan, asked.months, parts, dictionary, then_join=first)
            sys.stdout.write(f"{name}, dictionary {dictionary}: {json.dumps(told)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
