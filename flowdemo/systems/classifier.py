"""A plain classifier of whole pictures, trained by cross-entropy: the yardstick of SymmFlow's labels, and the judge of
its pictures.

One evaluation gives class logits ``[B, K]`` for an image ``[B, ci, H, W]`` in [-1, 1]. There is no path: its two frames
are the image beside an empty label channel (the middle level), and the image beside the level of the likeliest class,
so that they are read like SymmFlow's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from flowdemo.errors import InputError
from flowdemo.flow import Step
from flowdemo.request import IMAGE_TO_LABEL
from flowdemo.systems.base import Option, Watch
from flowdemo.systems.joint import JointState
from flowdemo.systems.labels import GlobalLabels


class Classifier(JointState):
    """A one-step classifier behind the same face as the flows.

    Args:
        network: ``x [B, ci, H, W] → logits [B, K]``.
        labels: classes and their levels.
        channels, size, device: see :class:`~flowdemo.systems.joint.JointState`.
    """

    name = "Classifier"
    task = "classification"
    directions = (IMAGE_TO_LABEL,)
    time_symbol = "t"
    options: tuple[Option, ...] = ()

    def __init__(
        self, network: Callable[[Tensor], Tensor], labels: GlobalLabels, channels: int, size: tuple[int, int],
        device: str | torch.device = "cpu",
    ) -> None:  # fmt: skip
        super().__init__(labels, channels, size, None, device)
        self.network = network

    def grid(self, direction: str, steps: int) -> tuple[float, ...]:
        return (0.0, 1.0)

    def start(self, direction: str, given: np.ndarray, beta: float = 0.0, seeds: Sequence[int] = (0,)) -> Tensor:
        """Pictures uint8 ``[B, H, W, 3]`` or ``[B, H, W]`` → ``[B, ci + 1, H, W]``, the label channel empty."""
        image = self.encoded(given)
        return torch.cat([image, torch.zeros_like(image[:, :1])], 1)

    def steps(
        self, direction: str, start: Tensor, steps: int = 1, solver: str = "euler", watch: Watch = None
    ) -> Iterator[Step]:
        """Two steps: the image, and the image with its class after one evaluation.

        Raises:
            InputError: more than one step is asked for.
        """
        if steps != 1:
            raise InputError("The classifier has one step only; set the steps to 1.", field="steps")
        yield Step(0, 0.0, 0.0, start, None, 0)
        if watch:
            watch()
        image = start[:, : self.channels]
        level = self.labels.encode(self.logits(image).argmax(1), image.shape[-2:])
        end = torch.cat([image, level], 1)
        yield Step(1, 1.0, 1.0, end, end - start, 1)

    @torch.no_grad()
    def logits(self, x: Tensor) -> Tensor:
        """Class logits ``[B, K]``."""
        return self.network(x).float()
