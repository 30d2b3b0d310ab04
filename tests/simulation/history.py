"""Histories: what people do, what goes wrong meanwhile, and what must hold afterwards."""

import asyncio
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from tests.simulation import partings, ways
from tests.simulation.loop import run
from tests.simulation.thrift import memory, thrift
from tests.simulation.world import (
    BAD_VALUE,
    NOT_A_CHANGE,
    UNKNOWN_KIND,
    Device,
    World,
    name_in,
)
from tests.vectors.hpke import sender

from canting_protocol import changes as c
from canting_protocol import letters
from canting_protocol.crypto import BoxPublic
from canting_protocol.ledger.causality import Held
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.project import project
from canting_protocol.ledger.registers import Standing
from canting_protocol.ledger.rows import (
    SHAPES,
    Awaited,
    ChangeRow,
    ClockRow,
    HeadRow,
    Leg,
    Reference,
    Row,
    Rows,
    Stock,
    Tally,
    Turnover,
    VoidRow,
    Write,
    digest,
    key_of,
)
from canting_protocol.ledger.times import clearly_before, month_of
from canting_protocol.log import ArtisanId, LogId, Placed
from canting_protocol.messages import Reason, Verdict
from canting_server.registry import learning
from canting_server.registry import registry as registry_module
from canting_server.registry.gaps import missing
from canting_server.store import gaps, learned, ledgers, logs, steps
from canting_server.store.database import SQLite

STEPS_MIN: Final = 44
EXCHANGES_MIN: Final = 30
FAULTS_MIN: Final = 5
HEALING_ROUNDS_MAX: Final = 8


class Broken(AssertionError):
    """An invariant does not hold."""


class Told(NamedTuple):
    """What one history came to."""

    exchanges: int
    changes: int
    struck: Counter[str]
    incomplete: int
    digest: bytes


class Sold(NamedTuple):
    """A sale that really happened."""

    hash: bytes
    artisan: ArtisanId
    amount: int


