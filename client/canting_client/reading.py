"""What a book says: things by their names, stock, conflicts, and how far it has been sent."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from canting_client import store
from canting_client.book import Book
from canting_client.language import t
from canting_protocol import codec
from canting_protocol.changes import (
    Account,
    BadChange,
    Change,
    Count,
    CountLine,
    Expense,
    GoodsLine,
    ItemField,
    Kind,
    Move,
    MoveLine,
    Name,
    Payment,
    Private,
    Production,
    Purchase,
    Return,
    Revoke,
    Sale,
    SaleLine,
    Sharing,
    Transfer,
    UnknownKind,
    Void,
    plain,
    read,
)
from canting_protocol.errors import Refused
from canting_protocol.ledger.causality import Author, Held
from canting_protocol.ledger.facts import FACTS
from canting_protocol.ledger.posting import WORD, is_voided
from canting_protocol.ledger.registers import CONSENT, CONSENT_LEVEL, Standing
from canting_protocol.ledger.rows import (
    Balance,
    ChangeRow,
    Reference,
    RevokedRow,
    Stock,
    Write,
)
from canting_protocol.ledger.times import day_of
from canting_protocol.log import PREFIX_BYTES, LogId
from canting_protocol.messages import Reason, Verdict
from canting_protocol.names import Key
from canting_protocol.private import reveal

WELL_KNOWN: Final = {
    Kind.ITEM: {"barang lain": Key("-1")},
    Kind.PARTNER: {"umum": Key("-1")},
    Kind.PLACE: {
        "rumah": Key("-1"),
        "pasar": Key("-2"),
        "toko": Key("-3"),
        "sentra": Key("-4"),
    },
}
HIDDEN: Final = "(tidak terbaca dengan kunci buku ini)"
SEALED: Final = "(tertutup, hanya terbaca oleh dinas)"
NAMELESS: Final = "belum dikenal"

_SHOWN: Final = frozenset({Standing.SHOWN, Standing.SHOWN_IN_CONFLICT})
_DISPUTED: Final = frozenset({Standing.SHOWN_IN_CONFLICT, Standing.RIVAL})
_LOG_LETTERS: Final = 4
"""How much of another log's id a person is shown."""

_private: Final = codec.decoder(Private)


class NotOne(Exception):
    """Say that a name fits nothing here, or more than one thing."""


class Thing(NamedTuple):
    """An item, partner or place: its key, and its shown fields by number."""

    key: Key
    fields: dict[int, Any]

    @property
    def name(self) -> str:
        """Return what it is called."""
        return str(self.fields.get(ItemField.NAME) or t(NAMELESS))

    @property
    def archived(self) -> bool:
        """Say whether it was put away."""
        return bool(self.fields.get(ItemField.ARCHIVED))


class Rival(NamedTuple):
    """One of several values of a field."""

    value: Any
    shown: bool
    whose: str
    """`here`, `registry` or `other`: which device wrote it."""


class Fact(NamedTuple):
    """Something that happened, as it is listed."""

    number: str
    """What `find_fact` finds it by."""
    kind: Kind
    goods: list[tuple[str, int]]
    """Names and thousandths."""
    amount: int | None
    day: int
    """Days since 1970-01-01."""
    voided: bool
    of: str | None = None
    """The number of what it voids."""


class Excepted(NamedTuple):
    """Changes that the registry did not simply apply."""

    verdict: Verdict
    reason: Reason | None
    """None: one that this version does not know."""
    changes: int


class Figures(NamedTuple):
    """How far a book has been sent: numbers of changes."""

    only_here: int
    in_registry: int
    conflicts: int
    parked: int
    refused: int
    because: list[Excepted]


# -- items, partners, places ----------------------------------------------------------------


def things(book: Book, kind: Kind) -> list[Thing]:
    """Return the items, partners or places that were introduced, archived ones too."""
    word, keys = f"{WORD[kind]}:", book.book_keys
    found: dict[str, dict[int, Any]] = {}
    for write in book.rows().all(Write):
        if write.standing in _SHOWN and write.entity.startswith(word):
            key = write.entity.removeprefix(word)
            found.setdefault(key, {})[write.field] = readable(keys, write.value)
    return [Thing(Key(key), fields) for key, fields in found.items()]


def fields(book: Book, entity: str) -> dict[int, Any]:
    """Return the shown fields of one entity, the artisan's profile for example."""
    keys = book.book_keys
    return {
        write.field: readable(keys, write.value)
        for write in book.rows().all(Write, entity)
        if write.standing in _SHOWN
    }


