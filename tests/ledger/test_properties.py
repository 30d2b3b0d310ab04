"""The rules of the ledger as properties: whatever is written, in whatever order it arrives."""

import random
from collections import defaultdict

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger.makers import DAY, MONDAY, REGISTRY, Ledger, Phone, absorbed, digest_of, item

from canting_protocol import changes as c
from canting_protocol.ledger.facts import effects
from canting_protocol.ledger.project import project
from canting_protocol.ledger.registers import Standing
from canting_protocol.ledger.rows import Balance, Turnover, Write
from canting_protocol.log import Placed
from canting_protocol.names import Key

TODAY = MONDAY // DAY

numbers = st.integers(0, 2**53 - 1)
steps = st.lists(st.tuples(st.integers(0, 12), numbers), min_size=1, max_size=40)


class Family:
    """Three phones and the department, all in one ledger, doing what numbers tell them to."""

    def __init__(self) -> None:
        self.phones = [Phone("a"), Phone("b", MONDAY + 300), Phone("d", MONDAY - 40 * DAY)]
        dinas = Phone("R", MONDAY + 900)
        dinas.key = REGISTRY
        self.phones.append(dinas)
        self.things: list[Placed] = [self.phones[0].write(item())]
        self.facts: list[Placed] = []

    def step(self, what: int, number: int) -> None:
        """Let one thing happen."""
        chance = random.Random(number)  # noqa: S311  # chance must repeat
        phone = chance.choice(self.phones[:3])
        names = [phone.name(each) for each in self.things if each.hash in phone.changes] or [-1]
        name = chance.choice(names)
        day = TODAY - chance.randrange(5) if chance.random() < 0.4 else None
        quantity = chance.randrange(1, 9) * 1000
        match what:
            case 0 | 1:
                line = c.SaleLine(name, quantity, chance.randrange(10**6))
                channel = chance.choice((0, 5, "pasar minggu"))
                account = chance.choice((0, 2, 3))
                sale = c.Sale([line], -1, channel, account, day)
                self.facts.append(phone.write(sale))
            case 2:
                self.facts.append(phone.write(c.Count([c.CountLine(name, quantity)], -1, day)))
            case 3:
                self.facts.append(phone.write(c.Move([c.MoveLine(name, quantity)], -1, -3, day)))
            case 4 if isinstance(name, c.Foreign) or name > 0:
                price = c.FieldWrite(4, c.value(chance.randrange(4)))
                phone.write(c.Item(name, [price]))
            case 5:
                known = [each for each in self.facts if each.hash in phone.changes]
                if known:
                    phone.write(c.Void(phone.name(chance.choice(known)), 1))
            case 6 | 7:
                phone.hear(chance.choice(self.phones))
            case 8:
                self.things.append(phone.write(item("Baru")))
            case 9:
                phone.write(c.Consent(chance.randrange(3)))
            case 10 if phone.own is not None:
                if chance.random() < 0.5 and len(self.phones) < 7:
                    self.phones.append(phone.copy())  # a clone: both go on in one log
                else:
                    phone.restored(list(phone.changes.values()))
            case 11 if phone.own is not None:
                head = max(
                    (e for e in phone.changes.values() if e.log == phone.own.log),
                    key=lambda each: each.n,
                )
                piece = c.Piece(head.log[:8], 1, head.n, head.hash[:8])
                self.phones[3].hear(phone)
                self.phones[3].write(c.Clock(piece, chance.randrange(-9, 9) * DAY, 60))
            case 12 if phone.own is not None:
                self.revoke(phone, chance)
            case _:
                pass

    def revoke(self, phone: Phone, chance: random.Random) -> None:
        """Let the department, whatever it has heard, name any of a key's changes as heads."""
        dinas = self.phones[3]
        if chance.random() < 0.5:
            dinas.hear(phone)
        whose = chance.choice([each for each in self.phones if each.key.public == phone.key.public])
        mine = [
            each for each in whose.changes.values() if whose.logs[each.log].key == phone.key.public
        ]
        heads = [
            c.Piece(
                each.log[:8],
                1 if chance.random() < 0.7 else chance.randrange(1, each.n + 1),
                each.n,
                each.hash[:8],
            )
            for each in chance.sample(mine, min(len(mine), chance.randrange(4)))
        ]
        dinas.write(c.Revoke(phone.key.public, heads))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps, st.integers(0, 2**32))
