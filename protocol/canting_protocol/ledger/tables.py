"""The SQL of the ledger's tables, made from their description in `rows`.

Both ends keep the same tables in their own database; the registry's keys begin with the artisan.
Described once, they cannot drift apart. (docs/decisions/0002)
"""

import types
import typing
from functools import cache
from typing import Final, Literal

from canting_protocol.ledger.rows import SHAPES, Row

Dialect = Literal["sqlite", "postgres"]

_TYPES: Final = {
    "sqlite": {int: "INTEGER", bytes: "BLOB", str: "TEXT"},
    "postgres": {int: "BIGINT", bytes: "BYTEA", str: "TEXT"},
}

ARTISAN: Final = ("artisan",)
ALONE: Final = ()


def create(dialect: Dialect, lead: tuple[str, ...]) -> list[str]:
    """Return the statements that make the tables; `lead` columns come before each key."""
    return [_create(shape, dialect, lead) for shape in SHAPES]


def _create(shape: type[Row], dialect: Dialect, lead: tuple[str, ...]) -> str:
    kinds = _TYPES[dialect]
    hints = typing.get_type_hints(shape)
    lines = [f"    {column} {kinds[bytes]} NOT NULL" for column in lead]
    for field in shape.__struct_fields__:
        hint = hints[field]
        if isinstance(hint, types.UnionType):
            lines.append(f"    {field} {kinds[typing.get_args(hint)[0]]}")
        else:
            lines.append(f"    {field} {kinds[hint]} NOT NULL")
    lines.append(f"    PRIMARY KEY ({', '.join(lead + shape.__struct_fields__[: shape.KEY])})")
    tail = " STRICT, WITHOUT ROWID" if dialect == "sqlite" else ""
    return f"CREATE TABLE {shape.TABLE} (\n" + ",\n".join(lines) + f"\n){tail}"


@cache
def select(shape: type[Row], prefix: int, lead: tuple[str, ...]) -> str:
    """Return the query of a shape's rows by its lead and its first `prefix` columns."""
    columns = ", ".join(shape.__struct_fields__)
    given = lead + shape.__struct_fields__[:prefix]
    where = " AND ".join(f"{column} = ${i}" for i, column in enumerate(given, 1))
    return f"SELECT {columns} FROM {shape.TABLE}" + (f" WHERE {where}" if where else "")  # noqa: S608  # names of ours


@cache
def upsert(shape: type[Row], lead: tuple[str, ...]) -> str:
    """Return the statement that keeps a row in the place of the one with its key."""
    columns = lead + shape.__struct_fields__
    key = lead + shape.__struct_fields__[: shape.KEY]
    rest = shape.__struct_fields__[shape.KEY :]
    values = ", ".join(f"${i}" for i in range(1, len(columns) + 1))
    renewed = ", ".join(f"{column} = excluded.{column}" for column in rest)
    conflict = f"DO UPDATE SET {renewed}" if rest else "DO NOTHING"
    return (
        f"INSERT INTO {shape.TABLE} ({', '.join(columns)}) VALUES ({values}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(key)}) {conflict}"
    )


@cache
def delete(shape: type[Row], lead: tuple[str, ...], *, whole: bool) -> str:
    """Return the statement that takes a row away by its key, or (`whole`) all of a lead's."""
    given = lead if whole else lead + shape.__struct_fields__[: shape.KEY]
    where = " AND ".join(f"{column} = ${i}" for i, column in enumerate(given, 1))
    return f"DELETE FROM {shape.TABLE}" + (f" WHERE {where}" if where else "")  # noqa: S608
