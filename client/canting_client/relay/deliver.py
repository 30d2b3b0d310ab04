"""Delivering a bag: what has not arrived goes to the registry, its answers come back.

First it is asked what is still wanted, so that what another courier brought, or what arrived before
a road broke off, is not sent again. Everything may be repeated.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, NamedTuple

from canting_client.relay.bag import GOODS, QUESTION, Bag
from canting_protocol import codec
from canting_protocol.bundles import (
    Bundle,
    Given,
    Slip,
    pack,
    read_slip,
    write_bundle,
    write_handover,
)
from canting_protocol.crypto import SigningKey
from canting_protocol.errors import Refused
from canting_protocol.letters import digest_of, read_letter
from canting_protocol.limits import BUNDLE_LETTERS_MAX

Lot = Sequence[tuple[bytes, int]]
"""Letters, and when each was taken from who wrote it."""
Post = Callable[[bytes], Awaitable[Bundle]]
"""Carry a bundle there and return the one that answers."""

ASKED_AT_ONCE: Final = 500
DELIVERY_BYTES: Final = 128_000
"""What one bundle holds: little enough that a road that breaks off loses little."""
QUESTIONS_AT_ONCE: Final = 8
"""Each is answered, and all answers share a message."""


class Delivered(NamedTuple):
    """How far a delivery has come."""

    arrived: int = 0
    """Letters that the registry has, by its own slip."""
    sent: int = 0
    bytes: int = 0
    answers: int = 0
    left: int = 0
    """Letters that are still to arrive."""


async def deliver(
    bag: Bag,
    key: SigningKey,
    now: Callable[[], int],
    post: Post,
    told: Callable[[Delivered], None] = lambda _: None,
) -> Delivered:
    """Deliver a bag to the registry. Safe to break off at any point, and to repeat.

    `told` hears how it goes.

    Raises:
        Refused: what answers is not the registry that this bag carries for.
        and whatever `post` raises when nothing could be carried.
    """
    known = bag.known
    assert known is not None
    done = Delivered()

    async def settled(lot: Lot, addresses: Sequence[bytes] = ()) -> tuple[int, int, Slip]:
        """Hand a lot over, or ask about it; return how many have arrived, answers, the slip."""
        slip, answers = await _hand_over(bag, key, now(), post, lot, addresses)
        if slip.taker != known.registry:
            raise Refused("bad_signature", "this slip is not the registry's")
        return bag.settle(slip), bag.put_answers(answers, now()), slip

    after = 0
    while found := bag.unsettled(after, ASKED_AT_ONCE):
        addresses: list[bytes] = []
        asked: list[tuple[bytes, int]] = []
        for place, letter, taken in found:
            told_of = codec.encode(letter.address)
            if asked and sum(map(len, addresses)) + len(told_of) > DELIVERY_BYTES:
                break
            addresses.append(told_of)
            asked.append((letter.raw, taken))
            after = place
        arrived, _, _ = await settled(asked, addresses)
        done = done._replace(arrived=done.arrived + arrived)
    told(done)
    gone: set[bytes] = set()
    for lot in _lots(bag, gone):
        arrived, answers, slip = await settled(lot)
        gone -= _unanswered(lot, slip)
        done = _more(done, lot, arrived, answers)
        told(done)
    return done._replace(left=bag.standing().goods)


async def pass_on(bag: Bag, key: SigningKey, now: Callable[[], int], post: Post) -> Delivered:
    """Hand everything over to another officer, who goes on with it; nothing is dropped here.

    Raises:
        Refused: what answers is no courier's door.
        and whatever `post` raises when nothing could be carried.
    """
    done = Delivered()
    for lot in _lots(bag, set()):
        _, answers = await _hand_over(bag, key, now(), post, lot, ())
        done = _more(done, lot, 0, bag.put_answers(answers, now()))
    return done._replace(left=bag.standing().goods)


def packed(bag: Bag, key: SigningKey, now: int) -> tuple[bytes, int]:
    """Return the bag as a file for another officer, and how many letters are in it.

    That is all of them, unless they are more than one hand-over may name.
    """
    known = bag.known
    assert known is not None
    letters = (bag.letters(GOODS) + bag.letters(QUESTION))[:BUNDLE_LETTERS_MAX]
    paper = write_handover(key, now, [Given(digest_of(letter)) for letter in letters])
    return pack(letters, paper, known.papers), len(letters)


def _more(done: Delivered, lot: Lot, arrived: int, answers: int) -> Delivered:
    return done._replace(
        arrived=done.arrived + arrived,
        sent=done.sent + len(lot),
        bytes=done.bytes + sum(len(raw) for raw, _ in lot),
        answers=done.answers + answers,
    )


def _lots(bag: Bag, gone: set[bytes]) -> Iterator[Lot]:
    """Yield what goes into one bundle after the other, each letter once, except those in `gone`."""
    while lot := bag.outgoing(gone, DELIVERY_BYTES, QUESTIONS_AT_ONCE):
        gone |= {digest_of(raw) for raw, _ in lot}
        yield lot


def _unanswered(lot: Lot, slip: Slip) -> set[bytes]:
    """Return the questions of a lot whose answers did not fit with the others'."""
    questions = {digest_of(raw) for raw, _ in lot if not read_letter(raw).address.spans}
    again = {each.digest for each in slip.letters if each.code == "too_large"} & questions
    return again if again < questions else set()


async def _hand_over(
    bag: Bag, key: SigningKey, now: int, post: Post, lot: Lot, addresses: Sequence[bytes]
) -> tuple[Slip, list[bytes]]:
    """Hand letters over; return the slip, which is to this bag, and the letters that came back."""
    known = bag.known
    assert known is not None
    paper = write_handover(key, now, [Given(digest_of(raw), taken) for raw, taken in lot])
    letters = [] if addresses else [raw for raw, _ in lot]
    answered = await post(write_bundle(letters, paper, known.papers, addresses))
    slip = read_slip(answered.paper)
    if slip.giver != key.public:
        raise Refused("bad_signature", "this slip is for somebody else")
    return slip, answered.letters
