"""Three times, kept apart: the date a person states, the device's clock, the corrected time.

A measured clock error is itself a change, so corrected time is a function of the set like
everything else. (design.md, section 5, rule 8)
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from canting_protocol.ledger.rows import ClockRow
from canting_protocol.log import PREFIX_BYTES

WIB_SECONDS: Final = 7 * 3600
"""Waktu Indonesia Barat, Mojokerto's, ahead of UTC."""

DAY_SECONDS: Final = 86_400


class Moment(NamedTuple):
    """When something happened, as well as the set tells."""

    stated: int | None
    """The business date somebody stated: days since 1970-01-01."""
    time: int
    """Corrected time, seconds since 1970."""
    error: int | None
    """Give or take so many seconds; None: the clock was never measured."""

    @property
    def day(self) -> int:
        """Return the business day: the stated one, else the local day of the corrected time."""
        return day_of(self.time) if self.stated is None else self.stated


def day_of(time: int) -> int:
    """Return the local day (since 1970-01-01) of a time in seconds since 1970."""
    return (time + WIB_SECONDS) // DAY_SECONDS


def month_of(day: int) -> int:
    """Return year × 100 + month of a day, by the proleptic Gregorian calendar.

    (The algorithm is Howard Hinnant's `civil_from_days`; `datetime` stops at the year 9999, and a
    phone's clock does not.)
    """
    z = day + 719_468
    era, day_of_era = divmod(z, 146_097)
    year_of_era = (
        day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    return year * 100 + month


def clearly_before(fact: Moment, count: Moment) -> bool:
    """Say whether a fact was clearly earlier than a count.

    An earlier business day, or earlier by more than both clocks' uncertainty. A log whose clock was
    never measured is never clearly earlier except by a stated date.
    """
    if fact.stated is not None:
        return fact.stated < count.day
    if fact.error is None:
        return False
    if count.stated is not None:
        return day_of(fact.time + fact.error) < count.stated
    return count.error is not None and fact.time + fact.error < count.time - count.error


def clearly_after(fact: Moment, count: Moment) -> bool:
    """Say whether a fact was clearly later than a count."""
    if fact.stated is not None:
        return fact.stated > count.day
    if fact.error is None:
        return False
    if count.stated is not None:
        return day_of(fact.time - fact.error) > count.stated
    return count.error is not None and fact.time - fact.error > count.time + count.error


class Clocks:
    """The measured clock errors of a ledger's logs.

    Of several that cover a change, the registry's holds before one by the log's own device, that
    before any other, then the lower hash. Beyond the last measured change the last error goes on.
    """

    def __init__(
        self,
        clocks: Iterable[ClockRow],
        registry_logs: frozenset[bytes],
        own_logs: dict[bytes, frozenset[bytes]],
    ) -> None:
        self._by_log: dict[bytes, list[tuple[int, int, int, bytes, ClockRow]]] = {}
        for clock in clocks:
            rank = (
                0
                if clock.log in registry_logs
                else 1
                if clock.log in own_logs.get(clock.of_log, frozenset())
                else 2
            )
            self._by_log.setdefault(clock.of_log, []).append(
                (clock.of_n, -clock.of_first, rank, clock.hash, clock)
            )

    def moment(self, log: bytes, n: int, t: int, stated: int | None) -> Moment:
        """Return when a change of a log happened."""
        clock = self.of(log, n)
        if clock is None:
            return Moment(stated, t, None)
        return Moment(stated, t + clock.offset, clock.error)

    def of(self, log: bytes, n: int) -> ClockRow | None:
        """Return the measurement that holds for change n of a log."""
        clocks = self._by_log.get(log[:PREFIX_BYTES])
        if not clocks:
            return None
        if len(clocks) == 1:
            only = clocks[0][4]
            return only if only.of_first <= n else None
        covering = [each for each in clocks if each[4].of_first <= n <= each[0]]
        if covering:
            return min(covering, key=lambda each: each[2:4])[4]
        earlier = [each for each in clocks if each[0] < n]
        if not earlier:
            return None
        last = max(each[0] for each in earlier)
        return min((e for e in earlier if e[0] == last), key=lambda each: each[2:4])[4]
