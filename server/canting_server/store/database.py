"""A database as the registry needs it: SQL text in, rows out; one writer, and readers beside it.

What waits to be written becomes one transaction in one hop to the writer's thread (group commit),
senders taken in turn, and is answered after COMMIT. A caller that is cancelled meanwhile leaves
nothing open: the work belongs to the writer.
"""

import asyncio
import re
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, LiteralString, NamedTuple, Protocol, TypeVar

import aiosqlite
import structlog
from filelock import FileLock, Timeout

from canting_server.store.copies import scrub
from canting_server.store.waiting import Waiting

T = TypeVar("T")

BUSY_TIMEOUT_MS: Final = 10_000
"""How long to wait for another process that is writing."""

CACHE_KB: Final = 32_000
"""How much of the database the writer keeps in memory: a city's is a few hundred MB."""

Reason = Literal["full", "read_only", "busy", "broken"]
"""Why a database cannot be used: no room, no permission, someone else writes, the disk fails."""
_STEPS_BETWEEN_LOOKS: Final = 1_000
"""How many instructions SQLite carries out between two looks at the clock."""

log: Final = structlog.get_logger()


class Connection(Protocol):
    """What store functions are given: SQL with `$1`, in a transaction that someone else opens."""

    def fetch(self, sql: LiteralString | str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        ...

    def execute(self, sql: LiteralString | str, *values: object) -> None:
        """Carry out one statement."""
        ...

    def execute_many(self, sql: LiteralString | str, values: Iterable[Sequence[object]]) -> None:
        """Carry out one statement for each row of values."""
        ...

    def within(self, ms: int) -> AbstractContextManager[None]:
        """Let the queries inside take so long together, and raise `OutOfTime` after it."""
        ...


class Transactions(Protocol):
    """Work in transactions: one writes at a time, others read beside it."""

    async def write(
        self, work: Callable[[Connection], T], *, sender: Hashable = None, size: int = 0
    ) -> T:
        """Do work in a transaction; return what it returned once that is committed.

        Work of one `sender` waits in a line of its own; `size` is what it weighs, in bytes.

        Raises:
            Unavailable: nothing of it was kept; later it may be.
        """
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads, on a snapshot."""
        ...


class Database(Transactions, Protocol):
    """Where the registry keeps everything."""

    def snapshot(self) -> AbstractAsyncContextManager["Snapshot"]:
        """Open one snapshot for many reads, on a connection of its own."""
        ...


class Snapshot(Protocol):
    """The database as it was at one moment."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads."""
        ...


class OutOfTime(Exception):
    """Say that a query has taken longer than it may."""


class InUse(Exception):
    """Say that another process holds this database."""


class Unavailable(Exception):
    """Say that the database cannot be used at present, and why; nothing was kept."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"the database is unavailable: {reason}")
        self.reason: Reason = reason


def unavailable(error: Exception) -> Reason | None:
    """Return why a database cannot do its work, when that is the world's fault and may pass."""
    if not isinstance(error, sqlite3.Error):
        return None
    # The low byte is the kind; the rest says more of it.
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return "full"
        case sqlite3.SQLITE_READONLY:
            return "read_only"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "busy"
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN:
            return "broken"
    return None


@cache
def _positional(sql: str) -> tuple[str, tuple[int, ...]]:
    """Return SQLite's form of a query with `$1`, and the order of its values.

    Not `?1`: Python takes that for a named placeholder from 3.12 on, and warns.
    """
    order = tuple(int(number) - 1 for number in re.findall(r"\$(\d+)", sql))
    return re.sub(r"\$\d+", "?", sql), order


class SQLite:
    """A SQLite connection as a `Connection`."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw

    def fetch(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        text, order = _positional(sql)
        return self.raw.execute(text, [values[i] for i in order]).fetchall()

    def execute(self, sql: str, *values: object) -> None:
        """Carry out one statement."""
        text, order = _positional(sql)
        self.raw.execute(text, [values[i] for i in order])

    def execute_many(self, sql: str, values: Iterable[Sequence[object]]) -> None:
        """Carry out one statement for each row of values; `$1` … must stand in order."""
        text, _ = _positional(sql)
        self.raw.executemany(text, values)

    @contextmanager
    def within(self, ms: int) -> Iterator[None]:
        """Let the queries inside take so long together, and raise `OutOfTime` after it."""
        end = time.monotonic() + ms / 1000
        self.raw.set_progress_handler(lambda: time.monotonic() > end, _STEPS_BETWEEN_LOOKS)
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise OutOfTime(f"more than {ms} ms") from error
            raise
        finally:
            self.raw.set_progress_handler(None, 0)


def settle(raw: sqlite3.Connection, *, durable: bool = True) -> None:
    """Set a writing connection up: WAL, and FULL, since a receipt must survive a power cut."""
    raw.isolation_level = None
    raw.execute("PRAGMA journal_mode = WAL" if durable else "PRAGMA journal_mode = MEMORY")
    raw.execute("PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = OFF")
    raw.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    raw.execute(f"PRAGMA cache_size = -{CACHE_KB}")


class Job:
    """Work that waits for the writer, and who waits for its result."""

    def __init__(
        self, work: Callable[[Connection], Any], result: asyncio.Future[Any], size: int
    ) -> None:
        self.work = work
        self.result = result
        self.size = size


def run_group(raw: sqlite3.Connection, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    """Do several pieces of work in one transaction; one that fails undoes only itself.

    Returns what each returned, or the exception that it raised.
    """
    results: list[Any] = []
    raw.execute("BEGIN IMMEDIATE")
    before = raw.total_changes
    try:
        for work in works:
            raw.execute("SAVEPOINT work")
            try:
                results.append(work(SQLite(raw)))
            except Exception as error:  # given back to whoever asked for the work
                if not raw.in_transaction:  # a full disk may undo the whole transaction by itself
                    raise
                raw.execute("ROLLBACK TO work")
                results.append(error)
            raw.execute("RELEASE work")
        if raw.total_changes != before:
            _move_on(raw, int(time.time() * 1000))
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise
    return results


def _move_on(raw: sqlite3.Connection, wall_ms: int) -> None:
    """Move the watermark on: something is being committed.

    It follows the clock, so that a restored backup does not count the same numbers again.
    """
    raw.execute(
        """
        UPDATE watermark
        SET number = CASE WHEN number < ? THEN ? ELSE number + 1 END
        """,
        (wall_ms, wall_ms),
    )


class Committed(NamedTuple):
    """One transaction of the writer: how it went."""

    works: int
    size: int
    seconds: float
    unavailable: Reason | None


class Sizes(NamedTuple):
    """Bytes: the database, its write-ahead log, and what is free beside them."""

    database: int
    wal: int
    free: int


class Writer:
    """The line before the one connection that writes, and who works it off."""

    def __init__(self, told: Callable[[Committed], None]) -> None:
        self._told = told
        self._waiting: Waiting[Job] = Waiting()
        self._more = asyncio.Event()
        self._stopping = False

    async def write(
        self, work: Callable[[Connection], T], *, sender: Hashable = None, size: int = 0
    ) -> T:
        """Do work in a transaction; return what it returned once that is committed.

        Work of one `sender` waits in a line of its own; `size` is what it weighs, in bytes.

        Raises:
            Unavailable: nothing of it was kept; later it may be.
        """
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        # Whoever asked may be cancelled meanwhile; then nobody else would look at the outcome.
        result.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._waiting.add(Job(work, result, size), object() if sender is None else sender, size)
        self._more.set()
        return await asyncio.shield(result)

    @property
    def waiting(self) -> int:
        """How many pieces of work wait for the writer."""
        return self._waiting.count

    @property
    def waiting_size(self) -> int:
        """What waits for the writer, in bytes."""
        return self._waiting.size

    async def run(self) -> None:
        """Be the writer, until `stop` and everything before it is done."""
        loop = asyncio.get_running_loop()
        while True:
            self._more.clear()
            group = self._waiting.take()
            if not group:
                if self._stopping:
                    return
                await self._more.wait()
                continue
            begun = loop.time()
            reason: Reason | None = None
            try:
                results = await self._commit([each.work for each in group])
            except Exception as error:  # the transaction failed: nobody's was kept
                results = [error] * len(group)
            for each, result in zip(group, results, strict=True):
                if isinstance(result, Exception):
                    reason = unavailable(result) or reason
                if each.result.done():
                    continue
                if isinstance(result, Exception):
                    each.result.set_exception(_told_as(result))
                else:
                    each.result.set_result(result)
            size = sum(each.size for each in group)
            self._told(Committed(len(group), size, loop.time() - begun, reason))

    def stop(self) -> None:
        """Let the writer finish what waits, and end."""
        self._stopping = True
        self._more.set()

    async def _commit(self, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
        """Do work in one transaction, wherever that is."""
        raise NotImplementedError


class SQLiteDatabase(Writer):
    """The default: one file, one connection that writes, one that reads."""

    def __init__(
        self,
        path: Path,
        writer: aiosqlite.Connection,
        reader: aiosqlite.Connection,
        told: Callable[[Committed], None],
    ) -> None:
        super().__init__(told)
        self._path = path
        self._writer = writer
        self._reader = reader

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads, on a snapshot.

        Raises:
            Unavailable: the database cannot be read at present.
        """

        def on_snapshot(raw: sqlite3.Connection) -> T:
            raw.execute("BEGIN")
            try:
                return work(SQLite(raw))
            finally:
                if raw.in_transaction:
                    raw.execute("COMMIT")

        try:
            return await _on_thread(self._reader, on_snapshot)
        except sqlite3.Error as error:
            raise _told_as(error) from error

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Open one snapshot for many reads, on a connection of its own."""
        async with _reading(self._path) as reader:
            await _on_thread(reader, lambda raw: raw.execute("BEGIN"))
            yield SQLiteSnapshot(reader)

    def sizes(self) -> Sizes:
        """Return how much there is on disk, and how much room."""
        wal = Path(f"{self._path}-wal")
        return Sizes(
            self._path.stat().st_size,
            wal.stat().st_size if wal.exists() else 0,
            shutil.disk_usage(self._path.parent).free,
        )

    async def scrub(self) -> None:
        """Take from the file whatever bytes deleted rows have left in it.

        Raises:
            Unavailable: there is no room for it, or somebody still reads what was there before.
        """
        try:
            clean = await _on_thread(self._writer, scrub)
        except sqlite3.Error as error:
            raise _told_as(error) from error
        if not clean:
            raise Unavailable("busy")

    async def _commit(self, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
        return await _on_thread(self._writer, lambda raw: run_group(raw, works))


def _told_as(error: Exception) -> Exception:
    """Return an error as those who asked are told of it."""
    reason = unavailable(error)
    if reason is None:
        return error
    told = Unavailable(reason)
    told.__cause__ = error
    return told


class SQLiteSnapshot:
    """A transaction that only reads, open on a connection of its own."""

    def __init__(self, reader: aiosqlite.Connection) -> None:
        self._reader = reader

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads."""
        return await _on_thread(self._reader, lambda raw: work(SQLite(raw)))


async def _on_thread(conn: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """Run a whole transaction as one function on the connection's own thread.

    aiosqlite offers its calls only one by one, which costs a thread hop each and 50 times the time;
    this is the one place that reaches for what they are all made of.
    """
    result: T = await conn._execute(work, conn._conn)  # type: ignore[no-untyped-call]
    return result


@asynccontextmanager
async def open_sqlite(
    path: Path, told: Callable[[Committed], None] = lambda _: None
) -> AsyncIterator[SQLiteDatabase]:
    """Open the registry's file, with its writer at work; `told` hears of every transaction.

    Raises:
        InUse: another process holds it.
    """
    lock = FileLock(f"{path}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise InUse(f"another process holds {path}") from error
    try:
        async with aiosqlite.connect(path) as writer:
            await _on_thread(writer, settle)
            async with _reading(path) as reader:
                database = SQLiteDatabase(path, writer, reader, told)
                task = asyncio.create_task(database.run(), name="writer")
                try:
                    yield database
                finally:
                    database.stop()
                    await task
    finally:
        lock.release()


@asynccontextmanager
async def _reading(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    async with aiosqlite.connect(f"file:{path}?mode=ro", uri=True) as reader:
        await _on_thread(reader, _settle_reader)
        yield reader


def _settle_reader(raw: sqlite3.Connection) -> None:
    raw.isolation_level = None
    # Exactly one connection writes or checkpoints: the WAL-reset bug is in every SQLite before
    # 3.51.3 (sqlite.org/wal.html).
    raw.execute("PRAGMA wal_autocheckpoint = 0")
    raw.execute("PRAGMA query_only = 1")
