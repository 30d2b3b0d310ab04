"""What has not arrived: ranges of logs that are known to exist, since when, and who last took them.

A log has no gaps, so that whoever tells of a change tells of all before it: a later change that is
here, the device itself in its signed frontier, or an officer who asks whether a letter of his is
still wanted. Nothing is decided by it; a person goes and asks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

from canting_protocol.bundles import Officer
from canting_protocol.frontier import subtract
from canting_protocol.ledger.causality import Held
from canting_protocol.letters import Span
from canting_protocol.log import PREFIX_BYTES, ArtisanId, Descriptor, LogId
from canting_server.registry.limits import CARRIED_BY_OFFICER_MAX, CARRIED_OF_ARTISAN_MAX
from canting_server.store import gaps as rows
from canting_server.store import logs, witnesses
from canting_server.store.database import Connection
from canting_server.store.gaps import Carried, Gap, ToldBy

DEVICE_BYTES: Final = 8
"""By so much of its key a device is shown to staff."""

SAME_HAND_OVER_SECONDS: Final = 300
"""Letters that one officer took within so long are shown as one range: his clock is measured no
better."""


class Word(NamedTuple):
    """What an officer's letter tells, and what became of it."""

    artisan: ArtisanId
    span: Span
    taken: int | None
    """When he took it, by this registry's clock; None: he does not know."""
    carried: bool
    """He goes on carrying it: it has not arrived, and may come again."""


class Told(NamedTuple):
    """first…n of a log exist and are not here."""

    log: bytes
    first: int
    n: int
    since: int
    by: ToldBy


# -- what is missing, decided --------------------------------------------------------------------


def gaps_of(
    told: Iterable[Told], carried: Iterable[Carried], devices: Mapping[bytes, bytes]
) -> list[Gap]:
    """Return what is missing, from what is told of and what officers carry of it.

    `devices` are the keys that write the logs, by their prefixes.
    """
    in_hands: dict[bytes, list[Carried]] = {}
    for each in carried:
        in_hands.setdefault(each.log, []).append(each)
    found = []
    for log, group in groupby(sorted(told), key=attrgetter("log")):
        of_log = list(group)
        key = devices.get(log)
        device = None if key is None else key[:DEVICE_BYTES]
        for low, high in _pieces(of_log):
            words = [each for each in of_log if each.first <= high and each.n >= low]
            since = min(each.since for each in words)
            by = min(each.by for each in words)
            for first, last, who in _hands(low, high, in_hands.get(log, ())):
                last_with = (None, None, None) if who is None else who[4:7]
                found.append(Gap(log, first, last, since, by, device, *last_with))
    return found


def _pieces(told: Sequence[Told]) -> list[tuple[int, int]]:
    """Return what is told of, each number once; what officers alone tell of is apart."""
    sure = _joined((each.first, each.n) for each in told if each.by is not ToldBy.COURIER)
    said = _joined((each.first, each.n) for each in told if each.by is ToldBy.COURIER)
    return sorted([*sure, *(part for whole in said for part in subtract(whole, sure))])


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ranges, those that touch as one."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined


def _hands(
    low: int, high: int, carried: Iterable[Carried]
) -> list[tuple[int, int, Carried | None]]:
    """Return a missing range, cut by who was the last to take which part of it."""
    left, found = [(low, high)], list[tuple[int, int, Carried | None]]()
    for each in sorted(carried, key=_lateness, reverse=True):
        for begin, end in left:
            first, last = max(begin, each.first), min(end, each.n)
            if first <= last:
                found.append((first, last, each))
        left = [part for whole in left for part in subtract(whole, [(each.first, each.n)])]
    found += [(begin, end, None) for begin, end in left]
    cut: list[tuple[int, int, Carried | None]] = []
    for first, last, who in sorted(found, key=lambda each: each[0]):
        if cut and _same_hand_over(cut[-1][2], who):
            cut[-1] = (cut[-1][0], last, cut[-1][2])
        else:
            cut.append((first, last, who))
    return cut


def _lateness(carried: Carried) -> tuple[int, int, bytes]:
    return (-1 if carried.taken is None else carried.taken, carried.since, carried.officer)


