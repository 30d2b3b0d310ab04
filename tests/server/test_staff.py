"""What staff may ask, and what each artisan lets them see."""

from typing import Any

import pytest
from tests.server.makers import DAY, NOW, Device, Served

from canting_protocol import changes as c
from canting_protocol.batch import cut
from canting_protocol.ledger.rows import ChangeRow
from canting_protocol.ledger.times import day_of
from canting_protocol.messages import Offer
from canting_server.registry.ask import pieces

SURFACES = [
    "/v1/artisans",
    "/v1/sales",
    "/v1/stock",
    "/v1/totals",
    "/v1/conflicts",
    "/v1/verdicts",
    "/v1/gaps",
    "/v1/coverage",
]
TODAY = day_of(NOW)
SEPTEMBER, OCTOBER = "2025-09", "2025-10"


def field(number: int, of: Any) -> c.FieldWrite:
    """Return one field."""
    return c.FieldWrite(number, c.value(of))


async def profile(served: Served, device: Device, **fields: Any) -> None:
    """Let the department write in an artisan's profile."""
    writes = [field(c.ProfileField[name.upper()], value) for name, value in fields.items()]
    await served.change(lambda conn: served.registry.write(conn, device.artisan, c.Profile(writes)))


async def shares(served: Served, device: Device, level: c.Sharing) -> None:
    """Let an artisan choose what she shares."""
    device.book.record(c.Consent(level))
    await served.sync(device)


@pytest.fixture
async def siti(served: Served) -> Device:
    """An artisan of Wates with a sale in September and two in October, one of them brought back."""
    device = await served.joined()
    await profile(served, device, name="Siti", brand="Sekar Jagad", area="Wates")
    cloth = device.book.record(c.Item(None, [field(1, "Kain tulis")]))[0]
    line = [c.SaleLine(cloth.n, 2_000, 500_000)]
    device.book.record(
        c.Production([], [c.MoveLine(cloth.n, 12_500)]),
        c.Sale(line, day=TODAY - 30, channel=c.Channel.WHATSAPP),
        c.Sale(line, day=TODAY, channel=c.Channel.WHATSAPP),
        c.Sale(line, day=TODAY, channel="dari teman"),
        c.Return([c.GoodsLine(cloth.n, 1_000, 250_000)], day=TODAY, channel=c.Channel.WHATSAPP),
    )
    await served.sync(device)
    return device


def cloth(siti: Device, device: Device) -> c.Name:
    """Return how a device of hers names her one cloth."""
    sql = "SELECT log, n FROM change WHERE kind = 2 ORDER BY n LIMIT 1"
    log, n = siti.book.conn.execute(sql).fetchone()
    return int(n) if device is siti else c.Foreign(log[:8], n)


# -- who may ask -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [*SURFACES, "/v1/artisans/0011223344556677"])
async def test_without_a_token_nobody_learns_anything(
    served: Served, path: str, method: str
) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer cst_guessed"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic Y3N0X29mLWEtdGVzdDo="},
    ):
        answered = await served.call(method, path, headers=headers)
        assert answered.status == 401
        assert answered.headers["WWW-Authenticate"] == "Bearer"


async def test_a_token_is_kept_only_as_its_hash(served: Served) -> None:
    stored = await served.look(lambda conn: conn.fetch("SELECT token FROM token"))
    assert [len(row[0]) for row in stored] == [32]


# -- totals ------------------------------------------------------------------------------------


async def test_turnover_stands_by_month_with_returns_apart(served: Served, siti: Device) -> None:
    told = (await served.ask("/v1/totals?by=month")).json
    assert told["rows"] == [
        {
            "month": SEPTEMBER,
            "sales": 1,
            "pieces": "2",
            "turnover": 500_000,
            "returns": 0,
            "pieces_returned": "0",
            "paid_back": 0,
        },
        {
            "month": OCTOBER,
            "sales": 2,
            "pieces": "4",
            "turnover": 1_000_000,
            "returns": 1,
            "pieces_returned": "1",
            "paid_back": 250_000,
        },
    ]


