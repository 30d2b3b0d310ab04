"""The page of staff: plain HTML, no script, small enough for a poor network.

Without a session there is only the form to sign in. Every form is checked twice: that no other
site's page sent it, and that it carries the session's own word.
"""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

import jinja2
import msgspec
from aiohttp import web

from canting_protocol.crypto import sha256
from canting_server.registry import ask, front
from canting_server.registry.resolving import Changed, Choice, NotKnownHere, OnlyByCounting
from canting_server.web import chart, sessions
from canting_server.web.conflicts import CHOICE_BYTES_MAX, settle
from canting_server.web.errors import Problem
from canting_server.web.keys import CROWD, DATABASE, REGISTRY
from canting_server.web.sessions import Session
from canting_server.web.sync import read_body
from canting_server.web.words import Words, choose_language

routes: Final = web.RouteTableDef()

_FORM: Final = "application/x-www-form-urlencoded"
_FIELDS_MAX: Final = 1_100
_WIB: Final = timedelta(hours=7)
_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("canting_server.web"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STYLE: Final = files(__package__).joinpath("templates/style.css").read_bytes()
_STYLE_VERSION: Final = sha256(_STYLE).hex()[:12]
_SAFE: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Notice(NamedTuple):
    """What is said first on a page: how the last form went."""

    key: str
    wrong: bool = False
    stands: list[str] = []  # noqa: RUF012  # never changed


class Chart(NamedTuple):
    """The bars of one kecamatan."""

    district: str
    sum: int
    most: int
    month: int
    bars: list["MonthBar"]


class MonthBar(NamedTuple):
    """One month's bar."""

    x: float
    y: float
    width: float
    height: float
    amount: int
    month: int


@routes.get("/")
async def index(request: web.Request) -> web.Response:
    """The front page, or the form to sign in."""
    session = await sessions.session_of(request)
    said = request.query.get("said")
    if session is None:
        return _sign_in(request, Notice("signed_out") if said == "signed_out" else None)
    notice = Notice(said) if said in ("settled", "already") else None
    return await _front(request, session, notice)


@routes.get("/style.css")
async def style(_: web.Request) -> web.Response:
    """How the pages look; it has no secrets, and a browser may keep it."""
    headers = _SAFE | {"Cache-Control": "public, max-age=31536000, immutable"}
    return web.Response(body=_STYLE, content_type="text/css", charset="utf-8", headers=headers)


@routes.post("/sign-in")
async def sign_in(request: web.Request) -> web.Response:
    """Turn a token into a session; the one that was there before is over."""
    form = await _form(request)
    if sessions.from_elsewhere(request):
        return _sign_in(request, Notice("elsewhere", wrong=True), status=403)
    secret = await sessions.sign_in(request, _one(form, "token").strip())
    if secret is None:
        return _sign_in(request, Notice("wrong_token", wrong=True), status=403)
    before = await sessions.session_of(request)
    if before is not None:
        await sessions.sign_out(request, before)
    answer = _to_front(request)
    answer.set_cookie(
        sessions.COOKIE,
        secret,
        path="/",
        secure=True,
        httponly=True,
        samesite="Strict",
    )
    return answer


@routes.post("/sign-out")
async def sign_out(request: web.Request) -> web.Response:
    """End the session."""
    form = await _form(request)
    session = await sessions.session_of(request)
    if session is not None:
        if _is_forged(request, session, form):
            return await _front(request, session, Notice("elsewhere", wrong=True), status=403)
        await sessions.sign_out(request, session)
    answer = _to_front(request, "signed_out")
    answer.del_cookie(sessions.COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
    return answer


@routes.post("/settle")
async def settle_(request: web.Request) -> web.Response:
    """Let the chosen value of a field stand."""
    form = await _form(request)
    session = await sessions.session_of(request)
    if session is None:
        return _sign_in(request, Notice("over", wrong=True), status=403)
    if _is_forged(request, session, form):
        return await _front(request, session, Notice("elsewhere", wrong=True), status=403)
    try:
        told = {"choose": _one(form, "choose"), "seen": form.get("seen", [])}
        choice = msgspec.convert(told, Choice)
    except msgspec.ValidationError as error:
        raise Problem(400, "malformed", f"not a choice: {error}") from error
    of, field = _one(form, "of"), _one(form, "field")
    try:
        settled = await settle(request, _one(form, "artisan"), of, field, choice)
    except Changed as error:
        say = _words(request)
        stands = [say.value(of, field, each.value) for each in error.values]
        notice = Notice("changed", wrong=True, stands=stands)
        return await _front(request, session, notice, status=409)
    except ask.NotFound:
        return await _front(request, session, Notice("gone", wrong=True), status=404)
    except OnlyByCounting:
        return await _front(request, session, Notice("counts_differ", wrong=True), status=422)
    except NotKnownHere:
        return await _front(request, session, Notice("unknown_field", wrong=True), status=422)
    return _to_front(request, "already" if settled.already else "settled")


# -- answers ------------------------------------------------------------------------------------


async def _front(
    request: web.Request, session: Session, notice: Notice | None, status: int = 200
) -> web.Response:
    registry, say = request.app[REGISTRY], _words(request)
    told = await request.app[DATABASE].read(lambda conn: front.front(conn, registry))
    scale = max(told.turnover.amounts.values(), default=0)

    def author(value: front.Value) -> str:
        by = say("by_department") if value.department else say("by_device", by=value.by[:8])
        return f"{by}, {say.moment(value.at)}"

    return _page(
        request,
        "front.html",
        status,
        session=session,
        notice=notice,
        front=told,
        charts=[draw(told.turnover, each, scale) for each in told.turnover.districts],
        scale=scale,
        top=chart.TOP,
        floor=chart.FLOOR,
        silent_days=front.SILENT_DAYS,
        author=author,
        now=datetime.fromtimestamp(registry.now(), UTC) + _WIB,
    )


def draw(turnover: front.Turnover, district: str, scale: int) -> Chart:
    """Return the chart of one kecamatan, on the scale that all share."""
    amounts = [turnover.amounts.get((district, month), 0) for month in turnover.months]
    most = max(amounts)
    bars = [
        MonthBar(*bar, month)
        for bar, month in zip(chart.bars(amounts, scale), turnover.months, strict=True)
    ]
    month = turnover.months[amounts.index(most)]
    return Chart(district, turnover.of_district(district), most, month, bars)


def _sign_in(request: web.Request, notice: Notice | None, status: int = 200) -> web.Response:
    return _page(request, "sign_in.html", status, notice=notice)


def _page(request: web.Request, template: str, status: int, **told: Any) -> web.Response:
    say = _words(request)
    text = _TEMPLATES.get_template(template).render(say=say, style=_STYLE_VERSION, **told)
    headers = _SAFE | {
        "Cache-Control": "no-store",
        "Content-Language": say.language,
        "Vary": "Accept-Language, Cookie",
    }
    answer = web.Response(
        text=text, content_type="text/html", charset="utf-8", status=status, headers=headers
    )
    answer.enable_compression()
    return answer


def _to_front(request: web.Request, said: str | None = None) -> web.Response:
    """Return to the front page, so that going back never sends a form again."""
    where = f"/?lang={_words(request).language}" + (f"&said={said}" if said else "")
    return web.Response(
        status=303, headers=_SAFE | {"Location": where, "Cache-Control": "no-store"}
    )


# -- what was asked -----------------------------------------------------------------------------


def _words(request: web.Request) -> Words:
    accepted = request.headers.get("Accept-Language", "")
    return Words(choose_language(request.query.get("lang"), accepted))


def _is_forged(request: web.Request, session: Session, form: dict[str, list[str]]) -> bool:
    word = form.get("word", [""])[0]
    return sessions.from_elsewhere(request) or not sessions.is_ours(session, word)


async def _form(request: web.Request) -> dict[str, list[str]]:
    with request.app[CROWD].place() as place:
        body = await read_body(request, CHOICE_BYTES_MAX, place, _FORM)
    try:
        return parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_FIELDS_MAX,
        )
    except ValueError as error:
        raise Problem(400, "malformed", "not a form") from error


def _one(form: dict[str, list[str]], name: str) -> str:
    values = form.get(name, [])
    if len(values) != 1:
        raise Problem(400, "malformed", f"a form with {name!r} once")
    return values[0]
