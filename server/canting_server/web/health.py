"""Whether the server lives, and whether it is ready."""

import sqlite3
from typing import Final

import msgspec
from aiohttp import web

from canting_server.store import migrations
from canting_server.web.keys import DATABASE, STATE

routes: Final = web.RouteTableDef()

WAL_SAFE: Final = (3, 51, 3)


@routes.get("/livez")
async def alive(_: web.Request) -> web.Response:
    """Say that the loop turns; nothing else is looked at."""
    return web.Response(text="ok\n")


@routes.get("/readyz")
async def ready(request: web.Request) -> web.Response:
    """Say whether requests would be answered, and what an operator should know."""
    reasons = []
    if request.app[STATE].draining:
        reasons.append("draining")
    try:
        await request.app[DATABASE].read(migrations.count)
        await request.app[DATABASE].write(migrations.count)
    except (sqlite3.Error, OSError):
        reasons.append("database")
    notes = []
    if sqlite3.sqlite_version_info < WAL_SAFE:
        notes.append(
            f"SQLite {sqlite3.sqlite_version} is older than 3.51.3: one writer only, as here"
        )
    body = msgspec.json.encode({"ready": not reasons, "reasons": reasons, "notes": notes})
    return web.Response(status=503 if reasons else 200, body=body, content_type="application/json")
