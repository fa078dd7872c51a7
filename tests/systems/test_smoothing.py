"""Gaussians over maps against the Gaussian itself."""

from __future__ import annotations

import math

import pytest
import torch

from flowdemo.systems.smoothing import along, smoothed


def maps(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(5))


def spot(height: int = 41, width: int = 47) -> torch.Tensor:
    found = torch.zeros(height, width)
    found[20, 23] = 1
    return found


@pytest.mark.parametrize("sigma", [1.5, 3.0])
def test_a_spot_becomes_the_gaussian_and_keeps_its_sum(sigma):
    blurred = smoothed(spot(), sigma)
    assert float(blurred.sum()) == pytest.approx(1, abs=1e-5)
    assert float(blurred[20, 23]) == pytest.approx(1 / (2 * math.pi * sigma**2), rel=0.02)
    for down, across in ((0, 3), (4, 0), (-2, 1), (3, -4)):
        fallen = math.exp(-(down**2 + across**2) / (2 * sigma**2))
        assert float(blurred[20 + down, 23 + across] / blurred[20, 23]) == pytest.approx(fallen, rel=1e-4)


def test_a_constant_stays_up_to_the_border():
    assert torch.allclose(smoothed(torch.full((20, 30), 3.0), 2.0), torch.full((20, 30), 3.0))


def test_none_is_none():
    found = spot()
    assert smoothed(found, 0.0) is found


@pytest.mark.parametrize(("axis", "line"), [(-1, (20, slice(None))), (-2, (slice(None), 23))])
def test_along_one_axis_nothing_reaches_the_other(axis, line):
    blurred = along(spot(), 2.0, axis)
    assert float(blurred[line].sum()) == pytest.approx(1, abs=1e-5)
    assert int((blurred[line] > 0).sum()) == 13  # three standard deviations to either side
    blurred[line] = 0
    assert not blurred.any()


def test_rows_and_columns_are_smoothed_alike():
    found = maps(2, 24, 37)
    assert torch.allclose(smoothed(found.mT, 1.7), smoothed(found, 1.7).mT, atol=1e-6)
    assert torch.allclose(along(found.mT, 1.7, -2), along(found, 1.7, -1).mT, atol=1e-6)


def test_every_map_is_smoothed_on_its_own():
    found = maps(3, 2, 20, 30)
    together = smoothed(found, 1.5)
    assert together.shape == found.shape
    assert torch.allclose(together[2, 1], smoothed(found[2, 1], 1.5), atol=1e-6)


@pytest.mark.parametrize("height", [1, 2, 5])
def test_a_narrow_strip_is_smoothed_along_as_far_as_a_broad_map(height):
    line = maps(60)
    strip, broad = smoothed(line.expand(height, 60), 3.0), smoothed(line.expand(40, 60), 3.0)
    assert torch.allclose(strip, broad[:height], atol=1e-6)
    assert float(strip[0].std()) < 0.5 * float(line.std())
