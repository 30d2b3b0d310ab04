"""Errors become answers in one place: RFC 9457 problems, with a stable `code` for programs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec
import structlog
from aiohttp import web

from canting_protocol.errors import Refused, TooBig
from canting_server.registry.ask import NotFound
from canting_server.registry.grammar import BadQuestion
from canting_server.registry.registry import CodeRefused
from canting_server.registry.resolving import Changed, NotKnownHere, OnlyByCounting
from canting_server.registry.search import WatermarkPassed
from canting_server.store.database import Reason, Unavailable
from canting_server.web.keys import DATABASE, PACE, REGISTRY, STATE
from canting_server.web.metrics import METRICS
from canting_server.web.pressure import Crowded, retry_after

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log: Final = structlog.get_logger()

_STATUS: Final = {
    "too_large": 413,
    "unknown_key": 401,
    "bad_signature": 401,
    "unknown_code": 404,
    "code_used": 409,
    "code_expired": 410,
    "erased": 410,
    "too_wide": 422,
}

_UNAVAILABLE: Final[dict[Reason, tuple[int, str, str, int]]] = {
    "full": (507, "storage_full", "there is no room left; nothing was kept", 60),
    "read_only": (507, "storage_read_only", "nothing can be written; nothing was kept", 60),
    "busy": (503, "busy", "someone else is writing; nothing was kept", 5),
    "broken": (503, "storage_unavailable", "the disk does not answer; nothing was kept", 30),
}
"""Status, code, detail, and in how many seconds it may be otherwise."""


class Problem(Exception):
    """Answer with this problem."""

    def __init__(self, status: int, code: str, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.headers = headers


def problem(
    status: int, code: str, detail: str, valid: Sequence[str] | None = None, **headers: str
) -> web.Response:
    """Return a problem as an answer; `valid` is what there is instead of what was asked for."""
    members = {} if valid is None else {"valid": list(valid)}
    return problem_with(members, status, code, detail, **headers)


def problem_with(
    members: Mapping[str, object], status: int, code: str, detail: str, **headers: str
) -> web.Response:
    """Return a problem as an answer, with members that its code brings along."""
    body = {
        "type": f"urn:canting:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "code": code,
        "detail": detail,
        **members,
    }
    return web.Response(
        status=status,
        body=msgspec.json.encode(body),
        content_type="application/problem+json",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer everything; a connection of a server that is being stopped is closed after it."""
    state = request.app[STATE]
    with state.working():
        response = await _answered(request, handler)
    request.app[METRICS].answers.labels(_door(request), response.status).inc()
    if state.draining:
        response.force_close()
    return response


def _door(request: web.Request) -> str:
    """Return a door's name: what stands in a path is nobody's business here."""
    resource = request.match_info.route.resource
    return "elsewhere" if resource is None else resource.canonical


def later(request: web.Request, waiting_s: float) -> str:
    """Return when a request may be sent again, for `Retry-After`."""
    chance = int.from_bytes(request.app[REGISTRY].random(4), "big") / 2**32
    return str(retry_after(waiting_s, chance))


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer an error of theirs as a problem; log anything else once, and say nothing of it."""
    try:
        return await handler(request)
    except Problem as error:
        return problem(error.status, error.code, str(error), **error.headers)
    except Crowded:
        request.app[METRICS].turned_away.labels("crowded").inc()
        waiting_s = request.app[PACE].seconds(request.app[DATABASE].waiting_size)
        wait = later(request, waiting_s)
        # The rest of its body may still be on its way: nobody reads that.
        return problem(503, "crowded", "come back later", Retry_After=wait, Connection="close")
    except Unavailable as error:
        status, code, detail, seconds = _UNAVAILABLE[error.reason]
        request.app[METRICS].turned_away.labels(error.reason).inc()
        return problem(status, code, detail, Retry_After=later(request, seconds))
    except TooBig as error:
        return problem(409, "ledger_full", str(error))
    except (Refused, CodeRefused) as error:
        return problem(_STATUS.get(error.code, 400), error.code, str(error))
    except BadQuestion as error:
        return problem(_STATUS.get(error.code, 400), error.code, str(error), error.valid)
    except WatermarkPassed as error:
        return problem(409, "watermark_passed", str(error))
    except NotFound as error:
        return problem(404, "not_found", str(error))
    except Changed as error:
        return problem_with({"values": error.values}, 409, "conflict_changed", str(error))
    except OnlyByCounting as error:
        return problem(422, "count_again", str(error))
    except NotKnownHere as error:
        return problem(422, "unknown_field", str(error))
    except web.HTTPException as error:
        extra = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return problem(error.status, error.reason.lower().replace(" ", "_"), error.reason, **extra)
    except Exception:
        log.exception("request_failed", method=request.method, path=request.path)
        return problem(500, "internal", "Something went wrong here; it has been noted.")
