"""How mismatches of Flow Mismatching become one anomaly map and one image score.

Shapes: the mismatches δ of a time are ``[S, K, H, W]`` and a map is ``[S, H, W]``; S scales, of which the second, where
there is one, is that of whole pictures at one glance (:mod:`~flowdemo.systems.glance`), and K paths.

    map             H(p) = 1/T Σ_j w(t_j) A_k δ_k(p, t_j),  t_j = j/(T + 1)   (3)
                    H / rim, where borders of normal pictures score higher, not in the paper  (3')
    two scales      H = H_pixels/(m rim) + γ H_glance/rim, not in the paper   (3'')
    image score     S = max_p H + mean of the top 1 % of H                    (4)
                    S / median of H, a contrast, not in the paper             (4')

A is the least of the K paths, their mean, or their ⌈αK⌉-th smallest, taken per pixel and per t before the times are
averaged. w is t², 1 or (1 − t)²: by ‖v − u‖² = ‖x₀ − x̂₀‖²/t² = ‖y − x̂₁‖²/(1 − t)² these are the error of the
predicted noise, of the velocity, and of a reconstruction in one shot.

(4') asks how far the map stands out from the picture's own level: where one normal surface is rougher than another, and
every pixel of it scores higher, (4) mostly ranks roughness. Pixels of different pictures are ranked in the same units.

In (3'') each scale has a rim and, if so chosen, a w(t) of its own: of smooth numbers early times tell more than of a
texture. m is the median of H_pixels where (4') is chosen, else 1; with two scales (4') divides by nothing else.

Equations (1), (2) and (5) are in :mod:`~flowdemo.systems.mismatch`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from flowdemo.errors import InputError
from flowdemo.flow.gradings import AGGREGATIONS, POOLINGS, WEIGHTS, inner_times
from flowdemo.systems.rims import NO_RIM, Rim, rims_in
from flowdemo.systems.smoothing import smoothed

TOP = 0.01  # share of the pixels whose mean enters the image score
LEAST = 1e-9  # of a median that is divided by


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
        """A_k δ_k: ``[…, K, H, W]`` → ``[…, H, W]``."""
        if self.aggregation == "mean":
            return mismatch.mean(-3)
        rank = 1 if self.aggregation == "min" else math.ceil(self.share * mismatch.shape[-3])
        return mismatch.kthvalue(rank, dim=-3).values if rank > 1 else mismatch.amin(-3)

    def at(self, mismatch: Tensor, t: float) -> Tensor:
        """w(t) A_k δ_k, evened: one time's part of the map, ``[S, K, H, W]`` → ``[S, H, W]``."""
        return self.evened(self._weighed(self.combined(mismatch.float()), t))

    def paths(self, mismatch: Tensor, t: float) -> Tensor:
        """w(t) δ_k of every path, evened as :meth:`at` does, in the shape of δ."""
        return self.evened(self._weighed(mismatch.float(), t))

    def evened(self, found: Tensor) -> Tensor:
        """Maps ``[S, …, H, W]``, smoothed and without their rims."""
        narrow = smoothed(found[0], self.smooth)
        pixels = self.rim.without((narrow + smoothed(found[0], self.wide)) / 2 if self.wide else narrow)
        glances = [smoothed(self.glance_rim.without(glance), self.glance_smooth) for glance in found[1:]]
        return torch.stack([pixels, *glances])

    def map(self, mismatches: Sequence[Tensor]) -> Tensor:
        """Equation (3) of δ ``[S, K, H, W]`` at T times → H ``[S, H, W]``, each scale by itself."""
        parts = [self.at(found, t) for found, t in zip(mismatches, inner_times(len(mismatches)), strict=True)]
        return torch.stack(parts).mean(0)

    def unit(self, found: Tensor) -> float:
        """m of (3'') and (4') of a map ``[H, W]`` of pixels."""
        return 1.0 if self.pooling == "peak" else max(float(self._inside(found).median()), LEAST)

    def shown(self, found: Tensor, times: Tensor | None = None) -> Tensor:
        """Maps ``[S, …, H, W]`` as one, ``[…, H, W]``: the only one as it is, of two scales equation (3'').

        Args:
            times: ``[S, n, H, W]``, whose mean over n has the m that is used, where ``found`` is not one map.
        """
        pixels, *glances = found
        if not glances:
            return pixels
        return pixels / self.unit(pixels if times is None else times[0].mean(0)) + self.glance_share * glances[0]

    def score(self, shown: Tensor | np.ndarray) -> float:
        """Equation (4) or (4') of a map ``[H, W]``, within the margin, which never takes more than half of a side."""
        return image_score(self._inside(self.comparable(shown)))

    def comparable(self, shown: Tensor | np.ndarray) -> Tensor:
        """A shown map ``[H, W]`` in the units of its image score, in which pixels of different pictures compare.

        One of two scales is in them already.
        """
        shown = torch.as_tensor(shown)
        return shown if self.glance_share else shown / self.unit(shown)

    def _weighed(self, found: Tensor, t: float) -> Tensor:
        """Maps ``[S, …]`` times w(t), each scale by its own."""
        chosen = (self.weight, self.glance_weight or self.weight)[: len(found)]
        return torch.stack([WEIGHTS[weight](t) * part for weight, part in zip(chosen, found, strict=True)])

    def _inside(self, found: Tensor) -> Tensor:
        rows, columns = (min(self.margin, side // 4) for side in found.shape)
        return found[rows : found.shape[0] - rows, columns : found.shape[1] - columns]


def image_score(found: Tensor | np.ndarray) -> float:
    """Equation (4) of a map ``[H, W]``."""
    flat = torch.as_tensor(found).flatten().float()
    top = flat.topk(max(1, round(TOP * len(flat)))).values
    return float(top[0] + top.mean())
