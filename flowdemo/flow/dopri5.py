"""The adaptive solver: Dormand-Prince 5(4) with step-size control and dense output.

Coefficients and continuous extension: Dormand & Prince 1980; Hairer, Norsett, Wanner, "Solving Ordinary
Differential Equations I", sections II.4 to II.6. The solver advances by its own steps and reads the reported
times off a fourth-order interpolant, so the number of network calls does not depend on the number of frames.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from flowdemo.errors import EngineError, InputError
from flowdemo.flow.arrays import Array, owned
from flowdemo.flow.timegrid import TimeGrid, validate_grid
from flowdemo.flow.trajectory import Step

_NODES = (1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),  # also the fifth-order solution
)
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)  # 5th minus 4th order
_DENSE = (
    -12715105075 / 11282082432, 0.0, 87487479700 / 32700410799, -10690763975 / 1880347072,
    701980252875 / 199316789632, -1453857185 / 822651844, 69997945 / 29380423,
)  # fmt: skip
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 10.0
_PI_MEMORY = 0.04  # share of the previous error in the controller; damps alternating rejections
_STARTING_CALLS, _CALLS_PER_ATTEMPT = 2, 6


def dopri5(
    field: Callable[[Array, float], Array],
    x: Array,
    grid: Sequence[float],
    *,
    rtol: float = 1e-3,
    atol: float = 1e-3,
    max_evaluations: int = 1000,
) -> Iterator[Step]:
    """Integrate with steps chosen so that the estimated local error stays below atol + rtol |x|.

    The error is the root mean square over all elements, so the samples of a batch share their steps. Several
    reported times may fall into one internal step; they then carry the same number of evaluations.

    Args:
        field: velocity; gets the state and a Python float, returns the shape of x.
        x: start state, any shape, floating point of 32 bits or more; copied.
        grid: N + 1 times at which to report, strictly rising or falling.
        rtol, atol: relative and absolute tolerance in state units, above 0. On states in [-1, 1] the default
            1e-3 is an eighth of a grey level.
        max_evaluations: network calls after which the run is given up.

    Raises:
        InputError: the grid (field ``"steps"``) or a tolerance (``"rtol"``, ``"atol"``) is unusable.
        EngineError: while iterating, when the tolerance cannot be met within max_evaluations, or the step
            shrinks to nothing because the field is singular or not finite.
    """
    for name, value in (("rtol", rtol), ("atol", atol)):
        if not (math.isfinite(value) and value > 0):
            raise InputError("The tolerances of the adaptive solver must be finite and above 0.", field=name)
    return _reports(_CountedField(field, max_evaluations), x, validate_grid(grid), rtol, atol)


def attempted_steps(evaluations: int) -> int:
    """Return how many internal steps, accepted or rejected, dopri5 has tried after so many network calls."""
    return max(0, evaluations - _STARTING_CALLS) // _CALLS_PER_ATTEMPT


class _CountedField:
    """The field with a counter and a bound on calls; its answers are safe from being overwritten."""

    def __init__(self, field: Callable[[Array, float], Array], limit: int) -> None:
        self.field, self.limit, self.calls = field, limit, 0

    def __call__(self, x: Array, t: float) -> Array:
        if self.calls >= self.limit:
            raise EngineError(
                f"The adaptive solver stopped at its limit of {self.limit} network evaluations; "
                "use a larger tolerance or a solver with fixed steps."
            )
        self.calls += 1
        return owned(self.field(x, t))


@dataclass(frozen=True, eq=False)
class _Segment:
    """One accepted internal step from t0 to t1, with its slopes k1 … k7."""

    t0: float
    t1: float
    x0: Array
    x1: Array
    slopes: list[Array]

    def at(self, t: float) -> Array:
        """Return the state at a time of the segment (Hairer et al., II.6: the interpolant of DOPRI5)."""
        h = self.t1 - self.t0
        s = (t - self.t0) / h
        rise = self.x1 - self.x0
        bend = h * self.slopes[0] - rise
        twist = rise - h * self.slopes[-1] - bend
        rest = h * _combine(_DENSE, self.slopes)
        return self.x0 + s * (rise + (1 - s) * (bend + s * (twist + (1 - s) * rest)))


def _reports(field: _CountedField, x: Array, grid: TimeGrid, rtol: float, atol: float) -> Iterator[Step]:
    n, i = len(grid) - 1, 1
    x = owned(x)
    yield Step(0, 0.0, grid[0], x, None, 0)
    for segment in _segments(field, x, grid, rtol, atol):
        while i <= n and _reached(segment.t1, grid[i], grid):
            state = segment.at(grid[i])
            v = (state - x) * (1 / (grid[i] - grid[i - 1]))
            x = state
            yield Step(i, i / n, grid[i], x, v, field.calls)
            i += 1


def _reached(t: float, mark: float, grid: TimeGrid) -> bool:
    return t >= mark if grid[-1] > grid[0] else t <= mark


def _segments(field: _CountedField, x: Array, grid: TimeGrid, rtol: float, atol: float) -> Iterator[_Segment]:
    t, end = grid[0], grid[-1]
    slope = field(x, t)
    h = _first_step(field, x, slope, t, end, rtol, atol)
    error_before = 1e-4  # as in DOPRI5: neutral memory for the first step
    rejected = False
    while t != end:
        arrival = end if abs(h) >= abs(end - t) * (1 - 1e-10) else t + h
        _require_progress(t, arrival, end - grid[0])
        h = arrival - t
        new, slopes = _attempt(field, x, slope, t, arrival)
        error = _norm(h * _combine(_ERROR, slopes), x, new, rtol, atol)
        if error <= 1.0:
            yield _Segment(t, arrival, x, new, slopes)
            h *= _factor(error, error_before, 1.0 if rejected else _GROW)
            t, x, slope, error_before, rejected = arrival, new, slopes[-1], max(error, 1e-4), False
        else:
            h *= _factor(error, 1.0, 1.0) if math.isfinite(error) else _SHRINK
            rejected = True


def _attempt(
    field: _CountedField, x: Array, slope: Array, t: float, arrival: float
) -> tuple[Array, list[Array]]:
    """Return the fifth-order state at arrival and k1 … k7; k7 is the first slope of the next step."""
    h, slopes, state = arrival - t, [slope], x
    for node, weights in zip(_NODES, _STAGES, strict=True):
        state = x + h * _combine(weights, slopes)
        slopes.append(field(state, arrival if node == 1.0 else t + node * h))
    return state, slopes


def _first_step(
    field: _CountedField, x: Array, slope: Array, t: float, end: float, rtol: float, atol: float
) -> float:
    """Guess a first step from the sizes of x, x' and x'' (Hairer et al., II.4); one evaluation."""
    span = end - t
    size, speed = _norm(x, x, x, rtol, atol), _norm(slope, x, x, rtol, atol)
    if not math.isfinite(speed):
        return 0.0  # refused as a step that makes no progress
    h = 1e-6 if min(size, speed) < 1e-5 else 0.01 * size / speed
    h = math.copysign(min(h, abs(span)), span)
    bend = _norm(field(x + h * slope, t + h) - slope, x, x, rtol, atol) / abs(h)
    steepest = max(speed, bend)
    guess = max(1e-6, abs(h) * 1e-3) if steepest <= 1e-15 else (0.01 / steepest) ** (1 / 5)
    return math.copysign(min(100 * abs(h), guess, abs(span)), span)


