"""The same ledger, kept up change by change: only the touched cells are computed again.

`absorb` takes what carries a log on. What rewrites the past (a branch, a piece beyond a gap or one
that fills it, a parent or a marked head that arrives late, a measured clock, a revocation) is rare,
and then the whole ledger is projected again: `merge` decides. (docs/decisions/0001)
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from canting_protocol.changes import Change, Clock, Count, Kind, Revoke, Seen, Void, read
from canting_protocol.ledger.causality import NOTHING, Author, Held, pack, unpack
from canting_protocol.ledger.facts import FACTS
from canting_protocol.ledger.judge import Judgement, judge
from canting_protocol.ledger.posting import (
    Parties,
    business_day,
    change_row,
    fact_rows,
    is_voided,
    moved_by,
    other_rows,
    void_verdict,
)
from canting_protocol.ledger.project import awaited_parent, project, with_parent, with_standing
from canting_protocol.ledger.registers import settle
from canting_protocol.ledger.revoked import Revoked, first_of, revoked
from canting_protocol.ledger.rows import (
    Awaited,
    Balance,
    ChangeRow,
    HeadRow,
    Leg,
    RevokedRow,
    Rows,
    Stock,
    Tally,
    Turnover,
    VoidRow,
    Write,
)
from canting_protocol.ledger.stock import Shelf, pack_bases, unpack_bases
from canting_protocol.ledger.times import month_of
from canting_protocol.log import PREFIX_BYTES, Hash, Head, LogId, Placed
from canting_protocol.messages import Verdict

MANY: Final = 8
"""From how many changes on small tables are read whole."""
_REWRITES: Final = (Clock, Revoke)
"""What is said of others' changes, those of long ago too."""


def merge(ledger: "Ledger", new: Iterable[Placed]) -> Rows | None:
    """Let new changes join a ledger; return None when its rows took them in.

    Otherwise the answer is all rows of the ledger, computed again: they take the place of
    everything that was there.
    """
    arrived = ledger.lacks(new)
    if len(arrived) >= MANY:
        ledger.rows.load(VoidRow, Stock, Balance)
    for change in in_causal_order(arrived):
        if not ledger.absorb(change):
            before = [row.placed for row in ledger.rows.all(ChangeRow)]
            return project(ledger.parties, [*before, *arrived])
    ledger.finish()
    return None


