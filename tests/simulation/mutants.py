"""Mutants: each defence taken away, one at a time, must be noticed by a rule or a history.

    python -m tests.simulation.mutants [NAME …]

A mutant is killed when a plain example of `tests/ledger/test_rules.py` fails, or else a simulated
history breaks an invariant; the killing seed is printed, and kept in `docs/proof.md`.
"""

import functools
import inspect
import logging
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import structlog
from msgspec import structs
from tests.client import test_book, test_custody, test_recovering
from tests.client.pair import Pair
from tests.ledger import test_properties, test_rules
from tests.simulation import history

from canting_client import book as book_module
from canting_client import parcels, store
from canting_client.relay.bag import GOODS, QUESTION, Bag
from canting_protocol import batch, codec, crypto, door, frames, frontier, messages
from canting_protocol.errors import Refused
from canting_protocol.ledger import (
    absorb,
    author,
    causality,
    judge,
    pen,
    posting,
    project,
    registers,
    revoked,
    stock,
    times,
)
from canting_protocol.ledger.causality import Held
from canting_protocol.ledger.pen import Pen
from canting_protocol.ledger.registers import Standing
from canting_protocol.ledger.rows import ChangeRow, Rows, VoidRow
from canting_protocol.letters import digest_of, read_letter
from canting_protocol.messages import Reason, Verdict
from canting_server.registry.erased import Erased
from canting_server.registry.registry import Registry

SEEDS_MAX: Final = 120
HISTORY_SECONDS_MAX: Final = 30
"""A healthy history takes one or two."""

Mutant = Callable[[ExitStack], None]
MUTANTS: Final[dict[str, Mutant]] = {}


def mutant(function: Mutant) -> Mutant:
    """Register a mutant under its function's name."""
    MUTANTS[function.__name__] = function
    return function


def swap(stack: ExitStack, where: Any, name: str, other: Any) -> None:
    """Put something else in a defence's place."""
    stack.enter_context(patch.object(where, name, other))


@mutant
def dedupe_by_log_and_number(stack: ExitStack) -> None:
    swap(
        stack,
        absorb.Ledger,
        "holds",
        lambda self, change: bool(self.rows.group(ChangeRow, change.log, change.n)),
    )


def _hash_with_batch(stack: ExitStack, of_batch: Callable[[Any], int]) -> None:
    plain, current = batch.open_batch, {"more": 0}

    def next_hash(previous: bytes, t: int, body: bytes) -> bytes:
        return crypto.sha256(
            previous, t.to_bytes(8, "big", signed=True), body, b"%d" % current["more"]
        )

    def open_batch(raw: bytes, descriptor: Any) -> Any:
        current["more"] = of_batch(batch.peek(raw)[0])
        return plain(raw, descriptor)

    swap(stack, batch, "next_hash", next_hash)
    for where in (batch, door):
        swap(stack, where, "open_batch", open_batch)


@mutant
def identity_made_when_the_batch_is_sealed(stack: ExitStack) -> None:
    _hash_with_batch(stack, lambda header: header.clock)


@mutant
def cutting_again_changes_the_hash(stack: ExitStack) -> None:
    _hash_with_batch(stack, lambda header: header.first)


@mutant
def a_mark_covers_another_branch(stack: ExitStack) -> None:
    def reaches(self: Held, piece: Any, n: int, hash_: bytes) -> bool:
        return (piece.log, piece.n, piece.hash) not in self.awaited

    swap(stack, Held, "_reaches", reaches)


@mutant
def an_author_forgets_its_old_incarnation(stack: ExitStack) -> None:
    # Only who reads forgets; a writer who forgot would name its old log in the next mark again.
    for where in (absorb, project):
        swap(stack, where, "with_parent", lambda _held, _knew, _parent: ())


@mutant
def no_marks_at_all(stack: ExitStack) -> None:
    swap(stack, pen, "mark_before", lambda *_: None)


@mutant
def eager_marks(stack: ExitStack) -> None:
    swap(stack, author, "_depends", lambda _change: True)


@mutant
def a_count_subtracts_what_lies_clearly_before_it(stack: ExitStack) -> None:
    swap(stack, stock, "clearly_before", lambda _fact, _count: False)


@mutant
def a_count_forgets_what_it_saw(stack: ExitStack) -> None:
    swap(stack, stock.Shelf, "weigh", lambda self, base, leg: (leg.quantity, 0))


@mutant
def a_stale_receipt_is_accepted(stack: ExitStack) -> None:
    swap(stack, messages.Receipt, "order", property(lambda self: (0, 0)))


