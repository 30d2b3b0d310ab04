"""Partings: a phone that is lost and recovered on a new one, and an artisan who wants to be erased.

`World.lot` decides; what recovers and what erases is the real thing, its list of the erased and its
recovery sheet included.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from canting_client import sheet
from canting_client.relay.bag import GOODS
from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.batch import open_batch, peek
from canting_protocol.crypto import SigningKey
from canting_protocol.errors import Refused
from canting_protocol.ledger.rows import CertificateRow, ChangeRow
from canting_protocol.letters import open_letter, read_goods, read_letter
from canting_protocol.log import ArtisanId, Descriptor, LogId
from canting_protocol.messages import HEAD_HASH_BYTES, Offer
from canting_protocol.private import reveal
from canting_protocol.witness import Stead
from canting_server import erasing
from canting_server.registry.registry import Registry
from canting_server.store import copies, ledgers, logs
from canting_server.store.database import Connection, SQLite, SQLiteDatabase, run_group

if TYPE_CHECKING:
    from tests.simulation.world import Device, World

FAULTS: Final = (
    "phone lost, recovered by code",
    "phone lost, recovered on a visit",
    "artisan erased",
    "erasing broken off",
)

_private: Final = codec.decoder(c.Private)
A_NAME: Final = "Bu Contoh"
REASON: Final = "surat 7/2026"

Said = set[tuple[bytes, bytes, int, bytes]]
"""(artisan, log, n, hash) of how far devices said, signed, that their own logs had come."""


@dataclass
class Recovered:
    """A phone that took the place of a lost one."""

    device: "Device"
    named: bytes = b""
    """The change in which the lost one hid a name under the key of the sheet."""


class Listening(Registry):
    """The registry, and what it was told by devices of their own logs, as far as it was kept."""

    said: Said

    def take_in(self, conn: Connection, offer: Offer, sender: Any, *args: Any, **how: Any) -> Any:
        """Take in as the registry does; what is refused was not said."""
        taken = super().take_in(conn, offer, sender, *args, **how)
        if ArtisanId(offer.artisan) not in self.erased:
            self.said |= {
                (offer.artisan, held.descriptor.log, head.n, head.hash)
                for held in offer.logs
                if held.descriptor.key == sender
                for head in held.heads
            }
        return taken


# -- a phone is lost -------------------------------------------------------------------------------


def lose_and_recover(world: "World", name: str) -> None:
    """Let a phone be lost, now and then, and recovered with its sheet of paper and a new code."""
    lot = world.lot
    by_code = world.strikes_at_all(0.0017)
    on_a_visit = not by_code and world.strikes_at_all(0.0017)
    phones = [
        each
        for each in world.devices
        if each.book.own is not None and not each.book.revoked and each.artisan not in world.erased
    ]
    if not (by_code or on_a_visit) or not phones:
        return
    phone = lot.choice(phones)
    known_there = logs.is_artisan(SQLite(world.server.raw), phone.artisan)
    on_a_visit = on_a_visit or not known_there  # nobody gives a code for a ledger that is not there
    which = "phone lost, recovered on a visit" if on_a_visit else "phone lost, recovered by code"
    world.struck[which] += 1
    key = next(iter(phone.book.book_keys.values()))
    paper = sheet.sheet_text(sheet.Sheet("https://dinas.example", phone.artisan, key), "1 Mei")
    hidden = c.FieldWrite(1, c.value(phone.book.hide(A_NAME)))
    recovered = Recovered(phone, phone.record(c.Partner(None, [hidden])).hash)
    if lot.random() < 0.5:
        _hand_over_for_the_last_time(world, phone)
    if lot.random() < 0.3:
        world.struck["device revoked"] += 1
        world.revoke(phone)
    world.devices.remove(phone)
    phone.lose()
    found = sheet.read_sheet(paper)
    new = a_phone(world, name, found.artisan)
    new.book.add_key(found.key, first=True)
    new.book.recover()
    if on_a_visit:
        lot.choice(world.couriers).enrols(new, Stead.LOST)
    else:
        world.enrol(new)
    recovered.device = new
    world.devices.append(new)
    world.recovered.append(recovered)


def a_phone(world: "World", name: str, artisan: ArtisanId) -> "Device":
    """Return a new phone with a key of its own."""
    from tests.simulation.world import Device

    return Device(world, name, artisan, SigningKey(world.lot.randbytes(32)))


def _hand_over_for_the_last_time(world: "World", phone: "Device") -> None:
    """Let an officer come once more; sometimes only her question reaches the city."""
    courier = world.lot.choice(world.couriers)
    courier.visits(phone)
    if world.lot.random() < 0.6:
        world.struck["letters dropped"] += 1
        courier.drops_goods_of(phone.artisan)
    world.start(courier.delivers())


def in_bags(world: "World") -> set[tuple[ArtisanId, bytes, bytes]]:
    """Return (artisan, hash, key) of every change in goods that somebody carries."""
    found: set[tuple[ArtisanId, bytes, bytes]] = set()
    for courier in world.couriers:
        for raw in courier.bag.letters(GOODS):
            with suppress(Refused):  # altered in the bag, or with another's address
                address, plain = open_letter(world.server.registry.key.box, raw)
                offer = read_goods(plain, address)
                told = {held.descriptor.log: held.descriptor for held in offer.logs}
                for batch in offer.batches:
                    descriptor = told[LogId(peek(batch)[0].log)]
                    for change in open_batch(batch, descriptor).changes:
                        found.add((ArtisanId(offer.artisan), change.hash, descriptor.key))
    return found


class NotRecovered(AssertionError):
    """A phone that took a lost one's place lacks something, or says what is not so."""


