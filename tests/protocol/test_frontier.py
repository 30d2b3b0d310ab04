"""Frontiers against a model that has nothing but sets."""

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from canting_protocol.crypto import PublicKey
from canting_protocol.frontier import Strands, heads_of, subtract
from canting_protocol.ledger.author import place
from canting_protocol.log import Descriptor, Hash, Placed

ORIGIN = Descriptor(PublicKey(b"k" * 32), bytes(8), b"")
Stated = list[tuple[int, int, bytes]]


class Tree(NamedTuple):
    """Changes of one log with its branches, and what two parties hold of them."""

    changes: list[Placed]
    mine: frozenset[int]
    theirs: frozenset[int]


@st.composite
def trees(draw: st.DrawFn, *, gaps: bool = True, theirs_are_mine: bool = False) -> Tree:
    """Return a random tree: each change follows h[0] or an earlier one, mostly the last."""
    changes: list[Placed] = []
    size = draw(st.integers(1, 14))
    for index in range(size):
        after = draw(st.sampled_from([index - 1, index - 1, index - 1, *range(-1, index)]))
        before = changes[after] if after >= 0 else None
        changes.append(
            place(
                ORIGIN.log,
                before.n + 1 if before else 1,
                before.hash if before else ORIGIN.origin,
                index,
                b"\x90",
            )
        )
    some = st.frozensets(st.integers(0, size - 1))
    mine, theirs = draw(some), draw(some)
    if not gaps:
        mine, theirs = _whole(changes, mine), _whole(changes, theirs)
    return Tree(changes, mine, theirs & mine if theirs_are_mine else theirs)


def _whole(changes: Sequence[Placed], some: frozenset[int]) -> frozenset[int]:
    by_hash = {each.hash: index for index, each in enumerate(changes)}
    found = set()
    for index in some:
        step: int | None = index
        while step is not None:
            found.add(step)
            step = by_hash.get(changes[step].previous)
    return frozenset(found)


def strands_of(changes: Sequence[Placed]) -> Strands:
    """Return a set of changes as strands."""
    heads, links = heads_of(ORIGIN.log, changes)
    return Strands(heads, lambda n: [each.hash for each in changes if each.n == n], lambda: links)


def held(tree: Tree, which: frozenset[int]) -> list[Placed]:
    """Return the changes of a set, in the order of its numbers."""
    return [tree.changes[index] for index in sorted(which)]


def stated(changes: Sequence[Placed]) -> Stated:
    """Return the heads of a set as a frontier states them, by 16 bytes of the hash."""
    heads, _ = heads_of(ORIGIN.log, changes)
    return [(head.first, head.n, bytes(head.hash[:16])) for head in heads]


def found_lacking(mine: Sequence[Placed], theirs: Stated) -> set[Hash]:
    """Return every change that is found to be lacking."""
    strands = strands_of(mine)
    return {hash_ for each in strands.lacking(theirs) for _, hash_ in strands.path(each)}


def model(mine: Sequence[Placed], theirs: Stated) -> set[Hash]:
    """Return mine without what a head that I know says they hold: a walk along each path."""
    by_hash = {each.hash: each for each in mine}
    covered: set[Hash] = set()
    for first, n, prefix in theirs:
        for top in mine:
            step: Placed | None = top if (top.n, top.hash[:16]) == (n, prefix) else None
            while step is not None and step.n >= first:
                covered.add(step.hash)
                step = by_hash.get(step.previous)
    return set(by_hash) - covered


@given(trees(theirs_are_mine=True))
def test_what_they_lack_is_mine_without_theirs_when_i_hold_all_of_theirs(tree: Tree) -> None:
    mine, theirs = held(tree, tree.mine), held(tree, tree.theirs)
    assert found_lacking(mine, stated(theirs)) == {e.hash for e in mine} - {e.hash for e in theirs}


