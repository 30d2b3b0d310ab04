"""`canting-server`: the operator's commands."""

import asyncio
import os
import secrets
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar

import msgspec
import typer

from canting_protocol import changes as c
from canting_protocol.errors import Refused
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.project import project
from canting_protocol.ledger.rows import SHAPES, digest
from canting_protocol.log import ArtisanId
from canting_protocol.messages import read_receipt
from canting_server import logs as logging
from canting_server.app import digests, make_app, prepare, serve
from canting_server.reference import areas
from canting_server.registry.registry import hash_code, stored_changes
from canting_server.settings import (
    BadSettings,
    Settings,
    database_path,
    load,
    make_key,
    open_registry,
)
from canting_server.store import ledgers, logs, people
from canting_server.store.database import Connection, InUse, open_sqlite, run_group, settle
from canting_server.store.migrations import WrongSchema
from canting_server.web.staff import hash_token

T = TypeVar("T")

app = typer.Typer(
    help="Registri perajin batik / The registry of batik artisans: serves devices and staff.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

CODE_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is read aloud or written like another."""
CODE_LENGTH: Final = 26
"""26 letters of 5 bits: 128 random bits and 2 to spare."""

Home = Annotated[
    Path,
    typer.Option("--home", envvar="CANTING_HOME", help="Where the registry keeps everything."),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", envvar="CANTING_CONFIG", help="Settings; else the home's own file."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
HERE: Final = Path("registry-home")


def main() -> None:
    """Run a command; what an operator can mend is said in one line."""
    try:
        app()
    except (BadSettings, InUse, WrongSchema) as error:
        _fail(str(error), 3 if isinstance(error, InUse) else 1)


def _fail(text: str, status: int) -> NoReturn:
    typer.echo(f"canting-server: {text}", err=True)
    sys.exit(status)


def _say(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode(told).decode())
    else:
        for name, value in told.items():
            typer.echo(f"{name}: {value}")


def _settings(home: Path, config: Path | None = None) -> Settings:
    settings = load(home, os.environ, config)
    logging.configure(settings.log_level)
    return settings


@app.command()
def init(home: Home = HERE) -> None:
    """Make a registry: its key, and an empty database."""
    _settings(home)
    try:
        make_key(home)
    except FileExistsError:
        _fail(f"there is a registry in {home} already", 1)
    registry = open_registry(home)
    _alone(home, lambda conn: prepare(conn, registry))
    typer.echo(f"A registry was made in {home}. Keep registry.key safe and apart from backups.")


@app.command("serve")
def serve_(home: Home = HERE, config: Config = None) -> None:
    """Serve devices and staff, until stopped."""
    settings = _settings(home, config)
    registry = open_registry(home)

    async def run() -> None:
        await serve(make_app(home, registry, settings), settings)

    asyncio.run(run())


@app.command()
def enrol(
    home: Home = HERE,
    name: Annotated[str | None, typer.Option(help="The artisan's name.")] = None,
    area: Annotated[str | None, typer.Option(help="Her kelurahan, name or code.")] = None,
    artisan: Annotated[
        str | None, typer.Option(help="Her id, to let in a further device of hers.")
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a one-time code with which a device joins. It is shown once."""
    settings, registry = _settings(home, config), open_registry(home)
    place = areas.area(area) if area is not None else None
    if area is not None and place is None:
        _fail(f"no kelurahan or kecamatan of Kota Mojokerto is called {area!r}", 2)
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))

    def work(conn: Connection) -> str:
        whose = registry.add_artisan(conn) if artisan is None else _artisan(conn, artisan)
        fields = []
        if name is not None:
            fields.append(c.FieldWrite(c.ProfileField.NAME, c.value(name)))
        if place is not None:
            fields.append(c.FieldWrite(c.ProfileField.AREA, c.value(place.code)))
        if fields:
            registry.write(conn, whose, c.Profile(fields))
        expires = registry.now() + settings.code_hours * 3600
        people.add_code(conn, hash_code(code), whose, expires)
        return whose.hex()

    whose = _beside(home, work)
    shown = "-".join(code[at : at + 5] for at in range(0, CODE_LENGTH, 5))
    told = {"artisan": whose, "code": shown, "valid_hours": settings.code_hours}
    _say(told, as_json=as_json)


def _artisan(conn: Connection, text: str) -> ArtisanId:
    try:
        whose = ArtisanId(bytes.fromhex(text))
    except ValueError:
        _fail(f"{text!r} is not an artisan's id", 2)
    if not logs.is_artisan(conn, whose):
        _fail("there is no such artisan", 2)
    return whose


@app.command()
def token(
    name: Annotated[str, typer.Argument(help="Who will use it.")],
    home: Home = HERE,
    as_json: Json = False,
) -> None:
    """Make a token with which staff ask. It is shown once."""
    _settings(home)
    made = "cst_" + secrets.token_urlsafe(32)
    _beside(home, lambda conn: people.add_token(conn, hash_token(made), name, int(time.time())))
    _say({"token": made}, as_json=as_json)


@app.command()
def rebuild(home: Home = HERE, as_json: Json = False) -> None:
    """Compute every table again from the stored batches; say whether anything differed."""
    _settings(home)
    registry = open_registry(home)

    def work(conn: Connection) -> tuple[dict[str, str], dict[str, str]]:
        prepare(conn, registry)
        before = digests(conn)
        for artisan in logs.artisans(conn):
            registry.rebuild(conn, artisan)
        return before, digests(conn)

    before, after = _alone(home, work)
    differ = [artisan for artisan in after if before.get(artisan) != after[artisan]]
    _say({"ledgers": len(after), "differed": differ}, as_json=as_json)
    if differ:
        raise typer.Exit(1)


@app.command()
def verify(home: Home = HERE, as_json: Json = False) -> None:
    """Prove every signature and chain, and that the tables are what the batches say."""
    _settings(home)
    registry = open_registry(home)

    def work(conn: Connection) -> tuple[int, int, list[str]]:
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
        return len(everyone), changes, wrong

    count, changes, wrong = _alone(home, work)
    _say({"ledgers": count, "changes": changes, "wrong": wrong}, as_json=as_json)
    if wrong:
        raise typer.Exit(1)


@app.command()
def health(
    home: Home = HERE,
    ready: Annotated[bool, typer.Option("--ready", help="Ask whether it is ready.")] = False,
    config: Config = None,
) -> None:
    """Ask the running server how it is; exit 0 when well."""
    settings = _settings(home, config)
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104
    url = f"http://{host}:{settings.port}/{'readyz' if ready else 'livez'}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # our own address
            typer.echo(answer.read().decode().strip())
    except (urllib.error.URLError, TimeoutError) as error:
        _fail(f"not well: {error}", 1)


def _alone(home: Path, work: Callable[[Connection], T]) -> T:
    """Do work in one transaction, with no server running."""

    async def run() -> T:
        async with open_sqlite(database_path(home)) as database:
            return await database.write(work)

    return asyncio.run(run())


def _beside(home: Path, work: Callable[[Connection], T]) -> T:
    """Do work in one short transaction, whether a server runs or not.

    It never checkpoints: exactly one connection may, and that is the server's.
    """
    if not database_path(home).exists():
        raise BadSettings(f"no registry in {home}: run `canting-server init` first")
    with closing(sqlite3.connect(database_path(home))) as raw:
        settle(raw)
        raw.execute("PRAGMA wal_autocheckpoint = 0")
        (result,) = run_group(raw, [work])
    if isinstance(result, Exception):
        raise result
    done: T = result
    return done


if __name__ == "__main__":
    main()
