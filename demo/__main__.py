"""The main path, lived through: record offline, sync, merge, ask; and much goes wrong meanwhile.

27 invented artisans of Kota Mojokerto receive the real orders of one marketplace seller (CC0, see
`README.md` beside this), enter them through the client's own import, and sync over a bad network.
"""

import asyncio
import csv
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from canting_client import reading, sync
from canting_client.book import Book
from canting_client.bring import bring_in
from canting_client.cli import money
from canting_client.home import Home
from canting_client.sync import NotReached, NotTheRegistry
from canting_protocol import changes as c
from canting_protocol.ledger.rows import ChangeRow
from canting_protocol.log import ArtisanId
from canting_protocol.messages import hash_code
from canting_server import cli, proof
from canting_server.reference.areas import AREAS
from canting_server.settings import make_key, open_registry
from canting_server.store import people
from canting_server.store.database import Connection
from canting_server.web.staff import hash_token
from demo.network import BadNetwork

HERE: Final = Path(__file__).parent
ORDERS: Final = HERE / "orders_2023-12_to_2024-06.csv"
COLUMNS: Final = HERE / "orders.toml"
ARTISANS: Final = 27
TWO_DEVICES: Final = frozenset({3, 8, 14, 21})
RESTORED: Final = 5
CLONED: Final = 11
TOKEN: Final = "cst_demo-token-for-the-registry-of-the-demo-only"  # noqa: S105  # of the demo's own home


