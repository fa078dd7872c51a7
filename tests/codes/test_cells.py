from __future__ import annotations

import numpy as np
import pytest

from flowdemo.codes import codebook
from flowdemo.codes.cells import clearance, dwell, target_estimates

BOOK = codebook("kronecker", 5, True)
CODES = BOOK.points[:5].astype(float)


def _through(*points: np.ndarray) -> np.ndarray:
    """A path of one pixel, ``[N + 1, 3, 1, 1]``."""
    return np.stack(points)[:, :, None, None]


def test_estimates_are_where_each_interval_points() -> None:
    path, times = np.random.default_rng(0).normal(size=(4, 3, 2, 2)), (0.0, 0.25, 0.5, 1.0)
    found = target_estimates(path, times)
    np.testing.assert_allclose(found[0], path[0] + 4 * (path[1] - path[0]))
    np.testing.assert_allclose(found[1], path[1] + 3 * (path[2] - path[1]))
    np.testing.assert_allclose(found[2], path[3])


def test_a_straight_path_points_at_its_end_all_the_time() -> None:
    times = tuple(i / 7 for i in range(8))
    path = np.stack([(1 - t) * np.zeros((3, 1, 1)) + t * CODES[2][:, None, None] for t in times])
    np.testing.assert_allclose(target_estimates(path, times), np.broadcast_to(CODES[2][:, None, None], (7, 3, 1, 1)))


def test_dwell_counts_intervals_by_their_length() -> None:
    points = _through(CODES[1], CODES[3], CODES[2])
    labels = np.array([[2]], np.uint8)
    assert dwell(points, (0.0, 0.5, 0.6, 1.0), BOOK, labels)[0, 0] == pytest.approx(0.6)
    assert dwell(points, (1.0, 0.5, 0.4, 0.0), BOOK, labels)[0, 0] == pytest.approx(0.6)
    assert dwell(points, (0.0, 0.5, 0.6, 1.0), BOOK, np.array([[1]], np.uint8))[0, 0] == pytest.approx(0.5)


def test_clearance_is_the_distance_to_the_nearest_wrong_code() -> None:
    near = CODES[0] + np.array([0.02, 0, 0])
    labels = np.array([[4]], np.uint8)
    assert clearance(_through(CODES[4], near, CODES[4]), BOOK, labels)[0, 0] == pytest.approx(0.02, abs=1e-6)
    own = clearance(_through(CODES[4]), BOOK, labels)[0, 0]
    assert own == pytest.approx(min(np.linalg.norm(CODES[4] - CODES[k]) for k in range(4)), abs=1e-6)


def test_void_has_no_cell_of_its_own() -> None:
    labels = np.array([[5]], np.uint8)
    assert np.isnan(dwell(_through(CODES[0]), (0.0, 1.0), BOOK, labels)[0, 0])
    assert np.isnan(clearance(_through(CODES[0]), BOOK, labels)[0, 0])
