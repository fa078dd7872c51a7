"""Segmenters of single objects on patches with noise: one row of contour scores per level of noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from flowdemo.data import read_info, read_split
from flowdemo.errors import DataError, InputError
from flowdemo.evaluation.contours import contour_scores, mean_scores
from flowdemo.evaluation.runs import Clock
from flowdemo.request import IMAGE_TO_MASK, MAX_SEED
from flowdemo.systems.convexity_measures import defect
from flowdemo.systems.shape_models import PRIORS, evened
from flowdemo.zoo import Model

LEVELS = (0.0, 0.1, 0.2, 0.4)
BATCH = 64
MOST_NOISE = 10.0


def evaluate_shapes(
    model: Model, data: str | Path, split: str = "test", noise: Sequence[float] | None = None,
    limit: int | None = None, seed: int = 0, settings: Mapping[str, Any] | None = None, bar: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Score a segmenter of single objects.

    Each patch is brought to [0, 1] first. Then Gaussian noise is added that patch i draws from the seed ``seed + i``:
    the same at every level but for its size. Nothing is clipped.

    Args:
        model: of :mod:`flowdemo.systems.shape_models`.
        data: a set of two classes with masks.
        split: name of the split.
        noise: standard deviations, one row each; :data:`LEVELS` if None.
        limit: only the first so many patches.
        seed: of the noise.
        settings: ``prior``, one of :data:`~flowdemo.systems.shape_models.PRIORS` in the place of the model's own.
        bar: show a progress bar.

    Returns:
        As :func:`~flowdemo.evaluation.protocol.evaluate`, its rows with ``noise`` in the place of ``steps``. Scores are
        means over patches: those of :func:`~flowdemo.evaluation.contours.contour_scores`, in pixels from ``bd`` on, and
        ``convexity_defect`` of the mask's largest part, whose median is told too. ``empty`` counts patches with no
        mask: their Dice is 0, and their contours are left out.

    Raises:
        DataError: the set is missing or unreadable, or its classes or patches are not the model's.
        InputError: a level, limit, seed or setting that cannot be.
    """
    levels, prior = _levels(noise), _prior(model, settings or {})
    if not 0 <= seed <= MAX_SEED or (limit is not None and limit < 1):
        raise InputError(f"The seed is 0 to {MAX_SEED}, and the limit at least 1.", field="limit")
    info = read_info(data)
    if info.classes != len(model.manifest.palette.classes):
        raise DataError(f"The data {info.name!r} has {info.classes} classes, but {model.name!r} knows two.")
    found = read_split(data, split, model.manifest.size, limit)
    rows = []
    with tqdm(total=len(found) * len(levels), disable=not bar, unit="patch") as shown:
        for level in levels:
            rows.append(_row(model, evened(found.images), found.labels == 1, level, prior, seed, shown))
    return {"model": model.name, "data": info.name, "split": split, "n": len(found), "direction": IMAGE_TO_MASK,
            "seed": seed, "settings": {"prior": prior}, "size": list(model.manifest.size), "rows": rows}  # fmt: skip


def noise_of(shape: Sequence[int], seeds: Sequence[int]) -> Tensor:
    """Standard normal noise ``[B, *shape]``, each sample from its own seed, drawn on the CPU."""
    return torch.stack([torch.randn(tuple(shape), generator=torch.Generator().manual_seed(seed)) for seed in seeds])


def _row(
    model: Model, levels: Tensor, truths: np.ndarray, noise: float, prior: str, seed: int, shown: tqdm
) -> dict[str, Any]:
    clock, scores, defects, empty = Clock(), [], [], 0
    for first, batch in _batches(levels):
        drawn = noise_of(batch.shape[1:], range(seed + first, seed + first + len(batch)))
        with clock.of(1, len(batch)):
            u = model.system.soft((batch + noise * drawn).to(model.device), prior)
            masks = (u[:, 0] >= 0.5).cpu().numpy()
        clock.asked(1, 1)
        for truth, mask in zip(truths[first : first + len(batch)], masks, strict=True):
            scores.append(contour_scores(truth, mask))
            defects.append(defect(mask))
            empty += not mask.any()
        shown.update(len(batch))
    told = {"noise": float(noise)} | mean_scores(scores)
    told |= {"convexity_defect": float(np.mean(defects)), "median_defect": float(np.median(defects)), "empty": empty}
    row = clock.row(1, told)
    return {key: row[key] for key in (*told, "evaluations", "seconds_per_item")}


def _batches(levels: Tensor) -> Iterator[tuple[int, Tensor]]:
    for first in range(0, len(levels), BATCH):
        yield first, levels[first : first + BATCH]


def _levels(noise: Sequence[float] | None) -> tuple[float, ...]:
    levels = LEVELS if noise is None else tuple(dict.fromkeys(noise))
    if not levels or not all(0 <= level <= MOST_NOISE for level in levels):
        raise InputError(f"The standard deviation of the noise is 0 to {MOST_NOISE:g}.", field="noise")
    return levels


def _prior(model: Model, settings: Mapping[str, Any]) -> str:
    other = [key for key in settings if key != "prior"]
    if other:
        raise InputError(f"The model {model.name!r} has no setting {other[0]!r}.", field="set")
    prior = str(settings.get("prior", model.system.prior))
    if prior not in PRIORS:
        raise InputError(f"There is no prior {prior[:40]!r}; there are: {', '.join(PRIORS)}.", field="set")
    return prior
