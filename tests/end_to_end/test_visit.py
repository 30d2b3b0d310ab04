"""A visit with real processes: a device without a network, an officer's bag, a registry."""

import os
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
from tests.end_to_end.processes import ROOT, Server, canting, free_port, run

OPERATOR = "canting_server.cli"


class City:
    """A registry that can be out of reach, an officer's home, and an artisan's."""

    def __init__(self, folder: Path, port: int, artisan: str = "") -> None:
        self.home, self.officer, self.phone = (
            folder / name for name in ("registry", "officer", "phone")
        )
        self.port = port
        self.artisan = artisan
        self.server: Server | None = None

    def open(self) -> None:
        """Serve."""
        self.server = Server(self.home, self.port)
        assert self.server.ready()

    def shut(self) -> None:
        """Be out of reach."""
        if self.server is not None:
            assert self.server.stop() == 0
            self.server = None

    @property
    def url(self) -> str:
        """Where the registry is, when it is."""
        return f"http://127.0.0.1:{self.port}"

    def enrols(self) -> None:
        """Let the artisan's phone and the officer in."""
        code = msgspec.json.decode(run(OPERATOR, "enrol", "--json", home=self.home))
        self.artisan = code["artisan"]
        canting(self.phone, "init", "buku")
        canting(self.phone, "join", self.url, code["code"])
        code = msgspec.json.decode(run(OPERATOR, "officer", "Bu Lina", "--json", home=self.home))
        canting(self.officer, "relay", "join", self.url, code["code"])


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str]:
    """A city in which everybody was let in and a sale was made, and its port: to be copied."""
    folder = tmp_path_factory.mktemp("city")
    city = City(folder, free_port())
    run(OPERATOR, "init", home=city.home)
    city.open()
    city.enrols()
    city.shut()
    canting(city.phone, "item", "add", "Kain cap", "--price", "175.000")
    canting(city.phone, "sell", "kain", "2")
    return folder, city.port, city.artisan


@pytest.fixture
def city(settled: tuple[Path, int, str], tmp_path: Path) -> Iterator[City]:
    folder, port, artisan = settled
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    city = City(tmp_path, port, artisan)
    yield city
    city.shut()


