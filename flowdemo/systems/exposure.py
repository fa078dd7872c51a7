"""A picture's brightness brought to what a network of normal pictures knows.

One surface is photographed under several exposures. ``picture`` takes median and spread of the whole picture out; both
are robust, so that a defect of less than half of the area hardly moves them. ``plain`` leaves the levels as they are.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from flowdemo.systems.base import to_state

EXPOSURES = ("plain", "picture")
SPREAD = 0.25  # standard deviation that ``picture`` brings to
LEAST = 4.0 / 127.5  # spreads below this many levels are not enlarged further: they are grain


def exposed(given: np.ndarray, channels: int, how: str) -> Tensor:
    """A picture uint8 ``[H, W]`` or ``[H, W, 3]`` → float32 ``[C, H, W]``: in [-1, 1] where it is plain, else about 0
    with a robust standard deviation of :data:`SPREAD`, unclipped.
    """
    state = to_state(np.array(given)[None], channels)[0]  # a copy: pictures read from files are not writable
    if how == "plain":
        return state.contiguous()
    middle = state.median()
    spread = 1.4826 * (state - middle).abs().median()
    return SPREAD * (state - middle) / spread.clamp(min=LEAST)


def shown(state: Tensor, how: str) -> np.ndarray:
    """``[C, H, W]`` as people see it, uint8 ``[H, W, 3]``."""
    bright = state if how == "plain" else state / (4 * SPREAD)
    levels = ((bright.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.expand(3, -1, -1).permute(1, 2, 0).contiguous().cpu().numpy()
