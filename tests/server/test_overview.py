"""What staff ask over all ledgers at once equals what the ledgers say, however they came to be."""

import random
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger.makers import DAY, MONDAY, Ledger, Phone, item
from tests.ledger.test_properties import Family, numbers
from tests.server.makers import Served

from canting_protocol import changes as c
from canting_protocol.ledger import absorb
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.project import project
from canting_protocol.ledger.registers import PROFILE
from canting_protocol.ledger.rows import Rows, Turnover, Write
from canting_protocol.log import ArtisanId, Placed
from canting_server.proof import everyones_sums
from canting_server.registry import ask, learning
from canting_server.registry import overview as chosen
from canting_server.registry.columns import channel_word, month_text
from canting_server.store import erasing, learned, ledgers, logs, migrations, overview, steps
from canting_server.store.database import Connection, SQLite, run_group

SITI, DEWI = ArtisanId(b"siti" * 2), ArtisanId(b"dewi" * 2)
AREAS = ("Wates", "Miji", "Prajurit Kulon", "di luar kota")
TODAY = MONDAY // DAY

histories = st.lists(st.tuples(st.integers(0, 15), numbers), min_size=1, max_size=40)


class Household(Family):
    """A family that also moves house, and changes its mind about sharing."""

    def step(self, what: int, number: int) -> None:
        """Let one thing happen."""
        chance = random.Random(number)  # noqa: S311  # chance must repeat
        phone = self.phones[number % 3]
        if what == 12:
            self.phones[3].clock += number % 50 * DAY
            area = c.FieldWrite(c.ProfileField.AREA, c.value(chance.choice(AREAS)))
            self.phones[3].write(c.Profile([area]))
        elif what in (13, 14):
            phone.write(c.Consent(c.Sharing.LINES if what == 13 else number % 3))
        elif what == 15:
            lines = [c.GoodsLine(-1, 1_000, number % 10**6), c.GoodsLine(-1, 2_000, 5)]
            self.facts.append(phone.write(c.Return(lines, -3, 5, day=TODAY - number % 40)))
        else:
            super().step(what, number)


class Registry:
    """The tables of a registry, with no door: rows come as the pen would give them."""

    def __init__(self) -> None:
        self.raw = sqlite3.connect(":memory:", isolation_level=None)
        self.do(migrations.migrate)
        self.now = MONDAY

    def do(self, work: Any) -> Any:
        """Do work in one transaction."""
        (result,) = run_group(self.raw, [work])
        if isinstance(result, Exception):
            raise result
        return result

    def take(self, artisan: ArtisanId, parties: Parties, changes: list[Placed]) -> None:
        """Absorb changes as the registry does."""

        def work(conn: Connection) -> None:
            logs.add_artisan(conn, artisan, MONDAY)
            ledger = absorb.Ledger(Rows(ledgers.LedgerRows(conn, artisan)), parties)
            all_rows = absorb.merge(ledger, changes)
            rows, whole = all_rows or ledger.rows, all_rows is not None
            looked = chosen.keep_up(conn, artisan, parties, rows, whole=whole)
            ledgers.save(conn, artisan, rows, whole=whole)
            before = learned.so_far(conn, artisan) if whole else {}
            more = learning.difference(before, rows.taken)
            learning.learn(conn, artisan, looked, self.now, more)

        self.do(work)

    def lines(self, artisan: ArtisanId) -> list[tuple[Any, ...]]:
        """Return every line that is kept of an artisan."""
        sql = """
            SELECT day, log, n, hash, line, month, kind, channel, item, place, quantity, amount,
                custody FROM line WHERE artisan = ? ORDER BY 1, 2, 3, 4, 5
            """
        return self.raw.execute(sql, (artisan,)).fetchall()

    def names(self, artisan: ArtisanId) -> dict[str, str]:
        """Return what an artisan's things are called."""
        sql = "SELECT thing, name FROM called WHERE artisan = ?"
        return dict(self.raw.execute(sql, (artisan,)).fetchall())

    @property
    def takings(self) -> dict[tuple[Any, ...], tuple[int, ...]]:
        """Return everyone's sums."""
        found = self.raw.execute("SELECT * FROM takings ORDER BY 1, 2, 3, 4").fetchall()
        return {row[:4]: row[4:] for row in found}


