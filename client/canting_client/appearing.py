"""Files that appear whole or not at all, and never in the place of another."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EEXIST
from pathlib import Path


def refuse_existing(path: Path) -> None:
    """Raise FileExistsError when something is there already."""
    if path.exists() or path.is_symlink():
        raise FileExistsError(EEXIST, os.strerror(EEXIST), str(path))


@contextmanager
def file_appearing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; what is written there appears when the block is done.

    Raises:
        FileExistsError: something is there already, and stays as it is.
    """
    refuse_existing(path)
    beside = _beside(path)
    # What is written holds names of other people: nobody else on the device may read it.
    os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        _rename(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    keep_name(path.parent)


@contextmanager
def folder_appearing(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path`, which gets that name when the block is done.

    Raises:
        FileExistsError: something is there already, and stays as it is.
    """
    refuse_existing(path)
    beside = _beside(path)
    beside.mkdir(mode=0o700)
    try:
        yield beside
        for each in beside.iterdir():
            with each.open("rb+") as file:
                os.fsync(file.fileno())
        refuse_existing(path)
        beside.rename(path)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    keep_name(path.parent)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")


def _rename(beside: Path, path: Path) -> None:
    # A link, unlike a rename, fails where a file has appeared meanwhile.
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # a memory card's file system has no links
        refuse_existing(path)
        beside.replace(path)
    else:
        beside.unlink()


def keep_name(folder: Path) -> None:
    """Make the new name durable, where folders can be synced."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
