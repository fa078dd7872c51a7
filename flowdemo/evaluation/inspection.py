"""Scores of anomaly detection: Flow Mismatching beside what the same network and data give without it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from flowdemo.data.inspection import InspectionSplit, read_inspection
from flowdemo.errors import DataError, InputError
from flowdemo.evaluation.ranking import auroc, difference_interval, grouped_interval, roc
from flowdemo.evaluation.reference import APART, PATHS, TIMES, grading_of, mismatches
from flowdemo.evaluation.regions import PixelScores
from flowdemo.evaluation.runs import rounded
from flowdemo.flow import solve, uniform
from flowdemo.flow.gradings import MAX_TIMES
from flowdemo.request import MAX_SEED
from flowdemo.systems.mismatch import FlowMismatching, Grading, smoothed
from flowdemo.systems.patch_statistics import PatchStatistics
from flowdemo.zoo import Model
from flowdemo.zoo.storage import read_patches

ODE_STEPS = 10  # of either way of the encode–decode baseline
METHOD = "mismatch"
NAMES = (METHOD, "one-shot", "encode-decode", "patches")
POINTS = 60  # of a stored ROC curve


def evaluate_inspection(
    model: Model, data: str | Path, split: str = "test", times: Sequence[int] | None = None, limit: int | None = None,
    seed: int = 0, settings: Mapping[str, float] | None = None, bar: bool = False, direction: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Score a detector on an inspection set.

    The baselines are smoothed, pooled to an image score and cut at the margin as the method's maps are: ``one-shot`` is
    the squared error of the reconstruction x̂₁ (the same mismatches under the weight (1 − t)²), ``encode-decode`` that
    of the picture's way to t = 0 and back by the ODE, :data:`ODE_STEPS` Euler steps each, ``patches`` the distance to
    the statistics of normal patches that are stored with the model.

    Args:
        model, data, split, limit, seed, bar, direction: see :func:`~flowdemo.evaluation.protocol.evaluate`.
        times: T, one row each; 8 if None.
        settings: ``paths``, K.

    Returns:
        ``{"model", "data", "split", "n", "settings", "grading", "rows": [{"steps": T, "evaluations", "image_auroc",
        "interval", "pixel_auroc", "aupro", "per_kind", "baselines", "roc", "seconds_per_item"}]}``; intervals of 95 %
        over groups of pictures of one surface. A baseline has the same scores and ``difference``, the interval of the
        method's image AUROC minus its own.

    Raises:
        DataError: the set cannot be read, or has no normal or no defective pictures in this split.
        InputError: a number of times or paths, a setting or a seed that the system does not have.
    """
    if direction not in (None, *model.system.directions):
        raise InputError(f"The model {model.name!r} runs {model.system.directions[0]}, not {direction!r}.", "direction")
    times, paths = _asked(times, settings or {})
    if not 0 <= seed <= MAX_SEED:
        raise InputError(f"The seed must be a whole number from 0 to {MAX_SEED}.", field="seed")
    found = read_inspection(data, split, limit)
    defective = np.array([kind != found.info.normal for kind in found.kinds])
    if defective.all() or not defective.any():
        raise DataError(f"The split {split!r} of {found.info.name!r} needs normal and defective pictures.")
    grading = grading_of(model.manifest)
    rows = [_row(model, found, defective, count, paths, grading, seed, bar) for count in times]
    return {"model": model.name, "data": found.info.name, "split": split, "n": len(found), "direction": "detect",
            "seed": seed, "settings": {"paths": paths}, "grading": asdict(grading), "size": "native", "rows": rows}


def _asked(times: Sequence[int] | None, settings: Mapping[str, float]) -> tuple[tuple[int, ...], int]:
    option = FlowMismatching.options[0]
    wanted = tuple(dict.fromkeys(times or (TIMES,)))
    if any(not 1 <= count <= MAX_TIMES for count in wanted):
        raise InputError(f"The number of times must be 1 to {MAX_TIMES}.", field="steps")
    if unknown := sorted(set(settings) - {option.name}):
        raise InputError(f"Flow Mismatching has no setting {unknown[0]!r}; it has: {option.name}.", field="set")
    paths = settings.get(option.name, PATHS)
    if paths not in range(int(option.low), int(option.high) + 1):
        raise InputError(f"The number of paths must be {option.low:g} to {option.high:g}.", field="set")
    return wanted, int(paths)


