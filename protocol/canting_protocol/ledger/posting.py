"""From a judged change to the rows it stands for; shared by `project` and `absorb`."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from canting_protocol import codec
from canting_protocol.changes import (
    Certificate,
    Change,
    Clock,
    Consent,
    Count,
    Foreign,
    Item,
    Kind,
    Name,
    Partner,
    Place,
    Profile,
    Resolve,
    Revoke,
    Sale,
    Void,
)
from canting_protocol.crypto import PublicKey
from canting_protocol.ledger.causality import Author, Held, pack, unpack
from canting_protocol.ledger.facts import FACTS, OUTSIDE, Effects, effects
from canting_protocol.ledger.judge import Judgement
from canting_protocol.ledger.registers import CONSENT, CONSENT_LEVEL, PROFILE, canonical
from canting_protocol.ledger.rows import (
    CertificateRow,
    ChangeRow,
    ClockRow,
    Leg,
    Reference,
    RevokedRow,
    Row,
    Rows,
    Tally,
    VoidRow,
    Write,
)
from canting_protocol.ledger.times import Clocks
from canting_protocol.log import PREFIX_BYTES, Descriptor, LogId, Placed
from canting_protocol.messages import Reason, Verdict

WORD: Final = {Kind.ITEM: "item", Kind.PARTNER: "partner", Kind.PLACE: "place"}
"""How the entities of a kind begin in the field table."""


class Parties(NamedTuple):
    """Whose logs these are: every log's descriptor, and the registry's key once it is known."""

    logs: Mapping[LogId, Descriptor]
    registry: PublicKey | None

    def by_registry(self, log: bytes) -> bool:
        """Say whether a log is the registry's own."""
        descriptor = self.logs.get(LogId(log))
        return descriptor is not None and descriptor.key == self.registry

    def clocks(self, rows: Rows) -> Clocks:
        """Return the measured clock errors, with what ranks them."""
        measured = list(rows.group(ClockRow).values())
        if not measured:
            return Clocks((), frozenset(), {})
        same_key = {
            log[:PREFIX_BYTES]: frozenset[bytes](
                other for other, theirs in self.logs.items() if theirs.key == mine.key
            )
            for log, mine in self.logs.items()
        }
        registry = frozenset(log for log in self.logs if self.by_registry(log))
        return Clocks(measured, registry, same_key)


def change_row(placed: Placed, judged: Judgement) -> ChangeRow:
    """Return the row of a change and its verdict."""
    return ChangeRow(
        placed.log,
        placed.n,
        placed.hash,
        placed.previous,
        placed.t,
        judged.kind,
        judged.verdict,
        judged.reason,
        placed.body,
    )


def target_of(author: Author, name: Name) -> tuple[bytes, int, bytes]:
    """Return (log prefix, n, branch) of a name that is not well-known."""
    if isinstance(name, Foreign):
        return name.log, name.n, name.branch or b""
    return author.log[:PREFIX_BYTES], name, b""


def moved_by(fact: Change, held: Held, author: Author) -> Effects:
    """Return what a fact moves, its names as the tables know them."""
    return effects(fact, lambda name: held.key(author, name))


def stated_day(fact: Change) -> int | None:
    """Return the business date that was stated, if any."""
    return getattr(fact, "day", None)


def business_day(fact: Change, author: Author, t: int, clocks: Clocks) -> int:
    """Return the day a fact belongs to: days since 1970-01-01."""
    return clocks.moment(author.log, author.n, t, stated_day(fact)).day


def fact_rows(fact: Change, moved: Effects, author: Author, t: int, held: Held) -> Iterable[Row]:
    """Yield the rows that a fact which is not voided stands for."""
    day = stated_day(fact)
    for line, leg in enumerate(moved.legs):
        if leg.place not in OUTSIDE:
            yield Leg(
                leg.item,
                leg.place,
                author.log,
                author.n,
                author.hash,
                line,
                leg.quantity,
                t,
                day,
            )
    if isinstance(fact, Count):
        place, knew = held.key(author, fact.place), pack(author.knew)
        for line, counted in enumerate(fact.lines):
            item = held.key(author, counted.item)
            yield Tally(
                item,
                place,
                author.log,
                author.n,
                author.hash,
                line,
                counted.counted,
                t,
                day,
                knew,
            )
    if isinstance(fact, Sale) and fact.reference is not None:
        yield Reference(fact.reference, author.log, author.n, author.hash)


def other_rows(change: Change, author: Author, t: int, held: Held) -> Iterable[Row]:
    """Yield the rows of a change that is not a fact which can be voided."""
    knew = pack(author.knew)
    place = (author.log, author.n, author.hash)
    match change:
        case Profile() | Item() | Partner() | Place():
            kind = change.__struct_config__.tag
            entity = _entity(change, held, author)
            for each in change.fields:
                value = canonical(kind, each.field, bytes(each.value), held, author)  # type: ignore[arg-type]
                yield Write(entity, each.field, *place, t, value, knew, 0)
        case Resolve():
            entity = (
                PROFILE
                if change.of == Kind.PROFILE or change.target is None
                else f"{WORD[Kind(change.of)]}:{held.key(author, change.target)}"
            )
            value = canonical(change.of, change.field, bytes(change.value), held, author)
            yield Write(entity, change.field, *place, t, value, knew, 0)
        case Consent():
            yield Write(CONSENT, CONSENT_LEVEL, *place, t, codec.encode(int(change.level)), knew, 0)
        case Void():
            target_log, target_n, branch = target_of(author, change.target)
            yield VoidRow(target_log, target_n, *place, branch, knew)
        case Clock():
            piece = change.piece
            yield ClockRow(
                *place, piece.log, piece.first, piece.n, piece.hash, change.offset, change.error
            )
        case Certificate():
            yield CertificateRow(change.key, *place, change.role, change.box)
        case Revoke():
            yield RevokedRow(change.key, *place, pack(tuple(change.heads)))
        case _:
            pass


def is_voided(rows: Rows, held: Held, parties: Parties, row: ChangeRow) -> bool:
    """Say whether a void that may do so names this change."""
    voids = rows.group(VoidRow, row.log[:PREFIX_BYTES], row.n).values()
    return any(
        void_verdict(rows, held, parties, void) == (Verdict.APPLIED, Reason.NONE)
        and held.named(_author(void), row.log, row.n, void.target_branch) == row.hash
        for void in voids
    )


def void_verdict(rows: Rows, held: Held, parties: Parties, void: VoidRow) -> tuple[Verdict, Reason]:
    """Judge a void against its target; one that has not arrived is waited for.

    Her devices may void her facts, the registry its own.
    """
    meant = held.named(_author(void), void.target_log, void.target_n, void.target_branch)
    strands = held.strands(void.target_log)
    if meant is None or strands is None:
        return Verdict.APPLIED, Reason.NONE
    target = rows.get(ChangeRow, strands.heads[0].log, void.target_n, meant)
    if target is None or target.kind not in FACTS:
        return Verdict.REFUSED, Reason.NOT_A_FACT
    if parties.by_registry(target.log) != parties.by_registry(void.log):
        return Verdict.REFUSED, Reason.NOT_YOURS
    return Verdict.APPLIED, Reason.NONE


def _author(void: VoidRow) -> Author:
    return Author(void.log, void.n, void.hash, unpack(void.knew))


def _entity(change: Profile | Item | Partner | Place, held: Held, author: Author) -> str:
    if isinstance(change, Profile):
        return PROFILE
    word = WORD[Kind(change.__struct_config__.tag)]  # type: ignore[arg-type]
    name = author.n if change.target is None else change.target
    return f"{word}:{held.key(author, name)}"
