"""The gap board: what exists and has not arrived, and who was the last to take it."""

import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from msgspec import structs
from tests.server import city
from tests.server.makers import DAY, NOW, Device, Served
from tests.server.test_couriers import Courier
from tests.server.test_pages import Visitor

from canting_client.custody import given
from canting_client.relay.deliver import deliver
from canting_protocol import codec
from canting_protocol.batch import cut
from canting_protocol.bundles import (
    Bundle,
    Given,
    read_bundle,
    write_bundle,
    write_handover,
)
from canting_protocol.ledger.author import place
from canting_protocol.letters import VERSION as LETTER_VERSION
from canting_protocol.letters import Address, Span, digest_of, read_letter, to_id
from canting_protocol.log import Descriptor, Hash, LogId, Placed
from canting_protocol.messages import Held, Offer, hash_code
from canting_server import erasing
from canting_server.proof import prove
from canting_server.registry import limits
from canting_server.registry.columns import when
from canting_server.registry.gaps import Told, gaps_of
from canting_server.store import migrations, people
from canting_server.store.database import SQLite, SQLiteDatabase
from canting_server.store.erasing import forget
from canting_server.store.gaps import Carried, ToldBy
from canting_server.store.migrations import statements
from canting_server.web.keys import DATABASE

LOG, OTHER = b"logs one", b"logs two"
LINA, ADI = b"L" * 32, b"A" * 32


@pytest.fixture
async def courier(served: Served, tmp_path: Path) -> AsyncIterator[Callable[[str], Courier]]:
    """Officers by name."""
    made: list[Courier] = []

    def make(name: str) -> Courier:
        made.append(Courier(served, tmp_path, name))
        return made[-1]

    yield make
    for each in made:
        each.bag.close()


@pytest.fixture
async def lina(courier: Callable[[str], Courier]) -> Courier:
    return courier("Lina")


@pytest.fixture
async def siti(served: Served) -> Device:
    return await city.settle_in(served, "Sri Contoh", "Batik Contoh", "Wates")


async def asks(courier: Courier) -> None:
    """Let an officer ask what is still wanted; then the road breaks off."""

    async def broken(data: bytes) -> Bundle:
        if read_bundle(data).letters:
            raise ConnectionError
        answered = await courier.served.post("/v1/sync", data)
        assert answered.status == 200
        return read_bundle(answered.body)

    with pytest.raises(ConnectionError):
        await deliver(courier.bag, courier.key, lambda: courier.now, broken)


def takes(courier: Courier, device: Device, letters: list[bytes]) -> None:
    """Let an officer take some letters of a device, and no others."""
    courier.bag.take(courier.key, read_bundle(given(device.key, letters, NOW)), courier.now)


async def board(served: Served, *fields: str, more: str = "") -> list[Any]:
    """Return what staff are told, those fields of it."""
    query = f"?fields={','.join(fields)}{more}"
    rows = (await served.ask(f"/v1/gaps{query}")).json["rows"]
    return [tuple(row[each] for each in fields) for row in rows]


def numbers(device: Device) -> tuple[int, int]:
    """Return the first and the last number of what a device has written."""
    (log,) = [each for each in device.book.offer().logs if each.descriptor.key == device.key.public]
    (head,) = log.heads
    return head.first, head.n


# -- with an officer ---------------------------------------------------------------------------


async def test_what_an_officer_asks_about_and_does_not_bring_is_shown_with_him_since_he_took_it(
    served: Served, lina: Courier, siti: Device
) -> None:
    siti.sells()
    lina.visits(siti)
    assert await board(served, "artisan") == [], "nobody here has heard of it"
    served.time.now = lina.now = NOW + 9 * DAY
    await asks(lina)
    (row,) = (await served.ask("/v1/gaps")).json["rows"]
    first, last = numbers(siti)
    assert (row["first"], row["last"]) == (first, last)
    assert row["artisan"] == siti.artisan.hex()
    assert (row["officer"], row["officer_name"]) == (lina.key.public.hex(), "Lina")
    assert (row["taken"], row["since"]) == (when(NOW), when(NOW + 9 * DAY))
    assert (row["told_by"], row["device"]) == ("courier", None), "nothing of her log is here"


