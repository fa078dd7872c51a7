"""The maps of a detection, graded as it asks, and how they travel: 8-bit grey PNGs of the square root of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flowdemo.engine.detections import Detection
from flowdemo.errors import InputError
from flowdemo.rendering import encoders

if TYPE_CHECKING:
    from torch import Tensor

    from flowdemo.systems.grading import Grading

FALLBACK = {"scores": [], "threshold": 0.25, "scale": 1.0}  # of a model without a reference


def grading_of(detection: Detection) -> Grading:
    """How the maps of a detection are made."""
    from flowdemo.systems.grading import Grading

    chosen = {key: detection.settings[key] for key in ("weight", "aggregation", "share")}
    return Grading.of(detection.manifest.flow, **chosen)


def known_of(detection: Detection) -> dict[str, Any]:
    """What the model knows of normal pictures under this weight and aggregation: scores, threshold, scale."""
    gradings = detection.manifest.scores.get("reference", {}).get("gradings", {})
    return gradings.get(f"{detection.settings['weight']}/{detection.settings['aggregation']}", FALLBACK)


def maps(detection: Detection, index: Any) -> tuple[np.ndarray, np.ndarray]:
    """The map of one time and the mean of those up to it, float32 ``[H, W]`` each; ``index`` counts from 1.

    Raises:
        InputError: there is no such time.
    """
    import torch

    _check(detection, index)
    shown = every_map(detection, index)
    return shown[-1], torch.from_numpy(shown).mean(0).numpy()


def every_map(detection: Detection, count: int) -> np.ndarray:
    """The maps of the first ``count`` times, float32 ``[count, H, W]``, all in one unit."""
    parts = _parts(detection, count)
    return grading_of(detection).shown(parts, parts).numpy()


def paths(detection: Detection, index: Any) -> np.ndarray:
    """w(t) δ_k of one time for every path, evened as the maps are, float32 ``[K, H, W]``.

    Raises:
        InputError: there is no such time.
    """
    import torch

    _check(detection, index)
    found, grading = detection.found[index - 1], grading_of(detection)
    each = grading.paths(torch.from_numpy(found.mismatch), found.t)
    return grading.shown(each, _parts(detection, index)).numpy()


def _parts(detection: Detection, count: int) -> Tensor:
    """Of every time, ``[S, count, H, W]``; worked out once for a detection."""
    import torch

    grading, graded = grading_of(detection), detection.graded
    for found in detection.found[:count]:
        if found.index not in graded:
            graded[found.index] = grading.at(torch.from_numpy(found.mismatch), found.t)
    return torch.stack([graded[found.index] for found in detection.found[:count]], 1)


def levels_of(values: np.ndarray, scale: float) -> np.ndarray:
    """A map as uint8: level = round(255 √min(value/scale, 1)), so value = scale (level/255)²."""
    return np.rint(255 * np.sqrt(np.clip(values / scale, 0, 1))).astype(np.uint8)


def encoded(values: np.ndarray, scale: float) -> str:
    """:func:`levels_of` a map as data URL."""
    return encoders.data_uri("image/png", encoders.grey_png(levels_of(values, scale)))


def _check(detection: Detection, index: Any) -> None:
    if type(index) is not int or not 1 <= index <= len(detection.found):
        raise InputError("This detection has no such time.", field="index")
