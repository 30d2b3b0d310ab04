"""Items, partners, opening stock and sales from CSV and Excel files, as an artisan imports them."""

import builtins
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from tests.client.command import Phone

ITEMS = """Nama;Jenis;Satuan;Harga;Motif
Kain cap;produk;potong;175.000;Mrico Bolong
Mori prima;bahan;meter;35.000;
Syal;hiasan;potong;90.000;
Syal;produk;potong;sembilan;
;produk;potong;1.000;
kain CAP;produk;potong;1.000;
"""
ITEM_MAP = """
of = "items"
name = "Nama"
type = "Jenis"
unit = "Satuan"
price = "Harga"
motif = "Motif"
delimiter = ";"
"""


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    phone = Phone(tmp_path / "hp")
    phone.says("init", "siti")
    return phone


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def workbook(path: Path, rows: list[list[Any]], **sheets: list[list[Any]]) -> str:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for name, more in sheets.items():
        other = book.create_sheet(name)
        for row in more:
            other.append(row)
    book.save(path)
    return str(path)


def recorded(phone: Phone) -> int:
    only_here: int = phone.tells("status")["only_here"]
    return only_here


def test_items_come_in_and_bad_rows_are_told_with_their_line(phone: Phone, tmp_path: Path) -> None:
    file = written(tmp_path, "barang.csv", ITEMS)
    bring = ("import", file, "--map", written(tmp_path, "peta.toml", ITEM_MAP))
    told = phone.tells(*bring)
    assert (told["new"], told["known"]) == (2, 1)
    assert [(bad["line"], bad["reason"].split(":")[0]) for bad in told["bad"]] == [
        (4, "kolom Jenis"),
        (5, "kolom Harga"),
        (6, "kolom Nama"),
    ]
    after = recorded(phone)
    said = phone.says(*bring)
    assert said.splitlines()[:2] == [
        "0 barang masuk.",
        "3 sudah ada di buku, tidak dicatat lagi.",
    ]
    assert "baris 5: kolom Harga: 'sembilan' bukan jumlah rupiah" in said
    assert recorded(phone) == after == 2
    row = phone.tells("item", "list")["rows"][0]
    assert (row["name"], row["harga"], row["motif"]) == ("Kain cap", 175_000, "Mrico Bolong")


def test_partners_come_in_and_their_names_stay_private(phone: Phone, tmp_path: Path) -> None:
    file = written(
        tmp_path, "orang.csv", "Nama,HP,Sebagai\nBu Rina,'+62812,galeri\nPak Adi,,\n bu  rina ,,\n"
    )
    columns = written(
        tmp_path, "peta.toml", 'of = "partners"\nname = "Nama"\nphone = "HP"\nrole = "Sebagai"\n'
    )
    assert phone.tells("import", file, "--map", columns) == {"new": 2, "known": 1, "bad": []}
    assert phone.tells("import", file, "--map", columns) == {"new": 0, "known": 3, "bad": []}
    assert "+62812" in phone.says("partner", "list")
    data = b"".join(each.read_bytes() for each in (phone.home / "books").iterdir())
    assert b"Rina" not in data
    assert b"galeri" in data


def test_opening_stock_is_a_count_of_that_day(phone: Phone, tmp_path: Path) -> None:
    phone.says("item", "add", "Kain cap")
    phone.says("sell", "kain", "1", "10.000", "--date", "1 Des 2025")
    rows = 'Barang,Sisa,Tempat\nKain cap,12,\nkain cap,5,Sentra\nMori,"7,5",\nKain cap,3,rumah\n'
    rows += "Syal,2,Galeri\nSyal,-2,\n"
    file = written(tmp_path, "stok.csv", rows)
    columns = written(
        tmp_path,
        "peta.toml",
        'of = "stock"\nitem = "Barang"\nquantity = "Sisa"\nplace = "Tempat"\n'
        'date_is = "2026-01-01"\n',
    )
    told = phone.tells("import", file, "--map", columns)
    assert told["new"] == 3
    assert [bad["line"] for bad in told["bad"]] == [5, 6, 7]
    after = recorded(phone)
    assert phone.tells("import", file, "--map", columns)["known"] == 3
    assert recorded(phone) == after
    phone.says("sell", "kain", "2", "10.000", "--date", "2 Jan 2026")
    lying = {(row["item"], row["place"]): row["quantity"] for row in phone.tells("stock")["rows"]}
    assert lying == {
        ("Kain cap", "rumah"): 10_000,
        ("Kain cap", "sentra"): 5_000,
        ("Mori", "rumah"): 7_500,
    }


def test_an_excel_file_is_read_as_its_csv_would_be(phone: Phone, tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "jual.xlsx",
        [
            ["Nomor", "Waktu", "Bayar", "Jumlah", None],
            ["A1", datetime(2024, 4, 1, 8, 15), 175_000, 1],  # noqa: DTZ001  # as Excel has it
            [None, None, None, None],
            ["A2", "1 April 2024", "Rp350.000", 1.5],
            ["A3", datetime(2024, 4, 2), 12.5, 2],  # noqa: DTZ001
            ["A4", "kemarin", 90_000, 2],
        ],
    )
    columns = written(
        tmp_path,
        "peta.toml",
        'date = "Waktu"\namount = "Bayar"\nquantity = "Jumlah"\nreference = "Nomor"\n',
    )
    told = phone.tells("import", file, "--map", columns)
    assert (told["sales"], told["amount"], told["quantity"]) == (2, 525_000, 2_500)
    assert [bad["line"] for bad in told["bad"]] == [5, 6]
    again = phone.tells("import", file, "--map", columns)
    assert (again["sales"], again["known"]) == (0, 2)


