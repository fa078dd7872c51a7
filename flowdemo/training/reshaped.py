"""What the recipe ``flowseg`` minimises; equations (1) to (4) are in :mod:`flowdemo.systems.flowseg`."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from flowdemo.systems.flowseg import TIME_SCALE, FlowSegHead
from flowdemo.systems.potential import Potential
from flowdemo.training.alignment import Alignment
from flowdemo.training.objectives import generator_on, sample_times

CLIP = 20.0  # of ‖∇Φ‖ at every pixel: near a code it grows to 1/(τ√ε)


@dataclass(frozen=True)
class FlowSegObjective:
    """The reshaped regression (4), over the pixels that have a class.

    Args:
        head: source and codes.
        potential: Φ over the model's classes, void excluded.
        eta: η; 0 is plain flow matching.
        times: see :func:`~flowdemo.training.objectives.sample_times`.
        class_weights: weight of the pixels of each class, ``[classes]``, or None.
        rollout: share of the pictures whose path leads to the network's own guess at t = 0 instead of the true mask,
            while the target stays true. On a path from the image x_t gives the mask away at every t > 0, so that
            without them the network learns to see at t = 0 only, and to confirm what it finds at all other times.
        alignment, align: a teacher's features to follow beside it, and the weight of that.
    """

    head: FlowSegHead
    potential: Potential
    eta: float = 1.0
    times: str = "uniform"
    class_weights: Tensor | None = None
    rollout: float = 0.0
    alignment: Alignment | None = None
    align: float = 0.0

    def __call__(self, network: nn.Module, images: Tensor, labels: Tensor, gen: torch.Generator) -> dict[str, Tensor]:
        """Images ``[B, 3, H, W]`` in [-1, 1]; labels int64 ``[B, H, W]``, void allowed."""
        points = self.head.points.to(images.device)
        target = points[labels].permute(0, 3, 1, 2)
        source = images
        if self.head.start == "gaussian":
            source = torch.randn(images.shape, generator=generator_on(images.device, gen), device=images.device)
        end = target
        if self.rollout:
            own = round(self.rollout * len(images))
            end = torch.cat([self._guess(network, source[:own], images[:own]), target[own:]])
        t = sample_times(len(images), self.times, gen).to(images.device)
        x = (1 - t) * source + t * end
        losses: dict[str, Tensor] = {}
        if self.alignment is None:
            v = self._velocity(network, x, images, t)
        else:
            with self.alignment.watching(network) as seen:
                v = self._velocity(network, x, images, t)
            losses["alignment"] = self.align * self.alignment(seen[-1], images)
        counted = labels < len(self.potential.points)
        known = labels.where(counted, 0)
        estimate = x + (1 - t) * v.detach()
        straight = target - source
        reshaped = straight
        if self.eta:
            reshaped = straight - self.eta * self.potential.gradient(estimate, known, CLIP)
        weight = counted.float()
        if self.class_weights is not None:
            weight = weight * self.class_weights.to(weight.device)[known]
        facts = {"matching": _mean((v.detach() - straight) ** 2, weight),
                 "potential": (self.potential.value(estimate, known) * weight).mean()}
        # What is only reported carries no gradient; the value of the residual alone would not say how well it goes.
        return losses | {"residual": _mean((v - reshaped) ** 2, weight)} | facts

    def _velocity(self, network: nn.Module, x: Tensor, images: Tensor, t: Tensor) -> Tensor:
        out = network(torch.cat([x, images], 1), TIME_SCALE * t.flatten()).float()
        return self.head.velocity(out, x, images, t)

    @torch.no_grad()
    def _guess(self, network: nn.Module, source: Tensor, images: Tensor) -> Tensor:
        """Where one Euler step from t = 0 leads."""
        t = torch.zeros(len(images), 1, 1, 1, device=images.device)
        return source + self._velocity(network, source, images, t)


def _mean(squares: Tensor, weight: Tensor) -> Tensor:
    """Of ``[B, 3, H, W]`` over all entries, weighted by pixels ``[B, H, W]``."""
    return (squares * weight[:, None]).mean()
