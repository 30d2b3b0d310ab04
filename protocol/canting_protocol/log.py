"""Logs: the changes of one device for one artisan in one incarnation, chained by hash.

The hash of a change is computed when the row is committed on the device, and again by everyone who
receives it. No hashed byte depends on the batch it travels in, so a batch may be cut again at will.
"""

import hashlib
import struct
from typing import Final, NewType

from canting_protocol.codec import Array
from canting_protocol.crypto import KEY_BYTES, PublicKey, sha256
from canting_protocol.errors import Refused

ArtisanId = NewType("ArtisanId", bytes)
"""8 random bytes, a pseudonym: it says nothing of the person."""

LogId = NewType("LogId", bytes)
"""The first 16 bytes of h[0]."""

Hash = NewType("Hash", bytes)
"""32 bytes: h[n], the identity of a change."""

ARTISAN_BYTES: Final = 8
LOG_BYTES: Final = 16
PREFIX_BYTES: Final = 8
"""How much of a log id or a hash a change spends on naming it inside one ledger."""

INCARNATION_BYTES: Final = 8
HASH_BYTES: Final = 32

_time_and_length: Final = struct.Struct(">qI").pack
_LOG_DOMAIN: Final = b"canting/log/1\0"


class Descriptor(Array, frozen=True):
    """What makes a log: it announces itself with this in every exchange that speaks of it."""

    key: PublicKey
    incarnation: bytes
    parent: bytes
    """The 32-byte head its author had written before (after a restore, say), or nothing."""

    @property
    def origin(self) -> Hash:
        """Return h[0]."""
        return Hash(
            sha256(_LOG_DOMAIN, self.key, self.incarnation, self.parent or bytes(HASH_BYTES))
        )

    @property
    def log(self) -> LogId:
        """Return the log's id."""
        return LogId(self.origin[:LOG_BYTES])

    def check(self) -> None:
        """Raise `Refused` (`malformed`) when a part has the wrong length."""
        if (
            len(self.key) != KEY_BYTES
            or len(self.incarnation) != INCARNATION_BYTES
            or len(self.parent) not in (0, HASH_BYTES)
        ):
            raise Refused("malformed", "a log descriptor has a part of the wrong length")


def next_hash(previous: Hash, t: int, change: bytes) -> Hash:
    """Return h[n] from h[n−1], the device's clock in seconds since 1970, and the change's bytes."""
    return Hash(hashlib.sha256(previous + _time_and_length(t, len(change)) + change).digest())


class Placed(Array, frozen=True):
    """A change at its place in its log: what is stored, handed on and merged."""

    log: LogId
    n: int
    hash: Hash
    previous: Hash
    t: int
    """The author's clock when it was written, seconds since 1970; evidence, not truth."""

    body: bytes


class Head(Array, frozen=True):
    """first…n without a gap, on the path that ends in `hash`."""

    log: LogId
    first: int
    n: int
    hash: Hash
