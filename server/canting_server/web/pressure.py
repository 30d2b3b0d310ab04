"""How much may be under way at once, who is asked to come back later, and when.

A request is counted from its first byte to its answer, with the bytes it holds, so that memory is
bounded whatever arrives. When half of the places are taken, a sender has one place at a time: a big
one is asked to wait before any device is.
"""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

WAIT_SECONDS_MAX: Final = 300
"""Nobody is asked to wait longer than twice this."""
_NEW: Final = 0.2
"""How much the last transaction counts in the pace."""


class Crowded(Exception):
    """Say that too much is under way to take this in as well."""


def retry_after(waiting_s: float, chance: float) -> int:
    """Return after how many seconds to come back; `chance` is from 0 to 1.

    Once what waits will have been done, spread over as long again: those who were turned away
    together must not come back together.
    """
    return math.ceil(min(max(waiting_s, 1.0), WAIT_SECONDS_MAX) * (1 + chance))


class Crowd:
    """The requests under way."""

    def __init__(self, requests_max: int, bytes_max: int) -> None:
        self.requests_max = requests_max
        self.bytes_max = bytes_max
        self.requests = 0
        self.bytes = 0
        self._senders: Counter[bytes] = Counter()

    @contextmanager
    def place(self) -> Iterator["Place"]:
        """Give one request a place until it is answered.

        Raises:
            Crowded: there is none left.
        """
        if self.requests >= self.requests_max:
            raise Crowded
        place = Place(self)
        self.requests += 1
        try:
            yield place
        finally:
            self.requests -= 1
            self.bytes -= place.bytes
            if place.sender is not None:
                self._senders[place.sender] -= 1
                if not self._senders[place.sender]:
                    del self._senders[place.sender]

    def has(self, sender: bytes) -> bool:
        """Say whether a sender has a place already."""
        return sender in self._senders

    def seat(self, sender: bytes) -> None:
        """Note that one more place is this sender's."""
        self._senders[sender] += 1


class Place:
    """One request's place in the crowd."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self.bytes = 0
        self.sender: bytes | None = None

    def hold(self, size: int) -> None:
        """Hold so many bytes more.

        Raises:
            Crowded: all requests together would hold too many.
        """
        if self._crowd.bytes + size > self._crowd.bytes_max:
            raise Crowded
        self.bytes += size
        self._crowd.bytes += size

    def belongs_to(self, sender: bytes) -> None:
        """Say whose the request is, once that is known.

        Raises:
            Crowded: half of all is taken, and this sender has a place already.
        """
        crowd = self._crowd
        half = crowd.requests * 2 > crowd.requests_max or crowd.bytes * 2 > crowd.bytes_max
        if half and crowd.has(sender):
            raise Crowded
        self.sender = sender
        crowd.seat(sender)


class Pace:
    """How fast the writer works, from its last transactions."""

    def __init__(self) -> None:
        self._seconds_per_byte = 0.0

    def heard(self, size: int, seconds: float) -> None:
        """Note one transaction."""
        if size:
            self._seconds_per_byte += _NEW * (seconds / size - self._seconds_per_byte)

    def seconds(self, size: int) -> float:
        """Return how long so much work will take."""
        return self._seconds_per_byte * size
