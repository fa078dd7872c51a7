"""Where a shape lies, how large it is and how it is turned, by its moments; and what brings a template there.

With weights u ≥ 0, the area m = Σ u, the centroid c, and μ_ab = Σ u (x − c_x)^a (y − c_y)^b / m,

    scale s = √m,   angle θ = ½ atan2(2 μ₁₁, μ₂₀ − μ₀₂)                          (1)

x runs along a row and y down a column, from the middle of the first pixel, in pixels; angles are in radians from x to
y, clockwise as a picture is shown. θ tells an axis, so it is known up to half a turn, and tells nothing of a shape
whose second moments are those of a disc (a square, a flower of five petals). :func:`alignment` therefore tries turns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from flowdemo.errors import InputError
from flowdemo.systems.distance import signed_distance

LEAST = 1e-6  # of an area, in pixels


@dataclass(frozen=True, eq=False)
class Pose:
    """Place, size and turn of B shapes, each ``[B]``.

    Args:
        x, y: centroid, in pixels.
        scale: √area, in pixels; equivalently, of two poses the quotient is the factor between them.
        angle: of the longer axis, in radians.
    """

    x: Tensor
    y: Tensor
    scale: Tensor
    angle: Tensor

    def moved(self, dx: float = 0.0, dy: float = 0.0, angle: float = 0.0, scale: float = 1.0) -> Pose:
        """The pose after a shift in pixels, a further turn in radians and a factor."""
        return Pose(self.x + dx, self.y + dy, self.scale * scale, self.angle + angle)


def places(field: Tensor) -> tuple[Tensor, Tensor]:
    """x ``[1, 1, 1, W]`` and y ``[1, 1, H, 1]`` of the pixels of a field, in its type and on its device."""
    height, width = field.shape[-2:]
    across = torch.arange(width, dtype=field.dtype, device=field.device)
    down = torch.arange(height, dtype=field.dtype, device=field.device)
    return across[None, None, None], down[None, None, :, None]


def centroid(u: Tensor) -> tuple[Tensor, Tensor]:
    """(c_x, c_y) of fields ``[B, 1, H, W]`` in pixels, each ``[B, 1, 1, 1]``."""
    area = u.sum((2, 3), keepdim=True).clamp(min=LEAST)
    return tuple((u * axis).sum((2, 3), keepdim=True) / area for axis in places(u))


def second_moments(u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(μ₂₀, μ₁₁, μ₀₂) of fields ``[B, 1, H, W]`` in square pixels, each ``[B, 1, 1, 1]``."""
    area = u.sum((2, 3), keepdim=True).clamp(min=LEAST)
    x, y = (axis - middle for axis, middle in zip(places(u), centroid(u), strict=True))
    return tuple((u * part).sum((2, 3), keepdim=True) / area for part in (x * x, x * y, y * y))


def pose_of(u: Tensor) -> Pose:
    """Equation (1) of fields ``[B, 1, H, W]``, or of masks as 0 and 1.

    Everything that is not 0 counts, the background of a soft field too: hand in a mask, or a field cut off below.
    """
    xx, xy, yy = second_moments(u)
    found = (*centroid(u), u.sum((2, 3), keepdim=True).clamp(min=LEAST).sqrt(), 0.5 * torch.atan2(2 * xy, xx - yy))
    return Pose(*(part.flatten() for part in found))


