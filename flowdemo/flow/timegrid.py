"""Time grids: the N + 1 times at which a trajectory is reported, as Python floats."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

from flowdemo.errors import InputError

TimeGrid: TypeAlias = tuple[float, ...]


def uniform(n: int) -> TimeGrid:
    """Return the n + 1 times t_i = i / n, from exactly 0.0 to exactly 1.0.

    Args:
        n: number of steps (intervals), an integer of at least 1. The upper bound belongs to the system.

    Raises:
        InputError: n is not an integer or is below 1 (field ``"steps"``).
    """
    count = step_count(n)
    return tuple(i / count for i in range(count + 1))


def reversed_grid(grid: TimeGrid) -> TimeGrid:
    """Return the same times in the opposite order; the same solver then integrates backwards."""
    return grid[::-1]


def step_count(n: int) -> int:
    """Return n as a plain int of at least 1; bool, float and text are refused.

    Raises:
        InputError: n is not an integer or is below 1 (field ``"steps"``).
    """
    try:
        count = 0 if isinstance(n, bool) else operator.index(n)
    except TypeError:
        count = 0
    if count < 1:
        raise InputError("The number of steps must be a whole number of at least 1.", field="steps")
    return count


def validate_grid(grid: Sequence[float]) -> TimeGrid:
    """Return the grid as a tuple of Python floats: two or more finite times, strictly rising or falling.

    Raises:
        InputError: anything else (field ``"steps"``).
    """
    times = tuple(float(t) for t in grid)
    if len(times) < 2:
        raise InputError("A time grid needs at least two times; ask for at least 1 step.", field="steps")
    gaps = [b - a for a, b in pairwise(times)]
    monotone = all(gap > 0 for gap in gaps) or all(gap < 0 for gap in gaps)
    if not (monotone and all(map(math.isfinite, times))):
        raise InputError("The times of a grid must be finite and strictly rise or fall.", field="steps")
    return times
