"""The grammar of staff's questions: what it understands, and that its SQL does what it says."""

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canting_protocol import codec
from canting_protocol.crypto import SigningKey
from canting_server.registry import columns, grammar, limits
from canting_server.registry import search as asking
from canting_server.registry.cursors import Cursors
from canting_server.registry.grammar import BadQuestion
from canting_server.store import migrations, search
from canting_server.store.database import SQLite, run_group
from canting_server.store.search import Filter, Operator, Order

CURSORS = Cursors(SigningKey(b"R" * 32))
ASKER = b"a token's hash"


def read(resource: columns.Resource, **told: str) -> grammar.Question:
    """Return the question that parameters ask."""
    return grammar.read(resource, list(told.items()))


def refusal(resource: columns.Resource, *asked: tuple[str, str]) -> BadQuestion:
    """Return how a question is refused, which it must be."""
    with pytest.raises(BadQuestion) as refused:
        grammar.read(resource, asked)
    return refused.value


# -- plain examples ----------------------------------------------------------------------------


def test_a_question_is_filters_an_order_and_a_size() -> None:
    asked = [("kecamatan", "Miji"), ("kecamatan", "Wates"), ("name__contains", "siti")]
    question = grammar.read(columns.ARTISANS, [*asked, ("sort", "-name"), ("limit", "7")])
    assert question.search.filters == (
        Filter("kecamatan", Operator.EQ, ("Miji", "Wates")),
        Filter("name", Operator.CONTAINS, ("siti",)),
    )
    assert question.search.order == (Order("name", True), Order("id", True))
    assert question.limit == 7


def test_what_is_asked_of_a_month_is_asked_of_its_days() -> None:
    """So that the index of days serves it."""
    for operator, expected in (
        ("month", Filter("day", Operator.BETWEEN, ((20_362, 20_392),))),
        ("month__gte", Filter("day", Operator.GTE, (20_362,))),
        ("month__gt", Filter("day", Operator.GT, (20_392,))),
        ("month__lte", Filter("day", Operator.LTE, (20_392,))),
        ("month__before", Filter("day", Operator.LT, (20_362,))),
    ):
        assert read(columns.SALES, **{operator: "2025-10"}).search.filters == (expected,)
    assert read(columns.SALES, month="9999-12").search.filters[0].values[0][1] == 2_932_896


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("quantity", "12.5", (12_500,)),
        ("quantity", "-0.25", (-250,)),
        ("day", "1970-01-02", (1,)),
        ("channel", "wa", ("3", "wa")),
        ("channel", "pasar minggu", ("pasar minggu",)),
        ("channel", "3", ("3",)),
        ("kind", "return", (6,)),
        ("custody", "true", (True,)),
        ("artisan", "00ff", (b"\x00\xff",)),
        ("amount__gte", "-5", (-5,)),
    ],
)
def test_what_is_typed_is_read_as_it_is_stored(
    name: str, text: str, values: tuple[Any, ...]
) -> None:
    assert grammar.read(columns.SALES, [(name, text)]).search.filters[0].values == values


@pytest.mark.parametrize("text", ["2026-08-01", "2026-08-01T00:00:00+07:00", "2026-07-31T17:00Z"])
def test_a_time_may_be_typed_as_a_day_of_mojokerto(text: str) -> None:
    asked = read(columns.ARTISANS, reported_through__before=text)
    assert asked.search.filters == (Filter("reported_through", Operator.LT, (1_785_517_200,)),)


def test_a_plus_in_a_query_is_a_space() -> None:
    asked = read(columns.ARTISANS, since__gte="2026-08-01T00:00:00 07:00")
    assert asked.search.filters[0].values == (1_785_517_200,)


