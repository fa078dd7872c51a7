"""From a trained network to a model folder: weights, manifest with provenance and scores, card."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from flowdemo.data import split_length
from flowdemo.errors import DataError, InputError
from flowdemo.evaluation import evaluate
from flowdemo.networks.cfss import CFSSNet
from flowdemo.networks.timeless import TimelessUNet
from flowdemo.networks.unet import PatchUNet, parameter_count
from flowdemo.systems.discriminative import DISCRIMINATIVE_TIME
from flowdemo.training.beginning import begun_from
from flowdemo.training.budget import Budget
from flowdemo.training.card import card
from flowdemo.training.options import TrainingOptions
from flowdemo.training.recipes import RECIPES, Plan, asked, plan
from flowdemo.training.sheets import display_palette
from flowdemo.training.state import load_average, read_facts
from flowdemo.training.terms import terms_of
from flowdemo.zoo import Manifest, load, read_manifest, save_model
from flowdemo.zoo.kinds import Kind
from flowdemo.zoo.manifest import NAME
from flowdemo.zoo.storage import write_manifest


@dataclass(frozen=True)
class Provenance:
    """How a network came to be.

    Args:
        steps, seconds: of training, all runs together.
        seed: of the start and of every sample.
        device: in words.
        torch: version.
        budget: what was asked for.
    """

    steps: int
    seconds: float
    seed: int
    device: str
    torch: str
    budget: Budget


def export_model(
    network: nn.Module, plan: Plan, provenance: Provenance, data: str | Path, out: str | Path,
    limit: int | None = None, device: str | None = None, name: str | None = None,
) -> Manifest:  # fmt: skip
    """Write the model folder ``out`` and score the stored file on the split ``val``.

    Args:
        network: with the weights to keep (the moving average).
        plan, provenance: of its training.
        data: the data folder.
        out: the model folder.
        limit: validation pictures to score; 0 for none, None for all.
        device: where to score.
        name: of the model; ``<recipe>-<data>`` if None.

    Returns:
        The manifest as written, with scores ``val``.
    """
    out, network = Path(out), stored_form(network, plan.kind)
    name = model_name(name, plan.recipe, plan.info.name)
    save_model(out, _manifest(plan, provenance, name, network), network)
    if limit != 0 and _has_validation(data):
        model = load(out, device)
        result = evaluate(model, data, "val", RECIPES[plan.recipe].validation, limit=limit)
        return add_scores(out, "val", result)
    return _with_card(out, read_manifest(out))


def stored_form(network: nn.Module, kind: Kind) -> nn.Module:
    """The network as it is stored: of one that is told the same time all its life, without what makes a time of it."""
    if kind.one_step and type(network) is PatchUNet and not network.config.told:
        return TimelessUNet.of(network, DISCRIMINATIVE_TIME)
    if type(network) is CFSSNet and not network.config.timeless:
        return network.told(DISCRIMINATIVE_TIME)
    return network


def export_state(
    state: str | Path, data: str | Path, out: str | Path, recipe: str | None = None, budget: Budget | None = None,
    limit: int | None = None, device: str | None = None, name: str | None = None,
) -> Manifest:  # fmt: skip
    """Write a model folder from the moving average of a saved training state, without training on.

    Args:
        state: folder with ``state.safetensors``; options and seed are read from it.
        recipe: as trained; the state's own where it names one.
        budget: what the training was asked for; the minutes it took if None.
        data, out, limit, device, name: as for :func:`export_model`.

    Raises:
        DataError: no readable state, or one that does not fit the recipe.
        InputError: the state does not say of which recipe it is, and none is given.
    """
    state = Path(state)
    facts = read_facts(state)
    recipe = facts.get("recipe", recipe)
    if recipe is None:
        raise InputError(f"The training state does not name its recipe; give one of: {', '.join(RECIPES)}.", "recipe")
    chosen = plan(recipe, Path(data), TrainingOptions.from_json(facts["options"]))
    network = chosen.network()
    load_average(state, network)
    spent = budget or Budget(minutes=max(round(facts["seconds"] / 60), 1))
    device_words = facts.get("device") or "cpu"
    provenance = Provenance(facts["step"], facts["seconds"], facts["seed"], device_words,
                            facts.get("torch", torch.__version__), spent)
    return export_model(network, chosen, provenance, data, out, limit, device, name)


def add_scores(folder: str | Path, name: str, result: dict[str, Any]) -> Manifest:
    """Put what :func:`flowdemo.evaluation.evaluate` returned into manifest and card, under a name of its own."""
    folder = Path(folder)
    manifest = read_manifest(folder)
    kept = {k: v for k, v in result.items() if k != "model"}
    return _with_card(folder, replace(manifest, scores=manifest.scores | {name: kept}))


def _with_card(folder: Path, manifest: Manifest) -> Manifest:
    write_manifest(folder, manifest)
    (folder / "README.md").write_text(card(manifest), "utf-8")
    return manifest


def _manifest(plan: Plan, provenance: Provenance, name: str, network: nn.Module) -> Manifest:
    terms, beta = terms_of(plan.info.name), plan.options.beta
    return Manifest(
        name=name,
        label=f"{plan.parts.label or RECIPES[plan.recipe].label}, {terms.title}",
        system=plan.recipe,
        size=plan.size,
        palette=display_palette(plan.info),
        network=network.config.to_json(),
        prediction=plan.parts.prediction,
        beta={"default": beta, "trained": beta} if plan.kind.perturbed else {},
        steps=plan.steps,
        space={"kind": "pixels"},
        data=terms.to_json(plan.info.name),
        training=_training(plan, provenance, name),
        scores={},
        files={},
        parameters=parameter_count(network),
        licence=terms.licence,
        settings=plan.parts.settings,
        flow=plan.parts.flow,
    )


def _training(plan: Plan, provenance: Provenance, name: str) -> dict[str, Any]:
    return {
        "command": _command(plan, provenance, name),
        "seed": provenance.seed,
        "seconds": round(provenance.seconds, 1),
        "steps": provenance.steps,
        "samples": provenance.steps * plan.options.batch,
        "pictures": len(plan.train),
        "device": provenance.device,
        "torch": provenance.torch,
        "options": plan.options.to_json(),
    } | begun_from(plan.options.init)


def _command(plan: Plan, provenance: Provenance, model: str) -> str:
    """The command that makes such a model, with the data folder left to the reader."""
    settings = asked(plan.options, plan.info, plan.recipe)
    return command_line(plan.recipe, f"DATA/{plan.info.name}", model, provenance.budget, provenance.seed, settings)


def command_line(
    recipe: str, data: str, model: str, budget: Budget, seed: int, settings: Mapping[str, str]
) -> str:
    """``python -m flowdemo train …`` for a reader's own shell."""
    words = ["python", "-m", "flowdemo", "train", recipe, "--data", data, "--out", f"checkpoints/{model}"]
    words += ["--minutes", f"{budget.minutes:g}"] if budget.minutes else []
    words += ["--steps", str(budget.steps)] if budget.steps else []
    words += ["--seed", str(seed)]
    for key, value in settings.items():
        words += ["--set", f"{key}={value}"]
    return shlex.join(words)


def model_name(name: str | None, recipe: str, data: str) -> str:
    """The model's name: the given one, or recipe and data in the letters a name may have.

    Raises:
        InputError: the given one holds other letters.
    """
    if name is not None and not NAME.fullmatch(name):
        raise InputError("A model's name holds 1 to 64 small letters, digits, dots and dashes.", field="name")
    return name or re.sub(r"[^a-z0-9._-]+", "-", f"{recipe}-{data}".lower())[:64]


def _has_validation(data: str | Path) -> bool:
    try:
        return split_length(data, "val") > 0
    except DataError:
        return False
