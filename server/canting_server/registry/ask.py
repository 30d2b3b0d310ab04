"""What staff may know: every question in one place, and the sharing levels enforced here alone.

Default is monthly totals; lines only with consent; withdrawing hides past ones too. (design.md,
section 5, rule 9; UU 27/2022 on personal data, art. 4)
"""

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from canting_protocol.changes import (
    Channel,
    ItemField,
    Kind,
    PlaceField,
    ProfileField,
    Sharing,
    plain,
)
from canting_protocol.ledger.registers import CONSENT, CONSENT_LEVEL, PROFILE, Standing
from canting_protocol.ledger.times import day_of, month_of
from canting_protocol.limits import INTEGER_MAX
from canting_protocol.log import PREFIX_BYTES, ArtisanId
from canting_server.reference import areas
from canting_server.store import learned, logs, questions
from canting_server.store.database import Connection
from canting_server.store.questions import Shown


class BadQuestion(Exception):
    """Say what is wrong with a question, and what may be asked."""


class NotFound(Exception):
    """Say that there is no such artisan."""


CHANNELS: Final = {
    Channel.DIRECT: "langsung",
    Channel.SHOP: "toko",
    Channel.MARKET: "pasar",
    Channel.WHATSAPP: "wa",
    Channel.TOKOPEDIA: "tokopedia",
    Channel.SHOPEE: "shopee",
    Channel.FAIR: "pameran",
    Channel.CONSIGNMENT: "titip",
    Channel.UNIFORM: "seragam",
}
_CHANNEL_WORDS: Final = {str(int(channel)): word for channel, word in CHANNELS.items()}
PLACES: Final = {"-1": "rumah", "-2": "pasar", "-3": "toko", "-4": "sentra"}
UNKNOWN: Final = "belum dikenal"
HERS: Final = "(milik perajin)"
_DIMENSIONS: Final = ("month", "kecamatan", "channel")
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_WIB: Final = timedelta(hours=7)


def artisans(conn: Connection) -> list[dict[str, Any]]:
    """Return every artisan: who and where she is, what she shares, through when she reported."""
    profiles = _by_artisan(questions.fields(conn, PROFILE))
    levels, heard = sharing(conn), _reported_through(conn)
    return [
        {
            "id": artisan.hex(),
            **_who(profiles.get(artisan, [])),
            "sharing": levels.get(artisan, Sharing.TOTALS).name.lower(),
            "reported_through": _when(heard.get(artisan)),
        }
        for artisan in logs.artisans(conn)
    ]


def artisan(conn: Connection, which: str) -> dict[str, Any]:
    """Return one artisan, as far as she shares.

    Raises:
        NotFound: there is none of that id.
    """
    whose = artisan_of(conn, which)
    level = sharing(conn).get(whose, Sharing.TOTALS)
    told = next(each for each in artisans(conn) if each["id"] == which.lower())
    told["devices"] = [
        {"key": key.hex()[:16], "heard": _when(heard)}
        for owner, key, heard in questions.devices(conn)
        if owner == whose
    ]
    told["verdicts"] = {
        _verdict(verdict): count
        for owner, verdict, count in questions.verdicts(conn)
        if owner == whose
    }
    told["conflicts"] = [each for each in conflicts(conn) if each["artisan"] == which.lower()]
    if level >= Sharing.TOTALS:
        told["totals"] = _sums(conn, ("month", "channel"), only=whose)
    if level >= Sharing.LINES:
        told["stock"] = [each for each in stock(conn) if each["artisan"] == which.lower()]
    return told


def artisan_of(conn: Connection, which: str) -> ArtisanId:
    """Return the artisan whose id is written so.

    Raises:
        NotFound: there is none of that id.
    """
    try:
        whose = ArtisanId(bytes.fromhex(which))
    except ValueError as error:
        raise NotFound("no such artisan") from error
    if which.lower() != whose.hex() or not logs.is_artisan(conn, whose):
        raise NotFound("no such artisan")
    return whose


def totals(
    conn: Connection,
    by: str,
    from_month: str | None = None,
    to_month: str | None = None,
    as_of: int | None = None,
    known_at: int | None = None,
) -> dict[str, Any]:
    """Return turnover summed by some of month, kecamatan, channel, with its coverage.

    `as_of` leaves out business days after it (days since 1970-01-01), `known_at` what the registry
    learned later (seconds since 1970). Who shares it and where she lived is as it is known now.

    Raises:
        BadQuestion: another dimension, or a month that is not YYYY-MM.
    """
    wanted = tuple(each.strip() for each in by.split(",") if each.strip())
    wrong = [each for each in wanted if each not in _DIMENSIONS]
    if wrong or not wanted or len(set(wanted)) < len(wanted):
        raise BadQuestion(f"by: any of {', '.join(_DIMENSIONS)}, each once; not {by!r}")
    months = (_month(from_month, 0), _month(to_month, 999_999))
    rows = _sums(conn, wanted, months=months, as_of=as_of, known_at=known_at)
    levels, heard = sharing(conn), _reported_through(conn)
    everyone = logs.artisans(conn)
    counted = [each for each in everyone if levels.get(each, Sharing.TOTALS) >= Sharing.TOTALS]
    reported = [heard.get(each) for each in counted]
    through = None if None in reported else min((r for r in reported if r), default=None)
    return {
        "by": list(wanted),
        "rows": rows,
        "coverage": {
            "artisans": len(everyone),
            "counted": len(counted),
            "withheld": len(everyone) - len(counted),
            "never_reported": sum(1 for each in reported if each is None),
            "reported_through": _when(through),
        },
    }


