"""A witness: an officer's word, given without a network, that a key writes for an artisan.

It travels with the officer's certificate in every offer until the registry has certified the key
itself; what the device wrote meanwhile is taken in like anything else.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from canting_protocol.bundles import Officer, read_officer
from canting_protocol.codec import Array
from canting_protocol.crypto import KEY_BYTES, PublicKey, SigningKey
from canting_protocol.errors import Refused
from canting_protocol.limits import INTEGER_MAX
from canting_protocol.log import ARTISAN_BYTES
from canting_protocol.signed import Word

VERSION: Final = 1

_Key = Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]


class Stead(IntEnum):
    """What a witnessed device is to an artisan. Numbers are for ever."""

    FIRST = 0
    """Her first: the ledger begins with it."""
    FURTHER = 1
    LOST = 2
    """It takes the place of one that is lost."""


class Witness(Array, frozen=True):
    """An officer has seen who holds a key, and says whose ledger it writes in."""

    version: int
    officer: _Key
    artisan: Annotated[bytes, Meta(min_length=ARTISAN_BYTES, max_length=ARTISAN_BYTES)]
    key: _Key
    box: _Key
    clock: Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)]
    """The officer's, seconds since 1970."""
    number: Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
    """The how manyth of his: his certificate says how many he may give."""
    stead: Annotated[int, Meta(ge=0, le=100)] = Stead.FIRST


class Witnessed(NamedTuple):
    """A witness, with the certificate of who gave it."""

    officer: Officer
    said: Witness


_witness: Final = Word(Witness, b"canting/witness/1", VERSION)


def write_witness(key: SigningKey, said: Witness) -> bytes:
    """Return an officer's signed word."""
    return _witness.write(key, said)


def read_witness(data: bytes) -> Witness:
    """Return a verified witness; that its signer is an officer is for `witnessed` to see.

    Raises:
        Refused: `malformed`, `unknown_version`, `bad_signature`.
    """
    return _witness.read(data, lambda said: said.officer)


def witnessed(papers: Sequence[bytes], registry: PublicKey) -> list[Witnessed]:
    """Return the witnesses among papers whose officer the registry has certified.

    Whether he had the right to this one (when, how many) is not judged here: what he vouched for
    is taken in, and a person looks at it. Anything that is no such paper is left aside.
    """
    officers: dict[bytes, Officer] = {}
    said: list[Witness] = []
    for paper in papers:
        try:
            officer = read_officer(paper, registry)
            officers[officer.key] = officer
            continue
        except Refused:
            pass
        try:
            said.append(read_witness(paper))
        except Refused:
            continue
    return [Witnessed(officers[each.officer], each) for each in said if each.officer in officers]
