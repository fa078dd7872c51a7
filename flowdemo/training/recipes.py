"""The recipes of ``flowdemo train``: what is built from a data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from flowdemo.codes import Codebook, codebook
from flowdemo.data import FolderInfo, Split, read_info, read_split
from flowdemo.data.augment import Augmentation
from flowdemo.errors import InputError, ModelError
from flowdemo.networks.cfss import CFSSConfig
from flowdemo.networks.convnet import ConvNet, ConvNetConfig
from flowdemo.networks.pixelfield import PixelField, PixelFieldConfig
from flowdemo.networks.unet import PatchUNet, UNetConfig
from flowdemo.request import IMAGE_TO_LABEL, IMAGE_TO_MASK, LABEL_TO_IMAGE, MASK_TO_IMAGE
from flowdemo.systems.base import System
from flowdemo.systems.classifier import Classifier
from flowdemo.systems.discriminative import Discriminative
from flowdemo.systems.flowseg import CHANNELS, FlowSeg, FlowSegHead
from flowdemo.systems.labels import GlobalLabels, PixelLabels
from flowdemo.systems.potential import Potential
from flowdemo.systems.semflow import SemFlow, SemFlowHead
from flowdemo.systems.shape_models import OWN, ShapeSegmenter
from flowdemo.systems.symmflow import SymmFlow, SymmFlowHead
from flowdemo.training.alignment import Alignment
from flowdemo.training.beginning import begin_from
from flowdemo.training.budget import Budget
from flowdemo.training.loop import Trainer
from flowdemo.training.objectives import DiscriminativeObjective, Objective, SemFlowObjective, class_weights
from flowdemo.training.options import TrainingOptions
from flowdemo.training.reshaped import FlowSegObjective
from flowdemo.training.settle import ATTENTION, LEVELS, asked, codebook_of, label_kind, settled
from flowdemo.training.shapes import ShapeObjective, cfss_network
from flowdemo.training.symmetric import SymmFlowObjective, classifier_loss
from flowdemo.zoo.kinds import GLOBAL, KINDS, Kind

Config = UNetConfig | ConvNetConfig  # and what derives from them


@dataclass(frozen=True)
class Parts:
    """What a recipe makes of settled options and data.

    Args:
        head: how the network's answer is read.
        config, network: shape of the network, and what builds it from that.
        objective: loss of a batch.
        system: builds the system around a network.
        prediction, flow, settings: entries of the manifest.
        label: what such a model is called where the recipe's own label does not fit.
    """

    head: Any
    config: Config
    network: Callable[[Config], nn.Module]
    objective: Objective
    system: Callable[[nn.Module, torch.device], System]
    prediction: str = "logits"
    flow: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, float] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class Recipe:
    """One recipe, named as the system that it trains.

    Args:
        label: for people.
        parts: what it builds.
        steps: default number of steps by direction.
        validation: numbers of steps that a new model is scored with.
    """

    label: str
    parts: Callable[[TrainingOptions, Split], Parts]
    steps: Mapping[str, int]
    validation: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class Plan:
    """All that is decided before the first step: network, objective, data and options, none of them open."""

    recipe: str
    train: Split
    options: TrainingOptions
    parts: Parts

    @property
    def size(self) -> tuple[int, int]:
        return self.options.size

    @property
    def info(self) -> FolderInfo:
        return self.train.info

    @property
    def head(self) -> Any:
        return self.parts.head

    @property
    def config(self) -> Config:
        return self.parts.config

    @property
    def kind(self) -> Kind:
        return KINDS[self.recipe, label_kind(self.info)]

    @property
    def steps(self) -> dict[str, int]:
        """Default number of steps by direction, for the directions that the model has."""
        return {d: n for d, n in RECIPES[self.recipe].steps.items() if d in self.kind.directions}

    def network(self) -> nn.Module:
        """The network, new; its start depends on torch's global generator."""
        return self.parts.network(self.config)

    def system(self, network: nn.Module) -> System:
        """The system around a network, on the network's device."""
        return self.parts.system(network, next(network.parameters()).device)


