"""A few figures of the whole registry, cheap enough to be asked every few seconds."""

from collections.abc import Sequence
from typing import NamedTuple

from canting_server.store.database import Connection


class Figures(NamedTuple):
    """What an operator watches."""

    artisans: int
    verdicts: dict[str, int]
    """How much waits for a person, by verdict."""
    silent: list[int]
    """How many devices were last heard before each of the times asked for."""


def read(conn: Connection, before: Sequence[int]) -> Figures:
    """Return the figures; `before` are times in seconds since 1970."""
    excepted = dict(
        conn.fetch("SELECT verdict, COUNT(*) FROM change WHERE verdict > 0 GROUP BY verdict")
    )
    return Figures(
        _count(conn.fetch("SELECT COUNT(*) FROM artisan")),
        {
            "conflict": _count(conn.fetch("SELECT COUNT(*) FROM field WHERE standing > 1"))
            + _count(conn.fetch("SELECT COUNT(*) FROM stock WHERE disputed > 0")),
            "parked": excepted.get(2, 0),
            "refused": excepted.get(3, 0),
        },
        [
            _count(conn.fetch("SELECT COUNT(*) FROM statement WHERE heard < $1", at))
            for at in before
        ],
    )


def write_something(conn: Connection) -> None:
    """Write to the file without changing anything: whether that still works is the question."""
    version = _count(conn.fetch("PRAGMA user_version"))
    conn.execute(f"PRAGMA user_version = {version}")


def _count(rows: Sequence[tuple[int]]) -> int:
    return rows[0][0]
