"""``flowdemo train``: data folder in, model folder out, within the time that was given."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from flowdemo.data import split_length
from flowdemo.data.inspection import read_inspection_info
from flowdemo.errors import DataError, InputError
from flowdemo.training import normality, sheets
from flowdemo.training.budget import Budget
from flowdemo.training.curve import Curve
from flowdemo.training.devices import describe
from flowdemo.training.export import Provenance, export_model, model_name
from flowdemo.training.loop import LOG, Trainer
from flowdemo.training.options import TrainingOptions
from flowdemo.training.recipes import RECIPES, Plan, build, plan
from flowdemo.training.state import has_state, read_facts
from flowdemo.zoo import Manifest

STATE_FOLDER = "training"
ENDING_SHARE = 0.08  # of the minutes that sheet and evaluation may take, besides ENDING_FLOOR seconds
ENDING_FLOOR = 15.0
SLOWER = 1.6  # a machine may be busier at the end than when the cost was measured
OVERHEAD = 4.0  # seconds to write, hash and load files
TRIAL_BATCH = 4


def train(
    recipe: str, data: str | Path, out: str | Path, minutes: float | None = None, steps: int | None = None,
    resume: bool = False, device: str | None = None, seed: int = 0, settings: Mapping[str, str] | None = None,
    size: tuple[int, int] | None = None, name: str | None = None, bar: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Train, score and export one model; ends within ``minutes`` and at most one more.

    The model folder ``out`` gets weights, manifest and card; ``out/training`` keeps the state to resume from, the log
    of losses, and sample sheets. Started by ``accelerate launch`` or ``torchrun`` the processes share each batch, and
    the first one writes.

    Args:
        recipe: a key of :data:`~flowdemo.training.recipes.RECIPES`.
        data: a folder of the layout, or, for symmflow and classifier, a directory with an array file.
        out: the model folder.
        minutes, steps: the budget, counting what a resumed state has spent; the first to be reached counts. Sheet,
            evaluation and export are taken from the minutes.
        resume: go on from ``out/training``, with its options and its seed; with the budget spent already only the
            export is made.
        device: ``"cpu"``, ``"cuda"``, ``"mps"``, or None for the best at hand.
        seed: of the network's start and of every sample.
        settings: ``KEY=VALUE`` pairs for :class:`TrainingOptions`.
        size: model size (w, h), short for the setting of that name.
        name: of the model; ``<recipe>-<data>`` if None.
        bar: show progress, losses and the time left.

    Returns:
        ``{"name", "out", "recipe", "steps", "seconds", "wall_seconds", "interrupted", "scores"}``; after Ctrl-C the
        state is saved, nothing is exported, and ``interrupted`` is true.

    Raises:
        InputError: an option, budget or device that cannot be, or a state that would be overwritten.
        DataError: the data folder or the state to resume from cannot be used.
        EngineError: the loss is not finite.
    """
    begin, data, out, budget = time.monotonic(), Path(data), Path(out), Budget(steps, minutes)
    options, seed = _options(recipe, out / STATE_FOLDER, resume, seed, settings or {}, size)
    if recipe == normality.RECIPE:
        found = read_inspection_info(data).name
        if resume:
            _check_same(read_facts(out / STATE_FOLDER), recipe, found)
        name = model_name(name, recipe, found)
        return normality.train_normal(data, out, budget, options, seed, resume, device, name, bar)
    chosen = plan(recipe, data, options)
    name = model_name(name, recipe, chosen.info.name)
    trainer = build(chosen, out / STATE_FOLDER, seed, device)
    if resume:
        _check_same(read_facts(trainer.out), recipe, chosen.info.name)
    manifest = _trained(trainer, chosen, data, out, name, budget, resume, begin, bar)
    result = {"name": name, "out": str(out), "recipe": recipe, "steps": trainer.step, "seconds": trainer.seconds,
              "interrupted": trainer.interrupted, "scores": manifest.scores if manifest else {}}
    # The process group is left to the end of the process: taken down here, with its last work hardly done, it can lock.
    return result | {"wall_seconds": time.monotonic() - begin}


