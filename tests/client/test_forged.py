"""Forged and altered changes: ten thousand tries, and nothing of them is taken as the artisan's.

Whoever tries knows everything that travels, and the registry's box: he can seal what he likes. He
does not have her key.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from msgspec import structs
from tests.client.pair import NOW, Pair
from tests.client.test_custody import Courier

from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.batch import Envelope, cut, peek
from canting_protocol.bundles import Given, read_bundle, read_slip, write_bundle, write_handover
from canting_protocol.crypto import SigningKey
from canting_protocol.ledger.author import place
from canting_protocol.ledger.rows import ChangeRow, digest
from canting_protocol.letters import (
    MONEY,
    VERSION,
    Address,
    Span,
    digest_of,
    read_letter,
    seal_letter,
    to_id,
    write_goods,
)
from canting_protocol.log import ArtisanId, Descriptor, Hash
from canting_protocol.messages import Held, Offer
from canting_protocol.witness import Stead, Witness, write_witness
from canting_server.store import ledgers
from canting_server.store.database import SQLite

TRIES: Final = 10_000
AT_ONCE: Final = 100
SALE: Final = c.write(c.Sale([c.SaleLine(-1, 1000, 987_654_321)]))

Try = Callable[[], bytes]


class Thief:
    """Someone who has seen everything that she handed over."""

    def __init__(self, pair: Pair, seen: bytes, letter: bytes, descriptor: Descriptor) -> None:
        self.chance = random.Random(10_000)  # noqa: S311  # chance must repeat
        self.pair = pair
        self.key = SigningKey(b"thief".ljust(32, b"-"))
        self.seen, self.letter, self.descriptor = seen, letter, descriptor
        self.tries: list[Try] = [
            self.flips_a_byte_of_the_letter,
            self.addresses_it_to_another,
            self.flips_a_byte_of_the_batch,
            self.signs_it_himself,
            self.says_it_begins_elsewhere,
            self.carries_her_log_on,
            self.begins_a_log_with_her_descriptor,
            self.begins_a_log_of_his_own,
            self.takes_it_for_another_artisan,
            self.vouches_for_himself,
        ]

    def goods(self, raw: bytes, descriptor: Descriptor, papers: list[bytes] | None = None) -> bytes:
        """Seal a batch as anybody can."""
        registry = self.pair.registry.key
        span = Span(descriptor.log[:8], 1, 1, bytes(8))
        address = Address(VERSION, to_id(registry.public), self.pair.artisan, [span], MONEY)
        offer = Offer(self.pair.artisan, [Held(descriptor, [])], [raw], papers=papers or [])
        return seal_letter(registry.box.public, address, write_goods(offer))

    def flipped(self, data: bytes) -> bytes:
        at = self.chance.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << self.chance.randrange(8)]) + data[at + 1 :]

    def flips_a_byte_of_the_letter(self) -> bytes:
        while True:
            altered = self.flipped(self.letter)
            if altered != self.letter:
                return altered

    def addresses_it_to_another(self) -> bytes:
        _, sealed = codec.decode(codec.decoder(list[bytes]), self.letter)
        address = structs.replace(
            read_letter(self.letter).address, priority=self.chance.randrange(3, 100)
        )
        return codec.encode([codec.encode(address), sealed])

    def flips_a_byte_of_the_batch(self) -> bytes:
        return self.goods(self.flipped(self.seen), self.descriptor)

    def signs_it_himself(self) -> bytes:
        _, envelope = peek(self.seen)
        signature = self.key.sign(b"canting/batch/1", envelope.header)
        return self.goods(codec.encode(Envelope(envelope.header, signature)), self.descriptor)

    def says_it_begins_elsewhere(self) -> bytes:
        header, envelope = peek(self.seen)
        moved = structs.replace(header, first=self.chance.randrange(2, 999))
        raw = codec.encode(Envelope(codec.encode(moved), envelope.signature))
        return self.goods(raw, self.descriptor)

    def carries_her_log_on(self) -> bytes:
        header, _ = peek(self.seen)
        previous = Hash(self.chance.randbytes(32))
        placed = place(self.descriptor.log, header.last + 1, previous, NOW, SALE)
        return self.goods(cut(self.key, self.pair.artisan, [placed], NOW), self.descriptor)

    def begins_a_log_with_her_descriptor(self) -> bytes:
        mine = structs.replace(self.descriptor, incarnation=self.chance.randbytes(8))
        placed = place(mine.log, 1, mine.origin, NOW, SALE)
        return self.goods(cut(self.key, self.pair.artisan, [placed], NOW), mine)

    def begins_a_log_of_his_own(self) -> bytes:
        mine = Descriptor(self.key.public, self.chance.randbytes(8), b"")
        placed = place(mine.log, 1, mine.origin, NOW, SALE)
        return self.goods(cut(self.key, self.pair.artisan, [placed], NOW), mine)

    def takes_it_for_another_artisan(self) -> bytes:
        header, envelope = peek(self.seen)
        other = structs.replace(header, artisan=ArtisanId(self.chance.randbytes(8)))
        raw = codec.encode(Envelope(codec.encode(other), envelope.signature))
        return self.goods(raw, self.descriptor)

    def vouches_for_himself(self) -> bytes:
        key, artisan = self.key, self.pair.artisan
        said = Witness(1, key.public, artisan, key.public, key.box.public, NOW, 1, Stead.FURTHER)
        mine = Descriptor(key.public, self.chance.randbytes(8), b"")
        placed = place(mine.log, 1, mine.origin, NOW, SALE)
        raw = cut(key, artisan, [placed], NOW)
        return self.goods(raw, mine, [real_certificate(self.pair), write_witness(key, said)])


def real_certificate(pair: Pair) -> bytes:
    """Return an officer's real certificate, which the thief has seen too."""
    from canting_protocol.bundles import Officer, write_officer

    real = SigningKey(b"lina".ljust(32, b"*"))
    return write_officer(pair.registry.key, Officer(1, real.public, "Lina", "", 2, 0, 2**40))


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    yield pair
    pair.close()


