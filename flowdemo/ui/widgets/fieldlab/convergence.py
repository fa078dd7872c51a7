"""Scores against training steps, read from a file and reduced to what the page says of them.

The file is JSON: ``{"data", "split", "n", "steps", "note", "runs": [{"label", "eta", "seed", "points"}]}``. ``n`` is
the number of pictures scored, ``steps`` the Euler steps a picture is given, and ``points`` are
``[training step, mIoU]`` with the mIoU between 0 and 1. Runs have η = 0 or η = 1, and there is at least one of each.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from flowdemo.errors import InputError

MAX_BYTES = 2 << 20
Points = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Run:
    """Scores of one training: its label, η (0 or 1), seed, and mIoU in [0, 1] at growing training steps."""

    label: str
    eta: int
    seed: int
    points: Points


@dataclass(frozen=True)
class Convergence:
    """What was trained and scored.

    Attributes:
        data, split, note: words of the file.
        n: pictures scored.
        steps: Euler steps a picture was given.
        runs: those of η = 0 before those of η = 1.
    """

    data: str
    split: str
    note: str
    n: int
    steps: int
    runs: tuple[Run, ...]

    def mean(self, eta: int) -> Points:
        """Mean mIoU of the seeds of an η, at the training steps that all of them were scored at."""
        runs = [dict(run.points) for run in self.runs if run.eta == eta]
        common = sorted(set(runs[0]).intersection(*runs[1:]))
        return tuple((step, sum(run[step] for run in runs) / len(runs)) for step in common)

    @property
    def level(self) -> float:
        """Final mean mIoU of η = 0."""
        return self.mean(0)[-1][1]

    @property
    def reached(self) -> int | None:
        """The first scored training step at which the mean of η = 1 is at that level, or None."""
        return next((step for step, score in self.mean(1) if score >= self.level), None)

    def sentence(self) -> str:
        """What the curves show, with the numbers it rests on."""
        last = self.mean(0)[-1][0]
        seeds = " and ".join(
            f"{count} seed{'s' * (count != 1)} with η = {eta}"
            for eta in (0, 1)
            for count in [sum(run.eta == eta for run in self.runs)]
        )
        level = f"After {last:,} training steps the mean of η = 0 is {100 * self.level:.2f} % mIoU"
        if self.reached is None:
            step, best = max(self.mean(1), key=lambda point: point[1])
            return f"{level}; the mean of η = 1 does not reach it (best {100 * best:.2f} % at step {step:,}; {seeds})."
        share = 100 * self.reached / last if last else 0.0
        return (
            f"{level}; the mean of η = 1 is first scored at or above it at step {self.reached:,}, "
            f"{share:.0f} % of these steps ({seeds})."
        )

    def to_json(self) -> dict[str, Any]:
        """What the browser draws: runs, means by ``plain`` and ``term``, level, reached, and two texts."""
        source = f"{self.data}, {self.split}: {self.n} pictures, {self.steps} Euler step{'s' * (self.steps != 1)} each."
        return {
            "runs": [{"label": r.label, "eta": r.eta, "seed": r.seed, "points": _lists(r.points)} for r in self.runs],
            "means": {"plain": _lists(self.mean(0)), "term": _lists(self.mean(1))},
            "level": self.level,
            "reached": self.reached,
            "sentence": self.sentence(),
            "source": f"{source} {self.note}".strip(),
        }


def read_convergence(path: str | Path) -> Convergence | None:
    """The scores in a file, or None where there is no such file.

    Raises:
        InputError: the file is too long, is no JSON, or has another form.
    """
    file = Path(path)
    if not file.is_file():
        return None
    if file.stat().st_size > MAX_BYTES:
        raise InputError("The file of training scores is too long.")
    try:
        raw = json.loads(file.read_text("utf-8"))
        runs = sorted((_run(entry) for entry in raw["runs"]), key=lambda run: (run.eta, run.seed))
        words = {name: _checked(raw[name], str) for name in ("data", "split", "note")}
        found = Convergence(**words, n=_checked(raw["n"], int), steps=_checked(raw["steps"], int), runs=tuple(runs))
        if {run.eta for run in runs} != {0, 1} or not found.mean(0) or not found.mean(1):
            raise ValueError("runs of both settings, scored at common steps, are needed")
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"The file of training scores has another form: {error}.") from None
    return found


def _run(entry: Mapping[str, Any]) -> Run:
    points = tuple((_checked(step, int), float(score)) for step, score in entry["points"])
    growing = all(a[0] < b[0] for a, b in pairwise(points))
    sound = all(step >= 0 and math.isfinite(score) and 0 <= score <= 1 for step, score in points)
    if not points or not growing or not sound or entry["eta"] not in (0, 1):
        raise ValueError("a run has η 0 or 1 and, at growing steps, scores between 0 and 1")
    return Run(_checked(entry["label"], str), int(entry["eta"]), _checked(entry["seed"], int), points)


def _checked(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{value!r} is no {kind.__name__}")
    return value


def _lists(points: Sequence[tuple[int, float]]) -> list[list[float]]:
    return [[step, score] for step, score in points]
