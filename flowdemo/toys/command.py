"""What is done with toys: train one into a folder, score one, list those at hand."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flowdemo.errors import InputError
from flowdemo.toys import PREFIX, TOYS
from flowdemo.toys.card import card
from flowdemo.toys.scores import evaluate
from flowdemo.toys.spiral import TRAINING, stream
from flowdemo.toys.store import (
    LABEL,
    MANIFEST,
    MODEL,
    NAME,
    PARAMETERS,
    ToyManifest,
    add_run,
    at_hand,
    check_new,
    find,
    load_spiral,
    read_manifest,
    write_manifest,
)

README = "README.md"
QUICK_STEPS = (1, 50)  # what is scored, and printed, when a training ends


def train(
    recipe: str, out: str | Path, data: str | Path | None = None, steps: int | None = None, seed: int = 0,
    name: str | None = None, bar: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Train one seed of a toy in full and store it; a folder that holds other seeds gets this one beside them.

    Args:
        recipe: ``"spiral"``.
        out: the model folder, new or of a spiral.
        data: ``"toy:spiral"`` or None.
        steps: optimiser steps; the paper's 6000 if None.
        seed: of the network's start and of every batch.
        name: of a new folder's model; ``"symmflow-spiral"`` if None.
        bar: show progress and loss.

    Returns:
        ``{"name", "out", "recipe", "seed", "seeds", "steps", "seconds", "loss", "accuracy"}``; ``accuracy`` is of this
        seed on fresh points, by number of steps.

    Raises:
        InputError: a value is out of range, or data was given.
        ModelError: the folder holds something else, or this seed already.
        EngineError: the loss is not finite.
    """
    import torch
    from tqdm import tqdm

    from flowdemo.toys import training

    toy_named(str(data if data is not None else PREFIX + recipe))
    out, steps, name = Path(out), training.STEPS if steps is None else steps, name or MODEL
    if not NAME.fullmatch(name):
        raise InputError("A model's name may hold small letters, digits, dots and dashes only.", field="name")
    training.check_steps(steps)
    stream(TRAINING, seed)  # refuses a seed that cannot be
    out.mkdir(parents=True, exist_ok=True)  # before the work: a place that cannot be written to
    known = read_manifest(out) if (out / MANIFEST).exists() else ToyManifest(name, LABEL, (), {})
    check_new(known, seed, out)
    with tqdm(total=steps, disable=not bar, unit="step") as shown:

        def tell(step: int, loss: float) -> None:
            if step % 20 == 0 or step == steps:
                shown.set_postfix_str(f"loss {loss:.4f}", refresh=False)
                shown.update(step - shown.n)

        trained = training.train(seed, steps, on_step=tell)
    device = f"cpu, {torch.get_num_threads()} thread(s), {platform.machine()}"
    run = {"seed": seed, "steps": steps, "points": training.POINTS, "seconds": round(trained.seconds, 1),
           "loss": round(trained.loss, 5), "command": _command(known.name, seed, steps, training.STEPS),
           "device": device, "torch": torch.__version__}
    manifest = add_run(out, run, trained.arrays, name)
    (out / README).write_text(card(manifest), "utf-8")
    return {"name": manifest.name, "out": str(out), "recipe": recipe, "seeds": list(manifest.seeds)} | _quick(out, run)


def score(
    model: str | Path, data: str | Path, steps: Sequence[int] | None = None, solver: str = "euler", seed: int = 0,
    limit: int | None = None, record: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Score a toy (see :func:`flowdemo.toys.scores.evaluate`); ``record`` names an entry to write into its folder.

    Raises:
        InputError, ModelError: see there and :func:`flowdemo.toys.store.load_spiral`.
    """
    toy_named(str(data))
    result = evaluate(load_spiral(model), steps, solver, seed, **({} if limit is None else {"n": limit}))
    if record:
        folder = find(model)
        manifest = read_manifest(folder)
        manifest.scores[record] = result
        (folder / README).write_text(card(write_manifest(folder, manifest)), "utf-8")
    return result


def listed() -> list[dict[str, Any]]:
    """Rows for ``models``: what the zoo's rows say, as far as points have it."""
    return [
        {"name": name, "label": manifest.label, "system": MODEL, "task": "classification and generation of points",
         "data": "toy:spiral", "resolution": None, "classes": ["first arm", "second arm"], "parameters": PARAMETERS,
         "bytes": manifest.bytes, "licence": "MIT", "scores": manifest.scores}
        for name, manifest in ((name, read_manifest(folder)) for name, folder in at_hand().items())
    ]  # fmt: skip


def toy_named(data: str) -> str:
    """``toy:spiral`` → ``spiral``.

    Raises:
        InputError: it is no toy (field ``"data"``).
    """
    name = data.removeprefix(PREFIX)
    if not data.startswith(PREFIX) or name not in TOYS:
        known = ", ".join(PREFIX + toy for toy in TOYS)
        raise InputError(f"{data[:80]!r} is not made in code; the toys are: {known}.", field="data")
    return name


def _quick(out: Path, run: dict[str, Any]) -> dict[str, Any]:
    """This seed's own accuracy from the stored file, beside what is known of the run."""
    result = evaluate(load_spiral(out), QUICK_STEPS)
    place = result["seeds"].index(run["seed"])
    accuracy = {str(row["steps"]): row["per_seed"][place] for row in result["rows"]}
    return {key: run[key] for key in ("seed", "steps", "seconds", "loss")} | {"accuracy": accuracy}


def _command(name: str, seed: int, steps: int, usual: int) -> str:
    own = f" --name {name}" * (name != MODEL) + f" --steps {steps}" * (steps != usual)
    return f"python -m flowdemo train spiral --out checkpoints/{name}{own} --seed {seed}"
