"""What the front page shows, made of staff's questions and of nothing else.

`registry.ask` decides what may be known; here it is only put in order for a person to read.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from msgspec import UNSET

from canting_protocol.log import PREFIX_BYTES, ArtisanId
from canting_server.registry import ask, niks
from canting_server.registry.answers import Alike
from canting_server.registry.registry import Registry
from canting_server.store import logs
from canting_server.store.database import Connection

MONTHS: Final = 12
SILENT_DAYS: Final = 14
"""A device that has not been heard of for so long is asked after."""
LISTED_MAX: Final = 100
CONFLICTS_MAX: Final = 25
SAME_MAX: Final = 25
GAPS_MAX: Final = 25
_WIB: Final = timedelta(hours=7)


class Coverage(NamedTuple):
    """How much of the city stands behind the numbers."""

    artisans: int
    counted: int
    """Share at least their monthly totals."""
    withheld: int
    reported: int
    never: int
    through: date | None
    """All that are counted have reported through this day; None while one never has."""
    longest: date | None
    """The earliest last report of those who have reported at all."""


class Turnover(NamedTuple):
    """Rupiah by month (year × 100 + month) and kecamatan."""

    months: Sequence[int]
    """Without gaps, the earliest first."""
    quiet: bool
    """Nothing was sold lately: the last of the months is the last in which something was."""
    districts: Sequence[str]
    """The largest first."""
    amounts: Mapping[tuple[str, int], int]
    returns: Mapping[int, int]
    earlier: int
    later: int
    """Dated after this month: a clock or a date is wrong."""

    def of_month(self, month: int) -> int:
        """Return what all kecamatan come to in a month."""
        return sum(self.amounts.get((each, month), 0) for each in self.districts)

    @property
    def total(self) -> int:
        """Return what everything comes to."""
        return sum(self.amounts.values())

    @property
    def returned(self) -> int:
        """Return what was paid back in all."""
        return sum(self.returns.values())

    def of_district(self, district: str) -> int:
        """Return what all months come to in a kecamatan."""
        return sum(self.amounts.get((district, each), 0) for each in self.months)


class Silent(NamedTuple):
    """Someone nobody has heard of for long; `days` is None when never."""

    id: str
    name: str | None
    brand: str | None
    where: str | None
    last: date | None
    days: int | None


class Value(NamedTuple):
    """One of the values that stand in a field, or what was counted."""

    write: str | None
    value: Any
    shown: bool
    by: str
    department: bool
    at: datetime | None


class Conflict(NamedTuple):
    """What waits for a person."""

    artisan: str
    whose: str | None
    of: str
    name: str | None
    field: str
    values: Sequence[Value]

    @property
    def counted(self) -> bool:
        """Say whether these are counts, which no choice settles."""
        return self.of.startswith("stock:")


class Missing(NamedTuple):
    """Changes that exist and have not arrived."""

    artisan: str
    whose: str | None
    device: str | None
    first: int
    last: int
    since: date | None
    told: bool
    """By more than an officer's word."""
    officer: str | None
    """Who was the last to take them; None: nobody is known to have."""
    taken: date | None


class Front(NamedTuple):
    """The front page."""

    coverage: Coverage
    turnover: Turnover
    silent: Sequence[Silent]
    silent_all: int
    conflicts: Sequence[Conflict]
    conflicts_all: int
    gaps: Sequence[Missing]
    gaps_all: int
    same: Sequence[Sequence[Alike]]
    """Each may be one person: their NIKs are equal."""
    same_all: int


def front(conn: Connection, registry: Registry) -> Front:
    """Return the front page as of now."""
    today = (datetime.fromtimestamp(registry.now(), UTC) + _WIB).date()
    artisans = ask.artisans(conn)
    totals = ask.totals(conn, "month,kecamatan")
    silent = who_is_silent(artisans, today)
    conflicts = ask.conflicts(conn)
    same = niks.duplicates(conn).groups
    names = {each["id"]: each["name"] or each["brand"] for each in artisans}
    return Front(
        covered(artisans, totals["coverage"]),
        by_month(totals["rows"], today.year * 100 + today.month),
        silent[:LISTED_MAX],
        len(silent),
        [_conflict(conn, registry, each, names) for each in conflicts[:CONFLICTS_MAX]],
        len(conflicts),
        [_missing(each, names) for each in ask.gaps(conn, GAPS_MAX)],
        ask.count_gaps(conn),
        same[:SAME_MAX],
        len(same),
    )


