"""The rules of the ledger (design, section 5), each as a plain example that can be read aloud."""

from itertools import permutations

import pytest
from tests.ledger.makers import (
    DAY,
    MONDAY,
    REGISTRY,
    Ledger,
    Phone,
    Store,
    absorbed,
    counted,
    item,
    key,
    made,
    priced,
    revoke,
    sold,
)

from canting_protocol import changes as c
from canting_protocol.ledger import absorb
from canting_protocol.ledger.author import place
from canting_protocol.ledger.causality import Author, Held, unpack
from canting_protocol.ledger.pen import Pen
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.project import project
from canting_protocol.ledger.registers import Standing, canonical, restated
from canting_protocol.ledger.rows import (
    Balance,
    ChangeRow,
    ClockRow,
    HeadRow,
    RevokedRow,
    Rows,
    Stock,
    Tally,
    VoidRow,
)
from canting_protocol.ledger.stock import unpack_bases
from canting_protocol.messages import Reason, Verdict

TODAY = (MONDAY + 7 * 3600) // DAY


def registry_phone() -> Phone:
    """Return the department, which is a device too."""
    phone = Phone("R")
    phone.key = REGISTRY
    return phone


# -- facts add ------------------------------------------------------------------------------


def test_what_was_made_less_what_was_sold_is_there() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    siti.write(made(kain.n, 5), sold(kain.n, 2))
    assert Ledger(siti).stock(kain).quantity == 3000


def test_stock_below_zero_is_shown_and_the_sale_stands() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    siti.write(sold(kain.n, 2, 300_000))
    ledger = Ledger(siti)
    assert ledger.stock(kain).quantity == -2000
    assert ledger.turnover() == 300_000


def test_a_sale_on_credit_is_turnover_at_once_and_a_debt_until_paid() -> None:
    siti = Phone("a")
    kain, bu_lurah = (
        siti.write(item()),
        siti.write(c.Partner(None, [c.FieldWrite(2, c.value("pembeli"))])),
    )
    siti.write(sold(kain.n, 1, 200_000, account=c.Account.RECEIVABLE, partner=bu_lurah.n))
    siti.write(c.Payment(1, 150_000, bu_lurah.n))
    ledger = Ledger(siti)
    assert ledger.turnover() == 200_000
    owed = ledger.rows.get(Balance, c.Account.RECEIVABLE, key(bu_lurah))
    assert owed is not None
    assert owed.amount == 50_000


def test_goods_in_custody_are_a_debt_and_a_commission_not_turnover() -> None:
    siti = Phone("a")
    kain, owner = (
        siti.write(item()),
        siti.write(c.Partner(None, [c.FieldWrite(2, c.value("perajin"))])),
    )
    siti.write(c.Sale([c.SaleLine(kain.n, 1000, 200_000, owner.n, 20_000)]))
    ledger = Ledger(siti)
    assert ledger.turnover() == 0
    owed = ledger.rows.get(Balance, c.Account.PAYABLE, key(owner))
    assert owed is not None
    assert owed.amount == -180_000


def test_titip_jual_is_a_move_and_not_a_sale() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    siti.write(made(kain.n, 5), c.Move([c.MoveLine(kain.n, 3000)], -1, -3))
    ledger = Ledger(siti)
    assert ledger.turnover() == 0
    assert (ledger.stock(kain).quantity, ledger.stock(kain, -3).quantity) == (2000, 3000)


# -- voids ----------------------------------------------------------------------------------


def test_a_voided_sale_gives_back_goods_and_money() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    sale = siti.write(made(kain.n, 5), sold(kain.n, 2))
    siti.write(c.Void(sale.n, "salah"))
    ledger = Ledger(siti)
    assert (ledger.stock(kain).quantity, ledger.turnover()) == (5000, 0)


def test_a_sale_voided_by_two_phones_is_gone_once() -> None:
    siti, budi = Phone("a"), Phone("b")
    kain = siti.write(item())
    sale = siti.write(made(kain.n, 5), sold(kain.n, 2))
    siti.write(sold(kain.n, 1, 70_000))
    budi.hear(siti)
    siti.write(c.Void(sale.n))
    budi.write(c.Void(budi.name(sale)))
    ledger = Ledger(siti, budi)
    assert (ledger.stock(kain).quantity, ledger.turnover()) == (4000, 70_000)
    one_by_one = [[each] for each in ledger.changes.values()]
    assert absorbed(ledger.parties, one_by_one) == ledger.digest


