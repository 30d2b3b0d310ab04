"""What Prometheus reads: every figure, no person, and only inside the house."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
from tests.server.makers import DAY, Served
from tests.server.test_sync_door import UNKNOWN_KIND

from canting_protocol.messages import Offer
from canting_server.app import telling
from canting_server.backups import Made
from canting_server.settings import Settings

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
async def figures(served: Served) -> AsyncIterator["Figures"]:
    """The internal listener of a served registry."""
    async with telling(served.app, Settings(metrics_port=0)) as port:
        yield Figures(served.http, port or 0)


class Figures:
    """Where figures are told."""

    def __init__(self, http: aiohttp.ClientSession, port: int) -> None:
        self.http = http
        self.port = port

    async def text(self) -> str:
        """Return all of them as they are told."""
        async with self.http.get(f"http://127.0.0.1:{self.port}/metrics") as response:
            assert response.status == 200
            assert response.headers["Content-Type"].startswith("text/plain")
            return await response.text()

    async def all(self) -> dict[str, float]:
        """Return every figure by its name and labels."""
        lines = (line for line in (await self.text()).splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


async def test_what_came_in_is_counted(served: Served, figures: Figures) -> None:
    device = await served.joined()
    for _ in range(3):
        device.sells(1)
    await served.sync(device)
    good = device.raw_log(UNKNOWN_KIND)
    offer = Offer(device.artisan, good.logs, [*good.batches, b"rubbish"])
    await served.send(device.request(offer))
    await served.send(b"rubbish")
    told = await figures.all()
    assert told["canting_changes_stored_total"] == 5, "four facts, and the mark of a certificate"
    assert told["canting_batches_total"] == 3
    assert told['canting_batches_refused_total{code="malformed"}'] == 1
    assert told['canting_answers_total{door="/v1/sync",status="200"}'] == 2
    assert told['canting_answers_total{door="/v1/sync",status="400"}'] == 1
    assert told["canting_sync_seconds_count"] == 3
    assert told["canting_commit_seconds_count"] >= 4
    assert told['canting_verdicts{verdict="parked"}'] == 1
    assert told['canting_verdicts{verdict="refused"}'] == 0
    assert told["canting_artisans"] == 1
    assert told["canting_waiting"] == told["canting_under_way"] == 0
    assert told["canting_database_bytes"] > 0
    assert told["canting_wal_bytes"] > 0
    assert told["canting_disk_free_bytes"] > 0
    assert told["process_resident_memory_bytes"] > 0


async def test_who_is_silent_and_how_old_the_backup_is(served: Served, figures: Figures) -> None:
    device = await served.joined()
    device.sells(1)
    await served.sync(device)
    assert str((await figures.all())["canting_backup_age_seconds"]) == "nan"
    made = Made(served.time.now, 1_000, sealed=True)
    (served.home / "last-backup.json").write_bytes(msgspec.json.encode(made))
    served.time.now += 31 * DAY
    told = await figures.all()
    assert told["canting_backup_age_seconds"] == 31 * DAY
    silent = [told[f'canting_devices_silent{{days="{days}"}}'] for days in (14, 30, 90)]
    assert silent == [1, 1, 0]
    served.time.now -= 60 * DAY  # row 75: the clock was set back
    assert (await figures.all())["canting_backup_age_seconds"] == 0


async def test_no_figure_names_anyone(served: Served, figures: Figures) -> None:
    device = await served.joined()
    device.sells(250_000)
    await served.sync(device)
    await served.ask(f"/v1/artisans/{device.artisan.hex()}")
    await served.call("GET", "/v1/siti-rahasia")
    text = await figures.text()
    for secret in (device.artisan.hex(), device.key.public.hex()[:16], "rahasia", "250000"):
        assert secret not in text
    assert 'door="/v1/artisans/{artisan}"' in text
    assert 'door="elsewhere"' in text


async def test_figures_are_told_inside_the_house_only(served: Served, figures: Figures) -> None:
    assert (await served.call("GET", "/metrics")).problem == (404, "not_found")
    for path in ("/livez", "/readyz"):
        async with served.http.get(f"http://127.0.0.1:{figures.port}{path}") as response:
            assert response.status == 200
    for path in ("/v1/sync", "/v1/artisans"):
        async with served.http.get(f"http://127.0.0.1:{figures.port}{path}") as response:
            assert response.status == 404


async def test_without_a_port_figures_are_told_nowhere(served: Served) -> None:
    async with telling(served.app, Settings()) as port:
        assert port is None


async def test_every_figure_is_explained_to_the_operator(figures: Figures) -> None:
    told = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    for name in set(re.findall(r"^# TYPE (canting_\w+) ", await figures.text(), re.MULTILINE)):
        if not name.endswith("_created"):
            assert f"`{name}`" in told, name
