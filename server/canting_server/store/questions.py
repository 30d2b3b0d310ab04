"""What staff's questions read. Sharing is not decided here but in `registry.ask`."""

from typing import NamedTuple

from canting_protocol.log import ArtisanId
from canting_server.store.database import Connection


class Shown(NamedTuple):
    """A field of someone's or something's, as it is shown."""

    artisan: ArtisanId
    entity: str
    field: int
    value: bytes
    t: int
    log: bytes
    n: int
    standing: int
    hash: bytes = b""
    """Of its change, where it is asked for."""


def in_conflict(conn: Connection, artisan: ArtisanId, entity: str, field: int) -> list[Shown]:
    """Return the writes of one field that stand against each other, the one that is shown first."""
    return [
        Shown(*row)
        for row in conn.fetch(
            """
            SELECT artisan, entity, field, value, t, log, n, standing, hash FROM field
            WHERE artisan = $1 AND entity = $2 AND field = $3 AND standing > 1
            ORDER BY standing, log, n
            """,
            artisan,
            entity,
            field,
        )
    ]


def writes_of(conn: Connection, artisan: ArtisanId, entity: str, field: int) -> list[Shown]:
    """Return every write of one field of one ledger, replaced ones too."""
    return [
        Shown(*row)
        for row in conn.fetch(
            """
            SELECT artisan, entity, field, value, t, log, n, standing, hash FROM field
            WHERE artisan = $1 AND entity = $2 AND field = $3
            ORDER BY standing, log, n, hash
            """,
            artisan,
            entity,
            field,
        )
    ]


def disputed_counts(
    conn: Connection, artisan: ArtisanId, item: str, place: str
) -> list[tuple[int, int, bytes, int]]:
    """Return (counted, t, log, n) of the counts of one shelf."""
    return conn.fetch(
        """
        SELECT counted, t, log, n FROM tally
        WHERE artisan = $1 AND item = $2 AND place = $3
        ORDER BY t, log, n
        """,
        artisan,
        item,
        place,
    )


def devices(conn: Connection) -> list[tuple[ArtisanId, bytes, int | None]]:
    """Return (artisan, key, when last heard) of every enrolled device."""
    return conn.fetch(
        """
        SELECT certificate.artisan, certificate.key, MAX(statement.heard)
        FROM certificate
        LEFT JOIN statement ON statement.artisan = certificate.artisan
            AND statement.key = certificate.key
        GROUP BY certificate.artisan, certificate.key
        ORDER BY certificate.artisan, certificate.key
        """
    )


def devices_of(conn: Connection, artisan: ArtisanId) -> list[tuple[bytes, int | None]]:
    """Return (key, when last heard) of every enrolled device of an artisan."""
    return conn.fetch(
        """
        SELECT certificate.key, MAX(statement.heard)
        FROM certificate
        LEFT JOIN statement ON statement.artisan = certificate.artisan
            AND statement.key = certificate.key
        WHERE certificate.artisan = $1
        GROUP BY certificate.key
        ORDER BY certificate.key
        """,
        artisan,
    )


def awaiting(conn: Connection) -> set[ArtisanId]:
    """Return the artisans whose ledgers lack something: a head that is named, or the changes
    before a gap. What the authors of what follows had seen is not known whole.
    """
    found = conn.fetch(
        """
        SELECT artisan FROM awaited
        UNION SELECT artisan FROM head WHERE first > 1
        """
    )
    return {artisan for (artisan,) in found}


def verdicts_of(conn: Connection, artisan: ArtisanId) -> list[tuple[int, int]]:
    """Return (verdict, changes) of an artisan's ledger."""
    return conn.fetch(
        """
        SELECT verdict, COUNT(*) FROM change
        WHERE artisan = $1
        GROUP BY verdict
        ORDER BY verdict
        """,
        artisan,
    )
