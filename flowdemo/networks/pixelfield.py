"""Pixel neural field: the tokens of a U-Net over patches produce the weights of one small field per patch.

A field answers for every pixel of its patch from where the pixel lies and from what is seen there, so that a token
need not spell out the patch: an edge that the picture shows is decoded at full resolution, without an autoencoder.
Follows the pixel neural fields of PixNerd, as FlowSeg uses them:

    φ_ab(i, j) = cos(π a (i + ½)/P) cos(π b (j + ½)/P),   0 ≤ a, b < F
    v(i, j)    = s ∘ W̄₂ SiLU(W̄₁ [φ(i, j); z(i, j)])

with W₁ ``[h, F² + in]`` and W₂ ``[out, h]`` linear in the token, their rows brought to length 1, and a learned scale s.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from flowdemo.networks.config import check_sizes
from flowdemo.networks.unet import UNetConfig, trunk


@dataclass(frozen=True)
class PixelFieldConfig(UNetConfig):
    """Shape of a :class:`PixelField`: that of its U-Net, whose tokens are as wide as its first level.

    Args:
        width: h, hidden units of a field.
        frequencies: F, cosines on each axis.
    """

    width: int = 16
    frequencies: int = 3
    kind = "pixel-field"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self.width, self.frequencies)

    @property
    def inputs(self) -> int:
        """Inputs of a field: cosines, and channels of the pixel."""
        return self.frequencies**2 + self.in_channels

    @property
    def unet(self) -> UNetConfig:
        """Of the trunk, whose answer is one token per patch."""
        shared = {f.name for f in fields(UNetConfig)}
        return UNetConfig(**{k: v for k, v in asdict(self).items() if k in shared})


class PixelField(nn.Module):
    """f(z, τ): ``[B, in, H, W]`` and the time features' τ ``[B]`` → ``[B, out, H, W]``."""

    def __init__(self, config: PixelFieldConfig) -> None:
        super().__init__()
        self.config = config
        token = config.channels[0]
        self.unet = trunk(config.unet, token)
        self.norm = nn.LayerNorm(token)
        self.weights = nn.Linear(token, config.width * (config.inputs + config.out_channels))
        self.scale = nn.Parameter(torch.ones(config.out_channels))

    def forward(self, z: Tensor, tau: Tensor) -> Tensor:
        config, (batch, channels, height, width) = self.config, z.shape
        folded = F.pixel_unshuffle(z, config.patch).contiguous(memory_format=torch.channels_last)
        tokens = self.unet(folded, tau).sample.flatten(2).transpose(1, 2)
        first, second = self._fields(tokens)
        seen = folded.flatten(2).view(batch, channels, config.patch**2, -1).permute(0, 3, 2, 1).flatten(0, 1)
        basis = cosines(config.patch, config.frequencies).to(first)
        place = first[..., : config.frequencies**2] @ basis.T  # [B·L, h, P²]
        hidden = F.silu(torch.baddbmm(place, first[..., config.frequencies**2 :], seen.transpose(1, 2).to(first.dtype)))
        answer = torch.bmm(second, hidden) * self.scale.view(1, -1, 1).to(hidden.dtype)  # [B·L, out, P²]
        columns = answer.view(batch, -1, config.out_channels * config.patch**2).transpose(1, 2)
        rows = (height // config.patch, width // config.patch)
        return F.pixel_shuffle(columns.reshape(batch, -1, *rows), config.patch)

    def _fields(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """W̄₁ ``[B·L, h, F² + in]`` and W̄₂ ``[B·L, out, h]`` of tokens ``[B, L, D]``."""
        config = self.config
        weights = self.weights(self.norm(tokens)).flatten(0, 1)
        first, second = weights.split([config.width * config.inputs, config.width * config.out_channels], 1)
        first = unit_rows(first.view(-1, config.width, config.inputs))
        return first, unit_rows(second.view(-1, config.out_channels, config.width))


def unit_rows(matrices: Tensor) -> Tensor:
    """Rows of ``[…, rows, columns]`` at length 1. ``F.normalize`` does the same; its gradient takes twice as long."""
    wide = matrices.float()
    return (wide * torch.rsqrt(wide.square().sum(-1, keepdim=True) + 1e-12)).to(matrices.dtype)


def cosines(patch: int, frequencies: int) -> Tensor:
    """φ at every pixel of a patch, ``[P², F²]``, rows in the order of the pixels."""
    at = torch.arange(patch)[:, None] + 0.5
    wave = torch.cos(math.pi / patch * at * torch.arange(frequencies))  # [P, F]
    return torch.einsum("ia,jb->ijab", wave, wave).reshape(patch**2, frequencies**2)
