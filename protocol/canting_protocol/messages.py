"""What is said in one exchange: a signed request, a reply, and the registry's signed receipt.

A request holds the frontier of each ledger and the batches its sender believes are lacking; a
reply the batches the sender lacks and a receipt, which is the registry's whole frontier and what
became of every change that was not simply applied. Nothing in either is a cursor.
"""

from enum import IntEnum
from functools import lru_cache
from typing import Annotated, Final

from msgspec import Meta

from canting_protocol import codec
from canting_protocol.codec import Array
from canting_protocol.crypto import (
    KEY_BYTES,
    PublicKey,
    SigningKey,
    sha256,
)
from canting_protocol.errors import Refused
from canting_protocol.limits import (
    FRONTIER_HEADS_MAX,
    INTEGER_MAX,
    OFFER_PAPERS_MAX,
    RECEIPT_EXCEPTIONS_MAX,
    REPLY_BYTES_MAX,
    REQUEST_BATCHES_MAX,
    REQUEST_BYTES_MAX,
    REQUEST_LEDGERS_MAX,
    TEXT_BYTES_MAX,
)
from canting_protocol.log import ARTISAN_BYTES, LOG_BYTES, Descriptor, Head
from canting_protocol.signed import Word, check_version

VERSION: Final = 1
MEDIA_TYPE: Final = "application/vnd.canting"
HEAD_HASH_BYTES: Final = 16

_Position = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
_Integer = Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)]
_Artisan = Annotated[bytes, Meta(min_length=ARTISAN_BYTES, max_length=ARTISAN_BYTES)]
_Log = Annotated[bytes, Meta(min_length=LOG_BYTES, max_length=LOG_BYTES)]
_Key = Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
_Box = Annotated[bytes, Meta(max_length=KEY_BYTES)]
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, for what people read and type: no I, L, O, U to be taken for another."""
_READ_AS: Final = str.maketrans("ILO", "110")
_HeadHash = Annotated[bytes, Meta(min_length=HEAD_HASH_BYTES, max_length=HEAD_HASH_BYTES)]


class HeldHead(Array, frozen=True):
    """first…n without a gap, ending in a hash (its first 16 bytes)."""

    first: _Position
    n: _Position
    hash: _HeadHash


class Held(Array, frozen=True):
    """A log as its holder has it: the descriptor by which it announces itself, and its heads."""

    descriptor: Descriptor
    heads: Annotated[list[HeldHead], Meta(max_length=FRONTIER_HEADS_MAX)]


class Offer(Array, frozen=True):
    """One ledger in a request: my frontier, what I believe you lack, a receipt to be seen."""

    artisan: _Artisan
    logs: Annotated[list[Held], Meta(max_length=FRONTIER_HEADS_MAX)]
    batches: Annotated[list[bytes], Meta(max_length=REQUEST_BATCHES_MAX)]
    receipt: bytes = b""
    papers: Annotated[list[bytes], Meta(max_length=OFFER_PAPERS_MAX)] = []  # noqa: RUF012
    """Until the registry has certified this key: who vouched for it, and his certificate."""


class Request(Array, frozen=True):
    """What a device says; its signature covers all of it, and no clock decides anything."""

    version: int
    key: _Key
    clock: _Integer
    """The sender's clock as it sends, seconds since 1970: evidence of its error."""
    ledgers: Annotated[list[Offer], Meta(min_length=1, max_length=REQUEST_LEDGERS_MAX)]


class Turned(Array, frozen=True):
    """A batch that was refused at the door: its place in the offer, and why."""

    index: int
    code: str


class Stated(Array, frozen=True):
    """How far a log had come by its own device's word, where that has not arrived."""

    log: _Log
    n: _Position


class Answer(Array, frozen=True):
    """One ledger in a reply."""

    artisan: _Artisan
    logs: list[Descriptor]
    batches: list[bytes]
    receipt: bytes
    refused: list[Turned] = []  # noqa: RUF012  # msgspec copies an empty default
    stated: list[Stated] = []  # noqa: RUF012


class Reply(Array, frozen=True):
    """What the registry says back. All that matters in it is signed by someone."""

    version: int
    clock: _Integer
    ledgers: list[Answer]


class Verdict(IntEnum):
    """What became of one change."""

    APPLIED = 0
    CONFLICT = 1
    PARKED = 2
    REFUSED = 3


class Reason(IntEnum):
    """Why a change was parked or refused. Numbers are for ever."""

    NONE = 0
    UNKNOWN_KIND = 1
    BAD_VALUE = 2
    OUT_OF_SCOPE = 3
    NOT_YOURS = 4
    NOT_A_FACT = 5
    REVOKED = 6


class ReceiptHead(Array, frozen=True):
    """What the registry has stored of a log."""

    log: _Log
    first: _Position
    n: _Position
    hash: _HeadHash


class Exceptions(Array, frozen=True):
    """first…last of a log, ending in a hash (16 bytes), with one verdict other than applied."""

    log: _Log
    first: _Position
    last: _Position
    hash: _HeadHash
    verdict: int
    reason: int = 0


