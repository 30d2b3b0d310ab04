"""Logs are events, one JSON object a line; what names a person does not come out."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr
from typing import Any

import pytest
import structlog

from canting_server.logs import HIDDEN, configure, redact

NIK = "3576014107850001"


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What is logged meanwhile."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()  # pytest's own, which `configure` would close
    with redirect_stderr(io.StringIO()) as stream:
        configure("info")
        yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def redacted(**event: Any) -> dict[str, Any]:
    """Return an event as it comes out."""
    return dict(redact(None, "info", event))


def test_an_event_is_one_line_of_json_with_time_and_level(said: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request="r1")
    structlog.get_logger().info("batch_taken_in", new=3, text="dua\nbaris")
    structlog.get_logger().debug("not_this")
    (line,) = said.getvalue().splitlines()
    event = json.loads(line)
    assert (event["event"], event["level"], event["new"]) == ("batch_taken_in", "info", 3)
    assert event["request"] == "r1"
    assert event["timestamp"].endswith("Z")


def test_an_error_is_one_line_too_and_its_text_is_masked(said: io.StringIO) -> None:
    try:
        raise ValueError(f"no such NIK: {NIK}")
    except ValueError:
        structlog.get_logger().exception("request_failed", path="/v1/sync")
    (line,) = said.getvalue().splitlines()
    assert "ValueError" in line
    assert NIK not in line


@pytest.mark.parametrize(
    "field",
    [
        "name",
        "phone",
        "nik",
        "code",
        "token",
        "body",
        "note",
        "authorization",
        "amount",
        "Name",
        "TOKEN",
    ],
)
def test_a_field_that_belongs_to_a_person_is_blank(field: str) -> None:
    assert redacted(event="x", **{field: "Siti"}) == {"event": "x", field: HIDDEN}
    assert redacted(event="x", inner={field: "Siti"})["inner"] == {field: HIDDEN}


@pytest.mark.parametrize(
    "text",
    [
        NIK,
        f"nik={NIK}.",
        f"x{NIK}y",
        f"/v1/artisans?nik={NIK}",
        "081234567890",
        "hubungi 0812-3456-7890 segera",
        "+6281234567890",
        "+62 812 3456 7890",
        "6281234567890",
    ],
)
def test_niks_and_phone_numbers_are_masked_in_any_text(text: str) -> None:
    digits = [each for each in (NIK, "3456", "4567") if each in text]
    for out in (
        redacted(event=text)["event"],
        redacted(event="x", detail=text)["detail"],
        redacted(event="x", list=[text])["list"][0],
        redacted(event="x", deep={"a": [{"b": text}]})["deep"]["a"][0]["b"],
    ):
        assert HIDDEN in out
        assert not any(each in out for each in digits)


def test_a_nik_that_is_a_number_is_masked() -> None:
    assert redacted(event="x", seen=int(NIK))["seen"] == HIDDEN


@pytest.mark.parametrize(
    "value",
    [
        "9f86d081884c7d65",
        "2025-10-09T15:53:20Z",
        "127.0.0.1",
        8470,
        1_760_000_000,
        0.25,
        True,
        None,
    ],
)
def test_what_names_nobody_stays(value: object) -> None:
    assert redacted(event="x", field=value)["field"] == value


def test_a_library_that_complains_is_heard_in_the_same_way(said: io.StringIO) -> None:
    logging.getLogger("aiohttp.server").error("could not parse %s", NIK)
    (line,) = said.getvalue().splitlines()
    assert json.loads(line)["level"] == "error"
    assert NIK not in line
