"""`canting` as a person runs it: its words, its JSON, and what it makes of her slips."""

import re
from pathlib import Path

import msgspec
import pytest
from tests.client.command import Phone

from canting_client.cli import money, pieces
from canting_client.handover import BadKeyText, key_from, key_text
from canting_protocol.messages import LETTERS
from canting_protocol.private import BookKey

MAP = """
date = "Waktu"
amount = "Bayar"
quantity = "Jumlah"
item = "Barang"
reference = "Nomor"
channel_is = "shopee"
returned = "Kembali"
status = "Status"
sold_when = ["Selesai"]
"""
CSV = """Nomor,Waktu,Bayar,Jumlah,Barang,Kembali,Status
A1,2024-04-01 08:15,Rp175.000,1,Kain cap,,Selesai
A2,1 April 2024,350000,2,Kain cap,1,Selesai
A3,2024-04-02,90.000,1,Syal,,Selesai
A4,2024-04-02,90.000,1,Syal,,Batal
A5,2024-04-02,sembilan,1,Syal,,Selesai
"""


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    phone = Phone(tmp_path / "hp")
    phone.says("init", "siti", "--name", "Bu Siti", "--area", "Surodinawan")
    phone.says("item", "add", "Kain cap", "--price", "175.000", "--unit", "potong")
    return phone


def stock(phone: Phone) -> dict[tuple[str, str], int]:
    return {(row["item"], row["place"]): row["quantity"] for row in phone.tells("stock")["rows"]}


def test_a_sale_is_read_back_with_its_number_and_how_to_undo_it(phone: Phone) -> None:
    assert phone.says("sell", "kain", "2") == (
        "Tercatat no. 3: jual 2 Kain cap, Rp350.000 (tunai). Batalkan: canting void 3"
    )
    assert phone.says("void", "3", "--reason", "salah") == "Tercatat no. 4: no. 3 dibatalkan."
    assert phone.refuses("void", "3") == "No. 3 sudah dibatalkan."
    assert "(dibatalkan)" in phone.says("log")
    phone.says("expense", "listrik", "5.000")
    assert phone.says("log", "--last", "1").endswith("biaya Rp5.000")
    assert stock(phone) == {}


def test_a_day_in_the_life_of_a_book(phone: Phone) -> None:
    phone.says("partner", "add", "Bu Rina", "--phone", "0812", "--note", "galeri")
    phone.says("place", "add", "Galeri Rina", "--type", "titip", "--partner", "rina")
    phone.says("item", "add", "Mori", "--type", "bahan", "--unit", "meter", "--min", "2")
    phone.says("buy", "Mori", "10", "350.000", "--from", "rina", "--pay", "utang")
    phone.says("make", "Kain cap:3", "--used", "Mori:7,5", "--wage", "90.000")
    phone.says("move", "kain", "2", "--to", "galeri")
    phone.says("sell", "kain", "--at", "galeri", "--to", "rina", "--pay", "utang")
    phone.says("sell", "kain", "1", "--price", "160.000", "--line", "Mori:1:40.000")
    phone.says("return", "kain", "1", "160.000", "--of", "9", "--note", "luntur")
    phone.says("count", "Mori=1", "kain=1")
    assert stock(phone) == {
        ("Kain cap", "Galeri Rina"): 1000,
        ("Kain cap", "rumah"): 1000,
        ("Mori", "rumah"): 1000,
    }
    assert "hampir habis" in phone.says("stock", "--at", "rumah")
    assert phone.says("conflicts") == "Tidak ada yang berbeda."
    newest = phone.tells("log", "--last", "3")["rows"]
    assert [row["kind"] for row in newest] == ["count", "return", "sale"]
    assert newest[2]["amount"] == 200_000
    assert "rincian" in phone.says("share", "lines")
    told = phone.tells("status")
    assert (told["joined"], told["sharing"], told["in_registry"]) == (False, "lines", 0)
    assert "Belum terhubung ke dinas" in phone.says("status")


def test_things_are_edited_put_away_and_joined(phone: Phone) -> None:
    phone.says("item", "edit", "kain", "--price", "185.000", "--motif", "Mrico Bolong")
    phone.says("item", "add", "Kain cab")
    phone.says("sell", "Kain cab", "1", "100.000")
    assert "bisa berarti: Kain cab, Kain cap" in phone.refuses("sell", "kain")
    phone.says("item", "edit", "Kain cab", "--same-as", "Kain cap")
    assert stock(phone) == {("Kain cap", "rumah"): -1000}
    assert "Rp185.000" in phone.says("sell", "kain cab")
    phone.says("partner", "add", "Pak Adi")
    phone.says("partner", "edit", "adi", "--phone", "0813", "--archive")
    assert phone.says("partner", "list") == "umum"
    assert "0813" in phone.says("partner", "list", "--all")
    phone.says("place", "add", "Pameran")
    phone.says("place", "edit", "Pameran", "--name", "Pameran Trowulan")
    assert "Pameran Trowulan" in phone.says("place", "list")
    rows = phone.tells("item", "list")["rows"]
    assert [(row["name"], row["harga"]) for row in rows[:-1]] == [("Kain cap", 185_000)]


