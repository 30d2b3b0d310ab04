"""Whose ledgers were erased, so that nobody brings them back: known again, but not by name.

An artisan stands on the list as a hash of her id and a salt; who finds the list alone learns
nothing from it.
"""

from typing import Final

import msgspec

from canting_protocol.crypto import sha256
from canting_protocol.log import ArtisanId

SALT_BYTES: Final = 32
REASON_LETTERS_MAX: Final = 200


class Erasure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One artisan whose ledger was erased."""

    id: bytes
    at: int
    """Seconds since 1970."""
    reason: str
    """In the operator's words, and without names: the number of a letter, say."""


class Erased(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everyone whose ledger was erased."""

    salt: bytes = b""
    erasures: tuple[Erasure, ...] = ()
    unfinished: bool = False
    """Bytes of them may still lie in the database's file."""

    def __contains__(self, artisan: ArtisanId) -> bool:
        """Say whether an artisan is one of them."""
        if not self.erasures:
            return False
        salted = self._salted(artisan)
        return any(each.id == salted for each in self.erasures)

    def with_(self, artisan: ArtisanId, at: int, reason: str, salt: bytes) -> "Erased":
        """Return the list with an artisan on it, to be finished; `salt` is for a new list."""
        begun = Erased(self.salt or salt, self.erasures, unfinished=True)
        if artisan in self:
            return begun
        erasure = Erasure(begun._salted(artisan), at, reason)
        return Erased(begun.salt, (*self.erasures, erasure), unfinished=True)

    def _salted(self, artisan: ArtisanId) -> bytes:
        return sha256(b"canting/erased/1\0", self.salt, artisan)