def stock(conn: Connection) -> list[dict[str, Any]]:
    """Return what lies where, of the artisans who share lines."""
    levels = sharing(conn)
    names = _names(conn, levels)
    return [
        {
            "artisan": whose.hex(),
            "item": item,
            "item_name": names.get((whose, f"item:{item}"), UNKNOWN),
            "place": place,
            "place_name": PLACES.get(place) or names.get((whose, f"place:{place}"), UNKNOWN),
            "quantity": pieces(quantity),
            "uncertain": pieces(uncertain),
            "below_zero": quantity < 0,
            "disputed": bool(disputed),
        }
        for whose, item, place, quantity, uncertain, disputed in questions.stock(conn)
        if levels.get(whose, Sharing.TOTALS) >= Sharing.LINES
    ]


def conflicts(conn: Connection) -> list[dict[str, Any]]:
    """Return what waits for a person: fields with rival values, and counts that disagree.

    What an artisan does not share is named, without its values.
    """
    levels = sharing(conn)
    found: dict[tuple[ArtisanId, str, str], list[dict[str, Any]]] = defaultdict(list)
    for write in questions.in_conflict(conn):
        value = _value(write, levels.get(write.artisan, Sharing.TOTALS))
        found[write.artisan, write.entity, str(write.field)].append(value)
    for whose, item, place, counted, t, log, n in questions.disputed_counts(conn):
        open_ = levels.get(whose, Sharing.TOTALS) >= Sharing.LINES
        found[whose, f"stock:{item}", place].append(
            {
                "value": pieces(counted) if open_ else HERS,
                "by": log[:PREFIX_BYTES].hex(),
                "n": n,
                "at": _when(t),
            }
        )
    waiting = {whose: levels[whose] for whose, _, _ in found if whose in levels}
    names = _names(conn, waiting)
    return [
        {
            "artisan": whose.hex(),
            "of": entity,
            "name": names.get((whose, entity.replace("stock:", "item:"))),
            "field": field,
            "values": values,
        }
        for (whose, entity, field), values in found.items()
    ]


def standing(conn: Connection, whose: ArtisanId, entity: str, field: int) -> list[dict[str, Any]]:
    """Return what now stands in one field: one value, or those that wait for a person."""
    level = sharing(conn).get(whose, Sharing.TOTALS)
    return [
        _value(write, level)
        for write in questions.writes_of(conn, whose, entity, field)
        if write.standing != Standing.REPLACED
    ]


def _value(write: Shown, level: Sharing) -> dict[str, Any]:
    """Tell a value, who wrote it and when; `write` is what it is chosen by."""
    open_ = write.entity == PROFILE or level >= Sharing.LINES
    return {
        "write": write.hash[:PREFIX_BYTES].hex(),
        "value": readable(write.value) if open_ else HERS,
        "shown": write.standing in (Standing.SHOWN, Standing.SHOWN_IN_CONFLICT),
        "by": write.log[:PREFIX_BYTES].hex(),
        "n": write.n,
        "at": _when(write.t),
    }


def coverage(conn: Connection) -> dict[str, Any]:
    """Return who has reported, and through when.

    Through: her devices' last signed statement of how far they had come, the earliest of them; a
    quiet artisan is not a silent one.
    """
    heard, levels, gaps = _reported_through(conn), sharing(conn), questions.awaiting(conn)
    everyone = logs.artisans(conn)
    return {
        "artisans": len(everyone),
        "reported": sum(1 for each in everyone if heard.get(each) is not None),
        "rows": [
            {
                "artisan": each.hex(),
                "reported_through": _when(heard.get(each)),
                "sharing": levels.get(each, Sharing.TOTALS).name.lower(),
                "causality_incomplete": each in gaps,
            }
            for each in everyone
        ],
    }


def sharing(conn: Connection) -> dict[ArtisanId, Sharing]:
    """Return what each artisan lets staff see, where she has said so."""
    return {
        write.artisan: Sharing(plain(write.value))
        for write in questions.fields(conn, CONSENT)
        if write.field == CONSENT_LEVEL
    }


def pieces(thousandths: int) -> str:
    """Return a quantity as a decimal number."""
    sign, rest = ("-", -thousandths) if thousandths < 0 else ("", thousandths)
    whole, part = divmod(rest, 1000)
    return f"{sign}{whole}" + (f".{part:03}".rstrip("0") if part else "")


