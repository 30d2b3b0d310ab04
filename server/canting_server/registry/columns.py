"""The columns that staff ask by: what may be typed for one, and how its values are shown."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, Final, NamedTuple

from canting_protocol.changes import Channel, Kind, Sharing
from canting_protocol.limits import INTEGER_MAX
from canting_protocol.messages import Reason, Verdict
from canting_server.registry.limits import QUESTION_TEXT_MAX
from canting_server.store.gaps import ToldBy
from canting_server.store.search import Operator, ResourceName

WIB: Final = timezone(timedelta(hours=7))
CHANNELS: Final = {
    Channel.DIRECT: "langsung",
    Channel.SHOP: "toko",
    Channel.MARKET: "pasar",
    Channel.WHATSAPP: "wa",
    Channel.TOKOPEDIA: "tokopedia",
    Channel.SHOPEE: "shopee",
    Channel.FAIR: "pameran",
    Channel.CONSIGNMENT: "titip",
    Channel.UNIFORM: "seragam",
}
_CHANNEL_WORDS: Final = {str(int(channel)): word for channel, word in CHANNELS.items()}
_EPOCH: Final = date(1970, 1, 1).toordinal()


class Unreadable(Exception):
    """Say what must be typed instead."""


class Type(NamedTuple):
    """How values of a column are typed, compared and shown."""

    read: Callable[[str], tuple[Any, ...]]
    """From what was typed to the stored values that it means; raises `Unreadable`."""
    show: Callable[[Any], Any]
    operators: frozenset[str]
    schema: Mapping[str, Any]
    """What may be typed, as JSON Schema."""


class Column(NamedTuple):
    """A column of a resource."""

    name: str
    type: Type
    nullable: bool = False
    facet: bool = False
    """Whether its values may be counted: there are few of them."""
    filter: bool = True
    days_of: str | None = None
    """The column of days, of a month: what is asked of a month is asked of its days, by index."""


class Resource(NamedTuple):
    """What may be asked of one kind of rows."""

    name: ResourceName
    columns: tuple[Column, ...]
    sorts: tuple[str, ...]
    """By what rows may be ordered; the first is how they come when nobody says."""
    key: tuple[str, ...]
    """What completes an order, so that it is total."""

    def column(self, name: str) -> Column | None:
        """Return a column by its name."""
        return next((each for each in self.columns if each.name == name), None)


OPERATORS: Final[Mapping[str, Operator]] = {
    "": Operator.EQ,
    "gte": Operator.GTE,
    "gt": Operator.GT,
    "lte": Operator.LTE,
    "lt": Operator.LT,
    "before": Operator.LT,
    "contains": Operator.CONTAINS,
    "isnull": Operator.NULL,
}
"""What may follow a column and two underscores; nothing means equal."""

_RANGES: Final = frozenset({"", "gte", "gt", "lte", "lt"})


_remembered: Final = lru_cache(maxsize=8192)
"""Columns repeat themselves: a month of sales has thirty days and five hundred artisans."""


def channel_word(channel: str) -> str:
    """Return what a stored channel is called: a word of ours, or hers."""
    return _CHANNEL_WORDS.get(channel, channel)


@_remembered
def pieces(thousandths: int) -> str:
    """Return a quantity as a decimal number."""
    sign, rest = ("-", -thousandths) if thousandths < 0 else ("", thousandths)
    whole, part = divmod(rest, 1000)
    return f"{sign}{whole}" + (f".{part:03}".rstrip("0") if part else "")


def when(time: int | None) -> str | None:
    """Return a time as ISO 8601 in Mojokerto; None when it was never, or is beyond the calendar."""
    if time is None:
        return None
    try:
        return datetime.fromtimestamp(time, UTC).astimezone(WIB).isoformat()
    except (OverflowError, ValueError, OSError):
        return None


@_remembered
def day_text(day: int) -> str | None:
    """Return a day since 1970-01-01 as ISO 8601; None beyond the calendar."""
    try:
        return date.fromordinal(day + _EPOCH).isoformat()
    except (OverflowError, ValueError):
        return None


@_remembered
def month_text(month: int) -> str:
    """Return year × 100 + month as YYYY-MM."""
    return f"{month // 100:04}-{month % 100:02}"


def read_month(text: str) -> int:
    """Return YYYY-MM as year × 100 + month.

    Raises:
        Unreadable: it is something else.
    """
    if _MONTH.fullmatch(text):
        return int(text[:4]) * 100 + int(text[5:])
    raise Unreadable("a month as YYYY-MM")


def days_of(month: int) -> tuple[int, int]:
    """Return the first and the last day of a month, since 1970-01-01."""
    year, number = divmod(month, 100)
    first = date(year, number, 1).toordinal() - _EPOCH
    after = date(year + number // 12, number % 12 + 1, 1).toordinal() if month < 999_912 else None
    return first, (date.max.toordinal() if after is None else after - 1) - _EPOCH


_MONTH: Final = re.compile(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+ -][0-9]{2}:[0-9]{2})?)?"
)
_INTEGER: Final = re.compile(r"-?[0-9]{1,16}")
_QUANTITY: Final = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,3}))?")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")


def _read_hex(text: str) -> tuple[bytes, ...]:
    if not _HEX.fullmatch(text):
        raise Unreadable("an id in hexadecimal digits")
    return (bytes.fromhex(text),)


def _read_integer(text: str) -> tuple[int, ...]:
    if not _INTEGER.fullmatch(text) or abs(int(text)) > INTEGER_MAX:
        raise Unreadable("a whole number")
    return (int(text),)


def _read_quantity(text: str) -> tuple[int, ...]:
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise Unreadable("a number with at most three decimals, as 12.5")
    sign, whole, part = found.groups()
    thousandths = int(whole) * 1000 + int((part or "").ljust(3, "0"))
    return (-thousandths if sign else thousandths,)


def _read_day(text: str) -> tuple[int, ...]:
    try:
        if _DAY.fullmatch(text):
            return (date.fromisoformat(text).toordinal() - _EPOCH,)
    except ValueError:
        pass
    raise Unreadable("a day as YYYY-MM-DD")


def _read_time(text: str) -> tuple[int, ...]:
    try:
        if _TIME.fullmatch(text):  # in a query + is a space, unless it is written %2B
            told = datetime.fromisoformat(text.replace(" ", "+"))
            told = told if told.tzinfo is not None else told.replace(tzinfo=WIB)
            return (int((told - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()),)
    except (ValueError, OverflowError):
        pass
    raise Unreadable("a day or a time as 2026-08-01 or 2026-08-01T07:00:00+07:00")


def _read_flag(text: str) -> tuple[bool, ...]:
    if text not in _FLAGS:
        raise Unreadable("true or false")
    return (_FLAGS[text],)


_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


def _read_channel(text: str) -> tuple[str, ...]:
    """Return every stored channel that is called so: a word of ours is also a word of hers."""
    ours = [code for code, word in _CHANNEL_WORDS.items() if word == text]
    return (*ours, text) if text not in _CHANNEL_WORDS else (text,)


def as_it_is(value: Any) -> Any:
    """Return a value."""
    return value


@_remembered
def _hex(value: bytes) -> str:
    return value.hex()


def words(known: Mapping[int, str]) -> Type:
    """Return the type of a column that holds one of a few numbered words."""
    numbers = {word: number for number, word in known.items()}

    def read(text: str) -> tuple[int, ...]:
        if text not in numbers:
            raise Unreadable(f"one of {', '.join(numbers)}")
        return (numbers[text],)

    return Type(
        read,
        lambda value: known.get(value, str(value)),
        frozenset({""}),
        {"type": "string", "enum": list(numbers)},
    )


def _named(
    numbers: type[Kind] | type[Sharing] | type[Verdict] | type[Reason] | type[ToldBy],
) -> dict[int, str]:
    return {int(each): each.name.lower().replace("_", "-") for each in numbers}


_TEXT: Final = {"type": "string", "maxLength": QUESTION_TEXT_MAX, "pattern": r"^[^\x00]*$"}
TEXT: Final = Type(
    lambda text: (text,),
    as_it_is,
    frozenset({"", "contains"}),
    _TEXT,
)
ID: Final = Type(
    _read_hex, _hex, frozenset({""}), {"type": "string", "pattern": "^([0-9a-fA-F]{2})+$"}
)
INTEGER: Final = Type(
    _read_integer,
    as_it_is,
    _RANGES,
    {"type": "integer", "minimum": -INTEGER_MAX, "maximum": INTEGER_MAX},
)
QUANTITY: Final = Type(
    _read_quantity,
    pieces,
    _RANGES,
    {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,3})?$"},
)
DAY: Final = Type(_read_day, day_text, _RANGES | {"before"}, {"type": "string", "format": "date"})
MONTH: Final = Type(
    lambda text: (read_month(text),),
    month_text,
    _RANGES | {"before"},
    {"type": "string", "pattern": "^[1-9][0-9]{3}-(0[1-9]|1[0-2])$"},
)
TIME: Final = Type(
    _read_time, when, frozenset({"gte", "before"}), {"type": "string", "format": "date"}
)
FLAG: Final = Type(_read_flag, bool, frozenset({""}), {"type": "boolean"})
CHANNEL: Final = Type(_read_channel, channel_word, frozenset({""}), _TEXT)

ARTISANS: Final = Resource(
    "artisans",
    (
        Column("id", ID),
        Column("name", TEXT, nullable=True),
        Column("brand", TEXT, nullable=True),
        Column("craft", TEXT, nullable=True, facet=True),
        Column("kelurahan", TEXT, nullable=True, facet=True),
        Column("kecamatan", TEXT, nullable=True, facet=True),
        Column("sharing", words(_named(Sharing)), facet=True),
        Column("since", TIME),
        Column("reported_through", TIME, nullable=True),
    ),
    (
        "id",
        "name",
        "brand",
        "craft",
        "kelurahan",
        "kecamatan",
        "sharing",
        "since",
        "reported_through",
    ),
    ("id",),
)
SALES: Final = Resource(
    "sales",
    (
        Column("artisan", ID),
        Column("day", DAY),
        Column("month", MONTH, facet=True, days_of="day"),
        Column("channel", CHANNEL, facet=True),
        Column("kind", words({int(Kind.SALE): "sale", int(Kind.RETURN): "return"}), facet=True),
        Column("item", TEXT),
        Column("item_name", TEXT),
        Column("place", TEXT),
        Column("quantity", QUANTITY),
        Column("amount", INTEGER),
        Column("custody", FLAG, facet=True),
        Column("log", ID),
        Column("n", INTEGER),
        Column("line", INTEGER),
    ),
    ("day",),
    ("artisan", "log", "n", "hash", "line"),
)
STOCK: Final = Resource(
    "stock",
    (
        Column("artisan", ID),
        Column("item", TEXT),
        Column("item_name", TEXT),
        Column("place", TEXT),
        Column("place_name", TEXT, facet=True),
        Column("quantity", QUANTITY),
        Column("uncertain", QUANTITY),
        Column("below_zero", FLAG, facet=True),
        Column("disputed", FLAG, facet=True),
    ),
    ("artisan",),
    ("item", "place"),
)
CONFLICTS: Final = Resource(
    "conflicts",
    (
        Column("artisan", ID),
        Column("of", TEXT),
        Column("name", TEXT, nullable=True, filter=False),
        Column("field", TEXT),
        Column("values", TEXT, filter=False),
    ),
    ("artisan",),
    ("of", "field"),
)
VERDICTS: Final = Resource(
    "verdicts",
    (
        Column("artisan", ID),
        Column("log", ID),
        Column("n", INTEGER),
        Column("at", TIME),
        Column("kind", words(_named(Kind)), facet=True),
        Column("verdict", words(_named(Verdict)), facet=True),
        Column("reason", words(_named(Reason)), facet=True),
    ),
    ("artisan",),
    ("log", "n", "hash"),
)
GAPS: Final = Resource(
    "gaps",
    (
        Column("artisan", ID),
        Column("log", ID),
        Column("device", ID, nullable=True),
        Column("first", INTEGER),
        Column("last", INTEGER),
        Column("since", TIME),
        Column("told_by", words(_named(ToldBy)), facet=True),
        Column("officer", ID, nullable=True, facet=True),
        Column("officer_name", TEXT, nullable=True, filter=False),
        Column("taken", TIME, nullable=True),
    ),
    ("artisan", "since"),
    ("artisan", "log", "first"),
)
TOTALS: Final = Resource(
    "totals",
    (
        Column("month", MONTH),
        Column("kecamatan", TEXT),
        Column("channel", CHANNEL),
    ),
    ("month",),
    (),
)
"""What totals may be narrowed by; how they are summed is a question of their own."""

RESOURCES: Final = (ARTISANS, SALES, STOCK, CONFLICTS, VERDICTS, GAPS)
