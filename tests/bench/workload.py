"""The workload: what some artisans write down in some months, the same for everyone, from a seed.

    python -m tests.bench.workload --artisans 27 --months 3 --out small.jsonl

One line of JSON is one change, `{artisan, device, seq, time, kind, payload}`, with kind one of
profile, item, sale, void, purchase, expense, production, stocktake. A `profile` or `item` patches
fields (the first one creates it), a `void` takes a sale back, the others create one thing each.
What is made is called `<device>.<seq in base 36>`. The lines of an artisan are in order of time,
her two devices (a fifth has two) interleaved; `seq` counts per device.

It is not ours alone: other systems were measured with the same lines, so no draw may move.
"""

# ruff: noqa: S311 — chance here must be repeatable, not secret.

import argparse
import json
import random
import string
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

SEED: Final = "nusantara-1"

MOTIFS: Final = [
    *("Parang Rusak", "Parang Barong", "Kawung", "Mega Mendung", "Truntum", "Sekar Jagad"),
    *("Sidomukti", "Sidoluhur", "Tambal", "Ceplok", "Lereng", "Sogan", "Jlamprang", "Buketan"),
    *("Tujuh Rupa", "Gajah Oling", "Pring Sedapur", "Sawat", "Nitik", "Tiga Negeri"),
    *("Wahyu Tumurun", "Cuwiri", "Udan Liris", "Semen Rama"),
]
PRODUCTS: Final = [
    ("Kain batik tulis", 450000, 1800000, "lembar"),
    ("Kain batik cap", 95000, 260000, "lembar"),
    ("Kain batik kombinasi", 180000, 520000, "lembar"),
    ("Selendang", 65000, 240000, "lembar"),
    ("Kemeja pria", 145000, 420000, "pcs"),
    ("Blus wanita", 135000, 390000, "pcs"),
    ("Sarung", 110000, 350000, "lembar"),
    ("Taplak meja", 75000, 220000, "pcs"),
    ("Tas tote", 55000, 150000, "pcs"),
    ("Dompet", 25000, 85000, "pcs"),
    ("Sarung bantal", 40000, 95000, "pcs"),
    ("Udeng", 35000, 90000, "pcs"),
    ("Masker kain", 8000, 20000, "pcs"),
    ("Syal", 70000, 180000, "pcs"),
]
"""Name, lowest price, highest price, unit."""
MATERIALS: Final = [
    ("Mori primisima", 28000, "meter"),
    ("Mori prima", 19000, "meter"),
    ("Katun dobby", 34000, "meter"),
    ("Malam klowong", 42000, "kg"),
    ("Malam tembokan", 36000, "kg"),
    ("Pewarna naphtol", 95000, "kg"),
    ("Pewarna remasol", 110000, "kg"),
    ("Indigosol", 320000, "kg"),
    ("Soda abu", 14000, "kg"),
    ("Waterglass", 9000, "liter"),
    ("Kayu tingi", 18000, "kg"),
    ("Kayu secang", 45000, "kg"),
    ("Benang jahit", 6500, "gulung"),
    ("Kancing", 400, "pcs"),
    ("Kemasan kardus", 2500, "pcs"),
]
COLOURS: Final = [
    *("soga", "biru indigo", "merah mengkudu", "hitam"),
    *("hijau botol", "cokelat tanah", "ungu", "gading"),
]
FIRST: Final = [
    *("Siti", "Sri", "Dewi", "Nur", "Wahyu", "Agus", "Budi", "Eko", "Rini", "Yuni"),
    *("Tri", "Dwi", "Endang", "Slamet", "Sumarni", "Suparman", "Hartini", "Widodo"),
    *("Lestari", "Kartini", "Mulyono", "Ratna", "Fitri", "Joko", "Hj. Aminah", "Rohmah"),
    *("Zainal", "Ahmad", "Maryam", "Putri"),
]
LAST: Final = [
    *("Wulandari", "Rahayu", "Susanti", "Handayani", "Setiawan", "Santoso", "Purnomo"),
    *("Hidayat", "Astuti", "Utami", "Nugroho", "Wijaya", "Saputra", "Maulana", "Kusuma"),
    *("Pratiwi", "Safitri", "Haryanto", "Sutrisno", "Ningsih"),
]
DISTRICTS: Final = [
    *(("Plered", "Cirebon"), ("Weru", "Cirebon"), ("Buaran", "Pekalongan")),
    *(("Wiradesa", "Pekalongan"), ("Tirto", "Pekalongan"), ("Kedungwuni", "Pekalongan")),
    *(("Imogiri", "Bantul"), ("Pandak", "Bantul"), ("Laweyan", "Surakarta")),
    *(("Masaran", "Sragen"), ("Lasem", "Rembang"), ("Bayat", "Klaten")),
]
VILLAGES: Final = ["Trusmi", "Kauman", "Wukirsari", "Babagan", "Pesindon", "Jarum"]
CHANNELS: Final = ["toko", "pasar", "wa", "tokopedia", "shopee", "pameran", "titip"]
_CHANNEL_WEIGHTS: Final = [34, 20, 18, 9, 10, 4, 5]
PAYMENTS: Final = ["tunai", "transfer", "qris", "tempo"]
_PAYMENT_WEIGHTS: Final = [50, 22, 22, 6]
EXPENSES: Final = [
    *("listrik", "upah pembatik", "ongkos kirim", "gas", "transport"),
    *("sewa kios", "kuota internet", "air", "servis alat"),
]
SUPPLIERS: Final = [
    *("Toko Mori Sejahtera", "UD Sumber Warna", "CV Malam Jaya"),
    *("Koperasi Batik Trusmi", "Toko Kain Makmur", "Pasar Klewer kios 12"),
]
NOTES: Final = [
    *("titip Bu Lurah", "pesanan seragam", "ambil sore", "bayar separuh dulu"),
    *("warna diganti", "bonus dompet", "kirim JNE", "utang lama"),
]
VOID_REASONS: Final = ["salah input", "batal beli", "retur", "dobel catat"]
HOURS: Final = ["08-16", "09-17", "07-15", "08-20"]

