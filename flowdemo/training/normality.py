"""The recipe ``mismatch``: a flow of normal pictures, and what is known of normal pictures once it is trained."""

from __future__ import annotations

import copy
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from flowdemo.data.augment import Augmentation
from flowdemo.data.crops import Crops
from flowdemo.data.inspection import (
    DRAWN,
    InspectionInfo,
    InspectionSplit,
    inspection_length,
    read_inspection,
    read_inspection_info,
)
from flowdemo.errors import InputError
from flowdemo.evaluation.detectors import ODE_STEPS, RIM_PICTURES, rims_of
from flowdemo.evaluation.reference import PATHS, PICTURES, TIMES, reference, statistics_of
from flowdemo.networks.glance import GlanceConfig, GlanceUNet
from flowdemo.networks.unet import PatchUNet, UNetConfig, parameter_count
from flowdemo.rendering.palette import Palette
from flowdemo.request import DETECT
from flowdemo.systems.base import to_uint8
from flowdemo.systems.exposure import exposed
from flowdemo.systems.glance import CHANNELS as GRID_CHANNELS
from flowdemo.systems.glance import Glance
from flowdemo.systems.grading import Grading
from flowdemo.systems.mismatch import FlowMismatching
from flowdemo.training.beginning import begin_from, begun_from
from flowdemo.training.budget import Budget
from flowdemo.training.card import card
from flowdemo.training.devices import describe
from flowdemo.training.export import command_line
from flowdemo.training.loop import Trainer
from flowdemo.training.matching import GRIDS, MismatchObjective
from flowdemo.training.options import PARTS, TrainingOptions
from flowdemo.training.terms import terms_of
from flowdemo.zoo import Manifest, find, load, read_manifest, save_model
from flowdemo.zoo.storage import write_manifest

RECIPE = "mismatch"
USUAL: dict[str, Any] = {
    "size": (128, 128), "patch": 2, "channels": (32, 48, 64), "attention": (False, False, True), "batch": 8, "lr": 6e-4,
    "flip_x": True, "flip_y": True, "zoom": (1.0, 1.0), "jitter": 0.0, "shift": 0,
}  # fmt: skip
OPEN = {"patch": (0,), "channels": ((),), "attention": ((),)}  # what says that an option is open, where not None
FIXED = 20.0  # seconds to read, write and hash files and to gather patches
SLOWER = 1.3  # an ending takes so many times what one call of the network promises, at most
GRID_PATCH = 2
ONLY = "In these steps only the flow of whole pictures at one glance was trained."
NORMAL, DEFECT = (240, 240, 240), (214, 72, 24)  # colours of the two classes


