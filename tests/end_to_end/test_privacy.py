"""Where a NIK, a buyer's name, a telephone number or a note can be read: with her, or nowhere.

Values that are easy to find are planted in a flow of real processes (recorded, synced, handed over
by file and by hotspot, delivered, shown as QR codes, and sent wrong on purpose), and then looked
for in every byte that left her device: what passed on the wire, what was logged, what lies on the
disks of the officer and of the registry, what staff are answered, what commands said.
"""

import base64
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from tests.end_to_end.processes import ROOT, Server, canting, free_port, run

from canting_client import parcels
from canting_client.home import Home
from canting_client.relay.bag import _NOTES, _SCHEMA
from canting_protocol import codec
from canting_protocol.batch import inflate, peek
from canting_protocol.bundles import read_handover, read_slip
from canting_protocol.crypto import SigningKey
from canting_protocol.errors import Refused
from canting_protocol.letters import open_letter, read_letter, to_id
from canting_protocol.log import PREFIX_BYTES

OPERATOR = "canting_server.cli"
CLIENT = "canting_client.cli"
OFFICER, DISTRICT = "Petugas Bulan", "Kecamatan Bintang"

# There is no province 99, and nobody is called so.
NIKS: Final = ("9999994101900001", "9999994101900001", "9999991212920002")
WRONG_NIK: Final = "9999993201939999"
PARTNERS: Final = ("Zulfamirna", "Yosefandari", "Xaverianto")
PHONES: Final = ("081277700011", "081277700022", "081277700033")
NOTES: Final = ("cicilanberangsur", "pesananlamaran", "titipankakak")
SECRETS: Final = (*NIKS[1:], WRONG_NIK, *PARTNERS, *PHONES, *NOTES)
"""What nobody but she may read; NIKs not even in her own book."""

OWNERS: Final = ("Qanitaberingin", "Quratawaringin", "Qistinamahoni")
BRANDS: Final = ("Wastrapertiwi", "Wastracendana", "Wastrakencana")
ITEMS: Final = ("Sekarkemangi", "Sekarwangsa", "Sekartanjung")
AMOUNTS: Final = ("7654321", "8765432", "6543219")
SHARED: Final = (*OWNERS, *BRANDS, *ITEMS)
"""What she shares with the registry, and with no courier."""


# -- looking ------------------------------------------------------------------------------------


def forms(text: str) -> Iterator[bytes]:
    """Yield a text as it may lie in bytes: plain, wide, in hex or base64, in a URL, as a number."""
    plain = text.encode()
    for each in {plain, plain.upper(), plain.lower()}:
        yield each
        yield each.hex().encode()
        yield each.hex().upper().encode()
        yield each.decode().encode("utf-16-le")
        for lead in range(3):
            letters = base64.b64encode(bytes(lead) + each)
            alone = letters[4 if lead else 0 : -4]  # what does not depend on its neighbours
            if len(alone) >= 8:
                yield alone
    yield urllib.parse.quote(text).encode()
    if text.isdigit():
        yield codec.encode(int(text))
        yield f"{int(text):,}".encode()
        yield f"{int(text):,}".replace(",", ".").encode()


def holds(data: bytes, texts: tuple[str, ...]) -> list[str]:
    """Return which of some texts stand in bytes, in whatever form."""
    return [text for text in texts if any(form in data for form in forms(text))]


def files_in(folder: Path) -> dict[str, bytes]:
    """Return every byte of every file under a folder."""
    return {str(each.relative_to(folder.parent)): each.read_bytes() for each in _files(folder)}


def _files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file())


def cells_in(database: Path) -> Iterator[tuple[str, str, Any]]:
    """Yield (table, column, value) of everything in a database."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as raw:
        names = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in names:
            found = raw.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # our own
            columns = [each[0] for each in found.description]
            for row in found.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield table, column, value


# -- what happens -------------------------------------------------------------------------------


class Wire:
    """A proxy that keeps every byte that passes through it."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.passed = bytearray()
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._socket.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                near.close()
                continue
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                with self._lock:
                    self.passed += data
                target.sendall(data)
        except OSError:
            pass
        finally:
            for each in (source, target):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            source.close()


