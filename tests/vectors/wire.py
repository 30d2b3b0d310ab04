"""Bytes: the codec, changes, logs, batches, frontiers, private values, receipts, a conversation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tests.vectors import say
from tests.vectors.deflate import squeezed, stored
from tests.vectors.devices import (
    ARTISAN,
    DAY,
    HOUR,
    MONDAY,
    REGISTRY,
    Device,
    batch,
    frames,
    header_of,
    signed,
)
from tests.vectors.say import Json

from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol import nik as numbers
from canting_protocol.batch import Envelope, inflate, open_batch
from canting_protocol.crypto import PublicKey, SigningKey, sha256
from canting_protocol.dictionaries import DICTIONARIES
from canting_protocol.errors import Refused
from canting_protocol.frontier import Strands, heads_of
from canting_protocol.ledger.author import place
from canting_protocol.ledger.judge import judge
from canting_protocol.limits import BATCH_INFLATED_BYTES_MAX, CHANGE_LINES_MAX, INTEGER_MAX
from canting_protocol.log import ArtisanId, Descriptor, Hash, LogId, Placed
from canting_protocol.messages import (
    HEAD_HASH_BYTES,
    VERSION,
    Answer,
    Enrolled,
    Exceptions,
    Offer,
    Reason,
    Receipt,
    ReceiptHead,
    Reply,
    Request,
    Verdict,
    held,
    read_receipt,
    read_request,
    write_enrolled,
    write_enrolment,
    write_receipt,
    write_reply,
    write_request,
)
from canting_protocol.private import BookKey, hide, key_id

CODE: Final = "MOJO-1234-ABCD-5678-EFGH-JKLM"
BOOK_KEY: Final = BookKey(bytes(range(32)))
_anything: Final = codec.decoder(object)


# -- codec ---------------------------------------------------------------------------------------


def codec_edges() -> Json:
    """Return values with their bytes, bytes that are refused, and the integers of batch bodies."""
    integers = [
        *(0, 1, 127, 128, 255, 256, 2**16 - 1, 2**16, 2**16 + 1),
        *(2**31 - 1, 2**31, 2**32 - 1, 2**32, INTEGER_MAX - 1, INTEGER_MAX),
        *(-1, -32, -33, -128, -129, -(2**15), -(2**15) - 1, -(2**31), -(2**31) - 1, -INTEGER_MAX),
    ]
    texts = ["", "batik", "é", "e\u0301", "🪡", "a\0b", "x" * 31, "x" * 32, "x" * 255, "x" * 256]
    values: list[object] = [
        None,
        *integers,
        *texts,
        *(b"", b"\0", b"\xff" * 255, b"\xff" * 256),
        *([], [1, "a", None, [b"\1"]], list(range(15)), list(range(16))),
    ]
    refused: list[tuple[str, bytes]] = [
        ("2^53", codec.encode(2**53)),
        ("−2^53", codec.encode(-(2**53))),
        ("2^64 − 1", b"\xcf" + b"\xff" * 8),
        ("a 64-bit float", b"\xcb" + bytes(8)),
        ("a 32-bit float", b"\xca" + bytes(4)),
        ("a map", b"\x80"),
        ("a map in an array", b"\x91\x81\x01\x02"),
        ("true", b"\xc3"),
        ("an extension", b"\xd4\x05\x00"),
        ("the byte that is never used", b"\xc1"),
        ("nothing", b""),
        ("text cut short", b"\xa5bati"),
        ("an array cut short", b"\x92\x01"),
        ("bytes after the value", b"\x01\x01"),
        ("text that is not UTF-8", b"\xa1\xff"),
        ("a surrogate in UTF-8", b"\xa3\xed\xa0\x80"),
    ]
    tolerated: list[tuple[str, bytes, object]] = [
        ("5 in two bytes", b"\xcc\x05", 5),
        ("5 in eight bytes", b"\xd3" + (5).to_bytes(8, "big"), 5),
        ("text with a length of four bytes", b"\xdb\0\0\0\1a", "a"),
    ]
    unsigned = [0, 1, 127, 128, 16_383, 16_384, 2**32, INTEGER_MAX, 2**55, 2**63 - 1]
    folded = [0, -1, 1, -2, 63, -64, 64, INTEGER_MAX, -INTEGER_MAX, 2 * INTEGER_MAX]
    bad_varints = [
        ("nothing", b""),
        ("cut short", b"\x80"),
        ("not minimal", b"\x80\x00"),
        ("not minimal", b"\xff\x80\x00"),
        ("ten bytes", b"\x80" * 9 + b"\x01"),
    ]
    return {
        "values": [
            {"value": say.typed(value), "bytes": codec.encode(value).hex()} for value in values
        ],
        "tolerated": [
            {"why": why, "bytes": data.hex(), "value": say.typed(value)}
            for why, data, value in tolerated
        ],
        "refused": [{"why": why, "bytes": data.hex()} for why, data in refused],
        "uvarint": [
            {"value": say.number(value), "bytes": codec.uvarint(value).hex()} for value in unsigned
        ],
        "zigzag": [
            {
                "value": say.number(value),
                "folded": say.number(codec.zigzag(value)),
                "bytes": codec.uvarint(codec.zigzag(value)).hex(),
            }
            for value in folded
        ],
        "uvarint_refused": [{"why": why, "bytes": data.hex()} for why, data in bad_varints],
    }


# -- changes -------------------------------------------------------------------------------------


def changes() -> Json:
    """Return every kind with its bytes, and what becomes of bytes that are not one."""
    private = hide(BOOK_KEY, bytes(range(12)), "Bu Siti")
    there, line = c.Foreign(bytes(range(8)), 12), c.GoodsLine(7, 1500, 225_000)
    piece = c.Piece(bytes(range(8)), 1, 9, bytes(range(8, 16)))
    write, moved = c.FieldWrite, c.MoveLine(7, 2000)
    known: list[c.Change] = [
        c.Profile([write(c.ProfileField.NAME, c.value("Batik Mawar"))]),
        c.Profile(
            [write(c.ProfileField.WORKERS, c.value(4)), write(c.ProfileField.BRAND, c.value(None))]
        ),
        c.Item(
            None,
            [
                write(c.ItemField.NAME, c.value("Kain tulis")),
                write(c.ItemField.PRICE, c.value(350_000)),
                write(c.ItemField.OWNER, c.value(there)),
            ],
        ),
        c.Item(there, [write(c.ItemField.ARCHIVED, c.value(1))]),
        c.Item(
            c.Foreign(bytes(range(8)), 12, b"\1\2\3\4"), [write(c.ItemField.PRICE, c.value(-1))]
        ),
        c.Item(7, [write(9_999, c.value(b"of a newer version"))]),
        c.Partner(None, [write(c.PartnerField.NAME, c.value(private))]),
        c.Place(None, [write(c.PlaceField.NAME, c.value("Galeri Bu Siti"))]),
        c.Sale([c.SaleLine(7, 1000, 350_000)]),
        c.Sale(
            [c.SaleLine(7, 1000, 350_000, there, 35_000), c.SaleLine(-1, 2500, 0)],
            there,
            "bazar",
            c.Account.RECEIVABLE,
            20_367,
            -1,
            5_000,
            private,
            "INV/1",
        ),
        c.Return([line], day=20_367, sale=9, note="luntur"),
        c.Payment(1, 100_000),
        c.Payment(-1, INTEGER_MAX, there, c.Account.BANK, 0, "upah"),
        c.Transfer(c.Account.QRIS, c.Account.BANK, 99_300, fee=700),
        c.Purchase([line], account=c.Account.PAYABLE, partner=there),
        c.Expense("listrik", 75_000),
        c.Expense(3, 0, c.Account.BANK, 100_000, note=""),
        c.Production([moved], [c.MoveLine(8, 1000)], there, -1, None, 60_000, there),
        c.Production([], [], wage=1),
        c.Move([moved], -1, there),
        c.Count([c.CountLine(7, 0), c.CountLine(8, 12_000)], -2, 20_367),
        c.Void(9),
        c.Void(there, "dobel"),
        c.Seen([piece]),
        c.Resolve(c.Kind.ITEM, there, c.ItemField.PRICE, c.value(340_000)),
        c.Resolve(c.Kind.PROFILE, None, c.ProfileField.NAME, c.value("Batik Mawar")),
        c.Consent(c.Sharing.LINES),
        c.Consent(c.Sharing.REGISTRY, 2, private),
        c.Clock(piece, -86_400, 60),
        c.Certificate(REGISTRY.public),
        c.Certificate(REGISTRY.public, box=REGISTRY.box.public),
        c.Revoke(SigningKey(b"A" * 32).public, [piece], "hilang"),
        c.Revoke(SigningKey(b"A" * 32).public, []),
    ]
    return {
        "known": [
            {
                **_object(say.change(each)),
                "bytes": c.write(each).hex(),
                "salted": {
                    "salt": "01020304",
                    "bytes": c.write(each, bytes.fromhex("01020304")).hex(),
                },
            }
            for each in known
        ],
        "judged": [
            {
                "why": why,
                "bytes": body.hex(),
                "by_registry": by_registry,
                "kind": say.number(judged.kind),
                "verdict": int(judged.verdict),
                "reason": int(judged.reason),
            }
            for why, body, by_registry in _judged()
            for judged in (judge(body, by_registry=by_registry),)
        ],
    }


def _object(value: Json) -> dict[str, Json]:
    assert isinstance(value, dict)
    return value


def _judged() -> list[tuple[str, bytes, bool]]:
    def array(*parts: object) -> bytes:
        return codec.encode(list(parts))

    one, item = [[7, 1000, 5]], int(c.Kind.ITEM)
    max_ = INTEGER_MAX
    by_device = [
        ("a field that a newer version appended is left aside", array(14, 9, None, "newer")),
        ("trailing defaults may be written out", array(7, 1, 500, -1, 0, None, None)),
        ("integers need not be minimal", b"\x93\x07\x01\xcd\x00\x05"),
        ("an unknown kind", array(22, 1, "kunjungan")),
        ("an unknown kind with a map and a float in it", array(700, {"a": 1.5})),
        ("an unknown kind below zero", array(-3)),
        ("no array", array(5)[1:]),
        ("nothing at all", b""),
        ("an empty array", b"\x90"),
        ("a kind that is text", array("sale")),
        ("bytes after the array", array(14, 9) + b"\x00"),
        ("a salt and nothing after it", b"\xce\1\2\3\4"),
        ("a field too few", array(12, [[7, 1]], -1)),
        ("no lines", array(5, [])),
        ("too many lines", array(13, [[7, 0]] * (CHANGE_LINES_MAX + 1))),
        ("quantity 0", array(5, [[7, 0, 5]])),
        ("an amount below zero", array(5, [[7, 1, -5]])),
        ("an amount of 2^53", array(10, 1, 2**53)),
        ("an amount that is a float", array(10, 1, 5.0)),
        ("an amount that is true", array(10, 1, True)),
        ("amounts that add up to more than 2^53 − 1", array(5, [[7, 1, max_], [7, 1, 1]])),
        ("quantities that add up to more than 2^53 − 1", array(9, [[7, max_, 1], [7, 1, 1]])),
        ("a commission above the price", array(5, [[7, 1, 5, 9, 6]])),
        ("a sale into an account that takes no sales", array(5, one, -1, 0, 4)),
        ("a payment without a direction", array(7, 0, 5)),
        ("a production of nothing", array(11, [], [])),
        ("a day after 100000", array(10, 1, 5, 0, 100_001)),
        ("NUL in a text", array(10, "a\0b", 5)),
        ("text of 1,024 emoji", array(10, "🪡" * 1024, 5)),
        ("text of 1,025 letters", array(10, "a" * 1025, 5)),
        ("a log prefix of 7 bytes", array(14, [bytes(7), 1])),
        ("a void of a well-known name", array(14, -1)),
        ("a void of number 0", array(14, 0)),
        ("a field written twice", array(2, None, [[4, 1], [4, 2]])),
        ("no fields", array(2, None, [])),
        ("text where a field holds an integer", array(2, None, [[4, "1"]])),
        ("an integer where a field holds text", array(2, None, [[1, 1]])),
        ("a partner's name in the clear", array(3, None, [[1, "Bu Siti"]])),
        ("a NIK in the clear", array(1, [[15, _NIK]])),
        ("a NIK under the book key", array(1, [[15, [bytes(4), bytes(12), bytes(32)]]])),
        ("a sealed NIK and its end", array(1, [[15, _SEALED_NIK], [16, _NIK[-4:]]])),
        ("a sealed NIK of 49 bytes", array(1, [[15, bytes(49)]])),
        ("a sealed NIK of 256 bytes", array(1, [[15, bytes(256)]])),
        ("a sealed NIK of 48 bytes", array(1, [[15, bytes(48)]])),
        ("a sealed NIK of 257 bytes", array(1, [[15, bytes(257)]])),
        ("no NIK any more", array(1, [[15, None], [16, None]])),
        ("five digits as the end of a NIK", array(1, [[16, "00001"]])),
        ("letters as the end of a NIK", array(1, [[16, "000a"]])),
        ("an integer as the end of a NIK", array(1, [[16, 1234]])),
        ("a private value as the end of a NIK", array(1, [[16, [bytes(4), bytes(12), bytes(20)]]])),
        ("a resolve of a NIK in the clear", array(16, 1, None, 15, _NIK)),
        ("bytes where a field holds text", array(1, [[1, _SEALED_NIK]])),
        ("nil clears any field", array(3, 7, [[1, None]])),
        ("text where a field holds a name", array(4, None, [[3, "galeri"]])),
        ("a map in a field of a newer version", array(2, None, [[99, {}]])),
        ("bytes in a field of a newer version", array(2, None, [[99, b"x"]])),
        ("arrays 16 deep", b"\x93\x02\xc0\x91\x92\x63" + b"\x91" * 16 + b"\x01"),
        ("arrays 17 deep", b"\x93\x02\xc0\x91\x92\x63" + b"\x91" * 17 + b"\x01"),
        ("a resolve of something without fields", array(16, 5, None, 1, "x")),
        ("a level of sharing that is not known", array(17, 3)),
        ("a certificate from a device", array(19, bytes(32))),
        ("a revocation from a device", array(25, bytes(32), [])),
    ]
    by_registry = [
        ("a certificate from the registry", array(19, bytes(32))),
        ("a certificate of 31 bytes", array(19, bytes(31))),
        ("a revocation from the registry", array(25, bytes(32), [[bytes(8), 1, 9, bytes(8)]], 3)),
        ("a revocation that leaves out its heads", array(25, bytes(32))),
        ("a revocation of 301 heads", array(25, bytes(32), [[bytes(8), 1, 9, bytes(8)]] * 301)),
        ("a sale from the registry", array(5, one)),
        ("a write of an item from the registry", array(item, 7, [[4, 5]])),
        ("a consent from the registry", array(17, 2)),
        ("a resolve from the registry", array(16, 2, [bytes(8), 1], 4, 5)),
        ("a write of the profile from the registry", array(1, [[3, "35.76.01.1001"]])),
    ]
    return [(why, body, False) for why, body in by_device] + [
        (why, body, True) for why, body in by_registry
    ]


# -- logs ----------------------------------------------------------------------------------------


def logs() -> Json:
    """Return descriptors with what they make, and a chain of hashes."""
    a = SigningKey(b"A" * 32)
    first = Descriptor(a.public, bytes.fromhex("0102030405060708"), b"")
    parent = Hash(sha256(b"a head"))
    again = Descriptor(a.public, bytes(8), parent)
    times = [MONDAY, MONDAY - 1, 0, -1, -INTEGER_MAX, INTEGER_MAX, MONDAY]
    bodies = [c.write(c.Expense(index, 1000)) for index in range(len(times) - 1)]
    bodies.append(b"")
    return {
        "seed": (b"A" * 32).hex(),
        "descriptors": [
            {
                "key": each.key.hex(),
                "incarnation": each.incarnation.hex(),
                "parent": each.parent.hex(),
                "bytes": codec.encode(each).hex(),
                "h0": each.origin.hex(),
                "log": each.log.hex(),
                "prefix": each.log[:8].hex(),
            }
            for each in (first, again)
        ],
        "chain": [say.placed(each) for each in _chain(first, bodies, times)],
    }


def _chain(descriptor: Descriptor, bodies: Sequence[bytes], times: Sequence[int]) -> list[Placed]:
    chain: list[Placed] = []
    previous = descriptor.origin
    for n, (body, t) in enumerate(zip(bodies, times, strict=True), 1):
        chain.append(place(descriptor.log, n, previous, t, body))
        previous = chain[-1].hash
    return chain


# -- batches -------------------------------------------------------------------------------------


def _day_of_sales() -> tuple[Device, list[Placed]]:
    a = Device("A")
    item = c.Item(None, [c.FieldWrite(c.ItemField.NAME, c.value("Kain tulis Truntum"))])
    sales = [c.Sale([c.SaleLine(1, 1000, 150_000 + 5_000 * each)]) for each in range(5)]
    a.write(item, salted=True)
    a.write(*sales)
    a.write(c.Expense("listrik", 75_000), wait=-2 * DAY)
    return a, a.log_of()


def batches() -> Json:
    """Return the same changes cut in several ways, and what is refused at the door."""
    a, chain = _day_of_sales()
    descriptor, clock = a.logs[LogId(chain[0].log)], a.clock
    whole = header_of(ARTISAN, chain, clock)
    cut = [
        signed(a.key, codec.encode(whole)),
        batch(a.key, chain[:3], clock),
        batch(a.key, chain[3:], clock + 5 * DAY),
        batch(a.key, chain[2:5], -1),
        *(batch(a.key, [each], clock) for each in chain[:2]),
    ]
    inside = frames(chain, clock)
    for number in sorted(DICTIONARIES):
        body = squeezed(inside, DICTIONARIES[number])
        header = header_of(ARTISAN, chain, clock, dictionary=number, body=body)
        cut.append(signed(a.key, codec.encode(header)))
    return {
        "seed": (b"A" * 32).hex(),
        "artisan": ARTISAN.hex(),
        "purpose": b"canting/batch/1".hex() + "00",
        "dictionaries": [
            {"number": number, "bytes": len(words), "sha256": sha256(words).hex()}
            for number, words in sorted(DICTIONARIES.items())
        ],
        "descriptor": say.descriptors({descriptor.log: descriptor}),
        "changes": [say.placed(each) for each in chain],
        "opened": [_opened(raw, descriptor) for raw in cut],
        "refused": [
            {"why": why, "code": _code(raw, descriptor), "envelope": raw.hex()}
            for why, raw in _bad_batches(a, chain, descriptor)
        ],
        "bombs": [
            {
                "why": "300,000 zeros in few bytes: refused before it is all inflated",
                "code": "too_large",
                "body": _BOMB.hex(),
                "dictionary": 0,
                "limit": BATCH_INFLATED_BYTES_MAX,
            }
        ],
    }


_BOMB: Final = squeezed(bytes(300_000), b"")


def _opened(raw: bytes, descriptor: Descriptor) -> Json:
    opened = open_batch(raw, descriptor)
    header = opened.header
    envelope = codec.decode(codec.decoder(Envelope), raw)
    return {
        "envelope": raw.hex(),
        "header": envelope.header.hex(),
        "signature": envelope.signature.hex(),
        "digest": opened.digest.hex(),
        "says": say.plain(header),
        "inflated": inflate(header.body, header.dictionary).hex(),
        "hashes": [each.hash.hex() for each in opened.changes],
    }


def _code(raw: bytes, descriptor: Descriptor) -> str:
    try:
        open_batch(raw, descriptor)
    except Refused as refusal:
        return refusal.code
    raise AssertionError("this was to be refused")


def _bad_batches(
    a: Device, chain: Sequence[Placed], descriptor: Descriptor
) -> list[tuple[str, bytes]]:
    clock = a.clock
    good = batch(a.key, chain, clock)
    fine = header_of(ARTISAN, chain, clock)
    inside = frames(chain, clock)

    def other(*, body: bytes | None = None, count: int | None = None, **parts: int) -> bytes:
        header = header_of(ARTISAN, chain, clock, body=body, count=count, **parts)
        return signed(a.key, codec.encode(header))

    fields = [getattr(fine, field) for field in fine.__struct_fields__]
    stranger = Device("B")
    begun = [place(descriptor.log, 1, Hash(bytes(32)), clock, chain[0].body)]
    return [
        ("a bit of the signature is flipped", good[:-1] + bytes([good[-1] ^ 1])),
        ("a bit of the header is flipped", good[:40] + bytes([good[40] ^ 1]) + good[41:]),
        ("another key has signed", batch(stranger.key, chain, clock)),
        (
            "it was signed for another purpose",
            codec.encode(
                Envelope(codec.encode(fine), a.key.sign(b"canting/request/1", codec.encode(fine)))
            ),
        ),
        (
            "it belongs to another log",
            batch(a.key, [place(LogId(bytes(16)), 1, Hash(bytes(32)), clock, b"\x90")], clock),
        ),
        ("its first change does not follow h[0]", batch(a.key, begun, clock)),
        ("it counts one change more than its body holds", other(count=len(chain) + 1)),
        ("it counts one change fewer than its body holds", other(count=len(chain) - 1)),
        ("the last change is cut short", other(body=stored(inside[:-1]))),
        ("a byte follows the last change", other(body=stored(inside + b"\0"))),
        ("a byte follows the stream", other(body=stored(inside) + b"\0")),
        ("the stream does not end", other(body=stored(inside)[:-1])),
        ("the stream is no DEFLATE", other(body=b"\x07")),
        ("a length that is not minimal", other(body=stored(b"\0\x81\0\x90"), count=1)),
        (
            "a time beyond 2^53 − 1",
            other(body=stored(codec.uvarint(codec.zigzag(2**53)) + b"\1\x90"), count=1),
        ),
        ("it inflates beyond the limit", other(body=_BOMB)),
        ("a dictionary that is not known", other(dictionary=9_999)),
        ("a version that is not known", signed(a.key, codec.encode([2, *fields[1:]]))),
        ("no changes", signed(a.key, codec.encode([*fields[:7], 0, *fields[8:]]))),
        ("more changes than a batch may hold", other(count=2_001)),
        ("the header lacks its body", signed(a.key, codec.encode(fields[:8]))),
        ("the header is no array", signed(a.key, b"\x01")),
        ("no envelope", b"\x93\x01\x02\x03"),
        ("the envelope is cut short", good[:-1]),
        ("a byte follows the envelope", good + b"\0"),
    ]


# -- frontiers -----------------------------------------------------------------------------------


class _Tree:
    """Changes of one log, by a letter and number that says where they stand."""

    def __init__(self) -> None:
        self.descriptor = Descriptor(SigningKey(b"A" * 32).public, bytes(8), b"")
        self.placed: dict[str, Placed] = {}
        self._grow("a", 1, 9, self.descriptor.origin)
        self._grow("b", 4, 8, self.placed["a3"].hash)
        self._grow("c", 6, 7, self.placed["b5"].hash)

    def _grow(self, branch: str, first: int, last: int, previous: Hash) -> None:
        for n in range(first, last + 1):
            body = c.write(c.Expense(f"{branch}{n}", 1000))
            each = self.placed[f"{branch}{n}"] = place(
                self.descriptor.log, n, previous, MONDAY + 60 * n, body
            )
            previous = each.hash


def strands_of(log: LogId, changes: Sequence[Placed]) -> Strands:
    """Return a set of changes of one log as strands."""
    heads, links = heads_of(log, changes)
    by_n: dict[int, list[Hash]] = {}
    for each in changes:
        by_n.setdefault(each.n, []).append(each.hash)
    return Strands(heads, lambda n: by_n.get(n, []), lambda: links)


def _range(letters: str) -> list[str]:
    branch, _, rest = letters.partition(" ")
    first, _, last = rest.partition("-")
    return [f"{branch}{n}" for n in range(int(first), int(last or first) + 1)]


_SETS: Final[Mapping[str, tuple[str, ...]]] = {
    "nothing": (),
    "the beginning": ("a 1-3",),
    "all of one branch": ("a 1-9",),
    "a gap": ("a 1-3", "a 6-9"),
    "two gaps, no beginning": ("a 2", "a 4-5", "a 8-9"),
    "a fork": ("a 1-9", "b 4-8"),
    "a fork, both ends short": ("a 1-4", "b 4-5"),
    "the other branch": ("a 1-3", "b 4-8"),
    "three branches": ("a 1-9", "b 4-8", "c 6-7"),
    "a fork and gaps": ("a 1-2", "a 5-9", "b 5-8", "c 7"),
}


def frontiers() -> Json:
    """Return sets of changes of one log, their heads, and what each lacks of each other."""
    tree = _Tree()
    log = tree.descriptor.log
    sets = {
        name: [tree.placed[each] for part in parts for each in _range(part)]
        for name, parts in _SETS.items()
    }
    stranger: dict[str, Json] = {"first": 1, "n": 9, "hash": bytes(HEAD_HASH_BYTES).hex()}
    return {
        "descriptor": say.descriptors({log: tree.descriptor}),
        "changes": {name: say.placed(each) for name, each in tree.placed.items()},
        "sets": [
            {
                "name": name,
                "holds": [each for part in _SETS[name] for each in _range(part)],
                "heads": [
                    {"first": head.first, "n": head.n, "hash": head.hash.hex()}
                    for head in heads_of(log, held_there)[0]
                ],
            }
            for name, held_there in sets.items()
        ],
        "lacking": [
            *(
                _lacking(tree, sets, mine, theirs, [])
                for mine in sets
                if mine != "nothing"
                for theirs in sets
            ),
            _lacking(tree, sets, "a fork", "nothing", [stranger]),
            _lacking(tree, sets, "a fork", "the beginning", [stranger]),
        ],
    }


def _lacking(
    tree: _Tree,
    sets: Mapping[str, Sequence[Placed]],
    mine: str,
    theirs: str,
    more: list[dict[str, Json]],
) -> Json:
    log = tree.descriptor.log
    strands = strands_of(log, sets[mine])
    stated = [
        (head.first, head.n, bytes(head.hash[:HEAD_HASH_BYTES]))
        for head in heads_of(log, sets[theirs])[0]
    ] + [
        (int(str(each["first"])), int(str(each["n"])), bytes.fromhex(str(each["hash"])))
        for each in more
    ]
    ranges = strands.lacking(stated)
    names = {each.hash: name for name, each in tree.placed.items()}
    missing = {names[hash_] for range_ in ranges for _, hash_ in strands.path(range_)}
    return {
        "mine": mine,
        "theirs": theirs,
        "stated": [{"first": f, "n": n, "hash": hash_.hex()} for f, n, hash_ in stated],
        "ranges": [{"first": r.first, "n": r.n, "hash": r.hash.hex()} for r in ranges],
        "changes": list(sorted(missing)),
    }


# -- private values ------------------------------------------------------------------------------


def private() -> Json:
    """Return texts under a book key."""
    texts = ["", "Bu Siti", "Jl. Majapahit 12\nMojokerto", "🪡 e\u0301", "x" * 1024]
    hidden = [
        (text, nonce, hide(BOOK_KEY, nonce, text))
        for index, text in enumerate(texts)
        for nonce in (bytes([index] * 12),)
    ]
    return {
        "book_key": BOOK_KEY.hex(),
        "key_id": key_id(BOOK_KEY).hex(),
        "associated_data": b"canting/private/1".hex(),
        "values": [
            {
                "text": text,
                "nonce": nonce.hex(),
                "sealed": value.sealed.hex(),
                "bytes": codec.encode(value).hex(),
            }
            for text, nonce, value in hidden
        ],
        "refused": [
            {
                "why": "a byte is altered",
                "bytes": codec.encode(
                    c.Private(
                        hidden[1][2].key,
                        hidden[1][1],
                        bytes([hidden[1][2].sealed[0] ^ 1]) + hidden[1][2].sealed[1:],
                    )
                ).hex(),
            },
            {
                "why": "the key is another",
                "bytes": codec.encode(hide(BookKey(bytes(32)), bytes(12), "Bu Siti")).hex(),
            },
        ],
    }


# -- the NIK -------------------------------------------------------------------------------------

_NIK: Final = "9999994101900001"
"""Nobody's: there is no province 99."""
_SEALED_NIK: Final = bytes.fromhex(
    "b65bab2ee6ea92ab737443724e32cd00a9908d4c92f05fe3ab00f2647e8ef26f"
    "747b37252b2ecfddb7d5c73c2896bcfea43eb12cd9ef6de188c49a7eaeecb153"
)
"""Made once: sealing draws a key by chance."""


