"""The operator's commands, as an operator runs them: as processes, on real files."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.letters import in_letter, out_of_letter
from tests.server.makers import NOW

from canting_client.book import Book, Chance
from canting_protocol import changes as c
from canting_protocol.crypto import SigningKey
from canting_protocol.messages import (
    MEDIA_TYPE,
    VERSION,
    Request,
    read_enrolled,
    write_enrolment,
    write_request,
)

Done = subprocess.CompletedProcess[str]
COMMAND = [sys.executable, "-m", "canting_server.cli"]


def surroundings(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a command: this one's, without what an operator may have set."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CANTING_")}
    return {**plain, "CANTING_HOME": str(home), **more}


def run(home: Path, *arguments: str, **more: str) -> Done:
    """Run a command to its end."""
    return subprocess.run(  # noqa: S603
        [*COMMAND, *arguments],
        env=surroundings(home, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def told(home: Path, *arguments: str) -> Any:
    """Run a command that prints JSON and goes well."""
    done = run(home, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A registry that was just made."""
    made = tmp_path / "registry"
    done = run(made, "init")
    assert done.returncode == 0, done.stderr
    return made


class Serving:
    """A server process, and where it listens."""

    def __init__(self, home: Path, **more: str) -> None:
        plain = {"CANTING_BODY_TIMEOUT_S": "20", "CANTING_DRAIN_NOTICE_S": "0"}
        self.process = subprocess.Popen(  # noqa: S603
            [*COMMAND, "serve"],
            env=surroundings(home, CANTING_PORT="0", **(plain | more)),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        for line in self.process.stderr:
            event = json.loads(line)
            if event["event"] == "serving":
                self.port: int = event["port"]
                self.metrics_port: int | None = event["metrics_port"]
                return
        raise AssertionError("the server did not begin to serve")

    def stop(self) -> int:
        """Ask it to stop; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        return self.process.returncode


@pytest.fixture
def serving(home: Path) -> Iterator[Serving]:
    """A registry, served by a process of its own."""
    server = Serving(home)
    yield server
    if server.process.poll() is None:
        server.process.kill()
    server.process.communicate()


async def post(port: int, door: str, data: bytes) -> bytes:
    """Post to a door that answers well."""
    url = f"http://127.0.0.1:{port}/v1/{door}"
    async with (
        aiohttp.ClientSession(headers={"Content-Type": MEDIA_TYPE}) as http,
        http.post(url, data=data) as response,
    ):
        assert response.status == 200, await response.text()
        return await response.read()


async def sells(port: int, code: str, path: Path) -> None:
    """Enrol a device, sell something, and sync."""
    key = SigningKey(os.urandom(32))
    with Book(path, key, Chance(lambda: NOW, os.urandom), durable=False) as book:
        enrolled = read_enrolled(await post(port, "enrol", write_enrolment(key, code)))
        book.join("x", enrolled)
        book.record(c.Production([], [c.MoveLine(-1, 5_000)]))
        book.record(c.Sale([c.SaleLine(-1, 1_000, 250_000)]))
        request = Request(VERSION, key.public, NOW, [book.offer()])
        asked = in_letter(enrolled.box, write_request(key, request))
        reply = out_of_letter(await post(port, "sync", asked), key)
        book.take_in(reply.ledgers[0])


@pytest.fixture(scope="module")
def once_lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry that has served one device, and was stopped; it is copied, not used."""
    parent = tmp_path_factory.mktemp("once")
    home = parent / "registry"
    assert run(home, "init").returncode == 0
    server = Serving(home)
    try:
        code = told(home, "enrol", "--name", "Siti", "--area", "Wates")["code"]
        asyncio.run(sells(server.port, code, parent / "device.db"))
    finally:
        assert server.stop() == 0
    return home


@pytest.fixture
def lived_in(once_lived_in: Path, tmp_path: Path) -> Path:
    """A registry that has served one device, and was stopped."""
    return shutil.copytree(once_lived_in, tmp_path / "registry")


def change(home: Path, sql: str, *values: object) -> None:
    """Alter the database behind the registry's back."""
    with closing(sqlite3.connect(home / "registry.db")) as raw, raw:
        raw.create_function("flipped", 2, flipped)
        raw.execute(sql, values)


def flipped(data: bytes, at: int) -> bytes:
    """Return the bytes with one of them altered."""
    altered = bytearray(data)
    altered[at] ^= 1
    return bytes(altered)


def test_a_registry_is_made_once(home: Path) -> None:
    key = (home / "registry.key").read_bytes()
    again = run(home, "init")
    assert again.returncode == 1
    assert "already" in again.stderr
    assert (home / "registry.key").read_bytes() == key


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve"],
        ["enrol"],
        ["token", "x"],
        ["rebuild"],
        ["verify"],
        ["erase", "00", "--reason", "x"],
    ],
)
def test_without_a_registry_one_is_told_how_to_make_one(
    tmp_path: Path, arguments: list[str]
) -> None:
    done = run(tmp_path / "nowhere", *arguments)
    assert done.returncode == 1
    assert "canting-server init" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named_and_nothing_is_served(home: Path) -> None:
    for variables, named in (
        ({"CANTING_PORT": "70000"}, "CANTING_PORT"),
        ({"CANTING_CONFIG": str(home / "none.toml")}, "none.toml"),
    ):
        done = run(home, "serve", **variables)
        assert done.returncode == 1
        assert named in done.stderr
        assert "Traceback" not in done.stderr


