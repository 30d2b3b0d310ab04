"""`canting sell|return|buy|make|move|count|void|share`: facts from life, each recorded once."""

from typing import Annotated, Final

import typer

from canting_client import reading
from canting_client.book import Book
from canting_client.cli.run import Said, app
from canting_client.cli.words import (
    LEVELS,
    PAYMENTS,
    Friendly,
    amount_in,
    choice,
    counted_in,
    day_in,
    goods,
    money,
    quantity_in,
)
from canting_client.language import t
from canting_client.vocabulary import CHANNELS
from canting_protocol import changes as c
from canting_protocol.changes import Account, Kind
from canting_protocol.ledger.facts import FACTS
from canting_protocol.names import Key

ItemArgument = Annotated[
    str, typer.Argument(metavar="BARANG", help="Barang apa; awal namanya cukup.")
]
QuantityArgument = Annotated[str, typer.Argument(metavar="BERAPA", help="Berapa: 2, atau 1,5.")]
At = Annotated[str, typer.Option("--at", metavar="TEMPAT", help="Di tempat mana.")]
Day = Annotated[
    str | None,
    typer.Option("--date", metavar="TANGGAL", help="Kapan, kalau bukan hari ini: 3 Nov 2026."),
]
Pay = Annotated[
    str, typer.Option("--pay", metavar="CARA", help="Dibayar: tunai, transfer, qris, utang.")
]
NoteText = Annotated[
    str | None,
    typer.Option("--note", metavar="CATATAN", help="Catatan; hanya terbaca di buku Anda."),
]

ChannelName = Annotated[
    str, typer.Option("--channel", metavar="LEWAT", help=f"Lewat: {', '.join(CHANNELS)}.")
]


@app.command()
def sell(
    context: typer.Context,
    item: Annotated[
        str | None, typer.Argument(metavar="BARANG", help="Barang apa; awal namanya cukup.")
    ] = None,
    quantity: QuantityArgument = "1",
    amount: Annotated[
        str | None, typer.Argument(metavar="HARGA", help="Harga semuanya, misalnya 350.000.")
    ] = None,
    price: Annotated[
        str | None, typer.Option(metavar="HARGA", help="Harga satu, kalau bukan harga biasa.")
    ] = None,
    line: Annotated[
        list[str] | None,
        typer.Option(metavar="BARANG:BERAPA:HARGA", help="Barang lain yang dibeli sekalian."),
    ] = None,
    at: At = "rumah",
    channel: ChannelName = "langsung",
    pay: Pay = "tunai",
    to: Annotated[
        str | None, typer.Option(metavar="ORANG", help="Pembelinya (harus, kalau utang).")
    ] = None,
    day: Day = None,
    fee: Annotated[
        str | None, typer.Option(metavar="POTONGAN", help="Potongan toko daring atau QRIS.")
    ] = None,
    commission: Annotated[
        str | None, typer.Option(metavar="KOMISI", help="Bagian Anda dari barang titipan orang.")
    ] = None,
    note: NoteText = None,
    reference: Annotated[
        str | None, typer.Option("--ref", metavar="NOMOR", help="Nomor pesanan di toko daring.")
    ] = None,
) -> None:
    """Catat penjualan. Tanpa HARGA dipakai harga biasa.

    Contoh: canting sell "Kain cap" 2

    canting sell "Kain tulis" 1 350.000 --pay utang --to "Bu Rina"
    """
    said: Said = context.obj
    account = choice(pay, PAYMENTS)
    if account == Account.RECEIVABLE and to is None:
        raise Friendly(t("Yang berutang siapa? Tambahkan --to NAMA."))
    if item is None and not line:
        raise Friendly(t('Barang apa? Misalnya: canting sell "Kain cap" 2'))
    if price is not None and amount is not None:
        raise Friendly(t("Pilih satu: HARGA semuanya, atau --price harga satu."))
    with said.book() as book:
        asked = [] if item is None else [(item, quantity, amount)]
        for each in line or []:
            parts = each.rsplit(":", 2)
            if len(parts) != 3:
                raise Friendly(
                    t("{each!r}: tulis BARANG:BERAPA:HARGA, misalnya Syal:1:90.000", each=each)
                )
            asked.append((parts[0], parts[1], parts[2]))
        keys = [reading.find(book, Kind.ITEM, name) for name, _, _ in asked]
        lines = [
            _sale_line(book, key, name, many, whole, price, commission)
            for key, (name, many, whole) in zip(keys, asked, strict=True)
        ]
        placed = book.record(
            c.Sale(
                lines,
                place_named(book, at),
                CHANNELS.get(channel.casefold(), channel),
                account,
                day_in(day),
                partner_named(book, to),
                None if fee is None else amount_in(fee),
                None if note is None else book.hide(note),
                reference,
            )
        )[0]
        sold = [(_called(book, key), each.quantity) for key, each in zip(keys, lines, strict=True)]
    total = sum(each.amount for each in lines)
    said.say(
        t(
            "{recorded} jual {goods}, {total} ({pay}). {undo}",
            recorded=recorded(placed.n),
            goods=goods(sold),
            total=money(total),
            pay=pay,
            undo=undo(placed.n),
        ),
        n=placed.n,
        amount=total,
    )


