"""What the paths of all pixels pass, as maps with numbers, and the paths of one pixel.

Both curves of a pixel are measured: x̂₁(t), where a run would end if it went straight on, which for Euler's method is
the network's prediction, and the state x_t itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from flowdemo.codes.cells import clearance, dwell, target_estimates
from flowdemo.codes.codebook import Codebook
from flowdemo.engine import RunRecord
from flowdemo.engine.probe import index
from flowdemo.rendering import encoders
from flowdemo.ui.comparison import Comparison, grey
from flowdemo.ui.widgets.fieldmaps.contract import VOID_LEVEL, Map, Pixel, Result, Seen

KINDS = ("dwell", "clearance")
CURVES = ("estimate", "state")
Measures = dict[str, dict[str, np.ndarray]]



def measure(path: np.ndarray, times: Sequence[float], codebook: Codebook, labels: np.ndarray) -> Measures:
    """``[kind][curve]`` → float ``[H, W]``, not-a-number where a pixel has no class of its own.

    Args:
        path: states ``[N + 1, 3, H, W]`` at ``times``.
        labels: own class of each pixel, uint8 ``[H, W]``.
    """
    estimates = target_estimates(path, times)
    starts = {"estimate": estimates, "state": path[:-1]}
    points = {"estimate": estimates, "state": path}
    return {
        "dwell": {curve: dwell(starts[curve], times, codebook, labels) for curve in CURVES},
        "clearance": {curve: clearance(points[curve], codebook, labels) for curve in CURVES},
    }


def result_of(comparison: Comparison) -> Result:
    """Maps of two finished runs. Without ground truth a pixel's own class is the one that its run ends in."""
    records = comparison.records
    ends = [record.classes(0)[-1] for record in records]
    own = comparison.truths or ends
    found = [measure(record.codes(0), _times(record), record.manifest.codebook, labels)
             for record, labels in zip(records, own, strict=True)]  # fmt: skip
    far = [measures["clearance"][curve] for measures in found for curve in CURVES]
    far = [values[np.isfinite(values)] for values in far]
    tops = {"dwell": 1.0, "clearance": max((float(values.max()) for values in far if values.size), default=0.0) or 1.0}
    models: list[Seen] = []
    for measures, end, labels, record in zip(found, ends, own, records, strict=True):
        known = labels < record.manifest.codebook.classes
        right = float((end == labels)[known].mean()) if comparison.truths and known.any() else None
        maps = {kind: {curve: _map(measures[kind][curve], tops[kind]) for curve in CURVES} for kind in KINDS}
        models.append({"end": grey(end), "right": right, "maps": maps})
    picture = encoders.data_uri("image/png", encoders.png(records[0].given.pixels))
    notes = " ".join(note for note in (records[0].given.note, comparison.note) if note)
    return {"picture": picture, "truth": grey(comparison.truths[0]) if comparison.truths else None, "notes": notes,
            "steps": records[0].request.steps, "tops": tops, "models": models}  # fmt: skip


def pixel_of(records: Sequence[RunRecord], truth: np.ndarray | None, x: Any, y: Any) -> Pixel:
    """Paths and measures of pixel (x, y), counted from the upper left.

    Raises:
        InputError: there is no such pixel.
    """
    width, height = records[0].manifest.size
    x, y = index(x, width, "x"), index(y, height, "y")
    here = np.s_[..., y : y + 1, x : x + 1]
    times = _times(records[0])
    told: Pixel = {"x": x, "y": y, "times": times, "own": [], "end": [], "paths": [], "dwell": [], "clearance": []}
    for record in records:
        path, book, end = record.codes(0)[here], record.manifest.codebook, record.classes(0)[-1][here]
        labels = end if truth is None else truth[here]
        found = measure(path, times, book, labels)
        told["own"].append(int(labels[0, 0]) if labels[0, 0] < book.classes else None)
        told["end"].append(int(end[0, 0]))
        curves = {"estimate": target_estimates(path, times), "state": path}
        told["paths"].append({name: points[:, :, 0, 0].round(4).tolist() for name, points in curves.items()})
        for kind in KINDS:
            told[kind].append({curve: _number(float(found[kind][curve][0, 0])) for curve in CURVES})
    return told


def _times(record: RunRecord) -> list[float]:
    return [float(frame.t) for frame in record.frames]


def _map(values: np.ndarray, top: float) -> Map:
    known = np.isfinite(values)
    levels = np.full(values.shape, VOID_LEVEL, np.uint8)
    levels[known] = np.rint(np.clip(values[known] / top, 0, 1) * (VOID_LEVEL - 1))
    mean, median = (_number(float(count(values[known]))) if known.any() else None for count in (np.mean, np.median))
    return {"levels": grey(levels), "mean": mean, "median": median}


def _number(value: float) -> float | None:
    return round(value, 6) if np.isfinite(value) else None
