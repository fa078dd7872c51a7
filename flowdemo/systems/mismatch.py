"""Flow Mismatching (arXiv 2605.23070): an anomaly is where the learned velocity disagrees with the straight path.

Shapes: a picture y is ``[C, H, W]``, a state x_t and a velocity ``[K, C, H, W]``, a mismatch δ ``[K, H, W]``; K paths.
The network was trained by flow matching on normal pictures only, from x₀ ~ N(0, 1) at t = 0 to a picture at t = 1.

    path            x_t = (1 − t) x₀ + t y,   u = y − x₀                      (1)
    mismatch        δ_k(p, t) = Σ_c (v_θ(x_t, t) − u)_c²(p)                   (2)
                    δ_k(p, t) = Σ_c (G_σ * (v_θ(x_t, t) − u))_c²(p), not in the paper  (2')

Equations (3) and (4), how mismatches become a map and a score, are in :mod:`~flowdemo.systems.grading`. δ counts
squared intensity (of the picture as the network sees it) per squared unit of flow time. No ODE is solved and nothing is
fitted to the picture: K·T evaluations.

(2') smooths the disagreement before it is squared, by a Gaussian of σ pixels: what neighbours disagree about in the
same direction stays, as over a stain, and what every pixel gets wrong on its own, as in a rough texture, goes.

A second flow may know whole pictures at one glance (:mod:`~flowdemo.systems.glance`): what large parts do that no crop
shows. Its δ, laid over the picture, is the second of two scales; a step has δ ``[S, K, H, W]`` of S scales, 1 or 2.

The network answers with the velocity but for what a line knows of it (``flow.paths.linear_guess``):

    v = out + c(t) x_t                                                        (5)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from flowdemo.codes import Codebook, base_k
from flowdemo.flow import Step
from flowdemo.flow.gradings import MAX_PATHS, inner_times
from flowdemo.flow.paths import linear_guess
from flowdemo.request import DETECT
from flowdemo.systems.base import Option, Watch
from flowdemo.systems.exposure import EXPOSURES, exposed
from flowdemo.systems.glance import GlanceFlow, laid_over
from flowdemo.systems.smoothing import smoothed
from flowdemo.systems.straight import TIME_SCALE, errors, noise
from flowdemo.systems.tiles import Tiles

STRETCH = 1.5  # of a crop's sides: so much larger a picture is still seen whole
AT_ONCE = 1 << 18  # pixels of all tiles that the network is given in one call, which bounds the memory
Network = Callable[[Tensor, Tensor], Tensor]


class FlowMismatching:
    """Detects what a flow of normal pictures does not expect.

    Args:
        network: ``(x_t [B, C, h, w], τ [B]) → [B, C, h, w]`` with τ = 1000·t.
        channels: C, 1 for grey pictures.
        spread: standard deviation of the training pictures as the network saw them.
        crop: (w, h) of the crops that the network was trained on. Pictures are seen whole up to :data:`STRETCH` times
            that, larger ones in overlapping tiles.
        exposure: how brightness is brought to what the network knows, see :mod:`~flowdemo.systems.exposure`.
        multiple: sides that the network takes are multiples of it.
        device: where states live.
        coherence: σ of (2') in pixels, 0 for (2).
        glance: the flow of the second scale, if there is one.
    """

    name = "Flow Mismatching"
    task = "anomaly detection"
    directions = (DETECT,)
    time_symbol = "t"
    options = (Option("paths", 8, 1, MAX_PATHS, "Straight paths from noise to the picture, one per seed."),)
    codebook: Codebook = base_k(2, False)  # normal and defective

    def __init__(
        self, network: Network, channels: int, spread: float, crop: tuple[int, int], exposure: str = EXPOSURES[0],
        multiple: int = 1, device: str | torch.device = "cpu", coherence: float = 0.0,
        glance: GlanceFlow | None = None,
    ) -> None:  # fmt: skip
        self.network, self.channels, self.spread = network, channels, spread
        self.largest = tuple(int(STRETCH * side) // multiple * multiple for side in reversed(crop))
        self.exposure, self.multiple, self.device = exposure, multiple, torch.device(device)
        self.coherence, self.glance = coherence, glance

    def picture_state(self, given: np.ndarray) -> Tensor:
        """A picture uint8 ``[H, W]`` or ``[H, W, 3]`` as the network knows it, float32 ``[C, H, W]``."""
        return exposed(given, self.channels, self.exposure).to(self.device)

    def start(
        self, direction: str, given: np.ndarray, beta: float = 0.0, seeds: Sequence[int] = (0,)
    ) -> tuple[Tensor, int]:
        """One picture uint8 ``[1, H, W(, 3)]`` → (y ``[C, H, W]``, first seed)."""
        return self.picture_state(given[0]), int(seeds[0])

    def grid(self, direction: str, steps: int) -> tuple[float, ...]:
        return inner_times(steps)

    @torch.no_grad()
    def steps(
        self, direction: str, start: tuple[Tensor, int], steps: int, solver: str = "euler", watch: Watch = None,
        paths: float = 8,
    ) -> Iterator[Step]:  # fmt: skip
        """Mismatches at T = ``steps`` times: steps 1 … T, whose x is δ ``[S, K, H, W]`` of that time.

        ``solver`` is not used: nothing is integrated. ``watch`` is called before each path of each time. An evaluation
        is the velocity of one path at one time, at both scales where there are two.
        """
        picture, seed = start
        sources = noise(picture, int(paths), seed)
        glanced = self._glanced(picture, seed, int(paths))
        for index, t in enumerate(inner_times(steps), 1):
            found = []
            for part in sources.split(max(1, AT_ONCE // picture[0].numel())):
                if watch:
                    watch()
                found.append(self.mismatch(picture, part, t))
            scales = [torch.cat(found), *([glanced(t)] if glanced else [])]
            yield Step(index, index / steps, t, torch.stack(scales), None, index * int(paths))

    def _glanced(self, picture: Tensor, seed: int, paths: int) -> Callable[[float], Tensor] | None:
        """What tells δ ``[K, H, W]`` of the second scale, laid over the picture, at a time."""
        if self.glance is None:
            return None
        grid, sources = self.glance.grid(picture), self.glance.sources(paths, seed, picture.device)
        return lambda t: laid_over(self.glance.mismatch(grid, sources, t), picture.shape[-2:])

    @torch.no_grad()
    def mismatch(self, picture: Tensor, sources: Tensor, t: float) -> Tensor:
        """Equation (2) or (2'), ``[K, H, W]``, for a picture ``[C, H, W]`` and sources x₀ ``[K, C, H, W]``."""
        return self.disagreement(errors(self.velocity, picture, sources, t))

    def disagreement(self, errors: Tensor) -> Tensor:
        """Errors ``[K, C, H, W]``, smoothed by (2'), squared and added over the channels, ``[K, H, W]``."""
        return smoothed(errors, self.coherence).square().sum(1)

    @torch.no_grad()
    def velocity(self, states: Tensor, t: float) -> Tensor:
        """v(x_t, t) ``[K, C, H, W]`` of whole pictures by equation (5), in overlapping tiles."""
        tiles = Tiles(states.shape[-2:], self.largest, self.multiple)
        pieces = tiles.cut(states)
        at_once = max(1, AT_ONCE // pieces[0, 0].numel())
        out = torch.cat([self._answer(part, t) for part in pieces.split(at_once)])
        return tiles.joined(out) + linear_guess(t, self.spread) * states

    def _answer(self, pieces: Tensor, t: float) -> Tensor:
        return self.network(pieces, torch.full((len(pieces),), TIME_SCALE * t, device=pieces.device)).float()