def test_of_ten_thousand_forged_or_altered_letters_none_is_taken_as_hers(pair: Pair) -> None:
    lina = Courier(pair)
    with pair.phone("a") as siti:
        siti.record(c.Sale([c.SaleLine(-1, 1000, 50_000)]))
        (letter, _) = siti.letters()
        (offered,) = siti.offer().batches
        header, _ = peek(offered)
        descriptor = siti.parties().logs[header.log]  # type: ignore[index]
    thief = Thief(pair, offered, letter, descriptor)
    before = ledgers.all_rows(SQLite(pair.raw), pair.artisan)
    told: Counter[str] = Counter()

    async def brings(letters: list[bytes]) -> None:
        paper = write_handover(thief.key, NOW, [Given(digest_of(raw)) for raw in letters])
        asked = lina.post.read(write_bundle(letters, paper))
        slip = read_slip(read_bundle(await lina.post.answer(asked)).paper)
        told.update(each.code for each in slip.letters)

    for at in range(0, TRIES, AT_ONCE):
        asyncio.run(brings([thief.tries[n % 10]() for n in range(at, at + AT_ONCE)]))
    assert told.total() == TRIES
    assert "" not in told, told
    after = ledgers.all_rows(SQLite(pair.raw), pair.artisan)
    assert digest(after) == digest(before)
    lina.visits("a", siti_again := pair.book("a"))
    lina.delivers()
    siti_again.close()
    held = [
        row
        for row in ledgers.all_rows(SQLite(pair.raw), pair.artisan)
        if isinstance(row, ChangeRow)
    ]
    assert len(held) > len([row for row in before if isinstance(row, ChangeRow)]), "hers is"
