"""Devices that are trusted no further: who has which, what of theirs stands, what is accepted.

A revocation is a change in the registry's own log like everything else that staff do. Several of
one key are a union, so accepting what was parked is another one, which names today's heads.
(docs/decisions/0008)
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from canting_protocol.changes import Piece, Revoke
from canting_protocol.crypto import PublicKey
from canting_protocol.ledger.rows import CertificateRow, ChangeRow, HeadRow, RevokedRow, Rows
from canting_protocol.limits import INTEGER_MAX, MARK_PIECES_MAX
from canting_protocol.log import PREFIX_BYTES, ArtisanId, LogId
from canting_protocol.messages import Reason
from canting_server.registry.columns import when
from canting_server.registry.registry import Registry
from canting_server.store import ledgers, logs, people
from canting_server.store.database import Connection

KEY_LETTERS_MIN: Final = 8
"""How much of a key tells which it is, where no other begins alike."""


class NotSo(Exception):
    """Say why nothing was written, to whoever asked for it."""


class Log(msgspec.Struct):
    """A log of a device, with its heads as `--at` takes them."""

    log: str
    heads: list[str]


class Device(msgspec.Struct):
    """A key that writes, or wrote, in a ledger."""

    key: str
    certified: list[str]
    """When, once for each certificate."""
    heard: str | None
    revoked: bool
    parked: int
    """How many of its changes wait for staff to accept them."""
    logs: list[Log]


class Outcome(NamedTuple):
    """What a revocation came to."""

    artisan: str
    key: str
    heads: list[str]
    """What is named: at or below these everything stands."""
    parked: int
    """How many changes of the key are parked now."""


def devices(conn: Connection, registry: Registry, artisan: ArtisanId) -> list[Device]:
    """Return every device of a ledger, by its key."""
    ledger = _Ledger(conn, registry, artisan)
    return [ledger.told(key) for key in sorted(ledger.keys)]


def revoke(
    conn: Connection,
    registry: Registry,
    artisan: ArtisanId,
    which: str,
    at: Sequence[str] | None,
    reason: str,
) -> Outcome:
    """Trust a key no further than some heads; `at` None: than all that the registry holds of it.

    Raises:
        NotSo: no such key, heads that are none, or it is revoked already.
    """
    ledger = _Ledger(conn, registry, artisan)
    key = ledger.key(which)
    if at is None and key in ledger.revoked:
        # All that is held now would be accepted, and that was hardly meant.
        raise NotSo("this key is revoked already; `accept` lets stand what it has written since")
    heads = ledger.heads_of(key) if at is None else [ledger.head(key, each) for each in at]
    return _write(conn, registry, artisan, key, heads, reason)


def accept(conn: Connection, registry: Registry, artisan: ArtisanId, which: str) -> Outcome:
    """Let everything stand that the registry holds of a revoked key today.

    Raises:
        NotSo: no such key, or it was not revoked.
    """
    ledger = _Ledger(conn, registry, artisan)
    key = ledger.key(which)
    if key not in ledger.revoked:
        raise NotSo("this key is not revoked: nothing of it waits")
    if not ledger.parked(key):
        return Outcome(artisan.hex(), key.hex(), [], 0)
    return _write(conn, registry, artisan, key, ledger.heads_of(key), None)


def _write(
    conn: Connection,
    registry: Registry,
    artisan: ArtisanId,
    key: PublicKey,
    heads: Sequence[Piece],
    reason: str | None,
) -> Outcome:
    some = [heads[at : at + MARK_PIECES_MAX] for at in range(0, len(heads), MARK_PIECES_MAX)]
    registry.write(conn, artisan, *(Revoke(key, list(each), reason) for each in some or [[]]))
    parked = _Ledger(conn, registry, artisan).parked(key)
    return Outcome(artisan.hex(), key.hex(), [_text(each) for each in heads], parked)


class _Ledger:
    """Whose keys write in a ledger, as the registry has it."""

    def __init__(self, conn: Connection, registry: Registry, artisan: ArtisanId) -> None:
        self._rows = Rows(ledgers.LedgerRows(conn, artisan))
        self._ours = registry.key.public
        self._descriptors = logs.descriptors(conn, artisan)
        self._heard = people.heard_by_key(conn, artisan)
        self.revoked = {row.key for row in self._rows.group(RevokedRow).values()}
        self._certificates = list(self._rows.group(CertificateRow).values())
        self.keys = {
            *(row.key for row in self._certificates),
            *(each.key for each in self._descriptors.values()),
        } - {self._ours}

    def told(self, key: bytes) -> Device:
        """Return what there is to say of a device."""
        certified = [
            change.t
            for row in self._certificates
            if row.key == key
            and (change := self._rows.get(ChangeRow, row.log, row.n, row.hash)) is not None
        ]
        heads: dict[str, list[str]] = {log.hex(): [] for log in self._logs_of(key)}
        for row in self._heads_of(key):
            heads[row.log.hex()].append(_text(_piece(row)))
        return Device(
            key.hex(),
            [when(t) or "" for t in sorted(certified)],
            when(self._heard.get(key)),
            key in self.revoked,
            self.parked(key),
            [Log(log, sorted(them)) for log, them in sorted(heads.items())],
        )

    def key(self, which: str) -> PublicKey:
        """Return the key that a text is, or that only it begins.

        Raises:
            NotSo: none is, or several are.
        """
        begin = which.casefold()
        found = [key for key in self.keys if key.hex().startswith(begin)]
        if len(found) != 1 or len(begin) < KEY_LETTERS_MIN:
            raise NotSo(
                f"{which!r} is not a key of this artisan's devices, nor the first"
                f" {KEY_LETTERS_MIN} letters or more of just one; see `canting-server devices`"
            )
        return PublicKey(found[0])

    def heads_of(self, key: bytes) -> list[Piece]:
        """Return all heads that are held of a key's logs, as they are named."""
        return sorted(map(_piece, self._heads_of(key)), key=lambda each: (each.log, each.n))

    def head(self, key: bytes, text: str) -> Piece:
        """Return a head that someone names, which may not have arrived.

        Raises:
            NotSo: it is none, or of somebody else's log.
        """
        matched = _HEAD.fullmatch(text.casefold())
        if matched is None or int(matched["n"]) > INTEGER_MAX:
            raise NotSo(f"{text!r} is not a head: LOG:N:HASH, as `canting-server devices` says it")
        log, hash_ = bytes.fromhex(matched["log"]), bytes.fromhex(matched["hash"])
        for known, descriptor in self._descriptors.items():
            if known.startswith(log[:PREFIX_BYTES]) and descriptor.key != key:
                raise NotSo(f"{text!r} is a head of another key's log")
        return Piece(log[:PREFIX_BYTES], 1, int(matched["n"]), hash_[:PREFIX_BYTES])

    def parked(self, key: bytes) -> int:
        """Return how many changes of a key's logs are parked because it was revoked."""
        return sum(
            row.reason == Reason.REVOKED
            for log in self._logs_of(key)
            for row in self._rows.all(ChangeRow, log)
        )

    def _logs_of(self, key: bytes) -> list[LogId]:
        return [log for log, each in self._descriptors.items() if each.key == key]

    def _heads_of(self, key: bytes) -> Iterator[HeadRow]:
        theirs = set(self._logs_of(key))
        return (row for row in self._rows.group(HeadRow).values() if row.log in theirs)


_HEAD: Final = re.compile(
    r"(?P<log>([0-9a-f]{2}){8,16}):(?P<n>[1-9][0-9]{0,15}):(?P<hash>([0-9a-f]{2}){8,32})", re.ASCII
)


def _piece(head: HeadRow) -> Piece:
    """Return a head as it is named: with everything below it, whatever of that is held."""
    return Piece(head.log[:PREFIX_BYTES], 1, head.n, head.hash[:PREFIX_BYTES])


def _text(piece: Piece) -> str:
    return f"{piece.log.hex()}:{piece.n}:{piece.hash.hex()}"
