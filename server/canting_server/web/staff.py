"""What staff ask, with a bearer token; each question is one function of `registry.ask`."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from aiohttp import web

from canting_protocol.crypto import sha256
from canting_server.registry import ask
from canting_server.store import people
from canting_server.store.database import Connection
from canting_server.web.errors import Handler, Problem
from canting_server.web.keys import DATABASE

routes: Final = web.RouteTableDef()


def hash_token(token: str) -> bytes:
    """Return what is stored of a token."""
    return sha256(b"canting/token/1\0", token.encode())


_DEVICES: Final = frozenset({"/v1/sync", "/v1/enrol"})
"""What devices post to, with signatures of their own."""


@web.middleware
async def tokens(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only holders of a token ask about artisans, or settle anything."""
    device = request.method not in ("GET", "HEAD") and request.path in _DEVICES
    if request.path.startswith("/v1/") and not device:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        name = None
        if kind.lower() == "bearer" and token:
            hashed = hash_token(token.strip())
            name = await request.app[DATABASE].read(lambda conn: people.token_name(conn, hashed))
        if name is None:
            raise Problem(
                401, "token_needed", "send Authorization: Bearer …", WWW_Authenticate="Bearer"
            )
    return await handler(request)


async def _answer(request: web.Request, question: Callable[[Connection], Any]) -> web.Response:
    found = await request.app[DATABASE].read(question)
    return web.Response(body=msgspec.json.encode(found), content_type="application/json")


def _asked(request: web.Request, *allowed: str) -> dict[str, str]:
    unknown = sorted(set(request.query) - set(allowed))
    if unknown:
        options = ", ".join(allowed) or "none"
        raise ask.BadQuestion(f"unknown parameter {unknown[0]!r}; there are: {options}")
    if len(set(request.query)) < len(request.query):
        raise ask.BadQuestion("each parameter once")
    return dict(request.query)


@routes.get("/v1/artisans")
async def artisans(request: web.Request) -> web.Response:
    """Every artisan, as far as she shares."""
    _asked(request)
    return await _answer(request, ask.artisans)


@routes.get("/v1/artisans/{artisan}")
async def artisan(request: web.Request) -> web.Response:
    """One artisan, as far as she shares."""
    _asked(request)
    which = request.match_info["artisan"]
    return await _answer(request, lambda conn: ask.artisan(conn, which))


@routes.get("/v1/totals")
async def totals(request: web.Request) -> web.Response:
    """Turnover by month, kecamatan and channel, with its coverage."""
    asked = _asked(request, "by", "from", "to")
    return await _answer(
        request,
        lambda conn: ask.totals(conn, asked.get("by", "month"), asked.get("from"), asked.get("to")),
    )


@routes.get("/v1/stock")
async def stock(request: web.Request) -> web.Response:
    """What lies where, of those who share lines."""
    _asked(request)
    return await _answer(request, ask.stock)


@routes.get("/v1/conflicts")
async def conflicts(request: web.Request) -> web.Response:
    """What waits for a person to decide."""
    _asked(request)
    return await _answer(request, ask.conflicts)


@routes.get("/v1/coverage")
async def coverage(request: web.Request) -> web.Response:
    """Who has reported, and through when."""
    _asked(request)
    return await _answer(request, ask.coverage)
