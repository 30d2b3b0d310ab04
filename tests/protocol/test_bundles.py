"""Bundles, the papers that go with them, and files that are cut off, altered, mixed up."""

import itertools
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from canting_client.parcels import armoured, dearmoured
from canting_protocol import codec
from canting_protocol.bundles import (
    CODE_LETTERS,
    END_BYTES,
    MAGIC,
    SETTLED,
    VERSION,
    WANTED,
    Bundle,
    Commission,
    Given,
    Handover,
    Officer,
    Slip,
    Taken,
    check_handover,
    pack,
    read_bundle,
    read_commission,
    read_handover,
    read_officer,
    read_slip,
    slip_code,
    unpack,
    write_bundle,
    write_commission,
    write_handover,
    write_officer,
    write_slip,
)
from canting_protocol.crypto import SigningKey, sha256
from canting_protocol.errors import Refused
from canting_protocol.letters import Address, digest_of, open_letter, seal_letter, to_id
from canting_protocol.signed import Signed

REGISTRY, DEVICE, LINA = SigningKey(b"R" * 32), SigningKey(b"A" * 32), SigningKey(b"L" * 32)
NOW = 1_760_000_000


def letter(n: int) -> bytes:
    """Return a letter, each time another one."""
    address = Address(1, to_id(REGISTRY.public), n.to_bytes(8, "big"))
    return seal_letter(REGISTRY.box.public, address, b"kain" * n)


LETTERS = [letter(n) for n in range(5)]
PAPER = write_handover(DEVICE, NOW, [Given(digest_of(raw)) for raw in LETTERS])
FILE = pack(LETTERS, PAPER, [b"a certificate"])
OFFICER = Officer(VERSION, LINA.public, "Bu Lina", "Magersari", 20, NOW, NOW + 86_400)


def code_of(call: Callable[[], object]) -> str | None:
    """Return the code that something is refused with, or None."""
    try:
        call()
    except Refused as refused:
        return refused.code
    return None


def frame(part: bytes) -> bytes:
    """Return a part of a file as it stands there."""
    return codec.uvarint(len(part)) + part


@cache
def ends() -> list[int]:
    """Return where each frame of the file ends: the head, the letters, the empty one."""
    parts = [write_bundle([], PAPER, [b"a certificate"]), *LETTERS, b""]
    return list(itertools.accumulate([len(frame(part)) for part in parts], initial=len(MAGIC)))[1:]


def opened(letters: Sequence[bytes]) -> int:
    """Return how many letters the registry can open."""
    count = 0
    for raw in letters:
        with suppress(Refused):
            open_letter(REGISTRY.box, raw)
            count += 1
    return count


# -- as it is posted -----------------------------------------------------------------------------


def test_a_bundle_comes_back_as_it_was_written() -> None:
    data = write_bundle(LETTERS, PAPER, [b"a certificate"], [b"an address"])
    assert read_bundle(data) == Bundle(1, LETTERS, PAPER, [b"a certificate"], [b"an address"])


def test_a_bundle_of_a_newer_version_is_refused() -> None:
    assert code_of(lambda: read_bundle(codec.encode(Bundle(2, [])))) == "unknown_version"


@pytest.mark.parametrize("data", [b"", b"\x90", b"\x91\x01", b"<html>", b"\x92\x01\x91\x01"])
def test_what_is_no_bundle_is_refused(data: bytes) -> None:
    assert code_of(lambda: read_bundle(data)) == "malformed"


# -- hand-overs and slips ------------------------------------------------------------------------


def test_a_hand_over_says_who_gives_what_and_when() -> None:
    said = read_handover(PAPER)
    assert (said.giver, said.clock) == (DEVICE.public, NOW)
    check_handover(said, LETTERS)


@pytest.mark.parametrize(
    "others",
    [
        [],
        LETTERS[:-1],
        LETTERS[1:],
        [*LETTERS, letter(9)],
        [*LETTERS, LETTERS[0]],
        [*LETTERS[:-1], letter(4)],
        LETTERS[::-1],
    ],
)
def test_a_hand_over_of_other_letters_is_refused(others: list[bytes]) -> None:
    said = read_handover(PAPER)
    assert code_of(lambda: check_handover(said, others)) == "malformed"


