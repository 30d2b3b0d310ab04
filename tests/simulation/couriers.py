"""Couriers of the world in miniature: officers with bags, honest ones and others.

The bag, the delivery and the registry's post are the real ones. What a courier can do to letters is
ours: lose them, keep them for ever, alter, swap, repeat, invent and attribute them to another.
"""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import structs

from canting_client.custody import given, taken
from canting_client.relay.bag import ANSWER, GOODS, Bag, Known
from canting_client.relay.deliver import deliver, pass_on
from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.batch import cut
from canting_protocol.bundles import (
    VERSION,
    Bundle,
    Given,
    Officer,
    pack,
    read_bundle,
    unpack,
    write_bundle,
    write_handover,
    write_officer,
)
from canting_protocol.crypto import SigningKey
from canting_protocol.errors import Refused
from canting_protocol.ledger.author import place
from canting_protocol.letters import (
    VERSION as LETTER_VERSION,
)
from canting_protocol.letters import (
    Address,
    Span,
    digest_of,
    read_letter,
    seal_letter,
    to_id,
    write_goods,
)
from canting_protocol.log import ArtisanId, Descriptor, Hash, LogId
from canting_protocol.messages import (
    Held,
    Offer,
    hash_code,
    read_enrolment,
    write_enrolment,
)
from canting_protocol.witness import Stead

if TYPE_CHECKING:
    from tests.simulation.world import Device, World

FAULTS: Final = (
    "hand-over lost",
    "slip lost",
    "hand-over altered",
    "file cut off",
    "delivery broken off",
    "courier's bag lost",
    "courier's bag restored",
    "courier's bag cloned",
    "letters dropped",
    "letters altered in the bag",
    "answers swapped",
    "old letters again",
    "goods invented",
    "goods attributed to another",
    "courier's clock wrong",
    "enrolled on a visit",
    "artisan unknown to the registry",
)


