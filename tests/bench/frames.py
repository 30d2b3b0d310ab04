"""How many QR frames a letter needs, and how sure it comes when frames are lost.

    python -m tests.bench.frames [trials]

2,400 bytes is what a busy week comes to. A reader loses 30 % of the frames, each by its own chance,
and begins at any of them, as whoever holds up a camera does. The seed is fixed: chance here is a
measure, not luck.
"""

import random
import sys
from collections.abc import Iterator
from itertools import islice
from statistics import median
from typing import Final, NamedTuple

from canting_client.qr import CODES, FRAMES_PER_SECOND, Code
from canting_protocol.frames import Gathering, frames_of, heading_of

CONTENT_BYTES: Final = 2400
FRAMES_MAX: Final = 10
LOSS: Final = 0.3
WITHIN: Final = 2.5
SHARE_MIN: Final = 0.95
TRIALS: Final = 1000
BEGINNINGS: Final = 200
"""Among how many frames a reader begins."""


class Caught(NamedTuple):
    """How many frames were shown until the content was whole, in each trial from few to many."""

    pieces: int
    shown: list[int]

    def within(self, times: float) -> float:
        """Return in what share of trials so many times the pieces were enough."""
        return sum(each <= times * self.pieces for each in self.shown) / len(self.shown)

    @property
    def p95(self) -> int:
        """Return how many were enough in 95 of 100 trials."""
        return self.shown[len(self.shown) * 95 // 100 - 1]


def caught(content: bytes, code: Code, trials: int, *, anywhere: bool) -> Caught:
    """Show a content so many times to a reader who loses frames."""
    chance = random.Random(1)  # noqa: S311  # a measure, not a secret
    frames = list(islice(frames_of(content, code.payload_bytes), BEGINNINGS + 1000))
    shown = []
    for _ in range(trials):
        begin = chance.randrange(BEGINNINGS) if anywhere else 0
        shown.append(_until_whole(iter(frames[begin:]), chance, content))
    return Caught(heading_of(content, code.payload_bytes).pieces, sorted(shown))


def _until_whole(frames: Iterator[bytes], chance: random.Random, content: bytes) -> int:
    gathering = Gathering()
    for number, frame in enumerate(frames, 1):
        if chance.random() >= LOSS:
            gathering.take(frame)
        if gathering.content is not None:
            assert gathering.content == content
            return number
    raise AssertionError("not whole after a thousand frames")


def main() -> int:
    """Measure, and say whether it is within bounds."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS
    chance = random.Random(0)  # noqa: S311
    laptop, phone = CODES["laptop"][0], CODES["hp"][0]
    letter = chance.randbytes(CONTENT_BYTES)
    needed = heading_of(letter, laptop.payload_bytes).pieces
    lost = caught(letter, laptop, trials, anywhere=False)
    share = lost.within(WITHIN)
    lines = [
        f"{CONTENT_BYTES} bytes at v10-L, none lost: {needed} frames (at most {FRAMES_MAX})",
        f"{LOSS:.0%} lost, {trials} trials: {share:.1%} whole within {WITHIN} × {needed} frames "
        f"(at least {SHARE_MIN:.0%})",
        "frames shown until whole, median / 95 % (seconds at 6 a second), and within 2.5 × K:",
    ]
    for name, code in (("v10-L", laptop), ("v20-M", phone)):
        for size in (200, 1_000, CONTENT_BYTES, 4_000, 20_000):
            for anywhere in (False, True):
                some = caught(chance.randbytes(size), code, max(1, trials // 5), anywhere=anywhere)
                middle = int(median(some.shown))
                begun = "anywhere" if anywhere else "at 0"
                lines.append(
                    f"  {name} {size:6,} B  K {some.pieces:3}  begun {begun:8}  "
                    f"{middle:3} / {some.p95:3}  "
                    f"({some.p95 / FRAMES_PER_SECOND:4.1f} s)  {some.within(WITHIN):6.1%}"
                )
    sys.stdout.write("\n".join(lines) + "\n")
    return int(needed > FRAMES_MAX or share < SHARE_MIN)


if __name__ == "__main__":
    sys.exit(main())
