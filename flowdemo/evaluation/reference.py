"""What a flow of normal pictures says of such pictures that it has not seen, so that a score means something."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from flowdemo.data.inspection import InspectionSplit
from flowdemo.evaluation.runs import rounded
from flowdemo.flow.gradings import AGGREGATIONS, WEIGHTS
from flowdemo.systems.exposure import exposed
from flowdemo.systems.grading import Grading
from flowdemo.systems.mismatch import FlowMismatching
from flowdemo.systems.patch_statistics import PatchStatistics
from flowdemo.zoo import Manifest, Model

PATHS, TIMES = 8, 8
PICTURES = 96  # most that a reference is taken from
APART = 32  # seeds between the first path of one picture and that of the next: each has noise of its own
THRESHOLD = 0.995  # share of the pixels of normal pictures that stay below the suggested threshold
SCALE = 4.0  # top of the colour scale over that threshold
KEPT = 64  # pixels of a map that quantiles are taken from, along each side


def grading_of(manifest: Manifest, **changes: Any) -> Grading:
    """The model's own grading, with changes."""
    return Grading.of(manifest.flow, **changes)


def mismatches(
    system: FlowMismatching, picture: np.ndarray, times: int = TIMES, paths: int = PATHS, seed: int = 0
) -> list[Tensor]:
    """δ ``[S, K, H, W]`` at T times of a picture uint8 ``[H, W]`` or ``[H, W, 3]``."""
    start = system.picture_state(picture), seed
    return [step.x for step in system.steps(system.directions[0], start, times, paths=paths)]


def statistics_of(split: InspectionSplit, manifest: Manifest) -> PatchStatistics:
    """Patch statistics of normal pictures as the model's network sees them."""
    pictures = [exposed(picture, manifest.channels, manifest.flow["exposure"]) for picture in split.images]
    return PatchStatistics.fit(pictures)


def spread_over(split: InspectionSplit, most: int) -> np.ndarray:
    """Indices of at most so many pictures, evenly spread over a split, int64 rising."""
    return np.unique(np.linspace(0, len(split) - 1, min(len(split), most)).astype(int))


def reference(model: Model, split: InspectionSplit, seed: int = 0) -> dict[str, Any]:
    """Scores of normal pictures for every weight and aggregation.

    Returns:
        ``{"data", "split", "n", "paths", "times", "seed", "gradings": {"noise/min": {"scores": [n], "threshold",
        "scale"}, …}}``: image scores; what :data:`THRESHOLD` of the pixels stay below; top of a colour scale.
    """
    gradings = {f"{w}/{a}": grading_of(model.manifest, weight=w, aggregation=a) for w in WEIGHTS for a in AGGREGATIONS}
    chosen = spread_over(split, PICTURES)
    scores, pixels = {key: [] for key in gradings}, {key: [] for key in gradings}
    for index in chosen:
        found = mismatches(model.system, split.images[index], seed=seed + APART * int(index))
        for key, grading in gradings.items():
            shown = grading.shown(grading.map(found))
            scores[key].append(grading.score(shown))
            pixels[key].append(_thinned(shown))
    facts = {"data": split.info.name, "split": "val", "n": len(chosen), "paths": PATHS, "times": TIMES, "seed": seed}
    return facts | {"gradings": {key: rounded(_told(scores[key], pixels[key])) for key in gradings}}


def _told(scores: list[float], pixels: list[Tensor]) -> dict[str, Any]:
    threshold = float(np.quantile(torch.cat(pixels).numpy(), THRESHOLD))
    return {"scores": [float(f"{score:.4g}") for score in scores], "threshold": threshold, "scale": SCALE * threshold}


def _thinned(found: Tensor) -> Tensor:
    rows, columns = (max(1, side // KEPT) for side in found.shape)
    return found[::rows, ::columns].flatten().cpu()
