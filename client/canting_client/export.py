"""Her whole book as tables that any spreadsheet opens: *data milik perajin*."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

from canting_client import daybook as facts
from canting_client import reading
from canting_client.appearing import file_appearing, folder_appearing
from canting_client.book import Book
from canting_client.daybook import Entry
from canting_client.vocabulary import ACCOUNTS, FIELDS, KINDS
from canting_protocol import changes as c
from canting_protocol.changes import Kind
from canting_protocol.ledger.posting import WORD
from canting_protocol.ledger.registers import PROFILE
from canting_protocol.ledger.rows import Balance
from canting_protocol.names import Key

BOM: Final = "\ufeff"
"""Tells Excel that the file is UTF-8."""

Cell = str | int | Decimal | None
Table = Iterable[list[Cell]]

_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
"""What makes a spreadsheet calculate, or call a program, instead of showing."""


class Exported(NamedTuple):
    """What an export came to: the rows in each file, without its headings."""

    rows: dict[str, int]


def export(book: Book, target: Path, *, semicolon: bool) -> Exported:
    """Write the whole book as CSV files, in a new folder or (`.zip`) in one new file.

    Raises:
        FileExistsError: something is there already, and stays as it is.
    """
    rows: dict[str, int] = {}
    with book.still():
        if target.suffix.casefold() == ".zip":
            with file_appearing(target) as beside, ZipFile(beside, "w", ZIP_DEFLATED) as archive:
                for name, table in _tables(book):
                    text, rows[name] = _written(table, semicolon=semicolon)
                    archive.writestr(name, text.encode())
        else:
            with folder_appearing(target) as beside:
                for name, table in _tables(book):
                    text, rows[name] = _written(table, semicolon=semicolon)
                    (beside / name).write_bytes(text.encode())
    return Exported(rows)


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _written(table: Table, *, semicolon: bool) -> tuple[str, int]:
    """Return a table as CSV, and how many rows it has below its headings."""
    file = io.StringIO(newline="")
    file.write(BOM)
    writer = csv.writer(file, delimiter=";" if semicolon else ",", lineterminator="\r\n")
    count = -1
    for row in table:
        writer.writerow([_cell(each, comma=semicolon) for each in row])
        count += 1
    return file.getvalue(), count


def _cell(value: Cell, *, comma: bool) -> str:
    match value:
        case None:
            return ""
        case str():
            return guarded(value)
        case Decimal():
            text = f"{value.normalize():f}"
            return text.replace(".", ",") if comma else text
        case _:
            return str(value)


# -- the tables -----------------------------------------------------------------------------


def _tables(book: Book) -> Iterator[tuple[str, Table]]:
    entries = facts.journal(book)
    yield "profil.csv", _profile(book)
    yield "barang.csv", _things(book, Kind.ITEM)
    yield "orang.csv", _things(book, Kind.PARTNER)
    yield "tempat.csv", _things(book, Kind.PLACE)
    yield "catatan.csv", _facts(entries)
    yield "baris.csv", _lines(entries)
    yield "stok.csv", _stock(book)
    yield "saldo.csv", _balances(book)


def _profile(book: Book) -> Table:
    yield ["isian", "isi"]
    for field, value in sorted(reading.fields(book, PROFILE).items()):
        yield [FIELDS[PROFILE].get(field, str(field)), _plain(value)]


def _things(book: Book, kind: Kind) -> Table:
    columns = {field: word for field, word in FIELDS[WORD[kind]].items() if word != "nama"}
    every = reading.things(book, kind)
    names = {
        which: reading.names_of(which, {each.key: each for each in reading.things(book, which)})
        for which in (kind, Kind.PARTNER)
    }
    # The fields that point at something say its name, not its key.
    points = {"pemilik": Kind.PARTNER, "sama dengan": kind}
    yield ["nomor", "nama", *columns.values()]
    for each in sorted(every, key=lambda each: each.name.casefold()):
        row: list[Cell] = [each.key, each.name]
        for field, word in columns.items():
            value = each.fields.get(field)
            if value is not None and word in points:
                row.append(names[points[word]].get(Key(str(value)), str(value)))
            elif word == "sisa terkecil" and isinstance(value, int):
                row.append(_pieces(value))
            elif word == "tidak dipakai lagi":
                row.append("ya" if value else None)
            else:
                row.append(_plain(value))
        yield row


def _facts(entries: Iterable[Entry]) -> Table:
    yield [
        "nomor",
        "tanggal",
        "jenis",
        "orang",
        "tempat",
        "ke tempat",
        "lewat",
        "akun",
        "ke akun",
        "untuk",
        "jumlah",
        "potongan",
        "uang masuk (keluar: di bawah nol)",
        "mengenai nomor",
        "nomor pesanan",
        "catatan",
        "dibatalkan",
        "dihitung",
    ]
    for each in entries:
        yield [
            each.number,
            _date(each.day),
            KINDS[each.kind],
            each.partner,
            each.place,
            each.to,
            each.channel,
            each.account,
            each.into,
            each.category,
            each.amount,
            each.fee,
            each.money,
            each.of,
            each.reference,
            each.note,
            "ya" if each.voided else None,
            "ya" if each.counts else "tidak",
        ]


def _lines(entries: Iterable[Entry]) -> Table:
    roles = {"": None, "used": "dipakai", "made": "jadi"}
    yield [
        "nomor",
        "tanggal",
        "jenis",
        "barang",
        "banyaknya",
        "jumlah",
        "sebagai",
        "pemilik",
        "komisi",
        "dihitung",
    ]
    for each in entries:
        for line in each.lines:
            yield [
                each.number,
                _date(each.day),
                KINDS[each.kind],
                line.item,
                _pieces(line.quantity),
                line.amount,
                roles[line.role],
                line.owner,
                line.commission,
                "ya" if each.counts else "tidak",
            ]


def _stock(book: Book) -> Table:
    yield ["barang", "tempat", "sisa", "belum pasti", "dua hitungan berbeda"]
    for item, place, each in reading.stock(book):
        disputed = "ya" if each.disputed else None
        yield [item, place, _pieces(each.quantity), _pieces(each.uncertain), disputed]


def _balances(book: Book) -> Table:
    known = {each.key: each for each in reading.things(book, Kind.PARTNER)}
    names = reading.names_of(Kind.PARTNER, known)
    yield ["akun", "orang", "saldo"]
    for row in sorted(book.rows().all(Balance), key=lambda row: (row.account, row.partner)):
        account = ACCOUNTS.get(c.Account(row.account), str(row.account))
        yield [account, names.get(Key(row.partner), row.partner) or None, row.amount]


def _pieces(thousandths: int) -> Decimal:
    return Decimal(thousandths) / 1000


def _plain(value: Any) -> Cell:
    return value if value is None or isinstance(value, int | str) else str(value)


def _date(day: int) -> str:
    try:
        return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
    except OverflowError:  # a clock far out; nothing is refused for its date
        return ""
