"""Logs and batches: identity never depends on how changes travel."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.batch import cut, cuts, deflate, inflate, open_batch, peek
from canting_protocol.crypto import PublicKey, SigningKey
from canting_protocol.dictionaries import DICTIONARIES
from canting_protocol.door import admit
from canting_protocol.errors import Refused
from canting_protocol.ledger.author import place
from canting_protocol.limits import INTEGER_MAX
from canting_protocol.log import ArtisanId, Descriptor, Hash, LogId, Placed, next_hash

KEY, OTHER, REGISTRY = (SigningKey(letter * 32) for letter in (b"A", b"B", b"R"))
ARTISAN, NOBODY = ArtisanId(b"artisan!"), ArtisanId(b"someone!")
LOG = Descriptor(KEY.public, bytes(8), b"")
TIMES = st.integers(-INTEGER_MAX, INTEGER_MAX)
BODIES = st.binary(max_size=40)


def chain(bodies: list[tuple[int, bytes]], descriptor: Descriptor = LOG) -> list[Placed]:
    """Return changes one after the other, from their times and bytes."""
    made: list[Placed] = []
    previous = descriptor.origin
    for n, (t, body) in enumerate(bodies, 1):
        made.append(place(descriptor.log, n, previous, t, body))
        previous = made[-1].hash
    return made


def sales(size: int, descriptor: Descriptor = LOG) -> list[Placed]:
    """Return a log of sales."""
    bodies = [(60 * n, c.write(c.Sale([c.SaleLine(1, 1000, n)]))) for n in range(size)]
    return chain(bodies, descriptor)


def code_of(raw: bytes, descriptor: Descriptor = LOG) -> str | None:
    """Return the code a batch is refused with, or None."""
    try:
        open_batch(raw, descriptor)
    except Refused as refused:
        return refused.code
    return None


@given(st.lists(st.tuples(TIMES, BODIES), min_size=1, max_size=12), st.data(), TIMES)
def test_a_log_cut_anew_keeps_its_hashes(
    bodies: list[tuple[int, bytes]], data: st.DataObject, clock: int
) -> None:
    whole = chain(bodies)
    cutting = data.draw(st.sets(st.integers(1, max(1, len(whole) - 1))))
    ends = sorted({0, len(whole), *(each for each in cutting if each < len(whole))})
    opened: list[Placed] = []
    for begin, end in pairwise(ends):
        dictionary = data.draw(st.sampled_from(sorted(DICTIONARIES)))
        raw = cut(KEY, ARTISAN, whole[begin:end], clock, dictionary)
        opened += open_batch(raw, LOG).changes
    assert opened == whole


@given(st.binary(min_size=32, max_size=32), TIMES, BODIES, TIMES, BODIES)
def test_hash_time_and_bytes_all_count(
    previous: bytes, t: int, body: bytes, other_t: int, other: bytes
) -> None:
    same = next_hash(Hash(previous), t, body) == next_hash(Hash(previous), other_t, other)
    assert same == ((t, body) == (other_t, other))


def test_key_incarnation_and_parent_make_the_log() -> None:
    made = {
        Descriptor(key.public, incarnation, parent).log
        for key in (KEY, OTHER)
        for incarnation in (bytes(8), b"\1" * 8)
        for parent in (b"", b"\1" * 32)
    }
    assert len(made) == 8


@pytest.mark.parametrize(
    "descriptor",
    [
        Descriptor(PublicKey(b"short"), bytes(8), b""),
        Descriptor(KEY.public, bytes(7), b""),
        Descriptor(KEY.public, bytes(8), bytes(16)),
    ],
)
def test_a_descriptor_of_the_wrong_lengths_is_malformed(descriptor: Descriptor) -> None:
    with pytest.raises(Refused) as refused:
        descriptor.check()
    assert refused.value.code == "malformed"


def test_every_byte_of_an_envelope_matters() -> None:
    raw = cut(KEY, ARTISAN, sales(7), 1000)
    for at in range(len(raw)):
        for flip in (0x01, 0x80, 0xFF):
            altered = raw[:at] + bytes([raw[at] ^ flip]) + raw[at + 1 :]
            assert code_of(altered) is not None, (at, flip)


@given(st.data())
@settings(max_examples=300)
def test_altered_bytes_are_refused_or_leave_the_changes_equal(data: st.DataObject) -> None:
    whole = sales(3)
    raw = bytearray(cut(KEY, ARTISAN, whole, 1000))
    begin = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(begin, min(len(raw), begin + 4)))
    raw[begin:end] = data.draw(st.binary(max_size=4))
    if code_of(bytes(raw)) is None:
        assert list(open_batch(bytes(raw), LOG).changes) == whole


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(raw: bytes) -> None:
    assert code_of(raw) is not None


def test_a_signature_is_for_one_purpose() -> None:
    header, envelope = peek(cut(KEY, ARTISAN, sales(1), 0))
    assert header.count == 1
    for purpose in (b"canting/request/1", b"canting/receipt/1", b"canting/enrol/1"):
        signature = KEY.sign(purpose, envelope.header)
        assert code_of(codec.encode([envelope.header, signature])) == "bad_signature"


@given(st.binary(max_size=2000), st.sampled_from(sorted(DICTIONARIES)))
def test_what_is_deflated_inflates_again(data: bytes, dictionary: int) -> None:
    squeezed = deflate(data, dictionary)
    assert inflate(squeezed, dictionary) == data
    with pytest.raises(Refused) as refused:
        inflate(squeezed + b"\0", dictionary)
    assert refused.value.code == "bad_body"
    with pytest.raises(Refused) as refused:
        inflate(squeezed[:-1], dictionary)
    assert refused.value.code == "bad_body"


@given(st.lists(st.integers(0, 15_000), max_size=60))
def test_runs_are_the_whole_and_each_fits_a_batch(sizes: list[int]) -> None:
    whole = chain([(n, bytes(size)) for n, size in enumerate(sizes)])
    runs = cuts(whole)
    assert [each for run in runs for each in run] == whole
    for run in runs:
        assert run
        assert code_of(cut(KEY, ARTISAN, run, 0)) is None


# -- the door ------------------------------------------------------------------------------------


def door(
    *offered: bytes,
    announced: tuple[Descriptor, ...] = (LOG,),
    certified: tuple[PublicKey, ...] = (KEY.public,),
) -> tuple[list[LogId], list[tuple[int, str]]]:
    """Return the logs of what was admitted, and what was refused."""
    logs = {each.log: each for each in announced}
    found = admit(ARTISAN, offered, logs, REGISTRY.public, certified)
    return (
        [LogId(batch.header.log) for batch in found.batches],
        [(each.index, each.code) for each in found.refused],
    )


def test_a_broken_batch_holds_up_no_other() -> None:
    whole = sales(4)
    good = [cut(KEY, ARTISAN, whole[:2], 0), cut(KEY, ARTISAN, whole[2:], 0)]
    broken = good[0][:-1] + bytes([good[0][-1] ^ 1])
    assert door(good[0], broken, b"rubbish", good[1]) == (
        [LOG.log, LOG.log],
        [(1, "bad_signature"), (2, "malformed")],
    )


def test_a_batch_of_a_log_that_was_not_announced_is_refused() -> None:
    raw = cut(KEY, ARTISAN, sales(1), 0)
    assert door(raw, announced=()) == ([], [(0, "unknown_key")])


def test_a_batch_of_a_key_without_certificate_is_refused() -> None:
    raw = cut(KEY, ARTISAN, sales(1), 0)
    assert door(raw, certified=()) == ([], [(0, "unknown_key")])


def test_a_batch_of_another_ledger_is_refused() -> None:
    raw = cut(KEY, NOBODY, sales(1), 0)
    assert door(raw) == ([], [(0, "wrong_log")])


def test_a_certificate_counts_wherever_in_the_offer_it_stands() -> None:
    own = Descriptor(REGISTRY.public, bytes(8), b"")
    written = chain([(0, c.write(c.Certificate(KEY.public)))], own)
    certificate = cut(REGISTRY, ARTISAN, written, 0)
    raw = cut(KEY, ARTISAN, sales(1), 0)
    for offered in ((raw, certificate), (certificate, raw)):
        logs, refused = door(*offered, announced=(LOG, own), certified=())
        assert set(logs) == {LOG.log, own.log}
        assert refused == []


def test_a_certificate_that_a_device_has_written_counts_for_nothing() -> None:
    forged = chain([(0, c.write(c.Certificate(OTHER.public)))])
    stranger = Descriptor(OTHER.public, bytes(8), b"")
    offered = (
        cut(KEY, ARTISAN, forged, 0),
        cut(OTHER, ARTISAN, sales(1, stranger), 0),
    )
    assert door(*offered, announced=(LOG, stranger)) == ([LOG.log], [(1, "unknown_key")])


def test_a_gap_and_a_fork_are_admitted() -> None:
    whole = sales(5)
    twin = place(LOG.log, 5, whole[3].hash, 9, b"\x90")
    offered = [cut(KEY, ARTISAN, run, 0) for run in (whole[4:], [twin], whole[:2])]
    assert door(*offered) == ([LOG.log] * 3, [])


def test_what_no_one_could_read_is_admitted_all_the_same() -> None:
    raw = cut(KEY, ARTISAN, chain([(0, b"\xc1"), (0, b""), (0, codec.encode([999]))]), 0)
    assert door(raw) == ([LOG.log], [])
