"""What a path through code space passes on its way: how long it stays in wrong cells, how near it comes to wrong codes.

The cell of a code is the set of points to which no other code is nearer. Paths are float ``[N + 1, 3, H, W]`` at times
t_0 … t_N, labels uint8 ``[H, W]``, and of the N intervals each counts with its length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from flowdemo.codes.codebook import Codebook


def target_estimates(path: np.ndarray, times: Sequence[float]) -> np.ndarray:
    """x̂₁(t_i) = x_i + (t_N − t_i) v_i with the mean velocity v_i of each interval, ``[N, 3, H, W]``.

    Where the path would end if it went straight on. For Euler's method it is what the network predicted at t_i.
    """
    at = np.asarray(times, float)[:, None, None, None]
    return path[:-1] + (at[-1] - at[:-1]) * (path[1:] - path[:-1]) / (at[1:] - at[:-1])


def dwell(points: np.ndarray, times: Sequence[float], codebook: Codebook, labels: np.ndarray) -> np.ndarray:
    """Share of the time, 0 to 1, that each pixel spends in cells of classes other than its own, ``[H, W]``.

    Args:
        points: ``[N, 3, H, W]``, one for each interval: states at its beginning, or estimates.
        times: t_0 … t_N.
        codebook: codes.
        labels: own class of each pixel; void counts as having none, and gives not-a-number.
    """
    shares = np.abs(np.diff(times)) / abs(times[-1] - times[0])
    wrong = codebook.decode(points.astype(np.float32)) != labels
    found = np.einsum("n,nhw->hw", shares, wrong.astype(float))
    return np.where(labels < codebook.classes, found, np.nan)


def clearance(points: np.ndarray, codebook: Codebook, labels: np.ndarray) -> np.ndarray:
    """Closest approach to the code of another class, in state units, ``[H, W]``; labels as for :func:`dwell`."""
    nearest = np.full(labels.shape, np.inf)
    for index, code in enumerate(codebook.points[: codebook.classes]):
        distance = np.linalg.norm(points - code[:, None, None], axis=1).min(axis=0)
        nearest = np.where(labels == index, nearest, np.minimum(nearest, distance))
    return np.where(labels < codebook.classes, nearest, np.nan)
