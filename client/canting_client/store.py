"""The SQL of a book: one SQLite file for one artisan, whole in itself."""

import re
import sqlite3
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from canting_protocol.crypto import PublicKey
from canting_protocol.ledger import tables
from canting_protocol.ledger.rows import (
    PROJECTION,
    SHAPES,
    ChangeRow,
    R,
    Row,
    Rows,
    Values,
    values_of,
)
from canting_protocol.log import Descriptor, LogId

FORMAT: Final = 2
"""The version of what cannot be rebuilt: logs, envelopes, settings of the book."""

_SCHEMA: Final = """
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
CREATE TABLE log (
    log         BLOB NOT NULL PRIMARY KEY,
    key         BLOB NOT NULL,
    incarnation BLOB NOT NULL,
    parent      BLOB NOT NULL
) STRICT;
CREATE TABLE book_key (
    id  BLOB NOT NULL PRIMARY KEY,
    key BLOB NOT NULL
) STRICT;
CREATE TABLE envelope (
    log   BLOB    NOT NULL,
    last  INTEGER NOT NULL,
    hash  BLOB    NOT NULL,
    first INTEGER NOT NULL,
    raw   BLOB    NOT NULL,
    PRIMARY KEY (log, last, hash, first)
) STRICT;
"""

_LETTERS: Final = """
CREATE TABLE letter (
    made   INTEGER NOT NULL PRIMARY KEY,
    digest BLOB    NOT NULL UNIQUE,
    raw    BLOB    NOT NULL
) STRICT;
CREATE TABLE slip (
    digest BLOB    NOT NULL,
    taker  BLOB    NOT NULL,
    given  INTEGER NOT NULL,
    taken  INTEGER NOT NULL,
    name   TEXT    NOT NULL,
    raw    BLOB    NOT NULL,
    PRIMARY KEY (digest, taker, taken)
) STRICT;
"""
"""Since format 2: letters of goods that no receipt covers yet, and who has taken them along."""


class NewerBook(Exception):
    """Say that the file was written by a newer version of Canting: update, nothing is lost."""


def connect(path: Path, *, durable: bool = True) -> sqlite3.Connection:
    """Open a book's file; `durable=False` is for simulation only."""
    # Transactions are begun by hand: sqlite3's own rule would begin them late and not IMMEDIATE.
    conn = sqlite3.connect(path, isolation_level=None, timeout=60, check_same_thread=False)
    conn.execute("PRAGMA journal_mode = WAL" if durable else "PRAGMA journal_mode = MEMORY")
    conn.execute("PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = OFF")
    return conn


def connect_in_memory(image: bytes = b"") -> sqlite3.Connection:
    """Open a book of which no byte is to be on the disk in the clear."""
    conn = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    # What sorting wants to put aside stays in memory too; deserialized files have no other journal.
    conn.execute("PRAGMA temp_store = MEMORY")
    if image:
        load(conn, image)
    return conn


def load(conn: sqlite3.Connection, image: bytes) -> None:
    """Put a book's file in place of what a connection in memory holds."""
    conn.deserialize(_without_wal(image))


def image_of(conn: sqlite3.Connection) -> bytes:
    """Return a book in memory as the bytes of its file."""
    return _without_wal(conn.serialize())


def _without_wal(image: bytes) -> bytes:
    # A file that says it has a write-ahead log cannot be opened in memory (fileformat2, 1.3.3).
    return image[:18] + b"\1\1" + image[20:]


def make(conn: sqlite3.Connection) -> None:
    """Make the tables of a new book, inside the caller's transaction."""
    _run(conn, _SCHEMA + _LETTERS)
    for statement in tables.create("sqlite", tables.ALONE):
        conn.execute(statement)
    conn.execute("CREATE INDEX change_by_kind ON change (kind, log, n)")
    conn.execute(f"PRAGMA user_version = {FORMAT}")
    set_setting(conn, "projection", PROJECTION.to_bytes(4, "big"))


def renew_tables(conn: sqlite3.Connection) -> None:
    """Make every table that can be computed again anew, empty, as this version has it.

    The changes stay: a book's own stand nowhere else.
    """
    for shape, statement in zip(SHAPES, tables.create("sqlite", tables.ALONE), strict=True):
        if shape is not ChangeRow:
            conn.execute(f"DROP TABLE IF EXISTS {shape.TABLE}")
            conn.execute(statement)