def train_normal(
    data: str | Path, out: Path, budget: Budget, options: TrainingOptions, seed: int, resume: bool,
    device: str | None, name: str, bar: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Train on the normal pictures of an inspection set, measure what is normal, and export.

    Args:
        data: a set of :mod:`~flowdemo.data.inspection`.
        out: model folder; ``out/training`` keeps the state.
        budget, options, seed, resume, device, name, bar: see :func:`~flowdemo.training.command.train`.

    Returns:
        As :func:`~flowdemo.training.command.train`.
    """
    begin = time.monotonic()
    inspection_length(data, "val")  # raises now, not after the training
    split, options = read_inspection(data, "train"), settled(options)
    states = [exposed(picture, _channels(split.info), options.exposure) for picture in split.images]
    pictures = [_levels(state) for state in states]
    crops = Crops(pictures, options.size, seed)
    spread = _spread(pictures, options.init)
    glance = _glance(states, options)
    config = _config(_channels(split.info), options)
    torch.manual_seed(seed)
    augmentation = Augmentation(options.flip_x, options.flip_y, options.turns, options.zoom, 0.5, options.jitter)
    network = built(config)
    if options.init:
        begin_from(network, options.init)
    grids = torch.stack([glance.grid(state) for state in states]) if glance else None
    only = options.part == "glance"
    objective = MismatchObjective(spread, options.times, grids, Augmentation(options.flip_x, options.flip_y), only)
    trainer = Trainer(network.glance if only else network, objective, crops,
                      np.zeros(len(crops), np.uint8), augmentation, options, out / "training", seed, device,
                      {"recipe": RECIPE, "data": split.info.name})
    if resume:
        trainer.resume()
    ending = _ending(network, trainer, split, data)
    trainer.run(_without(budget, time.monotonic() - begin + ending), bar)
    result = {"name": name, "out": str(out), "recipe": RECIPE, "steps": trainer.step, "seconds": trainer.seconds,
              "interrupted": trainer.interrupted, "scores": {}}
    if trainer.interrupted and bar:
        tqdm.write("Stopped; the training state is saved, and --resume goes on from it.")
    if trainer.accelerator.is_main_process and not trainer.interrupted:
        manifest = manifest_of(name, split, options, config, spread, glance)
        manifest = replace(manifest, training=_training(trainer, options, budget, data, name, len(pictures)))
        export_normal(_averaged(trainer, network), manifest, split, data, out, trainer.accelerator.device.type)
    return result | {"wall_seconds": time.monotonic() - begin}


def settled(options: TrainingOptions) -> TrainingOptions:
    """The options with nothing left open."""
    levels = len(options.channels)
    usual = USUAL | ({"attention": tuple(i == levels - 1 for i in range(levels))} if levels else {})
    options = replace(options, **{k: v for k, v in usual.items() if getattr(options, k) in OPEN.get(k, (None,))})
    multiple = options.patch * 2 ** (len(options.channels) - 1)
    if any(side % multiple for side in options.size):
        raise InputError(f"The sides of the crops must be multiples of {multiple} pixels.", field="size")
    if options.part != PARTS[0] and not (options.glance and options.init):
        raise InputError("The glance alone is trained in a model that has one; name it with init.", field="part")
    multiple = GRID_PATCH * 2 ** (len(options.glance_channels) - 1)
    if options.glance % multiple:
        raise InputError(f"The cells along a side must be a multiple of {multiple}.", field="glance")
    return options


def _config(channels: int, options: TrainingOptions) -> UNetConfig:
    shape = (channels, channels, options.patch, options.channels, options.attention, options.blocks,
             options.head_channels)  # fmt: skip
    if not options.glance:
        return UNetConfig(*shape)
    levels = len(options.glance_channels)
    grid = UNetConfig(GRID_CHANNELS, GRID_CHANNELS, GRID_PATCH, options.glance_channels,
                      tuple(i == levels - 1 for i in range(levels)), options.blocks, options.head_channels)  # fmt: skip
    return GlanceConfig(*shape, grid=grid)


def built(config: UNetConfig) -> PatchUNet:
    """A new network of pixels, with a second one of grids where the configuration has it."""
    return GlanceUNet(config) if isinstance(config, GlanceConfig) else PatchUNet(config)


def manifest_of(
    name: str, split: InspectionSplit, options: TrainingOptions, config: UNetConfig, spread: float,
    glance: Glance | None = None,
) -> Manifest:
    """The description of a trained flow, files and training aside."""
    terms = terms_of(split.info.name)
    told = {key: getattr(options, key) for key in ("glance_share", "glance_smooth", "glance_weight")} if glance else {}
    grading = Grading(smooth=options.smooth, wide=options.wide, margin=options.margin, pooling=options.pooling, **told)
    classes = [{"index": 0, "name": "normal", "color": list(NORMAL)}, {"index": 1, "name": "defect",
                                                                      "color": list(DEFECT)}]  # fmt: skip
    return Manifest(
        name=name, label=f"Flow Mismatching, {terms.title}", system=RECIPE, size=options.size,
        palette=Palette.from_json({"classes": classes, "ignore": None}), network=config.to_json(),
        prediction="velocity", beta={}, steps={DETECT: TIMES}, space={"kind": "pixels"},
        data=terms.to_json(split.info.name), training={}, scores={}, files={},
        parameters=parameter_count(built(config)), licence=terms.licence,
        flow={"exposure": options.exposure, "spread": spread, "paths": PATHS, "coherence": options.coherence}
        | ({"glance": glance.to_json()} if glance else {}) | grading.to_json(),
    )  # fmt: skip


def export_normal(
    network: nn.Module, manifest: Manifest, train: InspectionSplit, data: str | Path, out: Path, device: str | None
) -> Manifest:
    """Write the model folder, then measure normal pictures with the stored file: patch statistics and, where the
    training asked for them, rims of ``train``, and the reference of ``val``.
    """
    save_model(out, manifest, network, patches=statistics_of(train, manifest).tensors())
    model = load(out, device)
    if manifest.training.get("options", {}).get("rim"):
        flow = model.manifest.flow | rims_of(model, train).to_json()
        model = replace(model, manifest=replace(model.manifest, flow=flow))
    scores = {"reference": reference(model, read_inspection(data, "val"))}
    manifest = replace(model.manifest, scores=scores)
    write_manifest(out, manifest)
    (out / "README.md").write_text(card(manifest), "utf-8")
    return manifest


def _channels(info: InspectionInfo) -> int:
    return 3 if info.colour else 1


def _glance(states: list[Tensor], options: TrainingOptions) -> Glance | None:
    """How the pictures become grids, in the units of the model to go on from, if there is one."""
    if not options.glance:
        return None
    begun = read_manifest(find(options.init)).flow.get("glance") if options.init else None
    if begun:
        return replace(Glance.from_json(begun), coherence=options.glance_coherence)
    return Glance.of(states, options.glance, options.glance_coherence)


def _levels(state: Tensor) -> np.ndarray:
    """``[C, H, W]`` as the training loop takes pictures, uint8 ``[H, W]`` or ``[H, W, 3]``, clipped to [-1, 1]."""
    levels = to_uint8(state[None])[0]
    return levels if len(state) == 3 else levels[..., 0]


def _spread(pictures: list[np.ndarray], init: str) -> float:
    """Standard deviation of the pictures, or what the model to go on from was trained with: its answers hang on it."""
    if init:
        return float(read_manifest(find(init)).flow["spread"])
    return round(float(np.sqrt(np.mean([_variance(picture) for picture in pictures]))), 4)


def _variance(picture: np.ndarray) -> float:
    return float((picture.astype(np.float64) / 127.5 - 1).var())


def _averaged(trainer: Trainer, network: PatchUNet) -> PatchUNet:
    """The whole network with averaged weights, those of its second part alone where nothing else was trained."""
    averaged = trainer.averaged()
    if trainer.network is network:
        return averaged
    network.glance.load_state_dict(averaged.state_dict())
    return network.eval()


def _without(budget: Budget, seconds: float) -> Budget:
    """The minutes without so many seconds; at least half of them stay."""
    if budget.minutes is None:
        return budget
    return replace(budget, minutes=max(budget.minutes - seconds / 60, budget.minutes / 2))


def _ending(network: PatchUNet, trainer: Trainer, split: InspectionSplit, data: str | Path) -> float:
    """Seconds that measuring normal pictures will take."""
    device = trainer.accelerator.device
    picture = exposed(split.images[0], _channels(split.info), "plain").to(device)
    still = copy.deepcopy(network).to(device).eval()
    system = FlowMismatching(still, len(picture), 1.0, trainer.options.size, multiple=network.config.multiple,
                             device=device)  # fmt: skip
    for _ in range(2):  # the first call also prepares memory and kernels
        begin = time.monotonic()
        float(system.velocity(picture[None], 0.5).sum())
        call = time.monotonic() - begin
    calls = PATHS * TIMES * min(inspection_length(data, "val"), PICTURES)
    if trainer.options.rim:
        calls += (PATHS * TIMES + 2 * ODE_STEPS) * min(len(split), RIM_PICTURES)
    return FIXED + SLOWER * call * calls


def _training(
    trainer: Trainer, options: TrainingOptions, budget: Budget, data: str | Path, model: str, pictures: int
) -> dict[str, Any]:
    accelerator, only = trainer.accelerator, options.part == "glance"
    place = DRAWN if str(data) == DRAWN else f"DATA/{read_inspection_info(data).name}"
    return {
        "command": _command(options, budget, place, model, trainer.seed),
        "seed": trainer.seed, "seconds": round(trainer.seconds, 1), "steps": trainer.step,
        "samples": trainer.step * options.batch * (GRIDS if only else 1), "pictures": pictures,
        "device": describe(accelerator.device, accelerator.num_processes), "torch": torch.__version__,
        "options": options.to_json(),
    } | ({"note": ONLY} if only else {}) | begun_from(options.init)  # fmt: skip


def _command(options: TrainingOptions, budget: Budget, data: str, model: str, seed: int) -> str:
    usual = settled(TrainingOptions()).settings()
    changed = {key: value for key, value in options.settings().items() if usual.get(key) != value}
    return command_line(RECIPE, data, model, budget, seed, changed)
