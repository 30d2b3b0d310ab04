"""What is carried: letters, bundles, hand-overs, slips, certificates, files."""

from collections.abc import Callable
from typing import Final

from tests.vectors import hpke, say
from tests.vectors.devices import ARTISAN, MONDAY, REGISTRY, Device, batch
from tests.vectors.say import Json
from tests.vectors.wire import strands_of

from canting_client.parcels import armoured
from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.bundles import (
    Bundle,
    Commission,
    Given,
    Officer,
    Slip,
    Taken,
    pack,
    read_bundle,
    read_handover,
    read_officer,
    read_slip,
    slip_code,
    unpack,
    write_bundle,
    write_commission,
    write_handover,
    write_officer,
    write_slip,
)
from canting_protocol.codec import Array
from canting_protocol.crypto import SigningKey, sha256
from canting_protocol.errors import Refused
from canting_protocol.letters import (
    ASKER_BYTES,
    VERSION,
    Address,
    Span,
    digest_of,
    open_letter,
    read_goods,
    to_id,
    write_goods,
)
from canting_protocol.log import ArtisanId, LogId, Placed
from canting_protocol.messages import (
    Answer,
    Held,
    Offer,
    Receipt,
    ReceiptHead,
    Reply,
    Request,
    held,
    write_receipt,
    write_reply,
    write_request,
)
from canting_protocol.signed import Signed

A, B, L = (SigningKey(letter * 32) for letter in (b"A", b"B", b"L"))
_LETTER: Final = b"canting/letter/1\0"
# RFC 9180, appendix A.1.1: base mode, with AES-128-GCM. All but the length of the key is as here.
_RFC: Final = {
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "ephemeral": "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
    "recipient": "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
    "recipient_secret": "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
    "enc": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    "shared_secret": "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
    "key": "4531685d41d65f03dc48f6b8302c05b0",
    "nonce": "56d890e5accaaf011cff4b7d",
    "plain": "4265617574792069732074727574682c20747275746820626561757479",
    "aad": "436f756e742d30",
    "sealed": "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
    "6d8770ac83d07bea87e13c512a",
}


class _Visit:
    """A device with two logs of an artisan, and what it says to its registry and hears."""

    def __init__(self) -> None:
        self.device, self.registry = Device("A"), Device("R")
        self.registry.write(c.Certificate(A.public, box=A.box.public))
        self.device.hear(self.registry)
        self.device.write(c.Sale([c.SaleLine(-1, 1000, 95_000)]), salted=True)
        self.device.write(c.Sale([c.SaleLine(-1, 2000, 180_000)]))
        self.sealed = 0
        own = self.device.log_of()
        assert self.device.own is not None
        self.asker = self.device.own.log[:ASKER_BYTES]
        runs = (own[:-1], own[-1:])
        self.batches = [batch(A, run, MONDAY) for run in runs]
        self.spans = [Span(run[0].log[:8], run[0].n, run[-1].n, run[-1].hash[:8]) for run in runs]

    def frontier(self) -> list[Held]:
        """Return the device's logs, the registry's first."""
        logs = self.device.logs
        order = sorted(logs, key=lambda log: (logs[log].key != REGISTRY.public, log))
        return [held(logs[log], list(strands_of(log, self._of(log)).heads)) for log in order]

    def _of(self, log: LogId) -> list[Placed]:
        return [each for each in self.device.changes.values() if each.log == log]

    def goods(self, artisan: ArtisanId = ARTISAN) -> Offer:
        """Return the offer in a letter of goods."""
        assert self.device.own is not None
        descriptor = self.device.logs[LogId(self.device.own.log)]
        return Offer(artisan, [Held(descriptor, [])], self.batches)

    def request(self) -> bytes:
        """Return the signed request in a question: it offers nothing."""
        offer = Offer(ARTISAN, self.frontier(), [])
        return write_request(A, Request(1, A.public, MONDAY + 900, [offer]))

    def reply(self) -> bytes:
        """Return the reply in an answer."""
        heads = [
            ReceiptHead(each.descriptor.log, head.first, head.n, head.hash)
            for each in self.frontier()
            for head in each.heads
        ]
        receipt = write_receipt(REGISTRY, Receipt(1, ARTISAN, 1, MONDAY + 1000, heads, []))
        return write_reply(Reply(1, MONDAY + 1000, [Answer(ARTISAN, [], [], receipt)]))

    def seal(self, to: SigningKey, address: Address | bytes, plain: bytes) -> dict[str, Json]:
        """Return a letter by all that goes into it."""
        self.sealed += 1
        ephemeral = sha256(b"ephemeral", bytes([self.sealed]))
        told = address if isinstance(address, bytes) else codec.encode(address)
        context = hpke.sender(ephemeral, to.box.public, _LETTER + told)
        sealed = context.enc + context.seal(plain)
        letter = codec.encode([told, sealed])
        return {
            "address": say.plain(open_letter(to.box, letter)[0]),
            "address_bytes": told.hex(),
            "plain": plain.hex(),
            "info": (_LETTER + told).hex(),
            "recipient": to.box.public.hex(),
            "ephemeral": ephemeral.hex(),
            "shared_secret": context.shared_secret.hex(),
            "key": context.key.hex(),
            "nonce": context.nonce.hex(),
            "letter": letter.hex(),
            "digest": digest_of(letter).hex(),
        }

    def question(self) -> dict[str, Json]:
        """Return a device's question."""
        address = Address(VERSION, to_id(REGISTRY.public), ARTISAN, asker=self.asker)
        return self.seal(REGISTRY, address, self.request())

    def carrying(self) -> dict[str, Json]:
        """Return a letter of goods."""
        address = Address(VERSION, to_id(REGISTRY.public), ARTISAN, self.spans, 1)
        return self.seal(REGISTRY, address, write_goods(self.goods()))

    def answer(self) -> dict[str, Json]:
        """Return the registry's answer."""
        address = Address(VERSION, to_id(A.public), ARTISAN, asker=self.asker)
        return self.seal(A, address, self.reply())


