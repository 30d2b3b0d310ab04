"""That the tables are what the batches say: made so, and proved."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from canting_protocol.errors import Refused
from canting_protocol.ledger.causality import Held
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.project import project
from canting_protocol.ledger.rows import SHAPES, Turnover, digest
from canting_protocol.ledger.times import month_of
from canting_protocol.limits import INTEGER_MAX
from canting_protocol.messages import read_receipt
from canting_server.registry import learning
from canting_server.registry import niks as numbers
from canting_server.registry.gaps import missing
from canting_server.registry.registry import Registry, stored_changes
from canting_server.store import gaps, learned, ledgers, logs, migrations, niks, overview, steps
from canting_server.store.database import Connection
from canting_server.store.overview import Cell, Sum


class Proof(NamedTuple):
    """What was looked at, and what is wrong with it."""

    ledgers: int
    changes: int
    wrong: list[str]


def prepare(conn: Connection, registry: Registry) -> None:
    """Bring the database up to date with this program."""
    if migrations.migrate(conn):
        registry.rebuild_everything(conn)


def prove(conn: Connection, registry: Registry) -> Proof:
    """Verify every signature and chain, and that each table is what the batches say."""
    wrong, changes = [], 0
    everyone = logs.artisans(conn)
    for artisan in everyone:
        try:
            stored = stored_changes(conn, artisan)
            receipt = ledgers.receipt(conn, artisan)
            if receipt is not None:
                read_receipt(receipt[2], registry.key.public)
        except Refused as error:
            wrong.append(f"{artisan.hex()}: {error.code}")
            continue
        except KeyError:
            wrong.append(f"{artisan.hex()}: a batch of a log that is not known")
            continue
        changes += len(stored)
        parties = Parties(logs.descriptors(conn, artisan), registry.key.public)
        again = project(parties, stored)
        fresh = digest(row for shape in SHAPES for row in again.all(shape))
        if fresh != digest(ledgers.all_rows(conn, artisan)):
            wrong.append(f"{artisan.hex()}: tables differ from the log")
        elif not _adds_up(learned.so_far(conn, artisan), again.all(Turnover)):
            wrong.append(f"{artisan.hex()}: what was learned does not add up to the turnover")
        elif niks.kept(conn, artisan) != numbers.nik_of(registry.key, artisan, again):
            wrong.append(f"{artisan.hex()}: her NIK is not compared by what it says")
        elif gaps.kept(conn, artisan) != missing(conn, artisan, Held(again), parties.logs):
            wrong.append(f"{artisan.hex()}: what has not arrived is not what her logs lack")
    if not wrong and steps.every(conn) != learning.steps_again(conn):
        wrong.append("what everyone's sums were known to be is not what was learned of each")
    if not wrong and everyones_sums(conn) != overview.takings(conn):
        wrong.append("everyone's sums are not what was learned of each")
    return Proof(len(everyone), changes, wrong)


def everyones_sums(conn: Connection) -> dict[Cell, Sum]:
    """Return what everyone's sums came to by all that was ever learned."""
    return {Cell(*row[:4]): Sum(*row[4:]) for row in steps.standing(conn, INTEGER_MAX)}


def _adds_up(taken: learned.Taken, turnover: Iterable[Turnover]) -> bool:
    """Say whether what every day took comes to the months' sums."""
    months: dict[tuple[int, str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for (day, channel, kind), sums in taken.items():
        cell = months[month_of(day), channel, kind]
        for place, more in enumerate(sums):
            cell[place] += more
    told = {
        (row.month, row.channel, row.kind): [row.facts, row.quantity, row.amount]
        for row in turnover
    }
    return {cell: sums for cell, sums in months.items() if any(sums)} == told


def digests(conn: Connection) -> dict[str, str]:
    """Return the digest of every ledger, by artisan."""
    return {
        artisan.hex(): digest(ledgers.all_rows(conn, artisan)).hex()
        for artisan in logs.artisans(conn)
    }
