"""A TCP proxy that counts what passes, and can be as slow and as far away as a village.

    python -m tests.bench.proxy --listen 7001 --to 127.0.0.1:7000 --rtt-ms 600 --ctl 7002

Asked over HTTP at `--ctl`: `/stats` tells the counters as JSON, `/reset` zeroes them, and
`/set?rtt=600&up=100&down=200` changes the road (0 is no limit).

A turn is the first byte from the client after bytes from the server (or after the connection's
start): one request and its answer. `gturns` counts the same over all connections together, a lower
bound where requests overlap. The first data of a connection waits one round trip for TCP's
handshake. There is no TLS and there are no packet headers: add those on paper.
"""

import argparse
import asyncio
import contextlib
import json
import urllib.parse
from collections.abc import Callable
from typing import Final, Literal

SLICE_BYTES: Final = 1_400
"""What a packet holds: on a slow road, bytes trickle in by so many."""

Direction = Literal["up", "down"]


class Road:
    """How far and how narrow it is, when it is free again, and what has passed."""

    def __init__(self, rtt_ms: float, up_kbit: float, down_kbit: float) -> None:
        self.set(rtt_ms, up_kbit, down_kbit)
        self.free: dict[Direction, float] = {"up": 0, "down": 0}
        self.reset()

    def set(self, rtt_ms: float, up_kbit: float, down_kbit: float) -> None:
        """Change the road."""
        self.rtt = rtt_ms / 1000
        self.kbit: dict[Direction, float] = {"up": up_kbit, "down": down_kbit}

    def reset(self) -> None:
        """Zero the counters."""
        self.passed: dict[Direction, int] = {"up": 0, "down": 0}
        self.connections = self.turns = self.turns_of_all = 0
        self.last: Direction = "down"

    def stats(self) -> dict[str, int]:
        """Return the counters."""
        return {
            "up": self.passed["up"],
            "down": self.passed["down"],
            "conns": self.connections,
            "turns": self.turns,
            "gturns": self.turns_of_all,
        }


class Connection:
    """What one connection has said last."""

    def __init__(self) -> None:
        self.last: Direction | None = None
        self.open = False

    def waits(self, road: Road, direction: Direction) -> float:
        """Note that bytes go this way; return what they wait for before they set out."""
        handshake = 0.0
        if direction == "up":
            if not self.open:
                self.open, handshake = True, road.rtt
            road.turns += self.last != "up"
            road.turns_of_all += road.last != "up"
        self.last = road.last = direction
        return handshake


_Queue = asyncio.Queue[tuple[float, bytes]]


async def pump(
    road: Road,
    connection: Connection,
    direction: Direction,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Carry bytes one way until they end."""
    now = asyncio.get_running_loop().time
    on_the_way: _Queue = asyncio.Queue()
    arriving = asyncio.create_task(_arrive(on_the_way, writer, now))
    try:
        while data := await _read(reader):
            road.passed[direction] += len(data)
            t = now() + connection.waits(road, direction)
            rate = road.kbit[direction]
            step = SLICE_BYTES if rate else len(data)
            for at in range(0, len(data), step):
                part = data[at : at + step]
                if rate:
                    t = max(t, road.free[direction]) + len(part) * 8 / (rate * 1000)
                    road.free[direction] = t
                on_the_way.put_nowait((t + road.rtt / 2, part))
        on_the_way.put_nowait((now() + road.rtt / 2, b""))
        await arriving
    finally:
        arriving.cancel()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65_536)
    except ConnectionError:
        return b""


async def _arrive(
    on_the_way: _Queue, writer: asyncio.StreamWriter, now: Callable[[], float]
) -> None:
    while True:
        when, data = await on_the_way.get()
        await asyncio.sleep(max(0, when - now()))
        if not data:
            with contextlib.suppress(OSError, RuntimeError):  # the other side may be gone
                if writer.can_write_eof():
                    writer.write_eof()
            return
        writer.write(data)
        try:
            await writer.drain()
        except ConnectionError:
            return


async def serve(road: Road, listen: int, to: str, control: int | None) -> None:
    """Listen until cancelled."""
    host, _, port = to.rpartition(":")

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        road.connections += 1
        connection = Connection()
        try:
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(
                pump(road, connection, "up", reader, far_writer),
                pump(road, connection, "down", far_reader, writer),
                return_exceptions=True,
            )
        finally:
            writer.close()
            far_writer.close()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        url = urllib.parse.urlparse((await reader.readline()).decode().split()[1])
        if url.path == "/reset":
            road.reset()
        if url.path == "/set":
            asked = {key: float(each) for key, each in urllib.parse.parse_qsl(url.query)}
            road.set(asked.get("rtt", 0), asked.get("up", 0), asked.get("down", 0))
        body = json.dumps(road.stats()).encode()
        head = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async with contextlib.AsyncExitStack() as servers:
        await servers.enter_async_context(await asyncio.start_server(carry, "127.0.0.1", listen))
        if control is not None:
            await servers.enter_async_context(
                await asyncio.start_server(answer, "127.0.0.1", control)
            )
        await asyncio.Event().wait()


def main() -> None:
    """Run the proxy until it is interrupted."""
    parser = argparse.ArgumentParser(description="Count, delay and slow what passes.")
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--to", required=True, help="host:port")
    parser.add_argument("--ctl", type=int)
    parser.add_argument("--rtt-ms", type=float, default=0)
    parser.add_argument("--up-kbit", type=float, default=0)
    parser.add_argument("--down-kbit", type=float, default=0)
    asked = parser.parse_args()
    road = Road(asked.rtt_ms, asked.up_kbit, asked.down_kbit)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(road, asked.listen, asked.to, asked.ctl))


if __name__ == "__main__":
    main()
