"""What a hostile or broken client may send, and what must not stop the others for it."""

import pytest

from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.batch import cut, open_batch
from canting_protocol.crypto import SigningKey
from canting_protocol.errors import Refused
from canting_protocol.ledger.author import place
from canting_protocol.ledger.judge import judge
from canting_protocol.limits import INTEGER_MAX
from canting_protocol.log import ArtisanId, Descriptor, Hash
from canting_protocol.messages import Verdict

SQLITE_INTEGER_MAX = 2**63 - 1


@pytest.mark.parametrize("depth", [10, 600, 15_000])
def test_a_field_of_nested_arrays_gets_a_verdict(depth: int) -> None:
    body = b"\x93\x02\xc0\x91\x92\xcd\x03\xe8" + b"\x91" * depth + b"\x01"
    assert judge(body, by_registry=False).verdict in (Verdict.APPLIED, Verdict.REFUSED)


def test_the_kind_of_a_change_can_be_stored() -> None:
    for kind in (2**63, 2**64 - 1):
        assert judge(codec.encode([kind]), by_registry=False).kind <= SQLITE_INTEGER_MAX


def test_no_position_in_a_batch_is_beyond_what_a_receipt_can_state() -> None:
    key = SigningKey(b"A" * 32)
    log = Descriptor(key.public, bytes(8), b"")
    first = place(log.log, INTEGER_MAX, Hash(bytes(32)), 0, b"\x90")
    second = place(log.log, INTEGER_MAX + 1, first.hash, 0, b"\x90")
    raw = cut(key, ArtisanId(bytes(8)), [first, second], 0)
    with pytest.raises(Refused):
        open_batch(raw, log)


def test_a_resolve_of_an_item_names_it() -> None:
    body = c.write(c.Resolve(c.Kind.ITEM, None, c.ItemField.PRICE, c.value(1)))
    assert judge(body, by_registry=False).verdict is Verdict.REFUSED


def test_a_text_that_ends_in_a_line_break_is_a_text() -> None:
    body = c.write(c.Expense("listrik\n", 1))
    assert judge(body, by_registry=False).verdict is Verdict.APPLIED
