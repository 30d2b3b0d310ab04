"""All figures, one after another: `make bench`; `python -m tests.bench --large` for workload M.

Each is a ratio within one run, or beside a reference in it; none is a gate. What came of them, and
on what machine, is in `docs/performance.md`.
"""

import argparse
import subprocess
import sys
from typing import Final

SMALL: Final = (
    ("intake beside raw sqlite3, workload S", ("intake",)),
    ("bytes, round trips and seconds of a year", ("road",)),
    ("one sale committed on the device", ("commit",)),
    ("a sale as a whole process", ("sell",)),
    (
        "a device beside a big sender, many at once",
        ("fairness", "--batches", "300", "--devices", "100"),
    ),
    ("staff's questions over a city", ("ask",)),
    ("QR frames of a letter, some of them lost", ("frames",)),
    ("A visit, its letters, and a delivery of many", ("visit",)),
)
LARGE: Final = (
    ("intake, workload M", ("intake", "--artisans", "300", "--months", "12")),
    *SMALL[1:4],
    (
        "a device beside a big sender, many at once",
        ("fairness", "--batches", "5000", "--devices", "1000"),
    ),
    ("staff's questions, everyone sharing lines", ("ask", "--all")),
    SMALL[-1],
)


def main() -> int:
    """Run every bench in a process of its own; return how many failed."""
    parser = argparse.ArgumentParser(description="All figures, one after another.")
    parser.add_argument("--large", action="store_true", help="the workload M; takes a while")
    failed = 0
    for title, (module, *arguments) in LARGE if parser.parse_args().large else SMALL:
        sys.stdout.write(f"\n== {title}\n")
        sys.stdout.flush()
        command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
        failed += subprocess.run(command, check=False).returncode != 0  # noqa: S603
    return failed


if __name__ == "__main__":
    sys.exit(main())
