"""Letters: what is said between a device and its registry, sealed to who may read it.

A courier reads the address and no more. A *question* is a signed request and is answered; *goods*
are an offer of signed batches, and are stored; an *answer* is a reply. Whatever way a letter takes,
it is the same bytes.
"""

from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from canting_protocol import codec
from canting_protocol.codec import Array
from canting_protocol.crypto import BoxKey, BoxPublic, PublicKey, seal_to, sha256
from canting_protocol.errors import Refused
from canting_protocol.limits import INTEGER_MAX, LETTER_BYTES_MAX, LETTER_SPANS_MAX
from canting_protocol.log import ARTISAN_BYTES, PREFIX_BYTES
from canting_protocol.messages import Offer

VERSION: Final = 1
DIGEST_BYTES: Final = 16
TO_BYTES: Final = 8
ASKER_BYTES: Final = 4

_TO: Final = b"canting/to/1\0"
_LETTER: Final = b"canting/letter/1\0"

_Position = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
_Prefix = Annotated[bytes, Meta(min_length=PREFIX_BYTES, max_length=PREFIX_BYTES)]

KEYS_FIRST: Final = 0
"""Questions, answers, and what holds certificates and revocations."""
MONEY: Final = 1
"""What she wrote herself."""
OTHERS: Final = 2
"""What her other devices wrote, which they hand over themselves as well."""


class Span(Array, frozen=True):
    """first…n of a log, ending in a hash: which changes are in a letter of goods."""

    log: _Prefix
    first: _Position
    n: _Position
    hash: _Prefix


class Address(Array, frozen=True):
    """What a courier may read of a letter; the seal is bound to it."""

    version: int
    to: Annotated[bytes, Meta(min_length=TO_BYTES, max_length=TO_BYTES)]
    artisan: Annotated[bytes, Meta(min_length=ARTISAN_BYTES, max_length=ARTISAN_BYTES)]
    spans: Annotated[list[Span], Meta(max_length=LETTER_SPANS_MAX)] = []  # noqa: RUF012
    """Nothing for a question or an answer."""
    priority: Annotated[int, Meta(ge=0, le=100)] = KEYS_FIRST
    asker: Annotated[bytes, Meta(max_length=ASKER_BYTES)] = b""
    """Of a question and its answer: in which log the asker writes. Two copies of a phone, which
    share a key, do not take each other's place by it."""


class _Letter(Array, frozen=True):
    address: bytes
    sealed: bytes


class Letter(NamedTuple):
    """A letter as a courier sees it."""

    raw: bytes
    address: Address

    @property
    def digest(self) -> bytes:
        """Return the 16 bytes that a letter is known by."""
        return digest_of(self.raw)


_letter: Final = codec.decoder(_Letter)
_address: Final = codec.decoder(Address)
_offer: Final = codec.decoder(Offer)


def to_id(key: PublicKey) -> bytes:
    """Return the 8 bytes by which the holder of a key is addressed."""
    return sha256(_TO, key)[:TO_BYTES]


def digest_of(raw: bytes) -> bytes:
    """Return the 16 bytes that a letter is known by."""
    return sha256(raw)[:DIGEST_BYTES]


def seal_letter(box: BoxPublic, address: Address, plain: bytes) -> bytes:
    """Return a letter: `plain` sealed to a box, and bound to its address.

    Raises:
        Refused: `malformed`, when the box is none.
    """
    told = codec.encode(address)
    return codec.encode(_Letter(told, seal_to(box, plain, _LETTER + told)))


def read_letter(raw: bytes) -> Letter:
    """Return a letter as a courier sees it: nothing of it is verified.

    Raises:
        Refused: `too_large`, `malformed`, `unknown_version`.
    """
    return Letter(raw, _parts(raw)[0])


def read_address(told: bytes) -> Address:
    """Return an address from its bytes.

    Raises:
        Refused: `malformed`, `unknown_version`.
    """
    address = codec.decode(_address, told)
    if address.version != VERSION:
        raise Refused("unknown_version", f"version {address.version} is not known here")
    return address


def open_letter(box: BoxKey, raw: bytes) -> tuple[Address, bytes]:
    """Return a letter's address and what it says.

    Raises:
        Refused: what `read_letter` raises, and `not_openable`.
    """
    address, letter = _parts(raw)
    return address, box.open(letter.sealed, _LETTER + letter.address)


def write_goods(offer: Offer) -> bytes:
    """Return what a letter of goods says: batches and the descriptors of their logs."""
    return codec.encode(offer)


def read_goods(plain: bytes, address: Address) -> Offer:
    """Return the offer in a letter of goods.

    It is not signed: every batch in it is, by its author.

    Raises:
        Refused: `malformed`, `wrong_log` when it is of another ledger than the address says.
    """
    offer = codec.decode(_offer, plain)
    for log in offer.logs:
        log.descriptor.check()
    if offer.artisan != address.artisan:
        raise Refused("wrong_log", "the letter is addressed for another ledger")
    return offer


def in_order(letters: Sequence[Letter]) -> list[Letter]:
    """Return letters as they are handed on: what is useful soonest first, else as they stand."""
    return sorted(letters, key=lambda letter: letter.address.priority)


def _parts(raw: bytes) -> tuple[Address, _Letter]:
    if len(raw) > LETTER_BYTES_MAX:
        raise Refused("too_large", f"a letter of more than {LETTER_BYTES_MAX} bytes")
    letter = codec.decode(_letter, raw)
    return read_address(letter.address), letter
