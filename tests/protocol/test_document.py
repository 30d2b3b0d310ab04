"""`docs/protocol.md` names everything that the code has."""

import re
import typing
from enum import IntEnum
from pathlib import Path

import pytest

from canting_client import parcels
from canting_client.relay import bag
from canting_protocol import bundles, letters, limits, messages, signed
from canting_protocol import changes as c
from canting_protocol.codec import NESTING_MAX, Array
from canting_protocol.errors import Code
from canting_protocol.ledger.rows import SHAPES, Row
from canting_protocol.messages import MEDIA_TYPE, Reason, Verdict
from canting_protocol.names import Item, Partner, Place

TEXT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
KNOWN = {shape.__struct_config__.tag: shape for shape in c.Change.__args__}
PARTS = (c.Foreign, c.Private, c.FieldWrite, c.Piece, c.SaleLine, c.GoodsLine, c.MoveLine)
MESSAGES = (
    signed.Signed,
    messages.Enrolment,
    messages.Enrolled,
    messages.Request,
    messages.Offer,
    messages.Held,
    messages.HeldHead,
    messages.Reply,
    messages.Answer,
    messages.Turned,
    messages.Stated,
)
CARRIED = (
    letters.Address,
    letters.Span,
    bundles.Bundle,
    bundles.Given,
    bundles.Handover,
    bundles.Taken,
    bundles.Slip,
    bundles.Officer,
    bundles.Commission,
)


def row_of(*cells: str) -> str:
    """Return the table row that begins with these cells."""
    begin = "".join(f"| {cell} " for cell in cells)
    rows = [line for line in TEXT.splitlines() if line.startswith(begin + "|")]
    assert len(rows) == 1, f"{len(rows)} rows begin with {begin}"
    return rows[0]


def named_in(row: str) -> list[str]:
    """Return what stands between back-ticks, in order."""
    return re.findall(r"`(\w+)`", row)


@pytest.mark.parametrize("kind", c.Kind, ids=lambda kind: kind.name)
def test_every_kind_stands_in_a_row_with_its_fields_in_order(kind: c.Kind) -> None:
    row = row_of(str(int(kind)), f"`{kind.name.lower()}`")
    if kind in KNOWN:
        assert named_in(row)[1:] == list(KNOWN[kind].__struct_fields__)
    else:
        assert "reserved" in row


@pytest.mark.parametrize(
    "shape", [*PARTS, c.CountLine, *MESSAGES, *CARRIED], ids=lambda shape: shape.__name__
)
def test_every_structure_stands_in_a_row_with_its_fields_in_order(shape: type[Array]) -> None:
    assert named_in(row_of(shape.__name__)) == list(shape.__struct_fields__)


@pytest.mark.parametrize(
    ("of", "fields"),
    [
        ("1 profile", c.ProfileField),
        ("2 item", c.ItemField),
        ("3 partner", c.PartnerField),
        ("4 place", c.PlaceField),
    ],
)
def test_every_field_stands_with_its_number(of: str, fields: type[IntEnum]) -> None:
    found = re.findall(r"(\d+) `(\w+)`", row_of(of))
    assert found == [(str(int(each)), each.name.lower()) for each in fields]


@pytest.mark.parametrize("words", [c.Account, c.Channel, c.Sharing, c.Role])
def test_every_number_of_ours_stands_with_its_word(words: type[IntEnum]) -> None:
    for each in words:
        assert f"{int(each)} `{each.name.lower()}`" in TEXT


@pytest.mark.parametrize("words", [Place, Partner, Item])
def test_every_well_known_name_is_told(words: type[IntEnum]) -> None:
    for each in words:
        assert f"−{-int(each)} `{each.name.lower()}`" in TEXT


@pytest.mark.parametrize("words", [Verdict, Reason])
def test_every_verdict_and_reason_stands_in_a_row(words: type[IntEnum]) -> None:
    for each in words:
        row_of(str(int(each)), f"`{each.name.lower()}`")


def test_every_refusal_is_told() -> None:
    for code in typing.get_args(Code):
        assert f"`{code}`" in TEXT, code
    for code in ("unknown_code", "code_used", "code_expired"):
        assert f"`{code}`" in TEXT, code


def test_what_becomes_of_a_letter_is_told() -> None:
    told = TEXT[TEXT.index("### 12.2") : TEXT.index("### 12.3")]
    (settled,) = (row for row in told.splitlines() if "`wrong_log`" in row)
    assert {*named_in(settled), ""} == bundles.SETTLED
    for code in (bundles.WANTED, bag.FULL, bag.STRANGE, "unknown_key", "too_large"):
        row_of(f"`{code}`", "the registry" if code not in (bag.FULL, bag.STRANGE) else "a courier")


def test_how_a_file_of_letters_begins_is_told() -> None:
    assert b"CANTING" + bytes([1]) == bundles.MAGIC
    assert 'file  = "CANTING" ‖ 01 ‖ frame' in TEXT
    for word in parcels.armoured(b"").split("\n")[:2]:
        assert f"`{word}`" in TEXT


def test_every_limit_stands_with_its_value() -> None:
    for name, value in vars(limits).items():
        if name.endswith("_MAX"):
            assert row_of(name).split("|")[2].strip() == str(value)
    assert row_of("NESTING_MAX").split("|")[2].strip() == str(NESTING_MAX)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_table_stands_with_its_columns_and_its_key(shape: type[Row]) -> None:
    cell = row_of(f"`{shape.TABLE}`").replace("\\|", "¦").split("|")[2]
    columns = [part.split()[0] for part in re.split(r"[,¦]", cell)]
    assert columns == list(shape.__struct_fields__)
    key = [part for part in cell.split("¦")[0].split(",") if part.strip()]
    assert len(key) == shape.KEY


def test_the_doors_are_told() -> None:
    for word in ("/v1/enrol", "/v1/sync", "/v1/officer", MEDIA_TYPE, "application/problem+json"):
        assert f"`{word}`" in TEXT


def test_the_examples_in_hex_come_from_the_vectors() -> None:
    data = Path(__file__).parents[1] / "vectors" / "data"
    vectors = "".join(each.read_text(encoding="ascii") for each in sorted(data.iterdir()))
    examples = [each for each in re.findall(r"`([0-9a-f]{10,})`", TEXT) if len(each) % 2 == 0]
    assert len(examples) > 8
    for each in examples:
        assert each in vectors, each
