"""OpenAPI 3.1 of the REST API, made from the table that serves it."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

import msgspec
from starlette.responses import Response

from cyan.api.bodies import FORM, MULTIPART, Upload
from cyan.api.errors import Family, body_of, family_of, status_of
from cyan.api.routing import Route
from cyan.model.decisions import RefusalCode as Code
from cyan.model.decisions import Refuse

JSON = "application/json"
NO_CONTENT = 204
REF = "#/components/schemas/{name}"
FOR_ALL = (Code.RATE_LIMITED, Code.BUSY, Code.FAULT)
WITH_TOKEN = (
    Code.TOKEN_MISSING,
    Code.TOKEN_UNKNOWN,
    Code.TOKEN_EXPIRED,
    Code.SCOPE_MISSING,
    Code.MACHINE_REFUSED,
)
WITH_BODY = (Code.INVALID_BODY, Code.BODY_TOO_LARGE, Code.MEDIA_TYPE)


def openapi(table: Sequence[Route], version: str) -> dict[str, Any]:
    """Describe every endpoint: parameters, bodies, replies and refusals."""
    shapes = {
        id(shape): shape
        for route in table
        for shape in (route.body, route.query, _json_reply(route))
        if shape is not None
    }
    schemas, components = msgspec.json.schema_components(
        shapes.values(), schema_hook=_schema_of, ref_template=REF
    )
    known = dict(zip(shapes, schemas, strict=True))
    paths: dict[str, Any] = {}
    for route in table:
        described = _operation(route, known, components)
        path = route.path.replace(":path}", "}")
        paths.setdefault(path, {})[route.method.lower()] = described
    errors = {f"Error{family.name.title()}": _error(family) for family in Family}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Cyan",
            "version": version,
            "summary": "A self-hosted device cloud, wire-compatible with Particle's.",
        },
        "paths": paths,
        "components": {
            "schemas": {**components, **errors},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _json_reply(route: Route) -> Any:
    """The type of the JSON reply, None where there is none."""
    members = [
        member
        for member in (get_args(route.reply) or (route.reply,))
        if not (inspect.isclass(member) and issubclass(member, Response))
    ]
    if not members or route.reply in (None, type(None)):
        return None
    return (
        route.reply
        if len(members) == len(get_args(route.reply) or (1,))
        else (members[0])
    )


def _operation_id(route: Route) -> str:
    """The function's name, and what tells apart the endpoints that share it.

    Teams of organizations share theirs with products, parts of streams with the whole.
    """
    name = route.handler.__name__
    if route.path.startswith("/v1/orgs/{owner}/"):
        name += "_of_organization"
    if route.path.endswith("/{prefix:path}") and not name.endswith("_by_prefix"):
        name += "_by_prefix"
    return name


def _operation(
    route: Route, known: Mapping[int, Any], components: Mapping[str, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": (inspect.getdoc(route.handler) or "").partition("\n")[0],
        "tags": [route.handler.__module__.rpartition(".")[2]],
        "parameters": [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "string", "minLength": 1},
            }
            for name in route.path_kinds
        ],
        "responses": _responses(route, known),
    }
    if route.scope is not None:
        operation["security"] = [{"bearer": []}]
    if route.query is not None:
        operation["parameters"] += _query(known[id(route.query)], components)
    if route.body is not None:
        schema = {"schema": known[id(route.body)]}
        operation["requestBody"] = {
            "content": {JSON: schema, FORM: schema, MULTIPART: schema}
        }
    return operation


def _query(
    schema: Mapping[str, Any], components: Mapping[str, Any]
) -> list[dict[str, Any]]:
    shape = components[schema["$ref"].rpartition("/")[2]]
    required = shape.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": member}
        for name, member in shape["properties"].items()
    ]


def _responses(route: Route, known: Mapping[int, Any]) -> dict[str, Any]:
    responses = {str(route.status): _success(route, known)}
    families: dict[str, set[Family]] = {}
    codes: dict[str, list[str]] = {}
    for code in dict.fromkeys(_refusals(route)):
        status = str(status_of(code, route.family))
        families.setdefault(status, set()).add(family_of(code, route.family))
        codes.setdefault(status, []).append(code.value)
    for status, found in families.items():
        refs = [
            {"$ref": REF.format(name=f"Error{family.name.title()}")}
            for family in sorted(found)
        ]
        schema = refs[0] if len(refs) == 1 else {"oneOf": refs}
        responses[status] = {
            "description": ", ".join(codes[status]),
            "content": {JSON: {"schema": schema}},
        }
    return responses


def _refusals(route: Route) -> Iterable[Code]:
    yield from route.refusals
    if route.scope is not None:
        yield from WITH_TOKEN
    if route.body is not None:
        yield from WITH_BODY
    elif route.query is not None:
        yield Code.INVALID_BODY
    yield from FOR_ALL


def _success(route: Route, known: Mapping[int, Any]) -> dict[str, Any]:
    if route.status == NO_CONTENT:
        return {"description": "Done; no body."}
    shape = _json_reply(route)
    if shape is None:
        kind = "text/event-stream" if "/events" in route.path else "text/plain"
        return {"description": "Done", "content": {kind: {}}}
    content: dict[str, Any] = {JSON: {"schema": known[id(shape)]}}
    if shape is not route.reply:
        content["text/plain"] = {}
    return {"description": "Done", "content": content}


def _schema_of(kind: type) -> dict[str, Any]:
    if kind is Upload:
        return {"type": "string", "contentMediaType": "application/octet-stream"}
    raise NotImplementedError(kind)  # by which msgspec refuses a type without a schema


def _error(family: Family) -> dict[str, Any]:
    sample = body_of(Refuse(Code.INVALID_BODY, "", rule="", remedy=""), family)
    if family is Family.PERMISSION:
        sample = body_of(Refuse(Code.DEVICE_UNKNOWN, "", rule="", remedy=""), family)
    kinds = {
        bool: {"type": "boolean"},
        str: {"type": "string"},
        list: {"type": "array", "items": {"type": "string"}},
    }
    return {
        "type": "object",
        "properties": {name: kinds[type(value)] for name, value in sample.items()},
        "required": [name for name in sample if name not in ("rule", "remedy")],
    }
