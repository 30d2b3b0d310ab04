"""The officer's door: the same `POST /v1/sync` that the registry has, on a hotspot or at home."""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp import web

from canting_client.relay.bag import Bag, NotAllowed
from canting_protocol.bundles import read_bundle, slip_code, write_bundle
from canting_protocol.crypto import SigningKey
from canting_protocol.errors import Refused
from canting_protocol.limits import BUNDLE_BYTES_MAX
from canting_protocol.messages import MEDIA_TYPE, hash_code, read_enrolment, write_enrolled

BODY_SECONDS: Final = 60

Told = Callable[[str, int, int], None]
"""Hears of each hand-over: the slip's code, how many letters came, how many went back."""


def make_app(bag: Bag, key: SigningKey, now: Callable[[], int], told: Told) -> web.Application:
    """Return the door of a bag."""

    async def sync(request: web.Request) -> web.Response:
        try:
            bundle = read_bundle(await _body(request))
            if not bundle.paper:
                raise Refused("malformed", "a courier takes letters with a hand-over")
            slip, answers = bag.take(key, bundle, now())
        except Refused as refusal:
            return _problem(400, refusal.code, str(refusal))
        except TimeoutError:
            return _problem(408, "timeout", "the body did not arrive")
        told(slip_code(slip), len(bundle.letters), len(answers))
        known = bag.known
        body = write_bundle(answers, slip, known.papers if known else [])
        return web.Response(body=body, content_type=MEDIA_TYPE)

    async def enrol(request: web.Request) -> web.Response:
        try:
            asked = read_enrolment(await _body(request))
            enrolled = bag.enrol(key, asked, hash_code(asked.code), now())
        except Refused as refusal:
            return _problem(400, refusal.code, str(refusal))
        except NotAllowed as error:
            return _problem(403, error.code, "this officer cannot vouch for this device")
        return web.Response(body=write_enrolled(enrolled), content_type=MEDIA_TYPE)

    app = web.Application(client_max_size=BUNDLE_BYTES_MAX)
    app.router.add_post("/v1/sync", sync)
    app.router.add_post("/v1/enrol", enrol)
    return app


async def _body(request: web.Request) -> bytes:
    """Return a body within the limit; what breaks off leaves nothing behind."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.content.iter_any():
                body += part
                if len(body) > BUNDLE_BYTES_MAX:
                    raise Refused("too_large", f"at most {BUNDLE_BYTES_MAX} bytes")
    except (web.RequestPayloadError, ConnectionError) as error:
        raise Refused("malformed", "the body broke off") from error
    return bytes(body)


def _problem(status: int, code: str, detail: str) -> web.Response:
    said = {"type": f"urn:canting:problem:{code}", "status": status, "code": code, "detail": detail}
    return web.Response(
        status=status, body=msgspec.json.encode(said), content_type="application/problem+json"
    )