@contextmanager
def open_bag(home: Path) -> Iterator[str]:
    """Open a bag on loopback; it closes after one hand-over, or is killed."""
    port = free_port()
    process = subprocess.Popen(  # noqa: S603  # our own program
        [
            *(sys.executable, "-m", "canting_client.cli", "--json", "relay", "open"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ],
        env=os.environ | {"CANTING_HOME": str(home), "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert str(port) in process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


@contextmanager
def road_that_breaks_off(port: int, to: str) -> Iterator[None]:
    """Carry the first bundle to a registry and what it answers back; then nothing more."""
    passed: list[bytes] = []

    class Road(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if not passed:
                passed.append(data)
                headers = {"Content-Type": self.headers["Content-Type"]}
                asked = urllib.request.Request(to + self.path, data, headers)  # noqa: S310
                with urllib.request.urlopen(asked, timeout=20) as answered:  # noqa: S310
                    self.send_response(answered.status)
                    self.send_header("Content-Type", answered.headers["Content-Type"])
                    self.end_headers()
                    self.wfile.write(answered.read())
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Road) as road:
        thread = threading.Thread(target=road.serve_forever)
        thread.start()
        try:
            yield
        finally:
            road.shutdown()
            thread.join()


def turnover(city: City) -> int:
    """Return what the registry knows of turnover, from its totals."""
    made = run(OPERATOR, "token", "penguji", home=city.home)
    token = made.split(": ")[1].strip()
    assert city.server is not None
    rows = city.server.ask("totals", token)["rows"]
    return sum(row["turnover"] for row in rows)


def test_a_visit_takes_everything_there_and_brings_the_answers_back(city: City) -> None:
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        urllib.request.urlopen(city.url, timeout=2)  # noqa: S310
    with open_bag(city.officer) as bag:
        (told,) = canting(city.phone, "sync", "--to", bag)["books"]
    assert (told["arrived"], told["only_here"], told["officer"]) == (0, 0, "Bu Lina")
    assert told["carried"] == canting(city.phone, "status")["only_here"] > 0
    assert canting(city.officer, "relay", "status")["goods"] == 1

    city.open()
    done = canting(city.officer, "relay", "deliver")
    assert (done["arrived"], done["left"], done["answers"]) == (1, 0, 1)
    standing = canting(city.officer, "relay", "status")
    assert (standing["goods"], standing["artisans"], standing["answers"]) == (0, 0, 1)
    assert turnover(city) == 350_000
    city.shut()

    with open_bag(city.officer) as bag:
        (told,) = canting(city.phone, "sync", "--to", bag)["books"]
    assert told["arrived"] > 0
    assert (told["carried"], told["only_here"]) == (0, 0)
    assert canting(city.phone, "status")["carried"] == 0
    (visit,) = canting(city.officer, "relay", "visits")["rows"]
    assert visit["artisan"] == city.artisan


@pytest.mark.parametrize("suffix", [".bundle", ".txt"])
def test_a_visit_by_file_is_the_same(city: City, tmp_path: Path, suffix: str) -> None:
    out, back = tmp_path / f"titipan{suffix}", tmp_path / f"jawaban{suffix}"
    canting(city.phone, "give", str(out))
    assert canting(city.phone, "status")["carried"] == 0, "nobody has taken it yet"
    canting(city.officer, "relay", "take", str(out), "--answer", str(back))
    canting(city.phone, "take", str(back))
    assert canting(city.phone, "status")["carried"] > 0
    city.open()
    canting(city.officer, "relay", "deliver")
    assert turnover(city) == 350_000
    canting(city.phone, "give", str(out))
    canting(city.officer, "relay", "take", str(out), "--answer", str(back))
    done = canting(city.phone, "take", str(back))
    assert done["arrived"] > 0
    again = canting(city.phone, "take", str(back))
    assert (again["arrived"], again["received"]) == (0, 0)


def test_a_file_that_was_cut_off_gives_what_is_whole_in_it(city: City, tmp_path: Path) -> None:
    out = tmp_path / "titipan.bundle"
    canting(city.phone, "give", str(out))
    whole = out.read_bytes()
    out.write_bytes(whole[:-40])
    told = canting(city.officer, "relay", "take", str(out))
    assert not told["files"][0]["whole"]
    city.open()
    assert canting(city.officer, "relay", "deliver")["arrived"] == 1
    assert turnover(city) == 350_000
    assert out.read_bytes() == whole[:-40], "what is read is never changed"
    for broken in (b"", b"rubbish", whole[:9], whole[:-1] + b"x", whole + b"x"):
        out.write_bytes(broken)
        said = run("canting_client.cli", "relay", "take", str(out), home=city.officer, check=False)
        assert "titipan.bundle bukan berkas titipan yang utuh" in said


def test_two_officers_and_a_lost_bag_cost_nothing(city: City, tmp_path: Path) -> None:
    second = tmp_path / "second"
    city.open()
    code = msgspec.json.decode(run(OPERATOR, "officer", "Pak Adi", "--json", home=city.home))
    canting(second, "relay", "join", city.url, code["code"])
    city.shut()
    for home in (city.officer, second):
        with open_bag(home) as bag:
            canting(city.phone, "sync", "--to", bag)
    for file in city.officer.glob("bag.db*"):
        file.unlink()
    city.open()
    assert canting(second, "relay", "deliver")["left"] == 0
    assert turnover(city) == 350_000


def test_officers_meet_and_one_goes_on_with_what_the_other_took(city: City, tmp_path: Path) -> None:
    second = tmp_path / "second"
    city.open()
    code = msgspec.json.decode(run(OPERATOR, "officer", "Pak Adi", "--json", home=city.home))
    canting(second, "relay", "join", city.url, code["code"])
    with open_bag(city.officer) as bag:
        canting(city.phone, "sync", "--to", bag)
    with open_bag(second) as bag:
        assert canting(city.officer, "relay", "deliver", "--to", bag)["sent"] == 2
    canting(second, "relay", "deliver")
    with open_bag(second) as bag:
        canting(city.officer, "relay", "deliver", "--to", bag)
    with open_bag(city.officer) as bag:
        (told,) = canting(city.phone, "sync", "--to", bag)["books"]
    assert told["arrived"] > 0


def test_a_delivery_that_breaks_off_tells_staff_what_the_officer_still_carries(city: City) -> None:
    with open_bag(city.officer) as bag:
        canting(city.phone, "sync", "--to", bag)
    beyond = Server(city.home, free_port())
    assert beyond.ready()
    with road_that_breaks_off(city.port, beyond.url):
        run("canting_client.cli", "relay", "deliver", home=city.officer, check=False)
    assert beyond.stop() == 0
    (row,) = msgspec.json.decode(run(OPERATOR, "gaps", "--json", home=city.home))["rows"]
    assert (row["artisan"], row["officer_name"]) == (city.artisan, "Bu Lina")
    said = run(OPERATOR, "gaps", home=city.home)
    assert f"{row['first']}-{row['last']}" in said
    assert "with Bu Lina since 20" in said
    city.open()
    assert canting(city.officer, "relay", "deliver")["left"] == 0
    assert "everything that is known of has arrived" in run(OPERATOR, "gaps", home=city.home)


def test_every_step_of_a_visit_says_the_next(city: City, tmp_path: Path) -> None:
    def says(home: Path, *arguments: str, check: bool = True) -> str:
        return run("canting_client.cli", *arguments, home=home, check=check)

    enrolled = says(city.officer, "relay", "enrol")
    assert "Buka tas: canting relay open. Di perangkat perajin: canting join ALAMAT " in enrolled
    again = says(city.officer, "relay", "enrol", "--artisan", city.artisan, "--lost")
    assert "Di perangkat perajin: canting recover LEMBAR " in again
    assert "Sertifikat petugas berlaku sampai " in says(city.officer, "relay", "status")
    newcomer = tmp_path / "newcomer"
    canting(newcomer, "init", "buku")
    code = enrolled.removeprefix("Kode ").split(",")[0]
    with open_bag(city.officer) as bag:
        assert f"Titip: canting sync --to {bag}" in says(newcomer, "join", bag, code)
        for _ in range(2):
            canting(city.phone, "sell", "kain", "1")
            canting(city.phone, "sync", "--to", bag.removeprefix("http://"))
    words = says(city.phone, "status").splitlines()
    assert len([each for each in words if each.startswith("  ke Bu Lina sejak ")]) == 1
    said = says(city.phone, "sync", "--to", bag, check=False)
    assert f"Tas petugas di {bag} tidak terjangkau" in said
    said = says(tmp_path / "second", "relay", "join", "dinas.example", "AB12", check=False)
    assert "maksudnya https://dinas.example ?" in said


def test_a_bag_that_was_never_joined_says_what_to_do(tmp_path: Path) -> None:
    said = run("canting_client.cli", "relay", "status", home=tmp_path, check=False)
    assert "canting relay join ALAMAT KODE" in said


def test_an_officer_enrols_an_artisan_without_a_network_and_her_sales_arrive(
    city: City, tmp_path: Path
) -> None:
    newcomer = tmp_path / "newcomer"
    code = canting(city.officer, "relay", "enrol")
    canting(newcomer, "init", "buku")
    with open_bag(city.officer) as bag:
        joined = canting(newcomer, "join", bag, code["code"])
        assert joined["provisional"]
        canting(newcomer, "item", "add", "Kain tulis", "--price", "400.000")
        canting(newcomer, "sell", "kain", "1")
        canting(newcomer, "sync", "--to", bag)
        canting(city.phone, "sync", "--to", bag)
    city.open()
    assert canting(city.officer, "relay", "deliver")["left"] == 0
    assert turnover(city) == 350_000 + 400_000
    (waiting,) = msgspec.json.decode(run(OPERATOR, "witnessed", "--json", home=city.home))["rows"]
    assert (waiting["artisan"], waiting["officer"]) == (joined["artisan"], "Bu Lina")
    assert (waiting["stead"], waiting["doubt"]) == ("first", "")
    run(OPERATOR, "confirm", waiting["artisan"], waiting["key"], home=city.home)
    assert "no device waits" in run(OPERATOR, "witnessed", home=city.home)
    with open_bag(city.officer) as bag:
        (told,) = canting(newcomer, "sync", "--to", bag)["books"]
    assert (told["carried"], told["only_here"]) == (0, 0)
    canting(newcomer, "sync")  # it reaches the department by itself as well, where there is one


def test_a_lost_phone_is_recovered_by_its_sheet(city: City, tmp_path: Path) -> None:
    canting(city.phone, "partner", "add", "Bu Contoh")
    sheet, new = tmp_path / "lembar.txt", tmp_path / "new"
    canting(city.phone, "sheet", "--out", str(sheet))
    with open_bag(city.officer) as bag:
        canting(city.phone, "sync", "--to", bag)
    canting(city.phone, "sell", "kain", "1")  # never handed over: lost with the phone
    city.open()
    code = msgspec.json.decode(
        run(OPERATOR, "enrol", "--artisan", city.artisan, "--json", home=city.home)
    )["code"]
    told = canting(new, "recover", str(sheet), code)
    assert (told["back"], told["missing"]) == (told["back"], 0)
    assert canting(new, "stock")["rows"] == [], "the bag has not been delivered yet"
    canting(city.officer, "relay", "deliver")
    canting(new, "sync")
    names = {row["name"] for row in canting(new, "partner", "list")["rows"]}
    assert "Bu Contoh" in names
    assert canting(new, "stock")["rows"][0]["quantity"] == -2000
    canting(new, "sell", "kain", "1")
    canting(new, "sync")
    assert turnover(city) == 350_000 + 175_000
    wrong = tmp_path / "salah.txt"
    wrong.write_text(sheet.read_text().replace("Kunci buku", "Kunci"), encoding="utf-8")
    wrong.write_text("Nomor perajin: 00\n", encoding="utf-8")
    said = run("canting_client.cli", "recover", str(wrong), code, home=tmp_path / "x", check=False)
    assert "Lembar itu salah ketik" in said


def test_a_lost_phone_is_recovered_with_an_officer_as_witness(city: City, tmp_path: Path) -> None:
    sheet, new = tmp_path / "lembar.txt", tmp_path / "new"
    canting(city.phone, "sheet", "--out", str(sheet))
    with open_bag(city.officer) as bag:
        canting(city.phone, "sync", "--to", bag)
    pass_ = canting(city.officer, "relay", "enrol", "--artisan", city.artisan[:8], "--lost")
    with open_bag(city.officer) as bag:
        address = bag.removeprefix("http://")
        told = canting(new, "recover", str(sheet), pass_["code"], "--at", address)
    assert (told["by_officer"], told["back"]) == (True, 0)
    city.open()
    canting(city.officer, "relay", "deliver")
    with open_bag(city.officer) as bag:
        canting(new, "sync", "--to", bag)
    assert canting(new, "stock")["rows"][0]["quantity"] == -2000
    canting(new, "sell", "kain", "1")
    canting(new, "sync")
    assert turnover(city) == 350_000 + 175_000
    (waiting,) = msgspec.json.decode(run(OPERATOR, "witnessed", "--json", home=city.home))["rows"]
    assert waiting["stead"] == "lost"
    assert canting(new, "status")["only_here"] == 0


def test_a_month_goes_from_a_screen_to_an_officers_camera(city: City, tmp_path: Path) -> None:
    codes, read = tmp_path / "codes", tmp_path / "read.bundle"
    canting(city.phone, "show-qr", "--out", str(codes))
    canting(city.officer, "read-qr", str(codes), "--out", str(read))
    canting(city.officer, "relay", "take", str(read))
    further = tmp_path / "further"
    run("canting_client.cli", "relay", "show", str(further), home=city.officer)
    assert any(further.iterdir())
    city.open()
    assert canting(city.officer, "relay", "deliver")["arrived"] == 1
    assert turnover(city) == 350_000
