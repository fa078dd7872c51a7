"""Pixel scores of anomaly maps over a whole set, in memory that does not grow with it.

    pixel AUROC   of all pixels: the share of pairs (defective pixel, normal pixel) in order, ties a half      (1)
    PRO(θ)        mean over the regions R of the truth of |{p ∈ R: s(p) ≥ θ}| / |R|                            (2)
    FPR(θ)        share of all normal pixels with s(p) ≥ θ, those of defective pictures included               (3)
    AUPRO         (1 / 0.3) ∫ PRO d FPR, FPR from 0 to 0.3                                                     (4)

A region is a connected component of a picture's mask, pixels that touch by a corner included (Bergmann et al.,
IJCV 2021). In (1) a large defect outweighs many small ones, in (2) each region counts the same.

The maps of a test set may hold 10⁸ pixels and more, so only histograms are kept. The bins are fixed beforehand: a
float32 read as an integer, with its order kept, and cut to its sign, its exponent and the first bits of its mantissa.
A bin is thus 0.1 % wide in relative terms wherever the scores lie, no first pass over the maps has to find their range,
and maps may come in any order. In (2) a pixel of R weighs 1 / |R|, which makes PRO a histogram as well. Scores that
share a bin count as tied: each area is off by at most half the sum of the bins' rectangles on its curve, which
:meth:`PixelScores.binning_error` tells. It is large only where the scores differ by less than 0.1 % of their value,
as with a small signal on a large constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import label

from flowdemo.errors import InputError

FPR_LIMIT = 0.3
MANTISSA_BITS = 10
BINS = 1 << (1 + 8 + MANTISSA_BITS)
TOUCHING = np.ones((3, 3), bool)


class _Counts:
    """Histograms of the pictures of one kind, 4 MB each."""

    def __init__(self) -> None:
        self.normal = np.zeros(BINS, np.int64)  # pixels
        self.defective = np.zeros(BINS, np.int64)  # pixels
        self.overlap = np.zeros(BINS)  # regions, each spread over its pixels
        self.pictures = 0


class PixelScores:
    """Pixel AUROC and AUPRO of the pictures that were added, pooled and for each kind of defect.

    A kind is judged on the pictures of that kind and all normal ones. It takes 12 MB, the normal one included.

    Args:
        normal: what ``kind`` says of normal pictures.
    """

    def __init__(self, normal: str) -> None:
        self.normal = normal
        self._counts: dict[str, _Counts] = {}

    def add(self, scores: ArrayLike, mask: ArrayLike, kind: str) -> None:
        """Count one picture.

        Args:
            scores: anomaly map in any unit, finite, higher where more anomalous, ``[H, W]``; taken as float32.
            mask: where the truth is defective, bool ``[H, W]``.
            kind: of defect, or the name of the normal ones.

        Raises:
            InputError: map and mask differ in shape, a score is not finite, or a normal picture has a defect.
        """
        mask = np.asarray(mask, bool)
        with np.errstate(over="ignore"):  # reported below, as not finite
            scores = np.asarray(scores).astype(np.float32)
        if scores.ndim != 2 or scores.shape != mask.shape:
            raise InputError("An anomaly map and its mask have the same height and width.")
        if not np.isfinite(scores).all():
            raise InputError("An anomaly map has scores that are not finite.")
        if kind == self.normal and mask.any():
            raise InputError(f"A picture of the kind {kind!r} has no defect, yet its mask shows one.")
        counts, bins = self._counts.setdefault(kind, _Counts()), _bins(scores)
        counts.pictures += 1
        counts.normal += np.bincount(bins[~mask], minlength=BINS)
        if mask.any():
            region = label(mask, TOUCHING)[0][mask]
            counts.defective += np.bincount(bins[mask], minlength=BINS)
            counts.overlap += np.bincount(bins[mask], 1 / np.bincount(region)[region], BINS)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of defect that were added, in alphabetical order."""
        return tuple(sorted(set(self._counts) - {self.normal}))

    def pixel_auroc(self, kind: str | None = None) -> float | None:
        """(1), 0 to 1, of one kind or of all pictures; None with no normal or no defective pixel."""
        area = _area(self._sum("normal", kind), self._sum("defective", kind), 1.0)
        return area and area[0]

    def aupro(self, kind: str | None = None, limit: float = FPR_LIMIT) -> float | None:
        """(4), 0 to 1, of one kind or of all pictures; None with no normal or no defective pixel.

        Args:
            limit: the largest FPR that counts, above 0 and at most 1.

        Scores that tell nothing reach limit / 2, so 0.15.
        """
        if not 0 < limit <= 1:
            raise InputError("The largest false positive rate that counts is above 0 and at most 1.")
        area = _area(self._sum("normal", kind), self._sum("overlap", kind), limit)
        return area and area[0]

    def binning_error(self, kind: str | None = None) -> float:
        """By how much at most :meth:`pixel_auroc` and :meth:`aupro` are off because scores of one bin count as tied."""
        normal = self._sum("normal", kind)
        areas = _area(normal, self._sum("defective", kind), 1.0), _area(normal, self._sum("overlap", kind), FPR_LIMIT)
        return max((area[1] for area in areas if area), default=0.0)

    def results(self) -> dict[str, Any]:
        """``pixel_auroc`` and ``aupro`` of all pictures, and ``per_kind``: both of each kind, with its ``pictures``."""
        per_kind = {
            kind: {
                "pixel_auroc": self.pixel_auroc(kind),
                "aupro": self.aupro(kind),
                "pictures": self._counts[kind].pictures,
            }
            for kind in self.kinds
        }
        return {"pixel_auroc": self.pixel_auroc(), "aupro": self.aupro(), "per_kind": per_kind}

    def _sum(self, name: str, kind: str | None) -> np.ndarray:
        if kind is not None and kind not in self.kinds:
            raise InputError(f"No picture of the kind {kind!r} was added.")
        chosen = self.kinds if kind is None else (kind,)
        found = [getattr(self._counts[k], name) for k in (*chosen, self.normal) if k in self._counts]
        return np.sum(found, 0) if found else np.zeros(BINS)


def _bins(scores: np.ndarray) -> np.ndarray:
    """Bin of finite float32 scores, int64 in their shape: rises with the score."""
    bits = (scores + np.float32(0)).view(np.uint32)  # the sum turns -0 into 0
    ordered = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
    return (ordered >> np.uint32(23 - MANTISSA_BITS)).astype(np.int64)


def _area(across: np.ndarray, up: np.ndarray, limit: float) -> tuple[float, float] | None:
    """Mean height of a curve over the first ``limit`` of its width, and by how much bins may have falsified it.

    The curve runs from (0, 0) to (1, 1), from the highest bin to the lowest, straight within one: ``across`` and ``up``
    are what each bin adds, ``[BINS]``, in any units. None where either adds nothing.
    """
    used = np.flatnonzero((across > 0) | (up > 0))[::-1]
    if not across.any() or not up.any():
        return None
    x, y = (np.concatenate([[0.0], np.cumsum(counts[used])]) for counts in (across, up))
    x, y = x / x[-1], y / y[-1]
    end = int(np.searchsorted(x, limit))  # the first point at the limit or beyond
    slack = (np.diff(x[: end + 1]) * np.diff(y[: end + 1])).sum() / 2
    top = y[end - 1] + (limit - x[end - 1]) / (x[end] - x[end - 1]) * (y[end] - y[end - 1])
    x, y = np.append(x[:end], limit), np.append(y[:end], top)
    return float(np.trapezoid(y, x) / limit), float(slack / limit)