def plan(recipe: str, data: Path, options: TrainingOptions) -> Plan:
    """Fill what the options leave open from the data.

    Raises:
        InputError: unknown recipe, one that does not fit the data, or a size or β that cannot work.
        DataError: the data set does not follow its layout.
    """
    if recipe not in RECIPES:
        raise InputError(f"There is no recipe {recipe!r}; there are: {', '.join(RECIPES)}.", field="recipe")
    info = read_info(data)
    if (recipe, label_kind(info)) not in KINDS:
        what = "one label for each picture" if label_kind(info) == GLOBAL else "masks"
        raise InputError(f"The set {info.name!r} gives {what}, from which {recipe!r} cannot be trained.", "recipe")
    options = settled(options, info, recipe)
    train = read_split(data, "train", options.size)
    return Plan(recipe, train, options, RECIPES[recipe].parts(options, train))


def build(
    plan: Plan, out: Path, seed: int, device: str | None, on_save: Callable[[nn.Module, int], None] | None = None
) -> Trainer:
    """The trainer of a plan; the network's start depends on the seed alone."""
    torch.manual_seed(seed)
    options = plan.options
    augmentation = Augmentation(options.flip_x, options.flip_y, options.turns, options.zoom, 0.5, options.jitter,
                                options.shift)
    facts = {"recipe": plan.recipe, "data": plan.info.name}
    network = plan.network()
    if options.init:
        begin_from(network, options.init)
    return Trainer(network, plan.parts.objective, plan.train.images, plan.train.labels, augmentation,
                   options, out, seed, device, facts, on_save)


def _semflow(options: TrainingOptions, train: Split) -> Parts:
    head = SemFlowHead(options.prediction, codebook_of(train.info))
    objective = SemFlowObjective(head, options.beta, options.times, options.image_weight,
                                 _weights(options, train, len(head.codebook.levels)), options.rollout)
    return Parts(head, _unet(options, 3, head.out_channels), PatchUNet, objective,
                 lambda network, device: SemFlow(network, head, device=device), options.prediction)


def _symmflow(options: TrainingOptions, train: Split) -> Parts:
    whole, info = label_kind(train.info) == GLOBAL, train.info
    labels = GlobalLabels(info.classes, options.amplitude) if whole else PixelLabels(codebook_of(info))
    channels = info.channels if whole else 3
    head = SymmFlowHead(options.prediction, labels, channels, None, options.time_scale, options.skip)
    objective = SymmFlowObjective(head, options.beta, options.times, options.image_weight,
                                  _weights(options, train, len(labels.points)), options.clean_share)
    classes = head.rows if whole else 0
    settings = {"temperature": 0.0} if classes else {}  # the mean of two levels is the level of a third class
    flow = {"labels": labels.kind, "amplitude": options.amplitude, "time_scale": options.time_scale,
            "skip": options.skip}

    def system(network: nn.Module, device: torch.device) -> SymmFlow:
        return SymmFlow(network, head, options.size, device=device, **settings)

    told = head.in_channels - head.state_channels
    config = _unet(options, head.in_channels, head.out_channels - classes, classes, told)
    return Parts(head, config, PatchUNet, objective, system, options.prediction, flow, settings)


def _flowseg(options: TrainingOptions, train: Split) -> Parts:
    info = train.info
    codes = codebook(options.codes, info.classes, info.ignore_index is not None)
    head = _flowseg_head(options, codes)
    potential = Potential(head.points[: codes.classes], options.tau, options.epsilon, options.transform)
    followed = Alignment(options.teacher, options.size, options.patch, options.channels[1]) if options.align else None
    objective = FlowSegObjective(head, potential, options.eta, options.times,
                                 _weights(options, train, codes.classes), options.rollout, followed, options.align)
    config, network = _unet(options, 2 * CHANNELS, head.out_channels), PatchUNet
    if options.head == "field":
        config = PixelFieldConfig(**asdict(config), width=options.width, frequencies=options.frequencies)
        network = PixelField
    return Parts(head, config, network, objective, lambda network, device: FlowSeg(network, head, device),
                 head.prediction, {"codes": codes.name, "start": options.source},
                 label="" if options.eta else "Plain flow matching")


