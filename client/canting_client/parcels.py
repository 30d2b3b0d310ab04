"""Bundles as files: for a stick, a cable, or the share sheet of a phone (`.txt`).

A file is written whole or not at all, and never changed by who reads it.
"""

import base64
import os
import textwrap
from pathlib import Path
from typing import Final

from canting_protocol.bundles import Unpacked, unpack
from canting_protocol.errors import Refused

ARMOUR_SUFFIX: Final = ".txt"
FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Many artisans' letters; what is larger is no bundle of ours."""
_BEGIN: Final = "-----BEGIN CANTING-----"
_END: Final = "-----END CANTING-----"
_WIDTH: Final = 64


def write(path: Path, packed: bytes) -> None:
    """Write a packed bundle: as letters of the alphabet when the name ends in `.txt`.

    By temporary file, fsync and rename, so that nobody ever finds half of it.
    """
    data = armoured(packed).encode() if path.suffix == ARMOUR_SUFFIX else packed
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def read(path: Path) -> Unpacked:
    """Read a bundle from a file, whichever way it is written.

    Raises:
        Refused: `malformed`, `too_large`.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        raise Refused("too_large", f"a file of more than {FILE_BYTES_MAX} bytes")
    return unpack(dearmoured(data))


def armoured(packed: bytes) -> str:
    """Return a packed bundle as lines of text."""
    lines = textwrap.wrap(base64.b64encode(packed).decode(), _WIDTH)
    return "\n".join([_BEGIN, *lines, _END, ""])


def dearmoured(data: bytes) -> bytes:
    """Return a packed bundle out of text, cut off perhaps, or as it is.

    Raises:
        Refused: `malformed`, when the text holds something else.
    """
    at = data.find(_BEGIN.encode())
    if at < 0:
        return data
    text = data[at + len(_BEGIN) :].partition(b"-")[0]  # the last line may be cut off too
    letters = b"".join(text.split())
    try:
        return base64.b64decode(letters[: len(letters) // 4 * 4], validate=True)
    except ValueError as error:
        raise Refused("malformed", "this text is no bundle of letters") from error