def test_a_code_has_128_bits_and_is_read_in_groups(home: Path) -> None:
    first, second = told(home, "enrol"), told(home, "enrol")
    assert first["artisan"] != second["artisan"]
    groups = first["code"].split("-")
    assert sum(len(each) for each in groups) == 26
    assert all(1 <= len(each) <= 5 for each in groups)
    assert set("".join(groups)) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def test_a_further_device_gets_a_code_for_the_same_artisan(home: Path) -> None:
    first = told(home, "enrol", "--name", "Siti", "--area", "kel. Wates")
    again = told(home, "enrol", "--artisan", first["artisan"])
    assert again["artisan"] == first["artisan"]
    assert again["code"] != first["code"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--area", "Atlantis"],
        ["--artisan", "0011223344556677"],
        ["--artisan", "nobody"],
    ],
)
def test_who_and_where_must_exist(home: Path, arguments: list[str]) -> None:
    done = run(home, "enrol", *arguments)
    assert done.returncode == 2
    assert arguments[1] in done.stderr or "no such artisan" in done.stderr
    with closing(sqlite3.connect(home / "registry.db")) as raw:
        assert raw.execute("SELECT COUNT(*) FROM enrolment").fetchone() == (0,)
        assert raw.execute("SELECT COUNT(*) FROM artisan").fetchone() == (0,)


def test_a_registry_that_was_lived_in_proves_itself(lived_in: Path) -> None:
    assert told(lived_in, "verify")["wrong"] == []
    assert told(lived_in, "rebuild")["differed"] == []
    assert told(lived_in, "verify")["wrong"] == []


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("UPDATE envelope SET raw = flipped(raw, ?)", -1),
        ("UPDATE envelope SET raw = flipped(raw, ?)", 60),
        ("UPDATE envelope SET raw = substr(raw, 1, ?)", 40),
        ("DELETE FROM envelope WHERE last > ?", 1),
        ("DELETE FROM log WHERE log <> ?", b""),
        ("UPDATE receipt SET raw = flipped(raw, ?)", -1),
        ("UPDATE stock SET quantity = quantity + ?", 1_000),
        ("DELETE FROM turnover WHERE amount <> ?", 0),
        ("UPDATE learned SET amount = amount + ?", 1),
        ("UPDATE takings_known SET amount = amount + ?", 1),
        ("DELETE FROM takings_known WHERE known > ?", 0),
        ("UPDATE takings SET amount = amount + ?", 1),
        ("UPDATE field SET value = ?", b"\xa5Salah"),
    ],
)
def test_whatever_was_altered_is_found(lived_in: Path, sql: str, value: object) -> None:
    change(lived_in, sql, value)
    done = run(lived_in, "verify", "--json")
    assert done.returncode == 1, done.stdout
    assert len(json.loads(done.stdout)["wrong"]) == 1
    assert "Traceback" not in done.stderr


