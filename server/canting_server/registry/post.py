"""The post: opens the letters that come in a bundle, has them taken in, and seals the answers.

A device asks its own question, one letter, and is answered. A courier brings letters of many: goods
are stored, questions answered, and his slip says what became of each. Every door ends here.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from msgspec import structs

from canting_protocol.bundles import (
    SETTLED,
    WANTED,
    Bundle,
    Given,
    Handover,
    Officer,
    Taken,
    check_handover,
    officer_among,
    read_bundle,
    read_handover,
    write_bundle,
    write_slip,
)
from canting_protocol.crypto import BoxPublic, PublicKey
from canting_protocol.errors import Refused
from canting_protocol.letters import (
    KEYS_FIRST,
    Address,
    open_letter,
    read_address,
    read_goods,
    read_letter,
    seal_letter,
    to_id,
)
from canting_protocol.letters import (
    VERSION as LETTER_VERSION,
)
from canting_protocol.limits import (
    BATCHES_BYTES_PER_MESSAGE_MAX,
    BUNDLE_BYTES_MAX,
    REQUEST_INFLATED_BYTES_MAX,
)
from canting_protocol.log import ArtisanId
from canting_protocol.messages import (
    VERSION,
    Answer,
    Reply,
    Request,
    read_request,
    write_reply,
)
from canting_server.registry import gaps
from canting_server.registry.portions import Part, ledgers, parted, portions, together
from canting_server.registry.registry import Reading, Registry, TakenIn
from canting_server.store import people
from canting_server.store.database import Connection, Transactions

CARRIED_ERROR_SECONDS: Final = 300
"""What a courier's word leaves uncertain of a device's clock: the hand-over took a while, and his
own clock is measured as roughly."""

ANSWERS_BYTES: Final = BUNDLE_BYTES_MAX - 65_536
"""What the answers in a bundle come to where there are several; the rest is for the slip."""

NOTED_AT_ONCE: Final = 1_000
"""So many ranges that an officer carries are noted in one turn: more than an honest bag asks of."""

NOBODY: Final = b""
"""Who speaks in a letter of goods: nobody, its batches are signed by whoever wrote them."""


class Asked(NamedTuple):
    """A device's own question."""

    request: Request

    @property
    def sender(self) -> bytes:
        """Return the key that asks."""
        return self.request.key


class Brought(NamedTuple):
    """What a courier brings."""

    said: Handover
    bundle: Bundle

    @property
    def sender(self) -> bytes:
        """Return the courier's key."""
        return self.said.giver


