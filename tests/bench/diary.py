"""The workload written down by real books, as the artisan's own device would."""

# ruff: noqa: S311 — chance here must be repeatable, not secret.

import random
from collections.abc import Callable
from pathlib import Path

from tests.bench.as_changes import Writer
from tests.bench.workload import Line

from canting_client.book import Book, Chance
from canting_protocol import changes as c
from canting_protocol.crypto import SigningKey
from canting_protocol.log import PREFIX_BYTES, Placed
from canting_protocol.private import BookKey


class Diary(Writer):
    """Writes the lines of one artisan into the book of the device that each names."""

    def __init__(self, books: dict[str, Book], book_key: BookKey, chance: random.Random) -> None:
        super().__init__(chance, book_key)
        self.books = books
        self._placed: dict[str, tuple[str, Placed]] = {}
        for book in books.values():
            book.add_key(book_key, first=True)

    def _mark(self, line: Line) -> None:
        """Leave marks to the books."""

    def _knows(self, called: str) -> bool:
        return called in self._placed

    def _append(self, line: Line, change: c.Change, introduces: str | None) -> None:
        placed = self.books[line.device].record(change)[-1]
        if introduces is not None:
            self._placed.setdefault(introduces, (line.device, placed))

    def _name(self, device: str, called: str) -> c.Name:
        owner, placed = self._placed[called]
        return placed.n if owner == device else c.Foreign(placed.log[:PREFIX_BYTES], placed.n)


def open_book(folder: Path, name: str, now: Callable[[], int], *, durable: bool = True) -> Book:
    """Open a device's book, with a key of its own."""
    chance = random.Random(name)
    return Book(
        folder / f"{name}.db",
        device_key(name),
        Chance(now, chance.randbytes),
        folder / "guards" / name,
        durable=durable,
    )


def device_key(name: str) -> SigningKey:
    """Return the key of a device of that name."""
    return SigningKey(random.Random(f"key of {name}").randbytes(32))
