"""What facts add up to: cost by weighted average, and statements that always balance."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger.makers import DAY, MONDAY, Ledger, Phone, item, partner

from canting_client.goods import lying
from canting_client.history import happened
from canting_client.journal import (
    NOTHING_KNOWN,
    Derived,
    Happened,
    Journal,
    Pool,
    Things,
    journal,
)
from canting_client.statements import (
    Position,
    ProfitAndLoss,
    after,
    debts,
    first_of_month,
    money_flow,
    position,
    profit_and_loss,
    statements,
)
from canting_protocol import changes as c
from canting_protocol.changes import Account
from canting_protocol.ledger.facts import GoodsLeg
from canting_protocol.ledger.rows import Balance, Stock
from canting_protocol.ledger.times import month_of
from canting_protocol.log import Placed
from canting_protocol.names import Key

TODAY = MONDAY // DAY
MORI, CAP, TULIS, SHAWL = 1, 2, 3, 4
RINA, WORKER, GALLERY = 11, 12, 13
OWN = Things({}, {}, frozenset({Key(str(SHAWL))}))
"""The shawl is another's; everything else is hers."""


def book(*facts: c.Change | tuple[int, c.Change], things: Things = OWN) -> Journal:
    """Return the journal of facts, on one day unless one says after how many."""
    told = []
    for n, each in enumerate(facts):
        later, fact = each if isinstance(each, tuple) else (0, each)
        told.append(Happened(TODAY + later, Key(str(-1000 - n)), fact, lambda name: Key(str(name))))
    return journal(told, things)


def at_end(told: Journal) -> Position:
    """Return where the book stands after everything, and see that it balances."""
    found = position(told.postings, TODAY + 80)
    assert found.balances
    return found


def whole(told: Journal) -> ProfitAndLoss:
    """Return profit and loss of everything."""
    return profit_and_loss(told.postings, 0, TODAY + 1000)


def bought(name: int, pieces: int, amount: int, **rest: object) -> c.Purchase:
    return c.Purchase([c.GoodsLine(name, pieces * 1000, amount)], **rest)  # type: ignore[arg-type]


def sold(name: int, pieces: int, amount: int, **rest: object) -> c.Sale:
    return c.Sale([c.SaleLine(name, pieces * 1000, amount)], **rest)  # type: ignore[arg-type]


# -- cost by weighted average ---------------------------------------------------------------


def test_goods_leave_at_the_average_half_a_rupiah_up_and_the_last_take_the_rest() -> None:
    pool, _ = Pool().put(3000, 100)
    costs = []
    for _ in range(3):
        pool, cost = pool.take(1000)
        costs.append(cost)
    assert (costs, pool.value) == ([33, 34, 33], 0)
    pool, _ = Pool().put(2000, 1)
    assert pool.take(1000)[1] == 1


def test_a_dearer_purchase_raises_the_average_of_everything_on_hand() -> None:
    told = book(bought(MORI, 10, 350_000), bought(MORI, 10, 450_000), (1, sold(MORI, 5, 300_000)))
    assert whole(told).cost_of_goods == 200_000
    assert at_end(told).stock == 600_000


def test_goods_sold_before_they_are_bought_are_charged_when_they_are() -> None:
    told = book(sold(CAP, 2, 400_000), (5, bought(CAP, 10, 1_000_000)))
    assert profit_and_loss(told.postings, TODAY, TODAY).cost_of_goods == 0
    assert profit_and_loss(told.postings, TODAY + 5, TODAY + 5).cost_of_goods == 200_000
    assert at_end(told).stock == 800_000


def test_within_a_day_goods_come_in_before_they_leave() -> None:
    told = book(sold(CAP, 1, 200_000), bought(CAP, 2, 200_000))
    assert (whole(told).cost_of_goods, at_end(told).stock) == (100_000, 100_000)


# -- the events of the trade (domain.md, section 2) -----------------------------------------


def test_a_cash_sale_brings_money_turnover_and_the_cost_of_the_piece() -> None:
    told = book(bought(CAP, 2, 240_000), sold(CAP, 1, 175_000))
    assert (whole(told).sales, whole(told).cost_of_goods, whole(told).profit) == (
        175_000,
        120_000,
        55_000,
    )
    assert (at_end(told).cash, at_end(told).stock) == (175_000 - 240_000, 120_000)