def _flowseg_head(options: TrainingOptions, codes: Codebook) -> FlowSegHead:
    try:
        return FlowSegHead(options.prediction, options.source, codes)
    except ModelError as error:
        raise InputError(error.message, field="set") from error


def _discriminative(options: TrainingOptions, train: Split) -> Parts:
    head = SemFlowHead(options.prediction, codebook_of(train.info))
    classes = head.codebook.classes
    objective = DiscriminativeObjective(classes, _weights(options, train, classes))
    return Parts(head, _unet(options, 3, classes), PatchUNet, objective,
                 lambda network, device: Discriminative(network, head.codebook, device))


def _classifier(options: TrainingOptions, train: Split) -> Parts:
    labels, channels = GlobalLabels(train.info.classes, options.amplitude), train.info.channels
    config = ConvNetConfig(channels, labels.classes, options.channels, options.blocks, options.patch)
    return Parts(labels, config, ConvNet, classifier_loss,
                 lambda network, device: Classifier(network, labels, channels, options.size, device),
                 flow={"labels": labels.kind, "amplitude": options.amplitude})


def _shape(recipe: str, options: TrainingOptions, train: Split) -> Parts:
    if train.info.classes != 2:
        raise InputError(f"The recipe {recipe!r} tells two classes apart, not {train.info.classes}.", field="recipe")
    codes = codebook_of(train.info)
    objective = ShapeObjective(recipe, options.noise, options.dice, options.convexity, options.through,
                               options.tangents, options.seen)  # fmt: skip
    config, network = _unet(options, 1, 1), PatchUNet
    if recipe == "cfss":
        config, network = CFSSConfig(**asdict(config), rounds=options.rounds), cfss_network
    return Parts(codes, config, network, objective,
                 lambda network, device: ShapeSegmenter(network, codes, device, OWN[recipe]))


def _unet(
    options: TrainingOptions, in_channels: int, out_channels: int, classes: int = 0, told: int = 0
) -> UNetConfig:
    return UNetConfig(in_channels, out_channels, options.patch, options.channels, options.attention, options.blocks,
                      options.head_channels, classes=classes, told=told)


def _weights(options: TrainingOptions, train: Split, rows: int) -> Tensor | None:
    return class_weights(torch.from_numpy(train.labels), rows, options.rarity)


_FLOW_STEPS = {IMAGE_TO_MASK: 5, MASK_TO_IMAGE: 25, IMAGE_TO_LABEL: 1, LABEL_TO_IMAGE: 25}
RECIPES: dict[str, Recipe] = {
    "semflow": Recipe("SemFlow", _semflow, _FLOW_STEPS, (1, 5)),
    "symmflow": Recipe("SymmFlow", _symmflow, _FLOW_STEPS, (1, 5)),
    "flowseg": Recipe("FlowSeg", _flowseg, {IMAGE_TO_MASK: 10}, (1, 10)),
    "discriminative": Recipe("Discriminative", _discriminative, {IMAGE_TO_MASK: 1}),
    "unet": Recipe("U-Net", partial(_shape, "unet"), {IMAGE_TO_MASK: 1}),
    "cgpm": Recipe("CGPM", partial(_shape, "cgpm"), {IMAGE_TO_MASK: 1}),
    "cfss": Recipe("CFSSnet", partial(_shape, "cfss"), {IMAGE_TO_MASK: 1}),
    "classifier": Recipe("Classifier", _classifier, {IMAGE_TO_LABEL: 1}),
}

__all__ = ["ATTENTION", "LEVELS", "RECIPES", "Budget", "Parts", "Plan", "Recipe", "asked", "build", "plan", "settled"]
