"""The page of staff: who may see it, what its forms do, and that names are only ever text."""

import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from aiohttp import FormData
from tests.server import city
from tests.server.makers import NOW, TOKEN, Answered, Device, Served

from canting_client import reading
from canting_protocol import changes as c
from canting_protocol.ledger.times import day_of
from canting_server.registry import front
from canting_server.web import chart, pages, sessions
from canting_server.web.staff import hash_token
from canting_server.web.words import SAY, Words, choose_language

SAME = {"Sec-Fetch-Site": "same-origin"}


class Form:
    """One form of a page."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: list[tuple[str, str]] = []
        self.radios: list[str] = []

    def filled(self, **more: str) -> list[tuple[str, str]]:
        """Return the fields as a browser would send them."""
        return [*self.fields, *more.items()]


class Forms(HTMLParser):
    """The forms of a page, read as a browser reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form and its fields."""
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(told["action"]))
        elif tag == "input" and told.get("type") == "hidden":
            self.found[-1].fields.append((told["name"], told["value"]))
        elif tag == "input" and told.get("type") == "radio":
            self.found[-1].radios.append(told["value"])

    def to(self, action: str) -> list[Form]:
        """Return the forms that go to a path."""
        return [each for each in self.found if each.action.partition("?")[0] == action]


class Visitor:
    """A browser, as far as these tests need one: it keeps the cookie that it is given."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.cookie = ""

    async def get(self, path: str = "/", **headers: str) -> Answered:
        """Open a page."""
        return await self._call("GET", path, None, headers)

    async def post(self, path: str, fields: Any, headers: dict[str, str] | None = None) -> Answered:
        """Send a form."""
        data = fields if isinstance(fields, bytes) else FormData(fields)()
        return await self._call("POST", path, data, SAME if headers is None else headers)

    async def sign_in(self, token: str = TOKEN) -> Answered:
        """Sign in."""
        return await self.post("/sign-in", [("token", token)])

    async def forms(self, path: str = "/") -> Forms:
        """Return the forms of a page."""
        return Forms((await self.get(path)).body.decode())

    async def _call(self, method: str, path: str, data: Any, headers: dict[str, str]) -> Answered:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if method == "POST":
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        answered = await self.served.call(
            method, path, data=data, headers=headers, allow_redirects=False
        )
        if "Set-Cookie" in answered.headers:
            self.cookie = answered.headers["Set-Cookie"].partition(";")[0]
        return answered


@pytest.fixture
async def visitor(served: Served) -> Visitor:
    return Visitor(served)


@pytest.fixture
async def siti(served: Served) -> Device:
    """An artisan who disagrees with herself on one price."""
    device = await city.settle_in(served, "Sri Contoh", "Batik Contoh", "Wates")
    await city.quarrel(served, device)
    return device


# -- signing in --------------------------------------------------------------------------------


async def test_without_signing_in_there_is_only_the_form_for_it(
    served: Served, visitor: Visitor, siti: Device
) -> None:
    answered = await visitor.get()
    assert answered.status == 200
    assert b"Contoh" not in answered.body
    assert [each.action for each in Forms(answered.body.decode()).found] == ["/sign-in?lang=id"]


async def test_a_token_becomes_a_session_in_a_cookie_that_no_script_reads(
    served: Served, visitor: Visitor, siti: Device
) -> None:
    answered = await visitor.sign_in()
    assert (answered.status, answered.headers["Location"]) == (303, "/?lang=id")
    attributes = {each.strip() for each in answered.headers["Set-Cookie"].split(";")[1:]}
    assert attributes == {"HttpOnly", "Path=/", "SameSite=Strict", "Secure"}
    assert visitor.cookie.startswith("__Host-")
    assert TOKEN not in visitor.cookie
    assert b"Sri Contoh" in (await visitor.get()).body
    secret = visitor.cookie.partition("=")[2]
    stored = await served.look(lambda conn: conn.fetch("SELECT session, token FROM session"))
    assert [len(each[0]) for each in stored] == [32]
    assert bytes.fromhex(secret) != stored[0][0]


@pytest.mark.parametrize("token", ["", "cst_guessed", "x" * 5_000, "²\0\u202e", TOKEN + "x"])
async def test_a_wrong_token_opens_nothing(visitor: Visitor, token: str) -> None:
    answered = await visitor.sign_in(token)
    assert answered.status == 403
    assert "Set-Cookie" not in answered.headers
    assert b'role="alert"' in answered.body


