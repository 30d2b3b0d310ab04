"""Tax on turnover (PPh final UMKM), by the dated data of `taxes.toml`. Pure but for reading that.

Rates, thresholds and their dates are data: a new rule is a new entry there, no code. All amounts
are whole rupiah.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib import resources
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

RATE_PARTS: Final = 10_000


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What holds from a day on."""

    from_: date = msgspec.field(name="from")
    rate: Annotated[int, Meta(ge=0, le=RATE_PARTS)]
    """Ten-thousandths of the turnover."""
    free: Annotated[int, Meta(ge=0)]
    """Turnover of a tax year that is not taxed."""
    most: Annotated[int, Meta(ge=0)]
    """Turnover of a year beyond which this tax no longer fits."""
    less_returns: bool
    source: str


class _Rules(Struct, frozen=True, forbid_unknown_fields=True):
    umkm: list[Rule]


class Month(Struct, frozen=True, kw_only=True):
    """One month of a tax year."""

    month: int
    """Year × 100 + month."""
    turnover: int
    so_far: int
    """This year, this month included."""
    taxable: int
    tax: int


class Standing(Struct, frozen=True, kw_only=True):
    """Where a year stands against the line below which nothing is due."""

    year: int
    turnover: int
    free: int
    left: int
    """How much of the free turnover is left; never below zero."""
    tax: int
    beyond: bool
    """More than this tax is meant for."""
    rate: int
    source: str
    months: list[Month]


@cache
def rules() -> Sequence[Rule]:
    """Return the rules, the oldest first."""
    data = resources.files("canting_client").joinpath("taxes.toml").read_bytes()
    return sorted(msgspec.toml.decode(data, type=_Rules).umkm, key=lambda rule: rule.from_)


def rule_of(month: int, among: Sequence[Rule] | None = None) -> Rule | None:
    """Return the rule that holds on the first of year × 100 + month, or None before any."""
    first = (month // 100, month % 100, 1)
    found = None
    for rule in rules() if among is None else among:
        if (rule.from_.year, rule.from_.month, rule.from_.day) <= first:
            found = rule
    return found


def standing(
    turnover: Mapping[int, int], until: int, among: Sequence[Rule] | None = None
) -> Standing | None:
    """Return where the year of `until` (year × 100 + month) stands at the end of that month.

    Each month is taxed by its own rule: the part of its turnover that lies beyond what is free in
    the year. None where no rule is known for the month.
    """
    rule = rule_of(until, among)
    if rule is None:
        return None
    year, so_far, months = until // 100, 0, []
    for month in range(year * 100 + 1, until + 1):
        holds = rule_of(month, among)
        amount = turnover.get(month, 0)
        before, so_far = so_far, so_far + amount
        free = 0 if holds is None else holds.free
        rate = 0 if holds is None else holds.rate
        taxable = max(so_far - free, 0) - max(before - free, 0)
        tax = max(taxable, 0) * rate // RATE_PARTS
        months.append(Month(month=month, turnover=amount, so_far=so_far, taxable=taxable, tax=tax))
    return Standing(
        year=year,
        turnover=so_far,
        free=rule.free,
        left=max(rule.free - so_far, 0),
        tax=sum(each.tax for each in months),
        beyond=so_far > rule.most,
        rate=rule.rate,
        source=rule.source,
        months=months,
    )
