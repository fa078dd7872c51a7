"""Pictures to compare on: the inputs of the stored runs, and the ground truth of those that were drawn in code."""

from __future__ import annotations

import functools
import itertools

import numpy as np

from flowdemo.engine import Engine
from flowdemo.errors import FlowdemoError
from flowdemo.request import IMAGE_TO_MASK
from flowdemo.ui.comparison import Comparison, stored
from flowdemo.ui.comparison_families import families
from flowdemo.ui.examples import Example, examples, record_of

SEEDS = 6  # of the drawings that stored runs may have as their input
DRAWN = "Its labels were drawn with it, so that the ground truth is exact."


def pictures(engine: Engine) -> list[Example]:
    """One stored run of each picture that is given there for a mask."""
    found: dict[str, Example] = {}
    for item in examples(engine):
        if item.request.direction == IMAGE_TO_MASK and family_of(engine, item):
            found.setdefault(item.request.input, item)
    return list(found.values())


def family_of(engine: Engine, item: Example) -> str | None:
    """Key of the family whose models read the example's picture."""
    return next((key for key, family in families(engine).items() if item.model in family.models), None)


def opening_pair(engine: Engine) -> tuple[Example, Example] | None:
    """Stored runs of one picture through two models of a family; None where there is no such pair."""
    items = [item for item in examples(engine) if item.request.direction == IMAGE_TO_MASK]
    for first, second in itertools.combinations(items, 2):
        family = families(engine).get(family_of(engine, first) or "")
        same = first.request.input == second.request.input and first.model != second.model
        if same and family is not None and second.model in family.models:
            return first, second
    return None


def opening(engine: Engine) -> Comparison | None:
    """What is shown before anything was run; None where there is no pair, or one is damaged."""
    pair = opening_pair(engine)
    if pair is None:
        return None
    try:
        records = [record_of(engine, item) for item in pair]
    except FlowdemoError:
        return None
    truth = drawn_truth(engine, pair[0])
    return stored(records, truth, "" if truth is None else DRAWN)


def drawn_truth(engine: Engine, item: Example) -> np.ndarray | None:
    """Labels uint8 ``[H, W]`` of an example's picture where it is a drawing of this project, None otherwise."""
    labels = _labels_of(item.pixels.shape[:2], item.pixels.tobytes())
    palette = engine.manifest(item.model).palette
    known = {int(entry.index) for entry in (*palette.classes, *([palette.ignore] if palette.ignore else []))}
    return labels if labels is not None and set(np.unique(labels).tolist()) <= known else None


@functools.lru_cache(maxsize=16)
def _labels_of(shape: tuple[int, int], pixels: bytes) -> np.ndarray | None:
    """Labels of the drawing that is equal in every pixel."""
    from flowdemo.data.drawings import draw_cell, draw_street  # scipy, which the page need not wait for

    height, width = shape
    for seed in range(SEEDS):
        for picture, labels in (draw_street((width, height), seed), *([draw_cell(width, seed)] * (width == height))):
            if picture.shape[:2] == shape and picture.tobytes() == pixels:
                return labels
    return None
