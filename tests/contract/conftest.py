"""What a database must do for the registry, tried on each that there is.

A second one is a second parameter of `db`. Tests reach it through the port alone, make what they
need (each an artisan of its own), and empty nothing that they did not make.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from canting_protocol.log import ArtisanId
from canting_server.store import logs, migrations
from canting_server.store.database import Database, open_sqlite

NOW = 1_760_000_000


@pytest.fixture(params=["sqlite"])
async def db(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database with the registry's tables."""
    match request.param:
        case "sqlite":
            async with open_sqlite(tmp_path / "registry.db") as database:
                await database.write(migrations.migrate)
                yield database
        case other:
            raise AssertionError(other)


@pytest.fixture
async def artisan(db: Database) -> ArtisanId:
    """An artisan whom nobody else in this database knows."""
    made = ArtisanId(os.urandom(8))
    await db.write(lambda conn: logs.add_artisan(conn, made, NOW))
    return made


@pytest.fixture
async def other(db: Database) -> ArtisanId:
    """Another artisan, whose rows must stay as they are."""
    made = ArtisanId(os.urandom(8))
    await db.write(lambda conn: logs.add_artisan(conn, made, NOW))
    return made
