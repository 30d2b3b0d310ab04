"""Kill -9 at every commit, of a device and of a registry, on real files."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from tests.end_to_end.processes import ROOT, Server, free_port

from canting_client import reading, sync
from canting_client.home import Home
from canting_client.sync import NotReached
from canting_protocol import changes as c
from canting_protocol.ledger.project import project
from canting_protocol.ledger.rows import SHAPES, ChangeRow, digest
from canting_protocol.messages import hash_code
from canting_server import cli, proof
from canting_server.registry.registry import stored_changes
from canting_server.settings import make_key, open_registry
from canting_server.store import people
from canting_server.store.database import Connection

DYING = "tests.end_to_end.dying"


def live_and_die(home: Path, when: str, k: int) -> list[str]:
    """Run the device's script until it is killed; return what it acknowledged."""
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", DYING, "device", str(home), when, str(k)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode in (0, -9), done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_device_killed_at_any_commit_keeps_what_it_acknowledged(
    tmp_path: Path, when: str
) -> None:
    for k in range(1, 40):
        home = tmp_path / f"{when}-{k}"
        acknowledged = live_and_die(home, when, k)
        with Home(home).open("buku") as book:
            held = {row.hash.hex(): row for row in book.rows().all(ChangeRow)}
            assert set(acknowledged) - {"done"} <= held.keys()
            again = project(book.parties(), [row.placed for row in held.values()])
            fresh = digest(row for shape in SHAPES for row in again.all(shape))
            assert book.digest() == fresh, "change and effect are one transaction"
            book.record(c.Sale([c.SaleLine(-1, 1000, 1)]))
        if "done" in acknowledged:
            assert k > 10, "the script has more commits than that"
            return
    pytest.fail("the script never came to its end")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_registry_killed_at_any_commit_keeps_what_it_receipted(
    tmp_path: Path, when: str
) -> None:
    home = tmp_path / "registry"
    make_key(home)
    registry = open_registry(home)
    code = "KILL"

    def prepare(conn: Connection) -> None:
        proof.prepare(conn, registry)
        whose = registry.add_artisan(conn)
        people.add_code(conn, hash_code(code), whose, registry.now() + 3600)

    await asyncio.to_thread(cli._alone, home, prepare)
    here = Home(tmp_path / "phone")
    port, killed = free_port(), 0
    with here.make("buku") as book:
        for k in range(1, 9):  # migrations, enrolment and each sync are commits
            server = Server(home, port, "-m", DYING, "registry", str(home), str(port), when, str(k))
            died = not server.ready()
            if not died:
                for _ in range(4):
                    book.record(c.Sale([c.SaleLine(-1, 1000, k)]))
                    try:
                        if book.artisan is None:
                            book.join(server.url, await sync.enrol(server.url, code, here.key()))
                        else:
                            await sync.sync(book, here.key())
                    except NotReached:
                        died = True
                        break
            receipted = reading.figures(book).in_registry if book.artisan else 0
            if died:
                killed += server.process.wait(timeout=30) == -9
            server.process.kill()
            server.process.wait(timeout=30)
            held = await asyncio.to_thread(cli._alone, home, _digests_and_changes)
            assert held >= receipted, "something receipted is missing"
        assert killed >= 4, "it was to be killed at its commits"
        assert book.artisan is not None
        server = Server(home, port)
        assert server.ready()
        outcome = await sync.sync(book, here.key())
        assert outcome.level
        assert server.stop() == 0
        stored = await asyncio.to_thread(cli._alone, home, _digests_and_changes)
        assert stored == len(list(book.rows().all(ChangeRow)))


def _digests_and_changes(conn: Connection) -> int:
    from canting_protocol.ledger.posting import Parties
    from canting_server.store import ledgers, logs

    (artisan,) = logs.artisans(conn)
    stored = stored_changes(conn, artisan)
    descriptors = logs.descriptors(conn, artisan)
    keys = {d.key for d in descriptors.values()}
    for key in keys | {None}:  # whichever of them is the registry's
        again = project(Parties(descriptors, key), stored)
        if digest(row for shape in SHAPES for row in again.all(shape)) == digest(
            ledgers.all_rows(conn, artisan)
        ):
            return len(stored)
    raise AssertionError("the tables are not what the batches say")
