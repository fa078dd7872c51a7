"""Losses and measures of convexity: zero where they must be, in place where they must not, and the stencils' κ."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from flowdemo.data.silhouettes import signed_distance, silhouette
from flowdemo.errors import InputError
from flowdemo.systems.convexity_losses import (
    STENCILS,
    bend,
    curvature,
    first_order,
    hinge,
    second_order,
    variation,
)
from flowdemo.systems.convexity_measures import (
    chord_violations,
    convex_hull,
    defect,
    dented,
    hull_iou,
    largest_component,
    missing,
    solidity,
)


def field(name: str, width: float = 1.5, size: int = 128) -> Tensor:
    return torch.from_numpy(silhouette(name, size, width))[None, None]


def plane(size: int = 64) -> tuple[Tensor, Tensor]:
    ticks = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    y, x = torch.meshgrid(ticks, ticks, indexing="ij")
    return x, y


def smooth(seed: int, size: int = 20) -> Tensor:
    noise = torch.randn(1, 1, size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.avg_pool2d(noise, 5, 1, 2).sigmoid()


def concave_fields() -> dict[str, Tensor]:
    """Radial, warped affinely, and log-concave; all flat at the border, whose repetition would bend level lines."""
    x, y = plane()
    return {
        "radial": torch.sigmoid((14 - torch.hypot(x - 1.3, y + 0.4)) / 1.2),
        "warped": torch.sigmoid((14 - torch.hypot(1.1 * x + 0.3 * y - 3, 0.9 * y - 0.2 * x)) / 1.2),
        "gaussian": torch.exp(-(x * x + x * y + 2 * y * y) / 72),
        "ellipse": field("ellipse")[0, 0],
    }


@pytest.mark.parametrize("name", ["radial", "warped", "gaussian", "ellipse"])
def test_quasi_concave_fields_pass_every_order(name: str) -> None:
    u = concave_fields()[name][None, None]
    assert missing(u).max() <= 1e-12
    assert chord_violations(u, 3000) == (0.0, pytest.approx(0, abs=1e-12))
    assert second_order(u).item() <= 1e-6 * variation(u).item()
    assert first_order(u).item() <= 1e-6 * variation(u).item()
    assert not dented(u).any()


@pytest.mark.parametrize("name", ["star", "annulus", "pac-man"])
def test_what_is_not_convex_is_charged_for(name: str) -> None:
    u, disc = field(name), field("disc")
    for loss in (second_order, first_order):
        assert loss(u) / variation(u) > 100 * loss(disc) / variation(disc) and loss(u) > 1e-6
    assert chord_violations(u)[0] > 0.01 and chord_violations(u)[1] > 0.5 and missing(u).max() > 0.5


def test_dents_of_an_annulus_lie_on_its_inner_rim_only() -> None:
    x, y = plane(128)
    radius = torch.hypot(x, y)
    found = dented(field("annulus", 2.0))[0, 0]
    assert found[(radius > 13) & (radius < 19)].float().mean() > 0.95
    assert not found[radius > 29].any()
    assert not dented(field("disc", 2.0)).any() and not dented(field("square", 2.0)).any()


@pytest.mark.parametrize(("width", "largest", "mean"), [(4.0, 0.006, 0.006), (2.0, 0.07, 0.03)])
def test_curvature_of_a_disc_is_one_over_its_radius(width: float, largest: float, mean: float) -> None:
    x, y = plane(128)
    radius = torch.hypot(x, y)
    disc = torch.sigmoid((30 - radius) / width)[None, None]
    error = (curvature(disc)[0, 0] * radius - 1).abs()[(radius - 30).abs() < 0.7]
    assert error.max() < largest and error.mean() < mean
    assert (curvature(field("annulus", width))[0, 0][(radius - 16).abs() < 0.7] < 0).all()


def test_losses_are_blind_to_turning_and_mirroring() -> None:
    u = smooth(1)
    for loss in (second_order, first_order):
        for turned in (u.transpose(-1, -2), u.flip(-1), u.flip(-2), u.rot90(1, (-2, -1))):
            torch.testing.assert_close(loss(turned), loss(u), atol=1e-14, rtol=1e-10)


def test_sign_of_the_bend_does_not_depend_on_grey_levels() -> None:
    """Q₂(g(u)) = g′(u)³ Q₂(u), and so u_ss(g(u)) = g′(u) u_ss(u)."""
    x, y = plane(64)
    u = torch.sin(x / 9) + torch.cos(y / 11) * 0.7
    before, after = bend(u[None, None], 1e-20), bend(torch.exp(u)[None, None], 1e-20) / torch.exp(u)
    inner = (..., slice(2, -2), slice(2, -2))
    clear = before[inner].abs() > 2e-3
    assert clear.float().mean() > 0.3 and torch.equal(before[inner][clear] > 0, after[inner][clear] > 0)
    assert (before - after)[inner].abs().median() < 1e-4


@pytest.mark.parametrize("stencil", STENCILS)
def test_gradients_stay_finite_where_nothing_changes(stencil: str) -> None:
    for start in (torch.full((2, 1, 9, 9), 0.5), torch.zeros(2, 1, 9, 9), smooth(2, 9).expand(2, -1, -1, -1).clone()):
        u = start.requires_grad_(True)
        loss = second_order(u, 1e-3, 20.0, stencil).sum() + second_order(u, stencil=stencil).sum()
        loss = loss + first_order(u).sum() + first_order(u, 2, 1.0, 5.0).sum() + variation(u).sum()
        loss.backward()
        assert torch.isfinite(u.grad).all()


def test_losses_are_those_of_their_definitions() -> None:
    u = smooth(3, 12)
    charged = torch.zeros(())
    uy, ux = ((torch.nn.functional.pad(u, (1, 1, 1, 1), mode="replicate")[0, 0]).diff(n=1, dim=d) for d in (0, 1))
    ux, uy = (ux[1:-1, 1:] + ux[1:-1, :-1]) / 2, (uy[1:, 1:-1] + uy[:-1, 1:-1]) / 2
    field_ = u[0, 0]
    for r in range(12):
        for c in range(12):
            for dr in (-1, 0, 1):
                for dc in (-1, 0, 1):
                    if (dr or dc) and 0 <= r + dr < 12 and 0 <= c + dc < 12 and field_[r + dr, c + dc] >= field_[r, c]:
                        slope = -(dc * ux[r, c] + dr * uy[r, c]) / (dr * dr + dc * dc) ** 0.5
                        charged = charged + slope.clamp(min=0)
    assert first_order(u, 1, total=True).item() == pytest.approx(charged.item(), rel=1e-10)
    assert second_order(u, total=True).item() == pytest.approx(144 * second_order(u).item())
    assert second_order(u.expand(2, 3, -1, -1)).shape == first_order(u.expand(2, 3, -1, -1)).shape == (2, 3)


def test_unit_softplus_is_a_perimeter_and_a_sharp_one_is_not() -> None:
    """ln 2 per unit of variation at β = 1, for every shape; ReLU and β = 1000 tell a star from a disc."""
    disc, star = field("disc"), field("star")
    for u in (disc, star):
        assert (second_order(u, 0.0, 1.0) / variation(u)).item() == pytest.approx(np.log(2), rel=0.006)
    for sharpness in (1000.0, float("inf")):
        ratio = [(second_order(u, 1e-3, sharpness) / variation(u)).item() for u in (disc, star)]
        assert ratio[1] > 5 * ratio[0]
    square = (second_order(field("square"), 1e-3) / variation(field("square"))).item()
    assert square == pytest.approx(9.9e-4, rel=0.1)  # straight sides pay the margin


@pytest.mark.parametrize("wrong", [
    lambda u: second_order(u, stencil="fifth"), lambda u: second_order(u, margin=-1.0), lambda u: hinge(u, 0.0),
    lambda u: first_order(u, 0), lambda u: first_order(u, temperature=-1.0),
    lambda u: chord_violations(torch.cat([u, u])), lambda u: chord_violations(u, 0),
])  # fmt: skip
def test_what_is_out_of_bounds_is_refused(wrong: object) -> None:
    with pytest.raises(InputError):
        wrong(smooth(0))


def test_hulls_are_those_of_pixel_centres() -> None:
    from scipy.spatial import ConvexHull

    rng = np.random.default_rng(0)
    grid = np.argwhere(np.ones((17, 23), bool))
    for density in (0.02, 0.1, 0.4) * 6:
        mask = rng.random((17, 23)) < density
        mask[3, 4] = mask[9, 15] = mask[14, 2] = True
        sides = ConvexHull(np.argwhere(mask)).equations
        inside = (sides[:, :2] @ grid.T + sides[:, 2:] <= 1e-9).all(0).reshape(mask.shape)
        assert np.array_equal(convex_hull(mask), inside)
        assert defect(convex_hull(mask)) == 0
    single = np.zeros((5, 6), bool)
    assert not convex_hull(single).any() and defect(single) == 0 and hull_iou(single, single) == 1
    single[2, 3] = True
    assert np.array_equal(convex_hull(single), single)


def test_defect_is_of_the_largest_part_unless_all_are_asked_for() -> None:
    mask = np.zeros((20, 30), bool)
    mask[2:10, 2:10] = mask[15:18, 25:28] = True
    assert largest_component(mask).sum() == 64 and defect(mask) == 0 and solidity(mask) == 1
    assert defect(mask, component=False) > 0.4
    mask[2:10, 4:10] = False
    mask[8:10, 4:10] = True  # an L: 28 pixels of the 64 − 36 of its hull's
    hull = convex_hull(largest_component(mask))
    assert defect(mask) == pytest.approx(1 - 28 / hull.sum()) and 0.2 < defect(mask) < 0.4
    star = signed_distance("star") >= 0
    assert defect(star) == pytest.approx(0.26, abs=0.01) and hull_iou(star, star) == pytest.approx(solidity(star))


def test_chords_are_seeded_and_see_what_lies_apart() -> None:
    discs = field("two discs")
    assert chord_violations(discs, seed=3) == chord_violations(discs, seed=3) != chord_violations(discs, seed=4)
    assert chord_violations(discs)[0] > 0.3
    assert chord_violations(np.zeros((6, 6))) == (0.0, 0.0)
