"""Base45 (RFC 9285): bytes as text that a QR code holds at 5.5 bits a letter.

A reader of QR codes answers text: bytes as they are would not come through every one of them.
"""

from typing import Final

from canting_protocol.errors import Refused

LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
"""What the alphanumeric mode of QR codes holds, each letter at its value."""

_VALUES: Final = {letter: value for value, letter in enumerate(LETTERS)}


def encode(data: bytes) -> str:
    """Return three letters for two bytes, and two for one that is left."""
    text = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        rest = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            rest, value = divmod(rest, 45)
            text.append(LETTERS[value])
    return "".join(text)


def decode(text: str) -> bytes:
    """Return the bytes that `encode` wrote.

    Raises:
        Refused: `malformed`; lower case is, and so are letters that come to more than their bytes.
    """
    data = bytearray()
    for at in range(0, len(text), 3):
        values = [_VALUES.get(letter, -1) for letter in text[at : at + 3]]
        number = sum(value * 45**place for place, value in enumerate(values))
        size = len(values) - 1
        if size == 0 or min(values) < 0 or number >= 256**size:
            raise Refused("malformed", "this is no base45 text")
        data += number.to_bytes(size, "big")
    return bytes(data)
