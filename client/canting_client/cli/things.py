"""`canting item|partner|place`: what is sold, with whom, and where it lies."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import typer

from canting_client import reading
from canting_client.book import Book
from canting_client.cli.run import Said, app
from canting_client.cli.words import ITEM_TYPES, Friendly, amount_in, choice, counted_in, money
from canting_client.language import t
from canting_protocol import changes as c
from canting_protocol.changes import Kind

item_app: Final = typer.Typer(help="Barang: produk dan bahan.", no_args_is_help=True)
partner_app: Final = typer.Typer(help="Orang: pembeli, galeri, pembatik.", no_args_is_help=True)
place_app: Final = typer.Typer(help="Tempat: rumah, galeri, pameran.", no_args_is_help=True)
app.add_typer(item_app, name="item")
app.add_typer(partner_app, name="partner")
app.add_typer(place_app, name="place")

NewName = Annotated[str, typer.Argument(metavar="NAMA", help="Namanya.")]
OldName = Annotated[str, typer.Argument(metavar="NAMA", help="Yang mana; awal namanya cukup.")]
Renamed = Annotated[str | None, typer.Option("--name", metavar="NAMA", help="Nama baru.")]
ItemType = Annotated[str | None, typer.Option("--type", metavar="JENIS", help="produk, bahan.")]
Unit = Annotated[str | None, typer.Option(metavar="SATUAN", help="potong, meter, kg.")]
Price = Annotated[str | None, typer.Option(metavar="HARGA", help="Harga satu, misalnya 250.000.")]
Motif = Annotated[str | None, typer.Option(metavar="MOTIF", help="Mrico Bolong, Surya Majapahit.")]
Technique = Annotated[str | None, typer.Option(metavar="CARA", help="tulis, cap, kombinasi.")]
Dye = Annotated[str | None, typer.Option(metavar="WARNA", help="alam, sintetis, campuran.")]
Textile = Annotated[str | None, typer.Option(metavar="KAIN", help="primisima, sutera, dobi.")]
ProductClass = Annotated[
    str | None, typer.Option("--class", metavar="GOLONGAN", help="batik, tiruan, paduan, lain.")
]
Minimum = Annotated[
    str | None, typer.Option("--min", metavar="BERAPA", help="Ingatkan kalau kurang dari ini.")
]
Owner = Annotated[
    str | None, typer.Option(metavar="ORANG", help="Titipan siapa, kalau bukan milik sendiri.")
]
Archive = Annotated[
    bool | None, typer.Option("--archive/--no-archive", help="Tidak dipakai lagi, atau lagi.")
]
SameAs = Annotated[
    str | None, typer.Option("--same-as", metavar="NAMA", help="Satukan: ini sama dengan itu.")
]
All = Annotated[bool, typer.Option("--all", help="Juga yang tidak dipakai lagi.")]
Role = Annotated[
    str | None, typer.Option(metavar="SEBAGAI", help="pembeli, galeri, pembatik, pemasok.")
]
Phone = Annotated[str | None, typer.Option(metavar="NOMOR", help="Nomor telepon.")]
Note = Annotated[str | None, typer.Option(metavar="CATATAN", help="Catatan.")]
PlaceType = Annotated[
    str | None, typer.Option("--type", metavar="JENIS", help="titip, pameran, pembatik.")
]
Keeper = Annotated[
    str | None, typer.Option("--partner", metavar="ORANG", help="Siapa yang punya tempat.")
]

Fields = Mapping[int, Any]
Told = Callable[[Book], Fields]


def writes(values: Fields) -> list[c.FieldWrite]:
    """Return the fields that were given."""
    return [
        c.FieldWrite(int(field), c.value(each))
        for field, each in values.items()
        if each is not None
    ]


# -- items ----------------------------------------------------------------------------------


@item_app.command("add")
def item_add(
    context: typer.Context,
    name: NewName,
    type_: ItemType = None,
    unit: Unit = None,
    price: Price = None,
    motif: Motif = None,
    technique: Technique = None,
    dye: Dye = None,
    textile: Textile = None,
    product_class: ProductClass = None,
    minimum: Minimum = None,
    owner: Owner = None,
) -> None:
    """Tambah barang. Contoh: canting item add "Kain cap" --price 175.000 --unit potong"""

    def fields(book: Book) -> Fields:
        return {
            c.ItemField.NAME: name,
            **_about(type_, unit, price, motif, technique, dye, textile, product_class, minimum),
            c.ItemField.OWNER: _named(book, Kind.PARTNER, owner),
        }

    _add(context, Kind.ITEM, name, fields)


@item_app.command("edit")
def item_edit(
    context: typer.Context,
    item: OldName,
    name: Renamed = None,
    type_: ItemType = None,
    unit: Unit = None,
    price: Price = None,
    motif: Motif = None,
    technique: Technique = None,
    dye: Dye = None,
    textile: Textile = None,
    product_class: ProductClass = None,
    minimum: Minimum = None,
    owner: Owner = None,
    archive: Archive = None,
    same_as: SameAs = None,
) -> None:
    """Ubah barang. Contoh: canting item edit "Kain cap" --price 185.000"""

    def fields(book: Book) -> Fields:
        return {
            c.ItemField.NAME: name,
            **_about(type_, unit, price, motif, technique, dye, textile, product_class, minimum),
            c.ItemField.OWNER: _named(book, Kind.PARTNER, owner),
            c.ItemField.ARCHIVED: _flag(archive),
            c.ItemField.SAME_AS: _named(book, Kind.ITEM, same_as),
        }

    _edit(context, Kind.ITEM, item, fields)


@item_app.command("list")
def item_list(context: typer.Context, every: All = False) -> None:
    """Lihat daftar barang. Contoh: canting item list --all"""
    shown = {"harga": c.ItemField.PRICE, "satuan": c.ItemField.UNIT, "motif": c.ItemField.MOTIF}
    _list(context, Kind.ITEM, shown, archived=every)


def _about(
    type_: str | None,
    unit: str | None,
    price: str | None,
    motif: str | None,
    technique: str | None,
    dye: str | None,
    textile: str | None,
    product_class: str | None,
    minimum: str | None,
) -> dict[int, Any]:
    return {
        c.ItemField.TYPE: None if type_ is None else choice(type_, ITEM_TYPES),
        c.ItemField.UNIT: unit,
        c.ItemField.PRICE: None if price is None else amount_in(price),
        c.ItemField.MOTIF: motif,
        c.ItemField.TECHNIQUE: technique,
        c.ItemField.DYE: dye,
        c.ItemField.TEXTILE: textile,
        c.ItemField.PRODUCT_CLASS: product_class,
        c.ItemField.STOCK_MIN: None if minimum is None else counted_in(minimum),
    }


# -- partners -------------------------------------------------------------------------------


@partner_app.command("add")
def partner_add(
    context: typer.Context,
    name: NewName,
    role: Role = None,
    phone: Phone = None,
    note: Note = None,
) -> None:
    """Tambah orang. Nama, telepon dan catatannya hanya terbaca di buku Anda, tidak oleh dinas.

    Contoh: canting partner add "Bu Rina" --role pembeli --phone 0812345678
    """

    def fields(book: Book) -> Fields:
        return {
            c.PartnerField.NAME: _hidden(book, name),
            c.PartnerField.ROLE: role,
            c.PartnerField.PHONE: _hidden(book, phone),
            c.PartnerField.NOTE: _hidden(book, note),
        }

    _add(context, Kind.PARTNER, name, fields)


@partner_app.command("edit")
def partner_edit(
    context: typer.Context,
    partner: OldName,
    name: Renamed = None,
    role: Role = None,
    phone: Phone = None,
    note: Note = None,
    archive: Archive = None,
    same_as: SameAs = None,
) -> None:
    """Ubah orang. Contoh: canting partner edit "Bu Rina" --phone 0812345678"""

    def fields(book: Book) -> Fields:
        return {
            c.PartnerField.NAME: _hidden(book, name),
            c.PartnerField.ROLE: role,
            c.PartnerField.PHONE: _hidden(book, phone),
            c.PartnerField.NOTE: _hidden(book, note),
            c.PartnerField.ARCHIVED: _flag(archive),
            c.PartnerField.SAME_AS: _named(book, Kind.PARTNER, same_as),
        }

    _edit(context, Kind.PARTNER, partner, fields)


@partner_app.command("list")
def partner_list(context: typer.Context, every: All = False) -> None:
    """Lihat daftar orang. Contoh: canting partner list --all"""
    shown = {"sebagai": c.PartnerField.ROLE, "telepon": c.PartnerField.PHONE}
    _list(context, Kind.PARTNER, shown, archived=every)


# -- places ---------------------------------------------------------------------------------


@place_app.command("add")
def place_add(
    context: typer.Context, name: NewName, type_: PlaceType = None, partner: Keeper = None
) -> None:
    """Tambah tempat. Namanya hanya terbaca di buku Anda, sebab bisa memuat nama orang.

    Contoh: canting place add "Galeri Majapahit" --type titip --partner "Bu Rina"
    """

    def fields(book: Book) -> Fields:
        return {
            c.PlaceField.NAME: _hidden(book, name),
            c.PlaceField.TYPE: type_,
            c.PlaceField.PARTNER: _named(book, Kind.PARTNER, partner),
        }

    _add(context, Kind.PLACE, name, fields)


@place_app.command("edit")
def place_edit(
    context: typer.Context,
    place: OldName,
    name: Renamed = None,
    type_: PlaceType = None,
    partner: Keeper = None,
    archive: Archive = None,
    same_as: SameAs = None,
) -> None:
    """Ubah tempat. Contoh: canting place edit Galeri --name "Galeri Rina" --type titip"""

    def fields(book: Book) -> Fields:
        return {
            c.PlaceField.NAME: _hidden(book, name),
            c.PlaceField.TYPE: type_,
            c.PlaceField.PARTNER: _named(book, Kind.PARTNER, partner),
            c.PlaceField.ARCHIVED: _flag(archive),
            c.PlaceField.SAME_AS: _named(book, Kind.PLACE, same_as),
        }

    _edit(context, Kind.PLACE, place, fields)


@place_app.command("list")
def place_list(context: typer.Context, every: All = False) -> None:
    """Lihat daftar tempat. Contoh: canting place list --all"""
    _list(context, Kind.PLACE, {"jenis": c.PlaceField.TYPE}, archived=every)


# -- what all three share -------------------------------------------------------------------

_MAKES: Final[Mapping[Kind, type[c.Item] | type[c.Partner] | type[c.Place]]] = {
    Kind.ITEM: c.Item,
    Kind.PARTNER: c.Partner,
    Kind.PLACE: c.Place,
}


def _add(context: typer.Context, kind: Kind, name: str, told: Told) -> None:
    said: Said = context.obj
    wanted = name.strip().casefold()
    if not wanted:
        raise Friendly(t("Namanya apa?"))
    with said.book() as book:
        if any(each.name.casefold() == wanted for each in reading.listed(book, kind)):
            raise Friendly(t("{name!r} sudah ada di daftar.", name=name), "known_already")
        placed = book.record(_MAKES[kind](None, writes(told(book))))[0]
        key = book.key_of(placed)
    said.say(t("Tercatat no. {n}: {name}", n=placed.n, name=name), n=placed.n, key=key)


def _edit(context: typer.Context, kind: Kind, name: str, told: Told) -> None:
    said: Said = context.obj
    with said.book() as book:
        key = reading.find(book, kind, name)
        called = reading.thing(book, kind, key).name
        if key.startswith("-"):
            raise Friendly(t("{called!r} selalu ada dan tidak diubah.", called=called))
        fields = writes(told(book))
        if not fields:
            raise Friendly(t("Apa yang diubah? Tambahkan --help untuk melihat pilihannya."))
        target = book.wire_name(key)
        if any(each.value == c.value(target) for each in fields if each.field == _SAME_AS):
            raise Friendly(t("{called!r} tentu sama dengan dirinya.", called=called))
        # One field per write: each is a register of its own.
        placed = book.record(*[_MAKES[kind](target, [each]) for each in fields])[-1]
    said.say(t("Tercatat no. {n}: {called} diubah", n=placed.n, called=called), n=placed.n, key=key)


_SAME_AS: Final = int(c.ItemField.SAME_AS)


def _list(
    context: typer.Context, kind: Kind, columns: Mapping[str, int], *, archived: bool
) -> None:
    said: Said = context.obj
    with said.book() as book:
        shown = reading.listed(book, kind, archived=archived)
    rows: list[dict[str, Any]] = [
        {
            "key": each.key,
            "name": each.name,
            "archived": each.archived,
            **{word: each.fields.get(field) for word, field in columns.items()},
        }
        for each in shown
    ]
    width = max(len(each.name) for each in shown)

    def line(row: dict[str, Any]) -> str:
        about = [
            f"{t(word)} {money(row[word]) if word == 'harga' else row[word]}"
            for word in columns
            if row[word] is not None
        ]
        about += [t("(tidak dipakai lagi)")] if row["archived"] else []
        return f"{row['name']:{width}}  {', '.join(about)}".rstrip()

    said.say("\n".join(map(line, rows)), rows=rows)


def _named(book: Book, kind: Kind, name: str | None) -> c.Name | None:
    return None if name is None else book.wire_name(reading.find(book, kind, name))


def _hidden(book: Book, text: str | None) -> c.Private | None:
    return None if text is None else book.hide(text)


def _flag(given: bool | None) -> int | None:
    return None if given is None else int(given)