@pytest.fixture
def registry() -> Iterator[Registry]:
    """An empty registry."""
    made = Registry()
    with closing(made.raw):
        yield made


def agrees(registry: Registry, held: dict[ArtisanId, tuple[Parties, list[Placed]]]) -> None:
    """See that what is kept equals what the whole sets say."""
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for artisan, (parties, changes) in held.items():
        rows = project(parties, changes)
        sharing = chosen.sharing_of(rows)
        lived = chosen.lived_in(w for w in rows.all(Write, PROFILE) if w.field == 3)
        turnover = [row for row in rows.all(Turnover) if row.kind in (c.Kind.SALE, c.Kind.RETURN)]
        for row in turnover if sharing >= c.Sharing.TOTALS else ():
            cell = row.month, chosen.district(lived, row.month), row.channel, row.kind
            for place, each in enumerate((row.facts, row.quantity, row.amount)):
                sums[cell][place] += each
        kept = registry.lines(artisan)
        if sharing < c.Sharing.LINES:
            assert kept == []
            assert registry.names(artisan) == {}
            continue
        assert kept == sorted(tuple(each) for each in chosen.lines_of(rows, parties.clocks(rows)))
        by_month: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
        for *_, month, kind, channel, _item, _place, quantity, amount, custody in kept:
            if not custody:
                by_month[month, channel, kind][0] += quantity
                by_month[month, channel, kind][1] += amount
        assert by_month == {
            (row.month, row.channel, row.kind): [row.quantity, row.amount] for row in turnover
        }, "lines add up to the months"
        shown = {
            w.entity: c.plain(w.value)
            for w in rows.all(Write)
            if w.entity.startswith(("item:", "place:")) and w.field == 1 and w.standing in (1, 2)
        }
        assert registry.names(artisan) == shown
    assert registry.takings == {cell: tuple(sum_) for cell, sum_ in sums.items()}
    conn = SQLite(registry.raw)
    assert steps.every(conn) == learning.steps_again(conn)
    assert everyones_sums(conn) == overview.takings(conn)


def recomputed(
    conn: Connection, day: int | None, known: int | None
) -> dict[tuple[str, str, str], list[int]]:
    """Return turnover and what was paid back, from every difference of everyone."""
    who = {each: overview.person(conn, each) for each in logs.artisans(conn)}
    cells: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for artisan, month, its_day, channel, kind, at, *sums in conn.fetch("SELECT * FROM learned"):
        person = who[artisan]
        if person is None or person.sharing < c.Sharing.TOTALS or kind not in learning.SOLD:
            continue
        if (day is None or its_day <= day) and (known is None or at <= known):
            cell = cells[month, chosen.district(person.lived, month), channel, kind]
            cell[:] = [old + more for old, more in zip(cell, sums, strict=True)]
    told: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (month, kecamatan, channel, kind), each in cells.items():
        if any(each):
            key = month_text(month), kecamatan, channel_word(channel)
            told[key][kind == c.Kind.RETURN] += each[2]
    return told