@dataclass
class Courier:
    """An officer with a bag, and what can happen to it."""

    world: "World"
    name: str
    key: SigningKey
    skew: int = 0
    copies: list[Path] = field(default_factory=list)
    seen: list[bytes] = field(default_factory=list)
    """Every letter that ever was in the bag."""
    busy: bool = False

    def __post_init__(self) -> None:
        self.path = self.world.folder / f"{self.name}.bag"
        self.open()

    def open(self) -> None:
        """Open the bag on whatever the file holds."""
        self.bag = Bag(self.path, durable=False)
        if self.bag.known is None:
            registry = self.world.server.registry.key
            officer = Officer(VERSION, self.key.public, self.name, "Magersari", 9, 0, 2**40)
            paper = write_officer(registry, officer)
            self.bag.belong(Known(registry.public, "sim:", registry.box.public, [paper]))

    def now(self) -> int:
        """Return the officer's clock, which may be wrong."""
        return self.world.now() + self.skew

    # -- what an officer does ----------------------------------------------------------------

    def visits(self, device: "Device") -> None:
        """Take what a device gives, and give it what there is for it."""
        world = self.world
        world.exchanges += 1
        letters = device.book.letters()
        self.seen += letters
        data = given(device.key, letters, device.now())
        if world.strikes("hand-over lost", 0.05):
            return
        if world.strikes("hand-over altered", 0.05):
            data = _flipped(world, data)
        whole = True
        try:
            bundle = read_bundle(data)
            if world.strikes("file cut off", 0.05):
                packed = pack(bundle.letters, bundle.paper)
                bundle, whole = unpack(packed[: world.chance.randrange(len(packed))])
            slip, answers = self.bag.take(self.key, bundle, self.now(), whole=whole)
        except Refused:
            return
        if world.strikes("slip lost", 0.08):
            return
        if world.strikes("answers swapped", 0.04):
            answers = self.bag.letters(ANSWER)
        known = self.bag.known
        assert known is not None
        data = write_bundle(answers, slip, known.papers)
        if world.strikes("hand-over altered", 0.03):
            data = _flipped(world, data)
        try:
            taken(device.book, device.key, letters, read_bundle(data))
        except Refused:
            return

    def enrols(self, device: "Device", stead: Stead | None = None) -> None:
        """Vouch for a device, where no network is."""
        world = self.world
        first = device.artisan in world.unknown and not any(
            each.artisan == device.artisan and each is not device for each in world.devices
        )
        code = world.chance.randbytes(8).hex()
        if stead is None:
            stead = Stead.FIRST if first else Stead.FURTHER
        self.bag.allow(hash_code(code), device.artisan, stead, self.now() + 60)
        asked = read_enrolment(write_enrolment(device.key, code))
        device.book.join("sim:", self.bag.enrol(self.key, asked, hash_code(code), self.now()))

    async def delivers(self) -> None:
        """Bring the bag to the registry, as far as the road goes."""
        from tests.simulation.world import Crash, Lost

        if self.busy:
            return
        world, bag = self.world, self.bag

        async def post(data: bytes) -> Bundle:
            world.exchanges += 1
            if world.strikes("delivery broken off", 0.06):
                raise Lost
            answered = await world.server.serve_bundle(data)
            if world.strikes("delivery broken off", 0.06) or bag is not self.bag:
                raise Lost
            return read_bundle(answered)

        self.busy = True
        try:
            await deliver(bag, self.key, self.now, post)
        except (Lost, Refused, Crash, sqlite3.ProgrammingError):
            return
        finally:
            self.busy = False

    async def meets(self, other: "Courier") -> None:
        """Hand everything over to another officer."""
        if self.busy or other is self:
            return

        async def post(data: bytes) -> Bundle:
            slip, answers = other.bag.take(other.key, read_bundle(data), other.now())
            known = other.bag.known
            assert known is not None
            return Bundle(VERSION, answers, slip, known.papers)

        try:
            await pass_on(self.bag, self.key, self.now, post)
        except Refused:
            return

    # -- misfortune and malice ---------------------------------------------------------------

    def misfortune(self) -> None:
        """Let something go wrong with the bag, now and then."""
        world, chance = self.world, self.world.chance
        if self.busy:
            return
        if chance.random() < 0.1:
            copy = world.folder / f"{self.name}-{len(self.copies)}.copy"
            shutil.copy(self.path, copy)
            self.copies.append(copy)
        if world.strikes("courier's bag lost", 0.02):
            self._replace(None)
        elif self.copies and world.strikes("courier's bag restored", 0.03):
            self._replace(chance.choice(self.copies))
        elif len(world.couriers) < 4 and world.strikes("courier's bag cloned", 0.02):
            name = f"{self.name}c{len(world.couriers)}"
            shutil.copy(self.path, world.folder / f"{name}.bag")
            world.couriers.append(Courier(world, name, self.key, self.skew))
        if world.strikes("courier's clock wrong", 0.03):
            self.skew = chance.choice((0, 90, -86_400, 86_400 * 365))
        if world.strikes("letters dropped", 0.03):
            self._edit(lambda raws: raws[: len(raws) // 2])
        if world.strikes("letters altered in the bag", 0.03):
            self._edit(lambda raws: [_flipped(world, raw) for raw in raws])
        if self.seen and world.strikes("old letters again", 0.04):
            some = chance.sample(self.seen, min(4, len(self.seen)))
            self._put([raw for raw in some if _readable(raw)])
        if world.strikes("goods invented", 0.03):
            self._put([self._invented()])
        if self.seen and world.strikes("goods attributed to another", 0.03):
            self._put([self._attributed(chance.choice(self.seen))])

    def drops_goods_of(self, artisan: ArtisanId) -> None:
        """Lose what was to be brought for somebody, and go on with the questions."""
        self.bag._conn.execute(
            "DELETE FROM letter WHERE kind = ? AND artisan = ?", (GOODS, artisan)
        )

    def _replace(self, copy: Path | None) -> None:
        self.bag.close()
        if copy is None:
            self.path.unlink()
        else:
            shutil.copy(copy, self.path)
        self.open()

    def _edit(self, edit: Callable[[list[bytes]], list[bytes]]) -> None:
        """Do something to all letters of the bag, as only its owner can."""
        raws = [raw for kind in (0, 1, 2) for raw in self.bag.letters(kind)]
        conn = self.bag._conn
        conn.execute("DELETE FROM letter")
        self._put([raw for raw in edit(raws) if _readable(raw)])

    def _put(self, raws: list[bytes]) -> None:
        key = SigningKey(self.world.chance.randbytes(32))
        ups = [raw for raw in raws if read_letter(raw).address.to == self._registry_id()]
        paper = write_handover(key, self.now(), [Given(digest_of(raw)) for raw in ups])
        self.bag.take(self.key, Bundle(VERSION, ups, paper), self.now())
        self.bag.put_answers([raw for raw in raws if raw not in ups], self.now())

    def _registry_id(self) -> bytes:
        return to_id(self.world.server.registry.key.public)

    def _invented(self) -> bytes:
        """Return goods of a stranger's making, for somebody's ledger."""
        world = self.world
        key = SigningKey(world.chance.randbytes(32))
        artisan = world.chance.choice(world.artisans)
        descriptor = Descriptor(key.public, world.chance.randbytes(8), b"")
        body = c.write(c.Sale([c.SaleLine(-1, 1000, 987_654_321)]))
        placed = place(LogId(descriptor.log), 1, Hash(descriptor.origin), world.now(), body)
        world.strangers.add(placed.hash)
        raw = cut(key, artisan, [placed], world.now())
        span = Span(placed.log[:8], 1, 1, placed.hash[:8])
        address = Address(LETTER_VERSION, self._registry_id(), artisan, [span], 1)
        offer = Offer(artisan, [Held(descriptor, [])], [raw])
        return seal_letter(world.server.registry.key.box.public, address, write_goods(offer))

    def _attributed(self, raw: bytes) -> bytes:
        """Return a letter with another artisan on its address."""
        address = read_letter(raw).address
        other = self.world.chance.choice(self.world.artisans)
        _, sealed = codec.decode(codec.decoder(list[bytes]), raw)
        return codec.encode([codec.encode(structs.replace(address, artisan=other)), sealed])


def _flipped(world: "World", data: bytes) -> bytes:
    at = world.chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << world.chance.randrange(8))]) + data[at + 1 :]


def _readable(raw: bytes) -> bool:
    try:
        read_letter(raw)
    except Refused:
        return False
    return True
