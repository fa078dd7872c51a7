"""CFSSnet: a U-Net that says what it sees and along what a contour should run, and rounds that bring the two together.

The U-Net answers with logits o of the classes and, for each field of contours, a vector whose direction is T̂; the
rounds of contour flow (:mod:`flowdemo.systems.contourflow`, handed in, as systems build on networks) then make the
logits that are returned. ε, λ and the width of the kernel are learned beside the weights, each as softplus of a
parameter; T̂ learns from its own loss and from what the rounds make of it.

Two classes share their contours: one field, on the difference of their logits. More classes have a field each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from flowdemo.errors import ModelError
from flowdemo.networks.config import check_sizes
from flowdemo.networks.timeless import fill, lose_time
from flowdemo.networks.unet import UNetConfig, trunk

SHORTEST = 1e-3  # of the vector whose direction is T̂; about there T̂ fades to 0, where the constraint asks nothing
QUIET = 0.02  # spread of the first weights of T̂: from zero, |cos| has no gradient that would tell which way to turn
MOST_ROUNDS = 1000

Rounds = Callable[..., Tensor]


@dataclass(frozen=True)
class CFSSConfig(UNetConfig):
    """Shape of a :class:`CFSSNet`: that of its U-Net, whose ``out_channels`` are the classes, and its rounds.

    Args:
        rounds: of contour flow, 0 to 1000; 0 leaves the U-Net's own logits.
        share: τ as a share of the largest step that converges, above 0 and below 1.
        side: of the kernel, an odd number of pixels.
        epsilon, strength, sigma: what ε, λ and the kernel's width (pixels) start from, above 0.
        timeless: whether the time that it is always told is a constant in it, see
            :mod:`~flowdemo.networks.timeless`.
    """

    rounds: int = 50
    share: float = 0.9
    side: int = 5
    epsilon: float = 1.0
    strength: float = 1.0
    sigma: float = 5.0
    timeless: bool = False
    kind = "cfss"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self.side, self.rounds + 1)
        if self.classes or self.told:
            raise ModelError("CFSSnet answers for pixels only, and is told nothing beside its picture.")
        if self.side % 2 == 0 or self.side > 31 or self.rounds > MOST_ROUNDS:
            raise ModelError(f"CFSSnet has at most {MOST_ROUNDS} rounds, and a kernel of an odd side up to 31.")
        numbers = (self.share, self.epsilon, self.strength, self.sigma)
        if any(type(v) not in (int, float) or not 0 < v < 1e3 for v in numbers) or self.share >= 1:
            raise ModelError("CFSSnet's ε, λ and kernel width are above 0, and its share of the step is below 1.")

    @property
    def contours(self) -> int:
        """Fields of contours: one for a mask or for two classes, otherwise one for each class."""
        return 1 if self.out_channels <= 2 else self.out_channels

    @property
    def unet(self) -> UNetConfig:
        """Of the trunk, whose answer is the logits, all T_x and all T_y."""
        shared = {f.name for f in fields(UNetConfig)}
        kept = {k: v for k, v in asdict(self).items() if k in shared}
        return UNetConfig(**kept | {"out_channels": self.out_channels + 2 * self.contours})


class Parts(NamedTuple):
    """What a :class:`CFSSNet` found: ``[B, out, H, W]``, ``[B, 2·contours, H, W]``, ``[B, out, H, W]``.

    Attributes:
        seen: logits of the U-Net alone.
        tangent: T̂, all x components, then all y components, of length at most 1.
        logits: after the rounds.
    """

    seen: Tensor
    tangent: Tensor
    logits: Tensor


class CFSSNet(nn.Module):
    """f(z, τ): ``[B, in, H, W]`` and the time features' τ ``[B]`` → logits ``[B, out, H, W]``; one channel is a mask's.

    Args:
        config: its shape.
        unroll: what runs the rounds, :func:`flowdemo.systems.contourflow.unrolled` or of its signature.

    Attributes:
        rounds: may be set, to run more of them when nothing is trained.
    """

    def __init__(self, config: CFSSConfig, unroll: Rounds) -> None:
        super().__init__()
        self.config, self._unroll = config, unroll
        wanted = config.unet
        self.unet = trunk(wanted, wanted.out_channels * config.patch**2)
        with torch.no_grad():
            self.unet.conv_out.weight[config.out_channels * config.patch**2 :].normal_(std=QUIET)
        starts = (config.epsilon, config.strength, config.sigma)
        self.raw = nn.Parameter(torch.tensor([_before_softplus(v) for v in starts]))
        self.rounds = config.rounds
        if config.timeless:
            lose_time(self)

    def told(self, tau: float) -> CFSSNet:
        """What answers as this network does when it is told ``tau``, in evaluation mode, with fewer weights."""
        return fill(CFSSNet(replace(self.config, timeless=True), self._unroll), self, tau)

    def constants(self) -> tuple[Tensor, Tensor, Tensor]:
        """ε, λ and the kernel's width in pixels as they are now, tensors of one number each."""
        return tuple(F.softplus(self.raw.float()))

    def parts(self, z: Tensor, tau: Tensor) -> Parts:
        """Everything that training looks at; the rounds run in float32 whatever the U-Net runs in."""
        config = self.config
        folded = F.pixel_unshuffle(z, config.patch).contiguous(memory_format=torch.channels_last)
        answer = F.pixel_shuffle(self.unet(folded, tau).sample, config.patch).float()
        seen, tangent = answer[:, : config.out_channels], _directions(answer[:, config.out_channels :])
        with torch.autocast(z.device.type, enabled=False):
            return Parts(seen, tangent, self._after(seen, tangent))

    def _after(self, seen: Tensor, tangent: Tensor) -> Tensor:
        if not self.rounds:
            return seen
        epsilon, strength, sigma = self.constants()
        two = self.config.out_channels == 2
        logits = seen[:, 1:] - seen[:, :1] if two else seen
        found = self._unroll(logits, tangent, epsilon=epsilon, strength=strength, share=self.config.share, sigma=sigma,
                             side=self.config.side, count=self.rounds)  # fmt: skip
        return torch.cat([-found / 2, found / 2], 1) if two else found

    def forward(self, z: Tensor, tau: Tensor) -> Tensor:
        return self.parts(z, tau).logits


def _directions(vectors: Tensor) -> Tensor:
    """``[B, 2n, H, W]``, all x and then all y, brought to length 1; shorter than :data:`SHORTEST` they stay short."""
    x, y = vectors.chunk(2, 1)
    scale = torch.rsqrt(x**2 + y**2 + SHORTEST**2)
    return torch.cat([x * scale, y * scale], 1)


def _before_softplus(value: float) -> float:
    return math.log(math.expm1(value)) if value < 20 else value
