"""Connections as aiohttp keeps them, with what it leaves open: no time-out, no problem documents.

A head that does not arrive in time is answered 408 and the connection closed, and what is not HTTP
is answered like every other error. aiohttp offers no hook for either: this is the one place that
reaches for the class it makes connections of (its version is bounded in pyproject.toml).
"""

import asyncio
from typing import Any

from aiohttp import web

from canting_server.web.errors import problem


class Connection(web.RequestHandler):
    """One connection: its first head must arrive in time."""

    __slots__ = ("_patience",)

    def __init__(self, manager: "Doors", **options: Any) -> None:
        super().__init__(manager, **options)
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait. Between requests aiohttp's own keep-alive time-out does that."""
        super().connection_made(transport)
        manager = self._manager
        assert isinstance(manager, Doors)
        self._patience = self._loop.call_later(manager.head_timeout_s, self._give_up)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Wait no longer."""
        self.head_arrived()
        super().connection_lost(exc)

    def head_arrived(self) -> None:
        """Wait no longer."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP."""
        if status >= 500:
            return super().handle_error(request, status, exc, message)
        answer = problem(status, "malformed", "this is not a request that can be read")
        answer.force_close()
        return answer

    def _give_up(self) -> None:
        if self.transport is not None:
            answer = problem(408, "timeout", "the request did not arrive")
            body = answer.body
            assert isinstance(body, bytes)
            self.transport.write(
                b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                b"Content-Type: application/problem+json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
        self.force_close()


class Doors(web.Server):
    """What makes connections, in the place of the one that an application makes."""

    def __init__(self, plain: web.Server, head_timeout_s: float) -> None:
        super().__init__(
            plain.request_handler,
            request_factory=self._noted,
            loop=plain._loop,
            **plain._kwargs,
        )
        self._plain = plain
        self.head_timeout_s = head_timeout_s

    def _noted(self, message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> Any:
        protocol.head_arrived()
        return self._plain.request_factory(message, payload, protocol, writer, task)

    def __call__(self) -> web.RequestHandler:
        """Return a new connection."""
        return Connection(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Run an application behind our doors."""

    __slots__ = ("_head_timeout_s",)

    def __init__(self, app: web.Application, *, head_timeout_s: float, **options: Any) -> None:
        super().__init__(app, **options)
        self._head_timeout_s = head_timeout_s

    async def _make_server(self) -> web.Server:
        return Doors(await super()._make_server(), self._head_timeout_s)
