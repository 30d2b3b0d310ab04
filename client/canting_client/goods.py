"""What lies where at the end of a day, and since when. Pure: no I/O, no clock."""

from collections import defaultdict, deque
from collections.abc import Iterable
from typing import NamedTuple

from canting_client.journal import Happened, Things, in_order
from canting_protocol.ledger.facts import OUTSIDE, effects
from canting_protocol.names import Key


class Lying(NamedTuple):
    """Goods of one item at one place: thousandths of the item's unit."""

    item: Key
    place: Key
    quantity: int
    since: int
    """The day on which the oldest of them came, where what came first left first."""


def lying(facts: Iterable[Happened], things: Things, day: int) -> list[Lying]:
    """Return what lies where at the end of a day; below zero where more left than came.

    All legs and all that counts changed: on the last day the stock of the ledger.
    """
    came: dict[tuple[Key, Key], deque[tuple[int, int]]] = defaultdict(deque)
    sums: dict[tuple[Key, Key], int] = defaultdict(int)
    for each in in_order(facts):
        if each.day > day:
            continue
        legs = [leg for leg in effects(each.fact, each.key).legs if leg.place not in OUTSIDE]
        for item, place, quantity in [*legs, *each.adjusted]:
            cell = things.items.get(item, item), things.places.get(place, place)
            sums[cell] += quantity
            _first_out(came[cell], each.day, quantity)
    return [
        Lying(*cell, quantity, came[cell][0][0] if came[cell] else day)
        for cell, quantity in sums.items()
        if quantity
    ]


def _first_out(came: deque[tuple[int, int]], day: int, quantity: int) -> None:
    """Let goods join what came, or take the oldest away; below zero is owed by what comes next."""
    came.append((day, quantity))
    while len(came) > 1 and (came[0][1] < 0) != (came[-1][1] < 0):
        (first, before), (last, more) = came.popleft(), came.pop()
        rest = before + more
        if rest == 0:
            return
        if (rest < 0) == (before < 0):
            came.appendleft((first, rest))
            return
        came.append((last, rest))
