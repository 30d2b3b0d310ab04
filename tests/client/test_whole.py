"""The whole book: read as a journal, taken along as tables, copied and put back."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from tests.client.command import Phone

from canting_client.export import guarded


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    phone = Phone(tmp_path / "hp")
    phone.says("init", "siti", "--name", "Bu Siti")
    phone.says("item", "add", "Kain cap", "--price", "175.000", "--unit", "potong")
    phone.says("partner", "add", "Bu Rina", "--phone", "+62812", "--note", "=1+1")
    phone.says("place", "add", "Galeri Rina", "--partner", "rina")
    return phone


def lived(phone: Phone) -> None:
    phone.says("make", "kain:10", "--used", "barang lain:7,5", "--date", "3 Okt 2026")
    phone.says("sell", "kain", "2", "--pay", "utang", "--to", "rina", "--date", "5 Okt 2026")
    phone.says("pay", "rina", "100.000", "--date", "2 Nov 2026", "--note", "titip anaknya")
    phone.says("sell", "kain", "1", "170.000", "--date", "3 Nov 2026")
    phone.says("expense", "listrik", "50.000", "--date", "1 Okt 2026")
    phone.says("move", "kain", "3", "--to", "galeri", "--date", "4 Nov 2026")
    phone.says("void", "8", "--reason", "salah")


def tables(folder: Path, delimiter: str = ",") -> dict[str, list[dict[str, str]]]:
    found = {}
    for file in folder.iterdir():
        data = file.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        lines = io.StringIO(data.decode("utf-8-sig"), newline="")
        found[file.stem] = list(csv.DictReader(lines, delimiter=delimiter))
    return found


# -- the journal ----------------------------------------------------------------------------


def test_the_journal_tells_every_fact_in_the_order_of_its_day(phone: Phone) -> None:
    lived(phone)
    said = phone.says("ledger").splitlines()
    assert [line.split()[0] for line in said[:-1]] == ["9", "5", "6", "7", "8", "10", "11"]
    assert said[0] == "9   1 Okt 2026  biaya listrik Rp50.000 (tunai)  −Rp50.000"
    assert said[2] == " 6   5 Okt 2026  jual 2 Kain cap Rp350.000 (Bu Rina, piutang)"
    assert (
        said[3] == " 7   2 Nov 2026  bayar Rp100.000 (Bu Rina, tunai, “titip anaknya”)  +Rp100.000"
    )
    assert said[4].endswith("jual 1 Kain cap Rp170.000 (tunai)  (dibatalkan)")
    assert said[5].endswith("pindah 3 Kain cap (rumah → Galeri Rina)")
    assert said[6].endswith("batal no. 8 (“salah”)")
    assert said[-1] == "7 catatan. Uang masuk Rp100.000, keluar Rp50.000."


def test_the_journal_is_narrowed_by_month_partner_item_and_kind(phone: Phone) -> None:
    lived(phone)

    def numbers(*how: str) -> list[str]:
        return [row["number"] for row in phone.tells("ledger", *how)["rows"]]

    assert numbers("--month", "2026-10") == ["9", "5", "6"]
    assert numbers("--month", "okt 2026") == numbers("--month", "10/2026") == ["9", "5", "6"]
    assert numbers("--partner", "rina") == ["6", "7"]
    assert numbers("--item", "kain", "--kind", "jual") == ["6", "8"]
    assert numbers("--kind", "expense") == ["9"]
    assert phone.says("ledger", "--month", "Jan 2020") == "Belum ada catatan."
    assert "bukan bulan" in phone.refuses("ledger", "--month", "kemarin")
    assert "Tidak ada yang bernama" in phone.refuses("ledger", "--partner", "joko")
    assert "pilih salah satu" in phone.refuses("ledger", "--kind", "curi")


def test_a_journal_of_every_kind_of_fact_adds_up_to_the_balances(phone: Phone) -> None:
    lived(phone)
    phone.says("transfer", "500.000", "--from", "awal", "--to", "bank")
    phone.says("sell", "kain", "--pay", "qris")
    told = phone.tells("transfer", "175.000", "--from", "qris", "--to", "bank", "--fee", "525")
    phone.says("return", "kain", "1", "10.000")
    phone.says("buy", "kain", "1", "80.000", "--pay", "transfer")
    phone.says("make", "kain:1", "--wage", "30.000")
    phone.says("count", "kain=4")
    assert told["balances"] == {"qris": 0, "bank": 674_475}
    journal = phone.tells("ledger")
    held = 100_000 - 50_000 + 500_000 + 175_000 - 525 - 10_000 - 80_000 - 30_000
    assert sum(row["money"] for row in journal["rows"]) == held
    assert journal["came_in"] - journal["went_out"] == held


# -- tables ---------------------------------------------------------------------------------


def test_the_whole_book_is_exported_with_names(phone: Phone, tmp_path: Path) -> None:
    lived(phone)
    phone.says("export", str(tmp_path / "buku"))
    found = tables(tmp_path / "buku")
    assert set(found) == {
        "profil",
        "barang",
        "orang",
        "tempat",
        "catatan",
        "baris",
        "stok",
        "saldo",
    }
    (rina,) = found["orang"]
    assert (rina["nama"], rina["telepon"], rina["catatan"]) == ("Bu Rina", "'+62812", "'=1+1")
    assert found["tempat"][0]["pemilik"] == "Bu Rina"
    assert found["profil"] == [{"isian": "nama", "isi": "Bu Siti"}]
    assert len(found["catatan"]) == 7
    paid = next(row for row in found["catatan"] if row["jenis"] == "bayar")
    assert (paid["orang"], paid["jumlah"], paid["catatan"]) == (
        "Bu Rina",
        "100000",
        "titip anaknya",
    )
    gone = next(row for row in found["catatan"] if row["dibatalkan"])
    assert (gone["jumlah"], gone["dihitung"]) == ("170000", "tidak")
    used = next(row for row in found["baris"] if row["sebagai"] == "dipakai")
    assert used["banyaknya"] == "7.5"
    assert ["Kain cap", "Galeri Rina", "3"] in [list(row.values())[:3] for row in found["stok"]]
    assert {"akun": "piutang", "orang": "Bu Rina", "saldo": "250000"} in found["saldo"]
    assert (tmp_path / "buku").stat().st_mode & 0o077 == 0


def test_semicolons_and_commas_for_an_indonesian_excel(phone: Phone, tmp_path: Path) -> None:
    lived(phone)
    phone.says("export", str(tmp_path / "buku"), "--semicolon")
    found = tables(tmp_path / "buku", ";")
    assert "7,5" in [row["banyaknya"] for row in found["baris"]]


def test_an_export_never_takes_the_place_of_anything(phone: Phone, tmp_path: Path) -> None:
    lived(phone)
    target = tmp_path / "buku.zip"
    told = phone.tells("export", str(target))
    assert told["rows"]["catatan.csv"] == 7
    before = target.read_bytes()
    with zipfile.ZipFile(target) as archive:
        assert archive.read("catatan.csv").startswith(b"\xef\xbb\xbfnomor,")
    assert "sudah ada" in phone.refuses("export", str(target))
    (tmp_path / "kosong").mkdir()
    assert "sudah ada" in phone.refuses("export", str(tmp_path / "kosong"))
    assert "tidak ada" in phone.refuses("export", str(tmp_path / "mana" / "buku.zip"))
    assert target.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["buku.zip", "hp", "kosong"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert guarded(f"a{text}") == f"a{text}"
