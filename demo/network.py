"""A bad network between the phones and the registry: it loses requests and replies."""

import asyncio
import random
from contextlib import suppress


class BadNetwork:
    """A TCP proxy on loopback that drops every so many connections, before or after the answer."""

    def __init__(self, target: int, chance: random.Random) -> None:
        self._target = target
        self._chance = chance
        self.requests_lost = 0
        self.replies_lost = 0
        self.good = False
        self.port = 0

    async def start(self) -> asyncio.Server:
        """Listen on a free port."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        fate = 1.0 if self.good else self._chance.random()
        try:
            if fate < 0.12:
                self.requests_lost += 1
                return
            far, there = await asyncio.open_connection("127.0.0.1", self._target)
            there_task = asyncio.create_task(_pump(near, there))
            try:
                if fate < 0.24:
                    await far.read(1)  # the registry has answered, and nobody will hear it
                    self.replies_lost += 1
                else:
                    await _pump(far, back)
            finally:
                there_task.cancel()
                with suppress(asyncio.CancelledError):
                    await there_task
                there.close()
        except OSError:
            return  # the registry is down: the phone sees a broken connection
        finally:
            back.close()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
