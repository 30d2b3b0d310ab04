"""The main path with real processes: record offline, enrol, sync, ask, rebuild."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.end_to_end.processes import Server, canting, free_port, run

OPERATOR = "canting_server.cli"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    home = tmp_path / "registry"
    run(OPERATOR, "init", home=home)
    server = Server(home, free_port())
    assert server.ready()
    yield server
    assert server.stop() == 0


def told(text: str, field: str) -> str:
    """Return a field of what an operator's command printed."""
    return next(line.split(": ")[1] for line in text.splitlines() if line.startswith(f"{field}: "))


def test_an_artisan_records_offline_and_staff_ask_after_one_sync(
    server: Server, tmp_path: Path
) -> None:
    first, second = tmp_path / "hp1", tmp_path / "hp2"
    canting(first, "init", "buku", "--name", "Perajin Contoh", "--area", "Wates")
    canting(first, "item", "add", "Kain cap", "--price", "175.000")
    canting(first, "make", "Kain cap:10")
    canting(first, "sell", "kain", "2")
    canting(first, "partner", "add", "Bu Contoh")
    canting(first, "sell", "kain", "1", "150.000", "--pay", "utang", "--to", "bu contoh")
    canting(first, "share", "lines")
    enrolled = run(OPERATOR, "enrol", "--area", "Wates", home=server.home)
    canting(first, "join", server.url, told(enrolled, "code"))
    synced = canting(first, "sync")["books"][0]
    assert (synced["round_trips"], synced["only_here"]) == (1, 0)
    assert canting(first, "sync")["books"][0]["round_trips"] == 1
    said = run("canting_client.cli", "status", home=first)
    assert "ditulis lain" not in said, "she and the department wrote where she lives alike"

    again = run(OPERATOR, "enrol", "--artisan", told(enrolled, "artisan"), home=server.home)
    canting(second, "init", "buku")
    key = canting(first, "key", "show")["key"]
    canting(second, "join", server.url, told(again, "code"), "--key", key)
    canting(second, "sync")
    names = {row["name"] for row in canting(second, "partner", "list")["rows"]}
    assert "Bu Contoh" in names
    canting(second, "sell", "kain", "1")
    canting(second, "sync")
    canting(first, "sync")
    assert canting(first, "stock") == canting(second, "stock")
    assert canting(first, "stock")["rows"][0]["quantity"] == 6000

    token = told(run(OPERATOR, "token", "penguji", home=server.home), "token")
    totals = server.ask("totals?by=kecamatan", token)
    assert totals["rows"][0]["kecamatan"] == "Magersari"
    assert totals["rows"][0]["turnover"] == 350_000 + 150_000 + 175_000
    assert server.ask("stock", token)["rows"][0]["quantity"] == "6"
    assert server.ask("coverage", token)["reported"] == 1
    server.stop()
    assert told(run(OPERATOR, "verify", home=server.home), "wrong") == "[]"
    assert told(run(OPERATOR, "rebuild", home=server.home), "differed") == "[]"


def test_a_stolen_phone_is_revoked_and_what_was_honest_is_accepted(
    server: Server, tmp_path: Path
) -> None:
    stolen, other = tmp_path / "hp1", tmp_path / "hp2"
    canting(stolen, "init", "buku")
    canting(stolen, "item", "add", "Kain cap", "--price", "100.000")
    canting(stolen, "sell", "kain", "1")
    enrolled = run(OPERATOR, "enrol", home=server.home)
    artisan = told(enrolled, "artisan")
    canting(stolen, "join", server.url, told(enrolled, "code"))
    canting(stolen, "sync")
    canting(stolen, "sell", "kain", "2")  # an honest sale, still on its way
    listed = operator(server, "devices", artisan)["devices"]
    assert [(each["revoked"], len(each["logs"])) for each in listed] == [(False, 1)]
    key = listed[0]["key"]
    assert canting(stolen, "status")["revoked"] is None

    revoked = operator(server, "revoke", artisan, key[:12], "--reason", "dicuri")
    assert (revoked["key"], revoked["parked"]) == (key, 0)
    synced = canting(stolen, "sync")["books"][0]
    assert (synced["only_here"], synced["revoked"]["reason"]) == (0, "dicuri")
    assert synced["round_trips"] == 1
    words = run("canting_client.cli", "sync", home=stolen)
    assert "Perangkat ini dicabut oleh dinas sejak" in words
    assert "(dicuri); catatan sesudahnya ditahan dinas sampai diperiksa." in words
    words = run("canting_client.cli", "--lang", "en", "status", home=stolen)
    assert "The department revoked this device on" in words
    assert "the department revoked the device that wrote it" in words

    again = run(OPERATOR, "enrol", "--artisan", artisan, home=server.home)
    canting(other, "init", "buku")
    canting(other, "join", server.url, told(again, "code"))
    assert canting(other, "stock")["rows"][0]["quantity"] == -1000
    listing = run(OPERATOR, "devices", artisan, home=server.home)
    assert f"{key}, REVOKED, 2 changes parked" in listing
    assert operator(server, "accept", artisan, key)["parked"] == 0
    canting(stolen, "sell", "kain", "5")  # by the thief
    canting(stolen, "sync")
    canting(other, "sync")
    assert canting(other, "stock")["rows"][0]["quantity"] == -3000
    refused = run(OPERATOR, "revoke", artisan, key, "--reason", "x", home=server.home, check=False)
    assert "revoked already" in refused
    both = ("--now", "--none", "--reason", "x")
    assert "choose one" in run(
        OPERATOR, "revoke", artisan, key, *both, home=server.home, check=False
    )
    server.stop()
    assert told(run(OPERATOR, "verify", home=server.home), "wrong") == "[]"
    assert told(run(OPERATOR, "rebuild", home=server.home), "differed") == "[]"


def operator(server: Server, *arguments: str) -> Any:
    """Run an operator's command; return its JSON."""
    return msgspec.json.decode(run(OPERATOR, *arguments, "--json", home=server.home))


def test_a_registry_without_its_database_learns_everything_again(tmp_path: Path) -> None:
    home, phone = tmp_path / "registry", tmp_path / "hp"
    run(OPERATOR, "init", home=home)
    server = Server(home, free_port())
    assert server.ready()
    canting(phone, "init", "buku")
    canting(phone, "item", "add", "Kain cap", "--price", "175.000")
    canting(phone, "sell", "kain", "2")
    enrolled = run(OPERATOR, "enrol", "--area", "Wates", home=home)
    canting(phone, "join", server.url, told(enrolled, "code"))
    canting(phone, "sync")
    server.stop()
    for file in home.glob("registry.db*"):
        file.unlink()
    server = Server(home, server.port)
    assert server.ready()
    try:
        assert canting(phone, "sync")["books"][0]["only_here"] == 0
        token = told(run(OPERATOR, "token", "penguji", home=home), "token")
        totals = server.ask("totals?by=kecamatan", token)
        assert totals["rows"][0]["kecamatan"] == "Magersari"
        assert totals["rows"][0]["turnover"] == 350_000
    finally:
        assert server.stop() == 0


def test_selling_needs_no_http_stack(tmp_path: Path) -> None:
    canting(tmp_path, "init", "buku")
    canting(tmp_path, "item", "add", "Kain cap", "--price", "175.000")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "canting_client.cli", "sell", "kain"],
        env=os.environ | {"CANTING_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "canting_client.book" in imported
    assert imported.isdisjoint({"aiohttp", "asyncio", "aiosqlite", "ssl"})
