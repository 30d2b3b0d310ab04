"""Sales from a CSV file, read with a map of its columns; what to do with them is decided elsewhere.

What cannot be read with certainty is refused with its line, never guessed: an amount read a
thousand times too big does more harm than a row that has to be typed.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from canting_client.language import t
from canting_protocol.limits import INTEGER_MAX

TEXT_CHARACTERS_MAX: Final = 1_024
YEAR_MIN: Final = 2000
YEAR_MAX: Final = 2100

_Column = Annotated[str, Meta(min_length=1)]
_T = TypeVar("_T")


class BadMap(ValueError):
    """Say that the map is wrong, or does not fit the file; the message names the key."""


class ColumnMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which column of the file holds what.

    Raises:
        BadMap: when keys contradict each other.
    """

    date: _Column
    amount: _Column
    """Whole rupiah, of the whole order."""
    quantity: _Column | None = None
    """Pieces; without it every row is one piece."""
    item: _Column | None = None
    reference: _Column | None = None
    """The order's id where it was sold."""
    channel: _Column | None = None
    channel_is: Annotated[str, Meta(min_length=1, max_length=TEXT_CHARACTERS_MAX)] | None = None
    """The one channel of the whole file, instead of a column."""
    payment: _Column | None = None
    returned: _Column | None = None
    """Pieces that came back."""
    status: _Column | None = None
    sold_when: tuple[_Column, ...] = ()
    """The values of `status` that are sales, in any case; rows with another are skipped."""
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    sheet: _Column | None = None
    """Which sheet of an XLSX file; without it the first."""

    def __post_init__(self) -> None:
        """Refuse what the types cannot."""
        if self.channel is not None and self.channel_is is not None:
            raise BadMap(t("channel dan channel_is tidak boleh diisi dua-duanya"))
        if self.status is not None and not self.sold_when:
            raise BadMap(t("sold_when harus diisi: nilai kolom status yang berarti terjual"))
        if self.status is None and self.sold_when:
            raise BadMap(
                t("sold_when hanya berlaku bersama status: kolom mana yang berisi status?")
            )
        if self.delimiter in '"\r\n\0 ':
            raise BadMap(t("delimiter tidak bisa berupa {delimiter!r}", delimiter=self.delimiter))

    def columns(self) -> dict[str, str]:
        """Return the columns this map reads, by the key that names each."""
        named = {
            "date": self.date,
            "amount": self.amount,
            "quantity": self.quantity,
            "item": self.item,
            "reference": self.reference,
            "channel": self.channel,
            "payment": self.payment,
            "returned": self.returned,
            "status": self.status,
        }
        return {key: column for key, column in named.items() if column is not None}


