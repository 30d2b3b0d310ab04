"""The words of the report and of the three statements, Indonesian first."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from canting_client.cli.words import date, money, pieces
from canting_client.language import t
from canting_client.report import GoodsLine, Report
from canting_client.statements import (
    AGES,
    Debts,
    Notes,
    Position,
    ProfitAndLoss,
    Statements,
    channel_word,
)
from canting_client.taxes import RATE_PARTS, Standing

WIDTH: Final = 44
_Word = Callable[[str], str]
_Row = tuple[str, int | None]

MONTHS: Final = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
REASONS: Final = {
    "sale": "penjualan",
    "return": "uang kembali ke pembeli",
    "payment": "bayar utang dan piutang",
    "purchase": "beli bahan dan barang",
    "expense": "biaya",
    "production": "upah",
    "fees": "potongan",
    "capital": "modal",
    "opening": "saldo awal",
    "drawings": "diambil sendiri (prive)",
    "receivable": "piutang usaha",
    "payable": "utang usaha",
}
CHANNELS: Final = {
    "direct": "langsung",
    "shop": "toko",
    "market": "pasar",
    "whatsapp": "wa",
    "fair": "pameran",
    "consignment": "titip",
    "uniform": "seragam",
}
AGE_WORDS: Final = (
    f"sampai {AGES[0]} hari",
    *(f"{low + 1}–{high} hari" for low, high in pairwise(AGES)),
    f"lebih dari {AGES[-1]} hari",
)
POLICIES: Final = (
    "Laporan ini disusun menurut SAK EMKM: dasar akrual, biaya historis, kelangsungan usaha, dan "
    "uang usaha dipisahkan dari uang rumah tangga (prive).",
    "Persediaan dan harga pokok dihitung dengan rata-rata tertimbang bergerak per barang, semua "
    "tempat digabung; setengah rupiah dibulatkan ke atas.",
    "Harga pokok kain buatan sendiri: bahan yang dipakai ditambah upah. Upah tenaga sendiri yang "
    "tidak dicatat belum termasuk.",
    "Barang yang dititipkan tetap persediaan sendiri sampai terjual. Titipan milik orang lain "
    "tidak termasuk persediaan; dari penjualannya hanya komisi yang menjadi pendapatan.",
    "Barang yang terjual sebelum dicatat masuk baru mendapat harga pokok ketika masuk.",
    "Piutang tidak disisihkan. Alat dibebankan waktu dibeli; aset tetap tidak dicatat terpisah.",
    "Pajak penghasilan dibebankan waktu dibayar.",
)


class Called(NamedTuple):
    """What partners, items and places are called."""

    partner: _Word
    item: _Word
    place: _Word


def month_words(month: int) -> str:
    """Return year × 100 + month as people say it."""
    return f"{t(MONTHS[month % 100 - 1])} {month // 100}"


def report_words(told: Report, called: Called, *, whose: str) -> str:
    """Return a month's report on one page."""
    month = month_words(told.month)
    lines = [t("Ringkasan {month}", month=month) + (f", {whose}" if whose else ""), ""]
    flow, at = told.money, told.position
    lines += _table(t("UANG"), [(t("Awal {month}", month=month), flow.before)])
    lines += _rows(t("masuk: "), flow.came, _reason, 1) + _rows(
        t("keluar: "), flow.went, _reason, -1
    )
    lines += _table(None, [(t("Sampai {day}", day=date(told.day)), flow.after)])
    lines += _table(
        None,
        [
            (t("  di kas"), at.cash),
            (t("  di bank"), at.bank),
            (t("  QRIS menunggu cair"), at.qris or None),
        ],
    )
    lines += ["", *profit_words(told.profit_and_loss)]
    lines += ["", *_debt_words(t("PIUTANG (yang berutang kepada Anda)"), told.receivables, called)]
    if at.advances_received:
        lines += _table(None, [(t("  uang muka dari pembeli"), at.advances_received)])
    lines += ["", *_debt_words(t("UTANG (yang harus Anda bayar)"), told.payables, called)]
    if at.advances_paid:
        lines += _table(None, [(t("  uang muka yang Anda bayarkan"), at.advances_paid)])
    lines += ["", *_goods_words(t("SISA BARANG"), told.goods, called, ages=False)]
    lines += ["", *_goods_words(t("TITIPAN DI TEMPAT ORANG"), told.consigned, called, ages=True)]
    lines += ["", *tax_words(told.tax)]
    return "\n".join(lines)


