"""What waits for the writer, in a line for each sender: nobody waits behind all of another's work.

A transaction takes the first of each line in turn, and whoever was in it sits out the next when
others wait. So a device never shares its transaction with the next piece of a big sender, and waits
for one that is under way at most.
"""

from collections import deque
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

GROUP_MAX: Final = 64
"""How many pieces of work share one transaction."""
GROUP_BYTES_MAX: Final = 65_536
"""How large they may be together; the first is taken whatever its size."""


class Waiting(Generic[T]):
    """Pieces of work in their lines, with what they weigh."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, deque[tuple[T, int]]] = {}
        self._served: frozenset[Hashable] = frozenset()
        self.count = 0
        self.size = 0

    def add(self, work: T, sender: Hashable, size: int) -> None:
        """Put a piece of work at the end of its sender's line."""
        self._lines.setdefault(sender, deque()).append((work, size))
        self.count += 1
        self.size += size

    def take(self) -> list[T]:
        """Take the next transaction's work: one of each sender, in turn, within the bounds."""
        taken: dict[Hashable, T] = {}
        room = GROUP_BYTES_MAX
        fresh = [sender for sender in self._lines if sender not in self._served]
        for sender in (fresh or list(self._lines))[:GROUP_MAX]:
            line = self._lines[sender]
            if taken and line[0][1] > room:
                break
            work, size = line.popleft()
            taken[sender] = work
            room -= size
            self.count -= 1
            self.size -= size
            del self._lines[sender]
            if line:  # its turn comes again after everyone else's
                self._lines[sender] = line
        self._served = frozenset(taken)
        return list(taken.values())
