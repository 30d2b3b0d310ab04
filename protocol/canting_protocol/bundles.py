"""Bundles: letters on their way, and the papers that go with them.

What is posted to a door, and what the door answers, is a bundle; a file is one too, and so is what
QR frames show. Who takes letters for someone else signs a slip, and who gives them signs first, so
that both hold the other's word. A slip says what was taken; that it has *arrived* only a receipt
of the registry says.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from canting_protocol import codec
from canting_protocol.codec import Array
from canting_protocol.crypto import KEY_BYTES, PublicKey, SigningKey, sha256
from canting_protocol.errors import Refused
from canting_protocol.letters import DIGEST_BYTES, digest_of
from canting_protocol.limits import (
    BUNDLE_BYTES_MAX,
    BUNDLE_LETTERS_MAX,
    INTEGER_MAX,
    LETTER_BYTES_MAX,
    OFFER_PAPERS_MAX,
    TEXT_BYTES_MAX,
)
from canting_protocol.messages import LETTERS
from canting_protocol.signed import Word, check_version

VERSION: Final = 1
_CODE: Final = b"canting/slip-code/1\0"
CODE_LETTERS: Final = 6

MAGIC: Final = b"CANTING\x01"
END_BYTES: Final = 32

_Key = Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
_Digest = Annotated[bytes, Meta(min_length=DIGEST_BYTES, max_length=DIGEST_BYTES)]
_Clock = Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)]
_Text = Annotated[str, Meta(max_length=TEXT_BYTES_MAX)]


class Bundle(Array, frozen=True):
    """Letters on their way.

    `paper` is the giver's signed word of what he hands over, or the slip for it. To one's own
    registry neither is needed: the question is signed, and its answer holds a receipt.
    """

    version: int
    letters: Annotated[list[bytes], Meta(max_length=BUNDLE_LETTERS_MAX)]
    paper: bytes = b""
    papers: Annotated[list[bytes], Meta(max_length=OFFER_PAPERS_MAX)] = []  # noqa: RUF012
    """Certificates: who the giver, or who the taker is."""
    addresses: Annotated[list[bytes], Meta(max_length=BUNDLE_LETTERS_MAX)] = []  # noqa: RUF012
    """Instead of letters, those of which it is asked whether they are still wanted."""


class Given(Array, frozen=True):
    """A letter in a hand-over, and when its giver took it from who wrote it, by his clock."""

    digest: _Digest
    taken: _Clock = 0
    """0: he does not know, or wrote it himself."""


class Handover(Array, frozen=True):
    """A giver's word: these letters, at this hour by my clock."""

    version: int
    giver: _Key
    clock: _Clock
    letters: Annotated[list[Given], Meta(max_length=BUNDLE_LETTERS_MAX)]


class Taken(Array, frozen=True):
    """What became of a letter at a hand-over."""

    digest: _Digest
    code: str = ""
    """Empty: taken. Else why not, or not yet."""


class Slip(Array, frozen=True):
    """A taker's word: from him, at this hour by his clock and by mine, these letters."""

    version: int
    taker: _Key
    giver: _Key
    given: _Clock
    taken: _Clock
    letters: Annotated[list[Taken], Meta(max_length=BUNDLE_LETTERS_MAX)]


class Officer(Array, frozen=True):
    """A registry's word that a key carries for it: who, where, until when."""

    version: int
    key: _Key
    name: _Text
    district: _Text
    enrolments: Annotated[int, Meta(ge=0, le=10_000)]
    """How many artisans he may enrol without the registry."""
    since: _Clock
    expires: _Clock


class Commission(Array, frozen=True):
    """The registry's answer to an officer who shows a one-time code."""

    version: int
    registry: _Key
    box: _Key
    paper: bytes
    """His certificate."""


SETTLED: Final = frozenset(
    {
        "",
        "malformed",
        "unknown_version",
        "wrong_log",
        "erased",
        "bad_signature",
        "bad_body",
        "not_openable",
        "unknown_dictionary",
    }
)
"""What a registry says of a letter that need not come again: stored, or never to be read."""

WANTED: Final = "wanted"
"""A letter that was only asked about, and is to be sent."""

_bundle: Final = codec.decoder(Bundle)
_commission: Final = codec.decoder(Commission)
_handover: Final = Word(Handover, b"canting/handover/1", VERSION)
_slip: Final = Word(Slip, b"canting/slip/1", VERSION)
_officer: Final = Word(Officer, b"canting/officer/1", VERSION)


def write_bundle(
    letters: Sequence[bytes],
    paper: bytes = b"",
    papers: Sequence[bytes] = (),
    addresses: Sequence[bytes] = (),
) -> bytes:
    """Return a bundle's bytes."""
    return codec.encode(Bundle(VERSION, list(letters), paper, list(papers), list(addresses)))


def read_bundle(data: bytes) -> Bundle:
    """Return a bundle. Nothing in it is verified.

    Raises:
        Refused: `too_large`, `malformed`, `unknown_version`.
    """
    if len(data) > BUNDLE_BYTES_MAX:
        raise Refused("too_large", f"a bundle of more than {BUNDLE_BYTES_MAX} bytes")
    bundle = codec.decode(_bundle, data)
    check_version(bundle, VERSION)
    return bundle


