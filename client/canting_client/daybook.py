"""The journal: every fact of a book in the order of its day, with names instead of keys."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from canting_client import reading, store
from canting_client.book import Book
from canting_client.language import t
from canting_client.reading import HIDDEN, NAMELESS
from canting_client.vocabulary import ACCOUNTS, CHANNELS
from canting_protocol import changes as c
from canting_protocol.changes import Account, Change, Kind, Name
from canting_protocol.errors import Refused
from canting_protocol.ledger.causality import Author, Held
from canting_protocol.ledger.facts import FACTS
from canting_protocol.ledger.posting import is_voided, moved_by
from canting_protocol.ledger.rows import ChangeRow, VoidRow
from canting_protocol.ledger.times import month_of
from canting_protocol.messages import Verdict
from canting_protocol.names import Key
from canting_protocol.private import reveal

HELD: Final = frozenset({Account.CASH, Account.BANK, Account.QRIS})
"""The accounts that hold money of hers."""

_CHANNELS: Final = {number: word for word, number in CHANNELS.items()}


class Line(NamedTuple):
    """Goods in a fact."""

    role: str
    """`used` and `made` in a production, else empty."""
    key: Key
    item: str
    quantity: int
    """Thousandths."""
    amount: int | None
    owner: str | None = None
    commission: int | None = None


class Entry(NamedTuple):
    """A fact, as it stands in the journal."""

    number: str
    key: Key
    kind: Kind
    day: int
    lines: Sequence[Line]
    partner_key: Key | None
    partner: str | None
    place: str | None
    to: str | None
    channel: str | None
    account: str | None
    into: str | None
    """The account that a transfer goes to."""
    category: str | None
    amount: int | None
    fee: int | None
    note: str | None
    """What was noted; of a void, the reason."""
    reference: str | None
    of: str | None
    """The number of the sale that came back, or of what is voided."""
    money: int
    """What came into her cash, bank and QRIS, or (below zero) went out; nothing once voided."""
    voided: bool
    counts: bool
    """Neither voided nor refused."""


class Wanted(NamedTuple):
    """Which facts of the journal are wanted; None: all."""

    month: int | None = None
    """year × 100 + month"""
    partner: Key | None = None
    item: Key | None = None
    kind: Kind | None = None

    def takes(self, entry: Entry) -> bool:
        """Say whether it is one of them."""
        return (
            (self.month is None or month_of(entry.day) == self.month)
            and (self.partner is None or entry.partner_key == self.partner)
            and (self.item is None or any(line.key == self.item for line in entry.lines))
            and (self.kind is None or entry.kind == self.kind)
        )


EVERYTHING: Final = Wanted()


def journal(book: Book, wanted: Wanted = EVERYTHING) -> list[Entry]:
    """Return the facts, the earliest day first, and within a day as they were written."""
    teller = _Teller(book)
    told = [
        entry
        for place in store.facts(book.conn, (Kind.SALE, Kind.VOID))
        if wanted.takes(entry := teller.tell(*place))
    ]
    return sorted(told, key=lambda entry: entry.day)


class _Teller:
    """Turns changes into entries, with the names that the book knows now."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._keys = book.book_keys
        self._rows = book.rows()
        self._rows.load(ChangeRow, VoidRow)
        self._parties = book.parties()
        self._held = Held(self._rows)
        self._clocks = self._parties.clocks(self._rows)
        self._known = {
            kind: {each.key: each for each in reading.things(book, kind)}
            for kind in reading.WELL_KNOWN
        }
        self._names = {kind: reading.names_of(kind, them) for kind, them in self._known.items()}

    def tell(self, log: bytes, n: int, hash_: bytes) -> Entry:
        row = self._rows.get(ChangeRow, log, n, hash_)
        assert row is not None
        author = Author(log, n, hash_, ())
        kind = Kind(row.kind)
        try:
            fact: Change | None = c.read(row.body)
        except (c.BadChange, c.UnknownKind):
            fact = None
        voided = kind in FACTS and is_voided(self._rows, self._held, self._parties, row)
        counts = row.verdict == Verdict.APPLIED and not voided
        partner = self._key(author, Kind.PARTNER, _partner(fact))
        key = self._book.key_of(row.placed)
        return Entry(
            reading.number_of(self._book, key),
            key,
            kind,
            self._clocks.moment(log, n, row.t, getattr(fact, "day", None)).day,
            [] if fact is None else list(self._lines(author, fact)),
            partner,
            self._named(Kind.PARTNER, partner),
            self._place(author, getattr(fact, "place", getattr(fact, "source", None)), fact),
            self._place(author, getattr(fact, "to", None), fact),
            _channel(fact),
            _account(fact),
            ACCOUNTS.get(Account(fact.target)) if isinstance(fact, c.Transfer) else None,
            str(fact.category) if isinstance(fact, c.Expense) else None,
            _amount(fact),
            getattr(fact, "fee", None),
            self._note(_note(fact)),
            getattr(fact, "reference", None),
            self._of(author, fact),
            self._money(author, fact) if counts and fact is not None else 0,
            voided,
            counts,
        )

    def _lines(self, author: Author, fact: Change) -> Iterator[Line]:
        match fact:
            case c.Sale() | c.Return() | c.Purchase():
                for line in fact.lines:
                    yield self._line(author, "", line.item, line.quantity, line.amount, line)
            case c.Move():
                for moved in fact.lines:
                    yield self._line(author, "", moved.item, moved.quantity)
            case c.Count():
                for counted in fact.lines:
                    yield self._line(author, "", counted.item, counted.counted)
            case c.Production():
                for role, moves in (("made", fact.made), ("used", fact.used)):
                    for moved in moves:
                        yield self._line(author, role, moved.item, moved.quantity)

    def _line(
        self,
        author: Author,
        role: str,
        item: Name,
        quantity: int,
        amount: int | None = None,
        line: object = None,
    ) -> Line:
        key = self._key(author, Kind.ITEM, item)
        assert key is not None
        owner = self._key(author, Kind.PARTNER, getattr(line, "owner", None))
        return Line(
            role,
            key,
            self._names[Kind.ITEM].get(key, t(NAMELESS)),
            quantity,
            amount,
            self._named(Kind.PARTNER, owner),
            getattr(line, "commission", None),
        )

    def _key(self, author: Author, kind: Kind, name: Name | None) -> Key | None:
        if name is None:
            return None
        return reading.joined_key(self._known[kind], self._held.key(author, name))

    def _named(self, kind: Kind, key: Key | None) -> str | None:
        return None if key is None else self._names[kind].get(key, t(NAMELESS))

    def _place(self, author: Author, name: object, fact: Change | None) -> str | None:
        if isinstance(fact, c.Transfer) or not isinstance(name, int | c.Foreign):
            return None
        return self._named(Kind.PLACE, self._key(author, Kind.PLACE, name))

    def _note(self, note: c.Note | None) -> str | None:
        if not isinstance(note, c.Private):
            return note
        try:
            return reveal(self._keys, note)
        except Refused:
            return t(HIDDEN)

    def _of(self, author: Author, fact: Change | None) -> str | None:
        match fact:
            case c.Void():
                target: Name | None = fact.target
            case c.Return():
                target = fact.sale
            case _:
                target = None
        if target is None:
            return None
        return reading.number_of(self._book, self._held.key(author, target))

    def _money(self, author: Author, fact: Change) -> int:
        entries = moved_by(fact, self._held, author).entries
        return sum(entry.amount for entry in entries if entry.account in HELD)


def _note(fact: Change | None) -> c.Note | None:
    if isinstance(fact, c.Void):
        return None if fact.reason is None else str(fact.reason)
    note: c.Note | None = getattr(fact, "note", None)
    return note


def _partner(fact: Change | None) -> Name | None:
    return fact.worker if isinstance(fact, c.Production) else getattr(fact, "partner", None)


def _channel(fact: Change | None) -> str | None:
    channel = getattr(fact, "channel", None)
    return None if channel is None else _CHANNELS.get(channel, str(channel))


def _account(fact: Change | None) -> str | None:
    if isinstance(fact, c.Production) and not fact.wage:
        return None
    account = fact.source if isinstance(fact, c.Transfer) else getattr(fact, "account", None)
    return None if account is None else ACCOUNTS[Account(account)]


def _amount(fact: Change | None) -> int | None:
    match fact:
        case c.Sale() | c.Return() | c.Purchase():
            return sum(line.amount for line in fact.lines)
        case c.Production():
            return fact.wage
        case _:
            return getattr(fact, "amount", None)
