"""Frames: bytes cut into pieces that a screen shows one after another, to be caught in any order.

The first K frames are the pieces as they are; every later one is an XOR of some of them, so that
whichever frames a camera misses, a few more than K of the others are enough (a random linear code
over GF(2)). What comes out is what went in, by its SHA-256, or nothing yet.

A frame is `session (4) ‖ length (3) ‖ sequence (2) ‖ payload ‖ CRC-32 (4)`. K follows from the
length and from the payload's, so it need not travel. (docs/protocol.md, section 10)
"""

import struct
import zlib
from collections.abc import Iterator
from itertools import cycle
from typing import Final, NamedTuple

from canting_protocol.crypto import sha256
from canting_protocol.errors import TooBig
from canting_protocol.limits import (
    FRAME_PIECES_MAX,
    FRAME_SEQUENCE_MAX,
    FRAMED_BYTES_MAX,
)

FRAME_OVERHEAD_BYTES: Final = 13
SESSION_BYTES: Final = 4
SESSIONS_KEPT: Final = 4
"""Contents that are gathered side by side: what was on the screen before is often caught too."""

_PURPOSE: Final = b"canting/frame/1\0"
"""Before what is checked or hashed, so that a frame of another kind is none of ours."""
_CRC_BEGUN: Final = zlib.crc32(_PURPOSE)
_HASH_BYTES: Final = 32
_CRC_BYTES: Final = 4
_LENGTH_BYTES: Final = 3
_SEQUENCE_BYTES: Final = 2

assert SESSION_BYTES + _LENGTH_BYTES + _SEQUENCE_BYTES + _CRC_BYTES == FRAME_OVERHEAD_BYTES
assert FRAMED_BYTES_MAX < 256**_LENGTH_BYTES
assert FRAME_PIECES_MAX <= FRAME_SEQUENCE_MAX < 256**_SEQUENCE_BYTES


