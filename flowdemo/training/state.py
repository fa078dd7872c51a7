"""The saved state of a training run: safetensors and JSON, written whole or not at all, never a pickle."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from flowdemo.errors import DataError

STATE = "state.safetensors"
FACTS = "state.json"
MOMENTS = ("exp_avg", "exp_avg_sq")


def save_state(
    folder: Path, network: nn.Module, average: list[Tensor], optimizer: torch.optim.Optimizer, facts: dict
) -> None:
    """Write weights, their moving average, the optimiser's moments and the counters in ``facts``.

    The facts go into both files: those beside the weights count when a crash came between the two.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for (name, weight), mean in zip(network.named_parameters(), average, strict=True):
        tensors[f"weight.{name}"] = _stored(weight)
        tensors[f"average.{name}"] = _stored(mean)
        for moment, value in optimizer.state.get(weight, {}).items():
            tensors[f"{moment}.{name}"] = _stored(torch.as_tensor(value))
    text = json.dumps(facts, indent=1)
    _replace(folder / STATE, lambda path: save_file(tensors, path, metadata={"facts": text}))
    _replace(folder / FACTS, lambda path: Path(path).write_text(text, "utf-8"))


def has_state(folder: Path) -> bool:
    return (folder / STATE).is_file()


def load_state(folder: Path, network: nn.Module, average: list[Tensor], optimizer: torch.optim.Optimizer) -> dict:
    """Fill network, average and optimiser from :func:`save_state`'s files; returns the counters.

    Raises:
        DataError: no saved state, or one of another network.
    """
    tensors, facts = _read(folder)
    _check_shapes(folder, network, tensors, ("weight", "average"))
    with torch.no_grad():
        for (name, weight), mean in zip(network.named_parameters(), average, strict=True):
            weight.copy_(tensors[f"weight.{name}"])
            mean.copy_(tensors[f"average.{name}"])
            if f"step.{name}" in tensors:
                # copied into the weight's own memory layout, without which the optimiser takes a slower path
                moments = {m: torch.empty_like(weight).copy_(tensors[f"{m}.{name}"]) for m in MOMENTS}
                optimizer.state[weight] = {"step": tensors[f"step.{name}"].clone(), **moments}
    return facts


def load_average(folder: Path, network: nn.Module) -> None:
    """Fill a network with the moving average of a saved state.

    Raises:
        DataError: as :func:`load_state`.
    """
    tensors, _ = _read(folder)
    _check_shapes(folder, network, tensors, ("average",))
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight.copy_(tensors[f"average.{name}"])


def read_facts(folder: Path) -> dict:
    """The counters and options of a saved state.

    Raises:
        DataError: there is no readable state.
    """
    try:
        with safe_open(folder / STATE, framework="pt") as file:
            text = (file.metadata() or {}).get("facts")
        return json.loads(text or (folder / FACTS).read_text("utf-8"))
    except (OSError, ValueError, SafetensorError) as error:
        raise _unreadable(folder) from error


def _read(folder: Path) -> tuple[dict[str, Tensor], dict]:
    facts = read_facts(folder)
    try:
        with safe_open(folder / STATE, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118 - the file is no mapping
    except (OSError, SafetensorError) as error:
        raise _unreadable(folder) from error


def _check_shapes(folder: Path, network: nn.Module, tensors: dict[str, Tensor], kinds: tuple[str, ...]) -> None:
    for name, weight in network.named_parameters():
        if any(f"{k}.{name}" not in tensors or tensors[f"{k}.{name}"].shape != weight.shape for k in kinds):
            raise DataError(f"The training state in {folder.name!r} belongs to another network; check the options.")


def _stored(value: Tensor) -> Tensor:
    return value.detach().cpu().contiguous()


def _unreadable(folder: Path) -> DataError:
    return DataError(f"There is no readable training state in {folder.name!r} to go on from.")


def _replace(path: Path, write: Callable[[str], object]) -> None:
    part = path.with_name(path.name + ".part")
    write(str(part))
    os.replace(part, path)
