"""`canting log|stock|conflicts|status`: what the book says."""

from collections import Counter
from typing import Annotated, Any, Final

import typer

from canting_client import reading
from canting_client.cli.run import Said, app
from canting_client.cli.words import date, goods, money, pieces, revoked_since, when
from canting_client.language import t
from canting_client.vocabulary import FIELDS, KINDS
from canting_protocol import changes as c
from canting_protocol.changes import Kind
from canting_protocol.messages import Reason, Verdict
from canting_protocol.names import Key

VERDICTS: Final = {
    Verdict.CONFLICT: "ditulis lain di tempat lain",
    Verdict.PARKED: "disimpan, menunggu",
    Verdict.REFUSED: "disimpan, tidak dihitung",
}
REASONS: Final = {
    Reason.NONE: "",
    Reason.UNKNOWN_KIND: "dinas belum mengenal jenis catatan ini",
    Reason.BAD_VALUE: "isinya tidak terbaca",
    Reason.OUT_OF_SCOPE: "bukan wewenang yang menulis",
    Reason.NOT_YOURS: "yang dibatalkan bukan catatan sendiri",
    Reason.NOT_A_FACT: "yang dibatalkan bukan catatan kejadian",
    Reason.REVOKED: "perangkat yang menulisnya dicabut dinas",
}
WHOSE: Final = {"here": "perangkat ini", "registry": "dinas", "other": "perangkat lain"}
_OF: Final = {"item": Kind.ITEM, "partner": Kind.PARTNER, "place": Kind.PLACE}


@app.command("log")
def log_(
    context: typer.Context,
    many: Annotated[
        int, typer.Option("--last", metavar="BERAPA", min=1, help="Berapa catatan.")
    ] = 20,
) -> None:
    """Lihat catatan terbaru, dengan nomornya. Contoh: canting log --last 50"""
    said: Said = context.obj
    with said.book() as book:
        told = reading.newest(book, many)
    width = max((len(each.number) for each in told), default=0)

    def line(fact: reading.Fact) -> str:
        what = t("no. {of}", of=fact.of) if fact.of is not None else goods(fact.goods)
        amount = "" if fact.amount is None else money(fact.amount)
        gone = "  " + t("(dibatalkan)") if fact.voided else ""
        about = ", ".join(each for each in (what, amount) if each)
        happened = f"{t(KINDS[fact.kind])} {about}{gone}"
        return f"{fact.number:>{width}}  {date(fact.day):>11}  {happened}"

    rows = [
        {
            "number": each.number,
            "kind": each.kind.name.lower(),
            "day": each.day,
            "goods": [{"item": item, "quantity": quantity} for item, quantity in each.goods],
            "amount": each.amount,
            "voided": each.voided,
            "of": each.of,
        }
        for each in told
    ]
    said.say("\n".join(map(line, told)) or t("Belum ada catatan."), rows=rows)


@app.command()
def stock(
    context: typer.Context,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TEMPAT", help="Hanya di tempat ini.")
    ] = None,
) -> None:
    """Lihat sisa barang, dan di mana. Contoh: canting stock --at rumah"""
    said: Said = context.obj
    with said.book() as book:
        where = None if at is None else reading.find(book, Kind.PLACE, at)
        least = {
            each.key: each.fields.get(c.ItemField.STOCK_MIN)
            for each in reading.things(book, Kind.ITEM)
        }
        lying = list(reading.stock(book))
    total: Counter[str] = Counter()
    for _, _, each in lying:
        total[each.item] += each.quantity
    rows: list[dict[str, Any]] = [
        {
            "item": item,
            "place": place,
            "quantity": each.quantity,
            "uncertain": each.uncertain,
            "disputed": bool(each.disputed),
            "scarce": total[each.item] < (least.get(Key(each.item)) or 0),
        }
        for item, place, each in lying
        if where is None or each.place == where
    ]

    def line(row: dict[str, Any]) -> str:
        notes = []
        if row["quantity"] < 0:
            notes.append(t("kurang dari nol: hitung barangnya"))
        elif row["scarce"]:
            notes.append(t("hampir habis"))
        if row["uncertain"]:
            notes.append(
                t("{uncertain} belum pasti: hitung lagi", uncertain=pieces(row["uncertain"]))
            )
        if row["disputed"]:
            notes.append(t("dua hitungan berbeda: hitung lagi"))
        note = f"  ← {'; '.join(notes)}" if notes else ""
        return f"{pieces(row['quantity']):>8}  {row['item']}  ({row['place']}){note}"

    said.say("\n".join(map(line, rows)) or t("Belum ada barang."), rows=rows)


