"""Questions asked: a page, its count and its facets, or all rows of an export.

Sharing is enforced in the sources of `store.search`, and for the values of conflicts in `ask`.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from canting_server.registry import ask, columns
from canting_server.registry.answers import (
    ArtisanRow,
    ConflictRow,
    Counted,
    Facet,
    FacetValue,
    GapRow,
    Page,
    SaleRow,
    StockRow,
    VerdictRow,
)
from canting_server.registry.columns import Column
from canting_server.registry.cursors import Cursors
from canting_server.registry.grammar import BadQuestion, Question
from canting_server.registry.limits import (
    COUNTED_ROWS_MAX,
    EXPORT_ROWS_PER_READ,
    FACET_VALUES_MAX,
    FACETS_MS_MAX,
    QUESTION_MS_MAX,
)
from canting_server.store import search
from canting_server.store.database import Connection, OutOfTime

ROWS: Final[dict[str, type[msgspec.Struct]]] = {
    "artisans": ArtisanRow,
    "sales": SaleRow,
    "stock": StockRow,
    "conflicts": ConflictRow,
    "verdicts": VerdictRow,
    "gaps": GapRow,
}
"""What the rows of a resource are."""


class WatermarkPassed(Exception):
    """Say that the registry has moved on since the page before."""


def page(
    conn: Connection, question: Question, cursors: Cursors, asker: bytes
) -> tuple[Page[Any], str | None]:
    """Return a page without its link, and the cursor that the next one begins with.

    Raises:
        BadQuestion: a cursor that is not of this question; one that takes too long to answer.
        WatermarkPassed: another watermark was asked for than there is.
    """
    now = watermark(conn, question)
    digest = question.digest(asker)
    after = None if question.cursor is None else cursors.read(question.cursor, digest)
    try:
        with conn.within(QUESTION_MS_MAX):
            asked = question.search._replace(after=after)
            found = search.page(conn, asked, _stored(question), question.limit + 1)
            count = _count(conn, question)
    except OutOfTime as error:
        raise BadQuestion(
            f"this takes more than {QUESTION_MS_MAX} ms: narrow it by artisan or by day",
            "too_wide",
        ) from error
    facets = _facets(conn, question) if question.facets else UNSET
    rows = found[: question.limit]
    shape = ROWS[question.resource.name]
    told = [
        shape(**dict(zip(question.fields, each, strict=True)))
        for each in _shown(conn, question, rows)
    ]
    more = len(found) > question.limit
    place = cursors.write(digest, _place(question, rows[-1])) if more else None
    return Page(told, now, count=count, facets=facets), place


def rows_after(
    conn: Connection, question: Question, after: tuple[Any, ...] | None
) -> tuple[list[tuple[Any, ...]], tuple[Any, ...] | None]:
    """Return the next rows of an export, shown, and the place after them; None: that is all."""
    asked = question.search._replace(after=after)
    found = search.page(conn, asked, _stored(question), EXPORT_ROWS_PER_READ)
    rows = _shown(conn, question, found)
    end = len(found) < EXPORT_ROWS_PER_READ
    return rows, None if end else _place(question, found[-1])


def watermark(conn: Connection, question: Question | None = None) -> int:
    """Return the watermark.

    Raises:
        WatermarkPassed: the question asked for another one.
    """
    now = search.watermark(conn)
    if question is not None and question.watermark not in (None, now):
        raise WatermarkPassed(
            "something was written since: begin again, or ask for everything with format=csv"
        )
    return now


def _stored(question: Question) -> list[str]:
    return [each for each in question.fields if each != "values"]


def _place(question: Question, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[-len(question.search.order) :]


def _shown(
    conn: Connection, question: Question, rows: Sequence[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """Return rows as they are told; column by column, since a column repeats itself."""
    if not rows:
        return []
    stored = list(zip(*rows, strict=True))
    told: list[Iterable[Any]] = []
    for name in question.fields:
        if name == "values":
            levels = ask.Levels(conn)
            told.append([ask.rivals(conn, levels, *row[-3:]) for row in rows])
            continue
        column = question.resource.column(name)
        assert column is not None
        values = stored.pop(0)
        told.append(_column(column, values))
    return list(zip(*told, strict=True))


def _column(column: Column, values: Sequence[Any]) -> Iterable[Any]:
    show = column.type.show
    if show is columns.as_it_is:
        return values
    if column.nullable:
        return [None if value is None else show(value) for value in values]
    return map(show, values)


def _count(conn: Connection, question: Question) -> Counted | UnsetType:
    match question.counting:
        case "none":
            return UNSET
        case "exact":
            return Counted("exact", search.count(conn, question.search))
        case "estimated":
            rows = search.count(conn, question.search, COUNTED_ROWS_MAX + 1)
            if rows > COUNTED_ROWS_MAX:
                return Counted("at_least", COUNTED_ROWS_MAX)
            return Counted("exact", rows)


def _facets(conn: Connection, question: Question) -> dict[str, Facet]:
    """Return the facets that are found in time; the others are said to be truncated."""
    facets = {name: Facet([], truncated=True) for name in question.facets}
    try:
        with conn.within(FACETS_MS_MAX):
            for name in question.facets:
                column = question.resource.column(name)
                assert column is not None
                found = search.facet(conn, question.search, name, FACET_VALUES_MAX + 1)
                values = [
                    FacetValue(None if value is None else column.type.show(value), rows)
                    for value, rows in found[:FACET_VALUES_MAX]
                ]
                facets[name] = Facet(values, truncated=len(found) > FACET_VALUES_MAX)
    except OutOfTime:
        pass
    return facets
