"""What operators and programs ask about the server itself."""

from typing import Any

from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.interfaces import World
from cyan.model.decisions import RefusalCode as Code

routes = Routes()


class Health(Struct):
    """It works."""

    ok: bool = True


@routes("GET /healthz", scope=None, family=Family.SINGLE)
async def tell_alive(world: World) -> Health:
    """Tell that the process is alive."""
    return Health()


@routes("GET /readyz", scope=None, family=Family.SINGLE, refusals=(Code.BUSY,))
async def tell_ready(world: World) -> Health:
    """Tell whether requests can be served: the store answers."""
    await world.store.read(lambda tx: tx.accounts.count_operators())
    return Health()


@routes("GET /openapi.json", scope=None, family=Family.SINGLE)
async def tell_openapi(world: World, request: Request) -> dict[str, Any]:
    """Tell what this API takes and answers, as OpenAPI 3.1."""
    described: dict[str, Any] = request.state.describe()
    return described


@routes("GET /metrics", scope=None, family=Family.SINGLE)
async def tell_metrics(world: World) -> Response:
    """Tell the metrics in Prometheus's text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
