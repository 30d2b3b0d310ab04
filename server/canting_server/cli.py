"""`canting-server`: the operator's commands."""

import asyncio
import os
import secrets
import signal
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
from canting_protocol.log import ArtisanId
from canting_protocol.messages import LETTERS, hash_code
from canting_protocol.witness import Stead
from canting_server import backups, erasing
from canting_server import drill as drills
from canting_server import logs as logging
from canting_server.app import make_app, serve
from canting_server.erasing import BadList
from canting_server.proof import digests, prepare, prove
from canting_server.reference import areas
from canting_server.registry import ask, niks, revoking
from canting_server.registry.erased import REASON_LETTERS_MAX
from canting_server.sealed import PASSPHRASE_LETTERS_MIN
from canting_server.settings import (
    BadSettings,
    Settings,
    database_path,
    load,
    make_key,
    open_registry,
)
from canting_server.store import logs, migrations, overview, people, witnesses
from canting_server.store.database import Connection, InUse, SQLite, open_sqlite, run_group, settle
from canting_server.store.migrations import WrongSchema
from canting_server.web.staff import hash_token

T = TypeVar("T")

app = typer.Typer(
    help="Registri perajin batik / The registry of batik artisans: serves devices and staff.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

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
    except (BadSettings, BadList, InUse, WrongSchema) as error:
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
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))

    def work(conn: Connection) -> str:
        whose = registry.add_artisan(conn) if artisan is None else _artisan(conn, artisan)
        fields = []
        if name is not None:
            fields.append(c.FieldWrite(c.ProfileField.NAME, c.value(name)))
        if place is not None:
            # As she writes it herself, so that there is nothing to settle; read by either.
            told = place.name if place.level == "kelurahan" else place.code
            fields.append(c.FieldWrite(c.ProfileField.AREA, c.value(told)))
        if fields:
            registry.write(conn, whose, c.Profile(fields))
        expires = registry.now() + settings.code_hours * 3600
        people.add_code(conn, hash_code(code), whose, expires)
        return whose.hex()

    whose = _beside(home, work)
    made = {"artisan": whose, "code": _in_fives(code), "valid_hours": settings.code_hours}
    _say(made, as_json=as_json)


@app.command()
def officer(
    name: Annotated[str, typer.Argument(help="The officer's name, as artisans will see it.")],
    district: Annotated[str, typer.Option(help="Where he works.")] = "",
    enrolments: Annotated[
        int, typer.Option(min=0, max=10_000, help="How many artisans he may enrol offline.")
    ] = 20,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="How long it holds.")] = 180,
    home: Home = HERE,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a one-time code with which an officer becomes a courier. It is shown once."""
    settings, registry = _settings(home, config), open_registry(home)
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    expires = registry.now() + settings.code_hours * 3600
    _beside(
        home,
        lambda conn: people.add_officer(
            conn, hash_code(code), name, district, enrolments, days, expires
        ),
    )
    _say({"code": _in_fives(code), "valid_hours": settings.code_hours}, as_json=as_json)


@app.command()
def officers(
    home: Home = HERE,
    revoke: Annotated[
        str | None, typer.Option(help="The key of an officer who is trusted no further.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the officers, or trust one no further: he carries no more answers away.

    What he brings is still taken in, and whom he vouches for is marked, for you to look at.
    """
    _settings(home)
    if revoke is not None:
        try:
            key = bytes.fromhex(revoke)
        except ValueError:
            key = b""
        if not _beside(home, lambda conn: people.revoke_officer(conn, key)):
            _fail("there is no such officer", 2)
    rows = [
        each._asdict() | {"key": each.key.hex() if each.key else None}
        for each in _beside(home, people.officers)
    ]
    if as_json:
        _say({"rows": rows}, as_json=True)
        return
    for row in rows:
        state = "revoked" if row["revoked"] else "" if row["key"] else "code not used yet"
        typer.echo(f"{row['name']}  {row['district']}  {row['key'] or ''}  {state}".rstrip())