def test_a_qris_sale_waits_and_its_fee_is_a_cost_while_turnover_is_gross() -> None:
    told = book(
        sold(CAP, 1, 1_000_000, account=Account.QRIS),
        (1, c.Transfer(Account.QRIS, Account.BANK, 1_000_000, fee=3_000)),
    )
    assert position(told.postings, TODAY).qris == 1_000_000
    assert (at_end(told).qris, at_end(told).bank) == (0, 997_000)
    assert (whole(told).sales, whole(told).fees, whole(told).profit) == (1_000_000, 3_000, 997_000)
    flow = money_flow(told.postings, TODAY, TODAY + 1)
    assert (flow.came, flow.went, flow.after) == ({"sale": 1_000_000}, {"fees": 3_000}, 997_000)


def test_a_credit_sale_is_turnover_at_once_and_instalments_lower_the_debt() -> None:
    told = book(
        sold(CAP, 1, 300_000, account=Account.RECEIVABLE, partner=RINA),
        (10, sold(CAP, 1, 200_000, account=Account.RECEIVABLE, partner=RINA)),
        (20, c.Payment(1, 350_000, RINA)),
    )
    assert whole(told).sales == 500_000
    assert at_end(told).receivables == 150_000
    (owed,) = debts(told.postings, Account.RECEIVABLE, TODAY + 45)
    assert (owed.partner, owed.total, owed.by_age) == (str(RINA), 150_000, (0, 150_000, 0, 0))
    assert [(each.fact, each.amount, each.left) for each in owed.open] == [
        ("-1001", 200_000, 150_000)
    ]


def test_goods_on_consignment_are_moved_not_sold_and_stay_her_stock() -> None:
    told = book(bought(TULIS, 4, 800_000), (1, c.Move([c.MoveLine(TULIS, 3000)], -1, GALLERY)))
    assert (whole(told).sales, at_end(told).stock) == (0, 800_000)
    # The keeper reports a sale: gross is turnover, what he keeps is a cost.
    told = book(
        bought(TULIS, 4, 800_000),
        (1, c.Move([c.MoveLine(TULIS, 3000)], -1, GALLERY)),
        (9, sold(TULIS, 1, 400_000, place=GALLERY, account=3, partner=RINA, fee=60_000)),
    )
    assert (whole(told).sales, whole(told).fees, whole(told).profit) == (400_000, 60_000, 140_000)
    assert (at_end(told).receivables, at_end(told).stock) == (340_000, 600_000)


def test_goods_of_another_owner_bring_a_commission_and_a_debt_and_no_turnover() -> None:
    told = book(c.Sale([c.SaleLine(SHAWL, 1000, 90_000, RINA, 9_000)]))
    assert (whole(told).sales, whole(told).commission, whole(told).profit) == (0, 9_000, 9_000)
    assert (at_end(told).cash, at_end(told).payables, at_end(told).stock) == (90_000, 81_000, 0)


def test_found_goods_of_another_owner_are_worth_nothing_here() -> None:
    counted = Happened(
        TODAY, Key("f"), c.Count([c.CountLine(SHAWL, 5000)]), lambda n: Key(str(n)), ()
    )
    told = journal([counted._replace(adjusted=[_found(SHAWL, 5000)])], OWN)
    assert told.postings == []


def test_what_a_fair_lost_is_a_loss_at_cost_and_its_stand_an_expense() -> None:
    move = c.Move([c.MoveLine(CAP, 10_000)], -1, GALLERY)
    told: list[tuple[int, c.Change]] = [
        (TODAY, bought(CAP, 10, 1_000_000)),
        (TODAY, move),
        (TODAY + 2, c.Expense("pameran", 150_000)),
        (TODAY + 3, c.Count([c.CountLine(CAP, 8000)], GALLERY)),
    ]
    facts = [
        Happened(day, Key(f"f{n}"), fact, lambda name: Key(str(name)))
        for n, (day, fact) in enumerate(told)
    ]
    facts[-1] = facts[-1]._replace(adjusted=[_found(CAP, -2000)])
    found = journal(facts, OWN)
    assert whole(found).difference == 200_000
    assert whole(found).expenses == {"pameran": 150_000}
    assert (whole(found).profit, at_end(found).stock) == (-350_000, 800_000)


def test_found_goods_are_a_gain_at_the_average() -> None:
    facts = [
        Happened(TODAY, Key("f0"), bought(CAP, 4, 400_000), lambda name: Key(str(name))),
        Happened(
            TODAY + 1,
            Key("f1"),
            c.Count([c.CountLine(CAP, 5000)]),
            lambda name: Key(str(name)),
            [_found(CAP, 1000)],
        ),
    ]
    found = journal(facts, OWN)
    assert (whole(found).difference, at_end(found).stock) == (-100_000, 500_000)


