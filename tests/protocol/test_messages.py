"""Requests, replies, receipts and enrolments, and who speaks next."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canting_protocol import codec
from canting_protocol.crypto import PublicKey, SigningKey
from canting_protocol.errors import Refused
from canting_protocol.exchange import Exchange
from canting_protocol.limits import INTEGER_MAX
from canting_protocol.log import Descriptor, Hash, Head, LogId
from canting_protocol.messages import (
    VERSION,
    Answer,
    Enrolled,
    Exceptions,
    Held,
    HeldHead,
    Offer,
    Receipt,
    ReceiptHead,
    Reply,
    Request,
    Turned,
    held,
    read_enrolled,
    read_enrolment,
    read_receipt,
    read_reply,
    read_request,
    write_enrolled,
    write_enrolment,
    write_receipt,
    write_reply,
    write_request,
)

KEY, REGISTRY = SigningKey(b"A" * 32), SigningKey(b"R" * 32)


def bytes_of(size: int) -> st.SearchStrategy[bytes]:
    """Return strings of so many bytes."""
    return st.binary(min_size=size, max_size=size)


position = st.integers(1, INTEGER_MAX)
whole = st.integers(-INTEGER_MAX, INTEGER_MAX)
descriptors = st.builds(
    Descriptor, bytes_of(32).map(PublicKey), bytes_of(8), st.just(b"") | bytes_of(32)
)
batches = st.lists(st.binary(max_size=30), max_size=3)
frontier = st.lists(
    st.builds(
        Held,
        descriptors,
        st.lists(st.builds(HeldHead, position, position, bytes_of(16)), max_size=3),
    ),
    max_size=3,
)
offers = st.builds(Offer, bytes_of(8), frontier, batches, st.binary(max_size=20))
requests = st.builds(
    Request,
    st.just(VERSION),
    st.just(KEY.public),
    whole,
    st.lists(offers, min_size=1, max_size=3),
)
answers = st.builds(
    Answer,
    bytes_of(8),
    st.lists(descriptors, max_size=3),
    batches,
    st.binary(max_size=20),
    st.lists(st.builds(Turned, st.integers(0, 9), st.text(max_size=9)), max_size=3),
)
replies = st.builds(Reply, st.just(VERSION), whole, st.lists(answers, max_size=3))
receipts = st.builds(
    Receipt,
    st.just(VERSION),
    bytes_of(8),
    position,
    whole,
    st.lists(st.builds(ReceiptHead, bytes_of(16), position, position, bytes_of(16)), max_size=3),
    st.lists(
        st.builds(
            Exceptions,
            bytes_of(16),
            position,
            position,
            bytes_of(16),
            st.integers(1, 3),
            st.integers(0, 5),
        ),
        max_size=3,
    ),
    st.booleans(),
)
RECEIPT = Receipt(
    VERSION, bytes(8), 1, 1, [ReceiptHead(bytes(16), 1, 3, bytes(16))], [], more=False
)
REQUEST = Request(
    VERSION, KEY.public, 7, [Offer(bytes(8), [Held(Descriptor(KEY.public, bytes(8), b""), [])], [])]
)


def code_of(read: Callable[[bytes], object], data: bytes) -> str | None:
    """Return the code that bytes are refused with, or None."""
    try:
        read(data)
    except Refused as refused:
        return refused.code
    return None


def of_registry(data: bytes) -> Receipt:
    """Return a receipt of the registry."""
    return read_receipt(data, REGISTRY.public)


@given(requests)
def test_a_request_says_what_was_asked(request: Request) -> None:
    assert read_request(write_request(KEY, request)) == request


@given(replies)
def test_a_reply_says_what_was_answered(reply: Reply) -> None:
    assert read_reply(write_reply(reply)) == reply


@given(receipts)
def test_a_receipt_says_what_was_stored(receipt: Receipt) -> None:
    assert of_registry(write_receipt(REGISTRY, receipt)) == receipt


@given(st.text(min_size=1, max_size=64))
def test_an_enrolment_proves_the_key(code: str) -> None:
    enrolment = read_enrolment(write_enrolment(KEY, code))
    assert (enrolment.code, enrolment.key) == (code, KEY.public)


def test_an_answer_to_an_enrolment_is_read_again() -> None:
    own = Descriptor(REGISTRY.public, bytes(8), b"")
    enrolled = Enrolled(VERSION, bytes(8), REGISTRY.public, [own], [b"batch"], b"receipt")
    assert read_enrolled(write_enrolled(enrolled)) == enrolled


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (read_request, write_request(KEY, REQUEST)),
        (of_registry, write_receipt(REGISTRY, RECEIPT)),
        (read_enrolment, write_enrolment(KEY, "CODE")),
    ],
    ids=["request", "receipt", "enrolment"],
)
def test_every_byte_of_what_is_signed_matters(read: Callable[[bytes], object], data: bytes) -> None:
    for at in range(len(data)):
        altered = data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :]
        assert code_of(read, altered) is not None, at


def test_nothing_signed_passes_for_something_else() -> None:
    receipt, enrolment = write_receipt(KEY, RECEIPT), write_enrolment(KEY, "CODE")
    for data in (receipt, enrolment):
        assert code_of(read_request, data) is not None
    body, _ = codec.decode(codec.decoder(list[bytes]), write_request(KEY, REQUEST))
    for purpose in (b"canting/batch/1", b"canting/receipt/1", b"canting/enrol/1"):
        data = codec.encode([body, KEY.sign(purpose, body)])
        assert code_of(read_request, data) == "bad_signature"


def test_a_request_is_signed_by_the_key_it_names() -> None:
    assert code_of(read_request, write_request(REGISTRY, REQUEST)) == "bad_signature"


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_version_is_unknown(version: int) -> None:
    request = Request(version, KEY.public, 7, REQUEST.ledgers)
    receipt = Receipt(version, bytes(8), 1, 1, [], [])
    assert code_of(read_request, write_request(KEY, request)) == "unknown_version"
    assert code_of(read_reply, write_reply(Reply(version, 0, []))) == "unknown_version"
    assert code_of(of_registry, write_receipt(REGISTRY, receipt)) == "unknown_version"
    enrolled = Enrolled(version, bytes(8), REGISTRY.public, [], [], b"")
    assert code_of(read_enrolled, write_enrolled(enrolled)) == "unknown_version"


def test_a_descriptor_of_the_wrong_lengths_is_malformed_wherever_it_stands() -> None:
    bad = Descriptor(KEY.public, bytes(7), b"")
    offer = Offer(bytes(8), [Held(bad, [])], [])
    request = write_request(KEY, Request(VERSION, KEY.public, 0, [offer]))
    assert code_of(read_request, request) == "malformed"
    reply = Reply(VERSION, 0, [Answer(bytes(8), [bad], [], b"")])
    assert code_of(read_reply, write_reply(reply)) == "malformed"
    enrolled = Enrolled(VERSION, bytes(8), REGISTRY.public, [bad], [], b"")
    assert code_of(read_enrolled, write_enrolled(enrolled)) == "malformed"


@given(st.binary(max_size=80))
def test_any_bytes_are_no_message(data: bytes) -> None:
    for read in (read_request, read_reply, of_registry, read_enrolment, read_enrolled):
        assert code_of(read, data) is not None


def test_receipts_are_ordered_by_epoch_and_then_by_number() -> None:
    orders = [Receipt(VERSION, bytes(8), e, n, [], []).order for e, n in ((2, 1), (1, 9), (1, 3))]
    assert sorted(orders) == orders[::-1]


def test_a_frontier_states_half_of_each_hash() -> None:
    own = Descriptor(KEY.public, bytes(8), b"")
    stated = held(own, [Head(LogId(own.log), 1, 9, Hash(bytes(range(32))))])
    assert stated == Held(own, [HeldHead(1, 9, bytes(range(16)))])


# -- who speaks next -----------------------------------------------------------------------------

MINE = frozenset({(b"log", 1, 5, b"five")})
LESS = frozenset({(b"log", 1, 3, b"three")})


def test_the_first_request_is_always_due() -> None:
    assert Exchange().due(they_lack=False, i_lack=False)


def test_one_round_trip_is_enough_when_nobody_lacks_anything() -> None:
    exchange = Exchange().answered(MINE, MINE)
    assert exchange.round_trips == 1
    assert not exchange.due(they_lack=False, i_lack=False)


def test_another_request_follows_when_one_still_lacks_something() -> None:
    exchange = Exchange().answered(MINE, LESS)
    assert exchange.due(they_lack=True, i_lack=False)
    assert exchange.due(they_lack=False, i_lack=True)


def test_an_answer_that_moves_neither_side_ends_it() -> None:
    exchange = Exchange().answered(MINE, LESS).answered(MINE, LESS)
    assert exchange.stuck
    assert not exchange.due(they_lack=True, i_lack=True)


def test_an_answer_that_moves_one_side_goes_on() -> None:
    exchange = Exchange().answered(MINE, LESS).answered(MINE, MINE)
    assert not exchange.stuck
    assert exchange.due(they_lack=False, i_lack=True)


def test_an_unknown_key_is_answered_with_everything_once() -> None:
    again = Exchange().unknown_key()
    assert again is not None
    assert again.offer_all
    assert again.due(they_lack=False, i_lack=False)
    assert again.unknown_key() is None
    after = again.answered(MINE, LESS)
    assert not after.offer_all
    assert after.unknown_key() is None
