"""What every measurement shares: percentiles, tables, and the load it ran under."""

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def circumstances() -> dict[str, Any]:
    """Where and when this was measured, and what else the machine was doing."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def report(name: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> None:
    """Print a table and keep it as JSON in bench/results."""
    around = circumstances()
    print(f"\n{name}   (load {around['load_average'][0]}, {around['at']})")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [[_text(row.get(column, "")) for column in columns] for row in rows]
    widths = [
        max(len(column), *(len(row[index]) for row in cells))
        for index, column in enumerate(columns)
    ]
    for line in (columns, ["-" * width for width in widths], *cells):
        print(
            "  ".join(
                text.rjust(width) for text, width in zip(line, widths, strict=True)
            )
        )
    RESULTS.mkdir(exist_ok=True)
    kept = {"name": name, **around, "rows": list(rows), **more}
    slug = name.split(":")[0].strip().replace(" ", "-")
    (RESULTS / f"{slug}.json").write_text(json.dumps(kept, indent=1) + "\n")


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._began


def spread(values: Sequence[float]) -> str:
    """The median of several runs, with the lowest and the highest."""
    return (
        f"{statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"
    )


def quick() -> bool:
    """Whether `--quick` asks for a short run that only shows that it works."""
    return "--quick" in sys.argv
