"""The mapping of the workload to changes loses nothing but milliseconds."""

from tests.bench.as_changes import book_key_of, logs_of
from tests.bench.as_lines import lines_of
from tests.bench.workload import SEED, Line, artisan_changes

MONTHS = 3


def test_every_line_comes_back_from_its_changes() -> None:
    for index in (0, 2):
        written: dict[str, list[Line]] = {}
        for line in artisan_changes(SEED, index, MONTHS):
            floored = line._replace(time=line.time // 1000 * 1000)
            written.setdefault(line.device, []).append(floored)
        stored = {log.device: log.changes for log in logs_of(SEED, index, MONTHS)}
        assert lines_of(f"a{index:05d}", stored, book_key_of(SEED, index)) == written
