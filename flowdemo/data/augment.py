"""Augmentation of picture and labels together: flips, quarter turns, zoom, shifts, and a little colour."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Augmentation:
    """What may happen to a training picture.

    Args:
        flip_x, flip_y: mirror with probability 1/2.
        turns: quarter turns (square pictures only).
        zoom: factors (low, high); above 1 a part is enlarged, below 1 the border is mirrored in.
        zoom_share: share of pictures that are zoomed.
        jitter: standard deviation of brightness and contrast; a third of it goes to each colour channel.
        shift: up to so many whole pixels aside and up or down, so that nothing is blurred; the border is mirrored in.
    """

    flip_x: bool = True
    flip_y: bool = False
    turns: bool = False
    zoom: tuple[float, float] = (1.0, 1.0)
    zoom_share: float = 0.5
    jitter: float = 0.0
    shift: int = 0

    def __call__(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images ``[B, 3, H, W]``, or grey ``[B, 1, H, W]``, in [-1, 1] and labels (int64) → the same, augmented.

        Masks ``[B, H, W]`` move with their pictures; labels of whole pictures, ``[B]``, stay. The generator lives on
        the CPU, so that every device draws the same.
        """
        theta = self._affine(len(images), generator)
        theta[:, :, 2] += self._shifts(images.shape, generator)
        grid = F.affine_grid(theta.to(images.device), [len(images), 1, *images.shape[-2:]], align_corners=False)
        images = F.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
        if labels.ndim == 1:
            return self._colour(images, generator), labels
        moved = F.grid_sample(
            labels[:, None].float(), grid, mode="nearest", padding_mode="reflection", align_corners=False
        )
        return self._colour(images, generator), moved[:, 0].round().long()

    def _affine(self, n: int, generator: torch.Generator) -> Tensor:
        rand = torch.rand(n, 8, generator=generator)
        low, high = self.zoom
        zoomed = rand[:, 0] < self.zoom_share
        factor = torch.where(zoomed, low + (high - low) * rand[:, 1], torch.ones(n))
        scale = 1 / factor
        sx = torch.where(rand[:, 2] < 0.5, -scale, scale) if self.flip_x else scale
        sy = torch.where(rand[:, 3] < 0.5, -scale, scale) if self.flip_y else scale
        turn = (rand[:, 4] < 0.5) if self.turns else torch.zeros(n, dtype=torch.bool)
        room = (1 - scale).clamp(min=0)  # how far an enlarged window may move and stay inside
        dx, dy = room * (2 * rand[:, 5] - 1), room * (2 * rand[:, 6] - 1)
        zero = torch.zeros(n)
        row_x = torch.stack([torch.where(turn, zero, sx), torch.where(turn, sx, zero), dx], 1)
        row_y = torch.stack([torch.where(turn, sy, zero), torch.where(turn, zero, sy), dy], 1)
        return torch.stack([row_x, row_y], 1)

    def _shifts(self, shape: torch.Size, generator: torch.Generator) -> Tensor:
        """Displacement ``[B, 2]`` in the units of an affine grid, where a picture is 2 wide."""
        if not self.shift:
            return torch.zeros(shape[0], 2)
        pixels = torch.randint(-self.shift, self.shift + 1, (shape[0], 2), generator=generator)
        return 2 * pixels / torch.tensor([shape[-1], shape[-2]])

    def _colour(self, images: Tensor, generator: torch.Generator) -> Tensor:
        if not self.jitter:
            return images
        draw = torch.randn(len(images), 5, 1, 1, generator=generator).to(images.device) * self.jitter
        gain = 1 + draw[:, :1] + (draw[:, 1:4] / 3 if images.shape[1] == 3 else 0)
        return (images * gain + draw[:, 4:5]).clamp(-1, 1)
