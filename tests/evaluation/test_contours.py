"""Contour scores by hand, against discs, and without what they leave out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from flowdemo.errors import InputError
from flowdemo.evaluation.contours import contour, contour_scores, mean_scores, without_specks

Y, X = np.mgrid[:96, :96] - 47.5


def _disc(radius: float, x: float = 0.0) -> np.ndarray:
    return np.hypot(X - x, Y) < radius


def test_by_hand() -> None:
    truth, found = np.zeros((12, 12), bool), np.zeros((12, 12), bool)
    truth[3:8, 3:8] = True
    found[3:8, 4:9] = True
    scores = contour_scores(truth, found)
    assert scores["dice"] == pytest.approx(2 * 20 / 50) and scores["iou"] == pytest.approx(20 / 30)
    assert scores["hausdorff"] == 1
    # Of 16 contour pixels, the five of the right column and the three inner ones of the left lie one pixel off.
    assert scores["bd"] == pytest.approx(8 / 16) == scores["bd_back"] and scores["bdsd"] == pytest.approx(0.5)


def test_the_true_mask_is_perfect() -> None:
    mask = _disc(20)
    expected = {"dice": 1, "iou": 1, "bd": 0, "bdsd": 0, "bd_back": 0, "hausdorff": 0}
    assert contour_scores(mask, mask) == expected


@pytest.mark.parametrize("offset", [-8, -3, 4, 9])
def test_an_offset_contour_differs_in_place_and_not_in_shape(offset: float) -> None:
    scores = contour_scores(_disc(26), _disc(26 + offset))
    assert scores["bd"] == pytest.approx(abs(offset), abs=0.5) and scores["bdsd"] < 0.5
    moved = contour_scores(_disc(26), _disc(26, abs(offset)))
    assert moved["bdsd"] > 3 * scores["bdsd"] or moved["bdsd"] > 0.8
    assert moved["bd"] == pytest.approx(2 / math.pi * abs(offset), abs=0.5)


def test_bd_does_not_see_what_is_left_out_but_its_way_back_does() -> None:
    truth = _disc(12, -25) | _disc(12, 25)
    scores = contour_scores(truth, _disc(12, -25))
    assert scores["bd"] == 0 and scores["bd_back"] > 10
    assert scores["hausdorff"] == pytest.approx(50, abs=1)


def test_specks_go_and_large_parts_stay() -> None:
    mask = _disc(20)
    noisy = mask.copy()
    noisy[2:6, 2:6] = True  # 16 pixels
    noisy[6:9, 6] = True  # three more, by a corner
    np.testing.assert_array_equal(without_specks(noisy), mask)
    assert contour_scores(mask, noisy)["bd"] == 0 < contour_scores(mask, noisy, least=0)["bd"]
    noisy[9, 6] = True  # the twentieth
    np.testing.assert_array_equal(without_specks(noisy), noisy)


def test_the_border_of_the_picture_is_no_contour() -> None:
    half = np.zeros((5, 7), bool)
    half[:, :3] = True
    expected = np.zeros((5, 7), bool)
    expected[:, 2] = True
    np.testing.assert_array_equal(contour(half), expected)
    assert not contour(np.ones((4, 4), bool)).any()


def test_of_nothing_there_is_no_distance() -> None:
    empty, mask = np.zeros((96, 96), bool), _disc(20)
    assert set(contour_scores(empty, empty).values()) == {None}
    one = contour_scores(mask, empty)
    assert (one["dice"], one["iou"]) == (0, 0) and one["bd"] is None and one["hausdorff"] is None
    speck = empty.copy()
    speck[4, 4] = True
    assert contour_scores(mask, speck) == one
    both = mean_scores([one, contour_scores(mask, mask)])
    assert both["dice"] == 0.5 and both["bd"] == 0
    assert mean_scores([]) == dict.fromkeys(both)


def test_refuses_masks_of_different_size() -> None:
    with pytest.raises(InputError):
        contour_scores(np.ones((4, 5)), np.ones((5, 4)))
