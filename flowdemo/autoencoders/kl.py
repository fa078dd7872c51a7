"""Latent space of diffusers' ``AutoencoderKL``, as the published SemFlow and SymmFlow weights use it."""

from __future__ import annotations

import torch
from torch import Tensor

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