def _same_hand_over(one: Carried | None, other: Carried | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.officer != other.officer or one.taken is None or other.taken is None:
        return one.officer == other.officer and one.taken == other.taken
    return abs(one.taken - other.taken) <= SAME_HAND_OVER_SECONDS


# -- read, and kept ------------------------------------------------------------------------------


def missing(
    conn: Connection, artisan: ArtisanId, held: Held, descriptors: Mapping[LogId, Descriptor]
) -> list[Gap]:
    """Return what has not arrived of a ledger, whose logs are held like this."""
    carried = [each for each in rows.carried(conn, artisan) if not _has_arrived(held, each)]
    return _missing(conn, artisan, held, descriptors, carried)


def keep_up(
    conn: Connection, artisan: ArtisanId, held: Held, descriptors: Mapping[LogId, Descriptor]
) -> None:
    """Bring what has not arrived up to date with a ledger's logs, and forget what has."""
    carried = []
    for each in rows.carried(conn, artisan):
        if _has_arrived(held, each):
            rows.put_down(conn, artisan, each)
        else:
            carried.append(each)
    now = _missing(conn, artisan, held, descriptors, carried)
    if now != rows.kept(conn, artisan):
        rows.keep(conn, artisan, now)


def _missing(
    conn: Connection,
    artisan: ArtisanId,
    held: Held,
    descriptors: Mapping[LogId, Descriptor],
    carried: Sequence[Carried],
) -> list[Gap]:
    told = [
        *_told_by_logs(conn, artisan, held),
        *(
            _told(held, each.log, each.n, each.since, by)
            for by, words in (
                (ToldBy.DEVICE, witnesses.stated(conn, artisan)),
                (ToldBy.COURIER, carried),
            )
            for each in words
            if not _is_here(held, each.log, each.n, each.hash)
        ),
    ]
    devices = {log[:PREFIX_BYTES]: each.key for log, each in descriptors.items()}
    return gaps_of(told, carried, devices)


def _told_by_logs(conn: Connection, artisan: ArtisanId, held: Held) -> Iterator[Told]:
    for prefix in held.logs():
        for head in held.heads(prefix):
            if head.first > 1:
                since = logs.beyond(conn, artisan, head.log, head.first)
                yield _told(held, prefix, head.first - 1, since, ToldBy.LOG)


def _told(held: Held, log: bytes, n: int, since: int, by: ToldBy) -> Told:
    """Return what is missing up to a change that is not here, from the last that is here on."""
    below = max((min(head.n, n - 1) for head in held.heads(log) if head.first < n), default=0)
    return Told(log[:PREFIX_BYTES], below + 1, n, since, by)


def _is_here(held: Held, log: bytes, n: int, hash_: bytes) -> bool:
    strands = held.strands(log)
    return strands is not None and strands.find(n, hash_) is not None


def _has_arrived(held: Held, each: Carried) -> bool:
    strands = held.strands(each.log)
    return strands is not None and strands.holds(each.first, each.n, each.hash)


# -- an officer's word ---------------------------------------------------------------------------


def news(conn: Connection, officer: Officer, words: Iterable[Word]) -> list[Word]:
    """Return the words that tell something new: of what he carries, or carries no more."""
    return [
        each
        for each in words
        if rows.carries(conn, each.artisan, _carried(officer, each, 0)) != each.carried
    ]


def note(conn: Connection, officer: Officer, words: Iterable[Word], now: int) -> list[ArtisanId]:
    """Note an officer's words, as many as may be kept; return whose ledgers they are about."""
    room = CARRIED_BY_OFFICER_MAX - rows.count_of_officer(conn, officer.key)
    rooms: dict[ArtisanId, int] = {}
    for each in words:
        whose, carried = each.artisan, _carried(officer, each, now)
        if whose not in rooms:
            rooms[whose] = CARRIED_OF_ARTISAN_MAX - rows.count_of_artisan(conn, whose)
        if not each.carried:
            rows.put_down(conn, whose, carried)
        elif min(room, rooms[whose]) > 0:
            rows.carry(conn, whose, carried)
            room, rooms[whose] = room - 1, rooms[whose] - 1
    return sorted(rooms)


def _carried(officer: Officer, word: Word, now: int) -> Carried:
    span = word.span
    name = officer.name
    return Carried(span.log, span.first, span.n, span.hash, officer.key, name, word.taken, now)
