"""Forgeries of every kind, goods and questions, brought by a real officer: none is taken as hers.

`tests/client/test_forged.py` tries ten thousand times what a thief without any standing can do;
here he is enrolled himself, and has papers.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

import pytest
from tests.server.makers import DAY, NOW, Device, Served, offer_of

from canting_client.custody import handfuls
from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.batch import Envelope
from canting_protocol.bundles import (
    SETTLED,
    Bundle,
    Given,
    Officer,
    read_bundle,
    read_slip,
    write_bundle,
    write_handover,
    write_officer,
)
from canting_protocol.crypto import SigningKey
from canting_protocol.letters import (
    Address,
    Span,
    digest_of,
    seal_letter,
    to_id,
    write_goods,
)
from canting_protocol.log import Descriptor
from canting_protocol.messages import Held, Offer, Request, write_request
from canting_protocol.witness import Witness, write_witness
from canting_server.registry.post import Post
from canting_server.store import logs
from canting_server.web.keys import DATABASE

COUNT: Final = 200 * 18
TOGETHER: Final = 400
SALE: Final = c.write(c.Sale([c.SaleLine(-1, 1000, 999_999)]), b"salt")


class Prey(NamedTuple):
    """What a forger has of an artisan: her letters, and even what stands in them."""

    registry: SigningKey
    """Of which he has the public parts alone; the tests sign nothing with it."""
    device: Device
    letters: list[bytes]
    offer: Offer
    """What was never sent, in the open: he stole a copy, say. Sent as it is, it would be hers."""


class Forger:
    """Somebody with a key, a box to seal to, and a ledger of his own."""

    def __init__(self, prey: Prey, own: Device, seed: int) -> None:
        self.prey = prey
        self.own = own
        self.chance = random.Random(seed)  # noqa: S311  # forgeries must repeat
        self.stranger = SigningKey(self.chance.randbytes(32))

    def forgeries(self) -> Iterator[tuple[str, bytes]]:
        """Yield what kind of forgery it is, and a letter, for ever."""
        kinds: list[Callable[[], bytes]] = [
            self.a_byte_of_a_letter_altered,
            self.a_letter_cut,
            self.a_letter_under_another_address,
            self.a_letter_said_to_be_of_another_ledger,
            self.a_byte_of_a_batch_altered,
            self.a_batch_that_somebody_else_signed,
            self.a_batch_with_another_header,
            self.a_log_of_a_stranger,
            self.a_log_of_another_artisan,
            self.her_batch_in_a_log_of_a_stranger,
            self.a_certificate_that_the_registry_did_not_write,
            self.a_witness_who_is_no_officer,
            self.a_witness_that_his_officer_did_not_give,
            self.a_question_with_a_byte_altered,
            self.a_question_of_a_stranger,
            self.a_question_of_another_artisan,
            self.a_question_for_another_purpose,
            self.nothing_but_noise,
        ]
        while True:
            for kind in kinds:
                yield kind.__name__, kind()

    # -- of what he caught on its way ----------------------------------------------------------

    def a_byte_of_a_letter_altered(self) -> bytes:
        return self._flipped(self._hers())

    def a_letter_cut(self) -> bytes:
        raw = self._hers()
        return raw[: self.chance.randrange(len(raw))]

    def a_letter_under_another_address(self) -> bytes:
        _, sealed = codec.decode(codec.decoder(list[bytes]), self._hers())
        return codec.encode([codec.encode(self._address()), sealed])

    def a_letter_said_to_be_of_another_ledger(self) -> bytes:
        return self._goods(self.prey.offer, artisan=self.own.artisan)

    # -- of what he stole ------------------------------------------------------------------------

    def a_byte_of_a_batch_altered(self) -> bytes:
        return self._goods(self._with(self._flipped(self._batch())))

    def a_batch_that_somebody_else_signed(self) -> bytes:
        header, _ = self._envelope()
        return self._goods(self._with(self._signed(header)))

    def a_batch_with_another_header(self) -> bytes:
        """Another ledger, number, time or body, under her own signature."""
        header, signature = self._envelope()
        parts = codec.decode(codec.decoder(list[object]), header)
        at = self.chance.randrange(1, len(parts))
        was = parts[at]
        if isinstance(was, bytes):
            parts[at] = self._flipped(was) if was else b"x"
        else:
            assert isinstance(was, int)
            parts[at] = was + 1
        return self._goods(self._with(codec.encode(Envelope(codec.encode(parts), signature))))

    def her_batch_in_a_log_of_a_stranger(self) -> bytes:
        log = Descriptor(self.stranger.public, self.chance.randbytes(8), b"")
        return self._goods(Offer(self.prey.device.artisan, [Held(log, [])], [self._batch()]))

    # -- of his own making -----------------------------------------------------------------------

    def a_log_of_a_stranger(self) -> bytes:
        return self._goods(self._log(self.stranger))

    def a_log_of_another_artisan(self) -> bytes:
        return self._goods(self._log(self.own.key))

    def a_certificate_that_the_registry_did_not_write(self) -> bytes:
        """In a log that bears the registry's key, and with it a sale of who is certified."""
        key, artisan = self.prey.registry.public, self.prey.device.artisan
        body = c.write(c.Certificate(self.stranger.public, box=self.stranger.box.public))
        log = Descriptor(key, self.chance.randbytes(8), b"")
        made = offer_of(self.stranger, artisan, [body])
        header, _ = codec.decode(codec.decoder(list[bytes]), made.batches[0])
        parts = codec.decode(codec.decoder(list[object]), header)
        parts[2], parts[4] = log.log, log.origin
        certificate = self._signed(codec.encode(parts))
        sale = self._log(self.stranger)
        return self._goods(
            Offer(artisan, [Held(log, []), *sale.logs], [certificate, *sale.batches])
        )

    def a_witness_who_is_no_officer(self) -> bytes:
        officer = Officer(1, self.own.key.public, "Bu Lina", "", 20, NOW, NOW + DAY)
        said = self._witness(self.own.key)
        papers = [write_officer(self.own.key, officer), write_witness(self.own.key, said)]
        return self._goods(self._log(self.stranger), papers)

    def a_witness_that_his_officer_did_not_give(self) -> bytes:
        said = self._witness(LINA)
        return self._goods(
            self._log(self.stranger), [self.certificate, write_witness(self.stranger, said)]
        )

    certificate = b""
    """Of a real officer: everyone who meets him has it."""

    # -- questions -------------------------------------------------------------------------------

    def a_question_with_a_byte_altered(self) -> bytes:
        return self._question(self._flipped(self.prey.device.request(self.prey.offer)))

    def a_question_of_a_stranger(self) -> bytes:
        offer = self.chance.choice([self._log(self.stranger), self.prey.offer])
        return self._question(self._asked(self.stranger, offer))

    def a_question_of_another_artisan(self) -> bytes:
        offer = self.chance.choice([self._log(self.own.key), self.prey.offer])
        return self._question(self._asked(self.own.key, offer))

    def a_question_for_another_purpose(self) -> bytes:
        """Whatever she signed can be shown as nothing else."""
        header, signature = self._envelope()
        return self._question(codec.encode([header, signature]))

    def nothing_but_noise(self) -> bytes:
        noise = self.chance.randbytes(self.chance.randrange(200))
        return self.chance.choice([noise, self._question(noise), self._sealed(noise, spans=True)])

    # -- how ---------------------------------------------------------------------------------------

    def _hers(self) -> bytes:
        return self.chance.choice(self.prey.letters)

    def _batch(self) -> bytes:
        return self.chance.choice(self.prey.offer.batches)

    def _envelope(self) -> list[bytes]:
        envelope: list[bytes] = codec.decode(codec.decoder(list[bytes]), self._batch())
        return envelope

    def _with(self, batch: bytes) -> Offer:
        return Offer(self.prey.device.artisan, self.prey.offer.logs, [batch])

    def _log(self, key: SigningKey) -> Offer:
        return offer_of(key, self.prey.device.artisan, [SALE])

    def _flipped(self, data: bytes) -> bytes:
        at = self.chance.randrange(len(data))
        return data[:at] + bytes([data[at] ^ self.chance.randrange(1, 256)]) + data[at + 1 :]

    def _signed(self, header: bytes) -> bytes:
        return codec.encode(Envelope(header, self.stranger.sign(b"canting/batch/1", header)))

    def _witness(self, officer: SigningKey) -> Witness:
        key = self.stranger
        artisan = self.prey.device.artisan
        return Witness(1, officer.public, artisan, key.public, key.box.public, NOW, 1)

    def _asked(self, key: SigningKey, offer: Offer) -> bytes:
        return write_request(key, Request(1, key.public, NOW, [offer]))

    def _address(self, *, spans: bool = False, artisan: bytes | None = None) -> Address:
        told = [Span(self.chance.randbytes(8), 1, 1, self.chance.randbytes(8))] if spans else []
        hers = self.prey.device.artisan if artisan is None else artisan
        return Address(
            1, to_id(self.prey.registry.public), hers, told, asker=self.chance.randbytes(4)
        )

    def _goods(
        self, offer: Offer, papers: Sequence[bytes] = (), artisan: bytes | None = None
    ) -> bytes:
        plain = write_goods(Offer(offer.artisan, offer.logs, offer.batches, b"", list(papers)))
        return self._sealed(plain, spans=True, artisan=artisan)

    def _question(self, request: bytes) -> bytes:
        return self._sealed(request, spans=False)

    def _sealed(self, plain: bytes, *, spans: bool, artisan: bytes | None = None) -> bytes:
        address = self._address(spans=spans, artisan=artisan)
        return seal_letter(self.prey.registry.box.public, address, plain)


