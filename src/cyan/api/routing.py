"""The typed route: one function, its types, and what it may refuse.

A module of routes declares them on a `Routes` of its own::

    @routes("PUT /v1/things/{thing}", scope="things:update", family=Family.SINGLE,
            refusals=[Code.THING_UNKNOWN])
    async def change_thing(world: World, actor: Actor, thing: str,
                           body: Changes, query: Options) -> Thing:
        \"\"\"Change a thing.\"\"\"

Everything else is read from the annotations. `actor` is there if there is a scope;
names in braces come from the path, decoded (`{rest:path}` takes all that is left,
slashes included), as `str` or as a class with `parse`; `body` and `query` are
Structs; `request` is Starlette's, for what has no type. What is returned is encoded
as JSON, unless it is a Response; None answers 204.
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints
from urllib.parse import unquote

from cyan.api.bodies import MAX_BODY
from cyan.api.errors import Family
from cyan.model.decisions import RefusalCode

Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One endpoint.

    `status` is that of success, `max_body` counts bytes. `path_kinds` are the
    classes of the path's values; `body` and `query` are Structs or None.
    """

    method: str
    path: str
    handler: Handler
    scope: str | None
    family: Family
    refusals: tuple[RefusalCode, ...]
    status: int
    max_body: int
    path_kinds: dict[str, Any]
    body: Any
    query: Any
    reply: Any
    wants_request: bool

    @property
    def segments(self) -> list[str]:
        """The path between its slashes."""
        return self.path.split("/")[1:]


class Routes:
    """Endpoints in the order in which they were declared."""

    def __init__(self) -> None:
        self.table: list[Route] = []

    def __call__(  # noqa: PLR0913 - a route is declared in one expression
        self,
        method_path: str,
        *,
        scope: str | None,
        family: Family,
        refusals: Sequence[RefusalCode] = (),
        status: int = 200,
        max_body: int = MAX_BODY,
    ) -> Callable[[Handler], Handler]:
        """Declare an endpoint such as `POST /v1/devices`."""
        method, path = method_path.split(" ", 1)

        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            names = [
                segment[1:-1].partition(":")[0]
                for segment in path.split("/")
                if segment.startswith("{")
            ]
            lacking = [name for name in names if name not in hints]
            if lacking or (scope is not None) != ("actor" in hints):
                raise TypeError(f"{handler.__name__} and {method_path} disagree")
            self.table.append(
                Route(
                    method=method,
                    path=path,
                    handler=handler,
                    scope=scope,
                    family=family,
                    refusals=tuple(refusals),
                    status=status,
                    max_body=max_body,
                    path_kinds={name: hints[name] for name in names},
                    body=hints.get("body"),
                    query=hints.get("query"),
                    reply=hints["return"],
                    wants_request="request" in inspect.signature(handler).parameters,
                )
            )
            return handler

        return declare


@dataclass(frozen=True, slots=True)
class Found:
    """A route and the values in the path."""

    route: Route
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class OtherMethods:
    """There is something at this path, for other methods."""

    methods: tuple[str, ...]


class _Node:
    __slots__ = ("literal", "rest", "routes", "variable")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.rest: dict[str, Route] = {}
        self.routes: dict[str, Route] = {}


class Router:
    """Finds the route of a request, segment by segment; words win over values."""

    def __init__(self, table: Sequence[Route]) -> None:
        self._root = _Node()
        for route in table:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.segments:
            if segment.endswith(":path}"):
                node.rest[route.method] = route
                return
            if segment.startswith("{"):
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.literal.setdefault(segment, _Node())
        if route.method in node.routes:
            raise TypeError(f"{route.method} {route.path} is declared twice")
        node.routes[route.method] = route

    def find(self, method: str, raw_path: str) -> Found | OtherMethods | None:
        """The route for a path as it was sent, still percent-encoded.

        A path with an encoded NUL, which no text may have, leads nowhere.
        """
        if "%00" in raw_path:
            return None
        segments = raw_path.split("/")[1:]
        candidates = list(_candidates(self._root, segments, 0, ()))
        for routes, values in candidates:
            route = routes.get(method)
            if route is not None:
                named = dict(zip(route.path_kinds, values, strict=True))
                return Found(route, named)
        methods = {name for routes, _ in candidates for name in routes}
        return OtherMethods(tuple(sorted(methods))) if methods else None


def _candidates(
    node: _Node, segments: list[str], at: int, values: tuple[str, ...]
) -> "list[tuple[dict[str, Route], tuple[str, ...]]]":
    """All endpoints whose pattern fits, the most literal first."""
    if at == len(segments):
        return [(node.routes, values)] if node.routes else []
    segment = segments[at]
    found = []
    if segment in node.literal:
        found += _candidates(node.literal[segment], segments, at + 1, values)
    if node.variable is not None and segment:
        value = unquote(segment)
        found += _candidates(node.variable, segments, at + 1, (*values, value))
    if node.rest:
        rest = unquote("/".join(segments[at:]))
        found.append((node.rest, (*values, rest)))
    return found
