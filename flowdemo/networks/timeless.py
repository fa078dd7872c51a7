"""A :class:`~flowdemo.networks.unet.PatchUNet` for which it is always the same time: what it is told is a constant.

A segmenter shares its trunk with flows, so that they compare, and is told one time all its life. What each block makes
of that time is then a vector that can be worked out once: the network answers the same with up to a fifth fewer
weights.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from diffusers.models.resnet import ResnetBlock2D
from torch import Tensor, nn

from flowdemo.networks.unet import PatchUNet, UNetConfig


@dataclass(frozen=True)
class TimelessConfig(UNetConfig):
    """Shape of a :class:`TimelessUNet`: that of the network it was made from."""

    kind = "timeless"


class Constant(nn.Module):
    """``[B, anything]`` → the same vector B times, ``[B, width]``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(width))

    def forward(self, told: Tensor) -> Tensor:
        return self.value.expand(len(told), -1)


class TimelessUNet(PatchUNet):
    """f(z, τ) whatever τ is: ``[B, in, H, W]`` → ``[B, out, H, W]``."""

    def __init__(self, config: TimelessConfig) -> None:
        super().__init__(config)
        lose_time(self)

    @classmethod
    def of(cls, network: PatchUNet, tau: float) -> TimelessUNet:
        """What answers as a network that is told ``tau``, in evaluation mode.

        Args:
            network: one that is told nothing else.
        """
        shape = {f.name: getattr(network.config, f.name) for f in fields(UNetConfig)}
        return fill(cls(TimelessConfig(**shape)), network, tau)


def lose_time(network: nn.Module) -> None:
    """Put constants of 0 in the place of all that a network with a trunk ``unet`` makes of time."""
    network.unet.time_embedding = nn.Identity()
    for block in _blocks(network):
        block.time_emb_proj = Constant(block.time_emb_proj.out_features)


@torch.no_grad()
def fill(made: nn.Module, network: nn.Module, tau: float) -> nn.Module:
    """``made``, which :func:`lose_time` went over, with the weights of a network that is told ``tau``."""
    unet = network.unet
    time = torch.full((1,), float(tau), device=next(network.parameters()).device)
    embedded = unet.time_embedding(unet.time_proj(time))
    constants = [block.time_emb_proj(block.nonlinearity(embedded))[0] for block in _blocks(network)]
    made.load_state_dict(network.state_dict(), strict=False)
    for block, constant in zip(_blocks(made), constants, strict=True):
        block.time_emb_proj.value.copy_(constant)
    return made.eval()


def _blocks(network: nn.Module) -> list[ResnetBlock2D]:
    return [module for module in network.unet.modules() if isinstance(module, ResnetBlock2D)]
