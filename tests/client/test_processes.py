"""One book, several processes: the command line and the app hold it at the same time."""

import subprocess
import sys
from pathlib import Path

from canting_client.home import Home
from canting_protocol import changes as c
from canting_protocol.changes import Kind
from canting_protocol.log import next_hash

SALES = 40

_SELL = f"""
import sys
from pathlib import Path
from canting_client.home import Home
from canting_protocol import changes as c

with Home(Path(sys.argv[1])).open("buku") as book:
    for _ in range({SALES}):
        book.record(c.Sale([c.SaleLine(-1, 1000, 50_000)]))
"""
_KEY = """
import sys
from pathlib import Path
from canting_client.home import Home

print(Home(Path(sys.argv[1])).key().public.hex())
"""


def start(script: str, home: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603  # our own script
        [sys.executable, "-c", script, str(home)], stdout=subprocess.PIPE, text=True
    )


def test_two_processes_that_write_in_one_book_keep_one_chain(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make("buku").close()
    writers = [start(_SELL, tmp_path) for _ in range(2)]
    with home.open("buku") as book:
        for _ in range(SALES):
            book.record(c.Sale([c.SaleLine(-1, 1000, 50_000)]))
        for writer in writers:
            writer.communicate(timeout=120)
            assert writer.returncode == 0
        (log,) = book.heads()
        (head,) = book.heads()[log]
        assert head.n == 3 * SALES
        rows = list(book.conn.execute("SELECT n, previous, hash, t, body FROM change ORDER BY n"))
        previous = book.parties().logs[log].origin
        for number, (n, before, hash_, t, body) in enumerate(rows, 1):
            assert (n, before) == (number, previous)
            previous = next_hash(before, t, body)
            assert hash_ == previous
        kept = book.digest()
        book.rebuild()
        assert book.digest() == kept
        ((sales,),) = book.conn.execute(
            "SELECT facts FROM turnover WHERE kind = ?", (int(Kind.SALE),)
        )
        assert sales == 3 * SALES


def test_processes_that_need_the_devices_key_at_once_make_one(tmp_path: Path) -> None:
    racers = [start(_KEY, tmp_path / "hp") for _ in range(4)]
    keys = {racer.communicate(timeout=120)[0].strip() for racer in racers}
    assert keys == {Home(tmp_path / "hp").key().public.hex()}
    assert sorted(each.name for each in (tmp_path / "hp").iterdir()) in (
        ["device.key"],
        ["device.key", "device.lock"],
    )
