"""A book: one artisan's changes and what they add up to, in one file, on this device.

Change and effect are one transaction. Several processes may hold the same book: writing takes a
lock between them, and the head is read inside the transaction. A locked book is in memory while it
is open, by one process at a time, and on the disk only sealed.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from filelock import FileLock

from canting_client import guard, store
from canting_client.appearing import refuse_existing
from canting_client.guard import Guard
from canting_client.locked import Vault
from canting_protocol import codec
from canting_protocol.batch import cut, cuts
from canting_protocol.bundles import Slip
from canting_protocol.changes import Change, Foreign, Name, Private
from canting_protocol.crypto import NONCE_BYTES, BoxPublic, PublicKey, SigningKey
from canting_protocol.door import admit
from canting_protocol.errors import Refused
from canting_protocol.exchange import Fingerprint
from canting_protocol.frontier import Range, Strands
from canting_protocol.ledger.causality import Held as HeldLogs
from canting_protocol.ledger.pen import Own, Pen, read_own, write_own
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.rows import (
    PROJECTION,
    CertificateRow,
    ChangeRow,
    HeadRow,
    RevokedRow,
    Rows,
    digest,
)
from canting_protocol.letters import (
    ASKER_BYTES,
    DIGEST_BYTES,
    KEYS_FIRST,
    MONEY,
    OTHERS,
    Address,
    Span,
    digest_of,
    in_order,
    read_letter,
    seal_letter,
    to_id,
    write_goods,
)
from canting_protocol.letters import VERSION as LETTER_VERSION
from canting_protocol.limits import (
    BATCHES_BYTES_PER_MESSAGE_MAX,
    GOODS_BYTES,
    LETTER_SPANS_MAX,
    REQUEST_BATCHES_MAX,
)
from canting_protocol.log import (
    PREFIX_BYTES,
    ArtisanId,
    Hash,
    Head,
    LogId,
    Placed,
)
from canting_protocol.messages import (
    HEAD_HASH_BYTES,
    VERSION,
    Answer,
    Enrolled,
    Held,
    Offer,
    Receipt,
    Request,
    Stated,
    held,
    read_receipt,
    write_request,
)
from canting_protocol.names import Key, key_in
from canting_protocol.private import BookKey, hide, key_id

BOOK_KEY_BYTES: Final = 32
QUESTIONS_KEPT: Final = 8
"""Of how many questions that couriers took it is known that they were asked from here."""
PATIENCE_SECONDS: float = 60
"""How long a process waits for another that has the book."""
_papers: Final = codec.decoder(list[bytes])
_stated: Final = codec.decoder(list[Stated])


class Chance(NamedTuple):
    """Where time and randomness come from."""

    now: Callable[[], int]
    """Seconds since 1970."""
    random: Callable[[int], bytes]


class Learned(NamedTuple):
    """What an answer changed."""

    new_changes: int
    refused: int
    rotated: bool
    stale: bool
    """The receipt was older than one already held: the registry may have been restored."""
    revoked: bool = False
    """The registry trusts this device no further: what it writes is kept, and waits."""


class Sent(NamedTuple):
    """A batch that is to be sent: which changes of which log it holds."""

    log: LogId
    first: int
    last: int
    hash: bytes
    raw: bytes
    priority: int

    @property
    def span(self) -> Span:
        """Return what an address tells of it."""
        return Span(self.log[:PREFIX_BYTES], self.first, self.last, self.hash[:PREFIX_BYTES])


class Custody(NamedTuple):
    """With whom changes are that have not arrived."""

    taker: bytes
    name: str
    taken: int
    """By his clock, seconds since 1970."""


class Heard(Protocol):
    """A head that somebody holds, as a receipt or a letter tells it."""

    @property
    def log(self) -> bytes:
        """Return the log, or its prefix."""

    @property
    def first(self) -> int:
        """Return where it begins."""

    @property
    def n(self) -> int:
        """Return where it ends."""

    @property
    def hash(self) -> bytes:
        """Return the hash there, or its prefix."""


class NotJoined(Exception):
    """Say that the book has not been joined to a registry yet."""


class Gone(Exception):
    """Say that the book was locked or put away by another process, and nothing was written."""


class Book:
    """One artisan's book, open."""

    def __init__(
        self,
        path: Path,
        device: SigningKey,
        chance: Chance,
        guard_path: Path | None = None,
        *,
        durable: bool = True,
        vault: Vault | None = None,
    ) -> None:
        self.path = path
        self.vault = vault
        self._device = device
        self._chance = chance
        self._guard_path = guard_path
        self._durable = durable
        self._lock = FileLock(f"{path}.lock", timeout=PATIENCE_SECONDS, thread_local=vault is None)
        self._salted: set[bytes] = set()
        if vault is not None:
            self._lock.acquire()  # until it is closed
        try:
            self._conn = store.connect(path, durable=durable) if vault is None else _unlock(vault)
            try:
                self._open()
            except BaseException:
                self._conn.close()
                raise
        except BaseException:
            self._let_go()
            raise

    def close(self) -> None:
        """Close the file."""
        self._conn.close()
        self._let_go()

    def __enter__(self) -> "Book":
        """Return the book, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    # -- writing -----------------------------------------------------------------------------

    def record(self, *changes: Change) -> list[Placed]:
        """Commit facts, each at the end of this book's own log, all of them or none.

        Raises:
            TooBig: one exceeds a limit.
            BadChange: one does not hold what its kind must.
        """
        with self.write() as writing:
            return [writing.append(change) for change in changes]

    @contextmanager
    def write(self) -> Iterator["Writing"]:
        """Open a transaction in which changes are appended or taken in."""
        with self._lock:
            self._see_that_it_is_ours()
            self._conn.execute("BEGIN IMMEDIATE")
            writing = Writing(self, self._device, self._chance, self._salted)
            try:
                yield writing
                writing.finish()
                self._conn.execute("COMMIT")
                self._seal()
            except BaseException:
                if self._conn.in_transaction:
                    self._conn.execute("ROLLBACK")
                self._salted -= writing.fresh_salt
                raise

    def put_back(self, other: sqlite3.Connection) -> None:
        """Put another book, held in memory, in place of this one; the caller has it `alone`."""
        if self.vault is None:
            other.backup(self._conn)
        else:
            store.load(self._conn, store.image_of(other))
            self._seal()

    def hide(self, text: str) -> Private:
        """Return a text as a private value, under the book's first key."""
        key = next(iter(self.book_keys.values()))
        return hide(key, self._chance.random(NONCE_BYTES), text)

    def add_key(self, key: BookKey, *, first: bool) -> None:
        """Keep a key handed over from another device of hers; hide with it from now on if `first`.

        So both devices read what either writes from then on. What this one hid before stays under
        its own key, until that is handed over too.
        """
        with self.write():
            store.keep_book_key(self._conn, key_id(key), key, first=first)

    # -- reading -----------------------------------------------------------------------------

    @property
    def device(self) -> PublicKey:
        """The key of the device that writes here."""
        return self._device.public

    @property
    def conn(self) -> sqlite3.Connection:
        """The connection, for reading what the ledger says."""
        return self._conn

    @property
    def artisan(self) -> ArtisanId | None:
        """Whose book it is, once it has been joined."""
        found = store.setting(self._conn, "artisan")
        return None if found is None else ArtisanId(found)

    @property
    def registry(self) -> PublicKey | None:
        """The key of the registry it was joined to."""
        found = store.setting(self._conn, "registry")
        return None if found is None else PublicKey(found)

    @property
    def box(self) -> BoxPublic | None:
        """What letters to that registry are sealed to."""
        found = store.setting(self._conn, "box")
        return BoxPublic(found) if found else None

    @property
    def url(self) -> str | None:
        """Where that registry is."""
        found = store.setting(self._conn, "url")
        return None if found is None else found.decode()

    @property
    def book_keys(self) -> dict[bytes, BookKey]:
        """The keys that open its private values, by their ids."""
        return {id_: BookKey(key) for id_, key in store.book_keys(self._conn).items()}

    @property
    def receipt(self) -> Receipt | None:
        """The registry's newest receipt that reached this book."""
        raw, registry = store.setting(self._conn, "receipt"), self.registry
        return None if raw is None or registry is None else read_receipt(raw, registry)

    @property
    def own(self) -> Own | None:
        """The end of what this book has written itself."""
        found = store.setting(self._conn, "own")
        return None if found is None else read_own(found)

    @property
    def revoked(self) -> bool:
        """Whether the registry trusts this device no further, as far as the book knows."""
        return is_revoked(self.rows(), self.device)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let every other writer wait."""
        with self._lock:
            yield

    @contextmanager
    def still(self) -> Iterator[None]:
        """Read several things as of one moment, whoever writes meanwhile."""
        self._conn.execute("BEGIN")
        try:
            yield
        finally:
            self._conn.execute("ROLLBACK")

    def rows(self) -> Rows:
        """Return the ledger's rows, to be read."""
        return Rows(store.BookRows(self._conn))

    def parties(self) -> Parties:
        """Return whose logs the book holds."""
        return Parties(store.logs(self._conn), self.registry)

    def digest(self) -> bytes:
        """Return the 32 bytes that equal ledgers share."""
        return digest(store.all_rows(self._conn))

    def heads(self) -> dict[LogId, list[Head]]:
        """Return the frontier: every log's heads."""
        found: dict[LogId, list[Head]] = {}
        for row in self.rows().group(HeadRow).values():
            head = Head(LogId(row.log), row.first, row.n, Hash(row.hash))
            found.setdefault(head.log, []).append(head)
        return {log: sorted(heads, key=lambda h: (h.n, h.hash)) for log, heads in found.items()}

    def wire_name(self, key: Key) -> Name:
        """Return how this book's next change names something that the tables know as `key`."""
        if key.startswith("-"):
            return int(key)
        plain, _, branch = key.partition("~")
        log, _, n = plain.partition(".")
        own, prefix = self.own, bytes.fromhex(log)
        if own is not None and not own.rotate and own.log[:PREFIX_BYTES] == prefix:
            return int(n)
        return Foreign(prefix, int(n), bytes.fromhex(branch) or None)

    def key_of(self, placed: Placed) -> Key:
        """Return the table key of what a held change introduced."""
        there = self.rows().group(ChangeRow, placed.log, placed.n)
        return key_in(
            placed.log[:PREFIX_BYTES], placed.n, placed.hash[:4] if len(there) > 1 else b""
        )

    # -- syncing -----------------------------------------------------------------------------

    def join(self, url: str, enrolled: Enrolled) -> None:
        """Bind the book to an artisan's ledger at a registry, by the registry's answer."""
        with self.write():
            store.set_setting(self._conn, "artisan", enrolled.artisan)
            store.set_setting(self._conn, "registry", enrolled.registry)
            store.set_setting(self._conn, "url", url.encode())
            store.set_setting(self._conn, "box", enrolled.box)
            papers = codec.encode(enrolled.papers) if enrolled.papers else None
            store.set_setting(self._conn, "papers", papers)
        if enrolled.receipt:  # an officer on a visit has none to give
            self.take_in(
                Answer(enrolled.artisan, enrolled.logs, enrolled.batches, enrolled.receipt)
            )

    @property
    def papers(self) -> list[bytes]:
        """Who vouched for this device, until the registry has certified it itself."""
        found = store.setting(self._conn, "papers")
        if found is None:
            return []
        certified = self.rows().group(CertificateRow).values()
        return [] if any(row.key == self.device for row in certified) else _papers.decode(found)

    @property
    def stated(self) -> list[Stated]:
        """How far logs had come by their own devices' word, where that has not arrived."""
        found = store.setting(self._conn, "stated")
        return [] if found is None else _stated.decode(found)

    def recover(self) -> None:
        """Let this empty book take the place of one that is lost, once its ledger has come back."""
        with self.write():
            store.set_setting(self._conn, "recovering", b"1")

    def retire_key(self) -> None:
        """Sign, for the last time, everything that this device's key wrote, and go on in a new log.

        Another key takes its place: it can hand on what the old one signed, and not sign for it.
        """
        artisan = self.artisan
        if artisan is None:
            raise NotJoined
        self._set_guard()
        logs = store.logs(self._conn)
        with self.write() as writing:
            held_logs = HeldLogs(self.rows())
            for log, descriptor in logs.items():
                strands = held_logs.strands(log)
                if descriptor.key != self._device.public or strands is None:
                    continue
                for range_ in strands.lacking(()):
                    for each in self._cut(artisan, log, strands.path(range_)):
                        store.keep_envelope(
                            self._conn, log, each.first, each.last, each.hash, each.raw
                        )
            writing.pen.rotate()

    def missing(self) -> int:
        """Return how many changes are known, by their devices' own word, that did not arrive."""
        held_logs = HeldLogs(self.rows())
        missing = 0
        for each in self.stated:
            furthest = max((head.n for head in held_logs.heads(each.log)), default=0)
            missing += max(each.n - furthest, 0)
        return missing

    def offer(self, *, believe_nothing: bool = False, show_receipt: bool = False) -> Offer:
        """Return this ledger's part of a request: the frontier, and what the registry lacks.

        `believe_nothing` offers everything, certificates too; `show_receipt` sends the newest
        receipt along, for a registry that has forgotten it.

        Raises:
            NotJoined: the book belongs to no registry yet.
        """
        artisan, registry = self.artisan, self.registry
        if artisan is None or registry is None:
            raise NotJoined
        self._set_guard()
        receipt = None if believe_nothing else self.receipt
        batches: list[bytes] = []
        spent = 0
        for each in self._lacking(artisan, registry, receipt.heads if receipt else ()):
            full = spent + len(each.raw) > BATCHES_BYTES_PER_MESSAGE_MAX
            if full or len(batches) == REQUEST_BATCHES_MAX:
                break
            batches.append(each.raw)
            spent += len(each.raw)
        shown = store.setting(self._conn, "receipt") if show_receipt else None
        return Offer(artisan, self._frontier(registry), batches, shown or b"", self.papers)

    def letters(self) -> list[bytes]:
        """Return what a courier is to be given.

        Every letter of goods that no receipt covers yet, a new one for what they do not hold, and
        at last a question, whose answer knows of the goods.

        A letter is kept until a receipt covers it, so that the same changes go to another courier
        in the same letter.

        Raises:
            NotJoined: the book belongs to no registry yet, or to one that told no box.
        """
        artisan, registry, box = self.artisan, self.registry, self.box
        if artisan is None or registry is None or box is None:
            raise NotJoined
        self._set_guard()
        to = to_id(registry)
        with self.write():
            forgotten = store.setting(self._conn, "forgotten") is not None
            receipt = None if forgotten else self.receipt
            believed: list[Heard] = list(receipt.heads) if receipt else []
            if forgotten:
                store.drop_letters(self._conn)
                store.set_setting(self._conn, "asked", None)
                store.set_setting(self._conn, "forgotten", None)
            self._drop_covered(believed)
            kept = [read_letter(raw) for raw in store.letters(self._conn)]
            believed += [span for letter in kept for span in letter.address.spans]
            for goods in self._goods(artisan, registry, believed):
                spans = [each.span for each in goods]
                batches = [each.raw for each in goods]
                offer = Offer(artisan, self._announced(goods), batches, papers=self.papers)
                priority = min(each.priority for each in goods)
                address = Address(LETTER_VERSION, to, artisan, spans, priority)
                raw = seal_letter(box, address, write_goods(offer))
                store.keep_letter(self._conn, digest_of(raw), raw)
                kept.append(read_letter(raw))
            stale = store.setting(self._conn, "stale") is not None
            shown = store.setting(self._conn, "receipt") if stale else None
            offer = Offer(artisan, self._frontier(registry), [], shown or b"", self.papers)
            request = Request(VERSION, self._device.public, self._chance.now(), [offer])
            asker = self.own.log[:ASKER_BYTES] if self.own is not None else b""
            address = Address(LETTER_VERSION, to, artisan, asker=asker)
            question = seal_letter(box, address, write_request(self._device, request))
            asked = digest_of(question) + (store.setting(self._conn, "asked") or b"")
            store.set_setting(self._conn, "asked", asked[: QUESTIONS_KEPT * DIGEST_BYTES])
        return [*(letter.raw for letter in in_order(kept)), question]

    def taken_by(self, slip: Slip, raw: bytes, name: str) -> None:
        """Keep a courier's slip for letters of this book; `name` is who he is certified to be."""
        mine = {digest_of(letter) for letter in store.letters(self._conn)}
        asked = store.setting(self._conn, "asked") or b""
        questions = {asked[at : at + DIGEST_BYTES] for at in range(0, len(asked), DIGEST_BYTES)}
        with self.write():
            for each in slip.letters:
                if each.code == "" and each.digest in mine:
                    store.keep_slip(
                        self._conn, each.digest, slip.taker, slip.given, slip.taken, name, raw
                    )
                elif each.code == "unknown_key" and each.digest in mine | questions:
                    # The registry does not know this device any more: tell it everything again.
                    store.set_setting(self._conn, "forgotten", b"1")

    def carried(self) -> tuple[int, list[Custody]]:
        """Return how many changes that no receipt covers are with couriers, and with whom."""
        receipt = self.receipt
        held_logs = HeldLogs(self.rows())
        heads = list(receipt.heads) if receipt else []
        carried: set[tuple[bytes, int, bytes]] = set()
        custody = []
        for raw in store.letters(self._conn):
            slips = store.slips(self._conn, digest_of(raw))
            if not slips:
                continue
            here = len(carried)
            for span in read_letter(raw).address.spans:
                carried |= _uncovered(held_logs, span, heads)
            if len(carried) > here:
                custody += [Custody(taker, name, taken) for taker, _, taken, name in slips]
        return len(carried), sorted(set(custody), key=lambda each: each.taken)

    def _lacking(
        self, artisan: ArtisanId, registry: PublicKey, believed: Sequence[Heard]
    ) -> Iterator[Sent]:
        """Yield the batches that someone lacks who holds the heads `believed`.

        The registry's own log comes first: it holds the certificates that the others need.
        """
        logs = store.logs(self._conn)
        held_logs = HeldLogs(self.rows())
        for log in self._order(registry):
            strands = held_logs.strands(log)
            if strands is None:
                continue
            theirs = [
                (head.first, head.n, head.hash) for head in believed if log.startswith(head.log)
            ]
            priority = OTHERS
            if logs[log].key == registry:
                priority = KEYS_FIRST
            elif logs[log].key == self._device.public:
                priority = MONEY
            sent: set[bytes] = set()
            for range_ in strands.lacking(theirs):
                for each in (
                    self._cut(artisan, log, strands.path(range_))
                    if priority == MONEY
                    else self._whole(log, strands, range_, priority)
                ):
                    if each.raw not in sent:
                        sent.add(each.raw)
                        yield each

    def _whole(self, log: LogId, strands: Strands, range_: Range, priority: int) -> Iterator[Sent]:
        """Yield others' batches that overlap a range, as they are."""
        for first, last, hash_, raw in store.envelopes(self._conn, log, range_.first, range_.n):
            if strands.overlaps(range_, first, last, Hash(hash_)):
                yield Sent(log, first, last, hash_, raw, priority)

    def _goods(
        self, artisan: ArtisanId, registry: PublicKey, believed: Sequence[Heard]
    ) -> Iterator[list[Sent]]:
        """Yield what is lacking in lots that each fit a letter."""
        lot: list[Sent] = []
        spent = 0
        for each in self._lacking(artisan, registry, believed):
            full = spent + len(each.raw) > GOODS_BYTES or len(lot) == LETTER_SPANS_MAX
            if lot and (full or each.priority != lot[0].priority):
                yield lot
                lot, spent = [], 0
            lot.append(each)
            spent += len(each.raw)
        if lot:
            yield lot

    def _announced(self, goods: Sequence[Sent]) -> list[Held]:
        """Return the descriptors of the logs that batches are of, with no frontier."""
        logs = store.logs(self._conn)
        return [Held(logs[log], []) for log in dict.fromkeys(each.log for each in goods)]

    def _drop_covered(self, believed: Sequence[Heard]) -> None:
        """Forget the letters of which every change is in a receipt."""
        held_logs = HeldLogs(self.rows())
        for raw in store.letters(self._conn):
            spans = read_letter(raw).address.spans
            if not any(_uncovered(held_logs, span, believed) for span in spans):
                store.drop_letter(self._conn, digest_of(raw))

    def _order(self, registry: PublicKey) -> list[LogId]:
        logs = store.logs(self._conn)
        return sorted(logs, key=lambda log: (logs[log].key != registry, log))

    def _frontier(self, registry: PublicKey) -> list[Held]:
        """Return every log with its heads."""
        logs = store.logs(self._conn)
        held_logs = HeldLogs(self.rows())
        return [
            held(logs[log], list(strands.heads))
            for log in self._order(registry)
            if (strands := held_logs.strands(log)) is not None
        ]

    def take_in(self, answer: Answer) -> Learned:
        """Take in what a registry answered. Safe to repeat, in any order."""
        with self.write() as writing:
            return writing.take_in(answer)

    def level(self) -> tuple[bool, bool, Fingerprint, Fingerprint]:
        """Return (they lack something, I lack something, my frontier, theirs)."""
        held_logs = HeldLogs(self.rows())
        receipt = self.receipt
        theirs = receipt.heads if receipt else []
        they_lack = any(
            strands.lacking(
                [(h.first, h.n, h.hash) for h in theirs if h.log == strands.heads[0].log]
            )
            for log in held_logs.logs()
            if (strands := held_logs.strands(log)) is not None
        )
        # A revoked device is not given what others write: there is nothing to ask for again.
        i_lack = not self.revoked and any(
            (strands := held_logs.strands(head.log)) is None
            or strands.find(head.n, head.hash) is None
            for head in theirs
        )
        mine = frozenset(
            (head.log, head.first, head.n, head.hash[:HEAD_HASH_BYTES])
            for heads in self.heads().values()
            for head in heads
        )
        return (
            they_lack,
            i_lack,
            mine,
            frozenset((head.log, head.first, head.n, head.hash) for head in theirs),
        )

    def rebuild(self) -> None:
        """Compute every table of the ledger again from its changes."""
        with self.write() as writing:
            writing.pen.rebuild()

    # -- inside ------------------------------------------------------------------------------

    def _let_go(self) -> None:
        if self.vault is not None:
            self._lock.release(force=True)

    def _see_that_it_is_ours(self) -> None:
        """Raise `Gone` when another process has locked the book while this one waited.

        What is written in the plain file from then on would be in no book.
        """
        if self.vault is None and self.path.with_suffix(".locked").exists():
            raise Gone

    def _seal(self) -> None:
        """Write a locked book to the disk; when that fails, go back to what is there."""
        if self.vault is None:
            return
        try:
            self.vault.write(store.image_of(self._conn))
        except BaseException:
            if not self.vault.fresh:
                store.load(self._conn, self.vault.read())
            raise

    def _open(self) -> None:
        with self._lock:
            self._see_that_it_is_ours()
            self._conn.execute("BEGIN IMMEDIATE")
            try:
                (made,) = self._conn.execute("PRAGMA user_version").fetchone()
                if not made:
                    store.make(self._conn)
                    key = BookKey(self._chance.random(BOOK_KEY_BYTES))
                    store.keep_book_key(self._conn, key_id(key), key)
                store.check_format(self._conn)
                self._conn.execute("COMMIT")
            except BaseException:
                self._conn.execute("ROLLBACK")
                raise
            if made != store.FORMAT:
                self._seal()
        if store.setting(self._conn, "projection") != PROJECTION.to_bytes(4, "big"):
            with self._lock, self._conn:
                self._conn.execute("BEGIN IMMEDIATE")
                store.renew_tables(self._conn)
            self.rebuild()
            with self.write():
                store.set_setting(self._conn, "projection", PROJECTION.to_bytes(4, "big"))
        missed = self._missed()
        if missed is not None and missed != store.setting(self._conn, "noticed"):
            with self.write() as writing:
                writing.pen.rotate()
                # One new log is enough, however often the book is opened until it syncs again.
                store.set_setting(self._conn, "noticed", missed)

    def _missed(self) -> bytes | None:
        """Return the hash that the guard remembers and the book does not hold.

        It is empty when the guard itself is missing; None: nothing is missed, nothing was restored.
        """
        own = self.own
        if self._guard_path is None or own is None:
            return None
        remembered = guard.read(self._guard_path)
        if remembered is None:
            return None if store.setting(self._conn, "guarded") is None else b""
        found = self.rows().get(ChangeRow, remembered.log, remembered.n, remembered.hash)
        return remembered.hash if found is None else None

    def _set_guard(self) -> None:
        own = self.own
        if self._guard_path is None or own is None or own.n == 0:
            return
        remembered = guard.read(self._guard_path)
        if remembered != Guard(own.log, own.n, own.hash):
            guard.write(self._guard_path, Guard(own.log, own.n, own.hash), durable=self._durable)
        if store.setting(self._conn, "guarded") is None:
            with self.write():
                store.set_setting(self._conn, "guarded", b"1")
        if store.setting(self._conn, "noticed") is not None:
            with self.write():
                store.set_setting(self._conn, "noticed", None)

    def _cut(
        self, artisan: ArtisanId, log: LogId, path: Sequence[tuple[int, Hash]]
    ) -> Iterator[Sent]:
        rows = self.rows()
        changes = []
        for n, hash_ in path:
            row = rows.get(ChangeRow, log, n, hash_)
            assert row is not None
            changes.append(row.placed)
        for run in cuts(changes):
            raw = cut(self._device, artisan, run, self._chance.now())
            yield Sent(log, run[0].n, run[-1].n, run[-1].hash, raw, MONEY)