def test_tables_that_were_altered_are_made_again(lived_in: Path) -> None:
    change(lived_in, "UPDATE stock SET quantity = quantity + 1000")
    done = run(lived_in, "rebuild", "--json")
    assert done.returncode == 1, "that they differed has to be said"
    assert len(json.loads(done.stdout)["differed"]) == 1
    assert told(lived_in, "rebuild")["differed"] == []
    assert told(lived_in, "verify")["wrong"] == []


def test_codes_and_tokens_are_made_while_the_server_runs(home: Path, serving: Serving) -> None:
    code, token = told(home, "enrol")["code"], told(home, "token", "dinas")["token"]
    assert token.startswith("cst_")

    async def use() -> Any:
        await sells(serving.port, code, home.parent / "device.db")
        url = f"http://127.0.0.1:{serving.port}/v1/totals"
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as response:
            return await response.json()

    assert asyncio.run(use())["rows"][0]["turnover"] == 250_000
    with closing(sqlite3.connect(home / "registry.db")) as raw:
        stored = (
            raw.execute("SELECT * FROM token").fetchall()
            + raw.execute("SELECT * FROM enrolment").fetchall()
        )
    assert token not in str(stored)
    assert code not in str(stored)


@pytest.mark.parametrize("command", ["serve", "rebuild", "verify"])
def test_what_needs_the_database_alone_says_that_it_is_in_use(  # 73
    home: Path, serving: Serving, command: str
) -> None:
    done = run(home, command, CANTING_PORT="0")
    assert done.returncode == 3
    assert "another process holds" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_running_server_is_well_and_a_stopped_one_is_not(home: Path, serving: Serving) -> None:
    port = str(serving.port)
    assert run(home, "health", CANTING_PORT=port).returncode == 0
    ready = run(home, "health", "--ready", CANTING_PORT=port)
    assert ready.returncode == 0
    assert json.loads(ready.stdout)["ready"] is True
    assert serving.stop() == 0
    assert run(home, "health", CANTING_PORT=port).returncode == 1


