"""From the result of one run to the input of the run back, and what is left of the input after both."""

from __future__ import annotations

from typing import Any

import numpy as np

from flowdemo.engine.given import Given
from flowdemo.engine.probe import index
from flowdemo.engine.products import result_picture
from flowdemo.engine.runs import RunRecord
from flowdemo.errors import InputError
from flowdemo.request import TO_IMAGE


def result_of(record: RunRecord, sample: Any = 0) -> Given:
    """What a finished run arrived at, as an input: a picture, a mask or a class.

    Raises:
        InputError: the run has not arrived, or has no such sample.
    """
    sample = index(sample, record.request.samples, "sample")
    if record.summary is None or record.summary.status != "done":
        raise InputError("Let the run end first; its result is what goes back.", field="run")
    if record.request.direction in TO_IMAGE:
        return Given("picture", result_picture(record, sample))
    if record.manifest.levels:
        return Given("label", record.labels(sample)[-1:].astype(np.uint8))
    return Given("mask", record.classes(sample)[-1])


def way_back(record: RunRecord, sample: int = 0) -> dict[str, Any]:
    """Entries of the recipe for the run back: the other direction, with the same solver, steps and seed.

    Raises:
        InputError: the model has one direction only.
    """
    request = record.request
    others = [d for d in record.manifest.kind.directions if d != request.direction]
    if not others:
        raise InputError(f"{record.manifest.label} has one direction only, and no way back.", field="direction")
    return {"model": request.model, "direction": others[0], "steps": request.steps, "solver": request.solver,
            "seed": request.seeds[sample], "settings": dict(request.settings)}  # fmt: skip


def kept(there: RunRecord, back: RunRecord) -> dict[str, float]:
    """The cycle error: how the result of the run back differs from what was given at first.

    Returns:
        For pictures ``difference``, the mean absolute difference in grey levels (0 to 255), and ``flat``, the same for
        a picture that has the mean colour of the given one everywhere. For masks ``agreement``, the share of labelled
        pixels with the same class, and ``miou`` over the classes present in either, both 0 to 1. For classes ``same``,
        1 or 0.
    """
    given, again = there.given, result_of(back)
    if given.kind == "label":
        return {"same": float(given.label == again.label)}
    if given.kind == "mask":
        return _agreement(given.pixels, again.pixels, len(there.manifest.palette.classes))
    picture = given.pixels.astype(np.float32)
    flat = picture.mean((0, 1))
    return {"difference": float(np.abs(picture - again.pixels).mean()), "flat": float(np.abs(picture - flat).mean())}


def difference_map(there: RunRecord, back: RunRecord) -> np.ndarray:
    """Where they differ, uint8 ``[H, W]``: mean over colours of the absolute difference; 255 for another class."""
    given, again = there.given.pixels, result_of(back).pixels
    if there.given.kind == "mask":
        labelled = given < len(there.manifest.palette.classes)
        return np.where(labelled & (given != again), 255, 0).astype(np.uint8)
    return np.abs(given.astype(np.float32) - again).mean(2).round().astype(np.uint8)


def _agreement(given: np.ndarray, again: np.ndarray, classes: int) -> dict[str, float]:
    labelled = given < classes
    ours, theirs = given[labelled], again[labelled]
    if not ours.size:
        return {"agreement": 0.0, "miou": 0.0}
    ious = []
    for c in np.union1d(ours, theirs):
        either = ((ours == c) | (theirs == c)).sum()
        ious.append(((ours == c) & (theirs == c)).sum() / either)
    return {"agreement": float((ours == theirs).mean()), "miou": float(np.mean(ious))}
