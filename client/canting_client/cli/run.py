"""How a command runs: the options that all share, how it speaks, and what an error becomes."""

import errno
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, cast

import filelock
import msgspec
import typer

from canting_client.book import Book, NotJoined
from canting_client.cli.words import Friendly
from canting_client.home import Home, HomeProblem
from canting_client.importing import BadMap
from canting_client.reading import NotOne
from canting_client.store import NewerBook
from canting_protocol.changes import BadChange
from canting_protocol.errors import TooBig

app: Final = typer.Typer(
    help="Canting: buku usaha perajin batik. Dicatat di sini, dengan atau tanpa jaringan.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

# Typer carries a click of its own, or once used the other one: its own names lead to the right one.
_UsageError: Final = cast(type[Exception], typer.BadParameter.__bases__[0])

_FRONT: Final = ("--home", "--book")


class Said:
    """Where and how a command speaks: which home, which book, JSON or words."""

    def __init__(self, home: Path | None, book: str | None, *, as_json: bool) -> None:
        self.home = Home(home)
        self.book_name = book
        self.as_json = as_json

    @contextmanager
    def book(self) -> Iterator[Book]:
        """Open the book that is meant."""
        with self.home.open(self.book_name) as book:
            yield book

    def say(self, words: str, **told: Any) -> None:
        """Say something: words for a person, the rest for a program."""
        typer.echo(msgspec.json.encode(told).decode() if self.as_json else words)


@app.callback()
def options(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Tempat buku-buku disimpan.")
    ] = None,
    book: Annotated[
        str | None, typer.Option(metavar="NAMA", help="Buku siapa, kalau ada beberapa.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Jawab dalam JSON.")] = False,
) -> None:
    """Buku usaha perajin batik. Dicatat di sini, dengan atau tanpa jaringan.

    Mulai:   canting init siti --name "Bu Siti"

    Barang:  canting item add "Kain cap" --price 175.000

    Jual:    canting sell "Kain cap" 2

    Sisa:    canting stock
    """
    context.obj = Said(home, book, as_json=as_json)


def main() -> None:
    """Run a command; what a person can mend is said in one line."""
    arguments = sys.argv[1:]
    as_json = "--json" in _before_the_dashes(arguments)
    root = typer.main.get_command(app)
    ordered = _front_first(arguments)
    if _wants_help(ordered):
        _speak_indonesian(root)
    try:
        status = root(ordered, standalone_mode=False, prog_name="canting")
    except typer.Abort:
        _fail("Dihentikan.", "stopped", 130, as_json=as_json)
    except _UsageError as error:
        text = _usage(error)
        if not text:  # the help was shown instead
            sys.exit(2)
        _fail(text, "usage", 2, as_json=as_json)
    except Exception as error:
        found = _for_a_person(error)
        if found is None:
            raise
        _fail(found[1], found[0], 1, as_json=as_json)
    sys.exit(status if isinstance(status, int) else 0)


def _wants_help(ordered: list[str]) -> bool:
    """Say whether a help page will be shown; its machinery is slow to load."""
    groups = {group.name for group in app.registered_groups}
    return not ordered or "--help" in ordered or ordered[-1] in groups


