"""A registry and phones in one process, with nothing between them: for tests of both ends."""

import asyncio
import sqlite3
from collections.abc import Callable, Hashable
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from canting_client.book import Book, Chance, Learned
from canting_protocol.crypto import SigningKey
from canting_protocol.log import ArtisanId
from canting_protocol.messages import (
    VERSION,
    Answer,
    Offer,
    Reply,
    Request,
    hash_code,
    read_enrolment,
    read_request,
    write_enrolment,
    write_request,
)
from canting_server.registry.post import Post
from canting_server.registry.registry import Registry
from canting_server.store import ledgers, migrations, people
from canting_server.store.database import Connection, SQLite, run_group, settle

T = TypeVar("T")

NOW = 1_765_000_000


class Straight:
    """A registry's transactions, one after the other, with nobody waiting."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw

    async def write(
        self, work: Callable[[Connection], T], *, sender: Hashable = None, size: int = 0
    ) -> T:
        """Do work in a transaction."""
        (result,) = run_group(self.raw, [work])
        if isinstance(result, Exception):
            raise result
        done: T = result
        return done

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads."""
        return work(SQLite(self.raw))


def exchange(raw: sqlite3.Connection, registry: Registry, asked: Request) -> Reply:
    """Return what a registry replies to a verified request."""
    reply, _ = asyncio.run(Post(Straight(raw), registry, lambda _: None).exchange(asked))
    return reply


class Pair:
    """A registry on a file, and the phones of one artisan."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOW
        self.skew = 0
        """How many seconds the phones' clocks are ahead."""
        self._drawn = count(1)
        self.registry = Registry(SigningKey(b"R" * 32), lambda: self.now, self.random)
        self.open("registry.db")
        self.artisan: ArtisanId = self.work(self.registry.add_artisan)
        self.keys: dict[str, SigningKey] = {}

    def random(self, size: int) -> bytes:
        """Return bytes that never repeat."""
        return next(self._drawn).to_bytes(max(size, 8), "big")[-size:]

    def open(self, name: str) -> None:
        """Open (or begin) the registry's file of that name."""
        self.raw = sqlite3.connect(self.folder / name)
        settle(self.raw, durable=False)
        self.work(migrations.migrate)

    def work(self, work: Callable[[Connection], Any]) -> Any:
        """Do something in one transaction of the registry."""
        (result,) = run_group(self.raw, [work])
        if isinstance(result, Exception):
            raise result
        return result

    def phone(self, name: str, *, joined: bool = True) -> Book:
        """Return a new phone's book, let in."""
        self.keys[name] = SigningKey(name.encode().ljust(32, b"-"))
        book = self.book(name)
        if joined:
            self.join(name, book)
        return book

    def book(self, name: str) -> Book:
        """Open a phone's book."""
        return Book(
            self.folder / f"{name}.db",
            self.keys[name],
            Chance(lambda: self.now, self.random),
            self.folder / "guards" / f"{name}.guard",
            durable=False,
        )

    def join(self, name: str, book: Book) -> None:
        """Let a phone in."""
        code = self.random(8).hex()
        expires = self.now + 60
        self.work(lambda c: people.add_code(c, hash_code(code), self.artisan, expires))
        asked = read_enrolment(write_enrolment(self.keys[name], code))
        book.join("pair:", self.work(lambda conn: self.registry.enrol(conn, asked)))

    def answer(self, name: str, book: Book, **how: bool) -> Answer:
        """Return what the registry answers to a phone."""
        return self.exchange(name, book.offer(**how))

    def exchange(self, name: str, offer: Offer) -> Answer:
        """Return what the registry answers to an offer that a phone has signed."""
        self.now += 60
        key = self.keys[name]
        request = Request(VERSION, key.public, self.now + self.skew, [offer])
        asked = read_request(write_request(key, request))
        return exchange(self.raw, self.registry, asked).ledgers[0]

    def sync(self, name: str, book: Book, **how: bool) -> Learned:
        """Do one exchange."""
        return book.take_in(self.answer(name, book, **how))

    def digest(self) -> bytes:
        """Return the digest of the registry's ledger."""
        from canting_protocol.ledger.rows import digest

        return digest(ledgers.all_rows(SQLite(self.raw), self.artisan))

    def close(self) -> None:
        """Close the registry's file."""
        self.raw.close()
