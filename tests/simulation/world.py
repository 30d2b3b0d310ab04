"""A world in miniature: a registry, artisans' devices, a bad network, and a witness.

Everything that speaks is the real thing: `Book`, `talk`, `Registry`, the writer with its group
commit, SQLite files, signatures. Only time, chance, the network and the crashes are ours.
"""

import asyncio
import random
import shutil
import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from tests.simulation import couriers, partings, ways
from tests.simulation.couriers import Courier
from tests.simulation.partings import Listening, Recovered, Said

from canting_client import store
from canting_client.book import Book, Chance
from canting_client.talk import talk
from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.crypto import SigningKey
from canting_protocol.errors import Refused
from canting_protocol.ledger.author import place
from canting_protocol.ledger.rows import ChangeRow
from canting_protocol.log import ArtisanId, Hash, LogId, Placed
from canting_protocol.messages import (
    hash_code,
    read_enrolment,
    read_request,
    write_enrolment,
    write_reply,
)
from canting_server.registry.post import Post
from canting_server.registry.revoking import NotSo, accept, revoke
from canting_server.store import ledgers, migrations, people
from canting_server.store.database import (
    Connection,
    SQLite,
    Writer,
    run_group,
    settle,
)

T = TypeVar("T")

START: Final = 1_760_000_000
"""When every history begins, seconds since 1970."""

FAULTS: Final = (
    "request lost",
    "reply lost",
    "request twice, late",
    "reply late",
    "request altered",
    "answer from a captive portal",
    "handler cancelled",
    "device crash before commit",
    "device crash after commit",
    "device restored, guard kept",
    "device restored, guard lost",
    "device cloned",
    "registry crash before commit",
    "registry crash after commit",
    "registry restored, noticed",
    "registry restored, unnoticed",
    "poison change",
    "batch of a stranger",
    "clock set wrong",
    "device revoked",
    *couriers.FAULTS,
    *ways.FAULTS,
    *partings.FAULTS,
)


class Lost(Exception):
    """Nothing came back."""


class Crash(BaseException):
    """The process died here."""


class SimDatabase(Writer):
    """The registry's real writer, its thread hop replaced by a virtual one that may crash."""

    def __init__(self, raw: sqlite3.Connection, world: "World") -> None:
        super().__init__(lambda _: None)
        self.raw = raw
        self.world = world

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads."""
        return work(SQLite(self.raw))

    async def _commit(self, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
        await asyncio.sleep(self.world.chance.random() * 2)
        if self.world.strikes("registry crash before commit", 0.01):
            raise Crash

        results = run_group(self.raw, works)
        await asyncio.sleep(self.world.chance.random())
        if self.world.strikes("registry crash after commit", 0.01):
            raise Crash
        return results


class Server:
    """The registry as a process: it can crash, restart, be backed up and restored."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.path = world.folder / "registry.db"
        self.backups: list[Path] = []
        self.said_by_then: dict[Path, Said] = {}
        self.registry = Listening(
            SigningKey(world.chance.randbytes(32)), world.now, world.chance.randbytes
        )
        self.registry.said = set()
        self.handlers: dict[asyncio.Task[bytes], None] = {}
        """In the order in which they began: that of a set depends on where they lie in memory."""
        self.start()

    def start(self) -> None:
        """Start the process on whatever the file holds."""
        self.raw = sqlite3.connect(self.path)
        settle(self.raw, durable=False)
        (failed,) = run_group(self.raw, [migrations.migrate])
        assert failed in (False, True), failed
        partings.finish_erasing(self.world.folder, self.registry, self.raw)
        self.database = SimDatabase(self.raw, self.world)
        self.writer = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        try:
            await self.database.run()
        except Crash:
            self.die()
            self.start()

    def die(self) -> None:
        """Stop at once: nothing in memory survives, no answer is sent."""
        if not self.writer.done() and self.writer is not asyncio.current_task():
            self.writer.cancel()
        for handler in list(self.handlers):
            handler.cancel()
        self.raw.close()

    def back_up(self) -> None:
        """Copy the file, which is whole: nothing waits in a transaction or in a WAL."""
        assert not self.raw.in_transaction
        copy = self.world.folder / f"backup-{len(self.backups)}.db"
        shutil.copyfile(self.path, copy)
        self.backups.append(copy)
        self.said_by_then[copy] = set(self.registry.said)

    def restore(self, *, noticed: bool) -> None:
        """Go back to a backup."""
        self.die()
        backup = self.world.chance.choice(self.backups)
        shutil.copy(backup, self.path)
        self.registry.said = set(self.said_by_then[backup])
        self.start()
        if noticed:
            self.work(self.registry.note_restored)

    def work(self, work: Callable[[Connection], Any]) -> Any:
        """Do something in one transaction, outside the writer."""
        (result,) = run_group(self.raw, [work])
        if isinstance(result, Exception):
            raise result
        return result

    async def handle(self, data: bytes) -> bytes:
        """Answer a request as the sync door does."""
        request = read_request(data)
        reply, _ = await Post(self.database, self.registry, lambda _: None).exchange(request)
        return write_reply(reply)

    async def handle_bundle(self, data: bytes) -> bytes:
        """Answer a bundle as the sync door does."""
        post = Post(self.database, self.registry, lambda _: None)
        return await post.answer(post.read(data))

    async def serve(self, data: bytes) -> bytes:
        """Answer a request in a task of its own, which may be cancelled or die."""
        return await self._serve(self.handle(data))

    async def serve_bundle(self, data: bytes) -> bytes:
        """Answer a courier in a task of its own, which may be cancelled or die."""
        return await self._serve(self.handle_bundle(data))

    async def _serve(self, work: Coroutine[Any, Any, bytes]) -> bytes:
        handler = asyncio.ensure_future(work)
        self.handlers[handler] = None
        handler.add_done_callback(self.handlers.pop)
        if self.world.strikes("handler cancelled", 0.03):
            await asyncio.sleep(self.world.chance.random() * 2)
            handler.cancel()
        try:
            return await handler
        except asyncio.CancelledError:
            raise Lost from None


