"""Tiles: every pixel is covered, seams vanish, and nothing is lost on the way there and back."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdemo.systems.tiles import Tiles, mirrored

side = st.integers(2, 150)


@given(side, side, st.sampled_from([(32, 32), (48, 32), (64, 96)]), st.sampled_from([1, 8, 16]))
@settings(max_examples=60, deadline=None)
def test_cut_and_joined_again_a_picture_is_the_same(height, width, largest, multiple):
    pictures = torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(height * width))
    tiles = Tiles((height, width), largest, multiple)
    pieces = tiles.cut(pictures)
    assert pieces.shape[-2] % multiple == 0
    assert pieces.shape[-1] % multiple == 0
    assert pieces.shape[-2] <= largest[0]
    assert pieces.shape[-1] <= largest[1]
    assert torch.allclose(tiles.joined(pieces), pictures, atol=1e-5)


@given(st.integers(33, 300))
@settings(max_examples=40, deadline=None)
def test_neighbours_overlap_by_a_quarter(width):
    places = sorted({column for _, column in Tiles((32, width), (32, 32)).places})
    assert places[0] == 0
    assert places[-1] == width - 32
    assert all(later - earlier <= 24 for earlier, later in pairwise(places))


def test_where_tiles_disagree_the_answer_changes_gradually():
    tiles = Tiles((32, 56), (32, 32))
    pieces = torch.stack([torch.zeros(1, 32, 32), torch.ones(1, 32, 32)])
    row = tiles.joined(pieces)[0, 0, 16]
    assert float(row[0]) == 0
    assert float(row[-1]) == 1
    assert float(row.diff().min()) >= 0
    assert float(row.diff().max()) < 0.2


def test_tiles_of_several_pictures_stay_apart():
    pictures = torch.stack([torch.full((1, 40, 70), float(k)) for k in range(3)])
    tiles = Tiles((40, 70), (32, 32))
    joined = tiles.joined(tiles.cut(pictures))
    assert torch.allclose(joined.mean((1, 2, 3)), torch.tensor([0.0, 1.0, 2.0]))


@pytest.mark.parametrize("size", [(5, 5), (40, 7), (33, 100)])
def test_mirroring_keeps_the_picture_in_the_middle_and_invents_nothing(size):
    small = torch.randn(1, 1, 5, 7, generator=torch.Generator().manual_seed(1))
    size = max(size[0], 5), max(size[1], 7)
    large = mirrored(small, size)
    top, left = (size[0] - 5) // 2, (size[1] - 7) // 2
    assert large.shape[-2:] == size
    assert torch.equal(large[..., top : top + 5, left : left + 7], small)
    assert set(large.unique().tolist()) <= set(small.unique().tolist())
