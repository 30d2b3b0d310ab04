"""By what NIKs are compared, an artisan each. `registry.niks` decides what stands here."""

from typing import NamedTuple

from canting_protocol.changes import ProfileField
from canting_protocol.ledger.registers import PROFILE
from canting_protocol.log import ArtisanId
from canting_server.store.database import Connection


class Nik(NamedTuple):
    """By what an artisan's NIK is compared; None: it does not open."""

    hmac: bytes | None


class Equal(NamedTuple):
    """One of several artisans with the same NIK."""

    hmac: bytes
    artisan: ArtisanId
    name: str | None
    end: bytes | None
    """The field that tells its last four digits, as it is stored."""


def keep(conn: Connection, artisan: ArtisanId, nik: Nik | None) -> None:
    """Keep by what a NIK is compared; None: she has told none."""
    if nik is None:
        conn.execute("DELETE FROM nik WHERE artisan = $1", artisan)
        return
    conn.execute(
        """
        INSERT INTO nik (artisan, hmac) VALUES ($1, $2)
        ON CONFLICT (artisan) DO UPDATE SET hmac = excluded.hmac
        """,
        artisan,
        nik.hmac,
    )


def kept(conn: Connection, artisan: ArtisanId) -> Nik | None:
    """Return by what an artisan's NIK is compared; None: she has told none."""
    found = conn.fetch("SELECT hmac FROM nik WHERE artisan = $1", artisan)
    return Nik(*found[0]) if found else None


def unreadable(conn: Connection) -> list[ArtisanId]:
    """Return whose NIK does not open."""
    found = conn.fetch("SELECT artisan FROM nik WHERE hmac IS NULL ORDER BY artisan")
    return [artisan for (artisan,) in found]


def equal(conn: Connection) -> list[Equal]:
    """Return every artisan whose NIK another has too."""
    return [
        Equal(*row)
        for row in conn.fetch(
            """
            SELECT nik.hmac, nik.artisan, person.name, field.value FROM nik
            LEFT JOIN person ON person.artisan = nik.artisan
            LEFT JOIN field ON field.artisan = nik.artisan AND field.entity = $1
                AND field.field = $2 AND field.standing IN (1, 2)
            WHERE nik.hmac IN (
                SELECT hmac FROM nik WHERE hmac IS NOT NULL GROUP BY hmac HAVING COUNT(*) > 1
            )
            ORDER BY nik.artisan
            """,
            PROFILE,
            int(ProfileField.NIK_END),
        )
    ]
