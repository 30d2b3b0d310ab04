"""What staff ask over all ledgers at once, kept beside them: a projection of a projection.

`registry.overview` decides what stands here.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from canting_protocol import codec
from canting_protocol.changes import Kind
from canting_protocol.log import ArtisanId
from canting_server.store.database import Connection

Lived = tuple[tuple[int, str], ...]
"""(month, kecamatan) from when on someone lived where, the earliest first and from ever on."""


class Person(NamedTuple):
    """Who an artisan is, as far as staff may know."""

    name: str | None
    brand: str | None
    craft: str | None
    kelurahan: str | None
    kecamatan: str | None
    sharing: int
    lived: Lived


class Cell(NamedTuple):
    """Where facts are summed for everyone: month, kecamatan, channel, kind."""

    month: int
    kecamatan: str
    channel: str
    kind: int


class Sum(NamedTuple):
    """How many facts, thousandths and rupiah."""

    facts: int
    quantity: int
    amount: int


class Line(NamedTuple):
    """A line of a sale or a return; log and hash by their first bytes."""

    day: int
    log: bytes
    n: int
    hash: bytes
    line: int
    month: int
    kind: int
    channel: str
    item: str
    place: str
    quantity: int
    amount: int
    custody: int


read_lived: Final = codec.decoder(Lived).decode


def clear(conn: Connection) -> None:
    """Forget everything: all ledgers are about to be rebuilt."""
    conn.execute("DELETE FROM person")
    conn.execute("DELETE FROM takings")
    conn.execute("DELETE FROM takings_known")
    conn.execute("DELETE FROM line")
    conn.execute("DELETE FROM called")
    conn.execute("DELETE FROM nik")


def person(conn: Connection, artisan: ArtisanId) -> Person | None:
    """Return who an artisan is; None when she was never looked at."""
    found = conn.fetch(
        """
        SELECT name, brand, craft, kelurahan, kecamatan, sharing, lived FROM person
        WHERE artisan = $1
        """,
        artisan,
    )
    if not found:
        return None
    name, brand, craft, kelurahan, kecamatan, level, lived = found[0]
    return Person(name, brand, craft, kelurahan, kecamatan, level, read_lived(lived))


def keep_person(conn: Connection, artisan: ArtisanId, who: Person) -> None:
    """Keep who an artisan is."""
    conn.execute(
        """
        INSERT INTO person (artisan, name, brand, craft, kelurahan, kecamatan, sharing, lived)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (artisan) DO UPDATE
        SET name = excluded.name, brand = excluded.brand, craft = excluded.craft,
            kelurahan = excluded.kelurahan, kecamatan = excluded.kecamatan,
            sharing = excluded.sharing, lived = excluded.lived
        """,
        artisan,
        *who[:-1],
        codec.encode(who.lived),
    )


def lived(conn: Connection, artisan: ArtisanId) -> Lived:
    """Return (month, kecamatan) from when on an artisan lived where."""
    who = person(conn, artisan)
    return () if who is None else who.lived


def sharing(conn: Connection) -> dict[ArtisanId, int]:
    """Return what each artisan lets staff see, as far as she was looked at."""
    return dict(conn.fetch("SELECT artisan, sharing FROM person ORDER BY artisan"))


# -- sums --------------------------------------------------------------------------------------


def turnover_of(conn: Connection, artisan: ArtisanId) -> list[tuple[int, str, int, int, int, int]]:
    """Return (month, channel, kind, facts, thousandths, rupiah) of her sales and returns."""
    return conn.fetch(
        """
        SELECT month, channel, kind, facts, quantity, amount FROM turnover
        WHERE artisan = $1 AND kind IN ($2, $3)
        ORDER BY month, channel, kind
        """,
        artisan,
        int(Kind.SALE),
        int(Kind.RETURN),
    )


def takings(conn: Connection) -> dict[Cell, Sum]:
    """Return everyone's sums."""
    found = conn.fetch(
        """
        SELECT month, kecamatan, channel, kind, facts, quantity, amount FROM takings
        ORDER BY month, kecamatan, channel, kind
        """
    )
    return {Cell(*row[:4]): Sum(*row[4:]) for row in found}


def add_takings(conn: Connection, more: Mapping[Cell, Sum]) -> None:
    """Add to (or, below zero, take from) everyone's sums; a cell without facts goes."""
    conn.execute_many(
        """
        INSERT INTO takings (month, kecamatan, channel, kind, facts, quantity, amount)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (month, kecamatan, channel, kind) DO UPDATE
        SET facts = takings.facts + excluded.facts,
            quantity = takings.quantity + excluded.quantity,
            amount = takings.amount + excluded.amount
        """,
        [(*cell, *each) for cell, each in more.items()],
    )
    fewer = [cell for cell, each in more.items() if each.facts < 0]
    if fewer:
        conn.execute_many(
            """
            DELETE FROM takings
            WHERE month = $1 AND kecamatan = $2 AND channel = $3 AND kind = $4 AND facts = 0
            """,
            fewer,
        )


# -- lines -------------------------------------------------------------------------------------


def keep_lines(conn: Connection, artisan: ArtisanId, lines: Iterable[Line]) -> None:
    """Keep lines, each once."""
    conn.execute_many(
        """
        INSERT INTO line (artisan, day, log, n, hash, line,
            month, kind, channel, item, place, quantity, amount, custody)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (day, artisan, log, n, hash, line) DO NOTHING
        """,
        [(artisan, *each) for each in lines],
    )


def drop_lines(conn: Connection, artisan: ArtisanId, log: bytes, n: int, hash_: bytes) -> None:
    """Take the lines of a fact away: it was voided."""
    conn.execute(
        "DELETE FROM line WHERE artisan = $1 AND log = $2 AND n = $3 AND hash = $4",
        artisan,
        log,
        n,
        hash_,
    )


def name(conn: Connection, artisan: ArtisanId, thing: str) -> str | None:
    """Return what an item or a place of hers is called; None when she does not share it."""
    found = conn.fetch("SELECT name FROM called WHERE artisan = $1 AND thing = $2", artisan, thing)
    return found[0][0] if found else None


def keep_names(conn: Connection, artisan: ArtisanId, names: Mapping[str, str]) -> None:
    """Keep what things of hers are called."""
    conn.execute_many(
        """
        INSERT INTO called (artisan, thing, name) VALUES ($1, $2, $3)
        ON CONFLICT (artisan, thing) DO UPDATE SET name = excluded.name
        """,
        [(artisan, *each) for each in names.items()],
    )


def drop_name(conn: Connection, artisan: ArtisanId, thing: str) -> None:
    """Forget what a thing of hers is called."""
    conn.execute("DELETE FROM called WHERE artisan = $1 AND thing = $2", artisan, thing)


def forget_lines(conn: Connection, artisan: ArtisanId) -> None:
    """Forget every line of hers, and what her things are called."""
    conn.execute("DELETE FROM line WHERE artisan = $1", artisan)
    conn.execute("DELETE FROM called WHERE artisan = $1", artisan)
