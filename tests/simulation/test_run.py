"""A long run of histories: where it goes on, and what it says at the end."""

from tests.simulation.run import CHUNK, Chunk, chunks, summed_up


def _line(first: int, struck: dict[str, int], broken: dict[str, str]) -> Chunk:
    return {
        "version": "d241ff5",
        "seeds": [first, first + 49],
        "histories": 50,
        "exchanges": 2_500,
        "changes": 2_400,
        "incomplete": 1,
        "struck": struck,
        "broken": broken,
    }


def test_every_seed_is_in_one_chunk_and_the_same_one_in_a_longer_run() -> None:
    assert [seed for each in chunks(30, 170) for seed in each] == list(range(30, 170))
    assert chunks(30, 3 * CHUNK) == chunks(30, 5 * CHUNK)[:3]
    assert chunks(7, 7) == []


def test_a_run_is_summed_up_with_every_seed_that_broke_and_every_fault() -> None:
    lines = [
        _line(0, {"reply lost": 700, "file lost": 1}, {}),
        _line(50, {"reply lost": 500}, {"63": "Broken: I3: turnover is 7, and 6 was sold"}),
    ]
    first, faults, *broken = summed_up(lines).splitlines()
    assert first == (
        "at d241ff5: 100 histories, 5,000 exchanges, 4,800 changes, 1 broken; "
        "in 2 causality was incomplete"
    )
    assert faults.startswith("reply lost 1,200 · file lost 1 · ")
    assert "artisan erased 0" in faults
    assert broken == ["seed 63: Broken: I3: turnover is 7, and 6 was sold"]
