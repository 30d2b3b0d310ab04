"""How a change is made: at the end of its author's log, after the mark that it needs.

Marks are lazy. One is written just before a change whose meaning depends on knowledge, and only if
something other than marks was absorbed since the last; so marks never answer each other for ever.
(design.md, section 4)
"""

from typing import Final

from canting_protocol import codec
from canting_protocol.changes import (
    Change,
    Foreign,
    Item,
    Kind,
    Partner,
    Piece,
    Place,
    Seen,
)
from canting_protocol.ledger.absorb import Ledger
from canting_protocol.ledger.causality import Author, Pieces
from canting_protocol.ledger.rows import CertificateRow, ChangeRow
from canting_protocol.limits import MARK_PIECES_MAX
from canting_protocol.log import PREFIX_BYTES, Hash, LogId, Placed, next_hash

_DEPENDS: Final = frozenset({Kind.PROFILE, Kind.COUNT, Kind.RESOLVE, Kind.CONSENT, Kind.VISIT})
_opaque: Final = codec.decoder(object)


def place(log: LogId, n: int, previous: Hash, t: int, body: bytes) -> Placed:
    """Return the change at its place, with its hash."""
    return Placed(log, n, next_hash(previous, t, body), previous, t, body)


def mark_before(
    ledger: Ledger, log: LogId, n: int, hash_: Hash, knew: Pieces, change: Change
) -> Seen | None:
    """Return the mark to be written before a change, or None.

    (log, n, hash) is the author's own head, n = 0 at the beginning; `knew` what it knows.
    """
    author = Author(log, n, hash_, knew)
    unseen = [piece for piece in _unseen(ledger, author) if _tells(ledger, piece)]
    if not unseen or not (_depends(change) or _reaches_out(ledger, author, change, unseen)):
        return None
    return Seen(unseen[:MARK_PIECES_MAX])


def _depends(change: Change) -> bool:
    if isinstance(change, Item | Partner | Place):
        return change.target is not None
    return change.__struct_config__.tag in _DEPENDS


def _reaches_out(ledger: Ledger, author: Author, change: Change, unseen: list[Piece]) -> bool:
    """Say whether a change names something unseen of another log, or follows a new certificate."""
    for certificate in ledger.rows.group(CertificateRow).values():
        if not ledger.held.sees(author, certificate.log, certificate.n, certificate.hash):
            return True
    named = {name.log for name in _foreign(change)}
    return any(piece.log in named for piece in unseen)


def _foreign(part: object) -> list[Foreign]:
    """Return every name from another log that a change holds."""
    if isinstance(part, Foreign):
        return [part]
    if isinstance(part, list):
        return [name for each in part for name in _foreign(each)]
    if isinstance(part, codec.Array):
        return [name for f in part.__struct_fields__ for name in _foreign(getattr(part, f))]
    if isinstance(part, codec.Raw):
        value = codec.decode(_opaque, bytes(part))
        match value:
            case [bytes() as log, int() as n, *_] if len(log) == PREFIX_BYTES:
                return [Foreign(log, n)]
    return []


def _unseen(ledger: Ledger, author: Author) -> list[Piece]:
    """Return the pieces held of other logs and branches that the author's marks do not cover."""
    pieces = []
    for prefix in ledger.held.logs():
        strands = ledger.held.strands(prefix)
        assert strands is not None
        known: list[tuple[int, int, bytes]] = [
            (piece.first, piece.n, piece.hash) for piece in author.knew if piece.log == prefix
        ]
        if prefix == author.log[:PREFIX_BYTES] and author.n:
            known.append((1, author.n, author.hash))
        first_lacking: dict[Hash, int] = {}
        for range_ in strands.lacking(known):
            first = first_lacking.get(range_.hash, range_.first)
            first_lacking[range_.hash] = min(first, range_.first)
        for head in strands.heads:
            if head.hash in first_lacking:
                pieces.append(
                    Piece(prefix, first_lacking[head.hash], head.n, head.hash[:PREFIX_BYTES])
                )
    return sorted(pieces, key=lambda piece: (piece.log, piece.n, piece.hash))


def _tells(ledger: Ledger, piece: Piece) -> bool:
    """Say whether a piece holds anything but marks."""
    strands = ledger.held.strands(piece.log)
    assert strands is not None
    whole = strands.heads[0].log
    return any(
        row.kind != Kind.SEEN
        for n in range(piece.n, piece.first - 1, -1)
        for row in ledger.rows.group(ChangeRow, whole, n).values()
    )
