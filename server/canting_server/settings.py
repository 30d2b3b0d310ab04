"""Settings: a TOML file in the registry's home, overridden by the environment, checked at start."""

import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from canting_protocol.crypto import SEED_BYTES, SigningKey
from canting_server import erasing
from canting_server.registry.registry import Registry


class BadSettings(Exception):
    """Say which setting is wrong, and what it must be."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator may set; each also as CANTING_ and its name in capitals."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8470
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Meta(ge=0, le=65_535)] | None = None
    """Where figures are told, beside health; nowhere unless a port is set."""
    behind_proxy: Annotated[int, Meta(ge=0, le=8)] = 0
    """How many proxies of ours stand in front, each adding to X-Forwarded-For."""
    head_timeout_s: Annotated[int, Meta(ge=1, le=600)] = 10
    """How long a connection may take until its first request has begun."""
    body_timeout_s: Annotated[int, Meta(ge=1, le=600)] = 30
    """How long a request's body may take to arrive."""
    waiting_max: Annotated[int, Meta(ge=1, le=100_000)] = 2_000
    """How many requests of devices may be under way; the rest come back later."""
    waiting_mb_max: Annotated[int, Meta(ge=2, le=4_096)] = 64
    """How many megabytes they may hold together."""
    disk_free_mb_min: Annotated[int, Meta(ge=0, le=1_000_000)] = 200
    """With less room than this on the disk the server is not ready."""
    drain_notice_s: Annotated[int, Meta(ge=0, le=600)] = 5
    """How long the server says that it is about to stop before it stops listening."""
    drain_s: Annotated[int, Meta(ge=0, le=600)] = 30
    """How long requests under way may take to finish when the server is stopped."""
    code_hours: Annotated[int, Meta(ge=1, le=720)] = 72
    """How long a one-time code opens the door."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"


_FILE: Final = "canting-server.toml"


def load(home: Path, environment: Mapping[str, str], config: Path | None = None) -> Settings:
    """Return the settings of a home, from its file (or from `config`) and the environment.

    Raises:
        BadSettings: an unknown name, or a value of the wrong kind or out of range.
    """
    file = home / _FILE if config is None else config
    told: dict[str, object] = {}
    if config is not None or file.exists():
        try:
            told = msgspec.toml.decode(file.read_bytes(), type=dict[str, object])
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadSettings(f"{file}: {error}") from error
    try:
        settings = msgspec.convert(told, Settings)
    except msgspec.ValidationError as error:
        raise BadSettings(f"{file}: {error}") from error
    for name in Settings.__struct_fields__:
        variable = f"CANTING_{name.upper()}"
        if variable in environment:
            told[name] = environment[variable]
            try:  # one by one, so that an error is said of the variable it is in
                settings = msgspec.convert(told, Settings, strict=False)
            except msgspec.ValidationError as error:
                raise BadSettings(f"{variable}: {error}") from error
    return settings


def database_path(home: Path) -> Path:
    """Return where the registry keeps everything but its key."""
    return home / "registry.db"


def key_path(home: Path) -> Path:
    """Return where the registry keeps its key."""
    return home / "registry.key"


def make_key(home: Path) -> None:
    """Make the registry's key, once; it stays out of the database and of its backups.

    Raises:
        FileExistsError: there is one already.
    """
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(key_path(home), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(SEED_BYTES))
        file.flush()
        os.fsync(file.fileno())


def open_registry(home: Path) -> Registry:
    """Return the registry of a home, with the real clock and real chance.

    Raises:
        BadSettings: there is no key, or it is not one.
        BadList: it cannot be read who was erased.
    """
    try:
        seed = key_path(home).read_bytes()
    except FileNotFoundError as error:
        raise BadSettings(f"no registry in {home}: run `canting-server init` first") from error
    if len(seed) != SEED_BYTES:
        raise BadSettings(f"{key_path(home)} is not a key of {SEED_BYTES} bytes")
    erased = erasing.load(home)
    return Registry(SigningKey(seed), lambda: int(time.time()), secrets.token_bytes, erased)