def told(
    conn: Connection, day: int | None, known: int | None
) -> dict[tuple[str, str, str], list[int]]:
    """Return turnover and what was paid back, as staff are told."""
    found = ask.totals(conn, "month,kecamatan,channel", as_of=day, known_at=known)
    return {
        (row["month"], row["kecamatan"], row["channel"]): [row["turnover"], row["paid_back"]]
        for row in found["rows"]
    }


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.integers(0, 2**32))
def test_the_overview_equals_what_the_whole_ledgers_say(
    script: list[tuple[int, int]], shuffle: int
) -> None:
    """Voids early and late, consent to and fro, forks, moves: after every arrival, and erased."""
    family = Household()
    for what, number in script:
        family.step(what, number)
    ledger = Ledger(*family.phones)
    chance = random.Random(shuffle)  # noqa: S311
    registry = Registry()
    held: dict[ArtisanId, tuple[Parties, list[Placed]]] = {
        each: (ledger.parties, []) for each in (SITI, DEWI)
    }
    with closing(registry.raw):
        for artisan in held:
            waiting = list(ledger.changes.values())
            if chance.random() < 0.5:
                chance.shuffle(waiting)
            while waiting:
                size = chance.randrange(1, 9)
                group, waiting = waiting[:size], waiting[size:]
                registry.now += chance.choice((0, 1, 1, 60, 86_400, -30))
                registry.take(artisan, ledger.parties, group)
                held[artisan][1].extend(group)
                agrees(registry, held)
        conn = SQLite(registry.raw)
        days = [day for (day,) in conn.fetch("SELECT DISTINCT day FROM learned ORDER BY day")]
        times = [at for (at,) in conn.fetch("SELECT DISTINCT known FROM learned ORDER BY known")]
        for _ in range(12):
            day = chance.choice([None, *days]) if days else None
            day = day if day is None else day + chance.choice((-1, 0, 0, 1))
            known = chance.choice([None, *times]) if times else None
            known = known if known is None else known + chance.choice((-1, 0, 0, 1))
            assert told(conn, day, known) == recomputed(conn, day, known)
        for artisan in (SITI, DEWI):  # erased, one after the other
            registry.do(lambda conn, whose=artisan: learning.take_away(conn, whose))
            registry.do(lambda conn, whose=artisan: chosen.take_away(conn, whose))
            registry.do(lambda conn, whose=artisan: erasing.forget(conn, whose))
            assert registry.lines(artisan) == []
            del held[artisan]
            agrees(registry, held)


# -- plain examples ----------------------------------------------------------------------------


def share(phone: Phone, level: c.Sharing) -> Placed:
    """Let her choose what she shares."""
    return phone.write(c.Consent(level))


def test_lines_come_with_consent_and_go_with_it(registry: Registry) -> None:
    siti = Phone("a")
    cloth = siti.write(item("Kain tulis"))
    line = c.SaleLine(cloth.n, 2_000, 500_000)
    siti.write(c.Sale([line, line], channel=5, day=TODAY))
    parties = Ledger(siti).parties

    def tell() -> list[tuple[Any, ...]]:
        registry.take(SITI, parties, list(siti.changes.values()))
        return registry.lines(SITI)

    assert tell() == []
    share(siti, c.Sharing.LINES)
    key = f"{cloth.log[:8].hex()}.{cloth.n}"
    assert [(row[0], *row[4:]) for row in tell()] == [
        (TODAY, number, 202510, 5, "5", key, "-1", 2_000, 500_000, 0) for number in (0, 1)
    ]
    assert registry.names(SITI) == {f"item:{key}": "Kain tulis"}
    share(siti, c.Sharing.TOTALS)
    assert tell() == []
    assert registry.names(SITI) == {}


def test_a_voided_sale_has_no_lines_also_when_the_void_comes_first(registry: Registry) -> None:
    siti = Phone("a")
    share(siti, c.Sharing.LINES)
    kept = siti.write(c.Sale([c.SaleLine(-1, 1_000, 7)]))
    wrong = siti.write(c.Sale([c.SaleLine(-1, 1_000, 9)]))
    parties = Ledger(siti).parties
    registry.take(SITI, parties, list(siti.changes.values()))
    assert [row[-2] for row in registry.lines(SITI)] == [7, 9]
    void = siti.write(c.Void(wrong.n))
    registry.take(SITI, parties, [void])
    assert [row[-2] for row in registry.lines(SITI)] == [7]
    assert registry.takings == {(202510, "belum dikenal", "0", 5): (1, 1_000, 7)}
    for late in (void, wrong, kept):
        registry.take(DEWI, parties, [late])
    registry.take(DEWI, parties, list(siti.changes.values()))
    assert [row[-2] for row in registry.lines(DEWI)] == [7]