def listed(book: Book, kind: Kind, *, archived: bool = False) -> list[Thing]:
    """Return what a person chooses from: doubles are one, and what was put away is not there."""
    every = things(book, kind)
    known = {each.key: each for each in every}
    well_known = [Thing(key, {ItemField.NAME: name}) for name, key in WELL_KNOWN[kind].items()]
    own = [
        each
        for each in every
        if (archived or not each.archived) and joined_key(known, each.key) == each.key
    ]
    return sorted(own, key=lambda each: each.name.casefold()) + well_known


def find(book: Book, kind: Kind, name: str) -> Key:
    """Return the key of what a person calls so.

    By its key, else its whole name, else a beginning of it, else a beginning of a later word.

    Raises:
        NotOne: nothing, or several things, are called so.
    """
    wanted = " ".join(name.split()).casefold()
    known = {each.key: each for each in things(book, kind)}
    if wanted in known:
        return joined_key(known, Key(wanted))
    called = {key: each for each, key in WELL_KNOWN[kind].items()}
    called |= {key: each.name for key, each in known.items() if not each.archived}
    some = (
        {joined_key(known, key) for key, each in called.items() if each.casefold() == wanted}
        or {joined_key(known, key) for key, each in called.items() if _begins(each, wanted)}
        or {joined_key(known, key) for key, each in called.items() if _has_word(each, wanted)}
    )
    if len(some) == 1:
        return some.pop()
    if not some:
        raise NotOne(
            t(
                "Tidak ada yang bernama {name!r}. Lihat: canting {word} list",
                name=name,
                word=WORD[kind],
            )
        )
    names = sorted(called.get(key, t(NAMELESS)) for key in some)
    if len(set(names)) == len(names):
        raise NotOne(t("{name!r} bisa berarti: {names}", name=name, names=", ".join(names)))
    same = ", ".join(sorted(f"{called.get(key, t(NAMELESS))} [{key}]" for key in some))
    raise NotOne(
        t(
            "{name!r} bisa berarti: {same}. Pakai yang di dalam kurung, atau satukan.",
            name=name,
            same=same,
        )
    )


def thing(book: Book, kind: Kind, key: Key) -> Thing:
    """Return one item, partner or place by its key."""
    for name, known in WELL_KNOWN[kind].items():
        if key == known:
            return Thing(key, {ItemField.NAME: name})
    return next((each for each in things(book, kind) if each.key == key), Thing(key, {}))


def doubles(book: Book, kind: Kind) -> dict[Key, Key]:
    """Return the items, partners or places that are the same as another, and which that is."""
    known = {each.key: each for each in things(book, kind)}
    return {key: same for key in known if (same := joined_key(known, key)) != key}


def called(book: Book, kind: Kind) -> dict[Key, str]:
    """Return what every item, partner or place is called, well-known ones too."""
    return names_of(kind, {each.key: each for each in things(book, kind)})


# -- goods ----------------------------------------------------------------------------------


def stock(book: Book) -> Iterator[tuple[str, str, Stock]]:
    """Yield (item, place, stock) by name, doubles joined to what they are the same as."""
    items = {each.key: each for each in things(book, Kind.ITEM)}
    places = {each.key: each for each in things(book, Kind.PLACE)}
    sums: dict[tuple[Key, Key], Stock] = {}
    for row in book.rows().all(Stock):
        item, place = joined_key(items, Key(row.item)), joined_key(places, Key(row.place))
        before = sums.get((item, place), Stock(item, place, 0, 0, 0))
        sums[item, place] = Stock(
            item,
            place,
            row.quantity + before.quantity,
            row.uncertain + before.uncertain,
            max(row.disputed, before.disputed),
        )
    item_names, place_names = names_of(Kind.ITEM, items), names_of(Kind.PLACE, places)
    told = [
        (item_names.get(item, t(NAMELESS)), place_names.get(place, t(NAMELESS)), each)
        for (item, place), each in sums.items()
    ]
    yield from sorted(told, key=lambda each: (each[0].casefold(), each[1].casefold()))


# -- money ----------------------------------------------------------------------------------


class Debt(NamedTuple):
    """What is open between her and a partner, in whole rupiah; below zero: paid too much."""

    partner: Key
    name: str
    owes_me: int
    i_owe: int


def debts(book: Book) -> list[Debt]:
    """Return what is open with every partner, by name; doubles are one."""
    known = {each.key: each for each in things(book, Kind.PARTNER)}
    names = names_of(Kind.PARTNER, known)
    sums: dict[Key, list[int]] = {}
    for row in book.rows().all(Balance):
        if row.account in (Account.RECEIVABLE, Account.PAYABLE):
            both = sums.setdefault(joined_key(known, Key(row.partner)), [0, 0])
            if row.account == Account.RECEIVABLE:
                both[0] += row.amount
            else:
                both[1] -= row.amount
    told = [
        Debt(key, names.get(key, t(NAMELESS)), *both) for key, both in sums.items() if any(both)
    ]
    return sorted(told, key=lambda each: each.name.casefold())


