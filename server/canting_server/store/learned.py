"""What each business day took, as differences by when the registry learned them.

The sum of all differences is the ledger's turnover; the sum of those known by some time is what
the registry would have answered then. Nothing in it is ever altered: what turns out otherwise (a
void, a measured clock, a late branch) is a difference below zero.
"""

from collections.abc import Mapping, Sequence

from canting_protocol.ledger.times import month_of
from canting_protocol.log import ArtisanId
from canting_server.store.database import Connection

Taken = Mapping[tuple[int, str, int], Sequence[int]]
"""(business day, channel, kind) → facts, thousandths, rupiah."""


def so_far(conn: Connection, artisan: ArtisanId) -> Taken:
    """Return what an artisan's days took, as it is known now."""
    return {
        (day, channel, kind): sums
        for day, channel, kind, *sums in conn.fetch(
            """
            SELECT day, channel, kind, SUM(facts), SUM(quantity), SUM(amount) FROM learned
            WHERE artisan = $1
            GROUP BY day, channel, kind
            """,
            artisan,
        )
    }


def keep(conn: Connection, artisan: ArtisanId, known: int, differences: Taken) -> None:
    """Add what was learned at a time; twice in one second is one difference."""
    conn.execute_many(
        """
        INSERT INTO learned (artisan, month, day, channel, kind, known, facts, quantity, amount)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (artisan, month, day, channel, kind, known) DO UPDATE
        SET facts = learned.facts + excluded.facts,
            quantity = learned.quantity + excluded.quantity,
            amount = learned.amount + excluded.amount
        """,
        [
            (artisan, month_of(day), day, channel, kind, known, *sums)
            for (day, channel, kind), sums in differences.items()
            if any(sums)
        ],
    )


def forget(conn: Connection, artisan: ArtisanId) -> None:
    """Drop all of an artisan's, to be made again."""
    conn.execute("DELETE FROM learned WHERE artisan = $1", artisan)


def part_of_month(
    conn: Connection, month: int, day: int, kinds: tuple[int, int]
) -> list[tuple[ArtisanId, int, str, int, int, int, int]]:
    """Return (artisan, month, channel, kind, facts, thousandths, rupiah) of a month up to a day."""
    return conn.fetch(
        """
        SELECT learned.artisan, learned.month, learned.channel, learned.kind,
            SUM(learned.facts), SUM(learned.quantity), SUM(learned.amount)
        FROM artisan
        JOIN learned ON learned.artisan = artisan.artisan AND learned.month = $1
        WHERE learned.day <= $2 AND learned.kind IN ($3, $4)
        GROUP BY learned.artisan, learned.month, learned.channel, learned.kind
        HAVING SUM(learned.facts) <> 0 OR SUM(learned.amount) <> 0 OR SUM(learned.quantity) <> 0
        """,
        month,
        day,
        *kinds,
    )


def turnover(
    conn: Connection, day: int, known: int, kinds: tuple[int, int]
) -> list[tuple[ArtisanId, int, str, int, int, int, int]]:
    """Return (artisan, month, channel, kind, facts, thousandths, rupiah).

    Of business days up to `day`, as it was known at `known` (seconds since 1970), of two kinds.
    """
    return conn.fetch(
        """
        SELECT artisan, month, channel, kind, SUM(facts), SUM(quantity), SUM(amount) FROM learned
        WHERE day <= $1 AND known <= $2 AND kind IN ($3, $4)
        GROUP BY artisan, month, channel, kind
        HAVING SUM(facts) <> 0 OR SUM(amount) <> 0 OR SUM(quantity) <> 0
        ORDER BY artisan, month, channel, kind
        """,
        day,
        known,
        *kinds,
    )
