"""Pictures of any size by overlapping tiles of one size, each seen whole by the network."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

OVERLAP = 0.25  # of a tile's side, at least


class Tiles:
    """A cover of pictures ``[H, W]`` by tiles ``[h, w]``.

    A side that is no longer than the largest tile's is taken whole, mirrored up to the next multiple. Along a longer
    side tiles lie evenly and overlap by at least a quarter; where they do, their answers are averaged with weights that
    fall towards a tile's edge.

    Args:
        size: (H, W) of the pictures.
        largest: (h, w) of a tile, at most; multiples of ``multiple``.
        multiple: sides of a tile are multiples of it.
    """

    def __init__(self, size: tuple[int, int], largest: tuple[int, int], multiple: int = 1) -> None:
        self.size = tuple(size)
        whole = [math.ceil(side / multiple) * multiple for side in size]
        self.tile = tuple(min(pair) for pair in zip(whole, largest, strict=True))
        self.padded = tuple(max(pair) for pair in zip(self.size, self.tile, strict=True))
        rows, columns = (_places(side, tile) for side, tile in zip(self.padded, self.tile, strict=True))
        self.places = [(row, column) for row in rows for column in columns]

    def cut(self, pictures: Tensor) -> Tensor:
        """``[B, C, H, W]`` → ``[B·tiles, C, h, w]``, all tiles of the first picture first."""
        height, width = self.tile
        wide = mirrored(pictures, self.padded)
        pieces = [wide[..., row : row + height, column : column + width] for row, column in self.places]
        return torch.stack(pieces, 1).flatten(0, 1)

    def joined(self, pieces: Tensor) -> Tensor:
        """``[B·tiles, C, h, w]`` → ``[B, C, H, W]``."""
        if len(self.places) == 1:
            return self._cropped(pieces)
        height, width = self.tile
        parts = pieces.unflatten(0, (-1, len(self.places)))
        weight = _window(height, width).to(pieces)
        total = parts.new_zeros(len(parts), parts.shape[2], *self.padded)
        weights = parts.new_zeros(self.padded)
        for index, (row, column) in enumerate(self.places):
            total[..., row : row + height, column : column + width] += weight * parts[:, index]
            weights[row : row + height, column : column + width] += weight
        return self._cropped(total / weights)

    def _cropped(self, pictures: Tensor) -> Tensor:
        top, left = _margins(self.size, self.padded)
        return pictures[..., top : top + self.size[0], left : left + self.size[1]]


def mirrored(pictures: Tensor, size: tuple[int, int]) -> Tensor:
    """``[B, C, H, W]`` with sides of 2 or more → ``[B, C, *size]``, the picture in the middle; mirrored as often as it
    takes.
    """
    while pictures.shape[-2:] != tuple(size):
        height, width = pictures.shape[-2:]
        reach = [min(size[0], 3 * height - 2), min(size[1], 3 * width - 2)]
        top, left = _margins((height, width), reach)
        margins = [left, reach[1] - width - left, top, reach[0] - height - top]
        pictures = F.pad(pictures, margins, mode="reflect")
    return pictures


def _margins(size: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int]:
    return (wanted[0] - size[0]) // 2, (wanted[1] - size[1]) // 2


def _places(side: int, tile: int) -> list[int]:
    count = 1 + math.ceil((side - tile) / (tile * (1 - OVERLAP)))
    return [round(i * (side - tile) / max(count - 1, 1)) for i in range(count)]


def _window(height: int, width: int) -> Tensor:
    def along(side: int) -> Tensor:
        return torch.minimum(torch.arange(1, side + 1), torch.arange(side, 0, -1)).clamp(max=math.ceil(OVERLAP * side))

    return along(height)[:, None] * along(width).float()