class Post:
    """The registry's letters, whichever way they come. `told` hears of what was taken in."""

    def __init__(
        self, database: Transactions, registry: Registry, told: Callable[[TakenIn], None]
    ) -> None:
        self.database = database
        self.registry = registry
        self.told = told

    def read(self, data: bytes) -> Asked | Brought:
        """Return what came, verified as far as who sends it.

        Raises:
            Refused: it is not a bundle, not for this registry, or not signed.
        """
        bundle = read_bundle(data)
        if bundle.paper:
            said = read_handover(bundle.paper)
            if not bundle.addresses:
                check_handover(said, bundle.letters)
            elif bundle.letters or len(bundle.addresses) != len(said.letters):
                raise Refused("malformed", "every letter that is asked about has one address")
            return Brought(said, bundle)
        if len(bundle.letters) != 1:
            raise Refused("malformed", "without a hand-over, one letter is asked at a time")
        address, plain = open_letter(self.registry.key.box, bundle.letters[0])
        if address.spans:
            raise Refused("malformed", "goods come with a hand-over")
        return Asked(read_request(plain))

    async def answer(self, asked: Asked | Brought) -> bytes:
        """Return the bundle that answers, after the last commit.

        Raises:
            Refused: `unknown_key`, to a device that asks by itself; nothing was kept.
            Unavailable: what came before may have been kept; sending all again is harmless.
        """
        if isinstance(asked, Brought):
            return await self._deliver(asked)
        reply, box = await self.exchange(asked.request)
        return write_bundle([self._sealed(asked.request, reply, box)])

    async def exchange(
        self,
        asked: Request,
        reading: Reading | None = None,
        budget: int = BATCHES_BYTES_PER_MESSAGE_MAX,
    ) -> tuple[Reply, BoxPublic]:
        """Answer a verified request, portion by portion, each in its turn among all senders.

        Returns the reply, and the box of whoever asked (empty if none is certified).

        Raises:
            Refused: `unknown_key`; nothing was kept.
            Unavailable: what came before may have been kept; sending all again is harmless.
        """
        registry = self.registry
        if len(asked.ledgers) > 1:  # of one, the first portion finds out
            # In turn as well, though it only reads: it is work like any other.
            for some, size in ledgers(asked):
                check = partial(registry.check_sender, sender=asked.key, offers=some)
                await self.database.write(check, sender=asked.key, size=size)
        done, box = await self._take_in(asked, asked.key, reading, budget)
        return together(VERSION, registry.now(), done), box

    async def _take_in(
        self, asked: Request, sender: bytes, reading: Reading | None, budget: int
    ) -> tuple[list[tuple[Part, Answer]], BoxPublic]:
        registry = self.registry
        done: list[tuple[Part, Answer]] = []
        room, box = REQUEST_INFLATED_BYTES_MAX, BoxPublic(b"")
        for portion in portions(asked, registry.key.public):
            taken_in = await self.database.write(
                partial(
                    registry.take_in_portion,
                    request=asked,
                    portion=portion,
                    room=room,
                    reading=reading,
                    budget=budget,
                ),
                sender=sender,
                size=portion.size,
            )
            for part, taken in taken_in:
                room -= taken.inflated
                box = taken.box or box
                self.told(taken)
                done.append((part, taken.answer))
        return done, box

    # -- a courier ---------------------------------------------------------------------------

    async def _deliver(self, brought: Brought) -> bytes:
        said, bundle = brought
        officer = self._officer(said, bundle.papers)
        if officer is not None and await self.database.read(
            lambda conn: people.officer_is_revoked(conn, said.giver)
        ):
            officer = None  # what he brings is taken in; he carries nothing away
        if bundle.addresses:
            codes = await self.database.read(
                lambda conn: [self._wanted(conn, told) for told in bundle.addresses]
            )
            taken = [
                Taken(each.digest, code) for each, code in zip(said.letters, codes, strict=True)
            ]
            told = [_address(each) for each in bundle.addresses]
            await self._note_carried(officer, said, told, taken)
            return self._with_slip(said, [], taken)
        addresses = [_address_of(raw) for raw in bundle.letters]
        questions = sum(1 for each in addresses if each is not None and not each.spans)
        budget = BATCHES_BYTES_PER_MESSAGE_MAX // max(questions, 1)
        answers: list[bytes] = []
        taken = []
        for given, raw in zip(said.letters, bundle.letters, strict=True):
            try:
                code = await self._take_letter(raw, given, said, officer, budget, answers)
            except Refused as refusal:
                code = refusal.code
            taken.append(Taken(given.digest, code))
        await self._note_carried(officer, said, addresses, taken)
        return self._with_slip(said, answers, taken)

    async def _note_carried(
        self,
        officer: Officer | None,
        said: Handover,
        addresses: Sequence[Address | None],
        taken: Sequence[Taken],
    ) -> None:
        """Note what an officer carries by his own word, and what he need not carry any more."""
        if officer is None:
            return
        words = _words(said, addresses, taken, self.registry.now())
        news = await self.database.read(lambda conn: gaps.news(conn, officer, words))
        for at in range(0, len(news), NOTED_AT_ONCE):
            some = news[at : at + NOTED_AT_ONCE]
            note = partial(self.registry.note_carried, officer=officer, words=some)
            await self.database.write(note, sender=said.giver, size=len(some))

    async def _take_letter(
        self,
        raw: bytes,
        given: Given,
        said: Handover,
        officer: Officer | None,
        budget: int,
        answers: list[bytes],
    ) -> str:
        """Take one letter in; return what becomes of it, and add its answer to `answers`."""
        address, plain = open_letter(self.registry.key.box, raw)
        if address.spans:
            offer = read_goods(plain, address)
            carried = Request(VERSION, NOBODY, 0, [offer])
            done, _ = await self._take_in(carried, said.giver, None, 0)
            return _verdict([answer for _, answer in done])
        request = read_request(plain)
        reading = self._reading(request, given, said, officer)
        reply, box = await self.exchange(request, reading, budget)
        if officer is not None or request.key == said.giver:
            (whole,) = reply.ledgers
            parts = [
                self._sealed(
                    request, structs.replace(reply, ledgers=[part]), box, address.asker, priority
                )
                for priority, part in parted(whole, self.registry.key.public)
            ]
            if answers and sum(map(len, answers)) + sum(map(len, parts)) > ANSWERS_BYTES:
                return "too_large"  # each holds one batch at least, which may be a large one
            answers += parts
        return ""

    def _reading(
        self, request: Request, given: Given, said: Handover, officer: Officer | None
    ) -> Reading | None:
        """Return what a device's clock showed, by this registry's clock as the courier tells it."""
        if request.key == said.giver:
            return None  # it speaks for itself, now
        if officer is None or not given.taken:
            return Reading(None, 0)
        return Reading(request.clock + said.clock - given.taken, CARRIED_ERROR_SECONDS)

    def _officer(self, said: Handover, papers: Sequence[bytes]) -> Officer | None:
        """Return the certificate by which the giver may carry answers away."""
        officer = officer_among(papers, said.giver, self.registry.key.public)
        return officer if officer is not None and officer.expires >= self.registry.now() else None

    def _wanted(self, conn: Connection, told: bytes) -> str:
        """Return what a courier is told of a letter of which he shows the address alone."""
        address = _address(told)
        if address is None:
            return WANTED
        if ArtisanId(address.artisan) in self.registry.erased:
            return "erased"
        held = bool(address.spans) and self.registry.holds(conn, address)
        return "" if held else WANTED

    def _sealed(
        self,
        request: Request,
        reply: Reply,
        box: BoxPublic,
        asker: bytes = b"",
        priority: int = KEYS_FIRST,
    ) -> bytes:
        if not box:
            raise Refused("unknown_key", "no certificate names a box for answers to this key")
        to = to_id(PublicKey(request.key))
        address = Address(LETTER_VERSION, to, request.ledgers[0].artisan, [], priority, asker)
        return seal_letter(box, address, write_reply(reply))

    def _with_slip(self, said: Handover, answers: list[bytes], taken: list[Taken]) -> bytes:
        slip = write_slip(self.registry.key, self.registry.now(), said, taken)
        return write_bundle(answers, slip)


def _words(
    said: Handover, addresses: Sequence[Address | None], taken: Sequence[Taken], now: int
) -> list[gaps.Word]:
    """Return what the addresses of an officer's letters tell, and whether he carries them on."""
    words = []
    for given, address, became in zip(said.letters, addresses, taken, strict=True):
        since = min(now - (said.clock - given.taken), now) if given.taken else None
        if address is not None:
            whose, carried = ArtisanId(address.artisan), became.code not in SETTLED
            words += [gaps.Word(whose, span, since, carried) for span in address.spans]
    return words


def _address(told: bytes) -> Address | None:
    try:
        return read_address(told)
    except Refused:
        return None


def _address_of(raw: bytes) -> Address | None:
    try:
        return read_letter(raw).address
    except Refused:
        return None


def _verdict(answers: Sequence[Answer]) -> str:
    """Return what a courier is told of a letter of goods, from what became of its batches.

    What may still be stored another time comes first: such a letter is not to be thrown away.
    """
    codes = {each.code for answer in answers for each in answer.refused}
    for again in ("unknown_key", "too_large"):
        if again in codes:
            return again
    return min(codes, default="")
