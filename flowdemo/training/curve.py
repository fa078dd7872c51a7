"""mIoU against the training step, measured while a segmenting flow trains."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from flowdemo.data import read_split
from flowdemo.errors import InputError
from flowdemo.evaluation.segmentation import BoundaryF1, confusion_matrix, scores
from flowdemo.request import IMAGE_TO_MASK
from flowdemo.training.recipes import RECIPES, Plan

FILE = "curve.jsonl"
BATCH = 16


class Curve:
    """Called with the averaged network every ``options.curve`` steps; adds a line to ``<folder>/curve.jsonl``.

    A line is ``{"step", "miou", "boundary_f1", "n", "steps"}``: scores of the first ``options.curve_pictures`` pictures
    of the split ``val`` at the model's size, in the recipe's usual number of steps. They take time from a budget in
    minutes.

    Raises:
        InputError: the plan is not of a system that reads masks.
        DataError: there is no split ``val``.
    """

    def __init__(self, plan: Plan, data: Path, folder: Path) -> None:
        if plan.kind.directions[0] != IMAGE_TO_MASK:
            raise InputError("A curve of the mIoU is for systems that read masks; set curve=0.", field="set")
        self.plan, self.path = plan, folder / FILE
        self.split = read_split(data, "val", plan.size)
        self.n = min(len(self.split), plan.options.curve_pictures)
        self.steps = RECIPES[plan.recipe].steps[IMAGE_TO_MASK]

    def __call__(self, network: nn.Module, step: int) -> None:
        classes = self.plan.info.classes
        matrix, contours = np.zeros((classes, classes), np.int64), BoundaryF1(classes)
        for first in range(0, self.n, BATCH):
            take = slice(first, min(first + BATCH, self.n))
            for truth, mask in zip(self.split.labels[take], self._read(network, take), strict=True):
                matrix += confusion_matrix(truth, mask, classes)
                contours.add(truth, mask)
        found = {"miou": scores(matrix, self.plan.info.names)["miou"], "boundary_f1": contours.score()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a", encoding="utf-8") as log:
            log.write(json.dumps({"step": step} | found | {"n": self.n, "steps": self.steps}) + "\n")

    @torch.no_grad()
    def _read(self, network: nn.Module, take: slice) -> np.ndarray:
        system = self.plan.system(network)
        start = system.start(IMAGE_TO_MASK, self.split.images[take], seeds=range(take.start, take.stop))
        *_, last = system.steps(IMAGE_TO_MASK, start, self.steps, "euler")
        return system.classes(last.x)
