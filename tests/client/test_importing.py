"""Importing: which rows of a CSV file are sales, and what they say."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canting_client.importing import (
    BadMap,
    BadRow,
    ColumnMap,
    ParsedSale,
    Skipped,
    day_of,
    open_rows,
    read_map,
    read_sales,
    rupiah,
    thousandths,
)

DEMO = Path(__file__).parents[2] / "demo"
APRIL_1 = (date(2024, 4, 1) - date(1970, 1, 1)).days
SIMPLE = ColumnMap(date="tanggal", amount="jumlah", item="barang")


def read(text: str, columns: ColumnMap = SIMPLE) -> list[ParsedSale | Skipped | BadRow]:
    return list(read_sales(text.splitlines(keepends=True), columns))


def one(text: str, columns: ColumnMap = SIMPLE) -> ParsedSale:
    (row,) = read(text, columns)
    assert isinstance(row, ParsedSale), row
    return row


def bad(text: str, columns: ColumnMap = SIMPLE) -> BadRow:
    (row,) = read(text, columns)
    assert isinstance(row, BadRow), row
    return row


def kinds(rows: Iterable[ParsedSale | Skipped | BadRow]) -> list[tuple[str, int]]:
    return [(type(row).__name__, row.line) for row in rows]


# -- a real file ------------------------------------------------------------------------------


def test_the_demo_orders_add_up_to_what_is_known_of_them() -> None:
    columns = read_map((DEMO / "orders.toml").read_text(encoding="utf-8"))
    rows = list(read_sales(open_rows(DEMO / "orders_2023-12_to_2024-06.csv"), columns))
    sales = [row for row in rows if isinstance(row, ParsedSale)]
    assert Counter(type(row) for row in rows) == {ParsedSale: 2_971, Skipped: 555}
    assert sum(sale.amount for sale in sales) == 189_000_877
    assert sum(sale.quantity for sale in sales) == 8_095_000
    assert sum(sale.returned for sale in sales) == 18_000
    assert {row.status for row in rows if isinstance(row, Skipped)} == {"Batal"}
    assert sales[0] == ParsedSale(
        line=2,
        day=APRIL_1,
        minute=15,
        amount=38_300,
        quantity=2_000,
        returned=0,
        item="Celengan",
        reference="ORD_0000001",
        channel="shopee",
        payment="Saldo ShopeePay",
    )


# -- rows -------------------------------------------------------------------------------------


def test_a_row_with_only_a_date_and_an_amount_is_one_piece_sold() -> None:
    sale = one("tanggal,jumlah\n1/4/2024,250.000\n", ColumnMap(date="tanggal", amount="jumlah"))
    assert (sale.day, sale.minute, sale.amount) == (APRIL_1, None, 250_000)
    assert (sale.quantity, sale.returned) == (1_000, 0)
    assert (sale.item, sale.reference, sale.channel, sale.payment) == (None, None, None, None)


def test_a_bad_row_is_reported_with_its_line_and_the_good_ones_go_on() -> None:
    rows = read(
        "tanggal,jumlah,barang\n"
        "2024-04-01,250000,sekar jagad\n"
        "2024-02-30,250000,sekar jagad\n"
        "2024-04-01,12.50,sekar jagad\n"
        "2024-04-01,300000,pring sedapur\n"
    )
    assert kinds(rows) == [("ParsedSale", 2), ("BadRow", 3), ("BadRow", 4), ("ParsedSale", 5)]
    assert rows[1] == BadRow(3, "kolom tanggal: tanggal '2024-02-30' tidak ada di kalender")


def test_a_row_is_named_by_the_line_it_begins_on_though_a_field_runs_over_several() -> None:
    rows = read(
        "tanggal,jumlah,barang\r\n"
        '2024-04-01,1000,"sekar\r\njagad\r\nbiru"\r\n'
        "\r\n"
        "2024-04-01,salah,\r\n"
    )
    assert kinds(rows) == [("ParsedSale", 2), ("BadRow", 6)]
    assert isinstance(rows[0], ParsedSale)
    assert rows[0].item == "sekar\r\njagad\r\nbiru"


def test_several_names_joined_by_commas_are_one_name() -> None:
    assert one('tanggal,jumlah,barang\n2024-04-01,1,"Mug, Spatula"\n').item == "Mug, Spatula"


def test_empty_rows_are_nothing() -> None:
    assert kinds(read("\ntanggal,jumlah,barang\n\n,,\n , , \n2024-04-01,1,\n,,,,,\n")) == [
        ("ParsedSale", 6)
    ]


@pytest.mark.parametrize("row", ["2024-04-01,1000", "2024-04-01,1000,kain,lebih", "2024-04-01"])
def test_a_row_with_too_few_or_too_many_columns_is_bad(row: str) -> None:
    assert "seharusnya 3" in bad(f"tanggal,jumlah,barang\n{row}\n").reason


@pytest.mark.parametrize("letter", ["\0", "\udc81"])
def test_a_row_with_a_nul_or_an_undecodable_byte_is_bad(letter: str) -> None:
    rows = read(f"tanggal,jumlah,barang\n2024-04-01,1,ka{letter}in\n2024-04-01,1,kain\n")
    assert kinds(rows) == [("BadRow", 2), ("ParsedSale", 3)]


def test_a_text_of_1024_characters_is_read_and_a_longer_one_is_bad() -> None:
    assert one(f"tanggal,jumlah,barang\n2024-04-01,1,{'ñ' * 1_024}\n").item == "ñ" * 1_024
    assert "1024 huruf" in bad(f"tanggal,jumlah,barang\n2024-04-01,1,{'ñ' * 1_025}\n").reason


def test_a_long_text_in_a_column_nobody_reads_does_no_harm() -> None:
    one(f"tanggal,jumlah,barang,catatan\n2024-04-01,1,kain,{'x' * 5_000}\n")


def test_a_quote_never_closed_is_reported_with_how_far_it_reaches() -> None:
    rows = read('tanggal,jumlah,barang\n2024-04-01,1,kain\n2024-04-01,1,"kain\n2024-04-01,1,kain\n')
    assert kinds(rows) == [("ParsedSale", 2), ("BadRow", 3)]
    assert isinstance(rows[1], BadRow)
    assert "sampai baris 4" in rows[1].reason


def test_text_after_a_closing_quote_spoils_one_row_only() -> None:
    rows = read('tanggal,jumlah,barang\n2024-04-01,1,"12" lebar\n2024-04-01,1,kain 12" lebar\n')
    assert kinds(rows) == [("BadRow", 2), ("ParsedSale", 3)]


def test_a_field_beyond_all_measure_is_a_bad_row() -> None:
    rows = read(f"tanggal,jumlah,barang\n2024-04-01,1,{'x' * 200_000}\n2024-04-01,1,kain\n")
    assert kinds(rows) == [("BadRow", 2), ("ParsedSale", 3)]


def test_a_reason_quotes_little_and_nothing_a_terminal_would_obey() -> None:
    reason = bad(f"tanggal,jumlah,barang\n2024-04-01,\x1b[2J{'9' * 500},kain\n").reason
    assert "\x1b" not in reason
    assert len(reason) < 200


# -- status, channel, quantity ----------------------------------------------------------------

BY_STATUS = ColumnMap(
    date="tanggal", amount="jumlah", status="status", sold_when=("Selesai", "Dikirim")
)


def test_a_row_with_another_status_is_skipped_whatever_else_it_says() -> None:
    rows = read(
        "tanggal,jumlah,status\n"
        "2024-04-01,1,SELESAI\n"
        ",,Batal\n"
        "2024-04-01,1, dikirim \n"
        "2024-04-01,1,\n",
        BY_STATUS,
    )
    assert kinds(rows) == [("ParsedSale", 2), ("Skipped", 3), ("ParsedSale", 4), ("Skipped", 5)]
    assert rows[1] == Skipped(3, "Batal")


def test_the_channel_is_that_of_the_row_or_of_the_whole_file() -> None:
    text = "tanggal,jumlah,kanal\n2024-04-01,1,pameran\n2024-04-01,1,\n"
    by_row = read(text, ColumnMap(date="tanggal", amount="jumlah", channel="kanal"))
    of_all = read(text, ColumnMap(date="tanggal", amount="jumlah", channel_is="toko"))
    assert [row.channel for row in by_row if isinstance(row, ParsedSale)] == ["pameran", None]
    assert [row.channel for row in of_all if isinstance(row, ParsedSale)] == ["toko", "toko"]


BY_PIECE = ColumnMap(
    date="tanggal", amount="jumlah", quantity="banyak", returned="kembali", delimiter=";"
)


def test_pieces_are_counted_in_thousandths_sold_and_returned() -> None:
    sale = one("tanggal;jumlah;banyak;kembali\n2024-04-01;1;1,5;0,5\n", BY_PIECE)
    assert (sale.quantity, sale.returned) == (1_500, 500)


def test_an_empty_return_is_none_but_an_empty_quantity_is_bad() -> None:
    assert one("tanggal;jumlah;banyak;kembali\n2024-04-01;1;2;\n", BY_PIECE).returned == 0
    assert "kosong" in bad("tanggal;jumlah;banyak;kembali\n2024-04-01;1;;\n", BY_PIECE).reason


@pytest.mark.parametrize("pieces", ["0;0", "2;3", "-1;0", "dua;0"])
def test_no_piece_sold_or_more_returned_than_sold_is_bad(pieces: str) -> None:
    bad(f"tanggal;jumlah;banyak;kembali\n2024-04-01;1;{pieces}\n", BY_PIECE)


# -- the map ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        ('amount = "b"', "date"),
        ('date = "a"', "amount"),
        ('date = "a"\namount = "b"\nprice = "c"', "price"),
        ('date = "a"\namount = 3', "amount"),
        ('date = "a"\namount = ""', "amount"),
        ('date = "a"\namount = "b"\ndelimiter = "::"', "delimiter"),
        ('date = "a"\namount = "b"\ndelimiter = "\\""', "delimiter"),
        ('date = "a"\namount = "b"\nchannel = "c"\nchannel_is = "toko"', "channel_is"),
        ('date = "a"\namount = "b"\nstatus = "c"', "sold_when"),
        ('date = "a"\namount = "b"\nsold_when = ["Selesai"]', "status"),
        ('date = "a"\namount = "b"\nstatus = "c"\nsold_when = "Selesai"', "sold_when"),
        ("date = ", "peta"),
    ],
)
def test_a_wrong_map_is_refused_with_the_key_that_is_wrong(toml: str, key: str) -> None:
    with pytest.raises(BadMap, match=key):
        read_map(toml)


def test_a_column_the_file_lacks_is_named_with_those_it_has_before_any_row_is_read() -> None:
    with pytest.raises(
        BadMap, match=r"item: kolom 'barang' tidak ada.*'tanggal', 'jumlah', 'nama'"
    ):
        read_sales(["tanggal,jumlah,nama\n"], SIMPLE)


def test_a_column_the_file_has_twice_is_refused() -> None:
    with pytest.raises(BadMap, match="jumlah"):
        read_sales(["tanggal,jumlah,barang,jumlah\n"], SIMPLE)


@pytest.mark.parametrize("text", ["", "\n\n", 'tanggal,"jumlah'])
def test_a_file_without_a_header_is_refused(text: str) -> None:
    with pytest.raises(BadMap):
        read_sales(text.splitlines(keepends=True), SIMPLE)


# -- rupiah -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.250.000", 1_250_000),
        ("1250000", 1_250_000),
        ("Rp1.250.000", 1_250_000),
        ("Rp 1.250.000,00", 1_250_000),
        ("Rp. 1.250.000,-", 1_250_000),
        ("rp\u00a01.250.000", 1_250_000),
        ("IDR 1,250,000.00", 1_250_000),
        ("1,250,000", 1_250_000),
        ("1250000.00", 1_250_000),
        ("1250000,00", 1_250_000),
        ("1.250", 1_250),
        ("12,500", 12_500),
        ("500", 500),
        ("0", 0),
        ("Rp0,00", 0),
        (" 7 ", 7),
        ("9007199254740991", 2**53 - 1),
        ("9.007.199.254.740.991", 2**53 - 1),
    ],
)
def test_rupiah_are_read_as_people_and_marketplaces_write_them(text: str, amount: int) -> None:
    assert rupiah(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "1.25",
        "12.50",
        "1,5",
        "1.2500",
        "0.125",
        "0,500",
        "12.00",
        "500,00",
        "12.5000.000",
        "1.250,000",
        "1,250.000",
        "1.250.00",
        "1250.000",
        "1250.000.000",
        "1.250.000,50",
        "1.250.000.00",
        "1 250 000",
        "081234567890",
        "1e6",
        "1_000",
        "١٢٥٠",
        "Rp",
        "1.25 juta",
        "dua ratus ribu",
        "1250000-",
    ],
)
def test_an_amount_that_could_mean_two_things_or_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="bukan jumlah rupiah yang pasti"):
        rupiah(text)


@pytest.mark.parametrize("text", ["-5000", "Rp-5.000", "-Rp 5.000", "(5.000)", "−1"])
def test_a_negative_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="negatif"):
        rupiah(text)


@pytest.mark.parametrize("text", ["", "  ", "\u00a0"])
def test_an_empty_amount_is_not_zero(text: str) -> None:
    with pytest.raises(ValueError, match="kosong"):
        rupiah(text)


@pytest.mark.parametrize("text", ["9007199254740992", "9.007.199.254.740.992", "9" * 20])
def test_an_amount_beyond_2_to_the_53_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="terlalu besar"):
        rupiah(text)


def test_an_amount_of_ten_thousand_digits_is_refused_like_any_other() -> None:
    with pytest.raises(ValueError, match="bukan jumlah rupiah"):
        rupiah("9" * 10_000)


@given(st.integers(0, 2**53 - 1), st.sampled_from([".", ","]), st.sampled_from(["", "Rp", "Rp "]))
def test_any_amount_printed_in_groups_reads_back(amount: int, sign: str, before: str) -> None:
    assert rupiah(before + f"{amount:,}".replace(",", sign)) == amount


# -- pieces -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "quantity"),
    [("2", 2_000), ("1,5", 1_500), ("1.5", 1_500), ("2,25", 2_250), ("0,125", 125), ("0", 0)],
)
def test_pieces_may_have_decimals_after_either_sign(text: str, quantity: int) -> None:
    assert thousandths(text) == quantity


@pytest.mark.parametrize(
    "text", ["1.500", "1,500", "-1", "1,5 m", "02", "0,1255", "", "½", "9" * 30]
)
def test_pieces_that_could_mean_two_things_or_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="jumlah barang"):
        thousandths(text)


def test_more_pieces_than_the_wire_can_carry_are_refused() -> None:
    with pytest.raises(ValueError, match="terlalu besar"):
        thousandths("9007199254741")


# -- dates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("2024-04-01", None),
        ("2024-04-01 00:15", 15),
        ("2024-04-01 00:15:30", 15),
        ("2024-04-01T00:15", 15),
        ("2024-04-01 23:59", 1_439),
        ("2024/04/01", None),
        ("1/4/2024", None),
        ("01-04-2024", None),
        ("01.04.2024 7:05", 425),
        ("1/4/2024 00.15", 15),
        ("1 April 2024", None),
        ("1 Apr 2024", None),
        ("1 APRIL 2024", None),
        ("01-Apr-2024 13:00:00", 780),
        ("Senin, 1 April 2024", None),
        ("Senin, 1 April 2024 13:00", 780),
        ("Senin 1 April 2024 pukul 13.00 WIB", 780),
        ("1 April 2024, 13:00", 780),
    ],
)
def test_a_date_may_be_written_in_iso_or_in_indonesian(text: str, minute: int | None) -> None:
    assert day_of(text) == (APRIL_1, minute)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1 Agt 2024", date(2024, 8, 1)),
        ("17 Agustus 2024", date(2024, 8, 17)),
        ("3 Des 2023", date(2023, 12, 3)),
        ("3 Mei 2024", date(2024, 5, 3)),
        ("9 Peb 2024", date(2024, 2, 9)),
        ("Jum'at, 29 Februari 2024", date(2024, 2, 29)),
        ("12/4/2024", date(2024, 4, 12)),
        ("1 Januari 2000", date(2000, 1, 1)),
        ("31/12/2100", date(2100, 12, 31)),
    ],
)
def test_the_day_stands_before_the_month(text: str, day: date) -> None:
    assert day_of(text) == ((day - date(1970, 1, 1)).days, None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("30 Februari 2024", "kalender"),
        ("2023-02-29", "kalender"),
        ("4/13/2024", "kalender"),
        ("0/4/2024", "kalender"),
        ("1 Foo 2024", "bulan"),
        ("1/4/24", "bukan tanggal"),
        ("1 Apr 24", "bukan tanggal"),
        ("1/4-2024", "bukan tanggal"),
        ("2024-04-01 24:00", "bukan tanggal"),
        ("2024-04-01 10:60", "bukan tanggal"),
        ("2024-04-01T00:15Z", "bukan tanggal"),
        ("2024-04-01 9:00 PM", "bukan tanggal"),
        ("45383", "bukan tanggal"),
        ("kemarin", "bukan tanggal"),
        ("31/12/1999", "di luar"),
        ("1/1/2101", "di luar"),
        ("", "kosong"),
    ],
)
def test_a_date_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        day_of(text)


MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.none() | st.integers(0, 1_439))
def test_any_day_in_any_writing_is_the_same_day(day: date, minute: int | None) -> None:
    month = MONTHS.split()[day.month - 1]
    time = "" if minute is None else f" {minute // 60:02}:{minute % 60:02}"
    expected = ((day - date(1970, 1, 1)).days, minute)
    assert day_of(day.isoformat() + time) == expected
    assert day_of(f"{day.day}/{day.month}/{day.year}" + time) == expected
    assert day_of(f"{day.day} {month} {day.year}" + time) == expected
    assert day_of(f"{day.day} {month[:3].upper()} {day.year}" + time) == expected
    assert date(1970, 1, 1) + timedelta(days=expected[0]) == day


# -- any file ---------------------------------------------------------------------------------


@given(st.lists(st.text(st.sampled_from('a1,.;"\r\n\0-/ \udc81') | st.characters(), max_size=40)))
def test_no_row_whatever_it_holds_raises_or_is_out_of_order(lines: list[str]) -> None:
    text = "tanggal,jumlah,barang\n" + "\n".join(lines) + "\n2024-04-01,1,kain\n"
    found = [row.line for row in read(text)]
    assert found == sorted(set(found))
    assert not found or found[0] >= 2


# -- files ------------------------------------------------------------------------------------


def test_a_file_is_read_as_utf_8_without_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "penjualan.csv"
    path.write_bytes('\ufefftanggal,jumlah\r\n1 April 2024,"Rp\u00a01.000"\r\n'.encode())
    sale = one("".join(open_rows(path)), ColumnMap(date="tanggal", amount="jumlah"))
    assert sale.amount == 1_000


def test_a_file_that_is_not_utf_8_is_read_as_older_excel_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "penjualan.csv"
    path.write_bytes("tanggal,jumlah,barang\n2024-04-01,1,café – “biru”\n".encode("cp1252"))
    (sale,) = read_sales(open_rows(path), SIMPLE)
    assert isinstance(sale, ParsedSale)
    assert sale.item == "café – “biru”"


def test_a_byte_of_no_alphabet_spoils_its_own_row_only(tmp_path: Path) -> None:
    path = tmp_path / "penjualan.csv"
    path.write_bytes(b"tanggal,jumlah,barang\n2024-04-01,1,a\x81b\n2024-04-01,1,caf\xe9\n")
    assert kinds(read_sales(open_rows(path), SIMPLE)) == [("BadRow", 2), ("ParsedSale", 3)]


def test_a_line_ends_where_csv_says_and_not_at_every_sign_that_unicode_calls_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "penjualan.csv"
    path.write_bytes("tanggal,jumlah,barang\r\n2024-04-01,1,a\u2028b\x0bc\r\n".encode())
    assert open_rows(path) == ["tanggal,jumlah,barang\r\n", "2024-04-01,1,a\u2028b\x0bc\r\n"]