@mutant
def poison_rejects_the_request(stack: ExitStack) -> None:
    plain = judge.judge

    def strict(body: bytes, **whose: Any) -> Any:
        judged = plain(body, **whose)
        if judged.change is None:
            raise Refused("malformed", "poison")
        return judged

    for where in (absorb, project):
        swap(stack, where, "judge", strict)


@mutant
def a_branch_is_dropped(stack: ExitStack) -> None:
    plain = Pen.take

    def take(self: Pen, changes: Any) -> Any:
        return plain(
            self,
            [
                each
                for each in changes
                if not any(
                    other.hash != each.hash
                    for other in self.rows.group(ChangeRow, each.log, each.n).values()
                )
            ],
        )

    swap(stack, Pen, "take", take)


@mutant
def one_head_per_log(stack: ExitStack) -> None:
    plain = frontier.heads_of

    def heads_of(log: Any, changes: Any) -> Any:
        heads, links = plain(log, changes)
        return heads[-1:], links

    swap(stack, project, "heads_of", heads_of)


@mutant
def a_head_hides_a_gap(stack: ExitStack) -> None:
    plain = frontier.Strands.lacking

    def lacking(self: frontier.Strands, theirs: Any) -> Any:
        return plain(self, [(1, n, hash_) for _, n, hash_ in theirs])

    swap(stack, frontier.Strands, "lacking", lacking)


@mutant
def heads_without_hash(stack: ExitStack) -> None:
    swap(
        stack,
        frontier.Strands,
        "find",
        lambda self, n, _prefix: next(iter(self.hashes(n)), None),
    )


@mutant
def no_new_incarnation_after_a_rollback(stack: ExitStack) -> None:
    swap(stack, Pen, "rotate", lambda _self: None)


@mutant
def a_known_head_proves_nothing_is_lacking(stack: ExitStack) -> None:
    plain = frontier.Strands.lacking

    def lacking(self: frontier.Strands, theirs: Any) -> Any:
        theirs = list(theirs)
        return [] if any(self.find(n, h) for _, n, h in theirs) else plain(self, theirs)

    swap(stack, frontier.Strands, "lacking", lacking)


@mutant
def a_void_counts_twice(stack: ExitStack) -> None:
    plain = Rows.group

    def group(self: Rows, shape: Any, *prefix: Any) -> Any:
        found = plain(self, shape, *prefix)
        caller = sys._getframe(1).f_code.co_name
        return {} if shape is VoidRow and caller == "_void" else found

    swap(stack, Rows, "group", group)


@mutant
def what_is_not_signed_is_applied(stack: ExitStack) -> None:
    swap(stack, batch, "verify", lambda *_: None)


@mutant
def any_key_may_write(stack: ExitStack) -> None:
    plain = door.admit

    def admit(
        artisan: Any, offered: Any, logs: Any, registry: Any, certified: Any, *more: Any
    ) -> Any:
        keys = {descriptor.key for descriptor in logs.values()}
        return plain(artisan, offered, logs, registry, set(certified) | keys, *more)

    from canting_server.registry import registry as where

    swap(stack, where, "admit", admit)


@mutant
def names_resolve_without_the_authors_marks(stack: ExitStack) -> None:
    def named(self: Held, _author: Any, log: bytes, n: int, _branch: bytes = b"") -> Any:
        strands = self.strands(log)
        hashes = sorted(strands.hashes(n)) if strands else []
        return hashes[0] if hashes else None

    swap(stack, Held, "named", named)


@mutant
def the_clock_beats_causality(stack: ExitStack) -> None:
    def settle(writes: Any, _held: Any, clocks: Any) -> Any:
        every = sorted(
            writes, key=lambda w: (clocks.moment(w.log, w.n, w.t, None).time, w.log, w.hash)
        )
        return [
            (each, Standing.SHOWN if each is every[-1] else Standing.REPLACED) for each in every
        ]

    for where in (absorb, project):
        swap(stack, where, "settle", settle)


@mutant
def the_device_clock_is_taken_for_the_true_time(stack: ExitStack) -> None:
    swap(
        stack,
        times.Clocks,
        "moment",
        lambda _self, _log, _n, t, stated: times.Moment(stated, t, 0),
    )


@mutant
def no_salt(stack: ExitStack) -> None:
    plain = Pen.append

    def append(self: Pen, change: Any, now: int, *, salted: bool = False) -> Any:
        return plain(self, change, now)

    swap(stack, Pen, "append", append)


