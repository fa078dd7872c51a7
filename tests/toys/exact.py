"""The spiral's exact velocity field E[v | z_t]: what a perfect network would answer.

A point is a Gaussian of width 0.1 about a knot of an arm, so x_t given the knot is Gaussian. y' is uniform about its
class, here as a row of places, and y_t given y' is Gaussian. Undefined at t = 0, where only solvers that look at the
arrival time would ask.
"""

from __future__ import annotations

import numpy as np

from flowdemo.flow import GaussianPath


class ExactField:
    """``(z [n, 3], t) → [n, 3]`` for 0.01 < t ≤ 1, float64.

    Args:
        knots: places on each arm that stand for it.
        places: values of y' that stand for U(−½, ½) about a label.
    """

    def __init__(self, knots: int = 150, places: int = 64) -> None:
        angle, radius = np.sqrt(np.linspace(0, 4 * np.pi, knots)), np.linspace(0, 1, knots)
        first = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
        self.arms = np.stack([first, [0.5, 0.0] - first])  # [2, knots, 2]
        self.labels = np.array([[-1.0], [1.0]]) + (np.arange(places) + 0.5) / places - 0.5  # [2, places]

    def __call__(self, z: np.ndarray, t: float) -> np.ndarray:
        xy, y = z[:, None, None, :2].astype(np.float64), z[:, None, None, 2].astype(np.float64)
        near = -((xy - t * self.arms) ** 2).sum(3) / (2 * ((1 - t) ** 2 + (0.1 * t) ** 2))  # [n, 2, knots], logarithms
        fits = -((y - (1 - t) * self.labels) ** 2) / (2 * t**2)  # [n, 2, places]
        near, fits = (np.exp(part - part.max((1, 2), keepdims=True)) for part in (near, fits))
        share = near.sum(2) * fits.sum(2)  # [n, 2]: p(class | z_t)
        share /= share.sum(1, keepdims=True)
        near, fits = (part / (part.sum(2, keepdims=True) + 1e-300) for part in (near, fits))
        moves = GaussianPath(0.0, self.arms, 1.0, 0.1).velocity(xy, t)  # [n, 2, knots, 2]
        point = np.einsum("nc,nck,nckd->nd", share, near, moves)
        return np.column_stack([point, np.einsum("nc,ncp,ncp->n", share, fits, (y - self.labels) / t)])
