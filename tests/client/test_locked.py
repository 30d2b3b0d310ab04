"""A locked book says what a plain one says, and says it to nobody without the passphrase."""

import io
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.client.command import Phone

from canting_client import book as book_module
from canting_client import locked, locking, store
from canting_client.book import Book, Chance, Gone
from canting_client.home import Home
from canting_client.locked import Damaged, Vault, WrongPassphrase
from canting_client.passphrase import NoPassphrase, Passphrase
from canting_protocol import changes as c
from canting_protocol.crypto import SigningKey

WORDS = "empat kata yang panjang"
SALE = c.Sale([c.SaleLine(-1, 1000, 50_000)])
SECRETS = ("Bu Penceng", "Kain Sekarjagad", "17654321", "titip di warung")
"""A name, goods, an amount and a note that are planted, and must not be found."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Guessing is cheap in tests; the passphrase stands in a file outside the home."""
    with monkeypatch.context() as patch:
        patch.setattr(locked, "COST_LOG2", 4)
        file = tmp_path / "sandi.txt"
        file.write_text(f"{WORDS}\nbaris kedua\n", encoding="utf-8")
        patch.setenv("CANTING_PASSPHRASE_FILE", str(file))
        yield


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    return Phone(tmp_path / "hp")


def other_words(tmp_path: Path, words: str = "kata yang lain sekali") -> str:
    path = tmp_path / "lain.txt"
    path.write_text(words + "\n", encoding="utf-8")
    return str(path)


def fill(phone: Phone) -> None:
    name, goods, amount, note = SECRETS
    phone.says("item", "add", goods, "--price", "175.000")
    phone.says("partner", "add", name)
    phone.says("sell", goods, "1", amount, "--to", name)
    phone.says("expense", "lain", "5.000", "--note", note)