def test_what_is_sold_for_another_is_a_line_and_no_turnover_of_hers(registry: Registry) -> None:
    siti = Phone("a")
    share(siti, c.Sharing.LINES)
    siti.write(c.Sale([c.SaleLine(-1, 1_000, 9, -1, 2), c.SaleLine(-1, 1_000, 7)]))
    registry.take(SITI, Ledger(siti).parties, list(siti.changes.values()))
    assert [row[-2:] for row in registry.lines(SITI)] == [(9, 1), (7, 0)]
    assert registry.takings == {(202510, "belum dikenal", "0", 5): (1, 1_000, 7)}


def test_a_clock_that_is_measured_moves_a_line_to_its_day(registry: Registry) -> None:
    siti, dinas = Phone("a", MONDAY - 40 * DAY), Family().phones[3]
    share(siti, c.Sharing.LINES)
    sale = siti.write(c.Sale([c.SaleLine(-1, 1_000, 7)]))
    dinas.hear(siti)
    piece = c.Piece(sale.log[:8], 1, sale.n, sale.hash[:8])
    clock = dinas.write(c.Clock(piece, 40 * DAY, 60))
    parties = Ledger(siti, dinas).parties
    registry.take(SITI, parties, list(siti.changes.values()))
    assert [row[5] for row in registry.lines(SITI)] == [202508]
    registry.take(SITI, parties, [each for each in dinas.changes.values() if each != clock])
    registry.take(SITI, parties, [clock])
    assert [row[5] for row in registry.lines(SITI)] == [202510]


def test_who_moves_takes_no_earlier_month_along(registry: Registry) -> None:
    siti, dinas = Phone("a"), Family().phones[3]
    for area, day in (("Wates", TODAY), ("Miji", TODAY + 40)):
        dinas.clock = day * DAY
        field = c.FieldWrite(c.ProfileField.AREA, c.value(area))
        dinas.write(c.Profile([field]))
    for day in (TODAY - 100, TODAY, TODAY + 50):
        siti.write(c.Sale([c.SaleLine(-1, 1_000, 7)], day=day))
    registry.take(SITI, Ledger(siti, dinas).parties, [*siti.changes.values()])
    registry.take(SITI, Ledger(siti, dinas).parties, [*dinas.changes.values()])
    assert [cell[:2] for cell in registry.takings] == [
        (202506, "Magersari"),
        (202510, "Magersari"),
        (202511, "Kranggan"),
    ]


# -- kept by the registry, made again by it ----------------------------------------------------

TABLES = ("person", "takings", "takings_known", "learned", "line", "called")


async def overview_of(served: Served) -> dict[str, list[tuple[Any, ...]]]:
    """Return the overview as it stands."""
    return await served.look(
        lambda conn: {
            table: conn.fetch(f"SELECT * FROM {table} ORDER BY 1, 2, 3")  # noqa: S608
            for table in TABLES
        }
    )


async def test_a_rebuild_and_a_new_version_give_the_same_overview(served: Served) -> None:
    device = await served.joined()
    named = c.FieldWrite(1, c.value("Kain tulis"))
    device.book.record(c.Consent(c.Sharing.LINES), c.Item(None, [named]))
    device.sells(7)
    await served.sync(device)
    before = await overview_of(served)
    assert all(before.values())
    await served.change(lambda conn: served.registry.rebuild(conn, device.artisan))
    assert await overview_of(served) == before

    def new_version(conn: Connection) -> bool:
        conn.execute("UPDATE migration SET digest = x'00' WHERE number = 0")
        rebuild = migrations.migrate(conn)
        for artisan in logs.artisans(conn):
            served.registry.rebuild(conn, artisan)
        return rebuild

    assert await served.change(new_version) is True
    assert await overview_of(served) == before
