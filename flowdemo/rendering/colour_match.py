"""Pixels to classes by colour: exact where the colour is a class colour, else the nearest within a limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from flowdemo.rendering.palette import ClassColour, min_separation

FAR = 60.0  # Euclidean distance in RGB grey levels: blurred edges and JPEG noise stay mostly below
SAFE_MARGIN = 24.0  # class colours closer than this cannot be told apart in a lossy copy
_BAND = 1 << 20  # pixels handled at a time


class Targets:
    """Class colours, and the ignore colour where there is one, to match against."""

    def __init__(self, classes: tuple[ClassColour, ...], ignore: ClassColour | None) -> None:
        entries = classes if ignore is None else (*classes, ignore)
        self.ignore = ignore
        self.count = len(classes)
        self.indices = np.array([entry.index for entry in entries], dtype=np.uint8)
        self.colours = np.array([entry.color for entry in entries], dtype=np.int32)
        self.separation = min_separation([entry.color for entry in entries])
        self._by_code = dict(zip(_codes(self.colours).tolist(), self.indices.tolist(), strict=True))

    def exact(self, colours: np.ndarray) -> np.ndarray:
        """Index of each colour [n, 3] as int [n]; -1 where it is no class colour or two classes share it."""
        if self.separation == 0:
            return np.full(len(colours), -1)
        return np.array([self._by_code.get(code, -1) for code in _codes(colours).tolist()], dtype=int)

    def are_indices(self, values: np.ndarray) -> np.ndarray:
        """Which of the values are a class or the ignore index."""
        return np.isin(values, self.indices)


@dataclass(frozen=True, eq=False)
class ColourMatch:
    """Indices uint8 [H, W]; shares (0 to 1) of the pixels that were not exact, and of those beyond FAR."""

    indices: np.ndarray
    snapped_share: float
    far_share: float


def match_colours(pixels: np.ndarray, targets: Targets) -> ColourMatch:
    """Nearest class of every pixel of uint8 [H, W, 3] by Euclidean distance in RGB."""
    indices = np.empty(pixels.shape[:2], dtype=np.uint8)
    nearest = np.empty(1 << 24, dtype=np.uint8)  # only the colours that occur are ever touched
    snapped = far = 0
    for rows, codes in _bands(pixels):
        unique, counts = np.unique(codes, return_counts=True)
        index, distance = _nearest(unique, targets)
        nearest[unique] = index
        indices[rows] = nearest[codes]
        snapped += int(counts[distance > 0].sum())
        far += int(counts[distance > FAR].sum())
    return ColourMatch(indices, snapped / indices.size, far / indices.size)


def distinct_colours(pixels: np.ndarray, limit: int) -> np.ndarray | None:
    """The distinct colours uint8 [n, 3] of [H, W, 3], or None where there are more than the limit."""
    seen = np.empty(0, dtype=np.uint32)
    for _, codes in _bands(pixels):
        seen = np.union1d(seen, codes)
        if len(seen) > limit:
            return None
    return np.stack([seen >> 16, seen >> 8 & 255, seen & 255], axis=1).astype(np.uint8)


def _bands(pixels: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    rows = max(1, _BAND // pixels.shape[1])
    for start in range(0, len(pixels), rows):
        band = slice(start, start + rows)
        yield band, _codes(pixels[band])


def _codes(colours: np.ndarray) -> np.ndarray:
    """RGB [..., 3] as one number 0xRRGGBB each."""
    red, green, blue = (colours[..., channel].astype(np.uint32) for channel in range(3))
    return red << 16 | green << 8 | blue


def _nearest(codes: np.ndarray, targets: Targets) -> tuple[np.ndarray, np.ndarray]:
    """Class index and distance of each colour code."""
    best = np.full(len(codes), np.iinfo(np.int32).max, dtype=np.int32)
    index = np.zeros(len(codes), dtype=np.uint8)
    red, green, blue = ((codes >> shift & 255).astype(np.int32) for shift in (16, 8, 0))
    for target, (r, g, b) in zip(targets.indices, targets.colours, strict=True):
        squared = (red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2
        closer = squared < best
        best[closer], index[closer] = squared[closer], target
    return index, np.sqrt(best)
