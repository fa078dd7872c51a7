"""Flow Mismatching (arXiv 2605.23070): an anomaly is where the learned velocity disagrees with the straight path.

Shapes: a picture y is ``[C, H, W]``, a state x_t and a velocity ``[K, C, H, W]``, a mismatch δ ``[K, H, W]``; K paths.
The network was trained by flow matching on normal pictures only, from x₀ ~ N(0, 1) at t = 0 to a picture at t = 1.

    path            x_t = (1 − t) x₀ + t y,   u = y − x₀                      (1)
    mismatch        δ_k(p, t) = Σ_c (v_θ(x_t, t) − u)_c²(p)                   (2)
                    δ_k(p, t) = Σ_c (G_σ * (v_θ(x_t, t) − u))_c²(p), not in the paper  (2')
    map             H(p) = 1/T Σ_j w(t_j) A_k δ_k(p, t_j),  t_j = j/(T + 1)   (3)
                    H / rim, where borders of normal pictures score higher, not in the paper  (3')
    two scales      H = H_pixels/(m rim) + γ H_glance/rim, not in the paper   (3'')
    image score     S = max_p H + mean of the top 1 % of H                    (4)
                    S / median of H, a contrast, not in the paper             (4')

A is the least of the K paths, their mean, or their ⌈αK⌉-th smallest, taken per pixel and per t before the times are
averaged. w is t², 1 or (1 − t)²: by ‖v − u‖² = ‖x₀ − x̂₀‖²/t² = ‖y − x̂₁‖²/(1 − t)² these are the error of the
predicted noise, of the velocity, and of a reconstruction in one shot. δ counts squared intensity (of the picture as the
network sees it) per squared unit of flow time. No ODE is solved and nothing is fitted to the picture: K·T evaluations.

(2') smooths the disagreement before it is squared, by a Gaussian of σ pixels: what neighbours disagree about in the
same direction stays, as over a stain, and what every pixel gets wrong on its own, as in a rough texture, goes.

(4') asks how far the map stands out from the picture's own level: where one normal surface is rougher than another, and
every pixel of it scores higher, (4) mostly ranks roughness. Pixels of different pictures are ranked in the same units.

(3'') adds the map of a second flow, which knows whole pictures at one glance (:mod:`~flowdemo.systems.glance`): what
large parts do that no crop shows. Its δ, laid over the picture, is the second of two scales, ``[2, K, H, W]``. It has a
rim and, if so chosen, a w(t) of its own: of smooth numbers early times tell more than of a texture. m is the median of
H_pixels where (4') is chosen, else 1; with two scales (4') divides by nothing else.

The network answers with the velocity but for what a line knows of it (``flow.paths.linear_guess``):

    v = out + c(t) x_t                                                        (5)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from flowdemo.codes import Codebook, base_k
from flowdemo.errors import InputError
from flowdemo.flow import Step
from flowdemo.flow.gradings import AGGREGATIONS, MAX_PATHS, POOLINGS, WEIGHTS, inner_times
from flowdemo.flow.paths import linear_guess
from flowdemo.request import DETECT
from flowdemo.systems.base import Option, Watch
from flowdemo.systems.exposure import EXPOSURES, exposed
from flowdemo.systems.glance import GlanceFlow, laid_over
from flowdemo.systems.rims import NO_RIM, Rim, rims_in
from flowdemo.systems.smoothing import smoothed
from flowdemo.systems.straight import TIME_SCALE, errors, noise
from flowdemo.systems.tiles import Tiles

STRETCH = 1.5  # of a crop's sides: so much larger a picture is still seen whole
TOP = 0.01  # share of the pixels whose mean enters the image score
LEAST = 1e-9  # of a median that is divided by
AT_ONCE = 1 << 18  # pixels of all tiles that the network is given in one call, which bounds the memory
Network = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Grading:
    """How mismatches become one map.

    Args:
        weight: w(t), a key of :data:`WEIGHTS`.
        aggregation: over paths, one of :data:`AGGREGATIONS`.
        share: α of ``order``, in (0, 1].
        smooth: standard deviation in pixels of a Gaussian over each map, 0 for none; not part of (3).
        wide: standard deviation in pixels of a second Gaussian, whose map is averaged with the first one: the narrow
            one keeps thin things, the wide one lets large areas add up. 0 for none; not part of (3).
        glance_share, glance_smooth: γ of (3'') where there is a second scale, and the standard deviation in pixels of
            a Gaussian over its map.
        glance_weight: w(t) of the second scale, ``""`` for that of the first.
        rim: of (3'), see :mod:`~flowdemo.systems.rims`; it is taken out after the smoothing.
        glance_rim: that of the second scale, in cells; it is taken out before the smoothing, which would spread it.
        margin: pixels along the picture's border that the image score leaves out, where half of what a pixel's
            neighbours would tell is missing; not part of (4).
        pooling: of a map to the image score, ``peak`` for (4) or ``contrast`` for (4').

    Raises:
        InputError: one of them is not to be had.
    """

    weight: str = "noise"
    aggregation: str = "min"
    share: float = 0.2
    smooth: float = 0.0
    margin: int = 0
    pooling: str = POOLINGS[0]
    rim: Rim = NO_RIM
    wide: float = 0.0
    glance_share: float = 0.0
    glance_smooth: float = 0.0
    glance_weight: str = ""
    glance_rim: Rim = NO_RIM

    def __post_init__(self) -> None:
        if self.weight not in WEIGHTS or self.glance_weight not in ("", *WEIGHTS):
            raise InputError(f"The weight of times is {', '.join(WEIGHTS)}.", field="weight")
        if self.aggregation not in AGGREGATIONS:
            raise InputError(f"Paths are combined by {', '.join(AGGREGATIONS)}.", field="aggregation")
        if not 0 < self.share <= 1:
            raise InputError("The share of the paths must be above 0 and at most 1.", field="share")
        for width in ("smooth", "wide", "glance_smooth"):
            if not 0 <= getattr(self, width) <= 16:
                raise InputError("Maps are smoothed by 0 to 16 pixels.", field=width)
        if not 0 <= self.glance_share <= 1e3:
            raise InputError("The share of the glance must be 0 to 1000.", field="glance_share")
        if not 0 <= self.margin <= 64:
            raise InputError("The margin must be 0 to 64 pixels.", field="margin")
        if self.pooling not in POOLINGS:
            raise InputError(f"Maps are pooled by {', '.join(POOLINGS)}.", field="pooling")

    @classmethod
    def of(cls, flow: Mapping[str, Any], **changes: Any) -> Grading:
        """The grading that a manifest's entry ``flow`` describes, with changes; other entries are left alone."""
        known = {f.name: flow[f.name] for f in fields(cls) if f.name in flow}
        return cls(**known | rims_in(flow, "mismatch") | changes)

    def to_json(self) -> dict[str, Any]:
        """What was chosen; the rims aside, which were measured."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("rim", "glance_rim")}

    def combined(self, mismatch: Tensor) -> Tensor:
        """A_k δ_k: ``[…, K, H, W]`` → ``[…, H, W]``, each scale by itself."""
        if self.aggregation == "mean":
            return mismatch.mean(-3)
        rank = 1 if self.aggregation == "min" else math.ceil(self.share * mismatch.shape[-3])
        return mismatch.kthvalue(rank, dim=-3).values if rank > 1 else mismatch.amin(-3)

    def at(self, mismatch: Tensor, t: float) -> Tensor:
        """w(t) A_k δ_k, evened: one time's part of the map, ``[K, H, W]`` or ``[2, K, H, W]`` → the same without K."""
        both = mismatch.ndim == 4
        return self.evened(self._weighed(self.combined(mismatch.float()), t, both), both)

    def paths(self, mismatch: Tensor, t: float) -> Tensor:
        """w(t) δ_k of every path, evened as :meth:`at` does, in the shape of δ."""
        both = mismatch.ndim == 4
        return self.evened(self._weighed(mismatch.float(), t, both), both)

    def evened(self, found: Tensor, both: bool = False) -> Tensor:
        """Maps ``[…, H, W]`` of pixels, smoothed and without their rim; or of ``both`` scales, ``[2, …, H, W]``."""
        if both:
            return torch.stack([self.evened(found[0]), smoothed(self.glance_rim.without(found[1]), self.glance_smooth)])
        narrow = smoothed(found, self.smooth)
        return self.rim.without((narrow + smoothed(found, self.wide)) / 2 if self.wide else narrow)

    def map(self, mismatches: Sequence[Tensor]) -> Tensor:
        """Equation (3) of δ ``[K, H, W]`` at T times → H ``[H, W]``; or of two scales, each by itself."""
        parts = [self.at(found, t) for found, t in zip(mismatches, inner_times(len(mismatches)), strict=True)]
        return torch.stack(parts).mean(0)

    def unit(self, found: Tensor) -> float:
        """m of (3'') and (4') of a map ``[H, W]``, or of the first of two scales."""
        if self.pooling == "peak":
            return 1.0
        return max(float(self._inside(found[0] if found.ndim == 3 else found).median()), LEAST)

    def shown(self, found: Tensor, unit: float | None = None) -> Tensor:
        """Equation (3'') of two scales' maps ``[2, …, H, W]`` → ``[…, H, W]``, in the m of a map if not in another."""
        return found[0] / (self.unit(found) if unit is None else unit) + self.glance_share * found[1]

    def score(self, found: Tensor | np.ndarray) -> float:
        """Equation (4) or (4') within the margin, which never takes more than half of a side.

        Args:
            found: H ``[H, W]``, of two scales as it is shown, or both ``[2, H, W]``.
        """
        return image_score(self._inside(self.comparable(found)))

    def comparable(self, found: Tensor | np.ndarray) -> Tensor:
        """Such a map in the units of its image score, ``[H, W]``, in which pixels of different pictures compare."""
        found = torch.as_tensor(found)
        if found.ndim == 3:
            return self.shown(found)
        return found if self.glance_share else found / self.unit(found)

    def _weighed(self, found: Tensor, t: float, both: bool) -> Tensor:
        """Times w(t), of ``both`` scales ``[2, …]`` each by its own."""
        own = WEIGHTS[self.weight](t)
        if not both:
            return own * found
        return torch.stack([own * found[0], WEIGHTS[self.glance_weight or self.weight](t) * found[1]])

    def _inside(self, found: Tensor) -> Tensor:
        rows, columns = (min(self.margin, side // 4) for side in found.shape)
        return found[rows : found.shape[0] - rows, columns : found.shape[1] - columns]


def image_score(found: Tensor | np.ndarray) -> float:
    """Equation (4) of a map ``[H, W]``."""
    flat = torch.as_tensor(found).flatten().float()
    top = flat.topk(max(1, round(TOP * len(flat)))).values
    return float(top[0] + top.mean())


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
        """Mismatches at T = ``steps`` times: steps 1 … T, whose x is δ ``[K, H, W]`` of that time, or ``[2, K, H, W]``.

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
            delta = torch.cat(found)
            if glanced:
                delta = torch.stack([delta, glanced(t)])
            yield Step(index, index / steps, t, delta, None, index * int(paths))

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
