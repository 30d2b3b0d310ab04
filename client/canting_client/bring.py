"""Bring the sales of a file into a book: good rows go in, bad ones are told with their line."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from canting_client import reading
from canting_client.book import Book, Writing
from canting_client.importing import BadRow, ParsedSale, Skipped, open_rows, read_map, read_sales
from canting_protocol import changes as c
from canting_protocol.changes import Kind
from canting_protocol.names import Key

ROWS_AT_ONCE: Final = 500
"""How many sales share a transaction: all of them are in the book, or none."""

CHANNELS: Final = {
    "langsung": c.Channel.DIRECT,
    "toko": c.Channel.SHOP,
    "pasar": c.Channel.MARKET,
    "wa": c.Channel.WHATSAPP,
    "tokopedia": c.Channel.TOKOPEDIA,
    "shopee": c.Channel.SHOPEE,
    "pameran": c.Channel.FAIR,
    "titip": c.Channel.CONSIGNMENT,
    "seragam": c.Channel.UNIFORM,
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
    rows = read_sales(open_rows(file), read_map(columns.read_text(encoding="utf-8")))
    names = _Names(book, item)
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
                        if row.reference is not None and (
                            row.reference in seen or reading.has_reference(book, row.reference)
                        ):
                            known += 1
                            continue
                        if row.reference is not None:
                            seen.add(row.reference)
                        names.record(writing, row, place)
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
        self._known: dict[str, Key | int] = {
            each.name.casefold(): each.key for each in reading.things(book, Kind.ITEM)
        }

    def record(self, writing: Writing, row: ParsedSale, place: c.Name) -> None:
        name = self._name(writing, row.item)
        channel = (row.channel or "langsung").casefold()
        sale = writing.append(
            c.Sale(
                [c.SaleLine(name, row.quantity, row.amount)],
                place,
                int(CHANNELS[channel]) if channel in CHANNELS else row.channel or 0,
                _account(row.payment),
                row.day,
                reference=row.reference,
            )
        )
        if row.returned:
            # The order's amount is what the buyer paid in the end; only the goods came back.
            writing.append(
                c.Return(
                    [c.GoodsLine(name, row.returned, 0)],
                    place,
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
            self._known[item.casefold()] = Key(f"{placed.log[:8].hex()}.{placed.n}")
            return placed.n
        own = writing.pen.own
        key = str(found)
        if own is not None and not own.rotate and key.startswith(own.log[:8].hex()):
            return int(key.partition("~")[0].rpartition(".")[2])
        return self._book.wire_name(Key(key))


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