def everything_in(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def found_in(folder: Path, words: tuple[str, ...] = SECRETS) -> set[str]:
    """Return where any of the planted words stands, as text or as SQLite keeps a number."""
    needles = [word.encode() for word in words]
    needles += [word.encode("utf-16-le") for word in words]
    needles += [int(word).to_bytes(4, "big") for word in words if word.isdigit()]
    return {
        path.name for path, data in everything_in(folder) if any(each in data for each in needles)
    }


# -- it is the same book ---------------------------------------------------------------------

commands = st.lists(
    st.one_of(
        st.builds(
            lambda n, q, amount: c.Sale([c.SaleLine(-1, 1000 * q, amount + n)]),
            st.integers(0, 9),
            st.integers(1, 9),
            st.integers(0, 10**9),
        ),
        st.builds(lambda n: c.Item(None, [c.FieldWrite(1, c.value(f"Kain {n}"))]), st.integers()),
        st.builds(lambda n: c.Count([c.CountLine(-1, n)]), st.integers(0, 10**6)),
        st.builds(c.Void, st.integers(1, 6)),
        st.just(None),
    ),
    max_size=8,
)
"""None: the book is closed and opened again."""


class Twin:
    """A book whose time and chance are those of its twin."""

    def __init__(self, folder: Path, *, is_locked: bool) -> None:
        drawn = count(1)
        self._random: Callable[[int], bytes] = lambda size: next(drawn).to_bytes(size, "big")
        self._path = folder / ("twin.locked" if is_locked else "twin.db")
        self._is_locked = is_locked
        self.book = self._open()

    def _open(self) -> Book:
        vault = None
        if self._is_locked:
            fresh = not self._path.exists()
            vault = Vault(self._path, lambda: WORDS, os.urandom, fresh=fresh, durable=False)
        key, chance = SigningKey(b"K" * 32), Chance(lambda: 1_765_000_000, self._random)
        return Book(self._path, key, chance, durable=False, vault=vault)

    def does(self, change: c.Change | None) -> None:
        if change is None:
            self.book.close()
            self.book = self._open()
        else:
            self.book.record(change)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(done=commands)
def test_a_locked_book_says_the_same_as_a_plain_one(
    tmp_path_factory: pytest.TempPathFactory, done: list[c.Change | None]
) -> None:
    plain, sealed = (
        Twin(tmp_path_factory.mktemp("twin"), is_locked=is_locked) for is_locked in (False, True)
    )
    try:
        for change in [*done, None]:
            plain.does(change)
            sealed.does(change)
            assert sealed.book.digest() == plain.book.digest()
            assert sealed.book.heads() == plain.book.heads()
    finally:
        plain.book.close()
        sealed.book.close()


def test_every_command_says_the_same_of_a_locked_book(phone: Phone, tmp_path: Path) -> None:
    other = Phone(tmp_path / "hp2")
    phone.says("init", "siti")
    assert "siap" in other.says("init", "siti", "--locked")
    for each in (phone, other):
        fill(each)
    for command in (("stock",), ("log",), ("pay",), ("report",), ("ledger",)):
        assert other.says(*command) == phone.says(*command)
    assert {each.name for each in (other.home / "books").iterdir()} <= {
        "siti.locked",
        "siti.locked.lock",
    }


def test_what_is_planted_is_in_no_file_of_a_locked_book(phone: Phone) -> None:
    phone.says("init", "siti", "--locked", "--name", SECRETS[0])
    fill(phone)
    assert SECRETS[0] in phone.says("ledger")
    assert not found_in(phone.home)


# -- locking ---------------------------------------------------------------------------------


def test_after_lock_the_plain_bytes_are_in_no_file_of_the_home(phone: Phone) -> None:
    phone.says("init", "siti", "--name", SECRETS[0])
    fill(phone)
    backup = phone.home.parent / "siti.cadangan"
    phone.says("backup", str(backup))
    phone.says("restore", str(backup), "--yes")  # and the one that gave way is kept
    half = phone.home / "books" / ".siti.db.0a1b2c3d.new"
    shutil.copy(backup, half)
    before = phone.says("ledger")
    assert found_in(phone.home), "the test would find them"
    assert phone.tells("lock") == {"book": "siti", "locked": True, "was_plain": True}
    assert not found_in(phone.home)
    assert phone.says("ledger") == before
    assert phone.tells("lock")["was_plain"] is False
    (kept,) = (phone.home / "kept").iterdir()
    assert phone.tells("restore", str(kept), "--book", "lama")["changes"] > 0
    assert (phone.home / "books" / "lama.locked").exists(), "what was locked stays locked"
    assert not found_in(phone.home)


def test_locking_leaves_other_books_and_their_kept_ones_alone(phone: Phone) -> None:
    for name in ("siti", "siti-2"):
        phone.says("init", name)
        phone.says("backup", str(phone.home.parent / name), "--book", name)
        phone.says("restore", str(phone.home.parent / name), "--book", name, "--yes")
    phone.says("lock", "--book", "siti")
    assert sorted(each.suffix for each in (phone.home / "kept").iterdir()) == [".db", ".locked"]
    assert phone.tells("status", "--book", "siti-2")


def test_locking_that_was_broken_off_is_finished_by_whoever_opens_the_book(
    phone: Phone, tmp_path: Path
) -> None:
    phone.says("init", "siti")
    fill(phone)
    with sqlite3.connect(phone.home / "books" / "siti.db") as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    plain = shutil.copy(phone.home / "books" / "siti.db", tmp_path / "siti.db")
    phone.says("lock")
    shutil.copy(plain, phone.home / "books" / "siti.db")  # as if it had not come to that
    phone.says("sell", "kain", "1")
    assert not (phone.home / "books" / "siti.db").exists()
    assert not found_in(phone.home)


def test_a_plain_book_that_holds_something_else_is_never_removed(phone: Phone) -> None:
    phone.says("init", "siti", "--locked")
    fill(phone)
    other = Phone(phone.home.parent / "hp2")
    other.says("init", "siti")
    other.says("sell", "barang lain", "1", "60.000")
    alien = phone.home / "books" / "siti.db"
    with sqlite3.connect(other.home / "books" / "siti.db") as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    shutil.copy(other.home / "books" / "siti.db", alien)
    assert "Ada dua buku 'siti'" in phone.refuses("stock")
    assert "Ada dua buku 'siti'" in phone.refuses("lock")
    alien.rename(alien.with_name("dua.db"))
    assert "Kain Sekarjagad" in phone.says("stock", "--book", "siti")


def test_a_process_that_waits_while_a_book_is_locked_writes_nothing_nowhere(
    phone: Phone,
) -> None:
    phone.says("init", "siti")
    home = Home(phone.home)
    with home.open("siti") as waiting:
        locking.lock(home, "siti")
        with pytest.raises(Gone):
            waiting.record(SALE)
    with home.open("siti") as book:
        assert store.count_changes(book.conn) == 0
        book.record(SALE)


def test_a_damaged_book_is_not_locked_and_stays(phone: Phone) -> None:
    phone.says("init", "siti")
    path = phone.home / "books" / "siti.db"
    path.write_bytes(b"bukan buku " * 1000)
    phone.refuses("lock")
    assert path.read_bytes().startswith(b"bukan buku")
    assert not (phone.home / "books" / "siti.locked").exists()


# -- the passphrase --------------------------------------------------------------------------


def test_a_wrong_passphrase_says_so_and_changes_nothing(phone: Phone, tmp_path: Path) -> None:
    phone.says("init", "siti", "--locked")
    fill(phone)
    path = phone.home / "books" / "siti.locked"
    before = path.read_bytes()
    wrong = ("--passphrase-file", other_words(tmp_path))
    for command in (("stock",), ("sell", "kain", "1"), ("lock",), ("backup", str(tmp_path / "b"))):
        assert "Kata sandi salah" in phone.refuses(*command, *wrong)
    assert "Kata sandi salah" in phone.refuses("init", "rina", "--locked", *wrong)
    assert path.read_bytes() == before
    assert Home(phone.home).names == ["siti"]


def test_a_passphrase_comes_from_an_option_before_the_environment(
    phone: Phone, tmp_path: Path
) -> None:
    other = ("--passphrase-file", other_words(tmp_path))
    phone.says("init", "siti", "--locked", *other)
    assert phone.says("stock", f"--passphrase-file={other[1]}")
    assert "Kata sandi salah" in phone.refuses("stock")


def test_without_a_passphrase_and_without_a_terminal_it_says_what_to_do(
    phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.says("init", "siti", "--locked")
    assert "paling sedikit 12" in Phone(tmp_path / "hp2").refuses(
        "init", "siti", "--locked", "--passphrase-file", other_words(tmp_path, "pendek")
    )
    assert "kosong" in phone.refuses("stock", "--passphrase-file", other_words(tmp_path, ""))
    assert "tidak ada" in phone.refuses("stock", "--passphrase-file", str(tmp_path / "hilang"))
    monkeypatch.delenv("CANTING_PASSPHRASE_FILE")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert "--passphrase-file" in phone.refuses("stock")


def test_on_a_terminal_it_is_asked_for_and_a_new_one_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    answers = iter([WORDS, WORDS, WORDS, "salah ketik sekali"])
    monkeypatch.delenv("CANTING_PASSPHRASE_FILE")
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    new = Passphrase()
    assert new.at_hand() is None
    assert new.chosen() == new.given() == WORDS
    with pytest.raises(NoPassphrase):
        Passphrase().chosen()


def test_a_book_that_does_not_open_holds_no_other_up_at_a_sync(
    phone: Phone, tmp_path: Path
) -> None:
    phone.says("init", "a", "--locked")
    phone.says("init", "b")
    done = phone.run("sync", "--json", "--passphrase-file", other_words(tmp_path))
    assert done.status == 1
    assert '"error":"wrong_passphrase"' in done.out
    assert "Traceback" not in done.err


# -- files that are not what was written -----------------------------------------------------


def test_a_flipped_or_truncated_file_says_so_and_stays(phone: Phone) -> None:
    phone.says("init", "siti", "--locked")
    path = phone.home / "books" / "siti.locked"
    whole = path.read_bytes()
    places = [*range(locked.HEAD_BYTES + 14), len(whole) // 2, len(whole) - 1]
    broken = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in places]
    broken += [whole[:at] for at in (0, 5, locked.HEAD_BYTES, 90, len(whole) - 1)]
    broken += [b"", whole + b"\0"]
    home = Home(phone.home)
    for raw in broken:
        path.write_bytes(raw)
        with pytest.raises(Damaged):
            home.open("siti")
        assert path.read_bytes() == raw
    for command in (("stock",), ("sell", "barang lain", "1", "5.000"), ("lock",)):
        assert "rusak atau terpotong" in phone.refuses(*command)
    assert "sudah ada" in phone.refuses("init", "siti")
    path.write_bytes(whole)
    assert phone.tells("status")["only_here"] == 0


def test_a_damaged_locked_book_gives_way_to_a_backup_and_stays_locked(
    phone: Phone, tmp_path: Path
) -> None:
    phone.says("init", "siti", "--locked")
    fill(phone)
    phone.says("backup", str(tmp_path / "siti.cadangan"))
    assert (tmp_path / "siti.cadangan").read_bytes().startswith(b"SQLite"), "which is not locked"
    path = phone.home / "books" / "siti.locked"
    path.write_bytes(path.read_bytes()[:-7])
    assert "rusak" in phone.refuses("restore", str(tmp_path / "siti.cadangan"))
    told = phone.tells("restore", str(tmp_path / "siti.cadangan"), "--yes")
    assert Path(told["kept"]).exists()
    assert SECRETS[0] in phone.says("ledger")
    assert not found_in(phone.home)


def test_a_locked_book_that_gives_way_is_kept_locked(phone: Phone, tmp_path: Path) -> None:
    phone.says("init", "siti", "--locked")
    fill(phone)
    phone.says("backup", str(tmp_path / "siti.cadangan"))
    phone.says("sell", "kain", "1")
    later = phone.tells("status")["only_here"]
    told = phone.tells("restore", str(tmp_path / "siti.cadangan"), "--yes")
    assert phone.tells("status")["only_here"] == later - 1
    assert not found_in(phone.home)
    phone.says("restore", told["kept"], "--yes")
    assert phone.tells("status")["only_here"] == later
    phone.says("export", str(tmp_path / "buku"))
    assert found_in(tmp_path / "buku"), "an export can be read by anyone"


def test_an_old_copy_of_a_locked_book_goes_on_in_a_new_log(phone: Phone, tmp_path: Path) -> None:
    from tests.client.pair import Pair

    pair = Pair(tmp_path)
    home = Home(phone.home)
    with home.make("siti", locked=True) as book:
        pair.keys["siti"] = home.key()
        pair.join("siti", book)
        book.record(SALE)
        pair.sync("siti", book)
    path = home.book_path("siti")
    old = path.read_bytes()
    with home.open("siti") as book:
        book.record(SALE)
        pair.sync("siti", book)
    path.write_bytes(old)
    with home.open("siti") as book:
        assert book.own is not None
        assert book.own.rotate, "the guard remembers more than the book holds"
        book.record(SALE)
        for _ in range(2):
            pair.sync("siti", book)
        assert book.digest() == pair.digest()
    pair.close()


# -- writing ---------------------------------------------------------------------------------


def test_a_change_that_could_not_be_written_is_not_in_the_book(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(phone.home)
    with home.make("siti", locked=True) as book:
        book.record(SALE)
        before = book.digest()
        with monkeypatch.context() as full:
            full.setattr(os, "fsync", _no_room)
            with pytest.raises(OSError, match="No space"):
                book.record(SALE)
        assert book.digest() == before
        assert [each.name for each in book.path.parent.glob("*.new")] == []
        book.record(SALE)
        after = book.digest()
    with home.open("siti") as book:
        assert book.digest() == after != before


def _no_room(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_every_write_takes_a_fresh_nonce_and_one_key(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytes] = []
    derive = locked._derive

    def counted(words: str, how: bytes) -> tuple[bytes, bytes]:
        made.append(how)
        return derive(words, how)

    monkeypatch.setattr(locked, "_derive", counted)
    nonces = set()
    with Home(phone.home).make("siti", locked=True) as book:
        for _ in range(5):
            book.record(SALE)
            head_and_nonce = book.path.read_bytes()[: locked.HEAD_BYTES + 12]
            nonces.add(head_and_nonce[locked.HEAD_BYTES :])
    assert len(nonces) == 5
    assert len(made) == 1


_HOLD = """
import sys, time
from pathlib import Path
from canting_client.home import Home

with Home(Path(sys.argv[1])).open("siti"):
    print("open", flush=True)
    sys.stdin.readline()
"""


def test_a_second_process_waits_or_is_told_that_the_book_is_busy(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.says("init", "siti", "--locked")
    holder = subprocess.Popen(  # noqa: S603  # our own script
        [sys.executable, "-c", _HOLD, str(phone.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "open\n"
    with monkeypatch.context() as hasty:
        hasty.setattr(book_module, "PATIENCE_SECONDS", 0.2)
        assert "sedang dipakai" in phone.refuses("sell", "barang lain", "1", "5.000")
    waiting = subprocess.Popen(
        [sys.executable, "-m", "canting_client.cli", "sell", "barang lain", "1", "5.000"],
        env=os.environ | {"CANTING_HOME": str(phone.home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(timeout=2)
    holder.communicate("\n", timeout=60)
    assert waiting.communicate(timeout=60)[0].startswith("Tercatat")
    assert phone.tells("status")["only_here"] == 1


def test_two_that_begin_the_same_locked_book_make_one(tmp_path: Path) -> None:
    path = tmp_path / "siti.locked"
    key, chance = SigningKey(b"K" * 32), Chance(lambda: 0, os.urandom)
    Book(path, key, chance, vault=Vault(path, lambda: WORDS, os.urandom, fresh=True)).close()
    made = path.read_bytes()
    with pytest.raises(FileExistsError):
        Book(path, key, chance, vault=Vault(path, lambda: WORDS, os.urandom, fresh=True))
    assert path.read_bytes() == made
    with pytest.raises(WrongPassphrase):
        Vault(path, lambda: "lain", os.urandom).read()
    assert Vault(path, lambda: WORDS, os.urandom).read().startswith(b"SQLite format 3\0")


def test_nothing_of_an_open_locked_book_is_put_aside_on_the_disk(phone: Phone) -> None:
    """SQLite sorts large results, and keeps journals, in temporary files if it may."""
    with Home(phone.home).make("siti", locked=True) as book:
        (temp,) = book.conn.execute("PRAGMA temp_store").fetchone()
        assert temp == 2, "in memory"
        (journal,) = book.conn.execute("PRAGMA journal_mode").fetchone()
        assert journal == "memory"
    with Home(phone.home).open("siti") as book:
        (journal,) = book.conn.execute("PRAGMA journal_mode").fetchone()
        assert journal == "memory"
