"""Scores of synthesised pictures: agreement with the mask, Fréchet distance, diversity, grain."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from PIL import Image
from scipy.ndimage import convolve1d, gaussian_filter

from flowdemo.evaluation.judges import Judge
from flowdemo.evaluation.segmentation import confusion_matrix

BLUR = 4.0  # standard deviation in pixels of the blur before pictures are compared for diversity
REAL_PHOTOS = 64  # photos, evenly spaced over the split, whose pairwise distances say what diversity is in this set


@dataclass
class Reference:
    """What the real photos of the split are like."""

    photos: set[int]
    energy: list[float] = field(default_factory=list)
    blurred: list[np.ndarray] = field(default_factory=list)
    features: list[np.ndarray] = field(default_factory=list)
    confusion: np.ndarray | int = 0

    @classmethod
    def of(cls, n: int) -> Reference:
        """For a split of n photos."""
        return cls(set(np.linspace(0, n - 1, min(n, REAL_PHOTOS)).round().astype(int).tolist()))

    def add(self, first: int, photos: np.ndarray, labels: np.ndarray, judge: Judge | None) -> None:
        """Photos uint8 ``[B, H, W, 3]`` with labels ``[B, H, W]``, the first of them being number ``first``."""
        self.energy += [high_frequency_energy(photo) for photo in photos]
        self.blurred += [blurred(photo) for i, photo in enumerate(photos, first) if i in self.photos]
        if judge:
            seen, features = judge(photos)
            self.features.append(features)
            self.confusion = self.confusion + confusion_matrix(_to(labels, seen), seen, judge.classes)

    def distance(self) -> float | None:
        """Mean pairwise distance of real photos."""
        return mean_distance(self.blurred)

    def facts(self) -> dict[str, Any]:
        """What the same scores are for the photos themselves, and how many there were."""
        found = {"n": len(self.energy), "photo_pairs": len(self.blurred) * (len(self.blurred) - 1) // 2}
        return found | ({"resegmentation_accuracy": _accuracy(self.confusion)} if self.features else {})


@dataclass
class Synthesis:
    """Scores of the pictures of one number of steps, gathered batch by batch."""

    judge: Judge | None
    energy: list[float] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    features: list[np.ndarray] = field(default_factory=list)
    confusion: np.ndarray | int = 0

    def add(self, samples: np.ndarray, labels: np.ndarray) -> None:
        """Samples uint8 ``[K, B, H, W, 3]`` of the masks ``[B, H, W]``."""
        for of_one_mask in np.moveaxis(samples, 1, 0):
            self.energy += [high_frequency_energy(picture) for picture in of_one_mask]
            if len(of_one_mask) > 1:
                self.distances.append(mean_distance([blurred(picture) for picture in of_one_mask]))
        for pictures in samples if self.judge else ():
            seen, features = self.judge(pictures)
            self.features.append(features)
            self.confusion = self.confusion + confusion_matrix(_to(labels, seen), seen, self.judge.classes)

    def scores(self, reference: Reference) -> dict[str, Any]:
        """``pictures`` and the metrics that could be measured.

        ``resegmentation_accuracy``: pixels that the judge gives the mask's class, ignore left out;
        ``frechet_discriminative``: Fréchet distance of the judge's features to those of the photos;
        ``diversity``: mean distance of two samples of one mask over that of two photos, both blurred by 4 px;
        ``grain``: energy above the finest detail of the photos (1 = as much, above = grain, below = blur).
        """
        found: dict[str, Any] = {"pictures": len(self.energy)}
        if self.features:
            found["resegmentation_accuracy"] = _accuracy(self.confusion)
            found["frechet_discriminative"] = frechet_distance(
                np.concatenate(self.features), np.concatenate(reference.features)
            )
        real = reference.distance()
        if self.distances and real:
            found["diversity"] = float(np.mean(self.distances)) / real
        found["grain"] = float(np.mean(self.energy) / max(float(np.mean(reference.energy)), 1e-12))
        return found


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float | None:
    """Fréchet distance of two Gaussians fitted to features ``[n, F]`` and ``[m, F]``; None below 2 samples a side.

    |μ_a − μ_b|² + tr(C_a + C_b − 2 (C_a^½ C_b C_a^½)^½), both roots by eigenvalues of symmetric matrices, so that
    few samples (singular covariances) do no harm. Few samples make it larger: compare equal numbers only.
    """
    if min(len(a), len(b)) < 2:
        return None
    cov_a, cov_b = (np.atleast_2d(np.cov(features, rowvar=False)) for features in (a, b))
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    overlap = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_b @ root), 0)).sum()
    gap = a.mean(0) - b.mean(0)
    return float(max(gap @ gap + np.trace(cov_a) + np.trace(cov_b) - 2 * overlap, 0.0))


def blurred(picture: np.ndarray, blur: float = BLUR) -> np.ndarray:
    """Picture uint8 ``[H, W, 3]`` after a Gaussian of ``blur`` px, every so-many-th sample kept, in [-1, 1]."""
    smooth = gaussian_filter(picture.astype(np.float32) / 127.5 - 1, (blur, blur, 0))
    return smooth[:: int(blur), :: int(blur)]


def mean_distance(pictures: list[np.ndarray]) -> float | None:
    """Mean root-mean-square difference over all pairs of pictures; None below two."""
    pairs = [float(np.sqrt(np.mean((a - b) ** 2))) for a, b in combinations(pictures, 2)]
    return float(np.mean(pairs)) if pairs else None


def high_frequency_energy(picture: np.ndarray) -> float:
    """Mean square of what a 3×3 binomial blur takes away from a picture uint8 ``[H, W, 3]``, in squared grey levels."""
    smooth = picture.astype(np.float32)
    for axis in (0, 1):
        smooth = convolve1d(smooth, np.array([0.25, 0.5, 0.25], np.float32), axis=axis)
    return float(np.mean((picture - smooth) ** 2))


def _to(labels: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Labels ``[B, H, W]`` by nearest neighbour to the size of ``like``."""
    size = like.shape[2:0:-1]
    if labels.shape[2:0:-1] == size:
        return labels
    return np.stack([np.asarray(Image.fromarray(m).resize(size, Image.Resampling.NEAREST)) for m in labels])


def _accuracy(confusion: np.ndarray | int) -> float | None:
    matrix = np.asarray(confusion)
    return float(np.trace(matrix) / matrix.sum()) if matrix.sum() else None
