"""Seconds of two runs back to back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def pair(first: Callable[[], Any], second: Callable[[], Any], swapped: bool) -> tuple[float, float]:
    """Seconds of both; swapped, the second is run before the first."""
    if swapped:
        late, early = timed(second), timed(first)
        return early, late
    return timed(first), timed(second)


def timed(run: Callable[[], Any]) -> float:
    """Seconds of one run."""
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin
