"""Staff page, count, pin, and export: over HTTP, as they would."""

import asyncio
import csv
import io
import re
from typing import Any

import aiohttp
import pytest
from tests.server.makers import NOW, TOKEN, Answered, Device, Served

from canting_protocol import changes as c
from canting_protocol.ledger.times import day_of
from canting_server.registry import limits
from canting_server.registry import search as asking
from canting_server.store import people
from canting_server.store import search as stored
from canting_server.store.database import Connection, OutOfTime
from canting_server.web import staff, table
from canting_server.web.keys import STATE
from canting_server.web.staff import hash_token

TODAY = day_of(NOW)


@pytest.fixture
async def siti(served: Served) -> Device:
    """An artisan who shares lines: five sales of one cloth, a day apart, and a return."""
    device = await served.joined()
    named = c.FieldWrite(c.ItemField.NAME, c.value("Sekar Jagad"))
    cloth = device.book.record(c.Item(None, [named]))[0]
    device.book.record(
        c.Consent(c.Sharing.LINES),
        *[
            c.Sale([c.SaleLine(cloth.n, 1_500, 100 + ago)], day=TODAY - ago, channel=ago % 2)
            for ago in range(5)
        ],
        c.Return([c.GoodsLine(cloth.n, 1_500, 100)], day=TODAY - 9),
    )
    await served.sync(device)
    return device


def cloth_of(siti: Device) -> int:
    """Return the number of the change that introduced her cloth."""
    (n,) = siti.book.conn.execute("SELECT n FROM change WHERE kind = 2").fetchone()
    return int(n)


async def city(served: Served, count: int) -> list[Device]:
    """Let artisans join; each other one shares lines, and has a sale."""
    devices = []
    for number in range(count):
        device = await served.joined()
        fields = [
            c.FieldWrite(c.ProfileField.NAME, c.value(f"Ibu {number % 3}")),
            c.FieldWrite(c.ProfileField.AREA, c.value(("Wates", "Miji")[number % 2])),
        ]
        device.book.record(c.Profile(fields), c.Consent(number % 2 + 1))
        device.sells(number)
        await served.sync(device)
        devices.append(device)
    return devices


async def every_page(served: Served, path: str) -> list[dict[str, Any]]:
    """Follow the links from page to page."""
    rows: list[dict[str, Any]] = []
    at: str | None = path
    while at is not None:
        answered = await served.ask(at)
        told = answered.json
        rows += told["rows"]
        at = told["next"]
        link = answered.headers.get("Link")
        assert link == (None if at is None else f'<{at}>; rel="next"')
    return rows


def table_of(answered: Answered, delimiter: str = ",") -> list[dict[str, str]]:
    """Return the rows of a CSV, which it must be."""
    assert answered.status == 200, answered.body
    assert answered.headers["Content-Type"].startswith("text/csv")
    text = answered.body.decode()
    assert text.startswith(table.BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(table.BOM)), delimiter=delimiter))


# -- lines of sales ----------------------------------------------------------------------------


async def test_a_sale_is_told_line_by_line(served: Served, siti: Device) -> None:
    told = (await served.ask("/v1/sales?sort=-day&limit=1")).json
    (row,) = told["rows"]
    log, n = row.pop("log"), row.pop("n")
    assert row.pop("item") == f"{log}.{cloth_of(siti)}"
    assert n > 1
    assert row == {
        "artisan": siti.artisan.hex(),
        "day": "2025-10-09",
        "month": "2025-10",
        "channel": "langsung",
        "kind": "sale",
        "item_name": "Sekar Jagad",
        "place": "-1",
        "quantity": "1.5",
        "amount": 100,
        "custody": False,
        "line": 0,
    }


async def test_lines_are_of_those_alone_who_share_them(served: Served, siti: Device) -> None:
    assert len((await served.ask("/v1/sales")).json["rows"]) == 6
    siti.book.record(c.Consent(c.Sharing.TOTALS))
    await served.sync(siti)
    assert (await served.ask("/v1/sales")).json["rows"] == []
    assert len(table_of(await served.ask("/v1/sales?format=csv"))) == 0


