"""SymmFlow on a spiral of points (Caetano et al., arXiv 2506.10634, toy experiment): point and label trade places.

The state is z = (x, y) ∈ R³: a point x ∈ R² and its label y, −1 or +1 while it is clean. One flow moves both, in
opposite directions:

    path        x_t = (1 − t) ε_x + t x,    y_t = (1 − t) y' + t ε_y      ε ~ N(0, 1)
    velocity    v = (x − ε_x, ε_y − y'),    y' = y + ξ,  ξ ~ U(−½, ½)

t = 0 is (noise, label) and t = 1 is (point, noise). Integrating 1 → 0 from (x, ε_y) classifies the point by the sign of
y; integrating 0 → 1 from (ε_x, y') draws a point of the class. The point cannot stay while it is being classified: it
drifts to noise, and a velocity that is asked again on the way sees less and less of it. One Euler step asks only at the
clean point, so *more* steps classify *worse*. That is the flow's nature and no fault of a network: the exact field
E[v | z_t] falls alike, from 99.8 % at one step to 80.9 % at fifty. A flow carries the distribution of one end to that
of the other; followed closely, it leaves about a fifth of the points with the other arm's label, in both directions.

Numpy only. A velocity field is any callable ``(z [n, 3], t) → [n, 3]`` with t a Python float in [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from flowdemo.errors import InputError
from flowdemo.flow import Step, VelocityField, interpolate, reversed_grid, solve, uniform, velocity

NOISE = 0.1  # standard deviation of the points about their arm
TURN = 4 * math.pi  # the angle is the square root of an even grid from 0 to this: 0 to 3.545 rad
SHIFT = 0.5  # of the second arm, in the first coordinate
DEQUANTISATION = 0.5  # half-width of ξ; labels lie 2 apart, so clean ones never mix
STEPS = (1, 2, 5, 10, 20, 50)  # rows of the paper's table
MAX_STEPS = 1000
MAX_SEED = 2**32 - 1
TO_LABEL, TO_POINT = "point-to-label", "label-to-point"
TRAINING, EVALUATION, SHOW = range(3)  # what random numbers are for


def stream(purpose: int, seed: int, run: int = 0) -> np.random.Generator:
    """Random numbers of one purpose; streams of different purposes, seeds or runs have nothing in common.

    Raises:
        InputError: a seed is not a whole number from 0 to 4294967295 (field ``"seed"``).
    """
    if not all(type(value) is int and 0 <= value <= MAX_SEED for value in (seed, run)):
        raise InputError(f"The seed must be a whole number from 0 to {MAX_SEED}.", field="seed")
    return np.random.default_rng((purpose, seed, run))


def arms(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points without noise, float64 ``[n, 2]``, and labels ``[n]``: first n // 2 of the arm −1, then the arm +1."""
    parts = []
    for count, turned in ((n // 2, 0.0), (n - n // 2, math.pi)):
        angle, radius = np.sqrt(np.linspace(0, TURN, count)) + turned, np.linspace(0, 1, count)
        parts.append(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1))
    parts[1][:, 0] += SHIFT
    return np.concatenate(parts), np.repeat([-1.0, 1.0], [n // 2, n - n // 2])


def points(n: int, seed: int | np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Noisy points float32 ``[n, 2]`` in about [-1.5, 1.8], and labels float32 ``[n]``, −1 for the first half, then +1.

    Raises:
        InputError: n is below 2 (field ``"n"``).
    """
    if n < 2:
        raise InputError("A spiral needs at least 2 points, one for each arm.", field="n")
    clean, labels = arms(n)
    noisy = clean + NOISE * np.random.default_rng(seed).standard_normal(clean.shape)
    return noisy.astype(np.float32), labels.astype(np.float32)


def dequantise(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """y' = y + ξ, float32 ``[n]`` like the labels."""
    return (labels + rng.uniform(-DEQUANTISATION, DEQUANTISATION, labels.shape)).astype(np.float32)


def label_noise(n: int, rng: np.random.Generator) -> np.ndarray:
    """ε_y, float32 ``[n]``: where the label of a point starts when it is to be found."""
    return rng.standard_normal(n, np.float32)


def joint(coordinates: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The state, float32 ``[n, 3]``, of coordinates ``[n, 2]`` and labels ``[n]``.

    Raises:
        InputError: the two do not fit together, or a number is not finite (field ``"points"``).
    """
    try:
        xy = np.asarray(coordinates, np.float32).reshape(-1, 2)
        z = np.concatenate([xy, np.asarray(labels, np.float32).reshape(-1, 1)], 1)
    except (TypeError, ValueError):
        raise InputError("Points need two coordinates and one label each.", field="points") from None
    if not np.isfinite(z).all():
        raise InputError("Points and labels must be finite numbers.", field="points")
    return z


def training_pairs(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fresh samples of the path: z_t and v, float32 ``[n, 3]``, and t ~ U(0, 1), float32 ``[n]``."""
    x, y = points(n, rng)
    noise = rng.standard_normal((n, 3), np.float32)
    t = rng.random(n, np.float32)
    source, target = joint(noise[:, :2], dequantise(y, rng)), joint(x, noise[:, 2])
    return interpolate(source, target, t), velocity(source, target), t


def trajectory(model: VelocityField, start: np.ndarray, direction: str, steps: int, solver: str) -> Iterator[Step]:
    """N + 1 steps of the joint state ``[n, 3]``: t 1 → 0 for :data:`TO_LABEL`, 0 → 1 for :data:`TO_POINT`.

    Raises:
        InputError: steps outside 1 to 1000, or an unknown solver or direction.
    """
    if direction not in (TO_LABEL, TO_POINT):
        raise InputError(f"The spiral runs {TO_LABEL} or {TO_POINT}.", field="direction")
    grid = uniform(steps)
    if steps > MAX_STEPS:
        raise InputError(f"The spiral takes 1 to {MAX_STEPS} steps.", field="steps")
    return solve(solver, model, start, grid if direction == TO_POINT else reversed_grid(grid))


def classify(
    model: VelocityField, coordinates: np.ndarray, noise: np.ndarray, steps: int = 1, solver: str = "euler"
) -> tuple[np.ndarray, int]:
    """Labels −1 or +1, float32 ``[n]``, of points ``[n, 2]`` from label noise ``[n]``, and the evaluations it took."""
    *_, last = trajectory(model, joint(coordinates, noise), TO_LABEL, steps, solver)
    return np.where(last.x[:, 2] < 0, -1, 1).astype(np.float32), last.evaluations


def generate(
    model: VelocityField, labels: np.ndarray, rng: np.random.Generator, steps: int = 50, solver: str = "euler"
) -> np.ndarray:
    """Points float32 ``[n, 2]`` of the classes ``[n]``, from dequantised labels and Gaussian coordinates."""
    start = joint(rng.standard_normal((len(labels), 2)), dequantise(labels, rng))
    *_, last = trajectory(model, start, TO_POINT, steps, solver)
    return last.x[:, :2]


def paths(
    model: VelocityField, coordinates: np.ndarray, labels: np.ndarray, steps: int, solver: str = "euler",
    direction: str = TO_LABEL,
) -> np.ndarray:  # fmt: skip
    """Whole trajectories, float32 ``[n, steps + 1, 3]``, in the order of the run.

    Args:
        model: velocity field.
        coordinates: ``[n, 2]``; the points to classify, or Gaussian noise towards points.
        labels: ``[n]``; the label noise, or dequantised labels towards points.
        steps, solver: intervals and a name of ``flowdemo.flow.SOLVERS``.
        direction: :data:`TO_LABEL` or :data:`TO_POINT`.

    Raises:
        InputError: as for :func:`joint` and :func:`trajectory`.
    """
    run = trajectory(model, joint(coordinates, labels), direction, steps, solver)
    return np.stack([step.x for step in run], axis=1)


def field(model: VelocityField, grid: np.ndarray, label: float, t: float) -> np.ndarray:
    """Velocities ``[..., 3]`` at places ``[..., 2]``, all with the same label value and time t in [0, 1]."""
    places = np.asarray(grid, np.float32)
    z = joint(places, np.full(places.size // 2, label))
    return np.asarray(model(z, float(t))).reshape(*places.shape[:-1], 3)


@dataclass(frozen=True, eq=False)
class Strip:
    """One cell of the accuracy strip.

    Attributes:
        steps: Euler (or other) steps.
        labels: what the points were found to be, float32 ``[n]`` of −1 and +1.
        accuracy: share of points whose label is right, 0 to 1.
        evaluations: calls of the velocity field.
    """

    steps: int
    labels: np.ndarray
    accuracy: float
    evaluations: int


def strip(
    model: VelocityField, coordinates: np.ndarray, truth: np.ndarray, noise: np.ndarray,
    steps: Sequence[int] = STEPS, solver: str = "euler",
) -> list[Strip]:  # fmt: skip
    """Classify the same points ``[n, 2]`` from the same label noise ``[n]`` by several numbers of steps."""
    cells = []
    for count in steps:
        found, evaluations = classify(model, coordinates, noise, count, solver)
        cells.append(Strip(count, found, float((found == truth).mean()), evaluations))
    return cells


def sample(n: int = 600, seed: int = 0, purpose: int = SHOW, run: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A fixed set for :func:`strip` and :func:`paths`: points ``[n, 2]``, labels ``[n]``, label noise ``[n]``."""
    rng = stream(purpose, seed, run)
    coordinates, labels = points(n, rng)
    return coordinates, labels, label_noise(n, rng)
