"""MessagePack as Canting uses it: arrays, integers, text, bytes and nil; no maps, no floats.

Structs are views. What is hashed, signed and stored is always the bytes themselves, because
MessagePack has several encodings of one value and a decoder may drop what it does not know.
"""

from typing import Final, TypeVar

import msgspec
from msgspec import Raw as Raw

from canting_protocol.errors import Refused
from canting_protocol.limits import INTEGER_MAX

NESTING_MAX: Final = 16
"""How deep arrays may lie in each other in a field's value."""

_T = TypeVar("_T")

_encoder: Final = msgspec.msgpack.Encoder()
encode = _encoder.encode


class Array(msgspec.Struct, array_like=True, frozen=True):
    """The base of everything that travels: a frozen array whose fields are only ever appended."""


def decoder(shape: type[_T]) -> msgspec.msgpack.Decoder[_T]:
    """Return a typed decoder; make it once, at import."""
    return msgspec.msgpack.Decoder(shape)


def decode(typed: msgspec.msgpack.Decoder[_T], data: bytes) -> _T:
    """Decode at the edge.

    Raises:
        Refused: `malformed`, for anything that is not exactly one value of that shape.
    """
    try:
        return typed.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise Refused("malformed", f"not what was expected here: {error}") from error


def within_range(value: object, nesting: int = NESTING_MAX) -> bool:
    """Say whether every integer in a decoded value is within ±(2^53−1), and nothing is a float.

    Nor may arrays lie deeper in each other than NESTING_MAX: how deep Python can follow depends on
    who asks, and a verdict must not.
    """
    if isinstance(value, int):
        return not isinstance(value, bool) and -INTEGER_MAX <= value <= INTEGER_MAX
    if isinstance(value, list | tuple):
        return nesting > 0 and all(within_range(part, nesting - 1) for part in value)
    return value is None or isinstance(value, str | bytes)


def uvarint(value: int) -> bytes:
    """Return an unsigned LEB128 integer."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value: int) -> int:
    """Fold a signed integer into an unsigned one: 0, −1, 1, −2 … become 0, 1, 2, 3 …"""
    return value << 1 if value >= 0 else (-value << 1) - 1


def unzigzag(value: int) -> int:
    """Undo `zigzag`."""
    return value >> 1 if not value & 1 else -((value + 1) >> 1)


def read_uvarint(data: bytes, at: int) -> tuple[int, int]:
    """Return the integer that starts at `at`, and where the next thing starts.

    Raises:
        Refused: `bad_body`, when it is cut short, longer than nine bytes or not minimal.
    """
    value = shift = 0
    for position in range(at, min(at + 9, len(data))):
        byte = data[position]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if byte == 0 and position > at:
                break
            return value, position + 1
        shift += 7
    raise Refused("bad_body", "a length or time in the batch cannot be read")
