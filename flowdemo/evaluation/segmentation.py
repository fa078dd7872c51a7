"""Segmentation scores: one global confusion matrix, and how well the contours of the classes are met."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import binary_dilation

TOLERANCE = 2  # pixels that a contour may be off


def confusion_matrix(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Pixel counts int64 ``[classes, classes]``, row = truth, column = prediction.

    Args:
        truth: labels of any shape; values of ``classes`` and above are the ignore label and leave their pixel out.
        predicted: labels of the same shape, below ``classes``.
        classes: number of classes, background included.
    """
    counted = truth < classes
    pairs = truth[counted].astype(np.int64) * classes + predicted[counted]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def scores(matrix: np.ndarray, names: tuple[str, ...]) -> dict[str, Any]:
    """Scores of a confusion matrix.

    Returns:
        ``miou``: mean of TP / (TP + FP + FN) over the classes that occur in truth or prediction;
        ``pixel_accuracy``: share of counted pixels that are right;
        ``per_class_iou``: by class name, None where a class occurs in neither. Values 0 to 1; None with no pixel.
    """
    hits = np.diag(matrix).astype(float)
    union = matrix.sum(0) + matrix.sum(1) - hits
    found = union > 0
    iou = np.divide(hits, union, out=np.zeros_like(hits), where=found)
    total = int(matrix.sum())
    return {
        "miou": float(iou[found].mean()) if found.any() else None,
        "pixel_accuracy": float(hits.sum() / total) if total else None,
        "per_class_iou": {n: float(v) if f else None for n, v, f in zip(names, iou, found, strict=True)},
    }


class BoundaryF1:
    """F1 of class contours within a tolerance, from counts over all pictures.

    The contour of a class is those of its pixels that have a pixel of another class among their four neighbours; one
    that touches nothing but the ignore label or the border of the picture is none. A predicted contour pixel is right
    where a true one of the same class lies within ``tolerance`` pixels (a disk), a true one is found where a predicted
    one does. Predictions at ignored pixels are left out. (Csurka et al., BMVC 2013, average over pictures instead.)

    Args:
        classes: number of classes.
        tolerance: in pixels.
    """

    def __init__(self, classes: int, tolerance: int = TOLERANCE) -> None:
        y, x = np.ogrid[-tolerance : tolerance + 1, -tolerance : tolerance + 1]
        self._disk = x**2 + y**2 <= tolerance**2
        self._counts = np.zeros((classes, 4), np.int64)  # right, predicted, found, true

    def add(self, truth: np.ndarray, predicted: np.ndarray) -> None:
        """Count one picture: labels ``[H, W]``, the truth's from ``classes`` on being the ignore label."""
        classes = len(self._counts)
        predicted = np.where(truth < classes, predicted, classes)
        for label in np.union1d(np.unique(truth), np.unique(predicted)):
            if label >= classes:
                continue
            true, found = (_contour(indices, label, classes) for indices in (truth, predicted))
            near_true, near_found = (binary_dilation(edge, self._disk) for edge in (true, found))
            counts = (found & near_true).sum(), found.sum(), (true & near_found).sum(), true.sum()
            self._counts[label] += np.array(counts)

    def score(self) -> float | None:
        """Mean over the classes that have a contour in truth or prediction, 0 to 1; None where none has."""
        right, predicted, found, true = self._counts.T.astype(float)
        present = predicted + true > 0
        if not present.any():
            return None
        precision, recall = (np.divide(a, b, out=np.zeros_like(a), where=b > 0)
                             for a, b in ((right, predicted), (found, true)))  # fmt: skip
        both = precision + recall
        f1 = np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0)
        return float(f1[present].mean())


def _contour(indices: np.ndarray, label: int, ignore: int) -> np.ndarray:
    inside, other = indices == label, (indices != label) & (indices < ignore)
    edge = np.zeros(indices.shape, bool)
    edge[1:] |= inside[1:] & other[:-1]
    edge[:-1] |= inside[:-1] & other[1:]
    edge[:, 1:] |= inside[:, 1:] & other[:, :-1]
    edge[:, :-1] |= inside[:, :-1] & other[:, 1:]
    return edge