def nik() -> Json:
    """Return a NIK sealed to the registry, what it is compared by, and what is no NIK."""
    artisan = ArtisanId(bytes(range(8)))
    key = REGISTRY.derive(numbers.COMPARING)
    read_one = numbers.unseal(REGISTRY.box, artisan, _SEALED_NIK)
    assert read_one == _NIK
    return {
        "registry_seed": (b"R" * 32).hex(),
        "box": REGISTRY.box.public.hex(),
        "artisan": artisan.hex(),
        "nik": _NIK,
        "nik_end": numbers.end_of(_NIK),
        "sealed": _SEALED_NIK.hex(),
        "not_openable": [
            {"why": "of another artisan", "artisan": bytes(8).hex(), "sealed": _SEALED_NIK.hex()},
            {
                "why": "a byte is altered",
                "artisan": artisan.hex(),
                "sealed": (_SEALED_NIK[:-1] + bytes([_SEALED_NIK[-1] ^ 1])).hex(),
            },
        ],
        "compared_by_key": key.hex(),
        "compared_by": numbers.compared_by(key, _NIK).hex(),
        "shapes": [
            {"text": text, "wrong": wrong}
            for text, wrong in (
                (_NIK, None),
                ("99 99 99 - 41 01 90 - 0001", None),
                ("9999993112900001", None),
                ("9999997101900001", None),
                ("999999410190000", "digits"),
                ("99999941019000011", "digits"),
                ("999999410190000x", "digits"),
                ("٩999994101900001", "digits"),
                ("0099994101900001", "area"),
                ("9999990001900001", "day"),
                ("9999993201900001", "day"),
                ("9999994001900001", "day"),
                ("9999997201900001", "day"),
                ("9999994100900001", "month"),
                ("9999994113900001", "month"),
                ("9999994101900000", "serial"),
            )
        ],
    }