@mutant
def an_unknown_key_is_not_offered_everything(stack: ExitStack) -> None:
    plain = book_module.Book.offer

    def offer(self: Any, *, believe_nothing: bool = False, show_receipt: bool = False) -> Any:
        return plain(self, show_receipt=show_receipt)

    swap(stack, book_module.Book, "offer", offer)


@mutant
def believed_is_what_was_sent(stack: ExitStack) -> None:
    plain = book_module.Book.offer
    sent: dict[int, set[bytes]] = {}

    def offer(self: Any, **how: bool) -> Any:
        offered = plain(self, **how)
        before = sent.setdefault(id(self), set())
        fresh = [batch for batch in offered.batches if batch not in before]
        before.update(fresh)
        return structs.replace(offered, batches=fresh)

    swap(stack, book_module.Book, "offer", offer)


@mutant
def a_registry_never_rotates_its_own_log(stack: ExitStack) -> None:
    swap(stack, Registry, "_was_rolled_back", lambda *_: False)


@mutant
def a_refused_void_takes_effect(stack: ExitStack) -> None:
    plain = (Verdict.APPLIED, Reason.NONE)
    for where in (absorb, posting, project):
        swap(stack, where, "void_verdict", lambda *_: plain)


@mutant
def consent_is_the_latest(stack: ExitStack) -> None:
    swap(stack, registers, "CONSENT", "no such entity")


@mutant
def what_is_awaited_covers_already(stack: ExitStack) -> None:
    class Forgetful(set[tuple[bytes, int, bytes]]):
        """A set that keeps nothing."""

        def add(self, _: object) -> None:
            pass

    plain = causality.Held.__init__

    def init(self: Any, rows: Any) -> None:
        plain(self, rows)
        self.awaited = Forgetful()

    swap(stack, causality.Held, "__init__", init)


@mutant
def a_revocation_parks_nothing(stack: ExitStack) -> None:
    swap(stack, revoked.Revoked, "of", lambda _self, _key: None)


@mutant
def a_revocation_parks_its_ancestors_too(stack: ExitStack) -> None:
    swap(stack, revoked, "standing", lambda heads, _changes: {head.hash for head, _ in heads})


@mutant
def what_a_thief_forks_below_the_head_is_applied(stack: ExitStack) -> None:
    def standing(heads: Any, changes: Any) -> Any:
        return {
            hash_
            for head, first in heads
            for hash_, change in changes.items()
            if change.log == head.log and first <= change.n <= head.n
        }

    swap(stack, revoked, "standing", standing)


# -- couriers ------------------------------------------------------------------------------------


@mutant
def a_couriers_word_is_taken_for_stored(stack: ExitStack) -> None:
    plain = book_module.Book.letters

    def letters(self: Any) -> Any:
        for raw in store.letters(self.conn):
            if store.slips(self.conn, digest_of(raw)):
                store.drop_letter(self.conn, digest_of(raw))
        return plain(self)

    swap(stack, book_module.Book, "letters", letters)
    swap(stack, book_module, "_uncovered", lambda *_: {(b"", 0, b"")})


@mutant
def a_bag_drops_by_number(stack: ExitStack) -> None:
    def settle(self: Bag, slip: Any) -> int:
        named = {each.digest for each in slip.letters}
        letters = [read_letter(raw) for raw in self.letters(GOODS)]
        highest = {
            span.log: span.n
            for letter in letters
            if letter.digest in named
            for span in letter.address.spans
        }
        gone = [
            letter.digest
            for letter in letters
            if any(span.n <= highest.get(span.log, 0) for span in letter.address.spans)
        ]
        for digest in gone:
            self._conn.execute("DELETE FROM letter WHERE digest = ?", (digest,))
        return len(gone)

    swap(stack, Bag, "settle", settle)