def _row(
    model: Model, found: InspectionSplit, defective: np.ndarray, times: int, paths: int, grading: Grading, seed: int,
    bar: bool,
) -> dict[str, Any]:  # fmt: skip
    detectors = _Detectors(model, times, paths, grading)
    scores: dict[str, list[float]] = {name: [] for name in NAMES}
    pixels = {name: PixelScores(found.info.normal) for name in NAMES}
    for index in tqdm(range(len(found)), disable=not bar, unit="picture"):
        for name, graded in detectors(found.images[index], seed + APART * index).items():
            scores[name].append(grading.score(graded))
            pixels[name].add(grading.comparable(graded).numpy(), found.masks[index], found.kinds[index])
    told = {name: _scored(np.array(scores[name]), pixels[name], found, defective) for name in NAMES}
    own = told.pop(METHOD)
    for name, row in told.items():
        row["difference"] = difference_interval(scores[METHOD], scores[name], found.groups, defective)
    normal, other = _halves(np.array(scores[METHOD]), defective)
    curve = np.stack(roc(normal, other, POINTS), 1)
    return rounded({"steps": times, "evaluations": times * paths} | own | {
        "baselines": told, "roc": curve.round(4).tolist(), "defective_scores": [float(f"{s:.4g}") for s in other],
        "seconds_per_item": detectors.seconds / len(found)})  # fmt: skip


class _Detectors:
    """The method and its baselines on one picture after the other; ``seconds`` counts the method alone."""

    def __init__(self, model: Model, times: int, paths: int, grading: Grading) -> None:
        self.system, self.times, self.paths, self.grading = model.system, times, paths, grading
        self.one_shot = replace(grading, weight="reconstruction")
        self.patches = PatchStatistics.from_tensors(read_patches(model.folder, model.manifest))
        self.seconds = 0.0

    def __call__(self, picture: np.ndarray, seed: int) -> dict[str, Tensor]:
        """Maps ``[H, W]`` by name, on the CPU."""
        begin = time.perf_counter()
        found = mismatches(self.system, picture, self.times, self.paths, seed)
        own = self.grading.map(found).cpu()
        self.seconds += time.perf_counter() - begin
        state = self.system.picture_state(picture)
        others = {"one-shot": self.one_shot.map(found)} | {
            name: smoothed(baseline, self.grading.smooth)
            for name, baseline in (("encode-decode", there_and_back(self.system, state)),
                                   ("patches", self.patches.map(state, border="inside")))
        }  # fmt: skip
        return {METHOD: own} | {name: graded.cpu() for name, graded in others.items()}


@torch.no_grad()
def there_and_back(system: FlowMismatching, picture: Tensor) -> Tensor:
    """Squared error ``[H, W]`` of a picture ``[C, H, W]`` after its way to t = 0 and back to t = 1 by the ODE.

    It is smoothed before it is squared as the method's disagreement is.
    """
    state = picture[None]
    for grid in (tuple(reversed(uniform(ODE_STEPS))), uniform(ODE_STEPS)):
        *_, last = solve("euler", system.velocity, state, grid)
        state = last.x
    return system.disagreement(state - picture)[0]


def _scored(scores: np.ndarray, pixels: PixelScores, found: InspectionSplit, defective: np.ndarray) -> dict[str, Any]:
    """Image AUROC with its interval, pixel scores, and all of them per kind of defect."""

    def ranked(drawn: np.ndarray) -> float:
        return auroc(*_halves(scores[drawn], defective[drawn]))

    told = {"image_auroc": ranked(np.arange(len(scores))),
            "interval": grouped_interval(ranked, found.groups, defective)} | pixels.results()  # fmt: skip
    kinds = np.array(found.kinds)
    for kind, row in told["per_kind"].items():
        row["image_auroc"] = auroc(scores[~defective], scores[kinds == kind])
    return told


def _halves(scores: np.ndarray, defective: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return scores[~defective], scores[defective]
