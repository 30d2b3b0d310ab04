"""Backups: made while the server serves, kept for a while, and put back.

A backup is one file. A plain one is a copy of the database and nothing else: the key is kept apart,
since who has both can speak as the registry. A sealed one holds the key as well, because only the
passphrase opens it; it is all that a burnt-down city hall needs.
"""

import re
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec
from filelock import FileLock, Timeout

from canting_protocol.crypto import SEED_BYTES, SigningKey
from canting_protocol.errors import Refused
from canting_server.files import PARTIAL, readable_by_owner, settle, sync, write
from canting_server.proof import Proof, prepare, prove
from canting_server.registry.erased import Erased
from canting_server.registry.registry import Registry
from canting_server.sealed import NotOpened, is_sealed, seal, unseal
from canting_server.settings import database_path, key_path
from canting_server.store import copies, database
from canting_server.store.database import Connection

PLAIN: Final = ".db"
SEALED: Final = ".sealed"
_NAME: Final = re.compile(r"registry-(\d{8}T\d{6}Z)(\.db|\.sealed)")
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_LAST: Final = "last-backup.json"
_BUFFER_BYTES: Final = 1 << 20


class NotDone(Exception):
    """Say why a backup was not made, or not put back; nothing was left behind."""


class Made(msgspec.Struct, frozen=True):
    """The last backup, as the server tells of it."""

    at: int
    """Seconds since 1970."""
    bytes: int
    sealed: bool


class Keep(NamedTuple):
    """For how long backups are kept: the newest of each of the last days, weeks and months."""

    days: int
    weeks: int
    months: int


def last_backup(home: Path) -> int | None:
    """Return when the last backup of a home was made, seconds since 1970."""
    try:
        return msgspec.json.decode((home / _LAST).read_bytes(), type=Made).at
    except (OSError, msgspec.MsgspecError):
        return None


def make(
    home: Path, folder: Path, now: int, passphrase: str | None, random: Callable[[int], bytes]
) -> Path:
    """Make a backup of a home in a folder, sealed if there is a passphrase; return its file.

    The file has its name only once it is whole, sound and on disk; a process that is killed
    meanwhile leaves a partial one, which the next backup takes away.

    Raises:
        NotDone: with the reason.
    """
    with alone(home, folder):
        folder.mkdir(parents=True, exist_ok=True)
        name = datetime.fromtimestamp(now, UTC).strftime(f"registry-{_STAMP}")
        target = folder / (name + (PLAIN if passphrase is None else SEALED))
        if target.exists():
            raise NotDone(f"{target} is there already")
        # The readable copy of a sealed backup never leaves the home.
        copy = (folder if passphrase is None else home) / f"{name}{PLAIN}{PARTIAL}"
        sealed = folder / f"{target.name}{PARTIAL}"
        try:
            with readable_by_owner():
                copies.copy_to(database_path(home), copy)
                if not copies.sound(copy):
                    raise NotDone("the copy is damaged: look at the disk, and do not overwrite")
                whole = copy
                if passphrase is not None:
                    _seal(key_path(home), copy, sealed, passphrase, random)
                    whole = sealed
                settle(whole, target)
            told = Made(now, target.stat().st_size, passphrase is not None)
            write(home / _LAST, msgspec.json.encode(told))
        except (OSError, sqlite3.Error) as error:
            raise NotDone(str(error)) from error
        finally:
            copy.unlink(missing_ok=True)
            sealed.unlink(missing_ok=True)
    return target


def too_old(names: Iterable[str], keep: Keep) -> list[str]:
    """Return which backups are kept no longer: never the newest, nor what is no backup of ours."""
    found = sorted(
        ((each[1], each[0]) for name in names if (each := _NAME.fullmatch(name))), reverse=True
    )
    kept = {found[0][1]} if found else set()
    for form, count in (("%Y%m%d", keep.days), ("%G%V", keep.weeks), ("%Y%m", keep.months)):
        newest: dict[str, str] = {}
        for stamp, name in found:
            when = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
            newest.setdefault(when.strftime(form), name)
        kept.update(list(newest.values())[:count])
    return [name for _, name in found if name not in kept]


def newest(folder: Path) -> Path | None:
    """Return the newest backup in a folder."""
    if not folder.is_dir():
        return None
    found = [file for file in folder.iterdir() if _NAME.fullmatch(file.name)]
    return max(found, key=lambda file: file.name, default=None)


def made_at(backup: Path) -> int:
    """Return when a backup was made by its name, seconds since 1970."""
    named = _NAME.fullmatch(backup.name)
    assert named is not None
    return int(datetime.strptime(named[1], _STAMP).replace(tzinfo=UTC).timestamp())


