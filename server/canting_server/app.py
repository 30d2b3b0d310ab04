"""The server put together: database, registry, doors."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from canting_server.registry.registry import Registry
from canting_server.settings import Settings, database_path
from canting_server.store import ledgers, logs, migrations
from canting_server.store.database import Connection, open_sqlite
from canting_server.web import conflicts, health, pages, staff, sync
from canting_server.web.errors import errors
from canting_server.web.keys import DATABASE, GUESSES, REGISTRY, SETTINGS, STATE, Limits, State

log: Final = structlog.get_logger()


def make_app(home: Path, registry: Registry, settings: Settings) -> web.Application:
    """Return the application; its database is open as long as it runs."""
    app = web.Application(middlewares=[errors, staff.tokens])
    app[REGISTRY] = registry
    app[SETTINGS] = Limits(body_timeout_s=settings.body_timeout_s)
    app[STATE] = State()
    app[GUESSES] = sync.Guesses()
    for room in (sync, staff, conflicts, pages, health):
        app.add_routes(room.routes)

    async def database(app: web.Application) -> AsyncIterator[None]:
        async with open_sqlite(database_path(home)) as opened:
            await opened.write(lambda conn: prepare(conn, registry))
            app[DATABASE] = opened
            yield

    app.cleanup_ctx.append(database)
    return app


def prepare(conn: Connection, registry: Registry) -> None:
    """Bring the database up to date with this program."""
    if migrations.migrate(conn):
        for artisan in logs.artisans(conn):
            registry.rebuild(conn, artisan)
            log.info("ledger_rebuilt", artisan=artisan.hex())


def make_runner(app: web.Application, settings: Settings) -> web.AppRunner:
    """Return what runs the application, at a port or in a test."""
    # Bodies are never inflated by the HTTP stack (CVE-2025-69223): batches carry their own
    # compression, with limits.
    # What is under way has had `drain_s` before the runner is cleaned up; the rest is for answers
    # that are just being sent.
    return web.AppRunner(
        app, auto_decompress=False, access_log=None, shutdown_timeout=min(settings.drain_s, 5)
    )


async def serve(app: web.Application, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way."""
    runner = make_runner(app, settings)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        host, port = runner.addresses[0][:2]
        log.info("serving", host=host, port=port)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for which in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(which, stop.set)
        await stop.wait()
        app[STATE].draining = True
        log.info("draining")
        await site.stop()
        # aiohttp's own shutdown no longer reads bodies that are still arriving: wait before it.
        with suppress(TimeoutError):
            async with asyncio.timeout(settings.drain_s):
                await app[STATE].idle.wait()
    finally:
        await runner.cleanup()
        log.info("stopped")


def digests(conn: Connection) -> dict[str, str]:
    """Return the digest of every ledger, by artisan."""
    from canting_protocol.ledger.rows import digest

    return {
        artisan.hex(): digest(ledgers.all_rows(conn, artisan)).hex()
        for artisan in logs.artisans(conn)
    }
