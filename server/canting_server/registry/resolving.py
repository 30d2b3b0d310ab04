"""A person settles a conflict: one of the values that stand becomes a `Resolve` of the registry.

It is written in the registry's own log of that artisan, after the mark that says what was seen, and
reaches her devices with their next sync like everything else. (design.md, section 5, rule 4)

A value is chosen by its write, never by what it says: so one that staff cannot read (the artisan's
own, or of a ledger that shares no lines) can be chosen by who wrote it and when, and travels on as
the bytes that were stored.
"""

import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

from canting_protocol.changes import BadChange, Kind, Resolve, name_of
from canting_protocol.ledger.posting import WORD
from canting_protocol.ledger.registers import PROFILE, Standing, restated
from canting_protocol.log import PREFIX_BYTES
from canting_protocol.names import Key
from canting_server.registry import ask
from canting_server.registry.answers import Rival
from canting_server.registry.registry import Registry
from canting_server.store import questions
from canting_server.store.database import Connection
from canting_server.store.questions import Shown

WriteId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
"""The first 8 bytes of the hash of the change that wrote a value."""
SEEN_MAX: Final = 1_000
"""How many rival values a person may be shown."""


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which value is to stand, of those that the person was shown."""

    choose: WriteId
    seen: Annotated[list[WriteId], Meta(min_length=1, max_length=SEEN_MAX)]


class Settled(NamedTuple):
    """What stands after a choice, and whether it stood before it."""

    already: bool
    values: list[Rival]


class Changed(Exception):
    """Say that other values stand than the person was shown; `values` are those that do."""

    def __init__(self, values: list[Rival]) -> None:
        super().__init__("other values stand than those in `seen`: look again, and choose again")
        self.values = values


class OnlyByCounting(Exception):
    """Say that no value settles counts that disagree."""

    def __init__(self) -> None:
        super().__init__(
            "two counts of one shelf disagree, and no value can be chosen for it: the goods are"
            " counted again, by someone whose device has synced and so has seen both counts; or"
            " the artisan voids the wrong one on a device of hers. The department does neither"
            " for her."
        )


class NotKnownHere(Exception):
    """Say that the field was made by a newer version, which can settle it."""


def resolve(
    conn: Connection, registry: Registry, which: str, of: str, field: str, choice: Choice
) -> Settled:
    """Let the chosen value of a field stand alone, as the registry's word; repeat it as you like.

    Raises:
        ask.NotFound: no such artisan, or nothing of hers has such a field.
        ask.BadQuestion: the choice is none of those seen.
        Changed: the values are no longer those that were seen.
        OnlyByCounting: these are counts, not values.
        NotKnownHere: a field of a newer version.
    """
    artisan = ask.artisan_of(conn, which)
    if of.startswith("stock:"):
        raise OnlyByCounting
    kind, target = _entity(of)
    number = int(field) if _FIELD.fullmatch(field) else 0
    writes = questions.writes_of(conn, artisan, of, number) if kind else []
    if kind is None or not writes:
        raise ask.NotFound("there is no such field")
    if choice.choose not in choice.seen:
        raise ask.BadQuestion("choose one of the values in `seen`")
    outcome = weigh(writes, choice)
    if outcome is Outcome.CHANGED:
        raise Changed(ask.standing(conn, artisan, of, number))
    if outcome is Outcome.WRITE:
        value = next(each.value for each in writes if id_of(each) == choice.choose)
        try:
            stated = restated(kind, number, value)
        except BadChange as error:
            raise NotKnownHere(str(error)) from error
        name = None if target is None else name_of(target)
        registry.write(conn, artisan, Resolve(kind, name, number, stated))
    return Settled(outcome is Outcome.ALREADY, ask.standing(conn, artisan, of, number))


class Outcome(Enum):
    """What a choice comes to."""

    WRITE = auto()
    ALREADY = auto()
    CHANGED = auto()


def weigh(writes: Sequence[Shown], choice: Choice) -> Outcome:
    """Say what a choice comes to, given every write of the field.

    What counts is which values stand, not who wrote them: that someone has written one of them
    again is nothing new to a person who has seen it.
    """
    values = {id_of(write): write.value for write in writes}
    standing = {write.value for write in writes if write.standing != Standing.REPLACED}
    if standing == {values.get(choice.choose)}:
        return Outcome.ALREADY
    seen = {values.get(each) for each in choice.seen}
    return Outcome.WRITE if standing == seen else Outcome.CHANGED


def id_of(write: Shown) -> str:
    """Return what a write of a field is chosen by."""
    return write.hash[:PREFIX_BYTES].hex()


_FIELD: Final = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
_TARGET: Final = re.compile(r"-[1-9][0-9]{0,15}|[0-9a-f]{16}\.[1-9][0-9]{0,15}(~[0-9a-f]{8})?")
_KINDS: Final = {word: kind for kind, word in WORD.items()}


def _entity(of: str) -> tuple[Kind | None, Key | None]:
    """Return the kind and the table key of what has fields; (None, None) when it is no such."""
    if of == PROFILE:
        return Kind.PROFILE, None
    word, _, key = of.partition(":")
    if word in _KINDS and _TARGET.fullmatch(key):
        return _KINDS[word], Key(key)
    return None, None