def test_a_void_may_arrive_before_what_it_voids() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    sale = siti.write(sold(kain.n, 2))
    siti.write(c.Void(sale.n))
    late = {hash_: change for hash_, change in siti.changes.items() if hash_ != sale.hash}
    parties = Parties(siti.logs, REGISTRY.public)
    rows = project(parties, late.values())
    assert list(rows.all(VoidRow))
    assert Ledger(siti).turnover() == 0


def test_a_void_is_never_voided() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    sale = siti.write(sold(kain.n))
    void = siti.write(c.Void(sale.n))
    again = siti.write(c.Void(void.n))
    ledger = Ledger(siti)
    row = ledger.rows.get(ChangeRow, again.log, again.n, again.hash)
    assert row is not None
    assert (row.verdict, row.reason) == (Verdict.REFUSED, Reason.NOT_A_FACT)
    assert ledger.turnover() == 0


def test_the_registry_may_not_void_her_facts() -> None:
    siti, dinas = Phone("a"), registry_phone()
    kain = siti.write(item())
    sale = siti.write(sold(kain.n, 1, 90_000))
    dinas.hear(siti)
    void = dinas.write(c.Void(c.Foreign(sale.log[:8], sale.n)))
    ledger = Ledger(siti, dinas)
    row = ledger.rows.get(ChangeRow, void.log, void.n, void.hash)
    assert row is not None
    assert (row.verdict, row.reason) == (Verdict.REFUSED, Reason.NOT_YOURS)
    assert ledger.turnover() == 90_000


def test_the_registry_may_not_sell_and_a_phone_may_not_certify() -> None:
    siti, dinas = Phone("a"), registry_phone()
    kain = siti.write(item(), c.Certificate(b"k" * 32))
    dinas.write(sold(-1))
    ledger = Ledger(siti, dinas)
    refused = [row.kind for row in ledger.all(ChangeRow) if row.verdict == Verdict.REFUSED]
    assert sorted(refused) == [c.Kind.SALE, c.Kind.CERTIFICATE]
    assert kain.n == 2


# -- counts ---------------------------------------------------------------------------------


def test_a_count_says_what_is_there_and_later_sales_go_on_from_it() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    siti.write(made(kain.n, 9), counted(kain.n, 4), sold(kain.n, 1))
    assert Ledger(siti).stock(kain).quantity == 3000


def test_a_forgotten_sale_of_last_saturday_does_not_subtract_twice() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    siti.write(made(kain.n, 9), counted(kain.n, 4))
    siti.write(sold(kain.n, 1, 80_000, day=TODAY - 2))
    ledger = Ledger(siti)
    assert ledger.stock(kain).quantity == 4000
    assert ledger.turnover() == 80_000


def test_history_imported_after_a_count_does_not_move_the_counted_shelf() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    siti.write(counted(kain.n, 7))
    for back in range(1, 30):
        siti.write(sold(kain.n, 1, 10_000, day=TODAY - back))
    ledger = Ledger(siti)
    assert ledger.stock(kain).quantity == 7000
    assert ledger.turnover() == 290_000


def test_an_unsynced_move_out_is_applied_and_marked_uncertain() -> None:
    siti, budi = Phone("a"), Phone("b")
    kain = siti.write(item())
    siti.write(made(kain.n, 9))
    budi.hear(siti)
    budi.write(c.Move([c.MoveLine(budi.name(kain), 2000)], -1, -3))
    siti.write(counted(kain.n, 9))
    stock = Ledger(siti, budi).stock(kain)
    assert (stock.quantity, stock.uncertain) == (7000, 2000)


def test_a_count_after_rotation_has_seen_the_old_log() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    siti.write(made(kain.n, 9), sold(kain.n, 2))
    siti.restored(siti.changes.values())
    siti.write(counted(siti.name(kain), 6))
    assert len(siti.logs) == 2
    assert Ledger(siti).stock(kain).quantity == 6000


def test_a_count_on_one_branch_has_not_seen_the_other() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    siti.write(made(kain.n, 9))
    twin = siti.copy()
    twin.write(sold(kain.n, 2))
    siti.write(counted(kain.n, 9))
    stock = Ledger(siti, twin).stock(kain)
    assert (stock.quantity, stock.uncertain) == (7000, 2000)


