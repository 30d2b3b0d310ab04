"""Erasing a person: her ledger goes, and does not come back.

The list of those who were erased is a file in the home: outside the database, and in no backup, so
that an older backup which is put back does not bring her with it. It is written before anything is
deleted; whatever is broken off after that is finished by the next start of the server.
"""

from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import structlog
from msgspec import structs

from canting_protocol.log import ArtisanId
from canting_server.files import readable_by_owner, write
from canting_server.registry.erased import SALT_BYTES, Erased
from canting_server.registry.registry import Registry
from canting_server.store.database import SQLiteDatabase, Unavailable

log: Final = structlog.get_logger()


class BadList(Exception):
    """Say that the list of those who were erased cannot be read; then nothing is served."""


class Applied(NamedTuple):
    """What applying the list came to."""

    rows: int
    """How many rows were deleted."""
    unfinished: bool
    """Bytes of them may still lie in the file: somebody else reads it, or there is no room."""


def list_path(home: Path) -> Path:
    """Return where a home keeps the list of those who were erased."""
    return home / "erased.list"


def load(home: Path) -> Erased:
    """Return the list of those who were erased; without a file, nobody was.

    Raises:
        BadList: it is damaged.
    """
    file = list_path(home)
    try:
        return msgspec.json.decode(file.read_bytes(), type=Erased)
    except FileNotFoundError:
        return Erased()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadList(
            f"{file} cannot be read ({error}): put a copy of it back; without it those who were "
            "erased could be brought in again"
        ) from error


def save(home: Path, erased: Erased) -> None:
    """Keep the list, on disk when this returns."""
    with readable_by_owner():
        write(list_path(home), msgspec.json.format(msgspec.json.encode(erased)))


async def erase(
    home: Path, registry: Registry, database: SQLiteDatabase, artisan: ArtisanId, reason: str
) -> Applied:
    """Erase an artisan for good. Broken off, or repeated, it does the rest."""
    salt = registry.random(SALT_BYTES)
    registry.erased = registry.erased.with_(artisan, registry.now(), reason, salt)
    save(home, registry.erased)
    return await apply(home, registry, database)


async def apply(home: Path, registry: Registry, database: SQLiteDatabase) -> Applied:
    """Delete every ledger that is on the list and in the database, and the bytes it has left."""
    if not registry.erased.unfinished:
        if not await database.read(registry.listed):
            return Applied(0, unfinished=False)
        registry.erased = structs.replace(registry.erased, unfinished=True)
        save(home, registry.erased)
    rows = await database.write(registry.erase_listed)
    log.info("ledgers_erased", rows=rows)
    try:
        await database.scrub()
    except Unavailable as error:
        log.warning("erased_bytes_left", reason=error.reason)
        return Applied(rows, unfinished=True)
    registry.erased = structs.replace(registry.erased, unfinished=False)
    save(home, registry.erased)
    return Applied(rows, unfinished=False)
