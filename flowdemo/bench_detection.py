"""Timings of a detector: a streamed search, drawing included, against the bare network calls that it makes."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
import torch

from flowdemo.bench_timing import pair
from flowdemo.data.surfaces import draw_surface
from flowdemo.engine import Engine, Given
from flowdemo.engine.detector import Detector

SIDE = 256
PATHS, TIMES = 8, 8
WARM = 1


def row(engine: Engine, name: str, rounds: int) -> dict[str, Any]:
    """One detector on a drawn surface of 256×256 pixels at K = 8, T = 8; times in milliseconds, medians over rounds."""
    detector, surface = Detector(engine), draw_surface("weave", (SIDE, SIDE), np.random.default_rng(0))
    pixels = surface if engine.manifest(name).channels == 1 else surface[..., None].repeat(3, 2)
    given, first = Given("picture", pixels), []
    raw = {"model": name, "steps": TIMES, "settings": {"paths": PATHS}}

    def streamed() -> None:
        detection, begin = detector.open(raw, given), time.perf_counter()
        for found in detector.stream(detection):
            detector.frame_json(detection, found.index)
            if found.index == 1:
                first.append(time.perf_counter() - begin)

    bare = _bare(engine.model(name).system, given)
    for _ in range(WARM):
        bare(), streamed()
    first.clear()
    pairs = [pair(bare, streamed, swapped=bool(turn % 2)) for turn in range(rounds)]
    told = {"model": name, "bare_ms": 1000 * statistics.median(b for b, _ in pairs),
            "streamed_ms": 1000 * statistics.median(s for _, s in pairs),
            "ratio": statistics.median(s / b for b, s in pairs),
            "least_ratio": min(s for _, s in pairs) / min(b for b, _ in pairs),
            "first_map_ms": 1000 * statistics.median(first)}  # fmt: skip
    print(f"{name:24} {SIDE}×{SIDE}, K = {PATHS}, T = {TIMES}: calls {told['bare_ms']:8.1f} ms   streamed "
          f"{told['streamed_ms']:8.1f} ms   ratio {told['ratio']:.3f}, fastest rounds {told['least_ratio']:.3f}   "
          f"first map {told['first_map_ms']:7.1f} ms")  # fmt: skip
    return told


def _bare(system: Any, given: Given) -> Any:
    """The calls that one time makes of the networks, T times over, and nothing else."""
    calls: list[tuple[Any, tuple[torch.Tensor, ...]]] = []

    def noting(network: Any) -> Any:
        def noted(*given: torch.Tensor) -> torch.Tensor:
            calls.append((network, given))
            return network(*given)

        return noted

    parts = [part for part in (system, system.glance) if part is not None]
    networks = [part.network for part in parts]
    try:
        for part, network in zip(parts, networks, strict=True):
            part.network = noting(network)
        list(system.steps(system.directions[0], (system.picture_state(given.pixels), 0), 1, paths=PATHS))
    finally:
        for part, network in zip(parts, networks, strict=True):
            part.network = network

    @torch.no_grad()
    def run() -> None:
        for _ in range(TIMES):
            for network, call in calls:
                network(*call)
        if calls[0][1][0].is_cuda:
            torch.cuda.synchronize()

    return run
