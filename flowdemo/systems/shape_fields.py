"""Fields u of a shape run: hard masks get a soft edge, parts become fields of their own, dented level lines are found.

A field is float ``[H, W]`` in [0, 1]; its parts are the connected parts of u ≥ ½ (corners connect), each with what is
nearer to it than to any other part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt, label
from torch import Tensor

from flowdemo.systems.convexity_losses import bend
from flowdemo.systems.convexity_measures import TOUCHING
from flowdemo.systems.differences import central
from flowdemo.systems.distance import gaussian, signed_distance

HARD = (8 / 255, 247 / 255)  # values between are those of a soft edge
FEW = 1 / 500  # of all pixels: so many soft ones may a hard mask have
MOST = 12  # parts on their own; the smaller ones stay as they are
BLUR = 4.0  # pixels, of a Gaussian under which the steps between pixels are no corners any more
DENT = 0.012  # 1/pixel
STEEP = 0.3  # of the steepest slope


@dataclass(frozen=True, eq=False)
class Parts:
    """A field taken apart.

    Attributes:
        fields: float32 ``[1, K, H, W]``, K ≥ 1.
        count: connected parts there are; above K some are left out.
        rest: what is left out, float32 ``[H, W]``, or None.
    """

    fields: Tensor
    count: int
    rest: Tensor | None = None

    def joined(self, fields: Tensor) -> Tensor:
        """Fields ``[1, K, H, W]`` put together by the maximum, with what was left out, ``[H, W]``."""
        highest = fields[0].amax(0)
        return highest if self.rest is None else torch.maximum(highest, self.rest)


def is_hard(u: np.ndarray) -> bool:
    """Whether a field is a mask: next to no values between 8/255 and 247/255."""
    return float(((u > HARD[0]) & (u < HARD[1])).mean()) <= FEW


def softened(mask: np.ndarray, width: float) -> Tensor:
    """σ(φ/w) of masks ``[K, H, W]``, float32 ``[1, K, H, W]``; w is ``width`` in pixels, above 0."""
    return (signed_distance(mask)[:, 0] / width).sigmoid()[None]


def taken_apart(u: np.ndarray, soften: float, apart: bool) -> Parts:
    """The field, or its connected parts, with a soft edge where it is a hard mask.

    Args:
        soften: width of that edge in pixels; 0 leaves masks hard.
        apart: whether connected parts become fields of their own, :data:`MOST` at most, the largest first. A mask is
            taken apart before it is softened, a soft field is cut along the lines that lie as near to two parts.
    """
    found, count = label(u >= 0.5, TOUCHING)
    soft = soften > 0 and is_hard(u)
    if not apart or count < 2:
        field = softened((u >= 0.5)[None], soften) if soft else torch.from_numpy(u.astype(np.float32))[None, None]
        return Parts(field, count)
    sizes = np.bincount(found.ravel())[1:]
    order = 1 + np.argsort(-sizes, kind="stable")
    if not soft:  # each pixel belongs to the part that is nearest
        found = found[tuple(distance_transform_edt(found == 0, return_distances=False, return_indices=True))]
    masks = [found == part for part in order[:MOST]]
    masks += [np.isin(found, order[MOST:])] if count > MOST else []
    fields = softened(np.stack(masks), soften) if soft else torch.from_numpy(
        np.where(np.stack(masks), u, 0).astype(np.float32))[None]  # fmt: skip
    return Parts(fields[:, :MOST], count, fields[0, MOST] if count > MOST else None)


def dents(fields: Tensor) -> Tensor:
    """Pixels of fields ``[1, K, H, W]`` whose level line is dented, bool ``[H, W]``.

    With g the field under a Gaussian of 4 pixels and s its steepest slope, a pixel is dented where

        g_ss > 0.012 s  and  |∇g| > 0.3 s,                                               (1)

    so that its level line is hollow with a radius below some 80 pixels; a part is asked where it is the highest one.
    Without the Gaussian the steps between pixels would count. With it, on 128×128 pixels, g_ss stays below 0.011 s for
    hard and softened discs, ellipses and bars at any angle and for what a line scan leaves, and goes to 0 in the
    curvature flow; it is 0.13 to 0.17 s for flower and star, 0.07 s for an annulus and in the corner of pac-man, and
    0.035 s at a notch of 2×4 pixels. Shallower dents are not seen: solidity tells of them.
    """
    smooth = gaussian(fields, BLUR)
    across, down = central(smooth)
    slope = torch.hypot(across, down)
    steepest = slope.amax((2, 3), keepdim=True)
    dented = (bend(smooth / steepest.clamp(min=1e-9), 1e-9) > DENT) & (slope > STEEP * steepest) & (steepest > 1e-6)
    return (dented & (fields >= fields.amax(1, keepdim=True)))[0].any(0)
