"""`canting pay|expense|transfer`: money that moves without goods."""

from typing import Annotated, Final

import typer

from canting_client import reading
from canting_client.cli.facts import Day, NoteText, Pay, paid_out, partner_named, recorded, undo
from canting_client.cli.run import Said, app
from canting_client.cli.words import PAYMENTS, Friendly, amount_in, choice, day_in, money
from canting_client.language import t
from canting_protocol import changes as c
from canting_protocol.changes import Account, Kind

ACCOUNTS: Final = {
    "tunai": int(Account.CASH),
    "bank": int(Account.BANK),
    "qris": int(Account.QRIS),
    "modal": int(Account.CAPITAL),
    "prive": int(Account.DRAWINGS),
    "awal": int(Account.OPENING),
}
_HELD: Final = frozenset({Account.CASH, Account.BANK, Account.QRIS})
"""The accounts that hold money of hers."""
_CALLED: Final = {number: word for word, number in ACCOUNTS.items()}
_ALL: Final = frozenset({"lunas", "all"})


@app.command()
def pay(
    context: typer.Context,
    partner: Annotated[
        str | None, typer.Argument(metavar="ORANG", help="Siapa; awal namanya cukup.")
    ] = None,
    amount: Annotated[
        str | None, typer.Argument(metavar="UANG", help="Berapa; atau: lunas.")
    ] = None,
    come_in: Annotated[
        bool | None,
        typer.Option("--in/--out", help="Uang masuk dari dia, atau keluar untuk dia."),
    ] = None,
    pay: Annotated[
        str, typer.Option("--pay", metavar="CARA", help="Dibayar: tunai, transfer, qris.")
    ] = "tunai",
    day: Day = None,
    note: NoteText = None,
) -> None:
    """Catat pembayaran utang, boleh dicicil. Tanpa ORANG: siapa masih berutang.

    Contoh: canting pay "Bu Rina" 100.000

    canting pay "Pak Adi" lunas --out --pay transfer
    """
    said: Said = context.obj
    if partner is None:
        _show_debts(said)
        return
    account = choice(pay, {word: n for word, n in PAYMENTS.items() if n != Account.RECEIVABLE})
    with said.book() as book:
        key = reading.find(book, Kind.PARTNER, partner)
        before = reading.debt(book, key)
        if come_in is None:
            if (before.owes_me > 0) == (before.i_owe > 0):
                raise Friendly(
                    t(
                        "Uangnya masuk atau keluar? Tambahkan --in ({name} membayar) "
                        "atau --out (Anda membayar).",
                        name=before.name,
                    )
                )
            come_in = before.owes_me > 0
        was = before.owes_me if come_in else before.i_owe
        if amount is None:
            raise Friendly(
                t("Berapa yang dibayar? Yang belum lunas: {amount}.", amount=money(max(was, 0)))
            )
        if amount.strip().casefold() in _ALL:
            paid = was
            if paid <= 0:
                raise Friendly(t("Tidak ada utang dengan {name}.", name=before.name), "no_debt")
        else:
            paid = _some(amount)
        placed = book.record(
            c.Payment(
                1 if come_in else -1,
                paid,
                book.wire_name(key),
                account,
                day_in(day),
                None if note is None else book.hide(note),
            )
        )[0]
        after = reading.debt(book, key)
    left = after.owes_me if come_in else after.i_owe
    who = before.name
    words = (
        t("{name} membayar {amount} ({pay}).", name=who, amount=money(paid), pay=pay)
        if come_in
        else t("dibayar kepada {name} {amount} ({pay}).", name=who, amount=money(paid), pay=pay)
    )
    said.say(
        f"{recorded(placed.n)} {words} {_left(left, who, come_in=come_in)} {undo(placed.n)}",
        n=placed.n,
        amount=paid,
        direction="in" if come_in else "out",
        partner=who,
        still_owed=left,
    )


def _left(left: int, who: str, *, come_in: bool) -> str:
    if left == 0:
        return t("Lunas.")
    if left < 0:
        return t("Lebih {amount}: dihitung sebagai uang muka.", amount=money(-left))
    if come_in:
        return t("{name} masih berutang {amount}.", name=who, amount=money(left))
    return t("Anda masih berutang {amount}.", amount=money(left))


def _show_debts(said: Said) -> None:
    with said.book() as book:
        told = reading.debts(book)
    lines = [
        t("{name} berutang kepada Anda {amount}", name=each.name, amount=money(each.owes_me))
        for each in told
        if each.owes_me > 0
    ]
    lines += [
        t("Anda berutang kepada {name} {amount}", name=each.name, amount=money(each.i_owe))
        for each in told
        if each.i_owe > 0
    ]
    for each in told:
        for ahead in (each.owes_me, each.i_owe):
            if ahead < 0:
                lines.append(
                    t("Uang muka dengan {name}: {amount}", name=each.name, amount=money(-ahead))
                )
    said.say(
        "\n".join(lines) or t("Tidak ada utang, tidak ada piutang."),
        rows=[
            {"partner": each.name, "owes_me": each.owes_me, "i_owe": each.i_owe} for each in told
        ],
    )