def test_a_voided_count_gives_its_place_back_to_the_one_before() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    siti.write(counted(kain.n, 8), sold(kain.n, 1))
    wrong = siti.write(counted(kain.n, 80))
    siti.write(c.Void(wrong.n))
    assert Ledger(siti).stock(kain).quantity == 7000


def test_a_shelf_tells_which_count_it_stands_upon() -> None:
    """The last one; after a void the one before; both, of two that do not know each other."""
    siti, budi = Phone("a"), Phone("b", MONDAY + 600)
    kain = siti.write(item())
    budi.hear(siti)
    assert unpack_bases(Ledger(siti).stock(kain).bases) == ()
    first, second = siti.write(counted(kain.n, 8)), siti.write(counted(kain.n, 5))
    siti.write(sold(kain.n, 1))
    assert [base.hash for base in unpack_bases(Ledger(siti).stock(kain).bases)] == [second.hash]
    siti.write(c.Void(second.n))
    assert [base.hash for base in unpack_bases(Ledger(siti).stock(kain).bases)] == [first.hash]
    other = budi.write(counted(budi.name(kain), 6))
    both = unpack_bases(Ledger(siti, budi).stock(kain).bases)
    assert [base.hash for base in both] == [first.hash, other.hash]


def test_one_more_sale_reads_no_counts_however_many_there_were() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    for pieces in range(9, 4, -1):
        siti.write(counted(kain.n, pieces))
    parties, before = Parties(siti.logs, REGISTRY.public), list(siti.changes.values())
    store = Store()
    store.save(project(parties, before), whole=True)
    siti.write(sold(kain.n, 2))
    ledger = absorb.Ledger(Rows(store), parties)
    store.read.clear()
    assert absorb.merge(ledger, [*siti.changes.values()][-1:]) is None
    assert Tally not in store.read
    row = ledger.rows.get(Stock, key(kain), "-1")
    assert row is not None
    assert row.quantity == 3000


def test_two_counts_at_once_that_differ_are_a_conflict_for_a_person() -> None:
    siti, budi = Phone("a"), Phone("b", MONDAY + 600)
    kain = siti.write(item())
    budi.hear(siti)
    siti.write(counted(kain.n, 8))
    budi.write(counted(budi.name(kain), 6))
    stock = Ledger(siti, budi).stock(kain)
    assert (stock.quantity, stock.disputed) == (6000, 1)


def test_voiding_what_a_count_has_seen_corrects_history_and_not_the_shelf() -> None:
    siti = Phone("a")
    kain = siti.write(item())
    sale = siti.write(made(kain.n, 9), sold(kain.n, 2))
    siti.write(counted(kain.n, 7), c.Void(sale.n))
    ledger = Ledger(siti)
    assert (ledger.stock(kain).quantity, ledger.turnover()) == (7000, 0)


# -- fields ---------------------------------------------------------------------------------


def test_a_later_write_that_saw_the_earlier_replaces_it_whatever_the_clocks_say() -> None:
    siti, budi = Phone("a", MONDAY + 3650 * DAY), Phone("b", MONDAY)
    kain = siti.write(item())
    siti.write(priced(kain.n, 100))
    budi.hear(siti)
    budi.write(priced(budi.name(kain), 200), at=MONDAY)
    writes = Ledger(siti, budi).field(f"item:{key(kain)}", c.ItemField.PRICE)
    shown = [w for w in writes if w.standing != Standing.REPLACED]
    assert [(w.value, w.standing) for w in shown] == [(bytes(c.value(200)), Standing.SHOWN)]


def test_two_prices_at_once_are_both_listed_and_a_resolve_ends_it() -> None:
    siti, budi, dinas = Phone("a"), Phone("b", MONDAY + 600), registry_phone()
    kain = siti.write(item())
    budi.hear(siti)
    siti.write(priced(kain.n, 100))
    budi.write(priced(budi.name(kain), 200))
    entity = f"item:{key(kain)}"
    standing = {w.value: w.standing for w in Ledger(siti, budi).field(entity, c.ItemField.PRICE)}
    assert standing == {
        bytes(c.value(100)): Standing.RIVAL,
        bytes(c.value(200)): Standing.SHOWN_IN_CONFLICT,
    }
    dinas.hear(siti, budi)
    dinas.write(c.Resolve(2, c.Foreign(kain.log[:8], kain.n), 4, c.value(150)))
    live = [
        (w.value, w.standing)
        for w in Ledger(siti, budi, dinas).field(entity, c.ItemField.PRICE)
        if w.standing
    ]
    assert live == [(bytes(c.value(150)), Standing.SHOWN)]


