"""What one sale costs to commit on the device, beside raw `sqlite3` doing the same writes.

    python -m tests.bench.commit [--lines 2000] [--sales 300]

A book with most of a year in it records sales, one transaction each, `synchronous=FULL`; every
statement that writes is caught, and played to a copy of the file by `sqlite3` alone, turn by turn.
"""

# ruff: noqa: S311 — chance here must be repeatable, not secret.

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.bench.as_changes import book_key_of
from tests.bench.diary import Diary, open_book
from tests.bench.workload import SEED, artisan_changes

from canting_client import store

ARTISAN: Final = 5000
_WRITES: Final = ("INSERT", "UPDATE", "DELETE")


def main() -> None:
    """Print both medians and their ratio."""
    parser = argparse.ArgumentParser(description="One sale: a book beside raw sqlite3.")
    parser.add_argument("--lines", type=int, default=2000)
    parser.add_argument("--sales", type=int, default=300)
    asked = parser.parse_args()
    lines = artisan_changes(SEED, ARTISAN, 12)
    clock = [0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_book(folder, "quick", lambda: clock[0], durable=False) as book:
            diary = Diary({lines[0].device: book}, book_key_of(SEED, ARTISAN), random.Random(SEED))
            for line in lines[: asked.lines]:
                clock[0] = line.time // 1000
                diary.write(line)
        (folder / "raw.db").write_bytes((folder / "quick.db").read_bytes())
        raw = store.connect(folder / "raw.db", durable=True)
        ours: list[float] = []
        theirs: list[float] = []
        with open_book(folder, "quick", lambda: clock[0]) as book:
            diary.books[lines[0].device] = book
            caught: list[str] = []
            for line in lines[asked.lines :]:
                clock[0] = line.time // 1000
                caught.clear()
                book.conn.set_trace_callback(caught.append)
                began = time.perf_counter()
                diary.write(line)
                mine = time.perf_counter() - began
                book.conn.set_trace_callback(None)
                writes = [each for each in caught if each.lstrip().startswith(_WRITES)]
                his = _played(raw, writes)
                if line.kind == "sale" and "customer" not in line.payload:
                    ours.append(mine)
                    theirs.append(his)
                if len(ours) == asked.sales:
                    break
        raw.close()
    mine, his = statistics.median(ours) * 1000, statistics.median(theirs) * 1000
    sys.stdout.write(
        f"{len(ours)} sales: book {mine:.2f} ms, raw {his:.2f} ms, {mine / his:.2f} times\n"
    )


def _played(raw: sqlite3.Connection, writes: list[str]) -> float:
    began = time.perf_counter()
    raw.execute("BEGIN IMMEDIATE")
    for each in writes:
        raw.execute(each)
    raw.execute("COMMIT")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