def test_goods_of_another_owner_are_sold_in_commission(phone: Phone) -> None:
    phone.says("partner", "add", "Bu Rina")
    phone.says("item", "add", "Syal", "--price", "90.000", "--owner", "rina")
    assert "Rp90.000" in phone.says("sell", "syal", "--commission", "9.000")
    assert "tidak ada komisi" in phone.refuses("sell", "kain", "--commission", "9.000")
    assert "lebih besar" in phone.refuses("sell", "syal", "--commission", "100.000")


def test_what_is_wrong_is_said_in_one_line(phone: Phone, tmp_path: Path) -> None:
    before = phone.tells("status")["only_here"]
    assert "Tidak ada yang bernama 'syal'" in phone.refuses("sell", "syal")
    assert "bukan jumlah rupiah" in phone.refuses("sell", "kain", "1", "1.25")
    assert "berarti tidak ada" in phone.refuses("sell", "kain", "0")
    assert "Yang berutang siapa?" in phone.refuses("sell", "kain", "--pay", "utang")
    assert "pilih salah satu" in phone.refuses("sell", "kain", "--pay", "emas")
    assert "bukan tanggal" in phone.refuses("sell", "kain", "--date", "kemarin")
    assert "terlalu besar" in phone.refuses("sell", "kain", "--ref", "x" * 2000)
    assert "tidak bisa dibatalkan" in phone.refuses("void", "2")
    assert "Tidak ada catatan nomor" in phone.refuses("void", "99")
    assert "sudah ada" in phone.refuses("item", "add", "kain CAP")
    assert "selalu ada" in phone.refuses("place", "edit", "rumah", "--name", "gubuk")
    assert "belum terhubung" in phone.refuses("sync")
    assert "diawali https://" in phone.refuses("join", "dinas.example", "KODE")
    missing = str(tmp_path / "tidak-ada.csv")
    assert "tidak ada" in phone.refuses("import", missing, "--map", missing)
    assert phone.tells("status")["only_here"] == before


def test_wrong_usage_has_a_status_of_its_own(phone: Phone) -> None:
    assert "Masih kurang NAMA" in phone.refuses("init", status=2)
    assert "Tidak ada pilihan --emas" in phone.refuses("sell", "--emas", status=2)
    assert "Perintah itu tidak ada" in phone.refuses("jual", status=2)
    assert "tanda kutip" in phone.refuses("sell", "Kain", "cap", "2", "5", status=2)
    assert "--last" in phone.refuses("log", "--last", "x", status=2)
    done = phone.run("item")
    assert done.status == 2
    assert "Traceback" not in done.err


def test_an_error_in_json_has_a_code(phone: Phone) -> None:
    done = phone.run("sell", "syal", "--json")
    assert done.status == 1
    told = msgspec.json.decode(done.err)
    assert told["error"] == "not_one"
    assert "syal" in told["message"]


@pytest.mark.parametrize("command", ["", "sell", "import", "join", "item add", "key show"])
def test_help_is_in_indonesian(tmp_path: Path, command: str) -> None:
    text = Phone(tmp_path).says(*command.split(), "--help")
    assert "Lihat penjelasan ini." in text
    assert "Show this message" not in text


def test_a_device_keeps_the_books_of_several_artisans(phone: Phone, tmp_path: Path) -> None:
    phone.says("init", "rina")
    assert "pilih dengan --book: rina, siti" in phone.refuses("stock")
    assert phone.tells("--book", "siti", "stock") == phone.tells("stock", "--book=siti")
    assert "Tidak ada buku 'adi'" in phone.refuses("stock", "--book", "adi")
    other = phone.says("--home", str(tmp_path / "hp2"), "init", "siti")
    assert "Buku 'siti' siap" in other
    keys = {(tmp_path / name / "device.key").read_bytes() for name in ("hp", "hp2")}
    assert {len(key) for key in keys} == {32}
    assert len(keys) == 2


def test_importing_the_same_file_again_adds_nothing(phone: Phone, tmp_path: Path) -> None:
    (tmp_path / "peta.toml").write_text(MAP, encoding="utf-8")
    (tmp_path / "jual.csv").write_text(CSV, encoding="utf-8")
    bring = ("import", str(tmp_path / "jual.csv"), "--map", str(tmp_path / "peta.toml"))
    told = phone.tells(*bring)
    assert told["bad"][0]["line"] == 6
    del told["bad"]
    assert told == {
        "sales": 3,
        "amount": 615_000,
        "quantity": 4000,
        "returned": 1000,
        "known": 0,
        "skipped": 1,
    }
    after = phone.tells("status")["only_here"]
    done = phone.run(*bring)
    assert done.status == 0
    assert "3 sudah ada di buku" in done.out
    assert "baris 6:" in done.out
    assert phone.tells("status")["only_here"] == after
    assert stock(phone) == {("Kain cap", "rumah"): -2000, ("Syal", "rumah"): -1000}


