"""A NIK, a citizen's number: its device checks its shape, its registry alone reads it.

It tells where and when someone was first registered, and her sex, so it stands in no change, file
or letter but sealed to the registry, which compares keyed hashes of it. What may be shown is its
end. Only the shape is checked: people move, and numbers are older than districts.
"""

import hmac
import re
from typing import Final, Literal

from canting_protocol.crypto import BoxKey, BoxPublic, seal_to
from canting_protocol.errors import Refused
from canting_protocol.limits import NIK_BYTES_MAX, NIK_BYTES_MIN
from canting_protocol.log import ArtisanId

DIGITS: Final = 16
END_DIGITS: Final = 4
WOMEN: Final = 40
"""What is added to the day of birth of a woman."""

COMPARING: Final = b"canting/nik-key/1"
"""What the registry derives the key for, by which NIKs are compared."""

Wrong = Literal["digits", "area", "day", "month", "serial"]

_BOUND_TO: Final = b"canting/nik/1\0"
_DIGITS: Final = re.compile(rf"[0-9]{{{DIGITS}}}")
_END: Final = re.compile(rf"[0-9]{{{END_DIGITS}}}")
_FOR_THE_EYE: Final = re.compile(r"[\s.\-]")


class BadNik(ValueError):
    """Say which part of it no NIK has; the number itself is never told."""

    def __init__(self, part: Wrong) -> None:
        super().__init__(f"what stands there is no NIK: {part}")
        self.part: Wrong = part


def read(text: str) -> str:
    """Return the 16 digits of a NIK as somebody typed it: spaces, dots and dashes are for the eye.

    Raises:
        BadNik: it has not the shape of one.
    """
    nik = _FOR_THE_EYE.sub("", text)
    if not _DIGITS.fullmatch(nik):
        raise BadNik("digits")
    day, month = int(nik[6:8]), int(nik[8:10])
    if nik[:2] == "00":
        raise BadNik("area")
    if not (1 <= day <= 31 or 1 <= day - WOMEN <= 31):
        raise BadNik("day")
    if not 1 <= month <= 12:
        raise BadNik("month")
    if nik[12:] == "0000":
        raise BadNik("serial")
    return nik


def end_of(nik: str) -> str:
    """Return its last four digits: as much as anybody is shown."""
    return nik[-END_DIGITS:]


def seal(box: BoxPublic, artisan: ArtisanId, nik: str) -> bytes:
    """Return a NIK as only the registry of that box reads it, and only for this artisan."""
    return seal_to(box, nik.encode("ascii"), _BOUND_TO + artisan)


def unseal(box: BoxKey, artisan: ArtisanId, sealed: bytes) -> str:
    """Return what `seal` sealed. Its shape was the device's business.

    Raises:
        Refused: `not_openable`, for another's box, another artisan, or what is no 16 digits.
    """
    nik = box.open(sealed, _BOUND_TO + artisan)
    try:
        text = nik.decode("ascii")
    except UnicodeDecodeError as error:
        raise Refused("not_openable", "this is no NIK") from error
    if not _DIGITS.fullmatch(text):
        raise Refused("not_openable", "this is no NIK")
    return text


def compared_by(key: bytes, nik: str) -> bytes:
    """Return the 32 bytes that equal NIKs share: HMAC-SHA256 under a key that nobody else has.

    A plain hash would hide nothing: one city has few likely numbers.
    """
    return hmac.digest(key, nik.encode("ascii"), "sha256")


def could_be_sealed(value: bytes) -> bool:
    """Say whether a field's bytes have the length of something sealed."""
    return NIK_BYTES_MIN <= len(value) <= NIK_BYTES_MAX


def could_be_an_end(value: str) -> bool:
    """Say whether a field's text may be the end of a NIK."""
    return _END.fullmatch(value) is not None