def carried(field: Tensor, source: Pose, target: Pose, size: tuple[int, int], margin: int = 0,
            beyond: str = "border") -> Tensor:  # fmt: skip
    """A field as it looks after the similarity that takes one pose to another, bilinear, ``[B, 1, *size]``.

    Args:
        field: ``[B or 1, 1, h, w]``.
        source: of the shape in the field, counted from the field's first pixel less ``margin``.
        target: where it is wanted.
        margin: pixels around the picture that the field covers, as :func:`~flowdemo.systems.distance.signed_distance`
            lays them.
        beyond: what holds past the field's own border, its nearest value (``"border"``) or 0 (``"zeros"``).

    Values are carried as they are: a distance is to be multiplied by target.scale / source.scale.
    """
    batch, (height, width) = len(target.x), field.shape[-2:]
    x, y = places(field.new_empty(1, 1, *size))
    turn, factor = (source.angle - target.angle).view(-1, 1, 1), (source.scale / target.scale).view(-1, 1, 1)
    x, y = x[0] - target.x.view(-1, 1, 1), y[0] - target.y.view(-1, 1, 1)
    back_x = factor * (turn.cos() * x - turn.sin() * y) + source.x.view(-1, 1, 1) + margin
    back_y = factor * (turn.sin() * x + turn.cos() * y) + source.y.view(-1, 1, 1) + margin
    grid = torch.stack([2 * back_x / max(width - 1, 1) - 1, 2 * back_y / max(height - 1, 1) - 1], -1)
    return grid_sample(field.expand(batch, -1, -1, -1), grid.to(field.dtype), padding_mode=beyond, align_corners=True)


def overlap(a: Tensor, b: Tensor) -> Tensor:
    """Dice of soft masks ``[B, 1, H, W]``, 0 to 1, ``[B]``."""
    both = torch.minimum(a, b).sum((1, 2, 3))
    return 2 * both / (a + b).sum((1, 2, 3)).clamp(min=LEAST)


def alignment(template: Tensor, u: Tensor, turns: int = 2) -> tuple[Pose, Pose]:
    """The poses that bring a template onto a shape: (of the template, the one to take it to).

    Args:
        template: one mask ``[1, 1, h, w]``, or one for each shape.
        u: shapes ``[B, 1, H, W]`` as for :func:`pose_of`.
        turns: so many turns of the template, evenly spread from that of (1) on, are tried, and the one that covers the
            shape best (Dice) is taken: 2 settle which end of the axis is which, more find a shape that has none.
    """
    source, found = pose_of(template), pose_of(u)
    source = Pose(*(part.expand(len(u)) for part in (source.x, source.y, source.scale, source.angle)))
    tried = [found.moved(angle=2 * math.pi * k / turns) for k in range(turns)]
    size = tuple(u.shape[-2:])
    covered = torch.stack([overlap(carried(template, source, pose, size, beyond="zeros"), u) for pose in tried])
    return source, found.moved(angle=2 * math.pi / turns * covered.argmax(0))


@dataclass(frozen=True, eq=False)
class Template:
    """A reference shape that goes to where a mask lies.

    Args:
        mask: ``[h, w]``, inside from ½ on.
        turns: so many turns are tried, see :func:`alignment`.

    Raises:
        InputError: the mask is empty.
    """

    mask: Tensor
    turns: int = 2

    def __post_init__(self) -> None:
        if not bool((self.mask >= 0.5).any()):
            raise InputError("The template is empty; draw or choose a shape.", field="template")

    @property
    def margin(self) -> int:
        """Pixels around the mask for which φ is known as well."""
        return max(self.mask.shape)

    @cached_property
    def phi(self) -> Tensor:
        """φ where the template lies itself, float32 ``[1, 1, h + 2·margin, w + 2·margin]``."""
        return signed_distance(self.mask[None], margin=self.margin)

    def pose(self) -> Pose:
        """Where the template lies itself."""
        return pose_of((self.mask >= 0.5).float()[None, None])

    def at(self, target: Pose, size: tuple[int, int], source: Pose | None = None) -> Tensor:
        """φ with the template brought to a pose, ``[B, 1, *size]``, in pixels of the picture that it is brought to."""
        source = source or self.pose()
        found = carried(self.phi.to(target.x), source, target, size, self.margin)
        return found * (target.scale / source.scale).view(-1, 1, 1, 1)

    @torch.no_grad()
    def distance(self, u: Tensor) -> Tensor:
        """φ of the template brought onto what is ½ or more of each u ``[B, 1, H, W]``, in the same shape.

        Where nothing of u is, the template shrinks to nothing, and φ tells nothing.
        """
        shapes = (u >= 0.5).to(u)
        source, target = alignment((self.mask >= 0.5).to(u)[None, None], shapes, self.turns)
        return self.at(target, tuple(u.shape[-2:]), source)
