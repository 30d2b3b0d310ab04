"""How the vectors write things in JSON.

Bytes are lower-case hex. Integers beyond ±(2^53−1) are text. A struct is an object of its fields in
their order; a field's value, which may be anything, says its type: {"int": …}, {"text": …},
{"bytes": …}, {"array": […]} or null.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias, Union

import msgspec

from canting_protocol import codec
from canting_protocol.changes import Change, Kind
from canting_protocol.codec import Raw
from canting_protocol.ledger.rows import SHAPES, Row, Rows, values_of
from canting_protocol.limits import INTEGER_MAX
from canting_protocol.log import Descriptor, LogId, Placed

Json: TypeAlias = Union[bool, int, str, list["Json"], dict[str, "Json"], None]  # noqa: UP007

_anything: Final = codec.decoder(object)


def number(value: int) -> Json:
    """Return an integer, as text where JSON's readers might round it."""
    return value if -INTEGER_MAX <= value <= INTEGER_MAX else str(value)


def plain(value: object) -> Json:
    """Return a value whose type its place tells."""
    if isinstance(value, Raw):
        return typed(codec.decode(_anything, bytes(value)))
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return number(int(value))
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, msgspec.Struct):
        return {field: plain(getattr(value, field)) for field in value.__struct_fields__}
    raise TypeError(type(value))


def typed(value: object) -> Json:
    """Return a value that tells its own type."""
    match value:
        case None:
            return None
        case bool():
            return {"bool": value}
        case int():
            return {"int": number(value)}
        case str():
            return {"text": value}
        case bytes():
            return {"bytes": value.hex()}
        case list() | tuple():
            return {"array": [typed(each) for each in value]}
    raise TypeError(type(value))


def change(view: Change) -> Json:
    """Return a change by its fields."""
    kind = Kind(int(str(view.__struct_config__.tag)))
    return {"kind": int(kind), "name": kind.name.lower(), "fields": plain(view)}


def descriptors(logs: Mapping[LogId, Descriptor]) -> Json:
    """Return descriptors with the log ids they make."""
    return [
        {
            "log": log.hex(),
            "key": logs[log].key.hex(),
            "incarnation": logs[log].incarnation.hex(),
            "parent": logs[log].parent.hex(),
        }
        for log in sorted(logs)
    ]


def placed(each: Placed) -> dict[str, Json]:
    """Return a change at its place."""
    return {
        "log": each.log.hex(),
        "n": number(each.n),
        "t": number(each.t),
        "body": each.body.hex(),
        "previous": each.previous.hex(),
        "hash": each.hash.hex(),
    }


def all_rows(rows: Rows) -> list[Row]:
    """Return every row of every table."""
    return [row for shape in SHAPES for row in rows.all(shape)]


def tables(rows: Rows) -> Json:
    """Return every table: its rows as lists of columns, in the order of their bytes."""
    return {
        shape.TABLE: [
            [plain(value) for value in values_of(row)]
            for row in sorted(rows.all(shape), key=lambda row: codec.encode(values_of(row)))
        ]
        for shape in SHAPES
    }
