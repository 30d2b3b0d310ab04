"""Batches: consecutive changes of one log, compressed and signed by their author.

Bytes are signed, never objects: a receiver verifies the header bytes it got, stores exactly those,
and hands exactly those on. The author may cut its changes into other batches at any time; everyone
else hands on whole ones.
"""

import zlib
from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta

from canting_protocol import codec
from canting_protocol.codec import Array
from canting_protocol.crypto import SIGNATURE_BYTES, PublicKey, SigningKey, sha256, verify
from canting_protocol.dictionaries import DICTIONARIES, NEWEST
from canting_protocol.errors import Refused
from canting_protocol.limits import (
    BATCH_BYTES_MAX,
    BATCH_CHANGES_MAX,
    BATCH_INFLATED_BYTES_MAX,
    INTEGER_MAX,
)
from canting_protocol.log import (
    ARTISAN_BYTES,
    HASH_BYTES,
    LOG_BYTES,
    ArtisanId,
    Descriptor,
    Hash,
    LogId,
    Placed,
    next_hash,
)

VERSION: Final = 1
_PURPOSE: Final = b"canting/batch/1"
_Integer = Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)]


class Envelope(Array, frozen=True):
    """The signed header bytes and the signature over them: what travels and is stored."""

    header: bytes
    signature: Annotated[bytes, Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]


