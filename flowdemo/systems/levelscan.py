"""Convex level sets by comparing grey levels only: midpoints of chords, and scans along lines.

Both raise a field u, float ``[B, C, H, W]``, to one that is convex along more chords, each channel on its own:

    midpoint    u ← max(u, max_d min(u(· − d), u(· + d))),   0 < |d| ≤ r                       (1)
    line scan   u ← max(u, min(L, R)),   L = max_{i≥0} u(· − i d),   R = max_{i≥0} u(· + i d)  (2)

(1) looks at all offsets at once, (2) goes through the directions d of coprime integers up to m, one after the other;
each is repeated until nothing changes. Every value of the result is a value of u, so level sets are treated alike:
C(u) ≥ γ is what C makes of u ≥ γ, bit for bit. What lies beyond the border is below everything. The result never leaves
the quasi-concave envelope and, unlike local conditions, joins parts that do not touch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import gcd

import torch
from torch import Tensor

from flowdemo.errors import InputError

Rounds = Iterator[Tensor]
MAX_RADIUS = 64
MAX_REACH = 16
MAX_ROUNDS = 1000


def midpoint(u: Tensor, radius: int = 15, rounds: int = MAX_ROUNDS) -> Tensor:
    """Equation (1) until nothing changes, in the shape of u; differentiable (see :func:`traced`).

    Args:
        radius: r in pixels, 1 to 64. A dent of curvature radius ρ is seen from about √(2ρ) on.
        rounds: bound on the repetitions, above 0.

    Raises:
        InputError: the radius or the bound is out of reach.
    """
    return traced(u, lambda field: _last(field, midpoint_rounds(field, radius, rounds)))


def line_scan(u: Tensor, reach: int = 5, rounds: int = MAX_ROUNDS) -> Tensor:
    """Equation (2) until a sweep changes nothing, in the shape of u; differentiable (see :func:`traced`).

    Args:
        reach: m, 1 to 16; 5 means 40 directions.
        rounds: bound on the sweeps, above 0.

    Raises:
        InputError: the reach or the bound is out of bounds.
    """
    return traced(u, lambda field: _last(field, line_scan_rounds(field, reach, rounds)))


@torch.no_grad()
def midpoint_rounds(u: Tensor, radius: int, rounds: int = MAX_ROUNDS) -> Rounds:
    """The field after each round of (1) that changed it, each a tensor of its own."""
    _within("radius", radius, MAX_RADIUS)
    _within("number of rounds", rounds, MAX_ROUNDS)
    for _ in range(rounds):
        raised = u.clone()
        for dx, dy in half_disc(radius):
            _raise_middle(u, raised, dx, dy)
        if torch.equal(raised, u):
            return
        u = raised
        yield u


@torch.no_grad()
def line_scan_rounds(u: Tensor, reach: int, rounds: int = MAX_ROUNDS) -> Rounds:
    """The field after each direction of (2) that changed it, each a tensor of its own."""
    _within("reach", reach, MAX_REACH)
    _within("number of rounds", rounds, MAX_ROUNDS)
    unchanged, ways = 0, directions(reach)
    for _ in range(rounds):
        for dx, dy in ways:
            turned = torch.stack([u, u.flip(-2, -1)])  # by half a turn, where R is L: one pass finds both
            left, right = _running_max(turned, dx, dy)
            between = torch.minimum(left, right.flip(-2, -1))
            unchanged = unchanged + 1 if torch.equal(between, u) else 0
            if not unchanged:
                u = between
                yield u
            elif unchanged == len(ways):
                return


def traced(u: Tensor, raised: Callable[[Tensor], Tensor]) -> Tensor:
    """``raised(u)`` of a function that only compares, with its gradient: that of the pixel each value came from.

    Where a gradient is wanted, the function is given ranks within each channel instead of values, and its answer says
    whose value to take. Of equal values one is taken.
    """
    if not (torch.is_grad_enabled() and u.requires_grad):
        return raised(u)
    ascending, order = u.detach().flatten(2).sort(stable=True)
    places = torch.arange(ascending.shape[-1], device=u.device, dtype=torch.float64).expand_as(ascending)
    ranks = torch.empty_like(places).scatter_(2, order, places).view(u.shape)
    source = order.gather(2, raised(ranks).flatten(2).long())
    return u.flatten(2).gather(2, source).view(u.shape)


@lru_cache(maxsize=16)
def half_disc(radius: int) -> tuple[tuple[int, int], ...]:
    """Offsets (dx, dy) with 0 < |d| ≤ r, one of each pair ±d."""
    span = range(-radius, radius + 1)
    return tuple((x, y) for y in span for x in span if 0 < x * x + y * y <= radius * radius and (y, x) > (0, 0))


@lru_cache(maxsize=16)
def directions(reach: int) -> tuple[tuple[int, int], ...]:
    """Coprime (dx, dy) with entries up to m, one of each pair ±d, short ones first: 4, 16, 40 for m = 1, 3, 5."""
    span = range(-reach, reach + 1)
    found = [(x, y) for y in span for x in span if gcd(x, y) == 1 and (y, x) > (0, 0)]
    return tuple(sorted(found, key=lambda d: (d[0] ** 2 + d[1] ** 2, d)))


def _last(start: Tensor, rounds: Rounds) -> Tensor:
    last = start
    for last in rounds:  # noqa: B007
        pass
    return last


def _running_max(u: Tensor, dx: int, dy: int) -> Tensor:
    """max_{i≥0} u(· − i d) within the field, by shifts that double; in the place of u."""
    while abs(dx) < u.shape[-1] and abs(dy) < u.shape[-2]:
        (to_y, from_y), (to_x, from_x) = _shift(dy), _shift(dx)
        here = u[..., to_y, to_x]
        here.copy_(torch.maximum(here, u[..., from_y, from_x]))
        dx, dy = 2 * dx, 2 * dy
    return u


def _shift(d: int) -> tuple[slice, slice]:
    """Along one axis, the places that have a neighbour at −d, and these neighbours."""
    if d > 0:
        return slice(d, None), slice(None, -d)
    return (slice(None, d), slice(-d, None)) if d else (slice(None), slice(None))


def _raise_middle(u: Tensor, raised: Tensor, dx: int, dy: int) -> None:
    """raised ← max(raised, min(u(· − d), u(· + d))) where both ends lie in the field."""
    height, width = u.shape[-2:]
    if 2 * abs(dx) >= width or 2 * abs(dy) >= height:
        return
    (mid_y, low_y, high_y), (mid_x, low_x, high_x) = _ends(dy, height), _ends(dx, width)
    middle = raised[..., mid_y, mid_x]
    lower = torch.minimum(u[..., low_y, low_x], u[..., high_y, high_x])
    torch.maximum(middle, lower, out=middle)


def _ends(d: int, size: int) -> tuple[slice, slice, slice]:
    far = abs(d)
    places = slice(far, size - far), slice(0, size - 2 * far), slice(2 * far, size)
    return places if d >= 0 else (places[0], places[2], places[1])


def _within(what: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise InputError(f"The {what} must be 1 to {most}, not {value}.", field="set")
