"""Flow Mismatching and its baselines on one picture after the other, graded alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from flowdemo.data.inspection import InspectionSplit
from flowdemo.evaluation.reference import APART, PATHS, TIMES, grading_of, mismatches, spread_over
from flowdemo.flow import solve, uniform
from flowdemo.systems.glance import laid_over
from flowdemo.systems.grading import Grading
from flowdemo.systems.mismatch import FlowMismatching
from flowdemo.systems.patch_statistics import PatchStatistics
from flowdemo.systems.rims import Rim, rims_in
from flowdemo.zoo import Model
from flowdemo.zoo.storage import read_patches

ODE_STEPS = 10  # of either way of the encode–decode baseline
METHOD = "mismatch"
NAMES = (METHOD, "one-shot", "encode-decode", "patches")
RIM_PICTURES = 32  # most that rims are measured on


class Detectors:
    """Maps of one picture by :data:`NAMES`; ``seconds`` counts the method alone.

    Args:
        model: the detector.
        times, paths: T and K.
        grading: how maps are made, for the baselines too; its rims aside.
        rimmed: whether each is freed of what the model knows that it finds near borders of normal pictures.
    """

    def __init__(
        self, model: Model, times: int = TIMES, paths: int = PATHS, grading: Grading | None = None,
        rimmed: bool = True,
    ) -> None:  # fmt: skip
        self.system, self.times, self.paths = model.system, times, paths
        grading, flow = grading or grading_of(model.manifest), model.manifest.flow if rimmed else {}
        self.gradings = {name: replace(grading, **rims_in(flow, name)) for name in NAMES}
        self.gradings["one-shot"] = replace(self.gradings["one-shot"], weight="reconstruction", glance_weight="")
        self.gradings["patches"] = replace(self.gradings["patches"], glance_share=0.0)  # there is one scale of patches
        self.patches = PatchStatistics.from_tensors(read_patches(model.folder, model.manifest))
        self.seconds = 0.0

    def __call__(self, picture: np.ndarray, seed: int) -> dict[str, Tensor]:
        """Maps ``[S, H, W]`` of a picture uint8 ``[H, W]`` or ``[H, W, 3]``, on the CPU; ``patches`` has one scale."""
        begin = time.perf_counter()
        found = mismatches(self.system, picture, self.times, self.paths, seed)
        own = self.gradings[METHOD].map(found).cpu()
        self.seconds += time.perf_counter() - begin
        state = self.system.picture_state(picture)
        others = {"encode-decode": there_and_back(self.system, state),
                  "patches": self.patches.map(state, border="inside")[None]}  # fmt: skip
        told = {METHOD: own, "one-shot": self.gradings["one-shot"].map(found)}
        told |= {name: self.gradings[name].evened(map_) for name, map_ in others.items()}
        return {name: graded.cpu() for name, graded in told.items()}


class Rims(NamedTuple):
    """By the names of detectors: of their maps of pixels, and of those of cells where there are any."""

    pixels: dict[str, Rim]
    cells: dict[str, Rim]

    def to_json(self) -> dict[str, dict[str, Any]]:
        """As entries of a manifest's ``flow``, which :func:`~flowdemo.systems.rims.rims_in` reads."""
        told = {"rims": self.pixels} | ({"glance_rims": self.cells} if self.cells else {})
        return {key: {name: rim.to_json() for name, rim in rims.items()} for key, rims in told.items()}


def rims_of(model: Model, split: InspectionSplit, seed: int = 0) -> Rims:
    """Rims of the method and of each baseline on normal pictures."""
    detectors = Detectors(model, grading=replace(grading_of(model.manifest), glance_smooth=0.0), rimmed=False)
    chosen = spread_over(split, RIM_PICTURES)
    found = [detectors(split.images[index], seed + APART * int(index)) for index in chosen]
    pixels = {name: [maps[name][0] for maps in found] for name in NAMES}
    grids = {name: [_cells(maps[name][1], model) for maps in found] for name in NAMES if len(found[0][name]) > 1}
    return Rims({name: Rim.of(maps) for name, maps in pixels.items()},
                {name: Rim.of(maps, maps[0].shape[-1]) for name, maps in grids.items()})  # fmt: skip


def _cells(laid: Tensor, model: Model) -> Tensor:
    """A map ``[H, W]`` that was laid over a picture, as cells ``[S, S]`` again."""
    return F.adaptive_avg_pool2d(laid[None], model.system.glance.glance.side)[0]


@torch.no_grad()
def there_and_back(system: FlowMismatching, picture: Tensor) -> Tensor:
    """Squared error ``[S, H, W]`` of a picture ``[C, H, W]`` after its way to t = 0 and back to t = 1 by the ODE.

    It is smoothed before it is squared as the method's disagreement is.
    """
    found = system.disagreement(_returned(system.velocity, picture) - picture)
    if system.glance is None:
        return found
    grid = system.glance.grid(picture)
    cells = system.glance.disagreement(_returned(system.glance.velocity, grid) - grid)
    return torch.cat([found, laid_over(cells, picture.shape[-2:])])


def _returned(velocity: Callable[[Tensor, float], Tensor], state: Tensor) -> Tensor:
    """``[1, C, H, W]`` of ``[C, H, W]`` after its way to t = 0 and back."""
    state = state[None]
    for times in (tuple(reversed(uniform(ODE_STEPS))), uniform(ODE_STEPS)):
        *_, last = solve("euler", velocity, state, times)
        state = last.x
    return state
