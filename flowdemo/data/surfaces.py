"""Sound surfaces drawn in code: woven cloth, knitted cloth, brushed metal and tiles, as a grey camera sees them.

Lengths are in units of 1/128 of the shorter side, so that a surface looks the same at every picture size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

TEXTURES = ("weave", "knit", "brushed", "tiles")
FINE = 2  # samples per pixel and axis
SIDE = 128.0


@dataclass(frozen=True)
class _Canvas:
    """Coordinates along (u) and across (v) the pattern, float32 ``[h, w]``, and the length of one sample."""

    u: np.ndarray
    v: np.ndarray
    step: float


def draw_surface(texture: str, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """One sound surface; period, phase, turn, light and grain vary as they do from part to part.

    Args:
        texture: one of ``TEXTURES``.
        size: width and height in pixels, each at least 16.
        rng: of everything that varies.

    Returns:
        Grey picture, uint8 ``[H, W]``.

    Raises:
        KeyError: the texture is unknown.
    """
    width, height = size
    draw = _DRAW[texture]
    canvas = _canvas(width, height, _TURN[texture], rng)
    relief = draw(canvas, rng).reshape(height, FINE, width, FINE).mean(axis=(1, 3))
    grey = relief * rng.uniform(0.96, 1.04) * _light(width, height, rng)
    grey += rng.normal(scale=rng.uniform(1.4, 2.2), size=grey.shape)
    return np.clip(grey + 0.5, 0, 255).astype(np.uint8)


def _canvas(width: int, height: int, turn: float, rng: np.random.Generator) -> _Canvas:
    """Pattern coordinates: turned by at most ``turn`` radians, shifted, and slightly drawn out of true."""
    step = SIDE / (min(width, height) * FINE)
    x = (np.arange(width * FINE) + 0.5)[None] * step
    y = (np.arange(height * FINE) + 0.5)[:, None] * step
    angle = rng.uniform(-turn, turn)
    u, v = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    shift = rng.uniform(SIDE, 2 * SIDE, 2)
    return _Canvas((u + shift[0]).astype(np.float32), (v + shift[1]).astype(np.float32), step)


def _light(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """Illumination ``[H, W]`` around 1: a slope in any direction and a slight fall towards the corners."""
    x, y = np.linspace(-1, 1, width)[None], np.linspace(-1, 1, height)[:, None]
    angle, slope = rng.uniform(0, 2 * np.pi), rng.uniform(0.0, 0.07)
    return 1 + slope * (np.cos(angle) * x + np.sin(angle) * y) - rng.uniform(0.01, 0.04) * (x * x + y * y - 0.6)


def _wander(canvas: _Canvas, strength: float, rng: np.random.Generator) -> np.ndarray:
    """A smooth field ``[h, w]`` of standard deviation about ``strength`` that changes over an eighth of the side."""
    rough = rng.standard_normal((9, 9), np.float32)
    h, w = (_bumps(n) for n in canvas.u.shape)
    return strength * (h @ rough @ w.T)


def _bumps(samples: int) -> np.ndarray:
    """Nine overlapping bumps along an axis, float32 ``[samples, 9]``, each row of length 1."""
    place = np.linspace(0.5, 7.5, samples)[:, None]
    bumps = np.exp(-0.7 * (place - np.arange(9)) ** 2)
    return (bumps / np.linalg.norm(bumps, axis=1, keepdims=True)).astype(np.float32)


def _streaks(canvas: _Canvas, length: float, width: float, rng: np.random.Generator) -> np.ndarray:
    """Noise ``[h, w]`` of standard deviation about 1, drawn out along u: ``length`` by ``width``."""
    u, v = canvas.u - canvas.u.min(), canvas.v - canvas.v.min()
    rows, columns = int(v.max() / width) + 4, int(u.max() / length) + 4
    table = rng.standard_normal((rows, columns), np.float32)
    places = np.stack([v / width, u / length + 1.0])
    return 1.4 * map_coordinates(table, places, order=1, mode="nearest")  # 1.4 makes up for the interpolation


def _per_cell(i: np.ndarray, j: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One normal draw for each cell (i, j) of a grid, looked up for every sample."""
    table = rng.standard_normal((97, 89), np.float32)
    return table[i.astype(np.int16) % 97, j.astype(np.int16) % 89]


def _weave(canvas: _Canvas, rng: np.random.Generator) -> np.ndarray:
    """Plain weave: every thread passes over one and under the next; the higher of two threads is seen."""
    thread = rng.uniform(6.8, 8.2)
    a = (canvas.u + _wander(canvas, 0.35, rng)) / thread
    b = (canvas.v + _wander(canvas, 0.35, rng)) / thread
    warp, weft = _thread(a, b, 1.0, rng), _thread(b, a, -1.0, rng)
    over = warp[0] > weft[0]
    return rng.uniform(176, 202) * np.where(over, 1.03 * warp[1], 0.92 * weft[1])