class Held(NamedTuple):
    """What the registry holds of one artisan."""

    artisan: ArtisanId
    changes: dict[bytes, ChangeRow]
    logs: dict[LogId, Descriptor]
    certified: set[bytes]


def check_recovered(world: "World", carried: set[tuple[ArtisanId, bytes, bytes]]) -> None:
    """See what came of lost phones; all devices are level with the registry.

    `carried` is what officers had with them when faults stopped.
    """
    conn = SQLite(world.server.raw)
    for artisan in {each.device.artisan for each in world.recovered} - world.erased:
        rows = ledgers.LedgerRows(conn, artisan)
        held = Held(
            artisan,
            {row.hash: row for row in rows.find(ChangeRow, ())},
            logs.descriptors(conn, artisan),
            {row.key for row in rows.find(CertificateRow, ())},
        )
        for whose, hash_, key in carried:
            if whose == artisan and key in held.certified and hash_ not in held.changes:
                raise NotRecovered("I1: what an officer carried is not in the registry")
        living = [
            device
            for device in world.devices
            if device.artisan == artisan and not device.book.revoked
        ]
        missing = _missing(world, held)
        for device in living:
            if device.book.missing() != missing:
                raise NotRecovered(f"{device.book.missing()} are said to be missing, not {missing}")
        for each in world.recovered:
            if each.device in living:  # a new phone may have been lost as well
                _see_that_it_reads(each, held)
                _see_where_it_begins(world, each, held)


def _missing(world: "World", held: Held) -> int:
    """Return how far beyond what is held devices have said that their logs had come."""
    there = {(row.log, row.n, row.hash[:HEAD_HASH_BYTES]) for row in held.changes.values()}
    furthest: Counter[bytes] = Counter()
    for log, n, _ in there:
        furthest[log] = max(furthest[log], n)
    gone: Counter[bytes] = Counter()
    for artisan, log, n, hash_ in world.server.registry.said:
        if artisan == held.artisan and (log, n, hash_[:HEAD_HASH_BYTES]) not in there:
            gone[log] = max(gone[log], n - furthest[log])
    return gone.total()


def _see_that_it_reads(recovered: Recovered, held: Held) -> None:
    """Open what the lost phone hid, if that has come back."""
    if recovered.named not in held.changes:
        return
    view = c.read(held.changes[recovered.named].body)
    assert isinstance(view, c.Partner)
    hidden = codec.decode(_private, bytes(view.fields[0].value))
    try:
        text = reveal(recovered.device.book.book_keys, hidden)
    except Refused:
        text = ""
    if text != A_NAME:
        raise NotRecovered("the sheet's key does not open what the lost phone hid")


def _see_where_it_begins(world: "World", recovered: Recovered, held: Held) -> None:
    """See that what it began after its ledger had come back has something before it."""
    ours = world.server.registry.key.public
    for row in held.changes.values():
        log = held.logs[LogId(row.log)]
        if row.n != 1 or log.key != recovered.device.key.public or log.parent:
            continue
        before = [held.changes[one] for one in world.true_past[row.hash] if one in held.changes]
        if any(held.logs[LogId(one.log)].key != ours for one in before):
            raise NotRecovered("a recovered phone does not say where the lost one had come")


