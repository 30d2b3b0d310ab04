"""Train the preset dictionary: the bytes that a batch of an artisan's changes is likely to hold.

    python -m tests.tools.train_dictionary protocol/canting_protocol/dictionary-2.bin

It reads the workload of a seed that nothing is measured with and picks, greedily, the runs of bytes
that most batches share; `refine_dictionary` then exchanges them for what saves more bits. Before
them stand the words of Mojokerto's trade and changes of the kinds that the workload lacks. DEFLATE
spends fewer bits on what is near, so the most useful comes last.

The same program with the same zlib gives the same bytes (five minutes). A dictionary that has been
released is never made again: it gets a successor with the next number, and is kept for ever. Number
1 was made by this program as it was before it refined.
"""

import heapq
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

from tests.bench.as_changes import logs_of
from tests.tools.refine_dictionary import refined, sample

from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.limits import DICTIONARY_BYTES_MAX
from canting_protocol.log import Placed
from canting_protocol.names import Place

SEED: Final = "mojokerto-dictionary-2"
ARTISANS: Final = 100
MONTHS: Final = 9

SIZE: Final = 30_720
"""zlib reaches back 32,506 bytes, from the place in the batch it has come to: leave it room."""
GRAM: Final = 8
"""What is counted: every run of so many bytes, once for each batch that holds it."""
BATCHES: Final = (55, 55, 10, 150)
"""How many changes the batches hold, by artisan in turn."""
RUN_MAX: Final = 64
ARTISANS_MIN: Final = 3
"""What fewer write is chance: parts of private values, of log ids, of telephone numbers."""

assert SIZE <= DICTIONARY_BYTES_MAX


def train() -> bytes:
    """Return the dictionary."""
    before = b"".join(_words()) + b"".join(_rare_kinds())
    batches = list(_batches())
    picked = _pick(SIZE - len(before), batches)
    samples = [sample(artisan, run) for artisan, run in batches]
    runs = refined(before, picked[::-1], SIZE, samples, ARTISANS_MIN)
    return before + b"".join(runs)


def _batches() -> Iterator[tuple[int, list[Placed]]]:
    """Yield what a batch may hold, and which artisan wrote it."""
    for index in range(ARTISANS):
        size = BATCHES[index % len(BATCHES)]
        for log in logs_of(SEED, index, MONTHS):
            for at in range(0, len(log.changes), size):
                yield index, log.changes[at : at + size]


# -- what artisans share ---------------------------------------------------------------------


def _pick(size: int, batches: list[tuple[int, list[Placed]]]) -> list[bytes]:
    """Return runs of bytes, the most useful first, `size` bytes in all.

    What a run is worth is how many batches hold each gram in it that no run before it holds,
    per byte. A worth only ever falls, so one taken from the heap is weighed again, and stays if it
    is still the best (the cover of Liao, Petri, Moffat and Wirth, SIGMOD 2016).
    """
    worth, frames = _count(batches)
    heap = [(-density, frame) for frame in frames if (density := _best(frame, worth)[0])]
    heapq.heapify(heap)
    picked: list[bytes] = []
    while heap and size > 0:
        _, frame = heapq.heappop(heap)
        density, run = _best(frame, worth)
        if not density:
            continue
        if heap and -density > heap[0][0]:
            heapq.heappush(heap, (-density, frame))
            continue
        run = run[-size:]
        picked.append(run)
        size -= len(run)
        for gram in _grams(run):
            worth[gram] = 0
        heapq.heappush(heap, (-density, frame))
    return picked


def _count(batches: list[tuple[int, list[Placed]]]) -> tuple[Counter[bytes], list[bytes]]:
    """Return how many batches hold each gram that artisans share, and the different frames."""
    worth: Counter[bytes] = Counter()
    writers: Counter[bytes] = Counter()
    frames: set[bytes] = set()
    for _, hers in groupby(batches, key=itemgetter(0)):
        held: Counter[bytes] = Counter()
        for _, batch in hers:
            # A frame without its time, which is chance.
            here = {codec.uvarint(len(change.body)) + change.body for change in batch}
            held.update({gram for frame in here for gram in _grams(frame)})
            frames |= here
        worth.update(held)
        writers.update(held.keys())
    shared = Counter({gram: worth[gram] for gram, many in writers.items() if many >= ARTISANS_MIN})
    return shared, sorted(frames)


def _grams(run: bytes) -> Iterator[bytes]:
    for at in range(len(run) - GRAM + 1):
        yield run[at : at + GRAM]


def _best(frame: bytes, worth: Counter[bytes]) -> tuple[float, bytes]:
    """Return the run of a frame that is worth most, and its worth per byte.

    A run has no gram in it that is chance, and neither ends with one that is worth nothing, because
    it stands in the dictionary.
    """
    best, begin, end = 0, 0, 0
    first = total = 0
    for at, gram in enumerate(_grams(frame)):
        if gram not in worth:
            first, total = at + 1, 0
            continue
        total += worth[gram]
        while first < at and (
            at + GRAM - first > RUN_MAX or not worth[frame[first : first + GRAM]]
        ):
            total -= worth[frame[first : first + GRAM]]
            first += 1
        if total > best:
            best, begin, end = total, first, at + GRAM
    return (best / (end - begin) if best else 0.0), frame[begin:end]


# -- what the workload does not know ---------------------------------------------------------