def test_a_deposit_is_a_debt_until_the_goods_are_handed_over() -> None:
    deposit = c.Payment(1, 500_000, RINA)
    order = sold(CAP, 10, 2_000_000, account=Account.RECEIVABLE, partner=RINA, channel=8)
    told = book(deposit, (30, order))
    before = position(told.postings, TODAY + 29)
    assert (before.advances_received, before.receivables, before.profit) == (500_000, 0, 0)
    assert (at_end(told).advances_received, at_end(told).receivables) == (0, 1_500_000)


def test_returned_goods_come_back_at_the_cost_they_left_with() -> None:
    back = c.Return([c.GoodsLine(CAP, 1000, 175_000)], sale=-1001)
    told = book(
        bought(CAP, 2, 200_000),
        (1, sold(CAP, 2, 350_000)),
        (2, bought(CAP, 1, 180_000)),
        (3, back),
    )
    found = whole(told)
    assert (found.sales, found.returns, found.turnover) == (350_000, 175_000, 175_000)
    assert (found.cost_of_goods, at_end(told).stock) == (100_000, 280_000)


def test_a_return_of_an_unknown_sale_comes_back_at_the_average() -> None:
    told = book(
        bought(CAP, 4, 400_000),
        (1, sold(CAP, 1, 175_000)),
        (2, c.Return([c.GoodsLine(CAP, 1000, 175_000)])),
    )
    assert (whole(told).cost_of_goods, at_end(told).stock) == (0, 400_000)


def test_cloth_costs_its_materials_and_the_wage_owed_to_its_maker() -> None:
    told = book(
        bought(MORI, 30, 900_000),
        (
            1,
            c.Production(
                [c.MoveLine(MORI, 7500)],
                [c.MoveLine(CAP, 2000), c.MoveLine(TULIS, 1000)],
                wage=90_001,
                worker=WORKER,
                account=Account.PAYABLE,
            ),
        ),
        (2, c.Payment(-1, 40_000, WORKER)),
    )
    # 7.5 of 30 metres: Rp225.000, and the wage, over three cloths.
    assert whole(told).profit == 0
    assert at_end(told).stock == 900_000 + 90_001
    assert told.pools[Key(str(CAP))].value == 210_000
    assert told.pools[Key(str(TULIS))].value == 105_001
    assert at_end(told).payables == 50_001


def test_a_wage_without_cloth_is_a_cost_at_once() -> None:
    told = book(c.Production([], [], wage=50_000))
    assert (whole(told).cost_of_goods, at_end(told).profit) == (50_000, -50_000)


def test_an_advance_to_a_maker_is_hers_until_cloth_comes_back() -> None:
    told = book(c.Payment(-1, 100_000, WORKER))
    assert (at_end(told).advances_paid, at_end(told).profit) == (100_000, 0)


def test_capital_opening_balance_and_prive_are_no_profit() -> None:
    told = book(
        c.Transfer(Account.OPENING, Account.CASH, 500_000),
        c.Transfer(Account.CAPITAL, Account.BANK, 2_000_000),
        (1, c.Transfer(Account.CASH, Account.DRAWINGS, 120_000)),
    )
    found = at_end(told)
    assert (found.opening, found.capital, found.drawings) == (500_000, 2_000_000, 120_000)
    assert (found.profit, found.equity) == (0, 2_380_000)
    flow = money_flow(told.postings, TODAY, TODAY + 1)
    assert flow.came == {"capital": 2_000_000, "opening": 500_000}
    assert flow.went == {"drawings": 120_000}


def test_interest_and_tax_stand_in_lines_of_their_own() -> None:
    told = book(
        c.Expense("Bunga", 10_000), c.Expense("Pajak", 20_000), c.Expense("listrik", 30_000)
    )
    found = whole(told)
    assert (found.interest, found.tax, found.expenses) == (10_000, 20_000, {"listrik": 30_000})
    assert found.profit == -60_000


def test_profit_of_years_before_stands_apart_in_the_position() -> None:
    new_year = first_of_month(202601)
    told = book(sold(CAP, 1, 100_000), (new_year - TODAY, sold(CAP, 1, 30_000)))
    found = position(told.postings, new_year)
    assert (found.earlier_profit, found.profit) == (100_000, 30_000)


@given(st.integers(-5_000_00, 5_000_000))
def test_months_begin_where_the_calendar_says(day: int) -> None:
    month = month_of(day)
    assert first_of_month(month) <= day < first_of_month(after(month))
    assert month_of(first_of_month(month)) == month


# -- counts in a real ledger ----------------------------------------------------------------


