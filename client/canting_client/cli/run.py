"""How a command runs: the options that all share, how it speaks, and what an error becomes."""

import errno
import os
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, cast

import filelock
import msgspec
import typer

from canting_client.book import Book, Gone, NotJoined
from canting_client.cli.words import Friendly, not_opened
from canting_client.home import Home, HomeProblem
from canting_client.importing import BadMap
from canting_client.language import LANGUAGES, choose, t
from canting_client.locked import NotOpened
from canting_client.passphrase import NoPassphrase, Passphrase
from canting_client.reading import NotOne
from canting_client.store import NewerBook
from canting_protocol.changes import BadChange
from canting_protocol.errors import TooBig

app: Final = typer.Typer(
    help="Canting: buku usaha perajin batik. Dicatat di sini, dengan atau tanpa jaringan.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

# Typer carries a click of its own, or once used the other one: its own names lead to the right one.
_UsageError: Final = cast(type[Exception], typer.BadParameter.__bases__[0])

ROOMS: Final = {
    "begin": ("init", "lock"),
    "facts": ("sell", "return", "buy", "make", "move", "count", "void", "share"),
    "paying": ("pay", "expense", "transfer"),
    "reporting": ("report", "statements"),
    "looking": ("log", "stock", "conflicts", "status"),
    "citizen": ("nik",),
    "things": ("item", "partner", "place"),
    "whole": ("ledger", "export", "backup", "restore"),
    "carrying": ("import", "key", "join", "sync", "give", "take"),
    "relaying": ("relay",),
    "recovering": ("sheet", "recover"),
    "showing": ("show-qr", "read-qr"),
}
"""In which module each command is: only the one that is wanted is loaded, for a help page all."""

_FRONT: Final = ("--home", "--book", "--lang", "--passphrase-file")

HELP: Final = "Lihat penjelasan ini."
PANELS: Final = {
    "ARGUMENTS_PANEL_TITLE": "Isian",
    "OPTIONS_PANEL_TITLE": "Pilihan",
    "COMMANDS_PANEL_TITLE": "Perintah",
    "DEFAULT_STRING": "[biasanya: {}]",
    "REQUIRED_LONG_STRING": "[harus diisi]",
}
"""What Typer itself writes on a help page."""
_TYPERS_OWN: Final = {
    "install_completion": "Pasang pelengkap perintah untuk shell ini.",
    "show_completion": "Tampilkan pelengkap perintah, untuk disalin atau disesuaikan.",
}
_COMPLETING: Final = "_CANTING_COMPLETE"
EXAMPLE: Final = "Contoh:"
"""Begins the examples of a command, which stand at the end of its help page."""
_TYPED: Final = re.compile(r"canting |\w+ = ")
"""What is typed is the same in every language."""


class Said:
    """Where and how a command speaks: which home, which book, JSON or words."""

    def __init__(
        self,
        home: Path | None,
        book: str | None,
        passphrase_file: Path | None = None,
        *,
        as_json: bool,
    ) -> None:
        self.home = Home(home, Passphrase(passphrase_file))
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
    passphrase_file: Annotated[
        Path | None,
        typer.Option(
            metavar="BERKAS",
            help="Kata sandi buku terkunci, di baris pertama berkas ini "
            "(atau CANTING_PASSPHRASE_FILE).",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Jawab dalam JSON.")] = False,
    lang: Annotated[
        str | None, typer.Option(metavar="BAHASA", help="id (Indonesia) atau en (Inggris).")
    ] = None,
) -> None:
    """Buku usaha perajin batik. Dicatat di sini, dengan atau tanpa jaringan.

    Contoh: canting init siti --name "Bu Siti"

    canting item add "Kain cap" --price 175.000

    canting sell "Kain cap" 2

    canting stock
    """
    context.obj = Said(home, book, passphrase_file, as_json=as_json)


def main() -> None:
    """Run a command; what a person can mend is said in one line."""
    arguments = sys.argv[1:]
    as_json = "--json" in _before_the_dashes(arguments)
    ordered = _front_first(arguments)
    asked = _language_asked(ordered)
    if not choose(asked or os.environ.get("CANTING_LANG")) and asked is not None:
        _fail(
            t("Bahasa {lang!r} tidak ada; pilih: {all}.", lang=asked, all=", ".join(LANGUAGES)),
            "usage",
            2,
            as_json=as_json,
        )
    root = commands(None if _COMPLETING in os.environ else _command_in(ordered))
    if _wants_help(ordered) or _COMPLETING in os.environ:
        put_into_words(root)
    try:
        status = root(ordered, standalone_mode=False, prog_name="canting")
    except typer.Abort:
        _fail(t("Dihentikan."), "stopped", 130, as_json=as_json)
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


def commands(only: str | None = None) -> Any:
    """Return `canting` with all of its commands, or with `only` one, which is quicker."""
    room = next((name for name, there in ROOMS.items() if only in there), None)
    for name in ROOMS if room is None else (room,):
        import_module(f"canting_client.cli.{name}")
    if room is None:
        return typer.main.get_command(app)
    small = copy(app)
    small.registered_commands = [
        each
        for each in app.registered_commands
        if only in (each.name, getattr(each.callback, "__name__", None))
    ]
    small.registered_groups = [each for each in app.registered_groups if each.name == only]
    return typer.main.get_command(small)


def _command_in(ordered: list[str]) -> str | None:
    """Return the command that was typed: what comes first after the options that all share."""
    position = 0
    while position < len(ordered) and ordered[position].startswith("-"):
        position += 2 if ordered[position] in _FRONT else 1
    return ordered[position] if position < len(ordered) else None


def _wants_help(ordered: list[str]) -> bool:
    """Say whether a help page will be shown; its machinery is slow to load."""
    groups = {group.name for group in app.registered_groups}
    return not ordered or "--help" in ordered or ordered[-1] in groups


def _language_asked(ordered: list[str]) -> str | None:
    for position, each in enumerate(_before_the_dashes(ordered)):
        if each == "--lang" and position + 1 < len(ordered):
            return ordered[position + 1]
        if each.startswith("--lang="):
            return each.removeprefix("--lang=")
    return None


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
        case NotOpened():
            return _for_a_person(not_opened(error))
        case NoPassphrase():
            return "no_passphrase", str(error)
        case Gone():
            return "gone", t("Buku ini baru saja dikunci. Tidak dicatat; ulangi perintah ini.")
        case BadMap():
            return "bad_map", str(error)
        case TooBig() | BadChange():
            return "too_big", t("Ada isian yang terlalu besar atau terlalu panjang. Tidak dicatat.")
        case NotJoined():
            return "not_joined", t("Buku ini belum terhubung ke dinas: canting join ALAMAT KODE")
        case NewerBook():
            return (
                "newer_book",
                t("Buku ini dari Canting yang lebih baru; perbarui dulu. Tidak ada yang hilang."),
            )
        case filelock.Timeout():
            return "busy", t("Buku ini sedang dipakai program lain. Coba lagi sebentar.")
        case sqlite3.OperationalError() if "full" in str(error):
            return "full", t("Penyimpanan penuh: catatan ini tidak masuk. Kosongkan dulu.")
        case sqlite3.DatabaseError():
            return (
                "damaged",
                t(
                    "Berkas buku tidak bisa dibuka ({error}). "
                    "Jangan dihapus; minta petugas datang.",
                    error=error,
                ),
            )
        case OSError() if error.errno == errno.ENOSPC:
            return "full", t("Penyimpanan penuh: catatan ini tidak masuk. Kosongkan dulu.")
        case OSError() if error.filename is not None:
            return "file", t(
                "Berkas {filename} tidak bisa dibuka: {why}.",
                filename=error.filename,
                why=_why(error),
            )
        case _:
            return None


def _why(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return t("tidak ada")
        case PermissionError():
            return t("tidak diizinkan")
        case IsADirectoryError():
            return t("itu folder")
        case FileExistsError():
            return t("sudah ada")
        case _:
            return error.strerror or t("rusak")


def _usage(error: Any) -> str:
    """Return what was wrong in how a command was typed, and where to read about it."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "canting"
    see = t(" Lihat: {path} --help", path=path)
    match type(error).__name__:
        case "NoArgsIsHelpError":
            # Typer with rich has printed it; without rich it is the message.
            if help_text := error.format_message():
                typer.echo(help_text, err=True)
            return ""
        case "MissingParameter" if error.param is not None:
            return t("Masih kurang {param}.{see}", param=_shown(error.param), see=see)
        case "NoSuchOption":
            return t(
                "Tidak ada pilihan {option_name}.{see}", option_name=error.option_name, see=see
            )
        case "BadOptionUsage":
            return t(
                "Pilihan {option_name} salah dipakai: isinya apa?{see}",
                option_name=error.option_name,
                see=see,
            )
        case "BadParameter" if error.param is not None:
            return t("Isian {param} salah.{see}", param=_shown(error.param), see=see)
    if "extra argument" in error.message:
        return t(
            "Isiannya terlalu banyak; nama yang lebih dari satu kata diberi tanda kutip.{see}",
            see=see,
        )
    return t("Perintah itu tidak ada.{see}", see=see)


def _shown(parameter: Any) -> str:
    """Return an option as it is typed, an argument as its help page calls it."""
    name = str(parameter.opts[0])
    return name if name.startswith("-") else t(str(parameter.metavar or name.upper()))


def put_into_words(root: Any) -> None:
    """Put every help page into the language that is spoken, the examples at its end."""
    from typer import rich_utils

    for name, words in PANELS.items():
        setattr(rich_utils, name, t(words))
    _translate(root, typer.Context(root))


def help_words(command: Any) -> list[str]:
    """Return the words of a command's help page, as they stand in the code."""
    words = [each for each in _paragraphs(command.help) if not _TYPED.match(each)]
    for each in command.params:
        words += [text for text in (_help_of(each), each.metavar) if text]
    return words


def _translate(command: Any, context: Any) -> None:
    paragraphs = _paragraphs(command.help)
    if EXAMPLE in paragraphs:
        at = paragraphs.index(EXAMPLE)
        paragraphs, examples = paragraphs[:at], paragraphs[at:]
        command.epilog = "\n\n".join(map(t, examples))
    command.help = "\n\n".join(map(t, paragraphs))
    for each in command.params:
        if words := _help_of(each):
            each.help = t(words)
        if each.metavar:
            each.metavar = t(each.metavar)
    option = command.get_help_option(context)
    if option is not None:
        option.help = t(HELP)
    for each in getattr(command, "commands", {}).values():
        _translate(each, context)


def _paragraphs(text: str | None) -> list[str]:
    parts = (text or "").replace(EXAMPLE, f"\n\n{EXAMPLE}\n\n").split("\n\n")
    return [" ".join(each.split()) for each in parts if each.strip()]


def _help_of(parameter: Any) -> str | None:
    return _TYPERS_OWN.get(parameter.name) or getattr(parameter, "help", None)
