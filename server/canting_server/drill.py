"""A drill: the newest backup put back elsewhere, and refilled by devices, next to the registry.

Every device keeps what it ever wrote, so a registry that was restored from last night's backup
becomes whole again as they sync. Here one simulated device for each ledger brings it what the real
ones would, through the same function; then every ledger must be what it is in the registry that
lives. Nothing is written in the living one's home.
"""

import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple, TypeVar

from canting_protocol.batch import peek
from canting_protocol.crypto import PublicKey, SigningKey
from canting_protocol.errors import Refused
from canting_protocol.ledger.causality import Held
from canting_protocol.ledger.rows import CertificateRow, Rows, digest
from canting_protocol.limits import BATCHES_BYTES_PER_MESSAGE_MAX, REQUEST_BATCHES_MAX
from canting_protocol.log import ArtisanId, Hash, LogId
from canting_protocol.messages import Offer, ReceiptHead, held, read_receipt
from canting_server import backups, erasing
from canting_server.files import readable_by_owner
from canting_server.proof import prepare
from canting_server.registry.registry import Reading, Registry
from canting_server.settings import database_path, key_path
from canting_server.store import copies, database, ledgers, logs, people
from canting_server.store.database import Connection, SQLite

T = TypeVar("T")

_NO_CLOCK: Final = Reading(None, 0)
"""Nothing is measured: a device that is played here has no clock that could be wrong, and a change
that the registry wrote about it would make its ledgers others than those they are compared with."""


class Drilled(NamedTuple):
    """What a drill came to."""

    backup: Path
    age_seconds: int
    ledgers: int
    """As many as live, or as were drawn."""
    ledgers_in_backup: int
    changes_in_backup: int
    changes_refilled: int
    only_here: int
    """Changes of the department's own, not in the backup, that no device has fetched yet: they
    were refilled from the living registry, but would be lost with it."""
    equal: int
    different: list[str]
    """Whose ledgers are not what they are in the living registry."""


def drill(
    home: Path, folder: Path, passphrase: str | None, *, at: Path | None, devices: int | None
) -> Drilled:
    """Put the newest backup of a folder back in a temporary home, refill it, and compare.

    `at` is where the temporary home lies, and `devices` how many ledgers are drawn by chance.

    Raises:
        NotDone: with the reason.
    """
    newest = backups.newest(folder)
    if newest is None:
        raise backups.NotDone(f"there is no backup in {folder}")
    if not database_path(home).exists():
        raise backups.NotDone(f"no registry in {home}: run `canting-server init` first")
    key, erased = key_path(home).read_bytes(), erasing.load(home)
    with TemporaryDirectory(prefix="canting-drill-", dir=at) as place, readable_by_owner():
        elsewhere, copy = Path(place) / "home", Path(place) / "live.db"
        restored = backups.restore(elsewhere, newest, passphrase, key, erased)
        if key_path(elsewhere).read_bytes() != key:
            raise backups.NotDone("this backup is of another registry: it has another key")
        try:
            copies.copy_to(database_path(home), copy)
        except sqlite3.Error as error:
            raise backups.NotDone(f"the living database could not be copied: {error}") from error
        registry = Registry(SigningKey(key), lambda: int(time.time()), secrets.token_bytes, erased)
        with (
            closing(sqlite3.connect(copy)) as living,
            closing(sqlite3.connect(database_path(elsewhere))) as refilled,
        ):
            for raw in (living, refilled):
                database.settle(raw, durable=False)
            _do(living, lambda conn: prepare(conn, registry))
            live, again = SQLite(living), SQLite(refilled)
            everyone = logs.artisans(live)
            surplus = [each for each in logs.artisans(again) if each not in set(everyone)]
            drawn = everyone
            if devices is not None and devices < len(everyone):
                drawn = sorted(secrets.SystemRandom().sample(everyone, devices))
            new, only_here, different = 0, 0, [each.hex() for each in surplus]
            for artisan in drawn:
                device = Device(live, registry.key.public, artisan)
                only_here += device.unfetched(again)
                new += _do(refilled, partial(refill, registry=registry, device=device))
                if _digest(live, artisan) != _digest(again, artisan):
                    different.append(artisan.hex())
    return Drilled(
        newest,
        int(time.time()) - backups.made_at(newest),
        len(drawn),
        restored.ledgers,
        restored.changes,
        new,
        only_here,
        len(drawn) + len(surplus) - len(different),
        different,
    )


