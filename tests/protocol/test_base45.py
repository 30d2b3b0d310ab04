"""Base45, by the examples of RFC 9285 and at its edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canting_protocol.base45 import LETTERS, decode, encode
from canting_protocol.errors import Refused


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
        (b"", ""),
        (b"\0", "00"),
        (b"\xff", "U5"),
        (b"\xff\xff", "FGW"),
        (b"\0\0\0", "00000"),
    ],
)
def test_the_examples_of_the_rfc_and_the_edges(data: bytes, text: str) -> None:
    assert encode(data) == text
    assert decode(text) == data


@given(st.binary(max_size=80))
def test_whatever_is_written_is_read_again(data: bytes) -> None:
    text = encode(data)
    assert decode(text) == data
    assert set(text) <= set(LETTERS)
    assert len(text) == len(data) // 2 * 3 + len(data) % 2 * 2


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("GGW", id="three letters that come to 65536"),
        pytest.param(":::", id="the most that three letters come to"),
        pytest.param("V5", id="two letters that come to 256"),
        pytest.param("::", id="the most that two letters come to"),
        pytest.param("0", id="a letter alone"),
        pytest.param("BB80", id="a letter too many"),
        pytest.param("bb8", id="lower case"),
        pytest.param("BB_", id="a letter of none of ours"),
        pytest.param("BB8\n", id="a line break"),
        pytest.param("٣٣٣", id="digits of another script"),
    ],
)
def test_what_nobody_would_have_written_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        decode(text)
    assert refused.value.code == "malformed"


@given(st.text(LETTERS, max_size=12))
def test_what_is_read_is_what_would_have_been_written(text: str) -> None:
    try:
        data = decode(text)
    except Refused:
        return
    assert encode(data) == text
