"""The staff API as an OpenAPI 3.1 document, made from what is asked by and what is answered.

No framework: paths here, schemas from `msgspec.json.schema_components`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from aiohttp import web

from canting_server.registry import answers, columns
from canting_server.registry.ask import DIMENSIONS
from canting_server.registry.columns import Column, Resource
from canting_server.registry.grammar import COUNTS, DELIMITERS, FORMS, operators_of
from canting_server.registry.limits import PAGE_ROWS, PAGE_ROWS_MAX
from canting_server.registry.search import ROWS

routes: Final = web.RouteTableDef()

_TELLS: Final = {
    "artisans": "Every artisan, as far as she shares.",
    "sales": "Lines of sales and returns, of those who share lines.",
    "stock": "What lies where, of those who share lines.",
    "conflicts": "What waits for a person to decide.",
    "verdicts": "Changes that were not simply applied.",
    "gaps": "Changes that exist and have not arrived, and who last took them.",
}
_PROBLEMS: Final = {
    400: "The question is none; `valid` names what there is.",
    401: "A bearer token is needed.",
    406: "There is no such form.",
    409: "The watermark that was asked for has passed.",
    422: "It would take too long: narrow it.",
    503: "As many exports run as may: come again after Retry-After.",
}


@routes.get("/openapi.json")
async def openapi(_: web.Request) -> web.Response:
    """Tell programs what staff may ask."""
    return web.Response(body=_encoded(), content_type="application/json")


@cache
def _encoded() -> bytes:
    return msgspec.json.encode(document())


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    shapes = {
        **{name: answers.Page[shape] for name, shape in ROWS.items()},  # type: ignore[valid-type]
        "artisan": answers.Artisan,
        "totals": answers.Totals,
        "coverage": answers.Reports,
        "duplicates": answers.Duplicates,
        "problem": answers.ProblemBody,
    }
    found, components = msgspec.json.schema_components(
        shapes.values(), ref_template="#/components/schemas/{name}"
    )
    schemas = dict(zip(shapes, found, strict=True))
    problem = schemas["problem"]
    resources = {str(resource.name): resource for resource in columns.RESOURCES}
    paths = {
        f"/v1/{name}": _get(
            _TELLS[name], _parameters(resources[name]), schemas[name], problem, csv=True
        )
        for name in ROWS
    }
    paths["/v1/artisans/{artisan}"] = _get(
        "One artisan, as far as she shares.",
        [_parameter("artisan", {"type": "string", "pattern": "^[0-9a-f]{16}$"}, place="path")],
        schemas["artisan"],
        problem,
        besides={404: "There is no such artisan."},
    )
    paths["/v1/totals"] = _get(
        "Turnover by month, kecamatan and channel, with its coverage.",
        _of_totals(),
        schemas["totals"],
        problem,
        csv=True,
    )
    paths["/v1/coverage"] = _get(
        "Who has reported, and through when.", [], schemas["coverage"], problem
    )
    paths["/v1/duplicates"] = _get(
        "Who may be the same person, because their NIKs are equal.",
        [],
        schemas["duplicates"],
        problem,
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Canting: what staff ask", "version": "1"},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _get(
    summary: str,
    parameters: Sequence[Mapping[str, Any]],
    schema: Mapping[str, Any],
    problem: Mapping[str, Any],
    *,
    csv: bool = False,
    besides: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if csv:
        content["text/csv"] = {"schema": {"type": "string"}}
    problems = {**_PROBLEMS, **(besides or {})}
    return {
        "get": {
            "summary": summary,
            "parameters": list(parameters),
            "responses": {
                "200": {"description": "What was asked.", "content": content},
                "304": {"description": "Nothing was written since it was asked."},
                **{
                    str(status): {
                        "description": text,
                        "content": {"application/problem+json": {"schema": problem}},
                    }
                    for status, text in problems.items()
                },
            },
        }
    }


def _parameters(resource: Resource) -> list[dict[str, Any]]:
    fields = [each.name for each in resource.columns]
    facets = [each.name for each in resource.columns if each.facet]
    listed: dict[str, Any] = {"style": "form", "explode": False}
    told = [
        *_filters(resource),
        _parameter(
            "sort",
            _list([sign + name for name in resource.sorts for sign in ("", "-")]),
            **listed,
        ),
        _parameter("fields", _list(fields), **listed),
        _parameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": PAGE_ROWS_MAX, "default": PAGE_ROWS},
        ),
        _parameter("cursor", {"type": "string"}),
        _parameter("count", {"type": "string", "enum": list(COUNTS), "default": "none"}),
        _parameter("watermark", {"type": "integer", "minimum": 0}),
        *_forms(),
    ]
    if facets:
        told.append(_parameter("facet", _list(facets)))
    return told


def _of_totals() -> list[dict[str, Any]]:
    month = dict(columns.MONTH.schema)
    return [
        *_filters(columns.TOTALS),
        _parameter(
            "by", {**_list(list(DIMENSIONS)), "uniqueItems": True}, style="form", explode=False
        ),
        _parameter("from", month),
        _parameter("to", month),
        _parameter("as_of", columns.DAY.schema, description="The last business day that counts."),
        _parameter(
            "known_at",
            columns.TIME.schema,
            description="What the registry learned later does not count; of a day, its beginning.",
        ),
        *_forms(),
    ]


def _forms() -> list[dict[str, Any]]:
    return [
        _parameter("format", {"type": "string", "enum": list(FORMS)}),
        _parameter("delimiter", {"type": "string", "enum": list(DELIMITERS)}),
    ]


def _filters(resource: Resource) -> list[dict[str, Any]]:
    return [
        _parameter(
            f"{column.name}__{operator}" if operator else column.name,
            {"type": "array", "items": _schema(column, operator), "minItems": 1},
        )
        for column in resource.columns
        if column.filter
        for operator in sorted(operators_of(column))
    ]


def _schema(column: Column, operator: str) -> dict[str, Any]:
    return {"type": "boolean"} if operator == "isnull" else dict(column.type.schema)


def _list(of: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string", "enum": list(of)},
        "minItems": 1,
    }


def _parameter(
    name: str, schema: Mapping[str, Any], place: str = "query", **more: Any
) -> dict[str, Any]:
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "schema": dict(schema), **required, **more}