async def test_sharing_is_enforced_where_it_is_asked_too(served: Served, siti: Device) -> None:
    """Were a line ever left behind, nobody would see it."""
    await served.change(lambda conn: conn.execute("UPDATE person SET sharing = 1"))
    for path in ("/v1/sales?count=exact&facet=kind", "/v1/stock?count=exact&facet=disputed"):
        told = (await served.ask(path)).json
        assert told["rows"] == []
        assert told["count"] == {"kind": "exact", "rows": 0}
        assert all(facet["values"] == [] for facet in told["facets"].values())


@pytest.mark.parametrize(
    ("asked", "amounts"),
    [
        ("day=2025-10-09", [100]),
        ("day=2025-10-09&day=2025-10-08", [101, 100]),
        ("day__before=2025-10-06", [100, 104]),
        ("day__gte=2025-10-08", [101, 100]),
        ("month=2025-09", [100]),
        ("month__gte=2025-10&amount__gt=102", [104, 103]),
        ("channel=toko", [103, 101]),
        ("kind=return", [100]),
        ("item_name__contains=sekar&amount__lte=100", [100, 100]),
        ("item_name__contains=JAGAD&item_name__contains=nobody&day=2025-10-08", [101]),
        ("item_name__contains=a&amount__lt=104&amount__gt=102", [103]),
        ("item_name__contains=seka_", []),
        ("item_name=nobody", []),
        ("item__contains=.&amount=104", [104]),
        ("item=' OR 1=1--", []),  # 53
        ("quantity=1.5&amount=104", [104]),
        ("custody=true", []),
    ],
)
@pytest.mark.parametrize("few", [5_000, 2, -1])
async def test_lines_are_found_by_what_they_hold(
    served: Served,
    siti: Device,
    asked: str,
    amounts: list[int],
    few: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By an index where few are found so, otherwise in their order: the same lines."""
    monkeypatch.setattr(stored, "FEW_ROWS_MAX", few)
    told = (await served.ask(f"/v1/sales?fields=amount&count=exact&facet=kind&{asked}")).json
    assert [row["amount"] for row in told["rows"]] == amounts
    assert told["count"]["rows"] == len(amounts)
    assert sum(each["rows"] for each in told["facets"]["kind"]["values"]) == len(amounts)


@pytest.mark.parametrize("few", [5_000, -1])
async def test_goods_without_a_name_are_found_by_what_they_are_shown_as(
    served: Served, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "FEW_ROWS_MAX", few)
    await city(served, 2)
    for asked in ("__contains=LAIN", "=barang%20lain", "__contains=a"):
        (row,) = (await served.ask(f"/v1/sales?item_name{asked}")).json["rows"]
        assert row["item_name"] == "barang lain"


# -- pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name,id", "kecamatan,-name", "since"])
async def test_pages_are_walked_by_their_links(served: Served, sort: str) -> None:
    devices = await city(served, 7)
    rows = await every_page(served, f"/v1/artisans?limit=2&sort={sort}&fields=id,name")
    assert {row["id"] for row in rows} == {each.artisan.hex() for each in devices}
    assert len(rows) == 7
    assert all(list(row) == ["id", "name"] for row in rows)


async def test_a_page_goes_on_where_it_ended_while_others_write(
    served: Served, siti: Device
) -> None:
    first = (await served.ask("/v1/sales?limit=2")).json
    siti.book.record(c.Sale([c.SaleLine(-1, 1_000, 9)], day=TODAY - 100))
    await served.sync(siti)
    rest = await every_page(served, first["next"])
    amounts = [row["amount"] for row in first["rows"] + rest]
    assert amounts == [100, 104, 103, 102, 101, 100]


async def test_a_pinned_question_is_answered_of_one_moment_or_not_at_all(
    served: Served, siti: Device
) -> None:
    answered = await served.ask("/v1/sales?limit=2")
    pin = answered.headers["Registry-Watermark"]
    pinned = (await served.ask(f"/v1/sales?limit=2&watermark={pin}")).json
    assert pinned["watermark"] == int(pin)
    more = (await served.ask(pinned["next"])).json
    assert f"watermark={pin}" in more["next"]
    siti.sells(5)
    await served.sync(siti)
    assert (await served.ask(more["next"])).problem == (409, "watermark_passed")
    csv_ = await served.ask(f"/v1/sales?format=csv&watermark={pin}")
    assert csv_.problem == (409, "watermark_passed")


async def test_the_watermark_moves_with_every_write_and_with_nothing_else(
    served: Served, siti: Device
) -> None:
    async def watermark() -> int:
        return int((await served.ask("/v1/coverage")).headers["Registry-Watermark"])

    seen = [await watermark()]
    await served.call("GET", "/readyz")
    await served.ask("/v1/sales")
    assert await watermark() == seen[0]
    for _ in range(3):
        siti.sells(5)
        await served.sync(siti)
        seen.append(await watermark())
    assert seen == sorted(set(seen))


async def test_a_cursor_of_another_question_or_asker_is_none(  # 54
    served: Served, siti: Device
) -> None:
    next_ = (await served.ask("/v1/sales?limit=2&channel=langsung")).json["next"]
    cursor = re.search(r"cursor=([^&]+)", next_)
    assert cursor is not None
    text = cursor[1]
    for query in (
        f"limit=2&cursor={text}",
        f"limit=2&channel=toko&cursor={text}",
        f"limit=2&channel=langsung&sort=-day&cursor={text}",
        f"limit=2&channel=langsung&cursor={text[:-1]}",
        f"limit=2&channel=langsung&cursor={text}A",
        f"limit=2&channel=langsung&cursor={text.swapcase()}",
        "limit=2&channel=langsung&cursor=",
        "limit=2&channel=langsung&cursor=%00",
        "limit=2&channel=langsung&cursor=%C2%B2",
    ):
        problem = (await served.ask(f"/v1/sales?{query}")).problem
        assert problem in ((400, "cursor_invalid"), (400, "bad_value")), query
    same = await served.ask(f"/v1/sales?limit=5&channel=langsung&fields=day&cursor={text}")
    assert len(same.json["rows"]) == 2  # how much of it is told may change on the way
    await served.change(lambda conn: people.add_token(conn, hash_token("cst_2"), "another", NOW))
    assert (await served.ask(next_, token="cst_2")).problem == (400, "cursor_invalid")  # noqa: S106
    assert (await served.ask(next_)).status == 200


@pytest.mark.parametrize("path", ["/v1/coverage", "/v1/artisans/0011223344556677"])
async def test_a_question_without_parameters_has_none(served: Served, path: str) -> None:
    assert (await served.ask(f"{path}?limit=5")).problem == (400, "unknown_column")


async def test_a_problem_names_what_there_is(served: Served) -> None:
    answered = await served.ask("/v1/artisans?sort=omzet")
    assert answered.problem == (400, "unknown_column")
    assert b'"valid":["id","-id","name"' in answered.body


async def test_a_question_too_long_to_be_one_is_refused(served: Served) -> None:  # 57
    answered = await served.ask("/v1/artisans?name=" + "x" * 9_000)
    assert answered.status in (400, 414)


# -- counts and facets -------------------------------------------------------------------------


async def test_rows_are_counted_when_that_is_asked(
    served: Served, siti: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "count" not in (await served.ask("/v1/sales?limit=1")).json
    for asked in ("estimated", "exact"):
        told = (await served.ask(f"/v1/sales?limit=1&count={asked}")).json
        assert told["count"] == {"kind": "exact", "rows": 6}
    monkeypatch.setattr(asking, "COUNTED_ROWS_MAX", 3)
    told = (await served.ask("/v1/sales?count=estimated")).json
    assert told["count"] == {"kind": "at_least", "rows": 3}


async def test_a_facet_counts_what_the_filters_leave(served: Served, siti: Device) -> None:
    told = (await served.ask("/v1/sales?kind=sale&facet=channel&facet=month&limit=1")).json
    assert told["facets"] == {
        "channel": {
            "values": [{"value": "langsung", "rows": 3}, {"value": "toko", "rows": 2}],
            "truncated": False,
        },
        "month": {"values": [{"value": "2025-10", "rows": 5}], "truncated": False},
    }


async def test_a_facet_that_takes_too_long_is_truncated(
    served: Served, siti: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(conn: Connection, *_: Any) -> Any:
        return conn.fetch(FOREVER)

    monkeypatch.setattr(stored, "facet", slow)
    told = (await served.ask("/v1/sales?facet=channel")).json
    assert told["facets"] == {"channel": {"values": [], "truncated": True}}
    assert len(told["rows"]) == 6


FOREVER = """
WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted)
SELECT COUNT(*) FROM counted
"""


async def test_a_question_that_takes_too_long_is_given_up(
    served: Served, siti: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "QUESTION_MS_MAX", 20)
    monkeypatch.setattr(stored, "page", lambda conn, *_: conn.fetch(FOREVER))
    assert (await served.ask("/v1/sales")).problem == (422, "too_wide")


async def test_a_budget_ends_with_what_it_was_for(served: Served) -> None:
    def work(conn: Connection) -> None:
        with pytest.raises(OutOfTime), conn.within(5):
            conn.fetch(FOREVER)
        conn.fetch(
            "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 300000) "
            "SELECT COUNT(*) FROM c"
        )

    await served.look(work)


# -- what need not be told again ---------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/v1/sales", "/v1/artisans?limit=1", "/v1/totals", "/v1/coverage", "/v1/sales?format=csv"],
)
async def test_nothing_new_is_not_told_again(served: Served, siti: Device, path: str) -> None:
    answered = await served.ask(path)
    tag = answered.headers["ETag"]
    assert tag.startswith('W/"')

    async def again(tag: str, path: str = path) -> Answered:
        headers = {"Authorization": f"Bearer {TOKEN}", "If-None-Match": tag}
        return await served.call("GET", path, headers=headers)

    for known in (tag, f'"other", {tag}', tag.removeprefix("W/")):
        same = await again(known)
        assert (same.status, same.body, same.headers["ETag"]) == (304, b"", tag)
    assert (await again(tag, "/v1/stock")).status == 200
    siti.sells(1)
    await served.sync(siti)
    assert (await again(tag)).status == 200


# -- forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/csv", "text/csv"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/*", "text/csv"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv"),
        ("application/json;q=0, */*", "text/csv"),
        ("image/png", None),  # 16
        ("application/json;q=0", None),
        ("application/json;q=x", None),
        (";;,,=", None),
    ],
)
async def test_the_form_is_what_is_accepted_most(
    served: Served, accept: str, expected: str | None
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": accept}
    answered = await served.call("GET", "/v1/artisans", headers=headers)
    if expected is None:
        assert answered.problem == (406, "not_acceptable")
    else:
        assert answered.headers["Content-Type"].startswith(expected)


async def test_a_parameter_says_the_form_more_loudly(served: Served) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "image/png"}
    answered = await served.call("GET", "/v1/artisans?format=csv", headers=headers)
    assert answered.headers["Content-Type"].startswith("text/csv")


# -- tables ------------------------------------------------------------------------------------


async def test_a_table_is_the_whole_result(served: Served, siti: Device) -> None:
    rows = table_of(await served.ask("/v1/sales?format=csv&kind=sale&sort=-day"))
    assert [row["amount"] for row in rows] == ["100", "101", "102", "103", "104"]
    assert rows[0]["quantity"] == "1.5"
    assert rows[0]["custody"] == "0"
    assert list(rows[0])[:3] == ["artisan", "day", "month"]


async def test_a_table_for_a_spreadsheet_with_decimal_commas(served: Served, siti: Device) -> None:
    answered = await served.ask("/v1/sales?format=csv&delimiter=semicolon&fields=day,amount")
    rows = table_of(answered, ";")
    assert rows[-1] == {"day": "2025-10-09", "amount": "100"}


async def test_a_table_of_more_rows_than_are_read_at_once(
    served: Served, siti: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rows_per_read in (1, 2, 3, 6, 7):
        monkeypatch.setattr(asking, "EXPORT_ROWS_PER_READ", rows_per_read)
        rows = table_of(await served.ask("/v1/sales?format=csv"))
        assert [row["amount"] for row in rows] == ["100", "104", "103", "102", "101", "100"]


async def test_a_table_is_of_one_moment_though_others_write(
    served: Served, siti: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "EXPORT_ROWS_PER_READ", 1)
    real = staff._part
    wrote: list[int] = []

    def part(*given: Any) -> Any:
        if len(wrote) < 3:
            wrote.append(1)
            asyncio.run_coroutine_threadsafe(write(), loop).result()
        return real(*given)

    async def write() -> None:
        siti.book.record(c.Sale([c.SaleLine(-1, 1_000, 9)], day=TODAY + len(wrote)))
        await served.sync(siti)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(staff, "_part", part)
    assert len(table_of(await served.ask("/v1/sales?format=csv"))) == 6
    assert len(wrote) == 3
    assert len(table_of(await served.ask("/v1/sales?format=csv"))) == 9


async def test_every_row_of_a_table_of_totals_tells_its_coverage(
    served: Served, siti: Device
) -> None:
    rows = table_of(await served.ask("/v1/totals?by=month,channel&format=csv"))
    assert [(row["month"], row["channel"], row["turnover"]) for row in rows] == [
        ("2025-09", "langsung", "0"),
        ("2025-10", "langsung", "306"),
        ("2025-10", "toko", "204"),
    ]
    assert {row["coverage_counted"] for row in rows} == {"1"}
    assert {row["coverage_reported_through"] for row in rows} == {"2025-10-09T15:53:20+07:00"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+62", "'+62"),
        ("-2+3", "'-2+3"),
        ("-", "'-"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-12.5", "-12.5"),
        ("a=b", "a=b"),
        ('a"b;c,d\ne', 'a"b;c,d\ne'),
        ("<script>", "<script>"),
        ("Bu Siti ²", "Bu Siti ²"),
    ],
)
async def test_no_cell_of_a_table_is_a_formula(  # 58
    served: Served, siti: Device, name: str, shown: str
) -> None:
    siti.book.record(c.Profile([c.FieldWrite(c.ProfileField.NAME, c.value(name))]))
    siti.sells(5, channel=name)
    await served.sync(siti)
    for delimiter, sign in (("comma", ","), ("semicolon", ";")):
        path = f"format=csv&delimiter={delimiter}"
        (row,) = table_of(await served.ask(f"/v1/artisans?{path}"), sign)
        assert row["name"] == shown
        rows = table_of(await served.ask(f"/v1/sales?{path}"), sign)
        assert shown in {row["channel"] for row in rows}


def test_a_nul_begins_no_cell() -> None:
    """No book may hold one; a table would not hand it on all the same."""
    assert table.guarded("\0=1") == "'\0=1"


async def test_conflicts_are_a_table_too(served: Served, siti: Device) -> None:
    siti.book.record(c.Profile([c.FieldWrite(c.ProfileField.BRAND, c.value("=Hers"))]))
    theirs = c.Profile([c.FieldWrite(c.ProfileField.BRAND, c.value("Theirs"))])
    await served.change(lambda conn: served.registry.write(conn, siti.artisan, theirs))
    await served.sync(siti)
    (row,) = table_of(await served.ask("/v1/conflicts?format=csv"))
    assert row["of"] == "profile"
    assert set(row["values"].removeprefix("'").split(" | ")) == {"=Hers", "Theirs"}
    told = (await served.ask("/v1/verdicts?fields=kind,verdict,reason&facet=verdict")).json
    assert told["rows"] == [{"kind": "profile", "verdict": "conflict", "reason": "none"}] * 2
    assert told["facets"]["verdict"]["values"] == [{"value": "conflict", "rows": 2}]


async def test_what_was_not_applied_is_listed_with_its_reason(served: Served, siti: Device) -> None:
    offer = siti.raw_log(b"\x92\xcd\x03\xe7\x01", b"\x92\x05\x01")
    await served.send(siti.request(offer))
    rows = (await served.ask("/v1/verdicts?fields=n,kind,verdict,reason")).json["rows"]
    assert rows == [
        {"n": 1, "kind": "999", "verdict": "parked", "reason": "unknown-kind"},
        {"n": 2, "kind": "sale", "verdict": "refused", "reason": "bad-value"},
    ]
    rows = (await served.ask("/v1/verdicts?verdict=refused&kind=sale")).json["rows"]
    assert [row["n"] for row in rows] == [2]
    told = (await served.ask(f"/v1/artisans/{siti.artisan.hex()}")).json
    assert (told["verdicts"]["parked"], told["verdicts"]["refused"]) == (1, 1)


# -- exports that end early --------------------------------------------------------------------


async def many_lines(served: Served, siti: Device, count: int) -> None:
    """Let an artisan have more lines than a socket's buffers hold."""
    sql = """
        WITH RECURSIVE more (at) AS (SELECT 100 UNION ALL SELECT at + 1 FROM more LIMIT $1)
        INSERT INTO line SELECT day - 1, artisan, log, at, hash, line, month, kind, channel,
            item || $2, place, quantity, amount, custody
        FROM more JOIN (SELECT * FROM line LIMIT 1) AS first
        """
    await served.change(lambda conn: conn.execute(sql, count, "x" * 2_000))


