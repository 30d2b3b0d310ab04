"""What each fact moves: goods between places, money between accounts, and what it adds to a month.

Nothing appears or vanishes: the legs of a fact sum to zero for each item, its entries to zero.
(design.md, section 5, rule 1)
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from canting_protocol.changes import (
    Account,
    Change,
    Expense,
    GoodsLine,
    Kind,
    Move,
    MoveLine,
    Name,
    Payment,
    Production,
    Purchase,
    Return,
    Sale,
    SaleLine,
    Transfer,
)
from canting_protocol.names import Key, Partner

BUYERS: Final = Key("buyers")
SUPPLIERS: Final = Key("suppliers")
WORKSHOP: Final = Key("workshop")
OUTSIDE: Final = frozenset({BUYERS, SUPPLIERS, WORKSHOP})
"""Where goods come from and go to; what lies there is not stock."""

COMMISSION: Final = -5
"""The kind under which a month's commissions stand: her income, not her turnover."""

PER_PARTNER: Final = frozenset({Account.RECEIVABLE, Account.PAYABLE, Account.ADVANCE})

KeyOf = Callable[[Name], Key]


class GoodsLeg(NamedTuple):
    """Goods coming to a place (or leaving it, below zero): thousandths of the item's unit."""

    item: Key
    place: Key
    quantity: int


class Entry(NamedTuple):
    """Money coming to an account (or leaving it): whole rupiah."""

    account: int
    partner: Key
    amount: int


class Takings(NamedTuple):
    """What a fact adds to its month."""

    channel: str
    kind: int
    quantity: int
    amount: int


class Effects(NamedTuple):
    """Everything that a fact moves."""

    legs: list[GoodsLeg]
    entries: list[Entry]
    takings: list[Takings]


FACTS: Final = frozenset(
    {
        Kind.SALE,
        Kind.RETURN,
        Kind.PAYMENT,
        Kind.TRANSFER,
        Kind.PURCHASE,
        Kind.EXPENSE,
        Kind.PRODUCTION,
        Kind.MOVE,
        Kind.COUNT,
    }
)
"""What may be voided."""

_NOBODY: Final = Key("")
_ANYONE: Final = Key(str(int(Partner.ANYONE)))


def effects(fact: Change, key: KeyOf) -> Effects:
    """Return what a fact moves; `key` tells the table key of a name as its author meant it."""
    match fact:
        case Sale():
            return _sale(fact, key)
        case Return():
            place, total = key(fact.place), sum(line.amount for line in fact.lines)
            return Effects(
                _pairs(fact.lines, key, BUYERS, place),
                _pay(fact.account, _partner(fact.partner, key), -total, Account.SALES),
                [_takings(fact.channel, Kind.RETURN, fact.lines, total)],
            )
        case Purchase():
            place, total = key(fact.place), sum(line.amount for line in fact.lines)
            return Effects(
                _pairs(fact.lines, key, SUPPLIERS, place),
                _pay(fact.account, _partner(fact.partner, key), -total, Account.STOCK),
                [_takings(0, Kind.PURCHASE, fact.lines, total)],
            )
        case Payment():
            partner = key(fact.partner)
            debt = Account.RECEIVABLE if fact.direction > 0 else Account.PAYABLE
            amount = fact.direction * fact.amount
            return Effects(
                [], [Entry(fact.account, _NOBODY, amount), Entry(debt, partner, -amount)], []
            )
        case Transfer():
            fee = fact.fee or 0
            return Effects(
                [],
                [
                    Entry(fact.source, _NOBODY, -fact.amount),
                    Entry(fact.target, _NOBODY, fact.amount - fee),
                    Entry(Account.FEES, _NOBODY, fee),
                ],
                [],
            )
        case Expense():
            return Effects(
                [],
                _pay(fact.account, _partner(fact.partner, key), -fact.amount, Account.EXPENSES),
                [Takings(str(fact.category), Kind.EXPENSE, 0, fact.amount)],
            )
        case Production():
            source = key(fact.place)
            to = source if fact.to is None else key(fact.to)
            wage = fact.wage or 0
            return Effects(
                _pairs(fact.used, key, source, WORKSHOP) + _pairs(fact.made, key, WORKSHOP, to),
                _pay(fact.account, _partner(fact.worker, key), -wage, Account.WAGES)
                if wage
                else [],
                [_takings(0, Kind.PRODUCTION, fact.made, wage)],
            )
        case Move():
            return Effects(_pairs(fact.lines, key, key(fact.source), key(fact.to)), [], [])
        case _:
            return Effects([], [], [])


def _sale(sale: Sale, key: KeyOf) -> Effects:
    total = quantity = amount = 0
    custody = []
    for line in sale.lines:
        total += line.amount
        if line.owner is None:
            quantity += line.quantity
            amount += line.amount
        else:
            custody.append(line)
    fee = sale.fee or 0
    partner = _partner(sale.partner, key)
    entries = [_entry(sale.account, partner, total - fee)]
    if fee:
        entries.append(Entry(Account.FEES, _NOBODY, fee))
    takings = []
    if len(custody) < len(sale.lines):
        entries.append(Entry(Account.SALES, _NOBODY, -amount))
        takings.append(Takings(str(sale.channel), int(Kind.SALE), quantity, amount))
    for line in custody:
        assert line.owner is not None
        commission = line.commission or 0
        entries.append(Entry(Account.PAYABLE, key(line.owner), commission - line.amount))
        entries.append(Entry(Account.COMMISSION, _NOBODY, -commission))
        takings.append(Takings(str(sale.channel), COMMISSION, line.quantity, commission))
    return Effects(_pairs(sale.lines, key, key(sale.place), BUYERS), entries, takings)


def _partner(name: Name | None, key: KeyOf) -> Key:
    return _ANYONE if name is None else key(name)


def _entry(account: int, partner: Key, amount: int) -> Entry:
    return Entry(account, partner if account in PER_PARTNER else _NOBODY, amount)


def _pay(account: int, partner: Key, amount: int, against: Account) -> list[Entry]:
    return [_entry(account, partner, amount), Entry(against, _NOBODY, -amount)]


def _pairs(
    lines: Sequence[SaleLine | GoodsLine | MoveLine], key: KeyOf, source: Key, to: Key
) -> list[GoodsLeg]:
    legs = []
    for line in lines:
        item = key(line.item)
        legs.append(GoodsLeg(item, source, -line.quantity))
        legs.append(GoodsLeg(item, to, line.quantity))
    return legs


def _takings(
    channel: int | str, kind: Kind, lines: Sequence[SaleLine | GoodsLine | MoveLine], amount: int
) -> Takings:
    return Takings(
        str(channel),
        int(kind),
        sum(line.quantity for line in lines),
        amount,
    )
