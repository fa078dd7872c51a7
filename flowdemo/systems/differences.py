"""Finite differences of a field on the pixel grid, as the shape priors use them.

Fields are float ``[B, C, H, W]`` (any number of channels, each on its own), on any device, spacing one pixel: x runs
along a row, y down a column. All of them are linear and differentiable.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad


def central(u: Tensor) -> tuple[Tensor, Tensor]:
    """(u_x, u_y) by central differences, the border repeated outwards: half a one-sided difference lies on it."""
    padded = pad(u, (1, 1, 1, 1), mode="replicate")
    across = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    down = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    return across, down


def second(u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(u_xx, u_xy, u_yy), the border repeated outwards: (1, −2, 1) along each axis and the four corners over 4."""
    padded = pad(u, (1, 1, 1, 1), mode="replicate")
    across = padded[..., 1:-1, 2:] - 2 * u + padded[..., 1:-1, :-2]
    down = padded[..., 2:, 1:-1] - 2 * u + padded[..., :-2, 1:-1]
    falling = padded[..., 2:, 2:] + padded[..., :-2, :-2]
    rising = padded[..., 2:, :-2] + padded[..., :-2, 2:]
    return across, (falling - rising) / 4, down


def backward(u: Tensor) -> tuple[Tensor, Tensor]:
    """(u_x, u_y) by backward differences, 0 in the first column and in the first row."""
    padded = pad(u, (1, 0, 1, 0), mode="replicate")
    return u - padded[..., 1:, :-1], u - padded[..., :-1, 1:]


def forward(u: Tensor) -> tuple[Tensor, Tensor]:
    """(u_x, u_y) by forward differences, 0 in the last column and in the last row."""
    across = torch.zeros_like(u)
    down = torch.zeros_like(u)
    across[..., :-1] = u[..., 1:] - u[..., :-1]
    down[..., :-1, :] = u[..., 1:, :] - u[..., :-1, :]
    return across, down


def divergence(px: Tensor, py: Tensor) -> Tensor:
    """The negative adjoint of :func:`forward`: ⟨forward u, p⟩ = −⟨u, divergence p⟩ for every u and p."""
    out = torch.zeros_like(px)
    out[..., :-1] += px[..., :-1]
    out[..., 1:] -= px[..., :-1]
    out[..., :-1, :] += py[..., :-1, :]
    out[..., 1:, :] -= py[..., :-1, :]
    return out
