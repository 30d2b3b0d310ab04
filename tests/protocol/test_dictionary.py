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
from canting_protocol.log import ARTISAN_BYTES, ArtisanId

# Batches in every registry were made with these bytes: a new dictionary takes the next number.
PINNED: Final = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "2766a584a0fbb62c4d1e3248e197b97c75b7c34562319d7338a3f0230547915c",
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
    """Any week in the middle of the workload, which the dictionary was not trained on."""
    log = logs_of(SEED, 0, 3)[0].changes
    key = SigningKey(bytes(32))

    def body_bytes(dictionary: int) -> int:
        runs = [log[at : at + count] for at in range(60, len(log) - count + 1, count)]
        batches = [
            cut(key, ArtisanId(bytes(ARTISAN_BYTES)), run, run[-1].t, dictionary) for run in runs
        ]
        return sum(len(peek(batch)[0].body) for batch in batches)

    assert body_bytes(NEWEST) < share * body_bytes(0)
