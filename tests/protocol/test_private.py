"""Private values: who has the book key reads them, everyone else compares bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canting_protocol.changes import Private
from canting_protocol.errors import Refused
from canting_protocol.private import BookKey, hide, key_id, reveal

KEY, OTHER = BookKey(b"k" * 32), BookKey(b"o" * 32)
NONCE = bytes(12)


@given(st.text(max_size=100), st.binary(min_size=12, max_size=12))
def test_the_book_key_opens_what_it_has_hidden(text: str, nonce: bytes) -> None:
    hidden = hide(KEY, nonce, text)
    assert (hidden.key, hidden.nonce) == (key_id(KEY), nonce)
    assert len(hidden.sealed) == len(text.encode()) + 16
    assert reveal({key_id(OTHER): OTHER, key_id(KEY): KEY}, hidden) == text


@given(st.integers(0, 32 + 12 - 1), st.integers(1, 255))
def test_an_altered_byte_does_not_open(at: int, flip: int) -> None:
    hidden = hide(KEY, NONCE, "Bu Siti, Mojokerto")
    whole = bytearray(hidden.nonce + hidden.sealed)
    at %= len(whole)
    whole[at] ^= flip
    altered = Private(hidden.key, bytes(whole[:12]), bytes(whole[12:]))
    with pytest.raises(Refused) as refused:
        reveal({key_id(KEY): KEY}, altered)
    assert refused.value.code == "not_private"


def test_a_book_without_the_key_says_so() -> None:
    with pytest.raises(Refused) as refused:
        reveal({key_id(OTHER): OTHER}, hide(KEY, NONCE, "Bu Siti"))
    assert refused.value.code == "not_private"


def test_a_key_under_the_wrong_id_opens_nothing() -> None:
    with pytest.raises(Refused) as refused:
        reveal({key_id(KEY): OTHER}, hide(KEY, NONCE, "Bu Siti"))
    assert refused.value.code == "not_private"


def test_one_text_under_two_nonces_is_two_values() -> None:
    assert hide(KEY, NONCE, "Bu Siti") != hide(KEY, b"\1" * 12, "Bu Siti")
