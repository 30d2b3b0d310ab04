"""`canting report` and `canting statements`: what they say, and that they agree with the orders."""

import csv
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.client.command import Phone

from canting_client import taxes
from canting_client.history import history
from canting_client.home import Home
from canting_client.report import statements_of
from canting_client.statements import turnover_by_month

DEMO = Path(__file__).parents[2] / "demo"
ORDERS = DEMO / "orders_2023-12_to_2024-06.csv"
MONTHS = (202312, 202401, 202402, 202403, 202404, 202405, 202406)


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    """A book with a month of a maker's life, October 2025."""
    phone = Phone(tmp_path / "hp")
    phone.says("init", "siti", "--name", "Bu Siti", "--brand", "Batik Siti")
    phone.says("item", "add", "Kain cap", "--price", "175.000")
    phone.says("item", "add", "Mori", "--type", "bahan")
    phone.says("partner", "add", "Bu Rina")
    phone.says("partner", "add", "Mbak Tun")
    phone.says("item", "add", "Syal", "--price", "90.000", "--owner", "rina")
    phone.says("place", "add", "Galeri Rina", "--type", "titip", "--partner", "rina")
    for command in (
        ("buy", "Mori", "30", "900.000", "--from", "rina", "--pay", "utang", "--date", "1/9/2025"),
        ("make", "kain:10", "--used", "Mori:25", "--wage", "300.000", "--date", "2/10/2025"),
        ("move", "kain", "4", "--to", "galeri", "--date", "3/10/2025"),
        ("sell", "kain", "2", "--date", "5/10/2025"),
        *[("sell", "kain", "--at", "galeri", "--pay", "utang", "--to", "rina")],
        ("sell", "syal", "--commission", "9.000", "--pay", "qris", "--date", "9/10/2025"),
        ("count", "kain=3", "--date", "20/10/2025"),
    ):
        when = () if "--date" in command else ("--fee", "20.000", "--date", "8/10/2025")
        phone.says(*command, *when)
    return phone


def test_a_month_is_told_on_one_page(phone: Phone) -> None:
    said = phone.says("report", "--month", "2025-10")
    assert said.startswith("Ringkasan Oktober 2025, Batik Siti, Bu Siti\n")
    for line in (
        "masuk: penjualan Rp440.000",
        "keluar: upah -Rp300.000",
        "QRIS menunggu cair Rp90.000",
        "Penjualan Rp525.000",
        "Harga pokok -Rp315.000",
        "Selisih hitung (hilang) -Rp105.000",
        "LABA BERSIH Rp94.000",
        "Bu Rina Rp155.000",
        "Bu Rina Rp981.000",
        "31–60 hari Rp900.000",
        "3 Kain cap (28 hari) Rp315.000",
        "-1 Syal (milik orang)",
        "Omzet 2025 sampai Oktober 2025 Rp525.000",
        "Sisa sampai batas Rp499.475.000",
    ):
        assert line in _lines(said)


def test_goods_that_have_lain_there_a_day_are_told_in_the_singular(phone: Phone) -> None:
    phone.says("place", "add", "Butik Tun", "--type", "titip", "--partner", "tun")
    phone.says("move", "kain", "1", "--to", "butik", "--date", "30/10/2025")
    for language, one, more in (("id", "(1 hari)", "(28 hari)"), ("en", "(1 day)", "(28 days)")):
        said = phone.says("report", "--month", "2025-10", "--lang", language)
        assert f"1 Kain cap {one} Rp" in " ".join(said.split())
        assert f"3 Kain cap {more} Rp" in " ".join(said.split())


def test_the_report_in_json_calls_things_by_their_names(phone: Phone) -> None:
    told = phone.tells("report", "--month", "2025-10")
    assert told["month"] == 202510
    assert told["position"]["stock"] == 780_000
    assert [(each["partner"], each["total"]) for each in told["payables"]] == [("Bu Rina", 981_000)]
    assert told["payables"][0]["by_age"] == [81_000, 900_000, 0, 0]
    (consigned,) = told["consigned"]
    assert (consigned["item"], consigned["place"], consigned["quantity"], consigned["days"]) == (
        "Kain cap",
        "Galeri Rina",
        3000,
        28,
    )
    assert told["tax"]["left"] == 499_475_000