@app.command()
def expense(
    context: typer.Context,
    category: Annotated[
        str, typer.Argument(metavar="UNTUK", help="Untuk apa: listrik, sewa, ongkir, pameran.")
    ],
    amount: Annotated[str, typer.Argument(metavar="UANG", help="Berapa.")],
    pay: Pay = "tunai",
    to: Annotated[
        str | None, typer.Option(metavar="ORANG", help="Kepada siapa (harus, kalau utang).")
    ] = None,
    day: Day = None,
    note: NoteText = None,
) -> None:
    """Catat biaya yang bukan barang. UNTUK jangan berisi nama orang; itu di --note.

    Contoh: canting expense listrik 150.000

    canting expense pameran 500.000 --pay transfer --note "stan di Trowulan"
    """
    said: Said = context.obj
    account = paid_out(pay)
    what = " ".join(category.split()).casefold()
    if not what or what[0] in "0123456789":
        raise Friendly(t("Biaya apa? Misalnya: canting expense listrik 150.000"))
    if account == Account.PAYABLE and to is None:
        raise Friendly(t("Berutang kepada siapa? Tambahkan --to NAMA."))
    spent = _some(amount)
    with said.book() as book:
        placed = book.record(
            c.Expense(
                what,
                spent,
                account,
                day_in(day),
                partner_named(book, to),
                None if note is None else book.hide(note),
            )
        )[0]
    words = t("biaya {what} {amount} ({pay}).", what=what, amount=money(spent), pay=pay)
    said.say(f"{recorded(placed.n)} {words} {undo(placed.n)}", n=placed.n, amount=spent)


@app.command()
def transfer(
    context: typer.Context,
    amount: Annotated[str, typer.Argument(metavar="UANG", help="Berapa, sebelum potongan.")],
    source: Annotated[
        str, typer.Option("--from", metavar="DARI", help=f"Dari: {', '.join(ACCOUNTS)}.")
    ],
    to: Annotated[str, typer.Option("--to", metavar="KE", help=f"Ke: {', '.join(ACCOUNTS)}.")],
    fee: Annotated[
        str | None, typer.Option(metavar="POTONGAN", help="Potongan QRIS atau bank.")
    ] = None,
    day: Day = None,
    note: NoteText = None,
) -> None:
    """Catat uang pindah: QRIS cair, setor ke bank, modal masuk, prive, saldo awal.

    Contoh: canting transfer 500.000 --from qris --to bank --fee 1.500

    Modal masuk: canting transfer 2.000.000 --from modal --to tunai

    Untuk rumah tangga: canting transfer 300.000 --from tunai --to prive

    Yang sudah ada waktu mulai: canting transfer 750.000 --from awal --to tunai
    """
    said: Said = context.obj
    ends = [choice("bank" if each == "transfer" else each, ACCOUNTS) for each in (source, to)]
    if ends[0] == ends[1]:
        raise Friendly(t("Dari mana ke mana? --from dan --to harus berbeda."))
    if not _HELD.intersection(ends):
        raise Friendly(t("Salah satunya harus uang Anda: tunai, bank, atau qris."))
    moved = _some(amount)
    cut = None if fee is None else amount_in(fee)
    if cut is not None and cut > moved:
        raise Friendly(t("Potongannya lebih besar daripada uangnya."))
    with said.book() as book:
        placed = book.record(
            c.Transfer(
                ends[0], ends[1], moved, day_in(day), cut, None if note is None else book.hide(note)
            )
        )[0]
        holds = reading.balances(book)
    names = [_CALLED[each] for each in ends]
    words = t("{amount} dari {a} ke {b}", amount=money(moved), a=names[0], b=names[1])
    words += t(", potongan {fee}", fee=money(cut)) if cut else ""
    now = ", ".join(
        f"{_CALLED[each]} {money(holds.get(Account(each), 0))}" for each in ends if each in _HELD
    )
    said.say(
        f"{recorded(placed.n)} {words}. {t('Sekarang: {now}.', now=now)} {undo(placed.n)}",
        n=placed.n,
        amount=moved,
        fee=cut or 0,
        balances={_CALLED[each]: holds.get(Account(each), 0) for each in ends},
    )


def _some(text: str) -> int:
    amount = amount_in(text)
    if amount == 0:
        raise Friendly(t("Berapa uangnya? Nol tidak dicatat."), "bad_number")
    return amount