LINA: Final = SigningKey(b"L" * 32)


@pytest.fixture
async def prey(served: Served) -> Prey:
    """An artisan with some changes that have arrived, and some that have not."""
    device = await served.joined()
    device.sells(250_000)
    await served.sync(device)
    for _ in range(20):
        device.sells(100_000)
    offer = device.book.offer()
    return Prey(served.registry.key, device, device.book.letters(), offer)


async def test_of_forged_letters_of_every_kind_none_is_taken_as_hers(
    served: Served, prey: Prey
) -> None:
    forger = Forger(prey, await served.joined(), seed=20_261_125)
    officer = Officer(1, LINA.public, "Bu Lina", "Magersari", 20, NOW, NOW + DAY)
    forger.certificate = write_officer(served.registry.key, officer)
    news: list[int] = []
    post = Post(served.app[DATABASE], served.registry, lambda taken: news.append(taken.new))
    artisans = await served.look(logs.artisans)
    before = await everything(served, prey.device)

    made = list(islice(forger.forgeries(), COUNT))
    codes: Counter[tuple[str, str]] = Counter()
    for lot in lots(made):
        # A certified officer brings them: nobody is trusted further.
        back = await hand_over(post, LINA, [raw for _, raw in lot], forger.certificate)
        told = read_slip(back.paper).letters
        codes.update((name, each.code) for (name, _), each in zip(lot, told, strict=True))
        assert back.letters == [], "and nobody is answered"

    assert codes.total() == COUNT
    taken = {name: count for (name, code), count in codes.items() if code == ""}
    assert taken == {}
    assert len({name for name, _ in codes}) == 18
    assert {code for _, code in codes} <= SETTLED | {"unknown_key"}
    assert sum(news) == 0
    assert await everything(served, prey.device) == before
    assert await served.look(logs.artisans) == artisans

    # And what she wrote herself is, by the same way.
    back = await hand_over(post, LINA, prey.letters, forger.certificate)
    assert {each.code for each in read_slip(back.paper).letters} == {""}
    assert await served.sold(prey.device.artisan) == 250_000 + 20 * 100_000