def test_a_name_restated_from_another_log_is_the_same_name() -> None:
    siti, dinas = Phone("a"), registry_phone()
    kain = siti.write(item())
    held, author = Held(siti.pen().rows), Author(kain.log, kain.n, kain.hash, ())
    other = Author(dinas.write(c.Profile([c.FieldWrite(1, c.value("x"))])).log, 1, b"", ())
    foreign = [c.Foreign(kain.log[:8], kain.n, branch) for branch in (None, b"brch")]
    names: list[c.Name] = [-1, kain.n, *foreign, c.Foreign(b"nowhere!", 7)]
    for name in names:
        read = canonical(c.Kind.ITEM, c.ItemField.OWNER, bytes(c.value(name)), held, author)
        again = restated(c.Kind.ITEM, c.ItemField.OWNER, read)
        assert canonical(c.Kind.ITEM, c.ItemField.OWNER, bytes(again), held, other) == read


def test_a_field_of_a_newer_version_is_never_restated() -> None:
    with pytest.raises(c.BadChange):
        restated(c.Kind.ITEM, 77, bytes(c.value(5)))


def test_of_concurrent_consents_the_most_restrictive_holds() -> None:
    siti, budi = Phone("a"), Phone("b", MONDAY + 600)
    siti.write(c.Consent(0))
    budi.write(c.Consent(2))
    writes = Ledger(siti, budi).field("consent", 1)
    assert [c.plain(w.value) for w in writes if w.standing == Standing.SHOWN] == [0]


# -- marks ----------------------------------------------------------------------------------


def test_marks_never_answer_each_other() -> None:
    siti, budi = Phone("a"), Phone("b")
    kain = siti.write(item())
    for round_ in range(6):
        budi.hear(siti)
        budi.write(priced(budi.name(kain), round_))
        siti.hear(budi)
        siti.write(priced(kain.n, 10 + round_))
    before = len(siti.changes)
    for _ in range(3):
        budi.hear(siti)
        siti.hear(budi)
    assert len(siti.changes) == before
    marks = [ch for ch in siti.changes.values() if c.kind_of(ch.body) == c.Kind.SEEN]
    assert len(marks) == 12


def test_a_sale_needs_no_mark() -> None:
    siti, budi = Phone("a"), Phone("b")
    siti.write(sold(-1))
    budi.hear(siti)
    budi.write(sold(-1))
    assert not [ch for ch in budi.changes.values() if c.kind_of(ch.body) == c.Kind.SEEN]


def test_what_a_mark_names_and_nobody_holds_covers_no_other_branch() -> None:
    siti, budi = Phone("a"), Phone("b", MONDAY + DAY)
    kain = siti.write(item())
    twin = siti.copy()
    lost = siti.write(sold(kain.n, 1, 100))
    budi.hear(siti)
    budi.write(priced(budi.name(kain), 150))  # its mark names the sale
    del budi.changes[lost.hash]
    twin.write(priced(kain.n, 200))
    writes = Ledger(twin, budi).field(f"item:{key(kain)}", c.ItemField.PRICE)
    standing = {w.value: w.standing for w in writes}
    assert standing == {
        bytes(c.value(200)): Standing.RIVAL,
        bytes(c.value(150)): Standing.SHOWN_IN_CONFLICT,
    }


def test_where_a_book_holds_both_branches_a_name_tells_which_it_means() -> None:
    siti, budi = Phone("a"), Phone("b")
    siti.write(item())
    twin = siti.copy()
    mine, theirs = siti.write(sold(-1, 1, 100)), twin.write(sold(-1, 1, 999))
    assert mine.n == theirs.n
    budi.hear(siti, twin)
    budi.write(c.Void(c.Foreign(theirs.log[:8], theirs.n, theirs.hash[:4])))
    assert Ledger(siti, twin, budi).turnover() == 100


def test_the_pen_begins_a_new_log_with_the_old_head_as_its_parent() -> None:
    siti = Phone("a")
    last = siti.write(item())
    siti.restored(siti.changes.values())
    siti.write(sold(-1))
    assert siti.own is not None
    newest = siti.logs[siti.own.log]  # type: ignore[index]
    assert newest.parent == last.hash
    assert isinstance(siti.pen(), Pen)


