"""Files that are whole or not there, and that only their owner reads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

PARTIAL: Final = ".partial"
"""How the name of a file ends until it is whole."""


def write(file: Path, data: bytes) -> None:
    """Write a file, or put another in its place, in one step that survives a power cut."""
    partial = file.with_name(file.name + PARTIAL)
    partial.write_bytes(data)
    settle(partial, file)


def settle(partial: Path, target: Path) -> None:
    """Give a file that is whole its name, once it is on disk."""
    with partial.open("rb+") as file:
        sync(file)
    partial.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync(file: IO[bytes]) -> None:
    """Wait until what was written to a file is on disk."""
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def readable_by_owner() -> Iterator[None]:
    """Let the files that are made meanwhile be read by nobody else."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
