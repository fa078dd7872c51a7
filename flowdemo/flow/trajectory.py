"""Steps and trajectories: what every system yields, and what can be measured on it."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from flowdemo.errors import DataError, InputError
from flowdemo.flow.archive import FORMAT, MAX_BYTES, read_archive, require_consistent, write_archive
from flowdemo.flow.arrays import Array, to_numpy
from flowdemo.flow.timegrid import TimeGrid


@dataclass(frozen=True, eq=False)
class Step:
    """One reported state of a run.

    Attributes:
        index: 0 for the start, then 1 … N.
        progress: index / N in [0, 1], in the order of the run whatever the direction of t.
        t: the system's own time (or iteration).
        x: the state, owned by the step; not to be written to.
        v: mean velocity over the interval just travelled, (x_i - x_{i-1}) / (t_i - t_{i-1}), or None.
        evaluations: network calls so far.
    """

    index: int
    progress: float
    t: float
    x: Array
    v: Array | None
    evaluations: int


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The steps of one run, in order.

    States have one shape throughout: [..., C, H, W] (three or more axes; a pixel is a vector of C values), or
    points [..., D] (one or two axes). Lengths are root mean squares over the C (or D) values of a pixel
    (or point), so they are in state units whatever C is: from -1 to 1 in every channel is a length of 2.

    Attributes:
        steps: at least one; fewer than the grid has times if the run was stopped.
        grid: the times planned; steps[i].t is grid[i].
        solver, system: names.
        meta: plain JSON values, kept by `save`.

    Raises:
        InputError: there is no step, or steps, grid and shapes do not fit together (field ``"steps"``).
    """

    steps: tuple[Step, ...]
    grid: TimeGrid
    solver: str
    system: str
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        times = tuple(step.t for step in self.steps)
        shapes = {tuple(step.x.shape) for step in self.steps}
        if not times or times != tuple(self.grid[: len(times)]) or len(shapes) != 1:
            raise InputError("A trajectory needs steps of one shape at the times of its grid.", field="steps")

    @classmethod
    def from_steps(
        cls,
        steps: Iterable[Step],
        *,
        solver: str,
        system: str,
        grid: TimeGrid | None = None,
        meta: dict[str, Any] | None = None,
    ) -> Trajectory:
        """Collect a stream of steps; without a grid, the steps' own times are the grid."""
        collected = tuple(steps)
        times = tuple(step.t for step in collected) if grid is None else grid
        return cls(collected, times, solver, system, dict(meta or {}))

    def states(self) -> np.ndarray:
        """Return all states stacked, [steps, *state shape]."""
        return np.stack([to_numpy(step.x) for step in self.steps])

    def path_map(self) -> np.ndarray:
        """Return the length of each pixel's path, float64 [..., H, W] (points: [...]), in state units."""
        gaps = (_distance(a, b) for a, b in pairwise(self.steps))
        return sum(gaps, start=_distance(self.steps[0], self.steps[0]))

    def chord_map(self) -> np.ndarray:
        """Return the straight distance from each pixel's first to its last value, like `path_map`."""
        return _distance(self.steps[0], self.steps[-1])

    def straightness_map(self) -> np.ndarray:
        """Return chord / path of each pixel in [0, 1]; 1 is straight, or at rest all along."""
        chord, path = self.chord_map(), self.path_map()
        ratio = np.divide(chord, path, out=np.ones_like(path), where=path > 0)
        return np.minimum(ratio, 1.0)  # the triangle inequality holds only up to rounding

    def path_length(self) -> float:
        """Return the mean over pixels of `path_map`, in state units."""
        return float(self.path_map().mean())

    def chord(self) -> float:
        """Return the mean over pixels of `chord_map`, in state units."""
        return float(self.chord_map().mean())

    def straightness(self) -> float:
        """Return chord / path_length in [0, 1]; 1 is straight (or at rest), 0 returns to its start."""
        path = self.path_length()
        return min(1.0, self.chord() / path) if path > 0 else 1.0

    def at(self, progress: float) -> Array:
        """Return the state at a progress in [0, 1], linear between steps; past the last step, the last state.

        Raises:
            InputError: progress is outside [0, 1] (field ``"progress"``).
        """
        if not 0.0 <= progress <= 1.0:
            raise InputError("The progress of a trajectory goes from 0 to 1.", field="progress")
        i = max(0, bisect_right([step.progress for step in self.steps], progress) - 1)
        if i == len(self.steps) - 1:
            return self.steps[i].x
        a, b = self.steps[i], self.steps[i + 1]
        weight = max(0.0, (progress - a.progress) / (b.progress - a.progress))
        return a.x + weight * (b.x - a.x)

    def save(self, path: str | Path, dtype: str = "float16") -> None:
        """Write the trajectory as compressed .npz without pickles; equal trajectories give equal bytes.

        float16 keeps values in [-1, 1] to 2.5e-4, a thirtieth of a grey level. Velocities are not stored.

        Raises:
            DataError: dtype is neither ``"float16"`` nor ``"float32"``, a value does not fit it, meta is not
                plain JSON, or the file cannot be written.
        """
        header = {
            "format": FORMAT, "solver": self.solver, "system": self.system,
            "meta": self.meta, "grid": self.grid,
            "progress": [step.progress for step in self.steps],
            "evaluations": [step.evaluations for step in self.steps],
            "moving": [step.v is not None for step in self.steps],
        }  # fmt: skip
        write_archive(path, header, self.states(), dtype)

    @classmethod
    def load(cls, path: str | Path, max_bytes: int = MAX_BYTES) -> Trajectory:
        """Read a saved trajectory: states as float32 numpy arrays, velocities recomputed from them.

        Raises:
            DataError: the file is missing, damaged, larger than max_bytes, or not a trajectory.
        """
        header, states = read_archive(path, max_bytes)
        require_consistent(header, len(states))
        grid = tuple(map(float, header["grid"]))
        steps = _restore(header, grid, states)
        if not all(step.v is None or np.isfinite(step.v).all() for step in steps):
            raise DataError("The trajectory file holds values that are not finite, so it was not loaded.")
        return cls(steps, grid, header["solver"], header["system"], header["meta"])