async def test_signing_out_ends_the_session_for_whoever_holds_the_cookie(
    served: Served, visitor: Visitor, siti: Device
) -> None:
    await visitor.sign_in()
    stolen = visitor.cookie
    (form,) = (await visitor.forms()).to("/sign-out")
    answered = await visitor.post(form.action, form.filled())
    assert answered.status == 303
    visitor.cookie = stolen
    assert b"Sri Contoh" not in (await visitor.get()).body


async def test_signing_in_again_makes_another_session_and_ends_the_one_before(
    served: Served, visitor: Visitor
) -> None:
    await visitor.sign_in()
    first = visitor.cookie
    await visitor.sign_in()
    assert visitor.cookie != first
    assert len(await served.look(lambda conn: conn.fetch("SELECT 1 FROM session"))) == 1


async def test_a_session_that_is_left_alone_is_over(
    served: Served, visitor: Visitor, siti: Device
) -> None:
    await visitor.sign_in()
    for _ in range(3):
        served.time.now += sessions.IDLE_SECONDS - 1
        assert b"Sri Contoh" in (await visitor.get()).body
    served.time.now += sessions.IDLE_SECONDS
    assert b"Sri Contoh" not in (await visitor.get()).body


async def test_no_session_outlives_the_day(served: Served, visitor: Visitor, siti: Device) -> None:
    await visitor.sign_in()
    for _ in range(sessions.LONGEST_SECONDS // 1_200):
        served.time.now += 1_200
        answered = await visitor.get()
    assert b"Sri Contoh" not in answered.body


async def test_a_token_that_is_taken_back_ends_its_sessions(
    served: Served, visitor: Visitor, siti: Device
) -> None:
    await visitor.sign_in()
    await served.change(
        lambda conn: conn.execute("DELETE FROM token WHERE token = $1", hash_token(TOKEN))
    )
    assert b"Sri Contoh" not in (await visitor.get()).body


@pytest.mark.parametrize("secret", ["", "x", "0" * 64, "0" * 63, "%00", "é", '"', "0" * 5_000])
async def test_a_made_up_session_opens_nothing(visitor: Visitor, siti: Device, secret: str) -> None:
    visitor.cookie = f"{sessions.COOKIE}={secret}"
    answered = await visitor.get()
    assert answered.status == 200
    assert b"Sri Contoh" not in answered.body


# -- forms from elsewhere ----------------------------------------------------------------------

ELSEWHERE: list[dict[str, str]] = [
    {},
    {"Origin": "null"},
    {"Origin": "https://elsewhere.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
]


@pytest.mark.parametrize("headers", ELSEWHERE)
async def test_what_another_sites_page_sends_is_not_carried_out(  # 60
    served: Served, visitor: Visitor, siti: Device, headers: dict[str, str]
) -> None:
    signed_in = await visitor.post("/sign-in", [("token", TOKEN)], headers)
    assert signed_in.status == 403
    assert visitor.cookie == ""
    await visitor.sign_in()
    before = await served.digest(siti.artisan)
    forms = await visitor.forms()
    form = forms.to("/settle")[0]
    answered = await visitor.post(form.action, form.filled(choose=form.radios[0]), headers)
    assert answered.status == 403
    (out,) = forms.to("/sign-out")
    assert (await visitor.post(out.action, out.filled(), headers)).status == 403
    assert await served.digest(siti.artisan) == before
    assert b"Sri Contoh" in (await visitor.get()).body


async def test_an_older_browser_tells_the_pages_origin(
    served: Served, visitor: Visitor, siti: Device
) -> None:
    headers = {"Origin": f"http://127.0.0.1:{served.port}"}
    assert (await visitor.post("/sign-in", [("token", TOKEN)], headers)).status == 303


@pytest.mark.parametrize("word", ["", "0" * 64, "é"])
async def test_a_form_without_the_sessions_word_is_not_carried_out(
    served: Served, visitor: Visitor, siti: Device, word: str
) -> None:
    await visitor.sign_in()
    before = await served.digest(siti.artisan)
    form = (await visitor.forms()).to("/settle")[0]
    fields = [each for each in form.filled(choose=form.radios[0]) if each[0] != "word"]
    assert (await visitor.post("/settle", fields)).status == 403
    assert (await visitor.post("/settle", [*fields, ("word", word)])).status == 403
    other = Visitor(served)
    await other.sign_in()
    theirs = dict((await other.forms()).to("/settle")[0].fields)["word"]
    assert (await visitor.post("/settle", [*fields, ("word", theirs)])).status == 403
    assert await served.digest(siti.artisan) == before


# -- settling ----------------------------------------------------------------------------------


async def test_a_conflict_is_settled_with_the_form_and_reaches_her_device(
    served: Served, visitor: Visitor, siti: Device
) -> None:
    await visitor.sign_in()
    page = (await visitor.get()).body.decode()
    price = next(form for form in Forms(page).to("/settle") if ("field", "4") in form.fields)
    shown = re.findall(r'class="value">(Rp[\d.]+)<', page)
    which = shown.index("Rp165.000")
    fields = price.filled(choose=price.radios[which])
    answered = await visitor.post(price.action, fields)
    assert (answered.status, answered.headers["Location"]) == (303, "/?lang=id&said=settled")
    assert SAY["settled"][0].encode() in (await visitor.get(answered.headers["Location"])).body
    await served.sync(siti)
    assert all(entity != "item" for entity, field, _ in reading.conflicts(siti.book) if field == 4)
    prices = [each.fields.get(4) for each in reading.things(siti.book, c.Kind.ITEM)]
    assert 165_000 in prices
    again = await visitor.post(price.action, fields)
    assert again.headers["Location"] == "/?lang=id&said=already"


async def test_a_choice_that_comes_too_late_is_told_what_stands_now(
    served: Served, visitor: Visitor, siti: Device
) -> None:
    await visitor.sign_in()
    price = next(f for f in (await visitor.forms()).to("/settle") if ("field", "4") in f.fields)
    await served.sync(siti)
    kain = next(
        each for each in reading.things(siti.book, c.Kind.ITEM) if "Kain tulis" in each.name
    )
    name = siti.book.wire_name(kain.key)
    siti.book.record(c.Item(name, [city.field(c.ItemField.PRICE, 199_000)]))
    await served.sync(siti)
    answered = await visitor.post(price.action, price.filled(choose=price.radios[0]))
    assert answered.status == 409
    assert b'role="alert"' in answered.body
    assert b"Rp199.000" in answered.body


async def test_counts_that_disagree_have_no_form(
    served: Served, visitor: Visitor, siti: Device
) -> None:
    await visitor.sign_in()
    page = (await visitor.get()).body.decode()
    assert SAY["counts_differ"][0] in page
    assert not any(
        value.startswith("stock:") for form in Forms(page).found for _, value in form.fields
    )
    form = Forms(page).to("/settle")[0]
    fields = [each for each in form.filled(choose=form.radios[0]) if each[0] != "of"]
    answered = await visitor.post("/settle", [*fields, ("of", "stock:x")])
    assert answered.status == 422


async def test_who_is_signed_out_meanwhile_is_told_that_nothing_was_changed(
    served: Served, visitor: Visitor, siti: Device
) -> None:
    await visitor.sign_in()
    form = (await visitor.forms()).to("/settle")[0]
    before = await served.digest(siti.artisan)
    visitor.cookie = ""
    answered = await visitor.post(form.action, form.filled(choose=form.radios[0]))
    assert answered.status == 403
    assert SAY["over"][0].encode() in answered.body
    assert await served.digest(siti.artisan) == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff", 400),
        (b"word=%ff", 400),
        (b"&" * 3_000, 400),
        (b"choose=x&seen=x", 400),
        (b"a" * 70_000, 413),
    ],
)
async def test_a_form_that_is_none_is_never_our_mistake(
    served: Served, visitor: Visitor, siti: Device, body: bytes, status: int
) -> None:
    await visitor.sign_in()
    word = dict((await visitor.forms()).to("/settle")[0].fields)["word"].encode()
    whole = body if len(body) > 60_000 or b"word" in body else body + b"&word=" + word
    assert (await visitor.post("/settle", whole)).status == status


