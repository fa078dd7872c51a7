"""Pixel space: the state is the picture."""

from __future__ import annotations

from torch import Tensor


class Pixels:
    """Identity between pictures ``[B, 3, H, W]`` in [-1, 1] and states."""

    channels = 3
    factor = 1

    def encode(self, pictures: Tensor) -> Tensor:
        return pictures

    def decode(self, states: Tensor) -> Tensor:
        return states