def unpack(backup: Path, target: Path, passphrase: str | None) -> bytes | None:
    """Write the database that a backup holds to a new file; return the key, if it holds that too.

    Raises:
        NotDone: with the reason.
    """
    try:
        with backup.open("rb") as source, target.open("xb") as into:
            sealed = is_sealed(source.read(32))
            source.seek(0)
            if not sealed:
                shutil.copyfileobj(source, into, _BUFFER_BYTES)
                key = None
            elif passphrase is None:
                raise NotDone("this backup is sealed: give its passphrase")
            else:
                chunks = unseal(source, passphrase)
                first = next(chunks)
                key = first[:SEED_BYTES]
                into.write(first[SEED_BYTES:])
                for chunk in chunks:
                    into.write(chunk)
            sync(into)
    except (OSError, NotOpened) as error:
        raise NotDone(str(error)) from error
    if not copies.sound(target):
        raise NotDone("this is no backup of a registry, or it is damaged")
    return key


class Restored(NamedTuple):
    """What a restored backup holds."""

    ledgers: int
    changes: int
    erased: int
    """Ledgers that were in it and are not any more: their artisans had them erased since."""


def restore(
    home: Path, backup: Path, passphrase: str | None, key: bytes | None, erased: Erased
) -> Restored:
    """Put a backup into an empty home, and prove it; return what it holds.

    Ledgers that were `erased` since are erased from it before it has its name.

    Nothing is overwritten, and the database has its name only once it is proved and knows that it
    was restored: it opens the next epoch of every ledger, so that devices bring again what came
    after the backup.

    Raises:
        NotDone: with the reason.
    """
    if database_path(home).exists():
        raise NotDone(f"there is a registry in {home} already; nothing is overwritten")
    home.mkdir(parents=True, exist_ok=True)
    partial = database_path(home).with_name(f"registry.db{PARTIAL}")
    partial.unlink(missing_ok=True)
    try:
        with readable_by_owner():
            held = unpack(backup, partial, passphrase)
            seed = key if held is None else held
            if seed is None or len(seed) != SEED_BYTES:
                raise NotDone("this backup holds no key: give the file of the registry's key")
            if key_path(home).exists() and key_path(home).read_bytes() != seed:
                raise NotDone(f"there is another key in {home}; nothing is overwritten")
            restored = _prove_restored(partial, seed, erased)
            if not key_path(home).exists():
                write(key_path(home), seed)
            settle(partial, database_path(home))
    except OSError as error:
        raise NotDone(str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return restored


def _prove_restored(file: Path, seed: bytes, erased: Erased) -> Restored:
    registry = Registry(SigningKey(seed), lambda: int(time.time()), secrets.token_bytes, erased)

    def work(conn: Connection) -> tuple[int, Proof]:
        prepare(conn, registry)
        gone = len(registry.listed(conn))
        registry.erase_listed(conn)
        registry.note_restored(conn)
        return gone, prove(conn, registry)

    with closing(sqlite3.connect(file)) as raw:
        database.settle(raw, durable=False)  # it is synced when it is whole
        (done,) = database.run_group(raw, [work])
        match done:
            case Refused():
                raise NotDone("this is not the key of that registry")
            case Exception():
                raise done
        gone, proof = done
        if proof.wrong:
            raise NotDone("the backup does not prove itself: " + "; ".join(proof.wrong[:10]))
        if gone:
            copies.scrub(raw)
    return Restored(proof.ledgers, proof.changes, gone)


def _seal(
    key: Path, database: Path, target: Path, passphrase: str, random: Callable[[int], bytes]
) -> None:
    with database.open("rb") as source, target.open("xb") as into:
        seal(_After(key.read_bytes(), source), into, passphrase, random)
    with target.open("rb") as again:  # what was written opens, to the end
        for _ in unseal(again, passphrase):
            pass


class _After:
    """A file with some bytes before it."""

    def __init__(self, before: bytes, file: IO[bytes]) -> None:
        self._before = before
        self._file = file

    def read(self, size: int, /) -> bytes:
        """Return the next so many bytes."""
        first, self._before = self._before[:size], self._before[size:]
        return first + self._file.read(size - len(first))


@contextmanager
def alone(home: Path, folder: Path) -> Iterator[None]:
    """Let no backup of a home be made meanwhile; take away what a killed one has left."""
    if not database_path(home).exists():
        raise NotDone(f"no registry in {home}: run `canting-server init` first")
    lock = FileLock(home / "backup.lock", timeout=0)
    try:
        with lock:
            for place in (home, folder):
                for left in place.glob(f"registry*{PARTIAL}*"):
                    left.unlink(missing_ok=True)
            yield
    except Timeout as error:
        raise NotDone("a backup is being made: wait for it") from error