def _before_the_dashes(arguments: list[str]) -> list[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _front_first(arguments: list[str]) -> list[str]:
    """Return the arguments with `--json`, `--home` and `--book` first, wherever they stood."""
    waiting = _before_the_dashes(arguments)
    after = arguments[len(waiting) :]
    front: list[str] = []
    rest: list[str] = []
    position = 0
    while position < len(waiting):
        each = waiting[position]
        if each in _FRONT and position + 1 < len(waiting):
            front += waiting[position : position + 2]
            position += 1
        elif each == "--json" or each.startswith(tuple(f"{option}=" for option in _FRONT)):
            front.append(each)
        else:
            rest.append(each)
        position += 1
    return front + rest + after


def _fail(text: str, code: str, status: int, *, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(msgspec.json.encode({"error": code, "message": text}).decode(), err=True)
    else:
        typer.echo(f"✗ {text}", err=True)
    sys.exit(status)


def _for_a_person(error: Exception) -> tuple[str, str] | None:
    """Return (code, text) of an error that is not ours, or None."""
    match error:
        case Friendly():
            return error.code, str(error)
        case NotOne():
            return "not_one", str(error)
        case HomeProblem():
            return "home", str(error)
        case BadMap():
            return "bad_map", str(error)
        case TooBig() | BadChange():
            return "too_big", "Ada isian yang terlalu besar atau terlalu panjang. Tidak dicatat."
        case NotJoined():
            return "not_joined", "Buku ini belum terhubung ke dinas: canting join ALAMAT KODE"
        case NewerBook():
            return (
                "newer_book",
                "Buku ini dari Canting yang lebih baru; perbarui dulu. Tidak ada yang hilang.",
            )
        case filelock.Timeout():
            return "busy", "Buku ini sedang dipakai program lain. Coba lagi sebentar."
        case sqlite3.OperationalError() if "full" in str(error):
            return "full", "Penyimpanan penuh: catatan ini tidak masuk. Kosongkan dulu."
        case sqlite3.DatabaseError():
            return (
                "damaged",
                f"Berkas buku tidak bisa dibuka ({error}). Jangan dihapus; minta petugas datang.",
            )
        case OSError() if error.errno == errno.ENOSPC:
            return "full", "Penyimpanan penuh: catatan ini tidak masuk. Kosongkan dulu."
        case OSError() if error.filename is not None:
            return "file", f"Berkas {error.filename} tidak bisa dibuka: {_why(error)}."
        case _:
            return None


def _why(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return "tidak ada"
        case PermissionError():
            return "tidak diizinkan"
        case IsADirectoryError():
            return "itu folder"
        case FileExistsError():
            return "sudah ada"
        case _:
            return error.strerror or "rusak"


def _usage(error: Any) -> str:
    """Return what was wrong in how a command was typed, and where to read about it."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "canting"
    see = f" Lihat: {path} --help"
    match type(error).__name__:
        case "NoArgsIsHelpError":
            # Typer with rich has printed it; without rich it is the message.
            if help_text := error.format_message():
                typer.echo(help_text, err=True)
            return ""
        case "MissingParameter" if error.param is not None:
            return f"Masih kurang {_shown(error.param)}.{see}"
        case "NoSuchOption":
            return f"Tidak ada pilihan {error.option_name}.{see}"
        case "BadOptionUsage":
            return f"Pilihan {error.option_name} salah dipakai: isinya apa?{see}"
        case "BadParameter" if error.param is not None:
            return f"Isian {_shown(error.param)} salah.{see}"
    if "extra argument" in error.message:
        return f"Isiannya terlalu banyak; nama yang lebih dari satu kata diberi tanda kutip.{see}"
    return f"Perintah itu tidak ada.{see}"


def _shown(parameter: Any) -> str:
    """Return an option as it is typed, an argument as its help page calls it."""
    name = str(parameter.opts[0])
    return name if name.startswith("-") else str(parameter.metavar or name.upper())


def _speak_indonesian(command: Any) -> None:
    """Put the words that Typer itself writes on a help page into Indonesian."""
    from typer import rich_utils

    for name, words in (
        ("ARGUMENTS_PANEL_TITLE", "Isian"),
        ("OPTIONS_PANEL_TITLE", "Pilihan"),
        ("COMMANDS_PANEL_TITLE", "Perintah"),
        ("DEFAULT_STRING", "[biasanya: {}]"),
        ("REQUIRED_LONG_STRING", "[harus diisi]"),
    ):
        setattr(rich_utils, name, words)
    _name_help(command, typer.Context(command))


def _name_help(command: Any, context: Any) -> None:
    option = command.get_help_option(context)
    if option is not None:
        option.help = "Lihat penjelasan ini."
    for each in getattr(command, "commands", {}).values():
        _name_help(each, context)
