"""Fields as multi-value registers, one field per write.

A write replaces exactly the writes its author had seen, whatever the clocks say. Of those that
remain the latest by corrected time is shown, and all of them are a conflict for a person; a write
that has seen them all ends it. (design.md, section 5, rule 4)
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from msgspec import Raw

from canting_protocol import codec, nik
from canting_protocol.changes import (
    BadChange,
    Foreign,
    ItemField,
    Kind,
    PartnerField,
    PlaceField,
    Private,
    ProfileField,
    name_of,
    plain,
)
from canting_protocol.changes import value as value_of
from canting_protocol.errors import Refused
from canting_protocol.ledger.causality import Author, Held, unpack
from canting_protocol.ledger.rows import Write
from canting_protocol.ledger.times import Clocks
from canting_protocol.limits import TEXT_BYTES_MAX
from canting_protocol.names import Key

CONSENT: Final = "consent"
CONSENT_LEVEL: Final = 1
PROFILE: Final = "profile"


class Standing(IntEnum):
    """How a write of a field stands among the others."""

    REPLACED = 0
    SHOWN = 1
    SHOWN_IN_CONFLICT = 2
    RIVAL = 3


def author_of(write: Write) -> Author:
    """Return the write as an author."""
    return Author(write.log, write.n, write.hash, unpack(write.knew))


def settle(writes: Iterable[Write], held: Held, clocks: Clocks) -> list[tuple[Write, Standing]]:
    """Return how each write of one field stands."""
    all_writes = list(writes)
    if len(all_writes) == 1:
        return [(all_writes[0], Standing.SHOWN)]
    live = [
        write
        for write in all_writes
        if not any(
            other is not write and held.sees(author_of(other), write.log, write.n, write.hash)
            for other in all_writes
        )
    ]
    if not live:
        return []

    def lateness(write: Write) -> tuple[int, bytes, bytes]:
        return clocks.moment(write.log, write.n, write.t, None).time, write.log, write.hash

    if all_writes[0].entity == CONSENT:  # of concurrent ones the most restrictive holds (rule 9)
        shown = min(live, key=lambda write: (write.value, *lateness(write)))
        rivals: list[Write] = []
    else:
        shown = max(live, key=lateness)
        rivals = [write for write in live if write.value != shown.value]
    standing = {write.hash: Standing.RIVAL for write in rivals}
    standing[shown.hash] = Standing.SHOWN_IN_CONFLICT if rivals else Standing.SHOWN
    return [(write, standing.get(write.hash, Standing.REPLACED)) for write in all_writes]


_INTEGERS: Final = frozenset(
    {
        (Kind.PROFILE, ProfileField.WORKERS),
        (Kind.PROFILE, ProfileField.START_YEAR),
        (Kind.ITEM, ItemField.PRICE),
        (Kind.ITEM, ItemField.STOCK_MIN),
        (Kind.ITEM, ItemField.ARCHIVED),
        (Kind.PARTNER, PartnerField.ARCHIVED),
        (Kind.PLACE, PlaceField.ARCHIVED),
    }
)
_NAMES: Final = frozenset(
    {
        (Kind.ITEM, ItemField.OWNER),
        (Kind.ITEM, ItemField.SAME_AS),
        (Kind.PARTNER, PartnerField.SAME_AS),
        (Kind.PLACE, PlaceField.PARTNER),
        (Kind.PLACE, PlaceField.SAME_AS),
    }
)
_PRIVATE: Final = frozenset(
    {
        (Kind.PARTNER, PartnerField.NAME),
        (Kind.PARTNER, PartnerField.PHONE),
        (Kind.PARTNER, PartnerField.NOTE),
    }
)
_SEALED: Final = frozenset({(Kind.PROFILE, ProfileField.NIK)})
"""Bytes that only the registry opens."""
_ENDS: Final = frozenset({(Kind.PROFILE, ProfileField.NIK_END)})
_KNOWN: Final = {
    Kind.PROFILE: frozenset(ProfileField),
    Kind.ITEM: frozenset(ItemField),
    Kind.PARTNER: frozenset(PartnerField),
    Kind.PLACE: frozenset(PlaceField),
}
_private: Final = codec.decoder(Private)
_foreign: Final = codec.decoder(Foreign)


def check_value(kind: int, field: int, raw: bytes) -> None:
    """Raise `BadChange` when a known field holds something else than it must.

    Nil clears a field. Fields of a newer version may hold anything that the codec allows.
    """
    value = plain(raw)
    if value is None or field not in _KNOWN[Kind(kind)]:
        return
    which = (Kind(kind), field)
    try:
        if which in _INTEGERS:
            fits = isinstance(value, int)
        elif which in _SEALED:
            fits = isinstance(value, bytes) and nik.could_be_sealed(value)
        elif which in _ENDS:
            fits = isinstance(value, str) and nik.could_be_an_end(value)
        elif which in _NAMES:
            fits = isinstance(value, int) or bool(codec.decode(_foreign, raw))
        elif isinstance(value, str):
            fits = which not in _PRIVATE and len(value) <= TEXT_BYTES_MAX and "\0" not in value
        else:
            fits = isinstance(value, list) and bool(codec.decode(_private, raw))
    except Refused as error:
        raise BadChange(str(error)) from error
    if not fits:
        raise BadChange(f"field {field} of kind {kind} holds something else than it must")


def canonical(kind: int, field: int, raw: bytes, held: Held, author: Author) -> bytes:
    """Return a field's value as readers compare it: a name by its table key, the rest as is."""
    if (kind, field) not in _NAMES:
        return raw
    value = plain(raw)
    if value is None:
        return raw
    name = value if isinstance(value, int) else codec.decode(_foreign, raw)
    return codec.encode(held.key(author, name))


def restated(kind: int, field: int, raw: bytes) -> Raw:
    """Return a value, as readers compare it, so that another log may write it: undoes `canonical`.

    Raises:
        BadChange: this version does not know the field; whether its numbers are names that mean
            something else in another log, nobody here can tell.
    """
    if field not in _KNOWN.get(Kind(kind), frozenset()):
        raise BadChange(f"field {field} of kind {kind} is not known to this version")
    key = plain(raw)
    if (kind, field) not in _NAMES or key is None:
        return Raw(raw)
    return value_of(name_of(Key(key)))
