"""What the doors find in the application."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from canting_server.registry.cursors import Cursors
from canting_server.registry.registry import Registry
from canting_server.store.database import Reason, SQLiteDatabase
from canting_server.web.pressure import Crowd, Pace


@dataclass
class Limits:
    """The settings that the doors need."""

    body_timeout_s: float = 30
    behind_proxy: int = 0
    disk_free_bytes_min: int = 0
    failed_s: float = 30
    """How long a write that failed keeps the server from being ready."""
    probe_s: float = 1
    """How long the answer of one probe does for everyone who asks."""


class State:
    """Whether it is being stopped, what is under way, exports besides, and when a write failed."""

    def __init__(self) -> None:
        self.draining = False
        self.under_way = 0
        self.exports = 0
        self.idle = asyncio.Event()
        self.idle.set()
        self.failed: tuple[float, Reason] | None = None

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count one request as under way."""
        self.under_way += 1
        self.idle.clear()
        try:
            yield
        finally:
            self.under_way -= 1
            if not self.under_way:
                self.idle.set()


REGISTRY: Final = web.AppKey("registry", Registry)
DATABASE: Final = web.AppKey("database", SQLiteDatabase)
SETTINGS: Final = web.AppKey("settings", Limits)
STATE: Final = web.AppKey("state", State)
CROWD: Final = web.AppKey("crowd", Crowd)
PACE: Final = web.AppKey("pace", Pace)
CURSORS: Final = web.AppKey("cursors", Cursors)
LAST_BACKUP: "Final[web.AppKey[Callable[[], int | None]]]" = web.AppKey("last_backup")
"""When the last backup was made, seconds since 1970."""
