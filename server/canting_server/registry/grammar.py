"""One grammar for every question: from the parameters of a query to filters, an order and a place.

Pure. What is not known is never passed over: it is answered with what may be asked.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple, TypeVar

from canting_protocol import codec
from canting_protocol.crypto import sha256
from canting_protocol.limits import INTEGER_MAX
from canting_server.registry.columns import (
    DAY,
    OPERATORS,
    TIME,
    TOTALS,
    Column,
    Resource,
    Type,
    Unreadable,
    days_of,
)
from canting_server.registry.limits import (
    PAGE_ROWS,
    PAGE_ROWS_MAX,
    QUESTION_PARAMETERS_MAX,
    QUESTION_TEXT_MAX,
)
from canting_server.store.search import Filter, Operator, Order, Search

T = TypeVar("T", bound=str)
Form = Literal["json", "csv"]
Count = Literal["none", "estimated", "exact"]

DELIMITERS: Final = {"comma": ",", "semicolon": ";"}
COUNTS: Final[tuple[Count, ...]] = ("none", "estimated", "exact")
FORMS: Final[tuple[Form, ...]] = ("json", "csv")
OF_EVERY_QUESTION: Final = (
    "sort",
    "fields",
    "limit",
    "cursor",
    "count",
    "facet",
    "format",
    "delimiter",
    "watermark",
)


class BadQuestion(Exception):
    """Say what is wrong with a question, and what may be asked."""

    def __init__(
        self, text: str, code: str = "bad_question", valid: Iterable[str] | None = None
    ) -> None:
        self.code = code
        self.valid = None if valid is None else list(valid)
        super().__init__(text if self.valid is None else f"{text}; valid: {', '.join(self.valid)}")


class Question(NamedTuple):
    """A question, understood."""

    resource: Resource
    search: Search
    """From the first row on; a cursor puts it further."""
    fields: tuple[str, ...]
    limit: int
    cursor: str | None
    counting: Count
    facets: tuple[str, ...]
    form: Form
    delimiter: str
    watermark: int | None

    def digest(self, asker: bytes) -> bytes:
        """Return what tells the row of questions apart that a cursor may go on with."""
        asked = (
            self.resource.name,
            [(each.column, each.operator.value, each.values) for each in self.search.filters],
            [tuple(each) for each in self.search.order],
            asker,
        )
        return sha256(b"canting/question/1\0", codec.encode(asked))[:16]


def read(resource: Resource, asked: Sequence[tuple[str, str]], form: Form = "json") -> Question:
    """Return the question that parameters ask of a resource; `form` is how it is answered unless
    they say otherwise.

    Raises:
        BadQuestion: a name, a value or a combination that there is not.
    """
    told = _told(asked)
    filters = _filters(resource, told, OF_EVERY_QUESTION)
    form, delimiter = _form(told, form)
    if form == "csv":
        for name in ("limit", "cursor", "count", "facet"):
            if name in told:
                raise BadQuestion(f"{name}: a CSV is the whole result, and nothing but its rows")
    return Question(
        resource,
        Search(resource.name, filters, _order(resource, _once(told, "sort"))),
        _fields(resource, _once(told, "fields")),
        _whole(told, "limit", 1, PAGE_ROWS_MAX) or PAGE_ROWS,
        _once(told, "cursor"),
        _one_of(told, "count", COUNTS, "none"),
        _facets(resource, told.get("facet", [])),
        form,
        delimiter,
        _whole(told, "watermark", 0, INTEGER_MAX),
    )


class Bounds(NamedTuple):
    """What totals are asked: by which dimensions, of what, and how they are told."""

    by: str
    from_month: str | None
    to_month: str | None
    filters: tuple[Filter, ...]
    form: Form
    delimiter: str
    as_of: int | None
    """The last business day that counts."""
    known_at: int | None
    """What the registry learned after this second does not."""


OF_TOTALS: Final = ("by", "from", "to", "as_of", "known_at", "format", "delimiter")


def read_bounds(asked: Sequence[tuple[str, str]], form: Form = "json") -> Bounds:
    """Return what parameters ask of totals.

    Raises:
        BadQuestion: a name, a value or a combination that there is not.
    """
    told = _told(asked)
    filters = _filters(TOTALS, told, OF_TOTALS)
    by = _once(told, "by")
    form, delimiter = _form(told, form)
    return Bounds(
        "month" if by is None else by,
        _once(told, "from"),
        _once(told, "to"),
        filters,
        form,
        delimiter,
        _ends(DAY, "as_of", _once(told, "as_of")),
        _ends(TIME, "known_at", _once(told, "known_at")),
    )


def _ends(type_: Type, name: str, text: str | None) -> int | None:
    """Return the end of the day, month or second that a text names."""
    if text is None:
        return None
    try:
        end: int = type_.read(text)[-1]
    except Unreadable as error:
        raise BadQuestion(f"{name}: expected {error}", "bad_value") from error
    return end


def read_nothing(asked: Sequence[tuple[str, str]]) -> None:
    """See that a question without parameters has none.

    Raises:
        BadQuestion: it has.
    """
    for name in _told(asked):
        raise BadQuestion(f"unknown parameter {name!r}; there are none", "unknown_column", [])


def _told(asked: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    if len(asked) > QUESTION_PARAMETERS_MAX:
        raise BadQuestion(f"at most {QUESTION_PARAMETERS_MAX} parameters", "bad_value")
    told: dict[str, list[str]] = {}
    for name, text in asked:
        if len(text) > QUESTION_TEXT_MAX or "\0" in text or _broken(text):
            raise BadQuestion(f"{name}: not a text of {QUESTION_TEXT_MAX} characters", "bad_value")
        told.setdefault(name, []).append(text)
    return told


def _form(told: dict[str, list[str]], otherwise: Form) -> tuple[Form, str]:
    form = _one_of(told, "format", FORMS, otherwise)
    if form == "json" and "delimiter" in told:
        raise BadQuestion("delimiter: JSON has none; ask for format=csv")
    return form, DELIMITERS[_one_of(told, "delimiter", tuple(DELIMITERS), "comma")]


def _filters(
    resource: Resource, told: dict[str, list[str]], besides: Sequence[str]
) -> tuple[Filter, ...]:
    return tuple(
        _filter(resource, name, texts, besides)
        for name, texts in told.items()
        if name not in besides
    )


def _filter(resource: Resource, name: str, texts: Sequence[str], besides: Sequence[str]) -> Filter:
    written, _, operator = name.partition("__")
    column = resource.column(written)
    if column is None or not column.filter:
        columns = [each.name for each in resource.columns if each.filter]
        raise BadQuestion(
            f"{resource.name} have no column {written!r}",
            "unknown_column",
            [*columns, *besides],
        )
    valid = operators_of(column)
    if operator not in valid or name.endswith("__"):
        raise BadQuestion(
            f"{written} knows no operator {operator!r}",
            "unknown_operator",
            [f"{written}__{each}" if each else written for each in sorted(valid)],
        )
    values = tuple(value for text in texts for value in _values(column, operator, name, text))
    return _asked_of_days(column, operator, values) or Filter(written, OPERATORS[operator], values)


def operators_of(column: Column) -> frozenset[str]:
    """Return what may follow the column and two underscores."""
    return column.type.operators | ({"isnull"} if column.nullable else set())


def _values(column: Column, operator: str, name: str, text: str) -> tuple[object, ...]:
    if operator == "isnull":
        if text not in ("0", "1", "true", "false"):
            raise BadQuestion(f"{name}: expected true or false", "bad_value")
        return (text in ("1", "true"),)
    try:
        return column.type.read(text)
    except Unreadable as error:
        raise BadQuestion(f"{name}: expected {error}", "bad_value") from error


def _asked_of_days(column: Column, operator: str, months: tuple[object, ...]) -> Filter | None:
    """Return what is asked of a month as asked of its days, where a column says so."""
    if column.days_of is None:
        return None
    spans = [days_of(month) for month in months if isinstance(month, int)]
    match OPERATORS[operator]:
        case Operator.EQ:
            return Filter(column.days_of, Operator.BETWEEN, tuple(spans))
        case Operator.GTE | Operator.LT as same:
            return Filter(column.days_of, same, tuple(first for first, _ in spans))
        case same:
            return Filter(column.days_of, same, tuple(last for _, last in spans))


def _order(resource: Resource, asked: str | None) -> tuple[Order, ...]:
    """Return a total order; what completes it goes the way of the last column that was asked."""
    order: list[Order] = []
    for each in (asked if asked is not None else resource.sorts[0]).split(","):
        column, descending = each.removeprefix("-"), each.startswith("-")
        if column not in resource.sorts:
            valid = [sign + name for name in resource.sorts for sign in ("", "-")]
            raise BadQuestion(
                f"{resource.name} are not sorted by {column!r}", "unknown_column", valid
            )
        if column not in {other.column for other in order}:
            order.append(Order(column, descending))
    for column in resource.key:
        if column not in {each.column for each in order}:
            order.append(Order(column, order[-1].descending))
    return tuple(order)


def _fields(resource: Resource, asked: str | None) -> tuple[str, ...]:
    known = [each.name for each in resource.columns]
    fields = known if asked is None else asked.split(",")
    for each in fields:
        if each not in known:
            raise BadQuestion(f"{resource.name} have no field {each!r}", "unknown_column", known)
    return tuple(dict.fromkeys(fields))


def _facets(resource: Resource, asked: Sequence[str]) -> tuple[str, ...]:
    known = [each.name for each in resource.columns if each.facet]
    for each in asked:
        if each not in known:
            raise BadQuestion(f"{resource.name} have no facet {each!r}", "unknown_column", known)
    return tuple(dict.fromkeys(asked))


def _once(told: dict[str, list[str]], name: str) -> str | None:
    texts = told.get(name, [])
    if len(texts) > 1:
        raise BadQuestion(f"{name}: once")
    return texts[0] if texts else None


def _one_of(told: dict[str, list[str]], name: str, known: Sequence[T], otherwise: T) -> T:
    text = _once(told, name)
    if text is None:
        return otherwise
    for each in known:
        if each == text:
            return each
    raise BadQuestion(f"{name}: none of those that it may be", "bad_value", known)


def _whole(told: dict[str, list[str]], name: str, least: int, most: int) -> int | None:
    text = _once(told, name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 16 and least <= int(text) <= most:
        return int(text)
    raise BadQuestion(f"{name}: expected a number from {least} to {most}", "bad_value")


def _broken(text: str) -> bool:
    """Say whether a text holds half a character: no database keeps it."""
    return any("\ud800" <= each <= "\udfff" for each in text)
