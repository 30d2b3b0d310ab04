"""Frames: caught in any order, with any losses, they give the content back or nothing yet."""

import random
from hashlib import sha256
from itertools import islice
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canting_protocol.frames import (
    FRAME_OVERHEAD_BYTES,
    SESSIONS_KEPT,
    Gathering,
    Progress,
    frames_of,
    heading_of,
    mask_of,
    read_frame,
)

LETTER = bytes(range(256)) * 4
"""1,024 bytes: with their hash, 11 pieces of 96."""


def shown(content: bytes, payload_bytes: int, count: int) -> list[bytes]:
    return list(islice(frames_of(content, payload_bytes), count))


def by_hand(content: bytes, size: int, payload: bytes, *, sequence: int = 0) -> bytes:
    """Return a frame with a right CRC that says what we like, of a content of `size` bytes."""
    data = sha256(content).digest()[:4] + size.to_bytes(3, "big") + sequence.to_bytes(2, "big")
    data += payload
    return data + crc32(b"canting/frame/1\0" + data).to_bytes(4, "big")


def test_a_frame_is_what_the_document_says() -> None:
    content = b"seratus kain"
    (frame,) = shown(content, 100, 1)
    assert frame == by_hand(content, 12, content + sha256(content).digest())
    assert len(frame) == FRAME_OVERHEAD_BYTES + 12 + 32


def test_the_first_frames_are_the_pieces_in_order() -> None:
    frames = shown(LETTER, 100, 11)
    payloads = [each[9:-4] for each in frames]
    assert {len(each) for each in payloads} == {96}
    assert b"".join(payloads) == LETTER + sha256(LETTER).digest()
    gathering = Gathering()
    for number, frame in enumerate(frames, 1):
        assert gathering.content is None
        assert gathering.take(frame)
        assert gathering.progress == Progress(number, 11)
    assert gathering.content == LETTER


def test_later_frames_make_up_for_those_that_were_missed() -> None:
    gathering = Gathering()
    for frame in [*shown(LETTER, 100, 11)[3:], *shown(LETTER, 100, 24)[11:]]:
        gathering.take(frame)
    assert gathering.content == LETTER


def test_nothing_is_an_empty_content_too() -> None:
    gathering = Gathering()
    assert gathering.take(*shown(b"", 250, 1))
    assert gathering.content == b""


@given(
    st.binary(max_size=300),
    st.integers(1, 64),
    st.integers(0, 2**32),
    st.floats(0, 1),
)
@settings(deadline=None)
def test_any_bytes_with_any_loss_and_order_come_whole_or_not_yet(
    content: bytes, payload_bytes: int, seed: int, kept: float
) -> None:
    chance = random.Random(seed)  # noqa: S311  # a camera that blinks
    pieces = heading_of(content, payload_bytes).pieces
    frames = shown(content, payload_bytes, 2 * pieces + 12)
    caught = [each for each in frames if chance.random() < kept]
    caught += chance.choices(caught, k=5) if caught else []
    chance.shuffle(caught)
    gathering = Gathering()
    told = sum(gathering.take(each) for each in caught)
    if told == pieces:
        assert gathering.content == content
    else:
        assert gathering.content is None
        assert told < pieces
        assert told == gathering.progress.gathered
    if kept == 1:
        assert gathering.content == content


@given(st.data())
def test_noise_between_the_frames_never_makes_another_content(data: st.DataObject) -> None:
    content = data.draw(st.binary(min_size=1, max_size=100))
    frames = shown(content, 20, 20)
    gathering = Gathering()
    for frame in frames:
        gathering.take(data.draw(st.binary(max_size=60)))
        spoilt = bytearray(frame)
        spoilt[data.draw(st.integers(0, len(frame) - 1))] ^= data.draw(st.integers(1, 255))
        assert not gathering.take(bytes(spoilt))
        gathering.take(frame)
    assert gathering.content == content