class Story:
    """What people do in one history."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.chance = world.chance
        self.items: dict[ArtisanId, list[Placed]] = {}
        self.places: dict[ArtisanId, list[Placed]] = {}
        self.sold: list[Sold] = []
        self.voids: dict[bytes, bytes] = {}
        self.amount = 1000

    async def tell(self) -> None:
        """Live through it."""
        world, chance = self.world, self.chance
        world.settle_in(chance.choice((1, 1, 2)), chance.choice((2, 3, 4)))
        for artisan in world.artisans:
            device = next(each for each in world.devices if each.artisan == artisan)
            self.items[artisan] = [
                device.record(c.Item(None, [c.FieldWrite(1, c.value(f"Kain {n}")), _price(chance)]))
                for n in range(2)
            ]
            self.places[artisan] = [
                device.record(c.Place(None, [c.FieldWrite(1, c.value("Galeri"))]))
            ]
        for device in world.devices:
            self.start_sync(device)
        world.server.back_up()
        for step in count():
            if step >= STEPS_MIN and world.exchanges >= EXCHANGES_MIN:
                break
            await asyncio.sleep(chance.random() * 8)
            device = chance.choice(world.devices)
            what = chance.random()
            if what < 0.3:
                self.start_sync(device)
            elif what < 0.5:
                chance.choice(world.couriers).visits(device)
            elif what < 0.58:
                self.start(chance.choice(world.couriers).delivers())
            elif what < 0.6:
                self.start(chance.choice(world.couriers).meets(chance.choice(world.couriers)))
            else:
                self.act(device)
            self.misfortune(step, device)
            self.theft(step)
            chance.choice(world.couriers).misfortune()
            self.other_ways()
            partings.lose_and_recover(world, f"new{step}")
            partings.leave(world)
            partings.see_that_the_erased_stay_away(world)
        world.faulty = False
        await self.settle()

    def start_sync(self, device: Device) -> None:
        """Begin a sync that goes on while other things happen."""
        self.start(self.world.sync(device))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin something that goes on while other things happen."""
        self.world.start(work)

    async def settle(self) -> None:
        """Let what is under way end."""
        while self.world.under_way:
            await asyncio.gather(*self.world.under_way)
        await self.world.drain()

    # -- ordinary life -----------------------------------------------------------------------

    def act(self, device: Device) -> None:
        """Write something down, as people do."""
        chance = self.chance
        items = self.known(device, self.items)
        if not items:
            return
        name = name_in(device, chance.choice(items))
        what = chance.choices(
            ("sale", "price", "count", "move", "void", "produce", "new", "consent", "profile"),
            (30, 18, 14, 8, 8, 8, 4, 3, 4),
        )[0]
        day = device.now() // 86_400 - chance.randrange(12) if chance.random() < 0.3 else None
        match what:
            case "sale":
                self.sell(device, name, day)
            case "price":
                device.record(c.Item(name, [_price(chance)]))
            case "count":
                device.record(c.Count([c.CountLine(name, chance.randrange(50) * 1000)], day=day))
            case "move":
                places = self.known(device, self.places)
                if places:
                    to = name_in(device, chance.choice(places))
                    lines = [c.MoveLine(name, chance.randrange(1, 4) * 1000)]
                    ends = (-1, to) if chance.random() < 0.6 else (to, -1)
                    device.record(c.Move(lines, ends[0], ends[1], day))
            case "void":
                self.void(device)
            case "produce":
                made = [c.MoveLine(name, chance.randrange(1, 9) * 1000)]
                device.record(c.Production([], made, day=day))
            case "new":
                self.items[device.artisan].append(
                    device.record(c.Item(None, [c.FieldWrite(1, c.value("Baru"))]))
                )
            case "consent":
                device.record(c.Consent(chance.randrange(3)))
            case _:
                device.record(c.Profile([c.FieldWrite(6, c.value(chance.randrange(20)))]))

    def sell(self, device: Device, name: c.Name, day: int | None) -> None:
        """Sell something for an amount that nothing else has."""
        self.amount += 1
        placed = device.record(
            c.Sale([c.SaleLine(name, self.chance.randrange(1, 4) * 1000, self.amount)], day=day)
        )
        self.sold.append(Sold(placed.hash, device.artisan, self.amount))

    def void(self, device: Device) -> None:
        """Void a sale that this book holds."""
        held = device.hashes()
        there = [each for each in self.sold if each.hash in held]
        if not there:
            return
        target = self.chance.choice(there[-12:])
        row = next(r for r in device.book.rows().all(ChangeRow) if r.hash == target.hash)
        placed = device.record(c.Void(name_in(device, row.placed), 1))
        self.voids[placed.hash] = target.hash

    def known(self, device: Device, of: dict[ArtisanId, list[Placed]]) -> list[Placed]:
        """Return what a device can name."""
        held = device.hashes()
        return [each for each in of[device.artisan] if each.hash in held]

    # -- misfortune --------------------------------------------------------------------------

    def misfortune(self, step: int, device: Device) -> None:
        """Let something go wrong, now and then."""
        world, chance = self.world, self.chance
        if chance.random() < 0.06:
            device.save_copy()
        if chance.random() < 0.05:
            world.server.back_up()
        if world.strikes("device crash after commit", 0.03):
            device.restart()
        if device.books and world.strikes("device restored, guard kept", 0.012):
            device.restore(guard_kept=True)
        elif device.books and world.strikes("device restored, guard lost", 0.012):
            device.restore(guard_kept=False)
        if len(world.devices) < 6 and world.strikes("device cloned", 0.015):
            clone = device.clone(f"clone{step}")
            world.devices.append(clone)
            items = self.known(device, self.items)
            if items:  # both copies are opened, and record the very same sale
                self.amount += 1
                for each in (device, clone):
                    each.restart()
                    placed = each.record(
                        c.Sale([c.SaleLine(name_in(each, items[0]), 1000, self.amount)])
                    )
                    self.sold.append(Sold(placed.hash, each.artisan, self.amount))
        if world.strikes("registry restored, noticed", 0.01):
            world.server.restore(noticed=True)
        elif world.strikes("registry restored, unnoticed", 0.015):
            world.server.restore(noticed=False)
        if world.strikes("poison change", 0.03):
            device.poison(chance.choice((UNKNOWN_KIND, BAD_VALUE, NOT_A_CHANGE)))
        if world.strikes("batch of a stranger", 0.02):
            data = world.stranger_sends()
            self.start(self._knock(data))
        if world.strikes("clock set wrong", 0.02):
            device.skew = chance.choice((0, 40, -7200, 86_400 * 3, 86_400 * 3650, -1_759_000_000))

    def other_ways(self) -> None:
        """Let files and screens be used, now and then, where no hotspot is."""
        world, lot = self.world, self.world.lot
        way = lot.random()
        if way < 0.012:
            ways.hands_over(lot.choice(world.couriers), lot.choice(world.devices))
        elif way < 0.015:
            ways.passes_on(lot.choice(world.couriers), lot.choice(world.couriers))
        elif way < 0.025:
            ways.finds_an_old_file(lot.choice(world.couriers), lot.choice(world.devices))

    def theft(self, step: int) -> None:
        """Let a phone be stolen and revoked, now and then; it and a thief's copy go on writing."""
        world, fate = self.world, self.world.fate
        honest = []
        for device in world.devices:
            if not world.someone_revoked or not device.book.revoked:
                honest.append(device)
            elif fate.random() < 0.02:
                world.accept(device)
        if len({each.key.public for each in honest}) < 2:
            return
        if world.strikes("device revoked", 0.006, fate):
            device = fate.choice(honest)
            if device.books:
                thief = device.stolen(f"thief{step}", fate.choice(device.books))
                world.devices.append(thief)
                for _ in range(fate.randrange(1, 4)):
                    self.act(thief)
            world.revoke(device)

    async def _knock(self, data: bytes) -> None:
        from tests.simulation.world import Lost

        from canting_protocol.errors import Refused

        try:
            await self.world.server.serve(data)
        except (Refused, Lost):
            return
        raise Broken("a stranger was let in")


