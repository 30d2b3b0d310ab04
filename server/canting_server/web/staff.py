"""What staff ask, with a bearer token; each question is one function of `registry`.

Whatever is asked is answered from one snapshot, with its watermark; the same question at the same
watermark is answered 304. A CSV is the whole result, streamed from a snapshot of its own.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import structlog
from aiohttp import web

from canting_protocol.crypto import sha256
from canting_server.registry import ask, columns, grammar, niks, search
from canting_server.registry.columns import Resource
from canting_server.registry.grammar import Form, Question
from canting_server.registry.limits import EXPORT_RETRY_S, EXPORT_SILENCE_S, EXPORTS_MAX
from canting_server.store import people
from canting_server.store.database import Connection, Snapshot
from canting_server.web import table
from canting_server.web.errors import Handler, Problem
from canting_server.web.keys import CURSORS, DATABASE, STATE

routes: Final = web.RouteTableDef()
log: Final = structlog.get_logger()

ASKER: Final = web.RequestKey("asker", bytes)
"""Where a request keeps the hash of the token that it came with."""

_MEDIA: Final[dict[Form, str]] = {"json": "application/json", "csv": "text/csv"}


def hash_token(token: str) -> bytes:
    """Return what is stored of a token."""
    return sha256(b"canting/token/1\0", token.encode("utf-8", "surrogatepass"))


_DEVICES: Final = frozenset({"/v1/sync", "/v1/enrol", "/v1/officer"})
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
            request[ASKER] = hashed
        if name is None:
            raise Problem(
                401, "token_needed", "send Authorization: Bearer …", WWW_Authenticate="Bearer"
            )
    return await handler(request)


@routes.get("/v1/artisans")
async def artisans(request: web.Request) -> web.StreamResponse:
    """Every artisan, as far as she shares."""
    return await _search(request, columns.ARTISANS)


@routes.get("/v1/sales")
async def sales(request: web.Request) -> web.StreamResponse:
    """Lines of sales and returns, of those who share lines."""
    return await _search(request, columns.SALES)


@routes.get("/v1/stock")
async def stock(request: web.Request) -> web.StreamResponse:
    """What lies where, of those who share lines."""
    return await _search(request, columns.STOCK)


@routes.get("/v1/conflicts")
async def conflicts(request: web.Request) -> web.StreamResponse:
    """What waits for a person to decide."""
    return await _search(request, columns.CONFLICTS)


@routes.get("/v1/verdicts")
async def verdicts(request: web.Request) -> web.StreamResponse:
    """Changes that were not simply applied."""
    return await _search(request, columns.VERDICTS)


@routes.get("/v1/gaps")
async def gaps(request: web.Request) -> web.StreamResponse:
    """Changes that exist and have not arrived, and who last took them."""
    return await _search(request, columns.GAPS)


@routes.get("/v1/totals")
async def totals(request: web.Request) -> web.StreamResponse:
    """Turnover by month, kecamatan and channel, with its coverage."""
    asked = grammar.read_bounds(_parameters(request), _form(request, "json", "csv"))

    def work(conn: Connection) -> bytes:
        found = ask.totals(
            conn,
            asked.by,
            asked.from_month,
            asked.to_month,
            asked.filters,
            asked.as_of,
            asked.known_at,
        )
        if asked.form == "csv":
            return table.totals(found, asked.delimiter)
        return msgspec.json.encode(found)

    return await _answer(request, work, asked.form)


@routes.get("/v1/artisans/{artisan}")
async def artisan(request: web.Request) -> web.StreamResponse:
    """One artisan, as far as she shares."""
    _form(request, "json")
    grammar.read_nothing(_parameters(request))
    which = request.match_info["artisan"]
    return await _answer(request, lambda conn: msgspec.json.encode(ask.artisan(conn, which)))


@routes.get("/v1/coverage")
async def coverage(request: web.Request) -> web.StreamResponse:
    """Who has reported, and through when."""
    _form(request, "json")
    grammar.read_nothing(_parameters(request))
    return await _answer(request, lambda conn: msgspec.json.encode(ask.coverage(conn)))


@routes.get("/v1/duplicates")
async def duplicates(request: web.Request) -> web.StreamResponse:
    """Who may be the same person, because their NIKs are equal."""
    _form(request, "json")
    grammar.read_nothing(_parameters(request))
    return await _answer(request, lambda conn: msgspec.json.encode(niks.duplicates(conn)))


# -- one page ----------------------------------------------------------------------------------


async def _search(request: web.Request, resource: Resource) -> web.StreamResponse:
    question = grammar.read(resource, _parameters(request), _form(request, "json", "csv"))
    if question.form == "csv":
        return await _export(request, question)
    cursors, asker = request.app[CURSORS], request[ASKER]
    link: dict[str, str] = {}

    def work(conn: Connection) -> bytes:
        page, cursor = search.page(conn, question, cursors, asker)
        if cursor is not None:
            page.next = str(request.rel_url.update_query(cursor=cursor))
            link["Link"] = f'<{page.next}>; rel="next"'
        return msgspec.json.encode(page)

    answered = await _answer(request, work, question=question)
    answered.headers.update(link)
    return answered


async def _answer(
    request: web.Request,
    work: Callable[[Connection], bytes],
    form: Form = "json",
    question: Question | None = None,
) -> web.Response:
    """Answer from one snapshot; 304 when who asks has what would be answered."""
    known = _known_tags(request)

    def on_snapshot(conn: Connection) -> tuple[int, bytes | None]:
        watermark = search.watermark(conn, question)
        return watermark, None if _tag(request, watermark, form) in known else work(conn)

    watermark, body = await request.app[DATABASE].read(on_snapshot)
    headers = _headers(request, watermark, form)
    if body is None:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, headers={"Content-Type": _type(form), **headers})


# -- everything, as CSV ------------------------------------------------------------------------


async def _export(request: web.Request, question: Question) -> web.StreamResponse:
    """Stream the whole result of a question; end when it is told, or when nobody listens.

    Raises:
        Problem: 503, when as many run as may.
    """
    state = request.app[STATE]
    if state.exports >= EXPORTS_MAX:
        raise Problem(
            503, "exports_busy", f"{EXPORTS_MAX} exports run", Retry_After=str(EXPORT_RETRY_S)
        )
    state.exports += 1
    try:
        async with request.app[DATABASE].snapshot() as snapshot:
            return await _stream(request, question, snapshot)
    finally:
        state.exports -= 1


async def _stream(
    request: web.Request, question: Question, snapshot: Snapshot
) -> web.StreamResponse:
    watermark = await snapshot.read(lambda conn: search.watermark(conn, question))
    headers = _headers(request, watermark, "csv")
    if headers["ETag"] in _known_tags(request):
        return web.Response(status=304, headers=headers)
    name = f'attachment; filename="{question.resource.name}.csv"'
    response = web.StreamResponse(
        headers={"Content-Type": _type("csv"), "Content-Disposition": name, **headers}
    )
    if request.method == "HEAD":
        return response
    after: tuple[Any, ...] | None = None
    part, after = await snapshot.read(lambda conn: _part(conn, question, None))
    await response.prepare(request)
    part = table.head(question.fields, question.delimiter) + part
    try:
        while True:
            async with asyncio.timeout(EXPORT_SILENCE_S):
                await response.write(part)
            if after is None:
                break
            last = after
            part, after = await snapshot.read(lambda conn, at=last: _part(conn, question, at))  # type: ignore[misc]
        await response.write_eof()
    except (ConnectionError, TimeoutError):
        log.info("export_left", resource=question.resource.name)
        _hang_up(request)
    except Exception:
        # The status has gone out: a broken connection is what still can be said.
        log.exception("export_failed", resource=question.resource.name)
        _hang_up(request)
    return response


def _part(
    conn: Connection, question: Question, after: tuple[Any, ...] | None
) -> tuple[bytes, tuple[Any, ...] | None]:
    rows, place = search.rows_after(conn, question, after)
    return table.body(rows, question.delimiter), place


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


# -- what a request says of its answer ---------------------------------------------------------


def _parameters(request: web.Request) -> Sequence[tuple[str, str]]:
    return list(request.query.items())


def _form(request: web.Request, *offered: Form) -> Form:
    """Return the form that is accepted most, the first offered where it is all the same.

    Raises:
        Problem: 406, when none is.
    """
    if request.query.get("format") in offered:
        return offered[0]
    accepted = request.headers.getall("Accept", ["*/*"])
    weights = {form: _weight(",".join(accepted), _MEDIA[form]) for form in offered}
    best = max(offered, key=lambda form: weights[form])
    if weights[best] <= 0:
        media = [_MEDIA[form] for form in offered]
        raise Problem(406, "not_acceptable", f"there are: {', '.join(media)}")
    return best


def _weight(accepted: str, media: str) -> float:
    """Return how much a media type is accepted (RFC 9110, 12.5.1): the closest range decides."""
    wide = media.partition("/")[0] + "/*"
    closest, weight = -1, 0.0
    for each in accepted.split(","):
        name, *parameters = (part.strip().lower() for part in each.split(";"))
        if name not in (media, wide, "*/*"):
            continue
        close = (media, wide, "*/*")[::-1].index(name)
        told = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            value = float(told)
        except ValueError:
            value = 0.0
        if close > closest:
            closest, weight = close, value
    return weight


def _tag(request: web.Request, watermark: int, form: Form) -> str:
    asked = sha256(b"canting/asked/1\0", request.path_qs.encode("utf-8", "surrogatepass"))
    return f'W/"{watermark:x}-{form}-{asked[:8].hex()}"'


def _known_tags(request: web.Request) -> set[str]:
    told = ",".join(request.headers.getall("If-None-Match", []))
    return {"W/" + each.strip().removeprefix("W/") for each in told.split(",")}


def _headers(request: web.Request, watermark: int, form: Form) -> dict[str, str]:
    return {
        "ETag": _tag(request, watermark, form),
        "Registry-Watermark": str(watermark),
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Authorization",
    }


def _type(form: Form) -> str:
    return _MEDIA["csv"] + "; charset=utf-8; header=present" if form == "csv" else _MEDIA["json"]