def test_what_is_under_way_is_finished_when_the_server_is_stopped(  # 72
    home: Path, serving: Serving
) -> None:
    code, key = told(home, "enrol")["code"], SigningKey(os.urandom(32))
    body = write_enrolment(key, code)
    head = f"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Type: {MEDIA_TYPE}\r\n"

    async def slowly() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
        writer.write(
            (head + f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n").encode()
        )
        await writer.drain()
        assert b"100" in await reader.readuntil(b"\r\n\r\n")  # it is being handled
        serving.process.send_signal(signal.SIGTERM)
        assert serving.process.stderr is not None
        while "draining" not in await asyncio.to_thread(serving.process.stderr.readline):
            pass
        writer.write(body)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    answer = asyncio.run(slowly())
    assert answer.startswith(b"HTTP/1.1 200 ")
    serving.process.communicate(timeout=30)
    assert serving.process.returncode == 0
    assert told(home, "verify")["wrong"] == []


def test_nothing_that_was_told_the_registry_is_in_its_logs(home: Path) -> None:
    """Names, codes and tokens are planted; the logs of all commands are read."""
    server = Serving(home)
    code = told(home, "enrol", "--name", "Rahasia Sekali", "--area", "Wates")["code"]
    token = told(home, "token", "Rahasia Juga")["token"]
    asyncio.run(sells(server.port, code, home.parent / "device.db"))
    server.process.send_signal(signal.SIGTERM)
    _, logged = server.process.communicate(timeout=30)
    assert "offer_taken_in" in logged
    for secret in ("Rahasia", code, code.replace("-", ""), token, "250000"):
        assert secret not in logged
    assert all(json.loads(line)["event"] for line in logged.splitlines())


def test_a_server_gives_notice_before_it_stops_listening(home: Path) -> None:  # 72
    """`/readyz` says so first; a person who waits, and a second signal, are not kept waiting."""
    server = Serving(home, CANTING_DRAIN_NOTICE_S="30")
    try:
        assert run(home, "health", "--ready", CANTING_PORT=str(server.port)).returncode == 0
        server.process.send_signal(signal.SIGTERM)
        assert server.process.stderr is not None
        while "draining" not in server.process.stderr.readline():
            pass
        ready = run(home, "health", "--ready", CANTING_PORT=str(server.port))
        assert ready.returncode == 1
        assert "503" in ready.stderr
        assert run(home, "health", CANTING_PORT=str(server.port)).returncode == 0
        code = told(home, "enrol")["code"]
        asyncio.run(sells(server.port, code, home.parent / "device.db"))
    finally:
        assert server.stop() == 0
    patient = Serving(home, CANTING_DRAIN_NOTICE_S="300")
    patient.process.send_signal(signal.SIGINT)
    patient.process.communicate(timeout=30)
    assert patient.process.returncode == 0


def of_hers(home: Path) -> str:
    """Return the id of the one artisan there is."""
    with closing(sqlite3.connect(home / "registry.db")) as raw:
        ((artisan,),) = raw.execute("SELECT artisan FROM artisan").fetchall()
    return str(artisan.hex())


def test_a_person_is_erased_once_the_operator_is_sure(lived_in: Path, tmp_path: Path) -> None:
    artisan, folder = of_hers(lived_in), tmp_path / "backups"
    file = told(lived_in, "backup", str(folder))["backup"]
    for refused, status, words in (
        ((artisan,), 2, "--reason"),
        ((artisan, "--reason", " "), 2, "a reason has"),
        (("0011223344556677", "--reason", "surat 7"), 2, "no such artisan"),
        (("siti", "--reason", "surat 7"), 2, "not an artisan's id"),
    ):
        done = run(lived_in, "erase", *refused, "--yes")
        assert (done.returncode, words in done.stderr) == (status, True), done.stderr
    asked = run(lived_in, "erase", artisan, "--reason", "surat 7/2026")  # nobody answers
    assert asked.returncode == 1
    assert f"Erase everything of {artisan}, Siti?" in asked.stderr
    assert of_hers(lived_in) == artisan
    assert not (lived_in / "erased.list").exists()

    left = lived_in / "registry-20260101T000000Z.db.partial"
    left.write_text("of a backup that was killed")
    gone = told(lived_in, "erase", artisan, "--reason", "surat 7/2026", "--yes")
    assert gone["rows"] > 10
    assert gone["unfinished"] is False
    assert not left.exists()
    assert told(lived_in, "verify") == {"ledgers": 0, "changes": 0, "wrong": []}
    assert b"Siti" not in (lived_in / "registry.db").read_bytes()
    kept = json.loads((lived_in / "erased.list").read_bytes())
    assert [each["reason"] for each in kept["erasures"]] == ["surat 7/2026"]
    assert artisan not in (lived_in / "erased.list").read_text()
    again = told(lived_in, "erase", artisan, "--reason", "surat 7/2026", "--yes")
    assert again["rows"] == 0
    assert run(lived_in, "enrol", "--artisan", artisan).returncode == 2

    # A new machine: the list is brought along, the backup is older than it.
    home = tmp_path / "new"
    home.mkdir()
    shutil.copy(lived_in / "erased.list", home)
    restored = told(home, "restore", file, "--key-file", str(lived_in / "registry.key"))
    assert restored == {"ledgers": 0, "changes": 0, "erased": 1}
    assert b"Siti" not in (home / "registry.db").read_bytes()
    (home / "erased.list").write_text("{}x")
    for command in ("serve", "verify"):
        done = run(home, command)
        assert done.returncode == 1
        assert "erased.list" in done.stderr
        assert "Traceback" not in done.stderr


def test_nobody_is_erased_while_the_server_runs(home: Path, serving: Serving) -> None:
    artisan = told(home, "enrol", "--name", "Siti")["artisan"]
    done = run(home, "erase", artisan, "--reason", "surat 7", "--yes")
    assert done.returncode == 3
    assert "another process holds" in done.stderr
    assert not (home / "erased.list").exists()


def test_figures_have_a_port_of_their_own(home: Path) -> None:
    server = Serving(home, CANTING_METRICS_PORT="0")
    try:
        assert server.metrics_port not in (None, server.port)
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize("missing", ["jinja2", "prometheus_client"])
def test_without_the_extra_it_says_what_to_install(missing: str) -> None:
    script = f"""
import sys
from importlib.metadata import entry_points
sys.modules[{missing!r}] = None
(command,) = entry_points(group="console_scripts", name="canting-server")
command.load()()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)  # noqa: S603
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"canting-server: {missing} belum terpasang. Pasang: pip install 'canting[server]'\n"
    )
