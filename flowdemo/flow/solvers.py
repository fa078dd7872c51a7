"""Solvers of dx/dt = v(x, t): one signature, states yielded while integrating.

    solver(field, x, grid, **options) -> Iterator[Step]

`field(x, t)` takes a state and a Python float and returns the velocity in the shape of x. The first Step is
the start and costs nothing; each `next` then does the work of one interval. A falling grid integrates
backwards.
All arithmetic is +, - and * with Python floats, so a state keeps its library, device and precision.

Where the field is asked: Euler, Adams-Bashforth and midpoint never ask at the arrival time of an interval;
Heun, RK4 and Dormand-Prince do, hence also at the last time of the grid. A system whose velocity is singular
there (a network that predicts an end point) has to guard its own field; solvers never alter the times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from flowdemo.errors import InputError
from flowdemo.flow.arrays import Array, owned
from flowdemo.flow.dopri5 import dopri5
from flowdemo.flow.timegrid import TimeGrid, step_count, validate_grid
from flowdemo.flow.trajectory import Step

VelocityField: TypeAlias = Callable[[Array, float], Array]
Solver: TypeAlias = Callable[..., Iterator[Step]]
_Rule: TypeAlias = Callable[[Array, float, float], Array]  # (x, t, arrival) -> mean velocity


def euler(field: VelocityField, x: Array, grid: Sequence[float]) -> Iterator[Step]:
    """x' = x + h v(x, t). Order 1, one evaluation per step."""
    return _march(lambda x, t, arrival: owned(field(x, t)), 1, x, grid)


def adams_bashforth2(field: VelocityField, x: Array, grid: Sequence[float]) -> Iterator[Step]:
    """x' = x + h (v_n + r/2 (v_n - v_{n-1})), r = h_n / h_{n-1}; the first step is Euler's.

    Order 2 at one evaluation per step, also when the steps differ in length.
    """
    return _march(_two_step_rule(field), 1, x, grid)


def midpoint(field: VelocityField, x: Array, grid: Sequence[float]) -> Iterator[Step]:
    """x' = x + h v(x + h/2 v(x, t), t + h/2). Order 2, two evaluations per step."""

    def rule(x: Array, t: float, arrival: float) -> Array:
        half = (arrival - t) / 2
        return owned(field(x + half * field(x, t), t + half))

    return _march(rule, 2, x, grid)


def heun(field: VelocityField, x: Array, grid: Sequence[float]) -> Iterator[Step]:
    """x' = x + h/2 (k1 + k2), k1 = v(x, t), k2 = v(x + h k1, t + h). Order 2, two evaluations per step."""

    def rule(x: Array, t: float, arrival: float) -> Array:
        k1 = owned(field(x, t))
        k2 = field(x + (arrival - t) * k1, arrival)
        return 0.5 * (k1 + k2)

    return _march(rule, 2, x, grid)


def rk4(field: VelocityField, x: Array, grid: Sequence[float]) -> Iterator[Step]:
    """The classical Runge-Kutta method: x' = x + h/6 (k1 + 2 k2 + 2 k3 + k4). Order 4, four evaluations."""

    def rule(x: Array, t: float, arrival: float) -> Array:
        h = arrival - t
        k1 = owned(field(x, t))
        k2 = owned(field(x + (h / 2) * k1, t + h / 2))
        k3 = owned(field(x + (h / 2) * k2, t + h / 2))
        k4 = field(x + h * k3, arrival)
        return (k1 + 2.0 * (k2 + k3) + k4) * (1 / 6)

    return _march(rule, 4, x, grid)


def _two_step_rule(field: VelocityField) -> _Rule:
    previous: tuple[Array, float] | None = None

    def rule(x: Array, t: float, arrival: float) -> Array:
        nonlocal previous
        v, h = owned(field(x, t)), arrival - t
        mean = v if previous is None else v + (h / (2 * previous[1])) * (v - previous[0])
        previous = v, h
        return mean

    return rule


