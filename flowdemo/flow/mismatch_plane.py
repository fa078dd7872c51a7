"""Flow Mismatching in small and exact: fields of point sets, disagreements of paths, and what Gaussians say of them.

A path from noise x0 to a target y is x_t = (1 - t) x0 + t y with the velocity u = y - x0. A field v that was fitted to
normal samples disagrees with it by delta = ||v(x_t, t) - u||^2, in squared units of the data per squared unit of flow
time. Scores average w(t) times an aggregate of delta over paths. All times lie strictly between 0 and 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from flowdemo.errors import InputError
from flowdemo.flow import gradings
from flowdemo.flow.gradings import AGGREGATIONS, WEIGHTS

Velocity = Callable[[np.ndarray, float], np.ndarray]

def gaussians(count: int, seed: int) -> np.ndarray:
    """Standard normal pairs ``[count, 2]`` by Box and Muller from ``default_rng(seed)``, as browsers can redo them."""
    radius, angle = np.random.default_rng(seed).random((count, 2)).T
    radius = np.sqrt(-2 * np.log1p(-radius))
    return np.stack([radius * np.cos(2 * np.pi * angle), radius * np.sin(2 * np.pi * angle)], 1)


def semicircle(count: int = 300, seed: int = 1) -> np.ndarray:
    """Points ``[count, 2]`` on the upper half of the circle of radius 5 about (0, 3), radii jittered by 0.1."""
    angle = np.pi * np.random.default_rng(seed).random((count, 2))[:, 1]
    radius = 5 + 0.1 * gaussians(count, seed + 1)[:, 0]
    return np.stack([radius * np.cos(angle), 3 + radius * np.sin(angle)], 1)


CENTRES = np.array([[-4.5, 3.5], [4.5, 3.5], [0.0, 10.5]])


def clusters(count: int = 300, seed: int = 1) -> np.ndarray:
    """Points ``[count, 2]``: in turns about three centres, with the standard deviation 0.5."""
    return CENTRES[np.arange(count) % 3] + 0.5 * gaussians(count, seed + 1)


def exact_velocity(x: np.ndarray, t: float, points: np.ndarray, smoothing: float = 0.0) -> np.ndarray:
    """What a perfect network answers: E[x1 - x0 | x_t = x] for x0 ~ N(0, I) and x1 ~ mean of N(a_i, s^2 I).

    Args:
        x: states ``[..., d]``.
        t: time, 0 < t < 1.
        points: the normal samples a_i ``[n, d]``.
        smoothing: s in units of the data, at least 0.

    Raises:
        InputError: a time out of range, no points, or a negative smoothing.
    """
    _check(t)
    if not len(points) or not smoothing >= 0:
        raise InputError("A field needs at least one point and a smoothing of 0 or more.")
    spread = (1 - t) ** 2 + (t * smoothing) ** 2
    apart = x[..., None, :] - t * points
    logits = -(apart**2).sum(-1) / (2 * spread)
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    mean = weights @ points
    return mean + (t * smoothing**2 - (1 - t)) / spread * (x - t * mean)


def disagreement(target: np.ndarray, seeds: np.ndarray, times: np.ndarray, velocity: Velocity) -> np.ndarray:
    """delta ``[K, T]`` of a target ``[d]``, of seeds ``[K, d]`` and times ``[T]``."""
    u = target - seeds
    found = [((velocity((1 - t) * seeds + t * target, float(t)) - u) ** 2).sum(-1) for t in times]
    return np.stack(found, 1)


def inner_times(count: int) -> np.ndarray:
    """``[T]``: j/(T + 1) for j = 1 … T, so that neither end is among them."""
    return np.array(gradings.inner_times(count))


def aggregate(delta: np.ndarray, rule: str, share: float = 0.2) -> np.ndarray:
    """One value of the K along the first axis: the least, the mean, or the ceil(share K)-th least (0 < share <= 1).

    Raises:
        InputError: an unknown rule or a share out of range.
    """
    if rule not in AGGREGATIONS or not 0 < share <= 1:
        raise InputError("Paths are aggregated by min, mean or order, with a share above 0 and at most 1.")
    if rule == "mean":
        return delta.mean(0)
    # What is exactly whole must not be raised by rounding: 0.28 * 25 is a little above 7.
    rank = 1 if rule == "min" else max(math.ceil(share * len(delta) - 1e-9), 1)
    return np.partition(delta, rank - 1, axis=0)[rank - 1]


def score(delta: np.ndarray, times: np.ndarray, weight: str, rule: str, share: float = 0.2) -> np.ndarray:
    """Mean over times of w(t) times the aggregate over paths, of delta ``[K, T, ...]``; ``[...]``."""
    over_paths = aggregate(delta, rule, share)
    w = WEIGHTS[weight](np.asarray(times, float))
    return np.tensordot(w, over_paths, 1) / len(w)


# Gaussians ------------------------------------------------------------------------------------------------------


def gaussian_disagreement(z: np.ndarray, x0: np.ndarray, sigma: np.ndarray, t: float) -> np.ndarray:
    """delta along axes on which normal samples have the deviation sigma, for an offset z = y - mean and noise x0.

    All broadcast; the sum over the axes of a sample is its delta.
    """
    _check(t)
    spread = (t * sigma) ** 2 + (1 - t) ** 2
    return (((1 - t) * z - t * sigma**2 * x0) / spread) ** 2


def gaussian_mean(z: np.ndarray, sigma: np.ndarray, t: float | np.ndarray) -> np.ndarray:
    """m(t; z): the mean of that over x0 ~ N(0, 1), by axis."""
    spread = (t * sigma) ** 2 + (1 - t) ** 2
    return (((1 - t) * z) ** 2 + t**2 * sigma**4) / spread**2


def auc(normal: np.ndarray, odd: np.ndarray) -> float:
    """How often one of ``odd`` is above one of ``normal``; a tie counts half."""
    order = np.sort(normal)
    below, upto = np.searchsorted(order, odd, "left"), np.searchsorted(order, odd, "right")
    return float((below + upto).mean() / (2 * len(order)))


@dataclass(frozen=True, eq=False)
class Normal:
    """A normal distribution: mean ``[n]`` and covariance ``[n, n]`` (symmetric, not necessarily of full rank)."""

    mean: np.ndarray
    covariance: np.ndarray

    def spread(self, t: float) -> np.ndarray:
        """Covariance of x_t ``[n, n]``."""
        _check(t)
        return t**2 * self.covariance + (1 - t) ** 2 * np.eye(len(self.mean))

    def velocity(self, x: np.ndarray, t: float) -> np.ndarray:
        """E[x1 - x0 | x_t = x] for states ``[..., n]``."""
        shear = (t * self.covariance - (1 - t) * np.eye(len(self.mean))) @ np.linalg.inv(self.spread(t))
        return self.mean + (x - t * self.mean) @ shear.T


def decomposition(p: Normal, q: Normal, t: float) -> tuple[float, float]:
    """The mean of delta when the field of p meets samples of q, in two parts that add up to it.

    Returns:
        tr Cov_q(x0 | x_t) / t^2, which the field of q itself would leave, and ((1 - t)/t)^2 times the Fisher
        divergence between the distributions of x_t under q and p.
    """
    of_p, of_q = np.linalg.inv(p.spread(t)), np.linalg.inv(q.spread(t))
    denoising = np.trace(np.eye(len(q.mean)) - (1 - t) ** 2 * of_q) / t**2
    gap = of_q - of_p
    fisher = np.trace(gap @ q.spread(t) @ gap) + t**2 * ((of_p @ (q.mean - p.mean)) ** 2).sum()
    return float(denoising), float(((1 - t) / t) ** 2 * fisher)


def sampled_mean(p: Normal, q: Normal, t: float, count: int, seed: int) -> tuple[float, float]:
    """The same mean of delta from ``count`` pairs of noise and samples of q, and its standard error."""
    rng = np.random.default_rng(seed)
    x0, x1 = rng.normal(size=(count, len(q.mean))), rng.multivariate_normal(q.mean, q.covariance, count)
    found = ((p.velocity((1 - t) * x0 + t * x1, t) - (x1 - x0)) ** 2).sum(-1)
    return float(found.mean()), float(found.std() / math.sqrt(count))


def _check(t: float) -> None:
    if not 0 < t < 1:
        raise InputError("Times of a path lie strictly between 0 and 1.")
