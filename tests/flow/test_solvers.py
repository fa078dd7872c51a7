from __future__ import annotations

import math
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import torch
import torchdiffeq

from flowdemo.errors import InputError
from flowdemo.flow import (
    SOLVERS,
    AnalyticField,
    Constant,
    GaussianPath,
    Linear,
    Polynomial,
    Rotation,
    evaluations,
    reversed_grid,
    solve,
    uniform,
)


class Riccati:
    """v = cos(2t) x^2, nonlinear and time-dependent; 1/x falls by the integral of cos(2t)."""

    def velocity(self, x, t):
        return math.cos(2 * t) * x * x

    def flow(self, x, t0, t1):
        return x / (1 - 0.5 * (math.sin(2 * t1) - math.sin(2 * t0)) * x)


FIXED = [name for name, info in SOLVERS.items() if info.evaluations_per_step is not None]
FIELDS = {
    "linear": Linear(-1.3),
    "rotation": Rotation(2.0),
    "polynomial": Polynomial((0.3, -1.0, 2.0, 1.0, 2.0, 1.0)),
    "gaussian": GaussianPath(-1.0, 2.0, 1.0, 0.5),
    "riccati": Riccati(),
}
# On Gaussian paths midpoint happens to be of third order, so they cannot tell the order of a method.
GENERIC = ["linear", "rotation", "polynomial", "riccati"]
every_solver = pytest.mark.parametrize("name", SOLVERS)
every_fixed_solver = pytest.mark.parametrize("name", FIXED)


class Counted:
    """A field that remembers when it was asked."""

    def __init__(self, field: AnalyticField) -> None:
        self.field, self.times = field, []

    def __call__(self, x, t):
        self.times.append(t)
        return self.field.velocity(x, t)


def _start() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, 2))


def _end(name: str, field: AnalyticField, grid, x=None):
    *_, last = solve(name, field.velocity, _start() if x is None else x, grid)
    return last.x


def _error(name: str, field: AnalyticField, grid) -> float:
    return float(np.abs(_end(name, field, grid) - field.flow(_start(), grid[0], grid[-1])).max())


def test_registry_names_orders_and_prices() -> None:
    assert {name: (info.order, info.evaluations_per_step) for name, info in SOLVERS.items()} == {
        "euler": (1, 1),
        "adams_bashforth2": (2, 1),
        "midpoint": (2, 2),
        "heun": (2, 2),
        "rk4": (4, 4),
        "dopri5": (5, None),
    }
    assert all(info.name == name and info.label and info.description for name, info in SOLVERS.items())
    with pytest.raises(TypeError):
        SOLVERS["mine"] = SOLVERS["euler"]


@every_fixed_solver
@pytest.mark.parametrize("direction", ["forward", "reverse"])
@pytest.mark.parametrize("field", GENERIC)
def test_error_falls_with_the_order_when_steps_double(name: str, field: str, direction: str) -> None:
    grids = [uniform(n) if direction == "forward" else reversed_grid(uniform(n)) for n in (96, 192)]
    coarse, fine = (_error(name, FIELDS[field], grid) for grid in grids)
    expected = {"euler": 2, "adams_bashforth2": 4, "midpoint": 4, "heun": 4, "rk4": 16}[name]
    assert coarse / fine == pytest.approx(expected, rel=0.12)


def test_two_step_rule_keeps_its_order_on_uneven_steps() -> None:
    def uneven(n: int) -> tuple[float, ...]:
        return tuple(t * t for t in uniform(n))

    coarse, fine = (_error("adams_bashforth2", FIELDS["riccati"], uneven(n)) for n in (128, 256))
    assert coarse / fine == pytest.approx(4, rel=0.12)


def test_two_step_rule_by_hand() -> None:
    # v = 2t over 0, 1, 3: Euler gives 0; then 2 + (2 / 2)(2 - 0) = 4 for a length of 2.
    steps = solve("adams_bashforth2", Polynomial((0.0, 2.0)).velocity, np.zeros(1), (0.0, 1.0, 3.0))
    assert [step.x[0] for step in steps] == [0.0, 0.0, 8.0]