def covered(artisans: Sequence[Mapping[str, Any]], told: Mapping[str, Any]) -> Coverage:
    """Return how much of the city stands behind the numbers."""
    heard = [day for each in artisans if (day := _day(each["reported_through"]))]
    return Coverage(
        artisans=told["artisans"],
        counted=told["counted"],
        withheld=told["withheld"],
        reported=len(heard),
        never=len(artisans) - len(heard),
        through=_day(told["reported_through"]),
        longest=min(heard, default=None),
    )


def by_month(told: Iterable[Mapping[str, Any]], this_month: int) -> Turnover:
    """Return the last twelve months, and what lies beyond them at either end.

    Where nothing was sold in them, the twelve that end with the last in which something was.
    """
    rows = [(int(each["month"].replace("-", "")), each) for each in told]
    newest = max((month for month, _ in rows if month <= this_month), default=this_month)
    quiet = newest < _months_before(this_month, MONTHS - 1)
    last = newest if quiet else this_month
    months = [_months_before(last, back) for back in range(MONTHS - 1, -1, -1)]
    amounts: dict[tuple[str, int], int] = defaultdict(int)
    returns: dict[int, int] = defaultdict(int)
    earlier = later = 0
    for month, row in rows:
        if month < months[0]:
            earlier += row["turnover"]
        elif month > this_month:
            later += row["turnover"]
        else:
            amounts[row["kecamatan"], month] += row["turnover"]
            returns[month] += row["paid_back"]
    sums: dict[str, int] = defaultdict(int)
    for (district, _), amount in amounts.items():
        sums[district] += amount
    districts = sorted(sums, key=lambda each: (each == ask.UNKNOWN, -sums[each], each))
    return Turnover(months, quiet, districts, dict(amounts), dict(returns), earlier, later)


def who_is_silent(artisans: Iterable[Mapping[str, Any]], today: date) -> list[Silent]:
    """Return who has not been heard of for long, the longest first, and before them who never."""
    found = []
    for each in artisans:
        last = _day(each["reported_through"])
        days = None if last is None else (today - last).days
        if days is None or days >= SILENT_DAYS:
            where = each["kelurahan"] or each["kecamatan"]
            found.append(Silent(each["id"], each["name"], each["brand"], where, last, days))
    return sorted(found, key=lambda each: (each.last or date.min, str(each.name), each.id))


def _conflict(
    conn: Connection, registry: Registry, told: Mapping[str, Any], names: Mapping[str, str | None]
) -> Conflict:
    artisan = ArtisanId(bytes.fromhex(told["artisan"]))
    ours = {
        log[:PREFIX_BYTES].hex()
        for log, descriptor in logs.descriptors(conn, artisan).items()
        if descriptor.key == registry.key.public
    }
    values = [
        Value(
            None if each.write is UNSET else each.write,
            each.value,
            each.shown is True,
            each.by,
            each.by in ours,
            datetime.fromisoformat(each.at) if each.at else None,
        )
        for each in told["values"]
    ]
    return Conflict(
        told["artisan"],
        names.get(told["artisan"]),
        told["of"],
        told["name"],
        told["field"],
        values,
    )


def _missing(told: Mapping[str, Any], names: Mapping[str, str | None]) -> Missing:
    return Missing(
        told["artisan"],
        names.get(told["artisan"]),
        told["device"],
        told["first"],
        told["last"],
        _day(told["since"]),
        told["told_by"] != "courier",
        told["officer_name"],
        _day(told["taken"]),
    )


def _day(told: str | None) -> date | None:
    return None if told is None else datetime.fromisoformat(told).date()


def _months_before(month: int, back: int) -> int:
    year, zero_based = divmod(month // 100 * 12 + month % 100 - 1 - back, 12)
    return year * 100 + zero_based + 1