class Story:
    """Everything that was said, sent, logged and kept, by where it was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry, self.officer = folder / "registry", folder / "officer"
        self.phones = [folder / f"phone{at}" for at in range(3)]
        self.parcels = folder / "parcels"
        self.parcels.mkdir()
        self.said: dict[str, bytes] = {}
        """What left the device, by where it was seen."""
        self.own: list[str] = []
        """What her own device said of her own book."""
        self.artisans: list[str] = []
        self.stolen: dict[str, bytes] = {}
        """The officer's home after the visits, before he delivered."""

    def hear(self, where: str, data: bytes | str) -> None:
        """Keep something that was seen outside of her device."""
        raw = data.encode() if isinstance(data, str) else data
        self.said[f"{len(self.said):03} {where}"] = raw

    def runs(self, module: str, *arguments: str, home: Path, well: bool = True) -> str:
        """Run a command that is not her own, or that must say nothing of what is hers."""
        text = run(module, *arguments, home=home, check=well)
        self.hear(f"said by {module} {arguments[0]}", text)
        return text


class Staff:
    """Staff with a token: every answer is kept, well or not."""

    def __init__(self, story: Story, url: str, token: str) -> None:
        self.story, self.url, self.token, self.cookie = story, url, token, ""

    def ask(self, path: str, method: str = "GET", data: bytes | None = None, **more: str) -> bytes:
        """Ask something; return the body of the answer, whatever its status."""
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        if self.cookie:
            headers["Cookie"] = self.cookie
        elif self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        asked = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310
        opener = urllib.request.build_opener(_Stay())
        try:
            with opener.open(asked, timeout=20) as answer:
                head, body = answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                head, body = error.headers, error.read()
        if head.get("Content-Encoding") == "deflate":
            body = zlib.decompress(body)
        if "Set-Cookie" in head:
            self.cookie = head["Set-Cookie"].partition(";")[0]
        self.story.hear(f"answered to {method} {path}", str(head).encode() + body)
        return bytes(body)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def serve(story: Story, port: int, metrics: int) -> tuple[Server, Path]:
    """Serve the registry, with everything it logs written to a file."""
    log = story.folder / "server.log"
    os.environ["CANTING_METRICS_PORT"] = str(metrics)
    try:
        server = Server(story.registry, port, log=log)
    finally:
        del os.environ["CANTING_METRICS_PORT"]
    assert server.ready()
    return server, log


def lives(story: Story, at: int, url: str) -> None:
    """Let an artisan begin a book, join, tell her NIK, and record what others must not read."""
    phone = story.phones[at]
    code = msgspec.json.decode(story.runs(OPERATOR, "enrol", "--json", home=story.registry))
    story.artisans.append(code["artisan"])
    begun = ("--name", OWNERS[at], "--brand", BRANDS[at], "--area", "Wates")
    story.runs(CLIENT, "init", "buku", *begun, home=phone)
    story.runs(CLIENT, "join", url, code["code"], home=phone)
    file = story.folder / f"nik{at}.txt"
    file.write_text(f"{NIKS[at]}\n")
    story.runs(CLIENT, "nik", "--file", str(file), home=phone)
    file.unlink()
    person = ("--role", "pembeli", "--phone", PHONES[at], "--note", NOTES[at])
    canting(phone, "partner", "add", PARTNERS[at], *person)
    canting(phone, "place", "add", f"Rumah {PARTNERS[at]}", "--partner", PARTNERS[at])
    canting(phone, "item", "add", ITEMS[at], "--price", "175.000")
    on_credit = ("--pay", "utang", "--to", PARTNERS[at], "--note", NOTES[at])
    canting(phone, "sell", ITEMS[at], "2", AMOUNTS[at], *on_credit)
    canting(phone, "move", ITEMS[at], "1", "--to", f"Rumah {PARTNERS[at]}", "--note", NOTES[at])
    canting(phone, "pay", PARTNERS[at], "100.000")
    canting(phone, "share", "lines")


