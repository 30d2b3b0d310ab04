"""The registry: takes in, judges, merges, answers. Every door ends in `take_in`.

Its functions run inside a transaction that someone else opens, and answer after it is committed.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import structlog
from msgspec import structs

from canting_protocol.batch import cut, cuts, open_batch, peek
from canting_protocol.bundles import VERSION as BUNDLE_VERSION
from canting_protocol.bundles import Commission, Officer, write_officer
from canting_protocol.changes import Certificate, Change, Clock, Piece
from canting_protocol.crypto import BoxPublic, PublicKey, SigningKey
from canting_protocol.door import Admitted, admit, within_frontier
from canting_protocol.errors import Refused, TooBig
from canting_protocol.ledger.causality import Held
from canting_protocol.ledger.pen import Own, Pen
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.project import project
from canting_protocol.ledger.rows import CertificateRow, HeadRow, RevokedRow, Rows
from canting_protocol.letters import Address
from canting_protocol.limits import (
    BATCHES_BYTES_PER_MESSAGE_MAX,
    INTEGER_MAX,
    RECEIPT_EXCEPTIONS_MAX,
    REQUEST_BATCHES_MAX,
    REQUEST_INFLATED_BYTES_MAX,
)
from canting_protocol.log import ARTISAN_BYTES, PREFIX_BYTES, ArtisanId, Descriptor, LogId, Placed
from canting_protocol.messages import (
    HEAD_HASH_BYTES,
    VERSION,
    Answer,
    Enrolled,
    Enrolment,
    Exceptions,
    Offer,
    Receipt,
    ReceiptHead,
    Request,
    Stated,
    Turned,
    hash_code,
    peek_receipt,
    read_receipt,
    write_receipt,
)
from canting_protocol.witness import witnessed
from canting_server.registry import gaps, learning, niks, overview
from canting_server.registry.erased import Erased
from canting_server.registry.portions import Part, Portion, log_of
from canting_server.store import erasing, learned, ledgers, logs, people, witnesses
from canting_server.store import overview as overview_rows
from canting_server.store.database import Connection

log: Final = structlog.get_logger()

_EXCEPTED_MAX: Final = 50 * RECEIPT_EXCEPTIONS_MAX
"""How many changes are looked at to make the ranges of a receipt."""

DAY_SECONDS: Final = 86_400
CLOCK_ERROR_SECONDS: Final = 60
"""What a direct contact leaves uncertain of a device's clock: the way, and a clock set by hand."""


NOBODY: Final = Erased()


class CodeRefused(Exception):
    """Say that a one-time code opens nothing: unknown, used or expired (`code` says which)."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Reading(NamedTuple):
    """A device's clock beside this registry's, as far as it is known."""

    clock: int | None
    """What the device's clock shows now; None: nobody knows."""
    error: int
    """How far off that may be, in seconds."""


class TakenIn(NamedTuple):
    """What one ledger's offer came to."""

    answer: Answer
    new: int
    batches: int
    inflated: int
    """How many bytes the batches came to."""
    box: BoxPublic = BoxPublic(b"")
    """What letters to the sender are sealed to, if a certificate says."""


