"""The whole database, written anew: compact, and without what was erased."""

import sqlite3
from contextlib import closing
from pathlib import Path


def copy_to(database: Path, target: Path) -> None:
    """Write a copy of the database to a new file, while a server may be writing.

    It is one read transaction: the copy is one moment, and nothing is checkpointed. VACUUM leaves
    out free pages, and with them whatever was erased.
    """
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as raw:
        raw.execute("VACUUM INTO ?", (str(target),))


def scrub(raw: sqlite3.Connection) -> bool:
    """Write a database anew without what was deleted from it, its write-ahead log too.

    Deleted rows, and earlier forms of changed ones, lie in a file's free places until they are
    overwritten. Returns False when somebody still reads what was there before.
    """
    raw.execute("VACUUM")
    ((busy, _, _),) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return not busy


def sound(file: Path) -> bool:
    """Say whether a copy is a whole database of a registry, by reading all of it."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as raw:
            raw.execute("SELECT COUNT(*) FROM migration")
            found = raw.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.DatabaseError:
        return False
    return found == [("ok",)]