class Phone:
    """A device in its own home."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        self.offline_until = 0

    @property
    def book(self) -> Book:
        """Open its one book."""
        return self.home.open(None)


class Demo:
    """The registry, the phones, and what went wrong between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry_home = folder / "registry"
        self.chance = random.Random("canting")  # noqa: S311  # the same demo each time
        self.port = _free_port()
        self.network = BadNetwork(self.port, self.chance)
        self.phones: dict[int, list[Phone]] = defaultdict(list)
        self.artisans: dict[int, ArtisanId] = {}
        self.went_wrong: Counter[str] = Counter()
        self.server: subprocess.Popen[bytes] | None = None

    # -- the registry ------------------------------------------------------------------------

    def start_registry(self) -> None:
        """Start the server as a process of its own, and wait until it is ready."""
        with (self.folder / "registry.log").open("ab") as log:
            self.server = subprocess.Popen(  # our own program
                [sys.executable, "-m", "canting_server.cli", "serve"],
                env=os.environ
                | {
                    "CANTING_HOME": str(self.registry_home),
                    "CANTING_PORT": str(self.port),
                    "CANTING_DRAIN_NOTICE_S": "0",
                },
                stderr=log,
            )
        for _ in range(200):
            try:
                self.ask("readyz")
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise SystemExit(f"the registry did not start; see {self.folder / 'registry.log'}")

    def stop_registry(self, how: signal.Signals) -> None:
        """Stop the server, gently or not."""
        assert self.server is not None
        self.server.send_signal(how)
        self.server.wait(timeout=60)

    def ask(self, question: str) -> Any:
        """Ask the registry as staff do."""
        request = urllib.request.Request(  # loopback
            f"http://127.0.0.1:{self.port}/{question}",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return msgspec.json.decode(answer.read())

    # -- the artisans ------------------------------------------------------------------------

    def settle_in(self) -> None:
        """Make the registry, and begin every book offline, before anyone has enrolled her."""
        make_key(self.registry_home)
        registry = open_registry(self.registry_home)

        def prepare(conn: Connection) -> None:
            proof.prepare(conn, registry)
            people.add_token(conn, hash_token(TOKEN), "demo", registry.now())

        cli._alone(self.registry_home, prepare)
        places = [area for area in AREAS if area.level == "kelurahan"]
        for number in range(1, ARTISANS + 1):
            for device in range(2 if number in TWO_DEVICES else 1):
                phone = Phone(self.folder / f"perajin-{number:02}" / f"hp-{device + 1}")
                with phone.home.make("buku") as book:
                    if device == 0:
                        area = places[number % len(places)].code
                        fields = [
                            c.FieldWrite(1, c.value(f"Perajin Contoh {number:02}")),
                            c.FieldWrite(3, c.value(area)),
                        ]
                        book.record(c.Profile(fields))
                        item = [c.FieldWrite(1, c.value("Kain contoh"))]
                        book.record(c.Item(None, item))
                self.phones[number].append(phone)

    async def enrol(self) -> None:
        """Let every phone in with its one-time code, over the good network of the office."""
        registry = open_registry(self.registry_home)
        self.network.good = True
        for number, phones in self.phones.items():
            for device, phone in enumerate(phones):
                code = f"DEMO{number:02}{device}"

                def work(conn: Connection, number: int = number, code: str = code) -> None:
                    if number not in self.artisans:
                        self.artisans[number] = registry.add_artisan(conn)
                    whose = self.artisans[number]
                    people.add_code(conn, hash_code(code), whose, registry.now() + 3600)

                cli._beside(self.registry_home, work)
                with phone.book as book:
                    url = f"http://127.0.0.1:{self.network.port}"
                    book.join(url, await sync.enrol(url, code, phone.home.key()))
                await self.sync(phone)
        self.network.good = False

    async def sync(self, phone: Phone, tries: int = 1) -> bool:
        """Try to sync; a phone without network tries again another day."""
        for _ in range(tries):
            try:
                with phone.book as book:
                    outcome = await sync.sync(book, phone.home.key())
            except (NotReached, NotTheRegistry):
                continue
            if outcome.rotated:
                self.went_wrong["salinan buku dikenali, buku lanjut di log baru"] += 1
            return True
        return False

    # -- what goes wrong ---------------------------------------------------------------------

    def disagree(self, number: int, month: int) -> None:
        """Two devices of one artisan price the same item and count the same shelf."""
        for device, phone in enumerate(self.phones[number]):
            with phone.book as book:
                name = book.wire_name(reading.find(book, c.Kind.ITEM, "Kain contoh"))
                price = 100_000 + 5_000 * month + 1_000 * device
                book.record(
                    c.Item(name, [c.FieldWrite(int(c.ItemField.PRICE), c.value(price))]),
                    c.Count([c.CountLine(name, (10 + device) * 1000)]),
                )
        self.went_wrong["dua HP mengubah harga dan menghitung rak yang sama"] += 1

    def copy_of(self, phone: Phone, name: str) -> Path:
        """Copy a whole phone, as a repair shop might."""
        copy = self.folder / name
        shutil.copytree(phone.home.folder, copy)
        return copy


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def deal(folder: Path) -> tuple[dict[tuple[str, int], Path], dict[str, Counter[str]]]:
    """Deal the orders out by month and artisan, and sum up what the file itself says."""
    slices: dict[tuple[str, int], list[dict[str, str]]] = defaultdict(list)
    oracle: dict[str, Counter[str]] = defaultdict(Counter)
    with ORDERS.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for position, row in enumerate(reader):
            month = row["Waktu Pesanan Dibuat"][:7]
            slices[month, position % ARTISANS + 1].append(row)
            if row["Status Pesanan"] == "Selesai":
                oracle[month] += Counter(
                    sales=1,
                    turnover=int(row["Total Pembayaran"]),
                    pieces=int(row["total_qty"]),
                    returned=int(row["total_returned_qty"]),
                )
    files = {}
    for (month, number), rows in slices.items():
        path = folder / "csv" / f"{month}-{number:02}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        files[month, number] = path
    return files, oracle


def halves(path: Path) -> tuple[Path, Path]:
    """Split a file of orders in two, each with its header."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows, names = list(reader), list(reader.fieldnames or ())
    parts = []
    for part, some in (("a", rows[::2]), ("b", rows[1::2])):
        half = path.with_name(f"{path.stem}-{part}.csv")
        with half.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=names)
            writer.writeheader()
            writer.writerows(some)
        parts.append(half)
    return parts[0], parts[1]


def bring(phone: Phone, path: Path) -> int:
    """Enter a file of orders through the client's own import; return its sales."""
    with phone.book as book:
        told = bring_in(book, path, COLUMNS, item=None, place=-1, progress=False)
    assert not told.bad, told.bad
    return told.sales


async def live(demo: Demo, console: Console) -> dict[str, Counter[str]]:
    """Live through the months; return what the orders' file says of them."""
    files, oracle = deal(demo.folder)
    months = sorted(oracle)
    listening = await demo.network.start()
    demo.start_registry()
    await demo.enrol()
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Tujuh bulan …", total=len(months) * ARTISANS)
        for index, month in enumerate(months):
            for number in range(1, ARTISANS + 1):
                bar.update(task, advance=1, description=f"{month} …")
                phones = demo.phones[number]
                path = files[month, number]
                phone = phones[index % len(phones)]
                if number == CLONED and index == 5:
                    twin = Phone(demo.copy_of(phones[0], "perajin-11/hp-salinan"))
                    phones.append(twin)
                    demo.went_wrong["HP disalin, keduanya dipakai"] += 1
                    for each, half in zip((phones[0], twin), halves(path), strict=True):
                        bring(each, half)
                else:
                    bring(phone, path)
                if number in TWO_DEVICES and index % 3 == 1:
                    demo.disagree(number, index)
                if number == 13 and index == 3:
                    demo.stop_registry(signal.SIGKILL)
                    demo.went_wrong["dinas dimatikan paksa (kill -9) dan hidup lagi"] += 1
                    demo.start_registry()
                for each in phones:
                    if each.offline_until > index:
                        continue
                    if demo.chance.random() < 0.25:
                        each.offline_until = index + 2
                        demo.went_wrong["HP berminggu-minggu tanpa jaringan"] += 1
                        continue
                    await demo.sync(each)
                if number == RESTORED and index == 3:
                    demo.copy_of(phones[0], "cadangan-lama")
                if number == RESTORED and index == 4:
                    demo.network.good = True
                    await demo.sync(phones[0], tries=3)
                    demo.network.good = False
                    old = demo.folder / "cadangan-lama" / "books" / "buku.db"
                    for beside in (phones[0].home.folder / "books").glob("buku.db-*"):
                        beside.unlink()
                    shutil.copy(old, phones[0].home.folder / "books" / "buku.db")
                    demo.went_wrong["HP dipulihkan dari cadangan sebulan lalu"] += 1
        bar.update(task, description="Semua bertemu jaringan lagi …")
        for _ in range(3):
            for phones in demo.phones.values():
                for phone in phones:
                    await demo.sync(phone, tries=12)
    listening.close()
    return oracle


def report(demo: Demo, oracle: dict[str, Counter[str]], console: Console, took: float) -> bool:
    """Print what came of it; return whether every month equals the file."""
    made = set()
    level = True
    for phones in demo.phones.values():
        for phone in phones:
            with phone.book as book:
                made |= {row.hash for row in book.rows().all(ChangeRow)}
                level = level and reading.figures(book).only_here == 0
    verdicts: Counter[str] = Counter()
    for row in demo.ask("v1/artisans?limit=200")["rows"]:
        verdicts += Counter(demo.ask(f"v1/artisans/{row['id']}")["verdicts"])
    waiting = demo.ask("v1/conflicts?limit=200")["rows"]
    told = {row["month"]: row for row in demo.ask("v1/totals?by=month")["rows"]}

    console.rule("Yang terjadi")
    for what, often in demo.went_wrong.items():
        console.print(f"  {often:>3} × {what}")
    lost = (demo.network.requests_lost, demo.network.replies_lost)
    console.print(f"  {lost[0]:>3} × permintaan hilang, {lost[1]} × jawaban hilang di jalan")

    stored = sum(verdicts.values())
    table = Table(title="Catatan")
    for word in ("dibuat di HP dan dinas", "tersimpan di dinas", "dipakai", "beda pendapat"):
        table.add_column(word, justify="right")
    table.add_column("menunggu", justify="right")
    table.add_row(
        str(len(made)),
        str(stored),
        str(verdicts["applied"]),
        str(len(waiting)),
        str(verdicts["parked"]),
    )
    console.print(table)

    table = Table(title="Omzet per bulan: registri dan berkas aslinya")
    for word in ("bulan", "penjualan", "barang", "kembali", "omzet", "menurut CSV", ""):
        table.add_column(word, justify="left" if word == "bulan" else "right")
    equal = True
    totals: Counter[str] = Counter()
    for month, wanted in sorted(oracle.items()):
        row = told.get(month, {})
        found = Counter(
            sales=row.get("sales", 0),
            turnover=row.get("turnover", 0),
            pieces=int(row.get("pieces", 0)),
            returned=int(row.get("pieces_returned", 0)),
        )
        same = all(found[each] == wanted[each] for each in wanted | found)
        equal = equal and same
        totals += found
        table.add_row(
            month,
            str(found["sales"]),
            str(found["pieces"]),
            str(found["returned"]),
            money(found["turnover"]),
            money(wanted["turnover"]),
            "✓" if same else "BEDA",
        )
    table.add_section()
    table.add_row(
        "semua",
        str(totals["sales"]),
        str(totals["pieces"]),
        str(totals["returned"]),
        money(totals["turnover"]),
        money(sum(each["turnover"] for each in oracle.values())),
        "✓" if equal else "BEDA",
    )
    console.print(table)

    table = Table(title="Omzet per kecamatan")
    table.add_column("kecamatan")
    for word in ("penjualan", "omzet"):
        table.add_column(word, justify="right")
    for row in demo.ask("v1/totals?by=kecamatan")["rows"]:
        table.add_row(row["kecamatan"], str(row["sales"]), money(row["turnover"]))
    console.print(table)
    complete = stored == len(made) and level
    console.print(
        f"{'Setiap catatan ada di dinas, sekali.' if complete else 'ADA CATATAN YANG KURANG.'}"
        f" {took:.0f} detik."
    )
    return equal and complete


def main() -> int:
    """Run the demo in `demo-home`, made anew; return its exit status."""
    console = Console()
    folder = Path("demo-home").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    console.print("Canting: 27 perajin Kota Mojokerto, tujuh bulan, 3.526 pesanan sungguhan (CC0).")
    console.print("[dim]27 invented artisans, seven months, 3,526 real orders (CC0).[/dim]")
    demo = Demo(folder)
    began = time.monotonic()
    demo.settle_in()
    try:
        oracle = asyncio.run(live(demo, console))
        good = report(demo, oracle, console, time.monotonic() - began)
    finally:
        if demo.server is not None and demo.server.poll() is None:
            demo.stop_registry(signal.SIGTERM)
    console.print()
    console.print("Lihat sendiri registrinya:  make serve   lalu buka http://127.0.0.1:8470/")
    console.print(f"dan masuk dengan  {TOKEN}", soft_wrap=True)
    console.print("Atau di jendela lain:")
    console.print(
        f"  curl -H 'Authorization: Bearer {TOKEN}' "
        "'http://127.0.0.1:8470/v1/totals?by=month,kecamatan,channel'",
        soft_wrap=True,
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
