"""Keys that are trusted no further: of their logs only what lies at or below a named head stands.

Revocations of one key are a union, and a head that is not held covers nothing until it arrives. So
what stands is a function of the set of changes, like everything else. (docs/decisions/0008)
"""

from collections.abc import Iterable, Mapping

from canting_protocol.changes import Piece
from canting_protocol.ledger.judge import Judgement
from canting_protocol.log import PREFIX_BYTES, Descriptor, Hash, LogId, Placed
from canting_protocol.messages import Reason, Verdict

Named = dict[tuple[bytes, int, bytes], int]
"""Named heads, (log prefix, n, hash prefix) → the lowest `first` that somebody named with one."""


class Revoked:
    """The keys of a ledger that were revoked; false when there are none."""

    def __init__(self, revocations: Iterable[tuple[bytes, Iterable[Piece]]]) -> None:
        self._named: dict[bytes, Named] = {}
        for key, heads in revocations:
            named = self._named.setdefault(key, {})
            for head in heads:
                at = head.log, head.n, head.hash
                named[at] = min(head.first, named.get(at, head.first))

    def __bool__(self) -> bool:
        """Say whether any key was revoked."""
        return bool(self._named)

    def of(self, key: bytes) -> Named | None:
        """Return the heads of a revoked key that stand; None when it was not revoked."""
        return self._named.get(key)

    def parked(
        self, logs: Mapping[LogId, Descriptor], changes: Mapping[Hash, Placed]
    ) -> frozenset[Hash]:
        """Return the changes of revoked keys that do not stand."""
        named: dict[LogId, Named] = {}
        for log, descriptor in logs.items():
            heads = self.of(descriptor.key)
            if heads is not None:
                named[log] = heads
        theirs = {hash_: change for hash_, change in changes.items() if change.log in named}
        heads_held = [
            (change, first)
            for change in theirs.values()
            if (first := first_of(named[change.log], change)) is not None
        ]
        return frozenset(theirs.keys() - standing(heads_held, theirs))


def first_of(named: Named, change: Placed) -> int | None:
    """Return how far down the head that this change is was named; None when it is no such head."""
    return named.get((change.log[:PREFIX_BYTES], change.n, change.hash[:PREFIX_BYTES]))


def standing(heads: Iterable[tuple[Placed, int]], changes: Mapping[Hash, Placed]) -> set[Hash]:
    """Return the named heads and what lies below them, each on its own path down to its `first`."""
    reached: dict[Hash, int] = {}
    for head, first in sorted(heads, key=lambda each: each[0].n):
        step: Placed | None = head
        while step is not None and step.log == head.log and step.n >= first:
            if reached.get(step.hash, step.n + 1) <= first:
                break  # a lower head has been this way already
            reached[step.hash] = first
            step = changes.get(step.previous)
    return set(reached)


def revoked(judged: Judgement) -> Judgement:
    """Return what becomes of a change that a revocation parks, whatever it holds."""
    return Judgement(judged.kind, Verdict.PARKED, Reason.REVOKED, None)
