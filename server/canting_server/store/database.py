"""A database as the registry needs it: SQL text in, rows out; one writer, and readers beside it.

Everything that waits to be written becomes one transaction in one hop to the writer's thread (group
commit), and is answered after COMMIT. A caller that is cancelled meanwhile leaves nothing open: the
work belongs to the writer.
"""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, LiteralString, Protocol, TypeVar

import aiosqlite
import structlog
from filelock import FileLock, Timeout

T = TypeVar("T")
GROUP_MAX: Final = 64
"""How many pieces of work share one transaction."""

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


class Database(Protocol):
    """Where the registry keeps everything."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Do work in a transaction; return what it returned once that is committed."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads, on a snapshot."""
        ...


class InUse(Exception):
    """Say that another process holds this database."""


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


def settle(raw: sqlite3.Connection, *, durable: bool = True) -> None:
    """Set a writing connection up: WAL, and FULL, since a receipt must survive a power cut."""
    raw.isolation_level = None
    raw.execute("PRAGMA journal_mode = WAL" if durable else "PRAGMA journal_mode = MEMORY")
    raw.execute("PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = OFF")
    raw.execute("PRAGMA busy_timeout = 10000")


class Job:
    """Work that waits for the writer, and who waits for its result."""

    def __init__(self, work: Callable[[Connection], Any], result: asyncio.Future[Any]) -> None:
        self.work = work
        self.result = result


def run_group(raw: sqlite3.Connection, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    """Do several pieces of work in one transaction; one that fails undoes only itself.

    Returns what each returned, or the exception that it raised.
    """
    results: list[Any] = []
    raw.execute("BEGIN IMMEDIATE")
    try:
        for work in works:
            raw.execute("SAVEPOINT work")
            try:
                results.append(work(SQLite(raw)))
            except Exception as error:  # given back to whoever asked for the work
                raw.execute("ROLLBACK TO work")
                results.append(error)
            raw.execute("RELEASE work")
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise
    return results


class SQLiteDatabase:
    """The default: one file, one connection that writes, one that reads."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._jobs: asyncio.Queue[Job | None] = asyncio.Queue()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Do work in a transaction; return what it returned once that is committed."""
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        # Whoever asked may be cancelled meanwhile; then nobody else would look at the outcome.
        result.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._jobs.put_nowait(Job(work, result))
        return await asyncio.shield(result)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads, on a snapshot."""

        def on_snapshot(raw: sqlite3.Connection) -> T:
            raw.execute("BEGIN")
            try:
                return work(SQLite(raw))
            finally:
                raw.execute("COMMIT")

        return await _on_thread(self._reader, on_snapshot)

    @property
    def waiting(self) -> int:
        """How much work waits for the writer."""
        return self._jobs.qsize()

    async def run(self) -> None:
        """Be the writer, until `stop` and everything before it is done."""
        while (job := await self._jobs.get()) is not None:
            group = [job]
            while len(group) < GROUP_MAX and not self._jobs.empty():
                more = self._jobs.get_nowait()
                if more is None:
                    self._jobs.put_nowait(None)
                    break
                group.append(more)
            works = [each.work for each in group]
            try:
                results = await self._commit(works)
            except Exception as error:  # the transaction failed: nobody's was kept
                results = [error] * len(group)
            for each, result in zip(group, results, strict=True):
                if each.result.done():
                    continue
                if isinstance(result, Exception):
                    each.result.set_exception(result)
                else:
                    each.result.set_result(result)

    async def _commit(self, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
        return await _on_thread(self._writer, lambda raw: run_group(raw, works))

    def stop(self) -> None:
        """Let the writer finish what waits, and end."""
        self._jobs.put_nowait(None)


async def _on_thread(conn: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """Run a whole transaction as one function on the connection's own thread.

    aiosqlite offers its calls only one by one, which costs a thread hop each and 50 times the time;
    this is the one place that reaches for what they are all made of.
    """
    result: T = await conn._execute(work, conn._conn)  # type: ignore[no-untyped-call]
    return result


@asynccontextmanager
async def open_sqlite(path: Path) -> AsyncIterator[SQLiteDatabase]:
    """Open the registry's file, with its writer at work.

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
            async with aiosqlite.connect(f"file:{path}?mode=ro", uri=True) as reader:
                await _on_thread(reader, _settle_reader)
                database = SQLiteDatabase(writer, reader)
                task = asyncio.create_task(database.run(), name="writer")
                try:
                    yield database
                finally:
                    database.stop()
                    await task
    finally:
        lock.release()


def _settle_reader(raw: sqlite3.Connection) -> None:
    raw.isolation_level = None
    # Exactly one connection writes or checkpoints: the WAL-reset bug is in every SQLite before
    # 3.51.3 (sqlite.org/wal.html).
    raw.execute("PRAGMA wal_autocheckpoint = 0")
    raw.execute("PRAGMA query_only = 1")
