"""The areas of Kota Mojokerto: 3 kecamatan and 18 kelurahan, by code or by name.

The codes are those of Kepmendagri 300.2.2-2430/2025 (`areas.csv`, from github.com/cahyadsn/wilayah,
licence in `LICENSE-areas.txt`). Six kelurahan moved when the kecamatan Kranggan was made; lists
older than that still carry their old codes (`old_codes.csv`).
"""

import csv
import re
from datetime import date
from importlib.resources import files
from typing import Final, Literal

import msgspec

SOURCE: Final = "Kepmendagri 300.2.2-2430/2025"

Level = Literal["kecamatan", "kelurahan"]


class Area(msgspec.Struct, frozen=True):
    """A kecamatan or a kelurahan, as it is today."""

    code: str
    """As Kemendagri writes it, with dots."""
    level: Level
    name: str
    parent: str
    """The code of the area it lies in."""
    since: int | None
    """The day since 1970-01-01 on which it came to be, or to lie where it does; None: earlier."""


def area(code_or_name: str) -> Area | None:
    """Return the area that a list means, or None when it is none of this city's.

    Codes may come without their dots, and old ones are translated. Names may be written in any
    case, with spaces or without. Three names belong to a kecamatan and to a kelurahan in it: they
    mean the kelurahan, where people live, unless "kec." stands before them.
    """
    written = code_or_name.strip()
    if (known := _BY_CODE.get(written)) is not None:
        return known
    prefix, name = _PREFIX.match(written), _plain(_PREFIX.sub("", written))
    levels: tuple[Level, ...] = ("kelurahan", "kecamatan")
    if prefix is not None:
        levels = ("kecamatan",) if prefix["word"].casefold().startswith("kec") else ("kelurahan",)
    return next((found for level in levels if (found := _BY_NAME.get((level, name)))), None)


def district_of(place: Area) -> Area:
    """Return the kecamatan an area lies in; a kecamatan is its own.

    Raises:
        KeyError: for a kelurahan whose kecamatan is not of this city.
    """
    return place if place.level == "kecamatan" else _BY_CODE[place.parent]


_KRANGGAN: Final = "35.76.03"
_KRANGGAN_SINCE: Final = (date(2016, 6, 20) - date(1970, 1, 1)).days
"""The camat took office and the kecamatan was opened (kimsuarakranggan.blogspot.com, June 2016)."""

_LEVELS: Final[dict[str, Level]] = {"kecamatan": "kecamatan", "desa/kelurahan": "kelurahan"}

_PREFIX: Final = re.compile(
    r"(?P<word>kelurahan|kecamatan|kel|kec)(?:\s*\.\s*|\s+)(?=\S)", re.IGNORECASE
)


def _plain(name: str) -> str:
    """Return a name as it is compared: "Prajurit Kulon" and "PRAJURITKULON" are one."""
    return "".join(name.split()).casefold()


def _rows(name: str) -> list[dict[str, str]]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _area(row: dict[str, str]) -> Area:
    code = row["kode"]
    return Area(
        code=code,
        level=_LEVELS[row["tingkat"]],
        name=row["nama"],
        parent=row["kode_induk"],
        since=_KRANGGAN_SINCE if code.startswith(_KRANGGAN) else None,
    )


AREAS: Final = tuple(_area(row) for row in _rows("areas.csv"))
"""Every area, each kecamatan before its kelurahan."""

_CURRENT: Final = {place.code: place for place in AREAS}
_TRANSLATED: Final = {
    row["kode_lama"]: _CURRENT[row["kode_baru"]] for row in _rows("old_codes.csv")
}
_DOTTED: Final = _CURRENT | _TRANSLATED
_BY_CODE: Final = _DOTTED | {code.replace(".", ""): place for code, place in _DOTTED.items()}
_BY_NAME: Final = {(place.level, _plain(place.name)): place for place in AREAS}

# A code given to another area later would make an old list ambiguous.
assert not _CURRENT.keys() & _TRANSLATED.keys()
