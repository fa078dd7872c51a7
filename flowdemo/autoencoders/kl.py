"""Latent space of diffusers' ``AutoencoderKL``, as the published SemFlow and SymmFlow weights use it."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from flowdemo.errors import ModelError

CHUNK = 4  # pictures decoded at once: a decoder's feature maps, not its weights, fill the memory


class Latents:
    """Pictures ``[B, 3, H, W]`` in [-1, 1] ↔ scaled latents ``[B, C, H/f, W/f]``.

    Encoding takes the mode of the posterior, so that a run has no randomness but the perturbation's.

    Args:
        autoencoder: a diffusers ``AutoencoderKL`` (its configuration holds the scaling factor, 0.18215 for SD 1.5).
    """

    def __init__(self, autoencoder) -> None:
        self.autoencoder = autoencoder.eval().requires_grad_(False)
        self.scale = float(autoencoder.config.scaling_factor)
        self.channels = int(autoencoder.config.latent_channels)
        self.factor = 2 ** (len(autoencoder.config.block_out_channels) - 1)

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        return self.autoencoder.encode(pictures).latent_dist.mode() * self.scale

    @torch.no_grad()
    def decode(self, states: Tensor) -> Tensor:
        parts = [self.autoencoder.decode(part / self.scale).sample for part in states.split(CHUNK)]
        return torch.cat(parts)


def check_config(config: dict[str, Any], model: str) -> None:
    """Refuse a configuration that would build something out of proportion.

    Raises:
        ModelError: a size outside what an ``AutoencoderKL`` has.
    """
    widths, scale = config.get("block_out_channels", [64]), config.get("scaling_factor", 0.18215)
    counts = [config.get("layers_per_block", 1), config.get("latent_channels", 4), config.get("norm_num_groups", 32)]
    fine = isinstance(widths, list) and 1 <= len(widths) <= 6 and config.get("in_channels", 3) == 3
    fine = fine and all(type(v) is int and 1 <= v <= 2048 for v in [*widths, *counts]) and counts[0] <= 8
    if not (fine and type(scale) in (int, float) and 0 < scale < math.inf):
        raise ModelError(f"The autoencoder of {model!r} has sizes that this version does not take.")