def letters() -> Json:
    """Return letters with everything they are made of, and what does not open."""
    visit = _Visit()
    question, goods, answer = visit.question(), visit.carrying(), visit.answer()
    bare = Address(VERSION, to_id(REGISTRY.public), ARTISAN)
    newer = codec.encode([VERSION, to_id(REGISTRY.public), ARTISAN, [], 0, b"", ["of a newer one"]])
    raw = bytes.fromhex(str(goods["letter"]))
    told, sealed = codec.decode(codec.decoder(list[bytes]), raw)
    other = codec.encode(Address(VERSION, to_id(REGISTRY.public), b"another!", visit.spans, 1))
    longer = told[:1] + b"\xcc" + told[1:]
    refused: list[tuple[str, SigningKey, bytes]] = [
        ("it is for another", A, raw),
        ("a bit of what is sealed is flipped", REGISTRY, raw[:-1] + bytes([raw[-1] ^ 1])),
        ("another address", REGISTRY, codec.encode([other, sealed])),
        ("the same address in other bytes", REGISTRY, codec.encode([longer, sealed])),
        (
            "an address of a newer version",
            REGISTRY,
            codec.encode([codec.encode([2, *bare_parts(bare)]), sealed]),
        ),
        ("nothing is sealed", REGISTRY, codec.encode([told, b""])),
        ("`to` is too short", REGISTRY, codec.encode([codec.encode([1, b"", ARTISAN]), sealed])),
        ("it is cut short", REGISTRY, raw[:-1]),
        ("a byte follows", REGISTRY, raw + b"\0"),
    ]
    stranger = visit.goods(ArtisanId(b"another!"))
    return {
        "purposes": {
            "box": b"canting/box/1\0".hex(),
            "to": b"canting/to/1\0".hex(),
            "letter": _LETTER.hex(),
        },
        "boxes": [
            {
                "seed": seed.hex(),
                "secret": sha256(b"canting/box/1\0", seed).hex(),
                "box": SigningKey(seed).box.public.hex(),
                "key": SigningKey(seed).public.hex(),
                "to": to_id(SigningKey(seed).public).hex(),
            }
            for seed in (b"A" * 32, b"B" * 32, b"R" * 32)
        ],
        "rfc9180": {"what": "A.1.1, base mode, AES-128-GCM, sequence number 0", **_RFC},
        "letters": [
            {"name": "question", **question},
            {"name": "goods", **goods, "says": say.plain(visit.goods())},
            {"name": "answer", **answer},
            {"name": "nothing", **visit.seal(REGISTRY, bare, b"")},
            {"name": "address of a newer client", **visit.seal(REGISTRY, newer, b"kain")},
        ],
        "refused": [
            {
                "why": why,
                "seed": _seed_of(key).hex(),
                "letter": letter.hex(),
                "code": _code_of(lambda key=key, letter=letter: open_letter(key.box, letter)),  # type: ignore[misc]
            }
            for why, key, letter in refused
        ],
        "goods_refused": [
            {
                "why": why,
                "artisan": ARTISAN.hex(),
                "plain": plain.hex(),
                "code": _code_of(lambda plain=plain: read_goods(plain, bare)),  # type: ignore[misc]
            }
            for why, plain in (
                ("of another ledger", write_goods(stranger)),
                ("no offer", visit.request()),
                ("nothing", b""),
            )
        ],
    }