async def test_a_form_for_what_is_gone_says_so(visitor: Visitor, siti: Device) -> None:
    await visitor.sign_in()
    form = (await visitor.forms()).to("/settle")[0]
    fields = [each for each in form.filled(choose=form.radios[0]) if each[0] != "field"]
    assert (await visitor.post("/settle", [*fields, ("field", "9")])).status == 404


# -- what the page says ------------------------------------------------------------------------


async def test_names_are_only_ever_text(served: Served, visitor: Visitor) -> None:  # 59
    device = await city.settle_in(served, city.EVIL, '"><svg onload=alert(1)>', "Wates")
    await city.quarrel(served, device)
    await visitor.sign_in()
    page = (await visitor.get()).body.decode()
    assert "<script" not in page
    assert "<svg onload" not in page
    assert "onclick=x>" not in page
    assert "&lt;script&gt;document.title=&#39;kena&#39;&lt;/script&gt;" in page


async def test_what_she_does_not_share_is_on_no_page(served: Served, visitor: Visitor) -> None:
    device = await city.settle_in(served, "Sri Contoh", "", "Wates")
    await city.quarrel_in_private(served, device)
    await visitor.sign_in()
    page = (await visitor.get()).body
    assert SAY["hidden"][0].encode() in page
    for secret in (b"111.222", b"333.444", b"111222", b"333444", b"rahasia"):
        assert secret not in page


