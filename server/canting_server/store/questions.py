"""What staff's questions read. Sharing is not decided here but in `registry.ask`."""

from typing import NamedTuple

from canting_protocol.changes import Kind
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


def fields(conn: Connection, entity: str) -> list[Shown]:
    """Return the shown fields of one entity in every ledger."""
    return [
        Shown(*row)
        for row in conn.fetch(
            """
            SELECT artisan, entity, field, value, t, log, n, standing FROM field
            WHERE entity = $1 AND standing IN (1, 2)
            ORDER BY artisan, field
            """,
            entity,
        )
    ]


def writes(conn: Connection, entity: str, field: int) -> list[Shown]:
    """Return every write of one field in every ledger, replaced ones too."""
    return [
        Shown(*row)
        for row in conn.fetch(
            """
            SELECT artisan, entity, field, value, t, log, n, standing FROM field
            WHERE entity = $1 AND field = $2
            ORDER BY artisan, t, log, n
            """,
            entity,
            field,
        )
    ]


def artisan_fields(conn: Connection, artisan: ArtisanId) -> list[Shown]:
    """Return every shown field of one ledger."""
    return [
        Shown(*row)
        for row in conn.fetch(
            """
            SELECT artisan, entity, field, value, t, log, n, standing FROM field
            WHERE artisan = $1 AND standing IN (1, 2)
            ORDER BY entity, field
            """,
            artisan,
        )
    ]


def in_conflict(conn: Connection) -> list[Shown]:
    """Return every write that stands against another."""
    return [
        Shown(*row)
        for row in conn.fetch(
            """
            SELECT artisan, entity, field, value, t, log, n, standing, hash FROM field
            WHERE standing > 1
            ORDER BY artisan, entity, field, standing, log, n
            """
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


def turnover(conn: Connection) -> list[tuple[ArtisanId, int, str, int, int, int, int]]:
    """Return (artisan, month, channel, kind, facts, thousandths, rupiah) of sales and returns."""
    return conn.fetch(
        """
        SELECT artisan, month, channel, kind, facts, quantity, amount FROM turnover
        WHERE kind IN ($1, $2)
        ORDER BY artisan, month, channel, kind
        """,
        int(Kind.SALE),
        int(Kind.RETURN),
    )


def stock(conn: Connection) -> list[tuple[ArtisanId, str, str, int, int, int]]:
    """Return (artisan, item, place, thousandths, uncertain, disputed) of everything."""
    return conn.fetch(
        """
        SELECT artisan, item, place, quantity, uncertain, disputed FROM stock
        ORDER BY artisan, item, place
        """
    )


def disputed_counts(conn: Connection) -> list[tuple[ArtisanId, str, str, int, int, bytes, int]]:
    """Return (artisan, item, place, counted, t, log, n) of counts that give different stock."""
    return conn.fetch(
        """
        SELECT tally.artisan, tally.item, tally.place, tally.counted, tally.t, tally.log, tally.n
        FROM stock
        JOIN tally ON tally.artisan = stock.artisan
            AND tally.item = stock.item AND tally.place = stock.place
        WHERE stock.disputed > 0
        ORDER BY tally.artisan, tally.item, tally.place, tally.t, tally.log, tally.n
        """
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


def awaiting(conn: Connection) -> set[ArtisanId]:
    """Return the artisans whose ledgers name heads that nobody here holds."""
    return {artisan for (artisan,) in conn.fetch("SELECT DISTINCT artisan FROM awaited")}


def verdicts(conn: Connection) -> list[tuple[ArtisanId, int, int]]:
    """Return (artisan, verdict, changes)."""
    return conn.fetch(
        """
        SELECT artisan, verdict, COUNT(*) FROM change
        GROUP BY artisan, verdict
        ORDER BY artisan, verdict
        """
    )
