"""Faults on a drawn surface, each with a mask that is true to the pixel.

A fault has a cover from 0 to 1, which says how much of a pixel it takes. The mask is where the cover is one half or
more; where it is 0 the picture stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

DEFECTS = ("scratch", "blot", "hole", "missing", "shifted")
VISIBLE = 9.0  # mean change over the mask in grey levels that a person sees at once on these surfaces
TRIES = 12

Fault = tuple[np.ndarray, np.ndarray]  # what the pixels become if fully covered, and the cover; float [H, W] both


def add_defect(picture: np.ndarray, defect: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Put one fault on a sound surface; the picture given stays untouched.

    Args:
        picture: grey, uint8 ``[H, W]``, each side at least 32.
        defect: one of ``DEFECTS``: a thin line; a soft stain; a small dark spot; a patch whose pattern is gone; a patch
            whose pattern is turned and moved.
        rng: of place, shape and strength.

    Returns:
        Picture uint8 ``[H, W]`` and mask bool ``[H, W]``, true on 0.1 % to 5 % of the shorter side's square.

    Raises:
        KeyError: the defect is unknown.
    """
    draw, best = _DRAW[defect], None
    for _ in range(TRIES):  # a patch in the middle of a tile, or along a joint, may hardly show
        faulty, mask = _laid_over(picture, *draw(picture.astype(float), rng))
        seen = _change(picture, faulty, mask)
        if best is None or seen > best[0]:
            best = seen, faulty, mask
        if seen >= VISIBLE:
            break
    return best[1], best[2]


def _laid_over(picture: np.ndarray, above: np.ndarray, cover: np.ndarray) -> Fault:
    mixed = np.clip(picture + (above - picture) * cover + 0.5, 0, 255).astype(np.uint8)
    return np.where(cover > 0, mixed, picture), cover >= 0.5


def _change(before: np.ndarray, after: np.ndarray, mask: np.ndarray) -> float:
    """Mean absolute change over the mask in grey levels; 0 if the mask is empty."""
    return float(np.abs(after[mask].astype(float) - before[mask]).mean()) if mask.any() else 0.0


def _scratch(picture: np.ndarray, rng: np.random.Generator) -> Fault:
    """A bright or dark curved line that thins out towards its ends."""
    side, (x, y) = min(picture.shape), _grid(picture.shape)
    centre, angle = _place(picture.shape, 0.28, rng), rng.uniform(0, 2 * np.pi)
    half = 0.5 * side * rng.uniform(0.32, 0.62) * np.array([np.cos(angle), np.sin(angle)])
    bend = rng.uniform(-0.3, 0.3) * np.array([-half[1], half[0]])
    t = np.linspace(-1, 1, 41)
    far, nearest = _to_line(x, y, centre + np.outer(t, half) + np.outer(1 - t * t, bend))
    width = side / 128 * rng.uniform(0.75, 1.15) * np.sqrt(1 - 0.85 * t**2)[nearest]
    cover = np.clip(0.5 + np.maximum(width, 0.55) - far, 0, 1)  # never so thin that the mask has gaps
    strength = rng.uniform(48, 72) * rng.choice([-1.0, 1.0])
    return 0.45 * picture + 0.55 * picture.mean() + strength, cover


def _blot(picture: np.ndarray, rng: np.random.Generator) -> Fault:
    """A soft stain, darker at its rim as dried liquid is; the pattern shows through."""
    side = min(picture.shape)
    distance = _blob(picture.shape, side * rng.uniform(0.06, 0.105), 0.14, rng)
    soft = side * 0.014
    cover = np.clip(0.5 + distance / (2 * soft), 0, 1)
    rim = np.exp(-(((distance - soft) / (1.4 * soft)) ** 2))
    clouds = _grain(picture.shape, 0.02 * side, rng)
    return picture * (rng.uniform(0.66, 0.76) - 0.10 * rim + 0.025 * clouds), cover * cover * (3 - 2 * cover)


def _hole(picture: np.ndarray, rng: np.random.Generator) -> Fault:
    """A small dark spot, its lower right wall in the light."""
    side, centre = min(picture.shape), _place(picture.shape, 0.1, rng)
    distance = _blob(picture.shape, side * rng.uniform(0.022, 0.038), 0.10, rng, centre)
    x, y = _grid(picture.shape)
    facing = ((x - centre[0]) + (y - centre[1])) / (np.hypot(x - centre[0], y - centre[1]) + 1e-6) / np.sqrt(2)
    wall = np.exp(-((distance / (0.009 * side)) ** 2)) * np.clip(facing, 0, 1)
    depth = rng.uniform(24, 44) + 2 * rng.normal(size=picture.shape)
    return depth + 95 * wall, np.clip(0.5 + distance, 0, 1)


