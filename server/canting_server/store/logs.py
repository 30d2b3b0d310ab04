"""Descriptors and signed batches: the truth, byte for byte, once."""

from canting_protocol.crypto import PublicKey
from canting_protocol.ledger.pen import Own, read_own, write_own
from canting_protocol.log import ArtisanId, Descriptor, LogId
from canting_server.store.database import Connection


def artisans(conn: Connection) -> list[ArtisanId]:
    """Return every artisan."""
    return [
        ArtisanId(found) for (found,) in conn.fetch("SELECT artisan FROM artisan ORDER BY artisan")
    ]


def is_artisan(conn: Connection, artisan: ArtisanId) -> bool:
    """Say whether the artisan has a ledger here."""
    return bool(conn.fetch("SELECT 1 FROM artisan WHERE artisan = $1", artisan))


def add_artisan(conn: Connection, artisan: ArtisanId, now: int) -> None:
    """Begin an artisan's ledger."""
    conn.execute(
        """
        INSERT INTO artisan (artisan, since) VALUES ($1, $2)
        ON CONFLICT (artisan) DO NOTHING
        """,
        artisan,
        now,
    )


def descriptors(conn: Connection, artisan: ArtisanId) -> dict[LogId, Descriptor]:
    """Return the descriptors of an artisan's logs."""
    found = conn.fetch(
        """
        SELECT log, key, incarnation, parent FROM log
        WHERE artisan = $1
        ORDER BY log
        """,
        artisan,
    )
    return {
        LogId(log): Descriptor(PublicKey(key), incarnation, parent)
        for log, key, incarnation, parent in found
    }


def keep_descriptor(conn: Connection, artisan: ArtisanId, descriptor: Descriptor) -> None:
    """Remember a log."""
    conn.execute(
        """
        INSERT INTO log (artisan, log, key, incarnation, parent)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (artisan, log) DO NOTHING
        """,
        artisan,
        descriptor.log,
        descriptor.key,
        descriptor.incarnation,
        descriptor.parent,
    )


def keep_envelope(
    conn: Connection,
    artisan: ArtisanId,
    log: LogId,
    first: int,
    last: int,
    hash_: bytes,
    received: int,
    raw: bytes,
) -> None:
    """Keep a signed batch."""
    conn.execute(
        """
        INSERT INTO envelope (artisan, log, last, hash, first, received, raw)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (artisan, log, last, hash, first) DO NOTHING
        """,
        artisan,
        log,
        last,
        hash_,
        first,
        received,
        raw,
    )


def envelopes(
    conn: Connection, artisan: ArtisanId, log: LogId, first: int, n: int
) -> list[tuple[int, int, bytes, bytes]]:
    """Return (first, last, last hash, bytes) of the batches that touch first…n of a log."""
    return conn.fetch(
        """
        SELECT first, last, hash, raw FROM envelope
        WHERE artisan = $1 AND log = $2 AND last >= $3 AND first <= $4
        ORDER BY first, last
        """,
        artisan,
        log,
        first,
        n,
    )


def all_envelopes(conn: Connection, artisan: ArtisanId) -> list[bytes]:
    """Return every batch of an artisan's ledger."""
    return [
        raw
        for (raw,) in conn.fetch(
            """
            SELECT raw FROM envelope
            WHERE artisan = $1
            ORDER BY log, last, hash, first
            """,
            artisan,
        )
    ]


def envelopes_by_time(conn: Connection, artisan: ArtisanId) -> list[tuple[int, bytes]]:
    """Return (received, bytes) of every batch of an artisan's ledger, as they came."""
    return conn.fetch(
        """
        SELECT received, raw FROM envelope
        WHERE artisan = $1
        ORDER BY received, log, last, hash, first
        """,
        artisan,
    )


def beyond(conn: Connection, artisan: ArtisanId, log: LogId, n: int) -> int:
    """Return when the first batch came that begins at n of a log, or later."""
    sql = "SELECT MIN(received) FROM envelope WHERE artisan = $1 AND log = $2 AND first >= $3"
    ((received,),) = conn.fetch(sql, artisan, log, n)
    return int(received or 0)


def own(conn: Connection, artisan: ArtisanId) -> Own | None:
    """Return the end of what the registry has written in a ledger."""
    found = conn.fetch("SELECT own FROM own WHERE artisan = $1", artisan)
    return read_own(found[0][0]) if found else None


def keep_own(conn: Connection, artisan: ArtisanId, end: Own) -> None:
    """Keep the end of what the registry has written in a ledger."""
    conn.execute(
        """
        INSERT INTO own (artisan, own) VALUES ($1, $2)
        ON CONFLICT (artisan) DO UPDATE SET own = excluded.own
        """,
        artisan,
        write_own(end),
    )
