"""A book and its registry, as plain examples."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.client.pair import Pair

from canting_client import reading, store
from canting_client.book import Book, NotJoined
from canting_client.store import NewerBook
from canting_protocol import changes as c
from canting_protocol.batch import cut
from canting_protocol.errors import Refused, TooBig
from canting_protocol.ledger.rows import ChangeRow
from canting_protocol.limits import CHANGE_LINES_MAX
from canting_protocol.messages import Offer, Turned, held
from canting_protocol.private import key_id

SALE = c.Sale([c.SaleLine(-1, 1000, 50_000)])


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    yield pair
    pair.close()


def changes(book: Book) -> int:
    return len(list(book.rows().all(ChangeRow)))


def test_an_everyday_sync_is_one_exchange(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
        pair.sync("a", siti)
        they_lack, i_lack, _, _ = siti.level()
        assert not they_lack
        assert not i_lack
        assert siti.digest() == pair.digest()


def test_a_book_that_belongs_to_no_registry_offers_nothing(pair: Pair) -> None:
    with pair.phone("a", joined=False) as siti:
        siti.record(SALE)
        with pytest.raises(NotJoined):
            siti.offer()


def test_a_lost_reply_costs_nothing_but_the_way(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
        pair.answer("a", siti)  # and nobody hears it
        siti.record(SALE)
        pair.sync("a", siti)
        assert siti.digest() == pair.digest()


def test_an_old_copy_put_back_goes_on_in_a_new_log_and_gets_its_tail_back(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
        pair.sync("a", siti)
    shutil.copy(pair.folder / "a.db", pair.folder / "old.db")
    with pair.book("a") as siti:
        siti.record(SALE, SALE)
        pair.sync("a", siti)
        whole = changes(siti)
    shutil.copy(pair.folder / "old.db", pair.folder / "a.db")
    with pair.book("a") as siti:
        own = siti.own
        assert own is not None
        assert own.rotate, "the guard remembers more than the book holds"
        pair.sync("a", siti)
        assert changes(siti) == whole
        placed = siti.record(SALE)[0]
        assert placed.log != own.log
        assert siti.parties().logs[placed.log].parent == own.hash
        pair.sync("a", siti)
        assert siti.digest() == pair.digest()


@pytest.mark.parametrize("guard_kept", [True, False])
def test_an_old_copy_goes_on_in_one_new_log_however_often_it_is_opened(
    pair: Pair, guard_kept: bool
) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
        pair.sync("a", siti)
    shutil.copy(pair.folder / "a.db", pair.folder / "old.db")
    with pair.book("a") as siti:
        siti.record(SALE)
        pair.sync("a", siti)
    if not guard_kept:
        shutil.rmtree(pair.folder / "guards")
    for _ in range(2):
        shutil.copy(pair.folder / "old.db", pair.folder / "a.db")
        logs = set()
        for _ in range(3):
            with pair.book("a") as siti:
                logs.add(siti.record(SALE)[0].log)
        assert len(logs) == 1, "each old copy begins one"
    with pair.book("a") as siti:
        for _ in range(2):
            pair.sync("a", siti)
        assert siti.digest() == pair.digest()


def test_without_a_guard_the_registrys_receipt_tells_that_a_book_was_restored(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
    shutil.copy(pair.folder / "a.db", pair.folder / "old.db")
    with pair.book("a") as siti:
        siti.record(SALE)
        pair.sync("a", siti)
    shutil.copy(pair.folder / "old.db", pair.folder / "a.db")
    shutil.rmtree(pair.folder / "guards")
    with pair.book("a") as siti:
        assert pair.sync("a", siti).rotated
        pair.sync("a", siti)
        assert siti.digest() == pair.digest()


def test_two_copies_of_a_phone_that_record_the_same_sale_make_two(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
    shutil.copy(pair.folder / "a.db", pair.folder / "b.db")
    pair.keys["b"] = pair.keys["a"]
    with pair.book("a") as one, pair.book("b") as two:
        one.record(SALE)
        two.record(SALE)
        for name, book in (("a", one), ("b", two)) * 2:
            pair.sync(name, book)
        assert one.digest() == two.digest() == pair.digest()
        sales = [row for row in one.rows().all(ChangeRow) if row.kind == c.Kind.SALE]
        assert len(sales) == 3
        logs = {book.record(SALE)[0].log for book in (one, two)}
        assert len(logs) == 2, "neither goes on in the log that both have written in"


def test_an_older_receipt_takes_nothing_back(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
        late = pair.answer("a", siti)
        siti.record(SALE)
        pair.sync("a", siti)
        newest = siti.receipt
        assert siti.take_in(late).stale
        assert siti.receipt == newest
        assert reading.figures(siti).only_here == 0


def test_a_registry_that_is_shown_a_later_receipt_opens_the_next_epoch(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
        pair.sync("a", siti)
        pair.raw.close()
        shutil.copy(pair.folder / "registry.db", pair.folder / "backup.db")
        pair.open("registry.db")
        siti.record(SALE)
        pair.now += 10_000
        pair.sync("a", siti)
        newest = siti.receipt
        assert newest is not None
        pair.raw.close()
        pair.open("backup.db")
        pair.now -= 10_000  # and its clock was put back, too
        assert pair.sync("a", siti).stale
        learned = pair.sync("a", siti, show_receipt=True)
        assert not learned.stale
        after = siti.receipt
        assert after is not None
        assert after.epoch == newest.epoch + 1
        pair.sync("a", siti)
        assert siti.digest() == pair.digest()


def test_a_restored_registry_that_a_phone_shows_its_own_tail_writes_on_in_a_new_log(
    pair: Pair,
) -> None:
    with pair.phone("a") as siti:
        for _ in range(2):
            siti.record(SALE)
            pair.sync("a", siti)
        pair.raw.close()
        shutil.copy(pair.folder / "registry.db", pair.folder / "backup.db")
        pair.open("registry.db")
        brand = c.Profile([c.FieldWrite(c.ProfileField.BRAND, c.value("Contoh"))])
        pair.work(lambda conn: pair.registry.write(conn, pair.artisan, brand))
        pair.sync("a", siti)
        pair.raw.close()
        pair.open("backup.db")
        pair.skew = 3600  # so that the registry has something to write in the same exchange
        for _ in range(3):
            pair.sync("a", siti, show_receipt=True)
        assert siti.digest() == pair.digest()
        places = [(row.log, row.n) for row in siti.rows().all(ChangeRow)]
        assert len(set(places)) == len(places), "the registry forked its own log"


def test_a_registry_from_before_the_enrolment_learns_the_device_again(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
        pair.sync("a", siti)
        pair.raw.close()
        pair.open("empty.db")
        with pytest.raises(Refused) as refused:
            pair.answer("a", siti)
        assert refused.value.code == "unknown_key"
        pair.sync("a", siti, believe_nothing=True)
        assert siti.digest() == pair.digest()


def test_a_second_device_reads_private_values_with_the_first_ones_key(pair: Pair) -> None:
    with pair.phone("a") as siti, pair.phone("b") as budi:
        name = c.FieldWrite(c.PartnerField.NAME, c.value(siti.hide("Bu Contoh")))
        siti.record(c.Partner(None, [name]))
        pair.sync("a", siti)
        pair.sync("b", budi)
        assert reading.things(budi, c.Kind.PARTNER)[0].name == reading.HIDDEN
        key = next(iter(siti.book_keys.values()))
        store.keep_book_key(budi.conn, key_id(key), key)
        assert reading.things(budi, c.Kind.PARTNER)[0].name == "Bu Contoh"
        stored = pair.raw.execute("SELECT raw FROM envelope").fetchall()
        assert not any(b"Contoh" in raw for (raw,) in stored)


def test_what_is_too_big_is_refused_before_anything_is_written(pair: Pair) -> None:
    with pair.phone("a") as siti:
        before = siti.digest()
        lines = [c.SaleLine(-1, 1, 0)] * CHANGE_LINES_MAX
        siti.record(c.Sale(lines))
        after = siti.digest()
        for wrong in (
            c.Sale([*lines, lines[0]]),
            c.Sale([c.SaleLine(-1, 0, 5)]),
            c.Expense("x" * 20_000, 1),
        ):
            with pytest.raises((TooBig, c.BadChange)):
                siti.record(SALE, wrong)
        assert siti.digest() == after != before


def test_a_book_of_a_newer_version_is_left_alone(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.conn.execute("PRAGMA user_version = 99")
    with pytest.raises(NewerBook):
        pair.book("a")


def test_tables_of_another_projection_are_computed_again(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
        before = siti.digest()
        siti.conn.execute("DELETE FROM turnover")
        siti.conn.execute("ALTER TABLE stock ADD COLUMN of_another_version INTEGER")
        siti.conn.execute("DROP TABLE revoked")
        store.set_setting(siti.conn, "projection", b"\0\0\0\0")
    with pair.book("a") as siti:
        assert siti.digest() == before


def test_a_poison_change_gets_a_verdict_and_holds_nobody_up(pair: Pair) -> None:
    from canting_protocol.ledger.author import place
    from canting_protocol.ledger.pen import Own
    from canting_protocol.log import Hash, LogId

    with pair.phone("a") as siti:
        siti.record(SALE)
        with siti.write() as writing:
            own = writing.pen.own
            assert own is not None
            poison = place(LogId(own.log), own.n + 1, Hash(own.hash), 5, b"\xc1")
            writing.pen.take([poison])
            writing.pen.own = Own(poison.log, poison.n, poison.hash)
        siti.record(SALE)
        pair.sync("a", siti)
        assert reading.figures(siti).refused == 1
        assert reading.figures(siti).only_here == 0
        assert siti.digest() == pair.digest()


def test_a_batch_that_its_author_did_not_sign_is_refused_and_the_next_goes_on(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
        offer = siti.offer()
        (good,) = offer.batches
        bad = good[:-1] + bytes([good[-1] ^ 1])
        offered = Offer(offer.artisan, offer.logs, [bad, good])
        answer = pair.exchange("a", offered)
        assert answer.refused == [Turned(0, "bad_signature")]
        siti.take_in(answer)
        assert siti.digest() == pair.digest()


def test_a_key_without_a_certificate_may_not_write_through_another(pair: Pair) -> None:
    with pair.phone("a") as siti, pair.phone("x", joined=False) as stranger:
        (placed,) = stranger.record(SALE)
        raw = cut(pair.keys["x"], pair.artisan, [placed], pair.now)
        theirs = held(stranger.parties().logs[placed.log], stranger.heads()[placed.log])
        offer = siti.offer()
        answer = pair.exchange("a", Offer(offer.artisan, [*offer.logs, theirs], [raw]))
        assert answer.refused == [Turned(0, "unknown_key")]
        siti.take_in(answer)
        assert siti.digest() == pair.digest()
