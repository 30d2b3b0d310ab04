"""What a book says: things by their names, stock, conflicts, and how far it has been sent."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from canting_client.book import Book
from canting_protocol import codec
from canting_protocol.changes import (
    ItemField,
    Kind,
    PlaceField,
    Private,
    Sharing,
    plain,
)
from canting_protocol.errors import Refused
from canting_protocol.ledger.causality import Held
from canting_protocol.ledger.posting import WORD
from canting_protocol.ledger.registers import CONSENT, CONSENT_LEVEL
from canting_protocol.ledger.rows import ChangeRow, Reference, Stock, Write
from canting_protocol.messages import Verdict
from canting_protocol.names import Key
from canting_protocol.private import reveal

WELL_KNOWN = {
    Kind.ITEM: {"barang lain": Key("-1")},
    Kind.PARTNER: {"umum": Key("-1")},
    Kind.PLACE: {
        "rumah": Key("-1"),
        "pasar": Key("-2"),
        "toko": Key("-3"),
        "sentra": Key("-4"),
    },
}
HIDDEN = "(tidak terbaca dengan kunci buku ini)"
NAMELESS = "belum dikenal"

_private = codec.decoder(Private)


class NotOne(Exception):
    """Say that a name fits nothing here, or more than one thing."""


class Thing(NamedTuple):
    """An item, partner or place: its key, and its shown fields by number."""

    key: Key
    fields: dict[int, Any]

    @property
    def name(self) -> str:
        """Return what it is called."""
        return str(self.fields.get(ItemField.NAME) or NAMELESS)

    @property
    def archived(self) -> bool:
        """Say whether it was put away."""
        return bool(self.fields.get(ItemField.ARCHIVED))


class Figures(NamedTuple):
    """How far a book has been sent: numbers of changes."""

    only_here: int
    in_registry: int
    conflicts: int
    parked: int
    refused: int


def things(book: Book, kind: Kind) -> list[Thing]:
    """Return the items, partners or places that were introduced, archived ones too."""
    word = f"{WORD[kind]}:"
    found: dict[str, dict[int, Any]] = {}
    for write in _shown(book):
        if write.entity.startswith(word):
            key = write.entity.removeprefix(word)
            found.setdefault(key, {})[write.field] = _readable(book, write.value)
    return [Thing(Key(key), fields) for key, fields in found.items()]


def find(book: Book, kind: Kind, name: str) -> Key:
    """Return the key of what a person calls so: by its whole name, else by a beginning.

    Raises:
        NotOne: nothing, or several things, are called so.
    """
    wanted = name.strip().casefold()
    known = {key: each for each, key in WELL_KNOWN[kind].items()}
    known |= {each.key: each.name for each in things(book, kind) if not each.archived}
    whole = [key for key, each in known.items() if each.casefold() == wanted]
    some = whole or [key for key, each in known.items() if each.casefold().startswith(wanted)]
    if len(some) == 1:
        return some[0]
    if not some:
        raise NotOne(f"Tidak ada yang bernama {name!r}. Lihat: canting {WORD[kind]} list")
    raise NotOne(f"{name!r} bisa berarti: {', '.join(sorted(known[key] for key in some))}")


def thing(book: Book, kind: Kind, key: Key) -> Thing:
    """Return one item, partner or place by its key."""
    for name, known in WELL_KNOWN[kind].items():
        if key == known:
            return Thing(key, {ItemField.NAME: name})
    return next((each for each in things(book, kind) if each.key == key), Thing(key, {}))


def stock(book: Book) -> Iterator[tuple[str, str, Stock]]:
    """Yield (item, place, stock) by name, doubles joined to what they are the same as."""
    items = {each.key: each for each in things(book, Kind.ITEM)}
    places = {each.key: each for each in things(book, Kind.PLACE)}
    names = {key: name for name, key in WELL_KNOWN[Kind.PLACE].items()}
    names |= {key: each.name for key, each in places.items()}
    sums: dict[tuple[Key, Key], Stock] = {}
    for row in book.rows().all(Stock):
        item = _same(items, Key(row.item), ItemField.SAME_AS)
        place = _same(places, Key(row.place), PlaceField.SAME_AS)
        before = sums.get((item, place))
        sums[item, place] = Stock(
            item,
            place,
            row.quantity + (before.quantity if before else 0),
            row.uncertain + (before.uncertain if before else 0),
            max(row.disputed, before.disputed if before else 0),
        )
    called = {Key("-1"): "barang lain"} | {key: each.name for key, each in items.items()}
    for (item, place), each in sorted(
        sums.items(), key=lambda e: (called.get(e[0][0], NAMELESS), names.get(e[0][1], NAMELESS))
    ):
        yield called.get(item, NAMELESS), names.get(place, NAMELESS), each


def conflicts(book: Book) -> Iterator[tuple[str, int, list[tuple[Any, bool, bytes]]]]:
    """Yield (what, field, [(value, shown, log)]) of every field with rival values."""
    found: dict[tuple[str, int], list[tuple[Any, bool, bytes]]] = {}
    for write in book.rows().all(Write):
        if write.standing > 1:
            found.setdefault((write.entity, write.field), []).append(
                (_readable(book, write.value), write.standing == 2, write.log)
            )
    for (entity, field), values in sorted(found.items()):
        yield entity, field, values


def sharing(book: Book) -> Sharing:
    """Return what she lets staff see; totals when she has not said."""
    for write in book.rows().group(Write, CONSENT, CONSENT_LEVEL).values():
        if write.standing == 1:
            return Sharing(plain(write.value))
    return Sharing.TOTALS


def has_reference(book: Book, reference: str) -> bool:
    """Say whether a fact with another system's number is in the book."""
    return bool(book.rows().group(Reference, reference))


def newest(book: Book, count: int) -> list[ChangeRow]:
    """Return the newest facts, the newest first."""
    rows = [row for row in book.rows().all(ChangeRow) if Kind.SALE <= row.kind <= Kind.VOID]
    return sorted(rows, key=lambda row: (row.t, row.n), reverse=True)[:count]


def figures(book: Book) -> Figures:
    """Return how much of the book is in the registry, by its newest receipt."""
    held, receipt = Held(book.rows()), book.receipt
    theirs = receipt.heads if receipt else []
    only_here = total = 0
    for prefix in held.logs():
        strands = held.strands(prefix)
        assert strands is not None
        log = strands.heads[0].log
        lacking = strands.lacking([(h.first, h.n, h.hash) for h in theirs if h.log == log])
        only_here += len({place for range_ in lacking for place in strands.path(range_)})
        every = strands.lacking([])
        total += len({place for range_ in every for place in strands.path(range_)})
    counts = dict.fromkeys(Verdict, 0)
    for each in receipt.exceptions if receipt else []:
        counts[Verdict(each.verdict)] += each.last - each.first + 1
    return Figures(
        only_here,
        total - only_here,
        counts[Verdict.CONFLICT],
        counts[Verdict.PARKED],
        counts[Verdict.REFUSED],
    )


def _shown(book: Book) -> Iterator[Write]:
    return (write for write in book.rows().all(Write) if write.standing in (1, 2))


def _readable(book: Book, raw: bytes) -> Any:
    value = plain(raw)
    if not isinstance(value, list):
        return value
    try:
        return reveal(book.book_keys, codec.decode(_private, raw))
    except Refused:
        return HIDDEN


def _same(known: dict[Key, Thing], key: Key, field: int) -> Key:
    seen = {key}
    while key in known and (other := known[key].fields.get(field)) and other not in seen:
        key = Key(other)
        seen.add(key)
    return key
