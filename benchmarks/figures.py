"""Summing up what was measured and saying it: percentiles, targets, one JSON document or plain lines."""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import TYPE_CHECKING

import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_STARTED = time.monotonic()


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values lie at or below, interpolated."""
    ordered = sorted(values)
    position = (len(ordered) - 1) * percent / 100
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def latencies(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile in milliseconds."""
    return {f"p{percent}_ms": round(percentile(seconds, percent) * 1000, 2) for percent in (50, 95, 99)}


def median_seconds(measure: Callable[[], float], times: int) -> tuple[float, list[float]]:
    """Measure several times; returns the median and every value."""
    values = [round(measure(), 3) for _ in range(times)]
    return statistics.median(values), values


def judged(value: float, limit: float, unit: str = "", *, at_least: bool = False) -> str:
    """A figure with its target and whether it meets it."""
    met = value >= limit if at_least else value <= limit
    sign = ">=" if at_least else "<="
    space = " " if unit else ""
    return f"{value:.4g}{space}{unit} (target {sign} {limit:g}{space}{unit}: {'met' if met else 'MISSED'})"


def step(message: str) -> None:
    """Say on standard error what is going on."""
    print(f"  [{time.monotonic() - _STARTED:5.1f} s] {message}", file=sys.stderr, flush=True)


def publish(figures: Mapping[str, object], lines: Iterable[str], *, as_json: bool) -> None:
    """Write the result of a benchmark to standard output.

    Args:
        figures: Everything measured.
        lines: The same for people.
        as_json: Whether to write one JSON document instead of the lines.
    """
    if as_json:
        print(json.dumps({"machine": machine.describe(), **figures}))
        return
    print(machine.headline())
    for line in lines:
        print(line)