@mutant
def any_slip_lets_a_bag_drop(stack: ExitStack) -> None:
    from canting_client.relay import deliver as where

    plain = vars(where)["read_slip"]

    def read_slip(data: bytes) -> Any:
        said = plain(data)
        return Anyones(said)

    class Anyones:
        """A slip that seems to be everybody's."""

        def __init__(self, said: Any) -> None:
            self.letters = said.letters
            self.giver = self.taker = Anyone()

    class Anyone:
        """Equal to everyone."""

        def __eq__(self, _: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    swap(stack, where, "read_slip", read_slip)


@mutant
def a_question_is_asked_once(stack: ExitStack) -> None:
    plain = Bag.settle

    def settle(self: Bag, slip: Any) -> int:
        for each in slip.letters:
            self._conn.execute(
                "DELETE FROM letter WHERE digest = ? AND kind = ?", (each.digest, QUESTION)
            )
        return plain(self, slip)

    swap(stack, Bag, "settle", settle)


@mutant
def copies_of_a_phone_share_one_question(stack: ExitStack) -> None:
    from canting_protocol.letters import Address

    plain = vars(book_module)["Address"]

    def address(*parts: Any, asker: bytes = b"", **more: Any) -> Address:
        made: Address = plain(*parts, **more)
        return made

    swap(stack, book_module, "Address", address)


@mutant
def a_device_does_not_hear_that_it_was_forgotten(stack: ExitStack) -> None:
    swap(stack, book_module.Book, "taken_by", lambda *_: None)


@mutant
def anybody_vouches(stack: ExitStack) -> None:
    from canting_protocol import bundles, witness

    swap(stack, witness, "verify", lambda *_: None)
    swap(stack, bundles, "verify", lambda *_: None)


@mutant
def a_witness_holds_for_every_ledger(stack: ExitStack) -> None:
    from canting_server.registry import registry as where

    plain = vars(where)["witnessed"]

    def witnessed(papers: Any, registry: Any) -> Any:
        class Whose(bytes):
            """Every artisan."""

            def __ne__(self, _: object) -> bool:
                return False

            __hash__ = None  # type: ignore[assignment]

        return [
            each._replace(said=structs.replace(each.said, artisan=Whose(each.said.artisan)))
            for each in plain(papers, registry)
        ]

    swap(stack, where, "witnessed", witnessed)


# -- files and screens ---------------------------------------------------------------------------


@mutant
def of_a_file_that_is_cut_off_nothing_is_taken(stack: ExitStack) -> None:
    plain = vars(parcels)["unpack"]

    def unpack(data: bytes) -> Any:
        found = plain(data)
        if not found.whole:
            raise Refused("malformed", "it is cut off")
        return found

    swap(stack, parcels, "unpack", unpack)


@mutant
def a_hand_over_is_not_compared_with_its_letters(stack: ExitStack) -> None:
    from canting_client.relay import bag as where

    swap(stack, where, "check_handover", lambda *_: None)


@mutant
def a_content_that_was_caught_is_not_checked(stack: ExitStack) -> None:
    def finish(self: Any, heading: Any) -> None:
        size = heading.payload_bytes
        pieces = self._rows.pop(heading).solved()
        self.content = b"".join(each.to_bytes(size, "big") for each in pieces)[: heading.length]
        self._whole = frames.Progress(heading.pieces, heading.pieces)

    swap(stack, frames.Gathering, "_finish", finish)


@mutant
def a_content_that_failed_is_not_begun_anew(stack: ExitStack) -> None:
    plain = frames.Gathering._finish

    def finish(self: Any, heading: Any) -> None:
        rows = self._rows[heading]
        plain(self, heading)
        if self.content is None:
            self._rows[heading] = rows

    swap(stack, frames.Gathering, "_finish", finish)


@mutant
def damaged_frames_are_taken(stack: ExitStack) -> None:
    class Right:
        """Equal to every check."""

        def __ne__(self, _: object) -> bool:
            return False

        __hash__ = None  # type: ignore[assignment]

    plain = frames._crc

    def crc(data: bytes) -> Any:
        reads = sys._getframe(1).f_code.co_name == "read_frame"
        return Right() if reads else plain(data)

    swap(stack, frames, "_crc", crc)


@mutant
def another_screen_drives_out_what_was_caught(stack: ExitStack) -> None:
    swap(stack, frames, "SESSIONS_KEPT", 1)


# -- partings ------------------------------------------------------------------------------------


@mutant
def the_sheets_key_is_not_kept(stack: ExitStack) -> None:
    swap(stack, book_module.Book, "add_key", lambda _self, _key, *, first: None)


@mutant
def a_recovered_phone_begins_with_nothing_before_it(stack: ExitStack) -> None:
    swap(stack, book_module.Writing, "_go_on", lambda _self: None)


@mutant
def what_a_lost_phone_stated_is_not_noted(stack: ExitStack) -> None:
    swap(stack, Registry, "_note_stated", lambda *_: None)


@mutant
def a_late_answer_takes_back_what_is_missing(stack: ExitStack) -> None:
    plain = book_module.Writing.take_in

    def take_in(self: Any, answer: Any) -> Any:
        learned = plain(self, answer)
        told = codec.encode(answer.stated) if answer.stated else None
        store.set_setting(self.conn, "stated", told)
        return learned

    swap(stack, book_module.Writing, "take_in", take_in)


def _erased_is_not_seen_by(stack: ExitStack, *callers: str) -> None:
    plain = Erased.__contains__

    def contains(self: Erased, artisan: Any) -> bool:
        if sys._getframe(1).f_code.co_name in callers:
            return False
        return plain(self, artisan)

    swap(stack, Erased, "__contains__", contains)


@mutant
def who_was_erased_is_taken_in_again(stack: ExitStack) -> None:
    _erased_is_not_seen_by(stack, "take_in", "take_in_portion", "<genexpr>")


@mutant
def a_backup_brings_back_who_was_erased(stack: ExitStack) -> None:
    from canting_server import erasing

    plain = erasing.apply

    async def apply(home: Any, registry: Any, database: Any) -> Any:
        if registry.erased.unfinished:
            return await plain(home, registry, database)
        return erasing.Applied(0, unfinished=False)

    swap(stack, erasing, "apply", apply)


@mutant
def the_list_of_the_erased_is_kept_when_all_is_done(stack: ExitStack) -> None:
    from canting_server import erasing

    plain = erasing.save

    def save(home: Any, erased: Erased) -> None:
        if not erased.unfinished:
            plain(home, erased)

    swap(stack, erasing, "save", save)


@mutant
def what_she_sold_stays_in_everyones_sums(stack: ExitStack) -> None:
    from canting_server.registry import learning

    swap(stack, learning, "take_away", lambda *_: None)


@mutant
def a_courier_keeps_what_nobody_takes(stack: ExitStack) -> None:
    from canting_client.relay import bag as where

    swap(stack, where, "SETTLED", vars(where)["SETTLED"] - {"erased"})


def rules() -> Iterator[Callable[[], None]]:
    """Yield the plain examples, and the property of order."""
    for name, function in inspect.getmembers(test_rules, inspect.isfunction):
        if name.startswith("test_"):
            yield function
    for name, function in inspect.getmembers(test_custody, inspect.isfunction):
        if name == "test_a_stranger_vouches_for_nobody":
            for forged in ("officer", "witness", "artisan"):
                yield functools.wraps(function)(
                    functools.partial(_with_a_pair, functools.partial(function, forged=forged))
                )
    found = inspect.getmembers(test_book, inspect.isfunction)
    found += inspect.getmembers(test_custody, inspect.isfunction)
    found += inspect.getmembers(test_recovering, inspect.isfunction)
    for name, function in found:
        if name.startswith("test_") and [*inspect.signature(function).parameters] == ["pair"]:
            yield functools.wraps(function)(functools.partial(_with_a_pair, function))
    yield test_properties.test_any_order_and_grouping_of_arrival_gives_the_same_ledger


def _with_a_pair(function: Callable[[Pair], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(Path(folder))
        try:
            function(pair)
        finally:
            pair.close()


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """Take a defence away."""
    with ExitStack() as stack:
        MUTANTS[name](stack)
        yield


def killed_by(name: str, seeds: range) -> str | None:
    """Return what noticed a mutant, or None when nothing did."""
    with mutated(name):
        for rule in rules():
            try:
                rule()
            except Exception:  # whatever breaks has noticed
                return rule.__name__
        for seed in seeds:
            # Again and again: a task may swallow the first.
            signal.setitimer(signal.ITIMER_REAL, HISTORY_SECONDS_MAX, 0.2)
            try:
                history.history(seed)
            except TooLong:
                return f"seed {seed}: I15 no end within {HISTORY_SECONDS_MAX} s"
            except Exception as error:
                return f"seed {seed}: {type(error).__name__} {str(error)[:60]}"
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    return None


class TooLong(BaseException):
    """Say that a history does not come to an end."""


def _too_long(*_: object) -> None:
    raise TooLong


def main() -> int:
    """Try every mutant; return the number that lived."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGALRM, _too_long)
    for rule in rules():
        rule()  # one that fails by itself would seem to notice everything
    lived = 0
    for name in sys.argv[1:] or MUTANTS:
        by = killed_by(name, range(SEEDS_MAX))
        lived += by is None
        print(f"{'killed' if by else 'LIVES '}  {name}  {by or ''}", flush=True)  # noqa: T201
    return lived


if __name__ == "__main__":
    sys.exit(main())