# -- revocation -----------------------------------------------------------------------------


def parked(ledger: Ledger) -> int:
    """Return how many changes are parked because their key was revoked."""
    rows = [row for row in ledger.all(ChangeRow) if row.reason == Reason.REVOKED]
    assert {row.verdict for row in rows} <= {Verdict.PARKED}
    return len(rows)


def test_what_a_stolen_phone_had_written_by_then_stands_and_the_rest_is_parked() -> None:
    siti, dinas = Phone("a"), registry_phone()
    kain = siti.write(item())
    last = siti.write(made(kain.n, 5), sold(kain.n, 2, 100))
    dinas.write(revoke(siti, last))
    siti.write(sold(kain.n, 1, 999), c.Consent(2), counted(kain.n, 90))
    ledger = Ledger(siti, dinas)
    assert (ledger.turnover(), ledger.stock(kain).quantity) == (100, 3000)
    assert parked(ledger) == 3
    assert ledger.field("consent", 1) == []


def test_what_a_thief_forks_below_the_head_is_parked() -> None:
    siti, dinas = Phone("a"), registry_phone()
    kain = siti.write(item())
    thief = siti.copy()
    last = siti.write(sold(kain.n, 1, 100), sold(kain.n, 1, 100))
    thief.write(sold(kain.n, 1, 999))
    dinas.write(revoke(siti, last))
    ledger = Ledger(siti, thief, dinas)
    assert (ledger.turnover(), parked(ledger)) == (200, 1)


def test_a_new_log_of_a_revoked_key_is_parked_too() -> None:
    siti, dinas = Phone("a"), registry_phone()
    last = siti.write(item(), sold(1, 1, 100))
    dinas.write(revoke(siti, last))
    siti.restored(siti.changes.values())
    siti.write(sold(-1, 1, 999))
    assert Ledger(siti, dinas).turnover() == 100


def test_a_revocation_without_heads_parks_everything_of_that_key_and_of_no_other() -> None:
    siti, budi, dinas = Phone("a"), Phone("b"), registry_phone()
    siti.write(item(), sold(1, 1, 999))
    budi.write(sold(-1, 1, 100))
    dinas.write(revoke(siti))
    ledger = Ledger(siti, budi, dinas)
    assert (ledger.turnover(), parked(ledger)) == (100, 2)


def test_a_later_revocation_that_names_more_accepts_more() -> None:
    siti, dinas = Phone("a"), registry_phone()
    first = siti.write(item(), sold(1, 1, 100))
    dinas.write(revoke(siti, first))
    honest = siti.write(sold(1, 1, 20))
    siti.write(sold(1, 1, 999))
    assert Ledger(siti, dinas).turnover() == 100
    dinas.write(revoke(siti, honest))
    assert Ledger(siti, dinas).turnover() == 120
    dinas.write(revoke(siti))
    assert Ledger(siti, dinas).turnover() == 120, "nothing is taken back"


def test_a_range_may_be_accepted_without_what_is_below_it() -> None:
    siti, dinas = Phone("a"), registry_phone()
    siti.write(item(), sold(1, 1, 999))
    honest = siti.write(sold(1, 1, 20), sold(1, 1, 3))
    siti.write(sold(1, 1, 999))
    dinas.write(revoke(siti, honest, first=3))
    assert Ledger(siti, dinas).turnover() == 23


def test_a_head_that_has_not_arrived_covers_nothing_until_it_does() -> None:
    siti, dinas = Phone("a"), registry_phone()
    siti.write(item(), sold(1, 1, 100))
    late = siti.write(sold(1, 1, 20))
    dinas.write(revoke(siti, late))
    del siti.changes[late.hash]
    assert Ledger(siti, dinas).turnover() == 0
    siti.changes[late.hash] = late
    assert Ledger(siti, dinas).turnover() == 120


def test_what_fills_a_gap_below_a_named_head_stands_and_joins_what_is_below_it() -> None:
    siti, dinas = Phone("a"), registry_phone()
    siti.write(item(), sold(1, 1, 100))
    gap = siti.write(sold(1, 1, 20))
    last = siti.write(sold(1, 1, 3))
    dinas.write(revoke(siti, last))
    del siti.changes[gap.hash]
    assert Ledger(siti, dinas).turnover() == 3
    siti.changes[gap.hash] = gap
    assert Ledger(siti, dinas).turnover() == 123


