"""What a label is inside a state: code colours for a mask, one channel of levels for a label of the whole picture.

Both forms give class c a point μ_c, and answer the same questions about the label half of a state,
``[B, channels, H, W]``. The half-width β of the dequantisation noise is counted in the form's own unit: grey levels on
0–255 for a mask, fractions of the level spacing for a whole label.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from flowdemo.codes import Codebook
from flowdemo.codes.codebook import HALF_RANGE
from flowdemo.codes.levels import Levels, level_line
from flowdemo.errors import InputError, ModelError
from flowdemo.request import IMAGE_TO_LABEL, IMAGE_TO_MASK, LABEL_TO_IMAGE, MASK_TO_IMAGE


class Labels(Protocol):
    """One form of label.

    Attributes:
        kind: its name in manifests.
        directions: towards the label, then towards the image.
        channels: of the label half.
        classes: number of classes.
        points: μ, float32 ``[rows, channels]``; a row after the last class is the void code.
        codebook: the same codes as colours.
        beta_bound: β must stay below it, so that every noisy label can still be read.
    """

    kind: str
    directions: tuple[str, str]
    channels: int

    @property
    def classes(self) -> int: ...

    @property
    def points(self) -> Tensor: ...

    @property
    def codebook(self) -> Codebook: ...

    @property
    def beta_bound(self) -> float: ...

    def half_width(self, beta: float | Tensor) -> float | Tensor:
        """β in state units."""
        ...

    def encode(self, labels: np.ndarray | Tensor, size: tuple[int, int]) -> Tensor:
        """Labels → clean label half ``[B, channels, H, W]``; ``size`` is (H, W).

        Raises:
            InputError: a label, given as a NumPy array, has no code.
        """
        ...

    def pool(self, logits: Tensor) -> Tensor:
        """Logits of every pixel ``[B, rows, H, W]`` → logits of every label."""
        ...

    def evidence(self, half: Tensor, t: float | Tensor) -> Tensor | None:
        """log p(y_t | c) of the label half as it is at t, ``[B, rows, 1, 1]``, without what all classes share.

        None for masks. There a pixel is told by its neighbours as well as by itself, and a run whose ŷ lies between two
        classes would take its own noise for evidence, pixel by pixel.
        """
        ...

    def targets(self, labels: Tensor) -> Tensor:
        """Labels in the shape that a cross-entropy of :meth:`pool` takes."""
        ...

    def codes(self, half: Tensor) -> Tensor:
        """Label half → points in the space of ``codebook``, ``[B, 3, H, W]``."""
        ...


@dataclass(frozen=True)
class PixelLabels:
    """A class for every pixel, painted in the codes of a codebook (three channels, [-1, 1])."""

    codebook: Codebook
    kind = "pixel"
    directions = (IMAGE_TO_MASK, MASK_TO_IMAGE)
    channels = 3

    @property
    def classes(self) -> int:
        return self.codebook.classes

    @property
    def beta_bound(self) -> float:
        """s/2 in grey levels."""
        return self.codebook.beta_bound

    @cached_property
    def points(self) -> Tensor:
        return torch.from_numpy(self.codebook.points)

    def half_width(self, beta: float | Tensor) -> float | Tensor:
        return beta / HALF_RANGE

    def encode(self, labels: np.ndarray | Tensor, size: tuple[int, int] = (0, 0)) -> Tensor:
        """Labels ``[B, H, W]`` → ``[B, 3, H, W]``; the size is the labels' own."""
        if isinstance(labels, np.ndarray):
            return paint(self.codebook, labels)
        return self.points.to(labels.device)[labels].permute(0, 3, 1, 2).contiguous()

    def pool(self, logits: Tensor) -> Tensor:
        return logits

    def evidence(self, half: Tensor, t: float | Tensor) -> None:
        return None

    def targets(self, labels: Tensor) -> Tensor:
        return labels

    def codes(self, half: Tensor) -> Tensor:
        return half


