"""What all protocols share: runs to their end, the clock, and the form of a row."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from flowdemo.flow import Step
from flowdemo.zoo import Model

DIGITS = 5  # significant ones


@dataclass(frozen=True)
class Run:
    """What stays the same over the rows of one evaluation."""

    model: Model
    direction: str
    solver: str
    beta: float
    settings: Mapping[str, float]

    @property
    def in_force(self) -> dict[str, float]:
        """All settings of the system, its defaults where none was asked for."""
        return {o.name: self.settings.get(o.name, o.default) for o in self.model.system.options}

    def end(self, given: np.ndarray, seeds: Sequence[int], steps: int) -> Step:
        """Last step of a batch's trajectory."""
        start: Tensor = self.model.system.start(self.direction, given, self.beta, tuple(seeds))
        last = None
        for step in self.model.system.steps(self.direction, start, steps, self.solver, **self.settings):
            last = step
        return last


class Clock:
    """Seconds, items and evaluations per number of steps."""

    def __init__(self) -> None:
        self.seconds: dict[int, float] = {}
        self.items: dict[int, int] = {}
        self.evaluations: dict[int, int] = {}

    def asked(self, steps: int, evaluations: int) -> None:
        """Batches of an adaptive solver differ; the most counts."""
        self.evaluations[steps] = max(evaluations, self.evaluations.get(steps, 0))

    def of(self, steps: int, items: int) -> Clock:
        self._open = (steps, items, time.perf_counter())
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        steps, items, begin = self._open
        self.seconds[steps] = self.seconds.get(steps, 0.0) + time.perf_counter() - begin
        self.items[steps] = self.items.get(steps, 0) + items

    def row(self, steps: int, found: dict[str, Any]) -> dict[str, Any]:
        head = {"steps": steps, "evaluations": self.evaluations[steps]}
        return rounded(head | found | {"seconds_per_item": self.seconds[steps] / self.items[steps]})


def rounded(value: Any) -> Any:
    """Numbers of a nested table to :data:`DIGITS` significant digits."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(v) for v in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
