"""The linear path between a source x0 (t = 0) and a target x1 (t = 1).

    z_t = (1 - t) x0 + t x1,        dz_t/dt = x1 - x0

and the conversions between the velocity and the two end points, each valid for the estimates of a network
as well: from z_t = (1 - t) x0 + t x1 and v = x1 - x0 follow x1 = z + (1 - t) v and x0 = z - t v.

Shapes: states are [B, ...] or any shape, all equal. t is a Python float, or one time per sample as an array
of shape [B] (or any shape that broadcasts against the state with as many axes).
"""

from __future__ import annotations

from flowdemo.errors import InputError
from flowdemo.flow.arrays import Array, per_sample


def interpolate(x0: Array, x1: Array, t: float | Array) -> Array:
    """Return z_t = (1 - t) x0 + t x1, the shape of x0; exactly x0 at t = 0 and x1 at t = 1."""
    t = per_sample(t, x0)
    return (1 - t) * x0 + t * x1


def velocity(x0: Array, x1: Array) -> Array:
    """Return dz_t/dt = x1 - x0, the same at every t: the regression target of flow matching."""
    return x1 - x0


def velocity_to_target(x1_hat: Array, z: Array, t: float | Array) -> Array:
    """Return v = (x1_hat - z) / (1 - t), the velocity that reaches the predicted target at t = 1.

    Singular at t = 1, where z is the target already and says nothing about the velocity. A Python t = 1 is
    refused; in an array of times those samples become inf or NaN, so keep training times below 1.

    Raises:
        InputError: t is the Python number 1 (field ``"t"``).
    """
    if isinstance(t, (int, float)) and t == 1:
        raise InputError("The velocity towards the target is undefined at t = 1; use a t below 1.", field="t")
    return (x1_hat - z) / (1 - per_sample(t, z))


def velocity_from_source(x0_hat: Array, z: Array, t: float | Array) -> Array:
    """Return v = (z - x0_hat) / t, the velocity that left the predicted source at t = 0.

    Singular at t = 0, where z is the source still and says nothing about the velocity. A Python t = 0 is
    refused; in an array of times those samples become inf or NaN, so keep training times above 0.

    Raises:
        InputError: t is the Python number 0 (field ``"t"``).
    """
    if isinstance(t, (int, float)) and t == 0:
        raise InputError("The velocity from the source is undefined at t = 0; use a t above 0.", field="t")
    return (z - x0_hat) / per_sample(t, z)


def target_estimate(z: Array, v: Array, t: float | Array) -> Array:
    """Return x1_hat = z + (1 - t) v, the end of the straight line; inverse of `velocity_to_target`."""
    return z + (1 - per_sample(t, z)) * v


def source_estimate(z: Array, v: Array, t: float | Array) -> Array:
    """Return x0_hat = z - t v, the start of the straight line; inverse of `velocity_from_source`."""
    return z - per_sample(t, z) * v


def linear_guess(s: float | Array, sigma: float) -> float | Array:
    """The best linear guess of clean - noise from z = (1 - s) noise + s clean, as a factor of z.

        c(s) = (s sigma^2 - (1 - s)) / ((1 - s)^2 + s^2 sigma^2)

    for standard normal noise and independent clean values of mean 0 and standard deviation sigma. A network that is
    given c(s) z beside its own answer need not copy the noise.
    """
    return (s * sigma**2 - (1 - s)) / ((1 - s) ** 2 + s**2 * sigma**2)
