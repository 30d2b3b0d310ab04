"""Private values: names, phones and notes of other people belong to the artisan.

They are encrypted with her book key before they become part of a change. The registry stores,
compares and hands on what it cannot read.
"""

from typing import Final, NewType

from canting_protocol.changes import Private
from canting_protocol.crypto import seal, sha256, unseal
from canting_protocol.errors import Refused
from canting_protocol.limits import PRIVATE_BYTES_MAX, TEXT_BYTES_MAX

BookKey = NewType("BookKey", bytes)
"""32 random bytes, made at `init`; a book may hold several."""

_BOUND_TO: Final = b"canting/private/1"

assert TEXT_BYTES_MAX + 16 <= PRIVATE_BYTES_MAX


def key_id(key: BookKey) -> bytes:
    """Return the 4 bytes a book key is known by."""
    return sha256(b"canting/book-key/1\0", key)[:4]


def hide(key: BookKey, nonce: bytes, text: str) -> Private:
    """Return the private form of a text; `nonce` is 12 fresh random bytes."""
    return Private(key_id(key), nonce, seal(key, nonce, text.encode(), _BOUND_TO))


def reveal(keys: dict[bytes, BookKey], hidden: Private) -> str:
    """Return the text, with whichever of the book's keys it was hidden under.

    Raises:
        Refused: `not_private`, when no key of the book opens it.
    """
    key = keys.get(hidden.key)
    if key is None:
        raise Refused("not_private", "this book does not hold the key of this value")
    try:
        return unseal(key, hidden.nonce, hidden.sealed, _BOUND_TO).decode()
    except UnicodeDecodeError as error:
        raise Refused("not_private", "this private value holds no text") from error
