"""Connections: what is not HTTP gets an answer a program can read, and nobody may dawdle."""

import asyncio
import gzip
import json

import pytest
from tests.server.makers import Served

from canting_protocol.messages import MEDIA_TYPE
from canting_server.settings import Settings


@pytest.fixture
def settings() -> Settings:
    """A head has one second to arrive, a body too."""
    return Settings(head_timeout_s=1, body_timeout_s=1, disk_free_mb_min=0)


async def said(served: Served, *parts: bytes, pause_s: float = 0) -> bytes:
    """Send bytes as they are, with pauses; return all that comes back until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause_s)
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


def problem(answer: bytes) -> tuple[int, str]:
    """Return status and code of a raw answer, which must be a problem and end the connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, answer
    assert head.startswith(b"HTTP/1.0") or b"connection: close" in head.lower(), answer
    told = json.loads(body)
    assert head.split()[1] == str(told["status"]).encode()
    return told["status"], told["code"]


@pytest.mark.parametrize(
    "head",
    [
        b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 16_384 + b"\r\n\r\n",
        b"POST /" + b"a" * 16_384 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
        b"BREW /v1/sync HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    ],
    ids=["two-lengths", "negative", "both", "two-hosts", "header", "line", "nul", "method", "tls"],
)
async def test_what_is_not_http_is_answered_with_a_problem_and_closed(  # 9-11, 17
    served: Served, head: bytes
) -> None:
    assert problem(await said(served, head)) == (400, "malformed")


async def test_a_head_that_never_ends_is_given_up(served: Served) -> None:  # 12
    begun = asyncio.get_running_loop().time()
    answer = await said(served, b"POST /v1/sync HT", b"TP/1.1", pause_s=0.2)
    assert problem(answer) == (408, "timeout")
    assert asyncio.get_running_loop().time() - begun < 5


async def test_who_connects_and_says_nothing_is_given_up(served: Served) -> None:
    assert problem(await said(served)) == (408, "timeout")


async def test_a_connection_that_is_used_may_rest_longer_than_a_head_may_take(
    served: Served,
) -> None:
    get = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = await said(served, get, last, pause_s=1.5)
    assert answer.count(b"HTTP/1.1 200 OK") == 2


async def test_a_slow_body_is_the_bodys_business(served: Served) -> None:  # 12
    head = f"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Type: {MEDIA_TYPE}\r\n"
    answer = await said(served, (head + "Content-Length: 1000\r\n\r\nabc").encode())
    assert problem(answer) == (408, "timeout")


async def test_a_bomb_for_a_door_that_reads_no_body_is_never_inflated(served: Served) -> None:  # 4
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    headers = {"Content-Encoding": "gzip"}
    for path, status in (("/livez", 405), ("/nowhere", 404), ("/v1/artisans", 401)):
        answered = await served.call("POST", path, data=bomb[:60_000], headers=headers)
        assert answered.problem[0] == status
    answered = await served.call("GET", "/livez", data=bomb[:60_000], headers=headers)
    assert answered.status == 200
