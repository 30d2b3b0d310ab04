"""From facts to postings: what each fact does to money, debts, goods at cost, income and expense.

Pure: no I/O, no clock. The postings of a fact sum to zero, so whatever is added up from them
balances. What moves between accounts is what `ledger/facts.py` says; here cost is added to it.

Cost is a moving weighted average per item, over all her places together (SAK EMKM lets a firm
choose first-in-first-out or the weighted average; domain.md, section 2):

- Goods that leave take `value × quantity ÷ on hand`, half a rupiah rounded up; the last of them
  take what is left, so no rupiah stays behind in an empty shelf.
- Goods that leave below zero have no cost yet. It is charged when goods come in that cover them.
- Cloth costs the materials that went in and the wages; of several kinds made at once each takes
  its part by quantity. What was used without anything being made is a cost at once.
- Goods brought back come in at the cost they left with, where the sale is known; else at the
  average.
- What a count found or missed is a gain or a loss at the average.
- Goods of another owner are never worth anything here; what is spent on them is a cost at once.
- Within a day goods come in before they leave: nobody sells on paper before she buys.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from canting_protocol.changes import (
    Account,
    Change,
    Count,
    Expense,
    Kind,
    MoveLine,
    Production,
    Purchase,
    Return,
    Sale,
)
from canting_protocol.ledger.facts import PER_PARTNER, GoodsLeg, KeyOf, effects
from canting_protocol.names import Key


class Derived(IntEnum):
    """Accounts that no fact names: beside `Account`, for what is derived here."""

    RETURNED = 101
    """Sales that buyers took back."""
    COST = 102
    """Cost of the goods sold (harga pokok)."""
    DIFFERENCE = 103
    """What counts found missing (or, below zero, too much), at cost."""


class Happened(NamedTuple):
    """A fact that was applied and not voided, on its business day."""

    day: int
    """Days since 1970-01-01."""
    name: Key
    fact: Change
    key: KeyOf
    """The table key of a name as the fact's author meant it."""
    adjusted: Sequence[GoodsLeg] = ()
    """For a count: what it changes in what the book had (selisih), by `ledger/stock.py`."""


class Things(NamedTuple):
    """What must be known of items and partners besides the facts."""

    items: Mapping[Key, Key]
    """Doubles, and the item that each is the same as."""
    partners: Mapping[Key, Key]
    custody: frozenset[Key]
    """Items of another owner."""
    places: Mapping[Key, Key] = {}
    """Doubles, and the place that each is the same as."""


NOTHING_KNOWN: Final = Things({}, {}, frozenset())


class Posting(NamedTuple):
    """Whole rupiah coming to an account (or leaving it): assets and expenses stand above zero."""

    day: int
    fact: Key
    kind: Kind
    account: int
    """An `Account`, or one of `Derived`."""
    of: str
    """A partner's key for debts, an item's for stock and cost, a channel for sales, a category."""
    amount: int


class Pool(NamedTuple):
    """All of one item: thousandths of its unit, and what they cost in whole rupiah.

    Where nothing is on hand (or less than nothing) the value is zero.
    """

    on_hand: int = 0
    value: int = 0
    last_value: int = 0
    """What `last_quantity` was worth when there was last something: for goods found again."""
    last_quantity: int = 0

    def average(self, quantity: int) -> int:
        """Return what so much is worth at the average, or at the last one that was known."""
        value, on_hand = self.value, self.on_hand
        if on_hand <= 0:
            value, on_hand = self.last_value, self.last_quantity
        return _part(value, quantity, on_hand) if on_hand else 0

    def take(self, quantity: int) -> tuple["Pool", int]:
        """Return the pool after goods left it, and their cost."""
        there = max(self.on_hand, 0)
        cost = _part(self.value, min(quantity, there), there) if there else 0
        return self._with(self.on_hand - quantity, self.value - cost), cost

    def put(self, quantity: int, cost: int) -> tuple["Pool", int]:
        """Return the pool after goods came in, and the cost of those that had left before."""
        gone = min(quantity, max(-self.on_hand, 0))
        late = _part(cost, gone, quantity)
        after = self._with(self.on_hand + quantity, self.value + cost - late)
        if after.on_hand <= 0:
            after = after._replace(last_value=cost, last_quantity=quantity)
        return after, late

    def _with(self, on_hand: int, value: int) -> "Pool":
        if on_hand > 0:
            return Pool(on_hand, value, value, on_hand)
        if self.on_hand > 0:
            return Pool(on_hand, value, self.value, self.on_hand)
        return Pool(on_hand, value, self.last_value, self.last_quantity)


class Journal(NamedTuple):
    """The postings of a book in order of days, and what is on hand at the end."""

    postings: list[Posting]
    pools: dict[Key, Pool]


def in_order(facts: Iterable[Happened]) -> list[Happened]:
    """Return facts by day; within one, goods come in before they leave."""
    return sorted(facts, key=lambda each: (each.day, _rank(each.fact)))


def journal(facts: Iterable[Happened], things: Things = NOTHING_KNOWN) -> Journal:
    """Return every posting of some facts; they may be given in any order of days.

    Of facts on one day those given first came first.
    """
    goods = _Goods(things)
    postings = [posting for each in in_order(facts) for posting in goods.post(each)]
    return Journal(postings, goods.pools)