def test_a_number_that_excel_shows_with_decimals_is_not_taken_for_rupiah(
    phone: Phone, tmp_path: Path
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Hari", "Bayar"])
    sheet.append(["2024-04-01", 12])
    sheet["B2"].number_format = "0.000"  # 12.000 where the dot is the decimal sign
    book.save(tmp_path / "jual.xlsx")
    columns = written(tmp_path, "peta.toml", 'date = "Hari"\namount = "Bayar"\n')
    told = phone.tells("import", str(tmp_path / "jual.xlsx"), "--map", columns)
    assert (told["sales"], told["bad"][0]["line"]) == (0, 2)


def test_a_sheet_is_chosen_by_its_name(phone: Phone, tmp_path: Path) -> None:
    file = workbook(tmp_path / "b.xlsx", [["x"]], Barang=[["Nama"], ["Kain cap"]])
    columns = written(tmp_path, "p.toml", 'of = "items"\nname = "Nama"\nsheet = "Barang"\n')
    assert phone.tells("import", file, "--map", columns)["new"] == 1
    columns = written(tmp_path, "p.toml", 'of = "items"\nname = "Nama"\nsheet = "Orang"\n')
    assert "yang ada: 'Sheet', 'Barang'" in phone.refuses("import", file, "--map", columns)


def test_what_cannot_be_imported_is_said_and_nothing_is_recorded(
    phone: Phone, tmp_path: Path
) -> None:
    def refused(map_: str, file: str, *more: str) -> str:
        columns = written(tmp_path, "peta.toml", map_)
        return phone.refuses("import", file, "--map", columns, *more)

    items = written(tmp_path, "barang.csv", ITEMS)
    assert "'Harga jual' tidak ada di file" in refused(
        'of = "items"\nname = "Nama"\nprice = "Harga jual"\ndelimiter = ";"\n', items
    )
    assert "pilih sales, items" in refused('of = "emas"\nname = "Nama"\n', items)
    assert "peta kolom salah" in refused('of = "items"\nnama = "Nama"\n', items)
    assert "hanya untuk penjualan" in refused(ITEM_MAP, items, "--item", "kain")
    assert "dihitung kapan" in refused('of = "stock"\nitem = "A"\nquantity = "B"\n', items)
    assert "bukan tanggal" in refused(
        'of = "stock"\nitem = "A"\nquantity = "B"\ndate_is = "lusa"\n', items
    )
    assert "sheet hanya" in refused(ITEM_MAP + 'sheet = "A"\n', items)
    old = written(tmp_path, "barang.xls", ITEMS)
    assert "simpan dulu sebagai" in refused(ITEM_MAP, old)
    broken = written(tmp_path, "barang.xlsx", ITEMS)
    assert "tidak terbaca sebagai berkas Excel" in refused(ITEM_MAP, broken)
    assert "tidak ada" in refused(ITEM_MAP, str(tmp_path / "mana.xlsx"))
    assert recorded(phone) == 0


def test_an_amount_beyond_all_bounds_is_a_bad_row(phone: Phone, tmp_path: Path) -> None:
    file = written(tmp_path, "jual.csv", "Hari,Bayar\n2024-04-01,9000000000000\n2024-04-01,5.000\n")
    columns = written(tmp_path, "peta.toml", 'date = "Hari"\namount = "Bayar"\n')
    told = phone.tells("import", file, "--map", columns)
    assert (told["sales"], [bad["line"] for bad in told["bad"]]) == (1, [2])


def test_without_openpyxl_a_person_is_told_what_to_do(
    phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = workbook(tmp_path / "b.xlsx", [["Nama"], ["Kain cap"]])
    columns = written(tmp_path, "peta.toml", 'of = "items"\nname = "Nama"\n')
    real = builtins.__import__

    def without(name: str, *more: Any, **how: Any) -> Any:
        if name.startswith("openpyxl"):
            raise ImportError(name)
        return real(name, *more, **how)

    monkeypatch.setattr(builtins, "__import__", without)
    assert "pip install 'canting[xlsx]'" in phone.refuses("import", file, "--map", columns)


def test_an_exported_list_can_be_imported_in_another_book(phone: Phone, tmp_path: Path) -> None:
    phone.says("item", "add", "Kain cap", "--price", "175.000", "--min", "2", "--type", "produk")
    phone.says("partner", "add", "Bu Rina", "--phone", "+62812")
    phone.says("export", str(tmp_path / "buku"))
    other = Phone(tmp_path / "hp2")
    other.says("init", "rina")
    items = written(
        tmp_path,
        "b.toml",
        'of = "items"\nname = "nama"\nprice = "harga"\ntype = "jenis"\n'
        'stock_min = "sisa terkecil"\n',
    )
    partners = written(tmp_path, "o.toml", 'of = "partners"\nname = "nama"\nphone = "telepon"\n')
    other.says("import", str(tmp_path / "buku" / "barang.csv"), "--map", items)
    other.says("import", str(tmp_path / "buku" / "orang.csv"), "--map", partners)
    assert "Rp175.000" in other.says("item", "list")
    assert "+62812" in other.says("partner", "list")