class Header(Array, frozen=True):
    """What a batch says of itself; the body is the last of it, so one signature covers all."""

    version: int
    artisan: Annotated[bytes, Meta(min_length=ARTISAN_BYTES, max_length=ARTISAN_BYTES)]
    log: Annotated[bytes, Meta(min_length=LOG_BYTES, max_length=LOG_BYTES)]
    first: Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
    previous: Annotated[bytes, Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
    clock: _Integer
    """The author's clock when the batch was signed, seconds since 1970."""
    dictionary: int
    count: Annotated[int, Meta(ge=1, le=BATCH_CHANGES_MAX)]
    body: bytes

    @property
    def last(self) -> int:
        """Return the number of the last change."""
        return self.first + self.count - 1


class Batch(Array, frozen=True):
    """A batch that has been verified: its header, its changes, and the bytes to keep."""

    header: Header
    changes: tuple[Placed, ...]
    raw: bytes
    inflated: int = 0
    """How many bytes the body inflates to."""

    @property
    def digest(self) -> bytes:
        """Return the 32 bytes a batch is known by."""
        return sha256(self.raw)


_envelope: Final = codec.decoder(Envelope)
_header: Final = codec.decoder(Header)
_version: Final = codec.decoder(list[codec.Raw])
_integer: Final = codec.decoder(int)


def cut(
    key: SigningKey,
    artisan: ArtisanId,
    changes: Sequence[Placed],
    clock: int,
    dictionary: int = NEWEST,
) -> bytes:
    """Return the envelope of consecutive changes of one log, signed by its author.

    The caller keeps within BATCH_CHANGES_MAX and BATCH_INFLATED_BYTES_MAX (see `cuts`).
    """
    frames = bytearray()
    t = clock
    for change in changes:
        frames += codec.uvarint(codec.zigzag(change.t - t))
        frames += codec.uvarint(len(change.body))
        frames += change.body
        t = change.t
    assert len(changes) <= BATCH_CHANGES_MAX
    assert len(frames) <= BATCH_INFLATED_BYTES_MAX
    header = codec.encode(
        Header(
            VERSION,
            artisan,
            changes[0].log,
            changes[0].n,
            changes[0].previous,
            clock,
            dictionary,
            len(changes),
            deflate(bytes(frames), dictionary),
        )
    )
    return codec.encode(Envelope(header, key.sign(_PURPOSE, header)))


def cuts(changes: Sequence[Placed]) -> list[Sequence[Placed]]:
    """Return consecutive changes of one log in runs that each fit a batch."""
    runs: list[Sequence[Placed]] = []
    begin = size = 0
    for position, change in enumerate(changes):
        cost = len(change.body) + 20  # two varints of at most 10 and 3 bytes, with room
        if position - begin == BATCH_CHANGES_MAX or size + cost > BATCH_INFLATED_BYTES_MAX:
            runs.append(changes[begin:position])
            begin, size = position, 0
        size += cost
    if begin < len(changes):
        runs.append(changes[begin:])
    return runs


def peek(raw: bytes) -> tuple[Header, Envelope]:
    """Return what a batch claims, unverified.

    Raises:
        Refused: `malformed`, `unknown_version`, `unknown_dictionary`, `too_large`.
    """
    if len(raw) > BATCH_BYTES_MAX:
        raise Refused("too_large", f"a batch of more than {BATCH_BYTES_MAX} bytes")
    envelope = codec.decode(_envelope, raw)
    parts = codec.decode(_version, envelope.header)
    if not parts or codec.decode(_integer, bytes(parts[0])) != VERSION:
        raise Refused("unknown_version", "a batch of a version that is not known here")
    header = codec.decode(_header, envelope.header)
    if header.last > INTEGER_MAX:
        raise Refused("malformed", "a position beyond what a number can hold")
    if header.dictionary not in DICTIONARIES:
        raise Refused("unknown_dictionary", f"dictionary {header.dictionary} is not known here")
    return header, envelope


def open_batch(raw: bytes, descriptor: Descriptor) -> Batch:
    """Verify a batch against the log it says it belongs to, and return its changes with hashes.

    Raises:
        Refused: what `peek` raises, and `wrong_log`, `bad_signature`, `bad_body`.
    """
    header, envelope = peek(raw)
    origin = descriptor.origin
    if header.log != origin[:LOG_BYTES] or (header.first == 1 and header.previous != origin):
        raise Refused("wrong_log", "the batch is not of the log that was announced")
    verify(PublicKey(descriptor.key), _PURPOSE, envelope.header, envelope.signature)
    frames = inflate(header.body, header.dictionary)
    log, previous, t, at = LogId(header.log), Hash(header.previous), header.clock, 0
    changes = []
    for n in range(header.first, header.last + 1):
        step, at = codec.read_uvarint(frames, at)
        if at < len(frames) and frames[at] < 0x80:  # as most are
            length, at = frames[at], at + 1
        else:
            length, at = codec.read_uvarint(frames, at)
        body = frames[at : at + length]
        at += length
        t += codec.unzigzag(step)
        if len(body) != length or not -INTEGER_MAX <= t <= INTEGER_MAX:
            raise Refused("bad_body", "a change is cut short, or its time is out of range")
        hash_ = next_hash(previous, t, body)
        changes.append(Placed(log, n, hash_, previous, t, body))
        previous = hash_
    if at != len(frames):
        raise Refused("bad_body", "the batch holds more than the changes it counts")
    return Batch(header, tuple(changes), raw, len(frames))


def deflate(data: bytes, dictionary: int) -> bytes:
    """Return the raw DEFLATE (RFC 1951) of the data, with a numbered preset dictionary."""
    squeeze = zlib.compressobj(
        9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, DICTIONARIES[dictionary]
    )
    return squeeze.compress(data) + squeeze.flush()


def inflate(data: bytes, dictionary: int) -> bytes:
    """Undo `deflate`, spending no more than BATCH_INFLATED_BYTES_MAX whatever the bytes say.

    Raises:
        Refused: `bad_body` when the stream is broken, does not end, or goes on after its end;
            `too_large` when it would inflate beyond the limit.
    """
    expand = zlib.decompressobj(-zlib.MAX_WBITS, DICTIONARIES[dictionary])
    try:
        out = expand.decompress(data, BATCH_INFLATED_BYTES_MAX + 1)
    except zlib.error as error:
        raise Refused("bad_body", "the batch does not inflate") from error
    if len(out) > BATCH_INFLATED_BYTES_MAX:
        raise Refused("too_large", f"the batch inflates beyond {BATCH_INFLATED_BYTES_MAX} bytes")
    if not expand.eof or expand.unused_data or expand.unconsumed_tail:
        raise Refused("bad_body", "the batch does not end where it should")
    return out
