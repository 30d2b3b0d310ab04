"""`canting ledger|export|backup|restore`: the whole book, to be read, taken along, put back."""

from pathlib import Path
from typing import Annotated, Any

import typer

from canting_client import reading
from canting_client.cli.run import Said, app
from canting_client.cli.words import Friendly, choice, date, goods, money, month_in
from canting_client.language import t
from canting_client.vocabulary import KINDS
from canting_protocol.changes import Kind

_KIND_WORDS = {word: kind for kind, word in KINDS.items()} | {
    kind.name.lower(): kind for kind in KINDS
}


@app.command()
def ledger(
    context: typer.Context,
    month: Annotated[
        str | None, typer.Option(metavar="BULAN", help="Bulan ini saja: Nov 2026, atau 2026-11.")
    ] = None,
    partner: Annotated[
        str | None, typer.Option(metavar="ORANG", help="Hanya dengan orang ini.")
    ] = None,
    item: Annotated[str | None, typer.Option(metavar="BARANG", help="Hanya barang ini.")] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="JENIS", help=f"Hanya: {', '.join(KINDS.values())}.")
    ] = None,
) -> None:
    """Lihat buku harian: semua catatan menurut tanggal, yang dibatalkan ditandai.

    Contoh: canting ledger --month "Nov 2026"

    canting ledger --partner "Bu Rina" --kind jual
    """
    from canting_client.daybook import Wanted, journal

    said: Said = context.obj
    with said.book() as book:
        wanted = Wanted(
            None if month is None else month_in(month),
            None if partner is None else reading.find(book, Kind.PARTNER, partner),
            None if item is None else reading.find(book, Kind.ITEM, item),
            None if kind is None else choice(kind, _KIND_WORDS),
        )
        with book.still():
            told = journal(book, wanted)
    came_in = sum(each.money for each in told if each.money > 0)
    went_out = -sum(each.money for each in told if each.money < 0)
    lines = _journal_lines(told)
    if told:
        lines.append(
            t(
                "{n} catatan. Uang masuk {came_in}, keluar {went_out}.",
                n=len(told),
                came_in=money(came_in),
                went_out=money(went_out),
            )
        )
    said.say(
        "\n".join(lines) or t("Belum ada catatan."),
        rows=[_row(each) for each in told],
        came_in=came_in,
        went_out=went_out,
    )


def _journal_lines(told: list[Any]) -> list[str]:
    width = max((len(each.number) for each in told), default=0)
    lines = []
    for each in told:
        words = [t(KINDS[each.kind])]
        if each.kind == Kind.VOID:
            words.append(t("no. {n}", n=each.of))
        if each.category:
            words.append(each.category)
        if each.lines:
            made = [line for line in each.lines if line.role != "used"] or each.lines
            words.append(goods([(line.item, line.quantity) for line in made]))
        if each.into:
            words.append(f"{t(each.account)} → {t(each.into)}")
        if each.amount is not None:
            words.append(money(each.amount))
        about = [each.partner] if each.partner else []
        if each.account and not each.into:
            about.append(t(each.account))
        if each.to:
            about.append(f"{each.place} → {each.to}")
        if each.note:
            about.append(f"“{each.note}”")
        tail = f" ({', '.join(about)})" if about else ""
        if each.voided:
            tail += "  " + t("(dibatalkan)")
        elif not each.counts and each.kind != Kind.VOID:
            tail += "  " + t("(tidak dihitung)")
        elif each.money:
            tail += f"  {'+' if each.money > 0 else '−'}{money(abs(each.money))}"
        lines.append(f"{each.number:>{width}}  {date(each.day):>11}  {' '.join(words)}{tail}")
    return lines


def _row(entry: Any) -> dict[str, Any]:
    return {
        "number": entry.number,
        "kind": entry.kind.name.lower(),
        "day": entry.day,
        "lines": [
            {
                "role": line.role or None,
                "item": line.item,
                "quantity": line.quantity,
                "amount": line.amount,
            }
            for line in entry.lines
        ],
        "partner": entry.partner,
        "place": entry.place,
        "to": entry.to,
        "channel": entry.channel,
        "account": entry.account,
        "into": entry.into,
        "category": entry.category,
        "amount": entry.amount,
        "fee": entry.fee,
        "money": entry.money,
        "note": entry.note,
        "reference": entry.reference,
        "of": entry.of,
        "voided": entry.voided,
        "counts": entry.counts,
    }