class ParsedSale(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the file that is a sale."""

    line: int
    """Where the row begins in the file; the header is line 1."""
    day: int
    """Days since 1970-01-01."""
    minute: int | None
    """Minutes since midnight, when the file says."""
    amount: int
    """Whole rupiah, of the whole order."""
    quantity: int
    """Thousandths of a piece."""
    returned: int
    """Thousandths of a piece, at most the quantity."""
    item: str | None
    reference: str | None
    channel: str | None
    payment: str | None


class Skipped(msgspec.Struct, frozen=True):
    """A row that is no sale by its status: cancelled, not paid yet."""

    line: int
    status: str


class BadRow(msgspec.Struct, frozen=True):
    """A row that cannot be read; the reason is a sentence for the artisan."""

    line: int
    reason: str


class Record(NamedTuple):
    """The cells of a row, and the line it begins on."""

    line: int
    cells: list[str]


def read_map(toml: str) -> ColumnMap:
    """Return the map written in a TOML text.

    Raises:
        BadMap: for anything else.
    """
    try:
        return msgspec.toml.decode(toml, type=ColumnMap)
    except msgspec.MsgspecError as error:
        raise BadMap(t("peta kolom salah: {error}", error=error)) from error


def open_rows(path: Path) -> list[str]:
    """Return the lines of a file, their ends kept, for a quoted field may run over several.

    UTF-8, or else cp1252, which is what older Excel writes. Bytes that cp1252 leaves undefined
    become lone surrogates, so that only the rows that hold them are refused.
    """
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="surrogateescape")
    # Not splitlines(), which would also cut at U+2028 and the like, inside a field.
    return list(io.StringIO(text, newline=""))


def read_sales(
    text_lines: Iterable[str], columns: ColumnMap
) -> Iterator[ParsedSale | Skipped | BadRow]:
    """Yield what each row of the file is, in its order; empty rows are nothing.

    Raises:
        BadMap: at once, when the map names a column the file lacks or has twice.
    """
    return sales_in(records_of(text_lines, columns.delimiter), columns)


def sales_in(
    records: Iterator[Record | BadRow], columns: ColumnMap
) -> Iterator[ParsedSale | Skipped | BadRow]:
    """Yield what each record is; the first one names the columns. Raises as `read_sales` does."""
    return rows_in(records, columns.columns(), lambda line, cells: _sale(line, cells, columns))


def rows_in(
    records: Iterator[Record | BadRow],
    columns: Mapping[str, str],
    meaning: Callable[[int, Mapping[str, str]], _T],
) -> Iterator[_T | BadRow]:
    """Yield what each record means; a ValueError of `meaning` makes it a bad row.

    Raises:
        BadMap: at once, when the map names a column the file lacks or has twice.
    """
    header = next(records, Record(1, []))
    if isinstance(header, BadRow):
        raise BadMap(t("baris judul {reason}", reason=header.reason))
    names = [name.strip() for name in header.cells]
    for key, column in columns.items():
        if (times := names.count(column)) != 1:
            fault = (
                t("tidak ada di file") if times == 0 else t("ada {times} kali di file", times=times)
            )
            has = ", ".join(map(repr, names)) or t("(kosong)")
            raise BadMap(
                t(
                    "{key}: kolom {column!r} {fault}; kolom di file: {has}",
                    key=key,
                    column=column,
                    fault=fault,
                    has=has,
                )
            )
    return (_row(record, names, meaning) for record in records)


def rupiah(text: str) -> int:
    """Return an amount in whole rupiah.

    A sign before groups of exactly three digits separates thousands, be it `.` or `,`: rupiah have
    no third decimal. `1.25`, `1,5`, `1.2500` and `0.125` could be fractions or slips and are
    refused, and so is `12.00`, which a spreadsheet makes of 12.000. Decimals must be zeros, after
    at least a thousand.

    Raises:
        ValueError: with a sentence in Indonesian.
    """
    words = " ".join(text.split())
    if not words:
        raise ValueError(t("jumlah rupiah kosong"))
    if re.match(_NEGATIVE, words, re.IGNORECASE):
        raise ValueError(t("jumlah rupiah tidak boleh negatif: {text}", text=_shown(text)))
    match = _first(_RUPIAH, words)
    if match is None:
        raise ValueError(
            t(
                "{text} bukan jumlah rupiah yang pasti; tulis seperti 1250000 atau 1.250.000",
                text=_shown(text),
            )
        )
    digits = re.sub("[.,]", "", match["whole"])
    return _bounded(int(digits), text)


def thousandths(text: str) -> int:
    """Return a number of pieces, in thousandths: `2` is 2000, `1,5` is 1500.

    Three digits after a sign are refused: `1.500` is a thousand and a half to one writer, one and
    a half to another. After a zero there is no doubt: `0,125`.

    Raises:
        ValueError: with a sentence in Indonesian.
    """
    words = text.strip()
    if not words:
        raise ValueError(t("jumlah barang kosong"))
    match = _first(_PIECES, words)
    if match is None:
        raise ValueError(
            t("{text} bukan jumlah barang yang pasti; tulis seperti 2 atau 1,5", text=_shown(text))
        )
    return _bounded(int(match["whole"] + (match["part"] or "").ljust(3, "0")), text)


def day_of(text: str) -> tuple[int, int | None]:
    """Return the day since 1970-01-01, and the minute since midnight when a time is given.

    Year first or day first, never month first: `2024-04-01`, `1/4/2024`, `Senin, 1 April 2024`,
    each also with a time, as the clock on the wall showed it.

    Raises:
        ValueError: with a sentence in Indonesian.
    """
    words = " ".join(text.split())
    if not words:
        raise ValueError(t("tanggal kosong"))
    match = _first(_DATES, words)
    if match is None:
        raise ValueError(
            t("{text} bukan tanggal; tulis seperti 2024-04-01 atau 1 April 2024", text=_shown(text))
        )
    named = match["month"].casefold()
    if not (named.isdecimal() or named in _MONTHS):
        raise ValueError(t("bulan {named} tidak dikenal", named=_shown(named)))
    month = int(named) if named.isdecimal() else _MONTHS[named]
    year = int(match["year"])
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise ValueError(
            t(
                "tahun {year} di luar {first} sampai {last}",
                year=year,
                first=YEAR_MIN,
                last=YEAR_MAX,
            )
        )
    try:
        day = (date(year, month, int(match["day"])) - date(1970, 1, 1)).days
    except ValueError as error:
        raise ValueError(t("tanggal {text} tidak ada di kalender", text=_shown(text))) from error
    if match["hour"] is None:
        return day, None
    return day, int(match["hour"]) * 60 + int(match["minute"])


def records_of(text_lines: Iterable[str], delimiter: str) -> Iterator[Record | BadRow]:
    """Yield every record of a CSV file that is not empty, with the line it begins on."""
    # Strict, or a quote that is never closed would silently swallow the rest of the file.
    reader = csv.reader(text_lines, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            to = t(" (sampai baris {last})", last=reader.line_num) if reader.line_num > line else ""
            yield BadRow(line, t("tidak terbaca sebagai CSV: tanda kutip tidak cocok?{to}", to=to))
            continue
        if any(cell.strip() for cell in cells):
            yield Record(line, cells)


def _row(
    record: Record | BadRow,
    names: Sequence[str],
    meaning: Callable[[int, Mapping[str, str]], _T],
) -> _T | BadRow:
    if isinstance(record, BadRow):
        return record
    line, cells = record
    if any(_UNWRITABLE.search(cell) for cell in cells):
        return BadRow(line, t("ada huruf yang rusak di baris ini"))
    if len(cells) != len(names):
        return BadRow(
            line, t("ada {found} kolom, seharusnya {wanted}", found=len(cells), wanted=len(names))
        )
    try:
        return meaning(line, dict(zip(names, cells, strict=True)))
    except ValueError as error:
        return BadRow(line, str(error))


def _sale(line: int, cells: Mapping[str, str], columns: ColumnMap) -> ParsedSale | Skipped:
    # The status first: an order that was cancelled may well have no amount.
    if columns.status is not None:
        status = words_in(cells, columns.status) or ""
        if status.casefold() not in {sold.strip().casefold() for sold in columns.sold_when}:
            return Skipped(line, status)
    day, minute = read_cell(day_of, cells, columns.date)
    quantity = read_cell(thousandths, cells, columns.quantity) if columns.quantity else 1_000
    if quantity == 0:
        raise ValueError(t("kolom {quantity}: jumlah barang nol", quantity=columns.quantity))
    returned = 0
    # An empty cell here says that nothing came back; an empty quantity would say nothing.
    if columns.returned is not None and words_in(cells, columns.returned) is not None:
        returned = read_cell(thousandths, cells, columns.returned)
    if returned > quantity:
        raise ValueError(
            t(
                "kolom {returned}: lebih banyak yang kembali daripada terjual",
                returned=columns.returned,
            )
        )
    return ParsedSale(
        line=line,
        day=day,
        minute=minute,
        amount=read_cell(rupiah, cells, columns.amount),
        quantity=quantity,
        returned=returned,
        item=words_in(cells, columns.item),
        reference=words_in(cells, columns.reference),
        channel=columns.channel_is or words_in(cells, columns.channel),
        payment=words_in(cells, columns.payment),
    )


def read_cell(meaning: Callable[[str], _T], cells: Mapping[str, str], column: str) -> _T:
    """Return what a cell means; what is wrong with it is said with its column."""
    try:
        return meaning(cells[column])
    except ValueError as error:
        raise ValueError(t("kolom {column}: {error}", column=column, error=error)) from error


def words_in(cells: Mapping[str, str], column: str | None) -> str | None:
    """Return what a cell says, or None where it says nothing."""
    if column is None:
        return None
    words = cells[column].strip()
    if len(words) > TEXT_CHARACTERS_MAX:
        raise ValueError(
            t(
                "kolom {column}: lebih dari {most} huruf",
                column=column,
                most=TEXT_CHARACTERS_MAX,
            )
        )
    return words or None


def _first(forms: Iterable[str], words: str) -> re.Match[str] | None:
    # Compiled when they are first needed (and kept by `re`): a sale needs none for dates.
    found = (re.fullmatch(form, words, re.IGNORECASE) for form in forms)
    return next((match for match in found if match), None)


def _bounded(value: int, text: str) -> int:
    if value > INTEGER_MAX:
        raise ValueError(t("{text} terlalu besar", text=_shown(text)))
    return value


def _shown(text: str) -> str:
    """Return the beginning of a text, quoted: a terminal must not obey what a file says."""
    return repr(text if len(text) <= 40 else text[:40] + "…")


_UNWRITABLE: Final = re.compile("[\0\ud800-\udfff]")
"""U+0000, and lone surrogates, which stand for bytes that could not be decoded."""

# Digits are bounded: enough of them to be told "too big", too few to be slow.
_SIGN: Final = r"(?:(?:rp\.?|idr) ?)?"
_NEGATIVE: Final = rf"{_SIGN}[-−(] ?{_SIGN}[0-9]"
_RUPIAH: Final = tuple(
    _SIGN + form
    for form in (
        r"(?P<whole>[1-9][0-9]{0,2}(?:\.[0-9]{3}){1,6})(?:,00|,-)?",
        r"(?P<whole>[1-9][0-9]{0,2}(?:,[0-9]{3}){1,6})(?:\.00)?",
        r"(?P<whole>[1-9][0-9]{3,20})(?:[.,]00|,-)?",
        r"(?P<whole>[1-9][0-9]{0,2})(?:,-)?",
        r"(?P<whole>0)(?:[.,]00|,-)?",
    )
)

_PIECES: Final = (
    r"(?P<whole>0|[1-9][0-9]{0,20})(?:[.,](?P<part>[0-9]{1,2}))?",
    r"(?P<whole>0)[.,](?P<part>[0-9]{3})",
)

_TIME: Final = (
    r"(?:(?:,? (?:(?:pukul|pk\.?|jam) )?|T)"
    r"(?P<hour>[01]?[0-9]|2[0-3])[:.](?P<minute>[0-5][0-9])(?:[:.][0-5][0-9](?:\.[0-9]{1,9})?)?"
    r"(?: WI(?:B|TA|T))?)?"
)
_WEEKDAY: Final = (
    r"(?:(?:senin|selasa|rabu|kamis|jum['’]?at|sabtu|minggu|ahad|sen|sel|rab|kam|jum|sab|min)"
    r"(?:, ?| ))?"
)
_DATES: Final = tuple(
    _WEEKDAY + form + _TIME
    for form in (
        r"(?P<year>[0-9]{4})([-/])(?P<month>[0-9]{2})\2(?P<day>[0-9]{2})",
        r"(?P<day>[0-9]{1,2})([-/.])(?P<month>[0-9]{1,2})\2(?P<year>[0-9]{4})",
        r"(?P<day>[0-9]{1,2})[ -](?P<month>[a-z]{3,9})\.?[ -](?P<year>[0-9]{4})",
    )
)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("januari", "jan"),
            ("februari", "feb", "pebruari", "peb"),
            ("maret", "mar"),
            ("april", "apr"),
            ("mei",),
            ("juni", "jun"),
            ("juli", "jul"),
            ("agustus", "agt", "agu", "ags"),
            ("september", "sep", "sept"),
            ("oktober", "okt"),
            ("november", "nov", "nopember", "nop"),
            ("desember", "des"),
        ),
        start=1,
    )
    for name in names
}
