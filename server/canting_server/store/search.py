"""Questions of staff as data, and their SQL: filters, order and place over columns that are known.

`registry.grammar` reads questions, `registry.search` asks them. Only names that stand here reach
the text of a query; everything that was typed is a value.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final, Literal, NamedTuple

from canting_server.store.database import Connection

ResourceName = Literal["artisans", "sales", "stock", "conflicts", "verdicts", "gaps", "totals"]


class Operator(Enum):
    """How a column is compared."""

    EQ = "="
    GT = ">"
    GTE = ">="
    LT = "<"
    LTE = "<="
    CONTAINS = "contains"
    BETWEEN = "between"
    NULL = "null"


class Filter(NamedTuple):
    """A column compared with values, any of which may hold."""

    column: str
    operator: Operator
    values: tuple[Any, ...]
    """Of BETWEEN: pairs, both ends included. Of NULL: whether it is."""

    def holds(self, value: Any) -> bool:
        """Say whether a value that is at hand passes."""
        match self.operator:
            case Operator.NULL:
                return any((value is None) == each for each in self.values)
            case _ if value is None:
                return False
            case Operator.BETWEEN:
                return any(low <= value <= high for low, high in self.values)
            case Operator.CONTAINS:
                return any(str(each).casefold() in str(value).casefold() for each in self.values)
            case Operator.EQ:
                return value in self.values
            case Operator.GT:
                return any(value > each for each in self.values)
            case Operator.GTE:
                return any(value >= each for each in self.values)
            case Operator.LT:
                return any(value < each for each in self.values)
            case Operator.LTE:
                return any(value <= each for each in self.values)


class Order(NamedTuple):
    """A column that rows are ordered by."""

    column: str
    descending: bool = False


class Search(NamedTuple):
    """What is looked for: every filter holds, in a total order, after a place in it."""

    resource: ResourceName
    filters: tuple[Filter, ...]
    order: tuple[Order, ...]
    after: tuple[Any, ...] | None = None


class Expression(NamedTuple):
    """A column's SQL. Where it may be NULL, `lowest` stands in for that in an order."""

    sql: str
    lowest: str | None = None
    is_flag: bool = False


class Found(NamedTuple):
    """Where the rows of an outermost table are found by an index of what is asked of them."""

    tables: str
    column: str
    contains: bool = False
    """Whether so few values stand there that a part of one may be looked for in all."""
    unless: tuple[str, ...] = ()
    """Words that a row may be shown by without standing in these tables."""


class Source(NamedTuple):
    """Where a resource's rows come from, and what always holds of them."""

    tables: tuple[str, ...]
    """The outermost first: rows come in the order of its index."""
    holds: str
    columns: Mapping[str, Expression]
    besides: Mapping[str, str] = {}
    """By its name, what is joined when a column of it is used; it neither adds nor drops rows."""
    found: Mapping[str, Found] = {}
    """By a column that few rows may pass, where these are found without reading the others."""


_HEARD: Final = """(
            SELECT CASE WHEN COUNT(statement.heard) = COUNT(*) THEN MIN(statement.heard) END
            FROM certificate
            LEFT JOIN statement ON statement.artisan = certificate.artisan
                AND statement.key = certificate.key
            WHERE certificate.artisan = artisan.artisan
        )"""

_NAMELESS: Final = ("barang lain", "belum dikenal")
_ITEM_NAME: Final = """COALESCE(
            item_called.name,
            CASE line.item WHEN '-1' THEN 'barang lain' ELSE 'belum dikenal' END
        )"""

_LINE: Final = """line.day, line.artisan, line.log, line.n, line.hash, line.line, line.month,
    line.kind, line.channel, line.item, line.place, line.quantity, line.amount, line.custody"""

FEW_ROWS_MAX: Final = 5_000
"""So many rows are found by what is asked of them and then put in order; of more, a page is full
sooner when rows are read in its order."""