@app.command()
def witnessed(
    home: Home = HERE,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that were confirmed already, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the devices that officers let in on visits, until somebody has confirmed them."""
    _settings(home)
    found = _beside(home, lambda conn: witnesses.all_vouched(conn, waiting=not everything))
    rows = [
        {
            "artisan": each.artisan.hex(),
            "key": each.key.hex(),
            "officer": each.name,
            "number": each.number,
            "stead": Stead(each.stead).name.lower(),
            "clock": each.clock,
            "doubt": each.doubt,
            "confirmed": bool(each.settled),
        }
        for each in found
    ]
    if as_json:
        _say({"rows": rows}, as_json=True)
        return
    for row in rows:
        doubt = f"  LOOK TWICE: {row['doubt']}" if row["doubt"] else ""
        text = f"{row['artisan']}  {row['key']}  {row['stead']}  by {row['officer']}{doubt}"
        typer.echo(text)
    if not rows:
        typer.echo("no device waits for confirmation")


@app.command()
def confirm(
    artisan: Annotated[str, typer.Argument(help="The artisan's id.")],
    key: Annotated[str, typer.Argument(help="The device's key.")],
    home: Home = HERE,
    as_json: Json = False,
) -> None:
    """Confirm a device that an officer let in. To turn it away instead, revoke its key."""
    _settings(home)
    whose, device = bytes.fromhex(artisan), bytes.fromhex(key)
    if not _beside(home, lambda conn: witnesses.settle(conn, whose, device)):
        _fail("no such device waits for confirmation", 2)
    _say({"confirmed": key}, as_json=as_json)


def _in_fives(code: str) -> str:
    return "-".join(code[at : at + 5] for at in range(0, CODE_LENGTH, 5))


def _artisan(conn: Connection, text: str) -> ArtisanId:
    try:
        whose = ArtisanId(bytes.fromhex(text))
    except ValueError:
        _fail(f"{text!r} is not an artisan's id", 2)
    if not logs.is_artisan(conn, whose):
        _fail("there is no such artisan", 2)
    return whose


@app.command()
def duplicates(home: Home = HERE, as_json: Json = False) -> None:
    """Show who may be the same person: artisans who have told the same NIK. Nothing is merged."""
    _settings(home)
    found = _beside(home, niks.duplicates)
    if as_json:
        _say(msgspec.to_builtins(found), as_json=True)
        return
    for group in found.groups:
        typer.echo(f"possibly the same person: {len(group)}")
        for each in group:
            typer.echo(f"  {each.id}  {each.name or '-'}  NIK …{each.nik_end or '????'}")
    if found.unreadable:
        typer.echo(f"cannot be read here: {', '.join(found.unreadable)}")
    if not found.groups:
        typer.echo("no two artisans have told the same NIK")


@app.command()
def gaps(home: Home = HERE, as_json: Json = False) -> None:
    """List what exists and has not arrived, the longest missing first, and who last took it."""
    _settings(home)
    rows = _beside(home, ask.gaps)
    if as_json:
        _say({"rows": rows}, as_json=True)
        return
    for row in rows:
        device = row["device"] or "unknown"
        taken = f" since {_day(row['taken'])}" if row["taken"] else ""
        who = f"  with {row['officer_name']}{taken}" if row["officer"] else ""
        numbers = f"{row['first']}-{row['last']}"
        since = f"missing since {_day(row['since'])}"
        typer.echo(f"{row['artisan']}  device {device}  {numbers}  {since}{who}")
    if not rows:
        typer.echo("everything that is known of has arrived")


def _day(moment: str | None) -> str:
    return "?" if moment is None else moment.partition("T")[0]


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


Artisan = Annotated[str, typer.Argument(help="Her id.")]
Key = Annotated[str, typer.Argument(help="The device's key, or the first 8 letters or more of it.")]


@app.command()
def devices(artisan: Artisan, home: Home = HERE, as_json: Json = False) -> None:
    """List an artisan's devices: when they were let in and heard, their heads, who is revoked."""
    _settings(home)
    registry = open_registry(home)
    found = _beside(home, lambda conn: revoking.devices(conn, registry, _artisan(conn, artisan)))
    if as_json:
        _say({"artisan": artisan, "devices": found}, as_json=True)
        return
    for each in found:
        note = f", REVOKED, {each.parked} changes parked" if each.revoked else ""
        typer.echo(f"{each.key}{note}")
        typer.echo(f"  let in: {', '.join(each.certified) or 'never'}")
        typer.echo(f"  heard: {each.heard or 'never'}")
        for log in each.logs:
            typer.echo(f"  log {log.log}: {' '.join(log.heads) or 'nothing held'}")


@app.command()
def revoke(
    artisan: Artisan,
    key: Key,
    reason: Annotated[str, typer.Option(help="Why: stolen, replaced … Her devices show it.")],
    home: Home = HERE,
    at: Annotated[
        list[str] | None,
        typer.Option("--at", metavar="LOG:N:HASH", help="Trust it as far as this head; repeat it."),
    ] = None,
    now: Annotated[
        bool, typer.Option("--now", help="Trust all that has arrived by now; the default.")
    ] = False,
    none: Annotated[bool, typer.Option("--none", help="Trust nothing of it.")] = False,
    as_json: Json = False,
) -> None:
    """Trust a device no further. What it writes from now on is kept, and waits for `accept`.

    Several revocations of one device are a union: none takes back what another lets stand.
    """
    _settings(home)
    registry = open_registry(home)
    if bool(at) + now + none > 1:
        _fail("choose one of --at, --now and --none", 2)
    heads = at or ([] if none else None)

    def work(conn: Connection) -> revoking.Outcome:
        return revoking.revoke(conn, registry, _artisan(conn, artisan), key, heads, reason)

    _say_outcome(home, work, as_json=as_json)


@app.command()
def accept(artisan: Artisan, key: Key, home: Home = HERE, as_json: Json = False) -> None:
    """Let everything count that has arrived of a revoked device by now."""
    _settings(home)
    registry = open_registry(home)

    def work(conn: Connection) -> revoking.Outcome:
        return revoking.accept(conn, registry, _artisan(conn, artisan), key)

    _say_outcome(home, work, as_json=as_json)


def _say_outcome(
    home: Path, work: Callable[[Connection], revoking.Outcome], *, as_json: bool
) -> None:
    try:
        outcome = _beside(home, work)
    except revoking.NotSo as error:
        _fail(str(error), 2)
    _say(outcome._asdict(), as_json=as_json)


@app.command()
def rebuild(home: Home = HERE, as_json: Json = False) -> None:
    """Compute every table again from the stored batches; say whether anything differed."""
    _settings(home)
    registry = open_registry(home)

    def work(conn: Connection) -> tuple[dict[str, str], dict[str, str]]:
        prepare(conn, registry)
        before = digests(conn)
        registry.rebuild_everything(conn)
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

    proof = _alone(home, lambda conn: prove(conn, registry))
    _say(proof._asdict(), as_json=as_json)
    if proof.wrong:
        raise typer.Exit(1)


Passphrase = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        envvar="CANTING_BACKUP_PASSPHRASE_FILE",
        help="A file whose first line seals the backup. Keep a copy of it elsewhere, on paper.",
    ),
]


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept.")],
    home: Home = HERE,
    passphrase_file: Passphrase = None,
    keep_days: Annotated[int, typer.Option(min=0, help="Keep one of each of so many days.")] = 0,
    keep_weeks: Annotated[int, typer.Option(min=0, help="And of so many weeks.")] = 0,
    keep_months: Annotated[int, typer.Option(min=0, help="And of so many months.")] = 0,
    every: Annotated[
        float | None, typer.Option(min=0.01, help="Go on: another one every so many hours.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a backup, whether a server runs or not; without --keep-… all are kept.

    Sealed by a passphrase it holds the registry's key too; without, keep a copy of registry.key
    apart from it.
    """
    _settings(home)
    keep = backups.Keep(keep_days, keep_weeks, keep_months)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # the first process of a container
    while True:
        try:
            passphrase = _passphrase(passphrase_file)
            made = backups.make(home, folder, int(time.time()), passphrase, secrets.token_bytes)
            gone = []
            if any(keep):
                gone = backups.too_old([each.name for each in folder.iterdir()], keep)
                for name in gone:
                    (folder / name).unlink()
            told = {"backup": str(made), "bytes": made.stat().st_size, "no_longer_kept": gone}
            _say(told, as_json=as_json)
        except (backups.NotDone, OSError) as error:
            if every is None:
                _fail(str(error), 1)
            typer.echo(f"canting-server: no backup was made: {error}", err=True)
        if every is None:
            return
        sys.stdout.flush()
        time.sleep(every * 3600)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    home: Home = HERE,
    passphrase_file: Passphrase = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="registry.key, for a plain backup.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put a backup into an empty home, and prove it. Nothing is ever overwritten."""
    _settings(home)
    try:
        key = None if key_file is None else key_file.read_bytes()
        passphrase = _passphrase(passphrase_file)
        restored = backups.restore(home, file, passphrase, key, erasing.load(home))
    except (backups.NotDone, OSError) as error:
        _fail(f"nothing was restored: {error}", 1)
    _say(restored._asdict(), as_json=as_json)


@app.command()
def drill(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept.")],
    home: Home = HERE,
    passphrase_file: Passphrase = None,
    devices: Annotated[
        int | None, typer.Option(min=1, help="Only so many ledgers, drawn by chance.")
    ] = None,
    at: Annotated[
        Path | None,
        typer.Option(help="Where there is room for both; else the system's temporary folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Prove that nothing would be lost: restore the newest backup elsewhere, refill it, compare.

    One simulated device for each ledger brings what the backup lacks. The registry here may be
    serving meanwhile; nothing of it is touched.
    """
    _settings(home)
    logging.configure("warning")  # each device would be told of
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and the temporary home goes
    begun = time.monotonic()
    try:
        passphrase = _passphrase(passphrase_file)
        done = drills.drill(home, folder, passphrase, at=at, devices=devices)
    except (backups.NotDone, OSError) as error:
        _fail(f"the drill could not be held: {error}", 1)
    told = {
        "backup": str(done.backup),
        "age_hours": round(done.age_seconds / 3600, 1),
        "ledgers": done.ledgers,
        "ledgers_in_backup": done.ledgers_in_backup,
        "changes_in_backup": done.changes_in_backup,
        "changes_refilled": done.changes_refilled,
        "fetched_by_no_device": done.only_here,
        "ledgers_equal": done.equal,
        "ledgers_different": done.different,
        "seconds": round(time.monotonic() - begun, 1),
    }
    _say(told, as_json=as_json)
    if done.different:
        raise typer.Exit(1)


@app.command()
def erase(
    artisan: Annotated[str, typer.Argument(help="Her id.")],
    reason: Annotated[
        str,
        typer.Option(help="Why, for your own records and without names: the letter's number, say."),
    ],
    home: Home = HERE,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a person: everything of hers in the registry, for good. Stop the server first.

    Her own device's book stays hers. Restored backups are erased of her at once.
    """
    _settings(home)
    registry = open_registry(home)
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_LETTERS_MAX:
        _fail(f"a reason has 1 to {REASON_LETTERS_MAX} letters", 2)
    try:
        whose = ArtisanId(bytes.fromhex(artisan))
    except ValueError:
        _fail(f"{artisan!r} is not an artisan's id", 2)

    def look(conn: Connection) -> tuple[bool, str | None]:
        prepare(conn, registry)
        who = overview.person(conn, whose)
        return logs.is_artisan(conn, whose), who.name if who else None

    async def work() -> erasing.Applied:
        async with open_sqlite(database_path(home)) as database:
            return await erasing.erase(home, registry, database, whose, reason)

    try:
        with backups.alone(home, home):  # what it reads could not be taken from the file
            here, name = _alone(home, look)
            if not here and whose not in registry.erased:
                _fail("there is no such artisan", 2)
            if not yes:
                called = name or "who has no name here"
                sure = f"Erase everything of {artisan}, {called}? It cannot be undone."
                typer.confirm(sure, abort=True, err=True)
            applied = asyncio.run(work())
    except (backups.NotDone, OSError) as error:
        _fail(f"not erased: {error}", 1)
    _say(applied._asdict(), as_json=as_json)
    if applied.unfinished:
        _fail(
            "she is erased, but bytes of hers may be left in the file: make room, run it again", 1
        )


def _passphrase(file: Path | None) -> str | None:
    if file is None:
        return None
    passphrase = file.read_text(encoding="utf-8").partition("\n")[0].strip()
    if len(passphrase) < PASSPHRASE_LETTERS_MIN:
        raise backups.NotDone(f"a passphrase has at least {PASSPHRASE_LETTERS_MIN} letters")
    return passphrase


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
        migrations.check(SQLite(raw))
        (result,) = run_group(raw, [work])
    if isinstance(result, Exception):
        raise result
    done: T = result
    return done


if __name__ == "__main__":
    main()
