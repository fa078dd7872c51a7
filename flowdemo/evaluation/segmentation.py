"""Segmentation scores from one global confusion matrix."""

from __future__ import annotations

from typing import Any

import numpy as np


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
