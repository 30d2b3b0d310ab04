"""The ledgers' rows, and the receipts that state them."""

from collections.abc import Iterable

from canting_protocol.ledger import tables
from canting_protocol.ledger.rows import SHAPES, R, Row, Rows, Values, values_of
from canting_protocol.log import ArtisanId
from canting_server.store.database import Connection


class LedgerRows:
    """One artisan's rows as the registry keeps them."""

    def __init__(self, conn: Connection, artisan: ArtisanId) -> None:
        self._conn = conn
        self._artisan = artisan

    def find(self, shape: type[R], prefix: Values) -> Iterable[R]:
        """Return the rows whose first columns are `prefix`."""
        sql = tables.select(shape, len(prefix), tables.ARTISAN)
        return [shape(*found) for found in self._conn.fetch(sql, self._artisan, *prefix)]


def save(conn: Connection, artisan: ArtisanId, rows: Rows, *, whole: bool) -> None:
    """Write what changed; `whole` rows take the place of everything that was there."""
    for shape in SHAPES:
        if whole:
            conn.execute(tables.delete(shape, tables.ARTISAN, whole=True), artisan)
        changed = list(rows.changed(shape))
        kept = [(artisan, *values_of(row)) for _, row in changed if row is not None]
        gone = [(artisan, *key) for key, row in changed if row is None]
        if gone and not whole:
            conn.execute_many(tables.delete(shape, tables.ARTISAN, whole=False), gone)
        if kept:
            conn.execute_many(tables.upsert(shape, tables.ARTISAN), kept)


def all_rows(conn: Connection, artisan: ArtisanId) -> list[Row]:
    """Return every row of a ledger, for its digest."""
    kept = LedgerRows(conn, artisan)
    return [row for shape in SHAPES for row in kept.find(shape, ())]


def excepted(
    conn: Connection, artisan: ArtisanId, limit: int
) -> list[tuple[bytes, int, bytes, int, int, bytes]]:
    """Return (log, n, hash, verdict, reason, previous) of what was not simply applied, in order."""
    return conn.fetch(
        """
        SELECT every.log, every.n, every.hash, MAX(every.verdict), MAX(every.reason),
            change.previous
        FROM (
            SELECT log, n, hash, verdict, reason FROM change
            WHERE artisan = $1 AND verdict > 0
            UNION ALL
            SELECT log, n, hash, 1, 0 FROM field
            WHERE artisan = $1 AND standing > 1
            UNION ALL
            SELECT tally.log, tally.n, tally.hash, 1, 0 FROM stock
            JOIN tally ON tally.artisan = stock.artisan
                AND tally.item = stock.item AND tally.place = stock.place
            WHERE stock.artisan = $1 AND stock.disputed > 0
        ) AS every
        JOIN change ON change.artisan = $1
            AND change.log = every.log AND change.n = every.n AND change.hash = every.hash
        GROUP BY every.log, every.n, every.hash, change.previous
        ORDER BY every.log, every.n, every.hash
        LIMIT $2
        """,
        artisan,
        limit,
    )


def receipt(conn: Connection, artisan: ArtisanId) -> tuple[int, int, bytes] | None:
    """Return (epoch, number, bytes) of the newest receipt given for a ledger."""
    found = conn.fetch("SELECT epoch, number, raw FROM receipt WHERE artisan = $1", artisan)
    return found[0] if found else None


def keep_receipt(conn: Connection, artisan: ArtisanId, epoch: int, number: int, raw: bytes) -> None:
    """Keep the newest receipt."""
    conn.execute(
        """
        INSERT INTO receipt (artisan, epoch, number, raw) VALUES ($1, $2, $3, $4)
        ON CONFLICT (artisan) DO UPDATE
        SET epoch = excluded.epoch, number = excluded.number, raw = excluded.raw
        """,
        artisan,
        epoch,
        number,
        raw,
    )