def test_a_count_changes_only_what_the_count_before_it_had_not() -> None:
    phone = Phone("a")
    cloth = phone.write(item())
    phone.write(c.Purchase([c.GoodsLine(cloth.n, 10_000, 1_000_000)]))
    phone.write(c.Count([c.CountLine(cloth.n, 9000)]))
    phone.write(c.Count([c.CountLine(cloth.n, 8000)]))
    found = _journal_of(phone)
    lost = [each.amount for each in found.postings if each.account == Derived.DIFFERENCE]
    assert lost == [100_000, 100_000]
    assert position(found.postings, TODAY).stock == 800_000


def test_a_forgotten_sale_of_before_the_count_makes_the_loss_a_sale() -> None:
    phone = Phone("a")
    cloth = phone.write(item())
    phone.write(c.Purchase([c.GoodsLine(cloth.n, 10_000, 1_000_000)], day=TODAY - 9))
    phone.write(c.Count([c.CountLine(cloth.n, 8000)]))
    assert whole(_journal_of(phone)).difference == 200_000
    phone.write(c.Sale([c.SaleLine(cloth.n, 2000, 350_000)], day=TODAY - 3))
    found = whole(_journal_of(phone))
    assert (found.sales, found.cost_of_goods, found.difference) == (350_000, 200_000, 0)


def test_a_count_dated_later_that_the_shown_one_has_seen_changes_nothing() -> None:
    phone = Phone("a")
    cloth = phone.write(item())
    phone.write(c.Purchase([c.GoodsLine(cloth.n, 10_000, 1_000_000)]))
    phone.write(c.Count([c.CountLine(cloth.n, 3000)], day=TODAY + 5))
    phone.write(c.Count([c.CountLine(cloth.n, 9000)], day=TODAY))
    found = _journal_of(phone)
    assert position(found.postings, TODAY + 9).stock == 900_000
    _agrees(found, Ledger(phone))


# -- properties -----------------------------------------------------------------------------

names = st.sampled_from([MORI, CAP, TULIS, SHAWL])
pieces = st.integers(1, 9_000)
rupiah = st.integers(0, 1_000_000)
whom = st.sampled_from([None, RINA, WORKER])
moves = st.lists(st.builds(c.MoveLine, names, pieces), min_size=1, max_size=3)
goods = st.lists(st.builds(c.GoodsLine, names, pieces, rupiah), min_size=1, max_size=3)
lines = st.lists(
    st.one_of(
        st.builds(c.SaleLine, names, pieces, rupiah),
        st.builds(c.SaleLine, st.just(SHAWL), pieces, rupiah, st.just(RINA), st.just(0)),
    ),
    min_size=1,
    max_size=3,
)
facts = st.one_of(
    st.builds(
        c.Sale,
        lines,
        account=st.integers(0, 3),
        partner=whom,
        fee=st.one_of(st.none(), rupiah),
    ),
    st.builds(c.Return, goods, account=st.integers(0, 3), partner=whom, sale=st.integers(0, 30)),
    st.builds(c.Purchase, goods, account=st.integers(0, 4), partner=whom),
    st.builds(c.Expense, st.sampled_from(["listrik", "pajak", 3]), rupiah, st.integers(0, 4)),
    st.builds(c.Payment, st.sampled_from([-1, 1]), rupiah, st.sampled_from([RINA, WORKER])),
    st.builds(
        c.Transfer, st.integers(0, 14), st.integers(0, 14), rupiah, fee=st.one_of(st.none(), rupiah)
    ),
    st.builds(
        c.Production,
        moves,
        st.one_of(st.just([]), moves),
        wage=st.one_of(st.none(), rupiah),
        worker=whom,
        account=st.integers(0, 4),
    ),
    st.builds(c.Move, moves, st.just(-1), st.just(-3)),
    st.builds(c.Count, st.lists(st.builds(c.CountLine, names, pieces), min_size=1, max_size=2)),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 400), facts, st.integers(-9000, 9000)), max_size=25),
    st.integers(0, 400),
)
def test_every_day_balances_and_every_fact_for_itself(
    told: list[tuple[int, c.Change, int]], later: int
) -> None:
    every = [
        Happened(
            TODAY + day,
            Key(str(n)),
            fact,
            lambda name: Key(str(name)),
            [_found(CAP, more)] if isinstance(fact, c.Count) else [],
        )
        for n, (day, fact, more) in enumerate(told)
    ]
    found = journal(every, OWN)
    by_fact: Counter[str] = Counter()
    for each in found.postings:
        by_fact[each.fact] += each.amount
    assert set(by_fact.values()) <= {0}
    for day in (TODAY + later, TODAY + 1000):
        assert position(found.postings, day).balances
    for name, pool in found.pools.items():
        assert pool.value >= 0
        assert pool.on_hand > 0 or pool.value == 0
        assert pool.value == sum(
            each.amount
            for each in found.postings
            if each.account == Account.STOCK and each.of == name
        )
    told_all = statements(found.postings, found.pools, OWN.custody, TODAY, TODAY + 1000)
    assert told_all.position.stock == told_all.notes.unpriced_stock + sum(
        each.value for each in told_all.notes.stock
    )
    assert sum(each.total for each in told_all.notes.receivables) == told_all.position.receivables
    assert sum(each.total for each in told_all.notes.payables) == told_all.position.payables


