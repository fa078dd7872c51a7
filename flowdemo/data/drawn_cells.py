"""A stained white blood cell, drawn: background with red cells, cytoplasm, and a round, bent or lobed nucleus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

FINE = 3  # samples per pixel and axis; odd, so that one of them is the pixel's centre
CELL_NAMES = ("background", "cytoplasm", "nucleus")
CELL_COLORS = ((244, 241, 234), (120, 180, 214), (88, 62, 132))


@dataclass(frozen=True)
class _Stain:
    """Colours of one way of staining, RGB."""

    paper: tuple[int, int, int]
    red: tuple[int, int, int]
    cytoplasm: tuple[int, int, int]
    nucleus: tuple[int, int, int]


_STAINS = (
    _Stain((248, 240, 150), (214, 190, 110), (186, 196, 152), (118, 38, 78)),
    _Stain((246, 226, 214), (222, 158, 160), (196, 184, 214), (84, 50, 138)),
    _Stain((250, 248, 250), (232, 190, 204), (214, 186, 222), (92, 44, 140)),
)


def draw_cell(size: int | tuple[int, int] = 128, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """One cell in the middle of the field.

    Args:
        size: side, or (w, h), in pixels, at least 16.
        seed: of everything that varies: stain, place, shape of cell and nucleus, texture.

    Returns:
        Picture uint8 ``[H, W, 3]`` and labels uint8 ``[H, W]``: 0 background, 1 cytoplasm, 2 nucleus.
    """
    width, height = (size, size) if isinstance(size, int) else size
    rng = np.random.default_rng((seed, 1))
    stain = _STAINS[rng.integers(len(_STAINS))]
    x, y, texture = _canvas(width, height, rng)
    centre, radius = rng.uniform(-0.12, 0.12, 2), rng.uniform(0.42, 0.62)
    cell = _blob(x - centre[0], y - centre[1], radius, 0.035, rng)
    nucleus = np.minimum(_nucleus(x - centre[0], y - centre[1], radius, rng), cell - 0.05)
    pixel = 2 / (FINE * min(width, height))
    picture = _paper(stain, x, y, texture)
    picture = _red_cells(picture, stain, x, y, centre, radius, pixel, rng)
    picture = _over(picture, _body(stain, cell, texture, rng), _edge(cell, 2 * pixel))
    picture = _over(picture, _core(stain, nucleus, x - centre[0], y - centre[1], texture), _edge(nucleus, 3 * pixel))
    labels = np.where(nucleus > 0, 2, np.where(cell > 0, 1, 0)).astype(np.uint8)
    return _reduced(picture, width, height, rng), labels[FINE // 2 :: FINE, FINE // 2 :: FINE]


def _canvas(width: int, height: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates in units of half the shorter side, and grain at three scales ``[3, h, w]``, standard deviation 1."""
    w, h = width * FINE, height * FINE
    scale = min(w, h) / 2
    x = (np.arange(w) + 0.5 - w / 2)[None] / scale
    y = (np.arange(h) + 0.5 - h / 2)[:, None] / scale
    grains = [gaussian_filter(rng.normal(size=(h, w)), share * scale) for share in (0.018, 0.05, 0.35)]
    return x, y, np.stack([grain / grain.std() for grain in grains])


def _blob(x: np.ndarray, y: np.ndarray, radius: float, wobble: float, rng: np.random.Generator) -> np.ndarray:
    """About the signed distance to a wobbly disc's rim, positive inside."""
    angle, rho = np.arctan2(y, x), np.hypot(x, y)
    rim = np.ones_like(angle)
    for k in range(2, 6):
        rim += rng.normal() * wobble / (k - 1) * np.cos(k * angle + rng.uniform(0, 2 * np.pi))
    return radius * rim - rho


def _nucleus(x: np.ndarray, y: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    """One round body, or lobes along an arc that run into each other."""
    lobes = int(rng.choice([1, 1, 2, 3, 4]))
    if lobes == 1:
        off = rng.uniform(-0.12, 0.12, 2) * radius
        return _blob(x - off[0], y - off[1], radius * rng.uniform(0.55, 0.74), 0.05, rng)
    turn, span = rng.uniform(0, 2 * np.pi), rng.uniform(1.0, 1.25) * np.pi * (lobes - 1) / lobes
    field = None
    for angle in turn + np.linspace(0, span, lobes):
        centre = radius * rng.uniform(0.36, 0.46) * np.array([np.cos(angle), np.sin(angle)])
        lobe = _blob(x - centre[0], y - centre[1], radius * rng.uniform(0.26, 0.34), 0.05, rng)
        field = lobe if field is None else _melt(field, lobe, 0.22 * radius)
    return field


def _melt(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """Maximum with a rounded seam of the given width, which makes the bridge between two lobes."""
    h = np.clip(0.5 + (a - b) / (2 * width), 0, 1)
    return b + (a - b) * h + width * h * (1 - h)


def _paper(stain: _Stain, x: np.ndarray, y: np.ndarray, texture: np.ndarray) -> np.ndarray:
    light = 1 - 0.03 * (x + y) + 0.012 * texture[2] + 0.006 * texture[1]
    return np.array(stain.paper, float) * light[..., None]


def _red_cells(
    picture: np.ndarray, stain: _Stain, x: np.ndarray, y: np.ndarray, centre: np.ndarray, radius: float, pixel: float,
    rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    for _ in range(rng.integers(4, 9)):
        place, size = rng.uniform(-1.25, 1.25, 2) * (abs(x).max(), abs(y).max()), rng.uniform(0.22, 0.32)
        if np.hypot(*(place - centre)) < radius + size + 0.03:
            continue
        disc = _blob(x - place[0], y - place[1], size, 0.03, rng)
        hollow = 0.45 + 0.55 * np.exp(-(((disc - 0.06) / 0.09) ** 2))  # biconcave: paler in the middle
        picture = _over(picture, np.array(stain.red, float), 0.85 * hollow * _edge(disc, 3 * pixel))
    return picture


def _body(stain: _Stain, cell: np.ndarray, texture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    granules = rng.uniform(0.01, 0.05) * texture[0] + 0.03 * texture[1]
    rim = 0.16 * np.exp(-((cell / 0.03) ** 2))
    return np.array(stain.cytoplasm, float) * (1 + granules - rim + 0.05 * np.tanh(cell * 8))[..., None]


def _core(stain: _Stain, nucleus: np.ndarray, x: np.ndarray, y: np.ndarray, texture: np.ndarray) -> np.ndarray:
    """Dense at the rim, clumped inside, a little lighter towards the light at the upper left."""
    light = 1.0 + 0.10 * texture[1] + 0.05 * texture[0] - 0.18 * np.exp(-((nucleus / 0.035) ** 2)) - 0.12 * (x + y)
    return np.clip(np.array(stain.nucleus, float) * light[..., None] + 8, 0, 255)


def _edge(distance: np.ndarray, width: float) -> np.ndarray:
    """Cover of a soft rim, 0 outside to 1 inside."""
    h = np.clip(0.5 + distance / (2 * width), 0, 1)
    return h * h * (3 - 2 * h)


def _over(below: np.ndarray, above: np.ndarray, cover: np.ndarray) -> np.ndarray:
    return below + (above - below) * cover[..., None]


def _reduced(picture: np.ndarray, width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    small = picture.reshape(height, FINE, width, FINE, 3).mean(axis=(1, 3))
    small += rng.normal(scale=1.6, size=small.shape)
    return np.clip(small + 0.5, 0, 255).astype(np.uint8)