def _require_progress(t: float, arrival: float, span: float) -> None:
    if not abs(arrival - t) > 1e-12 * abs(span):  # also true when the step is NaN
        raise EngineError(
            f"The adaptive solver cannot get past t = {t:.4f}, where the velocity jumps or is not finite; "
            "use a larger tolerance or a solver with fixed steps."
        )


def _factor(error: float, error_before: float, ceiling: float) -> float:
    """Return the factor for the next step: a PI controller (Hairer et al., IV.2), bounded on both sides."""
    if error == 0.0:
        return ceiling
    raw = _SAFETY * error ** (0.75 * _PI_MEMORY - 1 / 5) * error_before**_PI_MEMORY
    return min(ceiling, max(_SHRINK, raw))


def _norm(e: Array, x: Array, new: Array, rtol: float, atol: float) -> float:
    """Return the root mean square of e / (atol + rtol max(|x|, |new|))."""
    size, other = abs(x), abs(new)
    largest = 0.5 * (size + other + abs(size - other))  # numpy and torch name their maximum differently
    ratio = e / (atol + rtol * largest)
    return math.sqrt(float((ratio * ratio).mean()))


def _combine(weights: Sequence[float], slopes: Sequence[Array]) -> Array:
    terms = [weight * slope for weight, slope in zip(weights, slopes, strict=True) if weight]
    return sum(terms[1:], start=terms[0])
