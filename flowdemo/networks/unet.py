"""A U-Net over pixel patches, from diffusers' ``UNet2DModel``.

The picture is folded into patches (pixel-unshuffle) before the first convolution and unfolded after the last, so
that a 128-px picture costs what a 32-px one does at patch 4, while every pixel is still predicted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from diffusers import UNet2DModel
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn
from torch.nn import functional as F

from flowdemo.errors import ModelError
from flowdemo.networks.config import NetworkConfig, check_sizes


@dataclass(frozen=True)
class UNetConfig(NetworkConfig):
    """Shape of a :class:`PatchUNet`; stored in the manifest as it is.

    Args:
        in_channels, out_channels: channels of one pixel.
        patch: side of the patch, in pixels.
        channels: width of each level, each a multiple of ``groups``; each level halves the map.
        attention: which levels attend, besides the middle.
        blocks: residual blocks per level on the way down (one more on the way up).
        head_channels: width of an attention head.
        groups: groups of GroupNorm.
        classes: K > 0 adds K logits of the whole picture, read off the deepest map; see :class:`PatchUNet`.
        told: so many of the last input channels are constant over the picture, and enter beside the time.
    """

    in_channels: int
    out_channels: int
    patch: int = 4
    channels: tuple[int, ...] = (64, 96, 128)
    attention: tuple[bool, ...] = (False, True, True)
    blocks: int = 1
    head_channels: int = 32
    groups: int = 8
    classes: int = 0
    told: int = 0

    def __post_init__(self) -> None:
        check_sizes(self.in_channels, self.out_channels, self.patch, self.blocks, self.groups, self.head_channels,
                    *self.channels, self.classes + 1, self.told + 1)  # fmt: skip
        levels = len(self.channels)
        if self.told >= self.in_channels:
            raise ModelError("The network needs a channel of the picture beside those it is told.")
        if not 1 <= levels <= 6 or self.blocks > 8 or len(self.attention) != levels:
            raise ModelError("The network has 1 to 6 levels with one entry of attention each, and at most 8 blocks.")
        attending = [width for width, wanted in zip(self.channels, self.attention, strict=True) if wanted]
        heads = [width % self.head_channels for width in (*attending, self.channels[-1])]  # the middle attends always
        if any(heads) or any(width % self.groups for width in self.channels):
            raise ModelError(f"Channels must be multiples of {self.groups}, with attention of {self.head_channels}.")

    @property
    def multiple(self) -> int:
        """Picture sides must be a multiple of this many pixels."""
        return self.patch * 2 ** (len(self.channels) - 1)

    @property
    def answer(self) -> int:
        """Channels that the network answers with."""
        return self.out_channels + self.classes


def trunk(config: UNetConfig, answers: int) -> UNet2DModel:
    """diffusers' U-Net over the patches of a picture, ``[B, patch²·in, h, w]`` → ``[B, answers, h, w]``."""
    down = tuple("AttnDownBlock2D" if a else "DownBlock2D" for a in config.attention)
    up = tuple("AttnUpBlock2D" if a else "UpBlock2D" for a in reversed(config.attention))
    unet = UNet2DModel(
        in_channels=(config.in_channels - config.told) * config.patch**2,
        out_channels=answers,
        layers_per_block=config.blocks,
        block_out_channels=config.channels,
        down_block_types=down,
        up_block_types=up,
        attention_head_dim=config.head_channels,
        norm_num_groups=config.groups,
        resnet_time_scale_shift="scale_shift",
        class_embed_type="identity" if config.told else None,
    )
    for module in unet.modules():
        if isinstance(module, Attention):
            module.set_processor(SelfAttention())
    _start_quiet(unet, whole=not config.classes)
    return unet


def _start_quiet(unet: UNet2DModel, whole: bool) -> None:
    """Zero the last convolution of each residual block and of the network: training starts from the identity.

    With a class head (not ``whole``) the way down is left as it is. The head reads the deepest map, and learns several
    times more slowly where that starts as a linear map of the picture.
    """
    for name, module in unet.named_modules():
        if not whole and name.startswith("down_blocks"):
            continue
        if name.endswith("conv2") or name == "conv_out":
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)


