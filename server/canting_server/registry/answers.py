"""What staff are answered, as types: the encoder and the OpenAPI document both read them.

A field that was not asked for is not there.
"""

from typing import Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

T = TypeVar("T")

Hex = Annotated[str, Meta(pattern="^([0-9a-f]{2})*$")]
Sharing = Literal["registry", "totals", "lines"]
Standing = Literal["applied", "conflict", "parked", "refused"]
Time = Annotated[str, Meta(description="ISO 8601, in Mojokerto.")]
Quantity = Annotated[str, Meta(description="A decimal number of the item's unit.")]


class ArtisanRow(msgspec.Struct):
    """Who an artisan is, as far as she shares."""

    id: Hex | UnsetType = UNSET
    name: str | UnsetType | None = UNSET
    brand: str | UnsetType | None = UNSET
    craft: str | UnsetType | None = UNSET
    kelurahan: str | UnsetType | None = UNSET
    kecamatan: str | UnsetType | None = UNSET
    sharing: Sharing | UnsetType = UNSET
    since: Time | UnsetType | None = UNSET
    reported_through: Time | UnsetType | None = UNSET


class SaleRow(msgspec.Struct):
    """A line of a sale or a return, of an artisan who shares lines."""

    artisan: Hex | UnsetType = UNSET
    day: str | UnsetType | None = UNSET
    month: str | UnsetType = UNSET
    channel: str | UnsetType = UNSET
    kind: Literal["sale", "return"] | UnsetType = UNSET
    item: str | UnsetType = UNSET
    item_name: str | UnsetType = UNSET
    place: str | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET
    amount: int | UnsetType = UNSET
    custody: bool | UnsetType = UNSET
    """Sold for another owner: no turnover of hers."""
    log: Hex | UnsetType = UNSET
    n: int | UnsetType = UNSET
    line: int | UnsetType = UNSET


class StockRow(msgspec.Struct):
    """What lies at a place, of an artisan who shares lines."""

    artisan: Hex | UnsetType = UNSET
    item: str | UnsetType = UNSET
    item_name: str | UnsetType = UNSET
    place: str | UnsetType = UNSET
    place_name: str | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET
    uncertain: Quantity | UnsetType = UNSET
    below_zero: bool | UnsetType = UNSET
    disputed: bool | UnsetType = UNSET


class Rival(msgspec.Struct):
    """One of the values that stand against each other."""

    value: str | int | None
    by: Hex
    n: int
    at: Time | None
    shown: bool | UnsetType = UNSET
    write: Hex | UnsetType = UNSET
    """What it is chosen by; a count cannot be chosen."""


class ConflictRow(msgspec.Struct):
    """What waits for a person: rival values of a field, or counts that disagree."""

    artisan: Hex | UnsetType = UNSET
    of: str | UnsetType = UNSET
    name: str | UnsetType | None = UNSET
    field: str | UnsetType = UNSET
    values: list[Rival] | UnsetType = UNSET


class VerdictRow(msgspec.Struct):
    """A change that was not simply applied."""

    artisan: Hex | UnsetType = UNSET
    log: Hex | UnsetType = UNSET
    n: int | UnsetType = UNSET
    at: Time | UnsetType | None = UNSET
    kind: str | UnsetType = UNSET
    verdict: Standing | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class GapRow(msgspec.Struct):
    """A range of a log that exists and has not arrived."""

    artisan: Hex | UnsetType = UNSET
    log: Hex | UnsetType = UNSET
    """The first 8 bytes of its id."""
    device: Hex | UnsetType | None = UNSET
    """The beginning of the key that writes the log; null: nothing of it is here yet."""
    first: int | UnsetType = UNSET
    last: int | UnsetType = UNSET
    since: Time | UnsetType | None = UNSET
    """Since when it is known to be missing."""
    told_by: Literal["log", "device", "courier"] | UnsetType = UNSET
    """A later change of the log, its device's signed word, or an officer's word alone."""
    officer: Hex | UnsetType | None = UNSET
    """The key of who was the last to take it, as far as is known; null: nobody is."""
    officer_name: str | UnsetType | None = UNSET
    taken: Time | UnsetType | None = UNSET
    """When he took it."""


class Counted(msgspec.Struct):
    """How many rows there are: exactly, about, or at least so many."""

    kind: Literal["exact", "at_least"]
    rows: int


class FacetValue(msgspec.Struct):
    """A value, and how many rows have it."""

    value: str | int | bool | None
    rows: int


class Facet(msgspec.Struct):
    """The values of a column; `truncated`: there are more, or it took too long to find them."""

    values: list[FacetValue]
    truncated: bool


class Page(msgspec.Struct, Generic[T]):
    """One page of rows, and the way to the next."""

    rows: list[T]
    watermark: int
    next: str | None = None
    """The address of the next page; null: this is the last."""
    count: Counted | UnsetType = UNSET
    facets: dict[str, Facet] | UnsetType = UNSET


class TotalRow(msgspec.Struct):
    """Turnover of one month, kecamatan, channel, or of all."""

    sales: int
    pieces: Quantity
    turnover: int
    returns: int
    pieces_returned: Quantity
    paid_back: int
    month: str | UnsetType = UNSET
    kecamatan: str | UnsetType = UNSET
    channel: str | UnsetType = UNSET


class Coverage(msgspec.Struct):
    """Whom a total counts, and through when they reported."""

    artisans: int
    counted: int
    withheld: int
    never_reported: int
    reported_through: Time | None


class Totals(msgspec.Struct):
    """Turnover, with its coverage."""

    by: list[str]
    rows: list[TotalRow]
    coverage: Coverage


class Reported(msgspec.Struct):
    """How far an artisan has reported."""

    artisan: Hex
    reported_through: Time | None
    sharing: Sharing
    causality_incomplete: bool


class Reports(msgspec.Struct):
    """Who has reported, and through when."""

    artisans: int
    reported: int
    rows: list[Reported]


class DeviceRow(msgspec.Struct):
    """A device, by the beginning of its key, and when it was last heard."""

    key: Hex
    heard: Time | None


class Artisan(ArtisanRow):
    """One artisan, as far as she shares."""

    devices: list[DeviceRow] | UnsetType = UNSET
    verdicts: dict[Standing, int] | UnsetType = UNSET
    conflicts: list[ConflictRow] | UnsetType = UNSET
    totals: list[TotalRow] | UnsetType = UNSET
    stock: list[StockRow] | UnsetType = UNSET


class Alike(msgspec.Struct):
    """One of several artisans who have told the same NIK."""

    id: Hex
    name: str | None
    nik_end: Annotated[str, Meta(pattern="^[0-9]{4}$")] | None
    """The last four digits, as her device told them."""


class Duplicates(msgspec.Struct):
    """Who may be one person, by their NIK; nothing is merged."""

    groups: list[list[Alike]]
    unreadable: list[Hex]
    """Whose NIK does not open here: sealed for another registry, or for another artisan."""


class ProblemBody(msgspec.Struct, rename={"type_": "type"}):
    """RFC 9457, with a stable `code` for programs."""

    type_: str
    title: str
    status: int
    code: str
    detail: str
    valid: list[str] | UnsetType = UNSET
    """What there is instead of what was asked for."""
