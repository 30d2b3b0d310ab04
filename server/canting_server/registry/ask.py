"""What staff may know: every question in one place, and the sharing levels enforced here alone.

Default is monthly totals; lines only with consent; withdrawing hides past ones too. (design.md,
section 5, rule 9; UU 27/2022 on personal data, art. 4) Pages of rows are asked in `search`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from canting_protocol.changes import Kind, Sharing
from canting_protocol.ledger.registers import PROFILE, Standing
from canting_protocol.ledger.times import month_of
from canting_protocol.limits import INTEGER_MAX
from canting_protocol.log import PREFIX_BYTES, ArtisanId
from canting_server.registry.answers import Rival
from canting_server.registry.columns import (
    ARTISANS,
    CHANNELS,
    GAPS,
    STOCK,
    Resource,
    Unreadable,
    channel_word,
    days_of,
    month_text,
    pieces,
    read_month,
    when,
)
from canting_server.registry.grammar import BadQuestion
from canting_server.registry.learning import SOLD
from canting_server.registry.overview import HERS, UNKNOWN, district, readable
from canting_server.store import learned, logs, overview, questions, search, steps
from canting_server.store.database import Connection
from canting_server.store.questions import Shown
from canting_server.store.search import Filter, Operator, Order, Search

__all__ = ["CHANNELS", "HERS", "UNKNOWN", "BadQuestion", "NotFound", "pieces"]

DIMENSIONS: Final = ("month", "kecamatan", "channel")
_CELL: Final = ("month", "kecamatan", "channel", "kind", "facts", "quantity", "amount")
_ALL: Final = 1_000_000
"""More rows than one artisan, or the sums of one city, have."""


class NotFound(Exception):
    """Say that there is no such artisan."""


def artisan(conn: Connection, which: str) -> dict[str, Any]:
    """Return one artisan, as far as she shares.

    Raises:
        NotFound: there is none of that id.
    """
    whose = artisan_of(conn, which)
    (told,) = _rows(conn, ARTISANS, Filter("id", Operator.EQ, (whose,)))
    levels = Levels(conn)
    told["devices"] = [
        {"key": key.hex()[:16], "heard": when(heard)}
        for key, heard in questions.devices_of(conn, whose)
    ]
    told["verdicts"] = {
        ("applied", "conflict", "parked", "refused")[verdict]: count
        for verdict, count in questions.verdicts_of(conn, whose)
    }
    told["conflicts"] = conflicts(conn, whose)
    if levels.of(whose) >= Sharing.TOTALS:
        lived = overview.lived(conn, whose)
        told["totals"] = _summed(
            ("month", "channel"),
            [
                (month, district(lived, month), channel, kind, *sums)
                for month, channel, kind, *sums in overview.turnover_of(conn, whose)
            ],
        )
    if levels.of(whose) >= Sharing.LINES:
        told["stock"] = _rows(conn, STOCK, Filter("artisan", Operator.EQ, (whose,)))
    return told


def artisan_of(conn: Connection, which: str) -> ArtisanId:
    """Return the artisan whose id is written so.

    Raises:
        NotFound: there is none of that id.
    """
    try:
        whose = ArtisanId(bytes.fromhex(which))
    except ValueError as error:
        raise NotFound("no such artisan") from error
    if which.lower() != whose.hex() or not logs.is_artisan(conn, whose):
        raise NotFound("no such artisan")
    return whose


def totals(
    conn: Connection,
    by: str,
    from_month: str | None = None,
    to_month: str | None = None,
    filters: Sequence[Filter] = (),
    as_of: int | None = None,
    known_at: int | None = None,
) -> dict[str, Any]:
    """Return turnover summed by some of month, kecamatan, channel, with its coverage.

    `as_of` leaves out business days after it (days since 1970-01-01), `known_at` what the registry
    learned later (seconds since 1970). Who shares it and where she lived is as it is known now.

    Raises:
        BadQuestion: another dimension, or a month that is not YYYY-MM.
    """
    wanted = tuple(each.strip() for each in by.split(",") if each.strip())
    wrong = [each for each in wanted if each not in DIMENSIONS]
    if wrong or not wanted or len(set(wanted)) < len(wanted):
        raise BadQuestion(f"by: any of {', '.join(DIMENSIONS)}, each once; not {by!r}")
    bounds = [
        Filter("month", operator, (_month(text),))
        for operator, text in ((Operator.GTE, from_month), (Operator.LTE, to_month))
        if text is not None
    ]
    levels, heard = Levels(conn), _reported_through(conn)
    found = _taken(conn, (*filters, *bounds), as_of, known_at)
    everyone = logs.artisans(conn)
    counted = [each for each in everyone if levels.of(each) >= Sharing.TOTALS]
    reported = [heard.get(each) for each in counted]
    through = None if None in reported else min((r for r in reported if r), default=None)
    return {
        "by": list(wanted),
        "rows": _summed(wanted, found),
        "coverage": {
            "artisans": len(everyone),
            "counted": len(counted),
            "withheld": len(everyone) - len(counted),
            "never_reported": sum(1 for each in reported if each is None),
            "reported_through": when(through),
        },
    }


def conflicts(conn: Connection, artisan: ArtisanId | None = None) -> list[dict[str, Any]]:
    """Return what waits for a person: fields with rival values, and counts that disagree.

    What an artisan does not share is named, without its values.
    """
    levels = Levels(conn)
    filters = () if artisan is None else (Filter("artisan", Operator.EQ, (artisan,)),)
    order = tuple(Order(each) for each in ("artisan", "of", "field"))
    return [
        {
            "artisan": whose.hex(),
            "of": of,
            "name": overview.name(conn, whose, of.replace("stock:", "item:")),
            "field": field,
            "values": rivals(conn, levels, whose, of, field),
        }
        for whose, of, field in search.page(conn, Search("conflicts", filters, order), (), _ALL)
    ]


def rivals(
    conn: Connection, levels: "Levels", artisan: ArtisanId, of: str, field: str
) -> list[Rival]:
    """Return the values that stand against each other, as far as she shares them."""
    shares_lines = levels.of(artisan) >= Sharing.LINES
    word, _, item = of.partition(":")
    if word == "stock":
        return [
            Rival(pieces(counted) if shares_lines else HERS, log[:PREFIX_BYTES].hex(), n, when(t))
            for counted, t, log, n in questions.disputed_counts(conn, artisan, item, field)
        ]
    return [_rival(write, levels) for write in questions.in_conflict(conn, artisan, of, int(field))]


def standing(conn: Connection, whose: ArtisanId, entity: str, field: int) -> list[Rival]:
    """Return what now stands in one field: one value, or those that wait for a person."""
    levels = Levels(conn)
    return [
        _rival(write, levels)
        for write in questions.writes_of(conn, whose, entity, field)
        if write.standing != Standing.REPLACED
    ]


def _rival(write: Shown, levels: "Levels") -> Rival:
    """Tell a value, who wrote it and when; `write` is what it is chosen by."""
    is_open = write.entity == PROFILE or levels.of(write.artisan) >= Sharing.LINES
    return Rival(
        readable(write.value) if is_open else HERS,
        write.log[:PREFIX_BYTES].hex(),
        write.n,
        when(write.t),
        write.standing in (Standing.SHOWN, Standing.SHOWN_IN_CONFLICT),
        write.hash[:PREFIX_BYTES].hex(),
    )


def _taken(
    conn: Connection,
    filters: tuple[Filter, ...],
    as_of: int | None,
    known_at: int | None,
) -> list[tuple[Any, ...]]:
    """Return the cells of everyone's sums that filters leave, about now or another time.

    Of the month in which `as_of` lies only the shorter part is read by its days: what came until
    then, or what has to be taken off the whole month because it came later.
    """
    if as_of is None:
        return _cells(conn, filters, known_at)
    month = month_of(as_of)
    first, last = days_of(month)
    is_early = as_of - first < last - as_of
    bound = Filter("month", Operator.LT if is_early else Operator.LTE, (month,))
    days, sign = ((first, as_of), 1) if is_early else ((as_of + 1, last), -1)
    known = INTEGER_MAX if known_at is None else known_at
    part = [
        (month, district(lived, month), *rest)
        for lived, *rest in learned.part_of_month(conn, month, days, known, SOLD, Sharing.TOTALS)
    ]
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for cells, way in (
        (_cells(conn, (*filters, bound), known_at), 1),
        ([cell for cell in part if _passes(cell, filters)], sign),
    ):
        for cell in cells:
            into = sums[cell[:4]]
            for place, more in enumerate(cell[4:]):
                into[place] += way * more
    return [(*cell, *each) for cell, each in sums.items() if any(each)]


def _cells(
    conn: Connection, filters: tuple[Filter, ...], known_at: int | None
) -> list[tuple[Any, ...]]:
    """Return the cells of everyone's sums that filters leave, as they are or were known."""
    if known_at is not None:
        return [cell for cell in steps.standing(conn, known_at) if _passes(cell, filters)]
    order = tuple(Order(each) for each in _CELL[:4])
    found = search.page(conn, Search("totals", filters, order), _CELL, _ALL)
    return [row[: len(_CELL)] for row in found]