def statement_words(
    told: Statements, tax: Standing | None, called: Called, *, title: str, whose: str
) -> str:
    """Return the three statements, one after the other."""
    name = whose or t("(nama usaha belum diisi)")
    profit, at = told.profit_and_loss, told.position
    until = t("{title}, sampai {day}", title=title, day=date(profit.last))
    lines = [name, t("LAPORAN LABA RUGI"), until, ""]
    lines += profit_words(profit, heading=False)
    lines += ["", name, t("LAPORAN POSISI KEUANGAN"), t("Per {day}", day=date(at.day)), ""]
    lines += position_words(at)
    lines += ["", name, t("CATATAN ATAS LAPORAN KEUANGAN"), title, ""]
    lines += note_words(told.notes, tax, called)
    return "\n".join(lines)


def profit_words(told: ProfitAndLoss, *, heading: bool = True) -> list[str]:
    """Return laba rugi, line by line."""
    word = t("UNTUNG ATAU RUGI") if heading else t("PENDAPATAN")
    missing = told.difference > 0
    difference = t("Selisih hitung (hilang)") if missing else t("Selisih hitung (lebih)")
    lines = _table(
        word,
        [
            (t("Penjualan"), told.sales),
            (t("Retur penjualan"), -told.returns or None),
            (t("Komisi titipan orang"), told.commission or None),
            (t("Harga pokok"), -told.cost_of_goods),
            (difference, -told.difference or None),
            (t("Laba kotor"), told.gross),
            (t("Potongan toko daring, QRIS, titip"), -told.fees or None),
            (t("Upah"), -told.wages or None),
        ],
    )
    lines += _rows(t("Biaya "), told.expenses, _category, -1, indent="")
    lines += _table(
        None,
        [
            (t("Beban keuangan"), -told.interest or None),
            (t("Beban pajak"), -told.tax or None),
            (t("LABA BERSIH") if told.profit >= 0 else t("RUGI BERSIH"), told.profit),
        ],
    )
    return lines


def position_words(at: Position) -> list[str]:
    """Return posisi keuangan, line by line."""
    return [
        *_table(
            t("ASET"),
            [
                (t("Kas"), at.cash),
                (t("Bank"), at.bank),
                (t("QRIS menunggu cair"), at.qris or None),
                (t("Piutang usaha"), at.receivables),
                (t("Uang muka dibayar dan kasbon"), at.advances_paid or None),
                (t("Persediaan"), at.stock),
                (t("JUMLAH ASET"), at.assets),
            ],
        ),
        "",
        *_table(
            t("LIABILITAS"),
            [
                (t("Utang usaha dan upah"), at.payables),
                (t("Uang muka pelanggan"), at.advances_received or None),
                (t("JUMLAH LIABILITAS"), at.liabilities),
            ],
        ),
        "",
        *_table(
            t("EKUITAS"),
            [
                (t("Modal"), at.capital),
                (t("Saldo awal"), at.opening or None),
                (t("Prive"), -at.drawings or None),
                (t("Laba (rugi) tahun-tahun sebelumnya"), at.earlier_profit or None),
                (t("Laba (rugi) tahun ini"), at.profit),
                (t("JUMLAH EKUITAS"), at.equity),
                (t("JUMLAH LIABILITAS DAN EKUITAS"), at.liabilities + at.equity),
            ],
        ),
    ]


def note_words(told: Notes, tax: Standing | None, called: Called) -> list[str]:
    """Return the notes: policies, then the figures behind the lines."""
    lines = [t("1. Kebijakan akuntansi")]
    for each in POLICIES:
        lines += _wrapped(t(each))
    lines += ["", *_debt_words(t("2. Piutang usaha"), told.receivables, called)]
    lines += _rows(t("uang muka: "), told.advances_received, called.partner, 1)
    lines += ["", *_debt_words(t("3. Utang usaha dan upah"), told.payables, called)]
    lines += _rows(t("uang muka, kasbon: "), told.advances_paid, called.partner, 1)
    stock = [
        (f"{called.item(each.item)}, {pieces(each.quantity)}", each.value) for each in told.stock
    ]
    lines += ["", *_table(t("4. Persediaan"), sorted(stock))]
    if told.unpriced_stock:
        lines += _table(None, [(t("tanpa rincian barang"), told.unpriced_stock)])
    for line in told.below_zero:
        lines += _wrapped(
            t(
                "{item}: keluar {quantity} lebih banyak daripada yang dicatat masuk; harga "
                "pokoknya belum dihitung. Catat belinya atau buatnya.",
                item=called.item(line.item),
                quantity=pieces(-line.quantity),
            )
        )
    for line in told.costless:
        lines += _wrapped(
            t(
                "{item}: ada {quantity} tanpa harga pokok.",
                item=called.item(line.item),
                quantity=pieces(line.quantity),
            )
        )
    lines += ["", t("5. Penjualan menurut saluran")]
    lines += _rows("", told.sales_by_channel, _channel, 1) or [t("  tidak ada")]
    lines += ["", t("6. Biaya")]
    lines += _rows("", told.expenses, _category, 1) or [t("  tidak ada")]
    return [*lines, "", *tax_words(tax, heading=t("7. Pajak penghasilan"))]


