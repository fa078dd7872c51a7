"""Borders of normal maps, and maps without them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from flowdemo.systems.grading import Grading
from flowdemo.systems.rims import NO_RIM, REACH, Rim, rims_in


def hot_border(height: int, width: int, scale: float, seed: int) -> Tensor:
    """A noisy map around 1 whose first rows are ``scale`` times, whose first columns are twice as high."""
    found = 1 + 0.1 * torch.rand(height, width, generator=torch.Generator().manual_seed(seed))
    for line, factor in ((found[:3], scale), (found[-3:], scale), (found[:, :5], 2), (found[:, -5:], 2)):
        line *= factor
    return found


@pytest.fixture(scope="module")
def rim() -> Rim:
    return Rim.of([hot_border(60 + 7 * k, 120 - 11 * k, 4.0, k) * (1 + k) for k in range(5)])


def test_a_rim_is_the_height_by_the_distance_to_the_border(rim: Rim) -> None:
    assert len(rim.rows) == len(rim.columns) == REACH
    assert np.allclose(rim.rows[:3], 4, rtol=0.02) and np.allclose(rim.rows[3:], 1, rtol=0.02)
    assert np.allclose(rim.columns[:5], 2, rtol=0.02) and np.allclose(rim.columns[5:], 1, rtol=0.02)


def test_without_its_rim_a_normal_map_is_level_and_a_defect_stands_out(rim: Rim) -> None:
    found = hot_border(90, 70, 4.0, 99)
    found[1, 30:34] *= 3  # within the hot rows
    level = rim.without(found)
    assert float(level.max()) == float(level[1, 30:34].max()) > 2.5
    level[1, 30:34] = 1
    assert float(level.min()) > 0.9 and float(level.max()) < 1.2


@pytest.mark.parametrize("shape", [(8, 9), (30, 200), (3, 41, 43)])
def test_any_size_is_even_where_the_map_is_its_own_rim(shape: tuple[int, ...], rim: Rim) -> None:
    ones = rim.without(torch.ones(shape))
    assert ones.shape == shape and bool((ones > 0).all())
    assert torch.equal(ones, ones.flip(-1)) and torch.equal(ones, ones.flip(-2))


def test_without_numbers_nothing_changes_and_json_keeps_them(rim: Rim) -> None:
    found = torch.rand(20, 20)
    assert torch.equal(Rim().without(found), found)
    assert Rim.from_json(rim.to_json()) == rim


def test_a_grading_takes_the_rim_of_its_manifest_out_after_smoothing(rim: Rim) -> None:
    flow = {"smooth": 2.0, "rims": {"mismatch": rim.to_json()}}
    with_rim, plain = Grading.of(flow), Grading.of({"smooth": 2.0})
    mismatch = torch.rand(1, 2, 50, 50, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(with_rim.at(mismatch, 0.5), rim.without(plain.at(mismatch, 0.5)))
    assert "rim" not in with_rim.to_json() and with_rim.to_json() == plain.to_json()


def test_small_maps_and_empty_ones_have_rims_too() -> None:
    small = Rim.of([torch.rand(10, 12) + 1])
    assert len(small.rows) == 5 and len(small.columns) == 6
    assert all(height > 0 for height in Rim.of([torch.zeros(40, 40)]).rows)


def test_a_rim_of_cells_covers_pictures_of_any_size() -> None:
    cells = Rim.of([hot_border(48, 48, 4.0, k) for k in range(5)], 48)
    for shape in ((96, 144), (40, 300)):
        level = 1 / cells.without(torch.ones(shape))
        assert level[1, shape[1] // 2] == pytest.approx(4, rel=0.05)
        assert level[shape[0] // 2, 1] == pytest.approx(2, rel=0.05)
        assert level[shape[0] // 2, shape[1] // 2] == pytest.approx(1, rel=0.05)
    assert Rim.from_json(cells.to_json()) == cells and "cells" not in Rim((1.0,), (1.0,)).to_json()


def test_a_manifest_may_tell_both_rims_of_a_detector(rim: Rim) -> None:
    cells = Rim((2.0, 1.0), (1.5,), 8)
    flow = {"rims": {"mismatch": rim.to_json()}, "glance_rims": {"mismatch": cells.to_json()}}
    assert rims_in(flow, "mismatch") == {"rim": rim, "glance_rim": cells}
    assert rims_in(flow, "patches") == {"rim": NO_RIM, "glance_rim": NO_RIM} == rims_in({}, "mismatch")
    assert Grading.of(flow) == Grading(rim=rim, glance_rim=cells)
