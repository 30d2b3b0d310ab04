"""A book's facts as they are judged, in the order of their business days: what `journal` reads."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from canting_client import reading
from canting_client.book import Book
from canting_client.journal import Happened, Things
from canting_protocol.changes import ItemField, Kind, Name, read
from canting_protocol.ledger.causality import Author, Held, Pieces
from canting_protocol.ledger.facts import FACTS, GoodsLeg
from canting_protocol.ledger.posting import Parties, business_day, is_voided
from canting_protocol.ledger.project import knowledge
from canting_protocol.ledger.rows import ChangeRow, Leg, Rows, Tally, VoidRow
from canting_protocol.ledger.stock import Shelf
from canting_protocol.ledger.times import Clocks
from canting_protocol.log import PREFIX_BYTES, Hash
from canting_protocol.messages import Verdict
from canting_protocol.names import Key, key_in


class History(NamedTuple):
    """Everything that happened in a book and was not taken back."""

    facts: list[Happened]
    things: Things


def history(book: Book) -> History:
    """Return what happened, as the book knows it now."""
    items = reading.doubles(book, Kind.ITEM)
    custody = frozenset(
        items.get(each.key, each.key)
        for each in reading.things(book, Kind.ITEM)
        if each.fields.get(ItemField.OWNER) is not None
    )
    partners, places = (reading.doubles(book, kind) for kind in (Kind.PARTNER, Kind.PLACE))
    things = Things(items, partners, custody, places)
    return History(happened(book.rows(), book.parties()), things)


def happened(rows: Rows, parties: Parties) -> list[Happened]:
    """Return the applied facts of a ledger that are not voided, by business day, then by time."""
    rows.load(ChangeRow, VoidRow)
    held, clocks = Held(rows), parties.clocks(rows)
    knew = _knew(rows, parties, held)
    adjusted = _adjusted(rows, Shelf(held, clocks), clocks)
    found: list[tuple[tuple[int, int, bytes, int, bytes], Happened]] = []
    for row in rows.all(ChangeRow):
        if row.kind not in FACTS or row.verdict not in (Verdict.APPLIED, Verdict.CONFLICT):
            continue
        if is_voided(rows, held, parties, row):
            continue
        author = Author(row.log, row.n, row.hash, knew.get(Hash(row.hash), ()))
        fact = read(row.body)
        day = business_day(fact, author, row.t, clocks)
        time = clocks.moment(row.log, row.n, row.t, None).time
        several = len(rows.group(ChangeRow, row.log, row.n)) > 1
        name = key_in(row.log[:PREFIX_BYTES], row.n, row.hash[:4] if several else b"")

        def key(name: Name, author: Author = author) -> Key:
            return held.key(author, name)

        order = (day, time, row.log, row.n, row.hash)
        found.append((order, Happened(day, name, fact, key, adjusted.get(row.hash, ()))))
    return [each for _, each in sorted(found, key=lambda each: each[0])]


def _knew(rows: Rows, parties: Parties, held: Held) -> dict[Hash, Pieces]:
    """Return what authors knew of other logs: it matters only where a log is forked."""
    if held.unforked:
        return {}
    return knowledge(parties, [row.placed for row in rows.all(ChangeRow)])


def _adjusted(rows: Rows, shelf: Shelf, clocks: Clocks) -> dict[bytes, Sequence[GoodsLeg]]:
    """Return what each count changes in what the book had, by the count's hash.

    `counted − what came before it`, less what the counts before have changed already. So all legs
    and all changes by counts together are the stock of the rule (design.md, section 5, rule 3);
    of counts that do not know of each other the shown one holds.
    """
    rows.load(Leg, Tally)
    tallies: dict[tuple[str, str], list[Tally]] = defaultdict(list)
    for tally in rows.all(Tally):
        tallies[tally.item, tally.place].append(tally)
    found: dict[bytes, list[GoodsLeg]] = defaultdict(list)
    for (item, place), several in tallies.items():
        legs = list(rows.group(Leg, item, place).values())
        shown = shelf.latest(several)[-1]
        so_far = 0
        for tally in sorted(several, key=lambda each: _when(each, clocks)):
            if _when(tally, clocks) > _when(shown, clocks):
                break
            before = sum(leg.quantity - shelf.weigh(tally, leg)[0] for leg in legs)
            change = tally.counted - before - so_far
            so_far += change
            if change:
                found[tally.hash].append(GoodsLeg(Key(item), Key(place), change))
    return dict(found)


def _when(tally: Tally, clocks: Clocks) -> tuple[int, int, bytes, int, bytes, int]:
    moment = clocks.moment(tally.log, tally.n, tally.t, tally.day)
    return moment.day, moment.time, tally.log, tally.n, tally.hash, tally.line
