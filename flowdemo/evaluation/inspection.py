"""Scores of anomaly detection: Flow Mismatching beside what the same network and data give without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from flowdemo.data.inspection import InspectionSplit, read_inspection
from flowdemo.errors import DataError, InputError
from flowdemo.evaluation.detectors import METHOD, NAMES, Detectors
from flowdemo.evaluation.ranking import auroc, difference_interval, grouped_interval, roc
from flowdemo.evaluation.reference import APART, PATHS, TIMES, grading_of
from flowdemo.evaluation.regions import PixelScores
from flowdemo.evaluation.runs import rounded
from flowdemo.flow.gradings import MAX_TIMES
from flowdemo.request import MAX_SEED
from flowdemo.systems.grading import Grading
from flowdemo.systems.mismatch import FlowMismatching
from flowdemo.zoo import Model

POINTS = 60  # of a stored ROC curve


def evaluate_inspection(
    model: Model, data: str | Path, split: str = "test", times: Sequence[int] | None = None, limit: int | None = None,
    seed: int = 0, settings: Mapping[str, float] | None = None, bar: bool = False, direction: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Score a detector on an inspection set.

    The baselines are smoothed, freed of their own rims, pooled to an image score and cut at the margin as the method's
    maps are: ``one-shot`` is the squared error of the reconstruction x̂₁ (the same mismatches under the weight
    (1 − t)²), ``encode-decode`` that of the picture's way to t = 0 and back by the ODE, in
    :data:`~flowdemo.evaluation.detectors.ODE_STEPS` Euler steps each, ``patches`` the distance to the statistics of
    normal patches that are stored with the model.

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
            "seed": seed, "settings": {"paths": paths}, "grading": grading.to_json(), "size": "native", "rows": rows}


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
    detectors = Detectors(model, times, paths, grading)
    scores: dict[str, list[float]] = {name: [] for name in NAMES}
    pixels = {name: PixelScores(found.info.normal) for name in NAMES}
    for index in tqdm(range(len(found)), disable=not bar, unit="picture"):
        for name, graded in detectors(found.images[index], seed + APART * index).items():
            used = detectors.gradings[name]
            shown = used.shown(graded)
            scores[name].append(used.score(shown))
            pixels[name].add(used.comparable(shown).numpy(), found.masks[index], found.kinds[index])
    told = {name: _scored(np.array(scores[name]), pixels[name], found, defective) for name in NAMES}
    own = told.pop(METHOD)
    for name, row in told.items():
        row["difference"] = difference_interval(scores[METHOD], scores[name], found.groups, defective)
    normal, other = _halves(np.array(scores[METHOD]), defective)
    curve = np.stack(roc(normal, other, POINTS), 1)
    return rounded({"steps": times, "evaluations": times * paths} | own | {
        "baselines": told, "roc": curve.round(4).tolist(), "defective_scores": [float(f"{s:.4g}") for s in other],
        "seconds_per_item": detectors.seconds / len(found)})  # fmt: skip


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
