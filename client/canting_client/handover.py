"""A book key as a short text, to be typed on her second device or kept on paper."""

import re
from typing import Final

from canting_protocol.crypto import sha256
from canting_protocol.messages import LETTERS
from canting_protocol.private import BookKey

KEY_BYTES: Final = 32
CHECK_BYTES: Final = 3
_DOMAIN: Final = b"canting/key-text/1\0"
_CHARACTERS: Final = (KEY_BYTES + CHECK_BYTES) * 8 // 5
_GROUP: Final = 7


class BadKeyText(ValueError):
    """Say that a letter is wrong or missing."""


def key_text(key: BookKey) -> str:
    """Return a book key as eight groups of letters, the end of which checks the rest."""
    number = int.from_bytes(key + _check(key), "big")
    letters = "".join(LETTERS[number >> 5 * at & 31] for at in reversed(range(_CHARACTERS)))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _CHARACTERS, _GROUP))


def key_from(text: str) -> BookKey:
    """Return the book key that `key_text` wrote; dashes, spaces and case are for the eye.

    Raises:
        BadKeyText: a letter is wrong or missing.
    """
    plain = re.sub(r"[\s-]", "", text.upper()).translate(str.maketrans("OIL", "011"))
    if len(plain) != _CHARACTERS or not set(plain) <= set(LETTERS):
        raise BadKeyText
    number = 0
    for each in plain:
        number = number << 5 | LETTERS.index(each)
    data = number.to_bytes(KEY_BYTES + CHECK_BYTES, "big")
    key = BookKey(data[:KEY_BYTES])
    if _check(key) != data[KEY_BYTES:]:
        raise BadKeyText
    return key


def _check(key: BookKey) -> bytes:
    return sha256(_DOMAIN, key)[:CHECK_BYTES]