steps = st.lists(
    st.tuples(st.integers(0, 13), st.integers(0, 1), pieces, rupiah, st.integers(0, 5)),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_after_every_change_it_balances_and_agrees_with_the_ledger(
    script: list[tuple[int, int, int, int, int]],
) -> None:
    """Two phones that hear of each other now and then, facts of some days ago, and voids."""
    phones = [Phone("a"), Phone("b", MONDAY + 300)]
    things = [phones[0].write(item()), phones[0].write(item("Lain"))]
    buyer = phones[0].write(partner("pembeli"))
    phones[1].hear(phones[0])
    written: list[Placed] = []
    for what, who, quantity, amount, ago in script:
        phone = phones[who % 2]
        name = phone.name(things[quantity % 2])
        other = phone.name(things[0])
        day = None if ago == 5 else phone.clock // DAY - ago
        account = amount % 4
        match what:
            case 0 | 1:
                line = c.SaleLine(name, quantity, amount)
                fact: c.Change = c.Sale([line], -1, 0, account, day, phone.name(buyer), amount // 9)
            case 2:
                fact = c.Purchase([c.GoodsLine(name, quantity, amount)], -1, account, day)
            case 3:
                fact = c.Production(
                    [c.MoveLine(other, quantity)],
                    [c.MoveLine(name, quantity)],
                    day=day,
                    wage=amount,
                )
            case 4:
                fact = c.Move([c.MoveLine(name, quantity)], -1, -3, day)
            case 5 | 10 | 11 | 12:  # often: only several counts of one shelf are hard
                fact = c.Count([c.CountLine(name, quantity)], -1 if ago % 2 else -3, day)
            case 6:
                fact = c.Payment(1 if ago % 2 else -1, amount, phone.name(buyer), 0, day)
            case 7:
                phone.hear(phones[1 - who % 2])
                continue
            case 8:
                known = [each for each in written if each.hash in phone.changes]
                if not known:
                    continue
                fact = c.Void(phone.name(known[quantity % len(known)]), 1)
            case _:
                fact = c.Return([c.GoodsLine(name, quantity, amount)], -1, 0, account, day)
        placed = phone.write(fact)
        if not isinstance(fact, c.Void):
            written.append(placed)
        ledger = Ledger(*phones)
        found = journal(happened(ledger.rows, ledger.parties), NOTHING_KNOWN)
        assert position(found.postings, 10**6).balances
        _agrees(found, ledger)


def _journal_of(phone: Phone) -> Journal:
    ledger = Ledger(phone)
    return journal(happened(ledger.rows, ledger.parties), NOTHING_KNOWN)


def _agrees(found: Journal, ledger: Ledger) -> None:
    """See that quantities are the stock's, and money the balances'."""
    on_hand: Counter[str] = Counter()
    for row in ledger.all(Stock):
        on_hand[row.item] += row.quantity
    facts = happened(ledger.rows, ledger.parties)
    assert {(row.item, row.place): row.quantity for row in ledger.all(Stock) if row.quantity} == {
        (each.item, each.place): each.quantity for each in lying(facts, NOTHING_KNOWN, 10**6)
    }
    assert {k: n for k, n in on_hand.items() if n} == {
        key: pool.on_hand for key, pool in found.pools.items() if pool.on_hand
    }
    ours: Counter[tuple[int, str]] = Counter()
    for each in found.postings:
        of = each.of if each.account in (3, 4, 5) else ""
        account = Account.SALES if each.account == Derived.RETURNED else each.account
        if account not in (Account.STOCK, Account.WAGES, Derived.COST, Derived.DIFFERENCE):
            ours[account, of] += each.amount
    theirs = {
        (row.account, row.partner): row.amount
        for row in ledger.all(Balance)
        if row.account not in (Account.STOCK, Account.WAGES)
    }
    assert {k: n for k, n in ours.items() if n} == theirs


def _found(name: int, quantity: int) -> GoodsLeg:
    return GoodsLeg(Key(str(name)), Key("-1"), quantity)
