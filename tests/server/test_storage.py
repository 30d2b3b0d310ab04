"""A disk that is full, read-only or held by another: nothing is half kept, and it mends itself."""

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from tests.server.makers import Served, Time

from canting_protocol.crypto import SigningKey
from canting_server.app import make_app, make_runner
from canting_server.registry.registry import Registry
from canting_server.settings import Settings
from canting_server.store.database import Connection
from canting_server.web.keys import SETTINGS


@pytest.fixture(autouse=True)
def at_once(served: Served) -> None:
    """Probe at every question, and forget a failed write soon."""
    served.app[SETTINGS].probe_s = 0
    served.app[SETTINGS].failed_s = 0.2


async def ready(served: Served) -> tuple[int, list[str]]:
    """Return whether a server is ready, and the reasons why not."""
    answered = await served.call("GET", "/readyz")
    return answered.status, msgspec.json.decode(answered.body)["reasons"]


async def ready_again(served: Served) -> None:
    """Wait until a server is ready, which nobody helps it to be."""
    async with asyncio.timeout(10):
        while await ready(served) != (200, []):  # noqa: ASYNC110  # it is asked over HTTP
            await asyncio.sleep(0.05)


async def fill(served: Served, pages: int) -> None:
    """Let the database grow by so many pages and no further."""

    def limit(conn: Connection) -> None:
        ((now,),) = conn.fetch("PRAGMA page_count")
        conn.fetch(f"PRAGMA max_page_count = {now + pages}")

    await served.change(limit)


async def test_a_full_disk_keeps_nothing_half_and_says_when_to_come_back(served: Served) -> None:
    device = await served.joined()  # row 69
    for _ in range(300):
        device.sells(1_000)
    before = await everything(served)
    await fill(served, 2)
    answered = await served.send(device.request())
    assert answered.problem == (507, "storage_full")
    assert 60 <= int(answered.headers["Retry-After"]) <= 120
    assert await everything(served) == before
    assert (await served.post("/v1/enrol", b"x")).status == 400, "other answers are still given"
    assert (await served.call("GET", "/readyz")).status == 503
    assert (await served.call("GET", "/livez")).status == 200
    assert (await served.ask("/v1/artisans")).status == 200
    await fill(served, 100_000)
    await ready_again(served)
    await served.sync(device)
    assert await served.sold(device.artisan) == 300_000


async def test_a_full_disk_is_full_for_everyone_in_the_transaction(served: Served) -> None:
    """SQLite may undo a whole transaction by itself: nobody in it may be told that he was kept."""
    devices = [await served.joined() for _ in range(6)]
    for device in devices:
        for _ in range(100):
            device.sells(10)
    await fill(served, 12)
    requests = [device.request() for device in devices]
    answers = await asyncio.gather(*[served.send(each) for each in requests])
    assert {each.status for each in answers} <= {200, 507}
    assert 507 in {each.status for each in answers}
    for device, answered in zip(devices, answers, strict=True):
        kept = await served.sold(device.artisan)
        assert kept == (1_000 if answered.status == 200 else 0)
    await fill(served, 100_000)
    for device in devices:
        await served.sync(device)
        assert await served.sold(device.artisan) == 1_000


async def test_a_database_that_cannot_be_written_is_said_to_be_so(served: Served) -> None:
    device = await served.joined()
    device.sells(5)
    before = await everything(served)
    await served.change(lambda conn: conn.execute("PRAGMA query_only = 1"))
    answered = await served.send(device.request())
    assert answered.problem == (507, "storage_read_only")
    assert int(answered.headers["Retry-After"]) >= 60
    assert (await ready(served)) == (503, ["database: read_only"])
    assert await everything(served) == before
    await writable_again(served)
    await ready_again(served)
    await served.sync(device)
    assert await served.sold(device.artisan) == 5


async def writable_again(served: Served) -> None:
    """Let the writing connection write: outside a transaction, since none can be begun."""
    from canting_server.store.database import _on_thread
    from canting_server.web.keys import DATABASE

    database = served.app[DATABASE]
    await _on_thread(database._writer, lambda raw: raw.execute("PRAGMA query_only = 0").close())


async def test_while_another_process_writes_devices_come_back_later(served: Served) -> None:
    device = await served.joined()  # row 70
    device.sells(5)
    await served.change(lambda conn: conn.fetch("PRAGMA busy_timeout = 50"))
    with closing(sqlite3.connect(served.home / "registry.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waits = set()
        for _ in range(12):
            answered = await served.send(device.request())
            assert answered.problem == (503, "busy")
            waits.add(int(answered.headers["Retry-After"]))
        assert waits <= set(range(5, 11))
        assert len(waits) > 1, "not all at once"
        assert await ready(served) == (503, ["database: busy"])
        other.execute("ROLLBACK")
    await ready_again(served)
    await served.sync(device)
    assert await served.sold(device.artisan) == 5


async def test_with_little_room_on_the_disk_it_is_not_ready_but_goes_on(served: Served) -> None:
    served.app[SETTINGS].disk_free_bytes_min = 1 << 60
    assert await ready(served) == (503, ["disk"])
    device = await served.joined()
    device.sells(5)
    await served.sync(device)
    assert await served.sold(device.artisan) == 5
    served.app[SETTINGS].disk_free_bytes_min = 0
    assert await ready(served) == (200, [])


async def everything(served: Served) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""

    def read(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
        tables = conn.fetch("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return {
            name: sorted(conn.fetch(f"SELECT * FROM {name}"), key=repr)  # noqa: S608
            for (name,) in tables
        }

    return await served.look(read)


# -- a real one, where that may be made --------------------------------------------------------


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607


@pytest.fixture
async def cramped(tiny: Path) -> AsyncIterator[Served]:
    """A registry on it."""
    home = tiny / "registry"
    home.mkdir()
    time, settings = Time(), Settings(disk_free_mb_min=0)
    registry = Registry(SigningKey(bytes(32)), time, os.urandom)
    app = make_app(home, registry, settings)
    app[SETTINGS].probe_s, app[SETTINGS].failed_s = 0, 0.2
    runner = make_runner(app, settings)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession() as http:
            yield Served(home, registry, time, app, runner.addresses[0][1], http)
    finally:
        await runner.cleanup()


async def test_a_file_system_that_is_full_is_waited_for(
    cramped: Served, tiny: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cramped.home = tmp_path_factory.mktemp("devices") / "registry"  # books lie elsewhere
    device = await cramped.joined()
    for _ in range(50):
        device.sells(10)
    await cramped.sync(device)
    ballast = tiny / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4_096)):
            pass
    for _ in range(200):
        device.sells(10)
    answered = await cramped.send(device.request())
    assert answered.problem == (507, "storage_full")
    assert (await ready(cramped))[0] == 503
    assert await cramped.sold(device.artisan) == 500
    ballast.unlink()
    await ready_again(cramped)
    await cramped.sync(device)
    assert await cramped.sold(device.artisan) == 2_500
    device.book.close()
