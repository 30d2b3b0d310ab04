"""Makers: a registry served on loopback, and devices with real books."""

import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import msgspec
from aiohttp import web
from tests.letters import in_letter, out_of_letter

from canting_client.book import Book, Chance, Learned
from canting_protocol import changes as c
from canting_protocol.batch import cut
from canting_protocol.crypto import SigningKey
from canting_protocol.ledger.author import place
from canting_protocol.ledger.rows import digest
from canting_protocol.log import ArtisanId, Descriptor, Hash, LogId, Placed
from canting_protocol.messages import (
    MEDIA_TYPE,
    VERSION,
    Answer,
    Held,
    Offer,
    Reply,
    Request,
    hash_code,
    read_enrolled,
    write_enrolment,
    write_request,
)
from canting_server.registry.registry import Registry
from canting_server.store import ledgers, people
from canting_server.store.database import Connection
from canting_server.web.keys import DATABASE
from canting_server.web.staff import hash_token

T = TypeVar("T")

TOKEN = "cst_of-a-test"  # noqa: S105
NOW = 1_760_000_000
"""2025-10-09, 15:53 in Mojokerto: seconds since 1970."""
DAY = 86_400


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        """Return seconds since 1970."""
        return self.now


class Answered:
    """What a door said."""

    def __init__(
        self, status: int, headers: Any, body: bytes, keys: Sequence[SigningKey] = ()
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self._keys = keys

    @property
    def problem(self) -> tuple[int, str]:
        """Return the status and the code of a problem, which it must be."""
        assert self.headers["Content-Type"] == "application/problem+json", self.body
        told = msgspec.json.decode(self.body, type=dict[str, Any])
        assert {"type", "title", "status", "code", "detail"} <= told.keys()
        assert told["status"] == self.status
        return self.status, told["code"]

    @property
    def json(self) -> Any:
        """Return what was answered, which must be well."""
        assert self.status == 200, self.body
        return msgspec.json.decode(self.body)

    @property
    def answer(self) -> Answer:
        """Return the first ledger of a reply."""
        return self.reply.ledgers[0]

    @property
    def reply(self) -> Reply:
        """Return the reply to a device of these tests."""
        assert self.status == 200, self.body
        return out_of_letter(self.body, *self._keys)


class Device:
    """One device: its key and its book."""

    def __init__(self, path: Path, time: Time) -> None:
        self.key = SigningKey(os.urandom(32))
        self.time = time
        self.book = Book(path, self.key, Chance(time, os.urandom), durable=False)

    @property
    def artisan(self) -> ArtisanId:
        """Whose device it is."""
        artisan = self.book.artisan
        assert artisan is not None
        return artisan

    def sells(self, amount: int = 250_000, **more: Any) -> Placed:
        """Record the sale of one cloth."""
        return self.book.record(c.Sale([c.SaleLine(-1, 1000, amount)], **more))[0]

    def request(self, offer: Offer | None = None) -> bytes:
        """Return a signed request, with an offer other than its own perhaps."""
        offers = [self.book.offer() if offer is None else offer]
        return write_request(self.key, Request(VERSION, self.key.public, self.time.now, offers))

    def raw_log(self, *bodies: bytes, artisan: ArtisanId | None = None) -> Offer:
        """Return an offer of a log of one's own making, which no careful book would write."""
        return offer_of(self.key, self.artisan if artisan is None else artisan, bodies)


def offer_of(
    key: SigningKey, artisan: ArtisanId, bodies: Sequence[bytes], *, t: int = NOW
) -> Offer:
    """Return an offer of one new log with these change bodies in one batch."""
    descriptor = Descriptor(key.public, os.urandom(8), b"")
    placed: list[Placed] = []
    previous = descriptor.origin
    for n, body in enumerate(bodies, 1):
        placed.append(place(LogId(descriptor.log), n, Hash(previous), t, body))
        previous = placed[-1].hash
    return Offer(artisan, [Held(descriptor, [])], [cut(key, artisan, placed, t)])


class Served:
    """A registry on loopback, with a client at hand."""

    def __init__(
        self,
        home: Path,
        registry: Registry,
        time: Time,
        app: web.Application,
        port: int,
        http: aiohttp.ClientSession,
    ) -> None:
        self.home = home
        self.registry = registry
        self.time = time
        self.app = app
        self.port = port
        self.http = http
        self.devices: list[Device] = []

    # -- doors -------------------------------------------------------------------------------

    async def post(self, path: str, data: Any, **headers: str) -> Answered:
        """Post something to a door of devices."""
        headers = {
            "Content-Type": MEDIA_TYPE,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if isinstance(data, bytes):  # aiohttp warns of large ones, which these tests have
            data = io.BytesIO(data)
        return await self.call("POST", path, data=data, headers=headers)

    async def ask(self, path: str, token: str | None = TOKEN) -> Answered:
        """Ask as staff."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.call("GET", path, headers=headers)

    async def call(self, method: str, path: str, **more: Any) -> Answered:
        """Send any request."""
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.http.request(method, url, **more) as response:
            keys = [device.key for device in self.devices]
            return Answered(response.status, response.headers, await response.read(), keys)

    async def send(self, request: bytes, **headers: str) -> Answered:
        """Post a signed request to the sync door, in a letter."""
        body = in_letter(self.registry.key.box.public, request)
        return await self.post("/v1/sync", body, **headers)

    async def sync(self, device: Device) -> Learned:
        """Exchange once, all the way."""
        answered = await self.send(device.request())
        return device.book.take_in(answered.answer)

    # -- people ------------------------------------------------------------------------------

    def device(self) -> Device:
        """Return a device that nobody knows yet."""
        path = self.home.parent / f"device-{len(self.devices)}.db"
        self.devices.append(Device(path, Time()))
        return self.devices[-1]

    async def code(self, artisan: ArtisanId | None = None, hours: int = 72) -> str:
        """Make a one-time code."""
        code = os.urandom(8).hex()

        def work(conn: Connection) -> None:
            whose = self.registry.add_artisan(conn) if artisan is None else artisan
            people.add_code(conn, hash_code(code), whose, self.time.now + hours * 3600)

        await self.change(work)
        return code

    async def joined(self, artisan: ArtisanId | None = None) -> Device:
        """Return an enrolled device, of a new artisan perhaps."""
        device = self.device()
        answered = await self.post(
            "/v1/enrol", write_enrolment(device.key, await self.code(artisan))
        )
        assert answered.status == 200, answered.body
        device.book.join("http://registry", read_enrolled(answered.body))
        return device

    # -- inside ------------------------------------------------------------------------------

    async def change(self, work: Callable[[Connection], T]) -> T:
        """Do work in the registry's database."""
        return await self.app[DATABASE].write(work)

    async def look(self, work: Callable[[Connection], T]) -> T:
        """Read in the registry's database."""
        return await self.app[DATABASE].read(work)

    async def digest(self, artisan: ArtisanId) -> bytes:
        """Return the digest of a ledger as the registry has it."""
        return await self.look(lambda conn: digest(ledgers.all_rows(conn, artisan)))

    async def rows(self, table: str, columns: str, artisan: ArtisanId) -> list[tuple[Any, ...]]:
        """Return rows of a ledger."""
        sql = f"SELECT {columns} FROM {table} WHERE artisan = $1 ORDER BY 1, 2"  # noqa: S608
        return await self.look(lambda conn: conn.fetch(sql, artisan))

    async def sold(self, artisan: ArtisanId) -> int:
        """Return a ledger's turnover, all in all."""
        found = await self.rows("turnover", "amount, kind", artisan)
        return sum(amount for amount, kind in found if kind == c.Kind.SALE)

    async def give_token(self) -> None:
        """Let staff in with the token of these tests."""
        await self.change(
            lambda conn: people.add_token(conn, hash_token(TOKEN), "a test", self.time.now)
        )
