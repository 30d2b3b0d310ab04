"""Kill -9 of a locked book, between a commit and the file's rename, and after that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.end_to_end.processes import ROOT

from canting_client import locked
from canting_client.home import Home
from canting_client.locking import lock
from canting_protocol import changes as c
from canting_protocol.ledger.project import project
from canting_protocol.ledger.rows import SHAPES, ChangeRow, digest

DYING = "tests.end_to_end.dying"


@pytest.fixture
def passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "sandi.txt"
    file.write_text("empat kata yang panjang\n", encoding="utf-8")
    monkeypatch.setenv("CANTING_PASSPHRASE_FILE", str(file))
    monkeypatch.setattr(locked, "COST_LOG2", 4)


def dies(what: str, home: Home, *arguments: str) -> list[str]:
    """Run a script until it is killed; return what it acknowledged."""
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", DYING, what, str(home.folder), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env=os.environ,
    )
    assert done.returncode in (0, -9), done.stderr
    return done.stdout.split()


@pytest.mark.usefixtures("passphrase")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_locked_book_killed_at_any_rename_keeps_what_it_acknowledged(
    tmp_path: Path, when: str
) -> None:
    for k in range(1, 20, 3):
        home = Home(tmp_path / f"{when}-{k}")
        home.make("buku", locked=True).close()
        acknowledged = set(dies("locked", home, when, str(k)))
        with home.open("buku") as book:
            held = {row.hash.hex(): row for row in book.rows().all(ChangeRow)}
            assert acknowledged - {"done"} <= held.keys()
            again = project(book.parties(), [row.placed for row in held.values()])
            fresh = digest(row for shape in SHAPES for row in again.all(shape))
            assert book.digest() == fresh, "the old state or the new, whole"
            book.record(c.Sale([c.SaleLine(-1, 1000, 1)]))
        books = {each.name for each in (home.folder / "books").iterdir()}
        assert books <= {"buku.locked", "buku.locked.lock"}
        if "done" in acknowledged:
            assert k > 10, "the script has more commits than that"
            return
    pytest.fail("the script never came to its end")


@pytest.mark.usefixtures("passphrase")
@pytest.mark.parametrize("when", ["before", "after"])
def test_locking_that_is_killed_leaves_one_whole_book(tmp_path: Path, when: str) -> None:
    home = Home(tmp_path / "home")
    with home.make("buku") as book:
        book.record(c.Expense("batik", 12_345, note="rahasia sekali"))
        before = book.digest()
    dies("lock", home, when)
    assert home.is_locked("buku") is (when == "after")
    with home.open("buku") as book:
        assert book.digest() == before
    lock(home, "buku")
    for path in home.folder.rglob("*"):
        assert path.is_dir() or b"rahasia sekali" not in path.read_bytes(), path
    with home.open("buku") as book:
        assert book.digest() == before
