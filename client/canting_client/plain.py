"""The plain file of a book that has been locked: what is left of it, once the locked one has it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from filelock import FileLock

from canting_client import book as book_module
from canting_client import store
from canting_client.appearing import keep_name
from canting_client.book import Book

_ENDS: Final = ("-wal", "-shm", "-journal", "")


class HoldsMore(Exception):
    """Say that a plain file holds what the locked book does not; both stay as they are."""


def drop(path: Path, book: Book) -> None:
    """Remove the plain file that a locked book was made of, when locking was broken off.

    Raises:
        HoldsMore: it holds something else.
    """
    with lock_of(path):
        if path.exists() and not _held(path, book):
            raise HoldsMore
        remove(path)


def lock_of(path: Path) -> FileLock:
    """Return the lock between processes that have a book's file."""
    return FileLock(f"{path}.lock", timeout=book_module.PATIENCE_SECONDS)


def remove(path: Path) -> None:
    """Remove a plain file; the file itself last, for it is what tells that there is more to do."""
    for end in _ENDS:
        path.with_name(path.name + end).unlink(missing_ok=True)
    keep_name(path.parent)


def _held(path: Path, book: Book) -> bool:
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as conn:
            return store.is_empty(conn) or store.all_changes(conn) <= store.all_changes(book.conn)
    except sqlite3.DatabaseError:
        return False
