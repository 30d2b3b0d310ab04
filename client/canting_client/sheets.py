"""The rows of a file that is to be imported: CSV, or Excel's XLSX."""

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

from canting_client.importing import BadMap, BadRow, Record, open_rows, records_of
from canting_client.language import t

_EXCEL: Final = frozenset({".xlsx", ".xlsm"})
_OLD_EXCEL: Final = frozenset({".xls", ".xlsb", ".ods"})


class NoExcel(Exception):
    """Say that what reads XLSX is not installed."""


def records(path: Path, delimiter: str, sheet: str | None) -> Iterator[Record | BadRow]:
    """Yield the rows of a file that are not empty, the one with the headings first.

    Raises:
        BadMap: the file is of another kind, or has no such sheet.
        NoExcel: it is XLSX, and openpyxl is not installed.
    """
    kind = path.suffix.casefold()
    if kind in _OLD_EXCEL:
        raise BadMap(t("{file}: simpan dulu sebagai .xlsx atau .csv", file=path))
    if kind in _EXCEL:
        return _excel(path, sheet)
    if sheet is not None:
        raise BadMap(t("sheet hanya untuk berkas .xlsx"))
    return records_of(open_rows(path), delimiter)


def _excel(path: Path, sheet: str | None) -> Iterator[Record | BadRow]:
    path.stat()  # a file that is not there is told as for every other
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise NoExcel(
            t(
                "Berkas Excel belum bisa dibaca di sini. Pasang: pip install 'canting[xlsx]', "
                "atau simpan sebagai CSV."
            )
        ) from error
    try:
        # data_only: what a formula came to, as Excel kept it.
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise BadMap(t("{file} tidak terbaca sebagai berkas Excel", file=path)) from error
    names = book.sheetnames
    if sheet is not None and sheet not in names:
        book.close()
        has = ", ".join(map(repr, names))
        raise BadMap(t("sheet: {sheet!r} tidak ada; yang ada: {has}", sheet=sheet, has=has))
    return _excel_rows(book, sheet or names[0])


def _excel_rows(book: Any, sheet: str) -> Iterator[Record]:
    try:
        width = 0
        for line, row in enumerate(book[sheet].iter_rows(), 1):
            cells = [_text(cell) for cell in row]
            if not any(cell.strip() for cell in cells):
                continue
            # Excel's rows are as long as somebody once clicked: only what is filled counts.
            while cells and not cells[-1].strip() and (not width or len(cells) > width):
                cells.pop()
            width = width or len(cells)
            yield Record(line, cells + [""] * (width - len(cells)))
    finally:
        book.close()


def _text(cell: Any) -> str:
    """Return a cell as somebody would type it in a CSV file."""
    match cell.value:
        case None:
            return ""
        case bool():
            return "ya" if cell.value else "tidak"
        case datetime():
            at = cell.value
            return f"{at:%Y-%m-%d}" if at.time() == time() else f"{at:%Y-%m-%d %H:%M}"
        case date():
            return f"{cell.value:%Y-%m-%d}"
        case int() | float():
            return _number(cell.value, str(cell.number_format or ""))
        case _:
            return str(cell.value)


def _number(value: float, form: str) -> str:
    if value != int(value):
        return repr(value)
    # 12.000 typed where the dot is the decimal sign is 12, shown as 12.000: not a certain amount.
    return f"{int(value)}.00" if ".0" in form else str(int(value))
