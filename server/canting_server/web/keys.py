"""What the doors find in the application."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web

from canting_server.registry.registry import Registry
from canting_server.store.database import SQLiteDatabase

if TYPE_CHECKING:
    from canting_server.web.sync import Guesses


class Limits:
    """The settings that the doors need."""

    def __init__(self, *, body_timeout_s: float) -> None:
        self.body_timeout_s = body_timeout_s


class State:
    """Whether the server is being stopped, and what is under way."""

    def __init__(self) -> None:
        self.draining = False
        self.under_way = 0
        self.idle = asyncio.Event()
        self.idle.set()

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
GUESSES: "Final[web.AppKey[Guesses]]" = web.AppKey("guesses")
