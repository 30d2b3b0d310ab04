"""What has not arrived, and what officers say that they carry. `registry.gaps` decides both."""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from canting_protocol.log import ArtisanId
from canting_server.store.database import Connection


class ToldBy(IntEnum):
    """Who says that something exists; the surest first."""

    LOG = 1
    """A later change of the same log is here."""
    DEVICE = 2
    """The device that writes the log stated it, signed."""
    COURIER = 3
    """An officer alone, by the address of a letter."""


class Carried(NamedTuple):
    """A range that an officer says he carries: first…n on the path that ends in `hash`."""

    log: bytes
    """The first 8 bytes of its id, and so in the others."""
    first: int
    n: int
    hash: bytes
    officer: bytes
    name: str
    taken: int | None
    """When he took it from who wrote it; None: he does not know."""
    since: int
    """When the registry heard of it."""


class Gap(NamedTuple):
    """A range that exists and has not arrived, and who was the last to take it."""

    log: bytes
    first: int
    last: int
    since: int
    """Since when it is known to be missing."""
    told_by: int
    device: bytes | None
    """The beginning of the key that writes the log, if anything of it is here."""
    officer: bytes | None
    """None: nobody is known to have taken it."""
    name: str | None
    taken: int | None


def carried(conn: Connection, artisan: ArtisanId) -> list[Carried]:
    """Return what officers say that they carry of a ledger."""
    return [
        Carried(*row)
        for row in conn.fetch(
            """
            SELECT log, first, n, hash, officer, name, taken, since FROM carried
            WHERE artisan = $1
            ORDER BY log, first, n, hash, officer
            """,
            artisan,
        )
    ]


def carries(conn: Connection, artisan: ArtisanId, range_: Carried) -> bool:
    """Say whether an officer is known to carry a range."""
    return bool(
        conn.fetch(
            """
            SELECT 1 FROM carried
            WHERE artisan = $1 AND log = $2 AND first = $3 AND n = $4 AND hash = $5
                AND officer = $6
            """,
            artisan,
            *range_[:5],
        )
    )


def count_of_officer(conn: Connection, officer: bytes) -> int:
    """Return how many ranges an officer is known to carry."""
    ((found,),) = conn.fetch("SELECT COUNT(*) FROM carried WHERE officer = $1", officer)
    return int(found)


def count_of_artisan(conn: Connection, artisan: ArtisanId) -> int:
    """Return how many ranges of a ledger officers are known to carry."""
    ((found,),) = conn.fetch("SELECT COUNT(*) FROM carried WHERE artisan = $1", artisan)
    return int(found)


def carry(conn: Connection, artisan: ArtisanId, range_: Carried) -> None:
    """Note that an officer carries a range; what was noted first stays."""
    conn.execute(
        """
        INSERT INTO carried (artisan, log, first, n, hash, officer, name, taken, since)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (artisan, log, first, n, hash, officer) DO NOTHING
        """,
        artisan,
        *range_,
    )


def put_down(conn: Connection, artisan: ArtisanId, range_: Carried) -> None:
    """Forget that an officer carries a range: it has arrived, or he carries it no more."""
    conn.execute(
        """
        DELETE FROM carried
        WHERE artisan = $1 AND log = $2 AND first = $3 AND n = $4 AND hash = $5 AND officer = $6
        """,
        artisan,
        *range_[:5],
    )


def kept(conn: Connection, artisan: ArtisanId) -> list[Gap]:
    """Return what has not arrived of a ledger, as it was last looked at."""
    return [
        Gap(*row)
        for row in conn.fetch(
            """
            SELECT log, first, last, since, told_by, device, officer, name, taken FROM gap
            WHERE artisan = $1
            ORDER BY log, first
            """,
            artisan,
        )
    ]


def keep(conn: Connection, artisan: ArtisanId, gaps: Sequence[Gap]) -> None:
    """Put what has not arrived of a ledger in the place of what was kept."""
    conn.execute("DELETE FROM gap WHERE artisan = $1", artisan)
    conn.execute_many(
        """
        INSERT INTO gap
            (artisan, log, first, last, since, told_by, device, officer, name, taken)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        [(artisan, *each) for each in gaps],
    )
