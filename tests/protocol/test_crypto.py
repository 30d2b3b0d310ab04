"""Keys and signatures: whose word it is."""

import pytest

from canting_protocol.crypto import PublicKey, SigningKey, verify
from canting_protocol.errors import Refused

NEUTRAL = bytes([1]) + bytes(31)
ORDER_2 = bytes([0xEC]) + b"\xff" * 30 + b"\x7f"
ORDER_4 = bytes(32)
ORDER_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")


@pytest.mark.parametrize("key", [NEUTRAL, ORDER_2, ORDER_4, ORDER_8], ids=["1", "2", "4", "8"])
@pytest.mark.parametrize("sign", [0, 0x80], ids=["even", "odd"])
def test_a_key_of_small_order_vouches_for_nothing(key: bytes, sign: int) -> None:
    """With R and S as simple as can be, one signature in eight at the least would fit."""
    key = key[:-1] + bytes([key[-1] ^ sign])
    for first in (NEUTRAL, key):
        for number in range(32):
            with pytest.raises(Refused, match="does not fit"):
                verify(PublicKey(key), b"purpose", bytes([number]), first + bytes(32))


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), b"\xff" * 32])
def test_what_is_no_key_vouches_for_nothing(key: bytes) -> None:
    with pytest.raises(Refused, match="does not fit"):
        verify(PublicKey(key), b"purpose", b"message", bytes(64))


def test_a_signature_is_for_one_purpose_and_one_message() -> None:
    key = SigningKey(b"a device".ljust(32, b"-"))
    signature = key.sign(b"purpose", b"message")
    verify(key.public, b"purpose", b"message", signature)
    for purpose, message in ((b"other", b"message"), (b"purpose", b"messagf"), (b"p", b"message")):
        with pytest.raises(Refused, match="does not fit"):
            verify(key.public, purpose, message, signature)
