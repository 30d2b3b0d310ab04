"""A deterministic event loop: virtual time, seeded order, nothing from outside.

The same seed gives the same history, step by step. No thread and no socket may be used under it.
"""

import asyncio
import random
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _VirtualSelector(selectors.SelectSelector):
    """Waits for nothing: time jumps to the next thing that is due."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("the simulation waits for something that never comes")
        self.now += max(timeout, 0)
        return []


class SimLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock is virtual and whose ready queue is shuffled by a seed."""

    def __init__(self, chance: random.Random) -> None:
        self._virtual = _VirtualSelector()
        super().__init__(self._virtual)
        self._chance = chance
        self.steps = 0

    def time(self) -> float:
        return self._virtual.now

    def _run_once(self) -> None:
        self.steps += 1
        ready = list(self._ready)  # type: ignore[attr-defined]
        self._chance.shuffle(ready)
        self._ready.clear()  # type: ignore[attr-defined]
        self._ready.extend(ready)  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]

    def run_in_executor(self, *_: object) -> Any:
        raise RuntimeError("no threads under simulation")


def run(chance: random.Random, story: Coroutine[Any, Any, T]) -> T:
    """Run a story to its end under a simulated loop."""
    loop = SimLoop(chance)
    try:
        return loop.run_until_complete(story)
    finally:
        loop.close()
