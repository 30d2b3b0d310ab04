"""A registry that is served over HTTP, and what else may answer in its place."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from canting_protocol.crypto import SigningKey
from canting_protocol.ledger.rows import digest
from canting_protocol.log import ArtisanId
from canting_protocol.messages import hash_code
from canting_server import erasing
from canting_server.app import make_app
from canting_server.registry.registry import Registry
from canting_server.settings import Settings, database_path
from canting_server.store import ledgers, people
from canting_server.store.database import Connection, SQLiteDatabase
from canting_server.web.keys import DATABASE

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Dinas:
    """A registry on a file, served on one port; replies can be lost on the way."""

    def __init__(self, home: Path, registry: Registry) -> None:
        self.home = home
        self.registry = registry
        self.replies_to_lose = 0
        self.port = 0
        self._codes = 0

    async def start(self) -> None:
        """Serve, on the same port as before."""
        app = make_app(self.home, self.registry, Settings())
        app.middlewares.insert(0, self._lose)
        self._app = app
        self._runner = web.AppRunner(app, auto_decompress=False, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Serve no more."""
        await self._runner.cleanup()

    async def back_up(self, name: str) -> None:
        """Copy the database aside."""
        await self.stop()
        shutil.copy(database_path(self.home), self.home / name)
        await self.start()

    async def restore(self, name: str | None) -> None:
        """Go on with an old copy of the database, or with none."""
        await self.stop()
        for file in self.home.glob(f"{database_path(self.home).name}*"):
            file.unlink()
        if name is not None:
            shutil.copy(self.home / name, database_path(self.home))
        await self.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    async def artisan(self) -> ArtisanId:
        """Return a new artisan."""
        return await self._app[DATABASE].write(self.registry.add_artisan)

    async def code(self, artisan: ArtisanId) -> str:
        """Return a new one-time code for an artisan."""
        self._codes += 1
        code = f"KODE{self._codes}"
        expires = self.registry.now() + 3600

        def keep(conn: Connection) -> None:
            people.add_code(conn, hash_code(code), artisan, expires)

        await self._app[DATABASE].write(keep)
        return code

    async def erase(self, artisan: ArtisanId) -> None:
        """Erase an artisan, as she has asked."""
        database = self._app[DATABASE]
        assert isinstance(database, SQLiteDatabase)
        await erasing.erase(self.home, self.registry, database, artisan, "surat 7/2026")

    async def digest(self, artisan: ArtisanId) -> bytes:
        """Return the digest of a ledger."""
        return await self._app[DATABASE].read(lambda conn: digest(ledgers.all_rows(conn, artisan)))

    @web.middleware
    async def _lose(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if self.replies_to_lose:
            self.replies_to_lose -= 1
            assert request.transport is not None
            request.transport.close()
        return answer


@asynccontextmanager
async def dinas_at(
    home: Path, now: Callable[[], int], random: Callable[[int], bytes]
) -> AsyncIterator[Dinas]:
    """Serve a new registry, in a folder that is there."""
    dinas = Dinas(home, Registry(SigningKey(b"R" * 32), now, random))
    await dinas.start()
    try:
        yield dinas
    finally:
        await dinas.stop()


@asynccontextmanager
async def somebody_else(answer: Callable[[], web.Response]) -> AsyncIterator[str]:
    """Serve something that is not the registry; yield its address."""

    async def handler(_: web.Request) -> web.Response:
        return answer()

    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
