from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdemo.codes import base_k
from flowdemo.errors import InputError

HALF = 127.5


def _noisy_round_trip(classes: int, void: bool, seed: int = 0) -> None:
    book = base_k(classes, void)
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, 600 - classes)]).reshape(20, 30)
    beta = book.beta_bound * (1 - 1e-3)
    state = book.paint(labels.astype(np.uint8)) + rng.uniform(-beta, beta, (3, 20, 30)) / HALF
    np.testing.assert_array_equal(book.decode(state), labels)


@pytest.mark.parametrize(
    ("classes", "void", "k", "spacing"), [(3, False, 2, 254), (11, True, 3, 127), (171, False, 6, 50)]
)
def test_grids_of_known_sets(classes: int, void: bool, k: int, spacing: float) -> None:
    book = base_k(classes, void)
    assert book.spacing == spacing
    assert len(np.unique(book.levels)) <= k
    assert book.levels.max() <= spacing * (k - 1) <= 254
    _noisy_round_trip(classes, void)


@given(st.integers(1, 215), st.booleans(), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_noise_below_the_bound_never_changes_a_class(classes: int, void: bool, seed: int) -> None:
    _noisy_round_trip(classes, void, seed)


def test_noise_past_the_bound_does() -> None:
    book = base_k(11, True)
    state = book.paint(np.zeros((1, 1), np.uint8)).copy()
    state[2] += (book.beta_bound + 1) / HALF
    assert book.decode(state)[0, 0] == 1


def test_most_significant_digit_is_red() -> None:
    levels = base_k(171, False).levels
    expected = {0: (0, 0, 0), 1: (0, 0, 50), 6: (0, 50, 0), 18: (0, 150, 0), 36: (50, 0, 0), 170: (200, 200, 100)}
    assert {c: tuple(levels[c].astype(int)) for c in expected} == expected


def test_smallest_k_is_taken() -> None:
    assert base_k(8, False).spacing == 254
    assert base_k(8, True).spacing == 127  # nine rows no longer fit 2³


def test_void_is_painted_and_never_decoded() -> None:
    book = base_k(11, True)
    assert book.void == 11
    state = book.paint(np.full((2, 2), 11, np.uint8))
    assert book.decode(state).max() < 11
    assert book.distance(state).min() >= book.spacing - 1e-3


@given(st.integers(2, 60), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_decoding_is_the_nearest_code(classes: int, seed: int) -> None:
    book = base_k(classes, True)
    state = np.random.default_rng(seed).uniform(-1.4, 1.4, (3, 5, 4)).astype(np.float32)
    gaps = np.linalg.norm(np.moveaxis(state, 0, -1)[:, :, None] - (book.levels[:classes] / HALF - 1), axis=-1)
    chosen = np.take_along_axis(gaps, book.decode(state)[..., None].astype(int), -1)[..., 0]
    np.testing.assert_allclose(chosen, gaps.min(-1), atol=1e-5)
    np.testing.assert_allclose(book.distance(state), gaps.min(-1) * HALF, atol=0.05)


def test_white_is_far_from_every_code_of_cocostuff() -> None:
    white = np.ones((3, 1, 1), np.float32)
    assert base_k(171, False).distance(white)[0, 0] == pytest.approx(105, abs=1)


def test_batches_keep_their_axes() -> None:
    book = base_k(3, False)
    labels = np.random.default_rng(0).integers(0, 3, (2, 4, 5)).astype(np.uint8)
    painted = book.paint(labels)
    assert painted.shape == (2, 3, 4, 5) and painted.dtype == np.float32
    np.testing.assert_array_equal(book.decode(painted), labels)


def test_unknown_labels_and_too_many_classes_are_refused() -> None:
    with pytest.raises(InputError, match="index 3"):
        base_k(3, False).paint(np.array([[3]], np.uint8))
    for classes in (0, 217):
        with pytest.raises(InputError):
            base_k(classes, False)
