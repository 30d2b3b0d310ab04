"""Whether the server lives, and whether it is ready."""

import asyncio
import sqlite3
from typing import Final

import msgspec
from aiohttp import web

from canting_server.store import figures, migrations
from canting_server.store.database import Database, Unavailable
from canting_server.web.keys import DATABASE, SETTINGS, STATE

routes: Final = web.RouteTableDef()

WAL_SAFE: Final = (3, 51, 3)
PROBE_SECONDS: Final = 5
"""How long a probe may take before the writer is said to be stuck."""


class Probe:
    """The last answer of the database to whether it can be read and written."""

    def __init__(self) -> None:
        self._asking = asyncio.Lock()
        self._reason: str | None = None
        self._at = -float("inf")

    async def reason(self, database: Database, keep_s: float) -> str | None:
        """Return what is wrong with the database, asked at most once in `keep_s` seconds.

        Anyone may ask whether a server is ready: a disk must not be kept busy by that.
        """
        loop = asyncio.get_running_loop()
        async with self._asking:
            if loop.time() >= self._at + keep_s:
                self._reason = await _probe(database)
                self._at = loop.time()
            return self._reason


async def _probe(database: Database) -> str | None:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await database.read(migrations.count)
            await database.write(figures.write_something)
    except Unavailable as error:
        return f"database: {error.reason}"
    except TimeoutError:
        return "database: does not answer"
    except (sqlite3.Error, OSError):
        return "database"
    return None


PROBE: Final = web.AppKey("probe", Probe)


@routes.get("/livez")
async def alive(_: web.Request) -> web.Response:
    """Say that the loop turns; nothing else is looked at."""
    return web.Response(text="ok\n")


@routes.get("/readyz")
async def ready(request: web.Request) -> web.Response:
    """Say whether requests would be answered, and what an operator should know."""
    app = request.app
    state, settings, database = app[STATE], app[SETTINGS], app[DATABASE]
    reasons = []
    if state.draining:
        reasons.append("draining")
    probed = await app[PROBE].reason(database, settings.probe_s)
    if probed is not None:
        reasons.append(probed)
    elif state.failed is not None:
        at, why = state.failed
        if asyncio.get_running_loop().time() < at + settings.failed_s:
            reasons.append(f"database: {why}")
    if database.sizes().free < settings.disk_free_bytes_min:
        reasons.append("disk")
    notes = []
    if sqlite3.sqlite_version_info < WAL_SAFE:
        notes.append(
            f"SQLite {sqlite3.sqlite_version} is older than 3.51.3: one writer only, as here"
        )
    body = msgspec.json.encode({"ready": not reasons, "reasons": reasons, "notes": notes})
    return web.Response(status=503 if reasons else 200, body=body, content_type="application/json")
