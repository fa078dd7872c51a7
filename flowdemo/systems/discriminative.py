"""The yardstick: the same network, data, samples and augmentation as SemFlow, trained by cross-entropy.

One evaluation gives class logits ``[B, classes, H, W]`` for an image ``[B, 3, H, W]`` in [-1, 1]. There is no path:
its two frames are the image and the painted classes. It says what the network could do if segmentation were all it
had to learn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from flowdemo.codes import Codebook
from flowdemo.errors import InputError
from flowdemo.flow import Step
from flowdemo.systems.base import IMAGE_TO_MASK, Option, Watch, to_state, to_uint8

DISCRIMINATIVE_TIME = 0.0  # the network keeps its time input and is always told the same


class Discriminative:
    """A one-step segmenter behind the same face as the flows.

    Args:
        network: ``(x [B, 3, H, W], τ [B]) → logits [B, classes, H, W]``.
        codebook: codes in which its answer is painted.
        device: where states live.
    """

    name = "Discriminative"
    task = "segmentation"
    directions = (IMAGE_TO_MASK,)
    time_symbol = "t"
    options: tuple[Option, ...] = ()

    def __init__(self, network: Callable[[Tensor, Tensor], Tensor], codebook: Codebook, device="cpu") -> None:
        self.network, self.codebook, self.device = network, codebook, torch.device(device)

    def grid(self, direction: str, steps: int) -> tuple[float, ...]:
        return (0.0, 1.0)

    def start(self, direction: str, given: np.ndarray, beta: float = 0.0, seeds: Sequence[int] = (0,)) -> Tensor:
        """Pictures uint8 ``[B, H, W, 3]`` → ``[B, 3, H, W]``."""
        return to_state(given).to(self.device)

    def steps(
        self, direction: str, start: Tensor, steps: int = 1, solver: str = "euler", watch: Watch = None
    ) -> Iterator[Step]:
        """Two steps: the image, and the painted classes after one evaluation.

        Raises:
            InputError: more than one step is asked for.
        """
        if steps != 1:
            raise InputError("The discriminative model has one step only; set the steps to 1.", field="steps")
        yield Step(0, 0.0, 0.0, start, None, 0)
        if watch:
            watch()
        points = torch.as_tensor(self.codebook.points, device=start.device)
        end = points[self.logits(start).argmax(1)].permute(0, 3, 1, 2)
        yield Step(1, 1.0, 1.0, end, end - start, 1)

    @torch.no_grad()
    def logits(self, x: Tensor) -> Tensor:
        """Class logits ``[B, classes, H, W]``."""
        return self.network(x, torch.full((len(x),), DISCRIMINATIVE_TIME, device=x.device)).float()

    def picture(self, state: Tensor) -> np.ndarray:
        return to_uint8(state)

    def classes(self, state: Tensor) -> np.ndarray:
        return self.codebook.decode(self.codes(state))

    def codes(self, state: Tensor) -> np.ndarray:
        return state.float().cpu().numpy()

    def image_half(self, state: Tensor) -> None:
        return None