@dataclass(frozen=True)
class GlobalLabels:
    """One class for the whole picture: one constant channel, its level running from −a to +a over the classes.

    Args:
        classes: K, at least 2; level of class c is −a + c·Δ with the spacing Δ = 2a/(K − 1).
        amplitude: a; 2 in the published classifiers (their β = 4 is 2a).
    """

    classes: int
    amplitude: float = 2.0
    kind = "global"
    directions = (IMAGE_TO_LABEL, LABEL_TO_IMAGE)
    channels = 1
    beta_bound = 0.5

    def __post_init__(self) -> None:
        if self.classes < 2 or not 0 < self.amplitude <= 100:
            raise ModelError("Labels of whole pictures need 2 classes or more and an amplitude above 0, at most 100.")

    @cached_property
    def levels(self) -> Levels:
        return Levels(self.classes, self.amplitude)

    @property
    def spacing(self) -> float:
        """Δ in state units."""
        return self.levels.spacing

    @cached_property
    def codebook(self) -> Codebook:
        return level_line(self.classes)

    @cached_property
    def points(self) -> Tensor:
        return torch.linspace(-self.amplitude, self.amplitude, self.classes)[:, None]

    def half_width(self, beta: float | Tensor) -> float | Tensor:
        return beta * self.spacing

    def encode(self, labels: np.ndarray | Tensor, size: tuple[int, int]) -> Tensor:
        """Labels ``[B]`` → ``[B, 1, H, W]``, constant over the pixels."""
        if isinstance(labels, np.ndarray):
            labels = torch.from_numpy(self._checked(labels))
        return self.points.to(labels.device)[labels].view(-1, 1, 1, 1).expand(-1, 1, *size).contiguous()

    def pool(self, logits: Tensor) -> Tensor:
        """Averaged over the pixels, ``[B, K, 1, 1]``."""
        return logits.mean(dim=(2, 3), keepdim=True)

    def evidence(self, half: Tensor, t: float | Tensor) -> Tensor:
        """log N(m; (1 − t) μ_c, (t² + (1 − t)² δ²)/n) of the mean m over n pixels, which holds all that they tell.

        δ, a quarter of the spacing, stands for the dequantisation, and keeps the likelihood finite at t = 0.
        """
        mean, clean = half.float().mean(dim=(2, 3), keepdim=True), 1 - t
        levels = self.points.to(half.device).view(1, -1, 1, 1)
        variance = (t**2 + (clean * self.spacing / 4) ** 2) / (half.shape[2] * half.shape[3])
        return (clean * mean * levels - (clean * levels) ** 2 / 2) / variance

    def targets(self, labels: Tensor) -> Tensor:
        return labels.view(-1, 1, 1)

    def codes(self, half: Tensor) -> Tensor:
        return (half / self.amplitude).expand(-1, 3, -1, -1)

    def distances(self, half: Tensor) -> np.ndarray:
        """How far the mean of the channel is from the level of each class, float32 ``[B, K]`` in spacings Δ."""
        means = half.float().mean(dim=(1, 2, 3)).cpu().numpy()
        return self.levels.distances(means).astype(np.float32)

    def _checked(self, labels: np.ndarray) -> np.ndarray:
        labels = np.asarray(labels).astype(np.int64)
        if labels.ndim != 1 or (labels.size and not 0 <= labels.min() <= labels.max() < self.classes):
            raise InputError(f"A label must be one whole number from 0 to {self.classes - 1}.", field="label")
        return labels


def paint(codebook: Codebook, labels: np.ndarray) -> Tensor:
    """Labels ``[B, H, W]`` → clean pseudo mask ``[B, 3, H, W]`` as a float tensor."""
    return torch.from_numpy(np.ascontiguousarray(codebook.paint(labels)))


def add_uniform(clean: Tensor, half_width: float | Tensor, generator: torch.Generator | None = None) -> Tensor:
    """clean + U(−w, w), independent in every entry.

    Args:
        clean: any shape ``[B, …]``.
        half_width: w in state units, one number or one per sample as ``[B, 1, 1, 1]``.
        generator: seeded source of the noise; runs draw it on the CPU, so that every device draws the same.
    """
    noise = torch.rand(clean.shape, generator=generator, device=generator.device if generator else None)
    return clean + (2 * noise.to(clean.device) - 1) * half_width


def posterior_mean(logits: Tensor, points: Tensor, temperature: float = 1.0) -> Tensor:
    """Σ_c p(c) μ_c, ``[B, C, H, W]``, the mean of a categorical posterior.

    Args:
        logits: ``[B, K, H, W]``.
        points: μ, ``[K, C]`` or more rows, of which the first K count.
        temperature: below 1 it sharpens p towards its mode; 0 takes the mode.
    """
    points = points[: logits.shape[1]].to(logits.device)
    if temperature == 0:
        chosen = mode(logits)
        planes = torch.index_select(points.T.contiguous(), 1, chosen.view(-1))  # a third of an embedding's time
        return planes.view(-1, *chosen.shape).transpose(0, 1).contiguous()
    scaled = logits if temperature == 1 else logits / temperature
    mean = torch.einsum("bkhw,kc->bchw", scaled.softmax(1), points)
    return mean.contiguous()  # the state takes this layout, and is read channel by channel


def mode(logits: Tensor) -> Tensor:
    """The first class of the largest logit, int32 or int64 ``[B, H, W]``, of logits ``[B, K, H, W]`` with K up to 255.

    On a CPU ``argmax`` along the channels of a map takes several times as long, three hundredths of a small network.
    """
    if logits.device.type != "cpu":
        return logits.argmax(1)
    rows = logits.detach().contiguous().numpy()  # one plane a class, which the maximum goes through
    ranks = np.arange(rows.shape[1] - 1, -1, -1, dtype=np.uint8)[:, None, None]
    highest = ((rows == rows.max(axis=1, keepdims=True)) * ranks).max(axis=1)
    return torch.from_numpy(rows.shape[1] - 1 - highest.astype(np.int32))
