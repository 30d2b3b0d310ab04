"""The one page of a month (ringkasan bulan): what an artisan asks of her book. Pure.

Money in and out, profit, who owes whom and since when, what lies where, what is out on
consignment, and where the year stands against the line below which no tax on turnover is due.
Whole rupiah, thousandths of a unit, days since 1970-01-01.
"""

from collections.abc import Sequence

from msgspec import Struct

from canting_client import taxes
from canting_client.goods import Lying, lying
from canting_client.journal import Happened, Pool, Posting, Things, journal
from canting_client.statements import (
    Debts,
    MoneyFlow,
    Position,
    ProfitAndLoss,
    Statements,
    after,
    debts,
    first_of_month,
    money_flow,
    position,
    profit_and_loss,
    statements,
    turnover_by_month,
)
from canting_client.taxes import Standing
from canting_protocol.changes import Account
from canting_protocol.ledger.times import month_of
from canting_protocol.names import Key


class GoodsLine(Struct, frozen=True, kw_only=True):
    """Goods at a place."""

    item: str
    place: str
    quantity: int
    value: int
    """At the average cost; zero below zero, and for goods of another owner."""
    own: bool
    since: int
    days: int
    """How long the oldest of them have lain there."""


class Report(Struct, frozen=True, kw_only=True):
    """What the book says of a month, at its last day, or today where it is not over."""

    month: int
    """Year × 100 + month."""
    day: int
    money: MoneyFlow
    profit_and_loss: ProfitAndLoss
    position: Position
    receivables: list[Debts]
    payables: list[Debts]
    goods: list[GoodsLine]
    consigned: list[GoodsLine]
    """Her own goods at places that others keep."""
    turnover: dict[int, int]
    """Of the year so far, by month."""
    tax: Standing | None


def report(
    facts: Sequence[Happened], things: Things, kept: frozenset[Key], month: int, today: int
) -> Report:
    """Return the report of year × 100 + month; `kept` are the places that others keep."""
    first, last = period(month, month, today)
    postings, pools = _until(facts, things, last)
    goods = sorted(
        (_line(each, pools, things, last) for each in lying(facts, things, last)),
        key=lambda each: (each.place, each.item),
    )
    rule = taxes.rule_of(month)
    turnover = turnover_by_month(postings, less_returns=rule is None or rule.less_returns)
    return Report(
        month=month,
        day=last,
        money=money_flow(postings, first, last),
        profit_and_loss=profit_and_loss(postings, first, last),
        position=position(postings, last),
        receivables=debts(postings, Account.RECEIVABLE, last),
        payables=debts(postings, Account.PAYABLE, last),
        goods=goods,
        consigned=[each for each in goods if each.own and Key(each.place) in kept],
        turnover={each: amount for each, amount in turnover.items() if each // 100 == month // 100},
        tax=taxes.standing(turnover, month),
    )


def statements_of(
    facts: Sequence[Happened], things: Things, first_month: int, last_month: int, today: int
) -> tuple[Statements, Standing | None]:
    """Return the three statements of some months, and where the year stands with its tax."""
    first, last = period(first_month, last_month, today)
    postings, pools = _until(facts, things, last)
    rule = taxes.rule_of(last_month)
    turnover = turnover_by_month(postings, less_returns=rule is None or rule.less_returns)
    return (
        statements(postings, pools, things.custody, first, last),
        taxes.standing(turnover, min(last_month, max(month_of(last), first_month))),
    )


def period(first_month: int, last_month: int, today: int) -> tuple[int, int]:
    """Return the first and the last day of some months; the last is today while they run."""
    first, last = first_of_month(first_month), first_of_month(after(last_month)) - 1
    return first, today if first <= today < last else last


def _until(
    facts: Sequence[Happened], things: Things, day: int
) -> tuple[list[Posting], dict[Key, Pool]]:
    told = journal((each for each in facts if each.day <= day), things)
    return told.postings, told.pools


def _line(each: Lying, pools: dict[Key, Pool], things: Things, day: int) -> GoodsLine:
    own = each.item not in things.custody
    pool = pools.get(each.item, Pool())
    worth = own and each.quantity > 0 and pool.on_hand > 0
    return GoodsLine(
        item=each.item,
        place=each.place,
        quantity=each.quantity,
        value=pool.average(each.quantity) if worth else 0,
        own=own,
        since=each.since,
        days=day - each.since,
    )
