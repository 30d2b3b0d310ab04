"""The door: what is taken in, at either end, and what is refused there.

Any validly signed batch of a known key is stored; what becomes of its changes is judged afterwards.
Only what cannot be attributed or placed is refused, batch by batch: one broken batch holds up no
other.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from canting_protocol.batch import Batch, open_batch, peek
from canting_protocol.changes import BadChange, Certificate, UnknownKind, read
from canting_protocol.crypto import PublicKey
from canting_protocol.errors import Refused
from canting_protocol.limits import (
    BATCH_INFLATED_BYTES_MAX,
    FRONTIER_HEADS_MAX,
    FRONTIER_HEADS_RESERVED,
    REQUEST_INFLATED_BYTES_MAX,
)
from canting_protocol.log import ArtisanId, Descriptor, LogId, Placed
from canting_protocol.messages import Turned


class Admitted(NamedTuple):
    """What came in: verified batches in the order they were offered, refusals, known keys."""

    batches: list[Batch]
    refused: list[Turned]
    certified: frozenset[PublicKey]
    inflated: int = 0
    """How many bytes the bodies came to that were looked into."""


def admit(
    artisan: ArtisanId,
    offered: Sequence[bytes],
    logs: Mapping[LogId, Descriptor],
    registry: PublicKey | None,
    certified: Iterable[PublicKey],
    room: int = REQUEST_INFLATED_BYTES_MAX,
) -> Admitted:
    """Verify what is offered for one ledger.

    The registry's own batches are taken in first, whatever their order, because they may hold the
    certificates by which the other keys are known. Once bodies have inflated to `room` bytes or
    more, no further one is looked into: it is refused as `too_large`, and may be sent again.
    """
    inflated = 0

    def opened(raw: bytes, descriptor: Descriptor) -> Batch:
        nonlocal inflated
        if inflated >= room:
            raise Refused("too_large", "the request inflates beyond its limit; send the rest again")
        try:
            batch = open_batch(raw, descriptor)
        except Refused as refusal:
            if refusal.code in ("too_large", "bad_body"):
                inflated += BATCH_INFLATED_BYTES_MAX  # what looking into it may have cost
            raise
        inflated += batch.inflated
        return batch

    known = set(certified)
    if registry is not None:
        known.add(registry)
    batches: dict[int, Batch] = {}
    refused = []
    later = []
    for index, raw in enumerate(offered):
        try:
            header, _ = peek(raw)
            if header.artisan != artisan:
                raise Refused("wrong_log", "the batch belongs to another ledger")
            descriptor = logs.get(LogId(header.log))
            if descriptor is None:
                raise Refused("unknown_key", "the batch is of a log that was not announced")
            if descriptor.key != registry:
                later.append((index, raw, descriptor))
                continue
            batches[index] = batch = opened(raw, descriptor)
            known.update(_certified_in(batch))
        except Refused as refusal:
            refused.append(Turned(index, refusal.code))
    for index, raw, descriptor in later:
        try:
            if descriptor.key not in known:
                raise Refused("unknown_key", "no certificate lets this key write here")
            batches[index] = opened(raw, descriptor)
        except Refused as refusal:
            refused.append(Turned(index, refusal.code))
    refused.sort(key=lambda each: each.index)
    in_order = [batches[index] for index in sorted(batches)]
    return Admitted(in_order, refused, frozenset(known), inflated)


def within_frontier(
    admitted: Admitted,
    offered: Sequence[bytes],
    heads: Collection[bytes],
    holds: Callable[[Placed], bool],
) -> Admitted:
    """Return what came in without the batches for which a frontier has no more room.

    A batch that carries on what is held makes no head. Another one does (a new log, a branch, what
    lies beyond a gap), and is refused as `too_large` when a device could no longer state all heads
    of the ledger in one message. `heads` are the hashes of all heads held.
    """
    room = FRONTIER_HEADS_MAX - FRONTIER_HEADS_RESERVED - len(heads)
    if len(admitted.batches) <= room:
        return admitted
    ends, kept, refused = set(heads), [], list(admitted.refused)
    for batch in admitted.batches:
        last = batch.changes[-1]
        carried_on = {change.previous for change in batch.changes} & ends
        if carried_on:
            ends = (ends - carried_on) | {last.hash}
        elif not holds(last):
            if room <= 0:
                refused.append(Turned(offered.index(batch.raw), "too_large"))
                continue
            room -= 1
            ends.add(last.hash)
        kept.append(batch)
    refused.sort(key=lambda each: each.index)
    return admitted._replace(batches=kept, refused=refused)


def _certified_in(batch: Batch) -> Iterable[PublicKey]:
    for change in batch.changes:
        try:
            view = read(change.body)
        except (BadChange, UnknownKind):
            continue
        if isinstance(view, Certificate):
            yield PublicKey(view.key)
