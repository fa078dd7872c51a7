"""Poses of shapes with known moments, and templates that go where they should."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from flowdemo.errors import InputError
from flowdemo.systems.moments import Pose, Template, alignment, carried, overlap, pose_of, second_moments

SIDE = 96


def _box(x: float, y: float, a: float, b: float, turn: float) -> Tensor:
    """A rectangle of half sides a and b around (x, y) with one corner cut off, so that it has no symmetry."""
    down, across = torch.meshgrid(*[torch.arange(SIDE, dtype=torch.float64)] * 2, indexing="ij")
    u = math.cos(turn) * (across - x) + math.sin(turn) * (down - y)
    v = -math.sin(turn) * (across - x) + math.cos(turn) * (down - y)
    whole = (u.abs() < a) & (v.abs() < b)
    return (whole & ~((u > a / 3) & (v > 0))).double()[None, None]


def _ellipse(x: float, y: float, a: float, b: float, turn: float) -> Tensor:
    down, across = torch.meshgrid(*[torch.arange(SIDE, dtype=torch.float64)] * 2, indexing="ij")
    u = math.cos(turn) * (across - x) + math.sin(turn) * (down - y)
    v = -math.sin(turn) * (across - x) + math.cos(turn) * (down - y)
    return ((u / a) ** 2 + (v / b) ** 2 < 1).double()[None, None]


@pytest.mark.parametrize("degrees", [-80, -30, 0, 25, 60])
def test_pose_of_an_ellipse(degrees: float) -> None:
    turn = math.radians(degrees)
    pose = pose_of(_ellipse(40.3, 52.6, 30, 14, turn))
    assert float(pose.x) == pytest.approx(40.3, abs=0.1) and float(pose.y) == pytest.approx(52.6, abs=0.1)
    assert float(pose.scale) == pytest.approx(math.sqrt(math.pi * 30 * 14), rel=5e-3)
    assert float(pose.angle) == pytest.approx(turn, abs=0.01)


def test_second_moments_of_an_ellipse_along_the_axes() -> None:
    xx, xy, yy = (float(part) for part in second_moments(_ellipse(47.5, 47.5, 36, 18, 0.0)))
    assert (xx, yy) == (pytest.approx(36**2 / 4, rel=0.01), pytest.approx(18**2 / 4, rel=0.01))
    assert abs(xy) < 1e-9


def test_a_batch_and_an_empty_mask() -> None:
    shapes = torch.cat([_box(30, 40, 20, 9, 0.4), _box(60, 50, 12, 12, 1.0), torch.zeros(1, 1, SIDE, SIDE)])
    together = pose_of(shapes)
    for i in range(2):
        assert float(together.angle[i]) == pytest.approx(float(pose_of(shapes[i : i + 1]).angle))
    assert all(torch.isfinite(part).all() for part in (together.x, together.y, together.scale, together.angle))


def test_carried_moves_turns_and_scales() -> None:
    """A shape taken from one pose to another is the shape drawn there."""
    start, end = _box(40.5, 45.5, 26, 14, 0.0), _box(56.5, 42.5, 26 * 1.2, 14 * 1.2, 0.7)
    source = Pose(*(torch.tensor([v], dtype=torch.float64) for v in (40.5, 45.5, 1.0, 0.0)))
    target = source.moved(16, -3, 0.7, 1.2)
    found = carried(start, source, target, (SIDE, SIDE))
    assert float(overlap(found, end)) > 0.97
    assert float(overlap(carried(start, source, source.moved(16, -3, -0.7, 1.2), (SIDE, SIDE)), end)) < 0.8
    torch.testing.assert_close(carried(start, source, source, (SIDE, SIDE)), start, atol=1e-9, rtol=0)


@pytest.mark.parametrize("degrees", [20, 130, 200, 310])
def test_alignment_settles_which_end_is_which(degrees: float) -> None:
    template = _box(44.5, 46.5, 22, 13, 0.0)
    shape = _box(52, 44, 22 * 1.3, 13 * 1.3, math.radians(degrees))
    source, target = alignment(template, shape)
    found = carried(template, source, target, (SIDE, SIDE), beyond="zeros")
    assert float(overlap(found, shape)) > 0.95
    turned = float(target.angle - source.angle) - math.radians(degrees)
    assert math.cos(turned) > 0.999 and float(target.scale / source.scale) == pytest.approx(1.3, rel=0.02)


def test_more_turns_find_a_shape_without_an_axis() -> None:
    def petals(turn: float) -> Tensor:
        down, across = torch.meshgrid(*[torch.arange(SIDE, dtype=torch.float64) - 47.5] * 2, indexing="ij")
        angle = torch.atan2(down, across) - turn
        return (torch.hypot(across, down) < 28 * (1 + 0.3 * torch.cos(5 * angle))).double()[None, None]

    template, shape = petals(0.0), petals(math.radians(36))
    source, target = alignment(template, shape, turns=40)
    assert float(overlap(carried(template, source, target, (SIDE, SIDE)), shape)) > 0.96
    assert float(overlap(template, shape)) < 0.85


def test_the_distance_of_a_template_is_that_of_the_shape_it_went_to() -> None:
    template = Template(_box(44.5, 46.5, 22, 13, 0.0)[0, 0])
    shape = _box(60, 40, 33, 19.5, math.radians(40))  # part of it lies outside the picture that the template has
    own = Template(shape[0, 0])
    found, expected = template.distance(shape), own.at(own.pose(), (SIDE, SIDE))
    assert found.shape == shape.shape
    near = expected.abs() < 12
    assert float((found - expected).abs()[near].mean()) < 0.6
    at_home = template.at(template.pose(), (SIDE, SIDE))
    middle = template.margin
    torch.testing.assert_close(at_home, template.phi[..., middle:-middle, middle:-middle], atol=1e-3, rtol=0)


def test_an_empty_template_is_refused() -> None:
    with pytest.raises(InputError):
        Template(torch.zeros(8, 8))
