"""A backup is put back, here or on a new phone, and nothing is lost after the next sync."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.client.command import Phone
from tests.client.pair import Pair

from canting_client import reading, store
from canting_client.backup import back_up, restore
from canting_client.book import Book
from canting_client.home import Home
from canting_protocol import changes as c
from canting_protocol.changes import Kind

SALE = c.Sale([c.SaleLine(-1, 1000, 50_000)])


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    yield pair
    pair.close()


def begun(pair: Pair, home: Home, *, joined: bool = True) -> Book:
    book = home.make("siti")
    pair.keys["siti"] = home.key()
    if joined:
        pair.join("siti", book)
    return book


def level(pair: Pair, book: Book) -> None:
    """Sync until both hold the same."""
    for _ in range(3):
        pair.sync("siti", book)
    assert book.level()[:2] == (False, False)
    assert book.digest() == pair.digest()


def sales(book: Book) -> int:
    return len(store.facts(book.conn, (Kind.SALE, Kind.SALE)))


def test_a_lost_phone_costs_nothing_that_was_sent_or_in_the_backup(
    pair: Pair, tmp_path: Path
) -> None:
    old, new, file = Home(tmp_path / "hp1"), Home(tmp_path / "hp2"), tmp_path / "siti.cadangan"
    with begun(pair, old) as siti:
        siti.record(SALE, SALE)
        level(pair, siti)
        siti.record(SALE)  # not sent, in the backup
        assert back_up(old, siti, file).changes == store.count_changes(siti.conn)
        siti.record(SALE)
        level(pair, siti)  # sent, not in the backup
    restore(new, file, None, instead=False)
    with new.open(None) as siti:
        own = siti.own
        assert own is not None
        assert own.rotate
        assert siti.device == old.key().public
        placed = siti.record(SALE)[0]
        assert placed.log != own.log
        assert siti.parties().logs[placed.log].parent == own.hash
        assert sales(siti) == 4
        level(pair, siti)
        assert sales(siti) == 5


def test_what_was_never_sent_is_sent_by_the_new_phone(pair: Pair, tmp_path: Path) -> None:
    old, new, file = Home(tmp_path / "hp1"), Home(tmp_path / "hp2"), tmp_path / "siti.cadangan"
    with begun(pair, old, joined=False) as siti:
        siti.record(SALE, c.Partner(None, [c.FieldWrite(1, c.value(siti.hide("Bu Rina")))]))
        back_up(old, siti, file)
    new.make("rina").close()
    restore(new, file, None, instead=False)
    with new.open("siti") as siti:
        siti.record(SALE)
        pair.keys["siti"] = new.key("siti")
        pair.join("siti", siti)
        level(pair, siti)
        assert sales(siti) == 2
        assert [each.name for each in reading.things(siti, Kind.PARTNER)] == ["Bu Rina"]
    with new.open("rina") as rina:
        assert rina.device == new.key().public != siti.device


def test_the_old_phone_turns_up_again_and_both_are_kept(pair: Pair, tmp_path: Path) -> None:
    old, new, file = Home(tmp_path / "hp1"), Home(tmp_path / "hp2"), tmp_path / "siti.cadangan"
    with begun(pair, old) as siti:
        siti.record(SALE)
        level(pair, siti)
        back_up(old, siti, file)
        restore(new, file, None, instead=False)
        with new.open(None) as copy:
            siti.record(SALE, SALE)
            copy.record(SALE)
            level(pair, copy)
            level(pair, siti)
            level(pair, copy)
            assert sales(siti) == sales(copy) == 4
            assert siti.digest() == copy.digest()


def test_an_older_state_put_back_over_the_book_gets_its_tail_again(
    pair: Pair, tmp_path: Path
) -> None:
    home, file = Home(tmp_path / "hp"), tmp_path / "siti.cadangan"
    with begun(pair, home) as siti:
        siti.record(SALE)
        back_up(home, siti, file)
        siti.record(SALE, SALE)
        level(pair, siti)
        siti.record(SALE)  # neither sent nor in the backup: in the book that is kept
    for _ in range(2):  # twice the same backup
        done = restore(home, file, None, instead=True)
        assert done.kept is not None
        with home.open(None) as siti:
            assert sales(siti) == 1
            siti.record(SALE)
    with home.open(None) as siti:
        level(pair, siti)
        assert sales(siti) == 4
    kept = sorted((home.folder / "kept").iterdir())
    assert len(kept) == 2
    held = []
    for each in kept:
        restore(home, each, "lama", instead=True)
        with home.open("lama") as lama:
            held.append(sales(lama))
    assert sorted(held) == [2, 4]


def test_a_book_that_is_put_back_is_opened_often_and_begins_one_new_log(tmp_path: Path) -> None:
    home, file = Home(tmp_path / "hp"), tmp_path / "siti.cadangan"
    with home.make("siti") as siti:
        siti.record(SALE)
        back_up(home, siti, file)
    restore(home, file, None, instead=True)
    for _ in range(3):
        with home.open(None) as siti:
            siti.record(SALE)
    with home.open(None) as siti:
        assert len(siti.heads()) == 2


_SELLING = """
import sys
from pathlib import Path
from canting_client.home import Home
from canting_protocol import changes as c

