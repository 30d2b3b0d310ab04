"""Rows as CSV that a spreadsheet opens as it should, and runs nothing of.

UTF-8 with BOM; what a spreadsheet would take for a formula begins with an apostrophe (OWASP ASVS 5,
1.2.10). Pure.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from canting_server.registry.answers import Rival, TotalRow
from canting_server.registry.ask import DIMENSIONS

BOM: Final = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\0")


def head(names: Sequence[str], delimiter: str) -> bytes:
    """Return how a table begins: its mark and the names of its columns."""
    return (BOM + _written([names], delimiter)).encode()


def body(rows: Sequence[Sequence[Any]], delimiter: str) -> bytes:
    """Return rows of a table."""
    columns = [_cells(column) for column in zip(*rows, strict=True)]
    return _written(zip(*columns, strict=True), delimiter).encode()


def _written(rows: Iterable[Sequence[Any]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def _cells(column: Sequence[Any]) -> Iterable[Any]:
    kinds = set(map(type, column))
    if kinds == {str}:
        return map(guarded, column)
    return column if kinds == {int} else map(_cell, column)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, list):
        return guarded(" | ".join(_plain(each) for each in value))
    return value


@lru_cache(maxsize=8192)
def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; a number stays one."""
    if not text.startswith(_FORMULA) or _is_number(text):
        return text
    return "'" + text


def _is_number(text: str) -> bool:
    return text[0] == "-" and text[1:].replace(".", "", 1).isdecimal() and text.isascii()


def _plain(rival: Any) -> str:
    assert isinstance(rival, Rival)
    return "" if rival.value is None else str(rival.value)


def totals(answer: dict[str, Any], delimiter: str) -> bytes:
    """Return totals as a table; every row tells whom it counts and through when."""
    coverage = {f"coverage_{name}": value for name, value in answer["coverage"].items()}
    sums = [name for name in TotalRow.__struct_fields__ if name not in DIMENSIONS]
    names = [*answer["by"], *sums, *coverage]
    rows = [[{**row, **coverage}[name] for name in names] for row in answer["rows"]]
    return head(names, delimiter) + body(rows, delimiter)
