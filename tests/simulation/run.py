"""Many histories, for `docs/proof.md`: `python -m tests.simulation.run --from 300000 --to 316000`.

Each chunk becomes one line of a file, so that a run can be stopped and goes on where it was; at the
end, and again whenever it is started with nothing left to do, it is summed up.
"""

import argparse
import json
import logging
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import structlog
from tests.simulation.history import EXCHANGES_MIN, FAULTS_MIN, history
from tests.simulation.world import FAULTS

CHUNK: Final = 50
HISTORY_SECONDS_MAX: Final = 120
"""A healthy history takes one or two, beside whatever else runs."""
SECONDS_BETWEEN_WORDS: Final = 300

Chunk = dict[str, Any]


class TooLong(BaseException):
    """Say that a history does not come to an end."""


def live_through(seeds: Sequence[int], version: str) -> Chunk:
    """Live through some histories; return what they came to, and which broke by what."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGALRM, _too_long)
    counted: Counter[str] = Counter()
    struck: Counter[str] = Counter()
    broken: dict[int, str] = {}
    for seed in seeds:
        # Again and again: a task may swallow the first.
        signal.setitimer(signal.ITIMER_REAL, HISTORY_SECONDS_MAX, 0.2)
        try:
            told = history(seed)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except TooLong:
            broken[seed] = f"I15: no end within {HISTORY_SECONDS_MAX} s"
            continue
        except Exception as error:  # whatever it is, it is what broke
            broken[seed] = f"{type(error).__name__}: {error}"
            continue
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if told.exchanges < EXCHANGES_MIN or told.struck.total() < FAULTS_MIN:
            broken[seed] = (
                f"{told.exchanges} exchanges and {told.struck.total()} faults are too few"
            )
        struck += told.struck
        counted += Counter(
            exchanges=told.exchanges, changes=told.changes, incomplete=bool(told.incomplete)
        )
    return {
        "version": version,
        "seeds": [seeds[0], seeds[-1]],
        "histories": len(seeds),
        **{name: counted[name] for name in ("exchanges", "changes", "incomplete")},
        "struck": struck,
        "broken": broken,
    }


def _too_long(*_: object) -> None:
    raise TooLong


def chunks(first: int, end: int) -> list[range]:
    """Return the seeds first…end-1 in chunks, which begin at the same seeds in every run."""
    edges = [first, *range(first // CHUNK * CHUNK + CHUNK, end, CHUNK), end]
    return [range(a, b) for a, b in pairwise(edges) if a < b]


def summed_up(lines: Iterable[Chunk]) -> str:
    """Return what a run came to, in the words and numbers of `docs/proof.md`."""
    total: Counter[str] = Counter()
    struck: Counter[str] = Counter(dict.fromkeys(FAULTS, 0))
    broken: dict[str, str] = {}
    versions: dict[str, None] = {}
    for line in lines:
        for name in ("histories", "exchanges", "changes", "incomplete"):
            total[name] += line[name]
        struck.update(line["struck"])
        broken |= line["broken"]
        versions[line["version"]] = None
    faults = " · ".join(f"{fault} {count:,}" for fault, count in struck.most_common())
    return "\n".join(
        (
            f"at {', '.join(versions)}: {total['histories']:,} histories, "
            f"{total['exchanges']:,} exchanges, {total['changes']:,} changes, "
            f"{len(broken)} broken; in {total['incomplete']:,} causality was incomplete",
            f"{faults}.",
            *(f"seed {seed}: {what}" for seed, what in broken.items()),
        )
    )


def _version() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout.strip()


def main() -> int:
    """Live through what is still lacking; return how many histories broke, 99 at most."""
    parser = argparse.ArgumentParser(description="Many histories, for docs/proof.md.")
    parser.add_argument("--from", dest="first", type=int, required=True, help="the first seed")
    parser.add_argument("--to", dest="end", type=int, required=True, help="the seed after the last")
    parser.add_argument("--jobs", type=int, default=2, help="processes at the same time")
    parser.add_argument("--out", type=Path, default=Path("histories.jsonl"), help="the file")
    asked = parser.parse_args()
    version = _version()
    wanted = chunks(asked.first, asked.end)
    whole = {(seeds[0], seeds[-1]) for seeds in wanted}
    told = asked.out.read_text().splitlines() if asked.out.exists() else []
    done = {tuple(line["seeds"]): line for line in map(json.loads, told)}
    done = {seeds: line for seeds, line in done.items() if seeds in whole}
    spoken = time.monotonic()
    pool = ProcessPoolExecutor(asked.jobs, max_tasks_per_child=20)
    try:
        under_way = [
            pool.submit(live_through, seeds, version)
            for seeds in wanted
            if (seeds[0], seeds[-1]) not in done
        ]
        for each in as_completed(under_way):
            line = json.loads(json.dumps(each.result()))
            with asked.out.open("a") as file:
                file.write(json.dumps(line) + "\n")
            done[tuple(line["seeds"])] = line
            if time.monotonic() - spoken > SECONDS_BETWEEN_WORDS or line["broken"]:
                spoken = time.monotonic()
                print(f"{len(done)} of {len(wanted)} chunks", *line["broken"].items(), flush=True)  # noqa: T201
    finally:
        pool.shutdown(cancel_futures=True)
    lines = [done[seeds] for seeds in sorted(done)]
    print(summed_up(lines))  # noqa: T201
    return min(sum(len(line["broken"]) for line in lines), 99)


if __name__ == "__main__":
    sys.exit(main())
