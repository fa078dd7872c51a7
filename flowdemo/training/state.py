"""The saved state of a training run: safetensors and JSON, written whole or not at all, never a pickle."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from flowdemo.errors import DataError

MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def save_state(folder: Path, network: nn.Module, average: list[Tensor], optimizer: torch.optim.Optimizer, facts: dict):
    """Write weights, their moving average, the optimiser's moments and the counters in ``facts``."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for (name, weight), mean in zip(network.named_parameters(), average, strict=True):
        tensors[f"weight.{name}"] = weight.detach().cpu().contiguous()
        tensors[f"average.{name}"] = mean.detach().cpu().contiguous()
        for moment, value in optimizer.state.get(weight, {}).items():
            tensors[f"{moment}.{name}"] = torch.as_tensor(value).detach().cpu().contiguous()
    _replace(folder / "state.safetensors", lambda path: save_file(tensors, path))
    _replace(folder / "state.json", lambda path: Path(path).write_text(json.dumps(facts, indent=1), "utf-8"))


def load_state(folder: Path, network: nn.Module, average: list[Tensor], optimizer: torch.optim.Optimizer) -> dict:
    """Fill network, average and optimiser from :func:`save_state`'s files; returns the counters.

    Raises:
        DataError: no saved state, or one of another network.
    """
    try:
        facts = json.loads((folder / "state.json").read_text("utf-8"))
        tensors = load_file(folder / "state.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise DataError(f"There is no readable training state in {folder.name!r} to resume from.") from error
    with torch.no_grad():
        for (name, weight), mean in zip(network.named_parameters(), average, strict=True):
            if f"weight.{name}" not in tensors or tensors[f"weight.{name}"].shape != weight.shape:
                raise DataError(f"The training state in {folder.name!r} belongs to another network.")
            weight.copy_(tensors[f"weight.{name}"])
            mean.copy_(tensors[f"average.{name}"])
            if f"step.{name}" in tensors:
                moments = {m: tensors[f"{m}.{name}"] for m in MOMENTS}
                optimizer.state[weight] = {k: v if k == "step" else v.to(weight.device) for k, v in moments.items()}
    return facts


def _replace(path: Path, write) -> None:
    part = path.with_name(path.name + ".part")
    write(str(part))
    os.replace(part, path)