def _thread(across: np.ndarray, along: np.ndarray, sign: float, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Height and brightness of threads that lie side by side and wave up and down; each has a tone of its own."""
    i = np.floor(across)
    x = across - i - 0.5
    wave = sign * (1 - 2 * (i % 2)) * np.sin(np.pi * along)
    body = np.sqrt(np.clip(1 - (x / 0.46) ** 2, 0, 1))
    tone = _per_cell(i, 0 * i, rng)
    twist = np.cos(2 * np.pi * (2.2 * along + 1.5 * x + 0.13 * tone))
    shade = 0.16 + 0.84 * body * (0.66 + 0.34 * wave) + 0.03 * twist * body
    return body + 0.9 * wave, shade * (1 + 0.03 * tone)


def _knit(canvas: _Canvas, rng: np.random.Generator) -> np.ndarray:
    """Stocking stitch: columns of V-shaped loops."""
    column, row = rng.uniform(11.5, 14.0), rng.uniform(8.5, 10.0)
    a = (canvas.u + _wander(canvas, 0.5, rng)) / column
    i = np.floor(a)
    x = a - i - 0.5
    b = (canvas.v + _wander(canvas, 0.5, rng)) / row + 1.75 * np.abs(x)
    j = np.floor(b)
    along = b - j - 0.5
    bow = 0.05 * np.cos(2 * np.pi * along)
    across = (np.abs(x) - 0.25 + 0.5 * bow) / 0.25
    round_ = np.sqrt(np.clip(1 - across**2, 0, 1))
    arch = np.sqrt(np.clip(1 - (along / 0.56) ** 2, 0, 1))
    tone = _per_cell(j, 2 * i + (x > 0), rng)
    fibre = np.cos(2 * np.pi * (1.3 * across - 0.55 * along + 0.2 * tone))
    shade = 0.22 + 0.78 * round_ * arch + 0.05 * fibre * round_ * arch
    return rng.uniform(164, 188) * shade * (1 + 0.03 * tone)


def _brushed(canvas: _Canvas, rng: np.random.Generator) -> np.ndarray:
    """Brushed metal: fine lines of many lengths, broad sheen across them."""
    fine = _streaks(canvas, rng.uniform(26, 40), 0.55, rng) + 0.8 * _streaks(canvas, 70, 1.0, rng)
    broad = _streaks(canvas, 160, rng.uniform(5, 8), rng)
    sheen = np.cos(2 * np.pi * (canvas.v / rng.uniform(150, 260) + rng.uniform()))
    contrast = rng.uniform(0.055, 0.075)
    return rng.uniform(138, 160) * (1 + contrast * fine + 0.02 * broad + 0.04 * sheen)


def _tiles(canvas: _Canvas, rng: np.random.Generator) -> np.ndarray:
    """Mosaic tiles with rounded edges, lit from the upper left, and sunken joints."""
    pitch, joint = rng.uniform(24, 29), rng.uniform(1.1, 1.5)
    a, b = canvas.u / pitch, canvas.v / pitch
    i, j = np.floor(a), np.floor(b)
    x = (a - i - 0.5) * pitch + 0.22 * _per_cell(i, 0 * j, rng)
    y = (b - j - 0.5) * pitch + 0.22 * _per_cell(0 * i, j, rng)
    inside, slope = _rounded(x, y, pitch / 2 - joint, 3.0)
    cover = np.clip(0.5 + inside / (2 * canvas.step), 0, 1)
    bevel = slope * np.exp(-((np.maximum(inside, 0) / 1.5) ** 2))
    clouds = gaussian_filter(rng.standard_normal(x.shape, np.float32), 2.2 / canvas.step, truncate=2.5)
    speck = gaussian_filter(rng.standard_normal(x.shape, np.float32), 0.6 / canvas.step)
    glaze = 1 + 0.028 * _per_cell(i, j, rng) + 0.018 * clouds / clouds.std() + 0.016 * speck / speck.std()
    top = rng.uniform(150, 172) * glaze * (1 + 0.15 * bevel)
    mortar = rng.uniform(66, 82) * (1 + 0.07 * speck / speck.std())
    return mortar + (top - mortar) * cover


def _rounded(x: np.ndarray, y: np.ndarray, half: float, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Distance inside a rounded square, and how far its nearest edge faces the light: 1 at the upper left."""
    dx, dy = np.abs(x) - (half - radius), np.abs(y) - (half - radius)
    corner = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    inside = radius - corner - np.minimum(np.maximum(dx, dy), 0)
    nx = np.sign(x) * np.where(corner > 0, np.maximum(dx, 0) / np.maximum(corner, 1e-9), dx >= dy)
    ny = np.sign(y) * np.where(corner > 0, np.maximum(dy, 0) / np.maximum(corner, 1e-9), dy > dx)
    return inside, -(nx + ny) / np.sqrt(2)


_TURN = {"weave": 0.05, "knit": 0.05, "brushed": 0.04, "tiles": 0.04}
_DRAW: dict[str, Callable[[_Canvas, np.random.Generator], np.ndarray]] = {
    "weave": _weave,
    "knit": _knit,
    "brushed": _brushed,
    "tiles": _tiles,
}
