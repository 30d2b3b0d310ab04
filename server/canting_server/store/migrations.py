"""Numbered SQL files make the log's tables; the ledger's are made from their description.

A file is never edited once released: its digest is recorded. The ledger's tables carry the
projection's version; another version means that they are dropped and rebuilt.
"""

from hashlib import sha256
from importlib.resources import files

from canting_protocol.ledger import tables
from canting_protocol.ledger.rows import PROJECTION, SHAPES
from canting_server.store import overview
from canting_server.store.database import Connection


class WrongSchema(Exception):
    """Say that the database is newer than the program, or was altered."""


_INDEXES = (
    "CREATE INDEX IF NOT EXISTS change_excepted ON change (artisan, log, n) WHERE verdict > 0",
    "CREATE INDEX IF NOT EXISTS field_in_conflict ON field (artisan, log, n) WHERE standing > 1",
    "CREATE INDEX IF NOT EXISTS stock_disputed ON stock (artisan, item, place) WHERE disputed > 0",
    "CREATE INDEX IF NOT EXISTS stock_below ON stock (artisan, item, place) WHERE quantity < 0",
)


def migrate(conn: Connection) -> bool:
    """Bring the tables up to date; return whether the ledgers have to be rebuilt.

    Raises:
        WrongSchema: made by a newer version, or a released file was edited.
    """
    conn.execute(
        """
        CREATE TABLE IF NOT EXISTS migration (
            number INTEGER NOT NULL PRIMARY KEY,
            digest BLOB    NOT NULL
        ) STRICT
        """
    )
    done = dict(conn.fetch("SELECT number, digest FROM migration ORDER BY number"))
    known = {}
    for file in sorted(files(__package__).joinpath("schema").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".sqlite.sql"):
            known[int(file.name[:4])] = file.read_text(encoding="utf-8")
    projection = done.pop(0, None)
    for number, digest in done.items():
        if number not in known:
            raise WrongSchema("this database was made by a newer version of Canting")
        if digest != sha256(known[number].encode()).digest():
            raise WrongSchema(f"migration {number} is not the one that made this database")
    fresh = [number for number in known if number not in done]
    for number, script in known.items():
        if number in fresh:
            for statement in statements(script):
                conn.execute(statement)
            digest = sha256(script.encode()).digest()
            conn.execute("INSERT INTO migration (number, digest) VALUES ($1, $2)", number, digest)
    version = PROJECTION.to_bytes(4, "big")
    if projection != version:
        for shape in SHAPES:
            conn.execute(f"DROP TABLE IF EXISTS {shape.TABLE}")
        for statement in tables.create("sqlite", tables.ARTISAN):
            conn.execute(statement)
        conn.execute("DELETE FROM migration WHERE number = 0")
        conn.execute("INSERT INTO migration (number, digest) VALUES ($1, $2)", 0, version)
    for statement in _INDEXES:
        conn.execute(statement)
    rebuild = projection is not None and (projection != version or bool(fresh))
    if rebuild:
        overview.clear(conn)
    return rebuild


def check(conn: Connection) -> None:
    """Raise `WrongSchema` when the database must first be brought up to date with this program."""
    done = dict(conn.fetch("SELECT number, digest FROM migration"))
    known = {
        int(file.name[:4])
        for file in files(__package__).joinpath("schema").iterdir()
        if file.name.endswith(".sqlite.sql")
    }
    if not known <= done.keys() or done.get(0) != PROJECTION.to_bytes(4, "big"):
        raise WrongSchema("this database is of an older version: start the server once, or rebuild")


def count(conn: Connection) -> int:
    """Return how many migrations made this database: a question that only a sound one answers."""
    found: int = conn.fetch("SELECT COUNT(*) FROM migration")[0][0]
    return found


def statements(script: str) -> list[str]:
    """Return the statements of a script, without its comments.

    Not `executescript()`, which would first commit the transaction we are in.
    """
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    return [each for each in "\n".join(lines).split(";") if each.strip()]
