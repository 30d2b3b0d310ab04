"""Bring the rows of a file into a book: good ones go in, bad ones are told with their line.

A sale that is in the book already is known by its reference. One without gets a reference made of
what it says, so that the same file again adds nothing: of rows that say the same, the first is the
first, the second the second. Items and partners are known by their names, opening stock by item,
place, day and number.
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
    ColumnMap,
    ParsedSale,
    Skipped,
    sales_in,
)
from canting_client.language import t
from canting_client.lists import (
    KIND_OF,
    Counted,
    Listed,
    ListMap,
    StockMap,
    read_any_map,
    stock_in,
    things_in,
)
from canting_client.sheets import records
from canting_client.vocabulary import CHANNELS
from canting_protocol import changes as c
from canting_protocol.changes import Kind
from canting_protocol.crypto import sha256
from canting_protocol.ledger.rows import Tally
from canting_protocol.limits import AMOUNT_MAX
from canting_protocol.log import PREFIX_BYTES
from canting_protocol.names import Key, key_in

ROWS_AT_ONCE: Final = 500
"""How many sales share a transaction: all of them are in the book, or none."""

LINES_AT_ONCE: Final = 200
"""How many lines of opening stock share a count: well within the largest change."""

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
    map_ = read_map_file(columns)
    if not isinstance(map_, ColumnMap):
        raise BadMap(t("of: peta ini bukan peta penjualan"))
    rows = sales_in(records(file, map_.delimiter, map_.sheet), map_)
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
                    case ParsedSale() if max(row.amount, row.quantity) > AMOUNT_MAX:
                        bad.append(BadRow(row.line, t("jumlahnya terlalu besar")))
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


class Listing(NamedTuple):
    """What an import of items, partners or opening stock came to."""

    new: int
    known: int
    """Rows that were in the book already; nothing about them is changed."""
    bad: list[BadRow]


def bring_list(book: Book, file: Path, map_: ListMap, *, place: c.Name) -> Listing:
    """Record the items, partners or opening stock of a file; stock without a place is at `place`.

    Raises:
        BadMap: the map names columns that the file has not.
    """
    rows = records(file, map_.delimiter, map_.sheet)
    if isinstance(map_, StockMap):
        return _bring_stock(book, list(stock_in(rows, map_)), place)
    return _bring_things(book, list(things_in(rows, map_)), KIND_OF[type(map_)])


def _bring_things(book: Book, rows: Sequence[Listed | BadRow], kind: Kind) -> Listing:
    names = {each.name.casefold() for each in reading.things(book, kind)}
    names |= set(reading.WELL_KNOWN[kind])
    new, known, bad = 0, 0, list[BadRow]()
    with book.write() as writing:
        for row in rows:
            if isinstance(row, BadRow):
                bad.append(row)
            elif row.name.casefold() in names:
                known += 1
            else:
                names.add(row.name.casefold())
                writing.append(_introduced(book, kind, row))
                new += 1
    return Listing(new, known, bad)


def _introduced(book: Book, kind: Kind, row: Listed) -> c.Item | c.Partner:
    fields = {int(c.ItemField.NAME): row.name, **row.fields}
    if kind == Kind.ITEM:
        return c.Item(None, [c.FieldWrite(field, c.value(each)) for field, each in fields.items()])
    told = {
        field: each if field == c.PartnerField.ROLE else book.hide(str(each))
        for field, each in fields.items()
    }
    return c.Partner(None, [c.FieldWrite(field, c.value(each)) for field, each in told.items()])


def _bring_stock(book: Book, rows: Sequence[Counted | BadRow], place: c.Name) -> Listing:
    names = _Names(book, None)
    here = _place_key(book, place)
    tallied = {(row.item, row.place, row.day, row.counted) for row in book.rows().all(Tally)}
    known, bad = 0, list[BadRow]()
    counts: dict[tuple[Key, int], list[tuple[str, int]]] = {}
    first: dict[tuple[str, Key], int] = {}
    for row in rows:
        if isinstance(row, BadRow):
            bad.append(row)
            continue
        try:
            where = here if row.place is None else reading.find(book, Kind.PLACE, row.place)
        except reading.NotOne as error:
            bad.append(BadRow(row.line, str(error)))
            continue
        what = (row.item.casefold(), where)
        if what in first:
            text = t("{item!r} sudah ada di baris {line}", item=row.item, line=first[what])
            bad.append(BadRow(row.line, text))
            continue
        first[what] = row.line
        if (names.key(row.item), where, row.day, row.counted) in tallied:
            known += 1
        else:
            counts.setdefault((where, row.day), []).append((row.item, row.counted))
    with book.write() as writing:
        for (where, day), every in counts.items():
            for some in (
                every[at : at + LINES_AT_ONCE] for at in range(0, len(every), LINES_AT_ONCE)
            ):
                lines = [c.CountLine(names.name(writing, item), many) for item, many in some]
                writing.append(c.Count(lines, names.own(writing, where), day))
    return Listing(sum(map(len, counts.values())), known, bad)


def read_map_file(columns: Path) -> ColumnMap | ListMap:
    """Return the column map in a file.

    Raises:
        BadMap: it is none.
    """
    try:
        return read_any_map(columns.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise BadMap(
            t("peta kolom {columns} bukan berkas teks (UTF-8)", columns=columns)
        ) from error


class _Names:
    """The items that rows name, introduced when they are first met."""

    def __init__(self, book: Book, always: str | None) -> None:
        self._book = book
        self._always = None if always is None else reading.find(book, Kind.ITEM, always)
        self._known = dict(reading.WELL_KNOWN[Kind.ITEM])
        self._known |= {each.name.casefold(): each.key for each in reading.things(book, Kind.ITEM)}

    def record(self, writing: Writing, row: ParsedSale, place: c.Name, reference: str) -> None:
        name = self.name(writing, row.item)
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

    def key(self, item: str) -> Key | None:
        return self._known.get(item.casefold())

    def name(self, writing: Writing, item: str | None) -> c.Name:
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
        return self.own(writing, found)

    def own(self, writing: Writing, key: Key) -> c.Name:
        """Return how the next change names a key: in this transaction its log may have begun."""
        own = writing.pen.own
        log, _, n = key.partition(".")
        if own is not None and not own.rotate and log == own.log[:PREFIX_BYTES].hex():
            return int(n.partition("~")[0])
        return self._book.wire_name(key)


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

    columns = (TextColumn(t("{n} baris").replace("{n}", "{task.completed}")),)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        while group := list(islice(rows, ROWS_AT_ONCE)):
            yield group
            bar.advance(task, len(group))