def _march(rule: _Rule, cost: int, x: Array, grid: Sequence[float]) -> Iterator[Step]:
    # Not a generator itself, so that a bad grid is refused at the call and not at the first `next`.
    return _steps(rule, cost, x, validate_grid(grid))


def _steps(rule: _Rule, cost: int, x: Array, grid: TimeGrid) -> Iterator[Step]:
    n = len(grid) - 1
    x = owned(x)
    yield Step(0, 0.0, grid[0], x, None, 0)
    for i in range(1, n + 1):
        v = rule(x, grid[i - 1], grid[i])
        x = x + (grid[i] - grid[i - 1]) * v
        yield Step(i, i / n, grid[i], x, v, i * cost)


@dataclass(frozen=True)
class SolverInfo:
    """What a menu needs to know about a solver.

    Attributes:
        name: key in `SOLVERS`, recipes, links and the command line.
        label: name for people.
        order: the global error falls like h ** order on smooth fields.
        evaluations_per_step: network calls per interval; None where the solver chooses its own steps.
        function: the solver.
        description: one line on what it does and when it pays.
    """

    name: str
    label: str
    order: int
    evaluations_per_step: int | None
    function: Solver
    description: str


def _registry(*infos: SolverInfo) -> Mapping[str, SolverInfo]:
    return MappingProxyType({info.name: info for info in infos})


SOLVERS: Mapping[str, SolverInfo] = _registry(
    SolverInfo("euler", "Euler", 1, 1, euler, "Follows the velocity at the start of each step."),
    SolverInfo(
        "adams_bashforth2", "Adams–Bashforth 2", 2, 1, adams_bashforth2,
        "Also remembers the velocity of the step before; second order at one evaluation per step.",
    ),
    SolverInfo("midpoint", "Midpoint", 2, 2, midpoint, "Uses the velocity found half a step ahead."),
    SolverInfo("heun", "Heun", 2, 2, heun, "Averages the velocities found at both ends of a step."),
    SolverInfo(
        "rk4", "Runge–Kutta 4", 4, 4, rk4,
        "Combines four velocities per step; pays only when the steps are already small.",
    ),
    SolverInfo(
        "dopri5", "Dormand–Prince 5(4)", 5, None, dopri5,
        "Chooses its own steps to keep the error below a tolerance and reports at the chosen times.",
    ),
)  # fmt: skip


def solve(name: str, field: VelocityField, x: Array, grid: Sequence[float], **options: Any) -> Iterator[Step]:
    """Integrate dx/dt = field(x, t) from grid[0] to grid[-1] with the named solver.

    Args:
        name: a key of `SOLVERS`.
        field: velocity; gets the state and a Python float, returns the shape of x.
        x: start state, any shape; copied.
        grid: N + 1 times, strictly rising or falling.
        options: of the solver; only ``dopri5`` has some.

    Returns:
        An iterator over N + 1 steps that calls the field only when asked for the next one.

    Raises:
        InputError: the solver is unknown (field ``"solver"``) or the grid is unusable (field ``"steps"``).
    """
    return solver_info(name).function(field, x, grid, **options)


def watched(field: VelocityField, watch: Callable[[], None] | None) -> VelocityField:
    """The field, with ``watch`` called before each evaluation; what that raises ends the integration there."""
    if watch is None:
        return field

    def asked(x: Array, t: float) -> Array:
        watch()
        return field(x, t)

    return asked


def evaluations(name: str, n: int) -> int | None:
    """Return the network calls that n steps of the named solver take, or None where it decides while running.

    Raises:
        InputError: the solver is unknown (field ``"solver"``) or n is unusable (field ``"steps"``).
    """
    cost = solver_info(name).evaluations_per_step
    count = step_count(n)
    return None if cost is None else cost * count


def solver_info(name: str) -> SolverInfo:
    """Return the entry of a solver.

    Raises:
        InputError: the solver is unknown (field ``"solver"``).
    """
    if name not in SOLVERS:
        raise InputError(f"There is no such solver; choose one of {', '.join(SOLVERS)}.", field="solver")
    return SOLVERS[name]