def test_a_slip_answers_a_hand_over_letter_by_letter() -> None:
    said = read_handover(PAPER)
    codes = [Taken(each.digest, code) for each, code in zip(said.letters, ["", "full"] * 3)]  # noqa: B905
    slip = read_slip(write_slip(LINA, NOW + 30, said, codes))
    assert slip == Slip(VERSION, LINA.public, DEVICE.public, NOW, NOW + 30, codes)


def papers() -> list[tuple[str, bytes, Callable[[bytes], object]]]:
    """Return every signed paper, and who reads it."""
    said = read_handover(PAPER)
    return [
        ("hand-over", PAPER, read_handover),
        ("slip", write_slip(LINA, NOW, said, []), read_slip),
        (
            "officer",
            write_officer(REGISTRY, OFFICER),
            lambda data: read_officer(data, REGISTRY.public),
        ),
    ]


@pytest.mark.parametrize(("name", "paper", "read"), papers(), ids=("hand-over", "slip", "officer"))
def test_a_paper_with_any_byte_altered_is_refused(
    name: str, paper: bytes, read: Callable[[bytes], object]
) -> None:
    assert code_of(lambda: read(paper)) is None
    for at in range(len(paper)):
        altered = paper[:at] + bytes([paper[at] ^ 1]) + paper[at + 1 :]
        assert code_of(lambda data=altered: read(data)) is not None, (name, at)  # type: ignore[misc]


def test_a_paper_that_somebody_else_signed_is_refused() -> None:
    said = read_handover(PAPER)
    for shape, read in (
        (said, read_handover),
        (Slip(VERSION, LINA.public, DEVICE.public, NOW, NOW, []), read_slip),
    ):
        body = codec.encode(shape)
        for purpose in (b"canting/handover/1", b"canting/slip/1"):
            forged = codec.encode(Signed(body, REGISTRY.sign(purpose, body)))
            assert code_of(lambda r=read, d=forged: r(d)) == "bad_signature"  # type: ignore[misc]
    forged = write_officer(LINA, OFFICER)
    assert code_of(lambda: read_officer(forged, REGISTRY.public)) == "bad_signature"


@pytest.mark.parametrize(
    ("shape", "key", "purpose", "read"),
    [
        (
            Handover(VERSION, DEVICE.public, NOW, []),
            DEVICE,
            b"canting/handover/1",
            read_handover,
        ),
        (
            Slip(VERSION, LINA.public, DEVICE.public, NOW, NOW, []),
            LINA,
            b"canting/slip/1",
            read_slip,
        ),
        (
            OFFICER,
            REGISTRY,
            b"canting/officer/1",
            lambda data: read_officer(data, REGISTRY.public),
        ),
    ],
    ids=["hand-over", "slip", "officer"],
)
def test_what_was_signed_for_another_purpose_is_refused(
    shape: object, key: SigningKey, purpose: bytes, read: Callable[[bytes], object]
) -> None:
    body = codec.encode(shape)
    purposes = [
        *(b"canting/handover/1", b"canting/slip/1", b"canting/officer/1", b"canting/request/1"),
        *(b"canting/receipt/1", b"canting/enrol/1", b"canting/witness/1", b""),
    ]
    for each in purposes:
        data = codec.encode(Signed(body, key.sign(each, body)))
        assert (code_of(lambda d=data: read(d)) is None) == (each == purpose), each  # type: ignore[misc]


