"""How well a mask's contour meets the true one: in place, and in shape.

With ∂S the contour pixels of a mask and d(p, ∂G) the distance from p to the nearest of the true contour, in pixels,

    BD = mean of d(p, ∂G) over p ∈ ∂S,   BDSD = their standard deviation                       (1)
    Hausdorff = the largest of d(p, ∂G), p ∈ ∂S, and of d(p, ∂S), p ∈ ∂G                       (2)

A contour at a constant distance from the true one has that distance for BD, and 0 for BDSD: BD tells place, BDSD shape.
(1) does not see what the prediction leaves out of the truth; (2) does, and so does BD back, from the true contour to
the predicted. A few stray pixels far off would outweigh a whole contour: specks of the prediction go first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import distance_transform_edt, label

from flowdemo.errors import InputError

SPECK = 20  # pixels: a part of the prediction with fewer is taken off
MEASURES = ("dice", "iou", "bd", "bdsd", "bd_back", "hausdorff")
TOUCHING = np.ones((3, 3), bool)


def without_specks(mask: ArrayLike, least: int = SPECK) -> np.ndarray:
    """A mask ``[H, W]`` less its connected parts (corners connect) of fewer than ``least`` pixels, bool."""
    mask = np.asarray(mask, bool)
    parts, _ = label(mask, TOUCHING)
    return mask & (np.bincount(parts.ravel())[parts] >= least)


def contour(mask: ArrayLike) -> np.ndarray:
    """Those pixels of a mask ``[H, W]`` with one that is not of it among their four neighbours, bool ``[H, W]``.

    The border of the picture is no contour.
    """
    mask = np.asarray(mask, bool)
    framed = np.pad(mask, 1, mode="edge")
    return mask & ~(framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:])


def contour_scores(truth: ArrayLike, predicted: ArrayLike, least: int = SPECK) -> dict[str, float | None]:
    """:data:`MEASURES` of one mask ``[H, W]`` against the true one.

    Args:
        truth: taken as it is.
        predicted: specks of fewer than ``least`` pixels are taken off first; 0 leaves them.

    Returns:
        ``dice`` and ``iou``, 0 to 1, None where both masks are empty; ``bd``, ``bdsd``, ``bd_back`` and ``hausdorff``
        in pixels, None where either mask has no contour.

    Raises:
        InputError: the masks differ in shape.
    """
    truth, predicted = np.asarray(truth, bool), without_specks(predicted, least)
    if truth.ndim != 2 or truth.shape != predicted.shape:
        raise InputError("A predicted mask and the true one have the same height and width.")
    both, sizes = int((truth & predicted).sum()), int(truth.sum()) + int(predicted.sum())
    found: dict[str, float | None] = dict.fromkeys(MEASURES)
    if sizes:
        found |= {"dice": 2 * both / sizes, "iou": both / (sizes - both)}
    edges = contour(truth), contour(predicted)
    if edges[0].any() and edges[1].any():
        to_truth, to_predicted = (distance_transform_edt(~edge) for edge in edges)
        there, back = to_truth[edges[1]], to_predicted[edges[0]]
        found |= {"bd": float(there.mean()), "bdsd": float(there.std()), "bd_back": float(back.mean()),
                  "hausdorff": float(max(there.max(), back.max()))}  # fmt: skip
    return found


def mean_scores(scores: list[dict[str, float | None]]) -> dict[str, float | None]:
    """Mean of each of :data:`MEASURES` over the pictures that have it; None where none has."""
    kept = {name: [one[name] for one in scores if one[name] is not None] for name in MEASURES}
    return {name: float(np.mean(values)) if values else None for name, values in kept.items()}
