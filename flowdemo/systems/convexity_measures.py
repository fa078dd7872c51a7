"""How far a mask, or a soft field, is from convex.

The hull of a mask is that of its pixel centres, drawn as the pixels whose centres lie in it, so that digital straight
edges cost nothing and

    defect = 1 − area/area of the hull = 1 − solidity                                   (1)

is exactly 0 for a digitally convex mask. Everything here works in whole numbers on the CPU, except that the local map
needs torch fields ``[B, C, H, W]``; the zero-order map takes them too.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from scipy.ndimage import label
from torch import Tensor

from flowdemo.errors import InputError
from flowdemo.systems.convexity_losses import bend
from flowdemo.systems.differences import central
from flowdemo.systems.levelscan import line_scan

TOUCHING = np.ones((3, 3))  # pixels that meet at a corner belong together
PAIRS = 10_000


def largest_component(mask: np.ndarray) -> np.ndarray:
    """The largest part of a mask bool ``[H, W]``, the first of equal ones; an empty mask stays so."""
    parts, count = label(mask, TOUCHING)
    if count < 2:
        return np.asarray(mask, bool)
    return parts == 1 + int(np.bincount(parts.ravel())[1:].argmax())


def convex_hull(mask: np.ndarray) -> np.ndarray:
    """The pixels whose centres lie in the convex hull of a mask's pixel centres, bool ``[H, W]``."""
    mask = np.asarray(mask, bool)
    hull = np.zeros_like(mask)
    rows = np.flatnonzero(mask.any(1))
    if not len(rows):
        return hull
    first = mask[rows].argmax(1)
    last = mask.shape[1] - 1 - mask[rows, ::-1].argmax(1)
    columns = np.arange(mask.shape[1])
    left = _lower_edge(rows, first)
    right = -_lower_edge(rows, -last)
    hull[rows[0] : rows[-1] + 1] = (columns >= left[:, None]) & (columns <= right[:, None])
    return hull


def defect(mask: np.ndarray, component: bool = True) -> float:
    """Equation (1) of a mask bool ``[H, W]``, in [0, 1); 0 if it is empty.

    Args:
        component: of the largest part alone, or of all parts and what lies between them.
    """
    part = largest_component(mask) if component else np.asarray(mask, bool)
    area = int(convex_hull(part).sum())
    return 1 - int(part.sum()) / area if area else 0.0


def solidity(mask: np.ndarray, component: bool = True) -> float:
    """Area over area of the hull, 1 − :func:`defect`."""
    return 1 - defect(mask, component)


def hull_iou(mask: np.ndarray, of: np.ndarray) -> float:
    """Intersection over union of a mask and the hull of another, or of itself; 1 if both are empty."""
    hull = convex_hull(of)
    union = int((hull | mask).sum())
    return int((hull & mask).sum()) / union if union else 1.0


def chord_violations(u: np.ndarray | Tensor, pairs: int = PAIRS, seed: int = 0) -> tuple[float, float]:
    """How often and how much u sinks below both ends of a chord, at the chord's middle.

    Ends are drawn from the pixels above a twentieth of the highest value, and always have a pixel in their middle.

    Args:
        u: a field float ``[H, W]``, or one with leading axes of length 1.
        pairs: above 0.
        seed: of the pairs.

    Returns:
        (share of pairs with min(u(a), u(b)) above u(m), by more than 1e-6; the largest difference). Both are 0 for a
        quasi-concave field, but for rounding of the latter.

    Raises:
        InputError: u holds more than one field, or there is no pair.
    """
    field = np.asarray(u.detach().cpu() if isinstance(u, Tensor) else u)
    if field.ndim < 2 or field.size != field.shape[-1] * field.shape[-2] or pairs < 1:
        raise InputError("Chords are drawn on one field at a time, at least one of them.", field="pairs")
    field = field.reshape(field.shape[-2:])
    places = np.argwhere(field > 0.05 * field.max()) if field.size else np.empty((0, 2), int)
    if not len(places):
        return 0.0, 0.0
    drawn = np.random.default_rng(seed).integers(0, len(places), (2, pairs))
    a, b = places[drawn[0]], places[drawn[1]]
    b = b + np.sign(a - b) * ((a - b) % 2)  # a pixel towards a where the middle would fall between two
    middle = (a + b) // 2
    ends = np.minimum(field[a[:, 0], a[:, 1]], field[b[:, 0], b[:, 1]])
    sunk = ends - field[middle[:, 0], middle[:, 1]]
    return float((sunk > 1e-6).mean()), float(max(0.0, sunk.max()))


def dented(u: Tensor, tolerance: float = 1e-3, edge: float = 1e-2) -> Tensor:
    """Pixels of ``[B, C, H, W]`` whose level line is dented: u_ss > ``tolerance`` where |∇u| > ``edge``; bool.

    Local: what two parts lack between them is not seen.
    """
    ux, uy = central(u)
    return (bend(u) > tolerance) & (ux * ux + uy * uy > edge * edge)


@torch.no_grad()
def missing(u: Tensor, reach: int = 5) -> Tensor:
    """What each pixel of ``[B, C, H, W]`` lacks to lie on no chord below both its ends, 0 or more.

    It is what :func:`~flowdemo.systems.levelscan.line_scan` adds, so exactly 0 after it.
    """
    return line_scan(u, reach) - u


def _lower_edge(rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The least whole number on or above the lower convex hull of points (row, value), for every row in between."""
    corners: list[tuple[int, int]] = []
    for point in zip(rows.tolist(), values.tolist(), strict=True):
        while len(corners) > 1 and _turn(corners[-2], corners[-1], point) <= 0:
            corners.pop()
        corners.append(point)
    edge = np.empty(int(rows[-1] - rows[0]) + 1, int)
    edge[0] = values[0]
    for (r0, v0), (r1, v1) in pairwise(corners):
        steps = np.arange(r0, r1 + 1)
        edge[steps - rows[0]] = -((-(v0 * (r1 - r0) + (v1 - v0) * (steps - r0))) // (r1 - r0))
    return edge


def _turn(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> int:
    """Above 0 where the way from a to c by b turns upwards at b."""
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