def _trained(
    trainer: Trainer, chosen: Plan, data: Path, out: Path, name: str, budget: Budget, resume: bool, begin: float,
    bar: bool,
) -> Manifest | None:  # fmt: skip
    """Train and export; None for a process that does not write, and after Ctrl-C."""
    if trainer.accelerator.is_main_process:
        trainer.on_save = sheets.SampleSheets(chosen, data, out / STATE_FOLDER / "samples")
        if chosen.options.curve:
            trainer.on_curve = Curve(chosen, data, out / STATE_FOLDER)
    if resume:
        trainer.resume()
    ending = _ending(trainer.averaged(), chosen, data, budget)
    trainer.run(ending.leave(budget, time.monotonic() - begin), bar)
    if trainer.interrupted and bar:
        tqdm.write("Stopped; the training state is saved, and --resume goes on from it.")
    if trainer.interrupted or not trainer.accelerator.is_main_process:
        return None
    return export_model(trainer.averaged(), chosen, _provenance(trainer, budget), data, out, ending.pictures,
                        trainer.accelerator.device.type, name)


@dataclass(frozen=True)
class _Ending:
    """What comes after the last step: validation pictures to score, and the seconds to keep for it."""

    pictures: int
    seconds: float

    def leave(self, budget: Budget, spent: float) -> Budget:
        """The budget without the ending and the seconds spent on the beginning; at least half of it stays."""
        if budget.minutes is None:
            return budget
        kept = max(60 * budget.minutes - self.seconds - spent, 30 * budget.minutes)
        return replace(budget, minutes=kept / 60)


def _ending(network: nn.Module, chosen: Plan, data: Path, budget: Budget) -> _Ending:
    """Measure a network call, and choose how many validation pictures fit into the ending's share."""
    call = _seconds_per_picture(network, chosen)
    fixed = OVERHEAD + SLOWER * call * sheets.calls(chosen)
    each = SLOWER * call * sum(RECIPES[chosen.recipe].validation)
    try:
        pictures = split_length(data, "val")
    except DataError:
        return _Ending(0, fixed)
    if budget.minutes is not None:
        room = 60 * budget.minutes * ENDING_SHARE + ENDING_FLOOR - fixed
        pictures = min(pictures, max(int(room / each), TRIAL_BATCH))
    return _Ending(pictures, fixed + each * pictures)


@torch.no_grad()
def _seconds_per_picture(network: nn.Module, chosen: Plan) -> float:
    system, (width, height) = chosen.system(network), chosen.size
    trial, direction = np.zeros((TRIAL_BATCH, height, width, 3), np.uint8), system.directions[0]
    for _ in range(2):  # the first call also prepares memory and kernels
        start = system.start(direction, trial, seeds=range(TRIAL_BATCH))
        begin = time.monotonic()
        *_, last = system.steps(direction, start, 1, "euler")
        float(last.x.sum())
    return (time.monotonic() - begin) / TRIAL_BATCH


def _options(
    recipe: str, state: Path, resume: bool, seed: int, settings: Mapping[str, str], size: tuple[int, int] | None
) -> tuple[TrainingOptions, int]:
    """Options and seed: given ones, over those of the state when resuming."""
    if type(seed) is not int or not 0 <= seed < 2**32:
        raise InputError("The seed must be a whole number from 0 to 4294967295.", field="seed")
    settings = dict(settings) | ({"size": f"{size[0]}x{size[1]}"} if size else {})
    if resume:
        facts = read_facts(state)
        return TrainingOptions.from_json(facts["options"]).with_settings(settings), int(facts["seed"])
    if has_state(state):
        raise InputError(f"{state.parent.name!r} holds a training state; resume it, or choose another folder.", "out")
    (state / LOG).unlink(missing_ok=True)
    return TrainingOptions().with_settings(settings), seed


def _check_same(facts: dict[str, Any], recipe: str, data: str) -> None:
    for key, value in (("recipe", recipe), ("data", data)):
        if facts.get(key, value) != value:
            raise InputError(f"The training state is of the {key} {facts[key]!r}, not {value!r}.", field=key)


def _provenance(trainer: Trainer, budget: Budget) -> Provenance:
    accelerator = trainer.accelerator
    words = describe(accelerator.device, accelerator.num_processes)
    return Provenance(trainer.step, trainer.seconds, trainer.seed, words, torch.__version__, budget)
