"""Letters: opened by whom they are for, as they were sealed, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canting_protocol import codec
from canting_protocol.batch import cut
from canting_protocol.crypto import BoxKey, BoxPublic, SigningKey, seal_to, sha256
from canting_protocol.errors import Refused
from canting_protocol.ledger.author import place
from canting_protocol.letters import (
    KEYS_FIRST,
    MONEY,
    OTHERS,
    VERSION,
    Address,
    Span,
    digest_of,
    in_order,
    open_letter,
    read_address,
    read_goods,
    read_letter,
    seal_letter,
    to_id,
    write_goods,
)
from canting_protocol.log import ArtisanId, Descriptor, LogId
from canting_protocol.messages import Held, Offer

REGISTRY, DEVICE = SigningKey(b"R" * 32), SigningKey(b"A" * 32)
ARTISAN = ArtisanId(b"artisan!")
ADDRESS = Address(VERSION, to_id(REGISTRY.public), ARTISAN, [Span(b"prefix!!", 1, 2, b"hash!!!!")])
PLAIN = b"three cloths of Bu Contoh"
LETTER = seal_letter(REGISTRY.box.public, ADDRESS, PLAIN)


def code_of(raw: bytes, box: BoxKey = REGISTRY.box) -> str | None:
    """Return the code that a letter is refused with, or None when it opens."""
    try:
        open_letter(box, raw)
    except Refused as refused:
        return refused.code
    return None


def sealed_in(raw: bytes) -> bytes:
    """Return what is sealed in a letter."""
    parts: list[bytes] = codec.decode(codec.decoder(list[bytes]), raw)
    return parts[1]


def goods(artisan: ArtisanId = ARTISAN) -> Offer:
    """Return an offer of one batch, without a frontier."""
    log = Descriptor(DEVICE.public, bytes(8), b"")
    change = place(LogId(log.log), 1, log.origin, 0, b"\x90")
    return Offer(artisan, [Held(log, [])], [cut(DEVICE, artisan, [change], 0)])


def test_a_letter_is_opened_by_whom_it_is_for() -> None:
    assert open_letter(REGISTRY.box, LETTER) == (ADDRESS, PLAIN)


def test_a_courier_reads_the_address_and_nothing_else() -> None:
    letter = read_letter(LETTER)
    assert (letter.address, letter.raw) == (ADDRESS, LETTER)
    assert PLAIN not in LETTER


def test_a_letter_is_known_by_the_first_bytes_of_its_hash() -> None:
    assert read_letter(LETTER).digest == digest_of(LETTER) == sha256(LETTER)[:16]


def test_the_same_said_twice_is_two_letters() -> None:
    again = seal_letter(REGISTRY.box.public, ADDRESS, PLAIN)
    assert again != LETTER
    assert open_letter(REGISTRY.box, again) == (ADDRESS, PLAIN)


def test_sealing_adds_48_bytes_and_the_address() -> None:
    told = codec.encode(ADDRESS)
    assert len(sealed_in(LETTER)) == len(PLAIN) + 48
    assert codec.encode([told, sealed_in(LETTER)]) == LETTER


@given(st.binary(max_size=300), st.binary(min_size=32, max_size=32))
def test_any_bytes_come_back_from_a_letter(plain: bytes, seed: bytes) -> None:
    box = BoxKey(seed)
    address = Address(VERSION, bytes(8), ARTISAN)
    assert open_letter(box, seal_letter(box.public, address, plain)) == (address, plain)


@pytest.mark.parametrize("at", range(len(LETTER)))
def test_a_letter_with_any_byte_altered_does_not_open(at: int) -> None:
    altered = bytearray(LETTER)
    for flip in (1, 2, 0x10, 0x80, 0xFF):
        altered[at] = LETTER[at] ^ flip
        assert code_of(bytes(altered)) in ("malformed", "unknown_version", "not_openable")


@given(st.integers(0, len(LETTER) - 1))
def test_a_letter_cut_anywhere_is_refused(end: int) -> None:
    assert code_of(LETTER[:end]) == "malformed"


@given(st.binary(min_size=1, max_size=20))
def test_something_after_a_letter_is_refused(more: bytes) -> None:
    assert code_of(LETTER + more) == "malformed"


@given(st.binary(min_size=32, max_size=32).filter(lambda seed: seed != b"R" * 32))
def test_another_box_does_not_open_a_letter(seed: bytes) -> None:
    assert code_of(LETTER, BoxKey(seed)) == "not_openable"


def test_whoever_sealed_a_letter_does_not_open_it() -> None:
    assert code_of(LETTER, DEVICE.box) == "not_openable"


@given(
    st.builds(
        Address,
        st.just(VERSION),
        st.binary(min_size=8, max_size=8),
        st.binary(min_size=8, max_size=8),
        st.lists(
            st.builds(
                Span,
                st.binary(min_size=8, max_size=8),
                st.integers(1, 9),
                st.integers(1, 9),
                st.binary(min_size=8, max_size=8),
            ),
            max_size=3,
        ),
        st.integers(0, 100),
        st.binary(max_size=4),
    )
)
def test_a_letter_under_another_address_does_not_open(other: Address) -> None:
    swapped = codec.encode([codec.encode(other), sealed_in(LETTER)])
    assert read_letter(swapped).address == other, "a courier cannot see it"
    assert code_of(swapped) == (None if other == ADDRESS else "not_openable")


def test_the_same_address_in_other_bytes_does_not_open() -> None:
    """What is bound are the bytes, and not what they mean."""
    told = codec.encode(ADDRESS)
    longer = told[:1] + b"\xcc" + told[1:]
    assert read_address(longer) == ADDRESS
    assert code_of(codec.encode([longer, sealed_in(LETTER)])) == "not_openable"


def test_an_address_of_a_newer_version_is_refused_before_anything_is_opened() -> None:
    told = codec.encode(Address(2, bytes(8), ARTISAN))
    assert code_of(codec.encode([told, b""])) == "unknown_version"


def test_what_a_newer_client_adds_to_an_address_is_ignored_and_bound() -> None:
    told = codec.encode([VERSION, bytes(8), ARTISAN, [], 0, b"", "new"])
    sealed = seal_to(REGISTRY.box.public, PLAIN, b"canting/letter/1\0" + told)
    address, plain = open_letter(REGISTRY.box, codec.encode([told, sealed]))
    assert (address, plain) == (Address(VERSION, bytes(8), ARTISAN), PLAIN)


def test_a_letter_is_not_opened_as_something_else_that_is_sealed() -> None:
    told = codec.encode(ADDRESS)
    for bound_to in (b"", told, b"canting/letter/2\0" + told):
        sealed = seal_to(REGISTRY.box.public, PLAIN, bound_to)
        assert code_of(codec.encode([told, sealed])) == "not_openable"


def test_to_what_is_no_key_nothing_is_sealed() -> None:
    for box in (b"", bytes(31), bytes(33)):
        with pytest.raises(Refused, match="no key"):
            seal_letter(BoxPublic(box), ADDRESS, PLAIN)


def test_to_a_point_of_small_order_nothing_is_sealed() -> None:
    """Its shared secret would be known to everyone."""
    with pytest.raises(Refused, match="no key"):
        seal_letter(BoxPublic(bytes(32)), ADDRESS, PLAIN)


def test_goods_come_back_as_they_were_offered() -> None:
    offer = goods()
    assert read_goods(write_goods(offer), ADDRESS) == offer


def test_goods_of_another_ledger_than_the_address_says_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        read_goods(write_goods(goods(ArtisanId(b"another!"))), ADDRESS)
    assert refused.value.code == "wrong_log"


def test_goods_that_are_no_offer_are_refused() -> None:
    for plain in (b"", b"\x90", PLAIN):
        with pytest.raises(Refused) as refused:
            read_goods(plain, ADDRESS)
        assert refused.value.code == "malformed"


def test_letters_are_handed_on_most_urgent_first_else_as_they_stand() -> None:
    letters = [
        read_letter(seal_letter(REGISTRY.box.public, Address(1, bytes(8), ARTISAN, [], each), b""))
        for each in (OTHERS, MONEY, OTHERS, KEYS_FIRST, MONEY)
    ]
    assert in_order(letters) == [letters[at] for at in (3, 1, 4, 0, 2)]


def test_a_recipient_is_known_by_eight_bytes_that_are_not_the_key() -> None:
    assert to_id(REGISTRY.public) == sha256(b"canting/to/1\0", REGISTRY.public)[:8]
    assert to_id(REGISTRY.public) != to_id(DEVICE.public)
