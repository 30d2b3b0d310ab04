"""What the documents say is true for what is here."""

import re
import shlex
from pathlib import Path

import pytest
from tests.end_to_end.processes import run

from canting_protocol import nik
from canting_server.settings import Settings

ROOT = Path(__file__).parent.parent


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    for name in Settings.__struct_fields__:
        assert f"`{name}`" in text, name
        assert f"`CANTING_{name.upper()}`" in text, name


def test_every_make_target_that_the_readme_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z]+)\b", readme))
    assert {"demo", "test", "serve"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_first_day_of_the_readme_can_be_lived(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first_day = readme.partition("## A first day")[2].partition("```sh\n")[2].partition("```")[0]
    commands = [shlex.split(line) for line in first_day.splitlines() if line]
    assert len(commands) >= 6
    for program, *arguments in commands:
        assert program == "canting"
        run("canting_client.cli", *arguments, home=tmp_path)


def test_constraints_name_versions_and_nothing_else() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line), line


def test_every_test_that_the_proof_names_is_there() -> None:
    table = (ROOT / "docs/proof.md").read_text(encoding="utf-8").partition("## Bad inputs")[2]
    named = re.findall(r"`([a-z]+(?:_[a-z0-9]+){3,})`", table.partition("\n## ")[0])
    tests = "".join(
        each.read_text(encoding="utf-8") for each in (ROOT / "tests").rglob("test_*.py")
    )
    assert len(named) > 25
    for name in named:
        assert re.search(rf"def test_{name}\(", tests), name


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_no_document_and_no_help_page_shows_what_could_be_somebodys_nik() -> None:
    texts = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    texts += [
        each for room in ("protocol", "client", "server") for each in (ROOT / room).rglob("*.py")
    ]
    for file in texts:
        for number in re.findall(r"(?<!\d)\d{16}(?!\d)", file.read_text(encoding="utf-8")):
            if number == "0102030405060708":  # eight bytes that count
                continue
            with pytest.raises(nik.BadNik):
                nik.read(number)
