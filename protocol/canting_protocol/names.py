"""Names inside a ledger: small, because sixteen random bytes are two whole sales.

What a change introduced is called by its number: `n` in the author's own log, `(prefix, n)` in
another. Below zero stand the well-known names that need no introduction, so that two devices do not
each invent a *rumah*.
"""

from enum import IntEnum
from typing import NewType

Key = NewType("Key", str)
"""A name as the ledger's tables know it: `-1`, or `1f2e3d4c5b6a7988.12`."""


class Place(IntEnum):
    """Places that every ledger has."""

    HOME = -1
    """rumah"""
    MARKET = -2
    """pasar"""
    SHOP = -3
    """toko"""
    SENTRA = -4
    """sentra"""


class Partner(IntEnum):
    """Partners that every ledger has."""

    ANYONE = -1
    """umum"""


class Item(IntEnum):
    """Items that every ledger has."""

    OTHER = -1
    """barang lain"""


def key_of(name: int) -> Key:
    """Return the table key of a well-known name."""
    return Key(str(name))


def key_in(log: bytes, n: int, branch: bytes = b"") -> Key:
    """Return the table key of what change n of a log introduced; `branch` where a fork needs it."""
    return Key(f"{log.hex()}.{n}" + (f"~{branch.hex()}" if branch else ""))
