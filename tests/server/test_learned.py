"""What the registry knew when: it is corrected by differences, and none is ever altered."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.client.pair import Pair

from canting_protocol import changes as c
from canting_protocol.ledger.rows import Turnover
from canting_protocol.ledger.times import day_of
from canting_server.registry import ask, learning
from canting_server.store import ledgers, overview, steps
from canting_server.store.database import SQLite
from canting_server.store.overview import Sum

TODAY = day_of(1_765_000_000)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    yield pair
    pair.close()


def sale(amount: int, day: int | None = None) -> c.Sale:
    return c.Sale([c.SaleLine(-1, 1000, amount)], day=day)


def rows(pair: Pair) -> list[tuple[object, ...]]:
    conn = SQLite(pair.raw)
    return [
        *conn.fetch("SELECT * FROM learned ORDER BY 1, 2, 3, 4, 5, 6"),
        *conn.fetch("SELECT * FROM takings_known ORDER BY 1, 2, 3, 4, 5"),
    ]


def turnover(pair: Pair, known: int) -> int:
    return sum(row[6] for row in steps.standing(SQLite(pair.raw), known))


def test_a_void_that_comes_later_does_not_change_what_was_known_before(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(sale(100))
        first = siti.record(sale(50))[0]
        pair.sync("a", siti)
        then = pair.now
        siti.record(c.Void(first.n))
        pair.sync("a", siti)
    assert turnover(pair, then) == 150
    assert turnover(pair, pair.now) == 100
    assert turnover(pair, then - 1) == 0


def test_the_same_is_learned_again_from_the_batches(pair: Pair) -> None:
    with pair.phone("a") as siti, pair.phone("b") as budi:
        siti.record(sale(100, TODAY - 40))
        first = siti.record(sale(50))[0]
        pair.sync("a", siti)
        budi.record(sale(70))
        pair.sync("b", budi)
        pair.skew = 3 * 86_400  # the clock is measured anew, and days move
        siti.record(c.Void(first.n))
        pair.sync("a", siti)
        pair.sync("b", budi)
    kept = rows(pair)
    pair.work(lambda conn: pair.registry.rebuild(conn, pair.artisan))
    assert rows(pair) == kept
    pair.work(overview.clear)
    pair.work(lambda conn: pair.registry.rebuild(conn, pair.artisan))
    assert rows(pair) == kept, "also when everything was dropped before"
    pair.work(pair.registry.rebuild_everything)
    assert rows(pair) == kept
    told = [r for r in ledgers.all_rows(SQLite(pair.raw), pair.artisan) if isinstance(r, Turnover)]
    assert sum(row.amount for row in told) == turnover(pair, pair.now) == 170


def test_who_withdraws_hides_what_was_known_of_her_and_consent_brings_it_back(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(sale(100))
        pair.sync("a", siti)
        then = pair.now
        siti.record(sale(30), c.Consent(c.Sharing.REGISTRY))
        pair.sync("a", siti)
        assert turnover(pair, then) == turnover(pair, pair.now) == 0
        siti.record(c.Consent(c.Sharing.TOTALS))
        pair.sync("a", siti)
        assert turnover(pair, then) == 100
        assert turnover(pair, pair.now) == 130


sums = st.builds(Sum, st.integers(-2, 2), st.just(0), st.integers(-2, 2))
climbs = st.dictionaries(st.integers(0, 12), sums, max_size=6)


@given(sums, climbs, climbs, st.integers(0, 12))
def test_a_climb_stands_where_its_differences_come_to(
    before: Sum, first: dict[int, Sum], second: dict[int, Sum], at: int
) -> None:
    def height(climb: dict[int, Sum]) -> Sum:
        return max(((k, each) for k, each in climb.items() if k <= at), default=(0, before))[1]

    once = learning.climbed(steps.Steps(before, {}), first)
    twice = learning.climbed(steps.Steps(before, once), second)
    added = [each for more in (first, second) for k, each in more.items() if k <= at]
    assert height(twice) == tuple(map(sum, zip(before, *added, strict=True)))
    path = [before, *(twice[k] for k in sorted(twice))]
    assert all(one != next_ for one, next_ in pairwise(path)), "no two steps alike in a row"


def test_totals_can_be_asked_as_of_a_day_and_as_they_were_known(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(sale(100, TODAY - 1), sale(5_000, TODAY - 60))
        pair.sync("a", siti)
        then = pair.now
        siti.record(sale(30, TODAY - 1))
        siti.record(sale(7))
        pair.sync("a", siti)

    def total(as_of: int | None = None, known_at: int | None = None) -> int:
        answer = ask.totals(SQLite(pair.raw), "channel", as_of=as_of, known_at=known_at)
        return sum(row["turnover"] for row in answer["rows"])

    assert total() == 5_137
    assert total(as_of=TODAY - 1) == 5_130
    assert total(known_at=then) == 5_100
    assert total(as_of=TODAY - 2) == 5_000
    assert total(as_of=TODAY - 61) == 0
    assert total(as_of=TODAY - 1, known_at=then) == 5_100