def check_format(conn: sqlite3.Connection) -> None:
    """Raise `NewerBook` when a newer version made this file; add what an older one lacks."""
    (found,) = conn.execute("PRAGMA user_version").fetchone()
    if found > FORMAT:
        raise NewerBook(f"format {found}, and this version knows {FORMAT}")
    if found < FORMAT:
        _run(conn, _LETTERS)
        conn.execute(f"PRAGMA user_version = {FORMAT}")


def _run(conn: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        if statement.strip():
            conn.execute(statement)


def letters(conn: sqlite3.Connection) -> list[bytes]:
    """Return the letters of goods that are kept, as they were made."""
    return [raw for (raw,) in conn.execute("SELECT raw FROM letter ORDER BY made")]


def keep_letter(conn: sqlite3.Connection, digest: bytes, raw: bytes) -> None:
    """Keep a letter until a receipt covers it."""
    conn.execute("INSERT INTO letter (digest, raw) VALUES (?, ?)", (digest, raw))


def drop_letter(conn: sqlite3.Connection, digest: bytes) -> None:
    """Forget a letter, and who carried it."""
    conn.execute("DELETE FROM letter WHERE digest = ?", (digest,))
    conn.execute("DELETE FROM slip WHERE digest = ?", (digest,))


def drop_letters(conn: sqlite3.Connection) -> None:
    """Forget every letter: they are made again from the log."""
    conn.execute("DELETE FROM letter")
    conn.execute("DELETE FROM slip")


def keep_slip(
    conn: sqlite3.Connection,
    digest: bytes,
    taker: bytes,
    given: int,
    taken: int,
    name: str,
    raw: bytes,
) -> None:
    """Keep a courier's word that he has taken a letter along."""
    conn.execute(
        "INSERT OR IGNORE INTO slip VALUES (?, ?, ?, ?, ?, ?)",
        (digest, taker, given, taken, name, raw),
    )


def slips(conn: sqlite3.Connection, digest: bytes) -> list[tuple[bytes, int, int, str]]:
    """Return (taker, given, taken, name) of everyone who has taken a letter along."""
    return list(
        conn.execute(
            "SELECT taker, given, taken, name FROM slip WHERE digest = ? ORDER BY taken", (digest,)
        )
    )


@cache
def _positional(sql: str) -> str:
    return re.sub(r"\$\d+", "?", sql)


class BookRows:
    """The ledger's rows as the book keeps them."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def find(self, shape: type[R], prefix: Values) -> Iterable[R]:
        """Return the rows whose first columns are `prefix`."""
        sql = _positional(tables.select(shape, len(prefix), tables.ALONE))
        return [shape(*found) for found in self._conn.execute(sql, prefix)]


def save(conn: sqlite3.Connection, rows: Rows, *, whole: bool) -> None:
    """Write what changed; `whole` rows take the place of everything that was there."""
    for shape in SHAPES:
        if whole:
            conn.execute(tables.delete(shape, tables.ALONE, whole=True))
        changed = list(rows.changed(shape))
        kept = [values_of(row) for _, row in changed if row is not None]
        gone = [key for key, row in changed if row is None]
        if gone and not whole:
            conn.executemany(_positional(tables.delete(shape, tables.ALONE, whole=False)), gone)
        if kept:
            conn.executemany(_positional(tables.upsert(shape, tables.ALONE)), kept)


def all_rows(conn: sqlite3.Connection) -> list[Row]:
    """Return every row of the ledger, for its digest."""
    kept = BookRows(conn)
    return [row for shape in SHAPES for row in kept.find(shape, ())]


def setting(conn: sqlite3.Connection, name: str) -> bytes | None:
    """Return a setting of the book."""
    found = conn.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return None if found is None else found[0]


def set_setting(conn: sqlite3.Connection, name: str, value: bytes | None) -> None:
    """Keep a setting of the book, or (None) forget it."""
    if value is None:
        conn.execute("DELETE FROM setting WHERE name = ?", (name,))
        return
    conn.execute(
        """
        INSERT INTO setting (name, value) VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value
        """,
        (name, value),
    )


def logs(conn: sqlite3.Connection) -> dict[LogId, Descriptor]:
    """Return the descriptors of every log the book has heard of."""
    return {
        LogId(log): Descriptor(PublicKey(key), incarnation, parent)
        for log, key, incarnation, parent in conn.execute(
            "SELECT log, key, incarnation, parent FROM log ORDER BY log"
        )
    }


def keep_log(conn: sqlite3.Connection, descriptor: Descriptor) -> None:
    """Remember a log's descriptor."""
    conn.execute(
        """
        INSERT INTO log (log, key, incarnation, parent) VALUES (?, ?, ?, ?)
        ON CONFLICT (log) DO NOTHING
        """,
        (descriptor.log, descriptor.key, descriptor.incarnation, descriptor.parent),
    )


def keep_envelope(
    conn: sqlite3.Connection, log: LogId, first: int, last: int, hash_: bytes, raw: bytes
) -> None:
    """Keep another's signed batch, byte for byte, to be handed on."""
    conn.execute(
        """
        INSERT INTO envelope (log, last, hash, first, raw) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (log, last, hash, first) DO NOTHING
        """,
        (log, last, hash_, first, raw),
    )


def envelopes(
    conn: sqlite3.Connection, log: LogId, first: int, n: int
) -> list[tuple[int, int, bytes, bytes]]:
    """Return (first, last, last hash, bytes) of the kept batches that touch first…n of a log."""
    return conn.execute(
        """
        SELECT first, last, hash, raw FROM envelope
        WHERE log = ? AND last >= ? AND first <= ?
        ORDER BY first, last
        """,
        (log, first, n),
    ).fetchall()


def book_keys(conn: sqlite3.Connection) -> dict[bytes, bytes]:
    """Return the book's keys by their ids, the one to hide new values with first."""
    return dict(conn.execute("SELECT id, key FROM book_key ORDER BY rowid"))


def keep_book_key(conn: sqlite3.Connection, id_: bytes, key: bytes, *, first: bool = False) -> None:
    """Keep a book key; the `first` is the one that new values are hidden with."""
    if first:
        conn.execute("DELETE FROM book_key WHERE id = ?", (id_,))
    conn.execute(
        """
        INSERT INTO book_key (rowid, id, key)
        SELECT CASE WHEN ? THEN MIN(rowid) - 1 ELSE MAX(rowid) + 1 END, ?, ? FROM book_key
        WHERE true
        ON CONFLICT (id) DO NOTHING
        """,
        (first, id_, key),
    )


def newest_facts(
    conn: sqlite3.Connection, kinds: tuple[int, int], count: int
) -> list[tuple[bytes, int, bytes]]:
    """Return (log, n, hash) of the newest changes of some kinds, the newest first."""
    return conn.execute(
        """
        SELECT log, n, hash FROM change
        WHERE kind BETWEEN ? AND ?
        ORDER BY t DESC, log, n DESC
        LIMIT ?
        """,
        (*kinds, count),
    ).fetchall()


def facts(conn: sqlite3.Connection, kinds: tuple[int, int]) -> list[tuple[bytes, int, bytes]]:
    """Return (log, n, hash) of every change of some kinds, in the order of the device clocks."""
    return conn.execute(
        "SELECT log, n, hash FROM change WHERE kind BETWEEN ? AND ? ORDER BY t, log, n", kinds
    ).fetchall()


def leave_wal(conn: sqlite3.Connection) -> None:
    """Make a copy one file, readable where nothing can be written beside it."""
    conn.execute("PRAGMA journal_mode = DELETE")


def is_book(conn: sqlite3.Connection) -> bool:
    """Say whether a file has the tables of a book."""
    made = {name for (name,) in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return {"setting", "log", "book_key", "envelope", "change"} <= made


def is_sound(conn: sqlite3.Connection) -> bool:
    """Say whether SQLite finds a file whole."""
    found: list[tuple[str]] = conn.execute("PRAGMA integrity_check(1)").fetchall()
    return found == [("ok",)]


def all_changes(conn: sqlite3.Connection) -> set[tuple[bytes, int, bytes]]:
    """Return (log, n, hash) of every change."""
    return set(conn.execute("SELECT log, n, hash FROM change"))


def is_empty(conn: sqlite3.Connection) -> bool:
    """Say whether a file has no tables at all."""
    return conn.execute("SELECT name FROM sqlite_schema LIMIT 1").fetchone() is None


def count_changes(conn: sqlite3.Connection) -> int:
    """Return how many changes a book holds."""
    (count,) = conn.execute("SELECT count(*) FROM change").fetchone()
    return int(count)
