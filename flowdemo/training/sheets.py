"""Sample sheets: what the averaged network does to a few validation pictures, as one PNG per save."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from flowdemo.data import FolderInfo, SegmentationSplit, read_segmentation
from flowdemo.errors import DataError
from flowdemo.rendering.encoders import png
from flowdemo.rendering.palette import ClassColour, Palette, safe_colours
from flowdemo.rendering.sheet import sheet
from flowdemo.rendering.views import class_map
from flowdemo.systems.base import IMAGE_TO_MASK, MASK_TO_IMAGE, System
from flowdemo.systems.discriminative import Discriminative
from flowdemo.systems.semflow import SemFlow
from flowdemo.training.recipes import Plan

ROWS = 4
STEPS = (1, 10)
SEEDS = (0, 1)
CALLS = ROWS * (sum(STEPS) + len(SEEDS) * STEPS[-1])  # network calls per picture that one sheet of a flow takes
_CELL_PALETTE = {"background": (244, 241, 234), "cytoplasm": (120, 180, 214), "nucleus": (88, 62, 132)}


class SampleSheets:
    """Called with the averaged network after each save; writes ``<folder>/<step>.png``.

    A row is: image, truth, classes after 1 and 10 steps, and two syntheses from the truth with different seeds.

    Args:
        plan: of the training run.
        data: its data folder; the pictures are spread over the split ``val``, or ``train`` where there is none.
        folder: made where it is missing. Sheets show pictures of the data, whose terms apply to them.
    """

    def __init__(self, plan: Plan, data: Path, folder: Path) -> None:
        self.plan, self.folder = plan, folder
        self.palette = display_palette(plan.info)
        split = _validation(plan, data)
        take = np.linspace(0, len(split) - 1, min(ROWS, len(split))).round().astype(int)
        self.images, self.labels = split.images[take], split.labels[take]

    def __call__(self, network: nn.Module, step: int) -> Path:
        system = system_of(self.plan, network)
        columns = {"image": list(self.images), "truth": self._coloured(self.labels)}
        for steps in STEPS if system.directions[-1] == MASK_TO_IMAGE else (1,):
            masks = system.classes(_end(system, IMAGE_TO_MASK, self.images, steps, 0.0, 0))
            columns[f"classes, {steps} step{'s' * (steps > 1)}"] = self._coloured(masks)
        for seed in SEEDS if system.directions[-1] == MASK_TO_IMAGE else ():
            end = _end(system, MASK_TO_IMAGE, self.labels, STEPS[-1], self.plan.options.beta, seed)
            columns[f"from mask, seed {seed}"] = list(system.picture(end))
        cells = [cell for row in zip(*columns.values(), strict=True) for cell in row]
        captions = list(columns) * len(self.images)
        page = sheet(cells, captions, columns=len(columns), title=f"{self.plan.info.name}, step {step}")
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{step:07d}.png"
        path.write_bytes(png(page))
        return path

    def _coloured(self, masks: np.ndarray) -> list[np.ndarray]:
        return [class_map(mask, self.palette) for mask in masks]


def system_of(plan: Plan, network: nn.Module) -> System:
    """The system of a plan around a network, on the network's device."""
    device = next(network.parameters()).device
    if plan.recipe == "discriminative":
        return Discriminative(network, plan.head.codebook, device)
    return SemFlow(network, plan.head, device=device)


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


def _validation(plan: Plan, data: Path) -> SegmentationSplit:
    try:
        return read_segmentation(data, "val", plan.size)
    except DataError:
        return plan.train


def _end(system: System, direction: str, given: np.ndarray, steps: int, beta: float, seed: int) -> torch.Tensor:
    start = system.start(direction, given, beta, (seed,) * len(given))
    last = None
    for step in system.steps(direction, start, steps, "euler"):
        last = step
    return last.x
