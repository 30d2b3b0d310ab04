"""Items, partners and opening stock from a file, read with a map of its columns."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

from canting_client.importing import (
    BadMap,
    BadRow,
    ColumnMap,
    Record,
    day_of,
    read_cell,
    rows_in,
    rupiah,
    thousandths,
    words_in,
)
from canting_client.language import t
from canting_protocol.changes import ItemField, Kind, PartnerField
from canting_protocol.limits import AMOUNT_MAX, TEXT_BYTES_MAX

_Column = Annotated[str, Meta(min_length=1)]
_Delimiter = Annotated[str, Meta(min_length=1, max_length=1)]

ITEM_TYPES: Final = frozenset({"produk", "bahan"})


class _Map(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="of"):
    """What every map may say."""

    delimiter: _Delimiter = ","
    sheet: _Column | None = None
    """Which sheet of an XLSX file; without it the first."""

    def columns(self) -> dict[str, str]:
        """Return the columns this map reads, by the key that names each."""
        named = {key: getattr(self, key) for key in self.__struct_fields__}
        for other in ("delimiter", "sheet", "date_is"):
            named.pop(other, None)
        return {key: column for key, column in named.items() if column is not None}


class ItemMap(_Map, frozen=True, kw_only=True, tag="items"):
    """Which column holds what, in a file of items."""

    name: _Column
    type: _Column | None = None
    unit: _Column | None = None
    price: _Column | None = None
    motif: _Column | None = None
    technique: _Column | None = None
    dye: _Column | None = None
    textile: _Column | None = None
    product_class: _Column | None = None
    stock_min: _Column | None = None


class PartnerMap(_Map, frozen=True, kw_only=True, tag="partners"):
    """Which column holds what, in a file of partners."""

    name: _Column
    role: _Column | None = None
    phone: _Column | None = None
    note: _Column | None = None


class StockMap(_Map, frozen=True, kw_only=True, tag="stock"):
    """Which column holds what, in a file of what was there at the beginning."""

    item: _Column
    quantity: _Column
    place: _Column | None = None
    date: _Column | None = None
    date_is: _Column | None = None
    """The one day on which all of it was counted, instead of a column."""

    def __post_init__(self) -> None:
        """Refuse what the types cannot."""
        if (self.date is None) == (self.date_is is None):
            raise BadMap(t("stok awal dihitung kapan? Isi date (kolom) atau date_is (satu hari)"))
        if self.date_is is not None:
            try:
                day_of(self.date_is)
            except ValueError as error:
                raise BadMap(t("date_is: {error}", error=error)) from error


ListMap = ItemMap | PartnerMap | StockMap


class Listed(NamedTuple):
    """One row that is an item or a partner: its name, and its other fields by number."""

    line: int
    name: str
    fields: dict[int, str | int]


class Counted(NamedTuple):
    """One row of opening stock."""

    line: int
    item: str
    place: str | None
    day: int
    counted: int


def read_any_map(toml: str) -> ColumnMap | ListMap:
    """Return the map written in a TOML text; without `of` it is one of sales.

    Raises:
        BadMap: for anything else.
    """
    try:
        told = msgspec.toml.decode(toml, type=dict)
        of = told.pop("of", "sales")
        if of == "sales":
            return msgspec.convert(told, ColumnMap)
        if of not in _MAPS:
            raise BadMap(
                t("of: {of!r} tidak dikenal; pilih {all}", of=of, all="sales, " + ", ".join(_MAPS))
            )
        return msgspec.toml.decode(toml, type=_MAPS[of])
    except msgspec.MsgspecError as error:
        raise BadMap(t("peta kolom salah: {error}", error=error)) from error


_MAPS: Final[Mapping[str, type[ListMap]]] = {
    "items": ItemMap,
    "partners": PartnerMap,
    "stock": StockMap,
}
_ITEM_FIELDS: Final = {
    "type": ItemField.TYPE,
    "unit": ItemField.UNIT,
    "price": ItemField.PRICE,
    "motif": ItemField.MOTIF,
    "technique": ItemField.TECHNIQUE,
    "dye": ItemField.DYE,
    "textile": ItemField.TEXTILE,
    "product_class": ItemField.PRODUCT_CLASS,
    "stock_min": ItemField.STOCK_MIN,
}
_PARTNER_FIELDS: Final = {
    "role": PartnerField.ROLE,
    "phone": PartnerField.PHONE,
    "note": PartnerField.NOTE,
}
KIND_OF: Final = {ItemMap: Kind.ITEM, PartnerMap: Kind.PARTNER}


def things_in(
    records: Iterator[Record | BadRow], columns: ItemMap | PartnerMap
) -> Iterator[Listed | BadRow]:
    """Yield what each record is. Raises as `rows_in` does."""
    fields: Mapping[str, int] = _ITEM_FIELDS if isinstance(columns, ItemMap) else _PARTNER_FIELDS

    def meaning(line: int, cells: Mapping[str, str]) -> Listed:
        name = _said(cells, columns.name)
        if name is None:
            raise ValueError(t("kolom {column}: namanya kosong", column=columns.name))
        told: dict[int, str | int] = {}
        for key, field in fields.items():
            column = getattr(columns, key)
            if column is None or (words := _said(cells, column)) is None:
                continue
            if key == "price":
                told[field] = _bounded(read_cell(rupiah, cells, column), column)
            elif key == "stock_min":
                told[field] = _bounded(read_cell(thousandths, cells, column), column)
            elif key == "type" and words.casefold() not in ITEM_TYPES:
                raise ValueError(t("kolom {column}: pilih produk atau bahan", column=column))
            else:
                told[field] = words.casefold() if key == "type" else words
        return Listed(line, name, told)

    return rows_in(records, columns.columns(), meaning)


def stock_in(records: Iterator[Record | BadRow], columns: StockMap) -> Iterator[Counted | BadRow]:
    """Yield what each record is. Raises as `rows_in` does."""
    always = None if columns.date_is is None else day_of(columns.date_is)[0]

    def meaning(line: int, cells: Mapping[str, str]) -> Counted:
        item = _said(cells, columns.item)
        if item is None:
            raise ValueError(t("kolom {column}: namanya kosong", column=columns.item))
        day = always
        if day is None:
            assert columns.date is not None
            day = read_cell(day_of, cells, columns.date)[0]
        many = read_cell(thousandths, cells, columns.quantity)
        return Counted(
            line, item, _said(cells, columns.place), day, _bounded(many, columns.quantity)
        )

    return rows_in(records, columns.columns(), meaning)


def _said(cells: Mapping[str, str], column: str | None) -> str | None:
    """Return what a cell says, without the sign that `canting export` puts before a formula."""
    words = words_in(cells, column)
    if words is None:
        return None
    if len(words.encode()) > TEXT_BYTES_MAX:
        raise ValueError(t("kolom {column}: terlalu panjang", column=column))
    words = words[1:] if words[0] == "'" and words[1:2] in tuple("=+-@") else words
    return " ".join(words.split()) or None


def _bounded(value: int, column: str) -> int:
    if value > AMOUNT_MAX:
        raise ValueError(t("kolom {column}: terlalu besar", column=column))
    return value
