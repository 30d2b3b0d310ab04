"""An officer's own words about whom he visits: shown to him, and found by nobody else."""

from pathlib import Path

import pytest
from tests.client.command import Phone
from tests.client.pair import Pair
from tests.client.test_custody import Courier
from tests.client.test_locked import everything_in, other_words

from canting_client import locked
from canting_client.home import Home
from canting_client.passphrase import Passphrase
from canting_client.relay import notes
from canting_client.relay.bag import Bag
from canting_protocol import changes as c

ANN = "0123456789abcdef"
NAME = "Bu Penceng, Surodinawan, pagi"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locked, "COST_LOG2", 4)
    monkeypatch.delenv("CANTING_PASSPHRASE_FILE", raising=False)


@pytest.fixture
def words(tmp_path: Path) -> tuple[str, str]:
    return "--passphrase-file", other_words(tmp_path, "empat kata yang panjang")


@pytest.fixture
def officer(tmp_path: Path) -> Phone:
    """An officer, joined, who has met one artisan."""
    pair = Pair(tmp_path)
    lina = Courier(pair)
    with pair.phone("a") as siti:
        siti.record(c.Sale([c.SaleLine(-1, 1000, 50_000)]))
        lina.visits("a", siti)
    lina.bag.close()
    pair.close()
    phone = Phone(tmp_path / "hp")
    phone.home.mkdir()
    for path in tmp_path.glob("lina.bag*"):
        path.rename(phone.home / path.name.replace("lina.bag", "bag.db"))
    return phone


def test_visits_show_names_when_the_passphrase_is_at_hand(
    officer: Phone, words: tuple[str, str]
) -> None:
    (row,) = officer.tells("relay", "visits")["rows"]
    assert row["note"] is None
    assert "terkunci" not in officer.says("relay", "visits"), "there are no names yet"
    short = row["artisan"][:8]
    assert short in officer.says("relay", "note", short, NAME, *words)
    assert NAME in officer.says("relay", "visits", *words)
    hidden = officer.says("relay", "visits")
    assert NAME not in hidden
    assert short in hidden
    assert hidden.count("--passphrase-file") == 1
    assert officer.tells("relay", "visits")["locked"] is True
    assert not [path for path, data in everything_in(officer.home) if b"Penceng" in data]
    officer.says("relay", "note", short, "Bu P.", *words)
    assert NAME not in officer.says("relay", "visits", *words), "a note gives way to the next"
    officer.says("relay", "note", short, "", *words)
    assert officer.tells("relay", "visits", *words)["rows"][0]["note"] is None


def test_whoever_was_noted_and_never_met_is_the_first_to_visit(
    officer: Phone, words: tuple[str, str]
) -> None:
    officer.says("relay", "note", ANN, NAME, *words)
    first, _ = officer.tells("relay", "visits", *words)["rows"]
    assert (first["artisan"], first["note"], first["met"]) == (ANN, NAME, 0)
    assert "belum pernah" in officer.says("relay", "visits").splitlines()[0]


def test_a_note_needs_an_artisan_whom_the_bag_knows(officer: Phone, words: tuple[str, str]) -> None:
    for wrong in ("abcd", "0", "", "Bu Siti"):
        assert "salah" in officer.refuses("relay", "note", wrong, NAME, *words)
    assert "terlalu panjang" in officer.refuses("relay", "note", ANN, "x" * 501, *words)


def test_a_wrong_passphrase_neither_shows_nor_changes_notes(
    officer: Phone, words: tuple[str, str], tmp_path: Path
) -> None:
    officer.says("relay", "note", ANN, NAME, *words)
    wrong = tmp_path / "salah.txt"
    wrong.write_text("kata yang lain sekali\n", encoding="utf-8")
    for command in (("visits",), ("note", ANN, "lain")):
        said = officer.refuses("relay", *command, "--passphrase-file", str(wrong))
        assert "Kata sandi salah" in said
    assert NAME in officer.says("relay", "visits", *words)


def test_notes_and_books_of_one_home_have_one_passphrase(
    officer: Phone, words: tuple[str, str], tmp_path: Path
) -> None:
    officer.says("init", "siti", "--locked", *words)
    wrong = tmp_path / "salah.txt"
    wrong.write_text("kata yang lain sekali\n", encoding="utf-8")
    said = officer.refuses("relay", "note", ANN, NAME, "--passphrase-file", str(wrong))
    assert "Kata sandi salah" in said
    officer.says("relay", "note", ANN, NAME, *words)


def test_a_note_that_was_altered_or_moved_to_another_says_so(
    officer: Phone, words: tuple[str, str]
) -> None:
    home = Home(officer.home, Passphrase(Path(words[1])))
    bag = Bag(officer.home / "bag.db")
    ann, eve = bytes.fromhex(ANN), b"e" * 8
    notes.write(home, bag, ann, NAME)
    assert notes.read(home, bag) == {ann: NAME}
    lock = bag.lock
    assert lock is not None
    bag.put_note(lock, eve, bag.notes()[ann])
    with pytest.raises(locked.Damaged):
        notes.read(home, bag)
    assert not bag.put_note(b"another lock", eve, b"")
    bag.close()


def test_a_bag_of_before_there_were_notes_takes_them(
    officer: Phone, words: tuple[str, str]
) -> None:
    bag = Bag(officer.home / "bag.db")
    bag._conn.execute("DROP TABLE note")
    bag._conn.execute("PRAGMA user_version = 1")
    bag.close()
    officer.says("relay", "note", ANN, NAME, *words)
    assert NAME in officer.says("relay", "visits", *words)
