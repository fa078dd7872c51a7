"""The recipes of ``flowdemo train``: what is built from a data folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from flowdemo.codes import Codebook, base_k
from flowdemo.data import FolderInfo, SegmentationSplit, read_info, read_segmentation
from flowdemo.data.augment import Augmentation
from flowdemo.errors import InputError
from flowdemo.networks.unet import PatchUNet, UNetConfig
from flowdemo.systems.semflow import SemFlowHead
from flowdemo.training.budget import Budget
from flowdemo.training.loop import Trainer
from flowdemo.training.objectives import DiscriminativeObjective, Objective, SemFlowObjective, class_weights
from flowdemo.training.options import TrainingOptions

RECIPES = ("semflow", "discriminative")
SMALL = 128 * 128  # pixels up to which a patch of 2 is affordable on a CPU
LEVELS = {2: (32, 56, 80, 96), 4: (64, 80, 88)}  # at most 6 MB in half precision
ATTENTION = {2: (False, False, True, True), 4: (False, True, True)}
BETA_SHARE = 0.9  # of the bound s/2, when no β is given
MAX_SIDE = 1024


@dataclass(frozen=True)
class Plan:
    """All that is decided before the first step: network, objective, data and options, none of them open."""

    recipe: str
    train: SegmentationSplit
    options: TrainingOptions
    config: UNetConfig
    head: SemFlowHead
    objective: Objective

    @property
    def size(self) -> tuple[int, int]:
        return self.options.size

    @property
    def info(self) -> FolderInfo:
        return self.train.info


def plan(recipe: str, data: Path, options: TrainingOptions) -> Plan:
    """Fill what the options leave open from the data.

    Raises:
        InputError: unknown recipe, or a size or β that cannot work.
        DataError: the folder does not follow the layout.
    """
    if recipe not in RECIPES:
        raise InputError(f"There is no recipe {recipe!r}; there are: {', '.join(RECIPES)}.", field="recipe")
    info = read_info(data)
    options = settled(options, info)
    train = read_segmentation(data, "train", options.size)
    head = SemFlowHead(options.prediction, _codebook(info))
    objective, out = _objective(recipe, options, head, torch.from_numpy(train.labels))
    config = UNetConfig(3, out, options.patch, options.channels, options.attention, options.blocks,
                        options.head_channels)
    return Plan(recipe, train, options, config, head, objective)


def build(
    plan: Plan, out: Path, seed: int, device: str | None, on_save: Callable[[nn.Module, int], None] | None = None
) -> Trainer:
    """The trainer of a plan; the network's start depends on the seed alone."""
    torch.manual_seed(seed)
    options = plan.options
    augmentation = Augmentation(True, options.flip_y, options.turns, options.zoom, 0.5, options.jitter)
    facts = {"recipe": plan.recipe, "data": plan.info.name}
    return Trainer(PatchUNet(plan.config), plan.objective, plan.train.images, plan.train.labels, augmentation,
                   options, out, seed, device, facts, on_save)


def settled(options: TrainingOptions, info: FolderInfo) -> TrainingOptions:
    """The options with nothing left open.

    Raises:
        InputError: no size is known, or one that the network cannot fold, or a β outside its range.
    """
    patch, channels, attention = _levels(options, options.size or info.size or (0, 0))
    size = _size(options.size or info.size, patch * 2 ** (len(channels) - 1))
    if options.turns and size[0] != size[1]:
        raise InputError("Quarter turns need a square size; set turns=false.", field="set")
    bound = _codebook(info).beta_bound
    beta = round(BETA_SHARE * bound, 1) if options.beta is None else options.beta
    if not 0 < beta < bound:
        raise InputError(f"Training needs 0 < beta < {bound:g} grey levels, not {beta:g}.", field="beta")
    return replace(options, size=size, patch=patch, channels=channels, attention=attention, beta=beta)


def asked(options: TrainingOptions, info: FolderInfo) -> dict[str, str]:
    """The fewest ``KEY=VALUE`` texts that settle to the same options with this data."""
    texts = options.settings()
    for key in ("attention", "channels", "patch", "size", "beta"):
        fewer = {k: v for k, v in texts.items() if k != key}
        try:
            same = settled(TrainingOptions().with_settings(fewer), info) == options
        except InputError:
            same = False
        texts = fewer if same else texts
    return texts


def _objective(
    recipe: str, options: TrainingOptions, head: SemFlowHead, labels: torch.Tensor
) -> tuple[Objective, int]:
    """The loss and the channels that the network answers with."""
    classes, rows = head.codebook.classes, len(head.codebook.levels)
    if recipe == "discriminative":
        return DiscriminativeObjective(classes, class_weights(labels, classes, options.rarity)), classes
    weights = class_weights(labels, rows, options.rarity)
    return SemFlowObjective(head, options.beta, options.times, options.image_weight, weights,
                                     options.rollout), head.out_channels


def _codebook(info: FolderInfo) -> Codebook:
    return base_k(info.classes, info.ignore_index is not None)


def _levels(
    options: TrainingOptions, size: tuple[int, int]
) -> tuple[int, tuple[int, ...], tuple[bool, ...]]:
    patch = options.patch or (2 if size[0] * size[1] <= SMALL else 4)
    channels = options.channels or LEVELS.get(patch, LEVELS[4])
    if options.attention:
        return patch, channels, options.attention
    if options.channels:
        return patch, channels, tuple(i >= len(channels) - 2 for i in range(len(channels)))
    return patch, channels, ATTENTION.get(patch, ATTENTION[4])


def _size(size: tuple[int, int] | None, multiple: int) -> tuple[int, int]:
    if size is None:
        raise InputError("This set has pictures of several sizes; give the model size with --set size=128x96.",
                         field="size")
    folded = (size[0] // multiple * multiple, size[1] // multiple * multiple)
    if min(folded) < multiple or max(folded) > MAX_SIDE:
        raise InputError(f"Model sides must be {multiple} to {MAX_SIDE} pixels.", field="size")
    return folded


__all__ = ["RECIPES", "Budget", "Plan", "asked", "build", "plan", "settled"]
