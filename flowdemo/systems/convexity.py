"""Convex level sets as iterations on a field u: the curvature flow, how runs become steps, several classes at once.

A field u is float ``[B, C, H, W]`` in [0, 1], each channel on its own. The flow moves level lines outwards where they
are dented and nowhere else:

    u ← u + Δt max(u_ss, 0) − Δt μ (u − u₀),   u_ss = Q₂/(|∇u|² + 1e-6)                  (1)

with u_ss of :mod:`~flowdemo.systems.convexity_losses`. It wants edges of 2 pixels or more. With μ = 0 the field only
grows, never above its highest value, and convex shapes stand still; its limit is near the quasi-concave envelope of
every connected part. The border is repeated outwards: level lines that run into it move, so leave some pixels around a
shape.

Two fields in each other, such as a nucleus in its cell, stay so by the minimum: it keeps level sets convex, which the
maximum does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor

from flowdemo.errors import InputError
from flowdemo.flow import Step
from flowdemo.systems.base import Watch
from flowdemo.systems.convexity_losses import bend
from flowdemo.systems.levelscan import MAX_ROUNDS, line_scan_rounds, midpoint_rounds

KEPT = 50  # steps of a run after its start, at most
PACE = 0.2  # Δt
FASTEST = 0.25  # Δt up to which (1) is stable
MAX_ITERATIONS = 20000

Project = Callable[[Tensor], Tensor]


def curvature_flow(u: Tensor, iterations: int = 500, dt: float = PACE, mu: float = 0.0) -> Tensor:
    """Equation (1), in the shape of u; differentiable.

    Args:
        iterations: 0 to 20000; of 0 the field comes back as it is.
        dt: Δt in squared pixels, above 0 and at most 0.25.
        mu: μ, pull back to where it started, 0 to 1.

    Raises:
        InputError: one of them is out of bounds.
    """
    _check(iterations, dt, mu)
    start, highest = u, _highest(u)
    for _ in range(iterations):
        u = _moved(u, start, highest, dt, mu)
    return u


@torch.no_grad()
def curvature_steps(
    u: Tensor, iterations: int = 500, dt: float = PACE, mu: float = 0.0, watch: Watch = None
) -> Iterator[Step]:
    """The flow of :func:`curvature_flow` as steps; ``watch`` is called before each iteration.

    Raises:
        InputError: as there, once the first step is asked for.
    """
    _check(iterations, dt, mu)

    def states() -> Iterator[Tensor]:
        field, highest = u, _highest(u)
        for _ in range(iterations):
            if watch:
                watch()
            field = _moved(field, u, highest, dt, mu)
            yield field

    yield from planned_steps(u, states(), iterations)


def midpoint_steps(u: Tensor, radius: int = 15, rounds: int = MAX_ROUNDS, watch: Watch = None) -> Iterator[Step]:
    """The rounds of :func:`~flowdemo.systems.levelscan.midpoint`, t counting them, once it is known how many."""
    yield from settled_steps(u, midpoint_rounds(u, radius, rounds), watch)


def line_scan_steps(u: Tensor, reach: int = 5, rounds: int = MAX_ROUNDS, watch: Watch = None) -> Iterator[Step]:
    """What :func:`~flowdemo.systems.levelscan.line_scan` changed, t counting the directions that changed anything."""
    yield from settled_steps(u, line_scan_rounds(u, reach, rounds), watch)


def planned_steps(start: Tensor, states: Iterable[Tensor], count: int) -> Iterator[Step]:
    """The start and at most :data:`KEPT` of ``count`` states, evenly, as they come; t is the iteration."""
    number = min(KEPT, count)
    kept = {round(i * count / number): i for i in range(1, number + 1)}
    yield Step(0, 0.0, 0.0, start.detach().clone(), None, 0)
    for iteration, state in enumerate(states, 1):
        if iteration in kept:
            index = kept[iteration]
            yield Step(index, index / number, float(iteration), state.detach(), None, 0)


def settled_steps(start: Tensor, states: Iterable[Tensor], watch: Watch = None) -> Iterator[Step]:
    """The same of states whose number shows only at their end; ``watch`` is called before each is worked out."""
    kept, stride, last = [], 1, (0, start.detach().clone())
    if watch:
        watch()
    for iteration, state in enumerate(states, 1):
        if watch:
            watch()
        last = iteration, state
        if iteration % stride == 0:
            kept.append(last)
        if len(kept) == KEPT:  # from here on half as often
            kept, stride = kept[1::2], 2 * stride
    if last[0] and (not kept or kept[-1][0] != last[0]):
        kept.append(last)
    yield Step(0, 0.0, 0.0, start.detach().clone(), None, 0)
    for index, (iteration, state) in enumerate(kept, 1):
        yield Step(index, index / len(kept), float(iteration), state, None, 0)


def nested(project: Project, fields: Tensor) -> Tensor:
    """Every field made convex, none beyond the one around it, ``[B, K, H, W]``.

    Args:
        project: makes fields convex channel by channel, such as :func:`curvature_flow`.
        fields: the outermost first, each within the one before: a cell, then its nucleus.
    """
    return torch.cummin(project(fields), dim=1).values


def nested_classes(project: Project, probabilities: Tensor, inwards: tuple[int, ...]) -> Tensor:
    """Class probabilities whose shapes lie in each other, made convex, ``[B, K, H, W]`` that add up to 1.

    The field of a class is the probability of it or of any class further in; the background is what is left of the
    outermost.

    Args:
        probabilities: ``[B, K, H, W]``, adding up to 1 at every pixel.
        inwards: the classes in each other, outermost first; one of K is left out and lies around them all.

    Raises:
        InputError: not all classes but one are named, each once.
    """
    classes = set(range(probabilities.shape[1]))
    if len(set(inwards)) != len(inwards) or not set(inwards) < classes or len(inwards) != len(classes) - 1:
        raise InputError("Shapes in each other name all classes but the one around them, each once.", field="set")
    (around,) = classes - set(inwards)
    within = probabilities[:, list(inwards)].flip(1).cumsum(1).flip(1).clamp(0, 1)
    fields = nested(project, within)
    edges = torch.cat([torch.ones_like(fields[:, :1]), fields, torch.zeros_like(fields[:, :1])], 1)
    parts = edges[:, :-1] - edges[:, 1:]
    return parts[:, [([around, *inwards]).index(k) for k in range(len(classes))]]


def _moved(u: Tensor, start: Tensor, highest: Tensor, dt: float, mu: float) -> Tensor:
    grown = torch.add(u, bend(u).relu(), alpha=dt)
    if mu:
        grown = grown - dt * mu * (u - start)
    return torch.where(grown > highest, highest, grown)  # a minimum would halve the gradient where both are equal


def _highest(u: Tensor) -> Tensor:
    """The bound of the flow, which differences on a grid overstep a little along a ridge."""
    return u.detach().amax((-2, -1), keepdim=True)


def _check(iterations: int, dt: float, mu: float) -> None:
    if not 0 <= iterations <= MAX_ITERATIONS:
        raise InputError(f"The curvature flow takes 0 to {MAX_ITERATIONS} iterations.", field="steps")
    if not 0 < dt <= FASTEST:
        raise InputError(f"The curvature flow is stable for a Δt above 0 and at most {FASTEST}.", field="set")
    if not 0 <= mu <= 1:
        raise InputError("The pull μ must be 0 to 1.", field="set")