def test_any_order_and_grouping_of_arrival_gives_the_same_ledger(
    script: list[tuple[int, int]], shuffle: int
) -> None:
    family = Family()
    for what, number in script:
        family.step(what, number)
    ledger = Ledger(*family.phones)
    changes = list(ledger.changes.values())
    chance = random.Random(shuffle)  # noqa: S311
    if chance.random() < 0.5:
        chance.shuffle(changes)
    groups = []
    while changes:
        size = chance.randrange(1, 6)
        again = chance.sample(changes, 1) if chance.random() < 0.2 else []
        groups.append(changes[:size] + again)  # some arrive twice
        changes = changes[size:]
    assert absorbed(ledger.parties, groups) == ledger.digest


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_every_change_of_a_ledger_can_be_read_again_in_any_order(
    script: list[tuple[int, int]],
) -> None:
    family = Family()
    for what, number in script:
        family.step(what, number)
    ledger = Ledger(*family.phones)
    backwards = list(ledger.changes.values())[::-1]
    assert digest_of(project(ledger.parties, backwards)) == ledger.digest


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_every_field_that_was_written_shows_exactly_one_value(
    script: list[tuple[int, int]],
) -> None:
    family = Family()
    for what, number in script:
        family.step(what, number)
    shown: dict[tuple[str, int], list[int]] = defaultdict(list)
    for write in Ledger(*family.phones).all(Write):
        shown[write.entity, write.field].append(write.standing)
    for standings in shown.values():
        assert len([s for s in standings if s in (1, 2)]) == 1
        rivals = standings.count(Standing.RIVAL)
        assert (rivals > 0) == (Standing.SHOWN_IN_CONFLICT in standings)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_money_and_months_are_the_sums_of_the_facts_that_stand(
    script: list[tuple[int, int]],
) -> None:
    family = Family()
    for what, number in script:
        family.step(what, number)
    ledger = Ledger(*family.phones)
    cash = sum(row.amount for row in ledger.all(Balance))
    assert cash == 0, "debit and credit are equal"
    assert all(row.facts > 0 for row in ledger.all(Turnover))


lines = st.lists(
    st.builds(
        c.SaleLine,
        st.integers(1, 50),
        st.integers(1, 10**9),
        st.integers(0, 10**9),
    ),
    min_size=1,
    max_size=20,
)
goods = st.lists(
    st.builds(c.GoodsLine, st.integers(1, 50), st.integers(1, 10**9), st.integers(0, 10**9)),
    min_size=1,
    max_size=20,
)
amounts = st.integers(0, 10**12)
facts = st.one_of(
    st.builds(c.Sale, lines, account=st.integers(0, 3), fee=amounts | st.none()),
    st.builds(
        c.Sale,
        st.lists(
            st.builds(
                c.SaleLine,
                st.integers(1, 9),
                st.integers(1, 10**6),
                st.integers(500, 10**6),
                st.integers(1, 9),
                st.integers(0, 500),
            ),
            min_size=1,
            max_size=5,
        ),
    ),
    st.builds(c.Return, goods, account=st.integers(0, 3)),
    st.builds(c.Purchase, goods, account=st.integers(0, 4)),
    st.builds(c.Payment, st.sampled_from((-1, 1)), amounts, account=st.integers(0, 2)),
    st.builds(c.Transfer, st.integers(0, 14), st.integers(0, 14), amounts, fee=amounts),
    st.builds(c.Expense, st.integers(0, 9), amounts, account=st.integers(0, 4)),
    st.builds(
        c.Production,
        st.lists(st.builds(c.MoveLine, st.integers(1, 9), st.integers(1, 10**6)), max_size=5),
        st.lists(st.builds(c.MoveLine, st.integers(1, 9), st.integers(1, 10**6)), max_size=5),
        wage=amounts,
    ),
)


@given(facts)
def test_nothing_appears_or_vanishes(fact: c.Change) -> None:
    moved = effects(fact, lambda name: Key(str(name)))
    assert sum(entry.amount for entry in moved.entries) == 0
    goods_of: dict[str, int] = defaultdict(int)
    for leg in moved.legs:
        goods_of[leg.item] += leg.quantity
    assert set(goods_of.values()) <= {0}


@given(facts, st.none() | st.binary(min_size=4, max_size=4))
def test_a_change_reads_back_as_it_was_written(fact: c.Change, salt: bytes | None) -> None:
    assert c.read(c.write(fact, salt or b"")) == fact