class PatchUNet(nn.Module):
    """f(z, τ): ``[B, in, H, W]`` and the time features' τ ``[B]`` (1000·t for SemFlow) → ``[B, out + K, H, W]``.

    The last K channels are constant over the picture. What is true of a picture as a whole is known where the map is
    deepest; brought up again and averaged over the pixels it is learned several times more slowly. Likewise, input
    channels that are constant over the picture act where the time does, on every block: a first convolution alone would
    have to carry them through all the others.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        self.unet = trunk(config, config.out_channels * config.patch**2)
        self.told = nn.Linear(config.told, self.unet.time_embedding.linear_2.out_features) if config.told else None
        self.head = Head(config.channels[-1], config.classes) if config.classes else None
    def forward(self, z: Tensor, tau: Tensor) -> Tensor:
        told = None
        if self.told is not None:
            z, constant = z.split([z.shape[1] - self.config.told, self.config.told], 1)
            told = self.told(constant[:, :, 0, 0])
        folded = F.pixel_unshuffle(z, self.config.patch).contiguous(memory_format=torch.channels_last)
        if self.head is None:
            return F.pixel_shuffle(self.unet(folded, tau, told).sample, self.config.patch)
        with caught(self.unet.mid_block) as deepest:
            pixels = F.pixel_shuffle(self.unet(folded, tau, told).sample, self.config.patch)
        logits = self.head(deepest[-1].mean(dim=(2, 3)))
        return torch.cat([pixels, logits[:, :, None, None].expand(-1, -1, *z.shape[2:]).to(pixels.dtype)], 1)


class Head(nn.Module):
    """Features of a picture ``[B, C]`` → logits ``[B, K]``.

    Its weights do not start from zero as the last convolutions do: nothing would tell the deepest map then which way to
    go, and learning sets in several hundred steps later.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.norm, self.linear = nn.LayerNorm(width), nn.Linear(width, classes)

    def forward(self, features: Tensor) -> Tensor:
        return self.linear(self.norm(features))


@contextmanager
def caught(module: nn.Module) -> Iterator[list[Tensor]]:
    """Collect what a module answers while the context is open; one thread at a time."""
    found: list[Tensor] = []
    hook = module.register_forward_hook(lambda _, given, answer: found.append(answer))
    try:
        yield found
    finally:
        hook.remove()


class SelfAttention:
    """Attention of a map ``[B, C, H, W]`` over its own pixels, as a processor of diffusers' ``Attention``.

    On a CPU the backward pass of PyTorch's fused attention takes two to six times as long in bfloat16 as in float32
    when heads are narrow (half of a training step of the shipped networks), so while gradients are wanted there the
    fused step runs in float32.
    """

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: None = None,
        attention_mask: None = None,
        temb: None = None,
    ) -> Tensor:
        """``hidden_states`` ``[B, C, H, W]`` → the same shape; the rest is what diffusers hands on, not used here."""
        batch, width = hidden_states.shape[:2]
        tokens = hidden_states.reshape(batch, width, -1)
        if attn.group_norm is not None:
            tokens = attn.group_norm(tokens)
        tokens = tokens.transpose(1, 2)
        query, key, value = (
            layer(tokens).view(batch, -1, attn.heads, width // attn.heads).transpose(1, 2)
            for layer in (attn.to_q, attn.to_k, attn.to_v)
        )
        mixed = _attend(query, key, value).transpose(1, 2).reshape(batch, -1, width)
        mixed = attn.to_out[0](mixed).transpose(1, 2).reshape(hidden_states.shape)
        return (mixed + hidden_states) / attn.rescale_output_factor


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    if query.device.type != "cpu" or not torch.is_grad_enabled():
        return F.scaled_dot_product_attention(query, key, value)
    with torch.autocast("cpu", enabled=False):
        return F.scaled_dot_product_attention(query.float(), key.float(), value.float()).to(query.dtype)


def parameter_count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
