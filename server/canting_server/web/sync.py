"""The doors of devices and couriers: to be enrolled, and to sync."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from canting_protocol.bundles import write_commission
from canting_protocol.limits import BUNDLE_BYTES_MAX, ENROL_BYTES_MAX
from canting_protocol.messages import MEDIA_TYPE, Enrolment, read_enrolment, write_enrolled
from canting_server.registry.portions import LEDGER_BYTES
from canting_server.registry.post import Post
from canting_server.registry.registry import CodeRefused
from canting_server.store.database import Connection
from canting_server.web.errors import Problem
from canting_server.web.guesses import GUESSES
from canting_server.web.keys import CROWD, DATABASE, REGISTRY, SETTINGS
from canting_server.web.metrics import METRICS
from canting_server.web.pressure import Place
from canting_server.web.whence import whence

T = TypeVar("T")
routes: Final = web.RouteTableDef()


@routes.post("/v1/sync")
async def sync(request: web.Request) -> web.Response:
    """Take a bundle in, a device's own or a courier's, and answer after the last commit."""
    app = request.app
    post = Post(app[DATABASE], app[REGISTRY], app[METRICS].taken_in)
    with app[CROWD].place() as place, app[METRICS].sync_seconds.time():
        asked = post.read(await read_body(request, BUNDLE_BYTES_MAX, place))
        place.belongs_to(asked.sender)
        body = await post.answer(asked)
    return web.Response(body=body, content_type=MEDIA_TYPE)


@routes.post("/v1/enrol")
async def enrol(request: web.Request) -> web.Response:
    """Let a device in that holds a one-time code."""
    registry = request.app[REGISTRY]
    enrolled = await _with_code(request, registry.enrol)
    return web.Response(body=write_enrolled(enrolled), content_type=MEDIA_TYPE)


@routes.post("/v1/officer")
async def officer(request: web.Request) -> web.Response:
    """Give a certificate to an officer who holds a one-time code."""
    registry = request.app[REGISTRY]
    commission = await _with_code(request, registry.commission)
    return web.Response(body=write_commission(commission), content_type=MEDIA_TYPE)


async def _with_code(request: web.Request, use: Callable[[Connection, Enrolment], T]) -> T:
    """Let a one-time code be used, or count a wrong one."""
    guesses = request.app[GUESSES]
    forwarded = request.headers.getall("X-Forwarded-For", [])
    client = whence(request.remote or "", forwarded, request.app[SETTINGS].behind_proxy)
    now = asyncio.get_running_loop().time()
    guesses.check(client, now)
    with request.app[CROWD].place() as place:
        asked = read_enrolment(await read_body(request, ENROL_BYTES_MAX, place))
        try:
            return await request.app[DATABASE].write(
                lambda conn: use(conn, asked), sender=asked.key, size=LEDGER_BYTES
            )
        except CodeRefused:
            guesses.wrong(client, now)
            raise


async def read_body(
    request: web.Request, limit: int, place: Place, media_type: str = MEDIA_TYPE
) -> bytes:
    """Return a body of at most `limit` bytes, never inflated, in good time.

    Raises:
        Crowded: all requests together hold too much.
        Problem: 415 for another media type or encoding, 413, 408; 400 when it broke off.
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "unsupported_encoding", "batches are compressed already")
    if request.content_type != media_type:
        raise Problem(415, "unsupported_media_type", f"send {media_type}")
    if (request.content_length or 0) > limit:
        raise Problem(413, "too_large", f"at most {limit} bytes", Connection="close")
    body = bytearray()
    try:
        async with asyncio.timeout(request.app[SETTINGS].body_timeout_s):
            async for part in request.content.iter_any():
                body += part
                if len(body) > limit:
                    raise Problem(413, "too_large", f"at most {limit} bytes", Connection="close")
                place.hold(len(part))
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError) as error:
        raise Problem(400, "malformed", "the body broke off", Connection="close") from error
    except TimeoutError as error:
        raise Problem(408, "timeout", "the body did not arrive", Connection="close") from error
    return bytes(body)
