"""`canting`: the artisan's book on the command line.

Nothing here imports an HTTP stack until a command needs the network.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import click
import msgspec
import typer

from canting_client import reading
from canting_client.book import Book, NotJoined
from canting_client.home import Home, HomeProblem
from canting_client.importing import day_of, rupiah, thousandths
from canting_client.store import NewerBook, keep_book_key
from canting_protocol import changes as c
from canting_protocol.changes import Kind
from canting_protocol.crypto import sha256
from canting_protocol.errors import TooBig
from canting_protocol.log import PREFIX_BYTES
from canting_protocol.names import Key
from canting_protocol.private import BookKey, key_id

app = typer.Typer(
    help="Canting: buku usaha perajin. Catat di sini, dengan atau tanpa jaringan.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

CHANNELS: Final = {
    "langsung": 0,
    "toko": 1,
    "pasar": 2,
    "wa": 3,
    "tokopedia": 4,
    "shopee": 5,
    "pameran": 6,
    "titip": 7,
    "seragam": 8,
}
PAYMENTS: Final = {"tunai": 0, "transfer": 1, "qris": 2, "utang": 3}
LEVELS: Final = {"registry": 0, "totals": 1, "lines": 2}
VERDICTS: Final = {"conflicts": "beda pendapat", "parked": "menunggu", "refused": "ditolak"}


class Friendly(Exception):
    """Say something to the person at the keyboard, in one line."""


class Said:
    """Where and how a command speaks: which home, which book, JSON or words."""

    def __init__(self, home: Path | None, book: str | None, *, as_json: bool) -> None:
        self.home = Home(home)
        self.book_name = book
        self.as_json = as_json

    @contextmanager
    def book(self) -> Iterator[Book]:
        """Open the book that is meant."""
        with self.home.open(self.book_name) as book:
            yield book

    def say(self, words: str, **told: Any) -> None:
        """Say something: words for a person, the rest for a program."""
        typer.echo(msgspec.json.encode(told).decode() if self.as_json else words)


def main() -> None:
    """Run a command; what a person can mend is said in one line."""
    arguments = sys.argv[1:]
    as_json = "--json" in arguments
    # --json, --home and --book may stand before or after the command.
    front: list[str] = ["--json"] if as_json else []
    rest: list[str] = []
    waiting = [each for each in arguments if each != "--json"]
    while waiting:
        each = waiting.pop(0)
        if each in ("--home", "--book") and waiting:
            front += [each, waiting.pop(0)]
        elif each.startswith(("--home=", "--book=")):
            front.append(each)
        else:
            rest.append(each)
    try:
        app(front + rest, standalone_mode=False, prog_name="canting")
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        _fail(error.format_message(), "usage", 2, as_json=as_json)
    except (Friendly, HomeProblem, reading.NotOne, TooBig, c.BadChange) as error:
        _fail(str(error), type(error).__name__.lower(), 1, as_json=as_json)
    except NotJoined:
        _fail(
            "Buku ini belum terhubung ke dinas: canting join ALAMAT KODE",
            "not_joined",
            1,
            as_json=as_json,
        )
    except NewerBook:
        _fail(
            "Buku ini dari Canting yang lebih baru; perbarui dulu. Tidak ada yang hilang.",
            "newer_book",
            1,
            as_json=as_json,
        )


def _fail(text: str, code: str, status: int, *, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(msgspec.json.encode({"error": code, "message": text}).decode(), err=True)
    else:
        typer.echo(f"✗ {text}", err=True)
    sys.exit(status)


@app.callback()
def options(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Folder perangkat ini.")] = None,
    book: Annotated[str | None, typer.Option(help="Buku siapa, kalau ada beberapa.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Jawab dalam JSON.")] = False,
) -> None:
    """Buku usaha perajin."""
    context.obj = Said(home, book, as_json=as_json)


# -- beginning ------------------------------------------------------------------------------


@app.command()
def init(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Nama buku: satu kata, huruf kecil.")],
    owner: Annotated[str | None, typer.Option("--name", help="Nama perajin.")] = None,
    brand: Annotated[str | None, typer.Option(help="Merek.")] = None,
    area: Annotated[str | None, typer.Option(help="Kelurahan.")] = None,
) -> None:
    """Mulai buku baru. Tidak perlu jaringan, tidak perlu izin siapa pun."""
    said: Said = context.obj
    with said.home.make(name) as book:
        fields = _fields(
            {
                c.ProfileField.NAME: owner,
                c.ProfileField.BRAND: brand,
                c.ProfileField.AREA: area,
            }
        )
        if fields:
            book.record(c.Profile(fields))
    said.say(f"Buku {name!r} siap. Catat barang: canting item add NAMA", book=name)


def _fields(values: dict[Any, Any]) -> list[c.FieldWrite]:
    return [
        c.FieldWrite(int(field), c.value(each))
        for field, each in values.items()
        if each is not None
    ]


# -- items, partners, places ----------------------------------------------------------------

item_app = typer.Typer(help="Barang: produk dan bahan.", no_args_is_help=True)
partner_app = typer.Typer(help="Pembeli, galeri, pembatik, pemasok.", no_args_is_help=True)
place_app = typer.Typer(help="Tempat barang: rumah, galeri, pameran.", no_args_is_help=True)
app.add_typer(item_app, name="item")
app.add_typer(partner_app, name="partner")
app.add_typer(place_app, name="place")

Price = Annotated[str | None, typer.Option("--price", help="Harga biasa, misalnya 250.000.")]
Unit = Annotated[str | None, typer.Option("--unit", help="Satuan: potong, meter, kg.")]
ItemType = Annotated[str | None, typer.Option("--type", help="produk atau bahan.")]
Archive = Annotated[bool | None, typer.Option("--archive/--no-archive", help="Simpan dari daftar.")]


@item_app.command("add")
def item_add(
    context: typer.Context,
    name: str,
    kind: ItemType = None,
    unit: Unit = None,
    price: Price = None,
    motif: str | None = None,
    technique: Annotated[str | None, typer.Option(help="tulis, cap, kombinasi.")] = None,
    dye: Annotated[str | None, typer.Option(help="alam, sintetis, campuran.")] = None,
    textile: Annotated[str | None, typer.Option(help="Kain: primisima, sutera, …")] = None,
    minimum: Annotated[int | None, typer.Option("--min", help="Ingatkan kalau kurang.")] = None,
) -> None:
    """Tambah barang."""
    _introduce(
        context,
        Kind.ITEM,
        {
            c.ItemField.NAME: name,
            c.ItemField.TYPE: kind,
            c.ItemField.UNIT: unit,
            c.ItemField.PRICE: None if price is None else _rupiah(price),
            c.ItemField.MOTIF: motif,
            c.ItemField.TECHNIQUE: technique,
            c.ItemField.DYE: dye,
            c.ItemField.TEXTILE: textile,
            c.ItemField.STOCK_MIN: minimum,
        },
    )


@item_app.command("edit")
def item_edit(
    context: typer.Context,
    item: str,
    name: Annotated[str | None, typer.Option(help="Nama baru.")] = None,
    kind: ItemType = None,
    unit: Unit = None,
    price: Price = None,
    motif: str | None = None,
    archive: Archive = None,
    same_as: Annotated[str | None, typer.Option(help="Sama dengan barang ini.")] = None,
) -> None:
    """Ubah barang."""
    _edit(
        context,
        Kind.ITEM,
        item,
        {
            c.ItemField.NAME: name,
            c.ItemField.TYPE: kind,
            c.ItemField.UNIT: unit,
            c.ItemField.PRICE: None if price is None else _rupiah(price),
            c.ItemField.MOTIF: motif,
            c.ItemField.ARCHIVED: None if archive is None else int(archive),
        },
        same_as,
    )


@item_app.command("list")
def item_list(context: typer.Context) -> None:
    """Lihat barang."""
    _list(context, Kind.ITEM, {"harga": c.ItemField.PRICE, "satuan": c.ItemField.UNIT})


@partner_app.command("add")
def partner_add(
    context: typer.Context,
    name: str,
    role: Annotated[str | None, typer.Option(help="pembeli, galeri, pembatik, pemasok.")] = None,
    phone: str | None = None,
    note: str | None = None,
) -> None:
    """Tambah orang. Nama, telepon dan catatan hanya terbaca di buku Anda."""
    said: Said = context.obj
    with said.book() as book:
        fields = {
            c.PartnerField.NAME: book.hide(name),
            c.PartnerField.ROLE: role,
            c.PartnerField.PHONE: None if phone is None else book.hide(phone),
            c.PartnerField.NOTE: None if note is None else book.hide(note),
        }
        placed = book.record(c.Partner(None, _fields(fields)))[0]
    said.say(f"Tercatat no. {placed.n}: {name}", n=placed.n)


@partner_app.command("edit")
def partner_edit(
    context: typer.Context,
    partner: str,
    name: Annotated[str | None, typer.Option(help="Nama baru.")] = None,
    phone: str | None = None,
    archive: Archive = None,
    same_as: Annotated[str | None, typer.Option(help="Sama dengan orang ini.")] = None,
) -> None:
    """Ubah orang."""
    said: Said = context.obj
    with said.book() as book:
        hidden_name = None if name is None else book.hide(name)
        hidden_phone = None if phone is None else book.hide(phone)
    _edit(
        context,
        Kind.PARTNER,
        partner,
        {
            c.PartnerField.NAME: hidden_name,
            c.PartnerField.PHONE: hidden_phone,
            c.PartnerField.ARCHIVED: None if archive is None else int(archive),
        },
        same_as,
    )


@partner_app.command("list")
def partner_list(context: typer.Context) -> None:
    """Lihat orang."""
    _list(context, Kind.PARTNER, {"sebagai": c.PartnerField.ROLE})


@place_app.command("add")
def place_add(
    context: typer.Context,
    name: str,
    kind: Annotated[str | None, typer.Option("--type", help="titip, pameran, pembatik.")] = None,
) -> None:
    """Tambah tempat. Namanya hanya terbaca di buku Anda: bisa memuat nama orang."""
    said: Said = context.obj
    with said.book() as book:
        fields = {c.PlaceField.NAME: book.hide(name), c.PlaceField.TYPE: kind}
        placed = book.record(c.Place(None, _fields(fields)))[0]
    said.say(f"Tercatat no. {placed.n}: {name}", n=placed.n)


@place_app.command("edit")
def place_edit(
    context: typer.Context,
    place: str,
    name: Annotated[str | None, typer.Option(help="Nama baru.")] = None,
    archive: Archive = None,
    same_as: Annotated[str | None, typer.Option(help="Sama dengan tempat ini.")] = None,
) -> None:
    """Ubah tempat."""
    said: Said = context.obj
    with said.book() as book:
        hidden = None if name is None else book.hide(name)
    fields = {
        c.PlaceField.NAME: hidden,
        c.PlaceField.ARCHIVED: None if archive is None else int(archive),
    }
    _edit(context, Kind.PLACE, place, fields, same_as)


@place_app.command("list")
def place_list(context: typer.Context) -> None:
    """Lihat tempat."""
    _list(context, Kind.PLACE, {"jenis": c.PlaceField.TYPE})


_MAKES: Final[dict[Kind, type[c.Item] | type[c.Partner] | type[c.Place]]] = {
    Kind.ITEM: c.Item,
    Kind.PARTNER: c.Partner,
    Kind.PLACE: c.Place,
}


def _introduce(context: typer.Context, kind: Kind, fields: dict[Any, Any]) -> None:
    said: Said = context.obj
    with said.book() as book:
        placed = book.record(_MAKES[kind](None, _fields(fields)))[0]
    said.say(f"Tercatat no. {placed.n}: {fields[c.ItemField.NAME]}", n=placed.n)


def _edit(
    context: typer.Context, kind: Kind, name: str, fields: dict[Any, Any], same_as: str | None
) -> None:
    said: Said = context.obj
    with said.book() as book:
        key = reading.find(book, kind, name)
        if key.startswith("-"):
            raise Friendly(f"{name!r} selalu ada dan tidak diubah.")
        writes = _fields(fields)
        if same_as is not None:
            other = book.wire_name(reading.find(book, kind, same_as))
            writes.append(c.FieldWrite(int(c.ItemField.SAME_AS), c.value(other)))
        if not writes:
            raise Friendly("Tidak ada yang diubah; lihat --help.")
        target = book.wire_name(key)
        changes = [_MAKES[kind](target, [write]) for write in writes]
        placed = book.record(*changes)[-1]
    said.say(f"Tercatat no. {placed.n}: {name} diubah", n=placed.n)


def _list(context: typer.Context, kind: Kind, columns: dict[str, int]) -> None:
    said: Said = context.obj
    with said.book() as book:
        shown = [each for each in reading.things(book, kind) if not each.archived]
    shown.sort(key=lambda each: each.name.casefold())
    rows: list[dict[str, Any]] = [
        {
            "key": each.key,
            "name": each.name,
            **{word: each.fields.get(field) for word, field in columns.items()},
        }
        for each in shown
    ]
    words = "\n".join(
        "  ".join(
            [row["name"]]
            + [
                f"{word} {money(row[word]) if word == 'harga' else row[word]}"
                for word in columns
                if row[word] is not None
            ]
        )
        for row in rows
    )
    said.say(words or "Belum ada.", rows=rows)


# -- facts ----------------------------------------------------------------------------------

At = Annotated[str, typer.Option("--at", help="Di tempat mana.")]
Day = Annotated[str | None, typer.Option("--date", help="Tanggal kejadian, kalau bukan hari ini.")]
Pay = Annotated[str, typer.Option("--pay", help="tunai, transfer, qris, utang.")]
Who = Annotated[str | None, typer.Option("--to", help="Pembeli.")]
NoteText = Annotated[str | None, typer.Option("--note", help="Catatan; hanya terbaca di buku.")]


@app.command()
def sell(
    context: typer.Context,
    item: Annotated[str, typer.Argument(help="Barang; awal namanya cukup.")],
    quantity: Annotated[str, typer.Argument(help="Berapa.")] = "1",
    amount: Annotated[str | None, typer.Argument(help="Harga semuanya.")] = None,
    line: Annotated[
        list[str] | None, typer.Option(help="Barang lain: BARANG:BERAPA:HARGA.")
    ] = None,
    at: At = "rumah",
    channel: Annotated[str, typer.Option(help=f"Lewat: {', '.join(CHANNELS)}.")] = "langsung",
    pay: Pay = "tunai",
    to: Who = None,
    day: Day = None,
    fee: Annotated[str | None, typer.Option(help="Potongan toko daring atau QRIS.")] = None,
    note: NoteText = None,
    reference: Annotated[str | None, typer.Option("--ref", help="Nomor pesanan.")] = None,
) -> None:
    """Catat penjualan. Contoh: canting sell "Kain cap" 2 350.000"""
    said: Said = context.obj
    account = _choice(pay, PAYMENTS)
    with said.book() as book:
        lines = [_sale_line(book, item, quantity, amount)]
        for each in line or []:
            parts = each.rsplit(":", 2)
            if len(parts) != 3:
                raise Friendly("--line BARANG:BERAPA:HARGA, misalnya Syal:1:90.000")
            lines.append(_sale_line(book, *parts))
        if account == c.Account.RECEIVABLE and to is None:
            raise Friendly("Yang berutang siapa? Tambahkan --to NAMA.")
        sale = c.Sale(
            lines,
            _place(book, at),
            CHANNELS.get(channel.casefold(), channel),
            account,
            _day(day),
            None if to is None else _partner(book, to),
            None if fee is None else _rupiah(fee),
            None if note is None else book.hide(note),
            reference,
        )
        placed = book.record(sale)[0]
        called = reading.thing(book, Kind.ITEM, reading.find(book, Kind.ITEM, item)).name
    total = sum(each.amount for each in lines)
    more = f" dan {len(lines) - 1} barang lain" if len(lines) > 1 else ""
    said.say(
        f"Tercatat no. {placed.n}: jual {pieces(lines[0].quantity)} {called}{more}, "
        f"{money(total)} ({pay}). Batalkan: canting void {placed.n}",
        n=placed.n,
        amount=total,
    )


@app.command("return")
def return_(
    context: typer.Context,
    item: str,
    quantity: str = "1",
    amount: Annotated[str, typer.Argument(help="Uang yang dikembalikan.")] = "0",
    of: Annotated[str | None, typer.Option("--of", help="Nomor penjualannya.")] = None,
    at: At = "rumah",
    pay: Pay = "tunai",
    to: Annotated[str | None, typer.Option("--from", help="Pembeli.")] = None,
    day: Day = None,
) -> None:
    """Catat barang yang dikembalikan pembeli."""
    said: Said = context.obj
    with said.book() as book:
        back = c.Return(
            [c.GoodsLine(_item(book, item), _quantity(quantity), _rupiah(amount))],
            _place(book, at),
            account=_choice(pay, PAYMENTS),
            day=_day(day),
            partner=None if to is None else _partner(book, to),
            sale=None if of is None else _number(book, of),
        )
        placed = book.record(back)[0]
    said.say(f"Tercatat no. {placed.n}: {quantity} {item} kembali", n=placed.n)


@app.command()
def buy(
    context: typer.Context,
    item: str,
    quantity: str,
    amount: Annotated[str, typer.Argument(help="Harga semuanya.")],
    at: At = "rumah",
    pay: Pay = "tunai",
    seller: Annotated[str | None, typer.Option("--from", help="Pemasok.")] = None,
    day: Day = None,
) -> None:
    """Catat pembelian bahan atau barang."""
    said: Said = context.obj
    account = _choice(pay, PAYMENTS)
    with said.book() as book:
        if account == c.Account.RECEIVABLE and seller is None:
            raise Friendly("Berutang kepada siapa? Tambahkan --from NAMA.")
        bought = c.Purchase(
            [c.GoodsLine(_item(book, item), _quantity(quantity), _rupiah(amount))],
            _place(book, at),
            int(c.Account.PAYABLE) if account == c.Account.RECEIVABLE else account,
            _day(day),
            None if seller is None else _partner(book, seller),
        )
        placed = book.record(bought)[0]
    said.say(
        f"Tercatat no. {placed.n}: beli {quantity} {item}, {money(_rupiah(amount))} ({pay})",
        n=placed.n,
    )


@app.command()
def make(
    context: typer.Context,
    made: Annotated[list[str], typer.Argument(help="Jadinya: BARANG:BERAPA …")],
    used: Annotated[list[str] | None, typer.Option(help="Bahan: BARANG:BERAPA.")] = None,
    at: At = "rumah",
    wage: Annotated[str | None, typer.Option(help="Upah.")] = None,
    worker: Annotated[str | None, typer.Option(help="Pembatik.")] = None,
    pay: Pay = "tunai",
    day: Day = None,
) -> None:
    """Catat produksi: bahan masuk, kain keluar, upah."""
    said: Said = context.obj
    account = _choice(pay, PAYMENTS)
    with said.book() as book:
        done = c.Production(
            _move_lines(book, used or []),
            _move_lines(book, made),
            _place(book, at),
            day=_day(day),
            wage=None if wage is None else _rupiah(wage),
            worker=None if worker is None else _partner(book, worker),
            account=int(c.Account.PAYABLE) if account == c.Account.RECEIVABLE else account,
        )
        placed = book.record(done)[0]
    said.say(f"Tercatat no. {placed.n}: jadi {', '.join(made)}", n=placed.n)


@app.command()
def move(
    context: typer.Context,
    item: str,
    quantity: str,
    source: Annotated[str, typer.Option("--from", help="Dari tempat.")] = "rumah",
    to: Annotated[str, typer.Option("--to", help="Ke tempat.")] = "rumah",
    day: Day = None,
) -> None:
    """Catat barang pindah tempat. Titip jual itu pindah, bukan jual."""
    said: Said = context.obj
    with said.book() as book:
        ends = (_place(book, source), _place(book, to))
        if ends[0] == ends[1]:
            raise Friendly("Dari mana ke mana? --from TEMPAT --to TEMPAT")
        line = c.MoveLine(_item(book, item), _quantity(quantity))
        placed = book.record(c.Move([line], *ends, _day(day)))[0]
    said.say(f"Tercatat no. {placed.n}: {quantity} {item} dari {source} ke {to}", n=placed.n)


@app.command()
def count(
    context: typer.Context,
    lines: Annotated[list[str], typer.Argument(help="BARANG=BERAPA …")],
    at: At = "rumah",
    day: Day = None,
) -> None:
    """Hitung barang. Yang tidak disebut tidak ikut dihitung."""
    said: Said = context.obj
    with said.book() as book:
        counted = []
        for each in lines:
            name, equals, many = each.rpartition("=")
            if not equals:
                raise Friendly(f"{each!r}: tulis BARANG=BERAPA, misalnya 'Kain cap=4'")
            zero = many.strip() == "0"
            counted.append(c.CountLine(_item(book, name), 0 if zero else _quantity(many)))
        placed = book.record(c.Count(counted, _place(book, at), _day(day)))[0]
    said.say(f"Tercatat no. {placed.n}: {len(counted)} barang dihitung di {at}", n=placed.n)


@app.command()
def void(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="Nomor catatan.")],
    reason: Annotated[str | None, typer.Option(help="Alasan.")] = None,
) -> None:
    """Batalkan catatan. Catatannya tetap terlihat, hanya tidak dihitung lagi."""
    said: Said = context.obj
    with said.book() as book:
        placed = book.record(c.Void(_number(book, number), reason))[0]
    said.say(f"Tercatat no. {placed.n}: no. {number} dibatalkan", n=placed.n)


@app.command()
def share(
    context: typer.Context,
    level: Annotated[str, typer.Argument(help="registry, totals, atau lines.")],
) -> None:
    """Pilih apa yang boleh dilihat dinas: hanya nama (registry), jumlah (totals), atau rincian."""
    said: Said = context.obj
    with said.book() as book:
        placed = book.record(c.Consent(_choice(level, LEVELS)))[0]
    told = {
        "registry": "Dinas hanya melihat bahwa Anda terdaftar.",
        "totals": "Dinas melihat jumlah per bulan, bukan rinciannya.",
        "lines": "Dinas melihat rincian penjualan dan barang.",
    }
    said.say(told[level.casefold()], n=placed.n)


# -- looking --------------------------------------------------------------------------------


@app.command("log")
def log_(
    context: typer.Context,
    many: Annotated[int, typer.Option("--last", help="Berapa banyak.")] = 20,
) -> None:
    """Lihat catatan terbaru dengan nomornya."""
    said: Said = context.obj
    words = {
        Kind.SALE: "jual",
        Kind.RETURN: "kembali",
        Kind.PAYMENT: "bayar",
        Kind.TRANSFER: "pindah uang",
        Kind.PURCHASE: "beli",
        Kind.EXPENSE: "biaya",
        Kind.PRODUCTION: "produksi",
        Kind.MOVE: "pindah barang",
        Kind.COUNT: "hitung",
        Kind.VOID: "batal",
    }
    with said.book() as book:
        own = book.own
        rows = []
        for row in reading.newest(book, many):
            mine = own is not None and own.log == row.log and not own.rotate
            number = str(row.n) if mine else f"{row.log[:PREFIX_BYTES].hex()}.{row.n}"
            rows.append({"number": number, "kind": words[Kind(row.kind)], "t": row.t})
    said.say(
        "\n".join(f"{row['number']:>6}  {row['kind']}" for row in rows) or "Belum ada.", rows=rows
    )


@app.command()
def stock(
    context: typer.Context,
    at: Annotated[str | None, typer.Option("--at", help="Hanya tempat ini.")] = None,
) -> None:
    """Lihat barang ada di mana."""
    said: Said = context.obj
    with said.book() as book:
        rows = [
            {
                "item": item,
                "place": place,
                "quantity": each.quantity,
                "uncertain": each.uncertain,
                "disputed": bool(each.disputed),
            }
            for item, place, each in reading.stock(book)
            if at is None or place.casefold() == at.casefold()
        ]

    def line(row: dict[str, Any]) -> str:
        note = ""
        if row["quantity"] < 0:
            note += "  ← kurang dari nol: hitung ulang"
        if row["uncertain"]:
            note += f"  ← {pieces(row['uncertain'])} belum pasti"
        if row["disputed"]:
            note += "  ← dua hitungan berbeda"
        return f"{pieces(row['quantity']):>8}  {row['item']}  ({row['place']}){note}"

    said.say("\n".join(map(line, rows)) or "Belum ada barang.", rows=rows)


@app.command()
def conflicts(context: typer.Context) -> None:
    """Lihat yang ditulis berbeda di dua perangkat."""
    said: Said = context.obj
    with said.book() as book:
        rows: list[dict[str, Any]] = []
        for entity, field, values in reading.conflicts(book):
            word, _, key = entity.partition(":")
            kind = {"item": Kind.ITEM, "partner": Kind.PARTNER, "place": Kind.PLACE}.get(word)
            name = reading.thing(book, kind, Key(key)).name if kind else "profil"
            rows.append(
                {
                    "of": name,
                    "field": field,
                    "values": [{"value": value, "shown": shown} for value, shown, _ in values],
                }
            )
        rows += [
            {"of": f"{item} di {place}", "field": "hitungan", "values": []}
            for item, place, each in reading.stock(book)
            if each.disputed
        ]
    words = "\n".join(
        f"{row['of']}: "
        + " ↔ ".join(f"{v['value']}{' (dipakai)' if v['shown'] else ''}" for v in row["values"])
        if row["values"]
        else f"{row['of']}: dua hitungan berbeda, hitung ulang"
        for row in rows
    )
    said.say(words or "Tidak ada yang berbeda.", rows=rows)


@app.command()
def status(context: typer.Context) -> None:
    """Lihat apa yang sudah dan belum sampai ke dinas."""
    said: Said = context.obj
    with said.book() as book:
        told = reading.figures(book)
        joined = book.artisan is not None
        level = reading.sharing(book).name.lower()
    lines = [f"Hanya di perangkat ini: {told.only_here}", f"Sudah di dinas: {told.in_registry}"]
    for field, word in VERDICTS.items():
        if getattr(told, field):
            lines.append(f"  {word}: {getattr(told, field)}")
    if not joined:
        lines.append("Belum terhubung ke dinas: canting join ALAMAT KODE")
    said.say("\n".join(lines), joined=joined, sharing=level, **told._asdict())


# -- bringing in ----------------------------------------------------------------------------


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Berkas CSV penjualan.")],
    columns: Annotated[Path, typer.Option("--map", help="Peta kolom (TOML).")],
    item: Annotated[str | None, typer.Option(help="Catat semua sebagai barang ini.")] = None,
    at: At = "rumah",
) -> None:
    """Masukkan penjualan dari berkas. Berkas yang sama dua kali tidak menambah apa-apa."""
    from canting_client.bring import bring_in

    said: Said = context.obj
    with said.book() as book:
        told = bring_in(
            book, file, columns, item=item, place=_place(book, at), progress=not said.as_json
        )
    words = [
        f"{told.sales} penjualan masuk, {money(told.amount)}, {pieces(told.quantity)} barang"
        f", {pieces(told.returned)} kembali.",
    ]
    if told.known:
        words.append(f"{told.known} sudah ada di buku.")
    if told.skipped:
        words.append(f"{told.skipped} bukan penjualan (dilewati).")
    words += [f"  baris {bad.line}: {bad.reason}" for bad in told.bad[:20]]
    if told.bad:
        words.insert(-len(told.bad[:20]), f"{len(told.bad)} baris tidak terbaca:")
    said.say(
        "\n".join(words),
        sales=told.sales,
        amount=told.amount,
        quantity=told.quantity,
        returned=told.returned,
        known=told.known,
        skipped=told.skipped,
        bad=[{"line": bad.line, "reason": bad.reason} for bad in told.bad],
    )


# -- the registry ---------------------------------------------------------------------------

key_app = typer.Typer(help="Kunci buku, untuk perangkat kedua.", no_args_is_help=True)
app.add_typer(key_app, name="key")
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@key_app.command("show")
def key_show(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="Tulis ke berkas.")] = None,
) -> None:
    """Tampilkan kunci buku untuk perangkat kedua. Jangan perlihatkan kepada orang lain."""
    said: Said = context.obj
    with said.book() as book:
        text = key_text(next(iter(book.book_keys.values())))
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
        said.say(f"Kunci ditulis ke {out}", file=str(out))
    else:
        said.say(text, key=text)


def key_text(key: BookKey) -> str:
    """Return a book key as letters to be typed: Crockford base 32, with a checksum."""
    number = int.from_bytes(key + sha256(b"canting/key-text/1\0", key)[:3], "big")
    letters = "".join(LETTERS[number >> 5 * at & 31] for at in range(55, -1, -1))
    return "-".join(letters[at : at + 7] for at in range(0, 56, 7))


def key_from(text: str) -> BookKey:
    """Return the book key that `key_text` wrote.

    Raises:
        Friendly: a letter is wrong or missing.
    """
    plain = re.sub(r"[\s-]", "", text.upper()).translate(str.maketrans("OIL", "011"))
    if len(plain) == 56 and all(each in LETTERS for each in plain):
        number = 0
        for each in plain:
            number = number << 5 | LETTERS.index(each)
        data = number.to_bytes(35, "big")
        key = BookKey(data[:32])
        if sha256(b"canting/key-text/1\0", key)[:3] == data[32:]:
            return key
    raise Friendly("Kunci buku salah ketik: periksa lagi hurufnya.")


@app.command()
def join(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Alamat dinas, https://…")],
    code: Annotated[str, typer.Argument(help="Kode dari dinas, sekali pakai.")],
    key: Annotated[str | None, typer.Option(help="Kunci buku perangkat pertama.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="Berkas kunci buku.")] = None,
) -> None:
    """Hubungkan buku ini ke dinas, dengan kode sekali pakai."""
    import asyncio

    from canting_client import sync as network

    said: Said = context.obj
    text = key_file.read_text(encoding="utf-8") if key_file is not None else key
    with said.book() as book:
        if book.artisan is not None:
            raise Friendly("Buku ini sudah terhubung ke dinas.")
        if text is not None:
            first = key_from(text)
            with book.write() as writing:
                keep_book_key(writing.conn, key_id(first), first)
        with _network_words():
            enrolled = asyncio.run(network.enrol(url.rstrip("/"), code, said.home.key()))
        book.join(url.rstrip("/"), enrolled)
    said.say("Terhubung. Kirim catatan: canting sync", artisan=enrolled.artisan.hex())


@app.command("sync")
def sync_(context: typer.Context) -> None:
    """Kirim yang baru ke dinas, dan ambil yang baru dari sana."""
    import asyncio

    from canting_client import sync as network

    said: Said = context.obj
    names = [said.book_name] if said.book_name else said.home.names
    told = []
    for name in names:
        with said.home.open(name) as book:
            if book.artisan is None:
                if len(names) == 1:
                    raise NotJoined
                continue
            before = reading.figures(book).only_here
            with _network_words():
                outcome = asyncio.run(network.sync(book, said.home.key()))
            after = reading.figures(book)
        told.append(
            {
                "book": name,
                "sent": max(before - after.only_here, 0),
                "received": outcome.received,
                "only_here": after.only_here,
                "round_trips": outcome.round_trips,
                "rotated": outcome.rotated,
            }
        )
    if not names:
        said.home.open(None)
    words = []
    for each in told:
        words.append(
            f"{each['book']}: {each['sent']} catatan terkirim, {each['received']} diterima."
            + (
                f" Masih di sini: {each['only_here']}."
                if each["only_here"]
                else " Semua terkirim ✓"
            )
        )
        if each["rotated"]:
            words.append(
                "  Buku ini pernah disalin atau dipulihkan; semua catatan kedua salinan disimpan. "
                "Periksa kalau ada yang tercatat dua kali."
            )
    said.say("\n".join(words) or "Belum ada buku yang terhubung.", books=told)


@contextmanager
def _network_words() -> Iterator[None]:
    from canting_client.sync import NotReached, NotTheRegistry, TurnedAway
    from canting_protocol.errors import Refused

    safe = "Catatan Anda aman di perangkat ini."
    try:
        yield
    except NotReached as error:
        raise Friendly(f"Dinas tidak terjangkau sekarang ({error}). {safe}") from error
    except NotTheRegistry as error:
        raise Friendly(f"Yang menjawab bukan dinas: mungkin halaman WiFi. {safe}") from error
    except TurnedAway as error:
        words = {
            "unknown_code": "Kode itu tidak dikenal; periksa hurufnya.",
            "code_used": "Kode itu sudah dipakai; minta yang baru.",
            "code_expired": "Kode itu sudah lewat waktunya; minta yang baru.",
            "too_many_guesses": "Terlalu sering salah; coba lagi nanti.",
        }
        raise Friendly(words.get(error.code, f"Dinas menolak ({error.code}). {safe}")) from error
    except Refused as error:
        raise Friendly(f"Dinas tidak mengenal perangkat ini ({error.code}). {safe}") from error


# -- words ----------------------------------------------------------------------------------


def money(amount: int) -> str:
    """Return whole rupiah as people write them: Rp1.250.000."""
    sign = "-" if amount < 0 else ""
    return f"{sign}Rp{abs(amount):,}".replace(",", ".")


def pieces(quantity: int) -> str:
    """Return thousandths as people write them: 2, or 1,5."""
    sign, rest = ("-", -quantity) if quantity < 0 else ("", quantity)
    whole, part = divmod(rest, 1000)
    return f"{sign}{whole}" + (f",{part:03}".rstrip("0") if part else "")


def _rupiah(text: str) -> int:
    try:
        return rupiah(text)
    except ValueError as error:
        raise Friendly(str(error)) from error


def _quantity(text: str) -> int:
    try:
        return thousandths(text)
    except ValueError as error:
        raise Friendly(str(error)) from error


def _day(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return day_of(text)[0]
    except ValueError as error:
        raise Friendly(str(error)) from error


def _choice(text: str, among: dict[str, int]) -> int:
    found = among.get(text.casefold())
    if found is None:
        raise Friendly(f"{text!r}: pilih salah satu dari {', '.join(among)}.")
    return found


def _item(book: Book, name: str) -> c.Name:
    return book.wire_name(reading.find(book, Kind.ITEM, name))


def _partner(book: Book, name: str) -> c.Name:
    return book.wire_name(reading.find(book, Kind.PARTNER, name))


def _place(book: Book, name: str) -> c.Name:
    return book.wire_name(reading.find(book, Kind.PLACE, name))


def _sale_line(book: Book, item: str, quantity: str, amount: str | None) -> c.SaleLine:
    key = reading.find(book, Kind.ITEM, item)
    many = _quantity(quantity)
    if amount is not None:
        return c.SaleLine(book.wire_name(key), many, _rupiah(amount))
    price = reading.thing(book, Kind.ITEM, key).fields.get(c.ItemField.PRICE)
    if not isinstance(price, int):
        raise Friendly(f"{item!r} belum punya harga: canting sell {item!r} {quantity} HARGA")
    return c.SaleLine(book.wire_name(key), many, price * many // 1000)


def _move_lines(book: Book, texts: list[str]) -> list[c.MoveLine]:
    lines = []
    for text in texts:
        name, colon, many = text.rpartition(":")
        if not colon:
            raise Friendly(f"{text!r}: tulis BARANG:BERAPA, misalnya 'Kain cap:3'")
        lines.append(c.MoveLine(_item(book, name), _quantity(many)))
    return lines


def _number(book: Book, text: str) -> c.Name:
    log, dot, n = text.rpartition(".")
    own = book.own
    if n.isdigit() and int(n) > 0:
        if not dot and own is not None and not own.rotate and int(n) <= own.n:
            return int(n)
        if dot and re.fullmatch(rf"[0-9a-f]{{{2 * PREFIX_BYTES}}}", log):
            return c.Foreign(bytes.fromhex(log), int(n))
    raise Friendly(f"Tidak ada catatan nomor {text!r}. Lihat: canting log")


if __name__ == "__main__":
    main()
