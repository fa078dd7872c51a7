"""Velocity fields whose exact flow is known: oracles for solvers, systems and the page.

Each has `velocity(x, t)`, the right-hand side of dx/dt = v(x, t), and `flow(x, t0, t1)`, the exact state at
t1 of the solution that is at x when t = t0, for any order of t0 and t1. Shapes are those of x.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from flowdemo.errors import InputError
from flowdemo.flow.arrays import Array


class AnalyticField(Protocol):
    """A velocity field with its exact flow."""

    def velocity(self, x: Array, t: float) -> Array: ...

    def flow(self, x: Array, t0: float, t1: float) -> Array: ...


@dataclass(frozen=True, eq=False)
class Constant:
    """v(x, t) = c, with c a number or an array that broadcasts against x."""

    c: float | Array

    def velocity(self, x: Array, t: float) -> Array:
        return 0.0 * x + self.c

    def flow(self, x: Array, t0: float, t1: float) -> Array:
        return x + (t1 - t0) * self.c


@dataclass(frozen=True)
class Linear:
    """v(x, t) = a x; the flow is x exp(a (t1 - t0))."""

    a: float

    def velocity(self, x: Array, t: float) -> Array:
        return self.a * x

    def flow(self, x: Array, t0: float, t1: float) -> Array:
        return math.exp(self.a * (t1 - t0)) * x


@dataclass(frozen=True)
class Rotation:
    """Points [..., 2] turn about the origin with omega radians per unit of time: v = omega (-x2, x1)."""

    omega: float

    def velocity(self, x: Array, t: float) -> Array:
        return self.omega * _quarter_turn(x)

    def flow(self, x: Array, t0: float, t1: float) -> Array:
        angle = self.omega * (t1 - t0)
        return math.cos(angle) * x + math.sin(angle) * _quarter_turn(x)


@dataclass(frozen=True)
class Polynomial:
    """v(x, t) = sum_k a_k t^k, the same for every element of x; the flow is a plain integral over time."""

    coefficients: tuple[float, ...]

    def velocity(self, x: Array, t: float) -> Array:
        return 0.0 * x + sum(a * t**k for k, a in enumerate(self.coefficients))

    def flow(self, x: Array, t0: float, t1: float) -> Array:
        terms = enumerate(self.coefficients, start=1)
        return x + sum(a / k * (t1**k - t0**k) for k, a in terms)


@dataclass(frozen=True, eq=False)
class GaussianPath:
    """The marginal flow of the linear path between independent N(m0, s0^2) and N(m1, s1^2), per element.

    At time t the marginal is N(m, s^2) with m = (1 - t) m0 + t m1 and s^2 = (1 - t)^2 s0^2 + t^2 s1^2, and
    E[x1 - x0 | x_t = x] = (m1 - m0) + (t s1^2 - (1 - t) s0^2) / s^2 (x - m), whose flow keeps (x - m) / s.

    m0 and m1 are numbers or arrays that broadcast against x; s0 and s1 are numbers above 0.

    Raises:
        InputError: a standard deviation is not above 0 (field ``"s0"`` or ``"s1"``).
    """

    m0: float | Array
    m1: float | Array
    s0: float
    s1: float

    def __post_init__(self) -> None:
        for name in ("s0", "s1"):
            if not getattr(self, name) > 0:
                raise InputError("The standard deviations of a Gaussian path must be above 0.", field=name)

    def velocity(self, x: Array, t: float) -> Array:
        shear = (t * self.s1**2 - (1 - t) * self.s0**2) / self._deviation(t) ** 2
        return (self.m1 - self.m0) + shear * (x - self._mean(t))

    def flow(self, x: Array, t0: float, t1: float) -> Array:
        stretch = self._deviation(t1) / self._deviation(t0)
        return self._mean(t1) + stretch * (x - self._mean(t0))

    def _mean(self, t: float) -> float | Array:
        return (1 - t) * self.m0 + t * self.m1

    def _deviation(self, t: float) -> float:
        return math.hypot((1 - t) * self.s0, t * self.s1)


def _quarter_turn(x: Array) -> Array:
    turned = x[..., [1, 0]]  # indexing with a list copies in numpy and torch alike
    turned[..., 0] *= -1
    return turned
