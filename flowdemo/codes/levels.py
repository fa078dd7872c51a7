"""Codes of labels that belong to a whole picture: classes on a line of grey, evenly spaced, the first one black."""

from __future__ import annotations

import numpy as np

from flowdemo.codes.codebook import HALF_RANGE, Codebook
from flowdemo.errors import InputError

MAX_CLASSES = 255


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