async def test_pages_with_data_are_kept_by_nobody_and_run_no_script(
    visitor: Visitor, siti: Device
) -> None:
    for answered in (await visitor.get(), await visitor.sign_in(), await visitor.get()):
        headers = answered.headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert b"style=" not in answered.body


async def test_the_style_may_be_kept_and_is_found_where_the_page_says(visitor: Visitor) -> None:
    page = (await visitor.get()).body.decode()
    (path,) = re.findall(r'href="(/style.css[^"]*)"', page)
    answered = await visitor.get(path)
    assert answered.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answered.headers["Cache-Control"]


async def test_a_page_of_a_city_is_small(served: Served, visitor: Visitor) -> None:
    """Two seconds of a poor network, compressed, the style included."""
    await city.lived_in(served)
    await visitor.sign_in()
    sizes = []
    for path in ("/", "/style.css"):
        url = f"http://127.0.0.1:{served.port}{path}"
        headers = {"Cookie": visitor.cookie, "Accept-Encoding": "gzip"}
        async with served.http.get(url, headers=headers) as response:
            await response.read()
            sizes.append(int(response.headers.get("Content-Length", 0)))
    assert sum(sizes) < 20_000


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "", "id"),
        ("", "en-US,en;q=0.9", "en"),
        ("", "en;q=0.5, id", "id"),
        ("", "fr, de;q=0.1", "id"),
        ("", "ms, en;q=0.9", "id"),
        ("", "en;q=x, ;;;,", "id"),
        ("?lang=en", "id", "en"),
        ("?lang=id", "en", "id"),
        ("?lang=fr", "en", "en"),
        ("?lang=en&lang=id", "", "en"),
    ],
)
async def test_the_page_speaks_what_was_asked_for(
    visitor: Visitor, query: str, accepted: str, language: str
) -> None:
    answered = await visitor.get(f"/{query}", Accept_Language=accepted)
    assert f'<html lang="{language}">'.encode() in answered.body
    assert answered.headers["Content-Language"] == language


async def test_an_empty_registry_has_a_page(visitor: Visitor) -> None:
    await visitor.sign_in()
    for language in (0, 1):
        page = (await visitor.get(f"/?lang={('id', 'en')[language]}")).body.decode()
        for key in ("no_turnover", "no_conflicts", "nobody_silent"):
            assert SAY[key][language] in page


async def test_the_title_says_until_when_there_were_sales_if_not_lately(
    served: Served, visitor: Visitor
) -> None:
    device = await served.joined()
    long_ago = day_of(NOW) - 800
    device.book.record(c.Sale([c.SaleLine(-1, 1_000, 250_000)], day=long_ago))
    await served.sync(device)
    await visitor.sign_in()
    for language, month in (("id", "sampai Agu 2023"), ("en", "until Aug 2023")):
        page = (await visitor.get(f"/?lang={language}")).body.decode()
        titles = re.findall(r'<h2 id="turnover">.*?</h2>|<title id="chart.*?</title>', page)
        assert len(titles) == 2
        assert all(month in title for title in titles)
        assert "250" in page


# -- putting in order --------------------------------------------------------------------------


def row(month: str, kecamatan: str, turnover: int, paid_back: int = 0) -> dict[str, Any]:
    """Return a row of the totals."""
    return {"month": month, "kecamatan": kecamatan, "turnover": turnover, "paid_back": paid_back}