def debt(book: Book, partner: Key) -> Debt:
    """Return what is open with one partner."""
    open_ = next((each for each in debts(book) if each.partner == partner), None)
    return open_ or Debt(partner, thing(book, Kind.PARTNER, partner).name, 0, 0)


def balances(book: Book) -> dict[Account, int]:
    """Return what every account holds: whole rupiah, all partners together."""
    sums: dict[Account, int] = {}
    for row in book.rows().all(Balance):
        account = Account(row.account)
        sums[account] = sums.get(account, 0) + row.amount
    return sums


# -- what has to be settled -----------------------------------------------------------------


def conflicts(book: Book) -> Iterator[tuple[str, int, list[Rival]]]:
    """Yield (entity, field, values) of every field with rival values, the shown one first."""
    keys, logs = book.book_keys, store.logs(book.conn)
    found: dict[tuple[str, int], list[Rival]] = {}
    for write in book.rows().all(Write):
        if write.standing in _DISPUTED:
            author = logs[LogId(write.log)].key
            whose = (
                "here"
                if author == book.device
                else "registry"
                if author == book.registry
                else "other"
            )
            value = readable(keys, write.value)
            rival = Rival(value, write.standing == Standing.SHOWN_IN_CONFLICT, whose)
            found.setdefault((write.entity, write.field), []).append(rival)
    for (entity, field), values in sorted(found.items()):
        yield entity, field, sorted(values, key=lambda each: not each.shown)


def sharing(book: Book) -> Sharing:
    """Return what she lets staff see; totals when she has not said."""
    for write in book.rows().writes(CONSENT, CONSENT_LEVEL):
        if write.standing == Standing.SHOWN:
            return Sharing(plain(write.value))
    return Sharing.TOTALS


class Revocation(NamedTuple):
    """That the registry trusts this device no further: since which day, and why."""

    day: int
    reason: str | None


def revocation(book: Book) -> Revocation | None:
    """Return when and why this device was revoked; None when it was not."""
    rows = book.rows()
    found = [
        change
        for row in rows.group(RevokedRow).values()
        if row.key == book.device
        and (change := rows.get(ChangeRow, row.log, row.n, row.hash)) is not None
    ]
    if not found:
        return None
    first = min(found, key=lambda change: (change.t, change.n))
    view = read(first.body)
    reason = view.reason if isinstance(view, Revoke) else None
    return Revocation(day_of(first.t), None if reason is None else str(reason))


# -- facts ----------------------------------------------------------------------------------


def has_reference(book: Book, reference: str) -> bool:
    """Say whether a fact with another system's number is in the book."""
    return bool(book.rows().group(Reference, reference))


def newest(book: Book, count: int) -> list[Fact]:
    """Return the newest facts, the newest first."""
    rows, parties = book.rows(), book.parties()
    held, clocks = Held(rows), parties.clocks(rows)
    items = {each.key: each for each in things(book, Kind.ITEM)}
    names = names_of(Kind.ITEM, items)
    told = []
    for log, n, hash_ in store.newest_facts(book.conn, (Kind.SALE, Kind.VOID), count):
        row = rows.get(ChangeRow, log, n, hash_)
        assert row is not None
        try:
            change: Change | None = read(row.body)
        except (BadChange, UnknownKind):
            change = None
        author = Author(row.log, row.n, row.hash, ())

        def called(name: Name, author: Author = author) -> str:
            return names.get(joined_key(items, held.key(author, name)), t(NAMELESS))

        goods = [(called(line.item), _quantity(line)) for line in _lines(change)]
        moment = clocks.moment(row.log, row.n, row.t, getattr(change, "day", None))
        of = None
        if isinstance(change, Void):
            of = number_of(book, held.key(author, change.target))
        told.append(
            Fact(
                number_of(book, book.key_of(row.placed)),
                Kind(row.kind),
                goods,
                _amount(change),
                moment.day,
                row.kind in FACTS and is_voided(rows, held, parties, row),
                of,
            )
        )
    return told