class Ledger:
    """One artisan's ledger under a working set of rows."""

    def __init__(self, rows: Rows, parties: Parties) -> None:
        self.rows = rows
        self.held = Held(rows)
        self.parties = parties
        self._ends: dict[LogId, HeadRow] = {}
        """Heads of unforked logs as they now are, while `rows` has the ones before."""
        self._money: dict[tuple[int, str], int] = defaultdict(int)
        self._months: dict[tuple[int, str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
        self._stock: dict[tuple[str, str], Stock] = {}
        """Sums that many changes add to, written down once: `finish`."""
        self._clocks = parties.clocks(rows)
        self._shelf = Shelf(self.held, self._clocks)
        self._awaited = {each.hash for each in rows.group(Awaited).values()}
        revocations = rows.group(RevokedRow).values()
        self._revoked = (
            Revoked((row.key, unpack(row.heads)) for row in revocations) if revocations else None
        )

    def holds(self, change: Placed) -> bool:
        """Say whether the change is here already."""
        return not self.lacks((change,))

    def lacks(self, changes: Iterable[Placed]) -> list[Placed]:
        """Return those of some changes that are not here yet."""
        ends = {
            prefix: max(head.n for head in self.held.heads(prefix)) for prefix in self.held.logs()
        }
        return [
            each
            for each in changes
            if each.n > ends.get(each.log[:PREFIX_BYTES], 0)
            or self.rows.get(ChangeRow, each.log, each.n, each.hash) is None
        ]

    def absorb(self, change: Placed) -> bool:
        """Take in one new change, or return False when it rewrites the past.

        The rows are whole again after `finish`.
        """
        head = self._carried_on(change)
        if head is None or change.hash[:PREFIX_BYTES] in self._awaited:
            return False
        judged = judge(
            change.body,
            by_registry=self.parties.by_registry(change.log),
            registry=self.parties.registry,
        )
        if self._revoked is not None:
            named = self._revoked.of(self.parties.logs[change.log].key)
            if named is not None:
                if first_of(named, change) is not None:
                    return False  # what lies below it stands from now on
                judged = revoked(judged)  # it carries a head on, so no named head is above it
        view = judged.change
        if isinstance(view, _REWRITES) or (isinstance(view, Void) and not self.held.unforked):
            return False
        knew, packed = unpack(head.knew), head.knew
        if isinstance(view, Seen):
            for piece in view.pieces:
                if not self.held.resolves(piece):
                    self.rows.put(Awaited(piece.log, piece.n, piece.hash))
                    self.held.awaited.add((piece.log, piece.n, piece.hash))
                    self._awaited.add(piece.hash)
                knew = self.held.with_piece(knew, piece)
            packed = pack(knew)
        row = change_row(change, judged)
        self.rows.put(row)
        after = HeadRow(change.log, change.hash, head.first, change.n, packed)
        if self.held.linear(change.log):
            self._ends[change.log] = after
        else:
            self.rows.drop(head)
            self.rows.put(after)
        self.held.moved(head.hash, Head(change.log, head.first, change.n, change.hash))
        author = Author(change.log, change.n, change.hash, knew)
        voids = self.rows.group(VoidRow, change.log[:PREFIX_BYTES], change.n)
        if view is not None:
            voided = bool(voids) and is_voided(self.rows, self.held, self.parties, row)
            self._apply(view, row, author, voided=voided)
        for void in voids.values():
            self._judge_again(void)
        return True

    def finish(self) -> None:
        """Write down the heads and sums that changes have moved."""
        self._write_ends()
        for (account, partner), more in self._money.items():
            before = self.rows.get(Balance, account, partner)
            amount = more + (before.amount if before else 0)
            balance = Balance(account, partner, amount)
            self.rows.put(balance) if amount else self.rows.drop(balance)
        for key, (facts, quantity, amount) in self._months.items():
            was = self.rows.get(Turnover, *key) or Turnover(*key, 0, 0, 0)
            turnover = Turnover(
                *key, was.facts + facts, was.quantity + quantity, was.amount + amount
            )
            self.rows.put(turnover) if turnover.facts else self.rows.drop(turnover)
        for stock in self._stock.values():
            self.rows.put(stock)
        for sums in (self._money, self._months, self._stock):
            sums.clear()

    def _write_ends(self) -> None:
        if self._ends:
            for row in list(self.rows.group(HeadRow).values()):
                if row.log in self._ends:
                    self.rows.drop(row)
            for end in self._ends.values():
                self.rows.put(end)
            self._ends.clear()

    def _carried_on(self, change: Placed) -> HeadRow | None:
        """Return the head that the change follows; one with n = 0 when it begins its log."""
        end = self._ends.get(change.log)
        if end is not None and end.hash == change.previous:
            return end
        self._write_ends()
        heads = self.held.heads(change.log)
        if not heads:
            if change.n != 1:
                return None
            parent = self.parties.logs[change.log].parent
            if not parent:
                return HeadRow(change.log, change.previous, 1, 0, NOTHING)
            for row in self.rows.group(HeadRow).values():
                if row.hash == parent:
                    known = with_parent(self.held, unpack(row.knew), _placed(row))
                    return HeadRow(change.log, change.previous, 1, 0, pack(known))
            if any(True for row in self.rows.all(ChangeRow) if row.hash == parent):
                return None
            self.rows.put(awaited_parent(parent))
            self._awaited.add(parent[:PREFIX_BYTES])
            return HeadRow(change.log, change.previous, 1, 0, NOTHING)
        if any(head.first == change.n + 1 for head in heads):
            return None  # it may fill the gap before a piece that came early
        if len(heads) > 1 and self.rows.group(ChangeRow, change.log, change.n):
            return None  # names of this place are ambiguous from now on
        if any(head.hash == change.previous for head in heads):
            return self.rows.get(HeadRow, change.log, change.previous)
        return None

    def _apply(self, view: Change, row: ChangeRow, author: Author, *, voided: bool) -> None:
        if row.kind in FACTS:
            if not voided:
                self._post(view, row, author, sign=1)
            return
        fields = set()
        for each in other_rows(view, author, row.t, self.held):
            self.rows.put(each)
            if isinstance(each, Write):
                fields.add((each.entity, each.field))
            elif isinstance(each, VoidRow):
                self._void(each, row)
        for entity, field in fields:
            for write, standing in settle(self.rows.writes(entity, field), self.held, self._clocks):
                if write.standing != standing:
                    self.rows.put(with_standing(write, standing))

    def _void(self, void: VoidRow, row: ChangeRow) -> None:
        verdict, reason = void_verdict(self.rows, self.held, self.parties, void)
        if verdict is not Verdict.APPLIED:
            self.rows.put(change_row(row.placed, Judgement(Kind.VOID, verdict, reason, None)))
            return
        strands = self.held.strands(void.target_log)
        if strands is None:
            return
        targets = self.rows.group(ChangeRow, strands.heads[0].log, void.target_n)
        others = [
            each
            for each in self.rows.group(VoidRow, void.target_log, void.target_n).values()
            if each.hash != void.hash
            and any(target.hash.startswith(each.target_branch) for target in targets.values())
            and void_verdict(self.rows, self.held, self.parties, each)[0] is Verdict.APPLIED
        ]
        for target in targets.values():
            meant = target.hash.startswith(void.target_branch)
            if meant and target.verdict == Verdict.APPLIED and not others:
                fact_author = Author(target.log, target.n, target.hash, ())
                self._post(read(target.body), target, fact_author, sign=-1)

    def _post(self, fact: Change, row: ChangeRow, author: Author, *, sign: int) -> None:
        """Enter a fact in the books, or (sign −1) take it out."""
        moved = moved_by(fact, self.held, author)
        again = set()
        for each in fact_rows(fact, moved, author, row.t, self.held):
            if sign > 0:
                self.rows.put(each)
            else:
                self.rows.drop(each)
            if isinstance(each, Leg):
                if (each.item, each.place) not in again and not self._add(each, sign):
                    again.add((each.item, each.place))
            elif isinstance(each, Tally):
                again.add((each.item, each.place))
        if again and sign > 0 and isinstance(fact, Count) and self._saw_all(author):
            again.clear()
            for tally in fact_rows(fact, moved, author, row.t, self.held):
                assert isinstance(tally, Tally)  # of two lines of one count the later stands
                stock = Stock(tally.item, tally.place, tally.counted, 0, 0, pack_bases([tally]))
                self._stock[tally.item, tally.place] = stock
        for cell in again:
            self._count_again(*cell)
        for entry in moved.entries:
            self._money[entry.account, entry.partner] += sign * entry.amount
        if moved.takings:
            day = business_day(fact, author, row.t, self._clocks)
            month = month_of(day)
            for taken in moved.takings:
                sums = (sign, sign * taken.quantity, sign * taken.amount)
                self.rows.take(day, taken.channel, taken.kind, sums)
                cell_of_month = self._months[month, taken.channel, taken.kind]
                for place, more in enumerate(sums):
                    cell_of_month[place] += more

    def _saw_all(self, author: Author) -> bool:
        """Say whether an author had seen everything that may lie in a shelf.

        Then a count stands alone: no leg and no other count is beyond it.
        """
        seen = {piece.log: piece.n for piece in author.knew if piece.first == 1}
        return (
            not self.held.awaited
            and self.held.unforked
            and all(
                head.first == 1
                and (
                    head.log == author.log
                    or seen.get(head.log[:PREFIX_BYTES], 0) >= head.n
                    or self.parties.by_registry(head.log)
                )
                for prefix in self.held.logs()
                for head in self.held.heads(prefix)
            )
        )

    def _add(self, leg: Leg, sign: int) -> bool:
        """Add a leg to its cell, or (sign −1) take it away; False: only the formula can tell."""
        cell = (leg.item, leg.place)
        before = self._stock.get(cell) or self.rows.get(Stock, *cell) or Stock(*cell, 0, 0, 0)
        bases = unpack_bases(before.bases)
        if len(bases) > 1:
            return False
        quantity, uncertain = self._shelf.weigh(bases[0], leg) if bases else (leg.quantity, 0)
        if sign < 0:
            quantity, uncertain = -quantity, -uncertain
            if not bases and before.quantity + quantity == 0:
                return False  # it may have been the last
        self._stock[cell] = Stock(
            *cell, before.quantity + quantity, before.uncertain + uncertain, 0, before.bases
        )
        return True

    def _count_again(self, item: str, place: str) -> None:
        self._stock.pop((item, place), None)
        legs = list(self.rows.group(Leg, item, place).values())
        tallies = list(self.rows.group(Tally, item, place).values())
        stock = self._shelf.stock(item, place, legs, tallies)
        if legs or tallies:
            self.rows.put(stock)
        else:
            self.rows.drop(stock)

    def _judge_again(self, void: VoidRow) -> None:
        """Judge a void that came before its target."""
        verdict, reason = void_verdict(self.rows, self.held, self.parties, void)
        change = self.rows.get(ChangeRow, void.log, void.n, void.hash)
        if change is not None and change.verdict != verdict:
            self.rows.put(change_row(change.placed, Judgement(Kind.VOID, verdict, reason, None)))


def in_causal_order(changes: Sequence[Placed]) -> list[Placed]:
    """Return changes so that what a mark names comes before it, wherever that is at hand."""
    queues: dict[LogId, list[Placed]] = {}
    for change in sorted(changes, key=lambda each: (each.log, each.n, each.hash)):
        queues.setdefault(change.log, []).append(change)
    if len(queues) <= 1:
        return [change for queue in queues.values() for change in queue]
    out: list[Placed] = []
    here = {(change.log[:PREFIX_BYTES], change.n, change.hash[:PREFIX_BYTES]) for change in changes}
    done: set[tuple[bytes, int, bytes]] = set()

    def ready(change: Placed) -> bool:
        try:
            view = read(change.body)
        except Exception:  # judged elsewhere; here only marks matter
            return True
        return not isinstance(view, Seen) or all(
            (piece.log, piece.n, piece.hash) not in here - done for piece in view.pieces
        )

    positions = dict.fromkeys(queues, 0)
    while len(out) < len(changes):
        moved = False
        for log, queue in queues.items():
            while positions[log] < len(queue) and ready(queue[positions[log]]):
                change = queue[positions[log]]
                positions[log] += 1
                done.add((change.log[:PREFIX_BYTES], change.n, change.hash[:PREFIX_BYTES]))
                out.append(change)
                moved = True
        if not moved:
            for log, queue in queues.items():
                out += queue[positions[log] :]
            break
    return out


def _placed(row: HeadRow) -> Placed:
    return Placed(LogId(row.log), row.n, Hash(row.hash), Hash(b""), 0, b"")
