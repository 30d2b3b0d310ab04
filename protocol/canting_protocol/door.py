"""The door: what is taken in, at either end, and what is refused there.

Any validly signed batch of a known key is stored; what becomes of its changes is judged afterwards.
Only what cannot be attributed or placed is refused, batch by batch: one broken batch holds up no
other.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from canting_protocol.batch import Batch, open_batch, peek
from canting_protocol.changes import BadChange, Certificate, UnknownKind, read
from canting_protocol.crypto import PublicKey
from canting_protocol.errors import Refused
from canting_protocol.log import ArtisanId, Descriptor, LogId
from canting_protocol.messages import Turned


class Admitted(NamedTuple):
    """What came in: verified batches in the order they were offered, refusals, known keys."""

    batches: list[Batch]
    refused: list[Turned]
    certified: frozenset[PublicKey]


def admit(
    artisan: ArtisanId,
    offered: Sequence[bytes],
    logs: Mapping[LogId, Descriptor],
    registry: PublicKey | None,
    certified: Iterable[PublicKey],
) -> Admitted:
    """Verify what is offered for one ledger.

    The registry's own batches are taken in first, whatever their order, because they may hold the
    certificates by which the other keys are known.
    """
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
            batches[index] = batch = open_batch(raw, descriptor)
            known.update(_certified_in(batch))
        except Refused as refusal:
            refused.append(Turned(index, refusal.code))
    for index, raw, descriptor in later:
        try:
            if descriptor.key not in known:
                raise Refused("unknown_key", "no certificate lets this key write here")
            batches[index] = open_batch(raw, descriptor)
        except Refused as refusal:
            refused.append(Turned(index, refusal.code))
    refused.sort(key=lambda each: each.index)
    return Admitted([batches[index] for index in sorted(batches)], refused, frozenset(known))


def _certified_in(batch: Batch) -> Iterable[PublicKey]:
    for change in batch.changes:
        try:
            view = read(change.body)
        except (BadChange, UnknownKind):
            continue
        if isinstance(view, Certificate):
            yield PublicKey(view.key)