# -- an artisan is erased --------------------------------------------------------------------------


class CameBack(AssertionError):
    """Something of who was erased is there, or what is another's is not."""


class AtOnce:
    """The registry's database for who has it alone: before it is served, or while nothing waits."""

    def __init__(self, raw: Any, *, dies: bool = False) -> None:
        self.raw = raw
        self.dies = dies

    async def read(self, work: Any) -> Any:
        """Do work that only reads."""
        return work(SQLite(self.raw))

    async def write(self, work: Any) -> Any:
        """Do work in a transaction, unless the process dies first."""
        from tests.simulation.world import Crash

        if self.dies:
            raise Crash
        (done,) = run_group(self.raw, [work])
        if isinstance(done, Exception):
            raise done
        return done

    async def scrub(self) -> None:
        """Write the file anew."""
        copies.scrub(self.raw)


def finish_erasing(home: Path, registry: Registry, raw: Any) -> None:
    """Do what a server does before it serves: read the list, and erase who is on it."""
    registry.erased = erasing.load(home)
    _now(erasing.apply(home, registry, cast(SQLiteDatabase, AtOnce(raw))))


def leave(world: "World") -> None:
    """Let one of two artisans be erased, now and then; the other is not touched by it.

    Requests that are under way go on, though an operator would have stopped the server.
    """
    from tests.simulation.world import Crash

    if len(world.artisans) < 2 or world.erased or not world.strikes_at_all(0.011):
        return
    artisan = world.lot.choice(world.artisans)
    server = world.server
    if not logs.is_artisan(SQLite(server.raw), artisan):
        return
    world.struck["artisan erased"] += 1
    others = [each for each in world.artisans if each != artisan]
    before = [world.registry_rows(each) for each in others]
    dies = world.strikes("erasing broken off", 0.5, world.lot)
    database = cast(SQLiteDatabase, AtOnce(server.raw, dies=dies))
    with suppress(Crash):
        _now(erasing.erase(world.folder, server.registry, database, artisan, REASON))
    if dies:
        server.die()
        server.start()
    world.erased.add(artisan)
    see_that_the_erased_stay_away(world)
    if [world.registry_rows(each) for each in others] != before:
        raise CameBack("erasing one artisan changed another's ledger")


def _now(work: Any) -> None:
    """Run what waits for nothing to its end."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits for something")


def see_that_the_erased_stay_away(world: "World") -> None:
    """Look into every table for somebody who was erased."""
    if not world.erased:
        return
    raw = world.server.raw
    for (table,) in raw.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%artisan %BLOB%'"
    ).fetchall():
        for artisan in world.erased:
            if raw.execute(f'SELECT 1 FROM "{table}" WHERE artisan = ?', (artisan,)).fetchone():  # noqa: S608  # our own
                raise CameBack(f"{table} holds something of who was erased")


async def try_to_come_back(world: "World") -> None:
    """Let everyone try once more, whom nothing goes wrong with: her phones, officers, a new one."""
    from tests.simulation.history import talk_straight

    hers = [device for device in world.devices if device.artisan in world.erased]
    for artisan in world.erased:
        vouched = a_phone(world, f"again-{artisan.hex()}", artisan)
        world.devices.append(vouched)
        world.couriers[0].enrols(vouched, Stead.FURTHER)
        vouched.record(c.Sale([c.SaleLine(-1, 1000, 1)]))
        world.couriers[0].visits(vouched)
    for device in hers:
        kept = device.hashes()
        try:
            await talk_straight(world, device)
        except Refused as refusal:
            if refusal.code != "erased":
                raise CameBack(f"her phone is told {refusal.code}") from refusal
        else:
            raise CameBack("her phone was answered")
        world.couriers[0].visits(device)
        if not kept <= device.hashes():
            raise CameBack("her own book lost something")
    for courier in world.couriers:
        await courier.delivers()
        for raw in courier.bag.letters(GOODS):
            if read_letter(raw).address.artisan in world.erased:
                raise CameBack("a courier goes on carrying what nobody takes")
    see_that_the_erased_stay_away(world)
