"""What the recipe ``mismatch`` minimises: flow matching on normal pictures, and on the grids of whole ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from flowdemo.data.augment import Augmentation
from flowdemo.flow.paths import interpolate, linear_guess, velocity
from flowdemo.systems.straight import TIME_SCALE
from flowdemo.training.objectives import generator_on, sample_times

GRIDS = 2  # whole pictures at a glance for each crop of a step
UNTOUCHED = Augmentation(flip_x=False, flip_y=False)


@dataclass(frozen=True)
class MismatchObjective:
    """E‖v_θ(x_t, t) − (x₁ − x₀)‖² over normal pictures x₁ and noise x₀, v by equation (5) of the system.

    Args:
        spread: standard deviation of the pictures.
        times: see :func:`~flowdemo.training.objectives.sample_times`.
        grids: of whole normal pictures, ``[N, 3, S, S]`` by :mod:`~flowdemo.systems.glance`, where the network has a
            second part for them: their own flow is learned in the same steps, :data:`GRIDS` grids for each picture.
        mirrored: what may happen to a grid; nothing but flips.
        only: whether the network is the second part alone.
    """

    spread: float
    times: str = "uniform"
    grids: Tensor | None = None
    mirrored: Augmentation = UNTOUCHED
    only: bool = False

    def __call__(self, network: nn.Module, images: Tensor, labels: Tensor, gen: torch.Generator) -> dict[str, Tensor]:
        """Images ``[B, C, H, W]``; there are no labels."""
        if self.only:
            grids = self._whole(images, gen)
            return {"glance": _lost(network(grids.states, grids.tau), grids, 1.0)}
        pixels = self._drawn(images, gen)
        if self.grids is None:
            return {"matching": _lost(network(pixels.states, pixels.tau), pixels, self.spread)}
        grids = self._whole(images, gen)
        answer, told = network(pixels.states, pixels.tau, grids.states, grids.tau)
        return {"matching": _lost(answer, pixels, self.spread), "glance": _lost(told, grids, 1.0)}

    def _whole(self, images: Tensor, gen: torch.Generator) -> _Paths:
        """Paths to grids of other pictures, :data:`GRIDS` for each image."""
        take = torch.randint(len(self.grids), (GRIDS * len(images),), generator=gen)
        chosen = self.grids[take.to(self.grids.device)].to(images.device)
        return self._drawn(self.mirrored(chosen, torch.zeros(len(take)), gen)[0], gen)

    def _drawn(self, images: Tensor, gen: torch.Generator) -> _Paths:
        device = images.device
        source = torch.randn(images.shape, generator=generator_on(device, gen), device=device)
        t = sample_times(len(images), self.times, gen).to(device)
        return _Paths(interpolate(source, images, t), t, velocity(source, images))


class _Paths(NamedTuple):
    """Places on straight paths ``[B, C, h, w]``, their times ``[B, 1, 1, 1]``, and the velocities there."""

    states: Tensor
    t: Tensor
    u: Tensor

    @property
    def tau(self) -> Tensor:
        return TIME_SCALE * self.t.flatten()


def _lost(answer: Tensor, paths: _Paths, spread: float) -> Tensor:
    v = answer.float() + linear_guess(paths.t, spread) * paths.states
    return (v - paths.u).square().mean()
