"""How good a set of codes is: separation, evenness, and how much noise a nearest-code read-out stands.

Points are float ``[n, d]`` in [-1, 1], n at least 2 where pairs are asked for.
"""

from __future__ import annotations

import numpy as np


def distances(points: np.ndarray) -> np.ndarray:
    """Euclidean distances of all pairs, ``[n, n]``, infinite on the diagonal."""
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    return apart


def min_distance(points: np.ndarray) -> float:
    """Smallest distance of two codes."""
    return float(distances(points).min())


def tolerance(points: np.ndarray) -> float:
    """Every error shorter than this decodes to the right class: half the smallest distance."""
    return min_distance(points) / 2


def noise_bound(points: np.ndarray) -> float:
    """Every error whose coordinates all stay below this decodes to the right class.

    An error e takes code i nearer to code j where e·δ > ‖δ‖²/2, δ = μ_j − μ_i, and ‖e‖∞ ≤ b bounds e·δ by b‖δ‖₁; so the
    bound is the least ‖δ‖²/(2‖δ‖₁). For a grid it is half the spacing of the levels. A single code has none: 1.
    """
    if len(points) < 2:
        return 1.0
    apart = (points[:, None] - points[None])[~np.eye(len(points), dtype=bool)]
    return float(((apart**2).sum(-1) / (2 * np.abs(apart).sum(-1))).min())


def worst_pair(points: np.ndarray) -> tuple[int, int]:
    """The two codes that are most easily taken for each other, the smaller index first."""
    first, second = np.unravel_index(distances(points).argmin(), (len(points), len(points)))
    return int(min(first, second)), int(max(first, second))


def neighbour_variation(points: np.ndarray) -> float:
    """Standard deviation over mean of the distance to the nearest code; 0 where all are alike."""
    nearest = distances(points).min(axis=1)
    return float(nearest.std() / nearest.mean())


def axis_gap(points: np.ndarray) -> float:
    """Smallest difference of two codes on one axis; 0 where two share a coordinate, so that a single corrupted channel
    may be all that told them apart.
    """
    return float(np.diff(np.sort(points, axis=0), axis=0).min())


def discrepancy(points: np.ndarray) -> float:
    """L2-star discrepancy of the points moved to [0, 1]^d, by Warnock's formula; 0 is perfectly even.

        D² = 3⁻ᵈ − 2^(1−d)/n Σ_i Π_j (1 − x_ij²) + n⁻² Σ_ik Π_j (1 − max(x_ij, x_kj))
    """
    x = (points + 1) / 2
    n, d = x.shape
    single = np.prod(1 - x**2, axis=1).sum()
    pairs = np.prod(1 - np.maximum(x[:, None], x[None]), axis=-1).sum()
    return float(np.sqrt(max(3.0**-d - 2.0 ** (1 - d) / n * single + pairs / n**2, 0.0)))