@pytest.mark.parametrize("by", ["channel", "channel,month", "kecamatan,channel,month", "kecamatan"])
async def test_any_dimensions_in_any_order_add_up_to_the_same(
    served: Served, siti: Device, by: str
) -> None:
    rows = (await served.ask(f"/v1/totals?by={by}")).json["rows"]
    assert all(list(row)[: len(by.split(","))] == by.split(",") for row in rows)
    assert sum(row["turnover"] for row in rows) == 1_500_000
    if "channel" in by:
        assert {row["channel"] for row in rows} == {"wa", "dari teman"}
    if "kecamatan" in by:
        assert {row["kecamatan"] for row in rows} == {"Magersari"}


async def test_months_may_be_bounded(served: Served, siti: Device) -> None:
    for bounds, turnover in (
        (f"from={OCTOBER}", 1_000_000),
        (f"to={SEPTEMBER}", 500_000),
        (f"from={SEPTEMBER}&to={OCTOBER}", 1_500_000),
        ("from=2030-01", 0),
    ):
        rows = (await served.ask(f"/v1/totals?by=channel&{bounds}")).json["rows"]
        assert sum(row["turnover"] for row in rows) == turnover


@pytest.mark.parametrize(
    "query",
    [
        "by=village",
        "by=",
        "by=month,month",
        "by=month&by=channel",
        "from=2025",
        "from=2025-13",
        "to=2025-00",
        "to=²²²²-01",
        "by=name;drop",
    ],
)
async def test_a_question_that_is_none_is_told_what_may_be_asked(  # 53
    served: Served, query: str
) -> None:
    answered = await served.ask(f"/v1/totals?{query}")
    assert answered.problem == (400, "bad_question")


async def test_totals_are_narrowed_by_the_same_grammar(served: Served, siti: Device) -> None:
    for asked, turnover in (
        (f"month__gte={OCTOBER}", 1_000_000),
        (f"month__before={OCTOBER}", 500_000),
        (f"month={SEPTEMBER}&month={OCTOBER}", 1_500_000),
        ("channel=wa", 1_000_000),
        ("channel=dari%20teman", 500_000),
        ("kecamatan=Magersari&month__lt=2025-10", 500_000),
        ("kecamatan=Kranggan", 0),
    ):
        rows = (await served.ask(f"/v1/totals?by=channel&{asked}")).json["rows"]
        assert sum(row["turnover"] for row in rows) == turnover
    assert (await served.ask("/v1/totals?name=x")).problem == (400, "unknown_column")


@pytest.mark.parametrize("channel", ["²", "١", "99", "-1", "", "8 ", "=HYPERLINK()"])
async def test_a_channel_of_her_own_stays_as_she_wrote_it(
    served: Served, siti: Device, channel: str
) -> None:
    siti.sells(1, channel=channel)
    await served.sync(siti)
    rows = (await served.ask("/v1/totals?by=channel")).json["rows"]
    assert channel in {row["channel"] for row in rows}


async def test_a_month_stays_where_she_lived_then(served: Served, siti: Device) -> None:
    """She moves in October: September stays with Magersari."""
    siti.time.now = served.time.now = NOW + 40 * DAY
    await profile(served, siti, area="Miji")
    siti.sells(7)
    await served.sync(siti)
    rows = (await served.ask("/v1/totals?by=month,kecamatan")).json["rows"]
    assert [(row["month"], row["kecamatan"]) for row in rows] == [
        (SEPTEMBER, "Magersari"),
        (OCTOBER, "Magersari"),
        ("2025-11", "Kranggan"),
    ]


# -- sharing -----------------------------------------------------------------------------------


async def test_who_shares_only_the_registry_counts_in_no_total(
    served: Served, siti: Device
) -> None:
    other = await served.joined()
    other.sells(7)
    await served.sync(other)
    await shares(served, siti, c.Sharing.REGISTRY)
    told = (await served.ask("/v1/totals")).json
    assert [row["turnover"] for row in told["rows"]] == [7]
    assert told["coverage"]["counted"] == 1
    assert told["coverage"]["withheld"] == 1
    one = (await served.ask(f"/v1/artisans/{siti.artisan.hex()}")).json
    assert "totals" not in one
    assert "stock" not in one
    assert one["name"] == "Siti"


