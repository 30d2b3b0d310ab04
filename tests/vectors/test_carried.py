"""The public functions agree with the vectors of letters and bundles."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.vectors import hpke, say
from tests.vectors.test_vectors import BYTES, cases, vectors

from canting_client.parcels import armoured, dearmoured
from canting_protocol.bundles import (
    Given,
    Taken,
    pack,
    read_bundle,
    read_commission,
    read_handover,
    read_officer,
    read_slip,
    slip_code,
    unpack,
    write_bundle,
    write_handover,
    write_officer,
    write_slip,
)
from canting_protocol.crypto import BoxKey, PublicKey, SigningKey, seal_to
from canting_protocol.errors import Refused
from canting_protocol.letters import (
    Address,
    open_letter,
    read_goods,
    read_letter,
    to_id,
)
from canting_protocol.messages import read_reply, read_request

DEVICE, REGISTRY, OFFICER = (SigningKey(letter * 32) for letter in (b"A", b"R", b"L"))


def refused_with(call: Callable[[], object]) -> str:
    """Return the code that something is refused with, which it must be."""
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


def test_the_sender_by_hand_is_that_of_rfc_9180() -> None:
    told = {
        name: BYTES(value)
        for name, value in vectors("letters.json")["rfc9180"].items()
        if name != "what"
    }
    made = hpke.sender(told["ephemeral"], told["recipient"], told["info"], hpke.AES_128_GCM)
    for name in ("enc", "shared_secret", "key", "nonce"):
        assert getattr(made, name) == told[name], name
    assert made.seal(told["plain"], told["aad"]) == told["sealed"]
    recipient = X25519PrivateKey.from_private_bytes(told["recipient_secret"])
    assert recipient.public_key().public_bytes_raw() == told["recipient"]
    assert AESGCM(told["key"]).decrypt(told["nonce"], told["sealed"], told["aad"]) == told["plain"]


def drawn() -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    """Yield (seed, ephemeral, plain, info)."""
    noise = random.Random(1)  # noqa: S311  # any bytes, no secret
    for size in (0, 1, 15, 16, 17, 1_000, 70_000):
        yield noise.randbytes(32), noise.randbytes(32), noise.randbytes(size), noise.randbytes(60)


@pytest.mark.parametrize(("seed", "ephemeral", "plain", "info"), list(drawn()))
def test_what_is_sealed_by_hand_opens(
    seed: bytes, ephemeral: bytes, plain: bytes, info: bytes
) -> None:
    box = BoxKey(seed)
    made = hpke.sender(ephemeral, box.public, info)
    sealed = made.enc + made.seal(plain)
    assert box.open(sealed, info) == plain
    assert len(sealed) == len(seal_to(box.public, plain, info))
    assert refused_with(lambda: box.open(sealed, info + b"x")) == "not_openable"


def test_boxes_and_ids_follow_from_seeds() -> None:
    for case in vectors("letters.json")["boxes"]:
        key = SigningKey(BYTES(case["seed"]))
        assert key.public.hex() == case["key"]
        assert key.box.public.hex() == case["box"]
        assert to_id(key.public).hex() == case["to"]
        secret = X25519PrivateKey.from_private_bytes(BYTES(case["secret"]))
        assert secret.public_key().public_bytes_raw() == key.box.public


@pytest.mark.parametrize("case", cases("letters.json", "letters"))
def test_a_letter_opens_as_it_is_written(case: Any) -> None:
    raw = BYTES(case["letter"])
    letter = read_letter(raw)
    key = next(each for each in (DEVICE, REGISTRY) if each.box.public.hex() == case["recipient"])
    assert letter.address.to == to_id(key.public)
    assert letter.digest.hex() == case["digest"]
    address, plain = open_letter(key.box, raw)
    assert say.plain(address) == case["address"]
    assert plain.hex() == case["plain"]
    match case["name"]:
        case "question":
            request = read_request(plain)
            assert address.asker in {each.descriptor.log[:4] for each in request.ledgers[0].logs}
        case "goods":
            offer = read_goods(plain, address)
            assert say.plain(offer) == case["says"]
            assert len(offer.batches) == len(address.spans)
        case "answer":
            assert read_reply(plain).ledgers[0].artisan == address.artisan


@pytest.mark.parametrize("case", cases("letters.json", "refused"))
def test_what_is_no_letter_to_him(case: Any) -> None:
    box = SigningKey(BYTES(case["seed"])).box
    assert refused_with(lambda: open_letter(box, BYTES(case["letter"]))) == case["code"]


@pytest.mark.parametrize("case", cases("letters.json", "goods_refused"))
def test_what_is_no_goods_of_hers(case: Any) -> None:
    address = Address(1, bytes(8), BYTES(case["artisan"]))
    assert refused_with(lambda: read_goods(BYTES(case["plain"]), address)) == case["code"]


@pytest.mark.parametrize("case", cases("bundles.json", "bundles"))
def test_a_bundle_is_read_and_written_as_told(case: Any) -> None:
    bundle = read_bundle(BYTES(case["bytes"]))
    assert say.plain(bundle) == case["says"]
    again = write_bundle(bundle.letters, bundle.paper, bundle.papers, bundle.addresses)
    assert again.hex() == case["bytes"]


@pytest.mark.parametrize("case", cases("bundles.json", "refused"))
def test_what_is_no_bundle(case: Any) -> None:
    assert refused_with(lambda: read_bundle(BYTES(case["bytes"]))) == case["code"]


def test_papers_are_signed_and_read_as_told() -> None:
    found = vectors("bundles.json")
    keys = {each.public: each for each in (DEVICE, OFFICER, REGISTRY)}
    handovers = []
    for case in found["handovers"]:
        said = read_handover(BYTES(case["bytes"]))
        assert say.plain(said) == case["says"]
        given = [Given(each.digest, each.taken) for each in said.letters]
        assert write_handover(keys[PublicKey(said.giver)], said.clock, given).hex() == case["bytes"]
        handovers.append(said)
    for case, said in zip(found["slips"], handovers, strict=True):
        slip = read_slip(BYTES(case["bytes"]))
        assert say.plain(slip) == case["says"]
        assert slip_code(BYTES(case["bytes"])) == case["code"]
        codes = [Taken(each.digest, each.code) for each in slip.letters]
        again = write_slip(keys[PublicKey(slip.taker)], slip.taken, said, codes)
        assert again.hex() == case["bytes"]
    officer = read_officer(BYTES(found["officer"]["bytes"]), REGISTRY.public)
    assert say.plain(officer) == found["officer"]["says"]
    assert write_officer(REGISTRY, officer).hex() == found["officer"]["bytes"]
    commission, certified = read_commission(BYTES(found["commission"]["bytes"]))
    assert say.plain(commission) == found["commission"]["says"]
    assert certified == officer


@pytest.mark.parametrize("case", cases("bundles.json", "papers_refused"))
def test_what_is_no_such_paper(case: Any) -> None:
    read: dict[str, Callable[[bytes], object]] = {
        "handover": read_handover,
        "slip": read_slip,
        "officer": lambda data: read_officer(data, REGISTRY.public),
    }
    assert refused_with(lambda: read[case["paper"]](BYTES(case["bytes"]))) == case["code"]


def test_a_file_is_whole_or_cut_off_or_refused_as_told() -> None:
    found = vectors("bundles.json")["files"]
    packed = BYTES(found["file"])
    bundle, whole = unpack(packed)
    assert whole
    assert say.plain(bundle) == found["says"]
    assert pack(bundle.letters, bundle.paper, bundle.papers) == packed
    for cut in found["cut"]:
        part = packed[: cut["bytes"]]
        if cut["letters"] is None:
            assert refused_with(lambda part=part: unpack(part)) == "malformed"  # type: ignore[misc]
            continue
        there, whole = unpack(part)
        assert not whole
        assert there.letters == bundle.letters[: cut["letters"]]
    for case in found["refused"]:
        data = BYTES(case["file"])
        assert refused_with(lambda data=data: unpack(data)) == case["code"]  # type: ignore[misc]


def test_a_file_is_written_and_read_as_text() -> None:
    found = vectors("bundles.json")["files"]
    assert armoured(BYTES(found["file"])) == found["text"]
    assert dearmoured(found["text"].encode()).hex() == found["file"]
    for cut in found["text_cut"]:
        part = dearmoured(found["text"][: cut["letters_of_text"]].encode())
        if cut["letters"] is None:
            assert refused_with(lambda part=part: unpack(part)) == "malformed"  # type: ignore[misc]
        else:
            assert len(unpack(part).bundle.letters) == cut["letters"]
