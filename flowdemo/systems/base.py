"""What a system is: it turns an input into a start, yields steps, and says what a state shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from flowdemo.codes import Codebook
from flowdemo.flow import Step
from flowdemo.request import IMAGE_TO_MASK as IMAGE_TO_MASK
from flowdemo.request import MASK_TO_IMAGE as MASK_TO_IMAGE


@dataclass(frozen=True)
class Option:
    """One setting of a system beyond steps, solver, β and seed: a number with its bounds and one line on it."""

    name: str
    default: float
    low: float
    high: float
    description: str


class System(Protocol):
    """The face of a system towards the engine.

    Attributes:
        name, task: of the published system.
        directions: what it can do, its default first.
        time_symbol: ``"t"``, or what the iteration is called.
        options: its own settings.
        codebook: its category codes.
    """

    name: str
    task: str
    directions: tuple[str, ...]
    time_symbol: str
    options: tuple[Option, ...]
    codebook: Codebook

    def grid(self, direction: str, steps: int) -> tuple[float, ...]: ...

    def start(self, direction: str, given: np.ndarray, beta: float, seeds: Sequence[int]) -> Tensor: ...

    def steps(self, direction: str, start: Tensor, steps: int, solver: str, **settings: float) -> Iterator[Step]: ...

    def picture(self, state: Tensor) -> np.ndarray: ...

    def classes(self, state: Tensor) -> np.ndarray: ...

    def codes(self, state: Tensor) -> np.ndarray: ...


def to_state(pictures: np.ndarray) -> Tensor:
    """uint8 ``[B, H, W, 3]`` → float32 ``[B, 3, H, W]`` in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def to_uint8(states: Tensor) -> np.ndarray:
    """float ``[B, 3, H, W]`` → uint8 ``[B, H, W, 3]``, clipped to [-1, 1]."""
    levels = ((states.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