def is_wrong(story: Story, url: str) -> None:
    """Do what goes wrong: a NIK that is none, a wrong code, a file that was altered or cut."""
    phone, letters = story.phones[0], story.parcels / "titipan.bundle"
    for arguments in (("nik", WRONG_NIK), ("--json", "nik", WRONG_NIK), ("nik", NIKS[0] + "1")):
        said = story.runs(CLIENT, *arguments, home=phone, well=False)
        assert "periksa lagi" in said
    wrong = ("join", url, "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE-F")
    assert "tidak dikenal" in story.runs(CLIENT, *wrong, home=phone, well=False)
    run(CLIENT, "give", str(letters), home=phone)
    whole = letters.read_bytes()
    middle = len(whole) // 2
    altered = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    for name, content in (("altered", altered), ("short", whole[:middle]), ("none", b"rubbish")):
        file = story.parcels / f"{name}.bundle"
        file.write_bytes(content)
        story.runs(CLIENT, "relay", "take", str(file), home=story.officer, well=False)
        story.runs(CLIENT, "take", str(file), home=phone, well=False)
        asked = urllib.request.Request(  # noqa: S310
            f"{url}/v1/sync", content, {"Content-Type": "application/vnd.canting"}, method="POST"
        )
        with pytest.raises(urllib.error.HTTPError) as answered:
            urllib.request.urlopen(asked, timeout=20)  # noqa: S310
        with answered.value as error:
            assert error.code < 500
            story.hear("problem of the sync door", error.read())