@pytest.mark.parametrize(
    ("asked", "code", "names"),
    [
        (("craft ", "x"), "unknown_column", "kecamatan"),
        (("hash", "00"), "unknown_column", "kecamatan"),
        (("sort", "name;drop"), "unknown_column", "-reported_through"),  # 53
        (("sort", ""), "unknown_column", "name"),
        (("fields", "id,nik"), "unknown_column", "name"),
        (("facet", "name"), "unknown_column", "craft"),
        (("name__gte", "x"), "unknown_operator", "name__contains"),
        (("name__", "x"), "unknown_operator", "name__contains"),
        (("id__isnull", "1"), "unknown_operator", "id"),
        (("name__isnull", "maybe"), "bad_value", None),
        (("sharing", "all"), "bad_value", None),
        (("id", "zz"), "bad_value", None),
        (("name", "a\0b"), "bad_value", None),
        (("name", "\ud800"), "bad_value", None),
        (("name", "x" * 201), "bad_value", None),
        (("since__gte", "2026-02-30"), "bad_value", None),
        (("count", "guessed"), "bad_value", "estimated"),
        (("format", "xlsx"), "bad_value", "csv"),
        (("watermark", "-1"), "bad_value", None),
    ],
)
def test_what_is_not_known_is_answered_with_what_may_be_asked(
    asked: tuple[str, str], code: str, names: str | None
) -> None:
    refused = refusal(columns.ARTISANS, asked)
    assert refused.code == code
    if names is not None:
        assert refused.valid is not None
        assert names in refused.valid


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "since__gte",
        "name__isnull",
        "sharing",
        "count",
        "format",
        "watermark",
        "limit",
    ],
)
def test_what_was_typed_as_a_value_is_not_said_again(name: str) -> None:
    """It may be what is nobody's business: a NIK, say, in the wrong place."""
    refused = refusal(columns.ARTISANS, (name, "NIK 3576014102900001"))
    assert "3576014102900001" not in str(refused)
    assert "3576014102900001" not in str(refused.valid)


@pytest.mark.parametrize("limit", ["0", "-1", "201", str(10**9), "abc", "", "1.0", "²", "1" * 99])
def test_a_limit_is_a_number_of_rows(limit: str) -> None:  # 55
    assert refusal(columns.ARTISANS, ("limit", limit)).code == "bad_value"


def test_only_what_an_index_serves_orders_sales() -> None:
    refused = refusal(columns.SALES, ("sort", "amount"))
    assert refused.valid == ["day", "-day"]


def test_a_csv_is_the_whole_result() -> None:
    for name, text in (("limit", "5"), ("cursor", "x"), ("count", "exact"), ("facet", "kind")):
        assert refusal(columns.SALES, ("format", "csv"), (name, text)).code == "bad_question"
    assert refusal(columns.SALES, ("delimiter", "semicolon")).code == "bad_question"


def test_a_question_has_an_end() -> None:
    many = [("name", "x")] * (limits.QUESTION_PARAMETERS_MAX + 1)
    assert refusal(columns.ARTISANS, *many).code == "bad_value"


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5), st.sampled_from(columns.RESOURCES))
def test_whatever_is_typed_is_understood_or_refused(
    asked: list[tuple[str, str]], resource: columns.Resource
) -> None:
    names = [f"{each.name}{end}" for each in resource.columns for end in ("", "__gte", "__isnull")]
    texts = [text for _, text in asked[:1]]
    each_alone = [[(name, text)] for name in (*names, *grammar.OF_EVERY_QUESTION) for text in texts]
    for question in (asked, *each_alone):
        with suppress(BadQuestion):
            grammar.read(resource, question)


# -- the SQL does what the question says -------------------------------------------------------

TEXTS = st.one_of(st.none(), st.sampled_from(["", "a", "A", "ab", "b%", "b_", "_", "\\", "é"]))
PEOPLE = st.lists(st.tuples(TEXTS, TEXTS, st.integers(0, 2), st.integers(0, 3)), max_size=12)