def _unlock(vault: Vault) -> sqlite3.Connection:
    if vault.fresh:
        refuse_existing(vault.path)
    return store.connect_in_memory(b"" if vault.fresh else vault.read())


def _uncovered(
    held_logs: HeldLogs, span: Span, believed: Sequence[Heard]
) -> set[tuple[bytes, int, bytes]]:
    """Return (log, n, hash) of every change of a span that is on no path of a head that is held."""
    strands = held_logs.strands(span.log)
    found = None if strands is None else strands.find(span.n, span.hash)
    if strands is None or found is None:
        return set()
    theirs = [(h.first, h.n, h.hash) for h in believed if h.log.startswith(span.log)]
    return {
        (span.log, n, hash_)
        for range_ in strands.lacking(theirs)
        if strands.overlaps(range_, span.first, span.n, found)
        for n, hash_ in strands.path(range_)
        if span.first <= n <= span.n
    }


class Writing:
    """A transaction on a book."""

    def __init__(self, book: Book, device: SigningKey, chance: Chance, salted: set[bytes]) -> None:
        self._book = book
        self.conn = book.conn
        self._device = device
        self._chance = chance
        self._salted = salted
        self.fresh_salt: set[bytes] = set()
        self.pen = Pen(book.rows(), book.parties(), device.public, book.own, chance.random)
        self._own, self._logs = self.pen.own, frozenset(self.pen.logs)

    def append(self, change: Change) -> Placed:
        """Add a change to this book's own log, after the mark that it needs.

        The first of a log after each opening of the book carries a salt: two copies of a phone
        that record the same sale make two sales.
        """
        own = self.pen.own
        salted = own is None or own.rotate or own.log not in self._salted
        placed = self.pen.append(change, self._chance.now(), salted=salted)[-1]
        if placed.log not in self._salted:
            self._salted.add(placed.log)
            self.fresh_salt.add(placed.log)
        return placed

    def take_in(self, answer: Answer) -> Learned:
        """Take in one ledger's part of a reply, and see from it whether this book was copied."""
        registry = self.pen.parties.registry
        assert registry is not None
        if answer.artisan != self._book.artisan:
            return Learned(0, len(answer.batches), rotated=False, stale=False)
        receipt = read_receipt(answer.receipt, registry)
        if receipt.artisan != answer.artisan:
            raise Refused("wrong_log", "this receipt is of another ledger")
        before = self._book.receipt
        stale = before is not None and receipt.order < before.order
        # Someone else writes in my log: I was restored from an old copy, or copied.
        copied = any(
            self.pen.writes_in(head.log) and self.pen.unknown(head.log, head.n, head.hash)
            for head in receipt.heads
        )
        logs = {descriptor.log: descriptor for descriptor in answer.logs} | self.pen.logs
        certified = {PublicKey(row.key) for row in self.pen.rows.group(CertificateRow).values()} | {
            self._device.public
        }
        admitted = admit(ArtisanId(answer.artisan), answer.batches, logs, registry, certified)
        changes: list[Placed] = []
        for batch in admitted.batches:
            log, last = LogId(batch.header.log), batch.changes[-1]
            self.pen.logs[log] = logs[log]
            store.keep_envelope(self.conn, log, batch.header.first, last.n, last.hash, batch.raw)
            changes += batch.changes
        new = self.pen.take(changes)
        if copied or any(self.pen.writes_in(each.log) for each in new):
            copied = True
            self.pen.rotate()
        if not stale:
            store.set_setting(self.conn, "receipt", answer.receipt)
        if self.pen.own is None and store.setting(self.conn, "recovering") is not None:
            self._go_on()
        if not stale:
            # Of answers with one receipt none is the newer: what was stated in either holds.
            again = before is not None and receipt.order == before.order
            told = _furthest([*answer.stated, *(self._book.stated if again else ())])
            store.set_setting(self.conn, "stated", codec.encode(told) if told else None)
        # A registry that forgot is shown its newest receipt, whichever way the next question goes.
        store.set_setting(self.conn, "stale", b"1" if stale else None)
        revoked = is_revoked(self.pen.rows, self._device.public)
        return Learned(
            len(new), len(admitted.refused), rotated=copied, stale=stale, revoked=revoked
        )

    def _go_on(self) -> None:
        """Let the first change begin a log whose parent is the end of what the lost device wrote.

        Which end does not matter where there are several: a mark tells of the others.
        """
        parties = self.pen.parties
        ends = [
            row for row in self.pen.rows.group(HeadRow).values() if not parties.by_registry(row.log)
        ]
        if ends:
            end = max(ends, key=lambda row: (row.n, row.hash))
            self.pen.own = Own(end.log, end.n, end.hash, rotate=True)

    def finish(self) -> None:
        """Write what changed, before the commit."""
        for log in self.pen.logs.keys() - self._logs:
            store.keep_log(self.conn, self.pen.logs[log])
        if self.pen.own is not None and self.pen.own != self._own:
            store.set_setting(self.conn, "own", write_own(self.pen.own))
        store.save(self.conn, self.pen.rows, whole=self.pen.whole)


def _furthest(stated: Sequence[Stated]) -> list[Stated]:
    """Return one statement for each log, the one that goes furthest."""
    furthest: dict[bytes, int] = {}
    for each in stated:
        furthest[each.log] = max(each.n, furthest.get(each.log, 0))
    return [Stated(log, n) for log, n in sorted(furthest.items())]


def is_revoked(rows: Rows, key: PublicKey) -> bool:
    """Say whether a key was revoked in a ledger."""
    return any(row.key == key for row in rows.group(RevokedRow).values())