@app.command()
def conflicts(context: typer.Context) -> None:
    """Lihat yang ditulis berbeda di dua perangkat. Tulis sekali lagi untuk memutuskan.

    Contoh: canting conflicts

    canting item edit "Kain cap" --price 185.000
    """
    said: Said = context.obj
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    with said.book() as book:
        for entity, field, values in reading.conflicts(book):
            word, _, key = entity.partition(":")
            kind = _OF.get(word)
            name = t("profil") if kind is None else reading.thing(book, kind, Key(key)).name
            about = FIELDS.get(word, {}).get(field)
            told_about = t("isian {field}", field=field) if about is None else t(about)
            told = [
                {"value": each.value, "shown": each.shown, "whose": each.whose} for each in values
            ]
            rows.append({"of": name, "field": told_about, "values": told})
            lines.append(f"{name}, {told_about}:")
            for each in values:
                price = about == "harga" and isinstance(each.value, int)
                value = money(each.value) if price else each.value
                used = t("  ← yang dipakai") if each.shown else ""
                lines.append(f"  {value}  ({t(WHOSE[each.whose])}){used}")
        for item, place, lying in reading.stock(book):
            if lying.disputed:
                rows.append(
                    {
                        "of": t("{item} di {place}", item=item, place=place),
                        "field": t("hitungan"),
                        "values": [],
                    }
                )
                lines.append(
                    t(
                        "{item} di {place}: dua hitungan berbeda. Hitung lagi barangnya.",
                        item=item,
                        place=place,
                    )
                )
    said.say("\n".join(lines) or t("Tidak ada yang berbeda."), rows=rows)


@app.command()
def status(context: typer.Context) -> None:
    """Lihat apa yang sudah dan belum sampai ke dinas. Contoh: canting status"""
    said: Said = context.obj
    with said.book() as book:
        told = reading.figures(book)
        url, joined = book.url, book.artisan is not None
        level = reading.sharing(book).name.lower()
        revoked = reading.revocation(book)
        carried, custody = book.carried()
    alone = told.only_here - carried
    lines = [
        t("Belum terkirim (hanya di perangkat ini): {only_here}", only_here=alone)
        if alone
        else t("Semua terkirim ✓")
        if not carried
        else t("Semua sudah terkirim atau dititipkan."),
        *([t("Dititipkan, belum sampai di dinas: {carried}", carried=carried)] if carried else []),
        *dict.fromkeys(
            t("  ke {name} sejak {taken}", name=each.name or "?", taken=when(each.taken))
            for each in custody
        ),
        t("Sudah di dinas: {in_registry}", in_registry=told.in_registry),
    ]
    if not told.only_here and not told.in_registry:
        lines = [t("Buku ini masih kosong.")]
    for each in told.because:
        why = REASONS.get(each.reason, "") if each.reason is not None else t("lihat dinas")
        why = t(why) if why else ""
        verdict = t(VERDICTS[each.verdict])
        lines.append(f"  {each.changes} {verdict}{': ' if why else ''}{why}")
    if told.conflicts:
        lines.append(t("  Lihat: canting conflicts"))
    if revoked is not None:
        lines.append(revoked_since(revoked.day, revoked.reason))
    if not joined:
        lines.append(t("Belum terhubung ke dinas: canting join ALAMAT KODE"))
    said.say(
        "\n".join(lines),
        joined=joined,
        url=url,
        sharing=level,
        revoked=None if revoked is None else revoked._asdict(),
        only_here=told.only_here,
        carried=carried,
        in_registry=told.in_registry,
        conflicts=told.conflicts,
        parked=told.parked,
        refused=told.refused,
        because=[
            {
                "verdict": each.verdict.name.lower(),
                "reason": each.reason.name.lower() if each.reason is not None else None,
                "changes": each.changes,
            }
            for each in told.because
        ],
    )