@app.command("return")
def return_(
    context: typer.Context,
    item: ItemArgument,
    quantity: QuantityArgument = "1",
    amount: Annotated[
        str, typer.Argument(metavar="UANG", help="Uang yang dikembalikan, semuanya.")
    ] = "0",
    of: Annotated[
        str | None, typer.Option("--of", metavar="NOMOR", help="Nomor catatan penjualannya.")
    ] = None,
    at: At = "rumah",
    channel: ChannelName = "langsung",
    pay: Pay = "tunai",
    buyer: Annotated[
        str | None, typer.Option("--from", metavar="ORANG", help="Dari pembeli siapa.")
    ] = None,
    day: Day = None,
    note: NoteText = None,
) -> None:
    """Catat barang yang dikembalikan pembeli. Contoh: canting return "Kain cap" 1 175.000"""
    said: Said = context.obj
    with said.book() as book:
        sale = None
        if of is not None:
            row, _ = reading.find_fact(book, of)
            if row.kind != Kind.SALE:
                raise Friendly(t("No. {of} bukan penjualan. Lihat: canting log", of=of))
            sale = book.wire_name(book.key_of(row.placed))
        key = reading.find(book, Kind.ITEM, item)
        back = c.GoodsLine(book.wire_name(key), quantity_in(quantity), amount_in(amount))
        placed = book.record(
            c.Return(
                [back],
                place_named(book, at),
                CHANNELS.get(channel.casefold(), channel),
                choice(pay, PAYMENTS),
                day_in(day),
                partner_named(book, buyer),
                sale,
                None if note is None else book.hide(note),
            )
        )[0]
        what = goods([(_called(book, key), back.quantity)])
    said.say(
        t(
            "{recorded} {what} kembali, {amount} dikembalikan. {undo}",
            recorded=recorded(placed.n),
            what=what,
            amount=money(back.amount),
            undo=undo(placed.n),
        ),
        n=placed.n,
        amount=back.amount,
    )


@app.command()
def buy(
    context: typer.Context,
    item: ItemArgument,
    quantity: QuantityArgument,
    amount: Annotated[str, typer.Argument(metavar="HARGA", help="Harga semuanya.")],
    at: At = "rumah",
    pay: Pay = "tunai",
    seller: Annotated[
        str | None, typer.Option("--from", metavar="ORANG", help="Dari pemasok siapa.")
    ] = None,
    day: Day = None,
    note: NoteText = None,
) -> None:
    """Catat pembelian bahan atau barang. Contoh: canting buy "Mori prima" 10 350.000"""
    said: Said = context.obj
    account = paid_out(pay)
    if account == Account.PAYABLE and seller is None:
        raise Friendly(t("Berutang kepada siapa? Tambahkan --from NAMA."))
    with said.book() as book:
        key = reading.find(book, Kind.ITEM, item)
        bought = c.GoodsLine(book.wire_name(key), quantity_in(quantity), amount_in(amount))
        placed = book.record(
            c.Purchase(
                [bought],
                place_named(book, at),
                account,
                day_in(day),
                partner_named(book, seller),
                None if note is None else book.hide(note),
            )
        )[0]
        what = goods([(_called(book, key), bought.quantity)])
    said.say(
        t(
            "{recorded} beli {what}, {amount} ({pay}). {undo}",
            recorded=recorded(placed.n),
            what=what,
            amount=money(bought.amount),
            pay=pay,
            undo=undo(placed.n),
        ),
        n=placed.n,
        amount=bought.amount,
    )