@app.command()
def export(
    context: typer.Context,
    target: Annotated[
        Path, typer.Argument(metavar="TUJUAN", help="Folder baru, atau berkas baru .zip.")
    ],
    semicolon: Annotated[
        bool,
        typer.Option("--semicolon", help="Pisahkan dengan titik koma: untuk Excel Indonesia."),
    ] = False,
) -> None:
    """Tulis seluruh buku sebagai tabel CSV: data ini milik Anda.

    Nama orang terbaca di dalamnya, juga kalau bukunya terkunci. Yang sudah ada tidak pernah
    ditimpa.

    Contoh: canting export buku-2026 --semicolon

    canting export buku-2026.zip
    """
    from canting_client.export import export as write_tables

    said: Said = context.obj
    with said.book() as book:
        done = write_tables(book, target, semicolon=semicolon)
    facts = done.rows["catatan.csv"]
    words = t(
        "{files} tabel, {facts} catatan, ditulis ke {target}.",
        files=len(done.rows),
        facts=facts,
        target=target,
    )
    said.say(
        f"{words} {t('Nama orang terbaca di dalamnya: simpan baik-baik.')}",
        target=str(target),
        rows=done.rows,
    )


@app.command()
def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="BERKAS", help="Berkas baru untuk cadangan.")],
) -> None:
    """Buat cadangan buku, juga selagi buku dipakai. Yang sudah ada tidak pernah ditimpa.

    Siapa memegang berkas ini bisa membaca dan menulis buku Anda, juga kalau bukunya terkunci:
    cadangan tidak terkunci. Simpan baik-baik.

    Contoh: canting backup siti-24-nov.canting
    """
    from canting_client.backup import BadBackup, back_up

    said: Said = context.obj
    with said.book() as book:
        try:
            done = back_up(said.home, book, target)
        except BadBackup as error:
            raise Friendly(str(error), "bad_backup") from error
    words = t(
        "Cadangan buku {name!r} ({n} catatan) ada di {target}.",
        name=done.name,
        n=done.changes,
        target=target,
    )
    said.say(
        f"{words} {t('Simpan di luar perangkat ini. Memulihkan: canting restore BERKAS')}",
        book=done.name,
        changes=done.changes,
        target=str(target),
    )


@app.command()
def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="BERKAS", help="Berkas cadangan.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Ganti buku yang ada; yang lama disimpan.")
    ] = False,
) -> None:
    """Pulihkan buku dari cadangan, di perangkat ini atau perangkat baru.

    Sesudahnya: canting sync. Yang dicatat sesudah cadangan dan sudah sampai di dinas kembali juga.

    Contoh: canting restore siti-24-nov.canting

    Sebagai buku lain: canting restore siti-24-nov.canting --book siti2
    """
    from canting_client.backup import BadBackup, Exists
    from canting_client.backup import restore as put_back

    said: Said = context.obj
    try:
        done = put_back(said.home, source, said.book_name, instead=yes)
    except BadBackup as error:
        raise Friendly(str(error), "bad_backup") from error
    except Exists as error:
        here = t("rusak") if error.here is None else t("berisi {here} catatan", here=error.here)
        raise Friendly(
            t(
                "Buku {name!r} sudah ada dan {here}; cadangan ini {there}. "
                "Tambahkan --yes untuk menggantinya (yang lama disimpan), atau --book NAMA-LAIN.",
                name=error.name,
                here=here,
                there=error.there,
            ),
            "book_exists",
        ) from error
    words = [t("Buku {name!r} pulih: {n} catatan.", name=done.name, n=done.changes)]
    if done.kept is not None:
        words.append(t("Buku yang lama disimpan di {kept}.", kept=done.kept))
    words.append(t("Ambil yang lebih baru dari dinas: canting sync"))
    said.say(
        "\n".join(words),
        book=done.name,
        changes=done.changes,
        kept=None if done.kept is None else str(done.kept),
    )