class Heading(NamedTuple):
    """What the frames of one content have in common."""

    session: bytes
    length: int
    payload_bytes: int

    @property
    def pieces(self) -> int:
        """Return K: into how many pieces the content and its hash are cut."""
        return -(-(self.length + _HASH_BYTES) // self.payload_bytes)

    def mask(self, sequence: int) -> int:
        """Return which pieces the frame of a number is the XOR of."""
        return mask_of(self.session, self.pieces, sequence)


class Frame(NamedTuple):
    """A frame whose CRC is right."""

    heading: Heading
    sequence: int
    payload: bytes


class Progress(NamedTuple):
    """How far a content has been gathered: it is whole when nothing is left to gather."""

    gathered: int
    pieces: int


def most_bytes(payload_bytes_max: int) -> int:
    """Return the most bytes that can be shown in frames of that size."""
    return min(FRAMED_BYTES_MAX, FRAME_PIECES_MAX * payload_bytes_max - _HASH_BYTES)


def heading_of(content: bytes, payload_bytes_max: int) -> Heading:
    """Return how a content is cut into as few pieces as go, all of them as small as that allows.

    Raises:
        TooBig: the content has too many bytes, or too many pieces of that size.
    """
    if len(content) > most_bytes(payload_bytes_max):
        raise TooBig(f"{len(content)} bytes are too many to be shown as frames")
    total = len(content) + _HASH_BYTES
    pieces = -(-total // payload_bytes_max)
    return Heading(sha256(content)[:SESSION_BYTES], len(content), -(-total // pieces))


def frames_of(content: bytes, payload_bytes_max: int) -> Iterator[bytes]:
    """Yield frames without end; after the last sequence number comes the first again.

    Raises:
        TooBig: the content has too many bytes, or too many pieces of that size.
    """
    heading = heading_of(content, payload_bytes_max)
    size = heading.payload_bytes
    filled = (content + sha256(content)).ljust(heading.pieces * size, b"\0")
    pieces = [int.from_bytes(filled[at : at + size], "big") for at in range(0, len(filled), size)]
    return (
        _write(heading, sequence, _mixed(pieces, heading.mask(sequence)))
        for sequence in cycle(range(FRAME_SEQUENCE_MAX + 1))
    )


def mask_of(session: bytes, pieces: int, sequence: int) -> int:
    """Return which pieces a frame is the XOR of: bit j of the number is piece j.

    The bits are those of SHA-256, which a page computes as well as we do. A mask without any bit
    would tell nothing: such a frame is a piece as it is.
    """
    if sequence < pieces:
        return 1 << sequence
    seed = _PURPOSE + session + struct.pack(">HH", pieces, sequence)
    bits = b"".join(sha256(seed, bytes([block])) for block in range(-(-pieces // 256)))
    return int.from_bytes(bits, "little") & ((1 << pieces) - 1) or 1 << sequence % pieces


def read_frame(data: bytes) -> Frame | None:
    """Return a frame, or None when its CRC, or what it says of itself, is wrong."""
    size = len(data) - FRAME_OVERHEAD_BYTES
    if size < 1 or data[-_CRC_BYTES:] != _crc(data[:-_CRC_BYTES]):
        return None
    length_at, sequence_at = SESSION_BYTES, SESSION_BYTES + _LENGTH_BYTES
    payload_at = sequence_at + _SEQUENCE_BYTES
    heading = Heading(data[:length_at], int.from_bytes(data[length_at:sequence_at], "big"), size)
    fits = heading.length <= FRAMED_BYTES_MAX and size <= heading.length + _HASH_BYTES
    if not fits or heading.pieces > FRAME_PIECES_MAX:
        return None
    sequence = int.from_bytes(data[sequence_at:payload_at], "big")
    return Frame(heading, sequence, data[payload_at:-_CRC_BYTES])


class Gathering:
    """Frames that were caught, until they come to a content; in any order, from any reader.

    Frames of several contents are kept apart: those of the one shown before disturb nobody.
    """

    def __init__(self) -> None:
        self.content: bytes | None = None
        self._rows: dict[Heading, _Rows] = {}
        self._whole: Progress | None = None

    @property
    def progress(self) -> Progress:
        """Return how far the content has come that is nearest to being whole."""
        if self._whole is not None:
            return self._whole
        states = [Progress(len(rows), heading.pieces) for heading, rows in self._rows.items()]
        return max(states, key=lambda each: each.gathered / each.pieces, default=Progress(0, 0))

    def take(self, data: bytes) -> bool:
        """Take a frame in; say whether it told anything new.

        What is no frame, is damaged, or follows from what was taken already, tells nothing.
        """
        frame = None if self.content is not None else read_frame(data)
        if frame is None:
            return False
        rows = self._of(frame.heading)
        payload = int.from_bytes(frame.payload, "big")
        if not rows.add(frame.heading.mask(frame.sequence), payload):
            return False
        if len(rows) == frame.heading.pieces:
            self._finish(frame.heading)
        return True

    def _of(self, heading: Heading) -> "_Rows":
        """Return the rows of a content, which now was heard of last; who is silent longest goes."""
        rows = self._rows.pop(heading, None) or _Rows()
        self._rows[heading] = rows
        if len(self._rows) > SESSIONS_KEPT:
            del self._rows[next(iter(self._rows))]
        return rows

    def _finish(self, heading: Heading) -> None:
        """Keep a content that is what its frames promised; one that is not begins anew."""
        size = heading.payload_bytes
        filled = b"".join(each.to_bytes(size, "big") for each in self._rows.pop(heading).solved())
        content = filled[: heading.length]
        hash_ = sha256(content)
        promised = filled[heading.length : heading.length + _HASH_BYTES]
        if hash_ == promised and hash_.startswith(heading.session):
            self.content = content
            self._whole = Progress(heading.pieces, heading.pieces)
            self._rows.clear()


class _Rows:
    """Equations over GF(2): which pieces (a mask), and what their XOR is; no two say the same."""

    def __init__(self) -> None:
        self._by_top: dict[int, tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self._by_top)

    def add(self, mask: int, payload: int) -> bool:
        """Take an equation in, unless it follows from those that are here."""
        while mask:
            top = mask.bit_length() - 1
            if top not in self._by_top:
                self._by_top[top] = (mask, payload)
                return True
            known, their_payload = self._by_top[top]
            mask ^= known
            payload ^= their_payload
        return False

    def solved(self) -> list[int]:
        """Return every piece; as many equations as pieces must be here."""
        pieces: list[int] = []
        for top in range(len(self._by_top)):
            mask, payload = self._by_top[top]
            pieces.append(payload ^ _mixed(pieces, mask ^ 1 << top))
        return pieces


def _mixed(pieces: list[int], mask: int) -> int:
    """Return the XOR of the pieces that a mask names."""
    mixed = 0
    while mask:
        lowest = mask & -mask
        mixed ^= pieces[lowest.bit_length() - 1]
        mask ^= lowest
    return mixed


def _write(heading: Heading, sequence: int, payload: int) -> bytes:
    data = b"".join(
        (
            heading.session,
            heading.length.to_bytes(_LENGTH_BYTES, "big"),
            sequence.to_bytes(_SEQUENCE_BYTES, "big"),
            payload.to_bytes(heading.payload_bytes, "big"),
        )
    )
    return data + _crc(data)


def _crc(data: bytes) -> bytes:
    return zlib.crc32(data, _CRC_BEGUN).to_bytes(_CRC_BYTES, "big")
