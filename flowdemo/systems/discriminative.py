"""The yardstick: the same network, data, samples and augmentation as SemFlow, trained by cross-entropy.

One evaluation gives class logits ``[B, classes, H, W]`` for an image ``[B, 3, H, W]`` in [-1, 1]; there is no path.
It says what the network could do if segmentation were all it had to learn.
"""

from __future__ import annotations

DISCRIMINATIVE_TIME = 0.0  # the network keeps its time input, always told the same