async def test_what_arrives_is_no_longer_on_the_board(
    served: Served, lina: Courier, siti: Device
) -> None:
    siti.sells()
    lina.visits(siti)
    await asks(lina)
    assert len(await board(served, "log")) == 1
    await lina.delivers()
    assert await board(served, "log") == []
    assert await served.rows("carried", "log, n", siti.artisan) == []


async def test_it_does_not_matter_who_brings_it(
    served: Served, lina: Courier, siti: Device
) -> None:
    siti.sells()
    lina.visits(siti)
    await asks(lina)
    await served.sync(siti)
    assert await board(served, "log") == []
    assert await served.rows("carried", "log, n", siti.artisan) == []


async def test_an_officers_clock_that_is_wrong_does_not_move_the_day_he_took_it(
    served: Served, lina: Courier, siti: Device
) -> None:
    lina.now += 400 * DAY
    siti.sells()
    lina.visits(siti)
    lina.now += 9 * DAY
    served.time.now += 9 * DAY
    await asks(lina)
    assert await board(served, "taken") == [(when(NOW),)]


async def test_of_two_officers_the_last_who_took_it_is_shown(
    served: Served, courier: Callable[[str], Courier], siti: Device
) -> None:
    lina, adi = courier("Lina"), courier("Adi")
    siti.sells()
    lina.visits(siti)
    adi.now += 5 * DAY
    adi.visits(siti)
    served.time.now = lina.now = adi.now = NOW + 9 * DAY
    await asks(adi)
    await asks(lina)
    assert await board(served, "officer_name", "taken") == [("Adi", when(NOW + 5 * DAY))]


async def test_a_lost_bag_leaves_a_gap_that_says_who_had_it(
    served: Served, courier: Callable[[str], Courier], siti: Device
) -> None:
    """104-109 of shop 12 never arrived; last handed to Lina on 3 May."""
    lina, adi = courier("Lina"), courier("Adi")
    siti.sells()
    lina.visits(siti)
    early = numbers(siti)
    served.time.now = lina.now = NOW + DAY
    await asks(lina)  # and never comes again
    siti.sells()
    later = [raw for raw in siti.book.letters() if read_letter(raw).address.spans][1:]
    served.time.now = adi.now = NOW + 20 * DAY
    takes(adi, siti, later)
    await adi.delivers()
    found = await board(served, "first", "last", "since", "told_by", "officer_name", "taken")
    assert found == [(*early, when(NOW + DAY), "log", "Lina", when(NOW))]
    assert await board(served, "device") == [(siti.key.public.hex()[:16],)]
    lina.visits(siti)
    await lina.delivers()
    assert await board(served, "first") == []


async def test_a_letter_that_can_never_be_read_is_put_down(
    served: Served, lina: Courier, siti: Device
) -> None:
    siti.sells()
    broken = [raw[:-1] + bytes([raw[-1] ^ 1]) for raw in siti.book.letters()]
    takes(lina, siti, broken)
    await asks(lina)
    assert len(await board(served, "log")) == 1
    await lina.delivers()
    assert await board(served, "log") == []


async def test_a_letter_of_a_key_that_nobody_certifies_stays_with_its_officer(
    served: Served, lina: Courier, siti: Device
) -> None:
    siti.sells()
    await served.change(lambda conn: forget(conn, siti.artisan))
    lina.visits(siti)
    assert (await lina.delivers()).left == 1
    assert await board(served, "told_by", "officer_name") == [("courier", "Lina")]


@pytest.mark.parametrize("trusted", ["nobody", "expired", "revoked"])
async def test_only_an_officers_word_is_noted(
    served: Served, lina: Courier, siti: Device, trusted: str
) -> None:
    siti.sells()
    lina.visits(siti)
    known = lina.bag.known
    assert known is not None
    if trusted == "nobody":
        lina.bag.belong(known._replace(papers=[]))
    elif trusted == "expired":
        served.time.now += 61 * DAY
    else:
        await served.change(
            lambda conn: people.add_officer(conn, hash_code("x"), "Lina", "", 2, 9, NOW + 60)
        )
        await served.change(
            lambda conn: people.commission(conn, hash_code("x"), lina.key.public, known.papers[0])
        )
        await served.change(lambda conn: people.revoke_officer(conn, lina.key.public))
    await asks(lina)
    assert await board(served, "log") == []


async def test_who_asks_again_writes_nothing(served: Served, lina: Courier, siti: Device) -> None:
    siti.sells()
    lina.visits(siti)
    await asks(lina)
    before = (await served.ask("/v1/gaps")).json["watermark"]
    await asks(lina)
    assert (await served.ask("/v1/gaps")).json["watermark"] == before


