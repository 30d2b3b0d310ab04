"""Whatever an enrolled device writes: it is answered, and the tables are what the log says.

A book writes with care; these devices do not. Their logs fork and have gaps, name what never was,
mark what they never saw, and tell any time. (design.md, section 10: I9, I14)
"""

import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, TypeVar

import pytest
from tests.client.pair import exchange
from tests.server.makers import DAY, NOW

from canting_protocol import changes as c
from canting_protocol.batch import cut
from canting_protocol.crypto import SigningKey
from canting_protocol.errors import TooBig
from canting_protocol.ledger.author import place
from canting_protocol.ledger.rows import digest
from canting_protocol.log import Descriptor, Hash, LogId, Placed
from canting_protocol.messages import (
    VERSION,
    Held,
    HeldHead,
    Offer,
    Request,
    hash_code,
    read_enrolment,
    read_request,
    write_enrolment,
    write_request,
)
from canting_server.registry.registry import Registry
from canting_server.store import ledgers, migrations, people
from canting_server.store.database import Connection, SQLite, run_group

T = TypeVar("T")


class Hostile:
    """A registry without a server, and two enrolled devices that write anything."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311  # chance must repeat
        self.raw = sqlite3.connect(":memory:", isolation_level=None)
        self.now = NOW
        self.registry = Registry(
            SigningKey(self.chance.randbytes(32)), lambda: self.now, self.chance.randbytes
        )
        self.do(migrations.migrate)
        self.artisan = self.do(self.registry.add_artisan)
        self.keys = [SigningKey(self.chance.randbytes(32)) for _ in range(2)]
        for number, key in enumerate(self.keys):
            self.let_in(key, f"CODE{number}")
        self.written: list[Placed] = []
        self.logs: dict[LogId, tuple[SigningKey, Descriptor]] = {}
        for key in self.keys:
            self.begin(key)
        self.waiting: list[tuple[Descriptor, bytes, Placed]] = []

    def do(self, work: Callable[[Connection], T]) -> T:
        """Do work in one transaction."""
        (result,) = run_group(self.raw, [work])
        if isinstance(result, Exception):
            raise result
        done: T = result
        return done

    def let_in(self, key: SigningKey, code: str) -> None:
        """Enrol a device."""
        self.do(lambda conn: people.add_code(conn, hash_code(code), self.artisan, 2**40))
        asked = read_enrolment(write_enrolment(key, code))
        self.do(lambda conn: self.registry.enrol(conn, asked))

    def begin(self, key: SigningKey) -> Descriptor:
        """Begin a log, after something or nothing."""
        parents = [b"", b"", *(each.hash for each in self.written[-3:]), self.chance.randbytes(32)]
        log = Descriptor(key.public, self.chance.randbytes(8), self.chance.choice(parents))
        self.logs[log.log] = key, log
        return log

    def write(self, log: LogId, bodies: list[bytes], after: Placed | None) -> list[Placed]:
        """Write at the end of a log, or anywhere in it; have it wait to be sent."""
        key, descriptor = self.logs[log]
        previous, n = (descriptor.origin, 0) if after is None else (after.hash, after.n)
        run = []
        for body in bodies:
            t = self.chance.choice([self.now, self.now - 3 * DAY, 0, 2**53 - 1, 1 - 2**53])
            run.append(place(log, n + 1, Hash(previous), t, body))
            previous, n = run[-1].hash, n + 1
        self.written += run
        self.waiting.append((descriptor, cut(key, self.artisan, run, self.now), run[-1]))
        return run

    def send(self, some: list[tuple[Descriptor, bytes, Placed]]) -> None:
        """Send batches, and see that all are kept and the tables are what the log says."""
        held = {
            log.log: Held(log, [HeldHead(1, end.n, end.hash[:16])] * self.chance.randint(0, 1))
            for log, _, end in some
        }
        offer = Offer(self.artisan, list(held.values()), [raw for _, raw, _ in some])
        key = self.chance.choice(self.keys)
        clock = self.now + self.chance.choice([0, 0, 10**8])
        data = write_request(key, Request(VERSION, key.public, clock, [offer]))
        reply = exchange(self.raw, self.registry, read_request(data))
        assert reply.ledgers[0].refused == []
        kept = self.digest()
        self.do(lambda conn: self.registry.rebuild(conn, self.artisan))
        assert kept == self.digest()

    def digest(self) -> bytes:
        """Return the digest of the ledger."""
        return digest(ledgers.all_rows(SQLite(self.raw), self.artisan))

    # -- anything ----------------------------------------------------------------------------

    def number(self) -> int:
        """Return an amount or a quantity."""
        return self.chance.choice([1, 2, 1_000, 2**38])

    def some(self, make: Callable[[], T]) -> T | None:
        """Return something, or more often nothing."""
        return make() if self.chance.random() < 0.4 else None

    def anywhere(self) -> Placed:
        """Return a change that was written, sent or not, or one that never was."""
        if self.written and self.chance.random() < 0.9:
            return self.chance.choice(self.written)
        log, hash_ = LogId(self.chance.randbytes(16)), Hash(self.chance.randbytes(32))
        return Placed(log, self.chance.randint(1, 9), hash_, Hash(b""), 0, b"")

    def name(self) -> c.Name:
        """Return a name of something, or of nothing."""
        which = self.chance.random()
        if which < 0.5:
            return self.chance.randint(-6, 12)
        meant = self.anywhere()
        return c.Foreign(meant.log[:8], meant.n)

    def piece(self) -> c.Piece:
        """Return a piece that is held, or not."""
        meant = self.anywhere()
        hash_ = self.chance.choice([meant.hash[:8]] * 4 + [self.chance.randbytes(8)])
        return c.Piece(meant.log[:8], self.chance.randint(1, meant.n + 1), meant.n, hash_)

    def fields(self) -> list[c.FieldWrite]:
        """Return writes of fields, of the right kind or not."""
        values: list[Any] = [
            None,
            1,
            2**53 - 1,
            "x",
            "35.76.01.1003",
            c.Foreign(self.anywhere().log[:8], 2),
            c.Private(bytes(4), bytes(12), bytes(20)),
        ]
        numbers = self.chance.sample(range(1, 16), self.chance.randint(1, 3))
        return [c.FieldWrite(each, c.value(self.chance.choice(values))) for each in numbers]

    def change(self) -> c.Change:
        """Return any change."""
        chance, name, number, some = self.chance, self.name, self.number, self.some

        def day() -> int | None:
            return some(lambda: chance.choice([0, 20_368, 20_370, 100_000]))

        def goods() -> list[c.GoodsLine]:
            return [c.GoodsLine(name(), number(), number()) for _ in range(chance.randint(1, 2))]

        def moved() -> list[c.MoveLine]:
            return [c.MoveLine(name(), number()) for _ in range(chance.randint(1, 2))]

        def sold() -> list[c.SaleLine]:
            line = c.SaleLine(name(), number(), number(), some(name), some(number))
            return [line, c.SaleLine(name(), 1, 1)]

        def sale() -> c.Change:
            channels: list[int | str] = [0, 8, 9, "²", "5"]
            channel = chance.choice(channels)
            account = chance.randint(0, 3)
            return c.Sale(sold(), name(), channel, account, day(), some(name), some(number))

        def count() -> c.Change:
            lines = [c.CountLine(name(), number() - 1) for _ in range(chance.randint(1, 3))]
            return c.Count(lines, name(), day())

        def clock() -> c.Change:
            offset = chance.choice([0, 5, -(10**6), 2**53 - 1])
            return c.Clock(self.piece(), offset, chance.choice([0, 60, 2**53 - 1]))

        makers: list[Callable[[], c.Change]] = [
            sale,
            sale,
            lambda: c.Return(goods(), name(), 0, 0, day(), some(name), some(name)),
            lambda: c.Payment(1 if chance.random() < 0.5 else -1, number(), name(), 0, day()),
            lambda: c.Transfer(chance.randint(0, 14), chance.randint(0, 14), number(), day()),
            lambda: c.Purchase(goods(), name(), chance.randint(0, 4), day(), some(name)),
            lambda: c.Expense("listrik", number(), chance.randint(0, 4), day(), some(name)),
            lambda: c.Production(moved(), moved(), name(), some(name), day(), some(number)),
            lambda: c.Move(moved(), name(), name(), day()),
            count,
            count,
            lambda: c.Void(name()),
            lambda: c.Void(name()),
            lambda: c.Seen([self.piece() for _ in range(chance.randint(1, 3))]),
            lambda: c.Seen([self.piece()]),
            lambda: c.Resolve(chance.randint(1, 4), some(name), 1, c.value("x")),
            lambda: c.Consent(chance.randint(0, 2)),
            clock,
            lambda: c.Profile(self.fields()),
            lambda: c.Item(some(name), self.fields()),
            lambda: c.Partner(some(name), self.fields()),
            lambda: c.Place(some(name), self.fields()),
            lambda: c.Certificate(bytes(32)),
        ]
        return chance.choice(makers)()

    def body(self) -> bytes:
        """Return the bytes of any change, or of none."""
        if self.chance.random() < 0.05:
            return self.chance.choice([b"", b"\x92\x63\x01", b"\x92\x05\x01", b"\x91\x0f"])
        while True:
            try:
                return c.write(self.change())
            except TooBig:
                continue


@pytest.mark.parametrize(
    "seeds", [range(start, start + 20) for start in range(0, 100, 20)], ids=str
)
def test_whatever_two_devices_write_is_answered_and_rebuilds_to_the_same(seeds: range) -> None:
    for seed in seeds:
        world = Hostile(seed)
        with closing(world.raw):
            for _ in range(world.chance.randint(5, 25)):
                live(world)


def live(world: Hostile) -> None:
    """Let one device write something somewhere, and send some of what waits."""
    chance = world.chance
    log = chance.choice(list(world.logs))
    mine = [each for each in world.written if each.log == log]
    after = None
    if mine and chance.random() > 0.15:
        after = mine[-1] if chance.random() < 0.8 else chance.choice(mine)
    world.write(log, [world.body() for _ in range(chance.randint(1, 4))], after)
    if chance.random() < 0.15:
        world.begin(chance.choice(world.keys))
    if chance.random() < 0.6:
        chance.shuffle(world.waiting)
        some, rest = world.waiting[:3], world.waiting[3:]
        world.waiting = rest + [each for each in some if chance.random() < 0.1]  # sent again
        world.now += chance.choice([0, 10, DAY])
        world.send(some)


@pytest.fixture
def world() -> Iterator[Hostile]:
    """A registry and two devices that have written nothing yet."""
    made = Hostile(7)
    with closing(made.raw):
        yield made


def test_a_name_of_a_branch_that_never_comes_means_the_same_after_a_rebuild(
    world: Hostile,
) -> None:
    """It names change 2 of its own log, on a branch; then another change 2 arrives."""
    log = next(iter(world.logs))
    names = c.Move([c.MoveLine(c.Foreign(log[:8], 2, os.urandom(4)), 1_000)], -1, -2)
    (first,) = world.write(log, [c.write(names)], None)
    world.send(world.waiting[-1:])
    world.write(log, [c.write(c.Consent(1))], first)
    world.send(world.waiting[-1:])


def test_a_void_of_a_branch_that_is_not_here_takes_nothing_out(world: Hostile) -> None:
    """Another branch of its log is held, with a count at the same place."""
    hers, other = world.logs
    world.write(hers, [c.write(c.Count([c.CountLine(-1, 5_000)]))], None)
    world.send(world.waiting[-1:])
    world.write(other, [c.write(c.Void(c.Foreign(hers[:8], 1, b"none")))], None)
    world.send(world.waiting[-1:])
    assert world.raw.execute("SELECT quantity FROM stock").fetchall() == [(5_000,)]
