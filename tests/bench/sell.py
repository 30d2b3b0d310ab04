"""How long `canting sell` takes as a whole process, and how much memory: the best of ten.

    python -m tests.bench.sell [changes in the book before]

Best of ten, for what else the machine does is not the program's. Memory is the most that the
process ever held, as the kernel tells it of a child; a child begins with what its parent held, so
this one imports nothing of ours, and has the book made by another.
"""

import os
import sys
import time
from tempfile import TemporaryDirectory
from typing import NamedTuple

SECONDS_MAX = 0.30
MEGABYTES_MAX = 45
RUNS = 10


class Sold(NamedTuple):
    """What one sale took."""

    seconds: float
    megabytes: float


_MAKE = """
import sys
from pathlib import Path
from canting_client.home import Home
from canting_protocol import changes as c

with Home(Path(sys.argv[1])).make("siti") as book:
    fields = [c.FieldWrite(1, c.value("Kain cap")), c.FieldWrite(4, c.value(175_000))]
    book.record(c.Item(None, fields), *[c.Sale([c.SaleLine(1, 1000, 175_000)])] * int(sys.argv[2]))
"""


def run(*arguments: str) -> Sold:
    """Run Python in a process of its own."""
    began = time.perf_counter()
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, *arguments],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, used = os.wait4(child, 0)
    took = time.perf_counter() - began
    assert status == 0, f"{arguments[:3]} ended with {status}"
    # Linux tells kilobytes, macOS bytes.
    per_megabyte = 1_000_000 if sys.platform == "darwin" else 1_000
    return Sold(took, used.ru_maxrss / per_megabyte)


def best(changes: int) -> Sold:
    """Return the best time and the least memory of ten sales in a book of so many changes."""
    with TemporaryDirectory() as folder:
        run("-c", _MAKE, folder, str(changes))
        sell = ("-m", "canting_client.cli", "--home", folder, "sell", "kain", "2")
        sales = [run(*sell) for _ in range(RUNS)]
    return Sold(min(each.seconds for each in sales), min(each.megabytes for each in sales))


def main() -> None:
    """Measure, and say whether it is within bounds."""
    changes = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    sold = best(changes)
    print(  # noqa: T201
        f"canting sell: {sold.seconds:.3f} s (at most {SECONDS_MAX:.2f}), "
        f"{sold.megabytes:.1f} MB (at most {MEGABYTES_MAX})"
    )
    sys.exit(sold.seconds > SECONDS_MAX or sold.megabytes > MEGABYTES_MAX)


if __name__ == "__main__":
    main()
