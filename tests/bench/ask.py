"""How fast a registry of a whole city answers its staff: `python -m tests.bench.ask`.

1,000 artisans and 660,000 changes, written straight into the tables; half of them, or (`--all`) all
of them share lines. Every question is asked over HTTP on loopback, and timed inside the server.
`--home` asks a registry that is there already, as `tests.bench.intake --keep` leaves it.
"""

# ruff: noqa: S311, S608, T201 — chance here must be repeatable, not secret; a report is printed.

import argparse
import asyncio
import os
import random
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from canting_protocol import codec
from canting_protocol.crypto import SigningKey
from canting_protocol.ledger.times import month_of
from canting_server import logs
from canting_server.app import make_app, make_runner
from canting_server.registry import learning
from canting_server.registry.columns import day_text, days_of
from canting_server.registry.registry import Registry
from canting_server.settings import Settings, database_path
from canting_server.store import migrations, people
from canting_server.store.database import run_group, settle
from canting_server.web.staff import hash_token

TOKEN = "cst_of-a-bench"  # noqa: S105
ARTISANS, CHANGES_EACH, DAYS = 1_000, 660, 365
LAST_DAY = 20_370
AREAS = ("Magersari", "Kranggan", "Prajurit Kulon")


def fill(raw: sqlite3.Connection, artisans: int, *, everyone: bool) -> None:
    """Write a city's rows."""
    run_group(raw, [migrations.migrate])
    raw.execute("PRAGMA synchronous = OFF")
    raw.execute("BEGIN")
    for number in range(artisans):
        chance = random.Random(f"bench/{number}")
        shares = 2 if everyone or number % 2 else 1
        for sql, rows in _rows(chance, shares).items():
            raw.executemany(sql, rows)
    raw.execute("COMMIT")
    run_group(raw, [learning.climb_again])
    raw.execute("PRAGMA synchronous = FULL")


def _rows(chance: random.Random, shares: int) -> dict[str, list[tuple[Any, ...]]]:
    artisan, log, key = chance.randbytes(8), chance.randbytes(32), chance.randbytes(32)
    area = chance.choice(AREAS)
    items = [f"{log[:8].hex()}.{n}" for n in range(2, 32)]
    places = ["-1", "-2", f"{log[:8].hex()}.40"]
    changes: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    months: dict[tuple[int, str, int], list[int]] = {}
    days: dict[tuple[int, int, str, int, int], list[int]] = {}
    for n in range(1, CHANGES_EACH + 1):
        hash_ = chance.randbytes(32)
        kind = 5 if chance.random() < 0.6 else chance.choice((2, 6, 8, 9, 10, 11, 12, 13))
        verdict = 2 if chance.random() < 0.002 else 0
        day = LAST_DAY - DAYS + n * DAYS // CHANGES_EACH
        body = chance.randbytes(24)
        changes.append(
            (artisan, log, n, hash_, hash_, day * 86_400, kind, verdict, verdict // 2, body)
        )
        channel = str(chance.randrange(8))
        for line in range(chance.choice((1, 1, 1, 2)) if kind in (5, 6) else 0):
            quantity, amount = chance.randrange(1, 9) * 1000, chance.randrange(10**6)
            at = (day, artisan, log[:8], n, hash_[:8], line, month_of(day), kind, channel)
            lines.append((*at, chance.choice(items), chance.choice(places), quantity, amount, 0))
            known = (day + 1 + chance.randrange(14) ** 2 // 14) * 86_400 + n
            for cell in (
                months.setdefault((month_of(day), channel, kind), [0, 0, 0]),
                days.setdefault((month_of(day), day, channel, kind, known), [0, 0, 0]),
            ):
                for place, more in enumerate((1, quantity, amount)):
                    cell[place] += more
    fields = [
        (artisan, thing, field, log, n, chance.randbytes(32), 0, b"\xa5Nama " + b"!", b"\x90", 1)
        for n, thing in enumerate([f"item:{each}" for each in items], 2)
        for field in range(1, 7)
    ]
    if chance.random() < 0.1:
        fields += [
            (artisan, "profile", 2, log, n, changes[n][3], 0, b"\xa1x", b"\x90", 2 + n % 2)
            for n in (2, 3)
        ]
    shown = shares == 2
    return {
        "INSERT INTO artisan VALUES (?, ?)": [(artisan, 1_700_000_000)],
        "INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?, ?)": [
            (artisan, key, log, 1, chance.randbytes(32), 0, b"")
        ],
        "INSERT INTO statement VALUES (?, ?, ?)": [(artisan, key, LAST_DAY * 86_400)],
        "INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?)": [
            (
                artisan,
                f"Ibu {chance.randrange(10**6)}",
                f"Batik {chance.randrange(10**4)}",
                chance.choice(("batik tulis", "batik cap")),
                area,
                area,
                shares,
                codec.encode(((-(2**53) + 1, area),)),
            )
        ],
        f"INSERT INTO change VALUES ({', '.join('?' * 10)})": changes,
        f"INSERT INTO line VALUES ({', '.join('?' * 14)})": lines if shown else [],
        "INSERT INTO called VALUES (?, ?, ?)": [
            (artisan, f"item:{each}", f"Kain {each[-3:]}{' rare' * rare}")
            for each, rare in zip(items, [chance.random() < 0.02, *[False] * 29], strict=True)
            if shown
        ],
        f"INSERT INTO field VALUES ({', '.join('?' * 10)})": fields,
        "INSERT INTO stock VALUES (?, ?, ?, ?, 0, 0, x'90')": [
            (artisan, item, place, chance.randrange(-1, 90) * 1000)
            for item in items
            for place in places
        ],
        "INSERT INTO turnover VALUES (?, ?, ?, ?, ?, ?, ?)": [
            (artisan, *key, *cell) for key, cell in months.items()
        ],
        "INSERT INTO learned VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)": [
            (artisan, *key, *cell) for key, cell in days.items()
        ],
        """
        INSERT INTO takings VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (month, kecamatan, channel, kind) DO UPDATE
        SET facts = takings.facts + excluded.facts, quantity = takings.quantity + excluded.quantity,
            amount = takings.amount + excluded.amount
        """: [(month, area, *rest, *cell) for (month, *rest), cell in months.items()],
    }


QUESTIONS = (
    "totals?by=month",
    "totals?by=month,kecamatan,channel",
    "totals?by=kecamatan&month__gte=2025-03",
    "totals?by=month,kecamatan,channel&as_of={early}",
    "totals?by=month,kecamatan,channel&as_of={day}",
    "totals?by=month,kecamatan,channel&known_at={known}",
    "totals?by=month,kecamatan,channel&as_of={day}&known_at={known}",
    "coverage",
    "artisans",
    "artisans?sort=-reported_through,name&limit=200",
    "artisans?name__contains=ibu 7&count=exact",
    "artisans?facet=kecamatan&facet=craft&facet=sharing",
    "sales",
    "sales?sort=-day&limit=200",
    "sales?artisan={artisan}&sort=-day",
    "sales?month=2025-05&channel=wa&limit=200",
    "sales?month=2025-05&facet=channel&facet=kind",
    "sales?facet=channel",
    "sales?count=estimated",
    "sales?count=exact",
    "sales?amount__gte=999990",
    "sales?amount__gte=990000",
    "sales?amount__gte=900000&sort=-day",
    "sales?item_name__contains=nowhere",
    "sales?item_name__contains=rare",
    "sales?item_name__contains=.1",
    "sales?item={item}&sort=-day",
    "stock?limit=200",
    "stock?below_zero=true",
    "stock?artisan={artisan}",
    "conflicts",
    "verdicts",
    "verdicts?facet=kind&facet=verdict&count=exact",
    "artisans/{artisan}",
)


def resident_bytes() -> int:
    """Return this process's resident memory."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def asked_about(home: Path) -> dict[str, str]:
    """Return days and a time in the midst of what a registry knows, and someone who shares."""
    with closing(sqlite3.connect(database_path(home))) as raw:
        (day,) = raw.execute("SELECT (MIN(day) + MAX(day)) / 2 FROM learned").fetchone()
        (known,) = raw.execute("SELECT (MIN(known) + MAX(known)) / 2 FROM learned").fetchone()
        found = raw.execute("SELECT artisan, item FROM line LIMIT 1").fetchone()
        any_ = raw.execute("SELECT artisan, '-1' FROM artisan LIMIT 1").fetchone()
    first, last = days_of(month_of(day))
    return {
        "early": str(day_text(first + 5)),
        "day": str(day_text((first + last) // 2)),
        "known": datetime.fromtimestamp(known, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "artisan": (found or any_)[0].hex(),
        "item": (found or any_)[1],
    }


async def measure(home: Path, times: int) -> None:
    """Ask every question, and export everything once."""
    about = asked_about(home)
    registry = Registry(SigningKey(os.urandom(32)), lambda: int(time.time()), os.urandom)
    settings = Settings()
    app = make_app(home, registry, settings)
    took: list[float] = []

    @web.middleware
    async def stopwatch(request: web.Request, handler: Any) -> web.StreamResponse:
        begun = time.perf_counter()
        try:
            answered: web.StreamResponse = await handler(request)
            return answered
        finally:
            took.append(time.perf_counter() - begun)

    app.middlewares.insert(0, stopwatch)
    runner = make_runner(app, settings)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        print(f"{'question':64} {'median ms':>9} {'worst':>6}")
        for question in QUESTIONS:
            took.clear()
            for _ in range(times):
                async with http.get(url + question.format(**about)) as answered:
                    body = await answered.read()
                    assert answered.status in (200, 422), body
            ms = sorted(1000 * each for each in took)
            note = " truncated" if b'"truncated":true' in body else ""
            note += " too wide" if answered.status == 422 else ""
            print(f"{question:64} {ms[len(ms) // 2]:9.1f} {ms[-1]:6.1f}{note}")
        for question in ("sales?format=csv", "stock?format=csv", "artisans?format=csv"):
            idle, most, lines = resident_bytes(), 0, 0
            begun = time.perf_counter()
            at: dict[str, float] = {}
            async with http.get(url + question) as answered:
                async for part in answered.content.iter_any():
                    lines += part.count(b"\n")
                    most = max(most, resident_bytes())
                    if lines >= 100_000:
                        at.setdefault("100,000", time.perf_counter() - begun)
            whole = time.perf_counter() - begun
            told = f"{at['100,000']:.2f} s for 100,000, " if at else ""
            print(
                f"{question:24} {lines:8,} lines in {whole:.2f} s: {told}"
                f"+{(most - idle) / 1e6:.1f} MB resident"
            )
    await runner.cleanup()


def main() -> None:
    """Fill, measure, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true", help="all artisans share lines, not half")
    parser.add_argument("--times", type=int, default=9)
    parser.add_argument("--artisans", type=int, default=ARTISANS)
    parser.add_argument("--home", type=Path, help="a registry that is there already")
    asked = parser.parse_args()
    logs.configure("error")
    with tempfile.TemporaryDirectory() as folder:
        home = asked.home or Path(folder)
        raw = sqlite3.connect(database_path(home))
        settle(raw)
        if asked.home is None:
            fill(raw, asked.artisans, everyone=asked.all)
        run_group(raw, [lambda conn: people.add_token(conn, hash_token(TOKEN), "bench", 0)])
        artisans, changes, lines, differences, stepped = (
            raw.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
            for table in ("artisan", "change", "line", "learned", "takings_known")
        )
        print(
            f"{artisans:,} artisans, {changes:,} changes, {lines:,} lines shared,"
            f" {differences:,} differences, {stepped:,} steps"
        )
        raw.close()
        asyncio.run(measure(home, asked.times))


if __name__ == "__main__":
    main()