def test_a_frame_with_any_bit_flipped_is_ignored() -> None:
    for frame in (shown(LETTER, 100, 1)[0], shown(LETTER, 100, 13)[12]):
        for bit in range(len(frame) * 8):
            spoilt = bytearray(frame)
            spoilt[bit // 8] ^= 1 << bit % 8
            gathering = Gathering()
            assert not gathering.take(bytes(spoilt)), f"bit {bit}"
            assert gathering.progress == Progress(0, 0)


def test_a_frame_cut_short_or_with_something_behind_it_is_ignored() -> None:
    (frame,) = shown(b"seratus kain", 100, 1)
    for spoilt in (*(frame[:size] for size in range(len(frame))), frame + b"\0"):
        assert read_frame(spoilt) is None


def test_a_frame_that_comes_again_tells_nothing_new() -> None:
    gathering = Gathering()
    frames = shown(LETTER, 100, 5)
    assert [gathering.take(each) for each in frames * 2] == [True] * 5 + [False] * 5
    assert gathering.progress == Progress(5, 11)


def test_what_was_on_the_screen_before_disturbs_nobody() -> None:
    before = shown(bytes(1024), 100, 11)
    gathering = Gathering()
    for frame in (*before[:2], *shown(LETTER, 100, 6), *before[2:4], *shown(LETTER, 100, 11)):
        gathering.take(frame)
    assert gathering.content == LETTER
    assert gathering.progress == Progress(11, 11)
    assert not gathering.take(before[5]), "it is whole; what comes now is of something else"
    assert gathering.content == LETTER


def test_the_same_content_in_larger_pieces_is_gathered_apart() -> None:
    gathering = Gathering()
    for small, large in zip(shown(LETTER, 100, 8), shown(LETTER, 200, 8), strict=True):
        gathering.take(small)
        gathering.take(large)
    assert gathering.content == LETTER
    assert gathering.progress == Progress(6, 6)


def test_of_many_contents_the_one_that_is_silent_longest_is_forgotten() -> None:
    gathering = Gathering()
    letters = [bytes([n]) * 100 for n in range(SESSIONS_KEPT + 1)]
    first, second, *others = (shown(each, 44, 3) for each in letters)
    gathering.take(first[0])
    gathering.take(second[0])
    gathering.take(first[1])
    for frames in others:
        gathering.take(frames[0])
    assert gathering.progress == Progress(2, 3)
    assert gathering.take(second[0]), "it was forgotten, and is new again"


def test_frames_that_do_not_come_to_what_they_promise_are_no_content() -> None:
    """No accident does this, for the CRC is right; then all of it is gathered anew."""
    gathering = Gathering()
    true = shown(b"x" * 20, 26, 2)
    false = by_hand(b"x" * 20, 20, b"y" * 26)
    assert gathering.take(false)
    assert gathering.take(true[1])
    assert gathering.content is None
    assert gathering.progress == Progress(0, 0)
    for frame in true:
        assert gathering.take(frame)
    assert gathering.content == b"x" * 20


def test_a_content_with_its_own_hash_but_another_session_is_none() -> None:
    content = b"seratus kain"
    gathering = Gathering()
    gathering.take(by_hand(b"another", 12, content + sha256(content).digest()))
    assert gathering.content is None


@pytest.mark.parametrize("payload_bytes", [46, 1000])
def test_a_payload_larger_than_its_content_is_no_frame(payload_bytes: int) -> None:
    """Nobody cuts so: it would let a stranger make us hold as much as he likes."""
    assert read_frame(by_hand(b"", 13, bytes(45))) is not None
    assert read_frame(by_hand(b"", 13, bytes(payload_bytes))) is None


@given(st.binary(min_size=4, max_size=4), st.integers(1, 1024), st.integers(0, 65_535))
def test_every_frame_is_of_some_of_the_pieces(session: bytes, pieces: int, sequence: int) -> None:
    mask = mask_of(session, pieces, sequence)
    assert 0 < mask < 1 << pieces
    assert sequence >= pieces or mask == 1 << sequence


def test_the_mask_is_made_of_hashes_as_the_document_says() -> None:
    seed = b"canting/frame/1\0" + b"abcd" + (300).to_bytes(2, "big") + (1000).to_bytes(2, "big")
    stream = sha256(seed + b"\0").digest() + sha256(seed + b"\1").digest()
    mask = mask_of(b"abcd", 300, 1000)
    for piece in range(300):
        assert mask >> piece & 1 == stream[piece // 8] >> piece % 8 & 1
    assert mask_of(b"abcd", 1, 77) == 1, "the one piece that there is"
