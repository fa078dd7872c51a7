"""Families of category codes behind one interface: where each class lies in the cube [-1, 1]³.

    base-k      SemFlow's grid, see :func:`~flowdemo.codes.codebook.base_k`
    kronecker   μ_k = 2 frac(k (√2, √3, √5)) − 1, k = 1 … N                      (FlowSeg, arXiv 2603.19218)
    r3          μ_k = 2 frac(½ + k (φ⁻¹, φ⁻², φ⁻³)) − 1, φ⁴ = φ + 1              (the R sequence in three dimensions)
    palette     the colour map of PASCAL VOC: the bits of k spread over red, green and blue
    random      uniform and seeded, to compare with

The raw sequences are used, without stretching each axis to its full range: a class more then moves no other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from flowdemo.codes.codebook import HALF_RANGE, Codebook, base_k
from flowdemo.codes.measures import noise_bound
from flowdemo.errors import InputError

MAX_ROWS = 255  # indices of a mask are bytes, and the last is kept free
KRONECKER = np.sqrt([2.0, 3.0, 5.0])


def kronecker(n: int, alpha: np.ndarray = KRONECKER, offset: float = 0.0) -> np.ndarray:
    """The first n points of a Kronecker sequence, frac(offset + k α) for k = 1 … n, in [-1, 1].

    Args:
        n: number of points.
        alpha: one irrational number for each axis, independent of the others and of 1 over the rationals.

    Returns:
        float64 ``[n, d]``.
    """
    return 2 * np.modf(offset + np.arange(1, n + 1)[:, None] * alpha)[0] - 1


def r_alpha(d: int) -> np.ndarray:
    """(φ⁻¹ … φ⁻ᵈ) with the positive root φ of x^(d+1) = x + 1."""
    root = 2.0
    for _ in range(64):
        root = (1 + root) ** (1 / (d + 1))
    return root ** -np.arange(1, d + 1, dtype=float)


def r_sequence(n: int, d: int = 3) -> np.ndarray:
    """The first n points of the R sequence, float64 ``[n, d]`` in [-1, 1]."""
    return kronecker(n, r_alpha(d), 0.5)


def grid(n: int) -> np.ndarray:
    """The first n points of the full grid with ⌈n^⅓⌉ levels on each axis, float64 ``[n, 3]`` in [-1, 1]."""
    k = next(k for k in range(2, MAX_ROWS) if k**3 >= n)
    digits = np.stack(np.unravel_index(np.arange(n), (k, k, k)), axis=1)
    return 2 * digits / (k - 1) - 1


def palette(n: int) -> np.ndarray:
    """The first n colours of PASCAL VOC's colour map, float64 ``[n, 3]`` in [-1, 1]; the first one is black."""
    levels = np.zeros((n, 3))
    for bit in range(8):  # three bits of k at a time, the lowest ones to the highest place of a channel
        levels += ((np.arange(n)[:, None] >> (3 * bit + np.arange(3))) & 1) << (7 - bit)
    return levels / HALF_RANGE - 1


def uniform_random(n: int, seed: int = 0, d: int = 3) -> np.ndarray:
    """n independent uniform points, float64 ``[n, d]`` in [-1, 1]."""
    return np.random.default_rng(seed).uniform(-1, 1, (n, d))


POINTS: dict[str, Callable[[int], np.ndarray]] = {
    "kronecker": kronecker,
    "r3": r_sequence,
    "palette": palette,
    "random": uniform_random,
}
FAMILIES = ("base-k", *POINTS)


def codebook(family: str, classes: int, void: bool = False) -> Codebook:
    """The codes of a family for so many classes.

    Args:
        family: one of :data:`FAMILIES`.
        classes: number of classes.
        void: whether an ignore label needs a code of its own; it takes the one after the last class.

    Raises:
        InputError: unknown family, or more classes than it has codes for.
    """
    if family == "base-k":
        return base_k(classes, void)
    if family not in POINTS:
        raise InputError(f"There are no codes named {family!r}; there are: {', '.join(FAMILIES)}.", field="codes")
    rows = classes + int(void)
    if classes < 1 or rows > MAX_ROWS:
        raise InputError(f"Category codes are for 1 to {MAX_ROWS} labels, but {rows} were asked for.", field="classes")
    points = POINTS[family](rows)
    return Codebook(family, (points + 1) * HALF_RANGE, classes, 2 * HALF_RANGE * noise_bound(points))
