"""Bring the sales of a file into a book: good rows go in, bad ones are told with their line.

A row that is in the book already is known by its reference. One without gets a reference made of
what it says, so that the same file again adds nothing: of rows that say the same, the first is the
first, the second the second.
"""

from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from canting_client import reading
from canting_client.book import Book, Writing
from canting_client.importing import (
    BadMap,
    BadRow,
    ParsedSale,
    Skipped,
    open_rows,
    read_map,
    read_sales,
)
from canting_protocol import changes as c
from canting_protocol.changes import Kind
from canting_protocol.crypto import sha256
from canting_protocol.log import PREFIX_BYTES
from canting_protocol.names import Key, key_in

ROWS_AT_ONCE: Final = 500
"""How many sales share a transaction: all of them are in the book, or none."""

CHANNELS: Final[dict[str, c.Code]] = {
    "langsung": int(c.Channel.DIRECT),
    "toko": int(c.Channel.SHOP),
    "pasar": int(c.Channel.MARKET),
    "wa": int(c.Channel.WHATSAPP),
    "tokopedia": int(c.Channel.TOKOPEDIA),
    "shopee": int(c.Channel.SHOPEE),
    "pameran": int(c.Channel.FAIR),
    "titip": int(c.Channel.CONSIGNMENT),
    "seragam": int(c.Channel.UNIFORM),
}
_PAYMENTS: Final = {"tunai": c.Account.CASH, "cod": c.Account.CASH, "qris": c.Account.QRIS}


class Brought(NamedTuple):
    """What an import came to."""

    sales: int
    amount: int
    """Whole rupiah."""
    quantity: int
    """Thousandths of a piece."""
    returned: int
    known: int
    """Rows whose reference was in the book already."""
    skipped: int
    bad: list[BadRow]


def bring_in(
    book: Book,
    file: Path,
    columns: Path,
    *,
    item: str | None,
    place: c.Name,
    progress: bool,
) -> Brought:
    """Record the sales of a CSV file, with a column map.

    Raises:
        BadMap: the map is wrong, or names columns that the file has not.
        NotOne: `item` is no item of the book.
    """
    try:
        toml = columns.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadMap(f"peta kolom {columns} bukan berkas teks (UTF-8)") from error
    rows = read_sales(open_rows(file), read_map(toml))
    names = _Names(book, item)
    where = _place_key(book, place)
    alike: Counter[bytes] = Counter()
    sales = amount = quantity = returned = known = skipped = 0
    bad: list[BadRow] = []
    seen: set[str] = set()
    for group in _groups(rows, show=progress):
        with book.write() as writing:
            for row in group:
                match row:
                    case BadRow():
                        bad.append(row)
                    case Skipped():
                        skipped += 1
                    case ParsedSale():
                        reference = row.reference or _reference(row, where, alike)
                        if reference in seen or reading.has_reference(book, reference):
                            known += 1
                            continue
                        seen.add(reference)
                        names.record(writing, row, place, reference)
                        sales += 1
                        amount += row.amount
                        quantity += row.quantity
                        returned += row.returned
    return Brought(sales, amount, quantity, returned, known, skipped, bad)


class _Names:
    """The items that rows name, introduced when they are first met."""

    def __init__(self, book: Book, always: str | None) -> None:
        self._book = book
        self._always = None if always is None else reading.find(book, Kind.ITEM, always)
        self._known = dict(reading.WELL_KNOWN[Kind.ITEM])
        self._known |= {each.name.casefold(): each.key for each in reading.things(book, Kind.ITEM)}

    def record(self, writing: Writing, row: ParsedSale, place: c.Name, reference: str) -> None:
        name = self._name(writing, row.item)
        word = row.channel or "langsung"
        channel = CHANNELS.get(word.casefold(), word)
        sale = writing.append(
            c.Sale(
                [c.SaleLine(name, row.quantity, row.amount)],
                place,
                channel,
                _account(row.payment),
                row.day,
                reference=reference,
            )
        )
        if row.returned:
            # The order's amount is what the buyer paid in the end; only the goods came back.
            writing.append(
                c.Return(
                    [c.GoodsLine(name, row.returned, 0)],
                    place,
                    channel,
                    day=row.day,
                    sale=sale.n,
                )
            )

    def _name(self, writing: Writing, item: str | None) -> c.Name:
        if self._always is not None:
            return self._book.wire_name(self._always)
        if item is None:
            return -1
        found = self._known.get(item.casefold())
        if found is None:
            placed = writing.append(
                c.Item(None, [c.FieldWrite(int(c.ItemField.NAME), c.value(item))])
            )
            self._known[item.casefold()] = key_in(placed.log[:PREFIX_BYTES], placed.n)
            return placed.n
        own = writing.pen.own
        log, _, n = found.partition(".")
        if own is not None and not own.rotate and log == own.log[:PREFIX_BYTES].hex():
            return int(n.partition("~")[0])
        return self._book.wire_name(found)


def _reference(row: ParsedSale, place: Key, alike: Counter[bytes]) -> str:
    """Return the reference of a row that has none, from what it says and how often it was said."""
    said = (row.day, row.minute, row.amount, row.quantity, row.item, row.channel, row.payment)
    words = repr((*said, place)).encode()
    alike[words] += 1
    return "=" + urlsafe_b64encode(sha256(words, str(alike[words]).encode())[:6]).decode()


def _place_key(book: Book, place: c.Name) -> Key:
    """Return a place's key, which stays the same when the book goes on in a new log."""
    match place:
        case c.Foreign():
            return key_in(place.log, place.n)
        case int() if place > 0 and book.own is not None:
            return key_in(book.own.log[:PREFIX_BYTES], place)
        case _:
            return Key(str(place))


def _account(payment: str | None) -> int:
    words = (payment or "tunai").casefold()
    for word, account in _PAYMENTS.items():
        if words.startswith(word):
            return int(account)
    return int(c.Account.BANK)


_Rows = Iterator[ParsedSale | Skipped | BadRow]


def _groups(rows: _Rows, *, show: bool) -> Iterator[Sequence[ParsedSale | Skipped | BadRow]]:
    if not show:
        while group := list(islice(rows, ROWS_AT_ONCE)):
            yield group
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn

    columns = (TextColumn("{task.completed} baris"),)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        while group := list(islice(rows, ROWS_AT_ONCE)):
            yield group
            bar.advance(task, len(group))
