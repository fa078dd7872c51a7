from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from flowdemo.errors import InputError
from flowdemo.flow import changed_share, settling_map

class_runs = hnp.arrays(
    np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=6), elements=st.integers(0, 2)
)

# Five steps (N = 4) of a 2 x 3 map, each pixel written as its own sequence.
BY_HAND = {
    (0, 0): ([1, 1, 1, 1, 1], 0),  # never moved
    (0, 1): ([0, 1, 1, 1, 1], 1),
    (0, 2): ([0, 0, 0, 0, 2], 4),  # decided at the very end
    (1, 0): ([1, 2, 1, 1, 1], 2),  # left its final class and came back
    (1, 1): ([3, 3, 0, 3, 3], 3),
    (1, 2): ([0, 1, 2, 3, 3], 3),
}


def _by_hand() -> tuple[np.ndarray, np.ndarray]:
    classes, settled = np.zeros((5, 2, 3), dtype=np.uint8), np.zeros((2, 3), dtype=int)
    for (row, column), (sequence, step) in BY_HAND.items():
        classes[:, row, column], settled[row, column] = sequence, step
    return classes, settled


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64])
def test_settling_by_hand(dtype: type) -> None:
    classes, settled = _by_hand()
    answer = settling_map(classes.astype(dtype))
    assert np.array_equal(answer, settled)
    assert answer.dtype == np.int64


def test_changed_share_by_hand() -> None:
    # Steps 1 to 4 change (0,1) (1,0) (1,2), then (1,0) (1,1) (1,2), then (1,1) (1,2), then (0,2).
    np.testing.assert_allclose(changed_share(_by_hand()[0]), np.array([3, 3, 2, 1]) / 6)


@given(class_runs)
@settings(max_examples=200, deadline=None)
def test_settling_is_the_first_step_from_which_the_final_class_holds(classes: np.ndarray) -> None:
    settled = settling_map(classes)
    final = classes[-1]
    for place in np.ndindex(final.shape):
        sequence, step = classes[(slice(None), *place)], settled[place]
        assert 0 <= step < len(classes)
        assert (sequence[step:] == final[place]).all()
        assert step == 0 or sequence[step - 1] != final[place]


@given(class_runs)
@settings(deadline=None)
def test_nothing_changes_after_everything_has_settled(classes: np.ndarray) -> None:
    share, last = changed_share(classes), int(settling_map(classes).max())
    assert share.shape == (len(classes) - 1,)
    assert (share >= 0).all() and (share <= 1).all()
    assert (share[last:] == 0).all()
    assert last == 0 or share[last - 1] > 0


def test_a_run_of_one_map_has_settled_from_the_start() -> None:
    assert np.array_equal(settling_map(np.ones((1, 2, 3), dtype=np.uint8)), np.zeros((2, 3)))
    assert changed_share(np.ones((1, 2, 3), dtype=np.uint8)).shape == (0,)


@pytest.mark.parametrize("classes", [np.zeros((2, 3, 3)), np.zeros((0, 3, 3), int), np.zeros(4, int)])
def test_maps_that_are_not_class_indices_are_refused(classes: np.ndarray) -> None:
    with pytest.raises(InputError):
        settling_map(classes)
    with pytest.raises(InputError):
        changed_share(classes)
