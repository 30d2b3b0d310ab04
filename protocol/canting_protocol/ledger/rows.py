"""The tables of a ledger, as data, and a working set of their rows.

Both ends keep these tables; the registry's begin with the artisan. They hold nothing that cannot be
computed from the changes, so they carry the projection's version and are rebuilt, never migrated.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Final, Protocol, TypeVar

import msgspec
from msgspec import structs

from canting_protocol.codec import Array
from canting_protocol.crypto import sha256
from canting_protocol.log import Hash, LogId, Placed

PROJECTION: Final = 5
"""The version of what these tables mean; another one in a database means: rebuild."""


class Row(msgspec.Struct, frozen=True):
    """A row of a table; its first `KEY` fields are its key, its first `GROUP` one read."""

    TABLE: ClassVar[str]
    KEY: ClassVar[int]
    GROUP: ClassVar[int]


class ChangeRow(Row, frozen=True):
    """A change, unpacked, and what became of it."""

    TABLE = "change"
    KEY = 3
    GROUP = 2
    log: bytes
    n: int
    hash: bytes
    previous: bytes
    t: int
    kind: int
    verdict: int
    reason: int
    body: bytes

    @property
    def placed(self) -> Placed:
        """Return the change at its place."""
        return Placed(
            LogId(self.log), self.n, Hash(self.hash), Hash(self.previous), self.t, self.body
        )


class HeadRow(Row, frozen=True):
    """The head of a strand, and what its author knew of other logs when it was written."""

    TABLE = "head"
    KEY = 2
    GROUP = 0
    log: bytes
    hash: bytes
    first: int
    n: int
    knew: bytes


class Leg(Row, frozen=True):
    """Goods that came to (or left) a place: quantity in thousandths of the item's unit."""

    TABLE = "leg"
    KEY = 6
    GROUP = 2
    item: str
    place: str
    log: bytes
    n: int
    hash: bytes
    line: int
    quantity: int
    t: int
    day: int | None


class Tally(Row, frozen=True):
    """A counted line: what was there, and what its author knew."""

    TABLE = "tally"
    KEY = 6
    GROUP = 2
    item: str
    place: str
    log: bytes
    n: int
    hash: bytes
    line: int
    counted: int
    t: int
    day: int | None
    knew: bytes


class Base(Array, frozen=True):
    """A count that stock stands upon: where and when it was written, and what its author knew."""

    log: bytes
    n: int
    hash: bytes
    t: int
    day: int | None
    knew: bytes


class Stock(Row, frozen=True):
    """What lies where; `uncertain` is the part that a count may or may not have seen already.

    `bases` are the counts that it stands upon (packed `Base`s), so one more leg reads no counts.
    """

    TABLE = "stock"
    KEY = 2
    GROUP = 2
    item: str
    place: str
    quantity: int
    uncertain: int
    disputed: int
    bases: bytes = b"\x90"


class Write(Row, frozen=True):
    """One write of one field, and how it stands (see `registers.Standing`)."""

    TABLE = "field"
    KEY = 5
    GROUP = 1
    entity: str
    field: int
    log: bytes
    n: int
    hash: bytes
    t: int
    value: bytes
    knew: bytes
    standing: int


class Balance(Row, frozen=True):
    """Money in an account, or owed by or to a partner: whole rupiah."""

    TABLE = "balance"
    KEY = 2
    GROUP = 2
    account: int
    partner: str
    amount: int


class Turnover(Row, frozen=True):
    """Facts of one kind in one month (year × 100 + month) and channel."""

    TABLE = "turnover"
    KEY = 3
    GROUP = 1
    month: int
    channel: str
    kind: int
    facts: int
    quantity: int
    amount: int


class VoidRow(Row, frozen=True):
    """A void, by what it names; it waits here for a target that has not arrived."""

    TABLE = "void"
    KEY = 5
    GROUP = 2
    target_log: bytes
    target_n: int
    log: bytes
    n: int
    hash: bytes
    target_branch: bytes
    knew: bytes


class ClockRow(Row, frozen=True):
    """A measured clock error of a piece of a log."""

    TABLE = "clock"
    KEY = 3
    GROUP = 0
    log: bytes
    n: int
    hash: bytes
    of_log: bytes
    of_first: int
    of_n: int
    of_hash: bytes
    offset: int
    error: int


class CertificateRow(Row, frozen=True):
    """A key that may write in this ledger."""

    TABLE = "certificate"
    KEY = 4
    GROUP = 0
    key: bytes
    log: bytes
    n: int
    hash: bytes
    role: int
    box: bytes


class RevokedRow(Row, frozen=True):
    """A key that is trusted no further than these heads (pieces, packed as `knew` is)."""

    TABLE = "revoked"
    KEY = 4
    GROUP = 0
    key: bytes
    log: bytes
    n: int
    hash: bytes
    heads: bytes


class Awaited(Row, frozen=True):
    """A head that someone named and nobody here holds."""

    TABLE = "awaited"
    KEY = 3
    GROUP = 0
    log: bytes
    n: int
    hash: bytes


class Reference(Row, frozen=True):
    """A fact that carries another system's number."""

    TABLE = "reference"
    KEY = 4
    GROUP = 1
    reference: str
    log: bytes
    n: int
    hash: bytes