_BASE36: Final = string.digits + string.ascii_lowercase
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 86_400_000
_BEGIN_MS: Final = 1_735_664_400_000
"""2025-01-01 00:00 in western Indonesia."""

Payload = dict[str, Any]


class Line(NamedTuple):
    """One change of the workload."""

    artisan: str
    device: str
    seq: int
    time: int
    """Milliseconds since 1970."""
    kind: str
    payload: Payload


class _Thing:
    """A product or material, and what it costs at the moment."""

    def __init__(self, id_: str, price: int) -> None:
        self.id = id_
        self.price = price


def artisan_changes(seed: str, index: int, months: int, two_share: float = 0.2) -> list[Line]:
    """Return what one artisan writes down from 2025-01-01 on."""
    artisan = _Artisan(seed, index, two_share)
    artisan.begin()
    for day in range(months * 30 + months * 5 // 12):
        artisan.live(day)
    return artisan.lines


def dumps(line: Line) -> str:
    """Return the change as its line of JSON."""
    return json.dumps(line._asdict(), ensure_ascii=False, separators=(",", ":"))


class _Artisan:
    """One artisan's life. The order of the draws is what the seed means: keep it."""

    def __init__(self, seed: str, index: int, two_share: float) -> None:
        self.chance = r = random.Random(f"{seed}/{index}")
        self.id = f"a{index:05d}"
        self.devices = [
            "".join(r.choice(_BASE36) for _ in range(8))
            for _ in range(2 if r.random() < two_share else 1)
        ]
        self.seq = dict.fromkeys(self.devices, 0)
        self.lines: list[Line] = []
        self.products: list[_Thing] = []
        self.materials: list[_Thing] = []
        self.sold: list[str] = []

    def begin(self) -> None:
        """Write her profile and her first list of things; draw what kind of shop she has."""
        r = self.chance
        district, regency = r.choice(DISTRICTS)
        name = f"{r.choice(FIRST)} {r.choice(LAST)}"
        device = self.devices[0]
        t = _BEGIN_MS + 7 * _HOUR_MS + r.randrange(_HOUR_MS)
        profile = {
            "id": self.id,
            "name": name,
            "brand": f"Batik {r.choice(MOTIFS).split()[0]} {r.choice(LAST)}",
            "kecamatan": district,
            "kabupaten": regency,
            "desa": r.choice(VILLAGES),
            "phone": self._phone(),
            "craft": "batik",
            "members": r.randrange(1, 14),
        }
        self._patch(device, t, "profile", profile)
        for _ in range(r.randrange(21, 30)):
            product, low, high, unit = r.choice(PRODUCTS)
            t += r.randrange(15_000, 90_000)
            motif = r.choice(MOTIFS)
            price = self._rupiah(low, high)
            item: Payload = {
                "type": "product",
                "name": f"{product} {motif} {r.choice(COLOURS)}",
                "unit": unit,
                "price": price,
                "motif": motif,
                "min_stock": r.randrange(1, 6),
            }
            self.products.append(_Thing(self._create(device, t, "item", item), price))
        for material, cost, unit in r.sample(MATERIALS, r.randrange(8, 13)):
            t += r.randrange(15_000, 90_000)
            low, high = int(cost * 0.8) // 100 * 100, int(cost * 1.25) // 100 * 100
            price = self._rupiah(low, high, 100)
            item = {
                "type": "material",
                "name": material,
                "unit": unit,
                "price": price,
                "min_stock": r.randrange(2, 10),
            }
            self.materials.append(_Thing(self._create(device, t, "item", item), price))
        self.sales_a_day = r.choice([2.2, 3.5, 4.5, 6])
        self.regulars = [
            f"{r.choice(['Bu', 'Pak', 'Mbak', 'Mas'])} {r.choice(FIRST)}" for _ in range(12)
        ]

    def live(self, day: int) -> None:
        """Write what happens on one day."""
        r = self.chance
        write = {
            "sale": self._sale,
            "purchase": self._purchase,
            "expense": self._expense,
            "production": self._production,
            "stocktake": self._stocktake,
            "void": self._void,
            "edit": self._edit,
            "profile": self._profile,
        }
        for after, what in sorted(self._events(day)):
            first = len(self.devices) == 1 or r.random() < 0.6
            write[what](self.devices[0 if first else 1], _BEGIN_MS + day * _DAY_MS + after)

    def _events(self, day: int) -> list[tuple[int, str]]:
        r = self.chance
        busy = 1.5 if day % 7 in (3, 4) else 0
        sales = min(8, max(0, int(r.gauss(self.sales_a_day, 2) + busy)))
        events = [(self._between(8, 20), "sale") for _ in range(sales)]
        for _ in range(r.choices([0, 1, 2, 3], [35, 35, 20, 10])[0]):
            after = self._between(7, 21)
            events.append((after, "purchase" if r.random() < 0.45 else "expense"))
        for _ in range(r.choices([0, 1, 2], [45, 40, 15])[0]):
            events.append((self._between(15, 21), "production"))
        if day % 30 == 29:
            events.append((20 * _HOUR_MS + r.randrange(_HOUR_MS), "stocktake"))
        for share, what in ((0.06, "void"), (0.12, "edit"), (0.012, "profile")):
            if r.random() < share:
                events.append((self._between(9, 21), what))
        return events

    def _sale(self, device: str, t: int) -> None:
        r = self.chance
        lines, total = [], 0
        for thing in r.sample(self.products, r.choices([1, 2, 3, 4], [58, 25, 11, 6])[0]):
            quantity = r.choices([1, 2, 3, 5, 10], [70, 17, 7, 4, 2])[0]
            price = thing.price
            if r.random() >= 0.75:
                price = max(500, int(price * r.choice([0.9, 0.95, 0.85])) // 500 * 500)
            lines.append({"item": thing.id, "qty": quantity, "price": price})
            total += quantity * price
        sale: Payload = {
            "channel": r.choices(CHANNELS, _CHANNEL_WEIGHTS)[0],
            "payment": self._payment(),
            "lines": lines,
            "total": total,
        }
        if r.random() < 0.35:
            regular = r.random() < 0.6
            sale["customer"] = (
                r.choice(self.regulars) if regular else f"{r.choice(FIRST)} {r.choice(LAST)}"
            )
        if r.random() < 0.08:
            sale["note"] = r.choice(NOTES)
        self.sold.append(self._create(device, t, "sale", sale))

    def _purchase(self, device: str, t: int) -> None:
        r = self.chance
        thing = r.choice(self.materials)
        quantity = r.choice([1, 2, 3, 5, 10, 20])
        cost = max(100, int(thing.price * r.uniform(0.93, 1.08)) // 100 * 100)
        purchase = {
            "item": thing.id,
            "qty": quantity,
            "cost": cost,
            "total": quantity * cost,
            "supplier": r.choice(SUPPLIERS),
            "payment": self._payment(),
        }
        self._create(device, t, "purchase", purchase)

    def _expense(self, device: str, t: int) -> None:
        expense = {
            "category": self.chance.choice(EXPENSES),
            "amount": self._rupiah(10000, 400000, 1000),
            "payment": self._payment(),
        }
        self._create(device, t, "expense", expense)

    def _production(self, device: str, t: int) -> None:
        r = self.chance
        production = {
            "item": r.choice(self.products).id,
            "qty": r.choice([1, 2, 3, 4, 6, 10]),
            "used": [
                {"item": thing.id, "qty": r.choice([0.5, 1, 1.5, 2, 2.5, 4])}
                for thing in r.sample(self.materials, r.randrange(1, 4))
            ],
        }
        self._create(device, t, "production", production)

    def _stocktake(self, device: str, t: int) -> None:
        counted = [
            {"item": thing.id, "counted": self.chance.randrange(0, 40)}
            for thing in self.products + self.materials
        ]
        self._create(device, t, "stocktake", {"lines": counted})

    def _void(self, device: str, t: int) -> None:
        if self.sold:
            sale = self.chance.choice(self.sold[-40:])
            reason = self.chance.choice(VOID_REASONS)
            self._patch(device, t, "void", {"id": sale, "reason": reason})

    def _edit(self, device: str, t: int) -> None:
        r = self.chance
        thing = r.choice(self.products + self.materials)
        thing.price = max(500, int(thing.price * r.choice([0.95, 1.05, 1.1])) // 500 * 500)
        patch: Payload = {"id": thing.id, "price": thing.price}
        if r.random() < 0.2:
            patch["min_stock"] = r.randrange(1, 8)
        self._patch(device, t, "item", patch)
        if len(self.devices) == 2 and r.random() < 0.6:
            # The other device edits the same thing before it has synced.
            other = self.devices[0 if device == self.devices[1] else 1]
            later = t + r.randrange(_MINUTE_MS, 2 * _HOUR_MS)
            price = max(500, int(thing.price * r.choice([0.9, 1.05, 1.2])) // 500 * 500)
            self._patch(other, later, "item", {"id": thing.id, "price": price})

    def _profile(self, device: str, t: int) -> None:
        r = self.chance
        patches: list[Payload] = [
            {"id": self.id, "members": r.randrange(1, 14)},
            {"id": self.id, "phone": self._phone()},
            {"id": self.id, "hours": r.choice(HOURS)},
        ]
        self._patch(device, t, "profile", r.choice(patches))

    def _create(self, device: str, t: int, kind: str, payload: Payload) -> str:
        id_ = f"{device}.{base36(self.seq[device] + 1)}"
        self._patch(device, t, kind, {"id": id_, **payload})
        return id_

    def _patch(self, device: str, t: int, kind: str, payload: Payload) -> None:
        self.seq[device] += 1
        self.lines.append(Line(self.id, device, self.seq[device], t, kind, payload))

    def _between(self, hour: int, end: int) -> int:
        return self.chance.randrange(hour * _HOUR_MS, end * _HOUR_MS)

    def _phone(self) -> str:
        return "+628" + "".join(self.chance.choice(string.digits) for _ in range(10))

    def _payment(self) -> str:
        return self.chance.choices(PAYMENTS, _PAYMENT_WEIGHTS)[0]

    def _rupiah(self, low: int, high: int, step: int = 500) -> int:
        return self.chance.randrange(low, high + 1, step)


def base36(number: int) -> str:
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _BASE36[digit] + text
        if not number:
            return text


def main() -> None:
    """Write the workload to a file."""
    parser = argparse.ArgumentParser(description="Write the workload, one change a line.")
    parser.add_argument("--artisans", type=int, default=27)
    parser.add_argument("--months", type=int, default=3)
    parser.add_argument("--seed", default=SEED)
    parser.add_argument("--first", type=int, default=0, help="index of the first artisan")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    written = 0
    with asked.out.open("w", encoding="utf-8") as file:
        for index in range(asked.first, asked.first + asked.artisans):
            for line in artisan_changes(asked.seed, index, asked.months):
                file.write(dumps(line) + "\n")
                written += 1
    sys.stdout.write(f"{written} changes -> {asked.out}\n")


if __name__ == "__main__":
    main()
