"""Wrong one-time codes: nobody may try them all."""

from collections import deque
from typing import Final

from aiohttp import web

from canting_server.web.errors import Problem

GUESSES_MAX: Final = 10
GUESSES_SECONDS: Final = 600
GUESSERS_MAX: Final = 10_000
"""How many addresses are remembered; beyond that the longest silent is forgotten."""


class Guesses:
    """Wrong one-time codes by whence they came, so that nobody tries them all."""

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = {}

    def check(self, whence: str, now: float) -> None:
        """Raise a `Problem` (429) when there have been too many."""
        wrong = self._wrong.get(whence)
        while wrong and wrong[0] < now - GUESSES_SECONDS:
            wrong.popleft()
        if wrong and len(wrong) >= GUESSES_MAX:
            wait = str(int(wrong[0] + GUESSES_SECONDS - now) + 1)
            raise Problem(429, "too_many_guesses", "too many wrong codes", Retry_After=wait)

    def wrong(self, whence: str, now: float) -> None:
        """Note a wrong one."""
        wrong = self._wrong.pop(whence, deque(maxlen=GUESSES_MAX))
        self._wrong[whence] = wrong
        wrong.append(now)
        if len(self._wrong) > GUESSERS_MAX:
            del self._wrong[next(iter(self._wrong))]


GUESSES: Final = web.AppKey("guesses", Guesses)
