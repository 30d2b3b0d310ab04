"""Signing in to the pages: a token becomes a session, and the browser holds only that.

A session is 256 random bits in a cookie that no script reads and no other site sends; what is
stored is its hash. Every form carries a word that only a page of that session can know.
"""

import hmac
import re
from typing import Final, NamedTuple

from aiohttp import web

from canting_protocol.crypto import sha256
from canting_server.store import people, sessions
from canting_server.store.database import Connection
from canting_server.web.keys import DATABASE, REGISTRY
from canting_server.web.staff import hash_token

COOKIE: Final = "__Host-canting"
SESSION_BYTES: Final = 32
IDLE_SECONDS: Final = 30 * 60
LONGEST_SECONDS: Final = 12 * 3600
NOTED_SECONDS: Final = 60
"""A session in use is written down again at most so often."""


class Session(NamedTuple):
    """Someone who has signed in."""

    secret: str
    name: str

    @property
    def word(self) -> str:
        """Return what its forms carry."""
        return sha256(b"canting/form/1\0", self.secret.encode()).hex()


async def sign_in(request: web.Request, token: str) -> str | None:
    """Begin a session for the holder of a token; return its secret, None when there is no such."""
    registry = request.app[REGISTRY]
    now, hashed = registry.now(), hash_token(token)
    secret = registry.random(SESSION_BYTES).hex()

    def begin(conn: Connection) -> bool:
        if people.token_name(conn, hashed) is None:
            return False
        sessions.end_old(conn, begun_before=now - LONGEST_SECONDS, seen_before=now - IDLE_SECONDS)
        sessions.begin(conn, _hash(secret), hashed, now)
        return True

    return secret if await request.app[DATABASE].write(begin) else None


async def session_of(request: web.Request) -> Session | None:
    """Return who has signed in, if anyone has, and note that they are there."""
    secret = request.cookies.get(COOKIE, "")
    if not _SECRET.fullmatch(secret):
        return None
    now, hashed = request.app[REGISTRY].now(), _hash(secret)
    found = await request.app[DATABASE].read(
        lambda conn: sessions.find(
            conn, hashed, begun_after=now - LONGEST_SECONDS, seen_after=now - IDLE_SECONDS
        )
    )
    if found is None:
        return None
    name, seen = found
    if now - seen >= NOTED_SECONDS:
        await request.app[DATABASE].write(lambda conn: sessions.seen(conn, hashed, now))
    return Session(secret, name)


async def sign_out(request: web.Request, session: Session) -> None:
    """End a session, here and not only in the browser."""
    await request.app[DATABASE].write(lambda conn: sessions.end(conn, _hash(session.secret)))


def is_ours(session: Session, word: str) -> bool:
    """Say whether a form came from a page of this session."""
    return hmac.compare_digest(session.word.encode(), word.encode())


def from_elsewhere(request: web.Request) -> bool:
    """Say whether another site's page made a browser send this.

    Browsers say it themselves (`Sec-Fetch-Site`); older ones tell the page's origin at least. What
    says neither is not one of our pages.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site != "same-origin"
    origin = request.headers.get("Origin", "")
    return origin.partition("://")[2] != request.host or not origin


_SECRET: Final = re.compile(r"[0-9a-f]{64}")


def _hash(secret: str) -> bytes:
    return sha256(b"canting/session/1\0", secret.encode())
