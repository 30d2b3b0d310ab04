"""What a screen shows: base45, masks, frames, and streams of frames as a camera catches them.

The frames of streams are written here by hand, not by the code that they check.
"""

from hashlib import sha256
from itertools import islice
from typing import Final
from zlib import crc32

from tests.vectors.say import Json

from canting_protocol import base45
from canting_protocol.frames import Gathering, frames_of, heading_of, mask_of
from canting_protocol.limits import FRAME_PIECES_MAX, FRAME_SEQUENCE_MAX, FRAMED_BYTES_MAX

_GOOD: Final = (
    *(b"", b"A", b"AB", b"ABC", b"Hello!!", b"base-45", b"ietf!", b"\0", b"\xff"),
    *(b"\0\0", b"\xff\xff", b"\0\0\0", bytes(range(256))),
)
_REFUSED: Final = (
    ("three letters that come to 65536", "GGW"),
    ("the most that three letters come to", ":::"),
    ("two letters that come to 256", "V5"),
    ("a letter alone", "0"),
    ("a letter too many", "BB80"),
    ("lower case", "bb8"),
    ("a letter of none of ours", "BB_"),
)
_WHOLE: Final = (1, 2, 16, 80, 255, 256, 257, FRAME_PIECES_MAX)
_LARGE: Final = 80
"""From so many pieces on, only a few of the frames are written down."""


def frames() -> Json:
    """Return base45 both ways, masks, the frames of contents, and what streams come to."""
    return {
        "base45": {
            "good": [{"bytes": data.hex(), "text": base45.encode(data)} for data in _GOOD],
            "refused": [{"why": why, "text": text} for why, text in _REFUSED],
        },
        "masks": [_mask(pieces, sequence) for pieces in _WHOLE for sequence in _sequences(pieces)],
        "contents": [
            _content("one piece", b"seratus kain", 250),
            _content("nothing at all", b"", 250),
            _content("two pieces, the last one filled up", _bytes(31), 32),
            _content("ten of version 10", _bytes(2400), 250),
            _content("sixteen pieces", _bytes(480), 32),
            _content("eighty pieces", _bytes(608), 8),
            _content("255 pieces", _bytes(478), 2),
        ],
        "streams": _streams(),
    }


def _bytes(size: int) -> bytes:
    """Return bytes that look like any others, and are the same for ever."""
    blocks = (sha256(b"canting" + bytes([n])).digest() for n in range(-(-size // 32)))
    return b"".join(blocks)[:size]


def _sequences(pieces: int) -> list[int]:
    return sorted({0, pieces - 1, *range(pieces, pieces + 4), FRAME_SEQUENCE_MAX})


def _mask(pieces: int, sequence: int) -> Json:
    session = b"\x1f\x2e\x3d\x4c"
    mask = mask_of(session, pieces, sequence)
    told: dict[str, Json] = {
        "session": session.hex(),
        "pieces": pieces,
        "sequence": sequence,
        "mask": mask.to_bytes(-(-pieces // 8), "little").hex(),
    }
    if pieces <= 16:
        told["of"] = [piece for piece in range(pieces) if mask >> piece & 1]
    return told


def _content(name: str, content: bytes, payload_bytes_max: int) -> Json:
    heading = heading_of(content, payload_bytes_max)
    pieces = heading.pieces
    told = [*range(pieces + 4)] if pieces < _LARGE else [0, pieces - 1, *range(pieces, pieces + 3)]
    shown = list(islice(frames_of(content, payload_bytes_max), pieces + 4))
    return {
        "name": name,
        "content": content.hex(),
        "payload_bytes_max": payload_bytes_max,
        "session": heading.session.hex(),
        "pieces": pieces,
        "payload_bytes": heading.payload_bytes,
        "frames": [{"sequence": n, "text": base45.encode(shown[n])} for n in told],
    }


def _by_hand(
    session: bytes, length: int, sequence: int, payload: bytes, purpose: bytes = b"canting/frame/1"
) -> bytes:
    data = session + length.to_bytes(3, "big") + sequence.to_bytes(2, "big") + payload
    return data + crc32(purpose + b"\0" + data).to_bytes(4, "big")


def _streams() -> Json:
    letter, before = _bytes(480), _bytes(479)
    shown = list(islice(frames_of(letter, 32), 40))
    stale = list(islice(frames_of(before, 32), 20))
    larger = list(islice(frames_of(letter, 64), 8))
    flipped = [each[:20] + bytes([each[20] ^ 1]) + each[21:] for each in shown[:3]]
    short = b"sekar jagad"
    session, whole = sha256(short).digest()[:4], short + sha256(short).digest()
    halves = whole[:22], whole[22:].ljust(22, b"\0")
    true = [_by_hand(session, 11, n, half) for n, half in enumerate(halves)]
    false = _by_hand(session, 11, 0, b"x" * 22)
    strange = [
        _by_hand(session, 11, 0, whole, b"canting/frame/2"),
        _by_hand(session, FRAMED_BYTES_MAX + 1, 0, bytes(2000)),
        _by_hand(session, 2 * FRAME_PIECES_MAX - 31, 0, b"xy"),
        _by_hand(session, 10, 0, bytes(43)),
        _by_hand(session, 11, 0, b""),
        true[0][:-1],
        true[0] + b"\0",
        b"",
    ]
    return [
        _stream("none is lost, in order", shown[:16]),
        _stream("every third is lost", [each for n, each in enumerate(shown) if n % 3]),
        _stream("only those that are mixed, the last first", shown[:15:-1]),
        _stream("some come twice, and it is not whole", shown[:8] * 2),
        _stream("those of the content shown before come between", _between(stale, shown)),
        _stream("those of larger pieces of the same content come between", _between(larger, shown)),
        _stream("one of its bits is flipped", [*flipped, *shown[3:16]]),
        _stream("they are no frames, and then they are", [*strange, *true]),
        _stream("one is false though its CRC is right: begun anew", [false, true[1], *true]),
    ]


def _between(some: list[bytes], others: list[bytes]) -> list[bytes]:
    return [frame for pair in zip(some, others, strict=False) for frame in pair] + others[
        len(some) :
    ]


def _stream(name: str, caught: list[bytes]) -> Json:
    gathering = Gathering()
    new: list[Json] = [gathering.take(each) for each in caught]
    content = gathering.content
    return {
        "name": name,
        "frames": [base45.encode(each) for each in caught],
        "new": new,
        "content": None if content is None else content.hex(),
    }