def test_rows_without_a_reference_are_known_by_what_they_say(phone: Phone, tmp_path: Path) -> None:
    (tmp_path / "peta.toml").write_text('date = "Hari"\namount = "Bayar"\n', encoding="utf-8")
    rows = ["2024-04-01,50.000", "2024-04-01,50.000", "2024-04-02,60.000"]
    for many, new in ((2, 2), (2, 0), (3, 1)):
        text = "\n".join(["Hari,Bayar", *rows[:many], ""])
        (tmp_path / "jual.csv").write_text(text, encoding="utf-8")
        told = phone.tells(
            "import", str(tmp_path / "jual.csv"), "--map", str(tmp_path / "peta.toml")
        )
        assert (told["sales"], told["known"]) == (new, many - new)


def test_a_command_is_a_process_that_says_how_it_went(phone: Phone) -> None:
    told = phone.process("-m", "canting_client.cli", "sell", "kain", "--json")
    assert (told.status, msgspec.json.decode(told.out)) == (0, {"n": 3, "amount": 175_000})
    wrong = phone.process("-m", "canting_client.cli", "sell", "syal")
    assert (wrong.status, wrong.out) == (1, "")
    assert wrong.err.startswith("✗ Tidak ada yang bernama 'syal'")


def test_selling_imports_no_http_stack(phone: Phone) -> None:
    done = phone.process("-X", "importtime", "-m", "canting_client.cli", "sell", "kain")
    assert done.status == 0
    imported = set(re.findall(r"\| +(\S+)$", done.err, re.MULTILINE))
    assert "canting_client.book" in imported
    assert not imported & {
        "aiohttp",
        "asyncio",
        "ssl",
        "structlog",
        "rich.console",
        "openpyxl",
        "pydantic",
        "canting_client.bring",
        "canting_client.english",
        "canting_client.cli.carrying",
    }


def test_a_shell_completes_commands_and_options(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def completed(line: str) -> list[str]:
        monkeypatch.setenv("_CANTING_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        return phone.process("-m", "canting_client.cli").out.split()

    assert set(completed("canting s")) == {
        *("sell", "share", "sheet", "show-qr", "stock", "status", "statements", "sync"),
    }
    assert completed("canting item e") == ["edit"]
    assert completed("canting sell --ch") == ["--channel"]
    monkeypatch.setenv("_CANTING_COMPLETE", "source_bash")
    script = phone.process("-m", "canting_client.cli").out
    assert "complete -o default -F _canting_completion canting" in script


def test_the_key_of_a_book_is_shown_and_written(phone: Phone, tmp_path: Path) -> None:
    text = phone.tells("key", "show")["key"]
    assert phone.says("key", "show").splitlines()[0] == text
    out = tmp_path / "kunci.txt"
    phone.says("key", "show", "--out", str(out))
    assert key_from(out.read_text(encoding="utf-8")) == key_from(text)
    assert "sudah ada" in phone.refuses("key", "show", "--out", str(out))
    assert "salah ketik" in phone.refuses("key", "add", text[:-1])
    assert phone.says("key", "add", text) == "Kunci diterima."


def test_a_book_of_a_newer_version_and_one_that_is_no_book_are_left_alone(phone: Phone) -> None:
    import sqlite3
    from contextlib import closing

    path = phone.home / "books" / "siti.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA user_version = 99")
    assert "perbarui dulu" in phone.refuses("sell", "kain")
    (phone.home / "books" / "rusak.db").write_bytes(b"bukan buku " * 100)
    assert "Jangan dihapus" in phone.refuses("stock", "--book", "rusak")


def test_money_and_pieces_are_written_as_people_write_them() -> None:
    assert [money(each) for each in (0, 1_250_000, -5_000)] == ["Rp0", "Rp1.250.000", "-Rp5.000"]
    assert [pieces(each) for each in (2000, 1500, -250, 1_234_000)] == [
        "2",
        "1,5",
        "-0,25",
        "1.234",
    ]


def test_a_book_key_is_typed_back_and_a_slip_is_noticed() -> None:
    key = BookKey(bytes(range(32)))
    text = key_text(key)
    assert key_from(text) == key_from(text.lower().replace("-", " ").replace("0", "o")) == key
    for at, letter in enumerate(text):
        if letter != "-":
            other = LETTERS[(LETTERS.index(letter) + 1) % 32]
            with pytest.raises(BadKeyText):
                key_from(text[:at] + other + text[at + 1 :])