class Registry:
    """All ledgers, with the key that signs for them and where time and chance come from."""

    def __init__(
        self,
        key: SigningKey,
        now: Callable[[], int],
        random: Callable[[int], bytes],
        erased: Erased = NOBODY,
    ) -> None:
        self.key = key
        self.now = now
        self.random = random
        self.erased = erased
        """Whose ledgers are not taken in again."""

    # -- the doors ---------------------------------------------------------------------------

    def take_in_portion(
        self,
        conn: Connection,
        request: Request,
        portion: Portion,
        room: int,
        reading: Reading | None = None,
        budget: int = BATCHES_BYTES_PER_MESSAGE_MAX,
    ) -> list[tuple[Part, TakenIn]]:
        """Take in one portion of a verified request; its batches may inflate to `room` bytes.

        Without a reading the sender speaks now, by the clock in the request. `budget` is what the
        whole answer may spend on batches.

        Raises:
            Refused: `unknown_key`, when no certificate lets the sender speak for a ledger;
                `erased`, when it is about nothing but ledgers that were erased.
        """
        if all(ArtisanId(offer.artisan) in self.erased for offer in request.ledgers):
            raise Refused("erased", "this ledger was erased at its artisan's request")
        now, sender = self.now(), PublicKey(request.key)
        reading = Reading(request.clock, CLOCK_ERROR_SECONDS) if reading is None else reading
        each = budget // len(request.ledgers)
        done = []
        for part in portion.parts:
            # Goods of a letter that nobody signed are stored, and not answered.
            answer = part.last and bool(sender)
            taken = self.take_in(conn, part.offer, sender, reading, now, each, room, answer=answer)
            room -= taken.inflated
            done.append((part, taken))
        return done

    def check_sender(self, conn: Connection, sender: bytes, offers: Sequence[Offer]) -> None:
        """See that the sender may speak for each of some ledgers, before any is taken in.

        Raises:
            Refused: `unknown_key`.
        """
        for offer in offers:
            artisan = ArtisanId(offer.artisan)
            if artisan in self.erased:
                continue  # whatever is offered of it is turned away
            parties = Parties(logs.descriptors(conn, artisan), self.key.public)
            ours = {h.descriptor.log for h in offer.logs if h.descriptor.key == self.key.public}
            batches = [raw for raw in offer.batches if log_of(raw) in ours]
            only_ours = structs.replace(offer, batches=batches)
            admitted = self._admit(only_ours, self._pen(conn, artisan, parties))
            if not any(
                each.said.key == sender and each.said.artisan == artisan
                for each in witnessed(offer.papers, self.key.public)
            ):
                self._check_known(sender, admitted)

    def take_in(
        self,
        conn: Connection,
        offer: Offer,
        sender: PublicKey,
        reading: Reading,
        now: int,
        budget: int = BATCHES_BYTES_PER_MESSAGE_MAX,
        room: int = REQUEST_INFLATED_BYTES_MAX,
        *,
        answer: bool = True,
    ) -> TakenIn:
        """Store what is offered for one ledger, judge it, and return what the sender lacks.

        `budget` is what the answer may spend on batches, in bytes; one batch is always sent.
        `room` is what the offered batches may inflate to. Without `answer` there is no receipt
        and nothing is sent back yet: more of the offer follows. An empty `sender` is nobody: the
        batches speak for themselves.
        """
        artisan = ArtisanId(offer.artisan)
        if artisan in self.erased:
            turned = [Turned(index, "erased") for index in range(len(offer.batches))]
            return TakenIn(Answer(artisan, [], [], b"", turned), 0, len(offer.batches), 0)
        parties = Parties(logs.descriptors(conn, artisan), self.key.public)
        pen = self._pen(conn, artisan, parties)
        vouched = self._vouch(conn, artisan, pen, offer, now)
        admitted = self._admit(offer, pen, room)
        if sender:
            self._check_known(sender, admitted)
        elif not admitted.batches:
            return TakenIn(Answer(artisan, [], [], b"", list(admitted.refused)), 0, 0, 0)
        heads = [row.hash for row in pen.rows.group(HeadRow).values()]
        admitted = within_frontier(admitted, offer.batches, heads, pen.ledger.holds)
        logs.add_artisan(conn, artisan, now)

        rolled_back = self._was_rolled_back(offer, pen)
        announced = {held.descriptor.log: held.descriptor for held in offer.logs}
        placed: list[Placed] = []
        for batch in admitted.batches:
            pen.logs.setdefault(LogId(batch.header.log), announced[LogId(batch.header.log)])
            placed += batch.changes
        new = {change.hash for change in pen.take(placed)}
        if rolled_back or any(pen.writes_in(each.log) for each in placed if each.hash in new):
            pen.rotate()
        for batch in admitted.batches:
            if any(change.hash in new for change in batch.changes):
                last = batch.changes[-1]
                logs.keep_envelope(
                    conn, artisan, last.log, batch.header.first, last.n, last.hash, now, batch.raw
                )
        written = [*vouched, *self._measure_clock(pen, offer, sender, reading, now)]
        stated = self._note_stated(conn, artisan, pen, offer, sender, now)
        if new or stated:
            gaps.keep_up(conn, artisan, pen.ledger.held, pen.logs)
        self._finish(conn, artisan, pen, parties, written, now, changed=bool(new or written))
        if sender:
            people.heard(conn, artisan, sender, now)
        if answer:
            receipt = self._receipt(conn, artisan, pen, offer.receipt, now, again=not new)
            said = self._answer(conn, artisan, pen, sender, offer, receipt, admitted, budget)
        else:
            said = Answer(artisan, [], [], b"", list(admitted.refused))
        log.info(
            "offer_taken_in",
            artisan=artisan.hex(),
            device=sender.hex()[:16],
            batches=len(offer.batches),
            new=len(new),
            refused=len(admitted.refused),
        )
        box = next(
            (
                BoxPublic(row.box)
                for row in pen.rows.group(CertificateRow).values()
                if row.box and row.key == sender
            ),
            BoxPublic(b""),
        )
        return TakenIn(said, len(new), len(offer.batches), admitted.inflated, box)

    def _vouch(
        self, conn: Connection, artisan: ArtisanId, pen: Pen, offer: Offer, now: int
    ) -> list[Placed]:
        """Certify the keys that an officer vouched for on a visit, and note them for staff.

        They are certified even where he went beyond his certificate: what was recorded meanwhile
        is somebody's work. Staff are told, and can revoke the key. What he was allowed counts for
        the day of the visit, however late it arrives; that he is revoked, from when it is known,
        because a thief of his key writes what date he likes.
        """
        written: list[Placed] = []
        for officer, said in witnessed(offer.papers, self.key.public):
            certified = {row.key for row in pen.rows.group(CertificateRow).values()}
            if said.artisan != artisan or said.key in certified:
                continue
            written += pen.append(Certificate(said.key, box=said.box), now)
            doubt = ""
            if not officer.since - DAY_SECONDS <= said.clock <= officer.expires:
                doubt = "expired"
            elif people.officer_is_revoked(conn, officer.key):
                doubt = "revoked"
            elif witnesses.count(conn, officer.key, officer.since) >= officer.enrolments:
                doubt = "too_many"
            name, stead = officer.name, said.stead
            vouched = (artisan, said.key, officer.key, name, said.number, stead, said.clock)
            witnesses.keep(conn, witnesses.Vouched(*vouched, now, doubt, 0))
        return written

    def _note_stated(
        self,
        conn: Connection,
        artisan: ArtisanId,
        pen: Pen,
        offer: Offer,
        sender: PublicKey,
        now: int,
    ) -> bool:
        """Note how far a device says its own logs have come; say whether any has not arrived."""
        lacking = [
            (held.descriptor.log, head.n, head.hash)
            for held in offer.logs
            if held.descriptor.key == sender
            for head in held.heads
            if pen.unknown(held.descriptor.log, head.n, head.hash)
        ]
        for log_id, n, hash_ in lacking:
            witnesses.state(conn, artisan, log_id, n, hash_, now)
        return bool(lacking)

    def _stated(self, conn: Connection, artisan: ArtisanId, pen: Pen) -> list[Stated]:
        """Return how far logs had come by their devices' word, where that has not arrived."""
        furthest: dict[bytes, int] = {}
        for log_id, n, hash_, _ in witnesses.stated(conn, artisan):
            if pen.unknown(log_id, n, hash_):
                furthest[log_id] = max(n, furthest.get(log_id, 0))
            else:
                witnesses.arrived(conn, artisan, log_id, n, hash_)
        return [Stated(log_id, n) for log_id, n in sorted(furthest.items())]

    def holds(self, conn: Connection, address: Address) -> bool:
        """Say whether every change that a letter's address tells of is stored."""
        held = Held(Rows(ledgers.LedgerRows(conn, ArtisanId(address.artisan))))
        return all(
            (strands := held.strands(span.log)) is not None
            and strands.holds(span.first, span.n, span.hash)
            for span in address.spans
        )

    def note_carried(self, conn: Connection, officer: Officer, words: Sequence[gaps.Word]) -> None:
        """Note what an officer carries by his own word, and what he carries no more."""
        said = [each for each in words if each.artisan not in self.erased]
        for artisan in gaps.note(conn, officer, said, self.now()):
            held = Held(Rows(ledgers.LedgerRows(conn, artisan)))
            gaps.keep_up(conn, artisan, held, logs.descriptors(conn, artisan))

    def enrol(self, conn: Connection, enrolment: Enrolment) -> Enrolled:
        """Let a device in that holds a one-time code and has proved its key.

        The same key may ask again with the same code: its answer was lost on the way.

        Raises:
            CodeRefused: `unknown_code`, `code_used`, `code_expired`.
        """
        hashed, now, key = hash_code(enrolment.code), self.now(), PublicKey(enrolment.key)
        found = people.code(conn, hashed)
        if found is None:
            raise CodeRefused("unknown_code", "there is no such code")
        artisan, expires, used_by = found
        if used_by is not None and used_by != key:
            raise CodeRefused("code_used", "this code has been used already")
        if used_by is None and expires < now:
            raise CodeRefused("code_expired", "this code has expired")
        people.use_code(conn, hashed, key)
        parties = Parties(logs.descriptors(conn, artisan), self.key.public)
        pen = self._pen(conn, artisan, parties)
        certified = {(row.key, row.box) for row in pen.rows.group(CertificateRow).values()}
        certificate = Certificate(key, box=enrolment.box)
        written = [] if (key, enrolment.box) in certified else pen.append(certificate, now)
        self._finish(conn, artisan, pen, parties, written, now, changed=bool(written))
        receipt = self._receipt(conn, artisan, pen, b"", now, again=not written)
        offer = Offer(artisan, [], [])
        answer = self._answer(conn, artisan, pen, key, offer, receipt, None)
        log.info("device_enrolled", artisan=artisan.hex(), device=key.hex()[:16])
        return Enrolled(
            VERSION,
            artisan,
            self.key.public,
            answer.logs,
            answer.batches,
            answer.receipt,
            self.key.box.public,
        )

    def commission(self, conn: Connection, enrolment: Enrolment) -> Commission:
        """Give a certificate to an officer who holds a one-time code and has proved his key.

        Raises:
            CodeRefused: `unknown_code`, `code_used`, `code_expired`.
        """
        hashed, now, key = hash_code(enrolment.code), self.now(), PublicKey(enrolment.key)
        found = people.officer(conn, hashed)
        if found is None:
            raise CodeRefused("unknown_code", "there is no such code")
        if found.used_by is not None and found.used_by != key:
            raise CodeRefused("code_used", "this code has been used already")
        if found.used_by is None and found.expires < now:
            raise CodeRefused("code_expired", "this code has expired")
        paper = found.paper
        if paper is None:
            until = now + found.days * DAY_SECONDS
            officer = Officer(
                BUNDLE_VERSION, key, found.name, found.district, found.enrolments, now, until
            )
            paper = write_officer(self.key, officer)
            people.commission(conn, hashed, key, paper)
        log.info("officer_commissioned", device=key.hex()[:16])
        return Commission(BUNDLE_VERSION, self.key.public, self.key.box.public, paper)

    # -- what staff do -----------------------------------------------------------------------

    def add_artisan(self, conn: Connection) -> ArtisanId:
        """Begin a ledger, and return its artisan's pseudonym."""
        artisan = ArtisanId(self.random(ARTISAN_BYTES))
        logs.add_artisan(conn, artisan, self.now())
        return artisan

    def write(self, conn: Connection, artisan: ArtisanId, *changes: Change) -> None:
        """Write in the registry's own log of an artisan: the department is a device too."""
        now = self.now()
        parties = Parties(logs.descriptors(conn, artisan), self.key.public)
        pen = self._pen(conn, artisan, parties)
        written = [placed for change in changes for placed in pen.append(change, now)]
        self._finish(conn, artisan, pen, parties, written, now, changed=bool(written))
        self._receipt(conn, artisan, pen, b"", now, again=False)

    def note_restored(self, conn: Connection) -> None:
        """Open the next epoch of every ledger, and begin new logs: this is a restored backup.

        An operator who forgets it loses nothing: devices that show more do the same, one by one.
        """
        for artisan in logs.artisans(conn):
            end = logs.own(conn, artisan)
            if end is not None:
                logs.keep_own(conn, artisan, Own(end.log, end.n, end.hash, rotate=True))
            last = ledgers.receipt(conn, artisan)
            if last is not None:
                receipt = read_receipt(last[2], self.key.public)
                again = structs.replace(
                    receipt, epoch=receipt.epoch + 1, number=max(receipt.number + 1, self.now())
                )
                raw = write_receipt(self.key, again)
                ledgers.keep_receipt(conn, artisan, again.epoch, again.number, raw)

    def rebuild(self, conn: Connection, artisan: ArtisanId) -> None:
        """Compute every row of a ledger again, from the stored batches and nothing else."""
        before = learning.hers(conn, artisan, overview_rows.person(conn, artisan))
        looked = self._rebuild(conn, artisan)
        learning.climb(conn, learning.hers(conn, artisan, looked.now), before)

    def rebuild_everything(self, conn: Connection) -> None:
        """Compute every row of every ledger again, and what staff ask over all of them."""
        overview_rows.clear(conn)
        for artisan in logs.artisans(conn):
            self._rebuild(conn, artisan)
            log.info("ledger_rebuilt", artisan=artisan.hex())
        learning.climb_again(conn)

    # -- erasing a person ---------------------------------------------------------------------

    def listed(self, conn: Connection) -> list[ArtisanId]:
        """Return whose ledgers are here that should have been erased."""
        if not self.erased.erasures:
            return []
        return [artisan for artisan in logs.artisans(conn) if artisan in self.erased]

    def erase_listed(self, conn: Connection) -> int:
        """Delete every ledger that is here and should not be; return how many rows went."""
        return sum(self.erase(conn, artisan) for artisan in self.listed(conn))

    def erase(self, conn: Connection, artisan: ArtisanId) -> int:
        """Delete everything of an artisan, and what she added to everyone's sums.

        Nothing chains over her logs but they themselves. (design, 9)
        """
        learning.take_away(conn, artisan)
        overview.take_away(conn, artisan)
        return erasing.forget(conn, artisan)

    # -- inside ------------------------------------------------------------------------------

    def _rebuild(self, conn: Connection, artisan: ArtisanId) -> overview.Looked:
        parties = Parties(logs.descriptors(conn, artisan), self.key.public)
        rows = project(parties, stored_changes(conn, artisan))
        looked = overview.keep_up(conn, artisan, parties, rows, whole=True)
        niks.keep_up(conn, self.key, artisan, rows, whole=True)
        ledgers.save(conn, artisan, rows, whole=True)
        gaps.keep_up(conn, artisan, Held(rows), parties.logs)
        learning.relearn(conn, artisan, learning.relearned(conn, artisan, parties))
        return looked

    def _pen(self, conn: Connection, artisan: ArtisanId, parties: Parties) -> Pen:
        return Pen(
            Rows(ledgers.LedgerRows(conn, artisan)),
            parties,
            self.key.public,
            logs.own(conn, artisan),
            self.random,
        )

    def _check_known(self, sender: bytes, admitted: Admitted) -> None:
        if sender not in admitted.certified:
            raise Refused("unknown_key", "this key is not enrolled here")

    def _admit(self, offer: Offer, pen: Pen, room: int = REQUEST_INFLATED_BYTES_MAX) -> Admitted:
        known = {held.descriptor.log: held.descriptor for held in offer.logs}
        certified = {PublicKey(row.key) for row in pen.rows.group(CertificateRow).values()}
        return admit(
            ArtisanId(offer.artisan), offer.batches, known, self.key.public, certified, room
        )

    def _was_rolled_back(self, offer: Offer, pen: Pen) -> bool:
        """Say whether someone holds more of the log that the registry writes than it does."""
        return any(
            pen.writes_in(held.descriptor.log)
            and any(pen.unknown(held.descriptor.log, head.n, head.hash) for head in held.heads)
            for held in offer.logs
        )

    def _measure_clock(
        self, pen: Pen, offer: Offer, sender: PublicKey, reading: Reading, now: int
    ) -> list[Placed]:
        """Write down a device's clock error where it differs from what the set already says."""
        if reading.clock is None:
            return []
        offset = now - reading.clock
        if abs(offset) > INTEGER_MAX:
            return []
        written: list[Placed] = []
        clocks = pen.parties.clocks(pen.rows)
        for held in offer.logs:
            if held.descriptor.key != sender or not held.heads:
                continue
            head = max(held.heads, key=lambda each: each.n)
            strands = pen.ledger.held.strands(held.descriptor.log)
            if strands is None or strands.find(head.n, head.hash) is None:
                continue
            said = clocks.of(held.descriptor.log, head.n)
            if said is not None and (
                head.n <= said.of_n or abs(offset - said.offset) <= said.error
            ):
                continue
            piece = Piece(
                held.descriptor.log[:PREFIX_BYTES],
                1 if said is None else said.of_n + 1,
                head.n,
                head.hash[:PREFIX_BYTES],
            )
            try:
                written += pen.append(Clock(piece, offset, reading.error), now)
            except TooBig:
                break  # there is no room for a new log: the error stays unmeasured
        return written

    def _finish(
        self,
        conn: Connection,
        artisan: ArtisanId,
        pen: Pen,
        parties: Parties,
        written: Sequence[Placed],
        now: int,
        *,
        changed: bool,
    ) -> None:
        """Keep what a pen has written: descriptors, its own batches, rows, what days took."""
        for log_id in pen.logs.keys() - parties.logs.keys():
            logs.keep_descriptor(conn, artisan, pen.logs[log_id])
        by_log: dict[LogId, list[Placed]] = {}
        for each in written:
            by_log.setdefault(each.log, []).append(each)
        for log_id, changes in by_log.items():
            for run in cuts(changes):
                raw = cut(self.key, artisan, run, now)
                logs.keep_envelope(
                    conn, artisan, log_id, run[0].n, run[-1].n, run[-1].hash, now, raw
                )
        if pen.own is not None:
            logs.keep_own(conn, artisan, pen.own)
        if changed:
            looked = overview.keep_up(conn, artisan, pen.parties, pen.rows, whole=pen.whole)
            niks.keep_up(conn, self.key, artisan, pen.rows, whole=pen.whole)
            ledgers.save(conn, artisan, pen.rows, whole=pen.whole)
            before = learned.so_far(conn, artisan) if pen.whole else {}
            more = learning.difference(before, pen.rows.taken)
            learning.learn(conn, artisan, looked, now, more)

    def _receipt(
        self,
        conn: Connection,
        artisan: ArtisanId,
        pen: Pen,
        shown: bytes,
        now: int,
        *,
        again: bool,
    ) -> bytes:
        """Return the receipt of a ledger: the last one, unless something has changed since."""
        last = ledgers.receipt(conn, artisan)
        epoch, number = (1, 0) if last is None else last[:2]
        before = None if last is None else peek_receipt(last[2])
        if shown:
            theirs = self._ours(shown)
            if theirs and theirs.artisan == artisan and theirs.order > (epoch, number):
                # A later receipt of ours that we do not remember: we were restored.
                epoch, number, before = theirs.epoch + 1, theirs.number, None
        heads = [
            ReceiptHead(head.log, head.first, head.n, head.hash[:HEAD_HASH_BYTES])
            for prefix in sorted(pen.ledger.held.logs())
            for head in pen.ledger.held.heads(prefix)
        ]
        if again and last is not None and before is not None and before.heads == heads:
            return last[2]
        exceptions, more = self._exceptions(conn, artisan)
        if (
            last is not None
            and before is not None
            and (before.heads, before.exceptions) == (heads, exceptions)
        ):
            return last[2]
        receipt = Receipt(VERSION, artisan, epoch, max(number + 1, now), heads, exceptions, more)
        raw = write_receipt(self.key, receipt)
        ledgers.keep_receipt(conn, artisan, receipt.epoch, receipt.number, raw)
        return raw

    def _ours(self, shown: bytes) -> Receipt | None:
        """Return a receipt that was shown, if it is one of ours; nothing is refused for another."""
        try:
            return read_receipt(shown, self.key.public)
        except Refused:
            return None

    def _exceptions(self, conn: Connection, artisan: ArtisanId) -> tuple[list[Exceptions], bool]:
        """Return what was not simply applied, consecutive changes of one path as one range."""
        runs: list[Exceptions] = []
        found = ledgers.excepted(conn, artisan, _EXCEPTED_MAX)
        for log_id, n, hash_, verdict, reason, previous in found:
            end = hash_[:HEAD_HASH_BYTES]
            if runs:
                last = runs[-1]
                if (last.log, last.verdict, last.reason, last.hash) == (
                    log_id,
                    verdict,
                    reason,
                    previous[:HEAD_HASH_BYTES],
                ):
                    runs[-1] = Exceptions(log_id, last.first, n, end, verdict, reason)
                    continue
            runs.append(Exceptions(log_id, n, n, end, verdict, reason))
        cut_short = len(found) == _EXCEPTED_MAX or len(runs) > RECEIPT_EXCEPTIONS_MAX
        return runs[:RECEIPT_EXCEPTIONS_MAX], cut_short

    def _answer(
        self,
        conn: Connection,
        artisan: ArtisanId,
        pen: Pen,
        sender: PublicKey,
        offer: Offer,
        receipt: bytes,
        admitted: Admitted | None,
        budget: int = BATCHES_BYTES_PER_MESSAGE_MAX,
    ) -> Answer:
        """Return what the sender lacks, whole signed batches, as much as a message carries.

        One whose key was revoked lacks the registry's own log, which says so, and nothing else.
        """
        theirs = {
            held.descriptor.log: [(head.first, head.n, head.hash) for head in held.heads]
            for held in offer.logs
        }
        descriptors: dict[LogId, Descriptor] = {}
        batches: list[bytes] = []
        spent = 0
        # The registry's own log first: it holds the certificates that the others need.
        order = sorted(pen.logs, key=lambda each: (pen.logs[each].key != self.key.public, each))
        if any(row.key == sender for row in pen.rows.group(RevokedRow).values()):
            order = [each for each in order if pen.logs[each].key == self.key.public]
        for log_id in order:
            strands = pen.ledger.held.strands(log_id)
            if strands is None:
                continue
            sent: set[bytes] = set()
            for range_ in strands.lacking(theirs.get(log_id, ())):
                for first, last, hash_, raw in logs.envelopes(
                    conn, artisan, log_id, range_.first, range_.n
                ):
                    if raw in sent or not strands.overlaps(range_, first, last, hash_):  # type: ignore[arg-type]
                        continue
                    full = bool(batches) and spent + len(raw) > budget
                    if full or len(batches) >= REQUEST_BATCHES_MAX:
                        break
                    sent.add(raw)
                    batches.append(raw)
                    spent += len(raw)
            if sent or log_id not in theirs:
                descriptors[log_id] = pen.logs[log_id]
        return Answer(
            artisan,
            list(descriptors.values()),
            batches,
            receipt,
            list(admitted.refused) if admitted else [],
            self._stated(conn, artisan, pen),
        )


def stored_changes(conn: Connection, artisan: ArtisanId) -> list[Placed]:
    """Return every change of a ledger from its stored batches, each once."""
    known = logs.descriptors(conn, artisan)
    changes: dict[bytes, Placed] = {}
    for raw in logs.all_envelopes(conn, artisan):
        header, _ = peek(raw)
        for change in open_batch(raw, known[LogId(header.log)]).changes:
            changes[change.hash] = change
    return list(changes.values())
