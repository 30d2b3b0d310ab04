"""Processes that are killed at a commit, for `test_kill.py`.

    python -m tests.end_to_end.dying device HOME WHEN K
    python -m tests.end_to_end.dying locked HOME WHEN K
    python -m tests.end_to_end.dying lock HOME WHEN
    python -m tests.end_to_end.dying registry HOME PORT WHEN K
    python -m tests.end_to_end.dying bag HOME PORT WHEN K
    python -m tests.end_to_end.dying deliver HOME WHEN K

WHEN is `before` or `after` the K-th COMMIT; of a locked book, the K-th rename of its file. What was
acknowledged is printed, unbuffered.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from canting_client import book as book_module
from canting_client import store
from canting_client.home import Home
from canting_protocol import changes as c
from canting_server import app
from canting_server.settings import Settings, open_registry
from canting_server.store import database


def dies(when: str, k: int) -> Callable[[str], None]:
    """Return a trace that kills this process at its k-th commit."""
    seen = 0

    def trace(statement: str) -> None:
        nonlocal seen
        if when == "after" and seen >= k:
            os.kill(os.getpid(), signal.SIGKILL)
        if statement.strip().upper() == "COMMIT":
            seen += 1
            if when == "before" and seen >= k:
                os.kill(os.getpid(), signal.SIGKILL)

    return trace


def device(home: Path, when: str, k: int) -> None:
    """Keep a book for a while, until its k-th commit."""
    plain = store.connect

    def connect(path: Path, *, durable: bool = True) -> sqlite3.Connection:
        conn = plain(path, durable=durable)
        conn.set_trace_callback(dies(when, k))
        return conn

    book_module.store.connect = connect  # type: ignore[attr-defined]
    keep_a_book(Home(home), locked=False)


def locked(home: Path, when: str, k: int) -> None:
    """Keep a locked book; die between its k-th commit and the file's rename, or after that."""
    die_at_the_rename(when, k)
    keep_a_book(Home(home), locked=True)


def lock(home: Path, when: str) -> None:
    """Lock a plain book; die before or after the locked file is there."""
    from canting_client.locking import lock as lock_up

    die_at_the_rename(when, 1)
    lock_up(Home(home), "buku")


def die_at_the_rename(when: str, k: int) -> None:
    """Die before or after a locked file gets its name for the k-th time."""
    plain, seen = Path.replace, 0

    def replace(beside: Path, target: Path) -> Path:
        nonlocal seen
        seen += target.suffix == ".locked"
        if when == "before" and seen >= k:
            os.kill(os.getpid(), signal.SIGKILL)
        done = plain(beside, target)
        if when == "after" and seen >= k:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    Path.replace = replace  # type: ignore[assignment,method-assign]


def keep_a_book(here: Home, *, locked: bool) -> None:
    """Record one thing after the other; print the hash of each change once it is recorded."""
    with here.open("buku") if "buku" in here.names else here.make("buku", locked=locked) as book:
        for number in range(4):
            item = book.record(c.Item(None, [c.FieldWrite(1, c.value(f"Kain {number}"))]))
            sale = c.Sale([c.SaleLine(item[0].n, 1000, 50_000 + number)])
            count = c.Count([c.CountLine(item[0].n, 3000)])
            for placed in item + book.record(sale) + book.record(count, c.Void(item[0].n + 1)):
                os.write(1, placed.hash.hex().encode() + b"\n")
    os.write(1, b"done\n")


def registry(home: Path, port: int, when: str, k: int) -> None:
    """Serve a registry until its k-th commit."""
    plain = database.settle

    def settle(raw: sqlite3.Connection, *, durable: bool = True) -> None:
        plain(raw, durable=durable)
        raw.set_trace_callback(dies(when, k))

    database.settle = settle
    settings = Settings(port=port, log_level="error", drain_notice_s=0)
    asyncio.run(app.serve(app.make_app(home, open_registry(home), settings), settings))


def bag(arguments: list[str], when: str, k: int) -> None:
    """Run a command on an officer's bag until its k-th commit."""
    from canting_client import cli
    from canting_client.relay import bag as bag_module

    class Dying:
        """sqlite3, whose connections are watched."""

        def __getattr__(self, name: str) -> object:
            return getattr(sqlite3, name)

        @staticmethod
        def connect(path: Path, **how: Any) -> sqlite3.Connection:
            conn: sqlite3.Connection = sqlite3.connect(path, **how)
            conn.set_trace_callback(dies(when, k))
            return conn

    bag_module.sqlite3 = Dying()  # type: ignore[assignment, attr-defined]
    sys.argv = ["canting", *arguments]
    cli.main()


if __name__ == "__main__":
    if sys.argv[1] == "bag":
        door = ["--host", "127.0.0.1", "--port", sys.argv[3]]
        bag(
            ["--json", "--home", sys.argv[2], "relay", "open", *door], sys.argv[4], int(sys.argv[5])
        )
    elif sys.argv[1] == "deliver":
        bag(["--json", "--home", sys.argv[2], "relay", "deliver"], sys.argv[3], int(sys.argv[4]))
    elif sys.argv[1] == "lock":
        lock(Path(sys.argv[2]), sys.argv[3])
    elif sys.argv[1] == "locked":
        locked(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    elif sys.argv[1] == "device":
        device(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    else:
        registry(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
