"""The codec: integers, text, bytes, nil and arrays; nothing else passes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canting_protocol import codec
from canting_protocol.changes import BadChange, plain
from canting_protocol.errors import Refused
from canting_protocol.limits import INTEGER_MAX

INTEGERS = st.integers(-INTEGER_MAX, INTEGER_MAX)
VALUES = st.recursive(
    st.none() | INTEGERS | st.text(max_size=40) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_again(value: object) -> None:
    assert plain(codec.encode(value)) == value


@given(VALUES, st.binary(min_size=1, max_size=8))
def test_nothing_may_follow_a_value(value: object, more: bytes) -> None:
    with pytest.raises(BadChange):
        plain(codec.encode(value) + more)


@given(VALUES)
def test_a_value_cut_short_is_no_value(value: object) -> None:
    data = codec.encode(value)
    for size in range(len(data)):
        with pytest.raises(BadChange):
            plain(data[:size])


@given(st.floats())
def test_no_float_passes(number: float) -> None:
    for data in (codec.encode(number), b"\x91" + struct.pack(">Bd", 0xCB, number)):
        with pytest.raises(BadChange):
            plain(data)


@given(st.dictionaries(INTEGERS, INTEGERS, max_size=3), st.booleans())
def test_no_map_and_no_boolean_passes(map_: dict[int, int], boolean: bool) -> None:
    for value in (map_, boolean, [boolean], [1, map_]):
        with pytest.raises(BadChange):
            plain(codec.encode(value))


@given(st.integers(-(2**63), 2**64 - 1))
def test_an_integer_passes_exactly_within_its_bounds(value: int) -> None:
    data = codec.encode(value)
    if abs(value) <= INTEGER_MAX:
        assert plain(data) == value
    else:
        with pytest.raises(BadChange):
            plain(data)


def test_composed_and_decomposed_letters_are_different_texts() -> None:
    assert codec.encode("é") != codec.encode("e\u0301")
    assert plain(codec.encode("e\u0301")) == "e\u0301"


@given(st.integers(0, 2**63 - 1), st.binary(max_size=4), st.binary(max_size=4))
def test_a_uvarint_is_read_where_it_stands(value: int, before: bytes, after: bytes) -> None:
    data = before + codec.uvarint(value) + after
    assert codec.read_uvarint(data, len(before)) == (value, len(data) - len(after))


@given(st.binary(max_size=12))
def test_bytes_read_as_a_uvarint_are_the_ones_it_would_be_written_with(data: bytes) -> None:
    found = read_or_code(data)
    if isinstance(found, str):
        assert found == "bad_body"
    else:
        assert codec.uvarint(found[0]) == data[: found[1]]


def read_or_code(data: bytes) -> tuple[int, int] | str:
    """Return the integer at the start and where it ends, or the code of the refusal."""
    try:
        return codec.read_uvarint(data, 0)
    except Refused as refused:
        return refused.code


@given(st.integers(-2 * INTEGER_MAX, 2 * INTEGER_MAX))
def test_zigzag_folds_and_unfolds(value: int) -> None:
    folded = codec.zigzag(value)
    assert folded >= 0
    assert codec.unzigzag(folded) == value


def test_small_steps_either_way_take_one_byte() -> None:
    assert [codec.zigzag(value) for value in (0, -1, 1, -2, 2)] == [0, 1, 2, 3, 4]
    assert len(codec.uvarint(codec.zigzag(-64))) == 1
    assert len(codec.uvarint(codec.zigzag(64))) == 2
