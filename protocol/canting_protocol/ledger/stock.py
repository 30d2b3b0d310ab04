"""What lies at one place of one item.

A count asserts what was there, of the items it lists. It leaves aside the legs its author knew of
and those that clearly came before it; all others are added to what was counted. So a forgotten sale
of last Saturday, or history imported after a count, does not subtract twice. (design.md, section 5,
rule 3)
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from canting_protocol import codec
from canting_protocol.ledger.causality import Author, Held, unpack
from canting_protocol.ledger.rows import Base, Leg, Stock, Tally
from canting_protocol.ledger.times import Clocks, clearly_after, clearly_before

Bases = tuple[Base, ...]
_bases: Final = codec.decoder(Bases)


def pack_bases(tallies: Sequence[Tally]) -> bytes:
    """Return the counts that a cell stands upon as its row keeps them."""
    return codec.encode([Base(t.log, t.n, t.hash, t.t, t.day, t.knew) for t in tallies])


@lru_cache(maxsize=4096)  # all cells of one count stand upon the same
def unpack_bases(packed: bytes) -> Bases:
    """Return the counts that a cell stands upon."""
    return _bases.decode(packed)


class Shelf:
    """The legs and counts of one (item, place), and how to weigh them."""

    def __init__(self, held: Held, clocks: Clocks) -> None:
        self._held = held
        self._clocks = clocks

    def stock(self, item: str, place: str, legs: Iterable[Leg], tallies: Sequence[Tally]) -> Stock:
        """Return what lies there, by the formula."""
        legs = list(legs)
        bases = self.latest(tallies)
        if not bases:
            return Stock(item, place, sum(leg.quantity for leg in legs), 0, 0)
        answers = [self._since(base, legs) for base in bases]
        quantity, uncertain = answers[-1]
        disputed = len({each for each, _ in answers}) > 1
        return Stock(item, place, quantity, uncertain, int(disputed), pack_bases(bases))

    def latest(self, tallies: Sequence[Tally]) -> list[Tally]:
        """Return the causally maximal counts, the one to be shown last."""
        if len(tallies) <= 1:
            return list(tallies)
        if all(self._held.linear(log) for log in {each.log for each in tallies}):
            # Whoever counts has seen all counts before in the same unforked log.
            last: dict[bytes, Tally] = {}
            for each in sorted(tallies, key=lambda each: (each.n, each.line)):
                last[each.log] = each
            tallies = list(last.values())
            if len(tallies) == 1:
                return tallies
        ordered = sorted(tallies, key=self._lateness)
        if all(self.saw(ordered[-1], other) for other in ordered[:-1]):
            return [ordered[-1]]
        return [
            each
            for each in ordered
            if not any(self.saw(other, each) for other in ordered if other is not each)
        ]

    def saw(self, tally: Tally, other: Tally) -> bool:
        """Say whether a count's author had seen another.

        Of two lines in one count the later line stands.
        """
        if tally.hash == other.hash:
            return tally.line > other.line
        author = Author(tally.log, tally.n, tally.hash, unpack(tally.knew))
        return self._held.sees(author, other.log, other.n, other.hash)

    def weigh(self, base: Base | Tally, leg: Leg) -> tuple[int, int]:
        """Return what a leg adds to a count, and how much of that is uncertain."""
        if leg.log == base.log and self._held.linear(leg.log):
            seen, after = leg.n < base.n, leg.n > base.n
        else:
            author = Author(base.log, base.n, base.hash, unpack(base.knew))
            seen = self._held.sees(author, leg.log, leg.n, leg.hash)
            author = Author(leg.log, leg.n, leg.hash, ())
            after = self._held.sees(author, base.log, base.n, base.hash)
        if seen:
            return 0, 0
        fact = self._clocks.moment(leg.log, leg.n, leg.t, leg.day)
        count = self._clocks.moment(base.log, base.n, base.t, base.day)
        if clearly_before(fact, count):
            return 0, 0
        return leg.quantity, 0 if after or clearly_after(fact, count) else abs(leg.quantity)

    def _since(self, base: Tally, legs: list[Leg]) -> tuple[int, int]:
        weighed = [self.weigh(base, leg) for leg in legs]
        return base.counted + sum(each for each, _ in weighed), sum(u for _, u in weighed)

    def _lateness(self, tally: Tally) -> tuple[int, bytes, bytes, int]:
        time = self._clocks.moment(tally.log, tally.n, tally.t, None).time
        return time, tally.log, tally.hash, tally.line
