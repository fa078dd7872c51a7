"""CGPM: logits moved by gradient descent until the level sets of their sigmoid are convex (arXiv 2605.19210).

Of logits o, brought to |o| ≤ a in each field and v = σ(o), it descends

    ½ Σ max(v₀ − v, 0)² + λ₁ L₁(v) + λ₂ L₂(v)                                             (1)

with the losses of :mod:`~flowdemo.systems.convexity_losses`; v₀ is where it started. One-sided as it stands, the mask
may grow for free. The gradient is unrolled, so that what made the logits can be trained through it.

``RECOMMENDED`` sums over pixels, with a sharp softplus and momentum, and smooths the gradient: central differences do
not see a chequerboard, which would otherwise grow from the tips of a star. It leaves a disc alone and wants edges some
4 pixels wide. ``REFERENCE`` and ``TUTORIAL`` are those of the authors: means over pixels, unit softplus, Adam. They
shorten outlines, so convex shapes shrink too. A wide mouth is not closed by any of them in 500 iterations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from flowdemo.errors import InputError
from flowdemo.flow import Step
from flowdemo.systems.base import Watch
from flowdemo.systems.convexity import planned_steps
from flowdemo.systems.convexity_losses import RELU, first_order, second_order

OPTIMISERS = ("sgd", "adam")
MAX_ITERATIONS = 5000


@dataclass(frozen=True)
class Recipe:
    """How (1) is descended.

    Args:
        first, second: λ₁ and λ₂, 0 or more.
        margin: δ of L₂, 0 or more.
        sharpness: β of both losses, above 0; infinite for max(·, 0).
        radius, temperature: window and T of L₁.
        stencil: of L₂.
        one_sided: whether only shrinking is charged for, or growing as well.
        total: whether (1) adds up pixels, or takes their mean.
        amplitude: a, above 0. With 1, v stays between 0.27 and 0.73.
        optimiser: one of :data:`OPTIMISERS`.
        rate: of learning, above 0.
        momentum: of ``sgd``, in [0, 1).
        smooth: passes of the weights (1, 2, 1)/4 along both axes over the gradient, 0 to 16.
        floor: ε of ``adam``, above 0; 1e-8 turns rounding noise in flat areas into steps of the full rate.
        border: pixels along the border whose logits are held at −a, 0 to 16.

    Raises:
        InputError: one of them is not to be had.
    """

    first: float = 0.0
    second: float = 5.0
    margin: float = 1e-3
    sharpness: float = 20.0
    radius: int = 3
    temperature: float = 0.0
    stencil: str = "central"
    one_sided: bool = True
    total: bool = True
    amplitude: float = 8.0
    optimiser: str = "sgd"
    rate: float = 1.0
    momentum: float = 0.9
    smooth: int = 2
    floor: float = 1e-8
    border: int = 0

    def __post_init__(self) -> None:
        if self.optimiser not in OPTIMISERS:
            raise InputError(f"The optimiser is {' or '.join(OPTIMISERS)}, not {self.optimiser!r}.", field="set")
        if not min(self.first, self.second) >= 0:
            raise InputError("The weights of the losses must be 0 or more.", field="set")
        if not min(self.rate, self.amplitude, self.floor) > 0 or not 0 <= self.momentum < 1:
            raise InputError("Rate, amplitude and ε must be above 0, momentum at least 0 and below 1.", field="set")
        if not 0 <= self.border <= 16 or not 0 <= self.smooth <= 16:
            raise InputError("The border held down and the passes of smoothing are 0 to 16.", field="set")

    def objective(self, v: Tensor, start: Tensor) -> Tensor:
        """Equation (1), a number: samples and channels added up, so that none feels another."""
        away = (start - v).relu() if self.one_sided else start - v
        squares = away.square().sum((-2, -1)) if self.total else away.square().mean((-2, -1))
        found = squares / 2 if self.total else squares  # the reference has no half
        if self.second:
            found = found + self.second * second_order(v, self.margin, self.sharpness, self.stencil, self.total)
        if self.first:
            found = found + self.first * first_order(v, self.radius, self.temperature, self.sharpness, self.total)
        return found.sum()


RECOMMENDED = Recipe()
REFERENCE = Recipe(
    second=1.0, sharpness=1.0, stencil="backward", total=False, amplitude=1.0, optimiser="adam", rate=1e-2, smooth=0
)  # with 100 iterations
TUTORIAL = Recipe(
    first=2.0, second=0.5, sharpness=1.0, temperature=1.0, stencil="backward", total=False, amplitude=1.0,
    optimiser="adam", rate=1e-2, smooth=0, border=3,
)  # fmt: skip  # with 500 iterations


def project(logits: Tensor, iterations: int = 500, recipe: Recipe = RECOMMENDED) -> Tensor:
    """Logits ``[B, C, H, W]`` after the descent, |o| ≤ a at its start; the mask is where they are at least 0.

    Differentiable, at the price of memory for every iteration, where gradients are on and the logits ask for one.

    Args:
        iterations: 0 to 5000; of 0 the logits are only brought to their amplitude.

    Raises:
        InputError: the number of iterations is out of bounds.
    """
    start = last = normalised(logits, recipe)
    for last in _descent(start, iterations, recipe):  # noqa: B007
        pass
    return last


@torch.no_grad()
def projection_steps(
    logits: Tensor, iterations: int = 500, recipe: Recipe = RECOMMENDED, watch: Watch = None
) -> Iterator[Step]:
    """The descent of :func:`project` as steps whose x is v = σ(o), ``[B, C, H, W]``.

    ``watch`` is called before each iteration.
    """
    start = normalised(logits, recipe)
    states = (state.sigmoid() for state in _descent(start, iterations, recipe, watch))
    yield from planned_steps(start.sigmoid(), states, iterations)


def normalised(logits: Tensor, recipe: Recipe = RECOMMENDED) -> Tensor:
    """Logits scaled to max |o| = a in each field, which keeps their sign; 0 everywhere stays so."""
    largest = logits.abs().amax((-2, -1), keepdim=True)
    return _held(recipe.amplitude * logits / largest.clamp(min=1e-12), recipe)


def logits_of(u: Tensor, floor: float = 1e-4) -> Tensor:
    """log u/(1 − u) of a field in [0, 1], kept finite by ``floor``."""
    return u.clamp(floor, 1 - floor).logit()


def _descent(start: Tensor, iterations: int, recipe: Recipe, watch: Watch = None) -> Iterator[Tensor]:
    if not 0 <= iterations <= MAX_ITERATIONS:
        raise InputError(f"The projection takes 0 to {MAX_ITERATIONS} iterations.", field="steps")
    unrolled = torch.is_grad_enabled() and start.requires_grad
    o, aim = start, start.sigmoid()
    speed, energy = torch.zeros_like(o), torch.zeros_like(o)
    for iteration in range(1, iterations + 1):
        if watch:
            watch()
        with torch.enable_grad():
            here = o if unrolled else o.detach().requires_grad_(True)
            value = recipe.objective(here.sigmoid(), aim if unrolled else aim.detach())
            (slope,) = torch.autograd.grad(value, here, create_graph=unrolled)
        slope = _smoothed(slope, recipe.smooth)
        if recipe.optimiser == "sgd":
            speed = recipe.momentum * speed + slope
            move = speed
        else:
            speed, energy = 0.9 * speed + 0.1 * slope, 0.999 * energy + 0.001 * slope.square()
            root = (energy / (1 - 0.999**iteration) + 1e-30).sqrt()  # the root of 0 has no slope
            move = speed / (1 - 0.9**iteration) / (root + recipe.floor)
        o = _held(o - recipe.rate * move, recipe)
        yield o


def _smoothed(slope: Tensor, passes: int) -> Tensor:
    for _ in range(passes):
        across = pad(slope, (1, 1, 0, 0), mode="replicate")
        slope = (across[..., :-2] + 2 * across[..., 1:-1] + across[..., 2:]) / 4
        down = pad(slope, (0, 0, 1, 1), mode="replicate")
        slope = (down[..., :-2, :] + 2 * down[..., 1:-1, :] + down[..., 2:, :]) / 4
    return slope


def _held(o: Tensor, recipe: Recipe) -> Tensor:
    if not recipe.border:
        return o
    width = recipe.border
    inner = o[..., width:-width, width:-width]
    return pad(inner, (width,) * 4, value=-recipe.amplitude)


__all__ = [
    "OPTIMISERS", "RECOMMENDED", "REFERENCE", "RELU", "TUTORIAL", "Recipe",
    "logits_of", "normalised", "project", "projection_steps",
]  # fmt: skip
