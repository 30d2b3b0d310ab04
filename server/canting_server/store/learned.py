"""What each business day took, as differences by when the registry learned them.

The sum of all differences is the ledger's turnover; the sum of those known by some time is what
the registry would have answered then. Nothing in it is ever altered: what turns out otherwise (a
void, a measured clock, a late branch) is a difference below zero.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from canting_protocol.ledger.times import month_of
from canting_protocol.log import ArtisanId
from canting_server.store.database import Connection
from canting_server.store.overview import Lived, Sum, read_lived

Taken = Mapping[tuple[int, str, int], Sequence[int]]
"""(business day, channel, kind) → facts, thousandths, rupiah."""


class Learned(NamedTuple):
    """What was learned of a month at a time."""

    month: int
    channel: str
    kind: int
    known: int
    sum: Sum


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


def by_month(conn: Connection, artisan: ArtisanId, kinds: tuple[int, int]) -> Iterator[Learned]:
    """Yield what was learned of an artisan's months, of two kinds."""
    for month, channel, kind, known, *sums in conn.fetch(
        """
        SELECT month, channel, kind, known, SUM(facts), SUM(quantity), SUM(amount) FROM learned
        WHERE artisan = $1 AND kind IN ($2, $3)
        GROUP BY month, channel, kind, known
        """,
        artisan,
        *kinds,
    ):
        yield Learned(month, channel, kind, known, Sum(*sums))


def part_of_month(
    conn: Connection,
    month: int,
    days: tuple[int, int],
    known: int,
    kinds: tuple[int, int],
    sharing: int,
) -> list[tuple[Lived, str, int, int, int, int]]:
    """Return (where they lived, channel, kind, facts, thousandths, rupiah).

    Of a month's days from the one to the other, as they were known at a time, of all who share at
    least so much.
    """
    found = conn.fetch(
        """
        SELECT person.lived, learned.channel, learned.kind,
            SUM(learned.facts), SUM(learned.quantity), SUM(learned.amount)
        FROM person
        CROSS JOIN learned
        WHERE person.sharing >= $1 AND learned.artisan = person.artisan AND learned.month = $2
            AND learned.day BETWEEN $3 AND $4 AND learned.known <= $5 AND learned.kind IN ($6, $7)
        GROUP BY person.lived, learned.channel, learned.kind
        """,
        sharing,
        month,
        *days,
        known,
        *kinds,
    )
    return [(read_lived(lived), *rest) for lived, *rest in found]