def readable(raw: bytes) -> Any:
    """Return a field's value; a private one stays the artisan's."""
    value = plain(raw)
    return HERS if isinstance(value, list | bytes) else value


def _sums(
    conn: Connection,
    by: tuple[str, ...],
    *,
    only: ArtisanId | None = None,
    months: tuple[int, int] = (0, 999_999),
    as_of: int | None = None,
    known_at: int | None = None,
) -> list[dict[str, Any]]:
    levels = sharing(conn)
    lived = _areas_lived_in(conn) if "kecamatan" in by else {}
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 6)
    if as_of is None and known_at is None:
        told = questions.turnover(conn)
    else:
        told = learned.turnover(
            conn,
            INTEGER_MAX if as_of is None else as_of,
            INTEGER_MAX if known_at is None else known_at,
            (int(Kind.SALE), int(Kind.RETURN)),
        )
    for whose, month, channel, kind, facts, quantity, amount in told:
        if only not in (None, whose) or levels.get(whose, Sharing.TOTALS) < Sharing.TOTALS:
            continue
        if not months[0] <= month <= months[1]:
            continue
        key = tuple(
            f"{month // 100:04}-{month % 100:02}"
            if each == "month"
            else _channel(channel)
            if each == "channel"
            else _district(lived.get(whose, []), month)
            for each in by
        )
        at = 0 if kind == Kind.SALE else 3
        for place, more in enumerate((facts, quantity, amount)):
            sums[key][at + place] += more
    return [
        {
            **dict(zip(by, key, strict=True)),
            "sales": cell[0],
            "pieces": pieces(cell[1]),
            "turnover": cell[2],
            "returns": cell[3],
            "pieces_returned": pieces(cell[4]),
            "paid_back": cell[5],
        }
        for key, cell in sorted(sums.items(), key=lambda each: str(each[0]))
    ]


def _areas_lived_in(conn: Connection) -> dict[ArtisanId, list[tuple[int, str]]]:
    """Return (month, kecamatan) from when on she lived where, the earliest first."""
    lived: dict[ArtisanId, list[tuple[int, str]]] = defaultdict(list)
    for write in questions.writes(conn, PROFILE, ProfileField.AREA):
        text = readable(write.value)
        place = areas.area(text) if isinstance(text, str) else None
        name = areas.district_of(place).name if place else UNKNOWN
        lived[write.artisan].append((month_of(day_of(write.t)), name))
    return lived


def _district(lived: list[tuple[int, str]], month: int) -> str:
    """Return where she lived in a month: the last known by then, else the first ever known."""
    if not lived:
        return UNKNOWN
    return next((name for since, name in reversed(lived) if since <= month), lived[0][1])


def _who(profile: list[Shown]) -> dict[str, Any]:
    told = {write.field: readable(write.value) for write in profile}
    text = told.get(ProfileField.AREA)
    place = areas.area(text) if isinstance(text, str) else None
    return {
        "name": told.get(ProfileField.NAME),
        "brand": told.get(ProfileField.BRAND),
        "kelurahan": place.name if place and place.level == "kelurahan" else text,
        "kecamatan": areas.district_of(place).name if place else None,
    }


def _names(conn: Connection, levels: dict[ArtisanId, Sharing]) -> dict[tuple[ArtisanId, str], Any]:
    names = {}
    for whose, level in levels.items():
        if level >= Sharing.LINES:
            for write in questions.artisan_fields(conn, whose):
                if write.field in (ItemField.NAME, PlaceField.NAME):
                    names[whose, write.entity] = readable(write.value)
    return names


def _by_artisan(found: list[Shown]) -> dict[ArtisanId, list[Shown]]:
    grouped: dict[ArtisanId, list[Shown]] = defaultdict(list)
    for write in found:
        grouped[write.artisan].append(write)
    return grouped


def _reported_through(conn: Connection) -> dict[ArtisanId, int | None]:
    heard: dict[ArtisanId, int | None] = {}
    for whose, _, when in questions.devices(conn):
        before = heard.get(whose, when)
        heard[whose] = None if when is None or before is None else min(before, when)
    return heard


def _channel(channel: str) -> str:
    return _CHANNEL_WORDS.get(channel, channel)


def _month(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if _MONTH.fullmatch(text):
        return int(text[:4]) * 100 + int(text[5:])
    raise BadQuestion(f"a month is YYYY-MM, not {text!r}")


def _verdict(verdict: int) -> str:
    return ("applied", "conflict", "parked", "refused")[verdict]


def _when(time: int | None) -> str | None:
    """Return a time as ISO 8601 in Mojokerto; None when it was never, or is beyond the calendar."""
    if time is None:
        return None
    try:
        return (datetime.fromtimestamp(time, UTC) + _WIB).strftime("%Y-%m-%dT%H:%M:%S+07:00")
    except (OverflowError, ValueError, OSError):
        return None
