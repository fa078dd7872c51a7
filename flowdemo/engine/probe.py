"""The pixel probe: one pixel's way through code space."""

from __future__ import annotations

from typing import Any

import numpy as np

from flowdemo.codes.codebook import HALF_RANGE
from flowdemo.engine.runs import RunRecord, path_and_chord
from flowdemo.errors import InputError
from flowdemo.flow import settling_map


def probe(record: RunRecord, sample: Any, x: Any, y: Any) -> dict[str, Any]:
    """The path of pixel (x, y), counted from the upper left.

    Returns:
        ``path`` (states in [-1, 1], one per frame), ``classes`` (nearest class indices), ``t``, ``settled`` (step of
        the final class), ``straightness`` (chord over path, 1 = straight), ``distance`` (grey levels to the nearest
        code).

    Raises:
        InputError: the pixel or the sample does not exist.
    """
    width, height = record.manifest.size
    sample = index(sample, record.request.samples, "sample")
    x, y = index(x, width, "x"), index(y, height, "y")
    codes = record.codes(sample)[:, :, y : y + 1, x : x + 1]
    classes = record.classes(sample)[:, y, x]
    length, chord = path_and_chord(codes) if len(codes) > 1 else (np.zeros((1, 1)), np.zeros((1, 1)))
    points = record.manifest.codebook.points[: record.manifest.codebook.classes]
    distance = np.linalg.norm(codes[:, :, 0, 0] - points[classes], axis=1) * HALF_RANGE
    return {
        "path": codes[:, :, 0, 0].round(4).tolist(),
        "classes": classes.tolist(),
        "t": [frame.t for frame in record.frames],
        "settled": int(settling_map(classes[:, None, None])[0, 0]),
        "straightness": float(chord[0, 0] / length[0, 0]) if length[0, 0] > 1e-6 else 1.0,
        "distance": distance.round(2).tolist(),
    }


def index(value: Any, bound: int, name: str) -> int:
    """A whole number from 0 to bound − 1.

    Raises:
        InputError: anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < bound:
        raise InputError(f"The {name} must be a whole number from 0 to {bound - 1}.", field=name)
    return value
