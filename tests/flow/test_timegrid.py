from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from flowdemo.errors import InputError
from flowdemo.flow import reversed_grid, uniform, validate_grid


@pytest.mark.parametrize("n", range(1, 51))
def test_uniform_grid_is_exact_for_every_number_of_steps(n: int) -> None:
    grid = uniform(n)
    assert len(grid) == n + 1
    assert (grid[0], grid[-1]) == (0.0, 1.0)
    assert all(type(t) is float for t in grid)
    assert all(a < b for a, b in pairwise(grid))
    assert all(t == float(Fraction(i, n)) for i, t in enumerate(grid))


@pytest.mark.parametrize("n", range(1, 51))
def test_reversed_grid_holds_the_same_times_backwards(n: int) -> None:
    grid = reversed_grid(uniform(n))
    assert (grid[0], grid[-1]) == (1.0, 0.0)
    assert all(t == float(Fraction(n - i, n)) for i, t in enumerate(grid))


def test_grid_of_25_steps_is_that_of_the_semflow_schedule() -> None:
    assert [round(1000 * t) for t in uniform(25)[:-1]] == list(range(0, 1000, 40))
    assert [round(1000 * t) for t in reversed_grid(uniform(25))[:-1]] == list(range(1000, 0, -40))


@pytest.mark.parametrize("n", [0, -3, 2.0, 2.5, "4", None, True, float("nan")])
def test_unusable_step_counts_are_refused(n: object) -> None:
    with pytest.raises(InputError) as caught:
        uniform(n)
    assert caught.value.field == "steps"


def test_numpy_integers_count_as_integers() -> None:
    assert uniform(np.int64(4)) == (0.0, 0.25, 0.5, 0.75, 1.0)


@pytest.mark.parametrize(
    "grid", [(), (0.0,), (0.0, 0.0), (0.0, 0.5, 0.4), (0.0, float("nan")), (0.0, float("inf"))]
)
def test_grids_that_do_not_move_steadily_are_refused(grid: tuple[float, ...]) -> None:
    with pytest.raises(InputError):
        validate_grid(grid)


def test_a_grid_given_as_numpy_array_becomes_python_floats() -> None:
    grid = validate_grid(np.array([1.0, 0.25, 0.0]))
    assert grid == (1.0, 0.25, 0.0)
    assert all(type(t) is float for t in grid)
