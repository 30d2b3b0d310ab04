"""The server put together: database, registry, doors."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from canting_server import erasing
from canting_server.backups import last_backup
from canting_server.proof import prepare
from canting_server.registry.cursors import Cursors
from canting_server.registry.registry import Registry
from canting_server.settings import Settings, database_path
from canting_server.store.database import Committed, open_sqlite
from canting_server.web import conflicts, health, metrics, openapi, pages, staff, sync
from canting_server.web.connections import Runner
from canting_server.web.errors import errors
from canting_server.web.guesses import GUESSES, Guesses
from canting_server.web.health import PROBE, Probe
from canting_server.web.keys import (
    CROWD,
    CURSORS,
    DATABASE,
    LAST_BACKUP,
    PACE,
    REGISTRY,
    SETTINGS,
    STATE,
    Limits,
    State,
)
from canting_server.web.metrics import METRICS, Metrics
from canting_server.web.pressure import Crowd, Pace

SWITCH_SECONDS: Final = 0.0005

log: Final = structlog.get_logger()


def make_app(home: Path, registry: Registry, settings: Settings) -> web.Application:
    """Return the application; its database is open as long as it runs."""
    app = web.Application(middlewares=[errors, staff.tokens])
    app[REGISTRY] = registry
    app[SETTINGS] = Limits(
        body_timeout_s=settings.body_timeout_s,
        behind_proxy=settings.behind_proxy,
        disk_free_bytes_min=settings.disk_free_mb_min * 1_000_000,
    )
    app[STATE] = state = State()
    app[GUESSES] = Guesses()
    app[CURSORS] = Cursors(registry.key)
    app[CROWD] = Crowd(settings.waiting_max, settings.waiting_mb_max * 1_000_000)
    app[PACE] = pace = Pace()
    app[METRICS] = told = Metrics()
    app[PROBE] = Probe()
    app[LAST_BACKUP] = lambda: last_backup(home)
    for room in (sync, staff, conflicts, openapi, pages, health):
        app.add_routes(room.routes)

    def committed(commit: Committed) -> None:
        told.committed(commit)
        pace.heard(commit.size, commit.seconds)
        if commit.unavailable not in (None, "busy"):
            state.failed = asyncio.get_running_loop().time(), commit.unavailable

    async def database(app: web.Application) -> AsyncIterator[None]:
        async with open_sqlite(database_path(home), committed) as opened:
            await opened.write(lambda conn: prepare(conn, registry))
            await erasing.apply(home, registry, opened)
            app[DATABASE] = opened
            yield

    app.cleanup_ctx.append(database)
    return app


def make_runner(app: web.Application, settings: Settings) -> web.AppRunner:
    """Return what runs the application, at a port or in a test."""
    # Bodies are never inflated by the HTTP stack (CVE-2025-69223): batches carry their own
    # compression, with limits.
    # What is under way has had `drain_s` before the runner is cleaned up; the rest is for answers
    # that are just being sent.
    return Runner(
        app,
        head_timeout_s=settings.head_timeout_s,
        auto_decompress=False,
        access_log=None,
        shutdown_timeout=min(settings.drain_s, 5),
    )


def make_internal(app: web.Application) -> web.Application:
    """Return what is told inside the house only: figures and health, of a running application."""
    internal = web.Application(middlewares=[errors])
    internal[REGISTRY] = app[REGISTRY]
    internal[DATABASE] = app[DATABASE]
    internal[SETTINGS] = app[SETTINGS]
    internal[STATE] = app[STATE]
    internal[CROWD] = app[CROWD]
    internal[PACE] = app[PACE]
    internal[METRICS] = app[METRICS]
    internal[PROBE] = app[PROBE]
    internal[LAST_BACKUP] = app[LAST_BACKUP]
    for room in (metrics, health):
        internal.add_routes(room.routes)
    return internal


@asynccontextmanager
async def telling(app: web.Application, settings: Settings) -> AsyncIterator[int | None]:
    """Tell figures at a port of their own while the application runs; give its number."""
    if settings.metrics_port is None:
        yield None
        return
    runner = make_runner(make_internal(app), settings)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.metrics_host, settings.metrics_port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def serve(app: web.Application, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way.

    SIGTERM is what a supervisor sends: it is given notice, so that a proxy in front can look
    elsewhere before the listener closes. SIGINT, or a second signal, is a person who waits.
    """
    # The writer's thread computes; without this it keeps the loop waiting 5 ms at every turn.
    sys.setswitchinterval(SWITCH_SECONDS)
    runner = make_runner(app, settings)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        host, port = runner.addresses[0][:2]
        stop, now = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def asked_to_stop(which: signal.Signals) -> None:
            if which == signal.SIGINT or stop.is_set():
                now.set()
            stop.set()

        for which in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(which, asked_to_stop, which)
        async with telling(app, settings) as metrics_port:
            log.info("serving", host=host, port=port, metrics_port=metrics_port)
            await stop.wait()
            app[STATE].draining = True
            log.info("draining")
            with suppress(TimeoutError):
                await asyncio.wait_for(now.wait(), settings.drain_notice_s)
        await site.stop()
        # aiohttp's own shutdown no longer reads bodies that are still arriving: wait before it.
        with suppress(TimeoutError):
            async with asyncio.timeout(settings.drain_s):
                await app[STATE].idle.wait()
    finally:
        await runner.cleanup()
        log.info("stopped")