@pytest.mark.parametrize(
    ("shape", "key", "purpose", "read"),
    [
        (Handover(2, DEVICE.public, NOW, []), DEVICE, b"canting/handover/1", read_handover),
        (Slip(2, LINA.public, DEVICE.public, NOW, NOW, []), LINA, b"canting/slip/1", read_slip),
        (
            structs.replace(OFFICER, version=2),
            REGISTRY,
            b"canting/officer/1",
            lambda data: read_officer(data, REGISTRY.public),
        ),
    ],
    ids=["hand-over", "slip", "officer"],
)
def test_a_paper_of_a_newer_version_is_refused(
    shape: object, key: SigningKey, purpose: bytes, read: Callable[[bytes], object]
) -> None:
    body = codec.encode(shape)
    data = codec.encode(Signed(body, key.sign(purpose, body)))
    assert code_of(lambda: read(data)) == "unknown_version"


def test_a_slip_code_is_six_letters_that_follow_from_every_byte() -> None:
    slip = write_slip(LINA, NOW, read_handover(PAPER), [])
    code = slip_code(slip)
    assert len(code) == CODE_LETTERS == 6
    assert set(code) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    number = int.from_bytes(sha256(b"canting/slip-code/1\0" + slip)[:4], "big")
    for each in code:
        assert "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number % 32] == each
        number //= 32
    others = {slip_code(write_slip(LINA, NOW + n, read_handover(PAPER), [])) for n in range(50)}
    assert len(others) == 50


def test_what_may_come_again_is_not_settled() -> None:
    assert "" in SETTLED
    assert not SETTLED & {WANTED, "unknown_key", "too_large", "full", "unknown_recipient"}


def test_a_commission_holds_a_certificate_of_its_registry() -> None:
    paper = write_officer(REGISTRY, OFFICER)
    commission = Commission(VERSION, REGISTRY.public, REGISTRY.box.public, paper)
    assert read_commission(write_commission(commission)) == (commission, OFFICER)
    forged = Commission(VERSION, LINA.public, LINA.box.public, paper)
    assert code_of(lambda: read_commission(write_commission(forged))) == "bad_signature"


# -- as a file -----------------------------------------------------------------------------------


def test_a_file_holds_what_was_packed() -> None:
    bundle, whole = unpack(FILE)
    assert whole
    assert (bundle.letters, bundle.paper, bundle.papers) == (LETTERS, PAPER, [b"a certificate"])


def test_a_file_is_magic_frames_an_empty_frame_and_a_digest() -> None:
    body = b"CANTING\x01" + frame(write_bundle([], PAPER, [b"a certificate"]))
    body += b"".join(map(frame, LETTERS)) + b"\0"
    assert body + sha256(body) == FILE


def test_a_file_cut_at_any_byte_gives_the_letters_before_the_cut_or_is_refused() -> None:
    for at in range(len(FILE)):
        if at < ends()[0]:
            assert code_of(lambda data=FILE[:at]: unpack(data)) == "malformed", at  # type: ignore[misc]
            continue
        bundle, whole = unpack(FILE[:at])
        assert not whole, at
        there = sum(1 for end in ends()[1:-1] if end <= at)
        assert bundle.letters == LETTERS[:there], at
        assert bundle.paper == PAPER


def test_a_file_with_any_byte_altered_is_refused_or_gives_no_other_letter_that_opens() -> None:
    for at in range(len(FILE)):
        for flip in (1, 0x80, 0xFF):
            data = FILE[:at] + bytes([FILE[at] ^ flip]) + FILE[at + 1 :]
            try:
                bundle, whole = unpack(data)
            except Refused:
                continue
            assert not whole, at
            good = [raw for raw in bundle.letters if raw in LETTERS]
            assert opened(bundle.letters) == len(good), at


@given(st.permutations(range(len(LETTERS))))
def test_letters_in_another_order_are_not_what_was_handed_over(order: list[int]) -> None:
    mixed = [LETTERS[n] for n in order]
    head = frame(write_bundle([], PAPER, [b"a certificate"]))
    body = MAGIC + head + b"".join(map(frame, mixed)) + b"\0"
    same = mixed == LETTERS
    kept_digest = body + FILE[-END_BYTES:]
    assert code_of(lambda: unpack(kept_digest)) == (None if same else "malformed")
    bundle, whole = unpack(body + sha256(body))
    assert whole
    said = read_handover(bundle.paper)
    assert code_of(lambda: check_handover(said, bundle.letters)) == (None if same else "malformed")


