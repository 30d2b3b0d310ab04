"""What was learned when: an artisan's days as differences, and how everyone's sums climbed by them.

The differences are hers and are never altered; the steps are a function of them, of who shares her
totals and of where she lived when. (docs/decisions/0006)
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Final

from canting_protocol.batch import open_batch, peek
from canting_protocol.changes import Kind, Sharing
from canting_protocol.ledger.absorb import Ledger, merge
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.rows import Nothing, Rows
from canting_protocol.ledger.times import month_of
from canting_protocol.log import ArtisanId, LogId, Placed
from canting_server.registry.overview import Looked, district
from canting_server.store import learned, logs, overview, steps
from canting_server.store.database import Connection
from canting_server.store.overview import Cell, Person, Sum

Climb = Mapping[Cell, Mapping[int, Sum]]
"""What is added to everyone's sums, by when it was known."""

SOLD: Final = (int(Kind.SALE), int(Kind.RETURN))
_NOTHING: Final = Sum(0, 0, 0)


def learn(
    conn: Connection, artisan: ArtisanId, looked: Looked, known: int, differences: learned.Taken
) -> None:
    """Keep what a ledger's days took more or less than was known before."""
    was, now = looked
    if was is not None and (was.sharing, was.lived) == (now.sharing, now.lived):
        learned.keep(conn, artisan, known, differences)
        _climb(conn, everyones(now, _by_month(known, differences)))
    else:
        before = hers(conn, artisan, was)
        learned.keep(conn, artisan, known, differences)
        climb(conn, hers(conn, artisan, now), before)


def hers(conn: Connection, artisan: ArtisanId, who: Person | None) -> Climb:
    """Return what an artisan adds to everyone's sums by all that was learned of her."""
    return everyones(who, learned.by_month(conn, artisan, SOLD))


def climb(conn: Connection, after: Climb, before: Climb) -> None:
    """Let one climb in everyone's sums take the place of another."""
    _climb(conn, _less(after, before))


def take_away(conn: Connection, artisan: ArtisanId) -> None:
    """Take from everyone's steps what an artisan added to them: her rows are about to go."""
    climb(conn, {}, hers(conn, artisan, overview.person(conn, artisan)))


def relearn(
    conn: Connection, artisan: ArtisanId, history: Iterable[tuple[int, learned.Taken]]
) -> None:
    """Put another history of a ledger in the place of the one that is kept; her alone."""
    learned.forget(conn, artisan)
    for known, differences in history:
        learned.keep(conn, artisan, known, differences)


def climb_again(conn: Connection) -> None:
    """Make every step of everyone's sums again: once, which is faster than after each artisan."""
    steps.forget(conn)
    again = steps_again(conn)
    steps.change(conn, {(cell, at): each for cell in again for at, each in again[cell].items()}, [])


def relearned(
    conn: Connection, artisan: ArtisanId, parties: Parties
) -> Iterator[tuple[int, learned.Taken]]:
    """Yield (when, difference) of what days took, from the stored batches and when they came."""
    rows, before = Rows(Nothing()), dict[tuple[int, str, int], list[int]]()
    for received, group in groupby(logs.envelopes_by_time(conn, artisan), key=itemgetter(0)):
        changes: dict[bytes, Placed] = {}
        for _, raw in group:
            header, _ = peek(raw)
            batch = open_batch(raw, parties.logs[LogId(header.log)])
            changes |= {change.hash: change for change in batch.changes}
        rows = merge(Ledger(rows, parties), changes.values()) or rows
        yield received, difference(before, rows.taken)
        before = {cell: list(sums) for cell, sums in rows.taken.items()}


def difference(before: learned.Taken, after: learned.Taken) -> learned.Taken:
    """Return what has to be added to `before` for it to become `after`."""
    nothing = (0, 0, 0)
    return {
        cell: [
            new - old
            for new, old in zip(after.get(cell, nothing), before.get(cell, nothing), strict=True)
        ]
        for cell in before.keys() | after.keys()
    }


def steps_again(conn: Connection) -> dict[Cell, dict[int, Sum]]:
    """Return every step of everyone's sums, from the differences of all and nothing else."""
    whole: dict[Cell, dict[int, Sum]] = defaultdict(dict)
    for artisan in logs.artisans(conn):
        who = overview.person(conn, artisan)
        for cell, more in hers(conn, artisan, who).items():
            for known, each in more.items():
                whole[cell][known] = _plus(whole[cell].get(known, _NOTHING), each)
    again = {cell: climbed(steps.Steps(_NOTHING, {}), more) for cell, more in whole.items()}
    return {cell: climb for cell, climb in again.items() if climb}


def everyones(who: Person | None, told: Iterable[learned.Learned]) -> Climb:
    """Return what an artisan's differences add to everyone's sums; nothing, if she shares none."""
    if who is None or who.sharing < Sharing.TOTALS:
        return {}
    more: dict[Cell, dict[int, Sum]] = defaultdict(dict)
    for each in told:
        cell = Cell(each.month, district(who.lived, each.month), each.channel, each.kind)
        more[cell][each.known] = _plus(more[cell].get(each.known, _NOTHING), each.sum)
    return more


def climbed(stood: steps.Steps, more: Mapping[int, Sum]) -> dict[int, Sum]:
    """Return a cell's steps after more was added to some of its times: no two alike in a row."""
    now: dict[int, Sum] = {}
    old = last = stood.before
    added = _NOTHING
    for known in sorted(stood.since.keys() | more.keys()):
        old = stood.since.get(known, old)
        added = _plus(added, more.get(known, _NOTHING))
        new = _plus(old, added)
        if new != last:
            now[known] = last = new
    return now


def _climb(conn: Connection, everyone: Climb) -> None:
    kept: dict[tuple[Cell, int], Sum] = {}
    gone: list[tuple[Cell, int]] = []
    for cell, more in everyone.items():
        stood = steps.of_cell(conn, cell, min(more))
        now = climbed(stood, more)
        kept |= {(cell, at): each for at, each in now.items() if stood.since.get(at) != each}
        gone += [(cell, at) for at in stood.since.keys() - now.keys()]
    steps.change(conn, kept, gone)


def _by_month(known: int, differences: learned.Taken) -> Iterator[learned.Learned]:
    for (day, channel, kind), sums in differences.items():
        if kind in SOLD and any(sums):
            yield learned.Learned(month_of(day), channel, kind, known, Sum(*sums))


def _less(after: Climb, before: Climb) -> Climb:
    """Return what leads from one climb to another."""
    more: dict[Cell, dict[int, Sum]] = {}
    for cell in after.keys() | before.keys():
        new, old = after.get(cell, {}), before.get(cell, {})
        moved = {
            known: _plus(new.get(known, _NOTHING), _minus(old.get(known, _NOTHING)))
            for known in new.keys() | old.keys()
        }
        if different := {known: each for known, each in moved.items() if any(each)}:
            more[cell] = different
    return more


def _plus(one: Sum, other: Sum) -> Sum:
    return Sum(one.facts + other.facts, one.quantity + other.quantity, one.amount + other.amount)


def _minus(one: Sum) -> Sum:
    return Sum(-one.facts, -one.quantity, -one.amount)