async def test_stock_is_seen_of_those_alone_who_share_lines(served: Served, siti: Device) -> None:
    assert (await served.ask("/v1/stock")).json["rows"] == []
    await shares(served, siti, c.Sharing.LINES)
    (row,) = (await served.ask("/v1/stock")).json["rows"]
    assert row["item_name"] == "Kain tulis"
    assert row["place_name"] == "rumah"
    assert row["quantity"] == "7.5"
    assert not row["below_zero"]
    assert not row["disputed"]
    await shares(served, siti, c.Sharing.TOTALS)
    assert (await served.ask("/v1/stock")).json["rows"] == []


async def test_of_two_choices_at_once_the_stricter_holds(served: Served, siti: Device) -> None:
    other = await served.joined(siti.artisan)
    await served.sync(other)
    other.book.record(c.Consent(c.Sharing.REGISTRY))
    siti.book.record(c.Consent(c.Sharing.LINES))
    await served.sync(other)
    await served.sync(siti)
    assert (await served.ask("/v1/stock")).json["rows"] == []
    assert (await served.ask("/v1/totals")).json["rows"] == []


async def test_the_department_cannot_consent_for_her(served: Served, siti: Device) -> None:
    await served.change(
        lambda conn: served.registry.write(conn, siti.artisan, c.Consent(c.Sharing.LINES))
    )
    assert (await served.ask("/v1/stock")).json["rows"] == []


async def test_nothing_on_any_surface_names_what_she_does_not_share(
    served: Served, siti: Device
) -> None:
    """A planted name, a price and a buyer: none of them leaves at the level of totals."""
    other = await served.joined(siti.artisan)
    await served.sync(other)
    for device, name, price in ((siti, "Rahasia Satu", 111_222), (other, "Rahasia Dua", 333_444)):
        target = cloth(siti, device)
        device.book.record(c.Item(target, [field(1, name), field(4, price)]))
        device.sells(price)
        device.book.record(c.Count([c.CountLine(target, price)]))
    await served.sync(other)
    await served.sync(siti)
    paths = [*SURFACES, f"/v1/artisans/{siti.artisan.hex()}"]
    said = b"".join([(await served.ask(path)).body for path in paths])
    for secret in (b"Rahasia", b"111222", b"333444", b"111.222", b"333.444", b"Kain tulis"):
        assert secret not in said
    await shares(served, siti, c.Sharing.LINES)
    said = b"".join([(await served.ask(path)).body for path in paths])
    for shown in (b"Rahasia Satu", b"Rahasia Dua", b"111222", b"333444"):
        assert shown in said


async def test_a_private_value_is_hers(served: Served, siti: Device) -> None:
    hidden = c.FieldWrite(c.ProfileField.PHONE, c.value(siti.book.hide("081234567890")))
    brand = c.FieldWrite(c.ProfileField.BRAND, c.value(siti.book.hide("Rahasia")))
    siti.book.record(c.Profile([hidden]), c.Profile([brand]))
    await served.sync(siti)
    one = (await served.ask(f"/v1/artisans/{siti.artisan.hex()}")).json
    assert one["brand"] == "(milik perajin)"


# -- conflicts, coverage, one artisan ----------------------------------------------------------


async def test_a_conflict_shows_both_values_and_whose_they_are(
    served: Served, siti: Device
) -> None:
    siti.book.record(c.Profile([field(c.ProfileField.BRAND, "Hers")]))
    await profile(served, siti, brand="Theirs")
    await served.sync(siti)
    (conflict,) = (await served.ask("/v1/conflicts")).json["rows"]
    assert conflict["artisan"] == siti.artisan.hex()
    assert {each["value"] for each in conflict["values"]} == {"Hers", "Theirs"}
    assert [each["shown"] for each in conflict["values"]].count(True) == 1
    assert all(each["at"] and len(each["by"]) == 16 for each in conflict["values"])


async def test_two_counts_of_one_shelf_that_disagree_are_a_conflict(
    served: Served, siti: Device
) -> None:
    await shares(served, siti, c.Sharing.LINES)
    other = await served.joined(siti.artisan)
    await served.sync(other)
    siti.book.record(c.Count([c.CountLine(cloth(siti, siti), 5_000)]))
    other.book.record(c.Count([c.CountLine(cloth(siti, other), 6_000)]))
    await served.sync(siti)
    await served.sync(other)
    (conflict,) = (await served.ask("/v1/conflicts")).json["rows"]
    assert {each["value"] for each in conflict["values"]} == {"5", "6"}
    (row,) = (await served.ask("/v1/stock")).json["rows"]
    assert row["disputed"]


