"""Makers, so that a test names only what it is about."""

from collections.abc import Iterable, Sequence

from canting_protocol import changes as c
from canting_protocol.crypto import PublicKey, SigningKey
from canting_protocol.ledger import absorb
from canting_protocol.ledger.pen import Own, Pen
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.project import project
from canting_protocol.ledger.rows import (
    SHAPES,
    R,
    Row,
    Rows,
    Stock,
    Turnover,
    Write,
    digest,
)
from canting_protocol.log import Descriptor, LogId, Placed
from canting_protocol.names import Key

REGISTRY = SigningKey(b"R" * 32)
MONDAY = 20_366 * 86_400
"""2025-10-06, 07:00 in Mojokerto: seconds since 1970."""
DAY = 86_400


class Phone:
    """One device of an artisan, without a database: a pen and a set of changes."""

    def __init__(self, letter: str, clock: int = MONDAY) -> None:
        self.key = SigningKey(letter.encode() * 32)
        self.clock = clock
        self.drawn = 0
        self.own: Own | None = None
        self.changes: dict[bytes, Placed] = {}
        self.logs: dict[LogId, Descriptor] = {}

    def random(self, size: int) -> bytes:
        """Return bytes that differ each time and from phone to phone."""
        self.drawn += 1
        return (bytes([self.key.public[0]]) + self.drawn.to_bytes(7, "big") * 5)[:size]

    def write(self, *changes: c.Change, at: int | None = None) -> Placed:
        """Write changes; return the last."""
        pen = self.pen()
        for change in changes:
            self.clock = self.clock + 60 if at is None else at
            written = pen.append(change, self.clock)
            self.changes |= {each.hash: each for each in written}
        self.own = pen.own
        self.logs |= pen.logs
        return written[-1]

    def pen(self) -> Pen:
        """Return a pen on what this phone holds."""
        parties = Parties(self.logs, REGISTRY.public)
        rows = project(parties, self.changes.values())
        return Pen(rows, parties, self.key.public, self.own, self.random)

    def hear(self, *others: "Phone") -> None:
        """Take in everything that others hold."""
        for other in others:
            self.changes |= other.changes
            self.logs |= other.logs

    def copy(self) -> "Phone":
        """Return the same phone again, as a copier would make it."""
        twin = Phone("x")
        twin.__dict__ |= self.__dict__ | {
            "changes": dict(self.changes),
            "logs": dict(self.logs),
            "drawn": self.drawn + 1000,
        }
        return twin

    def name(self, placed: Placed) -> c.Name:
        """Return how this phone names what a change introduced."""
        if self.own is not None and not self.own.rotate and self.own.log == placed.log:
            return placed.n
        return c.Foreign(placed.log[:8], placed.n)

    def restored(self, at: Iterable[Placed]) -> None:
        """Go back to an old copy, and know it."""
        self.changes = {each.hash: each for each in at}
        last = max(
            (each for each in self.changes.values() if self.own and each.log == self.own.log),
            key=lambda each: each.n,
        )
        self.own = Own(last.log, last.n, last.hash, rotate=True)


class Ledger:
    """What a set of phones' changes adds up to."""

    def __init__(self, *phones: Phone, registry: PublicKey | None = REGISTRY.public) -> None:
        self.logs: dict[LogId, Descriptor] = {}
        self.changes: dict[bytes, Placed] = {}
        for phone in phones:
            self.logs |= phone.logs
            self.changes |= phone.changes
        self.parties = Parties(self.logs, registry)
        self.rows = project(self.parties, self.changes.values())

    def all(self, shape: type[R]) -> list[R]:
        """Return the rows of a table."""
        return list(self.rows.all(shape))

    def stock(self, item: Placed, place: int = -1) -> Stock:
        """Return what lies at a place of an item."""
        key = f"{item.log[:8].hex()}.{item.n}"
        return self.rows.get(Stock, key, str(place)) or Stock(key, str(place), 0, 0, 0)

    def turnover(self, kind: int = c.Kind.SALE) -> int:
        """Return the amount of all months of a kind."""
        return sum(row.amount for row in self.all(Turnover) if row.kind == kind)

    def field(self, entity: str, field: int) -> list[Write]:
        """Return the writes of a field."""
        return self.rows.writes(entity, field)

    @property
    def digest(self) -> bytes:
        """Return the digest of everything."""
        return digest_of(self.rows)


def everything(rows: Rows) -> list[Row]:
    """Return every row."""
    return [row for shape in SHAPES for row in rows.all(shape)]


def digest_of(rows: Rows) -> bytes:
    """Return the digest of a working set."""
    return digest(everything(rows))


class Store:
    """A database in miniature: keeps the rows that a working set has changed."""

    def __init__(self) -> None:
        self.kept: dict[type[Row], dict[tuple[object, ...], Row]] = {s: {} for s in SHAPES}
        self.read: list[type[Row]] = []
        """What was asked for."""

    def find(self, shape: type[R], prefix: tuple[object, ...]) -> Iterable[R]:
        """Return the rows whose first columns are `prefix`."""
        self.read.append(shape)
        return [
            row  # type: ignore[misc]
            for key, row in self.kept[shape].items()
            if key[: len(prefix)] == prefix
        ]

    def save(self, rows: Rows, *, whole: bool) -> None:
        """Keep what changed."""
        for shape in SHAPES:
            if whole:
                self.kept[shape] = {}
            for key, row in rows.changed(shape):
                if row is None:
                    self.kept[shape].pop(key, None)
                else:
                    self.kept[shape][key] = row


def absorbed(parties: Parties, groups: Iterable[Sequence[Placed]]) -> bytes:
    """Return the digest of a ledger that grew group by group, each in its own transaction."""
    store = Store()
    for group in groups:
        ledger = absorb.Ledger(Rows(store), parties)
        whole = absorb.merge(ledger, group)
        store.save(whole or ledger.rows, whole=whole is not None)
    return digest(row for kept in store.kept.values() for row in kept.values())


def item(name: str = "Kain", **fields: int) -> c.Item:
    """Introduce an item."""
    return c.Item(None, [c.FieldWrite(1, c.value(name))])


def partner(role: str) -> c.Partner:
    """Introduce a partner, unnamed."""
    return c.Partner(None, [c.FieldWrite(c.PartnerField.ROLE, c.value(role))])


def priced(target: c.Name, price: int) -> c.Item:
    """Write an item's price."""
    return c.Item(target, [c.FieldWrite(c.ItemField.PRICE, c.value(price))])


def sold(name: c.Name, pieces: int = 1, amount: int = 100_000, **rest: object) -> c.Sale:
    """Sell pieces of an item."""
    return c.Sale([c.SaleLine(name, pieces * 1000, amount)], **rest)  # type: ignore[arg-type]


def made(name: c.Name, pieces: int, **rest: object) -> c.Production:
    """Make pieces of an item."""
    return c.Production([], [c.MoveLine(name, pieces * 1000)], **rest)  # type: ignore[arg-type]


def counted(name: c.Name, pieces: int, **rest: object) -> c.Count:
    """Count pieces of an item at home."""
    return c.Count([c.CountLine(name, pieces * 1000)], **rest)  # type: ignore[arg-type]


def revoke(whose: Phone, *heads: Placed, first: int = 1) -> c.Revoke:
    """Trust a phone's key no further than some heads."""
    pieces = [c.Piece(head.log[:8], first, head.n, head.hash[:8]) for head in heads]
    return c.Revoke(whose.key.public, pieces, "stolen")


def key(placed: Placed) -> Key:
    """Return the table key of what a change introduced."""
    return Key(f"{placed.log[:8].hex()}.{placed.n}")
