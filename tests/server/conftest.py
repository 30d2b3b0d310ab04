"""A registry served on loopback, on a real file; its devices have real books."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from tests.server.makers import Served, Time

from canting_protocol.crypto import SigningKey
from canting_server.app import make_app, make_runner
from canting_server.registry.registry import Registry
from canting_server.settings import Settings


@pytest.fixture
def settings() -> Settings:
    """Settings of the served registry; a test module may have others."""
    return Settings(body_timeout_s=1, drain_s=5)


@pytest.fixture
async def served(tmp_path: Path, settings: Settings) -> AsyncIterator[Served]:
    """A registry, served; one token is given out."""
    home = tmp_path / "registry"
    home.mkdir()
    time = Time()
    registry = Registry(SigningKey(os.urandom(32)), time, os.urandom)
    app = make_app(home, registry, settings)
    runner = make_runner(app, settings)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession() as http:
            all_of_it = Served(home, registry, time, app, runner.addresses[0][1], http)
            await all_of_it.give_token()
            try:
                yield all_of_it
            finally:
                for device in all_of_it.devices:
                    device.book.close()
    finally:
        await runner.cleanup()