_SOURCES: Final[Mapping[ResourceName, Source]] = {
    "artisans": Source(
        ("artisan",),
        "1 = 1",
        {
            "id": Expression("artisan.artisan"),
            "name": Expression("person.name", "''"),
            "brand": Expression("person.brand", "''"),
            "craft": Expression("person.craft", "''"),
            "kelurahan": Expression("person.kelurahan", "''"),
            "kecamatan": Expression("person.kecamatan", "''"),
            "sharing": Expression("COALESCE(person.sharing, 1)"),
            "since": Expression("artisan.since"),
            "reported_through": Expression(_HEARD, "-1"),
        },
        {"person": "LEFT JOIN person ON person.artisan = artisan.artisan"},
    ),
    "sales": Source(
        ("line", "person"),
        "person.artisan = line.artisan AND person.sharing = 2",
        {
            "artisan": Expression("line.artisan"),
            "day": Expression("line.day"),
            "month": Expression("line.month"),
            "channel": Expression("line.channel"),
            "kind": Expression("line.kind"),
            # Not the bare columns: SQLite would take their indexes however many rows there are.
            "item": Expression("(line.item || '')"),
            "item_name": Expression(_ITEM_NAME),
            "place": Expression("line.place"),
            "quantity": Expression("line.quantity"),
            "amount": Expression("(line.amount + 0)"),
            "custody": Expression("line.custody > 0", is_flag=True),
            "log": Expression("line.log"),
            "n": Expression("line.n"),
            "line": Expression("line.line"),
            "hash": Expression("line.hash"),
        },
        {
            "item_called": """
            LEFT JOIN called AS item_called ON item_called.artisan = line.artisan
                AND item_called.thing = 'item:' || line.item"""
        },
        {
            "item": Found("line", "line.item"),
            "item_name": Found(
                """called
    CROSS JOIN line ON line.artisan = called.artisan AND called.thing = 'item:' || line.item
        AND line.item = SUBSTR(called.thing, 6)""",
                "called.name",
                contains=True,
                unless=_NAMELESS,
            ),
            "amount": Found("line", "line.amount"),
        },
    ),
    "stock": Source(
        ("person", "stock"),
        "stock.artisan = person.artisan AND person.sharing = 2",
        {
            "artisan": Expression("person.artisan"),
            "item": Expression("stock.item"),
            "item_name": Expression(_ITEM_NAME.replace("line.", "stock.")),
            "place": Expression("stock.place"),
            "place_name": Expression(
                """COALESCE(
            place_called.name,
            CASE stock.place
                WHEN '-1' THEN 'rumah'
                WHEN '-2' THEN 'pasar'
                WHEN '-3' THEN 'toko'
                WHEN '-4' THEN 'sentra'
                ELSE 'belum dikenal'
            END
        )"""
            ),
            "quantity": Expression("stock.quantity"),
            "uncertain": Expression("stock.uncertain"),
            "below_zero": Expression("stock.quantity < 0", is_flag=True),
            "disputed": Expression("stock.disputed > 0", is_flag=True),
        },
        {
            "item_called": """
            LEFT JOIN called AS item_called ON item_called.artisan = stock.artisan
                AND item_called.thing = 'item:' || stock.item""",
            "place_called": """
            LEFT JOIN called AS place_called ON place_called.artisan = stock.artisan
                AND place_called.thing = 'place:' || stock.place""",
        },
    ),
    "conflicts": Source(
        (
            """(
            SELECT artisan, entity, CAST(field AS TEXT) AS field FROM field
            WHERE standing > 1
            UNION
            SELECT artisan, 'stock:' || item, place FROM stock
            WHERE disputed > 0
        ) AS rivalry""",
        ),
        "1 = 1",
        {
            "artisan": Expression("rivalry.artisan"),
            "of": Expression("rivalry.entity"),
            "name": Expression("thing_called.name", "''"),
            "field": Expression("rivalry.field"),
        },
        {
            "thing_called": """
            LEFT JOIN called AS thing_called ON thing_called.artisan = rivalry.artisan
                AND thing_called.thing = REPLACE(rivalry.entity, 'stock:', 'item:')"""
        },
    ),
    "verdicts": Source(
        (
            """(
            SELECT artisan, log, n, hash, t, kind, verdict, reason FROM change
            WHERE verdict > 0
            UNION
            SELECT change.artisan, change.log, change.n, change.hash, change.t, change.kind, 1, 0
            FROM field
            JOIN change ON change.artisan = field.artisan AND change.log = field.log
                AND change.n = field.n AND change.hash = field.hash
            WHERE field.standing > 1 AND change.verdict = 0
            UNION
            SELECT change.artisan, change.log, change.n, change.hash, change.t, change.kind, 1, 0
            FROM stock
            JOIN tally ON tally.artisan = stock.artisan
                AND tally.item = stock.item AND tally.place = stock.place
            JOIN change ON change.artisan = tally.artisan AND change.log = tally.log
                AND change.n = tally.n AND change.hash = tally.hash
            WHERE stock.disputed > 0 AND change.verdict = 0
        ) AS judged""",
        ),
        "1 = 1",
        {
            "artisan": Expression("judged.artisan"),
            "log": Expression("judged.log"),
            "n": Expression("judged.n"),
            "hash": Expression("judged.hash"),
            "at": Expression("judged.t"),
            "kind": Expression("judged.kind"),
            "verdict": Expression("judged.verdict"),
            "reason": Expression("judged.reason"),
        },
    ),
    "gaps": Source(
        ("gap",),
        "1 = 1",
        {
            "artisan": Expression("gap.artisan"),
            "log": Expression("gap.log"),
            "device": Expression("gap.device", "x''"),
            "first": Expression("gap.first"),
            "last": Expression("gap.last"),
            "since": Expression("gap.since"),
            "told_by": Expression("gap.told_by"),
            "officer": Expression("gap.officer", "x''"),
            "officer_name": Expression("gap.name", "''"),
            "taken": Expression("gap.taken", "-1"),
        },
    ),
    "totals": Source(
        ("takings",),
        "1 = 1",
        {
            each: Expression(f"takings.{each}")
            for each in ("month", "kecamatan", "channel", "kind", "facts", "quantity", "amount")
        },
    ),
}


