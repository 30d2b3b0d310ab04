"""The guard: a file outside the book that remembers how far the book had come.

It is written before a batch leaves the device. A book that does not hold what its guard
remembers was restored from an old copy, and must not go on in the same log. A guard behind the book
is normal.
"""

import os
from pathlib import Path
from typing import Final

from canting_protocol import codec
from canting_protocol.codec import Array
from canting_protocol.errors import Refused


class Guard(Array, frozen=True):
    """The head that had been written when a batch last left."""

    log: bytes
    n: int
    hash: bytes


_decoder: Final = codec.decoder(Guard)


def read(path: Path) -> Guard | None:
    """Return what the guard remembers, or None when it is missing or unreadable."""
    try:
        return codec.decode(_decoder, path.read_bytes())
    except (FileNotFoundError, Refused):
        return None


def write(path: Path, guard: Guard, *, durable: bool = True) -> None:
    """Remember a head, durably: by temporary file, fsync (not in a simulation) and rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(codec.encode(guard))
        file.flush()
        if durable:
            os.fsync(file.fileno())
    beside.replace(path)
