"""A small residual network that tells the class of a picture: the classifier that judges made pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from flowdemo.errors import ModelError
from flowdemo.networks.config import NetworkConfig, check_sizes


@dataclass(frozen=True)
class ConvNetConfig(NetworkConfig):
    """Shape of a :class:`ConvNet`; stored in the manifest as it is.

    Args:
        in_channels: of the picture.
        classes: K.
        channels: width of each level, each a multiple of ``groups``; each level but the first halves the map.
        blocks: residual blocks per level.
        patch: side of the patches that the picture is folded into before the first convolution, in pixels.
        groups: groups of GroupNorm, which unlike batch normalisation keeps no statistics outside the weights.
    """

    in_channels: int
    classes: int
    channels: tuple[int, ...] = (32, 64, 128)
    blocks: int = 1
    patch: int = 1
    groups: int = 8

    def __post_init__(self) -> None:
        check_sizes(self.in_channels, self.classes, self.blocks, self.patch, self.groups, *self.channels)
        if not 1 <= len(self.channels) <= 6 or self.blocks > 8 or any(w % self.groups for w in self.channels):
            raise ModelError(f"The network has 1 to 6 levels of multiples of {self.groups}, and at most 8 blocks.")

    @property
    def answer(self) -> int:
        """Numbers that the network answers with."""
        return self.classes

    @property
    def multiple(self) -> int:
        """Picture sides must be a multiple of this many pixels."""
        return self.patch


class ConvNet(nn.Module):
    """Logits ``[B, K]`` of pictures ``[B, in_channels, H, W]`` in [-1, 1]."""

    def __init__(self, config: ConvNetConfig) -> None:
        super().__init__()
        self.config = config
        width = config.channels[0]
        self.stem = nn.Conv2d(config.in_channels * config.patch**2, width, 3, padding=1)
        blocks = []
        for level, wider in enumerate(config.channels):
            for i in range(config.blocks):
                blocks.append(_Block(width, wider, 2 if level and not i else 1, config.groups))
                width = wider
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.GroupNorm(config.groups, width)
        self.head = nn.Linear(width, config.classes)

    def features(self, x: Tensor) -> Tensor:
        """``[B, F]``, what the head reads: the deepest map, averaged over the pixels."""
        x = F.pixel_unshuffle(x, self.config.patch).contiguous(memory_format=torch.channels_last)
        return F.relu(self.norm(self.blocks(self.stem(x)))).mean(dim=(2, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


class _Block(nn.Module):
    """``[B, C, H, W]`` → ``[B, D, H/stride, W/stride]``: two convolutions beside a shortcut."""

    def __init__(self, width: int, wider: int, stride: int, groups: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(groups, width), nn.GroupNorm(groups, wider)
        self.conv1 = nn.Conv2d(width, wider, 3, stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(wider, wider, 3, padding=1, bias=False)
        self.shortcut = nn.Identity() if (width, stride) == (wider, 1) else nn.Conv2d(width, wider, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.conv1(F.relu(self.norm1(x)))
        return self.shortcut(x) + self.conv2(F.relu(self.norm2(inner)))
