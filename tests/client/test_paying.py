"""Money without goods: payments of debts, expenses, and money from one account to another."""

from pathlib import Path

import pytest
from tests.client.command import Phone

from canting_client.home import Home
from canting_client.reading import debts


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    phone = Phone(tmp_path / "hp")
    phone.says("init", "siti")
    phone.says("item", "add", "Kain cap", "--price", "175.000")
    phone.says("partner", "add", "Bu Rina")
    phone.says("partner", "add", "Pak Adi")
    return phone


def recorded(phone: Phone) -> int:
    only_here: int = phone.tells("status")["only_here"]
    return only_here


def test_a_debt_is_paid_in_parts_until_nothing_is_left(phone: Phone) -> None:
    phone.says("sell", "kain", "2", "--pay", "utang", "--to", "rina")
    assert phone.says("pay", "rina", "100.000") == (
        "Tercatat no. 5: Bu Rina membayar Rp100.000 (tunai). "
        "Bu Rina masih berutang Rp250.000. Batalkan: canting void 5"
    )
    told = phone.tells("pay", "rina", "lunas", "--pay", "qris", "--date", "3 Nov 2026")
    assert told == {
        "n": 6,
        "amount": 250_000,
        "direction": "in",
        "partner": "Bu Rina",
        "still_owed": 0,
    }
    assert phone.says("pay") == "Tidak ada utang, tidak ada piutang."
    assert "Tidak ada utang dengan Bu Rina" in phone.refuses("pay", "rina", "lunas", "--in")


def test_what_she_owes_is_paid_out(phone: Phone) -> None:
    phone.says("buy", "kain", "10", "900.000", "--pay", "utang", "--from", "adi")
    phone.says("expense", "sewa", "50.000", "--pay", "utang", "--to", "adi")
    assert phone.says("pay") == "Anda berutang kepada Pak Adi Rp950.000"
    said = phone.says("pay", "adi", "400.000", "--note", "lewat anaknya")
    assert "dibayar kepada Pak Adi Rp400.000" in said
    assert "Anda masih berutang Rp550.000" in said


def test_who_pays_is_asked_when_the_book_cannot_tell(phone: Phone) -> None:
    before = recorded(phone)
    assert "masuk atau keluar" in phone.refuses("pay", "rina", "100.000")
    phone.says("sell", "kain", "--pay", "utang", "--to", "rina")
    phone.says("buy", "kain", "1", "90.000", "--pay", "utang", "--from", "rina")
    assert "masuk atau keluar" in phone.refuses("pay", "rina", "10.000")
    assert "Rp175.000" in phone.refuses("pay", "rina", "--in")
    assert phone.tells("pay", "rina", "lunas", "--in")["amount"] == 175_000
    assert recorded(phone) == before + 3


def test_paying_too_much_is_an_advance_and_a_voided_payment_is_owed_again(phone: Phone) -> None:
    phone.says("sell", "kain", "--pay", "utang", "--to", "rina")
    said = phone.says("pay", "rina", "200.000")
    assert "Lebih Rp25.000: dihitung sebagai uang muka." in said
    assert phone.says("pay") == "Uang muka dengan Bu Rina: Rp25.000"
    phone.says("void", "5")
    assert phone.tells("pay")["rows"] == [{"partner": "Bu Rina", "owes_me": 175_000, "i_owe": 0}]


def test_doubles_of_a_partner_owe_together(phone: Phone) -> None:
    phone.says("partner", "add", "Bu Rina Galeri")
    phone.says("sell", "kain", "--pay", "utang", "--to", "Bu Rina")
    phone.says("sell", "kain", "--pay", "utang", "--to", "Bu Rina Galeri")
    phone.says("partner", "edit", "Bu Rina Galeri", "--same-as", "Bu Rina")
    assert phone.tells("pay", "rina", "50.000")["still_owed"] == 300_000


def test_an_expense_is_recorded_with_its_word_and_its_private_note(phone: Phone) -> None:
    said = phone.says("expense", " Listrik ", "150.000", "--date", "1/11/2026")
    assert said == ("Tercatat no. 4: biaya listrik Rp150.000 (tunai). Batalkan: canting void 4")
    phone.says("expense", "pameran", "500.000", "--pay", "transfer", "--note", "stan Bu Rina")
    with Home(phone.home).open(None) as book:
        bodies = b"".join(body for (body,) in book.conn.execute("SELECT body FROM change"))
    assert b"listrik" in bodies
    assert b"stan Bu Rina" not in bodies


def test_money_moves_between_accounts_and_the_fee_is_taken_off(phone: Phone) -> None:
    phone.says("transfer", "1.000.000", "--from", "awal", "--to", "tunai")
    phone.says("transfer", "2.000.000", "--from", "modal", "--to", "bank")
    phone.says("sell", "kain", "2", "--pay", "qris")
    assert phone.says(
        "transfer", "350.000", "--from", "qris", "--to", "bank", "--fee", "1.050"
    ) == (
        "Tercatat no. 7: Rp350.000 dari qris ke bank, potongan Rp1.050. "
        "Sekarang: qris Rp0, bank Rp2.348.950. Batalkan: canting void 7"
    )
    told = phone.tells("transfer", "300.000", "--from", "tunai", "--to", "prive")
    assert told["balances"] == {"tunai": 700_000, "prive": 300_000}


def test_bad_money_is_refused_and_nothing_is_recorded(phone: Phone) -> None:
    before = recorded(phone)
    assert "Nol tidak dicatat" in phone.refuses("pay", "rina", "0", "--in")
    assert "bukan jumlah rupiah" in phone.refuses("pay", "rina", "1.25", "--in")
    assert "negatif" in phone.refuses("expense", "listrik", "--", "-5.000")
    assert "pilih salah satu" in phone.refuses("pay", "rina", "5.000", "--in", "--pay", "utang")
    assert "Tidak ada yang bernama" in phone.refuses("pay", "joko", "5.000", "--in")
    assert "Biaya apa" in phone.refuses("expense", "150.000", "5.000")
    assert "Berutang kepada siapa" in phone.refuses("expense", "sewa", "5.000", "--pay", "utang")
    ends = ("--from", "tunai", "--to")
    assert "harus berbeda" in phone.refuses("transfer", "5.000", *ends, "tunai")
    assert "pilih salah satu" in phone.refuses("transfer", "5.000", *ends, "dompet")
    assert "lebih besar" in phone.refuses("transfer", "5.000", *ends, "bank", "--fee", "6.000")
    assert "Salah satunya" in phone.refuses("transfer", "5.000", "--from", "modal", "--to", "prive")
    assert "Masih kurang --to" in phone.refuses("transfer", "5.000", "--from", "bank", status=2)
    assert "bukan tanggal" in phone.refuses("expense", "sewa", "5.000", "--date", "lusa")
    assert recorded(phone) == before
    with Home(phone.home).open(None) as book:
        assert debts(book) == []