# -- receipts ------------------------------------------------------------------------------------


def receipts() -> Json:
    """Return receipts, from the oldest to the newest, and bytes that are none."""
    _, chain = _day_of_sales()
    log, last = chain[0].log, chain[-1].hash[:HEAD_HASH_BYTES]
    head = ReceiptHead(log, 1, len(chain), last)
    third = chain[2].hash[:HEAD_HASH_BYTES]
    parked = Exceptions(log, 2, 3, third, Verdict.PARKED, Reason.UNKNOWN_KIND)
    rival = Exceptions(log, 5, 5, chain[4].hash[:HEAD_HASH_BYTES], Verdict.CONFLICT)
    made = [
        Receipt(VERSION, ARTISAN, 1, MONDAY, [], []),
        Receipt(VERSION, ARTISAN, 1, MONDAY + 5, [ReceiptHead(log, 1, 3, third)], []),
        Receipt(VERSION, ARTISAN, 1, MONDAY + 6, [head], [parked, rival]),
        Receipt(VERSION, ARTISAN, 2, 7, [head], [parked], more=True),
    ]
    body = codec.encode(made[2])
    good = write_receipt(REGISTRY, made[2])
    later = codec.encode([2, *codec.decode(codec.decoder(list[codec.Raw]), body)[1:]])
    bad = [
        ("a bit of the signature is flipped", good[:-1] + bytes([good[-1] ^ 1])),
        ("another key has signed", write_receipt(SigningKey(b"A" * 32), made[2])),
        (
            "it was signed for another purpose",
            codec.encode([body, REGISTRY.sign(b"canting/batch/1", body)]),
        ),
        ("a version that is not known", _receipt_of(later)),
        ("a byte follows", good + b"\0"),
    ]
    return {
        "registry": REGISTRY.public.hex(),
        "purpose": b"canting/receipt/1".hex() + "00",
        "ascending": [
            {"bytes": write_receipt(REGISTRY, each).hex(), "says": say.plain(each)} for each in made
        ],
        "refused": [
            {"why": why, "code": _receipt_code(data), "bytes": data.hex()} for why, data in bad
        ],
    }


