"""`canting nik`: sealed to the department, shown by its end, in the clear nowhere on the device."""

import os
import pty
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from tests.client.command import Phone

from canting_client import reading
from canting_client.home import Home
from canting_protocol import changes as c
from canting_protocol import nik
from canting_protocol.crypto import BoxPublic, SigningKey
from canting_protocol.ledger.registers import PROFILE
from canting_protocol.ledger.rows import Write
from canting_protocol.log import ArtisanId
from canting_protocol.messages import VERSION, Enrolled

NIK = "9999994101900001"
REGISTRY = SigningKey(b"R" * 32)
SITI = ArtisanId(b"siti" * 2)


def join(phone: Phone, box: BoxPublic = REGISTRY.box.public) -> None:
    """Join the only book to a registry, as an answer to `canting join` would."""
    with Home(phone.home).open(None) as book:
        enrolled = Enrolled(VERSION, SITI, REGISTRY.public, [], [], b"", box)
        book.join("https://dinas.example", enrolled)


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    phone = Phone(tmp_path / "hp")
    phone.says("init", "siti")
    join(phone)
    return phone


def sealed(phone: Phone) -> tuple[str, bytes]:
    """Return the shown end, and what is sealed."""
    with Home(phone.home).open(None) as book:
        writes = book.rows().all(Write, PROFILE)
        found = {each.field: c.plain(each.value) for each in writes if each.standing == 1}
    return found[c.ProfileField.NIK_END], found[c.ProfileField.NIK]


def is_nowhere(phone: Phone) -> None:
    """See that no file of the device holds the number."""
    files = [each for each in phone.home.rglob("*") if each.is_file()]
    assert any(each.suffix == ".db" for each in files)
    for each in files:
        assert NIK.encode() not in each.read_bytes(), each


def test_only_the_registry_reads_it_and_only_its_end_is_said(phone: Phone) -> None:
    said = phone.says("nik", "9999 9941 0190 0001")
    assert said == "Tercatat no. 1: NIK …0001, hanya dinas bisa membacanya."
    end, secret = sealed(phone)
    assert end == "0001"
    assert nik.unseal(REGISTRY.box, SITI, secret) == NIK
    is_nowhere(phone)


def test_it_is_read_from_a_file(phone: Phone, tmp_path: Path) -> None:
    file = tmp_path / "nik.txt"
    file.write_text(f"{NIK}\n")
    assert phone.tells("nik", "--file", str(file)) == {"n": 1, "nik_end": "0001"}
    assert "Pilih satu" in phone.refuses("nik", NIK, "--file", str(file))
    assert "tidak bisa dibuka" in phone.refuses("nik", "--file", str(tmp_path / "tidak-ada"))


def test_it_is_asked_for_at_a_terminal_and_not_shown(phone: Phone) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(  # our own program
        [sys.executable, "-m", "canting_client.cli", "nik"],
        env={**os.environ, "CANTING_HOME": str(phone.home)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        said = b""
        while b"diketik" not in said:
            said += os.read(ours, 4096)
        for _ in range(1_000):  # what is typed before it stops showing is thrown away
            if not termios.tcgetattr(ours)[3] & termios.ECHO:
                break
            time.sleep(0.01)
        os.write(ours, f"{NIK}\n".encode())
        try:
            while part := os.read(ours, 4096):
                said += part
        except OSError:  # the other end was closed
            pass
    os.close(ours)
    assert process.returncode == 0, said
    assert "NIK …0001".encode() in said
    assert NIK.encode() not in said
    is_nowhere(phone)


def test_without_a_terminal_it_is_not_waited_for(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert "--file" in phone.refuses("nik")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (NIK[:-1], "16 angka"),
        (NIK + "1", "16 angka"),
        ("x" + NIK[1:], "16 angka"),
        ("00" + NIK[2:], "kode wilayah"),
        (NIK[:6] + "72" + NIK[8:], "Tanggal lahir"),
        (NIK[:8] + "13" + NIK[10:], "Bulan lahir"),
        (NIK[:12] + "0000", "Nomor urut"),
    ],
)
def test_a_wrong_one_is_refused_without_being_repeated(phone: Phone, wrong: str, why: str) -> None:
    for arguments in (("nik", wrong), ("--json", "nik", wrong)):
        done = phone.run(*arguments)
        assert done.status == 1
        assert why in done.err
        assert wrong not in done.err + done.out
        assert wrong[2:12] not in done.err + done.out
    assert "A NIK" in phone.refuses("nik", NIK[:3], "--lang", "en")
    with Home(phone.home).open(None) as book:
        assert book.own is None, "nothing was recorded"


def test_a_book_that_is_not_joined_takes_none(tmp_path: Path) -> None:
    phone = Phone(tmp_path / "hp")
    phone.says("init", "siti")
    assert "canting join" in phone.refuses("nik", NIK)
    join(phone, BoxPublic(b""))
    assert "canting join" in phone.refuses("nik", NIK)
    is_nowhere(phone)


def test_what_is_sealed_is_named_where_a_book_shows_or_exports_it(
    phone: Phone, tmp_path: Path
) -> None:
    phone.says("nik", NIK)
    with Home(phone.home).open(None) as book:
        assert reading.fields(book, PROFILE)[c.ProfileField.NIK] == reading.SEALED
    phone.says("export", str(tmp_path / "buku"))
    table = (tmp_path / "buku" / "profil.csv").read_text(encoding="utf-8-sig")
    assert f'NIK,"{reading.SEALED}"' in table
    assert "akhir NIK,0001" in table
    secret = sealed(phone)[1]
    assert repr(secret[:8])[2:-1] not in table
