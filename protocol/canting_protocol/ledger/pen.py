"""The pen: one transaction on one ledger, by someone who may write in it.

A device's book and the registry both write with it; it decides, and its owner reads and keeps the
rows.
"""

from collections.abc import Callable, Sequence
from typing import Final

from canting_protocol import codec
from canting_protocol.changes import SALT_BYTES, Change
from canting_protocol.changes import write as write_change
from canting_protocol.codec import Array
from canting_protocol.crypto import PublicKey
from canting_protocol.errors import TooBig
from canting_protocol.ledger.absorb import Ledger, merge
from canting_protocol.ledger.author import mark_before, place
from canting_protocol.ledger.causality import Pieces, unpack
from canting_protocol.ledger.judge import check
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.project import knowledge, project, with_parent
from canting_protocol.ledger.rows import ChangeRow, HeadRow, Rows
from canting_protocol.limits import FRONTIER_HEADS_MAX
from canting_protocol.log import INCARNATION_BYTES, Descriptor, Hash, LogId, Placed


class Own(Array, frozen=True):
    """The end of what a party has written itself: its log, and the head there."""

    log: bytes
    n: int
    hash: bytes
    rotate: bool = False
    """The next change must begin a new log, with this head as its parent."""


read_own: Final = codec.decoder(Own).decode
write_own: Final = codec.encode


class Pen:
    """One ledger being written in. `random(n)` gives n random bytes."""

    def __init__(
        self,
        rows: Rows,
        parties: Parties,
        key: PublicKey,
        own: Own | None,
        random: Callable[[int], bytes],
    ) -> None:
        self.rows = rows
        self.whole = False
        """Whether `rows` are all of the ledger, to take the place of what was there."""
        self.own = own
        self.parties = parties
        self.logs = dict(parties.logs)
        self.parties = Parties(self.logs, parties.registry)
        self._key = key
        self._random = random
        self._ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        """The ledger as it now is."""
        if self._ledger is None:
            self._ledger = Ledger(self.rows, self.parties)
        return self._ledger

    def append(self, change: Change, now: int, *, salted: bool = False) -> list[Placed]:
        """Add a change to the own log, after the mark that it needs; return both as placed.

        `salted` puts 4 random bytes before the first of them.

        Raises:
            TooBig: the change exceeds a limit.
            BadChange: it does not hold what its kind must.
        """
        check(change, self.parties.registry)
        own, knew = self._head()
        mark = mark_before(self.ledger, LogId(own.log), own.n, Hash(own.hash), knew, change)
        written: list[Placed] = []
        for each in (mark, change) if mark is not None else (change,):
            salt = self._random(SALT_BYTES) if salted and not written else b""
            body = write_change(each, salt)
            placed = place(LogId(own.log), own.n + 1, Hash(own.hash), now, body)
            self.take([placed])
            own = Own(placed.log, placed.n, placed.hash)
            written.append(placed)
        self.own = own
        return written

    def take(self, changes: Sequence[Placed]) -> list[Placed]:
        """Absorb changes; return those that were new."""
        new = list({each.hash: each for each in self.ledger.lacks(changes)}.values())
        all_rows = merge(self.ledger, new)
        if all_rows is not None:
            self.rows, self.whole, self._ledger = all_rows, True, None
        return new

    def rotate(self) -> None:
        """Let the next change begin a new log: its writer was restored, or copied."""
        if self.own is not None:
            self.own = Own(self.own.log, self.own.n, self.own.hash, rotate=True)

    def rebuild(self) -> None:
        """Compute the whole ledger again from its changes."""
        changes = [row.placed for row in self.rows.all(ChangeRow)]
        self.rows, self.whole, self._ledger = project(self.parties, changes), True, None

    def writes_in(self, log: bytes) -> bool:
        """Say whether the next change would go into this log."""
        return self.own is not None and not self.own.rotate and self.own.log == log

    def unknown(self, log: bytes, n: int, hash_: bytes) -> bool:
        """Say whether a head (its hash or a prefix) is not held here."""
        strands = self.ledger.held.strands(log)
        return strands is None or strands.find(n, hash_) is None

    def _head(self) -> tuple[Own, Pieces]:
        """Return the end of the log to be written in, begun anew where it must be."""
        if self.own is not None and not self.own.rotate:
            head = self.rows.get(HeadRow, self.own.log, self.own.hash)
            if head is not None:
                return self.own, unpack(head.knew)
        # No log yet; or it has to be a new one; or the old one goes on beyond what was written
        # here, which someone else did.
        if len(self.rows.group(HeadRow)) >= FRONTIER_HEADS_MAX:
            raise TooBig(f"a ledger has at most {FRONTIER_HEADS_MAX} heads: no new log can begin")
        parent = b"" if self.own is None else self.own.hash
        descriptor = Descriptor(self._key, self._random(INCARNATION_BYTES), parent)
        self.logs[descriptor.log] = descriptor
        self._ledger = None
        return Own(descriptor.log, 0, descriptor.origin), self._known_after(parent)

    def _known_after(self, parent: bytes) -> Pieces:
        if not parent:
            return ()
        for row in self.rows.group(HeadRow).values():
            if row.hash == parent:
                change = self.rows.get(ChangeRow, row.log, row.n, row.hash)
                assert change is not None
                return with_parent(self.ledger.held, unpack(row.knew), change.placed)
        changes = [row.placed for row in self.rows.all(ChangeRow)]
        head = next(each for each in changes if each.hash == parent)
        knew = knowledge(self.parties, changes)[Hash(parent)]
        return with_parent(self.ledger.held, knew, head)
