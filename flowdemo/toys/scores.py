"""How well spirals classify: fresh points, one row per number of steps, mean over the training seeds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from flowdemo.errors import InputError
from flowdemo.toys.spiral import EVALUATION, STEPS, classify, sample
from flowdemo.toys.store import Spiral

POINTS = 10_000
MAX_POINTS = 100_000
DIGITS = 5  # significant ones


def evaluate(
    spiral: Spiral, steps: Sequence[int] | None = None, solver: str = "euler", seed: int = 0, n: int = POINTS
) -> dict[str, Any]:
    """Classify fresh points with every training seed's network.

    Each network meets points and label noise of its own, drawn from ``seed`` and its training seed; they are the same
    for every number of steps and solver.

    Args:
        spiral: from ``store.load_spiral``.
        steps: numbers of steps, 1 to 1000, one row each; the paper's 1, 2, 5, 10, 20, 50 if None.
        solver: a name of ``flowdemo.flow.SOLVERS``.
        seed: of points and label noise, 0 to 4294967295.
        n: points per training seed, 2 to 100,000.

    Returns:
        ``{"model", "data", "split", "n", "solver", "seed", "seeds", "rows": [{"steps", "evaluations", "accuracy",
        "per_seed", "seconds_per_item"}]}``: ``accuracy`` is the mean of ``per_seed``, which is in the order of
        ``seeds``, all 0 to 1; ``evaluations`` is the most that a seed took (they differ for an adaptive solver only).

    Raises:
        InputError: a value is out of range.
    """
    if not 2 <= n <= MAX_POINTS:
        raise InputError(f"The spiral is scored on 2 to {MAX_POINTS} points.", field="limit")
    rows = [_row(spiral, count, solver, seed, n) for count in dict.fromkeys(steps or STEPS)]
    return {"model": spiral.manifest.name, "data": "toy:spiral", "split": "fresh points", "n": n, "solver": solver,
            "seed": seed, "seeds": list(spiral.networks), "rows": rows}  # fmt: skip


def _row(spiral: Spiral, steps: int, solver: str, seed: int, n: int) -> dict[str, Any]:
    shares, calls, seconds = [], [], 0.0
    for own, network in spiral.networks.items():
        coordinates, truth, noise = sample(n, seed, EVALUATION, own)
        begin = time.perf_counter()
        found, evaluations = classify(network, coordinates, noise, steps, solver)
        seconds += time.perf_counter() - begin
        shares.append(round(float((found == truth).mean()), DIGITS))
        calls.append(evaluations)
    per_item = float(f"{seconds / (n * len(shares)):.{DIGITS}g}")
    return {"steps": steps, "evaluations": max(calls), "accuracy": round(float(np.mean(shares)), DIGITS),
            "per_seed": shares, "seconds_per_item": per_item}  # fmt: skip
