"""A visit killed at its worst moments: at every commit of the bag, taking and delivering."""

import asyncio
import contextlib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.end_to_end.processes import ROOT, Server, canting, free_port, run

from canting_client import reading, sync
from canting_client.book import Book
from canting_client.home import Home
from canting_client.sync import NotReached, NotTheRegistry
from canting_protocol import changes as c

DYING = "tests.end_to_end.dying"
OPERATOR = "canting_server.cli"


def start(*arguments: str) -> "subprocess.Popen[bytes]":
    """Start a process that will kill itself."""
    return subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", DYING, *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def reachable(port: int, process: "subprocess.Popen[bytes]") -> bool:
    """Wait until a door answers anything; return False when its process died first."""
    for _ in range(400):
        if process.poll() is not None:
            return False
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
        except urllib.error.HTTPError:
            return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.025)
    return False


@contextlib.contextmanager
def a_bag(home: Path, when: str, k: int) -> Iterator[str]:
    """Open a bag that is killed at its k-th commit."""
    port = free_port()
    process = start("bag", str(home), str(port), when, str(k))
    reachable(port, process)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def entrusts(book: Book, here: Home, url: str) -> bool:
    """Hand a book over; say whether anybody took it."""
    try:
        asyncio.run(sync.hand_over(book, here.key(), url))
    except (NotReached, NotTheRegistry):
        return False
    return True


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_visit_killed_at_any_commit_loses_nothing_and_counts_nothing_twice(
    tmp_path: Path, when: str
) -> None:
    registry, officer = tmp_path / "registry", tmp_path / "officer"
    run(OPERATOR, "init", home=registry)
    server = Server(registry, free_port())
    assert server.ready()
    try:
        code = msgspec.json.decode(run(OPERATOR, "officer", "Lina", "--json", home=registry))
        canting(officer, "relay", "join", server.url, code["code"])
        code = msgspec.json.decode(run(OPERATOR, "enrol", "--json", home=registry))
        here = Home(tmp_path / "phone")
        killed = amount = 0
        with here.make("buku") as book:
            book.join(server.url, asyncio.run(sync.enrol(server.url, code["code"], here.key())))
            for k in range(1, 5):
                amount += k
                book.record(c.Sale([c.SaleLine(-1, 1000, k)]))
                with a_bag(officer, when, k) as bag:
                    for _ in range(3):
                        killed += not entrusts(book, here, bag)
                process = start("deliver", str(officer), when, str(k))
                killed += process.wait(timeout=120) == -9
                here_now = reading.figures(book)
                assert here_now.only_here > 0 or here_now.in_registry > 0
            assert killed >= 6, "it was to be killed at its commits"
            with a_bag(officer, "before", 10_000) as bag:
                assert entrusts(book, here, bag)
                assert canting(officer, "relay", "deliver")["left"] == 0
                assert entrusts(book, here, bag)
            assert reading.figures(book).only_here == 0
        made = run(OPERATOR, "token", "penguji", home=registry)
        rows = server.ask("totals", made.split(": ")[1].strip())["rows"]
        assert sum(row["turnover"] for row in rows) == amount
    finally:
        assert server.stop() == 0
    assert "wrong: []" in run(OPERATOR, "verify", home=registry)
