"""Every word that a person reads is there in Indonesian and in English."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.client.command import Phone

from canting_client import cli, english, english_reports, language, reading, vocabulary
from canting_client.cli import carrying, citizen, facts, looking, report_words, run, words

CLIENT = Path(english.__file__).parent
SILENT = {
    "english_locked.py",
    "english_relay.py",
    "english_reports.py",
    "english.py",
    "language.py",
    "store.py",
    "sync.py",
    "book.py",
    "talk.py",
}
"""Modules that say nothing to a person; what they raise is put into words elsewhere."""


def trees() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(CLIENT.rglob("*.py")):
        if file.name not in SILENT:
            yield file.name, ast.parse(file.read_text(encoding="utf-8"))


def called(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return ""


def said() -> dict[str, str]:
    """Return the words given to `t` as they stand in the code, and in which file."""
    return {
        node.args[0].value: file
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and called(node) == "t"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def named() -> set[str]:
    """Return the words that stand in tables and are given to `t` from there."""
    return {
        *vocabulary.KINDS.values(),
        *vocabulary.ACCOUNTS.values(),
        *(word for fields in vocabulary.FIELDS.values() for word in fields.values()),
        *looking.VERDICTS.values(),
        *(why for why in looking.REASONS.values() if why),
        *looking.WHOSE.values(),
        *facts.LEVEL_WORDS.values(),
        *carrying.TURNED_AWAY.values(),
        carrying.SAFE,
        *citizen.WRONG.values(),
        reading.SEALED,
        *words.MONTHS,
        *run.PANELS.values(),
        *report_words.MONTHS,
        *report_words.REASONS.values(),
        *report_words.CHANNELS.values(),
        *report_words.AGE_WORDS,
        *report_words.POLICIES,
        run.HELP,
        reading.HIDDEN,
        reading.NAMELESS,
    }


def commands(command: Any, path: str = "canting") -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, f"{path} {name}")


def helped() -> dict[str, str]:
    """Return the words of every help page, and whose they are."""
    found: dict[str, str] = {}
    for path, command in commands(run.commands()):
        for text in run.help_words(command):
            found.setdefault(text, path)
    return found


def holes(text: str) -> set[str]:
    return {f"{name}!{how}" for _, name, _, how in string.Formatter().parse(text) if name}


def test_everything_that_is_said_is_there_in_english() -> None:
    missing = [f"{file}: {text!r}" for text, file in said().items() if text not in english.WORDS]
    missing += [repr(text) for text in named() if text not in english.WORDS]
    missing += [
        f"{path} --help: {text!r}" for text, path in helped().items() if text not in english.WORDS
    ]
    assert not missing, "\n".join(missing)


def test_no_words_are_put_into_english_twice() -> None:
    (table,) = (
        node.value
        for node in ast.walk(ast.parse(Path(english.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict)
    )
    own = [ast.literal_eval(key) for key in table.keys if key is not None]
    assert len(set(own)) == len(own)
    assert not set(own) & english_reports.WORDS.keys()


def test_english_says_nothing_that_nobody_says() -> None:
    assert not english.WORDS.keys() - said().keys() - named() - helped().keys()


def test_both_languages_tell_the_same_numbers_and_names() -> None:
    known = said()
    for indonesian, text in english.WORDS.items():
        if indonesian in known:
            assert {hole.split("!")[0] for hole in holes(indonesian)} == {
                hole.split("!")[0] for hole in holes(text)
            }, indonesian
        assert text.strip(), indonesian


SPEAKERS = {
    *("Friendly", "ValueError", "BadMap", "HomeProblem", "NotOne", "BadBackup", "NoExcel"),
    *("NotInstalled", "NoPicture", "NoPassphrase"),
}


def test_nobody_speaks_past_the_translation() -> None:
    for file, tree in trees():
        for node in ast.walk(tree):
            if called(node) not in {*SPEAKERS, "say", "BadRow"}:
                continue
            assert isinstance(node, ast.Call)
            for each in node.args:
                for part in _outside_t(each):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        lonely = " " in part.value.strip()
                        assert not lonely, f"{file}:{part.lineno}: {part.value!r}"


def _outside_t(node: ast.AST) -> Iterator[ast.AST]:
    if called(node) == "t":
        return
    yield node
    for each in ast.iter_child_nodes(node):
        yield from _outside_t(each)


def test_every_command_is_found_in_its_room() -> None:
    known = run.commands().commands
    assert {name for names in run.ROOMS.values() for name in names} == set(known)
    for name in known:
        assert list(run.commands(name).commands) == [name]


def test_every_command_shows_an_example_of_itself() -> None:
    for path, command in commands(run.commands()):
        if not hasattr(command, "commands"):
            _, _, examples = command.help.partition(run.EXAMPLE)
            assert f"{path} " in f"{examples} ".replace("\n", " "), path


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    phone = Phone(tmp_path / "hp")
    phone.says("init", "siti")
    phone.says("item", "add", "Kain cap", "--price", "175.000")
    return phone


def test_a_command_speaks_english_when_asked(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    assert phone.says("--lang", "en", "sell", "kain", "2") == (
        "Recorded as no. 2: sold 2 Kain cap, Rp350.000 (tunai). To undo: canting void 2"
    )
    assert "Nothing is called 'syal'" in phone.refuses("sell", "syal", "--lang=en")
    assert "Missing PRICE" in phone.refuses("buy", "kain", "2", "--lang", "en", status=2)
    assert "bernama" in phone.refuses("sell", "syal")
    monkeypatch.setenv("CANTING_LANG", "en_GB.UTF-8")
    assert "Nothing is called 'syal'" in phone.refuses("sell", "syal")
    assert "bernama" in phone.refuses("sell", "syal", "--lang", "id")
    assert "id, en" in phone.refuses("stock", "--lang", "jv", status=2)
    monkeypatch.setenv("CANTING_LANG", "jv")
    assert "bernama" in phone.refuses("sell", "syal")


@pytest.mark.parametrize("path", [path for path, _ in commands(run.commands())])
def test_help_pages_speak_one_language_and_show_examples(phone: Phone, path: str) -> None:
    names = path.split()[1:]
    indonesian = phone.says(*names, "--help")
    english_page = phone.says(*names, "--help", "--lang", "en")
    assert "Lihat penjelasan ini." in indonesian
    assert "Show this page." in english_page
    for word in ("Pilihan", "Perintah", "Isian", "[harus diisi]", "[biasanya"):
        assert word not in english_page
    for page in (indonesian, english_page):
        assert "canting" in page
        assert "Show this message" not in page


def test_the_language_of_one_command_is_not_that_of_the_next(phone: Phone) -> None:
    phone.says("stock", "--lang", "en")
    assert language.chosen() == "en"
    assert cli.money(5) == "Rp5"
    phone.says("stock")
    assert language.chosen() == "id"
