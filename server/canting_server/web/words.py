"""What the pages say, in Indonesian first and in English, and how they write numbers and days."""

import re
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple

from canting_protocol.changes import ItemField, PartnerField, PlaceField, ProfileField
from canting_server.registry.ask import HERS, UNKNOWN

Language = Literal["id", "en"]

SAY: Final[dict[str, tuple[str, str]]] = {
    "title": ("Registri batik Kota Mojokerto", "Batik registry of Kota Mojokerto"),
    "skip": ("Langsung ke isi", "Skip to the content"),
    "language": ("Bahasa", "Language"),
    "sign_in": ("Masuk", "Sign in"),
    "sign_in_lead": (
        "Untuk staf dinas. Tempel token yang dibuat operator untuk Anda; token tidak disimpan di"
        " peramban ini.",
        "For staff of the department. Paste the token that the operator made for you; it is not"
        " kept in this browser.",
    ),
    "token": ("Token", "Token"),
    "sign_out": ("Keluar", "Sign out"),
    "signed_in_as": ("Masuk sebagai", "Signed in as"),
    "wrong_token": (
        "Token itu tidak dikenal. Periksa lagi, atau minta yang baru kepada operator.",
        "That token is not known. Check it, or ask the operator for a new one.",
    ),
    "signed_out": ("Anda sudah keluar.", "You have signed out."),
    "over": (
        "Anda belum masuk, atau sesi sudah berakhir. Masuk lagi; tidak ada yang diubah.",
        "You are not signed in, or the session is over. Sign in again; nothing was changed.",
    ),
    "elsewhere": (
        "Formulir itu bukan dari halaman ini, jadi tidak dijalankan. Coba lagi dari sini.",
        "That form was not from this page, so it was not carried out. Try again from here.",
    ),
    "settled": (
        "Tersimpan. Perangkat perajin menerimanya pada sinkron berikutnya.",
        "Saved. Her devices get it with their next sync.",
    ),
    "already": (
        "Nilai itu sudah berlaku; tidak ada yang perlu diubah.",
        "That value stood already; there was nothing to change.",
    ),
    "changed": (
        "Nilainya sudah berubah sejak Anda melihatnya, jadi pilihan itu tidak dijalankan.",
        "The values have changed since you saw them, so the choice was not carried out.",
    ),
    "gone": (
        "Pertentangan itu tidak ada lagi.",
        "That conflict is no longer there.",
    ),
    "unknown_field": (
        "Isian itu dibuat aplikasi versi lebih baru; menunggu pembaruan di sini.",
        "That field was made by a newer version; it waits for the upgrade here.",
    ),
    "now_stands": ("Yang berlaku sekarang", "What stands now"),
    "coverage": ("Cakupan", "Coverage"),
    "artisans": ("Perajin terdaftar", "Artisans in the registry"),
    "counted": ("Dihitung dalam omzet", "Counted in the turnover"),
    "withheld": (
        "hanya berbagi data registri: {count}",
        "share only the registry's data: {count}",
    ),
    "all_shared": ("semua berbagi angka bulanan", "all share monthly totals"),
    "reported": ("Pernah melapor", "Have reported"),
    "never": ("belum pernah melapor: {count}", "never reported: {count}"),
    "none_never": ("tidak ada yang belum", "nobody is missing"),
    "through": ("Lengkap sampai", "Complete through"),
    "through_all": (
        "semua yang dihitung sudah melapor sampai hari itu",
        "all that are counted have reported through that day",
    ),
    "through_none": (
        "belum: ada yang belum pernah melapor",
        "not yet: some have never reported",
    ),
    "longest": ("terlama terdengar {day}", "heard longest ago: {day}"),
    "same": ("Kemungkinan orang yang sama: {count}", "Possibly the same person: {count}"),
    "of_all": ("{count} dari {all}", "{count} of {all}"),
    "turnover": ("Omzet per bulan dan kecamatan", "Turnover by month and kecamatan"),
    "turnover_note": (
        "Penjualan yang dicatat perajin, 12 bulan terakhir, {counted} dari {artisans} perajin."
        " Bulan terakhir belum selesai. Retur tidak dikurangkan; ada di kolomnya sendiri.",
        "Sales as the artisans recorded them, the last 12 months, {counted} of {artisans}"
        " artisans. The last month is not over. Returns are not taken off; they have a column of"
        " their own.",
    ),
    "turnover_until": (
        "Omzet per bulan dan kecamatan, sampai {month}",
        "Turnover by month and kecamatan, until {month}",
    ),
    "turnover_note_until": (
        "Penjualan yang dicatat perajin, 12 bulan sampai {month}, {counted} dari {artisans}"
        " perajin. Sesudah itu belum ada penjualan. Retur tidak dikurangkan; ada di kolomnya"
        " sendiri.",
        "Sales as the artisans recorded them, the 12 months until {month}, {counted} of"
        " {artisans} artisans. There are no sales since. Returns are not taken off; they have a"
        " column of their own.",
    ),
    "no_turnover": (
        "Belum ada penjualan sampai bulan ini.",
        "There are no sales up to this month.",
    ),
    "chart_title": ("Omzet {district}, 12 bulan", "Turnover of {district}, 12 months"),
    "chart_title_until": (
        "Omzet {district}, 12 bulan sampai {month}",
        "Turnover of {district}, 12 months until {month}",
    ),
    "chart_desc": (
        "Jumlah {sum}. Tertinggi {most} pada {month}. Semua angka ada di tabel di bawah.",
        "{sum} in all. The most was {most} in {month}. Every figure is in the table below.",
    ),
    "table_turnover": (
        "Omzet dalam rupiah per bulan dan kecamatan",
        "Turnover in rupiah by month and kecamatan",
    ),
    "month": ("Bulan", "Month"),
    "sum": ("Jumlah", "Total"),
    "returns": ("Retur", "Returns"),
    "earlier": ("Sebelum itu: {amount}.", "Before that: {amount}."),
    "later": (
        "Bertanggal sesudah bulan ini: {amount} (tanggal atau jam perangkat keliru).",
        "Dated after this month: {amount} (a date or a device's clock is wrong).",
    ),
    "silent": ("Lama tidak terdengar", "Not heard of for long"),
    "silent_lead": (
        "Perajin yang perangkatnya belum pernah melapor, atau tidak melapor {days} hari atau"
        " lebih; yang terlama di atas.",
        "Artisans whose devices have never reported, or not for {days} days or more; the longest"
        " first.",
    ),
    "nobody_silent": ("Tidak ada. Semua terdengar.", "Nobody. All have been heard of."),
    "table_silent": ("Perajin yang lama tidak melapor", "Artisans who have not reported for long"),
    "gaps": ("Belum sampai", "Not arrived"),
    "gaps_lead": (
        "Catatan yang pasti ada tetapi belum sampai di sini, yang terlama di atas. Yang baru hari"
        " ini biasanya masih di jalan. Selebihnya: tanyakan kepada petugas yang terakhir"
        " membawanya, atau kunjungi perajin: perangkatnya menyimpan semuanya.",
        "Records that exist and have not arrived here, the longest missing first. Those of today"
        " are usually on their way. For the others, ask the officer who last took them, or visit"
        " the artisan: her device keeps everything.",
    ),
    "no_gaps": (
        "Semua yang diketahui ada sudah sampai.",
        "Everything that is known of has arrived.",
    ),
    "table_gaps": ("Catatan yang belum sampai", "Records that have not arrived"),
    "numbers": ("Nomor", "Numbers"),
    "missing_since": ("Sejak", "Since"),
    "last_with": ("Terakhir dibawa", "Last taken by"),
    "since_day": ("sejak {day}", "since {day}"),
    "told_alone": ("menurut dia saja", "by that word alone"),
    "artisan": ("Perajin", "Artisan"),
    "last": ("Terakhir melapor", "Last report"),
    "days": ("Hari", "Days"),
    "never_one": ("belum pernah", "never"),
    "nameless": ("(tanpa nama)", "(no name)"),
    "and_more": (
        "{listed} dari {all} ditampilkan; semuanya lewat API.",
        "{listed} of {all} are shown; the API has them all.",
    ),
    "conflicts": ("Menunggu keputusan", "Waiting for a decision"),
    "conflicts_lead": (
        "Dua perangkat menulis nilai berbeda tanpa saling tahu. Tanyakan kepada perajin, lalu pilih"
        " satu.",
        "Two devices wrote different values without knowing of each other. Ask the artisan, then"
        " choose one.",
    ),
    "no_conflicts": ("Tidak ada pertentangan.", "There are no conflicts."),
    "choose": ("Nilai yang benar", "The right value"),
    "use": ("Pakai nilai ini", "Use this value"),
    "counts_differ": (
        "Dua hitungan stok berbeda. Tidak dapat dipilih di sini: minta perajin sinkron lalu"
        " menghitung ulang barang itu, atau membatalkan hitungan yang salah di perangkatnya.",
        "Two counts of the stock differ. There is nothing to choose here: ask the artisan to sync"
        " and count the goods again, or to void the wrong count on a device of hers.",
    ),
    "by_device": ("perangkat {by}", "device {by}"),
    "by_department": ("dinas", "the department"),
    "shown_now": ("ditampilkan sekarang", "shown now"),
    "counted_pieces": ("hitungan {count}", "counted {count}"),
    "empty": ("(dikosongkan)", "(cleared)"),
    "hidden": (
        "(tidak terbaca di sini: pilih menurut perangkat dan waktu)",
        "(cannot be read here: choose by device and time)",
    ),
    "yes": ("ya", "yes"),
    "no": ("tidak", "no"),
    "no_time": ("waktu tidak diketahui", "time unknown"),
    "profile": ("Profil", "Profile"),
    "item": ("Barang", "Item"),
    "partner": ("Mitra", "Partner"),
    "place": ("Tempat", "Place"),
    "stock": ("Stok", "Stock"),
    "at_place": ("di {place}", "at {place}"),
    "field_number": ("isian {number}", "field {number}"),
    "unknown": ("belum dikenal", "not known"),
    "footer": (
        "Angka sebatas yang dibagikan tiap perajin, per {now} WIB.",
        "Figures as far as each artisan shares them, as of {now} WIB.",
    ),
}
"""Each as (Indonesian, English)."""

