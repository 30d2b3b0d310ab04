"""A person who asks for it is gone: from every table, from the file, and for good."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.server.city import lived_in
from tests.server.makers import NOW, Device, Served, Time

from canting_protocol import changes as c
from canting_protocol.crypto import SigningKey
from canting_protocol.log import ArtisanId
from canting_protocol.messages import VERSION, Request, Turned, write_enrolment, write_request
from canting_server import backups, erasing
from canting_server.app import make_app, make_runner
from canting_server.proof import prove
from canting_server.registry.erased import Erased
from canting_server.registry.registry import Registry
from canting_server.settings import Settings, database_path
from canting_server.store import copies, logs
from canting_server.store import erasing as rows_of
from canting_server.store.database import Connection, SQLiteDatabase, Unavailable, settle
from canting_server.web.keys import DATABASE

NAME = "Sulastri Terencana"
OTHERS = {"migration", "officer", "session", "takings", "takings_known", "token", "watermark"}
"""Tables that tell no artisan from another. A new one has to be thought about: what is in it?"""


def database_of(served: Served) -> SQLiteDatabase:
    """Return the database of a served registry."""
    database = served.app[DATABASE]
    assert isinstance(database, SQLiteDatabase)
    return database


async def erase(served: Served, artisan: ArtisanId) -> erasing.Applied:
    """Erase an artisan."""
    database = database_of(served)
    return await erasing.erase(served.home, served.registry, database, artisan, "surat 7/2026")


async def settled(served: Served) -> Device:
    """Return a device of someone with a name, of whom every table knows something."""
    device = await served.joined()
    name = c.FieldWrite(c.ProfileField.NAME, c.value(NAME))
    area = c.FieldWrite(c.ProfileField.AREA, c.value("Wates"))
    await served.change(
        lambda conn: served.registry.write(conn, device.artisan, c.Profile([name, area]))
    )
    await served.code(device.artisan)
    cloth = c.Item(None, [c.FieldWrite(1, c.value("Kain terencana"))])
    device.book.record(c.Consent(c.Sharing.LINES), cloth)
    device.sells(1_234_567)
    await served.sync(device)
    return device


async def everything(served: Served) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, but what follows the clock."""

    def work(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
        names = conn.fetch("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: sorted(conn.fetch(f'SELECT * FROM "{name}"'), key=repr)  # noqa: S608
            for (name,) in names
            if name != "watermark"
        }

    return await served.look(work)


def lying_about(home: Path, *secrets: bytes) -> list[tuple[str, bytes]]:
    """Return which files of a home hold which secrets."""
    return [
        (file.name, secret)
        for file in sorted(home.rglob("*"))
        if file.is_file()
        for data in [file.read_bytes()]
        for secret in secrets
        if secret in data
    ]


async def test_every_table_that_tells_artisans_apart_is_looked_through(served: Served) -> None:
    """The database is asked which there are, so that a new one is not forgotten."""

    def work(conn: Connection) -> tuple[set[str], set[str]]:
        everyone = conn.fetch("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        return {name for name, _ in everyone}, {
            name for name, sql in everyone if "artisan" in sql.partition("(")[2]
        }

    tables, apart = await served.look(work)
    assert tables - OTHERS == apart
    assert set(await served.look(rows_of.tables)) == apart
    assert {"envelope", "log", "receipt", "own", "statement", "enrolment", "learned"} <= apart


async def test_everything_of_hers_goes_and_nothing_of_anybody_else(served: Served) -> None:
    stays = await settled(served)
    before = await everything(served)
    goes = await settled(served)
    # Asked of each table by itself, and of every table there is.
    held = await everything(served)
    assert {name for name, rows in held.items() if rows != before[name]} >= {
        "artisan",
        "called",
        "change",
        "enrolment",
        "envelope",
        "field",
        "learned",
        "line",
        "log",
        "own",
        "person",
        "receipt",
        "statement",
        "takings",
        "turnover",
    }
    applied = await erase(served, goes.artisan)
    assert applied.rows > 20
    assert not applied.unfinished
    assert await everything(served) == before
    assert (await served.sync(stays)).new_changes == 0
    assert not (await served.look(lambda conn: prove(conn, served.registry))).wrong


async def test_her_bytes_are_gone_from_the_file_too(served: Served) -> None:
    # Some builds of SQLite overwrite what is deleted (Debian's), and others do not.
    await served.change(lambda conn: conn.execute("PRAGMA secure_delete = OFF"))
    stays, goes = await settled(served), await settled(served)
    rename = c.FieldWrite(c.ProfileField.BRAND, c.value("Merek yang lama sekali"))
    for field in (rename, c.FieldWrite(c.ProfileField.BRAND, c.value("Merek baru"))):
        goes.book.record(c.Profile([field]))
        await served.sync(goes)
    envelopes = await served.look(lambda conn: logs.all_envelopes(conn, goes.artisan))
    # Two of that name live here: the one who stays is renamed, so that the name is hers alone.
    await served.change(
        lambda conn: served.registry.write(
            conn, stays.artisan, c.Profile([c.FieldWrite(1, c.value("Siti"))])
        )
    )
    name, brand = NAME.encode(), b"Merek yang lama sekali"
    secrets = [goes.artisan, goes.key.public, brand, *(raw[-64:] for raw in envelopes)]
    assert {secret for _, secret in lying_about(served.home, *secrets)} == set(secrets)
    await erase(served, goes.artisan)
    assert lying_about(served.home, *secrets) == []
    # The name is in the other's history still, and goes with her.
    assert lying_about(served.home, name)
    await erase(served, stays.artisan)
    assert lying_about(served.home, name, stays.artisan) == []
    assert (served.home / "registry.db-wal").stat().st_size == 0
    assert erasing.list_path(served.home).stat().st_mode & 0o077 == 0


async def test_the_city_is_what_it_would_be_without_her(served: Served) -> None:
    """Everyone's sums, what staff see of the rest, coverage: all equal to a whole rebuild."""
    people = await lived_in(served)
    before = await everything(served)
    told = (await served.ask("/v1/coverage")).json
    for device in (people[0], people[3], people[5]):  # shares lines; shares nothing; is silent
        await erase(served, device.artisan)
    kept = await everything(served)
    for sums in ("takings", "takings_known"):
        assert kept[sums] != before[sums]

    paths = ("/v1/coverage", "/v1/totals", "/v1/totals?by=month,kecamatan", "/v1/artisans")
    asked = [(await served.ask(path)).json for path in paths]
    await served.change(served.registry.rebuild_everything)
    again = await everything(served)
    for table in kept:
        assert again[table] == kept[table], table
    for answered, path in zip(asked, paths, strict=True):
        assert (await served.ask(path)).json["rows"] == answered["rows"]
    assert len(asked[0]["rows"]) == len(told["rows"]) - 3
    gone = people[0].artisan.hex()
    assert (await served.ask(f"/v1/artisans/{gone}")).problem == (404, "not_found")
    assert (await served.ask("/v1/totals?as_of=2025-10-09&known_at=2026-01-01")).status == 200


# -- the door ----------------------------------------------------------------------------------


async def test_her_device_is_told_and_nothing_is_stored_again(served: Served) -> None:
    device = await settled(served)
    await erase(served, device.artisan)
    before = await everything(served)
    device.sells(5)
    for how in (False, True):
        answered = await served.send(device.request(device.book.offer(believe_nothing=how)))
        assert answered.problem == (410, "erased")
    assert await everything(served) == before
    assert device.book.artisan is not None


async def test_a_stranger_with_her_batches_cannot_bring_her_back(served: Served) -> None:
    """A courier's own key, or the registry's own batches with her certificate."""
    device = await settled(served)
    offer = device.book.offer(believe_nothing=True)
    await erase(served, device.artisan)
    courier = SigningKey(os.urandom(32))
    request = Request(VERSION, courier.public, NOW, [offer])
    answered = await served.send(write_request(courier, request))
    assert answered.problem == (410, "erased")
    assert not await served.look(lambda conn: logs.is_artisan(conn, device.artisan))


async def test_other_ledgers_of_the_same_request_go_on(served: Served) -> None:
    """A courier carries many: hers comes back refused, batch by batch."""
    goes, stays = await settled(served), await served.joined()
    stays.sells(100)
    of_both = [goes.book.offer(believe_nothing=True), stays.book.offer()]
    await erase(served, goes.artisan)
    # The sender is known to the ledger that is left; of the erased one nobody is asked.
    request = Request(VERSION, stays.key.public, NOW, of_both)
    reply = (await served.send(write_request(stays.key, request))).reply
    hers, theirs = reply.ledgers
    assert (hers.logs, hers.batches, hers.receipt) == ([], [], b"")
    assert hers.refused == [Turned(i, "erased") for i in range(len(of_both[0].batches))]
    assert theirs.refused == []
    assert await served.sold(stays.artisan) == 100
    assert not await served.look(lambda conn: logs.is_artisan(conn, goes.artisan))


async def test_a_request_for_erased_ledgers_alone_is_told_so(served: Served) -> None:
    both = [await settled(served), await settled(served)]
    offers = [device.book.offer(believe_nothing=True) for device in both]
    for device in both:
        await erase(served, device.artisan)
    request = Request(VERSION, both[0].key.public, NOW, offers)
    answered = await served.send(write_request(both[0].key, request))
    assert answered.problem == (410, "erased")
    assert await served.look(logs.artisans) == []


async def test_a_code_of_hers_lets_nobody_in(served: Served) -> None:
    device = await settled(served)
    code = await served.code(device.artisan)
    await erase(served, device.artisan)
    other = served.device()
    answered = await served.post("/v1/enrol", write_enrolment(other.key, code))
    assert answered.problem == (404, "unknown_code")


# -- what comes back ---------------------------------------------------------------------------


async def start(home: Path, registry: Registry) -> tuple[web.AppRunner, SQLiteDatabase]:
    """Serve a home again."""
    runner = make_runner(app := make_app(home, registry, Settings()), Settings())
    await runner.setup()
    database = app[DATABASE]
    assert isinstance(database, SQLiteDatabase)
    return runner, database


def again(served: Served) -> Registry:
    """Return the registry as another process would open it."""
    return Registry(served.registry.key, Time(), os.urandom, erasing.load(served.home))


async def test_an_older_database_put_back_by_hand_is_erased_before_it_is_served(
    served: Served, tmp_path: Path
) -> None:
    device = await settled(served)
    home = tmp_path / "old"
    home.mkdir()
    with closing(sqlite3.connect(database_path(served.home))) as raw:
        raw.execute("VACUUM INTO ?", (str(database_path(home)),))
    await erase(served, device.artisan)
    shutil.copy(erasing.list_path(served.home), home)
    assert NAME.encode() in database_path(home).read_bytes()
    runner, database = await start(home, again(served))
    try:
        assert await database.read(logs.artisans) == []
        assert await database.read(lambda conn: conn.fetch("SELECT * FROM takings")) == []
        assert lying_about(home, NAME.encode(), device.artisan, device.key.public) == []
    finally:
        await runner.cleanup()
    assert not erasing.load(home).unfinished


async def test_a_restored_backup_is_erased_at_once(served: Served, tmp_path: Path) -> None:
    seed = os.urandom(32)
    served.registry.key = SigningKey(seed)
    goes, stays = await settled(served), await served.joined()
    stays.sells(3)
    await served.sync(stays)
    file = backups.make(served.home, tmp_path / "backups", NOW, None, os.urandom)
    everyone = backups.restore(tmp_path / "all", file, None, seed, Erased())
    assert (everyone.ledgers, everyone.erased) == (2, 0)
    await erase(served, goes.artisan)
    new = tmp_path / "new"
    restored = backups.restore(new, file, None, seed, erasing.load(served.home))
    assert (restored.ledgers, restored.erased) == (1, 1)
    assert lying_about(new, NAME.encode(), goes.artisan, goes.key.public) == []
    with closing(sqlite3.connect(database_path(new))) as raw:
        takings = raw.execute("SELECT SUM(amount) FROM takings").fetchone()
    assert takings == (3,)


async def test_what_was_broken_off_is_finished_at_the_next_start(
    served: Served, tmp_path: Path
) -> None:
    """Killed after the list was written; and after the rows went, before the bytes did."""
    device = await settled(served)
    home = tmp_path / "again"
    home.mkdir()
    with closing(sqlite3.connect(database_path(served.home))) as raw:
        raw.execute("VACUUM INTO ?", (str(database_path(home)),))
    registry = Registry(served.registry.key, Time(), os.urandom)
    listed = registry.erased.with_(device.artisan, NOW, "surat", b"s" * 32)
    erasing.save(home, listed)
    for rows_first in (False, True):
        if rows_first:
            with closing(sqlite3.connect(database_path(home))) as raw, raw:
                raw.execute("PRAGMA secure_delete = OFF")
                raw.execute("CREATE TABLE left_over (x TEXT) STRICT")
                raw.execute("INSERT INTO left_over VALUES (?)", (NAME,))
                raw.execute("DROP TABLE left_over")
            erasing.save(home, listed)
            assert lying_about(home, NAME.encode())
        runner, _ = await start(home, Registry(registry.key, Time(), os.urandom, listed))
        await runner.cleanup()
        assert lying_about(home, NAME.encode()) == []
        assert not erasing.load(home).unfinished


async def test_a_reader_in_the_way_is_waited_for_and_then_it_is_done(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = await settled(served)

    async def busy() -> None:
        raise Unavailable("busy")

    with monkeypatch.context() as patch:
        patch.setattr(database_of(served), "scrub", busy)
        assert (await erase(served, device.artisan)).unfinished
    assert erasing.load(served.home).unfinished
    assert not await served.look(lambda conn: logs.is_artisan(conn, device.artisan))
    assert not (await erase(served, device.artisan)).unfinished
    assert len(erasing.load(served.home).erasures) == 1


def test_a_reader_keeps_the_bytes_from_going_and_that_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    with closing(sqlite3.connect(file)) as raw, closing(sqlite3.connect(file)) as reader:
        settle(raw)
        raw.execute("PRAGMA secure_delete = OFF")
        raw.execute("PRAGMA busy_timeout = 0")
        raw.execute("CREATE TABLE some (x)")
        raw.execute("INSERT INTO some VALUES (?)", (NAME,))
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM some").fetchall()
        raw.execute("DELETE FROM some")
        assert not copies.scrub(raw)
        reader.execute("COMMIT")
        assert copies.scrub(raw)
        assert lying_about(tmp_path, NAME.encode()) == []


# -- the list ----------------------------------------------------------------------------------


def test_who_is_on_the_list_is_known_again_but_not_by_name() -> None:
    siti, dewi = ArtisanId(b"siti" * 2), ArtisanId(b"dewi" * 2)
    one = Erased().with_(siti, NOW, "surat", b"a" * 32)
    other = Erased().with_(siti, NOW, "surat", b"b" * 32)
    assert siti in one
    assert dewi not in one
    assert siti not in Erased()
    assert one.erasures[0].id != other.erasures[0].id
    both = one.with_(dewi, NOW, "surat", b"c" * 32)
    assert (siti in both, dewi in both, both.salt) == (True, True, b"a" * 32)
    assert len(both.with_(siti, NOW, "lagi", b"").erasures) == 2


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-5], lambda _: b"", lambda _: b"{}x", lambda _: b'{"x":1}']
)
def test_a_damaged_list_is_not_taken_for_an_empty_one(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    erasing.save(tmp_path, Erased().with_(ArtisanId(bytes(8)), NOW, "surat", bytes(32)))
    file = erasing.list_path(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(erasing.BadList):
        erasing.load(tmp_path)
