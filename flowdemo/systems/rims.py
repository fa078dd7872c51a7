"""How much higher maps of normal pictures are near the border than inside; not part of the paper.

A pixel at the border has half of its neighbours, and a surface that fills its picture ends there: the outermost pixels
of sound magnetic tiles score up to thirteen times as high as those inside, and would be every picture's hottest. A rim
is that height by the distance d to the nearest border, measured once on normal pictures:

    r(d) = mean over pictures of H at d, in units of the picture's median, over its own last values       (1)
    H'(y, x) = H(y, x) / (r_rows(d_y) r_columns(d_x)),   r = 1 beyond                                     (2)

A map that was made on a grid of cells and laid over the picture (:mod:`flowdemo.systems.glance`) has a rim of cells: d
counts cells then, and the r of two neighbours are joined as their values are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from flowdemo.systems.glance import laid_over

REACH = 24  # pixels or cells from the border that a rim tells of
SETTLED = 4  # its last values, which are called 1
LEAST = 0.05  # a rim is never lower, so that nothing grows without bound


@dataclass(frozen=True)
class Rim:
    """r of (1) by whole pixels from the border: of the columns (left and right), and of the rows (top and bottom).

    Without numbers it changes nothing. With ``cells`` they count cells, of which a picture has so many along a side.
    """

    columns: tuple[float, ...] = ()
    rows: tuple[float, ...] = ()
    cells: int = 0

    @classmethod
    def of(cls, maps: Sequence[Tensor], cells: int = 0) -> Rim:
        """What maps ``[H, W]`` of normal pictures have in common; sides may differ, those of ``cells`` are as many."""
        units = [(found / found.median().clamp(min=1e-9)).cpu().numpy() for found in maps]
        return cls(_profile(units), _profile([unit.T for unit in units]), cells)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Rim:
        return cls(tuple(raw["columns"]), tuple(raw["rows"]), raw.get("cells", 0))

    def to_json(self) -> dict[str, Any]:
        lines = {"columns": list(self.columns), "rows": list(self.rows)}
        return lines | ({"cells": self.cells} if self.cells else {})

    def without(self, found: Tensor) -> Tensor:
        """Equation (2) for maps ``[…, H, W]``."""
        if not self.columns and not self.rows:
            return found
        height, width = (self.cells, self.cells) if self.cells else found.shape[-2:]
        level = _along(self.rows, height)[:, None] * _along(self.columns, width)
        level = laid_over(level, found.shape[-2:]) if self.cells else level
        return found / level.to(found.device)


NO_RIM = Rim()


def rims_in(flow: Mapping[str, Any], name: str) -> dict[str, Rim]:
    """The rims of a detector by its name as a manifest's entry ``flow`` has them: ``rim`` and ``glance_rim``."""
    told = {"rim": flow.get("rims", {}).get(name), "glance_rim": flow.get("glance_rims", {}).get(name)}
    return {key: Rim.from_json(raw) if raw else NO_RIM for key, raw in told.items()}


def _profile(maps: Sequence[np.ndarray]) -> tuple[float, ...]:
    """r of the columns; rows near the other two borders are left out, where both would be counted."""
    lines = np.full((2 * len(maps), REACH), np.nan)
    for place, unit in enumerate(maps):
        apart, reach = min(REACH, len(unit) // 3), min(REACH, unit.shape[1] // 2)
        inner = unit[apart : len(unit) - apart].mean(0)
        lines[2 * place, :reach], lines[2 * place + 1, :reach] = inner[:reach], inner[::-1][:reach]
    told = ~np.isnan(lines).all(0)
    heights = np.nanmean(lines[:, told], axis=0)
    heights = np.maximum(heights / max(heights[-SETTLED:].mean(), 1e-9), LEAST)
    return tuple(float(f"{height:.4g}") for height in heights)


def _along(profile: Sequence[float], length: int) -> Tensor:
    """r at every place of a side, float32 ``[length]``."""
    places = np.arange(length)
    distance = np.minimum(places, places[::-1])
    heights = np.array([*profile, 1.0], np.float32)
    return torch.from_numpy(heights[np.minimum(distance, len(profile))])