def tax_words(told: Standing | None, heading: str | None = None) -> list[str]:
    """Return where the year stands against the line below which nothing is due."""
    heading = heading or t("OMZET DAN PAJAK UMKM")
    if told is None:
        return [heading, t("  Aturan pajak untuk tahun ini tidak ada di data.")]
    rate = f"{told.rate * 100 / RATE_PARTS:g}".replace(".", ",")
    until = month_words(told.months[-1].month)
    lines = _table(
        heading,
        [
            (t("Omzet {year} sampai {month}", year=told.year, month=until), told.turnover),
            (t("Batas bebas pajak setahun"), told.free),
        ],
    )
    if told.beyond:
        lines += _wrapped(t("Omzet sudah di atas batas pajak UMKM: tanyakan kantor pajak."))
    if told.tax:
        lines += _table(None, [(t("Pajak {rate}% tahun ini", rate=rate), told.tax)])
        lines += [
            line
            for month in told.months
            if month.tax
            for line in _table(None, [(f"  {month_words(month.month)}", month.tax)])
        ]
    else:
        lines += _table(None, [(t("Sisa sampai batas"), told.left)])
        lines += [t("  Belum ada pajak yang harus dibayar.")]
    of_whom = t("Untuk orang pribadi; {source}. Bukan nasihat pajak.", source=told.source)
    return [*lines, *_wrapped(of_whom)]


def _debt_words(heading: str, told: Sequence[Debts], called: Called) -> list[str]:
    total = sum(each.total for each in told)
    lines = _table(heading, [(t("Jumlah"), total)]) if told else [heading, t("  tidak ada")]
    for each in told:
        lines += _table(None, [(f"  {called.partner(each.partner)}", each.total)])
        for age, amount in zip(AGE_WORDS, each.by_age, strict=True):
            if amount:
                lines += _table(None, [(f"    {t(age)}", amount)])
    return lines


def _goods_words(
    heading: str, told: Iterable[GoodsLine], called: Called, *, ages: bool
) -> list[str]:
    lines, place = [heading], ""
    named = [(called.place(each.place), called.item(each.item), each) for each in told]
    for where, item, each in sorted(named, key=lambda row: (row[0].casefold(), row[1].casefold())):
        if where != place:
            lines.append(f"  {where}")
            place = where
        age = _age(each.days) if ages else "" if each.own else t(" (milik orang)")
        lines += _table(
            None, [(f"    {pieces(each.quantity)} {item}{age}", each.value or None)], bare=True
        )
    return lines if len(lines) > 1 else [heading, t("  tidak ada")]


def _age(days: int) -> str:
    return t(" (1 hari)") if days == 1 else t(" ({days} hari)", days=days)


def _table(heading: str | None, rows: Iterable[_Row], *, bare: bool = False) -> list[str]:
    """Return rows of words and rupiah; those without an amount are left out, or `bare`."""
    lines = [] if heading is None else [heading]
    for words, amount in rows:
        if amount is not None:
            lines.append(f"  {words:<{WIDTH}} {money(amount):>17}")
        elif bare:
            lines.append(f"  {words}")
    return lines


def _rows(
    before: str, sums: dict[str, int], word: _Word, sign: int, indent: str = "  "
) -> list[str]:
    return _table(None, [(f"{indent}{before}{word(each)}", sign * n) for each, n in sums.items()])


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 62, initial_indent="  ", subsequent_indent="  ")


def _reason(word: str) -> str:
    return t(REASONS.get(word, word))


def _channel(channel: str) -> str:
    word = channel_word(channel)
    return t(CHANNELS.get(word, word))


def _category(category: str) -> str:
    return t("jenis {number}", number=category) if category.isdigit() else category
