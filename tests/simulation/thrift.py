"""What a history does not pay for, since it tells nothing: disks, locks and sums done before.

Nothing here decides anything: a history is the same without it, and takes half as long again.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from canting_client import book
from canting_protocol import crypto
from canting_protocol.crypto import PublicKey

MEMORY: Final = Path("/dev/shm")  # noqa: S108  # folders in it are made by `mkdtemp`
MEMORY_BYTES_MIN: Final = 32 << 20
"""A history leaves five megabytes at most; in a container there may be 64 for everybody."""
SIGNATURES_KEPT: Final = 20_000


def memory() -> Path | None:
    """Return a folder in memory with room for a history, where this system has one."""
    if not os.access(MEMORY, os.W_OK):
        return None
    room = os.statvfs(MEMORY)
    return MEMORY if room.f_bavail * room.f_frsize >= MEMORY_BYTES_MIN else None


class _Alone:
    """The lock of a book whose phone has one process: nobody else ever wants it."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


@lru_cache(maxsize=SIGNATURES_KEPT)
def _fits(key: PublicKey, signature: bytes, message: bytes) -> None:
    """Verify a signature; one that does not fit raises, and is verified again each time."""
    _verifier(key).verify(signature, message)


_verifier: Final = crypto._verifier


class _Remembering:
    """A public key that verifies the same signature of the same bytes once."""

    def __init__(self, key: PublicKey) -> None:
        _verifier(key)  # raises for what is no key
        self._key = key

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raise `InvalidSignature` when it does not fit."""
        _fits(self._key, signature, message)


@contextmanager
def thrift() -> Iterator[Any]:
    """Live through a history thriftily."""
    with (
        patch.object(book, "FileLock", _Alone),
        patch.object(crypto, "_verifier", lru_cache(maxsize=256)(_Remembering)),
    ):
        yield