@given(st.binary(min_size=1, max_size=100))
def test_a_file_with_something_after_its_end_is_refused(more: bytes) -> None:
    assert code_of(lambda: unpack(FILE + more)) == "malformed"


def test_a_file_twice_in_one_is_refused() -> None:
    assert code_of(lambda: unpack(FILE + FILE)) == "malformed"


@given(st.binary(max_size=200))
def test_another_file_is_refused(data: bytes) -> None:
    assert code_of(lambda: unpack(data)) == "malformed"


@pytest.mark.parametrize(
    "begin", [b"PK\x03\x04", b"%PDF-1.7", b"SQLite format 3\0", b"CANTING\x02"]
)
def test_a_file_of_another_kind_is_refused(begin: bytes) -> None:
    assert code_of(lambda: unpack(begin + FILE[len(MAGIC) :])) == "malformed"


def test_the_letters_in_the_head_of_a_file_are_not_looked_at() -> None:
    body = MAGIC + frame(write_bundle([letter(1)], PAPER)) + frame(LETTERS[0]) + b"\0"
    assert unpack(body + sha256(body)).bundle.letters == [LETTERS[0]]


def test_a_file_without_letters_is_whole() -> None:
    assert unpack(pack([], PAPER)) == (Bundle(VERSION, [], PAPER, []), True)


@given(st.lists(st.binary(min_size=1, max_size=400), max_size=6), st.binary(max_size=50))
def test_any_letters_come_back_from_a_file(letters: list[bytes], paper: bytes) -> None:
    bundle, whole = unpack(pack(letters, paper))
    assert (bundle.letters, bundle.paper, whole) == (letters, paper, True)


# -- as text -------------------------------------------------------------------------------------


@given(st.binary(max_size=400))
def test_any_file_comes_back_from_text(data: bytes) -> None:
    text = armoured(data)
    assert dearmoured(text.encode()) == data
    assert all(len(line) <= 64 for line in text.splitlines())


def test_text_is_read_whatever_stands_around_it_and_however_its_lines_end() -> None:
    text = armoured(FILE)
    for told in (
        "Dari Bu Contoh:\n\n" + text + "\nTerima kasih",
        text.replace("\n", "\r\n"),
        text.replace("\n", "\n\n  "),
        "".join(text.splitlines()),
    ):
        assert unpack(dearmoured(told.encode())).whole


def test_text_cut_at_any_letter_gives_the_letters_before_the_cut_or_is_refused() -> None:
    text = armoured(FILE).encode()
    least = text.index(b"\n") + 1 + ends()[0] * 4 // 3 + ends()[0] // 48 + 8
    for at in range(len(text)):
        try:
            bundle, _ = unpack(dearmoured(text[:at]))
        except Refused:
            assert at < least, "only before its first letter"
            continue
        assert bundle.letters == LETTERS[: len(bundle.letters)]
        held = (at - text.index(b"\n") - 1) * 3 // 4 * 64 // 65 - 3
        assert len(bundle.letters) >= sum(1 for end in ends()[1:-1] if end <= held)


def test_text_with_a_strange_letter_is_refused() -> None:
    text = armoured(FILE)
    for strange in "*_é-":
        told = text[:200] + strange + text[201:]
        code = code_of(lambda told=told: unpack(dearmoured(told.encode())))  # type: ignore[misc]
        if strange == "-":  # it ends there
            assert code in (None, "malformed")
        else:
            assert code == "malformed"


def test_text_with_any_letter_altered_gives_no_other_letter_that_opens() -> None:
    text = armoured(FILE)
    drawn = random.Random(1)  # noqa: S311  # which letters, no secret
    for at in drawn.sample(range(30, len(text) - 30), 300):
        told = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        try:
            bundle, _ = unpack(dearmoured(told.encode()))
        except Refused:
            continue
        assert opened(bundle.letters) == sum(1 for raw in bundle.letters if raw in LETTERS)