def page(
    conn: Connection, search: Search, columns: Sequence[str], limit: int
) -> list[tuple[Any, ...]]:
    """Return the columns of the rows that come next, and after them those of the order."""
    sql, values = page_query(search, columns, limit, few(conn, search))
    return conn.fetch(sql, *values)


def page_query(
    search: Search, columns: Sequence[str], limit: int, few: Filter | None = None
) -> tuple[str, tuple[object, ...]]:
    """Return the query of a page and its values; `few` is a filter that few rows pass."""
    query = _Query(search, few)
    known = query.source.columns
    shown = [_shown(known[each]) for each in columns]
    placed = [_placed(known[each.column]) for each in search.order]
    order = ", ".join(
        f"{sql} DESC" if each.descending else sql
        for sql, each in zip(placed, search.order, strict=True)
    )
    where = [query.source.holds, *query.filters()]
    if search.after is not None:
        where.append(query.after(placed, search.after))
    return (
        f"SELECT {', '.join([*shown, *placed])}\n"  # names that stand here
        f"FROM {query.tables('CROSS JOIN', *shown, *placed, *where)}\n"
        f"WHERE {' AND '.join(where)}\n"
        f"ORDER BY {order}\n"
        f"LIMIT {query.value(limit)}",
        tuple(query.values),
    )


def count(conn: Connection, search: Search, at_most: int | None = None) -> int:
    """Return how many rows there are, counting no further than `at_most`."""
    query = _Query(search, few(conn, search))
    where = [query.source.holds, *query.filters()]
    rows = f"FROM {query.tables('JOIN', *where)}\nWHERE {' AND '.join(where)}"
    if at_most is None:
        sql = f"SELECT COUNT(*) {rows}"
    else:
        limit = query.value(at_most)
        sql = f"SELECT COUNT(*) FROM (SELECT 1 AS one {rows} LIMIT {limit}) AS some"  # noqa: S608
    found: int = conn.fetch(sql, *query.values)[0][0]
    return found


def facet(conn: Connection, search: Search, column: str, limit: int) -> list[tuple[Any, int]]:
    """Return the values of a column and how often each stands, the most frequent first."""
    query = _Query(search, few(conn, search))
    shown = _shown(query.source.columns[column])
    where = [query.source.holds, *query.filters()]
    sql = (
        f"SELECT value, COUNT(*) FROM (\n"  # noqa: S608
        f"SELECT {shown} AS value FROM {query.tables('JOIN', shown, *where)}\n"
        f"WHERE {' AND '.join(where)}\n"
        f") AS every\n"
        f"GROUP BY value\n"
        f"ORDER BY COUNT(*) DESC, value\n"
        f"LIMIT {query.value(limit)}"
    )
    return conn.fetch(sql, *query.values)


def few(conn: Connection, search: Search) -> Filter | None:
    """Return a filter that few rows pass and by which these can be found, if there is one."""
    for each in search.filters:
        query = _Query(search)
        found = query.source.found.get(each.column)
        if (
            found is None
            or (each.operator is Operator.CONTAINS and not found.contains)
            or any(value.lower() in word for word in found.unless for value in each.values)
        ):
            continue
        rows = query.found(found, each, "1 AS one")
        sql = f"SELECT COUNT(*) FROM ({rows}) AS some"  # noqa: S608
        if conn.fetch(sql, *query.values)[0][0] <= FEW_ROWS_MAX:
            return each
    return None


