"""What staff ask over all ledgers at once, kept up as each ledger changes.

Who she is, everyone's sums by kecamatan, and the lines of those who share them. All of it is a
function of the ledgers' rows; what an artisan does not share is not copied here at all.
(docs/decisions/0005)
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, cast

from canting_protocol.changes import (
    ItemField,
    Kind,
    PlaceField,
    ProfileField,
    Return,
    Sale,
    Sharing,
    plain,
    read,
)
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.registers import CONSENT, CONSENT_LEVEL, PROFILE, Standing
from canting_protocol.ledger.rows import ChangeRow, Leg, Nothing, Rows, Turnover, Write
from canting_protocol.ledger.times import Clocks, day_of, month_of
from canting_protocol.limits import INTEGER_MAX
from canting_protocol.log import PREFIX_BYTES, ArtisanId
from canting_server.reference import areas
from canting_server.store import overview
from canting_server.store.database import Connection
from canting_server.store.overview import Cell, Line, Lived, Person, Sum

UNKNOWN: Final = "belum dikenal"
HERS: Final = "(milik perajin)"

_SOLD: Final = frozenset({int(Kind.SALE), int(Kind.RETURN)})
_NAMED: Final = {"item": ItemField.NAME, "place": PlaceField.NAME}


class Looked(NamedTuple):
    """Who an artisan was when she was last looked at, and who she is."""

    was: Person | None
    now: Person


def keep_up(
    conn: Connection, artisan: ArtisanId, parties: Parties, rows: Rows, *, whole: bool
) -> Looked:
    """Bring the overview up to date with a ledger whose rows are about to be saved.

    About to be: what is stored still says what the sums hold of her.
    """
    was = overview.person(conn, artisan)
    now = was
    if whole or was is None or any(key[0] in (PROFILE, CONSENT) for key, _ in rows.changed(Write)):
        now = person_of(rows)
        if now != was:
            overview.keep_person(conn, artisan, now)
    assert now is not None
    anew = whole or was is None or (was.sharing, was.lived) != (now.sharing, now.lived)
    _keep_sums(conn, artisan, was, now, rows, anew=anew)
    if now.sharing >= Sharing.LINES:
        anew = whole or was is None or was.sharing < Sharing.LINES
        _keep_lines(conn, artisan, parties, rows, anew=anew)
    elif was is not None and was.sharing >= Sharing.LINES:
        overview.forget_lines(conn, artisan)
    return Looked(was, now)


def take_away(conn: Connection, artisan: ArtisanId) -> None:
    """Take from everyone's sums what an artisan added to them: her rows are about to go."""
    was = overview.person(conn, artisan)
    if was is not None:
        nobody = was._replace(sharing=Sharing.REGISTRY)
        _keep_sums(conn, artisan, was, nobody, Rows(Nothing()), anew=True)


def readable(raw: bytes) -> Any:
    """Return a field's value; a private one stays the artisan's."""
    value = plain(raw)
    return HERS if isinstance(value, list | bytes) else value


# -- who she is --------------------------------------------------------------------------------


def person_of(rows: Rows) -> Person:
    """Return who an artisan is, from her ledger."""
    profile = list(rows.all(Write, PROFILE))
    told = {each.field: _text(each.value) for each in profile if _is_shown(each)}
    written = told.get(ProfileField.AREA)
    place = areas.area(written) if written is not None else None
    return Person(
        told.get(ProfileField.NAME),
        told.get(ProfileField.BRAND),
        told.get(ProfileField.CRAFT),
        place.name if place and place.level == "kelurahan" else written,
        areas.district_of(place).name if place else None,
        sharing_of(rows),
        lived_in(each for each in profile if each.field == ProfileField.AREA),
    )


def sharing_of(rows: Rows) -> Sharing:
    """Return what an artisan lets staff see: monthly totals, unless she has said otherwise."""
    for write in rows.writes(CONSENT, CONSENT_LEVEL):
        if _is_shown(write):
            return Sharing(plain(write.value))
    return Sharing.TOTALS


def lived_in(writes: Iterable[Write]) -> Lived:
    """Return (month, kecamatan) from when on she lived where.

    Before the first that is known she lived where she did then.
    """
    lived: dict[int, str] = {}
    for write in sorted(writes, key=lambda each: (each.t, each.log, each.n)):
        text = readable(write.value)
        place = areas.area(text) if isinstance(text, str) else None
        name = areas.district_of(place).name if place else UNKNOWN
        lived.setdefault(-INTEGER_MAX, name)
        lived[month_of(day_of(write.t))] = name
    return tuple(lived.items())


def district(lived: Lived, month: int) -> str:
    """Return where she lived in a month."""
    return next((name for since, name in reversed(lived) if since <= month), UNKNOWN)


# -- everyone's sums ---------------------------------------------------------------------------