def test_a_payment_settles_the_oldest_debt_and_a_void_undoes_it(phone: Phone) -> None:
    from canting_protocol import changes as c

    with Home(phone.home).open(None) as book:
        rina = book.wire_name(_partner(book, "rina"))
        day = (date(2025, 10, 25) - date(1970, 1, 1)).days
        paid = book.record(c.Payment(-1, 850_000, rina, 0, day))[0]
    told = phone.tells("report", "--month", "2025-10")
    assert told["payables"][0]["by_age"] == [81_000, 50_000, 0, 0]
    assert told["money"]["went"] == {"payment": 850_000, "production": 300_000}
    phone.says("void", str(paid.n))
    assert phone.tells("report", "--month", "2025-10")["payables"][0]["by_age"] == [
        81_000,
        900_000,
        0,
        0,
    ]


def test_the_three_statements_are_printed_for_a_month_and_a_year(phone: Phone) -> None:
    said = phone.says("statements", "--month", "2025-10")
    parts = ("LAPORAN LABA RUGI", "LAPORAN POSISI KEUANGAN", "CATATAN ATAS LAPORAN KEUANGAN")
    assert [said.count(part) for part in parts] == [1, 1, 1]
    assert "Per 31 Okt 2025" in said
    assert "JUMLAH ASET Rp1.075.000" in _lines(said)
    assert "JUMLAH LIABILITAS DAN EKUITAS Rp1.075.000" in _lines(said)
    year = phone.tells("statements", "--year", "2025")
    assert year["profit_and_loss"]["profit"] == 94_000
    assert year["notes"]["stock"] == [
        {"item": "Mori", "quantity": 5000, "value": 150_000},
        {"item": "Kain cap", "quantity": 6000, "value": 630_000},
    ]
    assert year["notes"]["sales_by_channel"] == {"direct": 525_000}


def test_without_a_month_it_is_this_month_and_an_empty_book_is_all_zeros(tmp_path: Path) -> None:
    phone = Phone(tmp_path / "hp")
    phone.says("init", "siti")
    now = time.gmtime(time.time() + 7 * 3600)
    assert phone.tells("report")["month"] == now.tm_year * 100 + now.tm_mon
    assert "LABA BERSIH Rp0" in _lines(phone.says("report"))
    assert "(nama usaha belum diisi)" in phone.says("statements")


def test_a_month_that_is_none_is_refused_in_one_line(phone: Phone) -> None:
    assert "bukan bulan" in phone.refuses("report", "--month", "Oktober")
    assert "bukan bulan" in phone.refuses("statements", "--month", "2025-13")
    assert "bukan tahun" in phone.refuses("statements", "--year", "25")
    assert "Pilih satu" in phone.refuses("statements", "--year", "2025", "--month", "2025-10")


def test_selling_loads_none_of_it(phone: Phone) -> None:
    done = phone.process("-X", "importtime", "-m", "canting_client.cli", "sell", "kain")
    for module in (
        "cli.reporting",
        "report",
        "journal",
        "statements",
        "taxes",
        "history",
        "cli.report_words",
    ):
        assert f"canting_client.{module}\n" not in done.err


# -- the tax on turnover --------------------------------------------------------------------


def test_only_what_lies_beyond_the_free_turnover_of_a_year_is_taxed() -> None:
    # A real Indonesian seller of 2024 (domain.md, section 2).
    told = taxes.standing({202411: 489_426_715, 202412: 545_486_973 - 489_426_715}, 202412)
    assert told is not None
    assert (told.turnover, told.left, told.tax) == (545_486_973, 0, 227_434)
    assert [each.taxable for each in told.months[-2:]] == [0, 45_486_973]


def test_each_month_has_the_rule_of_its_day() -> None:
    old = taxes.standing({202101: 1_000_000}, 202101)
    new = taxes.standing({202201: 1_000_000}, 202201)
    assert old is not None
    assert new is not None
    assert (old.tax, new.tax) == (5_000, 0)
    assert taxes.standing({201701: 1}, 201701) is None


def test_a_year_begins_again_from_nothing() -> None:
    told = taxes.standing({202412: 600_000_000, 202501: 1_000_000}, 202501)
    assert told is not None
    assert (told.turnover, told.tax) == (1_000_000, 0)