def _receipt_of(body: bytes) -> bytes:
    return codec.encode([body, REGISTRY.sign(b"canting/receipt/1", body)])


def _receipt_code(data: bytes) -> str:
    try:
        read_receipt(data, PublicKey(REGISTRY.public))
    except Refused as refusal:
        return refusal.code
    raise AssertionError("this was to be refused")


# -- a conversation ------------------------------------------------------------------------------


def exchange() -> Json:
    """Return an enrolment and the syncs after it, byte for byte."""
    return _Conversation().tell()


class _Conversation:
    """A device that began its book offline, and a registry, from the first word on."""

    def __init__(self) -> None:
        self.device = Device("A")
        self.registry = Device("R", MONDAY + 4 * HOUR)
        self.steps: list[Json] = []

    def tell(self) -> Json:
        device, registry = self.device, self.registry
        item = device.write(
            c.Item(None, [c.FieldWrite(c.ItemField.NAME, c.value("Kain cap"))]), salted=True
        )
        device.write(c.Sale([c.SaleLine(item.n, 1000, 95_000)]))
        device.clock = registry.clock - 400
        self._enrol()
        first = self._sync("The device sends its log; the registry measures its clock")
        self._sync("Nothing new: no batch either way, and the receipt that is known already")
        self._forgotten()
        return {
            "artisan": ARTISAN.hex(),
            "code": CODE,
            "device_seed": (b"A" * 32).hex(),
            "registry_seed": (b"R" * 32).hex(),
            "registry": REGISTRY.public.hex(),
            "purposes": {
                "request": b"canting/request/1".hex() + "00",
                "enrolment": b"canting/enrol/1".hex() + "00",
                "receipt": b"canting/receipt/1".hex() + "00",
            },
            "steps": self.steps,
            "altered_requests": _altered(first, device),
            "note": "Batches here are stored, not compressed; a client SHOULD compress.",
        }

    def _enrol(self) -> None:
        device, registry = self.device, self.registry
        asked = write_enrolment(device.key, CODE)
        registry.write(c.Certificate(device.key.public, box=device.key.box.public), wait=0)
        self.cut = [batch(registry.key, registry.log_of(), registry.clock)]
        self.receipt = self._receipt()
        (descriptor,) = registry.logs.values()
        answer = Enrolled(
            VERSION,
            ARTISAN,
            registry.key.public,
            [descriptor],
            list(self.cut),
            self.receipt,
            registry.key.box.public,
        )
        self.steps.append(
            {
                "what": "Enrolment: the device proves its key and shows the code",
                "path": "/v1/enrol",
                "request": asked.hex(),
                "reply": write_enrolled(answer).hex(),
                "reply_says": say.plain(answer),
                "receipt_says": say.plain(read_receipt(self.receipt, registry.key.public)),
            }
        )
        device.hear(registry)
        self.believed = read_receipt(self.receipt, registry.key.public)

    def _receipt(self) -> bytes:
        registry = self.registry
        chains: dict[bytes, list[Placed]] = {}
        for each in registry.changes.values():
            chains.setdefault(each.log, []).append(each)
        heads = [
            ReceiptHead(log, head.first, head.n, head.hash[:HEAD_HASH_BYTES])
            for log in sorted(chains)
            for head in heads_of(LogId(log), chains[log])[0]
        ]
        return write_receipt(registry.key, Receipt(VERSION, ARTISAN, 1, registry.clock, heads, []))

    def _sync(self, what: str) -> bytes:
        device, registry = self.device, self.registry
        request, asked = self._ask([])
        news = set(device.changes) - set(registry.changes)
        registry.hear(device)
        back: list[bytes] = []
        speaks: list[Descriptor] = []
        if news:
            (own,) = (log for log in device.logs if device.logs[log].key == device.key.public)
            last = max((e for e in device.changes.values() if e.log == own), key=lambda e: e.n)
            said = c.Clock(
                c.Piece(own[:8], 1, last.n, last.hash[:8]), registry.clock - request.clock, 60
            )
            written = registry.write(said, wait=0)
            back = [batch(registry.key, [written], registry.clock)]
            speaks = [registry.logs[LogId(written.log)]]
            self.cut += back
            self.receipt = self._receipt()
        self._answer(what, request, asked, Answer(ARTISAN, speaks, back, self.receipt))
        return asked

    def _forgotten(self) -> None:
        """The registry is restored from before the enrolment, and learns everything again."""
        request, asked = self._ask([])
        self.steps.append(
            {
                "what": "The registry was restored from before the enrolment: it knows no such key",
                "path": "/v1/sync",
                "request": asked.hex(),
                "request_says": say.plain(request),
                "problem": "unknown_key",
            }
        )
        request, asked = self._ask(list(self.cut), everything=True)
        self.receipt = self._receipt()
        self._answer(
            "The device offers everything it holds, certificates first; all is level again",
            request,
            asked,
            Answer(ARTISAN, [], [], self.receipt),
        )

    def _ask(self, carried: list[bytes], *, everything: bool = False) -> tuple[Request, bytes]:
        device, registry = self.device, self.registry
        device.clock += 60
        registry.clock += 60
        # The registry's own log first, then the others by their ids.
        order = sorted(
            device.logs, key=lambda log: (device.logs[log].key != registry.key.public, log)
        )
        frontier, offered = [], list(carried)
        for log in order:
            mine = [each for each in device.changes.values() if each.log == log]
            strands = strands_of(log, mine)
            frontier.append(held(device.logs[log], list(strands.heads)))
            if device.logs[log].key != device.key.public:
                continue
            believed = [(h.first, h.n, h.hash) for h in self.believed.heads if h.log == log]
            for range_ in strands.lacking([] if everything else believed):
                path = {hash_ for _, hash_ in strands.path(range_)}
                run = sorted((e for e in mine if e.hash in path), key=lambda each: each.n)
                offered.append(batch(device.key, run, device.clock))
        request = Request(
            VERSION, device.key.public, device.clock, [Offer(ARTISAN, frontier, offered)]
        )
        return request, write_request(device.key, request)

    def _answer(self, what: str, request: Request, asked: bytes, answer: Answer) -> None:
        device, registry = self.device, self.registry
        reply = Reply(VERSION, registry.clock, [answer])
        receipt = read_receipt(self.receipt, registry.key.public)
        self.steps.append(
            {
                "what": what,
                "path": "/v1/sync",
                "request": asked.hex(),
                "request_says": say.plain(request),
                "reply": write_reply(reply).hex(),
                "reply_says": say.plain(reply),
                "receipt_says": say.plain(receipt),
            }
        )
        device.hear(registry)
        self.believed = receipt


