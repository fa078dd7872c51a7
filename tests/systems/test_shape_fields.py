"""Fields of shape runs: hard masks, parts of their own, and where level lines are dented."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from flowdemo.data.silhouettes import signed_distance, silhouette
from flowdemo.systems.convexity import curvature_flow
from flowdemo.systems.levelscan import line_scan
from flowdemo.systems.shape_fields import MOST, dents, is_hard, softened, taken_apart

WIDTHS = (0.0, 1.5, 4.0)


def hard(name: str) -> np.ndarray:
    return silhouette(name, 128, 0.0).astype(np.float32)


def field(mask: np.ndarray, width: float) -> Tensor:
    """A mask ``[H, W]``, softened where the width is not 0, ``[1, 1, H, W]``."""
    return softened(mask[None] >= 0.5, width) if width else torch.from_numpy(mask)[None, None]


def bar(degrees: float) -> np.ndarray:
    """A bar of 80×24 pixels, turned."""
    y, x = np.mgrid[:128, :128] - 63.7
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return ((abs(c * x + s * y) <= 40) & (abs(c * y - s * x) <= 12)).astype(np.float32)


def test_a_mask_is_told_from_a_soft_field() -> None:
    mask = hard("star")
    assert is_hard(mask) and is_hard(0.99 * mask) and not is_hard(silhouette("star", 128, 1.5))
    mask[0, :8] = 0.5  # a brush leaves a few
    assert is_hard(mask)


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("name", ["star", "two discs", "annulus"])
def test_what_is_taken_apart_is_the_same_put_together(name: str, apart: bool) -> None:
    mask = hard(name)
    parts = taken_apart(mask, 0.0, apart)
    assert parts.count == (2 if name == "two discs" else 1)
    assert parts.fields.shape[1] == (parts.count if apart else 1)
    assert (parts.joined(parts.fields).numpy() == mask).all()


def test_parts_are_cut_halfway_and_softened_each_on_its_own() -> None:
    soft = silhouette("two discs", 128, 3.0).astype(np.float32)
    left, right = taken_apart(soft, 4.0, True).fields[0]  # not hard, so that it is not softened again
    assert not left[:, 64:].any() and not right[:, :64].any() and (torch.maximum(left, right).numpy() == soft).all()
    ours = taken_apart(hard("two discs"), 4.0, True).fields
    x = np.arange(128)
    alone = softened(hard("two discs")[None] * (x < 64) >= 0.5, 4.0)
    assert torch.allclose(ours[0, 0], alone[0, 0], atol=1e-6) and float(ours[0, 0, 64, 90]) < 0.01


def test_only_the_largest_parts_have_fields_of_their_own() -> None:
    mask = np.zeros((64, 64), np.float32)
    mask[2:62:6, 2:62:6] = 1
    mask[1:4, 1:4] = 1
    parts = taken_apart(mask, 0.0, True)
    assert parts.count == 100 and parts.fields.shape == (1, MOST, 64, 64)
    assert parts.fields[0, 0].sum() == 9 and (parts.joined(parts.fields).numpy() == mask).all()


@pytest.mark.parametrize("width", WIDTHS)
def test_convex_shapes_are_not_dented(width: float) -> None:
    shapes = [hard(name) for name in ("disc", "square", "ellipse")] + [bar(angle) for angle in (5, 17, 40)]
    assert [int(dents(field(shape, width)).sum()) for shape in shapes] == [0] * len(shapes)


@pytest.mark.parametrize("width", WIDTHS)
def test_dents_are_found_where_they_are(width: float) -> None:
    star, ring = dents(field(hard("star"), width)).numpy(), dents(field(hard("annulus"), width)).numpy()
    radius = np.hypot(*(np.mgrid[:128, :128] - 63.5))
    assert star.sum() > 300 and (radius[star] > 10).all()
    assert ring.sum() > 300 and radius[ring].max() < 28  # the inner rim, at 16, and not the outer, at 40
    angles = np.degrees(np.arctan2(*(np.argwhere(star) - 63.5).T[::-1]))  # 0 is downwards, where a valley lies
    assert (abs((angles + 36) % 72 - 36) < 30).all()  # tips are at 36


@pytest.mark.parametrize("name", ["star", "pac-man", "annulus", "flower"])
def test_no_dent_is_left_by_a_line_scan(name: str) -> None:
    for width in WIDTHS:
        assert not dents(line_scan(field(hard(name), width))).any()


def test_the_curvature_flow_leaves_none_in_the_end() -> None:
    u = field(hard("star"), 4.0)
    left = [int(dents(u).sum())]
    for _ in range(2):
        u = curvature_flow(u, 1000)
        left.append(int(dents(u).sum()))
    assert left[0] > left[1] > left[2] == 0


def test_a_notch_of_a_few_pixels_is_seen_and_nothing_where_nothing_is() -> None:
    mask = hard("square")
    mask[60:64, 27:33] = 0
    found = np.argwhere(dents(field(mask, 0.0)).numpy())
    assert len(found) and (abs(found - (62, 30)) < 9).all()
    assert not dents(torch.zeros(1, 1, 32, 32)).any() and not dents(torch.ones(1, 2, 32, 32)).any()


def test_a_part_is_asked_where_it_is_the_highest() -> None:
    star = torch.from_numpy(signed_distance("star") / 4).float().sigmoid()
    disc = torch.from_numpy(signed_distance("disc") / 4).float().sigmoid()
    both = dents(torch.stack([star, disc])[None])
    assert not both[star < disc].any() and dents(star[None, None])[star < disc].any()