def _missing(picture: np.ndarray, rng: np.random.Generator) -> Fault:
    """A patch that is worn smooth: the pattern is gone, the light on the surface stays."""
    side = min(picture.shape)
    distance = _blob(picture.shape, side * rng.uniform(0.075, 0.11), 0.12, rng)
    smooth = gaussian_filter(picture, 0.075 * side)
    fine = _grain(picture.shape, 0.7, rng)
    worn = smooth * rng.uniform(1.0, 1.08) + 2.2 * fine + 2.5 * _grain(picture.shape, 0.025 * side, rng)
    return worn, np.clip(0.5 + distance / 1.6, 0, 1)


def _shifted(picture: np.ndarray, rng: np.random.Generator) -> Fault:
    """A patch in which the pattern is turned by 25 to 65 degrees and moved."""
    side, centre = min(picture.shape), _place(picture.shape, 0.16, rng)
    distance = _blob(picture.shape, side * rng.uniform(0.085, 0.115), 0.08, rng, centre)
    angle = np.deg2rad(rng.uniform(25, 65)) * rng.choice([-1.0, 1.0])
    dx, dy = rng.uniform(-0.08, 0.08, 2) * side
    x, y = _grid(picture.shape)
    u, v = x - centre[0], y - centre[1]
    places = np.stack([
        centre[1] + dy + np.sin(angle) * u + np.cos(angle) * v,
        centre[0] + dx + np.cos(angle) * u - np.sin(angle) * v,
    ]) - 0.5  # fmt: skip
    return map_coordinates(picture, places, order=3, mode="mirror"), np.clip(0.5 + distance / 1.4, 0, 1)


def _to_line(x: np.ndarray, y: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance of every pixel to a smooth line of points ``[n, 2]``, and the nearest point's number."""
    nearest = np.square(x[..., None] - points[:, 0]) + np.square(y[..., None] - points[:, 1])
    nearest = nearest.argmin(axis=-1)
    tangent = np.gradient(points, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    dx, dy = x - points[nearest, 0], y - points[nearest, 1]
    tx, ty = np.moveaxis(tangent[nearest], -1, 0)
    along = dx * tx + dy * ty
    beyond = np.where(nearest == 0, -along, np.where(nearest == len(points) - 1, along, 0))
    return np.hypot(dx * ty - dy * tx, np.maximum(beyond, 0)), nearest


def _grid(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Centres of the pixels: x ``[1, W]`` and y ``[H, 1]``."""
    return np.arange(shape[1])[None] + 0.5, np.arange(shape[0])[:, None] + 0.5


def _place(shape: tuple[int, ...], margin: float, rng: np.random.Generator) -> np.ndarray:
    """A point (x, y) in pixels that keeps ``margin`` of each side's length from the border."""
    return rng.uniform(margin, 1 - margin, 2) * (shape[1], shape[0])


def _blob(
    shape: tuple[int, ...], radius: float, wobble: float, rng: np.random.Generator, centre: np.ndarray | None = None
) -> np.ndarray:
    """About the distance in pixels to the rim of a wobbly ellipse, positive inside, ``[H, W]``."""
    x, y = _grid(shape)
    cx, cy = _place(shape, 0.14, rng) if centre is None else centre
    turn, stretch = rng.uniform(0, np.pi), np.sqrt(rng.uniform(1.0, 1.5))
    u = (np.cos(turn) * (x - cx) + np.sin(turn) * (y - cy)) / stretch
    v = (np.cos(turn) * (y - cy) - np.sin(turn) * (x - cx)) * stretch
    angle, rim = np.arctan2(v, u), 1.0
    for k in range(2, 6):
        rim = rim + rng.uniform(-1, 1) * wobble / (k - 1) * np.cos(k * angle + rng.uniform(0, 2 * np.pi))
    return radius * rim - np.hypot(u, v)


def _grain(shape: tuple[int, ...], scale: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise of the given scale in pixels, standard deviation 1."""
    noise = gaussian_filter(rng.normal(size=shape), scale)
    return noise / noise.std()


_DRAW: dict[str, Callable[[np.ndarray, np.random.Generator], Fault]] = {
    "scratch": _scratch,
    "blot": _blot,
    "hole": _hole,
    "missing": _missing,
    "shifted": _shifted,
}