async def test_an_erased_artisan_is_not_on_the_board(
    served: Served, lina: Courier, siti: Device
) -> None:
    siti.sells()
    lina.visits(siti)
    await asks(lina)
    database = served.app[DATABASE]
    assert isinstance(database, SQLiteDatabase)
    await erasing.erase(served.home, served.registry, database, siti.artisan, "surat 7")
    assert await board(served, "log") == []
    await lina.delivers()
    assert await served.rows("carried", "log, n", siti.artisan) == []


async def test_of_one_artisan_no_more_is_noted_than_the_limit_says(
    served: Served, lina: Courier, siti: Device
) -> None:
    to = to_id(served.registry.key.public)
    spans = [Span(LOG, n, n, bytes(8)) for n in range(2, limits.CARRIED_OF_ARTISAN_MAX + 10)]
    addresses = [
        codec.encode(Address(LETTER_VERSION, to, siti.artisan, spans[at : at + 60]))
        for at in range(0, len(spans), 60)
    ]
    known = lina.bag.known
    assert known is not None
    said = [Given(digest_of(each), NOW) for each in addresses]
    paper = write_handover(lina.key, NOW, said)
    answered = await served.post("/v1/sync", write_bundle([], paper, known.papers, addresses))
    assert answered.status == 200
    noted = await served.rows("carried", "log, n", siti.artisan)
    assert len(noted) == limits.CARRIED_OF_ARTISAN_MAX
    assert await board(served, "first", "last", "officer_name", "taken") == [
        (1, 1, None, None),
        (2, limits.CARRIED_OF_ARTISAN_MAX + 1, "Lina", when(NOW)),
    ]


# -- without one -------------------------------------------------------------------------------


async def test_what_a_device_stated_and_did_not_send_is_shown_since_it_said_so(
    served: Served, siti: Device
) -> None:
    siti.sells()
    await served.sync(siti)
    _, here = numbers(siti)
    siti.sells()
    siti.sells()
    offer = structs.replace(siti.book.offer(), batches=[])
    for days in (1, 3):
        served.time.now = NOW + days * DAY
        assert (await served.send(siti.request(offer))).status == 200
    expected = (here + 1, here + 2, when(NOW + DAY), "device", None, None)
    found = await board(served, "first", "last", "since", "told_by", "officer", "taken")
    assert found == [expected]
    await served.sync(siti)
    assert await board(served, "first") == []


