"""The OpenAPI document says what the server does: schemathesis asks it everything that it allows.

A real server on loopback, with a city in it; bounded, so that it takes seconds.
"""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, Phase, assume, settings
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from tests.bench.ask import fill
from tests.server.makers import NOW, TOKEN

from canting_protocol.crypto import SigningKey
from canting_server.app import make_app, make_runner
from canting_server.registry import columns, grammar
from canting_server.registry.registry import Registry
from canting_server.registry.search import ROWS
from canting_server.settings import Settings, database_path
from canting_server.store import people
from canting_server.store.database import run_group, settle
from canting_server.web import openapi
from canting_server.web.staff import hash_token

DOCUMENT = openapi.document()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A small city, served by another thread: schemathesis waits for its answers."""
    home = tmp_path_factory.mktemp("city")
    told: list[str] = []
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        runner = make(home)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        told.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(20)
    try:
        yield told[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def make(home: Path) -> web.AppRunner:
    """Return the runner of an application with a small city in it."""
    with closing(sqlite3.connect(database_path(home))) as raw:
        settle(raw)
        fill(raw, 4, everyone=False)
        run_group(raw, [lambda conn: people.add_token(conn, hash_token(TOKEN), "a test", NOW)])
    registry = Registry(SigningKey(os.urandom(32)), lambda: NOW, os.urandom)
    app = make_app(home, registry, Settings())
    return make_runner(app, Settings())


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
@SCHEMA.parametrize()
def test_whatever_the_document_allows_is_answered_as_it_says(
    case: schemathesis.Case[Any], address: str
) -> None:
    asked: dict[str, Any] = case.query or {}
    asked_at = requests.Request(**case.as_transport_kwargs(base_url=address)).prepare().url or ""
    assume(len(asked_at) < 8_000)  # a longer line is refused before it is read (57)
    # What no schema can say: a cursor is made by the server, and a CSV is the whole result.
    excluded: list[Any] = (
        [positive_data_acceptance] if {"cursor", "format", "delimiter"} & set(asked) else []
    )
    if _lacks_the_token(case):
        excluded.append(negative_data_rejection)
    case.call_and_validate(base_url=address, headers=HEADERS, excluded_checks=excluded)


def _lacks_the_token(case: schemathesis.Case[Any]) -> bool:
    """Say whether a case is wrong by its headers: the token, which is sent all the same."""
    header = None if case.meta is None else case.meta.components.get(ParameterLocation.HEADER)
    return header is not None and header.mode is GenerationMode.NEGATIVE


def test_the_document_is_served_to_programs(address: str) -> None:
    told = requests.get(f"{address}/openapi.json", timeout=5).json()
    assert told == msgspec.json.decode(msgspec.json.encode(DOCUMENT))


def test_every_column_is_a_field_of_its_answer() -> None:
    for resource in columns.RESOURCES:
        names = tuple(each.name for each in resource.columns)
        assert ROWS[resource.name].__struct_fields__ == names


def test_every_parameter_of_totals_is_told() -> None:
    told = DOCUMENT["paths"]["/v1/totals"]["get"]["parameters"]
    assert {*grammar.OF_TOTALS} <= {each["name"] for each in told}


def test_every_parameter_of_a_page_is_told() -> None:
    told = DOCUMENT["paths"]["/v1/sales"]["get"]["parameters"]
    assert {*grammar.OF_EVERY_QUESTION} <= {each["name"] for each in told}
