"""Gaussians over maps, mirrored at the borders."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def smoothed(found: Tensor, sigma: float) -> Tensor:
    """Maps ``[…, H, W]`` under a Gaussian of ``sigma`` pixels, 0 for none."""
    return along(along(found, sigma, -1), sigma, -2) if sigma else found


def along(found: Tensor, sigma: float, axis: int) -> Tensor:
    """Maps ``[…, H, W]`` under a Gaussian of ``sigma`` pixels along their rows (axis -1) or columns (-2) only."""
    reach = min(math.ceil(3 * sigma), found.shape[axis] - 1)
    places = torch.arange(-reach, reach + 1, device=found.device, dtype=torch.float32)
    kernel = torch.exp(-(places**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    margins, shape = ([reach, reach, 0, 0], (1, -1)) if axis == -1 else ([0, 0, reach, reach], (-1, 1))
    maps = F.pad(found.reshape(1, -1, *found.shape[-2:]), margins, mode="reflect")
    count = maps.shape[1]  # as channels of one picture, which takes a third of the time of a batch of single channels
    return F.conv2d(maps, kernel.view(1, 1, *shape).expand(count, -1, -1, -1), groups=count).view(found.shape)