def _price(chance: random.Random) -> c.FieldWrite:
    return c.FieldWrite(4, c.value(chance.randrange(5) * 1000))


async def live(world: World) -> Told:
    """Live through one history, let it heal, and check everything."""
    story = Story(world)
    await story.tell()
    survivors = _everything(world)
    carried = partings.in_bags(world) if world.recovered else set()
    # Some live where no network is: an officer has to do.
    by_courier = world.chance.random() < 0.5
    if world.recovered:
        await _deliver_all(world)
    rounds = await _heal(world, by_courier=by_courier)
    if world.recovered:  # what only a surviving device's papers let in
        await _deliver_all(world)
    if world.erased:
        await partings.try_to_come_back(world)
    for device in world.devices:
        items = story.known(device, story.items)
        story.sell(device, name_in(device, items[0]) if items else -1, None)
    survivors |= _everything(world)
    rounds = max(rounds, await _heal(world, by_courier=by_courier))
    partings.see_that_the_erased_stay_away(world)
    partings.check_recovered(world, carried)
    return check(world, story, survivors)


async def _deliver_all(world: World) -> None:
    """Let every bag come to the city."""
    for courier in world.couriers:
        await courier.delivers()


async def _heal(world: World, *, by_courier: bool = False) -> int:
    living = [device for device in world.devices if device.artisan not in world.erased]
    for round_ in range(HEALING_ROUNDS_MAX):
        for device in living:
            if _is_level(world, device):
                continue
            if by_courier:
                # There, to the city and back: two silent copies of a phone take each other's place
                # in a bag, and would otherwise never get both their answers.
                world.couriers[0].visits(device)
                await world.couriers[0].delivers()
                world.couriers[0].visits(device)
            else:
                await talk_straight(world, device)
        if all(_is_level(world, device) for device in living):
            return round_
    raise Broken(f"I10: not level after {HEALING_ROUNDS_MAX} rounds")