@pytest.fixture(scope="module")
def empty() -> Iterator[sqlite3.Connection]:
    """A registry's tables with nothing in them."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    run_group(raw, [migrations.migrate])
    with closing(raw):
        yield raw


def settled(raw: sqlite3.Connection, people: list[tuple[Any, ...]]) -> SQLite:
    """Return a registry of these people."""
    for table in ("artisan", "person"):
        raw.execute(f"DELETE FROM {table}")  # noqa: S608
    for number, (name, brand, sharing, since) in enumerate(people):
        raw.execute("INSERT INTO artisan VALUES (?, ?)", (bytes([number]), since))
        raw.execute(
            "INSERT INTO person VALUES (?, ?, ?, NULL, NULL, NULL, ?, ?)",
            (bytes([number]), name, brand, sharing, codec.encode(())),
        )
    return SQLite(raw)


SORTS = st.lists(
    st.sampled_from(
        [s + n for n in ("id", "name", "brand", "sharing", "since") for s in ("", "-")]
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(PEOPLE, SORTS, st.integers(1, 5))
def test_pages_of_any_order_hold_every_row_once_and_in_that_order(
    empty: sqlite3.Connection, people: list[tuple[Any, ...]], sorts: list[str], limit: int
) -> None:
    conn = settled(empty, people)
    asked = {"sort": ",".join(sorts), "limit": str(limit), "fields": "id,name,brand,sharing,since"}
    found: list[Any] = []
    cursor = None
    while True:
        told = asked if cursor is None else {**asked, "cursor": cursor}
        page, cursor = asking.page(conn, read(columns.ARTISANS, **told), CURSORS, ASKER)
        found += page.rows
        if cursor is None:
            break
        assert len(page.rows) == limit

    rows = [
        {"id": bytes([at]).hex(), "name": a or "", "brand": b or "", "sharing": s, "since": t}
        for at, (a, b, s, t) in enumerate(people)
    ]
    order = read(columns.ARTISANS, **asked).search.order
    for each in reversed(order):
        rows.sort(key=lambda row, by=each.column: row[by], reverse=each.descending)  # type: ignore[misc]
    assert [row.id for row in found] == [row["id"] for row in rows]


@settings(max_examples=150, deadline=None)
@given(PEOPLE, st.sampled_from(["", "contains", "isnull"]), TEXTS, TEXTS)
def test_a_filter_holds_of_what_a_reader_would_pick(
    empty: sqlite3.Connection,
    people: list[tuple[Any, ...]],
    operator: str,
    one: str | None,
    other: str | None,
) -> None:
    conn = settled(empty, people)
    texts = [each or "" for each in (one, other)]
    if operator == "isnull":
        texts = ["true" if each else "false" for each in texts]
    name = f"name__{operator}" if operator else "name"
    question = grammar.read(columns.ARTISANS, [(name, each) for each in texts])
    page, _ = asking.page(conn, question, CURSORS, ASKER)

    def picks(name: str | None) -> bool:
        if operator == "isnull":
            return any((name is None) == (each == "true") for each in texts)
        if name is None:
            return False
        if operator == "contains":
            return any(each.lower() in name.lower() for each in texts)
        return name in texts

    expected = [bytes([at]).hex() for at, row in enumerate(people) if picks(row[0])]
    assert [row.id for row in page.rows] == expected
    assert search.count(conn, question.search) == len(expected)


# -- cursors -----------------------------------------------------------------------------------


@given(st.binary(max_size=60), st.binary(min_size=16, max_size=16))
def test_nobody_makes_a_cursor(told: bytes, question: bytes) -> None:
    for text in (told.hex(), base64.urlsafe_b64encode(told).decode(), repr(told), ""):
        with pytest.raises(BadQuestion):
            CURSORS.read(text, question)


@given(
    st.lists(st.one_of(st.binary(), st.text(), st.integers(-(2**53), 2**53)), max_size=4),
    st.integers(0, 400),
    st.integers(0, 25),
)
def test_a_cursor_is_read_as_it_was_written_and_not_when_it_was_bent(
    place: list[Any], at: int, more: int
) -> None:
    question = b"q" * 16
    cursor = CURSORS.write(question, tuple(place))
    assert CURSORS.read(cursor, question) == tuple(place)
    with pytest.raises(BadQuestion):
        CURSORS.read(cursor, b"p" * 16)
    with pytest.raises(BadQuestion):
        Cursors(SigningKey(b"S" * 32)).read(cursor, question)
    at %= len(cursor)
    bent = cursor[:at] + chr(ord("a") + more) + cursor[at + 1 :]
    if bent != cursor:
        with pytest.raises(BadQuestion):
            CURSORS.read(bent, question)
    for longer in (cursor + "=", cursor + "\n", cursor + "A", " " + cursor):
        with pytest.raises(BadQuestion):
            CURSORS.read(longer, question)


# -- plans -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "asked"),
    [
        (columns.SALES, {}),
        (columns.SALES, {"sort": "-day"}),
        (columns.SALES, {"month": "2025-10"}),
        (columns.SALES, {"month": "2025-10", "channel": "wa", "sort": "-day"}),
        (columns.SALES, {"amount__gte": "1", "item": "-1", "item_name__contains": "a"}),
        (columns.SALES, {"artisan": "00ff"}),
        (columns.SALES, {"artisan": "00ff", "sort": "-day", "day__gte": "2025-10-01"}),
        (columns.STOCK, {}),
        (columns.STOCK, {"sort": "-artisan", "below_zero": "true"}),
        (columns.STOCK, {"artisan": "00ff"}),
        (columns.ARTISANS, {}),
    ],
)
@pytest.mark.parametrize("further", [False, True])
def test_a_page_is_found_by_an_index_and_never_sorted(
    empty: sqlite3.Connection, resource: columns.Resource, asked: dict[str, str], further: bool
) -> None:
    question = read(resource, **asked)
    after = tuple(range(len(question.search.order))) if further else None
    of = ["id" if resource is columns.ARTISANS else "artisan"]
    sql, values = search.page_query(question.search._replace(after=after), of, 50)
    plan = SQLite(empty).fetch(f"EXPLAIN QUERY PLAN {sql}", *values)
    steps = [row[3] for row in plan]
    # "FOR RIGHT PART" would be a sort within one artisan's stock, which is small.
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps, steps
    big = [step for step in steps if "line" in step.split() or "stock" in step.split()]
    narrowed = further and resource is columns.SALES
    if asked.keys() & {"artisan", "month"} or narrowed or resource is columns.STOCK:
        assert all(step.startswith("SEARCH") for step in big), steps


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"amount__gte": "1"}, "line_of_amount (amount>?)"),
        ({"item": "-1"}, "line_of_item (item=?)"),
        ({"item_name__contains": "jagad"}, "line_of_item (item=?)"),
    ],
)
def test_few_lines_are_found_by_what_is_asked_of_them(
    empty: sqlite3.Connection, asked: dict[str, str], index: str
) -> None:
    question = read(columns.SALES, **asked)
    few = search.few(SQLite(empty), question.search)
    assert few == question.search.filters[0]
    sql, values = search.page_query(question.search, ["amount"], 50, few)
    plan = [row[3] for row in SQLite(empty).fetch(f"EXPLAIN QUERY PLAN {sql}", *values)]
    assert any(step.endswith(f"INDEX {index}") for step in plan), plan
    assert plan.count("SCAN line") == 1, "of what was found, and of nothing else"


def test_where_many_lines_pass_none_is_found_by_that(empty: sqlite3.Connection) -> None:
    empty.execute("DELETE FROM line")
    empty.executemany(
        "INSERT INTO line VALUES (1, x'', x'', ?, x'', 0, 197001, 5, '0', '-1', '-1', 1, ?, 0)",
        [(n, n) for n in range(search.FEW_ROWS_MAX + 1)],
    )
    conn = SQLite(empty)
    assert search.few(conn, read(columns.SALES, amount__gte="0").search) is None
    assert search.few(conn, read(columns.SALES, amount__gt="0").search) is not None