async def until(condition: Any, seconds: float = 5) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # the server's own state has no event for it
            await asyncio.sleep(0.01)


async def test_an_export_ends_when_who_asked_leaves(  # 67
    served: Served, siti: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many_lines(served, siti, 20_000)
    monkeypatch.setattr(asking, "EXPORT_ROWS_PER_READ", 100)
    state = served.app[STATE]
    url = f"http://127.0.0.1:{served.port}/v1/sales?format=csv"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        answered = await http.get(url)
        await answered.content.read(10)
        await until(lambda: state.exports == 1)
        # While it waits for its reader, others are answered.
        siti.sells(1)
        await served.sync(siti)
        assert (await served.ask("/v1/totals")).status == 200
        answered.close()
    await until(lambda: state.exports == 0, seconds=1)
    await until(lambda: state.under_way == 0, seconds=1)


async def test_an_export_ends_when_who_asked_takes_nothing(
    served: Served, siti: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many_lines(served, siti, 20_000)
    monkeypatch.setattr(staff, "EXPORT_SILENCE_S", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1_000)
    asked = f"GET /v1/sales?format=csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    writer.write(asked.encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    await until(lambda: served.app[STATE].exports == 0)
    writer.close()


async def test_an_export_that_breaks_is_not_taken_for_whole(
    served: Served, siti: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "EXPORT_ROWS_PER_READ", 2)
    real, parts = staff._part, []

    def part(*given: Any) -> Any:
        parts.append(given)
        if len(parts) > 1:
            raise OSError("the disk is gone")
        return real(*given)

    monkeypatch.setattr(staff, "_part", part)
    with pytest.raises(aiohttp.ClientError):
        await served.ask("/v1/sales?format=csv")
    await until(lambda: served.app[STATE].exports == 0)


async def test_only_so_many_exports_run_at_once(served: Served, siti: Device) -> None:
    served.app[STATE].exports = limits.EXPORTS_MAX
    answered = await served.ask("/v1/sales?format=csv")
    assert answered.problem == (503, "exports_busy")
    assert answered.headers["Retry-After"] == "5"
    assert (await served.ask("/v1/sales")).status == 200
    served.app[STATE].exports = 0


async def test_a_head_of_a_table_has_no_rows(served: Served, siti: Device) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answered = await served.call("HEAD", "/v1/sales?format=csv", headers=headers)
    assert (answered.status, answered.body) == (200, b"")
    assert served.app[STATE].exports == 0
