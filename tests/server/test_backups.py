"""Which backups are kept, what a sealed file gives away, and what is put back."""

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from canting_server import backups, sealed
from canting_server.backups import Keep, NotDone, too_old
from canting_server.registry.erased import Erased
from canting_server.sealed import CHUNK_BYTES, NotOpened, seal, unseal

PASSPHRASE = "kawung parang truntum"  # noqa: S105
BEGIN = datetime(2026, 1, 1, 5, tzinfo=UTC)


def every(hours: int, count: int) -> list[str]:
    """Return the names of backups made every so many hours."""
    return [
        (BEGIN + timedelta(hours=hours * number)).strftime("registry-%Y%m%dT%H%M%SZ.sealed")
        for number in range(count)
    ]


def test_of_each_day_week_and_month_the_newest_is_kept() -> None:
    names = every(6, 4 * 100)  # a hundred days: to 10 April
    gone = too_old(names, Keep(days=3, weeks=2, months=3))
    kept = [name[9:20] for name in names if name not in gone]
    assert kept == ["20260228T23", "20260331T23", "20260405T23"] + [
        f"202604{day}T23" for day in ("08", "09", "10")
    ]


def test_the_newest_backup_and_what_is_none_are_never_taken_away() -> None:
    names = [*every(24, 5), "registry.db", "registry-notes.txt", "registry-20260101T050000Z.db-x"]
    gone = too_old(names, Keep(0, 0, 0))
    assert gone == sorted(every(24, 4), reverse=True)
    assert too_old(["notes"], Keep(1, 1, 1)) == []


def sealed_bytes(plain: bytes) -> bytes:
    """Return bytes, sealed."""
    into = io.BytesIO()
    seal(io.BytesIO(plain), into, PASSPHRASE, os.urandom)
    return into.getvalue()


@pytest.fixture(autouse=True)
def cheap_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make keys of passphrases quickly: what they cost is not what is tested here."""
    monkeypatch.setattr(sealed, "_COST", 2)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_what_was_sealed_is_what_is_opened(size: int) -> None:
    plain = os.urandom(size)
    assert b"".join(unseal(io.BytesIO(sealed_bytes(plain)), PASSPHRASE)) == plain


def test_another_passphrase_opens_nothing() -> None:
    with pytest.raises(NotOpened):
        list(unseal(io.BytesIO(sealed_bytes(b"rahasia")), "another passphrase"))


def test_no_chunk_can_be_left_out_moved_altered_or_added() -> None:
    plain = bytes(3 * CHUNK_BYTES + 5)
    whole = sealed_bytes(plain)
    head, chunk = len(whole) - len(plain) - 4 * 16, CHUNK_BYTES + 16
    first, second = whole[head : head + chunk], whole[head + chunk : head + 2 * chunk]
    flipped = bytearray(whole)
    flipped[head + 10] ^= 1
    for altered in (
        whole[: head + chunk],
        whole[: head + 2 * chunk + 7],
        whole[:head] + second + first + whole[head + 2 * chunk :],
        whole[:head] + second + whole[head + 2 * chunk :],
        whole + b"x",
        whole[:head],
        whole[: head - 1],
        b"",
        bytes(flipped),
        whole[: len(sealed.MAGIC)] + bytes(16) + whole[len(sealed.MAGIC) + 16 :],
    ):
        with pytest.raises(NotOpened):
            list(unseal(io.BytesIO(altered), PASSPHRASE))


def test_a_file_that_is_no_backup_is_not_put_back(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "registry-20260101T050000Z.db"
    for data in (b"", b"not a database", os.urandom(5_000)):
        file.write_bytes(data)
        with pytest.raises(NotDone):
            backups.restore(home, file, None, bytes(32), Erased())
        assert list(home.iterdir()) == []