# -- real orders ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seller(tmp_path_factory: pytest.TempPathFactory) -> Phone:
    """Seven months of real orders, brought in as anyone would."""
    phone = Phone(tmp_path_factory.mktemp("seller") / "hp")
    phone.says("init", "contoh")
    done = phone.run("import", str(ORDERS), "--map", str(DEMO / "orders.toml"))
    assert done.status == 0
    return phone


@pytest.fixture(scope="module")
def straight() -> dict[str, Counter[int]]:
    """What the file itself adds up to by month, read with `csv` and nothing of ours."""
    sums: dict[str, Counter[int]] = {"all": Counter(), "cash": Counter(), "pieces": Counter()}
    with ORDERS.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["Status Pesanan"] != "Selesai":
                continue
            when = row["Waktu Pesanan Dibuat"]
            month, amount = int(when[:4]) * 100 + int(when[5:7]), int(row["Total Pembayaran"])
            sums["all"][month] += amount
            if row["Metode Pembayaran"].startswith("COD"):
                sums["cash"][month] += amount
            sums["pieces"][month] += int(row["total_qty"]) - int(row["total_returned_qty"])
    return sums


def test_seven_months_of_real_orders_are_reported_to_the_rupiah(
    seller: Phone, straight: dict[str, Counter[int]]
) -> None:
    assert tuple(sorted(straight["all"])) == MONTHS
    cash = total = 0
    for month in MONTHS:
        told = seller.tells("report", "--month", _typed(month))
        amount = straight["all"][month]
        cash, total = cash + straight["cash"][month], total + amount
        assert told["money"]["came"] == {"sale": amount}
        assert told["money"]["went"] == {}
        assert (told["money"]["before"], told["money"]["after"]) == (total - amount, total)
        assert told["profit_and_loss"]["sales"] == amount
        assert told["profit_and_loss"]["profit"] == amount
        assert (told["position"]["cash"], told["position"]["bank"]) == (cash, total - cash)
        assert told["turnover"][str(month)] == amount
        year = sum(straight["all"][each] for each in MONTHS if month // 100 * 100 < each <= month)
        assert (told["tax"]["turnover"], told["tax"]["left"]) == (year, 500_000_000 - year)
        pieces = sum(straight["pieces"][each] for each in MONTHS if each <= month)
        assert sum(each["quantity"] for each in told["goods"]) == -1000 * pieces


def test_statements_of_seven_months_of_real_orders_equal_the_file(
    seller: Phone, straight: dict[str, Counter[int]]
) -> None:
    with Home(seller.home).open(None) as book:
        facts, things = history(book)
    total = 0
    for month in MONTHS:
        amount = straight["all"][month]
        total += amount
        found, tax = statements_of(facts, things, month, month, 10**6)
        assert found.profit_and_loss.profit == amount
        assert found.position.assets == total
        assert found.position.balances
        assert found.notes.sales_by_channel == {"5": amount}
        assert tax is not None
        assert tax.months[-1].turnover == amount
    told = seller.tells("statements", "--year", "2024")
    year = sum(straight["all"][month] for month in MONTHS[1:])
    assert told["profit_and_loss"]["sales"] == year
    assert told["position"]["earlier_profit"] == straight["all"][202312]
    assert told["tax"]["turnover"] == year


def test_turnover_by_month_has_no_month_that_the_file_lacks(
    seller: Phone, straight: dict[str, Counter[int]]
) -> None:
    from canting_client.journal import journal

    with Home(seller.home).open(None) as book:
        facts, things = history(book)
    found = turnover_by_month(journal(facts, things).postings, less_returns=True)
    assert found == dict(sorted(straight["all"].items()))


def test_json_has_only_plain_numbers(phone: Phone) -> None:
    def numbers(part: Any) -> list[Any]:
        if isinstance(part, dict):
            return [each for value in part.values() for each in numbers(value)]
        if isinstance(part, list):
            return [each for value in part for each in numbers(value)]
        return [part]

    said = phone.says("statements", "--year", "2025", "--json")
    assert not any(isinstance(each, float) for each in numbers(msgspec.json.decode(said)))


def _typed(month: int) -> str:
    return f"{month // 100}-{month % 100:02}"


def _lines(said: str) -> set[str]:
    return {" ".join(line.split()) for line in said.splitlines()}


def _partner(book: Any, name: str) -> Any:
    from canting_client import reading
    from canting_protocol.changes import Kind

    return reading.find(book, Kind.PARTNER, name)
