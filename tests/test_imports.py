"""The house checks itself: which room may use which, and that the core is pure."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_USE = {
    "protocol/canting_protocol": {"canting_protocol"},
    "client/canting_client": {"canting_protocol", "canting_client"},
    "server/canting_server/reference": {"canting_server.reference"},
    "server/canting_server/store": {"canting_protocol", "canting_server.store"},
    "server/canting_server/registry": {
        "canting_protocol",
        "canting_server.reference",
        "canting_server.store",
        "canting_server.registry",
    },
    "server/canting_server/web": {
        "canting_protocol",
        "canting_server.reference",
        "canting_server.store",
        "canting_server.registry",
        "canting_server.web",
    },
}
"""Folder: the packages of ours it may import. protocol ← client; store ← registry ← web ← app."""

IMPURE = {
    "asyncio",
    "aiohttp",
    "aiosqlite",
    "datetime",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "structlog",
    "time",
    "uuid",
}
"""What `protocol` may never reach for: time, chance and the world arrive as arguments."""


def imports(file: Path) -> Iterator[str]:
    """Yield every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide the arrows"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("folder", MAY_USE)
def test_arrows_between_rooms_point_one_way(folder: str) -> None:
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    for file in files:
        for module in imports(file):
            if module.startswith("canting_") and module.count(".") < 2:
                allowed = any(
                    module == room or module.startswith(f"{room}.") or room.startswith(f"{module}.")
                    for room in MAY_USE[folder]
                )
                assert allowed, f"{file.relative_to(ROOT)} uses {module}"


def test_the_core_is_pure() -> None:
    for file in (ROOT / "protocol").rglob("*.py"):
        for module in imports(file):
            assert module.split(".")[0] not in IMPURE, f"{file.relative_to(ROOT)} uses {module}"


def test_client_and_server_never_meet() -> None:
    for file in (ROOT / "client").rglob("*.py"):
        assert not any(module.startswith("canting_server") for module in imports(file)), file
    for file in (ROOT / "server").rglob("*.py"):
        assert not any(module.startswith("canting_client") for module in imports(file)), file


def test_sql_stands_only_where_things_are_kept() -> None:
    words = ("SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM")
    allowed = {
        "protocol/canting_protocol/ledger/tables.py",
        "client/canting_client/store.py",
        "client/canting_client/reading.py",
        # An officer's bag is a store of its own: no book, no ledger, letters that nobody reads.
        "client/canting_client/relay/bag.py",
    }
    for package in ("protocol", "client", "server"):
        for file in (ROOT / package).rglob("*.py"):
            name = file.relative_to(ROOT).as_posix()
            if name in allowed or name.startswith("server/canting_server/store/"):
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    text = node.value.strip()
                    assert not text.startswith(words), f"{name}:{node.lineno} holds SQL"
