"""A U-Net over pixel patches, from diffusers' ``UNet2DModel``.

The picture is folded into patches (pixel-unshuffle) before the first convolution and unfolded after the last, so
that a 128-px picture costs what a 32-px one does at patch 4, while every pixel is still predicted.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from diffusers import UNet2DModel
from torch import Tensor, nn
from torch.nn import functional as F

from flowdemo.errors import ModelError


@dataclass(frozen=True)
class UNetConfig:
    """Shape of a :class:`PatchUNet`; stored in the manifest as it is.

    Args:
        in_channels, out_channels: channels of one pixel.
        patch: side of the patch, in pixels.
        channels: width of each level, each a multiple of ``groups``; each level halves the map.
        attention: which levels attend, besides the middle.
        blocks: residual blocks per level on the way down (one more on the way up).
        head_channels: width of an attention head.
        groups: groups of GroupNorm.
    """

    in_channels: int
    out_channels: int
    patch: int = 4
    channels: tuple[int, ...] = (64, 96, 128)
    attention: tuple[bool, ...] = (False, True, True)
    blocks: int = 1
    head_channels: int = 32
    groups: int = 8

    def __post_init__(self) -> None:
        sizes = [self.in_channels, self.out_channels, self.patch, self.blocks, self.groups, self.head_channels]
        levels = len(self.channels)
        if any(type(v) is not int or not 1 <= v <= 2048 for v in [*sizes, *self.channels]):
            raise ModelError("The network description has sizes outside 1 to 2048.")
        if not 1 <= levels <= 6 or self.blocks > 8 or len(self.attention) != levels:
            raise ModelError("The network has 1 to 6 levels with one entry of attention each, and at most 8 blocks.")
        attending = [width for width, wanted in zip(self.channels, self.attention, strict=True) if wanted]
        heads = [width % self.head_channels for width in (*attending, self.channels[-1])]  # the middle attends always
        if any(heads) or any(width % self.groups for width in self.channels):
            raise ModelError(f"Channels must be multiples of {self.groups}, with attention of {self.head_channels}.")

    @classmethod
    def from_json(cls, raw: dict) -> UNetConfig:
        """Build from a manifest.

        Raises:
            ModelError: unknown keys, or values that the network cannot have.
        """
        try:
            return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()})
        except TypeError as error:
            raise ModelError("The model's network description has entries this version does not know.") from error

    def to_json(self) -> dict:
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @property
    def multiple(self) -> int:
        """Picture sides must be a multiple of this many pixels."""
        return self.patch * 2 ** (len(self.channels) - 1)


class PatchUNet(nn.Module):
    """f(z, τ): ``[B, in, H, W]`` and the time features' τ ``[B]`` (1000·t for SemFlow) → ``[B, out, H, W]``."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        area = config.patch**2
        down = tuple("AttnDownBlock2D" if a else "DownBlock2D" for a in config.attention)
        up = tuple("AttnUpBlock2D" if a else "UpBlock2D" for a in reversed(config.attention))
        self.unet = UNet2DModel(
            in_channels=config.in_channels * area,
            out_channels=config.out_channels * area,
            layers_per_block=config.blocks,
            block_out_channels=config.channels,
            down_block_types=down,
            up_block_types=up,
            attention_head_dim=config.head_channels,
            norm_num_groups=config.groups,
            resnet_time_scale_shift="scale_shift",
        )
        self._start_quiet()

    def _start_quiet(self) -> None:
        """Zero the last convolution of each residual block and of the network: training starts from the identity."""
        for name, module in self.unet.named_modules():
            if name.endswith("conv2") or name == "conv_out":
                nn.init.zeros_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, z: Tensor, tau: Tensor) -> Tensor:
        folded = F.pixel_unshuffle(z, self.config.patch).contiguous(memory_format=torch.channels_last)
        return F.pixel_shuffle(self.unet(folded, tau).sample, self.config.patch)


def parameter_count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
