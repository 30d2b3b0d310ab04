"""The three statements of SAK EMKM, and what else a book's postings add up to.

Pure: no I/O, no clock, no words for people (those are in `cli/report_words.py`). SAK EMKM (IAI
2016, in force since 1 January 2018) asks for *laporan laba rugi*, *laporan posisi keuangan* and
*catatan atas laporan keuangan*, on accrual basis and at historical cost; least lines and rules as
domain.md, section 2, gives them. All amounts are whole rupiah, quantities thousandths of a unit.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from canting_client.journal import Derived, Pool, Posting
from canting_protocol.changes import Account, Channel, Kind
from canting_protocol.ledger.times import month_of
from canting_protocol.names import Key

MONEY: Final = (Account.CASH, Account.BANK, Account.QRIS)
"""Accounts that hold money; what QRIS has not paid out yet is hers already."""

INTEREST: Final = frozenset({"bunga", "bunga bank", "beban keuangan"})
"""Categories of expense that stand in the line *beban keuangan*."""

TAX: Final = frozenset({"pajak", "pajak umkm", "pph", "pph final"})
"""Categories of expense that stand in the line *beban pajak*."""

AGES: Final = (30, 60, 90)
"""Days up to which a debt is of one age; what is older is the last age."""


class ProfitAndLoss(Struct, frozen=True, kw_only=True):
    """Laporan laba rugi: first to last day, both included. Costs stand above zero."""

    first: int
    last: int
    sales: int
    """Gross: before fees, before returns, without goods of other owners."""
    returns: int
    commission: int
    cost_of_goods: int
    difference: int
    """What counts found missing, at cost; below zero: found."""
    gross: int
    fees: int
    wages: int
    """Wages that belong to no production."""
    expenses: dict[str, int]
    """By category, without interest and tax."""
    interest: int
    tax: int
    profit: int

    @property
    def turnover(self) -> int:
        """Return sales less what buyers took back."""
        return self.sales - self.returns


class Position(Struct, frozen=True, kw_only=True):
    """Laporan posisi keuangan: at the end of a day. Everything stands above zero where usual."""

    day: int
    cash: int
    bank: int
    qris: int
    receivables: int
    advances_paid: int
    """Paid to suppliers and makers before anything was owed (uang muka, kasbon)."""
    stock: int
    assets: int
    payables: int
    advances_received: int
    """Paid by buyers before anything was owed."""
    liabilities: int
    capital: int
    opening: int
    drawings: int
    """Prive; above zero, and taken off."""
    earlier_profit: int
    """Of the years before."""
    profit: int
    """Since the first of January."""
    equity: int

    @property
    def balances(self) -> bool:
        """Say whether what there is equals what is owed and owned."""
        return self.assets == self.liabilities + self.equity


class OpenDebt(Struct, frozen=True):
    """What is left of one debt, first in, first out."""

    fact: Key
    day: int
    amount: int
    left: int


class Debts(Struct, frozen=True, kw_only=True):
    """What one partner owes or is owed."""

    partner: str
    total: int
    by_age: tuple[int, ...]
    """Up to each of `AGES` days old, and older."""
    open: list[OpenDebt]
    """The oldest first."""


class StockLine(Struct, frozen=True):
    """All of one item, wherever it lies, and what it cost."""

    item: str
    quantity: int
    value: int


class Notes(Struct, frozen=True, kw_only=True):
    """Catatan atas laporan keuangan: the figures behind the lines; the policies are words."""

    receivables: list[Debts]
    advances_received: dict[str, int]
    payables: list[Debts]
    advances_paid: dict[str, int]
    stock: list[StockLine]
    unpriced_stock: int
    """Value of stock that was stated without goods."""
    sales_by_channel: dict[str, int]
    expenses: dict[str, int]
    below_zero: list[StockLine]
    """Items of which more left than came; their cost is charged when they come in."""
    costless: list[StockLine]
    """Own goods on hand whose cost nobody has stated."""


class Statements(Struct, frozen=True, kw_only=True):
    """The three statements of a period."""

    profit_and_loss: ProfitAndLoss
    position: Position
    notes: Notes


class MoneyFlow(Struct, frozen=True, kw_only=True):
    """Money in and out of cash, bank and QRIS: by the kind of what happened, above zero."""

    before: int
    came: dict[str, int]
    went: dict[str, int]
    after: int


def statements(
    postings: Sequence[Posting],
    pools: Mapping[Key, Pool],
    custody: frozenset[Key],
    first: int,
    last: int,
) -> Statements:
    """Return the three statements of first…last; `pools` are what is on hand on the last day."""
    return Statements(
        profit_and_loss=profit_and_loss(postings, first, last),
        position=position(postings, last),
        notes=notes(postings, pools, custody, first, last),
    )


def profit_and_loss(postings: Iterable[Posting], first: int, last: int) -> ProfitAndLoss:
    """Return laba rugi of first…last, both days included."""
    sums: dict[int, int] = defaultdict(int)
    expenses: dict[str, int] = defaultdict(int)
    for each in postings:
        if first <= each.day <= last:
            sums[each.account] += each.amount
            if each.account == Account.EXPENSES:
                expenses[each.of] += each.amount
    sales, returns = -sums[Account.SALES], sums[Derived.RETURNED]
    commission = -sums[Account.COMMISSION]
    cost, difference = sums[Derived.COST], sums[Derived.DIFFERENCE]
    gross = sales - returns + commission - cost - difference
    interest = sum(expenses.pop(word) for word in list(expenses) if word.casefold() in INTEREST)
    tax = sum(expenses.pop(word) for word in list(expenses) if word.casefold() in TAX)
    fees, wages = sums[Account.FEES], sums[Account.WAGES]
    return ProfitAndLoss(
        first=first,
        last=last,
        sales=sales,
        returns=returns,
        commission=commission,
        cost_of_goods=cost,
        difference=difference,
        gross=gross,
        fees=fees,
        wages=wages,
        expenses=_sorted(expenses),
        interest=interest,
        tax=tax,
        profit=gross - fees - wages - sum(expenses.values()) - interest - tax,
    )


def position(postings: Sequence[Posting], day: int) -> Position:
    """Return posisi keuangan at the end of a day."""
    sums: dict[int, int] = defaultdict(int)
    debts: dict[tuple[int, str], int] = defaultdict(int)
    for each in postings:
        if each.day <= day:
            sums[each.account] += each.amount
            if each.account in (Account.RECEIVABLE, Account.PAYABLE, Account.ADVANCE):
                debts[each.account, each.of] += each.amount
    receivables = _above(debts, Account.RECEIVABLE)
    payables = _above(debts, Account.PAYABLE, -1)
    advances_received = _above(debts, Account.RECEIVABLE, -1) + _above(debts, Account.ADVANCE, -1)
    advances_paid = _above(debts, Account.PAYABLE) + _above(debts, Account.ADVANCE)
    cash, bank, qris = (sums[account] for account in MONEY)
    stock = sums[Account.STOCK]
    new_year = first_of_year(day)
    # Of the years before and of this one, each for itself: nothing is set off against the assets.
    earlier = profit_and_loss(postings, -(2**63), new_year - 1).profit
    profit = profit_and_loss(postings, new_year, day).profit
    capital, opening = -sums[Account.CAPITAL], -sums[Account.OPENING]
    drawings = sums[Account.DRAWINGS]
    return Position(
        day=day,
        cash=cash,
        bank=bank,
        qris=qris,
        receivables=receivables,
        advances_paid=advances_paid,
        stock=stock,
        assets=cash + bank + qris + receivables + advances_paid + stock,
        payables=payables,
        advances_received=advances_received,
        liabilities=payables + advances_received,
        capital=capital,
        opening=opening,
        drawings=drawings,
        earlier_profit=earlier,
        profit=profit,
        equity=capital + opening - drawings + earlier + profit,
    )


def notes(
    postings: Sequence[Posting],
    pools: Mapping[Key, Pool],
    custody: frozenset[Key],
    first: int,
    last: int,
) -> Notes:
    """Return the figures of the notes to the statements of first…last."""
    value: dict[str, int] = defaultdict(int)
    channels: dict[str, int] = defaultdict(int)
    for each in postings:
        if each.day <= last and each.account == Account.STOCK:
            value[each.of] += each.amount
        if first <= each.day <= last and each.account in (Account.SALES, Derived.RETURNED):
            channels[each.of] -= each.amount
    of_items = [
        StockLine(item, pool.on_hand, value.get(item, 0))
        for item, pool in pools.items()
        if item not in custody
    ]
    return Notes(
        receivables=debts(postings, Account.RECEIVABLE, last),
        advances_received=_advances(postings, Account.RECEIVABLE, last, -1),
        payables=debts(postings, Account.PAYABLE, last),
        advances_paid=_advances(postings, Account.PAYABLE, last, 1),
        stock=[each for each in of_items if each.quantity > 0],
        unpriced_stock=value.get("", 0),
        sales_by_channel=_sorted(channels),
        expenses=profit_and_loss(postings, first, last).expenses,
        below_zero=[each for each in of_items if each.quantity < 0],
        costless=[each for each in of_items if each.quantity > 0 and not each.value],
    )


def debts(postings: Iterable[Posting], account: Account, day: int) -> list[Debts]:
    """Return the open debts at the end of a day, the largest first.

    Which payment settles which debt is derived: first in, first out, partner by partner. So a
    payment that came before the debt settles it too, and one of a voided debt settles the next.
    """
    sign = 1 if account == Account.RECEIVABLE else -1
    owed: dict[str, list[OpenDebt]] = defaultdict(list)
    paid: dict[str, int] = defaultdict(int)
    for each in postings:
        if each.account == account and each.day <= day:
            amount = sign * each.amount
            if amount > 0:
                owed[each.of].append(OpenDebt(each.fact, each.day, amount, amount))
            else:
                paid[each.of] -= amount
    found = []
    for partner, every in owed.items():
        rest, still = paid[partner], []
        for debt in every:
            settled = min(rest, debt.amount)
            rest -= settled
            if settled < debt.amount:
                still.append(OpenDebt(debt.fact, debt.day, debt.amount, debt.amount - settled))
        if still:
            ages = [0] * (len(AGES) + 1)
            for debt in still:
                ages[sum(day - debt.day > limit for limit in AGES)] += debt.left
            total = sum(debt.left for debt in still)
            found.append(Debts(partner=partner, total=total, by_age=tuple(ages), open=still))
    return sorted(found, key=lambda each: (-each.total, each.partner))


def money_flow(postings: Iterable[Posting], first: int, last: int) -> MoneyFlow:
    """Return the money that came and went in first…last, by the kind of what brought it.

    Money between her own accounts neither comes nor goes; only the fee of it does. What was paid
    in and taken out by herself is told apart: `capital`, `opening`, `drawings`.
    """
    before = 0
    moved: dict[tuple[Key, Kind], int] = defaultdict(int)
    reasons: dict[Key, str] = {}
    for each in postings:
        money = each.account in MONEY
        if each.day < first and money:
            before += each.amount
        elif first <= each.day <= last:
            if money:
                moved[each.fact, each.kind] += each.amount
            elif each.kind == Kind.TRANSFER and each.account != Account.FEES:
                reasons[each.fact] = Account(each.account).name.lower()
    came: dict[str, int] = defaultdict(int)
    went: dict[str, int] = defaultdict(int)
    for (fact, kind), amount in moved.items():
        word = kind.name.lower()
        if kind == Kind.TRANSFER:
            word = reasons.get(fact, "fees")
        (came if amount > 0 else went)[word] += abs(amount)
    after = before + sum(moved.values())
    return MoneyFlow(
        before=before,
        came=_sorted({word: each for word, each in came.items() if each}),
        went=_sorted({word: each for word, each in went.items() if each}),
        after=after,
    )


def turnover_by_month(postings: Iterable[Posting], *, less_returns: bool) -> dict[int, int]:
    """Return what her own goods were sold for, by year × 100 + month."""
    accounts = {int(Account.SALES)} | ({int(Derived.RETURNED)} if less_returns else set())
    months: dict[int, int] = defaultdict(int)
    for each in postings:
        if each.account in accounts and each.kind in (Kind.SALE, Kind.RETURN):
            months[month_of(each.day)] -= each.amount
    return dict(sorted(months.items()))


def channel_word(channel: str) -> str:
    """Return the name of a channel: a number of ours by its word, her own as it is."""
    known = {str(int(each)): each.name.lower() for each in Channel}
    return known.get(channel, channel)


def first_of_month(month: int) -> int:
    """Return the first day (since 1970-01-01) of year × 100 + month."""
    year, number = divmod(month, 100)
    # Howard Hinnant's `days_from_civil`, as `times.month_of` is his `civil_from_days`.
    shifted = year - (1 if number <= 2 else 0)
    era, year_of_era = divmod(shifted, 400)
    day_of_year = (153 * (number + (-3 if number > 2 else 9)) + 2) // 5
    return (
        era * 146_097
        + year_of_era * 365
        + year_of_era // 4
        - year_of_era // 100
        + (day_of_year - 719_468)
    )


def after(month: int) -> int:
    """Return the month after year × 100 + month."""
    return month + 89 if month % 100 == 12 else month + 1


def first_of_year(day: int) -> int:
    """Return the first of January of a day's year."""
    return first_of_month(month_of(day) // 100 * 100 + 1)


def _advances(postings: Iterable[Posting], account: Account, day: int, sign: int) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for each in postings:
        if each.account == account and each.day <= day:
            sums[each.of] += each.amount
    return {of: sign * amount for of, amount in sorted(sums.items()) if sign * amount > 0}


def _above(sums: Mapping[tuple[int, str], int], account: Account, sign: int = 1) -> int:
    return sum(max(sign * amount, 0) for (of, _), amount in sums.items() if of == account)


def _sorted(sums: Mapping[str, int]) -> dict[str, int]:
    """Return sums that are not zero, the largest first."""
    order = sorted(sums.items(), key=lambda each: (-each[1], each[0]))
    return {word: amount for word, amount in order if amount}