_FIELDS: Final[dict[tuple[str, int], tuple[str, str]]] = {
    ("profile", ProfileField.NAME): ("nama", "name"),
    ("profile", ProfileField.BRAND): ("merek", "brand"),
    ("profile", ProfileField.AREA): ("wilayah", "area"),
    ("profile", ProfileField.CRAFT): ("kerajinan", "craft"),
    ("profile", ProfileField.PHONE): ("telepon", "phone"),
    ("profile", ProfileField.WORKERS): ("jumlah pekerja", "workers"),
    ("profile", ProfileField.HOURS): ("jam kerja", "hours"),
    ("profile", ProfileField.NIB): ("NIB", "NIB"),
    ("profile", ProfileField.LEGAL_FORM): ("bentuk usaha", "legal form"),
    ("profile", ProfileField.START_YEAR): ("tahun mulai", "year begun"),
    ("profile", ProfileField.STATUS): ("status", "status"),
    ("profile", ProfileField.VILLAGE): ("kelurahan", "village"),
    ("profile", ProfileField.DISTRICT): ("kecamatan", "district"),
    ("profile", ProfileField.REGENCY): ("kota/kabupaten", "regency"),
    ("profile", ProfileField.NIK): ("NIK", "NIK"),
    ("profile", ProfileField.NIK_END): ("akhir NIK", "the end of the NIK"),
    ("item", ItemField.NAME): ("nama", "name"),
    ("item", ItemField.TYPE): ("jenis", "type"),
    ("item", ItemField.UNIT): ("satuan", "unit"),
    ("item", ItemField.PRICE): ("harga", "price"),
    ("item", ItemField.MOTIF): ("motif", "motif"),
    ("item", ItemField.TECHNIQUE): ("teknik", "technique"),
    ("item", ItemField.DYE): ("pewarna", "dye"),
    ("item", ItemField.TEXTILE): ("kain", "textile"),
    ("item", ItemField.PRODUCT_CLASS): ("golongan produk", "class of product"),
    ("item", ItemField.STOCK_MIN): ("stok minimum", "least stock"),
    ("item", ItemField.OWNER): ("pemilik", "owner"),
    ("item", ItemField.SAME_AS): ("sama dengan", "same as"),
    ("item", ItemField.ARCHIVED): ("diarsipkan", "archived"),
    ("partner", PartnerField.NAME): ("nama", "name"),
    ("partner", PartnerField.ROLE): ("peran", "role"),
    ("partner", PartnerField.PHONE): ("telepon", "phone"),
    ("partner", PartnerField.NOTE): ("catatan", "note"),
    ("partner", PartnerField.SAME_AS): ("sama dengan", "same as"),
    ("partner", PartnerField.ARCHIVED): ("diarsipkan", "archived"),
    ("place", PlaceField.NAME): ("nama", "name"),
    ("place", PlaceField.TYPE): ("jenis", "type"),
    ("place", PlaceField.PARTNER): ("mitra", "partner"),
    ("place", PlaceField.SAME_AS): ("sama dengan", "same as"),
    ("place", PlaceField.ARCHIVED): ("diarsipkan", "archived"),
}
_PLACES: Final = {
    "-1": ("rumah", "home"),
    "-2": ("pasar", "the market"),
    "-3": ("toko", "the shop"),
    "-4": ("sentra", "the sentra"),
}
_MONTHS: Final = (
    ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"],
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
)


