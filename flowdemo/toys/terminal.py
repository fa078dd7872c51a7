"""Toys on the command line: the options of ``train``, ``evaluate`` and ``models``, and what is printed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from flowdemo.errors import InputError
from flowdemo.toys import command


def train(options: argparse.Namespace) -> dict[str, Any]:
    """``train spiral``: train and store one seed, and print time and accuracy; see :func:`command.train`."""
    _refuse(options, "minutes", "resume", "settings")
    _check_device(options.device)
    result = command.train(options.recipe, options.out, options.data, options.steps, options.seed, options.name)
    scores = ", ".join(f"{100 * share:.2f} % at {n}" for n, share in result["accuracy"].items())
    print(f"{result['name']}, seed {result['seed']}: {result['steps']} training steps in {result['seconds']:.1f} s, "
          f"loss {result['loss']:.4f}; accuracy by steps: {scores}")  # fmt: skip
    return result


def evaluate(options: argparse.Namespace, steps: Sequence[int]) -> dict[str, Any]:
    """``evaluate MODEL --data toy:NAME``: print one row per number of steps; see :func:`command.score`."""
    _refuse(options, "direction", "native", "beta", "settings")
    _check_device(options.device)
    result = command.score(
        options.model, options.data, steps, options.solver, options.seed, options.limit, options.record
    )
    print(f"{result['model']} on {result['data']} {result['split']}, n = {result['n']}, training seeds "
          f"{', '.join(map(str, result['seeds']))}")  # fmt: skip
    for row in result["rows"]:
        print(f"steps {row['steps']}  evaluations {row['evaluations']}  accuracy {row['accuracy']:.4f}  per_seed "
              f"{' '.join(f'{share:.4f}' for share in row['per_seed'])}  "
              f"seconds_per_item {row['seconds_per_item']:.2g}")  # fmt: skip
    return result


def listed() -> list[dict[str, Any]]:
    """``models``: print and return a row for each stored toy."""
    rows = command.listed()
    for row in rows:
        print(f"{row['name']:24} {row['label']:36} points   {len(row['classes']):3} classes  "
              f"{row['parameters']:,} parameters  {row['bytes'] / 1e6:.2f} MB  toy")  # fmt: skip
    return rows


def _refuse(options: argparse.Namespace, *names: str) -> None:
    """A toy has none of these options; taken silently they would promise something."""
    if given := [name for name in names if getattr(options, name)]:
        told = {"settings": "set"}.get(given[0], given[0])
        raise InputError(f"A toy takes no --{told}; leave it out.", field=told)


def _check_device(device: str | None) -> None:
    if device not in (None, "cpu"):
        raise InputError("A toy runs on the CPU; leave --device out.", field="device")