def _is_level(world: World, device: Device) -> bool:
    """Say whether a device holds what it should; a revoked one gets the registry's word alone."""
    if not device.book.revoked:
        return device.level()
    held, there = device.hashes(), world.registry_hashes(device.artisan)
    key = world.server.registry.key.public
    logs_known = logs.descriptors(SQLite(world.server.raw), device.artisan)
    rows = ledgers.LedgerRows(SQLite(world.server.raw), device.artisan).find(ChangeRow, ())
    ours = {row.hash for row in rows if logs_known[LogId(row.log)].key == key}
    return ours <= held <= there


async def talk_straight(world: World, device: Device) -> None:
    """Sync with nothing going wrong; what fails now is a defect."""
    from canting_client.talk import talk

    async def post(data: bytes) -> bytes:
        return await world.server.serve(data)

    await talk(device.book, device.key, device.now, post)


def _everything(world: World) -> set[tuple[ArtisanId, bytes]]:
    held = {(device.artisan, hash_) for device in world.devices for hash_ in device.hashes()}
    held |= {
        (artisan, hash_) for artisan in world.artisans for hash_ in world.registry_hashes(artisan)
    }
    return {(artisan, hash_) for artisan, hash_ in held if artisan not in world.erased}


def check(world: World, story: Story, survivors: set[tuple[ArtisanId, bytes]]) -> Told:
    """Check the invariants of design section 10, each by its number."""
    incomplete = 0
    total = hashlib_of = b""
    changes = 0
    for artisan in world.artisans:
        if artisan in world.erased:
            continue  # nothing of her is here: `partings` sees to it
        rows = world.registry_rows(artisan)
        by_shape = {shape: [row for row in rows if type(row) is shape] for shape in SHAPES}
        held = {row.hash: row for row in by_shape[ChangeRow] if isinstance(row, ChangeRow)}
        changes += len(held)
        mine = {hash_ for whose, hash_ in survivors if whose == artisan}
        _must(mine <= held.keys(), "I1/I2: something that survived is not in the registry")
        by_registry = {
            log
            for log, d in logs.descriptors(SQLite(world.server.raw), artisan).items()
            if d.key == world.server.registry.key.public
        }
        for hash_, row in held.items():
            _must(
                row.log in by_registry or world.written.get(hash_) == artisan,
                "I3/I12: the registry holds what nobody of this ledger wrote",
            )
        total = digest(rows)
        hashlib_of += total
        for device in world.devices:
            if device.artisan == artisan:
                alone = device.book.revoked
                other = _digest_of_its_own(device) if alone else total
                _must(device.book.digest() == other, "I4: replicas differ")
        _check_projection(world, artisan, rows, total)
        _check_learned(world, artisan, by_shape)
        _check_verdicts(by_shape)
        parked, broken_off = _check_revoked(world, artisan, by_shape, held)
        gaps = any(row.first > 1 for row in by_shape[HeadRow])  # type: ignore[attr-defined]
        if by_shape[Awaited] or gaps:  # what was seen of what survives nowhere, nobody can know
            incomplete += 1
            continue
        _check_sales(story, artisan, by_shape, held, parked)
        if broken_off:
            incomplete += 1
            continue
        _check_fields(world, by_shape)
        _check_stock(world, artisan, rows, by_shape)
    conn = SQLite(world.server.raw)
    _must(
        steps.every(conn) == learning.steps_again(conn),
        "I14: everyone's sums were not known to be what was learned of each",
    )
    logs_now = [
        (device.artisan, device.book.own.log)
        for device in world.devices
        if device.book.own is not None
        and not device.book.own.rotate
        and device.artisan not in world.erased  # who could tell them?
    ]
    _must(len(set(logs_now)) == len(logs_now), "I11: two live devices keep growing one log")
    return Told(world.exchanges, changes, world.struck, incomplete, hashlib_of)


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)


def _check_projection(world: World, artisan: ArtisanId, rows: list[Row], total: bytes) -> None:
    conn = SQLite(world.server.raw)
    stored = registry_module.stored_changes(conn, artisan)
    world.chance.shuffle(stored)
    parties = Parties(logs.descriptors(conn, artisan), world.server.registry.key.public)
    again = project(parties, stored)
    fresh = [row for shape in SHAPES for row in again.all(shape)]
    if digest(fresh) != total:
        different = {key_of(r): r for r in fresh} != {key_of(r): r for r in rows}
        raise Broken(f"I5/I14: rebuilding gives other projections ({different})")
    lacking = missing(conn, artisan, Held(again), parties.logs)
    _must(gaps.kept(conn, artisan) == lacking, "I14: what is shown as missing is not what lacks")


