"""Codes of labels that belong to a whole picture: classes on a line of grey, evenly spaced, the first one black."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flowdemo.codes.codebook import HALF_RANGE, Codebook
from flowdemo.errors import InputError

MAX_CLASSES = 255


@dataclass(frozen=True)
class Reading:
    """What a noisy label channel says.

    Attributes:
        mean: over all pixels, in the units of the channel: −a is the first class, +a the last.
        distances: of the mean to the level of each class, in spacings of the levels.
        nearest: index of the class with the smallest distance.
    """

    mean: float
    distances: tuple[float, ...]
    nearest: int


@dataclass(frozen=True)
class Levels:
    """The levels of K classes, evenly from −a to +a."""

    classes: int
    amplitude: float

    @property
    def values(self) -> np.ndarray:
        """Float64 ``[K]``."""
        return np.linspace(-self.amplitude, self.amplitude, self.classes)

    @property
    def spacing(self) -> float:
        """Δ between neighbouring levels."""
        return 2 * self.amplitude / (self.classes - 1)

    def distances(self, means: np.ndarray | float) -> np.ndarray:
        """How far means ``[…]`` are from the level of each class, ``[…, K]``, in spacings Δ."""
        return np.abs(np.asarray(means)[..., None] - self.values) / self.spacing

    def channel(self, codes: np.ndarray) -> np.ndarray:
        """The label channel ``[…, 1, H, W]`` in its own units, from codes ``[…, 3, H, W]`` of :func:`level_line`."""
        return self.amplitude * codes[..., :1, :, :]

    def read(self, codes: np.ndarray) -> Reading:
        """Read a label channel ``[…]`` in the space of :func:`level_line`, where the levels run from −1 to +1."""
        mean = self.amplitude * float(np.mean(codes, dtype=np.float64))
        distances = self.distances(mean)
        return Reading(mean, tuple(distances.tolist()), int(distances.argmin()))


def level_line(classes: int) -> Codebook:
    """K classes at the grey levels 255·c/(K − 1), the same in all three channels.

    A label channel with levels from −a to +a is brought here by dividing by a.

    Args:
        classes: 2 to 255; one class alone has no line.
    """
    if not 2 <= classes <= MAX_CLASSES:
        raise InputError(f"A line of levels holds 2 to {MAX_CLASSES} classes, not {classes}.", field="classes")
    spacing = 2 * HALF_RANGE / (classes - 1)
    levels = np.repeat(spacing * np.arange(classes)[:, None], 3, axis=1)
    return Codebook("levels", levels, classes, spacing)
