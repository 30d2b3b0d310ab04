"""A bar chart as numbers: where each bar stands. A template draws it, and no script."""

from collections.abc import Sequence
from typing import Final, NamedTuple

WIDTH: Final = 320
HEIGHT: Final = 130
TOP: Final = 18
FLOOR: Final = 108
"""Where the bars stand; below it is room for the months' letters."""
GAP: Final = 4


class Bar(NamedTuple):
    """One bar, in the chart's own units."""

    x: float
    y: float
    width: float
    height: float
    amount: int


def bars(amounts: Sequence[int], most: int) -> list[Bar]:
    """Return a bar for each amount; one of `most` reaches the top, and what is not nothing shows.

    Charts side by side are given the same `most`, so that a bar means the same in each.
    """
    step = WIDTH / max(len(amounts), 1)
    found = []
    for place, amount in enumerate(amounts):
        share = amount / most if most > 0 else 0
        height = max((FLOOR - TOP) * min(max(share, 0), 1), 1.5 if amount > 0 else 0)
        found.append(
            Bar(
                round(place * step + GAP / 2, 2),
                round(FLOOR - height, 2),
                round(step - GAP, 2),
                round(height, 2),
                amount,
            )
        )
    return found