def _check_learned(world: World, artisan: ArtisanId, by_shape: dict[type[Row], list[Row]]) -> None:
    conn = SQLite(world.server.raw)
    months: dict[tuple[int, str, int], list[int]] = {}
    for (day, channel, kind), sums in learned.so_far(conn, artisan).items():
        cell = months.setdefault((month_of(day), channel, kind), [0, 0, 0])
        cell[:] = [old + new for old, new in zip(cell, sums, strict=True)]
    told = {
        (row.month, row.channel, row.kind): [row.facts, row.quantity, row.amount]  # type: ignore[attr-defined]
        for row in by_shape[Turnover]
    }
    _must(
        {key: sums for key, sums in months.items() if any(sums)} == told,
        "I14: what was learned does not add up to the turnover",
    )


def _check_verdicts(by_shape: dict[type[Row], list[Row]]) -> None:
    counted: Counter[int] = Counter(row.verdict for row in by_shape[ChangeRow])  # type: ignore[attr-defined]
    _must(
        set(counted) <= {Verdict.APPLIED, Verdict.PARKED, Verdict.REFUSED},
        "I13: a verdict that does not exist",
    )


def _digest_of_its_own(device: Device) -> bytes:
    """Return the digest of what a device holds, which is less than the others do."""
    changes = [row.placed for row in device.book.rows().all(ChangeRow)]
    rows = project(device.book.parties(), changes)
    return digest(row for shape in SHAPES for row in rows.all(shape))


def _check_revoked(
    world: World,
    artisan: ArtisanId,
    by_shape: dict[type[Row], list[Row]],
    held: dict[bytes, ChangeRow],
) -> tuple[set[bytes], bool]:
    """I12: of a revoked key stands what is below a named head; followed here by hand.

    Return what is parked, and whether something stands whose log goes on from what does not: then
    its author's marks are partly missing, and what was really known cannot be judged by.
    """
    known = logs.descriptors(SQLite(world.server.raw), artisan)
    key_of = {hash_: known[LogId(row.log)].key for hash_, row in held.items()}
    registry = world.server.registry.key.public
    named: dict[bytes, list[c.Piece]] = {}
    for hash_, row in held.items():
        if row.kind == c.Kind.REVOKE and key_of[hash_] == registry:
            view = c.read(row.body)
            assert isinstance(view, c.Revoke)
            named.setdefault(view.key, []).extend(view.heads)
    stand: set[bytes] = set()
    for key, heads in named.items():
        for row in held.values():
            at = (row.log[:8], row.n, row.hash[:8])
            if key_of[row.hash] == key and at in {(p.log, p.n, p.hash) for p in heads}:
                below: ChangeRow | None = row
                while below is not None:
                    stand.add(below.hash)
                    below = held.get(below.previous)
    parked = {hash_ for hash_, key in key_of.items() if key in named} - stand
    told = {hash_ for hash_, row in held.items() if row.reason == Reason.REVOKED}
    _must(told == parked, "I12: not exactly what lies beyond the named heads is parked")
    for shape in (Leg, Tally, Write, VoidRow, ClockRow, Reference):
        _must(
            not any(row.hash in parked for row in by_shape[shape]),  # type: ignore[attr-defined]
            "I12: a revoked device's change does something",
        )
    parents = {known[LogId(held[hash_].log)].parent for hash_ in stand} - {b""}
    return parked, any(parent not in stand for parent in parents)


def _check_sales(
    story: Story,
    artisan: ArtisanId,
    by_shape: dict[type[Row], list[Row]],
    held: dict[bytes, ChangeRow],
    parked: set[bytes],
) -> None:
    counts = held.keys() - parked
    gone = {target for void, target in story.voids.items() if void in counts}
    expected = sum(
        sold.amount
        for sold in story.sold
        if sold.artisan == artisan and sold.hash in counts and sold.hash not in gone
    )
    told = sum(row.amount for row in by_shape[Turnover] if row.kind == c.Kind.SALE)  # type: ignore[attr-defined]
    _must(told == expected, f"I3: turnover is {told}, and {expected} was sold")


