"""Everyone's sums as they were known: each cell climbs in steps, from one time to the next.

`registry.learning` decides what stands here.
"""

from collections.abc import Mapping
from typing import NamedTuple

from canting_protocol.limits import INTEGER_MAX
from canting_server.store.database import Connection
from canting_server.store.overview import Cell, Sum


class Steps(NamedTuple):
    """How a cell climbs from some time on."""

    before: Sum
    since: Mapping[int, Sum]
    """By when it was known: what the cell came to from then on."""


def of_cell(conn: Connection, cell: Cell, known: int) -> Steps:
    """Return how a cell climbs from `known` on."""
    found = conn.fetch(
        """
        SELECT known, facts, quantity, amount FROM takings_known
        WHERE month = $1 AND kecamatan = $2 AND channel = $3 AND kind = $4
            AND known >= COALESCE(
                (
                    SELECT MAX(known) FROM takings_known
                    WHERE month = $1 AND kecamatan = $2 AND channel = $3 AND kind = $4
                        AND known < $5
                ),
                $5
            )
        ORDER BY known
        """,
        *cell,
        known,
    )
    since = {at: Sum(*sums) for at, *sums in found}
    earlier = [at for at in since if at < known]
    return Steps(since.pop(earlier[0]) if earlier else Sum(0, 0, 0), since)


def change(
    conn: Connection, kept: Mapping[tuple[Cell, int], Sum], gone: list[tuple[Cell, int]]
) -> None:
    """Keep some steps of cells, and take others away."""
    if gone:
        conn.execute_many(
            """
            DELETE FROM takings_known
            WHERE month = $1 AND kecamatan = $2 AND channel = $3 AND kind = $4 AND known = $5
            """,
            [(*cell, known) for cell, known in gone],
        )
    conn.execute_many(
        """
        INSERT INTO takings_known (month, kecamatan, channel, kind, known, facts, quantity, amount)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (month, kecamatan, channel, kind, known) DO UPDATE
        SET facts = excluded.facts, quantity = excluded.quantity, amount = excluded.amount
        """,
        [(*cell, known, *each) for (cell, known), each in kept.items()],
    )


def forget(conn: Connection) -> None:
    """Drop all steps, to be made again."""
    conn.execute("DELETE FROM takings_known")


def standing(conn: Connection, known: int) -> list[tuple[int, str, str, int, int, int, int]]:
    """Return (month, kecamatan, channel, kind, facts, thousandths, rupiah) as known at a time.

    From cell to cell by the index: what lies between two of them, however much, is not read.
    """
    # With the bare columns of `cell`, or without `known`, SQLite would read every step of a month.
    return conn.fetch(
        """
        WITH RECURSIVE cell (month, kecamatan, channel, kind, known) AS (
            SELECT * FROM (
                SELECT month, kecamatan, channel, kind, known FROM takings_known
                ORDER BY month, kecamatan, channel, kind, known
                LIMIT 1
            ) AS first
            UNION ALL
            SELECT next.month, next.kecamatan, next.channel, next.kind, next.known
            FROM cell
            CROSS JOIN takings_known AS next
            WHERE (next.month, next.kecamatan, next.channel, next.kind, next.known) = (
                SELECT month, kecamatan, channel, kind, known FROM takings_known
                WHERE (month, kecamatan, channel, kind, known)
                    > (cell.month + 0, cell.kecamatan || '', cell.channel || '', cell.kind + 0, $2)
                ORDER BY month, kecamatan, channel, kind, known
                LIMIT 1
            )
        )
        SELECT step.month, step.kecamatan, step.channel, step.kind,
            step.facts, step.quantity, step.amount
        FROM cell
        CROSS JOIN takings_known AS step
        WHERE step.month = cell.month AND step.kecamatan = cell.kecamatan
            AND step.channel = cell.channel AND step.kind = cell.kind
            AND step.known = (
                SELECT MAX(known) FROM takings_known
                WHERE month = cell.month AND kecamatan = cell.kecamatan
                    AND channel = cell.channel AND kind = cell.kind AND known <= $1
            )
            AND (step.facts <> 0 OR step.quantity <> 0 OR step.amount <> 0)
        """,
        known,
        INTEGER_MAX,
    )


def every(conn: Connection) -> dict[Cell, dict[int, Sum]]:
    """Return all steps of all cells."""
    found: dict[Cell, dict[int, Sum]] = {}
    for month, kecamatan, channel, kind, known, *sums in conn.fetch(
        """
        SELECT month, kecamatan, channel, kind, known, facts, quantity, amount FROM takings_known
        ORDER BY month, kecamatan, channel, kind, known
        """
    ):
        found.setdefault(Cell(month, kecamatan, channel, kind), {})[known] = Sum(*sums)
    return found