class _Goods:
    """What is on hand while facts go by, and what each sale's goods had cost."""

    def __init__(self, things: Things) -> None:
        self._things = things
        self.pools: dict[Key, Pool] = {}
        self._left: dict[tuple[Key, Key], tuple[int, int]] = {}
        """(sale, item): how much may still come back, and at what cost."""

    def post(self, happened: Happened) -> Iterator[Posting]:
        """Yield the postings of a fact, and keep what it leaves on hand."""
        day, name, fact, key, adjusted = happened
        kind = Kind(fact.__struct_config__.tag)  # type: ignore[arg-type]
        totals: dict[tuple[int, str], int] = {}
        for account, of, amount in [
            *self._money(fact, key),
            *self._cost(name, fact, key),
            *self._counted(adjusted),
        ]:
            totals[account, of] = totals.get((account, of), 0) + amount
        for (account, of), amount in totals.items():
            if amount:
                yield Posting(day, name, kind, account, of, amount)

    def _money(self, fact: Change, key: KeyOf) -> Iterator[tuple[int, str, int]]:
        """Yield (account, of, amount) as the ledger has it."""
        for account, partner, amount in effects(fact, key).entries:
            of = ""
            if account in PER_PARTNER:
                of = self._things.partners.get(partner, partner)
            match fact:
                case Sale() if account == Account.SALES:
                    of = str(fact.channel)
                case Return() if account == Account.SALES:
                    account, of = Derived.RETURNED, str(fact.channel)
                case Expense() if account == Account.EXPENSES:
                    of = str(fact.category)
                case Purchase() if account == Account.STOCK:
                    continue  # by item, in `_cost`
                case Production() if account == Account.WAGES:
                    continue
                case _:
                    pass
            yield account, of, amount

    def _cost(self, name: Key, fact: Change, key: KeyOf) -> Iterator[tuple[int, str, int]]:
        match fact:
            case Sale():
                for sold in fact.lines:
                    item = self._item(key(sold.item))
                    cost = self._take(item, sold.quantity)
                    before = self._left.get((name, item), (0, 0))
                    self._left[name, item] = (before[0] + sold.quantity, before[1] + cost)
                    yield Account.STOCK, item, -cost
                    yield Derived.COST, item, cost
            case Return():
                sale = None if fact.sale is None else key(fact.sale)
                for back in fact.lines:
                    item = self._item(key(back.item))
                    cost = self._cost_back(sale, item, back.quantity)
                    yield from self._put(item, back.quantity, cost)
                    yield Derived.COST, item, -cost
            case Purchase():
                for bought in fact.lines:
                    yield from self._put(
                        self._item(key(bought.item)), bought.quantity, bought.amount
                    )
            case Production():
                cost = fact.wage or 0
                for used in fact.used:
                    item = self._item(key(used.item))
                    part = self._take(item, used.quantity)
                    cost += part
                    yield Account.STOCK, item, -part
                if not fact.made:
                    yield Derived.COST, "", cost
                for line, part in zip(fact.made, _shares(cost, fact.made), strict=True):
                    yield from self._put(self._item(key(line.item)), line.quantity, part)
            case _:
                pass

    def _counted(self, adjusted: Sequence[GoodsLeg]) -> Iterator[tuple[int, str, int]]:
        for named, _, quantity in adjusted:
            item = self._item(named)
            if quantity > 0:
                cost = self.pools.get(item, Pool()).average(quantity)
                yield from self._put(item, quantity, cost)
                yield Derived.DIFFERENCE, item, -cost
            elif quantity < 0:
                cost = self._take(item, -quantity)
                yield Account.STOCK, item, -cost
                yield Derived.DIFFERENCE, item, cost

    def _item(self, key: Key) -> Key:
        return self._things.items.get(key, key)

    def _take(self, item: Key, quantity: int) -> int:
        self.pools[item], cost = self.pools.get(item, Pool()).take(quantity)
        return cost

    def _put(self, item: Key, quantity: int, cost: int) -> Iterator[tuple[int, str, int]]:
        if item in self._things.custody:
            self.pools[item], _ = self.pools.get(item, Pool()).put(quantity, 0)
            yield Derived.COST, item, cost
            return
        self.pools[item], late = self.pools.get(item, Pool()).put(quantity, cost)
        yield Account.STOCK, item, cost - late
        yield Derived.COST, item, late

    def _cost_back(self, sale: Key | None, item: Key, quantity: int) -> int:
        """Return the cost with which goods come back; what the sale does not cover, at average."""
        out, cost = (0, 0) if sale is None else self._left.get((sale, item), (0, 0))
        known = min(quantity, out)
        back = _part(cost, known, out) if out else 0
        if sale is not None and out:
            self._left[sale, item] = (out - known, cost - back)
        rest = quantity - known
        return back + (self.pools.get(item, Pool()).average(rest) if rest else 0)


def _rank(fact: Change) -> int:
    match fact:
        case Purchase():
            return 0
        case Production():
            return 1
        case Count():
            return 3
        case _:
            return 2


def _part(amount: int, quantity: int, of: int) -> int:
    """Return the part of whole rupiah that falls to `quantity` of so many, half rounded up."""
    return (2 * amount * quantity + of) // (2 * of)


def _shares(cost: int, made: Sequence[MoveLine]) -> list[int]:
    """Share a cost by quantity, to the rupiah: what rounding leaves goes to the later lines."""
    total = sum(line.quantity for line in made)
    shares, so_far, given = [], 0, 0
    for line in made:
        so_far += line.quantity
        share = cost * so_far // total - given
        shares.append(share)
        given += share
    return shares
