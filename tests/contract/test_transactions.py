"""Transactions: written together or not at all, answered after the commit, read as one moment."""

import asyncio
import contextlib
import os
import threading

import pytest

from canting_protocol.log import ArtisanId
from canting_server.store import logs
from canting_server.store.database import Connection, Database

NOW = 1_760_000_000
EVERY_INTEGER = [0, -1, 2**31, 2**53 - 1, 1 - 2**53, 2**63 - 1, -(2**63)]


class OnPurpose(Exception):
    """Say that a piece of work failed, as it should."""


def fresh() -> ArtisanId:
    """Return an artisan whom nobody knows."""
    return ArtisanId(os.urandom(8))


async def known(db: Database, artisan: ArtisanId) -> bool:
    """Say whether an artisan is there."""
    return await db.read(lambda conn: logs.is_artisan(conn, artisan))


async def test_what_was_written_is_there_once_it_is_answered(db: Database) -> None:
    artisan = fresh()

    def work(conn: Connection) -> str:
        logs.add_artisan(conn, artisan, NOW)
        return "done"

    assert await db.write(work) == "done"
    assert await known(db, artisan)


async def test_work_that_fails_leaves_nothing_and_says_why(db: Database) -> None:
    artisan = fresh()

    def work(conn: Connection) -> None:
        logs.add_artisan(conn, artisan, NOW)
        raise OnPurpose

    with pytest.raises(OnPurpose):
        await db.write(work)
    assert not await known(db, artisan)


async def test_a_statement_that_fails_undoes_its_own_work_alone(db: Database) -> None:
    """Sent together, they may share a transaction; each stands or falls by itself."""
    good = [fresh() for _ in range(10)]
    bad = [fresh() for _ in range(10)]

    def nonsense(conn: Connection, artisan: ArtisanId) -> None:
        logs.add_artisan(conn, artisan, NOW)
        conn.execute("INSERT INTO artisan (artisan, since) VALUES ($1, $2)", artisan, NOW)

    works = []
    for well, ill in zip(good, bad, strict=True):
        works.append(db.write(lambda conn, each=well: logs.add_artisan(conn, each, NOW)))  # type: ignore[misc]
        works.append(db.write(lambda conn, each=ill: nonsense(conn, each)))  # type: ignore[misc]
    results = await asyncio.gather(*works, return_exceptions=True)
    assert [isinstance(each, Exception) for each in results] == [False, True] * 10
    assert all([await known(db, each) for each in good])
    assert not any([await known(db, each) for each in bad])


async def test_who_is_cancelled_leaves_nothing_open(db: Database) -> None:
    """The work belongs to the writer: it is done whole, whoever still waits for it."""
    begun, go_on = threading.Event(), threading.Event()
    artisan, later = fresh(), fresh()

    def slow(conn: Connection) -> None:
        begun.set()
        assert go_on.wait(10)
        logs.add_artisan(conn, artisan, NOW)

    task = asyncio.create_task(db.write(slow))
    assert await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    go_on.set()
    await db.write(lambda conn: logs.add_artisan(conn, later, NOW))
    assert await known(db, artisan)
    assert await known(db, later)


async def test_a_cancelled_work_that_fails_disturbs_nobody(db: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(conn: Connection) -> None:
        begun.set()
        assert go_on.wait(10)
        raise OnPurpose

    task = asyncio.create_task(db.write(slow))
    assert await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    go_on.set()
    assert await db.write(lambda conn: len(conn.fetch("SELECT 1"))) == 1


async def test_a_reader_sees_one_moment(db: Database) -> None:
    """What is committed while it reads does not appear half-way."""
    begun, go_on = threading.Event(), threading.Event()
    artisan = fresh()

    def twice(conn: Connection) -> tuple[bool, bool]:
        before = logs.is_artisan(conn, artisan)
        begun.set()
        assert go_on.wait(10)
        return before, logs.is_artisan(conn, artisan)

    reading = asyncio.create_task(db.read(twice))
    assert await asyncio.to_thread(begun.wait, 10)
    await db.write(lambda conn: logs.add_artisan(conn, artisan, NOW))
    go_on.set()
    assert await reading == (False, False)
    assert await known(db, artisan)


async def test_a_reader_that_fails_leaves_the_next_one_well(db: Database) -> None:
    def failing(conn: Connection) -> None:
        conn.fetch("SELECT 1")
        raise OnPurpose

    with pytest.raises(OnPurpose):
        await db.read(failing)
    assert await db.read(lambda conn: conn.fetch("SELECT 1")) == [(1,)]


async def test_a_reader_cannot_write(db: Database) -> None:
    artisan = fresh()
    with pytest.raises(Exception, match=r".+"):
        await db.read(lambda conn: logs.add_artisan(conn, artisan, NOW))
    assert not await known(db, artisan)


async def test_many_at_once_are_each_counted(db: Database, artisan: ArtisanId) -> None:
    """A read and a write in one piece of work is never torn."""

    def one_more(conn: Connection) -> None:
        ((since,),) = conn.fetch("SELECT since FROM artisan WHERE artisan = $1", artisan)
        conn.execute("UPDATE artisan SET since = $1 WHERE artisan = $2", since + 1, artisan)

    await asyncio.gather(*[db.write(one_more) for _ in range(200)])
    found = await db.read(
        lambda conn: conn.fetch("SELECT since FROM artisan WHERE artisan = $1", artisan)
    )
    assert found == [(NOW + 200,)]


# -- values ------------------------------------------------------------------------------------


async def test_values_may_be_used_twice_and_in_any_order(db: Database) -> None:
    def ask(conn: Connection) -> list[tuple[object, ...]]:
        return conn.fetch("SELECT CAST($2 AS BIGINT), CAST($1 AS BIGINT), CAST($2 AS BIGINT)", 1, 2)

    assert await db.read(ask) == [(2, 1, 2)]


@pytest.mark.parametrize("number", EVERY_INTEGER)
async def test_integers_of_64_bits_come_back_as_they_were(
    db: Database, artisan: ArtisanId, number: int
) -> None:
    def work(conn: Connection) -> list[tuple[object, ...]]:
        conn.execute("UPDATE artisan SET since = $1 WHERE artisan = $2", number, artisan)
        return conn.fetch("SELECT since FROM artisan WHERE artisan = $1", artisan)

    assert await db.write(work) == [(number,)]


@pytest.mark.parametrize(
    "text", ["", "Kain tulis", "kopi ☕ \u0301", "=HYPERLINK()", "a'b;--", "²"]
)
async def test_text_comes_back_as_it_was(db: Database, text: str) -> None:
    token = os.urandom(32)

    def work(conn: Connection) -> list[tuple[object, ...]]:
        conn.execute("INSERT INTO token (token, name, since) VALUES ($1, $2, $3)", token, text, 0)
        return conn.fetch("SELECT name FROM token WHERE token = $1", token)

    assert await db.write(work) == [(text,)]


async def test_text_is_ordered_by_its_code_points(db: Database) -> None:
    """Pages would come in another order on each database otherwise."""
    words = ["_c", "a", "A", "b", "B", "Z", "é"]
    tokens = [os.urandom(32) for _ in words]

    def work(conn: Connection) -> list[tuple[object, ...]]:
        conn.execute_many(
            "INSERT INTO token (token, name, since) VALUES ($1, $2, $3)",
            [(token, word, -7) for token, word in zip(tokens, words, strict=True)],
        )
        return conn.fetch("SELECT name FROM token WHERE since = $1 ORDER BY name", -7)

    assert [row[0] for row in await db.write(work)] == sorted(words)