@pytest.mark.parametrize("seed", range(6))
async def test_in_whatever_order_letters_come_exactly_the_numbers_that_lack_are_shown(
    served: Served, courier: Callable[[str], Courier], siti: Device, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    for _ in range(9):
        siti.sells()
        siti.book.letters()  # each sale becomes a letter of its own
    goods = [raw for raw in siti.book.letters() if read_letter(raw).address.spans]
    assert len(goods) == 9
    chance.shuffle(goods)
    here: set[int] = set()
    for turn in range(3):
        adi = courier(f"Adi {turn}")
        some = goods[turn * 3 : turn * 3 + 3]
        takes(adi, siti, some)
        await adi.delivers()
        for raw in some:
            for span in read_letter(raw).address.spans:
                here |= set(range(span.first, span.n + 1))
        shown = await board(served, "first", "last")
        lacking = set(range(1, max(here))) - here
        assert {n for first, last in shown for n in range(first, last + 1)} == lacking
        assert all(each == ("log",) for each in await board(served, "told_by"))
    assert shown == []


async def test_of_a_branch_of_a_copied_phone_what_lacks_is_shown_though_its_number_is_here(
    served: Served, siti: Device
) -> None:
    descriptor = Descriptor(siti.key.public, b"incarnat", b"")
    body = codec.encode([13, [[-1, 1000, 250_000]]])
    trunk: list[Placed] = []
    for n, t in ((1, NOW), (2, NOW), (3, NOW), (4, NOW), (5, NOW)):
        before = trunk[-1].hash if trunk else Hash(descriptor.origin)
        trunk.append(place(LogId(descriptor.log), n, before, t, body))
    fourth = place(LogId(descriptor.log), 4, trunk[2].hash, NOW + 60, body)
    fifth = place(LogId(descriptor.log), 5, fourth.hash, NOW + 60, body)

    async def sends(*changes: Placed) -> None:
        offer = Offer(
            siti.artisan, [Held(descriptor, [])], [cut(siti.key, siti.artisan, changes, NOW)]
        )
        assert (await served.send(siti.request(offer))).answer.refused == []

    await sends(*trunk)
    assert await board(served, "first") == []
    await sends(fifth)
    assert await board(served, "first", "last", "told_by") == [(4, 4, "log")]
    await sends(fourth)
    assert await board(served, "first") == []


async def test_staff_filter_sort_and_export_the_board(
    served: Served, lina: Courier, siti: Device
) -> None:
    other = await city.settle_in(served, "Rahayu Misal", "Sekar Misal", "Kedundung")
    siti.sells()
    lina.visits(siti)
    served.time.now = lina.now = NOW + DAY
    await asks(lina)
    other.sells()
    served.time.now = NOW + 2 * DAY
    await served.send(other.request(structs.replace(other.book.offer(), batches=[])))
    oldest = [(siti.artisan.hex(),), (other.artisan.hex(),)]
    assert await board(served, "artisan", more="&sort=since") == oldest
    assert await board(served, "artisan", more="&sort=-since") == oldest[::-1]
    assert await board(served, "artisan", more="&officer__isnull=true") == oldest[1:]
    assert await board(served, "artisan", more=f"&officer={lina.key.public.hex()}") == oldest[:1]
    assert await board(served, "artisan", more="&told_by=device") == oldest[1:]
    assert await board(served, "artisan", more="&since__before=2025-10-11") == oldest[:1]
    first = (await served.ask("/v1/gaps?limit=1&count=exact&facet=told_by")).json
    assert (first["count"]["rows"], len(first["rows"])) == (2, 1)
    assert len(first["facets"]["told_by"]["values"]) == 2
    second = (await served.ask(first["next"])).json
    assert (len(second["rows"]), second["next"]) == (1, None)
    table = (await served.ask("/v1/gaps?format=csv&fields=first,last,officer_name")).body.decode()
    assert "Lina" in table
    assert (await served.ask("/v1/gaps?officer_name=Lina")).problem == (400, "unknown_column")


async def test_rebuilding_and_proving_give_the_same_board(
    served: Served, courier: Callable[[str], Courier], siti: Device
) -> None:
    lina, adi = courier("Lina"), courier("Adi")
    siti.sells()
    lina.visits(siti)
    await asks(lina)
    siti.sells()
    takes(adi, siti, [raw for raw in siti.book.letters() if read_letter(raw).address.spans][1:])
    await adi.delivers()
    siti.sells()
    await served.send(siti.request(structs.replace(siti.book.offer(), batches=[])))

    def everything(conn: Any) -> Any:
        return conn.fetch("SELECT * FROM gap ORDER BY artisan, log, first")

    before = await served.look(everything)
    assert len(before) == 2
    await served.change(served.registry.rebuild_everything)
    assert await served.look(everything) == before
    await served.change(lambda conn: conn.execute("UPDATE gap SET last = last + 1"))
    (wrong,) = (await served.look(lambda conn: prove(conn, served.registry))).wrong
    assert "not arrived" in wrong
    await served.change(served.registry.rebuild_everything)
    assert (await served.look(lambda conn: prove(conn, served.registry))).wrong == []


async def test_the_front_page_says_who_has_what_in_both_languages(
    served: Served, courier: Callable[[str], Courier], siti: Device
) -> None:
    lina = courier("<b>Lina")
    visitor = Visitor(served)
    await visitor.sign_in()
    assert "Semua yang diketahui ada sudah sampai." in (await visitor.get()).body.decode()
    siti.sells()
    lina.visits(siti)
    served.time.now = lina.now = NOW + 3 * DAY
    await asks(lina)
    await visitor.sign_in()
    first, last = numbers(siti)
    for language, words in (
        ("id", ("Belum sampai", "sejak 9 Okt 2025", "12 Okt 2025", "menurut dia saja")),
        ("en", ("Not arrived", "since 9 Oct 2025", "12 Oct 2025", "by that word alone")),
    ):
        page = (await visitor.get(f"/?lang={language}")).body.decode()
        for each in (*words, "Sri Contoh", f"{first}–{last}", "&lt;b&gt;Lina"):
            assert each in page
        assert "<b>Lina" not in page


# -- decided -----------------------------------------------------------------------------------


def carries(first: int, n: int, officer: bytes = LINA, taken: int | None = 10) -> Carried:
    """Return a range of the log that an officer says he carries."""
    return Carried(LOG, first, n, bytes(8), officer, officer.decode(), taken, 50)


def shown(told: list[Told], *carried: Carried) -> list[tuple[int, int, bytes | None]]:
    """Return (first, last, officer) of what is missing."""
    return [(each.first, each.last, each.officer) for each in gaps_of(told, carried, {})]


def test_ranges_that_touch_are_one_and_the_longest_known_counts() -> None:
    told = [Told(LOG, 101, 120, 7, ToldBy.DEVICE), Told(LOG, 121, 140, 3, ToldBy.LOG)]
    (gap,) = gaps_of(told, [], {LOG: bytes(range(32))})
    assert (gap.first, gap.last, gap.since, gap.told_by) == (101, 140, 3, ToldBy.LOG)
    assert gap.device == bytes(range(8))


def test_what_only_an_officer_tells_of_is_apart_from_what_the_device_said() -> None:
    told = [Told(LOG, 101, 120, 7, ToldBy.DEVICE), Told(LOG, 101, 140, 3, ToldBy.COURIER)]
    found = gaps_of(told, [carries(101, 140)], {})
    assert [(each.first, each.last, each.told_by) for each in found] == [
        (101, 120, 2),
        (121, 140, 3),
    ]


def test_letters_of_one_hand_over_are_one_range_and_of_two_are_two() -> None:
    told = [Told(LOG, 1, 40, 0, ToldBy.DEVICE)]
    one = (carries(1, 9), carries(10, 19, taken=300))
    assert shown(told, *one, carries(20, 29, taken=900)) == [
        (1, 19, LINA),
        (20, 29, LINA),
        (30, 40, None),
    ]
    assert shown(told, carries(1, 40), carries(11, 20, ADI, 11)) == [
        (1, 10, LINA),
        (11, 20, ADI),
        (21, 40, LINA),
    ]
    assert shown(told, carries(1, 40, taken=None), carries(11, 20, ADI, -500)) == [(1, 40, LINA)]


_RANGE = st.tuples(st.integers(1, 30), st.integers(0, 9))


@drawn(
    st.lists(st.tuples(st.sampled_from([LOG, OTHER]), _RANGE, st.sampled_from(ToldBy))),
    st.lists(st.tuples(_RANGE, st.sampled_from([LINA, ADI]), st.integers(0, 2_000))),
)
def test_every_number_that_is_told_of_is_shown_once_with_the_last_who_took_it(
    told: list[tuple[bytes, tuple[int, int], ToldBy]],
    carried: list[tuple[tuple[int, int], bytes, int]],
) -> None:
    words = [Told(log, at, at + more, 0, by) for log, (at, more), by in told]
    hands = [carries(at, at + more, who, taken) for (at, more), who, taken in carried]
    found = gaps_of(words, hands, {})
    shown = [(gap.log, n) for gap in found for n in range(gap.first, gap.last + 1)]
    assert len(shown) == len(set(shown))
    assert set(shown) == {(each.log, n) for each in words for n in range(each.first, each.n + 1)}
    for gap in found:
        for n in range(gap.first, gap.last + 1):
            had = [each for each in hands if gap.log == LOG and each.first <= n <= each.n]
            last = max(had, key=lambda each: (each.taken, each.officer), default=None)
            assert gap.officer == (None if last is None else last.officer)


# -- where it was not kept before --------------------------------------------------------------


def test_statements_from_before_are_dated_by_when_a_device_was_last_heard() -> None:
    folder = Path(str(migrations.__file__)).parent / "schema"
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as raw:
        conn = SQLite(raw)
        for file in sorted(folder.glob("*.sqlite.sql"))[:10]:
            if file.name.startswith("0010"):
                for artisan in (b"heard", b"never"):
                    conn.execute("INSERT INTO stated VALUES ($1, x'01', 7, x'02')", artisan)
                conn.execute("INSERT INTO statement VALUES ($1, x'03', $2)", b"heard", NOW)
            for statement in statements(file.read_text(encoding="utf-8")):
                conn.execute(statement)
        found = conn.fetch("SELECT artisan, n, since FROM stated ORDER BY artisan")
    assert found == [(b"heard", 7, NOW), (b"never", 7, 0)]