@app.command()
def make(
    context: typer.Context,
    made: Annotated[
        list[str] | None, typer.Argument(metavar="BARANG:BERAPA", help="Yang jadi.")
    ] = None,
    made_too: Annotated[
        list[str] | None, typer.Option("--made", metavar="BARANG:BERAPA", help="Yang jadi.")
    ] = None,
    used: Annotated[
        list[str] | None, typer.Option(metavar="BARANG:BERAPA", help="Bahan yang habis dipakai.")
    ] = None,
    at: At = "rumah",
    to: Annotated[
        str | None, typer.Option(metavar="TEMPAT", help="Yang jadi ditaruh di mana.")
    ] = None,
    wage: Annotated[str | None, typer.Option(metavar="UPAH", help="Upah semuanya.")] = None,
    worker: Annotated[
        str | None, typer.Option(metavar="ORANG", help="Pembatiknya (harus, kalau upah diutang).")
    ] = None,
    pay: Pay = "tunai",
    day: Day = None,
    note: NoteText = None,
) -> None:
    """Catat pembuatan: bahan dipakai, kain jadi, upah.

    Contoh: canting make "Kain cap:3" --used "Mori prima:7,5" --wage 90.000
    """
    said: Said = context.obj
    account = paid_out(pay)
    if wage is not None and account == Account.PAYABLE and worker is None:
        raise Friendly(t("Upah siapa yang belum dibayar? Tambahkan --worker NAMA."))
    with said.book() as book:
        done, came_out = _move_lines(book, [*(made or []), *(made_too or [])])
        gone, _ = _move_lines(book, used or [])
        if not done and not gone and wage is None:
            raise Friendly(t('Apa yang jadi? Misalnya: canting make "Kain cap:3"'))
        placed = book.record(
            c.Production(
                gone,
                done,
                place_named(book, at),
                None if to is None else place_named(book, to),
                day_in(day),
                None if wage is None else amount_in(wage),
                partner_named(book, worker),
                account,
                None if note is None else book.hide(note),
            )
        )[0]
    paid = "" if wage is None else t(", upah {wage} ({pay})", wage=money(amount_in(wage)), pay=pay)
    said.say(
        t(
            "{recorded} jadi {goods}{paid}. {undo}",
            recorded=recorded(placed.n),
            goods=goods(came_out) or t("belum ada"),
            paid=paid,
            undo=undo(placed.n),
        ),
        n=placed.n,
    )


@app.command()
def move(
    context: typer.Context,
    item: ItemArgument,
    quantity: QuantityArgument,
    source: Annotated[
        str, typer.Option("--from", metavar="TEMPAT", help="Dari tempat mana.")
    ] = "rumah",
    to: Annotated[str, typer.Option("--to", metavar="TEMPAT", help="Ke tempat mana.")] = "rumah",
    day: Day = None,
    note: NoteText = None,
) -> None:
    """Catat barang pindah tempat. Titip jual itu pindah, bukan jual.

    Contoh: canting move "Kain cap" 5 --to "Galeri Majapahit"
    """
    said: Said = context.obj
    with said.book() as book:
        keys = [reading.find(book, Kind.PLACE, each) for each in (source, to)]
        if keys[0] == keys[1]:
            raise Friendly(t("Dari mana ke mana? Tambahkan --to TEMPAT (atau --from TEMPAT)."))
        key = reading.find(book, Kind.ITEM, item)
        line = c.MoveLine(book.wire_name(key), quantity_in(quantity))
        placed = book.record(
            c.Move(
                [line],
                book.wire_name(keys[0]),
                book.wire_name(keys[1]),
                day_in(day),
                None if note is None else book.hide(note),
            )
        )[0]
        ends = [reading.thing(book, Kind.PLACE, each).name for each in keys]
        what = goods([(_called(book, key), line.quantity)])
    said.say(
        t(
            "{recorded} {what} pindah dari {source} ke {to}. {undo}",
            recorded=recorded(placed.n),
            what=what,
            source=ends[0],
            to=ends[1],
            undo=undo(placed.n),
        ),
        n=placed.n,
    )


@app.command()
def count(
    context: typer.Context,
    lines: Annotated[
        list[str], typer.Argument(metavar="BARANG=BERAPA", help="Barang, dan ada berapa.")
    ],
    at: At = "rumah",
    day: Day = None,
) -> None:
    """Catat hasil menghitung barang. Yang tidak disebut tidak ikut dihitung.

    Contoh: canting count "Kain cap=4" "Kain tulis=0" --at "Galeri Majapahit"
    """
    said: Said = context.obj
    with said.book() as book:
        counted, found = [], []
        for each in lines:
            name, equals, many = each.rpartition("=")
            if not equals:
                raise Friendly(t("{each!r}: tulis BARANG=BERAPA, misalnya 'Kain cap=4'", each=each))
            key = reading.find(book, Kind.ITEM, name)
            counted.append(c.CountLine(book.wire_name(key), counted_in(many)))
            found.append((_called(book, key), counted[-1].counted))
        where = reading.find(book, Kind.PLACE, at)
        placed = book.record(c.Count(counted, book.wire_name(where), day_in(day)))[0]
        called = reading.thing(book, Kind.PLACE, where).name
    said.say(
        t(
            "{recorded} di {called} ada {goods}. {undo}",
            recorded=recorded(placed.n),
            called=called,
            goods=goods(found),
            undo=undo(placed.n),
        ),
        n=placed.n,
    )


