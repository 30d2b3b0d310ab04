"""One sync, whatever carries it: the dozen lines round the exchange's state machine."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from canting_client.book import Book
from canting_protocol.crypto import SigningKey
from canting_protocol.errors import Refused
from canting_protocol.exchange import Exchange
from canting_protocol.messages import (
    VERSION,
    Request,
    Turned,
    read_reply,
    write_request,
)

Post = Callable[[bytes], Awaitable[bytes]]
"""Carry a request and return the reply. Raises `Refused` (`unknown_key`) when the door says so."""

STALE_ROUNDS_MAX: Final = 2


class Outcome(NamedTuple):
    """What a sync came to."""

    round_trips: int
    received: int
    """Changes that were new to this book."""
    turned: list[Turned]
    rotated: bool
    """The book was restored or copied, and goes on in a new log."""
    level: bool
    """Both ends hold the same."""
    revoked: bool = False
    """The registry trusts this device no further."""


async def talk(book: Book, device: SigningKey, now: Callable[[], int], post: Post) -> Outcome:
    """Make the book and the registry level. Safe to break off at any point, and to repeat.

    Raises:
        NotJoined: the book belongs to no registry yet.
        Refused: the registry does not know this device, or its answer is not one.
        and whatever `post` raises when nothing could be carried.
    """
    exchange = Exchange()
    received, stale_rounds, rotated, show = 0, 0, False, False
    turned: list[Turned] = []
    they_lack, i_lack, _, _ = book.level()
    while exchange.due(they_lack=they_lack or show, i_lack=i_lack):
        offer = book.offer(believe_nothing=exchange.offer_all, show_receipt=show)
        request = Request(VERSION, device.public, now(), [offer])
        try:
            reply = read_reply(await post(write_request(device, request)))
        except Refused as refusal:
            # A registry restored from before this enrolment learns the device again from the
            # certificates that everything-offered holds.
            again = exchange.unknown_key() if refusal.code == "unknown_key" else None
            if again is None:
                raise
            exchange = again
            continue
        show = False
        for answer in reply.ledgers:
            learned = book.take_in(answer)
            received += learned.new_changes
            rotated = rotated or learned.rotated
            turned = list(answer.refused)
            if learned.stale and stale_rounds < STALE_ROUNDS_MAX:
                stale_rounds, show = stale_rounds + 1, True
        they_lack, i_lack, mine, theirs = book.level()
        exchange = exchange.answered(mine, theirs)
    return Outcome(
        exchange.round_trips,
        received,
        turned,
        rotated,
        level=not (they_lack or i_lack),
        revoked=book.revoked,
    )
