"""Cursors: where a page ended, opaque and sealed, so that nobody can make one or bend one.

A cursor belongs to one question of one asker; how many rows a page has may change on the way.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from canting_protocol import codec
from canting_protocol.crypto import SigningKey
from canting_server.registry.grammar import BadQuestion

_TAG_BYTES: Final = 16
_sealed: Final = codec.decoder(tuple[bytes, tuple[Any, ...]])


class Cursors:
    """Writes and reads cursors with a key of their own."""

    def __init__(self, key: SigningKey) -> None:
        # An Ed25519 signature is a function of key and message (RFC 8032), and this one is never
        # shown to anyone: so the registry's key need not leave its hands.
        secret = key.sign(b"canting/cursor-key/1", b"")
        self._key = HKDF(SHA256(), 32, salt=None, info=b"canting/cursor/1").derive(secret)

    def write(self, question: bytes, place: tuple[Any, ...]) -> str:
        """Return the cursor of a place in the rows of a question."""
        told = codec.encode((question, place))
        return urlsafe_b64encode(self._tag(told) + told).rstrip(b"=").decode()

    def read(self, cursor: str, question: bytes) -> tuple[Any, ...]:
        """Return the place that a cursor tells.

        Raises:
            BadQuestion: `cursor_invalid`, when it was altered, or is another question's or asker's.
        """
        try:
            raw = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        except ValueError as error:
            raise _invalid() from error
        tag, told = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(told)) or cursor != _again(raw):
            raise _invalid()
        of, place = _sealed.decode(told)
        if of != question:
            raise _invalid()
        return place

    def _tag(self, told: bytes) -> bytes:
        return hmac.digest(self._key, told, "sha256")[:_TAG_BYTES]


def _again(raw: bytes) -> str:
    """Return the one way to write bytes: a base64 decoder passes over what it dislikes."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _invalid() -> BadQuestion:
    return BadQuestion(
        "this cursor is not of this question: begin again at its first page", "cursor_invalid"
    )
