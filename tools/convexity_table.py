"""Print how near each solver of the convexity prior comes to the convex hull of shapes drawn in code.

    python tools/convexity_table.py [--flow] [--projection] [--size 128]

Numbers are the intersection over union of the result and the hull of pixel centres, of hard masks for the solvers that
compare grey levels. ``--flow`` adds the curvature flow (edges of 4 pixels, some minutes), ``--projection`` the gradient
descent on logits. Both are cut at one half. The last line tells the time of a run on the star, on one thread.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flowdemo.data.silhouettes import signed_distance, silhouette
from flowdemo.systems.convexity import curvature_flow
from flowdemo.systems.convexity_measures import hull_iou
from flowdemo.systems.convexity_projection import RECOMMENDED, REFERENCE, project
from flowdemo.systems.levelscan import line_scan, midpoint

SHAPES = ("star", "annulus", "pac-man", "two discs", "disc")
SOLVERS: dict[str, Callable[[Tensor], Tensor]] = {
    **{f"midpoint r = {r}": lambda u, r=r: midpoint(u, r) for r in (1, 2, 5, 15, 30)},
    **{f"line scan m = {m}": lambda u, m=m: line_scan(u, m) for m in (1, 3, 5, 8)},
}


def row(name: str, fields: list[Tensor], masks: list[np.ndarray]) -> None:
    scores = [hull_iou(u[0, 0].numpy() >= 0.5, mask) for u, mask in zip(fields, masks, strict=True)]
    print(f"{name:28s}" + "".join(f"{score:11.3f}" for score in scores), flush=True)


def main(flow: bool, projection: bool, size: int) -> None:
    masks = [signed_distance(shape, size) >= 0 for shape in SHAPES]
    hard = [torch.from_numpy(mask)[None, None].float() for mask in masks]
    print(" " * 28 + "".join(f"{shape:>11s}" for shape in SHAPES))
    row("as drawn", hard, masks)
    for name, solve in SOLVERS.items():
        row(name, [solve(u) for u in hard], masks)
    if flow:
        soft = [torch.from_numpy(silhouette(shape, size, 4.0))[None, None] for shape in SHAPES]
        for done, more in ((500, 500), (2000, 1500), (8000, 6000)):
            soft = [curvature_flow(u, more) for u in soft]
            row(f"curvature flow, {done}", soft, masks)
    if projection:
        logits = [torch.from_numpy(signed_distance(shape, size) / 4)[None, None].clamp(-8, 8) for shape in SHAPES]
        for name, recipe, count in (("recommended, 500", RECOMMENDED, 500), ("reference, 100", REFERENCE, 100)):
            row(f"projection, {name}", [project(o, count, recipe).sigmoid() for o in logits], masks)
    print("; ".join(f"{name} {1000 * seconds(hard[0], solve):.0f} ms" for name, solve in SOLVERS.items()))


def seconds(u: Tensor, solve: Callable[[Tensor], Tensor]) -> float:
    start = time.process_time()
    solve(u)
    return time.process_time() - start


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flow", action="store_true")
    parser.add_argument("--projection", action="store_true")
    parser.add_argument("--size", type=int, default=128)
    given = parser.parse_args()
    torch.set_num_threads(1)
    main(given.flow, given.projection, given.size)