def settling_map(classes: np.ndarray) -> np.ndarray:
    """Return for each pixel the step at which it took its final class for good; 0 is from the start.

    Args:
        classes: class indices of every step, integers [N + 1, H, W] (any shape after the first axis).

    Returns:
        int64 [H, W] in 0 … N.

    Raises:
        InputError: classes are not integers, or there is no step (field ``"classes"``).
    """
    changed = _changes(classes)
    if not len(changed):
        return np.zeros(changed.shape[1:], dtype=np.int64)
    steps = np.arange(1, len(changed) + 1, dtype=np.min_scalar_type(len(changed)))
    return (changed * steps.reshape(-1, *[1] * (changed.ndim - 1))).max(axis=0).astype(np.int64)


def changed_share(classes: np.ndarray) -> np.ndarray:
    """Return the share of pixels, in [0, 1], whose class changed at each of the N steps: float64 [N].

    Args:
        classes: as for `settling_map`.

    Raises:
        InputError: classes are not integers, or there is no step (field ``"classes"``).
    """
    changed = _changes(classes)
    return changed.reshape(len(changed), math.prod(changed.shape[1:])).mean(axis=1)


def _changes(classes: np.ndarray) -> np.ndarray:
    classes = np.asarray(classes)
    if classes.ndim < 2 or classes.size == 0 or classes.dtype.kind not in "iu":
        raise InputError("Class maps must be whole numbers of shape [steps, height, width].", field="classes")
    return classes[1:] != classes[:-1]


def _distance(a: Step, b: Step) -> np.ndarray:
    gap = to_numpy(b.x).astype(np.float64) - to_numpy(a.x).astype(np.float64)
    return np.sqrt(np.square(gap).mean(axis=-3 if gap.ndim >= 3 else -1))


def _restore(header: dict[str, Any], grid: TimeGrid, states: np.ndarray) -> tuple[Step, ...]:
    steps: list[Step] = []
    for i, x in enumerate(states):
        v = None
        if header["moving"][i] and i > 0 and grid[i] != grid[i - 1]:
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
                v = (x - states[i - 1]) / np.float32(grid[i] - grid[i - 1])
        steps.append(Step(i, float(header["progress"][i]), grid[i], x, v, header["evaluations"][i]))
    return tuple(steps)
