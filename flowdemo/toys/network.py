"""The spiral's network: 1,576 parameters, ten residual blocks eleven wide."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from flowdemo.toys.folded import BLOCKS, EPSILON, FREQUENCIES, STATE, STATE_SHAPES, WIDTH, Folded


class Block(nn.Module):
    """BatchNorm → Linear → ReLU, added to the input: ``[n, 11] → [n, 11]``."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.linear = nn.BatchNorm1d(WIDTH, eps=EPSILON), nn.Linear(WIDTH, WIDTH)

    def forward(self, h: Tensor) -> Tensor:
        return h + self.linear(self.norm(h)).relu()


class SpiralNetwork(nn.Module):
    """v_θ(z, t): states ``[n, 3]`` and times ``[n]`` in [0, 1] → velocities ``[n, 3]``.

    Args:
        rng: draws the start, so that it depends on no global state; PyTorch's own distribution for linear layers.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.head = nn.Linear(WIDTH, STATE)
        bound = 1 / math.sqrt(WIDTH)
        with torch.no_grad():
            for layer in (module for module in self.modules() if isinstance(module, nn.Linear)):
                for parameter in (layer.weight, layer.bias):
                    drawn = rng.uniform(-bound, bound, tuple(parameter.shape))
                    parameter.copy_(torch.from_numpy(drawn))

    def forward(self, z: Tensor, t: Tensor) -> Tensor:
        angles = math.pi * t[:, None] * torch.arange(1, FREQUENCIES + 1, device=t.device)
        waves = torch.stack([angles.sin(), angles.cos()], 2).flatten(1)  # sin, cos of m = 1, then of m = 2, …
        return self.head(self.blocks(torch.cat([z, waves], 1)))

    def arrays(self) -> dict[str, np.ndarray]:
        """Parameters and evaluation statistics as float32 copies, by the names of ``folded.STATE_SHAPES``."""
        state = self.state_dict()
        return {name: state[name].detach().cpu().float().numpy().copy() for name in STATE_SHAPES}

    def folded(self) -> dict:
        """The network in evaluation mode as plain JSON numbers; the layout is :mod:`flowdemo.toys.folded`'s."""
        return Folded.from_state(self.arrays()).to_json()
