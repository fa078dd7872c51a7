"""The recipes of ``flowdemo train``: what is built from a data folder, and what is shipped at the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from flowdemo.codes import base_k
from flowdemo.data import SegmentationSplit, read_info, read_segmentation
from flowdemo.data.augment import Augmentation
from flowdemo.errors import InputError
from flowdemo.networks.unet import PatchUNet, UNetConfig
from flowdemo.systems.semflow import SemFlowHead
from flowdemo.training.loop import Budget, Trainer
from flowdemo.training.objectives import DiscriminativeObjective, SemFlowObjective, class_weights
from flowdemo.training.options import TrainingOptions

SMALL = 128 * 128  # pixels up to which a patch of 2 is affordable on a CPU
LEVELS = {2: (32, 56, 80, 96), 4: (64, 80, 88)}  # at most 6 MB in half precision
ATTENTION = {2: (False, False, True, True), 4: (False, True, True)}
BETA_SHARE = 0.9  # of the bound s/2, when no β is given


@dataclass(frozen=True)
class Plan:
    """All that is decided before the first step: network, objective, data and options, none of them open."""

    recipe: str
    train: SegmentationSplit
    options: TrainingOptions
    config: UNetConfig
    head: SemFlowHead
    objective: object

    @property
    def size(self) -> tuple[int, int]:
        return self.options.size


def plan(recipe: str, data: Path, options: TrainingOptions) -> Plan:
    """Fill what the options leave open from the data.

    Raises:
        InputError: unknown recipe, or a size or β that cannot work.
        DataError: the folder does not follow the layout.
    """
    if recipe not in ("semflow", "discriminative"):
        raise InputError(f"There is no recipe {recipe!r}; there are: semflow, discriminative.", field="recipe")
    info = read_info(data)
    options = _settled(options, info)
    train = read_segmentation(data, "train", options.size)
    codebook = base_k(info.classes, info.ignore_index is not None)
    if not 0 < options.beta < codebook.beta_bound:
        raise InputError(
            f"Training needs 0 < beta < {codebook.beta_bound:g} grey levels, not {options.beta:g}.", field="beta"
        )
    head = SemFlowHead(options.prediction, codebook)
    labels = torch.from_numpy(train.labels)
    if recipe == "semflow":
        rows = len(codebook.levels)
        weights = class_weights(labels, rows, options.rarity)
        objective = SemFlowObjective(head, options.beta, options.times, options.image_weight, weights)
        out = head.out_channels
    else:
        objective = DiscriminativeObjective(info.classes, class_weights(labels, info.classes, options.rarity))
        out = info.classes
    config = UNetConfig(3, out, options.patch, options.channels, options.attention, options.blocks,
                        options.head_channels)
    return Plan(recipe, train, options, config, head, objective)


def build(plan: Plan, out: Path, seed: int, device: str | None) -> Trainer:
    """The trainer of a plan; the network's start depends on the seed alone."""
    torch.manual_seed(seed)
    options = plan.options
    augmentation = Augmentation(True, options.flip_y, options.turns, options.zoom, 0.5, options.jitter)
    return Trainer(PatchUNet(plan.config), plan.objective, plan.train.images, plan.train.labels, augmentation,
                   options, out, seed, device)


def _settled(options: TrainingOptions, info) -> TrainingOptions:
    size = options.size or info.size
    if size is None:
        raise InputError("This set has pictures of several sizes; give the model size with --set size=128x96.",
                         field="size")
    patch = options.patch or (2 if size[0] * size[1] <= SMALL else 4)
    channels = options.channels or LEVELS.get(patch, LEVELS[4])
    attention = options.attention or (ATTENTION.get(patch, ATTENTION[4]) if not options.channels else
                                      tuple(i >= len(channels) - 2 for i in range(len(channels))))
    multiple = patch * 2 ** (len(channels) - 1)
    size = tuple(side // multiple * multiple for side in size)
    if min(size) < multiple or max(size) > 1024:
        raise InputError(f"Model sides must be {multiple} to 1024 pixels.", field="size")
    beta = options.beta
    if beta is None:
        beta = round(BETA_SHARE * base_k(info.classes, info.ignore_index is not None).beta_bound, 1)
    return replace(options, size=size, patch=patch, channels=channels, attention=attention, beta=beta)


__all__ = ["Budget", "Plan", "build", "plan"]
