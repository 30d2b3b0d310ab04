"""Whether the server lives and is ready, and how it stops."""

import asyncio
import sqlite3

from tests.server.makers import Served

from canting_protocol.messages import MEDIA_TYPE
from canting_server.web.health import WAL_SAFE
from canting_server.web.keys import STATE


async def test_a_server_lives_and_is_ready(served: Served) -> None:
    assert (await served.call("GET", "/livez")).status == 200
    told = (await served.call("GET", "/readyz")).json
    assert told["ready"] is True
    assert told["reasons"] == []


async def test_an_old_sqlite_is_said_and_stops_nothing(served: Served) -> None:  # 76
    notes = (await served.call("GET", "/readyz")).json["notes"]
    assert bool(notes) == (sqlite3.sqlite_version_info < WAL_SAFE)


async def test_a_server_that_stops_says_so_first_and_still_lives(served: Served) -> None:
    served.app[STATE].draining = True
    ready = await served.call("GET", "/readyz")
    assert ready.status == 503
    assert b"draining" in ready.body
    assert (await served.call("GET", "/livez")).status == 200


async def test_what_waits_for_the_writer_is_done_before_it_ends(served: Served) -> None:  # 72
    device = await served.joined()
    for _ in range(20):
        device.sells(1)
    request = device.request()
    answers = [asyncio.create_task(served.send(request)) for _ in range(20)]
    done = await asyncio.gather(*answers)
    assert {each.status for each in done} == {200}
    assert await served.sold(device.artisan) == 20


async def test_one_slow_sender_holds_up_nobody(served: Served) -> None:
    device = await served.joined()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    head = f"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Type: {MEDIA_TYPE}\r\n"
    writer.write((head + "Content-Length: 1000\r\n\r\nabc").encode())
    await writer.drain()
    device.sells(5)
    await served.sync(device)
    assert await served.sold(device.artisan) == 5
    writer.close()
    await writer.wait_closed()
    await reader.read()