class Device:
    """A device that holds a whole ledger, as the registry has it."""

    def __init__(self, live: Connection, registry: PublicKey, artisan: ArtisanId) -> None:
        self.artisan = artisan
        self._live = live
        self._registry = registry
        rows = Rows(ledgers.LedgerRows(live, artisan))
        self._held = Held(rows)
        self._logs = logs.descriptors(live, artisan)
        certified = sorted(row.key for row in rows.group(CertificateRow).values())
        # Where none has joined yet, the department's own changes speak for themselves.
        self.key = PublicKey(certified[0]) if certified else registry

    def offer(self, believed: Sequence[ReceiptHead]) -> Offer:
        """Return an offer: the frontier, and what a registry with these heads lacks."""
        frontier, batches, spent = [], list[bytes](), 0
        # The registry's own log first: it holds the certificates that the others need.
        for log in sorted(self._logs, key=lambda log: (self._logs[log].key != self._registry, log)):
            strands = self._held.strands(log)
            if strands is None:
                continue
            frontier.append(held(self._logs[log], list(strands.heads)))
            sent = set[bytes]()
            theirs = [(head.first, head.n, head.hash) for head in believed if head.log == log]
            for lacking in strands.lacking(theirs):
                for first, last, hash_, raw in logs.envelopes(
                    self._live, self.artisan, log, lacking.first, lacking.n
                ):
                    if raw in sent or not strands.overlaps(lacking, first, last, Hash(hash_)):
                        continue
                    full = bool(batches) and spent + len(raw) > BATCHES_BYTES_PER_MESSAGE_MAX
                    if full or len(batches) == REQUEST_BATCHES_MAX:
                        break
                    sent.add(raw)
                    batches.append(raw)
                    spent += len(raw)
        return Offer(self.artisan, frontier, batches)

    def unfetched(self, restored: Connection) -> int:
        """Return how many changes the department wrote since any device asked, and a backup."""
        kept = Held(Rows(ledgers.LedgerRows(restored, self.artisan)))
        heard = people.last_heard(self._live, self.artisan)
        changes = 0
        for received, raw in logs.envelopes_by_time(self._live, self.artisan):
            header, _ = peek(raw)
            written_here = self._logs[LogId(header.log)].key == self._registry
            if not written_here or (heard is not None and received <= heard):
                continue
            strands = kept.strands(header.log)
            if strands is None or not strands.hashes(header.first + header.count - 1):
                changes += header.count
        return changes


def refill(conn: Connection, registry: Registry, device: Device) -> int:
    """Let a device bring what a registry lacks of its ledger; return how many changes were new.

    It believes nothing at first, as a device does that nobody knows any more; then what the
    registry's receipts say.
    """
    new, believed = 0, list[ReceiptHead]()
    while True:
        offer = device.offer(believed)
        if believed and not offer.batches:
            return new
        try:
            taken = registry.take_in(conn, offer, device.key, _NO_CLOCK, registry.now())
        except Refused:
            return new  # its ledger will be found to be different
        new += taken.new
        heads = read_receipt(taken.answer.receipt, registry.key.public).heads
        if heads == believed:
            return new
        believed = heads


def _digest(conn: Connection, artisan: ArtisanId) -> bytes:
    return digest(ledgers.all_rows(conn, artisan))


def _do(raw: sqlite3.Connection, work: Callable[[Connection], T]) -> T:
    (done,) = database.run_group(raw, [work])
    if isinstance(done, Exception):
        raise done
    result: T = done
    return result
