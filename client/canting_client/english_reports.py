"""What the report and the statements say, in English; the terms are those of the IFRS for SMEs."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "{title}, sampai {day}": "{title}, until {day}",
    "Untuk orang pribadi; {source}. Bukan nasihat pajak.": (
        "For natural persons; {source}. This is not tax advice."
    ),
    "(nama usaha belum diisi)": "(no name of the business yet)",
    "LAPORAN LABA RUGI": "INCOME STATEMENT",
    "LAPORAN POSISI KEUANGAN": "STATEMENT OF FINANCIAL POSITION",
    "Per {day}": "As at {day}",
    "CATATAN ATAS LAPORAN KEUANGAN": "NOTES TO THE FINANCIAL STATEMENTS",
    "UNTUNG ATAU RUGI": "PROFIT OR LOSS",
    "PENDAPATAN": "INCOME",
    "Biaya ": "Expense: ",
    "1. Kebijakan akuntansi": "1. Accounting policies",
    "uang muka: ": "advance: ",
    "uang muka, kasbon: ": "advance, loan: ",
    "5. Penjualan menurut saluran": "5. Sales by channel",
    "6. Biaya": "6. Expenses",
    "OMZET DAN PAJAK UMKM": "TURNOVER AND TAX OF SMALL BUSINESSES",
    "jenis {number}": "kind {number}",
    "Ringkasan {month}": "Summary of {month}",
    "masuk: ": "in: ",
    "keluar: ": "out: ",
    "{item}: keluar {quantity} lebih banyak daripada yang dicatat masuk; harga pokoknya belum "
    "dihitung. Catat belinya atau buatnya.": (
        "{item}: {quantity} more went out than was recorded as coming in; its cost is not counted "
        "yet. Record how it was bought or made."
    ),
    "{item}: ada {quantity} tanpa harga pokok.": "{item}: {quantity} are there without a cost.",
    "  tidak ada": "  none",
    "  Aturan pajak untuk tahun ini tidak ada di data.": (
        "  The data hold no tax rules for this year."
    ),
    "Omzet sudah di atas batas pajak UMKM: tanyakan kantor pajak.": (
        "Turnover is beyond the limit of this tax: ask the tax office."
    ),
    "  Belum ada pajak yang harus dibayar.": "  No tax is due yet.",
    " (1 hari)": " (1 day)",
    " ({days} hari)": " ({days} days)",
    "Awal {month}": "At the beginning of {month}",
    "Sampai {day}": "Until {day}",
    "  di kas": "  in cash",
    "  di bank": "  in the bank",
    "  QRIS menunggu cair": "  QRIS not settled yet",
    "PIUTANG (yang berutang kepada Anda)": "RECEIVABLES (who owes you)",
    "UTANG (yang harus Anda bayar)": "PAYABLES (what you owe)",
    "SISA BARANG": "GOODS IN STOCK",
    "TITIPAN DI TEMPAT ORANG": "YOUR GOODS ON CONSIGNMENT",
    "Penjualan": "Sales",
    "Retur penjualan": "Sales returns",
    "Komisi titipan orang": "Commission on others' goods",
    "Harga pokok": "Cost of goods sold",
    "Laba kotor": "Gross profit",
    "Potongan toko daring, QRIS, titip": "Fees of online shops, QRIS, consignment",
    "Upah": "Wages",
    "Beban keuangan": "Finance costs",
    "Beban pajak": "Tax expense",
    "ASET": "ASSETS",
    "LIABILITAS": "LIABILITIES",
    "EKUITAS": "EQUITY",
    "2. Piutang usaha": "2. Trade receivables",
    "3. Utang usaha dan upah": "3. Trade payables and wages due",
    "4. Persediaan": "4. Inventories",
    "Omzet {year} sampai {month}": "Turnover of {year} until {month}",
    "Batas bebas pajak setahun": "Free of tax in a year, up to",
    " (milik orang)": " (someone else's)",
    "  uang muka dari pembeli": "  advances from buyers",
    "  uang muka yang Anda bayarkan": "  advances you have paid",
    "Selisih hitung (hilang)": "Count differences (missing)",
    "Selisih hitung (lebih)": "Count differences (found)",
    "LABA BERSIH": "NET PROFIT",
    "RUGI BERSIH": "NET LOSS",
    "tanpa rincian barang": "without the goods being named",
    "7. Pajak penghasilan": "7. Income tax",
    "Pajak {rate}% tahun ini": "Tax of {rate}% this year",
    "Sisa sampai batas": "Left until the limit",
    "Jumlah": "Total",
    "Kas": "Cash",
    "Bank": "Bank",
    "QRIS menunggu cair": "QRIS not settled yet",
    "Piutang usaha": "Trade receivables",
    "Uang muka dibayar dan kasbon": "Advances and loans paid",
    "Persediaan": "Inventories",
    "JUMLAH ASET": "TOTAL ASSETS",
    "Utang usaha dan upah": "Trade payables and wages due",
    "Uang muka pelanggan": "Advances from customers",
    "JUMLAH LIABILITAS": "TOTAL LIABILITIES",
    "Modal": "Capital",
    "Saldo awal": "Opening balances",
    "Prive": "Drawings",
    "Laba (rugi) tahun-tahun sebelumnya": "Profit (loss) of earlier years",
    "Laba (rugi) tahun ini": "Profit (loss) of this year",
    "JUMLAH EKUITAS": "TOTAL EQUITY",
    "JUMLAH LIABILITAS DAN EKUITAS": "TOTAL LIABILITIES AND EQUITY",
    "Tahun {year}": "Year {year}",
    "{text!r} bukan bulan; tulis seperti 2026-10": "{text!r} is no month; write it like 2026-10",
    "Pilih satu: --month atau --year.": "Choose one: --month or --year.",
    "{text!r} bukan tahun; tulis seperti 2026": "{text!r} is no year; write it like 2026",
    "Lihat ringkasan sebulan: uang, untung, piutang, utang, barang, titipan, pajak.": (
        "See a month's summary: money, profit, who owes whom, goods, consignment, tax."
    ),
    "Bulan apa, kalau bukan bulan ini.": "Which month, if not this one.",
    "TAHUN-BULAN": "YEAR-MONTH",
    "Cetak laporan keuangan SAK EMKM: laba rugi, posisi keuangan, catatan.": (
        "Print the statements of SAK EMKM: income, financial position, notes."
    ),
    "Setahun, misalnya 2026.": "A year, 2026 for example.",
    "TAHUN": "YEAR",
    # -- tables -------------------------------------------------------------------------------
    "Januari": "January",
    "Februari": "February",
    "Maret": "March",
    "April": "April",
    "Juni": "June",
    "Juli": "July",
    "Agustus": "August",
    "September": "September",
    "Oktober": "October",
    "November": "November",
    "Desember": "December",
    "uang kembali ke pembeli": "paid back to buyers",
    "bayar utang dan piutang": "debts paid",
    "beli bahan dan barang": "materials and goods",
    "saldo awal": "opening balance",
    "diambil sendiri (prive)": "taken for yourself (drawings)",
    "piutang usaha": "receivables",
    "utang usaha": "payables",
    "langsung": "direct",
    "toko": "shop",
    "pasar": "market",
    "wa": "wa",
    "pameran": "fair",
    "titip": "consignment",
    "seragam": "uniforms",
    "sampai 30 hari": "up to 30 days",
    "31–60 hari": "31–60 days",
    "61–90 hari": "61–90 days",
    "lebih dari 90 hari": "more than 90 days",
    "Laporan ini disusun menurut SAK EMKM: dasar akrual, biaya historis, kelangsungan usaha, dan "
    "uang usaha dipisahkan dari uang rumah tangga (prive).": (
        "These statements follow SAK EMKM: accrual basis, historical cost, going concern, and the "
        "money of the business kept apart from that of the household (drawings)."
    ),
    "Persediaan dan harga pokok dihitung dengan rata-rata tertimbang bergerak per barang, semua "
    "tempat digabung; setengah rupiah dibulatkan ke atas.": (
        "Inventories and cost are a moving weighted average of each item, over all places; half a "
        "rupiah is rounded up."
    ),
    "Harga pokok kain buatan sendiri: bahan yang dipakai ditambah upah. Upah tenaga sendiri yang "
    "tidak dicatat belum termasuk.": (
        "The cost of cloth made here is its materials and wages. Own labour that is not recorded "
        "is not in it."
    ),
    "Barang yang dititipkan tetap persediaan sendiri sampai terjual. Titipan milik orang lain "
    "tidak termasuk persediaan; dari penjualannya hanya komisi yang menjadi pendapatan.": (
        "Goods on consignment stay own inventory until sold. Other people's goods are no "
        "inventory; of their sale only the commission is income."
    ),
    "Barang yang terjual sebelum dicatat masuk baru mendapat harga pokok ketika masuk.": (
        "Goods that were sold before they were recorded as coming in get their cost when they do."
    ),
    "Piutang tidak disisihkan. Alat dibebankan waktu dibeli; aset tetap tidak dicatat terpisah.": (
        "Nothing is set aside for receivables. Tools are an expense when bought; fixed assets are "
        "not recorded apart."
    ),
    "Pajak penghasilan dibebankan waktu dibayar.": "Income tax is an expense when paid.",
}
