"""How many requests, and how long they took, for Prometheus."""

from prometheus_client import Counter, Histogram

_COUNT = Counter("cyan_http_requests", "HTTP requests", ["method", "route", "status"])
_SECONDS = Histogram(
    "cyan_http_request_seconds",
    "Time to answer HTTP requests; streams are not among them",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


class RequestMetrics:
    """Counts by route template; label look-ups are remembered, as they are slow."""

    def __init__(self) -> None:
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._timers: dict[str, Histogram] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        known = method if method in _METHODS else "other"
        key = (known, route, status)
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = _COUNT.labels(known, route, str(status))
        counter.inc()
        if "/events" in route:
            return
        timer = self._timers.get(route)
        if timer is None:
            timer = self._timers[route] = _SECONDS.labels(route)
        timer.observe(seconds)


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