@given(trees())
@settings(max_examples=300)
def test_what_they_lack_is_everything_that_no_head_i_know_covers(tree: Tree) -> None:
    mine, theirs = held(tree, tree.mine), stated(held(tree, tree.theirs))
    assert found_lacking(mine, theirs) == model(mine, theirs)


@given(trees())
def test_nothing_they_lack_is_ever_forgotten(tree: Tree) -> None:
    mine, theirs = held(tree, tree.mine), held(tree, tree.theirs)
    lacking = {each.hash for each in mine} - {each.hash for each in theirs}
    assert lacking <= found_lacking(mine, stated(theirs))


@given(trees())
def test_heads_tell_the_whole_set_to_one_who_knows_the_changes(tree: Tree) -> None:
    changes = held(tree, tree.mine)
    by_hash = {each.hash: each for each in changes}
    told = set()
    for head in heads_of(ORIGIN.log, changes)[0]:
        step: Hash | None = head.hash
        for n in range(head.n, head.first - 1, -1):
            assert step is not None
            assert by_hash[step].n == n
            told.add(step)
            step = by_hash[step].previous
    assert told == set(by_hash)


@given(trees())
def test_one_who_knows_no_head_is_sent_everything(tree: Tree) -> None:
    mine = held(tree, tree.mine)
    strangers = [(1, 9, b"\xff" * 16), (1, 10**6, bytes(16))]
    assert found_lacking(mine, strangers) == {each.hash for each in mine}


@given(trees(), st.data())
def test_a_batch_overlaps_a_range_when_they_share_a_change(tree: Tree, data: st.DataObject) -> None:
    mine = held(tree, tree.mine)
    strands = strands_of(mine)
    ranges = strands.lacking(stated(held(tree, tree.theirs)))
    if not ranges:
        return
    range_ = data.draw(st.sampled_from(ranges))
    head = data.draw(st.sampled_from(strands.heads))
    path = strands.path(next(r for r in strands.lacking([]) if r.hash == head.hash))
    begin = data.draw(st.integers(0, len(path) - 1))
    end = data.draw(st.integers(begin, len(path) - 1))
    run = path[begin : end + 1]
    assert strands.overlaps(range_, run[0][0], run[-1][0], run[-1][1]) == bool(
        set(run) & set(strands.path(range_))
    )


@given(
    st.tuples(st.integers(1, 30), st.integers(1, 30)).map(lambda pair: (min(pair), max(pair))),
    st.lists(st.tuples(st.integers(0, 35), st.integers(0, 35)), max_size=5),
)
def test_subtracting_ranges_is_subtracting_sets(
    whole: tuple[int, int], parts: list[tuple[int, int]]
) -> None:
    left = subtract(whole, parts)
    expected = set(range(whole[0], whole[1] + 1))
    for low, high in parts:
        expected -= set(range(low, high + 1))
    assert [n for low, high in left for n in range(low, high + 1)] == sorted(expected)


def test_a_gap_makes_two_heads() -> None:
    chain = _chain(9)
    heads, _ = heads_of(ORIGIN.log, [each for each in chain if each.n not in (4, 5)])
    assert [(head.first, head.n) for head in heads] == [(1, 3), (6, 9)]


def test_a_gap_filled_is_one_head_again() -> None:
    heads, _ = heads_of(ORIGIN.log, _chain(9)[::-1])
    assert [(head.first, head.n) for head in heads] == [(1, 9)]


def test_a_head_does_not_hide_the_other_branch() -> None:
    chain = _chain(4)
    twin = place(ORIGIN.log, 4, chain[2].hash, 77, b"\x90")
    assert found_lacking([*chain, twin], [(1, 4, chain[3].hash)]) == {twin.hash}


def _chain(size: int) -> list[Placed]:
    chain: list[Placed] = []
    previous = ORIGIN.origin
    for n in range(1, size + 1):
        chain.append(place(ORIGIN.log, n, previous, n, b"\x90"))
        previous = chain[-1].hash
    return chain
