"""What a party holds of a log, and what another lacks of it.

A log is held as *strands*: one for each head, from its first held change to the head without a gap.
A log that never forked and has no gap is one strand, and costs nothing to reason about; only a
forked or gapped one needs its hashes looked at.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from canting_protocol.log import Hash, Head, LogId, Placed

Links = Mapping[Hash, tuple[int, Hash]]
"""Every held change of one log: its hash, its number and the hash before it."""


@dataclass(frozen=True, slots=True)
class Range:
    """first…n on the path that ends in `hash`."""

    first: int
    n: int
    hash: Hash


class Strands:
    """One log as it is held.

    `hashes(n)` gives the hashes held at a position, `links()` everything of the log; the second is
    asked only when there is more than one head.
    """

    def __init__(
        self,
        heads: Sequence[Head],
        hashes: Callable[[int], Sequence[Hash]],
        links: Callable[[], Links],
    ) -> None:
        self.heads = tuple(heads)
        self.hashes = hashes
        self._links = links
        self._paths: dict[Hash, dict[int, Hash]] | None = None

    @property
    def linear(self) -> bool:
        """Say whether the log is one unbroken strand."""
        return len(self.heads) <= 1

    def find(self, n: int, prefix: bytes) -> Hash | None:
        """Return the hash of the held change at n that begins with `prefix`, if there is one."""
        for head in self.heads:  # what is asked for most is a head, and needs no reading
            if head.n == n and head.hash.startswith(prefix):
                return head.hash
        return next((held for held in self.hashes(n) if held.startswith(prefix)), None)

    def same_path(self, high: int, high_hash: Hash, low: int, low_hash: Hash) -> bool:
        """Say whether two held changes lie on one path without a gap, `low` not after `high`."""
        if self.linear:
            return low <= high
        return low <= high and any(
            path.get(high) == high_hash and path.get(low) == low_hash
            for path in self._all_paths().values()
        )

    def common(self, head: Head, n: int, hash_: Hash) -> int:
        """Return the last position that the path of `head` shares with that of a held change."""
        if self.linear:
            return min(n, head.n)
        mine = self._all_paths()[head.hash]
        theirs = next(path for path in self._all_paths().values() if path.get(n) == hash_)
        return max((k for k in theirs if k <= n and mine.get(k) == theirs[k]), default=0)

    def lacking(self, theirs: Iterable[tuple[int, int, bytes]]) -> list[Range]:
        """Return what I hold and they do not; `theirs` are heads as (first, n, hash or prefix).

        A head of theirs that I do not know proves nothing: everything that no known head covers
        is sent.
        """
        known = [(first, n, held) for first, n, some in theirs if (held := self.find(n, some))]
        missing = []
        for head in self.heads:
            covered = [(first, self.common(head, n, held)) for first, n, held in known]
            missing += [
                Range(low, high, head.hash) for low, high in subtract((head.first, head.n), covered)
            ]
        return missing

    def holds(self, first: int, n: int, prefix: bytes) -> bool:
        """Say whether first…n is held without a gap, on the path that ends in a hash or prefix."""
        held = self.find(n, prefix)
        return held is not None and any(
            head.first <= first and self.common(head, n, held) == n for head in self.heads
        )

    def on(self, range_: Range, n: int, hash_: Hash) -> bool:
        """Say whether a held change lies in the range."""
        head = next(head for head in self.heads if head.hash == range_.hash)
        return range_.first <= n <= range_.n and self.same_path(head.n, head.hash, n, hash_)

    def path(self, range_: Range) -> list[tuple[int, Hash]]:
        """Return (n, hash) of every change in the range, in order."""
        if self.linear:
            return [(n, self.hashes(n)[0]) for n in range(range_.first, range_.n + 1)]
        whole = self._all_paths()[range_.hash]
        return [(n, whole[n]) for n in range(range_.first, range_.n + 1)]

    def overlaps(self, range_: Range, first: int, last: int, last_hash: Hash) -> bool:
        """Say whether a held run of changes first…last, ending in a hash, has any in the range."""
        low, high = max(range_.first, first), min(range_.n, last)
        if low > high or self.linear:
            return low <= high
        wanted = next(path for hash_, path in self._all_paths().items() if hash_ == range_.hash)
        return any(
            path.get(last) == last_hash and path.get(low) == wanted.get(low)
            for path in self._all_paths().values()
        )

    def _all_paths(self) -> dict[Hash, dict[int, Hash]]:
        if self._paths is None:
            links = self._links()
            self._paths = {head.hash: _path(head.hash, links) for head in self.heads}
        return self._paths


def subtract(whole: tuple[int, int], parts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return what is left of first…last when some first…last are taken away."""
    left = [whole]
    for low, high in parts:
        if low <= high:
            left = [
                piece
                for begin, end in left
                for piece in ((begin, min(end, low - 1)), (max(begin, high + 1), end))
                if piece[0] <= piece[1]
            ]
    return sorted(set(left))


def heads_of(log: LogId, changes: Iterable[Placed]) -> tuple[list[Head], Links]:
    """Return the heads of one log, from a set of its changes in any order."""
    links: dict[Hash, tuple[int, Hash]] = {each.hash: (each.n, each.previous) for each in changes}
    followed = {previous for _, previous in links.values()}
    heads = [
        Head(log, min(_path(hash_, links)), n, hash_)
        for hash_, (n, _) in links.items()
        if hash_ not in followed
    ]
    return sorted(heads, key=lambda head: (head.n, head.hash)), links


def _path(hash_: Hash, links: Links) -> dict[int, Hash]:
    path = {}
    while hash_ in links:
        n, previous = links[hash_]
        path[n] = hash_
        hash_ = previous
    return path
