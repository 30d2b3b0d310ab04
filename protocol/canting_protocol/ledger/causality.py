"""What the author of a change knew when it was written: causality without clocks.

It is its own ancestors (through parent heads, across incarnations) and the pieces that marks among
them name. A mark covers first…n on one path: never a gap its author did not hold, never another
branch. What a mark names and nobody holds is *awaited*, and covers nothing meanwhile.
(design.md, section 4)
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from canting_protocol import codec
from canting_protocol.changes import Foreign, Name, Piece
from canting_protocol.frontier import Strands
from canting_protocol.ledger.rows import Awaited, ChangeRow, HeadRow, Rows
from canting_protocol.log import PREFIX_BYTES, Hash, Head, LogId
from canting_protocol.names import Key
from canting_protocol.names import key_in as _key_in
from canting_protocol.names import key_of as _key_of

Pieces = tuple[Piece, ...]
_pieces: Final = codec.decoder(Pieces)
NOTHING: Final = codec.encode(())


class Author(NamedTuple):
    """A change as the author of what follows from it: its place, and what it had seen."""

    log: bytes
    n: int
    hash: bytes
    knew: Pieces


def pack(pieces: Pieces) -> bytes:
    """Return pieces as a row keeps them."""
    return codec.encode(pieces)


@lru_cache(maxsize=4096)
def unpack(knew: bytes) -> Pieces:
    """Return a row's pieces."""
    return () if knew == NOTHING else _pieces.decode(knew)


class Held:
    """The logs of one ledger as they are held, for asking who saw what."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._strands: dict[bytes, Strands] = {}
        self.awaited = {(each.log, each.n, each.hash) for each in rows.group(Awaited).values()}
        self._heads: dict[bytes, list[Head]] = {}
        for row in rows.group(HeadRow).values():
            self._heads.setdefault(row.log[:PREFIX_BYTES], []).append(_head(row))

    def heads(self, log: bytes) -> list[Head]:
        """Return the heads of a log, by its id or its prefix."""
        return self._heads.get(log[:PREFIX_BYTES], [])

    def logs(self) -> Iterable[bytes]:
        """Return the prefixes of all logs held."""
        return self._heads.keys()

    def moved(self, before: bytes, after: Head) -> None:
        """Note that the head with a hash has been carried on, or that a log has begun."""
        prefix = after.log[:PREFIX_BYTES]
        self._strands.pop(prefix, None)
        others = [each for each in self._heads.get(prefix, ()) if each.hash != before]
        self._heads[prefix] = [*others, after]

    def strands(self, log: bytes) -> Strands | None:
        """Return a log as strands, or None when nothing of it is held."""
        prefix = log[:PREFIX_BYTES]
        strands = self._strands.get(prefix)
        if strands is None and prefix in self._heads:
            heads = self._heads[prefix]
            whole, rows = heads[0].log, self._rows
            strands = self._strands[prefix] = Strands(
                heads,
                lambda n: [Hash(row.hash) for row in rows.group(ChangeRow, whole, n).values()],
                lambda: {
                    Hash(row.hash): (row.n, Hash(row.previous))
                    for row in rows.all(ChangeRow, whole)
                },
            )
        return strands

    @property
    def unforked(self) -> bool:
        """Say whether every log is one unbroken strand."""
        return all(len(heads) <= 1 for heads in self._heads.values())

    def linear(self, log: bytes) -> bool:
        """Say whether a log is one unbroken strand (or not held at all)."""
        return len(self._heads.get(log[:PREFIX_BYTES], ())) <= 1

    def sees(self, author: Author, log: bytes, n: int, hash_: bytes) -> bool:
        """Say whether the author of a change had seen a held change (or wrote it himself)."""
        if author.log == log:
            if n > author.n:
                return False
            strands = self.strands(log)
            return strands is None or strands.same_path(author.n, Hash(author.hash), n, Hash(hash_))
        prefix = log[:PREFIX_BYTES]
        return any(
            piece.log == prefix and piece.first <= n <= piece.n and self._reaches(piece, n, hash_)
            for piece in author.knew
        )

    def _reaches(self, piece: Piece, n: int, hash_: bytes) -> bool:
        if (piece.log, piece.n, piece.hash) in self.awaited:
            return False
        strands = self.strands(piece.log)
        if strands is None:
            return False
        if strands.linear:
            return True
        top = strands.find(piece.n, piece.hash)
        return top is not None and strands.same_path(piece.n, top, n, Hash(hash_))

    def resolves(self, piece: Piece) -> bool:
        """Say whether the head that a piece names is held."""
        strands = self.strands(piece.log)
        return strands is not None and strands.find(piece.n, piece.hash) is not None

    def with_piece(self, knew: Pieces, new: Piece) -> Pieces:
        """Return what is known when one more piece is, joined to the one that it carries on."""
        kept = []
        for old in knew:
            if old.log == new.log and self._joins(old, new):
                new = Piece(new.log, old.first, new.n, new.hash)
            elif old.log == new.log and self._joins(new, old) and old.first <= new.first:
                return knew
            else:
                kept.append(old)
        return tuple(
            sorted((*kept, new), key=lambda each: (each.log, each.first, each.n, each.hash))
        )

    def _joins(self, old: Piece, new: Piece) -> bool:
        """Say whether `new` carries `old` on: no gap between them, and one path."""
        if not (old.first <= new.first <= old.n + 1 and old.n <= new.n):
            return False
        if not self.awaited.isdisjoint(((old.log, old.n, old.hash), (new.log, new.n, new.hash))):
            return False
        strands = self.strands(new.log)
        if strands is None:
            return False
        if strands.linear:
            return True
        low, high = strands.find(old.n, old.hash), strands.find(new.n, new.hash)
        return low is not None and high is not None and strands.same_path(new.n, high, old.n, low)

    def named(self, author: Author, log: bytes, n: int, branch: bytes = b"") -> bytes | None:
        """Return the hash of the held change that the author meant by n of a log.

        Where a fork makes the name ambiguous, it is the branch that the name tells, else the one
        that the author saw.
        """
        strands = self.strands(log)
        if strands is None:
            return None
        hashes = [each for each in strands.hashes(n) if each.startswith(branch)]
        if len(hashes) <= 1:
            return hashes[0] if hashes else None
        whole = strands.heads[0].log
        seen = [each for each in hashes if self.sees(author, whole, n, each)]
        return seen[0] if len(seen) == 1 else None

    def key(self, author: Author, name: Name) -> Key:
        """Return the table key of a name as its author meant it."""
        branch = b""
        if isinstance(name, Foreign):
            log, n, branch = name.log, name.n, name.branch or b""
        elif name < 0:
            return _key_of(name)
        else:
            log, n = author.log[:PREFIX_BYTES], name
        if branch:  # its key must not depend on what has arrived
            return _key_in(log, n, branch)
        if self.linear(log):
            return _plain_key_in(log, n)
        strands = self.strands(log)
        if strands is None or len(strands.hashes(n)) <= 1:
            return _key_in(log, n)
        meant = self.named(author, log, n)
        return _key_in(log, n, meant[:4] if meant else b"")


_plain_key_in: Final = lru_cache(maxsize=4096)(_key_in)


def _head(row: HeadRow) -> Head:
    return Head(LogId(row.log), row.first, row.n, Hash(row.hash))