with Home(Path(sys.argv[1])).open("siti") as book:
    print("ya", flush=True)
    for _ in range(60):
        book.record(c.Sale([c.SaleLine(-1, 1000, 50_000)]))
"""


def test_a_backup_made_while_somebody_sells_is_whole(tmp_path: Path) -> None:
    home = Home(tmp_path / "hp")
    home.make("siti").close()
    with subprocess.Popen(  # noqa: S603  # our own script
        [sys.executable, "-c", _SELLING, str(home.folder)], stdout=subprocess.PIPE, text=True
    ) as seller:
        assert seller.stdout is not None
        seller.stdout.readline()
        with home.open(None) as siti:
            for number in range(5):
                back_up(home, siti, tmp_path / f"{number}.cadangan")
    assert seller.returncode == 0
    for number in range(5):
        done = restore(home, tmp_path / f"{number}.cadangan", f"buku{number}", instead=False)
        with home.open(f"buku{number}") as copy:
            kept = copy.digest()
            copy.rebuild()
            assert copy.digest() == kept
            assert sales(copy) == done.changes


# -- as commands ----------------------------------------------------------------------------


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    phone = Phone(tmp_path / "hp")
    phone.says("init", "siti")
    phone.says("sell", "barang lain", "1", "50.000")
    return phone


def test_a_book_is_backed_up_and_put_back_by_hand(phone: Phone, tmp_path: Path) -> None:
    file = tmp_path / "siti.cadangan"
    said = phone.says("backup", str(file))
    assert said.startswith(f"Cadangan buku 'siti' (1 catatan) ada di {file}.")
    assert "sudah ada" in phone.refuses("backup", str(file))
    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["siti.cadangan"]
    phone.says("sell", "barang lain", "1", "60.000")
    refused = phone.refuses("restore", str(file))
    assert "Buku 'siti' sudah ada dan berisi 2 catatan; cadangan ini 1." in refused
    assert phone.tells("status")["only_here"] == 2
    told = phone.tells("restore", str(file), "--yes")
    assert Path(told["kept"]).is_file()
    assert phone.tells("status")["only_here"] == 1
    other = Phone(tmp_path / "hp2")
    assert "Buku 'siti' pulih: 1 catatan." in other.says("restore", str(file))
    assert other.says("sell", "barang lain", "1", "70.000").startswith("Tercatat no. 1:")
    assert "Nama buku 'Bu Siti'" in other.refuses("restore", str(file), "--book", "Bu Siti")


def test_what_is_no_backup_is_refused_and_the_book_stays(phone: Phone, tmp_path: Path) -> None:
    good = tmp_path / "siti.cadangan"
    phone.says("backup", str(good))
    (tmp_path / "surat.txt").write_text("bukan buku" * 1000, encoding="utf-8")
    (tmp_path / "kosong").touch()
    shutil.copy(good, tmp_path / "lain.db")
    with closing(sqlite3.connect(tmp_path / "lain.db")) as conn:
        conn.execute("DROP TABLE change")
    shutil.copy(good, tmp_path / "ubah.db")
    with closing(sqlite3.connect(tmp_path / "ubah.db")) as conn:
        conn.execute("UPDATE change SET body = x'9305'")
        conn.commit()
    shutil.copy(good, tmp_path / "baru.db")
    with closing(sqlite3.connect(tmp_path / "baru.db")) as conn:
        conn.execute("PRAGMA user_version = 99")
    for name in ("surat.txt", "kosong", "lain.db"):
        refused = phone.refuses("restore", str(tmp_path / name), "--yes")
        assert "bukan cadangan buku" in refused
    assert "rusak" in phone.refuses("restore", str(tmp_path / "ubah.db"), "--yes")
    assert "perbarui dulu" in phone.refuses("restore", str(tmp_path / "baru.db"), "--yes")
    assert "tidak ada" in phone.refuses("restore", str(tmp_path / "hilang"), "--yes")
    assert phone.tells("status")["only_here"] == 1
    assert not (phone.home / "kept").exists()


def test_a_bare_copy_of_another_devices_book_is_refused(phone: Phone, tmp_path: Path) -> None:
    with closing(sqlite3.connect(phone.home / "books" / "siti.db")) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    bare = shutil.copy(phone.home / "books" / "siti.db", tmp_path / "siti.db")
    assert "pulih" in phone.says("restore", str(bare), "--book", "siti2")
    assert "tanpa kuncinya" in Phone(tmp_path / "hp2").refuses("restore", str(bare))


def test_a_damaged_book_gives_way_to_its_backup_and_is_kept(phone: Phone, tmp_path: Path) -> None:
    file = tmp_path / "siti.cadangan"
    phone.says("backup", str(file))
    path = phone.home / "books" / "siti.db"
    path.write_bytes(b"bukan buku " * 100)
    assert "sudah ada dan rusak" in phone.refuses("restore", str(file))
    told = phone.tells("restore", str(file), "--yes")
    assert Path(told["kept"]).read_bytes().startswith(b"bukan buku")
    assert phone.tells("status")["only_here"] == 1