def _passes(cell: tuple[Any, ...], filters: tuple[Filter, ...]) -> bool:
    return all(each.holds(cell[_CELL.index(each.column)]) for each in filters)


def coverage(conn: Connection) -> dict[str, Any]:
    """Return who has reported, and through when.

    Through: her devices' last signed statement of how far they had come, the earliest of them; a
    quiet artisan is not a silent one.
    """
    heard, levels, gaps = _reported_through(conn), Levels(conn), questions.awaiting(conn)
    everyone = logs.artisans(conn)
    return {
        "artisans": len(everyone),
        "reported": sum(1 for each in everyone if heard.get(each) is not None),
        "rows": [
            {
                "artisan": each.hex(),
                "reported_through": when(heard.get(each)),
                "sharing": levels.of(each).name.lower(),
                "causality_incomplete": each in gaps,
            }
            for each in everyone
        ],
    }


class Levels:
    """What each artisan lets staff see, read once when it is first wanted."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._levels: Mapping[ArtisanId, int] | None = None

    def of(self, artisan: ArtisanId) -> Sharing:
        """Return what one artisan lets staff see."""
        if self._levels is None:
            self._levels = overview.sharing(self._conn)
        return Sharing(self._levels.get(artisan, Sharing.TOTALS))


def artisans(conn: Connection) -> list[dict[str, Any]]:
    """Return every artisan: who and where she is, what she shares, through when she reported."""
    return _rows(conn, ARTISANS)


def gaps(conn: Connection, at_most: int = _ALL) -> list[dict[str, Any]]:
    """Return what exists and has not arrived, the longest missing first."""
    return _rows(conn, GAPS, by="since", at_most=at_most)


def count_gaps(conn: Connection) -> int:
    """Return how many ranges exist and have not arrived."""
    return search.count(conn, Search("gaps", (), ()))


def _rows(
    conn: Connection, resource: Resource, *only: Filter, by: str = "", at_most: int = _ALL
) -> list[dict[str, Any]]:
    """Return the rows that filters leave, as `search` would show them."""
    names = [each.name for each in resource.columns]
    order = tuple(Order(each) for each in dict.fromkeys((by or resource.sorts[0], *resource.key)))
    found = search.page(conn, Search(resource.name, only, order), names, at_most)
    return [
        {
            each.name: None if value is None else each.type.show(value)
            for each, value in zip(resource.columns, row, strict=False)
        }
        for row in found
    ]


def _summed(by: Sequence[str], found: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Return sums by dimensions.

    Found are (month, kecamatan, channel, kind, facts, thousandths, rupiah).
    """
    sums: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * 6)
    for month, kecamatan, channel, kind, *cell in found:
        of = {
            "month": month_text(month),
            "kecamatan": kecamatan,
            "channel": channel_word(channel),
        }
        into = sums[tuple(of[each] for each in by)]
        at = 0 if kind == Kind.SALE else 3
        for place, more in enumerate(cell):
            into[at + place] += more
    return [
        {
            **dict(zip(by, key, strict=True)),
            "sales": cell[0],
            "pieces": pieces(cell[1]),
            "turnover": cell[2],
            "returns": cell[3],
            "pieces_returned": pieces(cell[4]),
            "paid_back": cell[5],
        }
        for key, cell in sorted(sums.items(), key=lambda each: str(each[0]))
    ]


def _reported_through(conn: Connection) -> dict[ArtisanId, int | None]:
    heard: dict[ArtisanId, int | None] = {}
    for whose, _, at in questions.devices(conn):
        before = heard.get(whose, at)
        heard[whose] = None if at is None or before is None else min(before, at)
    return heard


def _month(text: str) -> int:
    try:
        return read_month(text)
    except Unreadable as error:
        raise BadQuestion(f"expected {error}, not {text!r}") from error