async def test_reported_through_is_the_earliest_of_her_devices(
    served: Served, siti: Device
) -> None:
    before = (await served.ask("/v1/artisans")).json["rows"][0]["reported_through"]
    assert before == "2025-10-09T15:53:20+07:00"
    other = await served.joined(siti.artisan)
    assert (await served.ask("/v1/artisans")).json["rows"][0]["reported_through"] is None
    served.time.now += DAY
    await served.sync(other)
    assert (await served.ask("/v1/artisans")).json["rows"][0]["reported_through"] == before
    served.time.now += DAY
    await served.sync(siti)
    after = (await served.ask("/v1/artisans")).json["rows"][0]["reported_through"]
    assert after == "2025-10-10T15:53:20+07:00"


async def test_a_quiet_artisan_has_reported(served: Served, siti: Device) -> None:
    served.time.now += 60 * DAY
    await served.sync(siti)
    told = (await served.ask("/v1/coverage")).json
    assert told["artisans"] == told["reported"] == 1
    assert told["rows"][0]["reported_through"] == "2025-12-08T15:53:20+07:00"


async def test_an_artisan_whose_device_never_came_has_never_reported(served: Served) -> None:
    await served.code()
    told = (await served.ask("/v1/coverage")).json
    assert (told["artisans"], told["reported"]) == (1, 0)
    assert (await served.ask("/v1/totals")).json["coverage"]["never_reported"] == 1


async def test_what_is_named_and_held_by_nobody_is_said(served: Served, siti: Device) -> None:
    siti.book.record(c.Seen([c.Piece(b"nowhere!", 1, 3, b"whatever")]))
    await served.sync(siti)
    assert (await served.ask("/v1/coverage")).json["rows"][0]["causality_incomplete"]


async def test_one_artisan_is_told_with_devices_and_totals(served: Served, siti: Device) -> None:
    one = (await served.ask(f"/v1/artisans/{siti.artisan.hex()}")).json
    assert one["kelurahan"] == "Wates"
    assert one["kecamatan"] == "Magersari"
    assert one["sharing"] == "totals"
    (device,) = one["devices"]
    assert device["key"] == siti.key.public.hex()[:16]
    assert sum(row["turnover"] for row in one["totals"]) == 1_500_000


@pytest.mark.parametrize(
    "which",
    ["0011223344556677", "nobody", "00", "", "%20", "..", "00112233445566zz", "%C2%B2"],
)
async def test_who_is_not_there_is_not_found(served: Served, siti: Device, which: str) -> None:
    assert (await served.ask(f"/v1/artisans/{which}")).problem == (404, "not_found")


async def test_an_id_is_written_in_one_way(served: Served, siti: Device) -> None:
    """With a space in it, it once was never answered at all."""
    text = siti.artisan.hex()
    answered = await served.ask(f"/v1/artisans/{text[:4]}%20{text[4:]}")
    assert answered.problem == (404, "not_found")
    assert (await served.ask(f"/v1/artisans/{text.upper()}")).status == 200


@pytest.mark.parametrize(
    ("thousandths", "text"),
    [(0, "0"), (1, "0.001"), (12_500, "12.5"), (-250, "-0.25"), (-3_000, "-3"), (10_010, "10.01")],
)
def test_a_quantity_is_a_decimal_number(thousandths: int, text: str) -> None:
    assert pieces(thousandths) == text


async def test_a_ledger_with_a_gap_is_told_to_be_incomplete(served: Served) -> None:
    device = await served.joined()
    device.sells(1)
    device.sells(2)
    device.sells(3)
    offer = device.book.offer()
    (log,) = [each for each in offer.logs if each.descriptor.key == device.key.public]
    rows = [row for row in device.book.rows().all(ChangeRow) if row.log == log.descriptor.log]
    late = sorted((row.placed for row in rows), key=lambda each: each.n)[2:]
    gapped = Offer(device.artisan, offer.logs, [cut(device.key, device.artisan, late, NOW)])
    await served.send(device.request(gapped))
    (row,) = (await served.ask("/v1/coverage")).json["rows"]
    assert row["causality_incomplete"]
    await served.sync(device)
    (row,) = (await served.ask("/v1/coverage")).json["rows"]
    assert not row["causality_incomplete"]
