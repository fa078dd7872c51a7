from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from torchmetrics.classification import MulticlassAccuracy, MulticlassJaccardIndex

from flowdemo.evaluation.segmentation import BoundaryF1, confusion_matrix, scores
from flowdemo.evaluation.synthesis import (
    blurred,
    frechet_distance,
    high_frequency_energy,
    mean_distance,
)

NAMES = ("a", "b", "c", "d", "e")


def test_by_hand() -> None:
    truth = np.array([[0, 0, 1, 1], [1, 2, 3, 3]])  # 3 and above are ignored
    found = np.array([[0, 1, 1, 1], [0, 2, 0, 1]])
    result = scores(confusion_matrix(truth, found, 3), ("sky", "road", "car"))
    assert result["per_class_iou"] == {"sky": 1 / 3, "road": 2 / 4, "car": 1.0}
    assert result["miou"] == pytest.approx((1 / 3 + 2 / 4 + 1) / 3)
    assert result["pixel_accuracy"] == pytest.approx(4 / 6)


def test_classes_that_never_occur_are_left_out() -> None:
    result = scores(confusion_matrix(np.array([0, 0, 1]), np.array([0, 2, 1]), 4), NAMES[:4])
    assert result["per_class_iou"] == {"a": 0.5, "b": 1.0, "c": 0.0, "d": None}  # predicted counts, absent does not
    assert result["miou"] == pytest.approx(0.5)
    empty = scores(confusion_matrix(np.array([4]), np.array([0]), 4), NAMES[:4])
    assert empty["miou"] is None and empty["pixel_accuracy"] is None


@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_agrees_with_torchmetrics(seed: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    used = rng.integers(1, classes + 1)  # sometimes classes are absent
    truth = rng.integers(0, used, (3, 9, 7)).astype(np.uint8)
    found = np.where(rng.random(truth.shape) < 0.6, truth, rng.integers(0, used, truth.shape)).astype(np.uint8)
    truth[rng.random(truth.shape) < 0.1] = classes
    result = scores(sum(confusion_matrix(t, f, classes) for t, f in zip(truth, found, strict=True)), NAMES[:classes])
    given_ = torch.from_numpy(found).long(), torch.from_numpy(truth).long()
    jaccard = MulticlassJaccardIndex(classes, average="macro", ignore_index=classes)(*given_)
    accuracy = MulticlassAccuracy(classes, average="micro", ignore_index=classes)(*given_)
    assert result["miou"] == pytest.approx(jaccard.item(), abs=1e-5)
    assert result["pixel_accuracy"] == pytest.approx(accuracy.item(), abs=1e-5)


def test_frechet_distance_of_known_gaussians() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 4))
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(x, x + 2.0) == pytest.approx(4 * 2.0**2)
    assert frechet_distance(x, x.mean(0) + 3 * (x - x.mean(0))) == pytest.approx(4 * np.trace(np.cov(x, rowvar=False)))


def test_frechet_distance_equals_the_matrix_root() -> None:
    rng = np.random.default_rng(1)
    a, b = (rng.normal(size=(60, 5)) @ rng.normal(size=(5, 5)) + rng.normal(size=5) for _ in range(2))
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b - 2 * sqrtm(cov_a @ cov_b).real)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(b, a) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_of_few_samples() -> None:
    a, b = np.random.default_rng(2).normal(size=(2, 3, 40))  # singular covariances
    assert np.isfinite(frechet_distance(a, b)) and frechet_distance(a, b) > 0
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(a[:1], b) is None
    assert frechet_distance(np.zeros((4, 1)), np.ones((4, 1))) == pytest.approx(1.0)


def _photo(noise: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(0, 6, 64), np.linspace(0, 6, 48))
    smooth = 128 + 60 * np.stack([np.sin(x + seed), np.cos(y), np.sin(x + y)], -1)
    return np.clip(smooth + rng.normal(scale=noise, size=smooth.shape), 0, 255).astype(np.uint8)


def test_grain_grows_with_noise_by_its_variance() -> None:
    assert high_frequency_energy(np.full((8, 8, 3), 77, np.uint8)) == 0
    energies = [high_frequency_energy(_photo(s)) for s in (0.0, 10.0, 20.0)]
    assert energies[0] < 0.6
    share = 1 - 2 * 0.25 + (3 / 8) ** 2  # of white noise that is left: |δ − binomial|²
    assert energies[1] == pytest.approx(100 * share, rel=0.1)
    assert energies[2] / energies[1] == pytest.approx(4, rel=0.1)


def test_blur_hides_grain_but_not_content() -> None:
    same = mean_distance([blurred(_photo(15.0, 0)), blurred(_photo(0.0, 0))])
    other = mean_distance([blurred(_photo(0.0, 0)), blurred(_photo(0.0, 2))])
    assert same < 0.02 < 0.1 < other
    assert blurred(_photo(0.0)).shape == (12, 16, 3)
    assert mean_distance([blurred(_photo(0.0))]) is None


def test_distance_is_a_mean_over_pairs() -> None:
    flat = [np.full((2, 2, 3), v) for v in (0.0, 0.5, 1.0)]
    assert mean_distance(flat) == pytest.approx((0.5 + 1.0 + 0.5) / 3)


def _squares(*corners: int) -> np.ndarray:
    """Label 1 in 8×8 squares at (c, c) on a ground of 0, 40×40."""
    picture = np.zeros((40, 40), np.uint8)
    for c in corners:
        picture[c : c + 8, c : c + 8] = 1
    return picture


def _boundary(truth: np.ndarray, found: np.ndarray, classes: int = 2) -> float | None:
    metric = BoundaryF1(classes)
    metric.add(truth, found)
    return metric.score()


def test_contours_within_the_tolerance_are_right() -> None:
    assert _boundary(_squares(10), _squares(10)) == 1
    assert _boundary(_squares(10), np.roll(_squares(10), 2, axis=1)) == 1
    moved = _boundary(_squares(10), np.roll(_squares(10), 4, axis=1))
    assert 0.4 < moved < 0.7  # the two sides along the move still touch
    assert _boundary(_squares(2), _squares(30)) == 0


def test_contours_that_are_missing_or_too_many_cost_as_much() -> None:
    """Half of the contours found with no false one, and all found with as many false ones: 2/3 both times."""
    assert _boundary(_squares(4, 26), _squares(4)) == pytest.approx(2 / 3)
    assert _boundary(_squares(4), _squares(4, 26)) == pytest.approx(2 / 3)


def test_ignored_pixels_bound_nothing() -> None:
    truth = _squares(10)
    hidden = np.where(truth == 1, 2, truth)
    assert _boundary(hidden, truth) is None  # the only contour of the prediction lies along ignored pixels
    assert _boundary(np.zeros_like(truth), np.zeros_like(truth)) is None


def test_a_class_with_a_wrong_name_is_not_met() -> None:
    assert _boundary(_squares(10), 2 * _squares(10), 3) == pytest.approx(1 / 3)  # the ground alone agrees


def test_counts_of_all_pictures_are_one() -> None:
    """Precision and recall of the sum are 2/3 here: each picture has twice a contour, and shares one."""
    metric = BoundaryF1(2)
    metric.add(_squares(4, 26), _squares(4))
    metric.add(_squares(4), _squares(4, 26))
    assert metric.score() == pytest.approx(2 / 3)
    one = BoundaryF1(2)
    one.add(_squares(4, 15, 26), _squares(4))
    one.add(_squares(4), _squares(4))
    assert one.score() == pytest.approx(2 * 0.5 / 1.5)
