"""How fast a real server takes pushes in, beside raw `sqlite3` writing the same rows.

    python -m tests.bench.intake [--artisans 27] [--months 3] [--keep HOME]

Signed pushes of 60 changes go over HTTP, many at a time, to a server process with the default
settings (`synchronous=FULL`): signatures, chains, projection and roll-up. What the server's process
spent is set beside what `sqlite3.executemany` spends on the rows that the registry then holds, in
the same schema, 500 changes a transaction, equally FULL. `--keep` leaves the registry there.
"""

import argparse
import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import aiohttp
from tests.bench.fleet import Fleet, enrol, fleet, pushes
from tests.bench.workload import SEED
from tests.end_to_end.processes import Server, free_port, run
from tests.letters import in_letter

from canting_protocol.bundles import read_bundle
from canting_protocol.ledger.rows import SHAPES
from canting_protocol.messages import MEDIA_TYPE
from canting_server.settings import database_path, open_registry
from canting_server.store import migrations
from canting_server.store.database import run_group, settle

AT_ONCE: Final = 32
"""How many pushes are under way at any time."""

CHANGES_A_TRANSACTION: Final = 500


class Spent:
    """Seconds of processor and of the clock, and bytes of memory, of one process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._cpu, self._wall = self._now(), time.perf_counter()

    def _now(self) -> float:
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def seconds(self) -> tuple[float, float]:
        """Return (processor, wall) since the beginning."""
        return self._now() - self._cpu, time.perf_counter() - self._wall

    def memory(self) -> int:
        """Return the resident bytes of now."""
        return int(Path(f"/proc/{self._pid}/statm").read_text().split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        )


def prepare(home: Path, devices: Fleet) -> None:
    """Make a registry and let the devices in."""
    run("canting_server.cli", "init", home=home)
    raw = sqlite3.connect(database_path(home))
    settle(raw)
    registry = open_registry(home)
    for result in run_group(
        raw, [migrations.migrate, lambda c: enrol(registry, c, devices, registry.now())]
    ):
        if isinstance(result, Exception):
            raise result
    raw.close()


async def send(url: str, box: bytes, requests: Iterable[tuple[int, bytes]]) -> int:
    """Send every request, `AT_ONCE` at a time; return how many changes were in them."""
    waiting, sent = iter(requests), 0
    async with aiohttp.ClientSession() as http:

        async def one_after_another() -> int:
            mine = 0
            for count, request in waiting:
                body = in_letter(box, request)
                for attempt in range(100):
                    async with http.post(
                        f"{url}/v1/sync", data=body, headers={"Content-Type": MEDIA_TYPE}
                    ) as answer:
                        data = await answer.read()
                        if answer.status == 503:
                            await asyncio.sleep(0.05 * (attempt + 1))
                            continue
                        assert answer.status == 200, data
                        assert read_bundle(data).letters
                        break
                mine += count
            return mine

        sent = sum(await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE))))
    return sent


def raw_seconds(home: Path, folder: Path) -> tuple[int, float]:
    """Write the registry's rows by `executemany` alone; return (changes, processor seconds)."""
    kept = sqlite3.connect(database_path(home))
    order = {
        hash_: place // CHANGES_A_TRANSACTION
        for place, (hash_,) in enumerate(kept.execute("SELECT hash FROM change ORDER BY t"))
    }
    transactions = max(order.values()) + 1
    work: list[tuple[str, dict[int, list[Sequence[Any]]]]] = []
    names = [shape.TABLE for shape in SHAPES] + ["envelope", "learned"]
    for name in names:
        columns = [each[1] for each in kept.execute(f"PRAGMA table_info({name})")]
        parts: dict[int, list[Sequence[Any]]] = defaultdict(list)
        rows = kept.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608  # names of ours
        at = columns.index("hash") if "hash" in columns else None
        for place, row in enumerate(rows):
            where = None if at is None else order.get(row[at])
            parts[place * transactions // len(rows) if where is None else where].append(row)
        marks = ", ".join("?" * len(columns))
        work.append((f"INSERT INTO {name} VALUES ({marks})", parts))  # noqa: S608
    raw = sqlite3.connect(folder / "raw.db")
    settle(raw)
    run_group(raw, [migrations.migrate])
    began = time.process_time()
    for transaction in range(transactions):
        raw.execute("BEGIN IMMEDIATE")
        for sql, parts in work:
            if transaction in parts:
                raw.executemany(sql, parts[transaction])
        raw.execute("COMMIT")
    return len(order), time.process_time() - began


def main() -> None:
    """Print what both spent."""
    parser = argparse.ArgumentParser(description="Intake beside raw sqlite3.")
    parser.add_argument("--artisans", type=int, default=27)
    parser.add_argument("--months", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    devices = fleet(SEED, asked.artisans, asked.months)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = asked.keep or folder / "registry"
        prepare(home, devices)
        server = Server(home, free_port())
        try:
            assert server.ready()
            spent = Spent(server.process.pid)
            box = open_registry(home).key.box.public
            requests = list(pushes(devices)) if asked.artisans <= 50 else pushes(devices)
            changes = asyncio.run(send(server.url, box, requests))
            processor, wall = spent.seconds()
            memory = spent.memory()
        finally:
            server.stop()
        counted, raw = raw_seconds(home, folder)
        size = database_path(home).stat().st_size
    raw_rate, rate = counted / raw, changes / processor
    sys.stdout.write(
        f"{changes} changes in {wall:.1f} s; server {processor:.1f} s of processor: {rate:.0f} a"
        f" second of it; raw {raw_rate:.0f}; ratio {rate / raw_rate:.2f};"
        f" {size / changes:.0f} B a change on disk; {memory / 1e6:.0f} MB resident\n"
    )


if __name__ == "__main__":
    main()