def test_a_parked_change_voids_replaces_and_measures_nothing() -> None:
    siti, budi, dinas = Phone("a"), Phone("b", MONDAY + 600), registry_phone()
    kain = siti.write(item())
    sale = siti.write(sold(kain.n, 1, 100))
    siti.write(priced(kain.n, 150))
    budi.hear(siti)
    dinas.write(revoke(budi))
    piece = c.Piece(sale.log[:8], 1, sale.n, sale.hash[:8])
    budi.write(c.Void(budi.name(sale)), priced(budi.name(kain), 1), c.Clock(piece, 40 * DAY, 1))
    ledger = Ledger(siti, budi, dinas)
    assert (ledger.turnover(), len(ledger.all(VoidRow)), len(ledger.all(ClockRow))) == (100, 0, 0)
    prices = ledger.field(f"item:{key(kain)}", c.ItemField.PRICE)
    assert [(w.value, w.standing) for w in prices] == [(bytes(c.value(150)), Standing.SHOWN)]


def test_a_parked_mark_has_seen_nothing_until_it_is_accepted() -> None:
    siti, budi, dinas = Phone("a"), Phone("b", MONDAY + DAY), registry_phone()
    kain = siti.write(item())
    budi.hear(siti)
    mark = budi.write(priced(budi.name(kain), 100))  # the mark before it has seen the item
    parts = [each for each in budi.changes.values() if each.log == mark.log]
    late = siti.write(sold(kain.n, 1, 50))
    dinas.hear(siti, budi)
    dinas.write(revoke(budi, mark))
    budi.hear(siti)
    after = budi.write(counted(budi.name(kain), 7))
    ledger = Ledger(siti, budi, dinas)
    assert ledger.stock(kain).quantity == -1000, "the count is parked"
    assert parked(ledger) == 2, "and so is the mark before it"
    head = next(row for row in ledger.all(HeadRow) if row.log == after.log)
    assert {piece.n for piece in unpack(head.knew)} == {1}
    dinas.write(revoke(budi, after))
    accepted = Ledger(siti, budi, dinas)
    assert accepted.stock(kain).quantity == 7000
    head = next(row for row in accepted.all(HeadRow) if row.log == after.log)
    assert {piece.n for piece in unpack(head.knew)} == {late.n}
    assert len(parts) == 2


def test_a_name_that_a_parked_change_introduced_still_resolves() -> None:
    siti, budi, dinas = Phone("a"), Phone("b"), registry_phone()
    kain = siti.write(item())
    budi.hear(siti)
    budi.write(sold(budi.name(kain), 2, 100))
    dinas.write(revoke(siti))
    ledger = Ledger(siti, budi, dinas)
    assert (ledger.turnover(), ledger.stock(kain).quantity) == (100, -2000)
    assert ledger.field(f"item:{key(kain)}", c.ItemField.NAME) == []


def test_only_the_registry_revokes_and_never_itself() -> None:
    siti, dinas = Phone("a"), registry_phone()
    siti.write(sold(-1, 1, 100), revoke(siti))
    with pytest.raises(c.BadChange):
        dinas.write(revoke(dinas))
    last = dinas.write(c.Profile([c.FieldWrite(1, c.value("x"))]))
    own = place(last.log, last.n + 1, last.hash, MONDAY, c.write(revoke(dinas)))
    dinas.changes[own.hash] = own
    ledger = Ledger(siti, dinas)
    refused = [row.reason for row in ledger.all(ChangeRow) if row.verdict == Verdict.REFUSED]
    assert sorted(refused) == [Reason.BAD_VALUE, Reason.OUT_OF_SCOPE]
    assert (ledger.turnover(), ledger.all(RevokedRow)) == (100, [])


def test_a_revocation_comes_to_the_same_whatever_arrives_when() -> None:
    siti, dinas = Phone("a"), registry_phone()
    siti.write(sold(-1, 1, 100))
    thief = siti.copy()
    last = siti.write(sold(-1, 1, 20))
    siti.write(sold(-1, 1, 999))
    thief.write(sold(-1, 1, 999))
    dinas.write(revoke(siti, last))
    ledger = Ledger(siti, thief, dinas)
    assert (ledger.turnover(), len(ledger.changes)) == (120, 5)
    for order in permutations(ledger.changes.values()):
        assert absorbed(ledger.parties, [[each] for each in order]) == ledger.digest
