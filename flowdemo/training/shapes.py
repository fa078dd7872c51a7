"""What the segmenters of :mod:`flowdemo.systems.shape_models` minimise, and what else their recipes are made of.

All of them see a patch x in [0, 1] with noise of a standard deviation that each patch draws from U(0, noise), and lose
cross-entropy and, weighted, 1 − Dice of their mask. Beside that

    cgpm    loses second-order convexity of the mask that a few iterations of the projection make of its logits, and
            that mask's own cross-entropy, so that its logits allow for what the projection fills
    cfss    has its loss behind the rounds of contour flow, as well as cross-entropy before them, and loses
            1 − |⟨T̂, T⟩| of the directions it tells, which learn from what the rounds make of them too
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from flowdemo.networks.cfss import CFSSConfig, CFSSNet
from flowdemo.systems import contourflow
from flowdemo.systems.convexity_losses import second_order
from flowdemo.systems.convexity_projection import RECOMMENDED, project
from flowdemo.systems.distance import signed_distance
from flowdemo.systems.shape_models import TIME, evened
from flowdemo.training.objectives import generator_on

SHORT = 2  # iterations of the projection that training runs through
ROUNDS = 20  # of contour flow in training, at most; the model may run more
TRACED = 4  # last rounds of contour flow that pass a gradient
MARGIN = 1e-3  # δ of the convexity loss


@dataclass(frozen=True)
class ShapeObjective:
    """Loss of one recipe for patches ``[B, C, H, W]``, grey or in colour, and masks ``[B, H, W]`` of 0 and 1.

    Args:
        kind: which.
        noise: highest standard deviation of the noise, for patches in [0, 1].
        dice: weight of 1 − Dice.
        convexity, through: weights of the convexity and of the cross-entropy behind the projection; ``cgpm`` only.
        tangents, seen: weights of the directions' loss and of the cross-entropy before the rounds; ``cfss`` only.
    """

    kind: str
    noise: float
    dice: float = 0.0
    convexity: float = 10.0
    through: float = 1.0
    tangents: float = 0.5
    seen: float = 1.0

    def __call__(self, network: nn.Module, images: Tensor, labels: Tensor, gen: torch.Generator) -> dict[str, Tensor]:
        truth, x = (labels == 1)[:, None].float(), noisy(evened(images.mean(1, keepdim=True)), self.noise, gen)
        tau = torch.full((len(x),), TIME, device=x.device)
        if self.kind == "cfss":
            network = getattr(network, "module", network)
            network.rounds = min(network.config.rounds, ROUNDS)
            parts = network.parts(2 * x - 1, tau)
            true = contourflow.tangent(signed_distance(truth).to(x.device))
            found = contourflow.tangent_loss(parts.tangent, true)
            losses = self._pixels(parts.logits, truth) | {"tangents": self.tangents * found}
            before = F.binary_cross_entropy_with_logits(parts.seen, truth)
            return losses | ({"seen": self.seen * before} if self.seen else {})
        logits = network(2 * x - 1, tau).float()
        losses = self._pixels(logits, truth)
        if self.kind == "cgpm":
            with torch.autocast(x.device.type, enabled=False):
                losses |= self._projected(logits, truth)
        return losses

    def _projected(self, logits: Tensor, truth: Tensor) -> dict[str, Tensor]:
        made = project(logits, SHORT)
        losses = {"convexity": self.convexity * second_order(made.sigmoid(), MARGIN).mean()}
        if self.through:
            largest = logits.detach().abs().amax((-2, -1), keepdim=True)  # the projection brings it to its amplitude
            back = made * (largest / RECOMMENDED.amplitude)
            losses |= {"through": self.through * F.binary_cross_entropy_with_logits(back, truth)}
        return losses

    def _pixels(self, logits: Tensor, truth: Tensor) -> dict[str, Tensor]:
        found = {"classes": F.binary_cross_entropy_with_logits(logits, truth)}
        return found | ({"dice": self.dice * dice_loss(logits.sigmoid(), truth)} if self.dice else {})


def noisy(levels: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Patches ``[B, 1, H, W]`` with Gaussian noise, the standard deviation of each drawn from U(0, most)."""
    spread = most * torch.rand(len(levels), 1, 1, 1, generator=generator).to(levels.device)
    drawn = torch.randn(levels.shape, generator=generator_on(levels.device, generator), device=levels.device)
    return levels + spread * drawn


def dice_loss(u: Tensor, truth: Tensor) -> Tensor:
    """Mean over the patches ``[B, 1, H, W]`` of 1 − 2 Σ u g/(Σ u + Σ g), a number."""
    both, sizes = (u * truth).sum((1, 2, 3)), (u + truth).sum((1, 2, 3))
    return (1 - (2 * both + 1) / (sizes + 1)).mean()


def cfss_network(config: CFSSConfig) -> CFSSNet:
    """A CFSSnet for training: the last rounds alone pass a gradient, which halves the time of a step."""
    return CFSSNet(config, shortened)


def shortened(logits: Tensor, along: Tensor, epsilon: Tensor, strength: Tensor, share: float, sigma: Tensor, side: int,
              count: int) -> Tensor:  # fmt: skip
    """:func:`~flowdemo.systems.contourflow.unrolled`, differentiable through its last :data:`TRACED` rounds."""
    sigma = sigma.detach()  # the kernel's width changes little, and its gradient costs as much as all the rest
    if not torch.is_grad_enabled():
        return contourflow.unrolled(logits, along, epsilon, strength, share, sigma, side, count)
    return contourflow.unrolled(logits, along, epsilon, strength, share, sigma, side, count, traced=TRACED)