class Words(NamedTuple):
    """One language of the pages."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """Return what is said, with values put in; whoever prints it escapes it."""
        return SAY[key][self._at].format(**values)

    def number(self, number: int) -> str:
        """Return a whole number with its thousands apart."""
        text = f"{number:,}"
        return text if self.language == "en" else text.replace(",", ".")

    def rupiah(self, amount: int) -> str:
        """Return an amount of money."""
        return f"{'−' if amount < 0 else ''}Rp{self.number(abs(amount))}"

    def short(self, amount: int) -> str:
        """Return an amount in words short enough for the edge of a chart.

        Spelt out: `Rp1 M` is a thousand million here and a million there.
        """
        for size, words in ((10**9, ("miliar", "billion")), (10**6, ("juta", "million"))):
            if amount >= size:
                tenths = round(amount / size * 10)
                text = f"{self.number(tenths // 10)}{self._point}{tenths % 10}"
                return f"Rp{text.removesuffix(f'{self._point}0')} {words[self._at]}"
        return self.rupiah(amount)

    def month(self, month: int) -> str:
        """Return a month (year × 100 + month)."""
        return f"{_MONTHS[self._at][month % 100 - 1]} {month // 100}"

    def month_letter(self, month: int) -> str:
        """Return a month's first letter."""
        return _MONTHS[self._at][month % 100 - 1][0]

    def day(self, day: date) -> str:
        """Return a day, or the day of a moment."""
        return f"{day.day} {self.month(day.year * 100 + day.month)}"

    def moment(self, at: datetime | None) -> str:
        """Return a moment, to the minute."""
        if at is None:
            return self("no_time")
        return f"{self.day(at)} {at:%H}{':' if self.language == 'en' else '.'}{at:%M}"

    def district(self, name: str) -> str:
        """Return a kecamatan, or that it is not known."""
        return self("unknown") if name == UNKNOWN else name

    def field(self, of: str, field: str) -> str:
        """Return what a field is called."""
        word = of.partition(":")[0]
        if word == "stock":
            place = _PLACES.get(field)
            return self("at_place", place=place[self._at] if place else field)
        known = _FIELDS.get((word, int(field)))
        return known[self._at] if known else self("field_number", number=field)

    def value(self, of: str, field: str, value: Any) -> str:
        """Return a field's value as a person reads it."""
        word = of.partition(":")[0]
        if value is None:
            return self("empty")
        if value == HERS:
            return self("hidden")
        if word == "stock":
            return self("counted_pieces", count=self._decimal(value))
        if isinstance(value, int):
            if (word, int(field)) == ("item", ItemField.PRICE):
                return self.rupiah(value)
            if int(field) == ItemField.ARCHIVED and word != "profile":
                return self("yes" if value else "no")
            year = (word, int(field)) == ("profile", ProfileField.START_YEAR)
            return str(value) if year else self.number(value)
        return str(value)

    def _decimal(self, text: str) -> str:
        return text.replace(".", self._point)

    @property
    def _at(self) -> int:
        return 0 if self.language == "id" else 1

    @property
    def _point(self) -> str:
        return "," if self.language == "id" else "."


def choose_language(asked: str | None, accepted: str) -> Language:
    """Return what was asked for, else the better liked of the two, else Indonesian."""
    if asked == "id":
        return "id"
    if asked == "en":
        return "en"
    liked = {"id": 0.0, "en": 0.0}
    for part in accepted.split(",")[:20]:
        found = _ACCEPTED.fullmatch(part.strip())
        if found:
            language = "en" if found["language"].lower() == "en" else "id"
            liked[language] = max(liked[language], float(found["q"] or 1))
    return "en" if liked["en"] > liked["id"] else "id"


_ACCEPTED: Final = re.compile(
    r"(?P<language>id|in|ms|jv|en)(?:-[a-z0-9]+)*(?:\s*;\s*q\s*=\s*(?P<q>[01](?:\.[0-9]{1,3})?))?",
    re.IGNORECASE | re.ASCII,
)