def find_fact(book: Book, number: str) -> tuple[ChangeRow, bool]:
    """Return the change that a person calls by its number, and whether it was voided.

    `12` is in this book's own log, `1f2e.12` in the log whose id begins so; `~` and the beginning
    of its hash tell a change of a forked log.

    Raises:
        NotOne: there is none, or there are several.
    """
    place, _, branch = number.strip().casefold().partition("~")
    letters, dot, digits = place.rpartition(".")
    nothing = NotOne(t("Tidak ada catatan nomor {number!r}. Lihat: canting log", number=number))
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        raise nothing
    own = book.own
    if dot:
        logs = [log for log in store.logs(book.conn) if letters and log.hex().startswith(letters)]
    else:
        logs = [LogId(own.log)] if own is not None and not own.rotate else []
    rows, parties = book.rows(), book.parties()
    found = [
        row
        for log in logs
        for row in rows.group(ChangeRow, log, int(digits)).values()
        if row.hash.hex().startswith(branch)
    ]
    if not found:
        raise nothing
    if len(found) > 1:
        raise NotOne(
            t("Nomor {number!r} bisa berarti beberapa catatan; tulis lebih lengkap.", number=number)
        )
    return found[0], is_voided(rows, Held(rows), parties, found[0])


def figures(book: Book) -> Figures:
    """Return how much of the book is in the registry, by its newest receipt."""
    held, receipt = Held(book.rows()), book.receipt
    theirs = receipt.heads if receipt else []
    only_here = total = 0
    for prefix in held.logs():
        strands = held.strands(prefix)
        assert strands is not None
        log = strands.heads[0].log
        heads = [(head.first, head.n, head.hash) for head in theirs if head.log == log]
        lacking, every = strands.lacking(heads), strands.lacking(())
        if strands.linear:
            only_here += sum(range_.n - range_.first + 1 for range_ in lacking)
            total += sum(range_.n - range_.first + 1 for range_ in every)
        else:
            only_here += len({place for range_ in lacking for place in strands.path(range_)})
            total += len({place for range_ in every for place in strands.path(range_)})
    counts: dict[tuple[int, int], int] = {}
    for each in receipt.exceptions if receipt else []:
        why = (each.verdict, each.reason)
        counts[why] = counts.get(why, 0) + each.last - each.first + 1
    because = [
        Excepted(Verdict(verdict), _reason(reason), changes)
        for (verdict, reason), changes in sorted(counts.items())
        if verdict in frozenset(Verdict)
    ]

    def sum_of(verdict: Verdict) -> int:
        return sum(each.changes for each in because if each.verdict == verdict)

    return Figures(
        only_here,
        total - only_here,
        sum_of(Verdict.CONFLICT),
        sum_of(Verdict.PARKED),
        sum_of(Verdict.REFUSED),
        because,
    )


# -- inside ---------------------------------------------------------------------------------


def _lines(change: Change | None) -> Sequence[SaleLine | GoodsLine | MoveLine | CountLine]:
    match change:
        case Sale() | Return() | Purchase() | Move() | Count():
            return change.lines
        case Production():
            return change.made
        case _:
            return ()


def _quantity(line: SaleLine | GoodsLine | MoveLine | CountLine) -> int:
    return line.counted if isinstance(line, CountLine) else line.quantity


def _amount(change: Change | None) -> int | None:
    match change:
        case Sale() | Return() | Purchase():
            return sum(line.amount for line in change.lines)
        case Payment() | Transfer() | Expense():
            return change.amount
        case Production():
            return change.wage
        case _:
            return None


def number_of(book: Book, key: Key) -> str:
    """Return the number that a person calls a fact by."""
    own = book.own
    log, _, n = key.partition(".")
    if own is not None and not own.rotate and own.log[:PREFIX_BYTES].hex() == log:
        return n
    return f"{log[:_LOG_LETTERS]}.{n}"


def _reason(number: int) -> Reason | None:
    return Reason(number) if number in frozenset(Reason) else None


def readable(keys: Any, raw: bytes) -> Any:
    """Return a field's value as Python has it, a private one revealed, a sealed one named."""
    value = plain(raw)
    if isinstance(value, bytes):
        return t(SEALED)
    if not isinstance(value, list):
        return value
    try:
        return reveal(keys, codec.decode(_private, raw))
    except Refused:
        return t(HIDDEN)


def _begins(name: str, wanted: str) -> bool:
    return bool(wanted) and name.casefold().startswith(wanted)


def _has_word(name: str, wanted: str) -> bool:
    return bool(wanted) and f" {wanted}" in name.casefold()


def names_of(kind: Kind, known: dict[Key, Thing]) -> dict[Key, str]:
    """Return what things are called, the well-known ones too."""
    names = {key: name for name, key in WELL_KNOWN[kind].items()}
    return names | {key: each.name for key, each in known.items()}


def joined_key(known: dict[Key, Thing], key: Key) -> Key:
    """Return what a thing is the same as, in the end; two that name each other are the lower."""
    path = [key]
    while (here := known.get(path[-1])) and (other := here.fields.get(ItemField.SAME_AS)):
        if other in path:
            return min(path[path.index(other) :])
        path.append(Key(str(other)))
    return path[-1]