def _keep_sums(
    conn: Connection,
    artisan: ArtisanId,
    was: Person | None,
    now: Person,
    rows: Rows,
    *,
    anew: bool,
) -> None:
    more: dict[Cell, list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(
        who: Person, month: int, channel: str, kind: int, cell: Sequence[int], sign: int
    ) -> None:
        sums = more[Cell(month, district(who.lived, month), channel, kind)]
        for place, each in enumerate(cell):
            sums[place] += sign * each

    if anew:
        if was is not None and was.sharing >= Sharing.TOTALS:
            for month, channel, kind, *cell in overview.turnover_of(conn, artisan):
                add(was, month, channel, kind, tuple(cell), -1)
        if now.sharing >= Sharing.TOTALS:
            for row in rows.all(Turnover):
                if row.kind in _SOLD:
                    sums = (row.facts, row.quantity, row.amount)
                    add(now, row.month, row.channel, row.kind, sums, 1)
    elif now.sharing >= Sharing.TOTALS:
        for (day, channel, kind), taken in rows.taken.items():
            if kind in _SOLD:
                add(now, month_of(day), channel, kind, taken, 1)
    changes = {cell: Sum(*sums) for cell, sums in more.items() if any(sums)}
    if changes:
        overview.add_takings(conn, changes)


# -- her lines ---------------------------------------------------------------------------------


def _keep_lines(
    conn: Connection, artisan: ArtisanId, parties: Parties, rows: Rows, *, anew: bool
) -> None:
    clocks = parties.clocks(rows)
    if anew:
        overview.forget_lines(conn, artisan)
        overview.keep_lines(conn, artisan, lines_of(rows, clocks))
        names = {
            each.entity: name for each in rows.all(Write) if (name := _name_in(each)) is not None
        }
        overview.keep_names(conn, artisan, names)
        return
    posted: dict[tuple[object, ...], list[Leg]] = defaultdict(list)
    gone: set[tuple[object, ...]] = set()
    for key, leg in rows.changed(Leg):
        if leg is None:
            gone.add(key[2:5])
        else:
            posted[key[2:5]].append(leg)
    for fact in gone:
        log, n, hash_ = cast("tuple[bytes, int, bytes]", fact)
        overview.drop_lines(conn, artisan, log[:PREFIX_BYTES], n, hash_[:PREFIX_BYTES])
    lines: list[Line] = []
    for fact, legs in posted.items():
        change = rows.get(ChangeRow, *fact)
        if change is not None and change.kind in _SOLD:
            lines += lines_of_fact(change, legs, clocks)
    overview.keep_lines(conn, artisan, lines)
    renamed = {
        (each.entity, each.field)
        for _, each in rows.changed(Write)
        if each is not None and _NAMED.get(each.entity.partition(":")[0]) == each.field
    }
    for entity, field in renamed:
        found = [_name_in(each) for each in rows.writes(entity, field)]
        name = next((each for each in found if each is not None), None)
        if name is None:
            overview.drop_name(conn, artisan, entity)
        else:
            overview.keep_names(conn, artisan, {entity: name})


def lines_of(rows: Rows, clocks: Clocks) -> list[Line]:
    """Return the lines of every sale and return of a ledger that stands.

    One that was voided or refused has no legs.
    """
    sold = {
        (each.log, each.n, each.hash): each for each in rows.all(ChangeRow) if each.kind in _SOLD
    }
    legs: dict[tuple[bytes, int, bytes], list[Leg]] = defaultdict(list)
    for leg in rows.all(Leg):
        if (leg.log, leg.n, leg.hash) in sold:
            legs[leg.log, leg.n, leg.hash].append(leg)
    return [line for fact in legs for line in lines_of_fact(sold[fact], legs[fact], clocks)]


def lines_of_fact(change: ChangeRow, legs: Iterable[Leg], clocks: Clocks) -> list[Line]:
    """Return the lines of a sale or a return, its names as its legs tell them.

    Each line has two legs, one of them outside: with the buyers, where no stock is kept.
    """
    fact = read(change.body)
    assert isinstance(fact, Sale | Return)
    day = clocks.moment(change.log, change.n, change.t, fact.day).day
    lines = []
    for leg in legs:
        line = fact.lines[leg.line // 2]
        custody = getattr(line, "owner", None) is not None
        lines.append(
            Line(
                day,
                change.log[:PREFIX_BYTES],
                change.n,
                change.hash[:PREFIX_BYTES],
                leg.line // 2,
                month_of(day),
                change.kind,
                str(fact.channel),
                leg.item,
                leg.place,
                line.quantity,
                line.amount,
                int(custody),
            )
        )
    return lines


def _name_in(write: Write) -> str | None:
    """Return what a thing is called, when this is the write that says so."""
    names = _NAMED.get(write.entity.partition(":")[0])
    return _text(write.value) if write.field == names and _is_shown(write) else None


def _is_shown(write: Write) -> bool:
    return write.standing in (Standing.SHOWN, Standing.SHOWN_IN_CONFLICT)


def _text(raw: bytes) -> str | None:
    value = readable(raw)
    return None if value is None else str(value)