_MOTIFS: Final = [
    *("Kalangbret", "Rengkik", "Ayam Bekisar", "Sekar Sungsang", "Parang Mojo", "Bader Sekar Mojo"),
    *("Sooko Projo Sawiji", "Suryo Ageng Aksoro Jowo", "Pinggiran Ukel Majapahit"),
    *("Menara Tribuana Tungga Dewi", "Sulur", "Buah Mojo", "Gedeg Rubuh"),
    *("Bunga Cinta Majapahit", "Alas Majapahit", "Daun Talas", "Surya Majapahit", "Rawan Klasa"),
    *("Matahari", "Rawan Inggek", "Koro Renteng", "Sisik Gringsing", "Mrico Bolong"),
    *("Sekar Jagad", "Pring Sedapur"),
]
_FIELDS: Final = {
    c.ItemField.TEXTILE: [
        *("linen", "paris", "dobi", "sutera", "rayon", "mori prima", "mori primisima"),
    ],
    c.ItemField.DYE: [
        *("tegeran", "jalawe", "jolawe", "mahoni", "tingi", "secang", "indigo", "rapid", "remasol"),
        *("indigosol", "naptol", "campuran", "sintetis", "alam"),
    ],
    c.ItemField.PRODUCT_CLASS: ["tekstil lain", "paduan", "tiruan", "batik"],
    c.ItemField.TECHNIQUE: ["kombinasi tulis-cap", "kombinasi", "cap", "tulis"],
    c.ItemField.UNIT: ["kodi", "liter", "kg", "meter", "pasang", "lembar", "pcs", "potong"],
    c.ItemField.TYPE: ["jasa", "material", "bahan", "produk"],
}
_GOODS: Final = [
    *("Tas batik ", "Sepatu batik ", "Mukena batik ", "Outer batik ", "Kemeja batik ", "Udeng "),
    *("Taplak meja ", "Sarung batik ", "Selendang batik ", "Sarimbit ", "Kain panjang "),
    *("Kain batik pewarna alam ", "Kain batik kombinasi ", "Kain batik cap ", "Kain batik tulis "),
]
_MATERIALS: Final = [
    *("tunjung", "kapur", "tawas", "Soda abu", "Waterglass", "Malam tembokan", "Malam klowong"),
    *("Pewarna remasol", "Pewarna naptol", "Indigosol", "Kain mori prima", "Kain mori primisima"),
]
_PARTNER_ROLES: Final = ["pemasok", "pembatik", "galeri", "pembeli"]
_PLACE_TYPES: Final = ["pembatik", "pameran", "titipan", "galeri"]
_SPENT_ON: Final = ["lorod", "jahit", "kemasan", "transport", "listrik", "upah pembatik"]
_REASONS: Final = ["salah catat", "batal"]
_VILLAGES: Final = {
    "Prajuritkulon": {
        **{1003: "Mentikan", 1004: "Kauman", 1005: "Pulorejo"},
        **{1006: "Prajuritkulon", 1007: "Surodinawan", 1008: "Blooto"},
    },
    "Magersari": {
        **{1001: "Gununggedangan", 1003: "Magersari", 1004: "Gedongan"},
        **{1008: "Balongsari", 1009: "Kedundung", 1010: "Wates"},
    },
    "Kranggan": {
        **{1001: "Kranggan", 1002: "Miji", 1003: "Meri"},
        **{1004: "Jagalan", 1005: "Sentanan", 1006: "Purwotengah"},
    },
}
_REGENCY: Final = "Kota Mojokerto"


def _words() -> Iterator[bytes]:
    """Yield the words of the trade in Mojokerto, as the fields and texts they are written in."""
    for number, (district, villages) in enumerate(_VILLAGES.items(), start=1):
        for code, village in villages.items():
            yield _field(c.ProfileField.AREA, f"35.76.{number:02}.{code}")
            yield _field(c.ProfileField.VILLAGE, village)
        yield _field(c.ProfileField.DISTRICT, district)
        yield _field(c.ProfileField.REGENCY, _REGENCY)
    yield from (codec.encode(word) for word in _SPENT_ON + _REASONS)
    yield from (_field(c.PlaceField.TYPE, word) for word in _PLACE_TYPES)
    yield from (_field(c.PartnerField.ROLE, word) for word in _PARTNER_ROLES)
    yield from (_field(c.ItemField.NAME, word) for word in _MATERIALS)
    for field, words in _FIELDS.items():
        yield from (_field(field, word) for word in words)
    yield from (word.encode() for word in _GOODS)
    for motif in _MOTIFS:
        yield _field(c.ItemField.NAME, f"Kain batik tulis {motif}")
        yield _field(c.ItemField.MOTIF, motif)


def _field(field: int, word: str) -> bytes:
    return codec.encode(c.FieldWrite(int(field), c.value(word)))


def _rare_kinds() -> Iterator[bytes]:
    """Yield changes as Canting writes them, of which the workload has none."""
    home, market = int(Place.HOME), int(Place.MARKET)
    for change in (
        c.Consent(1),
        c.Payment(-1, 100_000),
        c.Payment(1, 100_000),
        c.Transfer(c.Account.QRIS, c.Account.BANK, 100_000),
        c.Return([c.GoodsLine(2, 1_000, 100_000)]),
        c.Move([c.MoveLine(2, 1_000)], home, market),
        c.Sale([c.SaleLine(2, 1_000, 100_000)], market, c.Channel.MARKET),
        c.Sale([c.SaleLine(2, 1_000, 100_000)], account=c.Account.QRIS),
        c.Sale([c.SaleLine(2, 1_000, 100_000)]),
    ):
        body = c.write(change)
        yield codec.uvarint(len(body)) + body


def main() -> None:
    """Write the dictionary to the file that is named."""
    Path(sys.argv[1]).write_bytes(train())


if __name__ == "__main__":
    main()