SHAPES: Final[tuple[type[Row], ...]] = (
    ChangeRow,
    HeadRow,
    Leg,
    Tally,
    Stock,
    Write,
    Balance,
    Turnover,
    VoidRow,
    ClockRow,
    CertificateRow,
    RevokedRow,
    Awaited,
    Reference,
)

R = TypeVar("R", bound=Row)
Values = tuple[object, ...]


def values_of(row: Row) -> Values:
    """Return the row's columns, in order."""
    return structs.astuple(row)


def key_of(row: Row) -> Values:
    """Return the row's key."""
    return structs.astuple(row)[: row.KEY]


class Source(Protocol):
    """Where rows are kept: a database at either end, or nothing yet."""

    def find(self, shape: type[R], prefix: Values) -> Iterable[R]:
        """Return the rows whose first columns are `prefix`."""
        ...


class Nothing:
    """An empty source."""

    def find(self, shape: type[R], prefix: Values) -> Iterable[R]:
        """Return no rows."""
        return ()


class Rows:
    """A working set: rows read when they are wanted, and the ones that changed."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._groups: dict[type[Row], dict[Values, dict[Values, Row]]] = {s: {} for s in SHAPES}
        self._changed: dict[type[Row], dict[Values, dict[Values, Row | None]]] = {
            shape: {} for shape in SHAPES
        }
        self._loaded: set[type[Row]] = set()
        self.taken: dict[tuple[int, str, int], list[int]] = {}
        """What was added here: (business day, channel, kind) → facts, thousandths, rupiah."""

    def load(self, *shapes: type[Row]) -> None:
        """Read whole tables at once, of which most groups will be wanted."""
        for shape in shapes:
            if shape in self._loaded:
                continue
            groups, fresh = self._groups[shape], dict[Values, dict[Values, Row]]()
            for row in self._source.find(shape, ()):
                key = key_of(row)
                fresh.setdefault(key[: shape.GROUP], {})[key] = row
            for prefix, group in fresh.items():
                if prefix not in groups:
                    _set_all(group, self._changed[shape].get(prefix, {}))
                    groups[prefix] = group
            self._loaded.add(shape)

    def group(self, shape: type[R], *prefix: object) -> dict[Values, R]:
        """Return the rows of one group (its first `GROUP` columns), by key."""
        group = self._groups[shape].get(prefix)
        if group is None:
            changed = self._changed[shape].get(prefix)
            if shape not in self._loaded:
                group = {key_of(row): row for row in self._source.find(shape, prefix)}
            elif changed is None:
                return {}
            else:
                group = {}
            if changed is not None:
                _set_all(group, changed)
            self._groups[shape][prefix] = group
        return group  # type: ignore[return-value]

    def get(self, shape: type[R], *key: object) -> R | None:
        """Return one row by its whole key."""
        return self.group(shape, *key[: shape.GROUP]).get(key)

    def writes(self, entity: str, field: int) -> list[Write]:
        """Return every write of one field."""
        return [each for each in self.group(Write, entity).values() if each.field == field]

    def all(self, shape: type[R], *prefix: object) -> Iterator[R]:
        """Yield every row whose first columns are `prefix`, changed ones as they now are."""
        found: dict[Values, Row] = {key_of(row): row for row in self._source.find(shape, prefix)}
        for group, changed in self._changed[shape].items():
            if group[: len(prefix)] == prefix:
                _set_all(found, changed)
        yield from found.values()  # type: ignore[misc]

    def changed(self, shape: type[R]) -> Iterator[tuple[Values, R | None]]:
        """Yield the key of each row that was put or dropped, with the row as it now is."""
        for changed in self._changed[shape].values():
            yield from changed.items()  # type: ignore[misc]

    def take(self, day: int, channel: str, kind: int, sums: Iterable[int]) -> None:
        """Note what one business day took (or, below zero, gave back)."""
        cell = self.taken.setdefault((day, channel, kind), [0, 0, 0])
        for place, more in enumerate(sums):
            cell[place] += more

    def put(self, row: Row) -> None:
        """Keep a row, in the place of the one with its key."""
        self._change(type(row), key_of(row), row)

    def drop(self, row: Row) -> None:
        """Take a row away."""
        self._change(type(row), key_of(row), None)

    def _change(self, shape: type[Row], key: Values, row: Row | None) -> None:
        prefix = key[: shape.GROUP]
        changed = self._changed[shape].get(prefix)
        if changed is None:
            changed = self._changed[shape][prefix] = {}
        changed[key] = row
        group = self._groups[shape].get(prefix)
        if group is not None:
            _set(group, key, row)


def _set_all(group: dict[Values, Row], changed: Mapping[Values, Row | None]) -> None:
    for key, row in changed.items():
        _set(group, key, row)


def _set(group: dict[Values, Row], key: Values, row: Row | None) -> None:
    if row is None:
        group.pop(key, None)
    else:
        group[key] = row


def digest(rows: Iterable[Row]) -> bytes:
    """Return the 32 bytes that equal ledgers share: over every row of every table, in key order."""
    return sha256(
        *sorted(msgspec.msgpack.encode((type(row).TABLE, *values_of(row))) for row in rows)
    )