@pytest.mark.parametrize(
    "name, oracle, field",
    [
        ("euler", "euler", "gaussian"),
        ("euler", "euler", "rotation"),
        ("midpoint", "midpoint", "gaussian"),
        ("midpoint", "midpoint", "rotation"),
        ("heun", "heun2", "gaussian"),
        ("heun", "heun2", "rotation"),
        # torchdiffeq's rk4 is the 3/8 rule; on an autonomous linear field all such methods coincide
        ("rk4", "rk4", "rotation"),
        ("rk4", "rk4", "linear"),
    ],
)
@pytest.mark.parametrize("grid", [uniform(7), reversed_grid(uniform(7))], ids=["forward", "reverse"])
def test_every_state_agrees_with_torchdiffeq(name: str, oracle: str, field: str, grid) -> None:
    x, velocity = torch.tensor(_start()), FIELDS[field].velocity
    times = torch.tensor(grid, dtype=x.dtype)
    theirs = torchdiffeq.odeint(lambda t, x: velocity(x, float(t)), x, times, method=oracle)
    ours = torch.stack([step.x for step in solve(name, velocity, x, grid)])
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


@every_solver
def test_constant_velocity_arrives_for_every_number_of_steps(name: str) -> None:
    rng = np.random.default_rng(3)
    x, c = rng.normal(size=(2, 3, 4, 5)).astype(np.float32)
    for n in range(1, 51):
        grid = uniform(n)
        forward = _end(name, Constant(c), grid, x)
        assert forward.dtype == np.float32
        reverse = _end(name, Constant(c), reversed_grid(grid), x)
        rounding = (n + 2) * np.finfo(np.float32).eps * float(np.abs(x).max() + np.abs(c).max())
        np.testing.assert_allclose(forward, x + c, atol=rounding, rtol=0)
        np.testing.assert_allclose(reverse, x - c, atol=rounding, rtol=0)


@every_fixed_solver
@pytest.mark.parametrize("n", [1, 2, 7, 25])
def test_the_advertised_number_of_evaluations_is_the_real_one(name: str, n: int) -> None:
    field = Counted(FIELDS["gaussian"])
    steps = list(solve(name, field, _start(), uniform(n)))
    assert len(field.times) == evaluations(name, n) == n * SOLVERS[name].evaluations_per_step
    assert steps[-1].evaluations == len(field.times)


def test_the_adaptive_solver_reports_its_real_number_of_evaluations() -> None:
    assert evaluations("dopri5", 10) is None
    field = Counted(FIELDS["gaussian"])
    *_, last = solve("dopri5", field, _start(), uniform(10))
    assert last.evaluations == len(field.times) > 0


@every_fixed_solver
def test_each_step_is_yielded_as_soon_as_it_is_paid_for(name: str) -> None:
    field = Counted(FIELDS["rotation"])
    cost = SOLVERS[name].evaluations_per_step
    steps = solve(name, field, _start(), uniform(6))
    for k in range(7):
        step = next(steps)
        assert len(field.times) == k * cost == step.evaluations
    assert next(steps, None) is None


def test_the_adaptive_solver_yields_the_start_for_free_and_the_rest_as_it_goes() -> None:
    field = Counted(FIELDS["rotation"])
    steps = solve("dopri5", field, _start(), uniform(4), rtol=1e-6, atol=1e-6)
    assert next(steps).evaluations == len(field.times) == 0
    seen = []
    for step in steps:
        assert step.evaluations == len(field.times)
        seen.append(step.evaluations)
    assert seen == sorted(seen)
    assert seen[0] < seen[-1]


@every_solver
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_steps_carry_index_progress_time_and_mean_velocity(name: str, direction: str) -> None:
    grid = tuple(t**1.5 for t in uniform(5))
    grid = grid if direction == "forward" else reversed_grid(grid)
    steps = list(solve(name, FIELDS["gaussian"].velocity, _start(), grid))
    assert [step.index for step in steps] == [0, 1, 2, 3, 4, 5]
    assert [step.progress for step in steps] == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert tuple(step.t for step in steps) == grid
    assert steps[0].v is None
    for a, b in pairwise(steps):
        np.testing.assert_allclose(b.v, (b.x - a.x) / (b.t - a.t), atol=1e-12)


@pytest.mark.parametrize("name", ["euler", "adams_bashforth2", "midpoint"])
@pytest.mark.parametrize("grid", [uniform(4), reversed_grid(uniform(4))], ids=["forward", "reverse"])
def test_these_solvers_never_ask_at_an_arrival(name: str, grid) -> None:
    field = Counted(FIELDS["gaussian"])
    list(solve(name, field, _start(), grid))
    assert grid[-1] not in field.times