def bare_parts(address: Address) -> list[object]:
    """Return what follows the version."""
    return [getattr(address, name) for name in address.__struct_fields__[1:]]


def bundles() -> Json:
    """Return bundles as they are posted, papers, and files whole and otherwise."""
    visit = _Visit()
    question, goods, answer = (
        bytes.fromhex(str(each["letter"]))
        for each in (visit.question(), visit.carrying(), visit.answer())
    )
    officer = Officer(1, L.public, "Bu Lina", "Magersari", 20, MONDAY, MONDAY + 180 * 86_400)
    paper = write_officer(REGISTRY, officer)
    given = write_handover(A, MONDAY + 900, [Given(digest_of(each)) for each in (goods, question)])
    said = read_handover(given)
    taken = [Taken(each.digest) for each in said.letters]
    carried = write_slip(L, MONDAY + 1200, said, taken)
    passed = [Given(each.digest, MONDAY + 1200) for each in said.letters]
    brought = write_handover(L, MONDAY + 90_000, passed)
    told = [Taken(taken[0].digest), Taken(taken[1].digest, "unknown_key")]
    arrived = write_slip(REGISTRY, MONDAY + 90_010, read_handover(brought), told)
    posted = [
        ("a device asks", write_bundle([question])),
        ("and is answered", write_bundle([answer])),
        ("a device hands over", write_bundle([goods, question], given)),
        ("a courier answers", write_bundle([], carried, [paper])),
        ("he hands over", write_bundle([goods, question], brought, [paper])),
        ("the registry answers", write_bundle([answer], arrived)),
        (
            "he asks what is wanted",
            write_bundle(
                [],
                brought,
                [paper],
                [codec.decode(codec.decoder(list[bytes]), each)[0] for each in (goods, question)],
            ),
        ),
    ]
    return {
        "seeds": {"device": (b"A" * 32).hex(), "officer": (b"L" * 32).hex(), "registry": "52" * 32},
        "purposes": {
            name: f"canting/{name}/1\0".encode().hex()
            for name in ("handover", "slip", "officer", "slip-code")
        },
        "bundles": [
            {"what": what, "bytes": data.hex(), "says": say.plain(read_bundle(data))}
            for what, data in posted
        ],
        "refused": [
            {"why": why, "bytes": data.hex(), "code": _code_of(lambda data=data: read_bundle(data))}  # type: ignore[misc]
            for why, data in (
                ("nothing", b""),
                ("a newer version", codec.encode(Bundle(2, []))),
                ("a byte follows", write_bundle([]) + b"\0"),
                ("no letters", b"\x91\x01"),
            )
        ],
        "handovers": [
            {"bytes": each.hex(), "says": say.plain(read_handover(each))}
            for each in (given, brought)
        ],
        "slips": [
            {"bytes": each.hex(), "says": say.plain(read_slip(each)), "code": slip_code(each)}
            for each in (carried, arrived)
        ],
        "officer": {"bytes": paper.hex(), "says": say.plain(officer)},
        "commission": _commission(paper),
        "papers_refused": _papers_refused(officer),
        "files": _files(pack([goods, question], given, [paper])),
    }


