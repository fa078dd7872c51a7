"""A picture at one glance: how bright and how rough its parts are, on a small grid; not part of the paper.

A network of crops knows textures. That a third of a surface is polished otherwise than the rest it cannot see: each
pixel of it is normal. What tells is the whole, so the picture is also described by a grid of S×S cells that covers it
whatever its sides are, with three numbers a cell, of its grey levels y as the network of pixels sees them:

    g₁ = G₄ * y,   g₂ = ½ log(G₃ * (y − Gˣ₃ * y)² + ε),   g₃ = ½ log(G₃ * (y − Gʸ₃ * y)² + ε)            (1)

(G_σ a Gaussian of σ pixels, Gˣ along rows and Gʸ along columns only): brightness, roughness across, roughness down.
They are averaged over each cell, and brought to mean 0 and standard deviation 1 over normal training pictures. A second
flow learns such grids of normal pictures; paths, velocity and mismatch are those of
:mod:`~flowdemo.systems.mismatch`; :mod:`~flowdemo.systems.grading` adds the two maps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from flowdemo.flow.paths import linear_guess
from flowdemo.systems.smoothing import along, smoothed
from flowdemo.systems.straight import TIME_SCALE, errors, noise

CHANNELS = 3
BRIGHT, ROUGH = 4.0, 3.0  # widths in (1), pixels
FLOOR = 1e-4  # ε: a standard deviation of 0.01, where that of a picture is about 0.25
APART = 1 << 31  # of the seeds of the two noises of one path; generators look at 32 bits of a seed
Network = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Glance:
    """How pictures become grids.

    Args:
        side: S, cells along either side.
        means, spreads: of the three channels over normal training pictures.
        coherence: σ in cells of the Gaussian over v − u, see equation (2') of :mod:`~flowdemo.systems.mismatch`.
    """

    side: int
    means: tuple[float, ...] = (0.0,) * CHANNELS
    spreads: tuple[float, ...] = (1.0,) * CHANNELS
    coherence: float = 0.0

    @classmethod
    def of(cls, pictures: Sequence[Tensor], side: int, coherence: float = 0.0) -> Glance:
        """That of normal pictures ``[C, H, W]``."""
        cells = torch.stack([described(picture, side) for picture in pictures])
        means, spreads = cells.mean((0, 2, 3)), cells.std((0, 2, 3)).clamp(min=1e-3)
        return cls(side, tuple(_short(means)), tuple(_short(spreads)), coherence)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Glance:
        return cls(raw["side"], tuple(raw["means"]), tuple(raw["spreads"]), raw["coherence"])

    def to_json(self) -> dict[str, Any]:
        return {"side": self.side, "means": list(self.means), "spreads": list(self.spreads),
                "coherence": self.coherence}  # fmt: skip

    def grid(self, picture: Tensor) -> Tensor:
        """g of a picture ``[C, H, W]`` as the network of pixels knows it, float32 ``[3, S, S]``."""
        found = described(picture, self.side)
        means, spreads = (torch.tensor(v, device=found.device)[:, None, None] for v in (self.means, self.spreads))
        return (found - means) / spreads


def described(picture: Tensor, side: int) -> Tensor:
    """Equation (1) of a picture ``[C, H, W]`` over ``side``² cells, ``[3, side, side]``, as it is."""
    y = picture.float().mean(0)[None]
    across, down = y - along(y, ROUGH, -1), y - along(y, ROUGH, -2)
    rough = [0.5 * (smoothed(high.square(), ROUGH) + FLOOR).log() for high in (across, down)]
    full = torch.cat([smoothed(y, BRIGHT), *rough])
    shape = [max(length, side) for length in full.shape[-2:]]
    if list(full.shape[-2:]) != shape:
        full = F.interpolate(full[None], shape, mode="bilinear")[0]
    return F.adaptive_avg_pool2d(full, side)


class GlanceFlow:
    """The flow of grids beside a flow of pixels.

    Args:
        network: ``(g_t [K, 3, S, S], τ [K]) → [K, 3, S, S]`` with τ = 1000·t.
        glance: how pictures become grids.
    """

    def __init__(self, network: Network, glance: Glance) -> None:
        self.network, self.glance = network, glance

    def grid(self, picture: Tensor) -> Tensor:
        """A picture ``[C, H, W]`` as this flow knows it, ``[3, S, S]``."""
        return self.glance.grid(picture)

    def sources(self, paths: int, seed: int, device: torch.device) -> Tensor:
        """Noise ``[K, 3, S, S]``; path k of seed s is path 0 of seed s + k, and not the noise of the pixels."""
        grid = torch.empty(CHANNELS, self.glance.side, self.glance.side, device=device)
        return noise(grid, paths, APART + seed)

    def velocity(self, states: Tensor, t: float) -> Tensor:
        """v(g_t, t), ``[K, 3, S, S]``; grids have a spread of 1."""
        told = torch.full((len(states),), TIME_SCALE * t, device=states.device)
        return self.network(states, told).float() + linear_guess(t, 1.0) * states

    def mismatch(self, grid: Tensor, sources: Tensor, t: float) -> Tensor:
        """δ ``[K, S, S]`` of a grid ``[3, S, S]`` and sources ``[K, 3, S, S]``."""
        return self.disagreement(errors(self.velocity, grid, sources, t))

    def disagreement(self, errors: Tensor) -> Tensor:
        """Errors ``[K, 3, S, S]``, smoothed, squared and added over the channels, ``[K, S, S]``."""
        return smoothed(errors, self.glance.coherence).square().sum(1)


def laid_over(cells: Tensor, size: tuple[int, int]) -> Tensor:
    """Values of cells ``[…, S, S]`` over a picture of ``size`` (H, W), between the cells' middles linear."""
    flat = cells.reshape(1, -1, *cells.shape[-2:])
    return F.interpolate(flat, size, mode="bilinear", align_corners=False).view(*cells.shape[:-2], *size)


def _short(values: Tensor) -> list[float]:
    return [float(f"{value:.5g}") for value in values.tolist()]
