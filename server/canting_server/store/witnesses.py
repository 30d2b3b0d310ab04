"""What officers vouched for, and how far devices say that they had come."""

from typing import NamedTuple

from canting_protocol.log import ArtisanId
from canting_server.store.database import Connection


class Vouched(NamedTuple):
    """A key that an officer vouched for."""

    artisan: bytes
    key: bytes
    officer: bytes
    name: str
    """The officer's."""
    number: int
    stead: int
    clock: int
    """When, by the officer's clock."""
    since: int
    """When the registry heard of it."""
    doubt: str
    """Why staff should look twice: `expired`, `revoked`, `too_many`, or nothing."""
    settled: int
    """Staff have confirmed it."""


def keep(conn: Connection, vouched: Vouched) -> None:
    """Note a key that an officer vouched for, once."""
    conn.execute(
        """
        INSERT INTO witnessed
            (artisan, key, officer, name, number, stead, clock, since, doubt, settled)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (artisan, key) DO NOTHING
        """,
        *vouched,
    )


def all_vouched(conn: Connection, *, waiting: bool) -> list[Vouched]:
    """Return the keys that officers vouched for; only those that wait for staff, if wanted."""
    return [
        Vouched(*found)
        for found in conn.fetch(
            """
            SELECT artisan, key, officer, name, number, stead, clock, since, doubt, settled
            FROM witnessed WHERE settled <= $1 ORDER BY since, artisan, key
            """,
            0 if waiting else 1,
        )
    ]


def count(conn: Connection, officer: bytes, since: int) -> int:
    """Return for how many keys an officer vouched since a moment of his clock."""
    ((found,),) = conn.fetch(
        "SELECT count(*) FROM witnessed WHERE officer = $1 AND clock >= $2", officer, since
    )
    return int(found)


def settle(conn: Connection, artisan: bytes, key: bytes) -> bool:
    """Note that staff have confirmed a key; say whether there was such a one waiting."""
    waiting = conn.fetch(
        "SELECT 1 FROM witnessed WHERE artisan = $1 AND key = $2 AND settled = 0", artisan, key
    )
    conn.execute("UPDATE witnessed SET settled = 1 WHERE artisan = $1 AND key = $2", artisan, key)
    return bool(waiting)


def state(conn: Connection, artisan: ArtisanId, log: bytes, n: int, hash_: bytes, now: int) -> None:
    """Note that a log had come so far, by its device's word."""
    conn.execute(
        """
        INSERT INTO stated (artisan, log, n, hash, since) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (artisan, log, n, hash) DO NOTHING
        """,
        artisan,
        log,
        n,
        hash_,
        now,
    )


class Statement(NamedTuple):
    """How far a log had come by its device's word, and when that was first heard."""

    log: bytes
    n: int
    hash: bytes
    since: int


def stated(conn: Connection, artisan: ArtisanId) -> list[Statement]:
    """Return how far logs had come by their devices' word."""
    return [
        Statement(*found)
        for found in conn.fetch(
            """
            SELECT log, n, hash, since FROM stated
            WHERE artisan = $1
            ORDER BY log, n, hash
            """,
            artisan,
        )
    ]


def arrived(conn: Connection, artisan: ArtisanId, log: bytes, n: int, hash_: bytes) -> None:
    """Forget a statement: what it told of has arrived."""
    conn.execute(
        "DELETE FROM stated WHERE artisan = $1 AND log = $2 AND n = $3 AND hash = $4",
        artisan,
        log,
        n,
        hash_,
    )