def write_handover(key: SigningKey, clock: int, letters: Sequence[Given]) -> bytes:
    """Return a giver's signed word."""
    return _handover.write(key, Handover(VERSION, key.public, clock, list(letters)))


def read_handover(data: bytes) -> Handover:
    """Return a verified hand-over.

    Raises:
        Refused: `malformed`, `unknown_version`, `bad_signature`.
    """
    return _handover.read(data, lambda said: said.giver)


def check_handover(said: Handover, letters: Sequence[bytes]) -> None:
    """Raise `Refused` (`malformed`) when a hand-over does not name exactly these letters."""
    if [each.digest for each in said.letters] != [digest_of(raw) for raw in letters]:
        raise Refused("malformed", "the hand-over does not name the letters that came with it")


def write_slip(key: SigningKey, clock: int, said: Handover, letters: Sequence[Taken]) -> bytes:
    """Return a taker's signed answer to a hand-over."""
    slip = Slip(VERSION, key.public, said.giver, said.clock, clock, list(letters))
    return _slip.write(key, slip)


def read_slip(data: bytes) -> Slip:
    """Return a verified slip.

    Raises:
        Refused: `malformed`, `unknown_version`, `bad_signature`.
    """
    return _slip.read(data, lambda slip: slip.taker)


def slip_code(slip: bytes) -> str:
    """Return the six letters that both sides show of a slip, to be compared by eye."""
    number = int.from_bytes(sha256(_CODE, slip)[:4], "big")
    return "".join(LETTERS[number >> 5 * at & 31] for at in range(CODE_LETTERS))


def write_officer(key: SigningKey, officer: Officer) -> bytes:
    """Return a certificate, signed by the registry."""
    return _officer.write(key, officer)


@lru_cache(maxsize=64)  # an officer shows the same one at every visit
def read_officer(data: bytes, registry: PublicKey) -> Officer:
    """Return a verified certificate; whether it has expired is for who asks.

    Raises:
        Refused: `malformed`, `unknown_version`, `bad_signature`.
    """
    return _officer.read(data, lambda _: registry)


def officer_among(papers: Sequence[bytes], key: bytes, registry: PublicKey) -> Officer | None:
    """Return the certificate by which the registry knows the holder of a key, if one is shown."""
    for paper in papers:
        try:
            officer = read_officer(paper, registry)
        except Refused:
            continue
        if officer.key == key:
            return officer
    return None


def write_commission(commission: Commission) -> bytes:
    """Return the answer's bytes."""
    return codec.encode(commission)


def read_commission(data: bytes) -> tuple[Commission, Officer]:
    """Return the answer to an officer, and the certificate in it, verified.

    Raises:
        Refused: `malformed`, `unknown_version`, `bad_signature`.
    """
    commission = codec.decode(_commission, data)
    check_version(commission, VERSION)
    return commission, read_officer(commission.paper, PublicKey(commission.registry))


# -- as a file -----------------------------------------------------------------------------------


class Unpacked(NamedTuple):
    """What a file holds, and whether it is whole."""

    bundle: Bundle
    whole: bool


def pack(letters: Sequence[bytes], paper: bytes = b"", papers: Sequence[bytes] = ()) -> bytes:
    """Return a bundle as a file: its papers, each letter in a frame of its own, a digest.

    Cut at any byte, the letters before the cut are good.
    """
    out = bytearray(MAGIC)
    for part in (write_bundle([], paper, papers), *letters):
        out += codec.uvarint(len(part)) + part
    out += b"\0"
    return bytes(out) + sha256(bytes(out))


def unpack(data: bytes) -> Unpacked:
    """Return what a file holds, as far as it goes.

    Raises:
        Refused: `malformed` when it is no bundle, or its digest is another; `too_large`.
    """
    if not data.startswith(MAGIC):
        raise Refused("malformed", "this is no bundle of letters")
    parts, end = [], None
    for part, after in _frames(data):
        if part:
            parts.append(part)
        else:
            end = after
    if end is not None and data[end:] and sha256(data[:end]) != data[end : end + END_BYTES]:
        if len(data) >= end + END_BYTES:
            raise Refused("malformed", "a byte of this bundle was changed")
        end = None
    if not parts:
        raise Refused("malformed", "this bundle is cut off before its first letter")
    whole = end is not None and len(data) == end + END_BYTES
    if end is not None and len(data) > end + END_BYTES:
        raise Refused("malformed", "something follows the end of this bundle")
    head = read_bundle(parts[0])
    return Unpacked(Bundle(VERSION, parts[1:], head.paper, head.papers), whole)


def _frames(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield each whole frame and where the next begins; an empty frame is the last."""
    at = len(MAGIC)
    while at < len(data):
        try:
            length, begins = codec.read_uvarint(data, at)
        except Refused:
            return
        if length > max(LETTER_BYTES_MAX, BUNDLE_BYTES_MAX):
            raise Refused("too_large", "a letter in this bundle is too large")
        at = begins + length
        if at > len(data):
            return
        yield data[begins:at], at
        if not length:
            return