def visits(story: Story, wires: list[Wire]) -> None:
    """Let one artisan hand over by file, and one over the officer's hotspot; show QR codes."""
    out, back = story.parcels / "titipan.txt", story.parcels / "jawaban.txt"
    story.runs(CLIENT, "give", str(out), home=story.phones[1])
    story.runs(CLIENT, "relay", "take", str(out), "--answer", str(back), home=story.officer)
    story.runs(CLIENT, "take", str(back), home=story.phones[1])
    story.runs(CLIENT, "--json", "show-qr", home=story.phones[1])
    story.runs(
        CLIENT, "show-qr", "--out", str(story.parcels / "kode"), "--svg", home=story.phones[1]
    )
    port = free_port()
    bag = subprocess.Popen(  # noqa: S603  # our own program
        [
            *(sys.executable, "-m", CLIENT, "--json", "relay", "open"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ],
        env=os.environ | {"CANTING_HOME": str(story.officer), "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert bag.stdout is not None
    first = bag.stdout.readline()
    wires.append(Wire(port))
    story.runs(CLIENT, "sync", "--to", wires[-1].url, home=story.phones[2])
    bag.kill()
    rest, _ = bag.communicate()
    story.hear("said by the open bag", first + rest)


def staff_look(story: Story, url: str, metrics: int, token: str) -> None:
    """Let staff ask everything there is, in every form, and wrongly too; by API and by page."""
    staff = Staff(story, url, token)
    every = ("artisans", "sales", "stock", "totals?by=month", "conflicts", "verdicts")
    for path in every:
        join = "&" if "?" in path else "?"
        assert b'"rows"' in staff.ask(f"/v1/{path}")
        assert staff.ask(f"/v1/{path}{join}format=csv")
    for path in ("coverage", "duplicates", *(f"artisans/{each}" for each in story.artisans)):
        assert msgspec.json.decode(staff.ask(f"/v1/{path}"))
    assert b"openapi" in staff.ask("/openapi.json")
    nobody = Staff(story, url, "")
    for path in ("/v1/artisans", "/nowhere", "/readyz", "/", "/style.css"):
        nobody.ask(path)
    form, same = "application/x-www-form-urlencoded", {"Sec_Fetch_Site": "same-origin"}
    right = urllib.parse.urlencode({"token": token}).encode()
    staff.ask("/sign-in", "POST", right, Content_Type=form, **same)
    assert staff.cookie
    assert b"Kemungkinan orang yang sama: 1" in staff.ask("/?lang=id")
    assert b"Possibly the same person: 1" in staff.ask("/?lang=en")
    figures = Staff(story, f"http://127.0.0.1:{metrics}", "")
    assert b"canting_artisans" in figures.ask("/metrics")


def staff_ask_by_nik(story: Story, port: int, token: str) -> None:
    """Let staff put a NIK where none belongs: the answer does not repeat it, the log is silent."""
    staff = Staff(story, f"http://127.0.0.1:{port}", token)  # no wire: they sent it themselves
    for path in (f"/v1/artisans/{NIKS[0]}", f"/v1/conflicts/{NIKS[0]}/profile/15", f"/{NIKS[0]}"):
        staff.ask(path)
    said = msgspec.json.encode({"choose": NIKS[0], "seen": [NIKS[0]], "nik": NIKS[0]})
    place = f"/v1/conflicts/{story.artisans[0]}/profile/15"
    staff.ask(place, "POST", said, Content_Type="application/json")
    staff.ask(place, "POST", said[:-4], Content_Type="application/json")
    form, same = "application/x-www-form-urlencoded", {"Sec_Fetch_Site": "same-origin"}
    guess = urllib.parse.urlencode({"token": NIKS[0]}).encode()
    staff.ask("/sign-in", "POST", guess, Content_Type=form, **same)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Live through it once."""
    story = Story(tmp_path_factory.mktemp("story"))
    story.runs(OPERATOR, "init", home=story.registry)
    port, metrics = free_port(), free_port()
    server, log = serve(story, port, metrics)
    wires = [Wire(port)]
    url = wires[0].url
    try:
        made = ("officer", OFFICER, "--district", DISTRICT, "--json")
        code = msgspec.json.decode(story.runs(OPERATOR, *made, home=story.registry))
        story.runs(CLIENT, "relay", "join", url, code["code"], home=story.officer)
        for at in range(3):
            lives(story, at, url)
        story.runs(CLIENT, "sync", home=story.phones[0])
        is_wrong(story, url)
        visits(story, wires)
        for at in range(3):
            story.own.append(run(CLIENT, "partner", "list", home=story.phones[at]))
        story.stolen = files_in(story.officer)
        for arguments in (("visits",), ("status",), ("give", str(story.parcels / "tas.txt"))):
            story.runs(CLIENT, "relay", *arguments, home=story.officer)
        story.runs(CLIENT, "relay", "deliver", home=story.officer)
        out, back = story.parcels / "lagi.txt", story.parcels / "jawaban-lagi.txt"
        story.runs(CLIENT, "give", str(out), home=story.phones[1])
        story.runs(CLIENT, "relay", "take", str(out), "--answer", str(back), home=story.officer)
        story.runs(CLIENT, "take", str(back), home=story.phones[1])
        made_token = story.runs(OPERATOR, "token", "penguji", home=story.registry)
        token = made_token.split(": ")[1].strip()
        staff_look(story, url, metrics, token)
        staff_ask_by_nik(story, port, token)
        for at, lying in enumerate(wires):
            story.hear(f"wire {at}", bytes(lying.passed))
    finally:
        for each in wires:
            each.close()
        assert server.stop() == 0
    assert server.stop() == 0
    story.runs(OPERATOR, "duplicates", home=story.registry)
    story.runs(OPERATOR, "duplicates", "--json", home=story.registry)
    story.runs(OPERATOR, "verify", home=story.registry)
    story.runs(OPERATOR, "backup", str(story.folder / "backups"), home=story.registry)
    story.hear("server's log", log.read_bytes())
    return story


# -- what is found ------------------------------------------------------------------------------


def test_what_left_her_device_says_nothing_that_is_hers_alone(story: Story) -> None:
    for where, data in story.said.items():
        assert not holds(data, SECRETS), where
    assert len(story.said) > 80


def test_no_disk_but_her_own_holds_what_is_hers_alone(story: Story) -> None:
    for folder in (story.registry, story.officer, story.parcels, story.folder / "backups"):
        found = files_in(folder)
        assert found
        for where, data in found.items():
            assert not holds(data, SECRETS), where


def test_no_disk_at_all_holds_a_nik(story: Story) -> None:
    for phone in story.phones:
        for where, data in files_in(phone).items():
            assert not holds(data, (*NIKS, WRONG_NIK)), where


def test_what_the_registry_stores_holds_it_nowhere_when_it_is_unpacked(story: Story) -> None:
    unpacked = 0
    for table, column, value in cells_in(story.registry / "registry.db"):
        raw = value if isinstance(value, bytes) else str(value).encode()
        assert not holds(raw, SECRETS), (table, column)
        if table == "envelope" and column == "raw":
            header, _ = peek(raw)
            assert not holds(inflate(header.body, header.dictionary), SECRETS)
            unpacked += 1
    assert unpacked >= 6


def test_names_of_her_partners_are_read_in_her_own_book(story: Story) -> None:
    for at in range(3):
        assert holds(story.own[at].encode(), SECRETS) == [PARTNERS[at], PHONES[at]]


def test_the_search_would_find_it(story: Story) -> None:
    """See that what is shared is found by the same means: else nothing above says anything."""
    cells = [each for _, _, each in cells_in(story.registry / "registry.db")]
    texts = b"\n".join(each if isinstance(each, bytes) else str(each).encode() for each in cells)
    assert holds(texts, SHARED) == list(SHARED)
    answers = b"".join(data for where, data in story.said.items() if "answered to" in where)
    assert holds(answers, SHARED) == list(SHARED)
    assert b'"nik_end":"0001"' in answers
    log = next(data for where, data in story.said.items() if where.endswith("server's log"))
    assert b"offer_taken_in" in log
    for text in NIKS:
        for form in (
            text.encode(),
            text.encode("utf-16-le"),
            base64.b64encode(b"xy" + text.encode()),
        ):
            assert holds(b"..." + form + b"...", (text,))


def test_both_who_told_the_same_nik_are_shown(story: Story) -> None:
    told = next(
        msgspec.json.decode(data)
        for where, data in story.said.items()
        if "duplicates" in where and data.startswith(b"{")
    )
    (group,) = told["groups"]
    assert sorted(each["id"] for each in group) == sorted(story.artisans[:2])
    assert {each["nik_end"] for each in group} == {"0001"}
    assert told["unreadable"] == []


# -- what a stolen relay's disk discloses -------------------------------------------------------


READABLE: Final = {
    # table.column: what stands there
    "setting.name": "which of the settings below",
    "setting.value": "the registry's key, address and box; the officer's own certificate",
    "letter.place": "a number, in which order letters came",
    "letter.digest": "16 bytes of a hash",
    "letter.kind": "0 goods, 1 question, 2 answer",
    "letter.priority": "0, 1, 2",
    "letter.for_id": "8 bytes of a hash of the key that it is for",
    "letter.artisan": "a pseudonym",
    "letter.asker": "4 bytes of a log's id",
    "letter.giver": "the key of her device",
    "letter.taken": "when",
    "letter.code": "what the registry said of it, a word of the protocol",
    "letter.raw": "an address (pseudonym, prefixes of logs and hashes, numbers); what is sealed",
    "contact.artisan": "a pseudonym",
    "contact.giver": "the key of her device",
    "contact.met": "when",
    "contact.clock": "when, by her clock",
    "contact.slip": "keys, times, digests of letters and words of the protocol, signed",
    "contact.said": "the same, from her side",
    "pass.code": "a hash of a one-time code",
    "pass.artisan": "a pseudonym",
    "pass.stead": "a number: a first device, a further one, one for a lost one",
    "pass.expires": "when",
    "pass.number": "a number",
    "pass.used_by": "the key of her device",
}
"""Everything that whoever has an officer's disk can read; sizes and counts besides."""
PROTOCOL_WORD: Final = re.compile(r"[a-z_]{0,24}")


def test_a_stolen_relay_discloses_nothing_of_what_artisans_wrote(story: Story) -> None:
    private = (*SECRETS, *SHARED, *AMOUNTS, "Wates")
    assert any(name.endswith("bag.db") for name in story.stolen)
    for found in (story.stolen, files_in(story.officer)):
        for where, data in found.items():
            assert not holds(data, private), where


def test_a_stolen_relay_discloses_these_things_and_no_others(story: Story, tmp_path: Path) -> None:
    for name, data in story.stolen.items():
        (tmp_path / Path(name).name).write_bytes(data)
    names = {Path(name).name for name in story.stolen}
    assert names <= {"bag.db", "bag.db-wal", "bag.db-shm", "device.key", "device.lock"}
    seed = (tmp_path / "device.key").read_bytes()
    officer = SigningKey(seed)
    keys, logs = set(), set()
    for phone in story.phones:
        with Home(phone).open(None) as book:
            keys.add(bytes(book.device))
            assert book.registry is not None
            registry = book.registry
            logs |= {log[:PREFIX_BYTES] for log in book.heads()}
    artisans = {bytes.fromhex(each) for each in story.artisans}
    now = time.time()
    seen, settings = set(), {}
    rows: dict[str, list[Any]] = {}
    for table, column, value in cells_in(tmp_path / "bag.db"):
        assert f"{table}.{column}" in READABLE, "say what can be read there, and whether it may be"
        seen.add(f"{table}.{column}")
        rows.setdefault(f"{table}.{column}", []).append(value)
    settings = dict(zip(rows["setting.name"], rows["setting.value"], strict=True))
    assert settings.keys() == {"registry", "url", "box", "papers"}
    assert settings["registry"] == registry
    assert settings["url"].startswith(b"http://127.0.0.1:")
    assert holds(settings["papers"], (OFFICER, DISTRICT)) == [OFFICER, DISTRICT]
    assert len(settings["papers"]) < 250, "his own name and district, keys, times, a signature"
    for column in ("letter.artisan", "contact.artisan"):
        assert set(rows[column]) <= artisans
    for column in ("letter.giver", "contact.giver"):
        assert set(rows[column]) <= keys
    for column in ("letter.taken", "contact.met", "contact.clock"):
        assert all(now - 3600 < each <= now + 1 for each in rows[column])
    assert all(len(each) == 16 for each in rows["letter.digest"])
    assert set(rows["letter.kind"]) <= {0, 1, 2}
    assert set(rows["letter.priority"]) <= {0, 1, 2}
    assert set(rows["letter.for_id"]) == {to_id(registry)}
    assert all(PROTOCOL_WORD.fullmatch(each) for each in rows["letter.code"])
    assert len(rows["letter.raw"]) >= 4
    for raw in rows["letter.raw"]:
        address = read_letter(raw).address
        assert address.artisan in artisans
        assert address.to == to_id(registry)
        assert all(span.log in logs for span in address.spans)
        assert address.asker == b"" or any(log.startswith(address.asker) for log in logs)
        with pytest.raises(Refused, match="not open"):
            open_letter(officer.box, raw)
        sealed = raw[-200:]
        assert len(zlib.compress(sealed, 9)) > len(sealed), "what is sealed looks like chance"
    for raw in rows["contact.said"]:
        said = read_handover(raw)
        assert said.giver in keys
        assert all(len(each.digest) == 16 for each in said.letters)
    for raw in rows["contact.slip"]:
        slip = read_slip(raw)
        assert (slip.taker, slip.giver in keys) == (officer.public, True)
        assert all(PROTOCOL_WORD.fullmatch(each.code) for each in slip.letters)


def test_every_longer_text_on_a_stolen_relay_is_the_programs_own_or_the_officers(
    story: Story,
) -> None:
    """Read the disk as `strings` does: twenty letters in a row are no chance."""
    ours = " ".join((_SCHEMA + _NOTES).split())
    known = ("SQLite format 3", OFFICER, DISTRICT, "http://127.0.0.1:")
    for where, data in story.stolen.items():
        for letters in re.findall(rb"[\x20-\x7e\n]{20,}", data):
            text = " ".join(letters.decode().split())
            is_schema = text[-30:] in ours or text[:30] in ours or _NAMED.search(text)
            assert is_schema or any(each in text for each in known), (where, text)


_NAMED: Final = re.compile(r"(table|index)(sqlite_autoindex_)?(setting|letter|pass|contact|note)")
"""How a table or an index stands in SQLite's own list."""


def test_parcels_disclose_no_more_than_the_bag(story: Story) -> None:
    private = (*SECRETS, *SHARED, *AMOUNTS, "Wates")
    found = files_in(story.parcels)
    assert any(name.endswith(".svg") for name in found)
    assert any(name.endswith(".txt") for name in found)
    for where, data in found.items():
        assert not holds(data, private), where
    for name in ("titipan.bundle", "titipan.txt", "jawaban.txt", "tas.txt"):
        bundle = parcels.read(story.parcels / name).bundle
        for part in (*bundle.letters, bundle.paper, *bundle.papers):
            assert not holds(part, private), name