class Receipt(Array, frozen=True):
    """The registry's statement of what it has stored; ordered by (epoch, number)."""

    version: int
    artisan: _Artisan
    epoch: Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
    number: _Integer
    heads: list[ReceiptHead]
    exceptions: Annotated[list[Exceptions], Meta(max_length=RECEIPT_EXCEPTIONS_MAX)]
    more: bool = False
    """There are more exceptions than a receipt may name."""

    @property
    def order(self) -> tuple[int, int]:
        """Return what receipts are ordered by."""
        return self.epoch, self.number


class Enrolment(Array, frozen=True):
    """A device asks to be let in with a one-time code, and proves that it has its key."""

    version: int
    code: Annotated[str, Meta(min_length=1, max_length=64)]
    key: _Key
    box: _Box = b""
    """What letters to the device are sealed to."""


class Enrolled(Array, frozen=True):
    """The registry's answer to an enrolment: whose ledger, whose word to trust, and its log."""

    version: int
    artisan: _Artisan
    registry: _Key
    logs: list[Descriptor]
    batches: list[bytes]
    receipt: bytes
    box: _Box = b""
    """What letters to the registry are sealed to."""
    papers: Annotated[list[bytes], Meta(max_length=OFFER_PAPERS_MAX)] = []  # noqa: RUF012
    """From an officer, who has no receipt to give: his certificate and his word."""
    url: Annotated[str, Meta(max_length=TEXT_BYTES_MAX)] = ""
    """Where the registry is, when it is not where this was asked."""


_request: Final = Word(Request, b"canting/request/1", VERSION)
_receipt: Final = Word(Receipt, b"canting/receipt/1", VERSION)
_enrolment: Final = Word(Enrolment, b"canting/enrol/1", VERSION)
_reply: Final = codec.decoder(Reply)
_enrolled: Final = codec.decoder(Enrolled)


def held(descriptor: Descriptor, heads: list[Head]) -> Held:
    """Return a log's line of a frontier."""
    return Held(
        descriptor,
        [HeldHead(head.first, head.n, head.hash[:HEAD_HASH_BYTES]) for head in heads],
    )


def write_request(key: SigningKey, request: Request) -> bytes:
    """Return a request, signed."""
    return _request.write(key, request)


def read_request(data: bytes) -> Request:
    """Return a verified request.

    Raises:
        Refused: `too_large`, `malformed`, `unknown_version`, `bad_signature`.
    """
    if len(data) > REQUEST_BYTES_MAX:
        raise Refused("too_large", f"a request of more than {REQUEST_BYTES_MAX} bytes")
    request = _request.read(data, lambda said: said.key)
    for offer in request.ledgers:
        for log in offer.logs:
            log.descriptor.check()
    return request


def write_reply(reply: Reply) -> bytes:
    """Return a reply's bytes."""
    return codec.encode(reply)


def read_reply(data: bytes) -> Reply:
    """Return a reply. Its batches and receipts still have to be verified, each by itself.

    Raises:
        Refused: `too_large`, `malformed`, `unknown_version`.
    """
    if len(data) > REPLY_BYTES_MAX:
        raise Refused("too_large", f"a reply of more than {REPLY_BYTES_MAX} bytes")
    reply = codec.decode(_reply, data)
    check_version(reply, VERSION)
    for answer in reply.ledgers:
        for descriptor in answer.logs:
            descriptor.check()
    return reply


def write_receipt(key: SigningKey, receipt: Receipt) -> bytes:
    """Return a receipt, signed by the registry."""
    return _receipt.write(key, receipt)


@lru_cache(maxsize=64)  # a book reads its newest one at every step of a sync
def read_receipt(data: bytes, registry: PublicKey) -> Receipt:
    """Return a verified receipt.

    Raises:
        Refused: `malformed`, `unknown_version`, `bad_signature`.
    """
    return _receipt.read(data, lambda _: registry)


def peek_receipt(data: bytes) -> Receipt:
    """Return what a receipt says, unverified: for the registry, of the ones that it keeps itself.

    Raises:
        Refused: `malformed`.
    """
    return _receipt.peek(data)


def write_enrolment(key: SigningKey, code: str) -> bytes:
    """Return a request to be enrolled, with the proof of the key."""
    return _enrolment.write(key, Enrolment(VERSION, code, key.public, key.box.public))


def read_enrolment(data: bytes) -> Enrolment:
    """Return a verified request to be enrolled.

    Raises:
        Refused: `malformed`, `unknown_version`, `bad_signature`.
    """
    return _enrolment.read(data, lambda said: said.key)


def hash_code(code: str) -> bytes:
    """Return what is stored of a one-time code; its dashes, spaces and case are for the eye.

    Letters that look like a digit are read as it (Crockford's base 32 has no I, L, O).
    """
    plain = "".join(each for each in code.upper() if each.isalnum()).translate(_READ_AS)
    return sha256(b"canting/code/1\0", plain.encode())


def write_enrolled(enrolled: Enrolled) -> bytes:
    """Return the answer's bytes."""
    return codec.encode(enrolled)


def read_enrolled(data: bytes) -> Enrolled:
    """Return the answer to an enrolment.

    Raises:
        Refused: `malformed`, `unknown_version`.
    """
    enrolled = codec.decode(_enrolled, data)
    check_version(enrolled, VERSION)
    for descriptor in enrolled.logs:
        descriptor.check()
    return enrolled
