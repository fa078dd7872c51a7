"""Contour Flow (arXiv 2504.09384): contours that run along those of a reference shape.

u ∈ [0, 1] is a soft mask ``[B, 1, H, W]``, φ the reference's signed distance (positive inside), T its tangent field
``[B, 2, H, W]``: T_x, then T_y.

    T = (−n_y, n_x),  n = ∇φ/|∇φ|;  T = 0 where |∇φ| vanishes                                     (1)
    constraint   ⟨∇u, T⟩ = 0, so that u = f(φ) along each level line of φ                          (2)
    loss         L = Σ|⟨∇u, T⟩| / Σ|∇u|  ∈ [0, 1]                                                  (3)

(2) asks for equal normals, not for equal size: a contour at a constant distance from the reference's costs nothing, a
scaled one does unless it is a disc. What shifts or turns u alone is seen, as T stays where it is; the pose-free form
first brings T to where u lies, by moments.

Segmentation under (2) is a saddle point. With logits o, a Gaussian k and a multiplier q, from u⁰ = σ(o/ε), q⁰ = 0:

    min_u  −⟨o, u⟩ + ε⟨u ln u + (1 − u) ln(1 − u), 1⟩ + λ⟨u, k*(1 − u)⟩   subject to (2)            (4)
    q ← q + τ ⟨T, ∇u⟩,   u ← σ((o − λ k*(1 − 2u) + div(q T)) / ε), both from the u before            (5)

The entropy is 4ε-strongly convex (2ε where classes share a softmax) and ‖⟨T, ∇·⟩‖² ≤ 8, so that for λ = 0 the ascent in
q converges for τ < ε (softmax: ε/2) and may circle or blow up beyond. q carries evidence along the level lines of φ: in
the limit, for λ = 0, u = σ(ō/ε) with ō the mean of o on each level line. Reconstructed from the paper's abstract and
first principles; the paper's own discretisation may differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from flowdemo.errors import InputError
from flowdemo.flow import Step
from flowdemo.systems.base import Watch
from flowdemo.systems.differences import central, divergence, forward
from flowdemo.systems.distance import blurred, gaussian_weights
from flowdemo.systems.moments import Template, centroid, places, second_moments

FLAT = 1e-3  # |∇φ| below which no direction is read off φ
FRAMES = 51  # of any number of iterations so many are kept, the start and the end among them
EPSILON = 1e-6  # pixels of contour, next to nothing
TINY = 1e-12  # the root of 0 has a gradient then
Number = float | Tensor
Tangent = Tensor | Callable[[Tensor], Tensor]  # fixed, or found anew from each u


def tangent(phi: Tensor) -> Tensor:
    """T of signed distances ``[B, C, H, W]`` by (1), ``[B, 2C, H, W]``: all T_x, then all T_y.

    |T| is 1 or 0, and 0 on the outermost pixels.
    """
    across, down = central(phi)
    return _unit(-down, across)


def _unit(x: Tensor, y: Tensor) -> Tensor:
    length = torch.hypot(x, y)
    scale = torch.where(length > FLAT, 1 / length.clamp(min=FLAT), 0)
    found = torch.cat([x * scale, y * scale], 1)
    framed = torch.zeros_like(found)
    framed[..., 1:-1, 1:-1] = found[..., 1:-1, 1:-1]
    return framed


def ellipse_tangent(u: Tensor) -> Tensor:
    """T of the ellipse that has the moments of u ``[B, 1, H, W]``: the tangents of xᵀM⁻¹x, ``[B, 2, H, W]``."""
    (x, y), (cx, cy), (xx, xy, yy) = places(u), centroid(u), second_moments(u)
    x, y = x - cx, y - cy
    return _unit(xx * y - xy * x, xy * y - yy * x)


def shape_loss(u: Tensor, along: Tensor, soft: float = 0.0) -> Tensor:
    """(3) of each u ``[B, C, H, W]``, ``[B, C]``, by central differences.

    Args:
        along: T, ``[B, 2, H, W]``, or ``[B, 2C, H, W]``: all T_x, then all T_y.
        soft: |s| becomes √(s² + soft²) − soft, which has no kink at 0; 1e-3 for training.

    Constant u and every u = f(φ) have a loss of 0: pair it with a loss of the pixels.
    """
    across, down = central(u)
    lost, length = _slope(across, down, along), (across**2 + down**2 + TINY**2).sqrt()
    lost = (lost**2 + soft**2).sqrt() - soft if soft else lost.abs()
    return lost.sum((2, 3)) / (length.sum((2, 3)) + EPSILON)


def pose_free_loss(u: Tensor, template: Template, soft: float = 0.0) -> Tensor:
    """(3) with the template brought to where u ``[B, 1, H, W]`` lies, ``[B, 1]``."""
    return shape_loss(u, tangent(template.distance(u)), soft)


def tangent_loss(found: Tensor, true: Tensor) -> Tensor:
    """Mean of 1 − |⟨T̂, T⟩| where the true T is not 0, for T̂, T ``[B, 2C, H, W]`` of length 1; a number.

    The sign of T is left free: (5) sees T only through q T, which is even in it.
    """
    (fx, fy), (tx, ty) = found.chunk(2, 1), true.chunk(2, 1)
    known = (tx**2 + ty**2 > 0).to(found.dtype)
    return (known * (1 - (fx * tx + fy * ty).abs())).sum() / known.sum().clamp(min=1)


def _slope(across: Tensor, down: Tensor, along: Tensor) -> Tensor:
    tx, ty = along.chunk(2, 1)
    return tx * across + ty * down


def residual(u: Tensor, along: Tensor) -> Tensor:
    """By how much u ``[B, C, H, W]`` misses (2), ``[B]``: the ratio (3) by the forward differences of (5), 0 to 1."""
    across, down = forward(u)
    length = torch.hypot(across, down).sum((1, 2, 3))
    return _slope(across, down, along).abs().sum((1, 2, 3)) / (length + EPSILON)


def step_limit(epsilon: Number, channels: int = 1) -> Number:
    """The τ below which (5) converges for λ = 0; half of it lowers the dual energy at every step."""
    return epsilon if channels == 1 else epsilon / 2


@dataclass(frozen=True)
class Settings:
    """Of (4) and (5).

    Args:
        epsilon: ε, above 0; below 1 masks get sharper.
        strength: λ ≥ 0, the weight of short contours.
        share: τ as a share of :func:`step_limit`; 1 and more is allowed, to show what happens then.
        side: of k, an odd number of pixels.
        sigma: of k, in pixels.

    Raises:
        InputError: one of them is not to be had.
    """

    epsilon: float = 1.0
    strength: float = 1.0
    share: float = 0.9
    side: int = 5
    sigma: float = 5.0

    def __post_init__(self) -> None:
        if not self.epsilon > 0 or not self.sigma > 0:
            raise InputError("ε and the width of the kernel must be above 0.", field="epsilon")
        if not self.strength >= 0 or not self.share >= 0:
            raise InputError("λ and the step τ must not be negative.", field="strength")
        if not 1 <= self.side <= 31 or self.side % 2 == 0:
            raise InputError("The kernel's side is an odd number of pixels up to 31.", field="side")


DEFAULTS = Settings()


def mask_of(argument: Tensor) -> Tensor:
    """u of logits over ε ``[B, C, H, W]``: σ of one channel, the softmax of several classes."""
    return argument.sigmoid() if argument.shape[1] == 1 else argument.softmax(1)


def iterated(logits: Tensor, along: Tensor, epsilon: Number, strength: Number, tau: Number, kernel: Tensor,
             count: int, traced: int | None = None) -> Tensor:  # fmt: skip
    """Logits after ``count`` rounds of (5): the argument of the last σ, ``[B, C, H, W]``. Differentiable.

    Args:
        logits: o, ``[B, C, H, W]``: C = 1 for a mask, or the logits of C > 1 classes.
        along: T, ``[B, 2, H, W]`` for all channels or ``[B, 2C, H, W]``.
        epsilon, strength, tau: ε, λ and τ, numbers or tensors of one.
        kernel: weights ``[odd]`` of k along one axis.
        count: at least 0; after 0 rounds it is o/ε.
        traced: so many of the last rounds pass a gradient; all if None.
    """
    q, argument = torch.zeros_like(logits), logits / epsilon
    wanted = torch.is_grad_enabled()
    for done in range(count):
        with torch.set_grad_enabled(wanted and (traced is None or done >= count - traced)):
            q, argument = _round(logits, along, q, mask_of(argument), epsilon, strength, tau, kernel)
    return argument


def _round(logits: Tensor, along: Tensor, q: Tensor, u: Tensor, epsilon: Number, strength: Number, tau: Number,
           kernel: Tensor) -> tuple[Tensor, Tensor]:  # fmt: skip
    """One round of (5): the next q, and the argument of σ that makes the next u."""
    q = q + tau * _slope(*forward(u), along)
    return q, (logits - strength * blurred(1 - 2 * u, kernel) + _force(q, along)) / epsilon


def _force(q: Tensor, along: Tensor) -> Tensor:
    tx, ty = along.chunk(2, 1)
    return divergence(q * tx, q * ty)


def constrained(logits: Tensor, along: Tensor, count: int = 50, settings: Settings = DEFAULTS) -> Tensor:
    """End of ``count`` rounds of (5) as logits, ``[B, C, H, W]``: u is :func:`mask_of` them. See :func:`iterated`."""
    return unrolled(logits, along, settings.epsilon, settings.strength, settings.share, settings.sigma, settings.side,
                    count)  # fmt: skip


def unrolled(logits: Tensor, along: Tensor, epsilon: Number, strength: Number, share: Number, sigma: Number, side: int,
             count: int, traced: int | None = None) -> Tensor:  # fmt: skip
    """:func:`constrained` with settings that may be tensors and learn; the block of CFSSnet."""
    kernel = gaussian_weights(side, sigma).to(logits)
    tau = share * step_limit(epsilon, logits.shape[1])
    return iterated(logits, along, epsilon, strength, tau, kernel, count, traced)


def evidence(masks: Tensor, noise: float, seed: int, hidden: tuple[int, int, int, int] | None = None) -> Tensor:
    """Logits that a poor segmenter could give of masks ``[B, 1, H, W]`` of 0 and 1: ±1 with noise, in their shape.

    Args:
        noise: standard deviation of Gaussian noise that each pixel has of its own.
        seed: of the noise, drawn on the CPU.
        hidden: (top, bottom, left, right) of a rectangle that is taken for background, in pixels, ends not included.
    """
    logits = 2 * masks - 1
    if hidden:
        top, bottom, left, right = hidden
        logits[..., top:bottom, left:right] = -1
    drawn = torch.randn(masks.shape, generator=torch.Generator().manual_seed(seed))
    return logits + noise * drawn.to(logits)


@dataclass(frozen=True, eq=False)
class FlowStep(Step):
    """A step whose x is u ``[B, C, H, W]`` and whose t counts rounds of (5).

    Attributes:
        multiplier: q, in the shape of u.
        tangent: T that led here, ``[B, 2 or 2C, H, W]``.
    """

    multiplier: Tensor
    tangent: Tensor

    @property
    def residual(self) -> Tensor:
        """How far from (2), ``[B]``, 0 to 1."""
        return residual(self.x, self.tangent)

    @property
    def residual_map(self) -> Tensor:
        """|⟨T, ∇u⟩|, in the shape of u, per pixel."""
        return _slope(*forward(self.x), self.tangent).abs()

    @property
    def force(self) -> Tensor:
        """div(q T), in the shape of u: what the constraint adds to the logits."""
        return _force(self.multiplier, self.tangent)


@torch.no_grad()
def steps(logits: Tensor, along: Tangent, count: int = 50, settings: Settings = DEFAULTS,
          watch: Watch = None) -> Iterator[FlowStep]:  # fmt: skip
    """u before the first round of (5) and after up to :data:`FRAMES` − 1 of ``count`` rounds, the last among them.

    Args:
        logits: as for :func:`iterated`.
        along: T, or what finds it from u before each round, for a template that follows what it shapes.
        watch: called before each round.
    """
    epsilon, kernel = settings.epsilon, gaussian_weights(settings.side, settings.sigma).to(logits)
    tau = settings.share * step_limit(epsilon, logits.shape[1])
    index, q, u = 0, torch.zeros_like(logits), mask_of(logits / epsilon)
    field = along(u) if callable(along) else along
    yield FlowStep(0, 0.0, 0.0, u, None, 0, q, field)
    kept = set(kept_rounds(count))
    for done in range(1, count + 1):
        if watch:
            watch()
        field = along(u) if callable(along) else along
        q, argument = _round(logits, field, q, u, epsilon, settings.strength, tau, kernel)
        u = mask_of(argument)
        if done in kept:
            index += 1
            yield FlowStep(index, done / count, float(done), u, None, 0, q, field)


def kept_rounds(count: int) -> list[int]:
    """Which of ``count`` rounds are kept, evenly spread: rising numbers from 1 to ``count``, at most FRAMES − 1."""
    frames = min(count, FRAMES - 1)
    return [round(count * k / frames) for k in range(1, frames + 1)]
