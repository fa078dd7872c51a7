"""Pixel codes on 0–255, their normalised form in [-1, 1], painting, perturbation and decoding.

SemFlow (arXiv 2405.20282, section 3) writes class c as M = s · (base-k digits of c), most significant digit
in the red channel. A mask painted so is an image of the same shape as the photograph, and both can be the two
ends of one flow. A finite perturbation ξ ~ U(-β, β) leaves every code readable while β < s/2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flowdemo.errors import InputError

HALF_RANGE = 127.5  # grey levels per unit of the normalised state: x = level / 127.5 - 1
_BLOCK = 2048  # pixels decoded at once: a network at work beside keeps its place in the cache


@dataclass(frozen=True)
class Codebook:
    """The codes of one model.

    Args:
        name: their family, see :mod:`flowdemo.codes.families`.
        levels: float array ``[rows, 3]`` of grey levels on 0–255; row c is the code of class c. Where there is an
            ignore label, the last row is the *void code*: painted in training and input, never decoded.
        classes: number of decodable classes; rows is ``classes`` or ``classes + 1``.
        spacing: s in grey levels, the smallest distance between two levels of a channel on a grid; elsewhere twice the
            noise that every code stands, see :func:`~flowdemo.codes.measures.noise_bound`.
    """

    name: str
    levels: np.ndarray
    classes: int
    spacing: float

    @property
    def void(self) -> int | None:
        """Label value of the ignore class (the row after the last class), or None."""
        return self.classes if len(self.levels) > self.classes else None

    @property
    def beta_bound(self) -> float:
        """s/2 in grey levels: below it every perturbed code still decodes to its class."""
        return self.spacing / 2

    @cached_property
    def points(self) -> np.ndarray:
        """Codes as float32 ``[rows, 3]`` in [-1, 1]."""
        return (self.levels / HALF_RANGE - 1).astype(np.float32)

    def paint(self, labels: np.ndarray) -> np.ndarray:
        """Labels ``[..., H, W]`` (void row allowed) → pseudo mask float32 ``[..., 3, H, W]`` in [-1, 1].

        Raises:
            InputError: a label has no code.
        """
        if labels.size and int(labels.max()) >= len(self.levels):
            raise InputError(
                f"The mask holds index {int(labels.max())}, but this model knows {self.classes} classes "
                f"(0 to {self.classes - 1}).",
                field="mask",
            )
        return np.moveaxis(self.points[labels], -1, -3)

    def decode(self, state: np.ndarray) -> np.ndarray:
        """State ``[..., 3, H, W]`` → nearest class ``[..., H, W]`` (uint8), among the model's own classes only."""
        pixels = _flat(state)
        nearest = np.empty((*pixels.shape[:-2], pixels.shape[-1]), np.uint8)
        last = self.classes - 1
        ranks = np.arange(last, -1, -1, dtype=np.uint8)[:, None]
        for begin in range(0, pixels.shape[-1], _BLOCK):
            scores = self._scores(pixels[..., begin : begin + _BLOCK])
            least = scores == scores.min(axis=-2, keepdims=True)
            # The highest rank is the first class of the least score; argmin along this axis takes ten times as long.
            nearest[..., begin : begin + _BLOCK] = last - (least * ranks).max(axis=-2)
        return nearest.reshape(*state.shape[:-3], *state.shape[-2:])

    def distance(self, state: np.ndarray) -> np.ndarray:
        """Euclidean distance of each pixel to its nearest class code, in grey levels, ``[..., H, W]``."""
        pixels = _flat(state)
        squared = self._scores(pixels).min(axis=-2) + (pixels**2).sum(axis=-2)
        levels = np.sqrt(np.maximum(squared, 0)) * HALF_RANGE
        return levels.reshape(*state.shape[:-3], *state.shape[-2:])

    def _scores(self, pixels: np.ndarray) -> np.ndarray:
        """|μ|² − 2 x·μ per class, ``[..., 3, P]`` → ``[..., K, P]``: the squared distance without its common |x|²."""
        points = self.points[: self.classes]
        scores = (-2 * points) @ pixels
        scores += (points**2).sum(axis=1)[:, None]
        return scores


def _flat(state: np.ndarray) -> np.ndarray:
    """State ``[..., 3, H, W]`` → float32 ``[..., 3, H·W]``."""
    return state.astype(np.float32, copy=False).reshape(*state.shape[:-2], -1)


def base_k(classes: int, void: bool) -> Codebook:
    """SemFlow's grid with the smallest k with k³ ≥ rows and s = ⌊254/(k − 1)⌋.

    Args:
        classes: number of classes, 1 to 216.
        void: whether an ignore label needs a code of its own.
    """
    rows = classes + int(void)
    if classes < 1 or rows > 216:
        raise InputError(f"A code grid holds 1 to 216 labels, but {rows} were asked for.", field="classes")
    k = next(k for k in range(2, 7) if k**3 >= rows)
    spacing = 254 // (k - 1)
    label = np.arange(rows)
    digits = np.stack([label // (k * k), label // k % k, label % k], axis=1)
    return Codebook("base-k", (spacing * digits).astype(np.float64), classes, float(spacing))
