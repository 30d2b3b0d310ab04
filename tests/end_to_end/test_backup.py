"""Backups with real processes: made while devices sync, killed in the middle, put back."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.processes import ROOT, Server, canting, free_port, run
from tests.end_to_end.test_main_path import told

OPERATOR = "canting_server.cli"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A registry, served."""
    home = tmp_path / "registry"
    run(OPERATOR, "init", home=home)
    server = Server(home, free_port())
    assert server.ready()
    yield server
    server.stop()


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    """A file with a passphrase."""
    file = tmp_path / "passphrase"
    file.write_text("kawung parang truntum\n", encoding="utf-8")
    return file


def phone(server: Server, home: Path) -> Path:
    """Return a phone whose book has joined, with an item to sell."""
    canting(home, "init", "buku")
    canting(home, "item", "add", "Kain cap", "--price", "175.000")
    code = told(run(OPERATOR, "enrol", "--area", "Wates", home=server.home), "code")
    canting(home, "join", server.url, code)
    return home


def operator(home: Path, *arguments: str) -> Any:
    """Run an operator's command that goes well; return its JSON."""
    return json.loads(run(OPERATOR, *arguments, "--json", home=home).splitlines()[-1])


def turnover(server: Server) -> int:
    """Return what staff see of all sales."""
    token = told(run(OPERATOR, "token", "penguji", home=server.home), "token")
    rows = server.ask("totals?by=month", token)["rows"]
    return sum(row["turnover"] for row in rows)


@pytest.mark.parametrize("sealed", [True, False])
def test_after_a_restore_devices_sync_again_and_nothing_is_lost_or_doubled(
    server: Server, tmp_path: Path, passphrase: Path, sealed: bool
) -> None:
    """The backup is made while a device syncs; what came after it is brought again."""
    home, folder = phone(server, tmp_path / "hp"), tmp_path / "backups"
    for _ in range(3):
        canting(home, "sell", "kain", "1")
    canting(home, "sync")
    begun, stop = threading.Event(), threading.Event()

    def sell_on() -> None:
        while not stop.is_set():
            canting(home, "sell", "kain", "1")
            canting(home, "sync")
            begun.set()

    selling = threading.Thread(target=sell_on)
    selling.start()
    try:
        assert begun.wait(60)
        how = ["--passphrase-file", str(passphrase)] if sealed else []
        made = operator(server.home, "backup", str(folder), *how)
    finally:
        stop.set()
        selling.join()
    file = Path(made["backup"])
    assert [each.name for each in folder.iterdir()] == [file.name]
    assert file.stat().st_mode & 0o077 == 0
    key = (server.home / "registry.key").read_bytes()
    assert key not in file.read_bytes(), "a plain backup holds no key; a sealed one hides it"
    assert (b"SQLite format 3" in file.read_bytes()) is not sealed
    canting(home, "sell", "kain", "1")
    canting(home, "sync")
    sold = canting(home, "stock")["rows"][0]["quantity"]
    before = turnover(server)
    assert before == -sold // 1000 * 175_000
    assert server.stop() == 0

    again = tmp_path / "again"
    with_key = how if sealed else ["--key-file", str(server.home / "registry.key")]
    restored = operator(again, "restore", str(file), *with_key)
    assert restored["ledgers"] == 1
    assert (again / "registry.key").read_bytes() == key
    assert (again / "registry.key").stat().st_mode & 0o077 == 0
    new = Server(again, server.port)
    assert new.ready()
    try:
        canting(home, "sell", "kain", "1")
        assert canting(home, "sync")["books"][0]["only_here"] == 0
        assert turnover(new) == before + 175_000
        assert canting(home, "sync")["books"][0]["only_here"] == 0
        assert turnover(new) == before + 175_000
    finally:
        assert new.stop() == 0
    assert operator(again, "verify")["wrong"] == []


def test_nothing_is_overwritten_and_what_is_missing_is_said(
    server: Server, tmp_path: Path, passphrase: Path
) -> None:
    folder, again = tmp_path / "backups", tmp_path / "again"
    phone(server, tmp_path / "hp")
    how = ["--passphrase-file", str(passphrase)]
    sealed = operator(server.home, "backup", str(folder), *how)["backup"]
    time.sleep(1.1)  # a name for each second
    plain = operator(server.home, "backup", str(folder))["backup"]
    wrong = tmp_path / "wrong"
    wrong.write_text("not the passphrase", encoding="utf-8")
    key = tmp_path / "other.key"
    key.write_bytes(os.urandom(32))

    def refused(home: Path, *arguments: str) -> str:
        said = run(OPERATOR, "restore", *arguments, home=home, check=False)
        assert said.startswith("canting-server: nothing was restored"), said
        return said

    assert "already" in refused(server.home, sealed, *how)
    assert "passphrase" in refused(again, sealed)
    assert "passphrase" in refused(again, sealed, "--passphrase-file", str(wrong))
    assert "holds no key" in refused(again, plain)
    assert "not the key" in refused(again, plain, "--key-file", str(key))
    assert "nowhere" in refused(again, str(tmp_path / "nowhere"))
    assert list(again.iterdir()) == []
    short = tmp_path / "short"
    short.write_text("kawung", encoding="utf-8")
    said = run(
        OPERATOR, "backup", str(folder), "--passphrase-file", str(short), home=again, check=False
    )
    assert "at least 12" in said


def test_a_backup_that_is_killed_leaves_no_half_file(
    server: Server, tmp_path: Path, passphrase: Path
) -> None:
    folder = tmp_path / "backups"
    phone(server, tmp_path / "hp")
    killed = 0
    for number in range(12):
        how = ["--passphrase-file", str(passphrase)] if number % 2 else []
        backup = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", OPERATOR, "backup", str(folder), *how],
            env=os.environ | {"CANTING_HOME": str(server.home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        until = time.monotonic() + 30
        while backup.poll() is None and time.monotonic() < until:
            left = [*folder.glob("*.partial"), *server.home.glob("registry-*.partial")]
            if len(left) > number // 6:  # at the plain copy, later at the sealed one
                break
        if backup.poll() is None:
            backup.send_signal(signal.SIGKILL)
        killed += backup.wait() == -signal.SIGKILL
        assert all(whole(each) for each in folder.glob("*") if ".partial" not in each.name)
    assert killed >= 4
    time.sleep(1.1)
    made = Path(operator(server.home, "backup", str(folder))["backup"])
    assert whole(made)
    assert not [*folder.glob("*.partial*"), *server.home.glob("registry-*.partial*")]


def whole(backup: Path) -> bool:
    """Say whether a backup that has its name is whole."""
    from canting_server import sealed
    from canting_server.store import copies

    if backup.suffix == ".db":
        return copies.sound(backup)
    with backup.open("rb") as file:
        return len(b"".join(sealed.unseal(file, "kawung parang truntum"))) > 32


def test_old_backups_go_when_a_new_one_is_there(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    old = [f"registry-2025010{day}T010203Z.db" for day in range(1, 6)]
    for name in [*old, "notes.txt"]:
        (folder / name).write_bytes(b"x")
    made = operator(server.home, "backup", str(folder), "--keep-days", "3")
    assert sorted(made["no_longer_kept"]) == old[:3]
    assert {each.name for each in folder.iterdir()} == {
        "notes.txt",
        *old[3:],
        Path(made["backup"]).name,
    }
