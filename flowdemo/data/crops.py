"""Crops of pictures of any size, as the training loop indexes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

PLACES = 64  # crops of each picture


class Crops:
    """Every picture gives :data:`PLACES` crops; entry i is one of picture i mod N, at a place that depends on i alone.

    Sides that are too short are mirrored around the picture.

    Args:
        pictures: uint8 ``[H, W]`` or ``[H, W, 3]``, of any sizes.
        size: (w, h) of a crop.
        seed: of the places.
    """

    def __init__(self, pictures: Sequence[np.ndarray], size: tuple[int, int], seed: int = 0) -> None:
        self.pictures = [enlarged(picture, size) for picture in pictures]
        self.size, self.seed = size, seed

    def __len__(self) -> int:
        return PLACES * len(self.pictures)

    def __getitem__(self, take: Sequence[int]) -> np.ndarray:
        """uint8 ``[B, h, w]`` or ``[B, h, w, 3]``."""
        return np.stack([self._crop(index) for index in take])

    def _crop(self, index: int) -> np.ndarray:
        picture, (width, height) = self.pictures[index % len(self.pictures)], self.size
        rng = np.random.default_rng((self.seed, index))
        row = rng.integers(picture.shape[0] - height + 1)
        column = rng.integers(picture.shape[1] - width + 1)
        return picture[row : row + height, column : column + width]


def enlarged(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The picture, mirrored around itself where a side is shorter than (w, h)."""
    short = [max(0, side - have) for side, have in zip(reversed(size), picture.shape[:2], strict=True)]
    margins = [(missing // 2, missing - missing // 2) for missing in short]
    return np.pad(picture, [*margins, *[(0, 0)] * (picture.ndim - 2)], mode="reflect") if any(short) else picture
