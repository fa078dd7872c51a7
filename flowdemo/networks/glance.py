"""Two U-Nets side by side: one over the pixels of a picture, one over a small grid that tells of the whole of it.

They share no weights and no input: what belongs together is that they are trained, stored and run together, as the two
scales of one flow (:mod:`flowdemo.systems.glance`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from flowdemo.errors import ModelError
from flowdemo.networks.unet import PatchUNet, UNetConfig


@dataclass(frozen=True)
class GlanceConfig(UNetConfig):
    """Shape of a :class:`GlanceUNet`: that of its network of pixels, and beside it

    Args:
        grid: that of its network of the grid, a :class:`UNetConfig` or one as JSON.
    """

    grid: UNetConfig | Mapping[str, Any] | None = None
    kind = "glance"

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.grid, Mapping):
            object.__setattr__(self, "grid", UNetConfig.from_json(dict(self.grid)))
        if not isinstance(self.grid, UNetConfig) or self.grid.classes or self.grid.told or self.classes or self.told:
            raise ModelError("A network that glances needs the shape of its second one, and is told nothing else.")

    def to_json(self) -> dict:
        return super().to_json() | {"grid": self.grid.to_json()}


class GlanceUNet(PatchUNet):
    """f(z, τ) over pixels, as :class:`~flowdemo.networks.unet.PatchUNet`; ``glance`` is the other network.

    With a grid the call answers for both, so that whatever wraps the module for training sees all weights used.
    """

    def __init__(self, config: GlanceConfig) -> None:
        super().__init__(config)
        self.glance = PatchUNet(config.grid)

    def forward(
        self, z: Tensor, tau: Tensor, grid: Tensor | None = None, grid_tau: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor]:
        """``[B, in, H, W]`` and τ ``[B]`` → ``[B, out, H, W]``; with a grid ``[b, in, h, w]`` and its τ both."""
        answer = super().forward(z, tau)
        return answer if grid is None else (answer, self.glance(grid, grid_tau))
