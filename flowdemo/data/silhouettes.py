"""Silhouettes drawn in code by name: fixed shapes on which a shape prior can be tried.

The geometry is that of a square of 128 pixels and grows with the side. A shape is known by its signed distance φ,
above 0 inside, and its soft mask is

    u = σ(φ / w)                                                              (1)

with the edge width w in pixels, so that u is one half on the outline. Curvatures of level lines are to be trusted from
w = 2 on; see :mod:`flowdemo.systems.convexity`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from flowdemo.errors import InputError

SIDE = 128  # pixels, of which the lengths below are told
DISC = 40.0  # radius
ELLIPSE = (48.0, 28.0)  # half axes
SQUARE = 36.0  # half a side
ANNULUS = (40.0, 16.0)  # outer and inner radius
PACMAN = (42.0, 68.0, -22.5)  # radius, half the angle of the wide mouth, and where it points, in degrees
TWO_DISCS = (14.0, 28.0)  # radius, and half the way between the centres
STAR = (36.0, 0.34)  # mean radius of a five-pointed wave r = R (1 + a cos 5θ), and the share a by which it swings
FLOWER = (36.0, 0.25)  # the same, of the five-petal flower

Points = np.ndarray


def signed_distance(name: str, size: int = SIDE) -> np.ndarray:
    """φ in pixels, float64 ``[size, size]``, above 0 inside.

    The Euclidean distance to the outline, but for ``ellipse``, all of whose level lines are ellipses.

    Args:
        name: one of :data:`SILHOUETTES`.
        size: side in pixels, 16 to 1024.

    Raises:
        InputError: there is no such silhouette, or the side is out of bounds.
    """
    if name not in SILHOUETTES:
        raise InputError(f"The silhouettes are {', '.join(SILHOUETTES)}.", field="silhouette")
    if not 16 <= size <= 1024:
        raise InputError("A silhouette is 16 to 1024 pixels wide.", field="size")
    return _drawn(name, size).copy()


def silhouette(name: str, size: int = SIDE, width: float = 1.5) -> np.ndarray:
    """The soft mask of equation (1), float64 ``[size, size]`` in [0, 1].

    Args:
        width: of the edge, w in pixels; 0 gives 1 inside and 0 outside.

    Raises:
        InputError: there is no such silhouette, the side is out of bounds, or the width is not finite or below 0.
    """
    if not 0 <= width < float("inf"):
        raise InputError("The edge width of a silhouette is a number of pixels, 0 or more.", field="width")
    distance = signed_distance(name, size)
    return 0.5 + 0.5 * np.tanh(distance / (2 * width)) if width else (distance >= 0).astype(float)


@lru_cache(maxsize=16)
def _drawn(name: str, size: int) -> np.ndarray:
    ticks = (np.arange(size) - (size - 1) / 2) * (SIDE / size)
    return _DRAW[name](*np.meshgrid(ticks, ticks)) * (size / SIDE)


def _disc(x: Points, y: Points) -> Points:
    return DISC - np.hypot(x, y)


def _ellipse(x: Points, y: Points) -> Points:
    a, b = ELLIPSE
    return (1 - np.hypot(x / a, y / b)) * np.sqrt(a * b)


def _square(x: Points, y: Points) -> Points:
    beyond = np.maximum(abs(x) - SQUARE, 0), np.maximum(abs(y) - SQUARE, 0)
    return np.maximum(SQUARE - np.maximum(abs(x), abs(y)), 0) - np.hypot(*beyond)


def _annulus(x: Points, y: Points) -> Points:
    outer, inner = ANNULUS
    radius = np.hypot(x, y)
    return np.minimum(outer - radius, radius - inner)


def _two_discs(x: Points, y: Points) -> Points:
    radius, away = TWO_DISCS
    return radius - np.minimum(np.hypot(x - away, y), np.hypot(x + away, y))


def _pacman(x: Points, y: Points) -> Points:
    radius, half, towards = PACMAN
    angles = np.radians(towards + np.linspace(half, 360 - half, 181))
    return _polygon(x, y, np.append(np.full(181, radius), 0.0), np.append(angles, 0.0))


def _wave(x: Points, y: Points, mean: float, swing: float) -> Points:
    """Five arms, one of them upwards."""
    turns = np.arange(360) * (2 * np.pi / 360)
    return _polygon(x, y, mean * (1 + swing * np.cos(5 * turns)), turns - np.pi / 2)


def _polygon(x: Points, y: Points, radii: np.ndarray, angles: np.ndarray) -> Points:
    """Signed distance to a closed polygon whose corners are told by radius and angle, seen from the middle."""
    corners = radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)
    nearest, inside = np.full(x.shape, np.inf), np.zeros(x.shape, dtype=bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, 0), strict=True):
        ex, ey, px, py = bx - ax, by - ay, x - ax, y - ay
        along = np.clip((px * ex + py * ey) / (ex * ex + ey * ey), 0, 1)
        nearest = np.minimum(nearest, (px - along * ex) ** 2 + (py - along * ey) ** 2)
        if ay != by:  # a ray to the right crosses this side, or does not
            inside ^= ((ay > y) != (by > y)) & (px < py * ex / ey)
    return np.where(inside, 1.0, -1.0) * np.sqrt(nearest)


_DRAW: dict[str, Callable[[Points, Points], Points]] = {
    "disc": _disc,
    "ellipse": _ellipse,
    "square": _square,
    "star": lambda x, y: _wave(x, y, *STAR),
    "annulus": _annulus,
    "pac-man": _pacman,
    "two discs": _two_discs,
    "flower": lambda x, y: _wave(x, y, *FLOWER),
}
SILHOUETTES = tuple(_DRAW)
