"""Local conditions of quasi-concavity, as losses of first and second order (arXiv 2605.19210, D-Convexity).

A field u, float ``[B, C, H, W]`` in [0, 1], is quasi-concave if all its level sets {u ≥ γ} are convex. With the bend of
its level lines

    u_ss = Q₂/|∇u|²,   Q₂ = u_x² u_yy − 2 u_x u_y u_xy + u_y² u_xx                       (1)

(the second derivative along the line; curvature κ = −u_ss/|∇u|, 1/R on a disc of radius R) the losses of one field are

    L₂ = mean over y of |∇u| h(u_ss + δ)                                                (2)
    L₁ = mean over y of Σ_{x ∈ N_r(y)} ω(u(x) − u(y)) h(∇u(y)·(y − x)/|y − x|)           (3)

where h is max(·, 0) or a softplus of sharpness β, log(1 + e^{β a})/β, and ω the indicator of u(x) ≥ u(y) or a sigmoid.

Both are 0 for h = max(·, 0), δ = 0 and the indicator if u is quasi-concave. The softplus rests on ln 2/β per unit of
length: at β = 1 it outweighs every bend, and L₂ is a perimeter. A sigmoid ω of temperature 1 tells a disc from a star
no better. The border is repeated outwards, so level lines that run into it are charged for. Being local, the losses see
each connected part on its own: two discs far apart pass.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

from flowdemo.errors import InputError
from flowdemo.systems.differences import backward, central, second

FLAT = 1e-10  # |∇u|² below which a pixel has no level line
RELU = float("inf")  # sharpness of h that is max(·, 0)

Derivatives = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def centred(u: Tensor) -> Derivatives:
    """(u_x, u_y, u_xx, u_xy, u_yy) of stencils that look to both sides."""
    return *central(u), *second(u)


def lagging(u: Tensor) -> Derivatives:
    """The same by backward differences taken twice: of the first two a half, of the rest one pixel behind."""
    ux, uy = backward(u)
    uxx, uxy = backward(ux)
    return ux, uy, uxx, uxy, backward(uy)[1]


STENCILS: dict[str, Callable[[Tensor], Derivatives]] = {"central": centred, "backward": lagging}


def bend(u: Tensor, floor: float = 1e-6) -> Tensor:
    """u_ss by (1) with |∇u|² + ``floor`` below, in the shape of u: above 0 where a level line is dented."""
    ux, uy, uxx, uxy, uyy = centred(u)
    across, down = ux * ux, uy * uy
    return (across * uyy - 2 * ux * uy * uxy + down * uxx) / (across + down + floor)


def curvature(u: Tensor) -> Tensor:
    """κ of the level line through each pixel in 1/pixel, above 0 where it is convex, 0 where u is flat.

    To be trusted where edges are soft and the border is far: within 1 % for a width of 4 pixels, within 3 % on
    average for 2, not at all for 1.
    """
    ux, uy = central(u)
    squared = ux * ux + uy * uy
    return torch.where(squared > FLAT, -bend(u, 1e-20) / (squared + 1e-20).sqrt(), 0.0)


def second_order(
    u: Tensor, margin: float = 0.0, sharpness: float = RELU, stencil: str = "central", total: bool = False
) -> Tensor:
    """Equation (2) of each sample and channel, ``[B, C]``, in bends per pixel.

    Args:
        margin: δ, 0 or more. A convex outline violates it where R > |∇u|/δ, a straight one always.
        sharpness: β, above 0; :data:`RELU` for max(·, 0).
        stencil: a key of :data:`STENCILS`; ``backward`` is that of the reference, shifted by a pixel.
        total: the sum over pixels instead of the mean, which does not fade as the field grows.

    Raises:
        InputError: one of them is not to be had.
    """
    if stencil not in STENCILS:
        raise InputError(f"The stencil is {' or '.join(STENCILS)}, not {stencil!r}.", field="set")
    if not margin >= 0:
        raise InputError("The margin δ must be 0 or more.", field="set")
    ux, uy, uxx, uxy, uyy = STENCILS[stencil](u)
    squared = ux * ux + uy * uy
    bends = (ux * ux * uyy - 2 * ux * uy * uxy + uy * uy * uxx) / (squared + 1e-8)
    steep = (squared + 1e-8).sqrt() * (squared.detach() > FLAT)
    return _reduced(steep * hinge(bends + margin, sharpness), total)


def first_order(
    u: Tensor, radius: int = 3, temperature: float = 0.0, sharpness: float = RELU, total: bool = False
) -> Tensor:
    """Equation (3) of each sample and channel, ``[B, C]``, in slopes per pixel.

    Args:
        radius: r in pixels, 1 to 15: N_r is the square of 2r + 1 pixels around y but for y.
        temperature: 0 for the indicator, which passes no gradient; above 0 the T of ω(a) = σ(a/T).
        sharpness: β, above 0; :data:`RELU` for max(·, 0).
        total: the sum over pixels instead of the mean.

    Raises:
        InputError: one of them is out of bounds.
    """
    if not 1 <= radius <= 15:
        raise InputError("The window of the first-order loss reaches 1 to 15 pixels.", field="set")
    if not temperature >= 0:
        raise InputError("The temperature must be 0 or more.", field="set")
    ux, uy = central(u)
    found = torch.zeros_like(u)
    for dx, dy in window(radius):  # the whole window at once would take (2r + 1)² fields of memory
        away = (dx * dx + dy * dy) ** 0.5
        (rows, from_rows), (columns, from_columns) = _neighbours(dy, u.shape[-2]), _neighbours(dx, u.shape[-1])
        rise = u[..., from_rows, from_columns] - u[..., rows, columns]
        weight = (rise / temperature).sigmoid() if temperature else (rise.detach() >= 0).to(u.dtype)
        slope = -(dx * ux[..., rows, columns] + dy * uy[..., rows, columns]) / away
        found[..., rows, columns] += weight * hinge(slope, sharpness)
    return _reduced(found, total)


def window(radius: int) -> list[tuple[int, int]]:
    """Offsets (dx, dy) of the pixels x around y, y left out."""
    span = range(-radius, radius + 1)
    return [(x, y) for y in span for x in span if x or y]


def variation(u: Tensor, total: bool = False) -> Tensor:
    """Mean (or sum) of |∇u| of each sample and channel, ``[B, C]``: what the losses are told in parts of."""
    ux, uy = central(u)
    return _reduced((ux * ux + uy * uy + 1e-20).sqrt(), total)


def hinge(a: Tensor, sharpness: float = RELU) -> Tensor:
    """h: max(a, 0), or the softplus log(1 + e^{β a})/β of a finite β.

    Raises:
        InputError: β is not above 0.
    """
    if not sharpness > 0:
        raise InputError("The sharpness β must be above 0.", field="set")
    return a.relu() if sharpness == RELU else softplus(a, beta=sharpness)


def _reduced(found: Tensor, total: bool) -> Tensor:
    return found.sum((-2, -1)) if total else found.mean((-2, -1))


def _neighbours(d: int, size: int) -> tuple[slice, slice]:
    """Along one axis, the places that have a neighbour at +d, and these neighbours."""
    return slice(max(0, -d), size - max(0, d)), slice(max(0, d), size - max(0, -d))
