"""Straight paths from noise to a picture, and how a flow disagrees with them, whatever the picture is made of."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from flowdemo.flow.paths import interpolate

TIME_SCALE = 1000.0  # networks are told 1000·t


def noise(picture: Tensor, paths: int, seed: int) -> Tensor:
    """x₀ of K paths ``[K, C, H, W]``; path k of seed s is path 0 of seed s + k, so more paths keep the earlier ones."""
    drawn = [torch.randn(picture.shape, generator=torch.Generator().manual_seed(seed + k)) for k in range(paths)]
    return torch.stack(drawn).to(picture.device)


def errors(velocity: Callable[[Tensor, float], Tensor], picture: Tensor, sources: Tensor, t: float) -> Tensor:
    """v(x_t, t) − u on the paths from sources x₀ ``[K, C, H, W]`` to a picture ``[C, H, W]``, in the shape of x₀."""
    return velocity(interpolate(sources, picture[None], t), t) - (picture - sources)
