"""A book as one file that can be carried away, and put back on this device or on a new one.

The copy holds all that the new device needs: the book with its keys, the name it was called by, and
the key of the device that wrote it, for what was not sent yet can only be signed by that. Whoever
has the file can read and write the book: it is to be kept like the book itself. The copy is marked
to go on in a new log, however it is put back.

The backup of a locked book is not locked: it is what its owner asked for. What is put aside in this
home stays locked, and a locked file may be put back too.
"""

import secrets
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple

from canting_client import guard, locked, store
from canting_client.appearing import file_appearing
from canting_client.book import Book
from canting_client.guard import Guard
from canting_client.home import Home
from canting_client.language import t
from canting_client.locked import Vault
from canting_protocol.crypto import SEED_BYTES
from canting_protocol.ledger.pen import Own, read_own, write_own
from canting_protocol.ledger.rows import ChangeRow
from canting_protocol.log import LogId, next_hash

_DEVICE: Final = "backup_device"
_NAME: Final = "backup_name"


class BadBackup(Exception):
    """Say why a file cannot be put back, in words for its owner."""


class Copied(NamedTuple):
    """What a backup holds."""

    name: str
    changes: int


class Restored(NamedTuple):
    """What a restore came to."""

    name: str
    changes: int
    kept: Path | None
    """Where the book that was there before is now."""


class Exists(Exception):
    """Say that there is such a book already, and how many changes either holds (None: damaged)."""

    def __init__(self, name: str, here: int | None, there: int) -> None:
        super().__init__(name)
        self.name = name
        self.here = here
        self.there = there


def back_up(home: Home, book: Book, target: Path) -> Copied:
    """Copy a book into a new file, while others may be writing in it.

    Raises:
        FileExistsError: something is there already, and stays as it is.
    """
    with file_appearing(target) as beside, closing(sqlite3.connect(beside)) as copy:
        copy.isolation_level = None
        return _copy(home, book, copy)


def _copy(home: Home, book: Book, copy: sqlite3.Connection) -> Copied:
    name = book.path.stem
    book.conn.backup(copy)
    store.leave_wal(copy)
    _mark(copy)
    store.set_setting(copy, _DEVICE, home.seed(name))
    store.set_setting(copy, _NAME, name.encode())
    if not store.is_sound(copy):
        raise BadBackup(t("Salinannya rusak; coba di tempat lain."))
    return Copied(name, store.count_changes(copy))


def _put_aside(home: Home, book: Book) -> Path:
    """Keep a book that gives way, as locked as it was."""
    kept = home.kept_path(book.path.stem)
    if book.vault is None:
        back_up(home, book, kept)
        return kept
    kept = kept.with_name(f"{kept.name}.locked")
    with closing(store.connect_in_memory()) as copy:
        _copy(home, book, copy)
        book.vault.put(store.image_of(copy), kept)
    return kept


def restore(home: Home, source: Path, name: str | None, *, instead: bool) -> Restored:
    """Put a backup back as a book of this home; `instead` of the one that is there, which is kept.

    Raises:
        BadBackup: the file is no backup, or damaged.
        Exists: there is such a book, and `instead` was not said.
        NewerBook: the file is of a newer version of Canting.
        HomeProblem: no book can have that name.
        NotOpened: the file or the book is locked, and does not open.
    """
    with closing(store.connect_in_memory()) as staged:
        was_locked = _read(home, source, staged)
        device = _device(home, staged)
        name = name or (store.setting(staged, _NAME) or source.stem.casefold().encode()).decode()
        home.check_name(name)
        for setting in (_DEVICE, _NAME):
            store.set_setting(staged, setting, None)
        own, changes = _mark(staged), store.count_changes(staged)
        kept = None
        was_locked = home.is_locked(name) or (was_locked and name not in home.names)
        if name in home.names and _is_damaged(home, name):
            if not instead:
                raise Exists(name, None, changes)
            kept = _set_aside(home, name)
        if name in home.names:
            # The lock is held from the copy to the end, or a sale in between would be in neither.
            with home.open(name) as book, book.alone():
                if not instead:
                    raise Exists(name, store.count_changes(book.conn), changes)
                kept = _put_aside(home, book)
                home.keep_seed(name, device)
                book.put_back(staged)
        elif was_locked:
            home.keep_seed(name, device)
            with home.make(name, locked=True) as book:
                book.put_back(staged)
        else:
            home.keep_seed(name, device)
            with (
                file_appearing(home.book_path(name)) as beside,
                closing(sqlite3.connect(beside)) as fresh,
            ):
                staged.backup(fresh)
    if own is not None:
        guard.write(home.guard_path(name), Guard(own.log, own.n, own.hash))
    home.open(name).close()  # what an older version computed is computed again now, not at a sale
    return Restored(name, changes, kept)


def _is_damaged(home: Home, name: str) -> bool:
    try:
        with home.open(name) as book:
            return not store.is_sound(book.conn)
    except (sqlite3.DatabaseError, locked.Damaged):
        return True


def _set_aside(home: Home, name: str) -> Path:
    """Put a damaged book away as it is, with what SQLite keeps beside it."""
    path, kept = home.book_path(name), home.kept_path(name)
    if home.is_locked(name):
        kept = kept.with_name(f"{kept.name}.locked")
    for end in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(kept.with_name(kept.name + end))
    return kept


def _read(home: Home, source: Path, staged: sqlite3.Connection) -> bool:
    """Read a backup, and see that it is one and whole; say whether it was locked."""
    with source.open("rb") as begun:
        is_locked = locked.is_locked(begun.read(locked.HEAD_BYTES))
    try:
        if is_locked:
            store.load(staged, Vault(source, home.passphrase.given, secrets.token_bytes).read())
        else:
            uri = f"{source.resolve().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True)) as file:
                file.backup(staged)
        if not store.is_book(staged):
            raise BadBackup(t("{file} bukan cadangan buku Canting.", file=source))
        store.check_format(staged)
        whole = store.is_sound(staged) and all(
            each.hash == next_hash(each.placed.previous, each.t, each.body)
            for each in store.BookRows(staged).find(ChangeRow, ())
        )
    except sqlite3.DatabaseError as error:
        raise BadBackup(t("{file} bukan cadangan buku Canting.", file=source)) from error
    if not whole:
        raise BadBackup(t("{file} rusak: pakai cadangan lain.", file=source))
    return is_locked


def _device(home: Home, staged: sqlite3.Connection) -> bytes | None:
    """Return the seed of the device that wrote the book; None: it is this one."""
    seed = store.setting(staged, _DEVICE)
    if seed is not None and len(seed) == SEED_BYTES:
        return seed
    own = store.setting(staged, "own")
    if own is None or store.logs(staged)[LogId(read_own(own).log)].key == home.key().public:
        return None
    raise BadBackup(
        t("Berkas itu salinan buku dari perangkat lain, tanpa kuncinya. Pakai: canting backup")
    )


def _mark(copy: sqlite3.Connection) -> Own | None:
    """Make a copy go on in a new log; return where its own log had come to."""
    raw = store.setting(copy, "own")
    if raw is None:
        return None
    own = read_own(raw)
    store.set_setting(copy, "own", write_own(Own(own.log, own.n, own.hash, rotate=True)))
    return own
