"""The readable reference: a ledger computed from a set of changes, and from nothing else."""

from collections import defaultdict
from collections.abc import Iterable

from canting_protocol.changes import Kind, Piece, Revoke, Seen
from canting_protocol.frontier import heads_of
from canting_protocol.ledger.causality import Author, Held, Pieces, pack
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
from canting_protocol.ledger.registers import settle
from canting_protocol.ledger.revoked import Revoked, revoked
from canting_protocol.ledger.rows import (
    Awaited,
    Balance,
    HeadRow,
    Leg,
    Nothing,
    Rows,
    Tally,
    Turnover,
    VoidRow,
    Write,
)
from canting_protocol.ledger.stock import Shelf
from canting_protocol.ledger.times import month_of
from canting_protocol.log import PREFIX_BYTES, Hash, LogId, Placed
from canting_protocol.messages import Verdict


def project(parties: Parties, changes: Iterable[Placed]) -> Rows:
    """Return the tables of a ledger. The order of the changes does not matter."""
    by_hash = {change.hash: change for change in changes}
    judged = _judged(parties, by_hash)
    rows = Rows(Nothing())
    for hash_, change in by_hash.items():
        rows.put(change_row(change, judged[hash_]))
    _put_heads(rows, by_hash)
    _put_awaited(rows, parties, by_hash, judged)
    held = Held(rows)
    knew = _knowledge(parties, held, by_hash, judged)
    for head in list(rows.group(HeadRow).values()):
        rows.put(HeadRow(head.log, head.hash, head.first, head.n, pack(knew[Hash(head.hash)])))

    def author(change: Placed) -> Author:
        return Author(change.log, change.n, change.hash, knew[change.hash])

    for hash_, change in by_hash.items():
        view = judged[hash_].change
        if view is not None and judged[hash_].kind not in FACTS:
            for row in other_rows(view, author(change), change.t, held):
                rows.put(row)
    for void in list(rows.all(VoidRow)):
        verdict, reason = void_verdict(rows, held, parties, void)
        if verdict is not Verdict.APPLIED:
            whole = by_hash[Hash(void.hash)]
            rows.put(change_row(whole, Judgement(Kind.VOID, verdict, reason, None)))

    clocks = parties.clocks(rows)
    money: dict[tuple[int, str], int] = defaultdict(int)
    for hash_, change in by_hash.items():
        view = judged[hash_].change
        if view is None or judged[hash_].kind not in FACTS:
            continue
        if is_voided(rows, held, parties, change_row(change, judged[hash_])):
            continue
        moved = moved_by(view, held, author(change))
        for row in fact_rows(view, moved, author(change), change.t, held):
            rows.put(row)
        for entry in moved.entries:
            money[entry.account, entry.partner] += entry.amount
        for taken in moved.takings:
            day = business_day(view, author(change), change.t, clocks)
            rows.take(day, taken.channel, taken.kind, (1, taken.quantity, taken.amount))

    for (account, partner), amount in money.items():
        if amount:
            rows.put(Balance(account, partner, amount))
    months: dict[tuple[int, str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for (day, channel, kind), sums in rows.taken.items():
        cell = months[month_of(day), channel, kind]
        for place, more in enumerate(sums):
            cell[place] += more
    for key, (facts, quantity, amount) in months.items():
        rows.put(Turnover(*key, facts, quantity, amount))
    _put_stock(rows, Shelf(held, clocks))
    fields: dict[tuple[str, int], list[Write]] = defaultdict(list)
    for write in rows.all(Write):
        fields[write.entity, write.field].append(write)
    for writes in fields.values():
        for write, standing in settle(writes, held, clocks):
            rows.put(with_standing(write, standing))
    return rows


def knowledge(parties: Parties, changes: Iterable[Placed]) -> dict[Hash, Pieces]:
    """Return what the author of each change knew of other logs when it was written."""
    by_hash = {change.hash: change for change in changes}
    judged = _judged(parties, by_hash)
    rows = Rows(Nothing())
    for each, change in by_hash.items():
        rows.put(change_row(change, judged[each]))
    _put_heads(rows, by_hash)
    _put_awaited(rows, parties, by_hash, judged)
    return _knowledge(parties, Held(rows), by_hash, judged)


def with_standing(write: Write, standing: int) -> Write:
    """Return the write with another standing."""
    return Write(
        write.entity,
        write.field,
        write.log,
        write.n,
        write.hash,
        write.t,
        write.value,
        write.knew,
        int(standing),
    )


def _judged(parties: Parties, by_hash: dict[Hash, Placed]) -> dict[Hash, Judgement]:
    """Judge every change by itself, and park what a revocation does not let stand.

    What stands depends on paths alone, so it is known before anybody's marks are read: those of a
    parked change say nothing.
    """
    judged = {
        hash_: judge(
            change.body,
            by_registry=parties.by_registry(change.log),
            registry=parties.registry,
        )
        for hash_, change in by_hash.items()
    }
    revoked_keys = Revoked(
        (each.change.key, each.change.heads)
        for each in judged.values()
        if isinstance(each.change, Revoke)
    )
    if revoked_keys:
        for hash_ in revoked_keys.parked(parties.logs, by_hash):
            judged[hash_] = revoked(judged[hash_])
    return judged


def _put_heads(rows: Rows, by_hash: dict[Hash, Placed]) -> None:
    by_log: dict[LogId, list[Placed]] = defaultdict(list)
    for change in by_hash.values():
        by_log[change.log].append(change)
    for log, of_log in by_log.items():
        for head in heads_of(log, of_log)[0]:
            rows.put(HeadRow(log, head.hash, head.first, head.n, b""))


def _put_awaited(
    rows: Rows,
    parties: Parties,
    by_hash: dict[Hash, Placed],
    judged: dict[Hash, Judgement],
) -> None:
    here = {
        (change.log[:PREFIX_BYTES], change.n, hash_[:PREFIX_BYTES])
        for hash_, change in by_hash.items()
    }
    for judgement in judged.values():
        if isinstance(judgement.change, Seen):
            for piece in judgement.change.pieces:
                if (piece.log, piece.n, piece.hash) not in here:
                    rows.put(Awaited(piece.log, piece.n, piece.hash))
    for log in {change.log for change in by_hash.values()}:
        parent = parties.logs[log].parent
        if parent and Hash(parent) not in by_hash:
            rows.put(awaited_parent(parent))


def awaited_parent(parent: bytes) -> Awaited:
    """Return the row that waits for a parent head: its log and number are not known."""
    return Awaited(b"", 0, parent[:PREFIX_BYTES])


def _knowledge(
    parties: Parties,
    held: Held,
    by_hash: dict[Hash, Placed],
    judged: dict[Hash, Judgement],
) -> dict[Hash, Pieces]:
    """Return what the author of each change knew of other logs."""
    knew: dict[Hash, Pieces] = {}
    begun: dict[LogId, Pieces] = {}

    def at_start(log: LogId) -> Pieces:
        if log not in begun:
            parent = by_hash.get(Hash(parties.logs[log].parent))
            begun[log] = ()
            if parent is not None:
                follow(parent)
                begun[log] = with_parent(held, knew[parent.hash], parent)
        return begun[log]

    def follow(change: Placed) -> None:
        path = []
        step: Placed | None = change
        while step is not None and step.hash not in knew:
            path.append(step)
            step = by_hash.get(step.previous)
        known = knew[step.hash] if step is not None else at_start(change.log)
        for each in reversed(path):
            view = judged[each.hash].change
            if isinstance(view, Seen):
                for piece in view.pieces:
                    known = held.with_piece(known, piece)
            knew[each.hash] = known

    for change in by_hash.values():
        follow(change)
    return knew


def with_parent(held: Held, knew: Pieces, parent: Placed) -> Pieces:
    """Return what a log begins with: all that its parent head knew, and the way to it."""
    return held.with_piece(
        knew,
        Piece(parent.log[:PREFIX_BYTES], 1, parent.n, parent.hash[:PREFIX_BYTES]),
    )


def _put_stock(rows: Rows, shelf: Shelf) -> None:
    legs: dict[tuple[str, str], list[Leg]] = defaultdict(list)
    tallies: dict[tuple[str, str], list[Tally]] = defaultdict(list)
    for leg in rows.all(Leg):
        legs[leg.item, leg.place].append(leg)
    for tally in rows.all(Tally):
        tallies[tally.item, tally.place].append(tally)
    for cell in legs.keys() | tallies.keys():
        rows.put(shelf.stock(*cell, legs.get(cell, ()), tallies.get(cell, ())))