def _check_fields(world: World, by_shape: dict[type[Row], list[Row]]) -> None:
    """I7, I8: judged by what was really in each book, not by marks."""
    cells: dict[tuple[str, int], list[Write]] = {}
    for row in by_shape[Write]:
        assert isinstance(row, Write)
        cells.setdefault((row.entity, row.field), []).append(row)
    for (entity, _), writes in cells.items():
        if entity == "consent":
            continue
        live = [
            write
            for write in writes
            if not any(write.hash in world.true_past.get(o.hash, ()) for o in writes)
        ]
        shown = [write for write in writes if write.standing in (1, 2)]
        _must(len(shown) == 1, "I7: not exactly one value is shown")
        _must(shown[0] in live, "I8: a value that was causally replaced is shown")
        listed = {write.value for write in writes if write.standing != Standing.REPLACED}
        _must(
            listed == {write.value for write in live},
            "I7: the losers of concurrent writes are not all listed",
        )


def _check_stock(
    world: World, artisan: ArtisanId, rows: list[Row], by_shape: dict[type[Row], list[Row]]
) -> None:
    """I6: the formula, with what each counting author really knew."""
    parties = Parties(
        logs.descriptors(SQLite(world.server.raw), artisan),
        world.server.registry.key.public,
    )
    clocks = parties.clocks(Rows(ledgers.LedgerRows(SQLite(world.server.raw), artisan)))
    legs: dict[tuple[str, str], list[Leg]] = {}
    tallies: dict[tuple[str, str], list[Tally]] = {}
    for row in rows:
        if isinstance(row, Leg):
            legs.setdefault((row.item, row.place), []).append(row)
        elif isinstance(row, Tally):
            tallies.setdefault((row.item, row.place), []).append(row)
    past = world.true_past
    told = {(row.item, row.place): row for row in by_shape[Stock]}  # type: ignore[attr-defined]
    _must(told.keys() == legs.keys() | tallies.keys(), "I6: stock of something without legs")
    for cell, stock in told.items():
        counts = tallies.get(cell, [])
        maximal = [
            count for count in counts if not any(count.hash in past[other.hash] for other in counts)
        ]

        def answer(base: Tally, cell: tuple[str, str] = cell) -> int:
            moment = clocks.moment(base.log, base.n, base.t, base.day)
            return base.counted + sum(
                leg.quantity
                for leg in legs.get(cell, ())
                if leg.hash not in past[base.hash]
                and not clearly_before(clocks.moment(leg.log, leg.n, leg.t, leg.day), moment)
            )

        if not maximal:
            expected = {sum(leg.quantity for leg in legs.get(cell, ()))}
        else:
            expected = {answer(base) for base in maximal}
        assert isinstance(stock, Stock)
        _must(stock.quantity in expected, f"I6: {stock.quantity}, and {expected} lies there")
        _must(bool(stock.disputed) == (len(expected) > 1), "I6: a dispute is not shown")


def history(seed: int, *, folder: Path | None = None) -> Told:
    """Live through the history of one seed in a folder of its own."""
    place = Path(tempfile.mkdtemp(dir=folder or memory(), prefix=f"history-{seed}-"))
    chance = random.Random(f"loop {seed}")  # noqa: S311  # chance must repeat
    ephemeral = random.Random(f"seals {seed}")  # noqa: S311

    def seal(box: BoxPublic, plain: bytes, bound_to: bytes) -> bytes:
        context = sender(ephemeral.randbytes(32), box, bound_to)
        return context.enc + context.seal(plain)

    async def begin() -> Told:
        world = World(seed, place)
        try:
            return await live(world)
        finally:
            world.close()

    try:
        # The library seals by its own chance, and what a letter's bytes are decides, here and
        # there, who comes first.
        with thrift(), patch.object(letters, "seal_to", seal):
            return run(chance, begin())
    finally:
        shutil.rmtree(place, ignore_errors=True)
