"""Custody: what is given to a courier, and what comes back from one.

He says that he has taken letters along, and both sides keep his signed word. That they have arrived
only a receipt of the registry says, whoever brings it.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from canting_client.book import Book
from canting_protocol.bundles import (
    Bundle,
    Given,
    officer_among,
    pack,
    read_slip,
    slip_code,
    write_bundle,
    write_handover,
)
from canting_protocol.crypto import SigningKey
from canting_protocol.errors import Refused
from canting_protocol.letters import digest_of, open_letter
from canting_protocol.limits import BUNDLE_BYTES_MAX, BUNDLE_LETTERS_MAX
from canting_protocol.messages import read_reply

PAPER_BYTES: Final = 512
"""What a bundle needs beside its letters."""
GIVEN_BYTES: Final = 32
"""And for each letter: its digest in the hand-over, its length."""


class HandedOver(NamedTuple):
    """What a hand-over to a courier came to."""

    letters: int
    taken: int
    """How many of them he took along; what he did not take stays here, as everything does."""
    received: int
    """Changes that were new to this book."""
    rotated: bool
    officer: str
    """Who he is, by the registry's certificate; empty when nobody certifies him."""
    code: str
    """What both sides show, to be compared."""


def handfuls(letters: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield letters, as many at a time as fit a bundle; usually all of them."""
    lot: list[bytes] = []
    spent = PAPER_BYTES
    for letter in letters:
        full = spent + len(letter) > BUNDLE_BYTES_MAX
        if lot and (full or len(lot) == BUNDLE_LETTERS_MAX):
            yield lot
            lot, spent = [], PAPER_BYTES
        lot.append(letter)
        spent += len(letter) + GIVEN_BYTES
    if lot:
        yield lot


def given(device: SigningKey, letters: Sequence[bytes], now: int) -> bytes:
    """Return a bundle that hands letters over."""
    paper = write_handover(device, now, [Given(digest_of(letter)) for letter in letters])
    return write_bundle(letters, paper)


def packed(book: Book, device: SigningKey, now: int) -> tuple[bytes, int]:
    """Return everything that has not arrived as a file for a courier, and how many letters."""
    letters = book.letters()[:BUNDLE_LETTERS_MAX]  # 16 MB: no book has come so far
    paper = write_handover(device, now, [Given(digest_of(letter)) for letter in letters])
    return pack(letters, paper), len(letters)


def taken(book: Book, device: SigningKey, letters: Sequence[bytes], back: Bundle) -> HandedOver:
    """Take in what came back for letters that were handed over: the slip, and answers.

    Raises:
        Refused: the slip is not for this device.
    """
    slip = read_slip(back.paper)
    if slip.giver != device.public:
        raise Refused("bad_signature", "this slip is for somebody else")
    mine = {digest_of(letter) for letter in letters}
    officer = _officer(book, slip.taker, back.papers)
    book.taken_by(slip, back.paper, officer)
    received, rotated = take_answers(book, device, back.letters)
    ours = [each for each in slip.letters if each.digest in mine]
    return HandedOver(
        len(mine),
        sum(1 for each in ours if each.code == ""),
        received,
        rotated,
        officer,
        slip_code(back.paper),
    )


def take_answers(book: Book, device: SigningKey, letters: Sequence[bytes]) -> tuple[int, bool]:
    """Take in the answers among letters that are for this device; return (new, rotated)."""
    received, rotated = 0, False
    for raw in letters:
        try:
            _, plain = open_letter(device.box, raw)
            for each in read_reply(plain).ledgers:
                learned = book.take_in(each)
                received += learned.new_changes
                rotated = rotated or learned.rotated
        except Refused:
            continue  # a courier may bring what is not ours, or broken: nothing is lost by it
    return received, rotated


def _officer(book: Book, taker: bytes, papers: Sequence[bytes]) -> str:
    """Return who a taker is, as the book's registry certifies."""
    registry = book.registry
    if registry is None or taker == registry:
        return ""
    officer = officer_among(papers, taker, registry)
    return officer.name if officer is not None else ""
