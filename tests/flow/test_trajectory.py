from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdemo.errors import InputError
from flowdemo.flow import GaussianPath, Rotation, Step, Trajectory, euler, reversed_grid, rk4, uniform


def _trajectory(states: list[np.ndarray], progress: list[float] | None = None) -> Trajectory:
    places = progress or [i / max(1, len(states) - 1) for i in range(len(states))]
    steps = [
        Step(i, p, p, np.asarray(x), None, i) for i, (p, x) in enumerate(zip(places, states, strict=True))
    ]
    return Trajectory.from_steps(steps, solver="euler", system="test")


def test_lengths_of_a_detour_by_hand() -> None:
    # Two pixels, three channels. The first goes 0 -> 1 -> 0 -> 1, the second rests.
    first = [np.array([[[value, 5.0]]] * 3) for value in (0.0, 1.0, 0.0, 1.0)]
    run = _trajectory(first)
    assert np.array_equal(run.path_map(), [[3.0, 0.0]])
    assert np.array_equal(run.chord_map(), [[1.0, 0.0]])
    np.testing.assert_allclose(run.straightness_map(), [[1 / 3, 1.0]])
    assert run.path_length() == 1.5
    assert run.chord() == 0.5
    assert run.straightness() == pytest.approx(1 / 3)


def test_length_is_the_root_mean_square_over_channels() -> None:
    run = _trajectory([np.zeros((3, 1, 1)), np.array([3.0, 4.0, 0.0]).reshape(3, 1, 1)])
    assert run.path_length() == pytest.approx(5 / math.sqrt(3))


@pytest.mark.parametrize(
    "shape, pixels",
    [
        ((3,), ()),
        ((7, 2), (7,)),
        ((3, 4, 5), (4, 5)),
        ((2, 3, 4, 5), (2, 4, 5)),
        ((6, 2, 1, 4, 5), (6, 2, 4, 5)),
    ],
)
def test_maps_have_one_value_per_pixel_or_point(shape: tuple[int, ...], pixels: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    run = _trajectory([rng.normal(size=shape) for _ in range(4)])
    for values in (run.path_map(), run.chord_map(), run.straightness_map()):
        assert np.shape(values) == pixels
    assert run.states().shape == (4, *shape)


def test_a_circle_is_as_long_as_its_circumference_and_returns() -> None:
    x = np.array([[1.0, 0.0], [0.0, 2.0]])
    run = Trajectory.from_steps(
        rk4(Rotation(2 * math.pi).velocity, x, uniform(400)), solver="rk4", system="analytic"
    )
    circumference = 2 * math.pi / math.sqrt(2)  # root mean square over the two coordinates
    np.testing.assert_allclose(run.path_map(), [circumference, 2 * circumference], rtol=1e-4)
    assert run.straightness() < 1e-6


def test_a_straight_run_has_straightness_one_and_rest_counts_as_straight() -> None:
    x0, x1 = np.random.default_rng(1).normal(size=(2, 3, 64, 64))
    straight = _trajectory([(1 - t) * x0 + t * x1 for t in uniform(7)])
    assert straight.straightness() == pytest.approx(1.0, abs=1e-12)
    assert straight.straightness_map().min() > 1 - 1e-12
    assert straight.straightness_map().max() <= 1.0  # rounding alone would exceed it
    resting = _trajectory([x0, x0, x0])
    assert resting.straightness() == 1.0
    assert np.array_equal(resting.straightness_map(), np.ones((64, 64)))
    assert _trajectory([x0]).straightness() == 1.0


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
@settings(deadline=None)
def test_straightness_stays_in_its_range_and_ignores_the_scale(seed: int, n: int) -> None:
    states = list(np.random.default_rng(seed).normal(size=(n, 2, 3, 3)))
    run, larger = _trajectory(states), _trajectory([10 * x for x in states])
    for value in (run.straightness(), *run.straightness_map().flat):
        assert 0.0 <= value <= 1.0
    assert larger.straightness() == pytest.approx(run.straightness())
    assert larger.path_length() == pytest.approx(10 * run.path_length())
    assert run.chord() <= run.path_length() + 1e-12


def test_lengths_of_torch_states_equal_those_of_numpy() -> None:
    x = np.random.default_rng(2).normal(size=(2, 3, 4, 4)).astype(np.float32)
    field = GaussianPath(0.0, 1.0, 1.0, 0.2)
    ours, theirs = (
        Trajectory.from_steps(euler(field.velocity, start, uniform(5)), solver="euler", system="test")
        for start in (x, torch.tensor(x, requires_grad=True))
    )
    assert theirs.path_length() == pytest.approx(ours.path_length(), rel=1e-5)
    np.testing.assert_allclose(theirs.states(), ours.states(), atol=1e-5)


def test_states_of_reduced_precision_are_measured() -> None:
    steps = euler(lambda x, t: 0 * x + 1, torch.zeros(3, 2, 2, dtype=torch.bfloat16), uniform(2))
    run = Trajectory.from_steps(steps, solver="euler", system="test")
    assert run.path_length() == 1.0


def test_interpolation_hits_steps_and_is_linear_between_them() -> None:
    states = [np.array([0.0]), np.array([4.0]), np.array([6.0])]
    run = _trajectory(states, [0.0, 0.5, 1.0])
    assert [run.at(p)[0] for p in (0.0, 0.125, 0.25, 0.5, 0.75, 1.0)] == [0.0, 1.0, 2.0, 4.0, 5.0, 6.0]


def test_interpolation_runs_on_progress_also_backwards_in_time() -> None:
    grid = reversed_grid(uniform(4))
    run = Trajectory.from_steps(
        euler(lambda x, t: 0 * x + 8.0, np.zeros(1), grid), solver="euler", system="test", grid=grid
    )
    assert run.at(0.125) == pytest.approx(-1.0)
    assert run.at(1.0) == pytest.approx(-8.0)


def test_a_stopped_run_keeps_what_it_has() -> None:
    grid = uniform(4)
    stream = euler(lambda x, t: 0 * x + 1.0, np.zeros(1), grid)
    run = Trajectory.from_steps([next(stream), next(stream)], solver="euler", system="test", grid=grid)
    assert run.at(0.125) == pytest.approx(0.125)
    assert run.at(1.0) == pytest.approx(0.25)
    assert run.path_length() == pytest.approx(0.25)


@pytest.mark.parametrize("progress", [-0.1, 1.1, float("nan")])
def test_progress_outside_the_run_is_refused(progress: float) -> None:
    with pytest.raises(InputError) as caught:
        _trajectory([np.zeros(1), np.ones(1)]).at(progress)
    assert caught.value.field == "progress"


def test_steps_that_do_not_belong_together_are_refused() -> None:
    a, b = Step(0, 0.0, 0.0, np.zeros(2), None, 0), Step(1, 1.0, 1.0, np.zeros(3), None, 1)
    for steps, grid in [((), (0.0,)), ((a, b), (0.0, 1.0)), ((a,), (0.5, 1.0)), ((a, a), (0.0,))]:
        with pytest.raises(InputError):
            Trajectory(steps, grid, "euler", "test")