def test_months_have_no_gaps_and_what_lies_beyond_them_is_said() -> None:
    told = front.by_month(
        [
            row("2024-10", "Magersari", 1),
            row("2024-11", "Magersari", 10, 4),
            row("2025-10", "belum dikenal", 1_000),
            row("2025-10", "Kranggan", 100),
            row("2035-01", "Kranggan", 7),
        ],
        202510,
    )
    assert list(told.months) == [202411, 202412, *range(202501, 202511)]
    assert list(told.districts) == ["Kranggan", "Magersari", "belum dikenal"]
    assert (told.earlier, told.later, told.total, told.returned) == (1, 7, 1_110, 4)
    assert told.of_month(202510) == 1_100
    assert told.of_district("Magersari") == 10


def test_where_nothing_was_sold_lately_the_last_twelve_months_with_sales_are_shown() -> None:
    sold = [row("2023-07", "Kranggan", 1), row("2024-06", "Kranggan", 100)]
    told = front.by_month([*sold, row("2023-06", "Kranggan", 7), row("2035-01", "A", 3)], 202510)
    assert told.quiet
    assert list(told.months) == [*range(202307, 202313), *range(202401, 202407)]
    assert (told.earlier, told.later, told.total) == (7, 3, 101)
    lately = front.by_month([*sold, row("2024-11", "Kranggan", 5)], 202510)
    assert not lately.quiet
    assert (lately.months[0], lately.months[-1], lately.total) == (202411, 202510, 5)
    nothing = front.by_month([], 202510)
    assert (nothing.quiet, nothing.months[-1]) == (False, 202510)


def test_the_longest_silent_come_first_and_before_them_who_never_came() -> None:
    def artisan(name: str, through: str | None) -> dict[str, Any]:
        told = {"id": name, "name": name, "brand": None, "kelurahan": None, "kecamatan": None}
        return told | {"reported_through": through}

    found = front.who_is_silent(
        [
            artisan("lately", "2025-10-01T08:00:00+07:00"),
            artisan("two weeks", "2025-09-25T23:59:00+07:00"),
            artisan("never", None),
            artisan("long", "2025-01-01T00:00:00+07:00"),
        ],
        date(2025, 10, 9),
    )
    assert [(each.name, each.days) for each in found] == [
        ("never", None),
        ("long", 281),
        ("two weeks", 14),
    ]


def test_a_bar_is_as_high_as_its_share_and_a_little_is_not_nothing() -> None:
    nothing, little, half, most = chart.bars([0, 1, 500, 1_000], 1_000)
    assert nothing.height == 0
    assert 0 < little.height < 2
    assert half.height * 2 == most.height == chart.FLOOR - chart.TOP
    assert all(bar.y + bar.height == chart.FLOOR for bar in (nothing, half, most))
    assert most.x + most.width <= chart.WIDTH
    assert chart.bars([], 0) == []
    assert [bar.height for bar in chart.bars([0, 0], 0)] == [0, 0]


def test_charts_side_by_side_have_one_scale() -> None:
    told = front.by_month([row("2025-10", "A", 1_000), row("2025-09", "B", 500)], 202510)
    a, b = (pages.draw(told, each, 1_000) for each in told.districts)
    assert a.bars[-1].height == 2 * b.bars[-2].height
    assert (b.most, b.month) == (500, 202509)


@pytest.mark.parametrize(
    ("amount", "indonesian", "english"),
    [
        (0, "Rp0", "Rp0"),
        (999_999, "Rp999.999", "Rp999,999"),
        (1_000_000, "Rp1 juta", "Rp1 million"),
        (46_800_000, "Rp46,8 juta", "Rp46.8 million"),
        (1_250_000_000, "Rp1,2 miliar", "Rp1.2 billion"),
    ],
)
def test_large_amounts_are_spelt_out(amount: int, indonesian: str, english: str) -> None:
    assert Words("id").short(amount) == indonesian
    assert Words("en").short(amount) == english


def test_everything_is_said_in_both_languages_with_the_same_blanks() -> None:
    for key, (indonesian, english) in SAY.items():
        assert indonesian
        assert english
        blanks = [set(re.findall(r"{\w+}", text)) for text in (indonesian, english)]
        assert blanks[0] == blanks[1], key
    assert choose_language(None, "in-ID") == "id"
