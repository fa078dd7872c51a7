from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdemo.errors import InputError
from flowdemo.flow import (
    interpolate,
    source_estimate,
    target_estimate,
    velocity,
    velocity_from_source,
    velocity_to_target,
)

inner_times = st.floats(0.01, 0.99)
seeds = st.integers(0, 2**32 - 1)


def _pair(seed: int, shape: tuple[int, ...] = (4, 3, 2, 4)) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape), rng.normal(size=shape)


def test_end_points_are_hit_exactly() -> None:
    x0, x1 = _pair(0)
    assert np.array_equal(interpolate(x0, x1, 0.0), x0)
    assert np.array_equal(interpolate(x0, x1, 1.0), x1)
    assert np.array_equal(interpolate(np.array([2.0]), np.array([6.0]), 0.25), [3.0])


@given(seeds, inner_times)
@settings(deadline=None)
def test_velocity_is_the_slope_of_the_path(seed: int, t: float) -> None:
    x0, x1 = _pair(seed)
    eps = 1e-3
    slope = (interpolate(x0, x1, t + eps) - interpolate(x0, x1, t - eps)) / (2 * eps)
    np.testing.assert_allclose(velocity(x0, x1), slope, atol=1e-9)


@given(seeds, inner_times)
@settings(deadline=None)
def test_on_the_path_both_end_points_give_back_the_velocity(seed: int, t: float) -> None:
    x0, x1 = _pair(seed)
    z = interpolate(x0, x1, t)
    np.testing.assert_allclose(velocity_to_target(x1, z, t), x1 - x0, atol=1e-10)
    np.testing.assert_allclose(velocity_from_source(x0, z, t), x1 - x0, atol=1e-10)


@given(seeds, inner_times)
@settings(deadline=None)
def test_estimates_invert_the_conversions_off_the_path(seed: int, t: float) -> None:
    z, guess = _pair(seed)
    np.testing.assert_allclose(target_estimate(z, velocity_to_target(guess, z, t), t), guess, atol=1e-10)
    np.testing.assert_allclose(source_estimate(z, velocity_from_source(guess, z, t), t), guess, atol=1e-10)


@pytest.mark.parametrize("library", [np.asarray, torch.as_tensor], ids=["numpy", "torch"])
def test_one_time_per_sample_equals_sample_by_sample(library) -> None:
    # The batch is as large as the last axis, where naive broadcasting would go wrong silently.
    x0, x1 = _pair(1)
    times = np.array([0.1, 0.4, 0.6, 0.9])
    b0, b1, bt = library(x0), library(x1), library(times)
    for call in (interpolate, velocity_to_target, velocity_from_source, target_estimate, source_estimate):
        expected = np.stack([call(a, b, float(t)) for a, b, t in zip(x0, x1, times, strict=True)])
        for t in (bt, bt.reshape(4, 1, 1, 1)):
            np.testing.assert_allclose(np.asarray(call(b0, b1, t)), expected, atol=1e-12)


def test_estimates_are_defined_at_the_singular_ends() -> None:
    z, v = _pair(2)
    assert np.array_equal(target_estimate(z, v, 1.0), z)
    assert np.array_equal(source_estimate(z, v, 0.0), z)


def test_singular_python_times_are_refused() -> None:
    z, guess = _pair(3)
    for singular in (1, 1.0):
        with pytest.raises(InputError, match="t = 1"):
            velocity_to_target(guess, z, singular)
    for singular in (0, 0.0):
        with pytest.raises(InputError, match="t = 0"):
            velocity_from_source(guess, z, singular)