@app.command()
def void(
    context: typer.Context,
    number: Annotated[
        str, typer.Argument(metavar="NOMOR", help="Nomor catatan, seperti di canting log.")
    ],
    reason: Annotated[str | None, typer.Option(metavar="ALASAN", help="Kenapa.")] = None,
) -> None:
    """Batalkan catatan yang salah. Catatannya tetap terlihat, hanya tidak dihitung lagi.

    Contoh: canting void 12 --reason "salah harga"
    """
    said: Said = context.obj
    with said.book() as book:
        row, already = reading.find_fact(book, number)
        if row.kind == Kind.VOID:
            raise Friendly(
                t("No. {number} pembatalan; catat lagi saja yang dibatalkan.", number=number)
            )
        if row.kind not in FACTS:
            raise Friendly(
                t(
                    "No. {number} tidak bisa dibatalkan; ubah saja, misalnya: item edit.",
                    number=number,
                )
            )
        if already:
            raise Friendly(t("No. {number} sudah dibatalkan.", number=number), "voided_already")
        placed = book.record(c.Void(book.wire_name(book.key_of(row.placed)), reason))[0]
    said.say(
        t("{recorded} no. {number} dibatalkan.", recorded=recorded(placed.n), number=number),
        n=placed.n,
    )


LEVEL_WORDS: Final = {
    "registry": "Dinas hanya melihat bahwa Anda terdaftar.",
    "totals": "Dinas melihat jumlah penjualan per bulan, bukan rinciannya.",
    "lines": "Dinas melihat rincian penjualan dan barang. Nama pembeli tetap tidak terlihat.",
}


@app.command()
def share(
    context: typer.Context,
    level: Annotated[str, typer.Argument(metavar="TINGKAT", help="registry, totals, atau lines.")],
) -> None:
    """Pilih apa yang boleh dilihat dinas. Boleh diubah kapan saja.

    registry: hanya bahwa Anda terdaftar

    totals: jumlah per bulan (ini yang berlaku kalau Anda tidak memilih)

    lines: rincian penjualan dan barang

    Contoh: canting share totals
    """
    said: Said = context.obj
    chosen = choice(level, LEVELS)
    with said.book() as book:
        placed = book.record(c.Consent(chosen))[0]
    said.say(t(LEVEL_WORDS[level.strip().casefold()]), n=placed.n)


# -- names and lines ------------------------------------------------------------------------


def place_named(book: Book, name: str) -> c.Name:
    """Return how the next change names a place."""
    return book.wire_name(reading.find(book, Kind.PLACE, name))


def partner_named(book: Book, name: str | None) -> c.Name | None:
    """Return how the next change names a partner, if there is one."""
    return None if name is None else book.wire_name(reading.find(book, Kind.PARTNER, name))


def _called(book: Book, key: Key) -> str:
    return reading.thing(book, Kind.ITEM, key).name


def recorded(n: int) -> str:
    """Return how an answer begins: what was recorded has a number."""
    return t("Tercatat no. {n}:", n=n)


def undo(n: int) -> str:
    """Return how it is undone."""
    return t("Batalkan: canting void {n}", n=n)


def paid_out(pay: str) -> int:
    """Return the account that pays; on credit it is what she owes."""
    account = choice(pay, PAYMENTS)
    return int(Account.PAYABLE) if account == Account.RECEIVABLE else account


def _sale_line(
    book: Book,
    key: Key,
    name: str,
    quantity: str,
    amount: str | None,
    price: str | None,
    commission: str | None,
) -> c.SaleLine:
    fields = reading.thing(book, Kind.ITEM, key).fields
    many = quantity_in(quantity)
    if amount is not None:
        total = amount_in(amount)
    else:
        each = amount_in(price) if price is not None else fields.get(c.ItemField.PRICE)
        if not isinstance(each, int):
            raise Friendly(
                t(
                    "{name!r} belum punya harga: canting sell {name!r} {quantity} HARGA",
                    name=name,
                    quantity=quantity,
                )
            )
        total = each * many // 1000
    owner = fields.get(c.ItemField.OWNER)
    if owner is None:
        if commission is not None:
            raise Friendly(t("{name!r} milik sendiri: tidak ada komisi.", name=name))
        return c.SaleLine(book.wire_name(key), many, total)
    part = 0 if commission is None else amount_in(commission)
    if part > total:
        raise Friendly(t("Komisinya lebih besar daripada harganya."))
    return c.SaleLine(book.wire_name(key), many, total, book.wire_name(Key(str(owner))), part)


def _move_lines(book: Book, texts: list[str]) -> tuple[list[c.MoveLine], list[tuple[str, int]]]:
    lines, told = [], []
    for text in texts:
        name, colon, many = text.rpartition(":")
        if not colon:
            raise Friendly(t("{text!r}: tulis BARANG:BERAPA, misalnya 'Kain cap:3'", text=text))
        key = reading.find(book, Kind.ITEM, name)
        lines.append(c.MoveLine(book.wire_name(key), quantity_in(many)))
        told.append((_called(book, key), lines[-1].quantity))
    return lines, told