def watermark(conn: Connection) -> int:
    """Return a number that moves on with every commit that wrote something."""
    found: int = conn.fetch("SELECT number FROM watermark")[0][0]
    return found


class _Query:
    """A query being put together, with its values."""

    def __init__(self, search: Search, few: Filter | None = None) -> None:
        self.search = search
        self.few = few
        self.source = _SOURCES[search.resource]
        self.values: list[object] = []

    def value(self, of: object) -> str:
        """Return the placeholder of a value."""
        self.values.append(of)
        return f"${len(self.values)}"

    def tables(self, join: Literal["CROSS JOIN", "JOIN"], *used: str) -> str:
        """Return the tables of a query that uses this SQL.

        With CROSS JOIN SQLite keeps their order, and rows come in the order of an index; with JOIN
        it begins where it likes, which counts faster.
        """
        condition = " ON 1 = 1" if join == "JOIN" else ""
        first, *others = self.source.tables
        if self.few is not None:
            found = self.source.found[self.few.column]
            first = f"({self.found(found, self.few, _LINE)}) AS {first}"
        parts = [first, *(f"{join} {each}{condition}" for each in others)]
        for name, joined in self.source.besides.items():
            if any(f"{name}." in sql for sql in used):
                parts.append(joined.strip())
        return "\n".join(parts)

    def found(self, found: Found, by: Filter, columns: str) -> str:
        """Return the query of the rows that pass a filter, found by its index; one too many."""
        return (
            f"SELECT {columns} FROM {found.tables}\n"  # noqa: S608
            f"WHERE {self._compared(found.column, by)}\n"
            f"LIMIT {self.value(FEW_ROWS_MAX + 1)}"
        )

    def filters(self) -> list[str]:
        """Return what must hold."""
        return [self._filter(each) for each in self.search.filters]

    def after(self, placed: Sequence[str], place: tuple[Any, ...]) -> str:
        """Return what holds of everything beyond a place in the order."""
        ways = [each.descending for each in self.search.order]
        if len(set(ways)) == 1:
            sign = "<" if ways[0] else ">"
            values = ", ".join([self.value(each) for each in place])
            beyond = f"({', '.join(placed)}) {sign} ({values})"
            if len({sql.partition(".")[0] for sql in placed}) == 1:
                return beyond
            # Of several tables, no index serves them all: the first column by itself is served.
            return f"{placed[0]} {sign}= {self.value(place[0])} AND {beyond}"
        alternatives = []
        for i, descending in enumerate(ways):
            same = [f"{placed[j]} = {self.value(place[j])}" for j in range(i)]
            beyond = f"{placed[i]} {'<' if descending else '>'} {self.value(place[i])}"
            alternatives.append(f"({' AND '.join([*same, beyond])})")
        return f"({' OR '.join(alternatives)})"

    def _filter(self, each: Filter) -> str:
        column = self.source.columns[each.column]
        if column.is_flag:
            return self._any(
                [column.sql if value else f"NOT {column.sql}" for value in each.values]
            )
        return self._compared(column.sql, each)

    def _compared(self, sql: str, each: Filter) -> str:
        match each.operator:
            case Operator.NULL:
                signs = ["IS NULL" if value else "IS NOT NULL" for value in each.values]
                return self._any([f"{sql} {sign}" for sign in signs])
            case Operator.EQ:
                values = ", ".join([self.value(value) for value in each.values])
                return f"{sql} IN ({values})"
            case Operator.BETWEEN:
                return self._any(
                    [
                        f"{sql} BETWEEN {self.value(low)} AND {self.value(high)}"
                        for low, high in each.values
                    ]
                )
            case Operator.CONTAINS:
                return self._any(
                    [
                        f"LOWER({sql}) LIKE LOWER({self.value(_pattern(value))}) ESCAPE '\\'"
                        for value in each.values
                    ]
                )
            case _:
                sign = each.operator.value
                return self._any([f"{sql} {sign} {self.value(v)}" for v in each.values])

    def _any(self, alternatives: list[str]) -> str:
        joined = " OR ".join(alternatives)
        return joined if len(alternatives) == 1 else f"({joined})"


def _pattern(text: str) -> str:
    for special in ("\\", "%", "_"):
        text = text.replace(special, "\\" + special)
    return f"%{text}%"


def _shown(column: Expression) -> str:
    return f"CASE WHEN {column.sql} THEN 1 ELSE 0 END" if column.is_flag else column.sql


def _placed(column: Expression) -> str:
    return column.sql if column.lowest is None else f"COALESCE({column.sql}, {column.lowest})"
