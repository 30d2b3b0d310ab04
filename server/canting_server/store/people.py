"""One-time codes, officers, staff's tokens, and when each device was last heard."""

from typing import NamedTuple

from canting_protocol.crypto import PublicKey
from canting_protocol.log import ArtisanId
from canting_server.store.database import Connection


def add_code(conn: Connection, code: bytes, artisan: ArtisanId, expires: int) -> None:
    """Keep the hash of a one-time code."""
    conn.execute(
        """
        INSERT INTO enrolment (code, artisan, expires, used_by)
        VALUES ($1, $2, $3, NULL)
        """,
        code,
        artisan,
        expires,
    )


def code(conn: Connection, hashed: bytes) -> tuple[ArtisanId, int, PublicKey | None] | None:
    """Return whose code it is, when it expires, and which key has used it."""
    found = conn.fetch("SELECT artisan, expires, used_by FROM enrolment WHERE code = $1", hashed)
    return found[0] if found else None


def use_code(conn: Connection, hashed: bytes, key: PublicKey) -> None:
    """Note which key has used a code."""
    conn.execute("UPDATE enrolment SET used_by = $2 WHERE code = $1", hashed, key)


class OfficerCode(NamedTuple):
    """A one-time code that an officer was given, and what it lets him do."""

    name: str
    district: str
    enrolments: int
    days: int
    expires: int
    used_by: PublicKey | None
    paper: bytes | None
    """The certificate that it was used for."""


def add_officer(
    conn: Connection,
    code: bytes,
    name: str,
    district: str,
    enrolments: int,
    days: int,
    expires: int,
) -> None:
    """Keep the hash of an officer's one-time code."""
    conn.execute(
        """
        INSERT INTO officer (code, name, district, enrolments, days, expires)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        code,
        name,
        district,
        enrolments,
        days,
        expires,
    )


def officer(conn: Connection, hashed: bytes) -> OfficerCode | None:
    """Return what an officer's code lets him do."""
    found = conn.fetch(
        """
        SELECT name, district, enrolments, days, expires, used_by, paper FROM officer
        WHERE code = $1
        """,
        hashed,
    )
    return OfficerCode(*found[0]) if found else None


def commission(conn: Connection, hashed: bytes, key: PublicKey, paper: bytes) -> None:
    """Note which key has used an officer's code, and its certificate."""
    conn.execute("UPDATE officer SET used_by = $2, paper = $3 WHERE code = $1", hashed, key, paper)


class OfficerKept(NamedTuple):
    """An officer as staff see him."""

    name: str
    district: str
    enrolments: int
    key: bytes | None
    """None: the code was not used yet."""
    revoked: bool


def officers(conn: Connection) -> list[OfficerKept]:
    """Return every officer who was given a code."""
    return [
        OfficerKept(name, district, enrolments, key, bool(revoked))
        for name, district, enrolments, key, revoked in conn.fetch(
            """
            SELECT name, district, enrolments, used_by, revoked FROM officer
            ORDER BY name, used_by
            """
        )
    ]


def revoke_officer(conn: Connection, key: bytes) -> bool:
    """Trust an officer's key no further; say whether there is such an officer."""
    found = conn.fetch("SELECT 1 FROM officer WHERE used_by = $1", key)
    conn.execute("UPDATE officer SET revoked = 1 WHERE used_by = $1", key)
    return bool(found)


def officer_is_revoked(conn: Connection, key: bytes) -> bool:
    """Say whether an officer's key is trusted no further."""
    return bool(conn.fetch("SELECT 1 FROM officer WHERE used_by = $1 AND revoked = 1", key))


def add_token(conn: Connection, hashed: bytes, name: str, now: int) -> None:
    """Keep the hash of a staff token."""
    conn.execute("INSERT INTO token (token, name, since) VALUES ($1, $2, $3)", hashed, name, now)


def token_name(conn: Connection, hashed: bytes) -> str | None:
    """Return the name that a token was given to."""
    found = conn.fetch("SELECT name FROM token WHERE token = $1", hashed)
    return found[0][0] if found else None


def last_heard(conn: Connection, artisan: ArtisanId) -> int | None:
    """Return when a device of an artisan last stated how far it had come; None when none has."""
    found = conn.fetch("SELECT MAX(heard) FROM statement WHERE artisan = $1", artisan)
    latest: int | None = found[0][0]
    return latest


def heard_by_key(conn: Connection, artisan: ArtisanId) -> dict[bytes, int]:
    """Return when each device of an artisan was last heard, by its key."""
    return dict(conn.fetch("SELECT key, heard FROM statement WHERE artisan = $1", artisan))


def heard(conn: Connection, artisan: ArtisanId, key: PublicKey, now: int) -> None:
    """Note that a device has stated, signed, how far it had come."""
    conn.execute(
        """
        INSERT INTO statement (artisan, key, heard) VALUES ($1, $2, $3)
        ON CONFLICT (artisan, key) DO UPDATE
        SET heard = CASE WHEN excluded.heard > statement.heard
            THEN excluded.heard ELSE statement.heard END
        """,
        artisan,
        key,
        now,
    )
