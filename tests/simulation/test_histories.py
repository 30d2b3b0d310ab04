"""Simulated histories: whatever the network, the phones or the registry do."""

import logging
import os
from collections import Counter
from collections.abc import Iterator

import pytest
import structlog
from tests.simulation.history import EXCHANGES_MIN, FAULTS_MIN, history
from tests.simulation.world import FAULTS

HISTORIES = int(os.environ.get("CANTING_HISTORIES", "500"))
"""How many histories a test run lives through; more by the environment."""

GROUPS = 50

told: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("group", range(GROUPS))
def test_nothing_that_survives_anywhere_is_lost_or_counted_twice(group: int) -> None:
    struck: Counter[str] = Counter()
    for seed in range(group, HISTORIES, GROUPS):
        story = history(seed)
        assert story.exchanges >= EXCHANGES_MIN
        assert story.struck.total() >= FAULTS_MIN
        struck += story.struck
    assert struck.total() > 0


@pytest.mark.parametrize("seed", [3, 7, 32, 38])
def test_the_same_seed_tells_the_same_history(seed: int) -> None:
    """Wherever tasks lie in memory, and whatever the library draws to seal a letter."""
    first = history(seed)
    elsewhere = [object() for _ in range(10_007)]
    assert history(seed) == first
    assert len(elsewhere) == 10_007


def test_a_quick_look_shows_that_every_class_of_fault_is_within_reach() -> None:
    struck: Counter[str] = Counter()
    for seed in range(500, 540):
        struck += history(seed).struck
        if set(struck) == set(FAULTS):
            return
    assert set(struck) == set(FAULTS)