def _commission(paper: bytes) -> Json:
    said = Commission(1, REGISTRY.public, REGISTRY.box.public, paper)
    return {"bytes": write_commission(said).hex(), "says": say.plain(said)}


def _papers_refused(officer: Officer) -> Json:
    handover = write_handover(A, MONDAY, [])
    slip = Slip(1, L.public, A.public, MONDAY, MONDAY, [])

    def signed(key: SigningKey, purpose: bytes, said: Array) -> bytes:
        body = codec.encode(said)
        return codec.encode(Signed(body, key.sign(purpose, body)))

    read: dict[str, Callable[[bytes], object]] = {
        "handover": read_handover,
        "slip": read_slip,
        "officer": lambda data: read_officer(data, REGISTRY.public),
    }
    said = read_handover(handover)
    cases = [
        ("handover", "another has signed", signed(B, b"canting/handover/1", said)),
        ("handover", "signed as a slip", signed(A, b"canting/slip/1", said)),
        ("handover", "a bit is flipped", handover[:-1] + bytes([handover[-1] ^ 1])),
        ("slip", "another has signed", signed(REGISTRY, b"canting/slip/1", slip)),
        ("slip", "signed as a hand-over", signed(L, b"canting/handover/1", slip)),
        ("officer", "he has signed it himself", signed(L, b"canting/officer/1", officer)),
        ("officer", "signed as a receipt", signed(REGISTRY, b"canting/receipt/1", officer)),
    ]
    return [
        {
            "paper": paper,
            "why": why,
            "bytes": data.hex(),
            "code": _code_of(lambda paper=paper, data=data: read[paper](data)),  # type: ignore[misc]
        }
        for paper, why, data in cases
    ]


def _files(packed: bytes) -> Json:
    ends = [at for at in range(len(packed)) if _holds(packed, at) != _holds(packed, at - 1)]
    cuts = sorted({0, 8, *ends, *(at - 1 for at in ends), *(len(packed) - n for n in range(35))})
    flipped = packed[:200] + bytes([packed[200] ^ 1]) + packed[201:]
    text = armoured(packed)
    return {
        "file": packed.hex(),
        "says": say.plain(unpack(packed).bundle),
        "cut": [{"bytes": at, "letters": _holds(packed, at)} for at in cuts if at < len(packed)],
        "refused": [
            {"why": why, "file": data.hex(), "code": _code_of(lambda data=data: unpack(data))}  # type: ignore[misc]
            for why, data in (
                ("nothing", b""),
                ("another file", b"PK\x03\x04" + packed[4:]),
                ("a bit is flipped", flipped),
                ("something follows", packed + b"\0"),
                ("twice", packed + packed),
                ("a letter that is too large", packed[:8] + codec.uvarint(2_000_000) + b"x"),
            )
        ],
        "text": text,
        "text_cut": [
            {"letters_of_text": at, "letters": _holds(packed, _bytes_of(text, at))}
            for at in (24, 300, 900, len(text) - 20)
        ],
    }


def _bytes_of(text: str, at: int) -> int:
    """Return how many bytes text that was cut off still tells."""
    lines = text[:at].splitlines()[1:]
    return sum(len(line) for line in lines if not line.startswith("-")) // 4 * 3


def _holds(packed: bytes, at: int) -> int | None:
    """Return how many letters a file that was cut off still holds; None: it is refused."""
    if at < 0:
        return None
    try:
        return len(unpack(packed[:at]).bundle.letters)
    except Refused:
        return None


def _seed_of(key: SigningKey) -> bytes:
    return next(seed * 32 for seed in (b"A", b"R") if SigningKey(seed * 32).public == key.public)


def _code_of(call: Callable[[], object]) -> str:
    try:
        call()
    except Refused as refused:
        return refused.code
    raise AssertionError
