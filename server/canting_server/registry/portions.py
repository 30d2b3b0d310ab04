"""A request cut into portions, each about as much work as what a device brings after a few days.

The writer takes one portion of each sender in turn (`store.waiting`), so that nobody waits for the
whole of a large request. Nothing depends on the cuts: every batch may come in by itself, in any
order, and a request broken off between two portions is simply sent again.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from msgspec import structs

from canting_protocol.batch import peek
from canting_protocol.crypto import PublicKey
from canting_protocol.errors import Refused
from canting_protocol.letters import KEYS_FIRST, OTHERS
from canting_protocol.limits import GOODS_BYTES
from canting_protocol.log import LogId
from canting_protocol.messages import Answer, Offer, Reply, Request, Turned

PORTION_BYTES_MAX: Final = 4_096
"""What a portion may weigh; a batch that weighs more by itself is a portion by itself."""
CHANGE_BYTES: Final = 32
"""What each change weighs beside its bytes: most of its cost does not depend on them."""
LEDGER_BYTES: Final = 512
"""What opening a ledger weighs."""


class Part(NamedTuple):
    """Some of the batches that are offered for one ledger."""

    ledger: int
    """Which of the request's ledgers."""
    offer: Offer
    places: Sequence[int]
    """Where each batch stands in the request."""
    last: bool
    """The answer is given with this one."""


class Portion(NamedTuple):
    """What is done in one go."""

    parts: Sequence[Part]
    size: int


def portions(request: Request, registry: PublicKey) -> Iterator[Portion]:
    """Yield a request in portions, in order, each looked at when it is wanted.

    The registry's own batches of a ledger, which may hold the certificates that the others need,
    all come with its first part.
    """
    parts: list[Part] = []
    spent = 0
    for ledger, offer in enumerate(request.ledgers):
        for places, size, last in _runs(offer, registry):
            if parts and spent + size > PORTION_BYTES_MAX:
                yield Portion(parts, spent)
                parts, spent = [], 0
            some = structs.replace(offer, batches=[offer.batches[place] for place in places])
            parts.append(Part(ledger, some, places, last))
            spent += size
    yield Portion(parts, spent)


def ledgers(request: Request) -> Iterator[tuple[Sequence[Offer], int]]:
    """Yield the ledgers of a request a few at a time, and what opening them weighs."""
    few = PORTION_BYTES_MAX // LEDGER_BYTES
    for at in range(0, len(request.ledgers), few):
        some = request.ledgers[at : at + few]
        yield some, LEDGER_BYTES * len(some)


def _runs(offer: Offer, registry: PublicKey) -> Iterator[tuple[Sequence[int], int, bool]]:
    """Yield the places of batches that go together, what they weigh, and whether they are last."""
    owned = {held.descriptor.log for held in offer.logs if held.descriptor.key == registry}
    first: list[int] = []
    rest: list[tuple[int, int]] = []
    spent = LEDGER_BYTES
    for place, raw in enumerate(offer.batches):
        size, log = len(raw), b""
        try:
            header, _ = peek(raw)
            size, log = size + CHANGE_BYTES * header.count, header.log
        except Refused:
            pass  # it is refused where it is taken in
        if log in owned:
            first.append(place)
            spent += size
        else:
            rest.append((place, size))
    run = first
    for place, size in rest:
        if run and spent + size > PORTION_BYTES_MAX:
            yield run, spent, False
            run, spent = [], LEDGER_BYTES
        run.append(place)
        spent += size
    yield run, spent, True


def log_of(raw: bytes) -> bytes:
    """Return the log that a batch claims to belong to, or nothing when it is not readable."""
    try:
        return peek(raw)[0].log
    except Refused:
        return b""


def parted(answer: Answer, registry: PublicKey) -> Iterator[tuple[int, Answer]]:
    """Yield an answer as (priority, part of it), for letters that may not all arrive.

    The receipt and the registry's own log come first: verdicts, certificates, revocations. What
    others wrote follows, a little at a time. Each part holds the receipt, and may come alone.
    """
    logs = {descriptor.log: descriptor for descriptor in answer.logs}
    first: list[bytes] = []
    runs: list[list[bytes]] = []
    spent = GOODS_BYTES
    for raw in answer.batches:
        if logs[LogId(log_of(raw))].key == registry:
            first.append(raw)
            continue
        if spent + len(raw) > GOODS_BYTES:
            runs.append([])
            spent = 0
        runs[-1].append(raw)
        spent += len(raw)
    later = {log_of(raw) for run in runs for raw in run}
    told = [descriptor for log, descriptor in logs.items() if log not in later]
    yield KEYS_FIRST, structs.replace(answer, logs=told, batches=first)
    for run in runs:
        told = [logs[LogId(log)] for log in dict.fromkeys(map(log_of, run))]
        yield OTHERS, structs.replace(answer, logs=told, batches=run)


def together(version: int, now: int, taken_in: Iterable[tuple[Part, Answer]]) -> Reply:
    """Return the reply to a request from what each of its parts came to."""
    refused: dict[int, list[Turned]] = {}
    answers = []
    for part, answer in taken_in:
        turned = refused.setdefault(part.ledger, [])
        turned += [Turned(part.places[each.index], each.code) for each in answer.refused]
        if part.last:
            turned.sort(key=lambda each: each.index)
            answers.append(structs.replace(answer, refused=turned))
    return Reply(version, now, answers)
