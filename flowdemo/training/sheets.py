"""Sample sheets: what the averaged network does to a few validation pictures, as one PNG per save."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from flowdemo.data import FolderInfo, Split, read_split
from flowdemo.errors import DataError
from flowdemo.rendering.encoders import png
from flowdemo.rendering.palette import ClassColour, Palette, safe_colours
from flowdemo.rendering.sheet import sheet
from flowdemo.rendering.views import class_map
from flowdemo.request import IMAGE_TO_LABEL
from flowdemo.systems.base import System
from flowdemo.training.recipes import Plan
from flowdemo.training.settle import label_kind
from flowdemo.zoo.kinds import PIXEL

ROWS = 4
MAX_LABELS = 10
STEPS = (1, 10)
SEEDS = (0, 1)
_CELL_PALETTE = {"background": (244, 241, 234), "cytoplasm": (120, 180, 214), "nucleus": (88, 62, 132)}


def calls(plan: Plan) -> int:
    """Network calls per picture that one sheet takes."""
    rows = ROWS if label_kind(plan.info) == PIXEL else min(MAX_LABELS, plan.info.classes)
    back = len(SEEDS) * STEPS[-1] if len(plan.kind.directions) > 1 else 0
    return rows * (1 if plan.kind.one_step else sum(STEPS) + back)


class SampleSheets:
    """Called with the averaged network after each save; writes ``<folder>/<step>.png``.

    With masks a row is: image, truth, classes after 1 and 10 steps, and two syntheses from the truth with different
    seeds. With labels of whole pictures it is: image, with its label and what was read, and two syntheses from it.

    Args:
        plan: of the training run.
        data: its data set; the pictures are spread over the split ``val``, or ``train`` where there is none.
        folder: made where it is missing. Sheets show pictures of the data, whose terms apply to them.
    """

    def __init__(self, plan: Plan, data: Path, folder: Path) -> None:
        self.plan, self.folder = plan, folder
        self.palette = display_palette(plan.info)
        split = _validation(plan, data)
        take = _spread(split)
        self.images, self.labels = split.images[take], split.labels[take]

    def __call__(self, network: nn.Module, step: int) -> Path:
        system = self.plan.system(network)
        towards_label, *back = system.directions
        columns = self._read(system, towards_label)
        for seed in SEEDS if back else ():
            end = _end(system, back[0], self.labels, STEPS[-1], self.plan.options.beta, seed)
            columns[f"from {_given(back[0])}, seed {seed}"] = list(system.picture(end))
        cells = [cell for row in zip(*columns.values(), strict=True) for cell in row]
        captions = list(columns) * len(self.images)
        if towards_label == IMAGE_TO_LABEL:
            captions[:: len(columns)] = self._captions(system)
        page = sheet(cells, captions, columns=len(columns), title=f"{self.plan.info.name}, step {step}")
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{step:07d}.png"
        path.write_bytes(png(page))
        return path

    def _read(self, system: System, direction: str) -> dict[str, list[np.ndarray]]:
        """The columns that show the way to the label."""
        if direction == IMAGE_TO_LABEL:
            return {"image": list(system.picture(system.start(direction, self.images, seeds=[0] * len(self.images))))}
        columns = {"image": list(self.images), "truth": self._coloured(self.labels)}
        for steps in self._steps(system):
            masks = system.classes(_end(system, direction, self.images, steps, 0.0, 0))
            columns[f"classes, {steps} step{'s' * (steps > 1)}"] = self._coloured(masks)
        return columns

    def _captions(self, system: System) -> list[str]:
        """``is 7, read 1, 7`` for each image: its label, and what is read after each number of steps."""
        ends = [_end(system, IMAGE_TO_LABEL, self.images, steps, 0.0, 0) for steps in self._steps(system)]
        names = self.plan.info.names
        found = [", ".join(names[c] for c in row) for row in np.stack([system.category(end) for end in ends], 1)]
        return [f"is {names[label]}, read {words}" for label, words in zip(self.labels, found, strict=True)]

    def _steps(self, system: System) -> tuple[int, ...]:
        return (1,) if self.plan.kind.one_step else STEPS

    def _coloured(self, masks: np.ndarray) -> list[np.ndarray]:
        return [class_map(mask, self.palette) for mask in masks]


def display_palette(info: FolderInfo) -> Palette:
    """Colours in which classes are shown: the set's own, or a safe set where its own are greys."""
    raw = info.palette()
    if set(info.names) == set(_CELL_PALETTE):
        colours = [_CELL_PALETTE[name] for name in info.names]
    elif all(len(set(colour)) == 1 for colour in info.colors):
        colours = safe_colours(info.classes)
    else:
        colours = list(info.colors)
    rows = zip(info.names, colours, strict=True)
    classes = tuple(ClassColour(i, name, tuple(colour)) for i, (name, colour) in enumerate(rows))
    return Palette(classes, Palette.from_json(raw).ignore)


def _validation(plan: Plan, data: Path) -> Split:
    try:
        return read_split(data, "val", plan.size)
    except DataError:
        return plan.train


def _spread(split: Split) -> np.ndarray:
    """Rows to show: spread evenly over a split of masks; one of each label, the first of it, of labelled pictures."""
    if split.labels.ndim == 1:
        return np.unique(split.labels, return_index=True)[1][:MAX_LABELS]
    return np.linspace(0, len(split) - 1, min(ROWS, len(split))).round().astype(int)


def _given(direction: str) -> str:
    return direction.split("-")[0]


def _end(system: System, direction: str, given: np.ndarray, steps: int, beta: float, seed: int) -> torch.Tensor:
    start = system.start(direction, given, beta, (seed,) * len(given))
    last = None
    for step in system.steps(direction, start, steps, "euler"):
        last = step
    return last.x
