"""Changes: written once, read as views, kept as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.errors import TooBig
from canting_protocol.ledger.judge import judge
from canting_protocol.limits import INTEGER_MAX
from canting_protocol.messages import Reason, Verdict

KNOWN = {shape.__struct_config__.tag for shape in c.Change.__args__}
LATER = sorted(set(c.Kind) - KNOWN)

rupiah = st.integers(0, INTEGER_MAX)
quantity = st.integers(1, INTEGER_MAX)
text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
foreign = st.builds(
    c.Foreign,
    st.binary(min_size=8, max_size=8),
    st.integers(1, INTEGER_MAX),
    st.none() | st.binary(min_size=4, max_size=4),
)
name = st.integers(-INTEGER_MAX, INTEGER_MAX) | foreign
private = st.builds(
    c.Private,
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=12, max_size=12),
    st.binary(min_size=16, max_size=60),
)
note = st.none() | text | private
day = st.none() | st.integers(0, 100_000)
partner = st.none() | name
code = st.integers(0, 10_000) | text
value = st.builds(c.value, st.none() | rupiah | text | st.binary(max_size=20) | private | foreign)
fields = st.lists(st.builds(c.FieldWrite, st.integers(1, 10_000), value), min_size=1, max_size=5)
piece = st.builds(
    c.Piece,
    st.binary(min_size=8, max_size=8),
    st.integers(1, INTEGER_MAX),
    st.integers(1, INTEGER_MAX),
    st.binary(min_size=8, max_size=8),
)
goods = st.lists(st.builds(c.GoodsLine, name, quantity, rupiah), min_size=1, max_size=3)
moved = st.builds(c.MoveLine, name, quantity)
sales = st.builds(
    c.Sale,
    st.lists(
        st.builds(c.SaleLine, name, quantity, rupiah, partner, st.none() | rupiah),
        min_size=1,
        max_size=3,
    ),
    name,
    code,
    st.integers(0, 3),
    day,
    partner,
    st.none() | rupiah,
    note,
    st.none() | text,
)
changes: st.SearchStrategy[c.Change] = st.one_of(
    sales,
    st.builds(c.Profile, fields),
    st.builds(c.Item, partner, fields),
    st.builds(c.Partner, partner, fields),
    st.builds(c.Place, partner, fields),
    st.builds(c.Return, goods, name, code, st.integers(0, 3), day, partner, partner, note),
    st.builds(c.Payment, st.sampled_from((-1, 1)), rupiah, name, st.integers(0, 2), day, note),
    st.builds(
        c.Transfer, st.integers(0, 14), st.integers(0, 14), rupiah, day, st.none() | rupiah, note
    ),
    st.builds(c.Purchase, goods, name, st.integers(0, 4), day, partner, note),
    st.builds(c.Expense, code, rupiah, st.integers(0, 4), day, partner, note),
    st.builds(
        c.Production,
        st.lists(moved, max_size=2),
        st.lists(moved, max_size=2),
        name,
        partner,
        day,
        st.none() | rupiah,
        partner,
        st.integers(0, 4),
        note,
    ),
    st.builds(c.Move, st.lists(moved, min_size=1, max_size=3), name, name, day, note),
    st.builds(
        c.Count,
        st.lists(st.builds(c.CountLine, name, rupiah), min_size=1, max_size=3),
        name,
        day,
    ),
    st.builds(c.Void, name, st.none() | code),
    st.builds(c.Seen, st.lists(piece, min_size=1, max_size=3)),
    st.builds(c.Resolve, st.integers(1, 4), partner, st.integers(1, 10_000), value),
    st.builds(c.Consent, st.integers(0, 2), st.integers(0, 10_000), note),
    st.builds(c.Clock, piece, name.filter(lambda each: isinstance(each, int)), rupiah),
    st.builds(c.Certificate, st.binary(min_size=32, max_size=32), st.integers(0, 100)),
)
salts = st.just(b"") | st.binary(min_size=4, max_size=4)


@given(changes, salts)
def test_what_is_written_is_read_again(change: c.Change, salt: bytes) -> None:
    body = c.write(change, salt)
    assert c.read(body) == change
    assert c.kind_of(body) == change.__struct_config__.tag
    assert c.write(c.read(body), salt) == body


@given(changes)
def test_a_salt_is_the_only_difference_between_two_changes_that_say_the_same(
    change: c.Change,
) -> None:
    plain, salted = c.write(change), c.write(change, b"\1\2\3\4")
    assert salted == b"\xce\1\2\3\4" + plain
    assert c.unsalted(salted) == plain == c.unsalted(plain)


@given(changes)
def test_trailing_fields_that_hold_their_default_are_left_out(change: c.Change) -> None:
    array = codec.decode(codec.decoder(list[codec.Raw]), c.write(change))
    required = len(change.__struct_fields__) - len(change.__struct_defaults__)
    left_out = len(change.__struct_fields__) - (len(array) - 1)
    assert left_out <= len(change.__struct_defaults__)
    defaults = change.__struct_defaults__
    last = len(array) - 2
    if last >= required:
        assert getattr(change, change.__struct_fields__[last]) != defaults[last - required]


@given(changes)
def test_a_full_array_means_the_same_as_a_trimmed_one(change: c.Change) -> None:
    assert c.read(codec.encode(change)) == change


@given(changes, st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=3))
def test_fields_that_a_newer_version_appended_are_left_aside(
    change: c.Change, more: list[int | None]
) -> None:
    array = codec.decode(codec.decoder(list[codec.Raw]), codec.encode(change))
    assert c.read(codec.encode([*array, *more])) == change


@given(changes, st.data())
def test_a_change_cut_short_is_a_bad_value(change: c.Change, data: st.DataObject) -> None:
    body = c.write(change)
    size = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(c.BadChange):
        c.read(body[:size])


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_get_a_verdict(body: bytes, by_registry: bool) -> None:
    judged = judge(body, by_registry=by_registry)
    assert (judged.change is None) == (judged.verdict is not Verdict.APPLIED)
    assert (judged.reason is Reason.NONE) == (judged.verdict is Verdict.APPLIED)


@given(changes, st.data())
def test_any_change_with_a_byte_altered_gets_a_verdict(
    change: c.Change, data: st.DataObject
) -> None:
    body = bytearray(c.write(change))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert judge(bytes(body), by_registry=False).verdict in Verdict


@pytest.mark.parametrize("kind", [*LATER, 0, -1, 250, 9_999])
def test_a_kind_of_a_newer_version_is_parked(kind: int) -> None:
    body = codec.encode([kind, "something", None])
    with pytest.raises(c.UnknownKind):
        c.read(body)
    judged = judge(body, by_registry=False)
    assert (judged.kind, judged.verdict, judged.reason) == (
        kind,
        Verdict.PARKED,
        Reason.UNKNOWN_KIND,
    )


def test_the_kinds_kept_for_later_are_these() -> None:
    assert LATER == [c.Kind.PIECE, c.Kind.ORDER, c.Kind.VISIT, c.Kind.TRAINING, c.Kind.AID]


def test_what_could_not_be_read_is_not_written() -> None:
    with pytest.raises(TooBig):
        c.write(c.Expense("listrik", -1))
    with pytest.raises(TooBig):
        c.write(c.Sale([]))


def test_a_change_with_a_field_too_few_is_a_bad_value_and_not_a_default() -> None:
    with pytest.raises(c.BadChange):
        c.read(codec.encode([int(c.Kind.MOVE), [[7, 1]], -1]))