@dataclass
class Device:
    """A phone with one book, and what can happen to it."""

    world: "World"
    name: str
    artisan: ArtisanId
    key: SigningKey
    skew: int = 0
    books: list[Path] = field(default_factory=list)
    known: dict[bytes, frozenset[bytes]] = field(default_factory=dict)
    """What each change written here had really been preceded by in this book."""
    lost: bool = False
    guarded: bool = True
    """A thief keeps no guard: his copy goes on in the log of the phone that it was made of."""

    def __post_init__(self) -> None:
        self.path = self.world.folder / f"{self.name}.db"
        self.guard = self.world.folder / f"{self.name}.guard"
        self.open()

    def open(self) -> None:
        """Start the app."""
        self.book = Book(
            self.path,
            self.key,
            Chance(self.now, self.world.chance.randbytes),
            self.guard if self.guarded else None,
            durable=False,
        )

    def now(self) -> int:
        """Return this phone's clock, which may be wrong."""
        return self.world.now() + self.skew

    def restart(self) -> None:
        """Close the app and start it again."""
        if self.lost:
            return
        self.book.close()
        self.open()

    def lose(self) -> None:
        """Lose the phone, with every copy of its book on it."""
        self.lost = True
        self.book.close()

    def hashes(self) -> frozenset[bytes]:
        """Return everything the book holds."""
        return frozenset(hash_ for _, _, hash_ in store.all_changes(self.book.conn))

    def level(self) -> bool:
        """Say whether the phone and the registry hold the same, and the phone knows it."""
        if self.hashes() != self.world.registry_hashes(self.artisan):
            return False
        they_lack, i_lack, _, _ = self.book.level()
        return not they_lack and not i_lack

    def record(self, change: c.Change) -> Placed:
        """Write something down, and let the witness know what was known."""
        before = self.hashes()
        (placed,) = self.book.record(change)
        self.world.witness(self, before)
        return placed

    def poison(self, body: bytes) -> None:
        """Commit a change that another version, or a broken one, might have written."""
        before = self.hashes()
        self.book.record(c.Expense("sebelum", 1))
        with self.book.write() as writing:
            own = writing.pen.own
            assert own is not None
            placed = place(LogId(own.log), own.n + 1, Hash(own.hash), self.now(), body)
            writing.pen.take([placed])
            writing.pen.own = type(own)(placed.log, placed.n, placed.hash)
        self.world.witness(self, before)

    def save_copy(self) -> None:
        """Keep a copy of the book, as a backup app would."""
        copy = self.world.folder / f"{self.name}-{len(self.books)}.copy"
        shutil.copy(self.path, copy)
        self.books.append(copy)

    def restore(self, *, guard_kept: bool) -> None:
        """Go back to an old copy."""
        self.book.close()
        shutil.copy(self.world.chance.choice(self.books), self.path)
        if not guard_kept:
            self.guard.unlink(missing_ok=True)
        self.open()

    def stolen(self, name: str, copy: Path) -> "Device":
        """Let a thief go on from an older copy, which forks below what was written since."""
        shutil.copy(copy, self.world.folder / f"{name}.db")
        return Device(self.world, name, self.artisan, self.key, self.skew, guarded=False)

    def clone(self, name: str) -> "Device":
        """Copy everything there is to another phone."""
        other = self.world.folder / f"{name}.db"
        shutil.copy(self.path, other)
        if self.guard.exists():
            shutil.copy(self.guard, self.world.folder / f"{name}.guard")
        return Device(self.world, name, self.artisan, self.key, self.skew)


