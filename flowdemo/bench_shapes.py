"""Timings of the shape priors on one star of 128×128 pixels, beside what they aim at on two cores."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from flowdemo.bench_timing import timed
from flowdemo.data.silhouettes import silhouette
from flowdemo.systems.contourflow import constrained, evidence, tangent
from flowdemo.systems.convexity import curvature_flow
from flowdemo.systems.distance import signed_distance
from flowdemo.systems.levelscan import line_scan

SIDE, EDGE = 128, 4.0  # pixels: of the field, and the width of its edge for the curvature flow
ITERATIONS = 50
NOISE = 2.0  # of the logits, whose signal is ±1
# Name → milliseconds aimed at, and how many of what is timed one run holds.
AIMS = {"line scan": (20.0, 1), "curvature flow, an iteration": (5.0, ITERATIONS), "contour flow, 50 iterations":
        (300.0, 1)}  # fmt: skip


def rows(rounds: int) -> list[dict[str, Any]]:
    """One row for each of :data:`AIMS`, printed as well; milliseconds: the median over rounds, the fastest round, and
    ``cpu_ms``, the median of what the processor spent on it, which other work on the machine stretches less."""
    return [_row(name, run, rounds) for name, run in _runs().items()]


def _runs() -> dict[str, Callable[[], Any]]:
    """What is timed, without gradients, in the order of :data:`AIMS`."""
    mask = torch.from_numpy(silhouette("star", SIDE, 0.0).astype(np.float32))[None, None]
    soft = torch.from_numpy(silhouette("star", SIDE, EDGE).astype(np.float32))[None, None]
    logits, along = evidence(mask, NOISE, 0), tangent(signed_distance(mask))
    found = (lambda: line_scan(mask), lambda: curvature_flow(soft, ITERATIONS),
             lambda: constrained(logits, along, ITERATIONS))  # fmt: skip
    return dict(zip(AIMS, found, strict=True))


@torch.no_grad()
def _row(name: str, run: Callable[[], Any], rounds: int) -> dict[str, Any]:
    aim, parts = AIMS[name]
    run()
    taken, spent = [], []
    for _ in range(rounds):
        begin = time.process_time()
        taken.append(1000 * timed(run) / parts)
        spent.append(1000 * (time.process_time() - begin) / parts)
    told = {"shape": name, "ms": statistics.median(taken), "least_ms": min(taken), "cpu_ms": statistics.median(spent),
            "aim_ms": aim}  # fmt: skip
    print(f"{name:30} {SIDE}×{SIDE}: {told['ms']:7.2f} ms, fastest {told['least_ms']:7.2f} ms, processor "
          f"{told['cpu_ms']:7.2f} ms, aim {aim:g} ms")  # fmt: skip
    return told
