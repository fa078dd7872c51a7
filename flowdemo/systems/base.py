"""What a system is: it turns an input into a start, yields steps, and says what a state shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from flowdemo.codes import Codebook
from flowdemo.flow import Step
from flowdemo.request import IMAGE_TO_MASK as IMAGE_TO_MASK
from flowdemo.request import MASK_TO_IMAGE as MASK_TO_IMAGE

NEAREST_TO_END = 1e-3  # nearer than this in t, the end of a path that a state lies at says nothing about the velocity
GREY = (0.299, 0.587, 0.114)  # weights of red, green and blue (ITU-R BT.601)


@dataclass(frozen=True)
class Option:
    """One setting of a system beyond steps, solver, β and seed: a number with its bounds and one line on it."""

    name: str
    default: float
    low: float
    high: float
    description: str


Watch = Callable[[], None] | None  # called before each evaluation of a run; what it raises ends the run there


class System(Protocol):
    """The face of a system towards the engine.

    Attributes:
        name, task: of the published system.
        directions: what it can do, its default first.
        time_symbol: ``"t"``, or what the iteration is called.
        options: its own settings.
        codebook: its category codes.

    ``start`` takes uint8 pictures ``[B, H, W, 3]`` (or grey ones, ``[B, H, W]``), masks ``[B, H, W]`` or labels
    ``[B]``, as the direction asks. Of a state, ``picture`` is what it looks like, ``codes`` the same, or the label half
    of it, in the space of the codebook, and ``classes`` the nearest class of every pixel. ``image_half`` is None unless
    states hold image and label side by side.
    """

    name: str
    task: str
    directions: tuple[str, ...]
    time_symbol: str
    options: tuple[Option, ...]
    codebook: Codebook

    def grid(self, direction: str, steps: int) -> tuple[float, ...]: ...

    def start(self, direction: str, given: np.ndarray, beta: float, seeds: Sequence[int]) -> Tensor: ...

    def steps(
        self, direction: str, start: Tensor, steps: int, solver: str, watch: Watch = None, **settings: float
    ) -> Iterator[Step]: ...

    def picture(self, state: Tensor) -> np.ndarray: ...

    def classes(self, state: Tensor) -> np.ndarray: ...

    def codes(self, state: Tensor) -> np.ndarray: ...

    def image_half(self, state: Tensor) -> np.ndarray | None: ...


def to_state(pictures: np.ndarray | Tensor, channels: int | None = None) -> Tensor:
    """uint8 ``[B, H, W, 3]``, or grey ``[B, H, W]`` → float32 ``[B, C, H, W]`` in [-1, 1].

    Args:
        pictures: an array, or a tensor, which stays on its device.
        channels: C, 1 or 3; the pictures' own if None. Grey is repeated over the colours, colours are weighed to grey.
    """
    if isinstance(pictures, np.ndarray):
        pictures = torch.from_numpy(np.ascontiguousarray(pictures))
    levels = pictures[:, None] if pictures.ndim == 3 else pictures.permute(0, 3, 1, 2)
    state = levels.float() / 127.5 - 1
    if channels == 3:
        return state.expand(-1, 3, -1, -1)
    if channels == 1 and state.shape[1] == 3:
        return torch.einsum("bchw,c->bhw", state, torch.tensor(GREY, device=state.device))[:, None]
    return state


def gaussian(channels: int, size: Sequence[int], sources: Sequence[torch.Generator]) -> Tensor:
    """Standard normal noise ``[B, channels, *size]`` on the CPU, each sample from its own generator."""
    return torch.cat([torch.randn(1, channels, *size, generator=source) for source in sources])


def to_uint8(states: Tensor) -> np.ndarray:
    """float ``[B, 3, H, W]``, or grey ``[B, 1, H, W]`` → uint8 ``[B, H, W, 3]``, clipped to [-1, 1]."""
    levels = ((states.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).contiguous().cpu().numpy()
