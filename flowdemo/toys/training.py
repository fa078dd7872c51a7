"""Training the spiral: the paper's recipe in full, or in seconds while someone looks on.

Loss 0.9·MSE(coordinates) + 0.1·MSE(label), Adam, and points that are drawn afresh at every step, so there is nothing
to overfit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from flowdemo.errors import EngineError, InputError
from flowdemo.toys.network import SpiralNetwork
from flowdemo.toys.spiral import TRAINING, stream, training_pairs

STEPS, POINTS, RATE = 6000, 10_000, 1e-2  # the paper's
COORDINATES_SHARE = 0.9  # of the loss; the label has the rest
LIVE_POINTS = 1024
LIVE_RATE = 1e-2
LIVE_SECONDS = (1.0, 120.0)
UPDATE_SECONDS = 0.5
SMOOTH = 100  # steps over which a printed loss is averaged


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network: its arrays (see ``folded.STATE_SHAPES``), steps, seconds, and the loss of the last steps."""

    arrays: dict[str, np.ndarray]
    steps: int
    seconds: float
    loss: float


def train(
    seed: int, steps: int = STEPS, points: int = POINTS, on_step: Callable[[int, float], None] | None = None
) -> Trained:
    """Train by the paper's recipe.

    Args:
        seed: of the network's start and of every batch, 0 to 4294967295.
        steps: optimiser steps, at least 1.
        points: fresh points a step, at least 2.
        on_step: gets the number of steps done and the loss of the last one.

    Raises:
        InputError: seed or steps are out of range.
        EngineError: the loss is not finite.
    """
    check_steps(steps)
    rng = stream(TRAINING, seed)
    network, losses, begin = SpiralNetwork(rng), [], time.monotonic()
    descent = descend(network, rng, points, lambda: RATE)
    for step in range(1, steps + 1):
        losses.append(next(descent))
        if on_step:
            on_step(step, losses[-1])
    return Trained(network.arrays(), steps, time.monotonic() - begin, float(np.mean(losses[-SMOOTH:])))


def check_steps(steps: int) -> None:
    """Raise InputError (field ``"steps"``) unless there is at least one step to train."""
    if steps < 1:
        raise InputError("The number of training steps must be at least 1.", field="steps")


def train_live(
    seed: int, seconds: float = 15.0, points: int = LIVE_POINTS, every: float = UPDATE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Train for some seconds and tell about it; works only while it is iterated, and stops where it is closed.

    The batches are small enough to stay on one core, and the learning rate falls with the *time* that has passed, so
    that a slower machine ends with fewer steps and not with a rate that is still high.

    Args:
        seed: of the network's start and of every batch.
        seconds: 1 to 120.
        points: fresh points a step.
        every: seconds between two updates.
        clock: seconds as a float; a test may count steps instead.

    Yields:
        ``{"step", "loss", "seconds", "weights"}``: steps done, mean loss since the last update (None at the start),
        seconds of training, and the folded weights. The first is the untrained network, the last the final one.

    Raises:
        InputError: seed or seconds are out of range (fields ``"seed"``, ``"seconds"``).
        EngineError: while iterating, the loss is not finite.
    """
    low, high = LIVE_SECONDS
    if not low <= seconds <= high:
        raise InputError(f"Live training takes {low:g} to {high:g} seconds.", field="seconds")
    return _live(stream(TRAINING, seed), seconds, points, every, clock)


def _live(
    rng: np.random.Generator, seconds: float, points: int, every: float, clock: Callable[[], float]
) -> Iterator[dict[str, Any]]:
    network, begin = SpiralNetwork(rng), clock()
    descent = descend(network, rng, points, lambda: live_rate((clock() - begin) / seconds))
    step, told, losses = 0, 0.0, []
    yield _update(network, step, losses, 0.0)
    while (now := clock() - begin) < seconds:
        if losses and now - told >= every:
            yield _update(network, step, losses, now)
            told, losses = now, []
        losses.append(next(descent))
        step += 1
    yield _update(network, step, losses, now)


def _update(network: SpiralNetwork, step: int, losses: list[float], seconds: float) -> dict[str, Any]:
    loss = float(np.mean(losses)) if losses else None
    return {"step": step, "loss": loss, "seconds": seconds, "weights": network.folded()}


def live_rate(progress: float) -> float:
    """The learning rate at a share of the time: half a cosine from :data:`LIVE_RATE` to a hundredth of it."""
    return LIVE_RATE * (0.01 + 0.99 * (1 + math.cos(math.pi * min(progress, 1.0))) / 2)


def descend(
    network: SpiralNetwork, rng: np.random.Generator, points: int, rate: Callable[[], float]
) -> Iterator[float]:
    """Adam without end: yields the loss of each step, which has been taken by then.

    Raises:
        EngineError: the loss is not finite.
    """
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    while True:
        for group in optimizer.param_groups:
            group["lr"] = rate()
        loss = objective(network, *map(torch.from_numpy, training_pairs(points, rng)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        value = loss.item()
        if not math.isfinite(value):
            raise EngineError("The spiral's loss is not finite; train again with another seed.")
        yield value


def objective(network: SpiralNetwork, z: Tensor, v: Tensor, t: Tensor) -> Tensor:
    """0.9·MSE(coordinates) + 0.1·MSE(label) of states and velocities ``[n, 3]`` at times ``[n]``."""
    error = (network(z, t) - v).square().mean(0)
    return COORDINATES_SHARE * error[:2].mean() + (1 - COORDINATES_SHARE) * error[2]