@every_solver
@pytest.mark.parametrize("grid", [uniform(7), reversed_grid(uniform(7))], ids=["forward", "reverse"])
def test_no_solver_leaves_the_interval_and_times_are_python_floats(name: str, grid) -> None:
    field = Counted(FIELDS["gaussian"])
    list(solve(name, field, _start(), grid))
    assert 0.0 <= min(field.times) <= max(field.times) <= 1.0
    assert {type(t) for t in field.times} == {float}


@every_fixed_solver
def test_forward_then_reverse_returns_within_the_order(name: str) -> None:
    def gap(n: int) -> float:
        there = _end(name, FIELDS["gaussian"], uniform(n))
        back = _end(name, FIELDS["gaussian"], reversed_grid(uniform(n)), there)
        return float(np.abs(back - _start()).max())

    assert gap(64) < 0.2
    assert gap(32) / gap(64) > 0.85 * 2 ** SOLVERS[name].order


@every_solver
def test_torch_and_numpy_give_the_same_numbers(name: str) -> None:
    for dtype, tolerance in ((np.float64, 1e-12), (np.float32, 2e-5)):
        x = _start().astype(dtype)
        ours = list(solve(name, FIELDS["gaussian"].velocity, x, uniform(6)))
        theirs = list(solve(name, FIELDS["gaussian"].velocity, torch.tensor(x), uniform(6)))
        for a, b in zip(ours, theirs, strict=True):
            assert isinstance(b.x, torch.Tensor)
            assert a.x.dtype == b.x.numpy().dtype == dtype
            np.testing.assert_allclose(b.x.numpy(), a.x, atol=tolerance)
            assert a.evaluations == b.evaluations


@every_solver
def test_states_survive_a_field_that_reuses_its_output_and_a_caller_that_reuses_its_input(name: str) -> None:
    field, buffer = FIELDS["rotation"], np.empty_like(_start())

    def reusing(x: np.ndarray, t: float) -> np.ndarray:
        buffer[...] = field.velocity(x, t)
        return buffer

    x = _start()
    expected = list(solve(name, field.velocity, _start(), uniform(5)))
    steps = list(solve(name, reusing, x, uniform(5)))
    x[...] = np.nan
    buffer[...] = np.nan
    for a, b in zip(steps, expected, strict=True):
        assert np.array_equal(a.x, b.x)
        assert b.v is None or np.array_equal(a.v, b.v)
    arrays = [array for step in steps for array in (step.x, step.v) if array is not None]
    pairs = [(a, b) for i, a in enumerate(arrays) for b in arrays[:i]]
    assert not any(np.shares_memory(a, b) for a, b in pairs)


@every_solver
def test_two_interleaved_runs_equal_separate_ones(name: str) -> None:
    grid = uniform(6)
    runs = [(FIELDS["rotation"], _start(), grid), (FIELDS["gaussian"], -_start(), reversed_grid(grid))]
    separate = [[step.x for step in solve(name, f.velocity, x, grid)] for f, x, grid in runs]
    generators = [solve(name, f.velocity, x, grid) for f, x, grid in runs]
    together = list(zip(*generators, strict=True))
    for i in range(2):
        assert all(np.array_equal(pair[i].x, x) for pair, x in zip(together, separate[i], strict=True))


@every_solver
def test_a_closed_run_asks_no_more(name: str) -> None:
    field = Counted(FIELDS["rotation"])
    steps = solve(name, field, _start(), uniform(8))
    next(steps), next(steps)
    asked = len(field.times)
    steps.close()
    assert next(steps, None) is None
    assert len(field.times) == asked


@every_solver
def test_integers_at_the_start_are_integrated_as_real_numbers(name: str) -> None:
    assert _end(name, Constant(0.25), uniform(3), np.array([1, 2])) == pytest.approx([1.25, 2.25])


def test_bad_requests_are_refused_at_the_call() -> None:
    with pytest.raises(InputError, match="euler, adams_bashforth2") as caught:
        solve("rk5", FIELDS["linear"].velocity, _start(), uniform(2))
    assert caught.value.field == "solver"
    for name in SOLVERS:
        with pytest.raises(InputError) as caught:
            solve(name, FIELDS["linear"].velocity, _start(), (0.0, 0.5, 0.5))
        assert caught.value.field == "steps"
    with pytest.raises(InputError):
        evaluations("euler", 0)
    with pytest.raises(InputError):
        evaluations("nobody", 1)


def test_the_room_loads_without_torch_scipy_or_a_page() -> None:
    code = "import sys, flowdemo.flow; print([m for m in ('torch', 'scipy', 'gradio') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
