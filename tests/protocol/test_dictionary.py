"""The preset dictionaries never change, and are worth their place in the wheel."""

from hashlib import sha256
from typing import Final

import pytest
from tests.bench.as_changes import logs_of
from tests.bench.workload import SEED

from canting_protocol.batch import cut, deflate, inflate, peek
from canting_protocol.crypto import SigningKey
from canting_protocol.dictionaries import DICTIONARIES, NEWEST
from canting_protocol.limits import DICTIONARY_BYTES_MAX
from canting_protocol.log import ARTISAN_BYTES, ArtisanId, Placed

# Batches in every registry were made with these bytes: a new dictionary takes the next number.
PINNED: Final = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "2766a584a0fbb62c4d1e3248e197b97c75b7c34562319d7338a3f0230547915c",
    2: "a7f68cfd64b10acd74dae545e91003adf9bd27224bbc80d631daffeaedf88c8f",
}


def test_a_dictionary_is_what_it_was_for_ever() -> None:
    assert {n: sha256(words).hexdigest() for n, words in DICTIONARIES.items()} == PINNED
    assert max(PINNED) == NEWEST


@pytest.mark.parametrize("number", PINNED)
def test_a_dictionary_fits_the_window_of_deflate(number: int) -> None:
    assert len(DICTIONARIES[number]) <= DICTIONARY_BYTES_MAX


@pytest.mark.parametrize("number", PINNED)
def test_what_a_dictionary_makes_small_comes_back_whole(number: int) -> None:
    frames = DICTIONARIES[NEWEST][-500:] + bytes(range(256))
    assert inflate(deflate(frames, number), number) == frames


@pytest.mark.parametrize(("count", "share"), [(1, 0.75), (7, 0.8), (55, 0.9), (230, 0.95)])
def test_a_batch_is_smaller_with_the_dictionary(count: int, share: float) -> None:
    log = logs_of(SEED, 0, 3)[0].changes
    assert _body_bytes(log, count, NEWEST) < share * _body_bytes(log, count, 0)


@pytest.mark.parametrize("count", [1, 10, 55, 150])
def test_the_newest_dictionary_makes_smaller_batches_than_those_before(count: int) -> None:
    logs = [log.changes for index in range(8) for log in logs_of(SEED, index, 3)]
    sizes = [sum(_body_bytes(log, count, number) for log in logs) for number in sorted(PINNED)]
    assert sizes == sorted(sizes, reverse=True)


def _body_bytes(log: list[Placed], count: int, dictionary: int) -> int:
    """Return what the log's batches hold, from the middle of a workload nothing was trained on."""
    key = SigningKey(bytes(32))
    runs = [log[at : at + count] for at in range(60, len(log) - count + 1, count)]
    batches = [
        cut(key, ArtisanId(bytes(ARTISAN_BYTES)), run, run[-1].t, dictionary) for run in runs
    ]
    return sum(len(peek(batch)[0].body) for batch in batches)
