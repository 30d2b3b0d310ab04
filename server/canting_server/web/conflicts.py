"""Staff settle a conflict: with a bearer token here, with a form on the page."""

from typing import Final

import msgspec
import structlog
from aiohttp import web

from canting_server.registry import ask, resolving
from canting_server.registry.resolving import Choice, Settled
from canting_server.web.errors import Problem
from canting_server.web.keys import CROWD, DATABASE, REGISTRY
from canting_server.web.sync import read_body

routes: Final = web.RouteTableDef()

CHOICE_BYTES_MAX: Final = 65_536

log: Final = structlog.get_logger()
_choice: Final = msgspec.json.Decoder(Choice)


@routes.post("/v1/conflicts/{artisan}/{of}/{field}")
async def resolve(request: web.Request) -> web.Response:
    """Let one of the values that stand be the one; sent again, it answers the same."""
    if request.query:
        raise ask.BadQuestion("there are no parameters here")
    with request.app[CROWD].place() as place:
        body = await read_body(request, CHOICE_BYTES_MAX, place, "application/json")
    try:
        choice = _choice.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "malformed", f"not a choice: {error}") from error
    told = request.match_info
    settled = await settle(request, told["artisan"], told["of"], told["field"], choice)
    answer = {
        "artisan": told["artisan"].lower(),
        "of": told["of"],
        "field": told["field"],
        "already": settled.already,
        "values": settled.values,
    }
    return web.Response(body=msgspec.json.encode(answer), content_type="application/json")


async def settle(
    request: web.Request, artisan: str, of: str, field: str, choice: Choice
) -> Settled:
    """Settle a conflict in one transaction, and note that it was; raises as `resolving` does."""
    registry = request.app[REGISTRY]
    settled = await request.app[DATABASE].write(
        lambda conn: resolving.resolve(conn, registry, artisan, of, field, choice)
    )
    log.info("conflict_settled", artisan=artisan.lower(), field=field, already=settled.already)
    return settled