class World:
    """One history: who there is, what has gone wrong, and what really happened."""

    def __init__(self, seed: int, folder: Path, *, faults: bool = True) -> None:
        self.chance = random.Random(seed)  # noqa: S311  # chance must repeat
        self.fate = random.Random(f"fate {seed}")  # noqa: S311  # who is revoked, by itself
        self.folder = folder
        self.lot = random.Random(f"lot {seed}")  # noqa: S311  # files, screens, partings
        self.faulty = faults
        self.struck: Counter[str] = Counter()
        self.exchanges = 0
        self.true_past: dict[bytes, frozenset[bytes]] = {}
        self.written: dict[bytes, ArtisanId] = {}
        self.server = Server(self)
        self.devices: list[Device] = []
        self.couriers: list[Courier] = []
        self.artisans: list[ArtisanId] = []
        self.strangers: set[bytes] = set()
        self.unknown: set[ArtisanId] = set()
        """Artisans of whom the registry hears only when a courier comes."""
        self.contents: deque[bytes] = deque(maxlen=6)
        """What was written to files, or shown on screens, last."""
        self.recovered: list[Recovered] = []
        self.someone_revoked = False
        self.erased: set[ArtisanId] = set()
        self.under_way: dict[asyncio.Task[None], None] = {}
        """In the order in which it began."""
        self.late: list[asyncio.Task[None]] = []
        """Copies of requests that arrive once more; a loop by itself would forget them."""

    def now(self) -> int:
        """Return the true time, seconds since 1970; an hour of theirs is a second of ours."""
        return START + int(asyncio.get_running_loop().time() * 3600)

    def strikes(self, fault: str, probability: float, chance: random.Random | None = None) -> bool:
        """Say whether a fault happens here and now."""
        if not self.faulty or (chance or self.chance).random() >= probability:
            return False
        self.struck[fault] += 1
        return True

    def strikes_at_all(self, probability: float) -> bool:
        """Say whether a fault is to happen, by the lot; it is counted when it does."""
        return self.faulty and self.lot.random() < probability

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin something that goes on while other things happen."""
        task = asyncio.ensure_future(work)
        self.under_way[task] = None
        task.add_done_callback(self.under_way.pop)

    def witness(self, device: Device, before: frozenset[bytes]) -> None:
        """Remember what was in the book when each new change was written."""
        past = set(before)
        held = store.all_changes(device.book.conn)
        for _, hash_ in sorted((n, hash_) for _, n, hash_ in held if hash_ not in before):
            self.true_past[hash_] = frozenset(past)
            self.written[hash_] = device.artisan
            past.add(hash_)

    # -- people and phones -------------------------------------------------------------------

    def settle_in(self, artisans: int, devices: int) -> None:
        """Begin the ledgers, and give out the phones."""
        for number in range(self.chance.choice((1, 2, 2))):
            self.couriers.append(
                Courier(self, f"officer{number}", SigningKey(self.chance.randbytes(32)))
            )
        for _ in range(artisans):
            if self.strikes("artisan unknown to the registry", 0.3):
                self.artisans.append(ArtisanId(self.chance.randbytes(8)))
                self.unknown.add(self.artisans[-1])
            else:
                self.artisans.append(self.server.work(self.server.registry.add_artisan))
        for number in range(devices):
            artisan = self.artisans[number % artisans]
            device = Device(self, f"phone{number}", artisan, SigningKey(self.chance.randbytes(32)))
            self.devices.append(device)
            if artisan in self.unknown or self.strikes("enrolled on a visit", 0.3):
                self.chance.choice(self.couriers).enrols(device)
            else:
                self.enrol(device)

    def enrol(self, device: Device) -> None:
        """Let a phone in with a one-time code."""
        code = self.chance.randbytes(8).hex()
        self.server.work(lambda conn: people.add_code(conn, hash_code(code), device.artisan, 2**40))
        request = read_enrolment(write_enrolment(device.key, code))
        device.book.join(
            "sim:", self.server.work(lambda conn: self.server.registry.enrol(conn, request))
        )

    def revoke(self, device: Device) -> None:
        """Let staff trust a phone no further: mostly than by what has arrived."""
        self.someone_revoked = True
        key, registry = device.key.public.hex(), self.server.registry
        mine = [
            row
            for row in device.book.rows().all(ChangeRow)
            if device.book.parties().logs[LogId(row.log)].key == device.key.public
        ]
        at: list[str] | None = None
        if mine and self.fate.random() < 0.4:  # heads that may not have arrived, or none at all
            some = self.fate.sample(mine, self.fate.randrange(min(len(mine), 3)))
            at = [f"{row.log.hex()}:{row.n}:{row.hash.hex()}" for row in some]
        with suppress(NotSo):  # a registry restored from before its enrolment knows no such key
            self.server.work(lambda conn: revoke(conn, registry, device.artisan, key, at, "stolen"))

    def accept(self, device: Device) -> None:
        """Let staff accept what has arrived of a revoked phone since."""
        with suppress(NotSo):
            self.server.work(
                lambda conn: accept(
                    conn, self.server.registry, device.artisan, device.key.public.hex()
                )
            )

    # -- the network -------------------------------------------------------------------------

    async def sync(self, device: Device) -> None:
        """Let one phone try to sync, over whatever the network is like today."""
        try:
            await talk(device.book, device.key, device.now, lambda data: self.carry(device, data))
        except (Lost, Refused, Crash, sqlite3.ProgrammingError):
            return  # it will be tried again; a closed book belongs to a phone that was restored

    async def carry(self, device: Device, data: bytes) -> bytes:
        """Carry a request there and a reply back."""
        self.exchanges += 1
        book = device.book
        await asyncio.sleep(self.chance.random() * 3)
        if self.strikes("request lost", 0.06):
            raise Lost
        if self.strikes("request twice, late", 0.06):
            self.late.append(asyncio.ensure_future(self._late_copy(data)))
        if self.strikes("answer from a captive portal", 0.03):
            return b"<html>Selamat datang di WiFi kami</html>"
        if self.strikes("request altered", 0.04):
            at = self.chance.randrange(len(data))
            data = data[:at] + bytes([data[at] ^ (1 << self.chance.randrange(8))]) + data[at + 1 :]
        reply = await self.server.serve(data)
        await asyncio.sleep(self.chance.random() * 3)
        if self.strikes("reply lost", 0.06):
            raise Lost
        if self.strikes("reply late", 0.05):
            await asyncio.sleep(self.chance.random() * 60)
        if self.strikes("device crash before commit", 0.03):
            if device.book is book:
                device.restart()
            raise Lost
        if device.book is not book:
            raise Lost
        return reply

    async def _late_copy(self, data: bytes) -> None:
        await asyncio.sleep(self.chance.random() * 200)
        try:
            await self.server.serve(data)
        except (Lost, Refused):
            return

    # -- what goes wrong by itself -----------------------------------------------------------

    def stranger_sends(self) -> bytes:
        """Return a request by someone without a certificate, with a batch of her own making."""
        from canting_protocol.batch import cut
        from canting_protocol.log import Descriptor, Head
        from canting_protocol.messages import VERSION, Offer, Request, held, write_request

        key = SigningKey(self.chance.randbytes(32))
        descriptor = Descriptor(key.public, self.chance.randbytes(8), b"")
        body = c.write(c.Sale([c.SaleLine(-1, 1000, 987_654_321)]))
        placed = place(descriptor.log, 1, descriptor.origin, self.now(), body)
        self.strangers.add(placed.hash)
        artisan = self.chance.choice(self.artisans)
        offer = Offer(
            artisan,
            [held(descriptor, [Head(placed.log, 1, 1, placed.hash)])],
            [cut(key, artisan, [placed], self.now())],
        )
        return write_request(key, Request(VERSION, key.public, self.now(), [offer]))

    async def drain(self) -> None:
        """Let everything that is still under way arrive."""
        await asyncio.sleep(1000)

    def registry_hashes(self, artisan: ArtisanId) -> frozenset[bytes]:
        """Return every change that the registry holds of a ledger."""
        found = SQLite(self.server.raw).fetch("SELECT hash FROM change WHERE artisan = $1", artisan)
        return frozenset(hash_ for (hash_,) in found)

    def registry_rows(self, artisan: ArtisanId) -> list[Any]:
        """Return every row that the registry keeps of a ledger."""
        return ledgers.all_rows(SQLite(self.server.raw), artisan)

    def close(self) -> None:
        """Stop everything."""
        for device in self.devices:
            device.book.close()
        for courier in self.couriers:
            courier.bag.close()
        self.server.die()


def name_in(device: Device, placed: Placed) -> c.Name:
    """Return how a device names what a change introduced."""
    return device.book.wire_name(device.book.key_of(placed))


UNKNOWN_KIND: Final = codec.encode([99, "dari versi yang lebih baru"])
BAD_VALUE: Final = codec.encode([5, [[-1, -7, 100]]])
NOT_A_CHANGE: Final = b"\xc1\xff\x00"