def _altered(good: bytes, device: Device) -> Json:
    body, signature = codec.decode(codec.decoder(list[bytes]), good)
    other = SigningKey(b"B" * 32)
    cases: list[tuple[str, bytes]] = [
        ("a bit of the signature is flipped", good[:-1] + bytes([good[-1] ^ 1])),
        ("another key has signed", codec.encode([body, other.sign(b"canting/request/1", body)])),
        (
            "it was signed for another purpose",
            codec.encode([body, device.key.sign(b"canting/batch/1", body)]),
        ),
        ("the reply's or nobody's bytes", codec.encode([b"\x90", signature])),
        ("a byte follows", good + b"\0"),
        ("it is cut short", good[:-1]),
        ("a version that is not known", _again(device.key, body, lambda parts: [2, *parts[1:]])),
        ("no ledgers", _again(device.key, body, lambda parts: [*parts[:3], []])),
    ]
    found = []
    for why, data in cases:
        try:
            read_request(data)
        except Refused as refusal:
            found.append({"why": why, "code": refusal.code, "bytes": data.hex()})
        else:
            raise AssertionError(why)
    return [dict(each) for each in found]


def _again(key: SigningKey, body: bytes, alter: Callable[[list[object]], list[object]]) -> bytes:
    changed = codec.encode(alter(codec.decode(codec.decoder(list[object]), body)))
    return codec.encode([changed, key.sign(b"canting/request/1", changed)])
