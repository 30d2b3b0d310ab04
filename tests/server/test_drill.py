"""A drill: the newest backup, refilled by devices, is the registry that lives."""

import asyncio
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from tests.server.makers import DAY, NOW, Device, Served
from tests.server.test_cli_server import run

from canting_protocol import changes as c
from canting_protocol.crypto import SigningKey
from canting_server import backups, drill, erasing, sealed
from canting_server.drill import Drilled
from canting_server.store import logs
from canting_server.store.database import SQLiteDatabase
from canting_server.web.keys import DATABASE

PASSPHRASE = "kawung parang truntum"  # noqa: S105


@pytest.fixture(autouse=True)
def cheap_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make keys of passphrases quickly: what they cost is not what is tested here."""
    monkeypatch.setattr(sealed, "_COST", 2)


@pytest.fixture
def served(served: Served) -> Served:
    """A registry whose key is in its home."""
    seed = os.urandom(32)
    (served.home / "registry.key").write_bytes(seed)
    served.registry.key = SigningKey(seed)
    return served


def back_up(served: Served, passphrase: str | None = None, at: int = NOW) -> Path:
    """Make a backup; return the folder that holds it."""
    folder = served.home.parent / "backups"
    backups.make(served.home, folder, at, passphrase, os.urandom)
    return folder


async def hold(
    served: Served, folder: Path, passphrase: str | None = None, devices: int | None = None
) -> Drilled:
    """Hold a drill beside the server, and see that it leaves nothing behind."""
    at = served.home.parent / "elsewhere"
    at.mkdir(exist_ok=True)
    before = {file.name: file.read_bytes() for file in served.home.iterdir()}
    try:
        return await asyncio.to_thread(
            drill.drill, served.home, folder, passphrase, at=at, devices=devices
        )
    finally:
        assert list(at.iterdir()) == []
        after = {file.name: file.read_bytes() for file in served.home.iterdir()}
        shared = "registry.db-shm"  # who reads stands in it
        assert (before | {shared: b""}) == (after | {shared: b""})


def named(name: str) -> c.Profile:
    """Return a profile that names someone."""
    return c.Profile([c.FieldWrite(c.ProfileField.NAME, c.value(name))])


async def lived_on(served: Served, passphrase: str | None = None) -> tuple[Path, list[Device]]:
    """Back a registry up, and let life go on after it."""
    siti, dewi, away = [await served.joined() for _ in range(3)]
    siti.time.now += 3600  # her clock is wrong, which the registry has noted
    for device in (siti, dewi, away):
        for amount in range(3):
            device.sells(1_000 + amount)
        await served.sync(device)
    folder = back_up(served, passphrase)
    siti.sells(5)
    siti.time.now += 2 * DAY  # and now it is wrong otherwise
    await served.sync(siti)
    second = await served.joined(siti.artisan)  # a device that the backup does not know
    await served.sync(second)
    second.book.record(c.Void(c.Foreign(siti.book.record(named("x"))[0].log[:8], 1)))
    await served.sync(second)
    await served.sync(siti)
    served.time.now += 60
    await served.change(lambda conn: served.registry.write(conn, dewi.artisan, named("Dewi")))
    new = await served.joined()  # an artisan whom it does not know
    new.sells(9)
    await served.sync(new)
    return folder, [siti, dewi, away, new]


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
async def test_everything_after_the_backup_comes_back(
    served: Served, passphrase: str | None
) -> None:
    """Later sales, a later device and a later artisan, clocks, and what staff wrote."""
    folder, people = await lived_on(served, passphrase)
    # Made, and not used: nobody has joined that ledger yet.
    waits = await served.change(served.registry.add_artisan)
    await served.change(lambda conn: served.registry.write(conn, waits, named("Menunggu")))
    told = await hold(served, folder, passphrase)
    assert told.different == []
    assert (told.ledgers, told.equal, told.ledgers_in_backup) == (5, 5, 3)
    stored = await served.look(
        lambda conn: conn.fetch("SELECT COUNT(*) FROM change")[0][0],
    )
    assert told.changes_in_backup + told.changes_refilled == stored
    assert told.changes_refilled > 8
    # Dewi's name with the mark before it, and the name of her who waits: no device has them yet.
    assert told.only_here == 3
    await served.sync(people[1])
    assert (await hold(served, folder, passphrase)).only_here == 1


async def test_a_ledger_that_needs_many_messages_is_refilled(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = await served.joined()
    folder = back_up(served)
    for amount in range(20):
        device.sells(amount)
        await served.sync(device)
    monkeypatch.setattr(drill, "REQUEST_BATCHES_MAX", 3)
    told = await hold(served, folder)
    assert (told.equal, told.different) == (1, [])


async def test_the_newest_backup_is_the_one_and_a_few_ledgers_may_do(served: Served) -> None:
    folder, _ = await lived_on(served)
    back_up(served, at=NOW + DAY)
    told = await hold(served, folder, devices=2)
    assert backups.made_at(told.backup) == NOW + DAY
    assert (told.ledgers, told.equal, told.changes_refilled) == (2, 2, 0)
    assert (await hold(served, folder, devices=99)).ledgers == 4


async def test_who_was_erased_since_is_not_missed(served: Served) -> None:
    folder, people = await lived_on(served)
    database = served.app[DATABASE]
    assert isinstance(database, SQLiteDatabase)
    await erasing.erase(served.home, served.registry, database, people[0].artisan, "surat")
    told = await hold(served, folder)
    assert (told.equal, told.different, told.ledgers_in_backup) == (3, [], 2)


async def test_what_is_not_equal_is_named(served: Served) -> None:
    """A table of the living registry is wrong; a ledger was lost there."""
    folder, people = await lived_on(served)
    wrong, lost = people[0].artisan, people[2].artisan
    await served.change(
        lambda conn: conn.execute("UPDATE stock SET quantity = 7 WHERE artisan = $1", wrong)
    )
    await served.change(lambda conn: served.registry.erase(conn, lost))
    told = await hold(served, folder)
    assert sorted(told.different) == sorted([wrong.hex(), lost.hex()])
    assert told.equal == 2


async def test_without_a_backup_that_opens_no_drill_is_held(served: Served, tmp_path: Path) -> None:
    folder = back_up(served, PASSPHRASE)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "registry-notes.txt").write_text("no backup")
    for where, passphrase, why in (
        (tmp_path / "nowhere", None, "no backup in"),
        (empty, None, "no backup in"),
        (folder, None, "is sealed"),
        (folder, "another passphrase", "another passphrase"),
    ):
        with pytest.raises(backups.NotDone, match=why):
            await hold(served, where, passphrase)
    (served.home / "registry.key").write_bytes(os.urandom(32))
    with pytest.raises(backups.NotDone, match="another registry"):
        await hold(served, folder, PASSPHRASE)
    plain = back_up(served, at=NOW + 1)
    await served.joined()
    plain = back_up(served, at=NOW + 2)
    with pytest.raises(backups.NotDone, match="not the key of that registry"):
        await hold(served, plain)


def drilled(home: Path, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Hold a drill as an operator does."""
    return run(home, "drill", str(folder), *more, "--json")


async def test_the_command_says_how_it_went(served: Served, tmp_path: Path) -> None:
    folder, people = await lived_on(served)
    done = await asyncio.to_thread(drilled, served.home, folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert '"ledgers_equal":4,"ledgers_different":[]' in done.stdout
    nothing = await asyncio.to_thread(drilled, served.home, tmp_path / "nowhere")
    assert nothing.returncode == 1
    assert "the drill could not be held: there is no backup" in nothing.stderr
    with closing(sqlite3.connect(served.home / "registry.db")) as raw, raw:
        raw.execute("UPDATE stock SET quantity = 7 WHERE artisan = ?", (people[0].artisan,))
    failed = await asyncio.to_thread(drilled, served.home, folder)
    assert failed.returncode == 1
    assert people[0].artisan.hex() in failed.stdout
    assert await served.look(logs.artisans)
