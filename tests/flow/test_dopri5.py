from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
import torchdiffeq

from flowdemo.errors import EngineError, InputError
from flowdemo.flow import (
    GaussianPath,
    Linear,
    Polynomial,
    Rotation,
    attempted_steps,
    dopri5,
    reversed_grid,
    uniform,
)
from flowdemo.flow.dopri5 import _norm

STEEP = GaussianPath(-1.0, 2.0, 1.0, 0.05)


def _start() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, 2))


def _worst(field, grid, tolerance: float) -> tuple[float, int]:
    steps = list(dopri5(field.velocity, _start(), grid, rtol=tolerance, atol=tolerance))
    gaps = [np.abs(step.x - field.flow(_start(), grid[0], step.t)).max() for step in steps]
    return max(gaps), steps[-1].evaluations


@pytest.mark.parametrize("field", [Rotation(6.0), Linear(-3.0), STEEP], ids=["rotation", "linear", "steep"])
@pytest.mark.parametrize("grid", [uniform(9), reversed_grid(uniform(9))], ids=["forward", "reverse"])
def test_every_reported_state_follows_the_tolerance(field, grid) -> None:
    tolerances = (1e-3, 1e-5, 1e-7, 1e-9)
    errors, costs = zip(*(_worst(field, grid, tolerance) for tolerance in tolerances), strict=True)
    growth = np.abs(field.flow(np.ones((1, 2)), grid[0], grid[-1])).max() + 1
    assert all(error < 30 * growth * tolerance for error, tolerance in zip(errors, tolerances, strict=True))
    assert all(a > 3 * b for a, b in pairwise(errors))
    assert list(costs) == sorted(costs)
    assert costs[-1] > 2 * costs[0]


def test_end_point_agrees_with_torchdiffeq() -> None:
    x = torch.tensor(_start())
    times = torch.tensor(uniform(5), dtype=x.dtype)
    theirs = torchdiffeq.odeint(
        lambda t, x: STEEP.velocity(x, float(t)), x, times, method="dopri5", rtol=1e-9, atol=1e-9
    )
    ours = [step.x for step in dopri5(STEEP.velocity, x, uniform(5), rtol=1e-9, atol=1e-9)]
    torch.testing.assert_close(torch.stack(ours), theirs, atol=1e-6, rtol=0)


def test_one_step_integrates_polynomials_of_degree_four_exactly() -> None:
    # A quadrature of order 5 is exact to degree 4; a wrong weight or node would show at once.
    field = Polynomial((0.4, -1.0, 2.0, 0.5, -3.0))
    last = list(dopri5(field.velocity, np.zeros(1), (0.0, 1.0), rtol=1e3, atol=1e3))[-1]
    assert attempted_steps(last.evaluations) < 8
    np.testing.assert_allclose(last.x, field.flow(np.zeros(1), 0.0, 1.0), atol=1e-13)


def test_the_interpolant_is_of_fourth_order() -> None:
    # Solutions of degree four, from cubic velocities, are reproduced between the solver's own steps.
    field = Polynomial((1.0, -2.0, 3.0, -5.0))
    steps = list(dopri5(field.velocity, np.zeros(1), uniform(20), rtol=1e3, atol=1e3))
    assert attempted_steps(steps[-1].evaluations) < 10
    for step in steps:
        np.testing.assert_allclose(step.x, field.flow(np.zeros(1), 0.0, step.t), atol=1e-13)


def test_more_frames_cost_no_more_evaluations() -> None:
    costs = {list(dopri5(STEEP.velocity, _start(), uniform(n)))[-1].evaluations for n in (1, 5, 50)}
    assert len(costs) == 1


def test_internal_steps_follow_from_the_evaluations() -> None:
    calls = []

    def field(x: np.ndarray, t: float) -> np.ndarray:
        calls.append(t)
        return STEEP.velocity(x, t)

    *_, last = dopri5(field, _start(), uniform(3))
    arrivals = [b for a, b in pairwise(calls) if a == b]  # stages 6 and 7 share their time
    assert attempted_steps(last.evaluations) == len(arrivals)
    assert attempted_steps(0) == 0


def test_no_evaluation_lies_beyond_the_end_by_a_rounding_error() -> None:
    # The last step of a resting field is long, and t + (end - t) rounds badly when t is far larger than end.
    rng = np.random.default_rng(1)
    for start, end in zip(rng.uniform(-1, -0.5, 50).tolist(), rng.uniform(0, 1e-3, 50).tolist(), strict=True):
        times = []

        def field(x: np.ndarray, t: float, times: list[float] = times) -> np.ndarray:
            times.append(t)
            return 0 * x

        list(dopri5(field, np.ones(1), (start, end)))
        assert start <= min(times) <= max(times) == end


def test_the_error_is_measured_against_the_larger_of_both_states() -> None:
    old, new = np.array([-4.0, 1.0]), np.array([1.0, -2.0])
    error = np.array([3.0, 4.0]) * (0.5 + 0.25 * np.array([4.0, 2.0]))
    assert _norm(error, old, new, rtol=0.25, atol=0.5) == pytest.approx(np.sqrt(12.5))


def test_a_resting_field_is_crossed_in_a_few_steps() -> None:
    steps = list(dopri5(lambda x, t: 0.0 * x, np.zeros((2, 3)), uniform(4)))
    assert len(steps) == 5
    assert steps[-1].evaluations < 60
    assert all(np.array_equal(step.x, np.zeros((2, 3))) for step in steps)


def test_the_limit_on_evaluations_holds_and_finished_steps_stay() -> None:
    calls, seen = 0, []

    def field(x: np.ndarray, t: float) -> np.ndarray:
        nonlocal calls
        calls += 1
        return Rotation(40.0).velocity(x, t)

    with pytest.raises(EngineError, match="limit of 100 network evaluations"):
        for step in dopri5(field, _start(), uniform(50), rtol=1e-6, atol=1e-6, max_evaluations=100):
            seen.append(step.index)
    assert calls == 100
    assert len(seen) > 2


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("since", [0.0, 0.37])
def test_fields_that_are_not_finite_end_in_one_plain_error(bad: float, since: float) -> None:
    def field(x: np.ndarray, t: float) -> np.ndarray:
        return x if t < since else np.full_like(x, bad)

    with np.errstate(invalid="ignore"), pytest.raises(EngineError, match=r"cannot get past|limit of"):
        list(dopri5(field, _start(), uniform(4)))


def test_a_pole_inside_the_interval_ends_in_an_error() -> None:
    with np.errstate(all="ignore"), pytest.raises(EngineError):
        list(dopri5(lambda x, t: x * x, np.full(3, 2.0), uniform(4)))  # x = 1 / (0.5 - t)


@pytest.mark.parametrize("name", ["rtol", "atol"])
@pytest.mark.parametrize("value", [0.0, -1e-3, float("nan"), float("inf")])
def test_unusable_tolerances_are_refused_at_the_call(name: str, value: float) -> None:
    with pytest.raises(InputError) as caught:
        dopri5(STEEP.velocity, _start(), uniform(2), **{name: value})
    assert caught.value.field == name
