"""What Prometheus reads: how much, how fast and how old; never who.

No label names an artisan, a device or a person; docs/operating.md says what each figure means.
"""

import math
from contextlib import suppress
from typing import Final

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from canting_server.registry.registry import TakenIn
from canting_server.store import figures
from canting_server.store.database import Committed, Unavailable
from canting_server.web.keys import CROWD, DATABASE, LAST_BACKUP, REGISTRY, STATE

DAY: Final = 86_400
SILENT_DAYS: Final = (14, 30, 90)
_SECONDS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

routes: Final = web.RouteTableDef()


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        self.registry = of = CollectorRegistry()
        ProcessCollector(registry=of)
        self.answers = Counter(
            "canting_answers", "Requests answered.", ["door", "status"], registry=of
        )
        self.changes = Counter("canting_changes_stored", "Changes that were new.", registry=of)
        self.batches = Counter("canting_batches", "Batches that were offered.", registry=of)
        self.batches_refused = Counter(
            "canting_batches_refused", "Batches refused at the door.", ["code"], registry=of
        )
        self.turned_away = Counter(
            "canting_turned_away", "Requests asked to come back later.", ["why"], registry=of
        )
        self.sync_seconds = Histogram(
            "canting_sync_seconds", "A whole exchange.", buckets=_SECONDS, registry=of
        )
        self.commit_seconds = Histogram(
            "canting_commit_seconds", "A transaction of the writer.", buckets=_SECONDS, registry=of
        )
        self.commit_failures = Counter(
            "canting_commit_failures", "Transactions that could not be kept.", ["why"], registry=of
        )
        self.waiting = Gauge("canting_waiting", "Work waiting for the writer.", registry=of)
        self.waiting_bytes = Gauge("canting_waiting_bytes", "What it weighs.", registry=of)
        self.under_way = Gauge("canting_under_way", "Device requests under way.", registry=of)
        self.draining = Gauge("canting_draining", "1 while being stopped.", registry=of)
        self.database_bytes = Gauge("canting_database_bytes", "The database file.", registry=of)
        self.wal_bytes = Gauge("canting_wal_bytes", "Its write-ahead log.", registry=of)
        self.disk_free_bytes = Gauge("canting_disk_free_bytes", "Left on its disk.", registry=of)
        self.backup_age = Gauge(
            "canting_backup_age_seconds", "Age of the last backup; NaN: none yet.", registry=of
        )
        self.artisans = Gauge("canting_artisans", "Ledgers there are.", registry=of)
        self.verdicts = Gauge(
            "canting_verdicts", "Changes not simply applied.", ["verdict"], registry=of
        )
        self.silent = Gauge(
            "canting_devices_silent", "Devices not heard for so many days.", ["days"], registry=of
        )

    def committed(self, commit: Committed) -> None:
        """Count a transaction."""
        self.commit_seconds.observe(commit.seconds)
        if commit.unavailable is not None:
            self.commit_failures.labels(commit.unavailable).inc()

    def taken_in(self, taken: TakenIn) -> None:
        """Count what came in."""
        self.changes.inc(taken.new)
        self.batches.inc(taken.batches)
        for each in taken.answer.refused:
            self.batches_refused.labels(each.code).inc()


METRICS: Final = web.AppKey("metrics", Metrics)


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Every figure, as Prometheus reads it."""
    app = request.app
    told, database, now = app[METRICS], app[DATABASE], app[REGISTRY].now()
    told.waiting.set(database.waiting)
    told.waiting_bytes.set(database.waiting_size)
    told.under_way.set(app[CROWD].requests)
    told.draining.set(app[STATE].draining)
    sizes = database.sizes()
    told.database_bytes.set(sizes.database)
    told.wal_bytes.set(sizes.wal)
    told.disk_free_bytes.set(sizes.free)
    last = app[LAST_BACKUP]()
    told.backup_age.set(math.nan if last is None else max(now - last, 0))
    with suppress(Unavailable):  # then the figures say so themselves
        found = await database.read(
            lambda conn: figures.read(conn, [now - days * DAY for days in SILENT_DAYS])
        )
        told.artisans.set(found.artisans)
        for verdict, count in found.verdicts.items():
            told.verdicts.labels(verdict).set(count)
        for days, count in zip(SILENT_DAYS, found.silent, strict=True):
            told.silent.labels(str(days)).set(count)
    return web.Response(
        body=generate_latest(told.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )
