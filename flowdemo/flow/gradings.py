"""How mismatches of a flow are weighed over time and combined over paths: names and numbers, for any room."""

from __future__ import annotations

from collections.abc import Callable

# w(t) of equation (3) in flowdemo.systems.grading, for numbers and arrays of times
WEIGHTS: dict[str, Callable] = {
    "noise": lambda t: t**2,
    "velocity": lambda t: t**0,
    "reconstruction": lambda t: (1 - t) ** 2,
}
AGGREGATIONS = ("min", "mean", "order")
POOLINGS = ("peak", "contrast")  # of a map to the image score, see flowdemo.systems.grading
MAX_PATHS, MAX_TIMES = 32, 32


def inner_times(count: int) -> tuple[float, ...]:
    """t_j = j/(T + 1), inside (0, 1): at its ends a mismatch says nothing."""
    return tuple(j / (count + 1) for j in range(1, count + 1))