async def test_forged_questions_at_the_door_of_devices_are_turned_away(
    served: Served, prey: Prey
) -> None:
    forger = Forger(prey, await served.joined(), seed=1)
    before = await everything(served, prey.device)
    questions = [
        forger.a_question_with_a_byte_altered,
        forger.a_question_of_a_stranger,
        forger.a_question_of_another_artisan,
        forger.a_question_for_another_purpose,
        forger.nothing_but_noise,
    ]
    for _ in range(20):
        for make in questions:
            answered = await served.post("/v1/sync", write_bundle([make()]))
            status, code = answered.problem
            assert status in (400, 401), (make.__name__, code)
    assert await everything(served, prey.device) == before


async def everything(served: Served, device: Device) -> tuple[bytes, int, int]:
    """Return the digest of her ledger, how many changes it has, and how many keys may write."""
    artisan = device.artisan
    return (
        await served.digest(artisan),
        len(await served.rows("change", "log, n", artisan)),
        len(await served.rows("certificate", "key, n", artisan)),
    )


def lots(made: Sequence[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Yield letters with their kinds, as many as one hand-over takes."""
    for at in range(0, len(made), TOGETHER):
        some = iter(made[at : at + TOGETHER])
        for lot in handfuls([raw for _, raw in made[at : at + TOGETHER]]):
            yield list(islice(some, len(lot)))


async def hand_over(
    post: Post, courier: SigningKey, letters: Sequence[bytes], certificate: bytes
) -> Bundle:
    """Bring letters to the registry, and return what it answers."""
    paper = write_handover(courier, NOW, [Given(digest_of(raw), NOW) for raw in letters])
    asked = post.read(write_bundle(letters, paper, [certificate]))
    return read_bundle(await post.answer(asked))
