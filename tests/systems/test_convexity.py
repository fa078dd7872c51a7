"""Solvers of the convexity prior: invariants of the scans, the curvature flow, the projection, and the measures."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from flowdemo.data.silhouettes import signed_distance, silhouette
from flowdemo.errors import InputError
from flowdemo.systems.convexity import (
    KEPT,
    curvature_flow,
    curvature_steps,
    line_scan_steps,
    midpoint_steps,
    nested,
    nested_classes,
    settled_steps,
)
from flowdemo.systems.convexity_measures import (
    chord_violations,
    convex_hull,
    defect,
    dented,
    hull_iou,
    missing,
)
from flowdemo.systems.convexity_projection import REFERENCE, Recipe, logits_of, project, projection_steps
from flowdemo.systems.levelscan import directions, half_disc, line_scan, midpoint

SCANS: dict[str, Callable[[Tensor], Tensor]] = {"midpoint": lambda u: midpoint(u, 5), "line": lambda u: line_scan(u, 3)}
TRAINED = {
    "own": Recipe(),
    "reference": REFERENCE,
    "both": Recipe(first=0.5, temperature=0.5, border=1, rate=0.01),
}
scanned = pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS)


def field(name: str, width: float = 1.5, size: int = 128) -> Tensor:
    return torch.from_numpy(silhouette(name, size, width))[None, None]


def blobs(seed: int, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Smooth noise in [0, 1], with ties."""
    noise = torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    smooth = torch.nn.functional.avg_pool2d(noise, 5, 1, 2, count_include_pad=False)
    return ((smooth * 3).sigmoid() * 40).round().div(40).to(dtype)


def mask(u: Tensor) -> np.ndarray:
    return u[0, 0].numpy() >= 0.5


@scanned
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_scans_are_extensive_idempotent_and_increasing(scan: Callable, dtype: torch.dtype) -> None:
    u = blobs(1, 2, 2, 24, 31, dtype=dtype)
    found = scan(u)
    assert found.dtype == dtype and (found >= u).all() and (found > u).any()
    assert torch.equal(scan(found), found)
    assert (scan(torch.maximum(u, blobs(2, 2, 2, 24, 31, dtype=dtype))) >= found).all()


@scanned
def test_scans_commute_with_thresholds_grey_maps_and_symmetries(scan: Callable) -> None:
    u = blobs(3, 1, 1, 26, 26)
    found = scan(u)
    for level in u.unique():
        assert torch.equal(found >= level, scan((u >= level).double()) > 0)
    assert torch.equal(scan(u**3), found**3)
    for symmetry in (lambda v: v.rot90(1, (-2, -1)), lambda v: v.flip(-1), lambda v: v.flip(-2)):
        assert torch.equal(midpoint(symmetry(u), 5), symmetry(midpoint(u, 5)))
        star = field("star", 0, 48)
        assert torch.equal(scan(symmetry(field("disc", 2.0, 48))), field("disc", 2.0, 48))
        assert (scan(symmetry(star)) - symmetry(scan(star))).abs().sum() <= 0.03 * star.sum()
    inner = torch.nn.functional.pad(u, (9, 3, 2, 6))
    assert torch.equal(scan(inner)[..., 2:-6, 9:-3], found)


@scanned
def test_samples_and_channels_do_not_touch(scan: Callable) -> None:
    u = blobs(4, 2, 2, 20, 20)
    alone = torch.cat([torch.cat([scan(u[b : b + 1, c : c + 1]) for c in (0, 1)], 1) for b in (0, 1)])
    assert torch.equal(scan(u), alone)


@pytest.mark.parametrize("name", ["star", "annulus", "pac-man", "two discs"])
def test_scans_stay_within_the_hull_and_come_near(name: str) -> None:
    hard = field(name, 0)
    hull = convex_hull(mask(hard))
    near, nearer = mask(line_scan(hard, 5)), mask(line_scan(hard, 1))
    assert not (near & ~hull).any() and hull_iou(near, hull) > 0.99
    assert hull_iou(nearer, hull) <= hull_iou(near, hull)
    assert not (mask(midpoint(hard, 5)) & ~hull).any()


def test_reported_overlaps_hold_for_the_star() -> None:
    """Of methods, within 0.03: midpoint r = 1, 2, 5 and 15, line scan m = 1, 3, 5 and 8."""
    star = field("star", 0)
    found = [midpoint(star, r) for r in (1, 2, 5, 15)] + [line_scan(star, m) for m in (1, 3, 5, 8)]
    scores = [hull_iou(mask(u), mask(star)) for u in found]
    assert scores == pytest.approx([0.740, 0.741, 0.878, 0.989, 0.902, 0.991, 0.998, 0.999], abs=0.01)


def test_scans_leave_convex_fields_as_they_are() -> None:
    for name in ("disc", "ellipse", "square"):
        u = field(name, 2.0, 64)
        assert line_scan(u, 5) is not None and (line_scan(u, 5) - u).abs().max() < 1e-12
        assert (midpoint(u, 5) - u).abs().max() < 1e-12


@scanned
def test_gradients_of_scans_are_those_of_a_nudge(scan: Callable) -> None:
    values = torch.randperm(11 * 12, generator=torch.Generator().manual_seed(0)).double().view(1, 1, 11, 12) / 132
    values.requires_grad_(True)
    assert torch.equal(scan(values), scan(values.detach()))
    weights = blobs(6, 1, 1, 11, 12)
    (scan(values) * weights).sum().backward()
    nudged = values.detach().clone()
    nudged[0, 0, 5, 6] += 1e-4
    change = ((scan(nudged) - scan(values.detach())) * weights).sum() / 1e-4
    assert change == pytest.approx(values.grad[0, 0, 5, 6].item(), abs=1e-8)
    assert values.grad.sum() == pytest.approx(weights.sum().item())


def test_directions_and_offsets_come_once() -> None:
    assert [len(directions(m)) for m in (1, 3, 5, 8)] == [4, 16, 40, 88]
    for found in (directions(5), half_disc(4)):
        assert not set(found) & {(-x, -y) for x, y in found}
    assert len(half_disc(1)) == 2 and len(half_disc(4)) == 24


def test_flow_grows_below_its_bound_and_leaves_a_disc_alone() -> None:
    for name in ("star", "annulus", "pac-man"):
        u = field(name, 3.0, 64)
        later = [step.x for step in curvature_steps(u, 60)]
        assert all((b >= a).all() for a, b in pairwise(later)), name
        assert later[-1].max() <= u.max() and (later[-1] - u).max() > 0.05
    ridge = field("annulus", 4.0).float()
    assert curvature_flow(ridge, 300).max() <= ridge.max()
    for name in ("disc", "ellipse", "square"):
        u = field(name, 2.0, 64)
        moved = curvature_flow(u, 200)  # level lines that run into the border, which is repeated outwards, may move
        assert (moved - u)[..., 12:-12, 12:-12].abs().max() < 1e-9, name
        assert np.array_equal(mask(moved), mask(u)), name


def test_flow_makes_a_star_more_convex_and_does_not_join_discs() -> None:
    star = field("star", 4.0).float()
    found = mask(curvature_flow(star, 500))  # of methods, 0.848
    assert hull_iou(found, mask(star)) == pytest.approx(0.848, abs=0.02)
    discs = field("two discs", 1.5)
    assert np.array_equal(mask(curvature_flow(discs, 100)), mask(discs))
    held = [mask(curvature_flow(star, 150, mu=mu)).sum() for mu in (0.0, 1e-2, 1.0)]
    assert held[0] > held[1] > held[2]


def test_flow_is_differentiable() -> None:
    u = blobs(7, 1, 1, 7, 8).requires_grad_(True)
    curvature_flow(u, 5, mu=0.1).square().sum().backward()
    assert torch.isfinite(u.grad).all() and u.grad.abs().sum() > 0
    flat = torch.full((1, 1, 6, 6), 0.4, requires_grad=True)
    curvature_flow(flat, 3).sum().backward()
    assert torch.equal(flat.grad, torch.ones_like(flat))


@pytest.mark.parametrize("wrong", [{"dt": 0.3}, {"dt": 0.0}, {"mu": -1.0}, {"iterations": -1}])
def test_flow_refuses_what_is_not_stable(wrong: dict) -> None:
    u = blobs(0, 1, 1, 6, 6)
    with pytest.raises(InputError):
        curvature_flow(u, **({"iterations": 2} | wrong))
    with pytest.raises(InputError):
        list(curvature_steps(u, **({"iterations": 2} | wrong)))


def test_projection_fills_an_annulus_and_leaves_a_disc_alone() -> None:
    logits = torch.from_numpy(np.stack([signed_distance(name, 64) for name in ("annulus", "disc")]))[:, None]
    logits = (logits / 3).clamp(-8, 8).float()
    found = project(logits, 80).sigmoid()
    assert defect(mask(found[:1])) == 0 and hull_iou(mask(found[1:]), logits[1, 0].numpy() >= 0) > 0.97
    alone = project(logits[1:2], 5).sigmoid()
    torch.testing.assert_close(alone, project(logits, 5)[1:2].sigmoid(), atol=1e-5, rtol=0)


def test_reference_recipe_shrinks_a_disc() -> None:
    logits = logits_of(field("disc", 1.5, 64).float())
    start, end = mask(logits.sigmoid()).sum(), mask(project(logits, 60, REFERENCE).sigmoid()).sum()
    assert 0.8 * start < end < 0.99 * start
    soft = project(logits, 0, REFERENCE).sigmoid()
    assert soft.min() > 0.268 and soft.max() < 0.732


@pytest.mark.parametrize("recipe", TRAINED.values(), ids=TRAINED)
def test_projection_can_be_trained_through(recipe: Recipe) -> None:
    logits = (blobs(8, 1, 1, 9, 9) - 0.5).requires_grad_(True)
    weights = blobs(9, 1, 1, 9, 9)
    (project(logits, 3, recipe) * weights).sum().backward()
    with torch.no_grad():
        nudge = torch.zeros_like(logits)
        nudge[0, 0, 4, 4] = 1e-6
        sides = [(project(logits + sign * nudge, 3, recipe) * weights).sum() for sign in (1, -1)]
    assert torch.isfinite(logits.grad).all()
    assert logits.grad[0, 0, 4, 4].item() == pytest.approx(((sides[0] - sides[1]) / 2e-6).item(), rel=1e-3, abs=1e-6)
    assert torch.isfinite(project(torch.zeros(1, 1, 6, 6), 2, recipe)).all()


def test_steps_are_few_and_end_where_the_functions_do() -> None:
    u = field("star", 3.0, 48)
    runs = {
        "flow": (list(curvature_steps(u, 130)), curvature_flow(u, 130), 130),
        "few": (list(curvature_steps(u, 7)), curvature_flow(u, 7), 7),
        "none": (list(curvature_steps(u, 0)), u, 0),
        "projection": (list(projection_steps(logits_of(u), 60)), project(logits_of(u), 60).sigmoid(), 60),
        "line": (list(line_scan_steps(u, 5)), line_scan(u, 5), None),
        "midpoint": (list(midpoint_steps(u, 2)), midpoint(u, 2), None),
        "convex": (list(line_scan_steps(field("disc", 0, 32))), field("disc", 0, 32), 0),
    }
    for name, (steps, end, count) in runs.items():
        assert len(steps) <= KEPT + 1 and [step.index for step in steps] == list(range(len(steps))), name
        assert torch.equal(steps[-1].x, end), name
        times = [step.t for step in steps]
        assert times == sorted(set(times)) and times[0] == 0, name
        assert steps[-1].progress == (1.0 if len(steps) > 1 else 0.0), name
        assert count is None or times[-1] == count, name
    assert len(runs["flow"][0]) == KEPT + 1 and len(runs["few"][0]) == 8


def test_long_settling_runs_are_thinned_evenly() -> None:
    for count in (1, 49, 50, 51, 99, 260):
        states = (torch.full((1, 1, 2, 2), float(i)) for i in range(1, count + 1))
        steps = list(settled_steps(torch.zeros(1, 1, 2, 2), states))
        times = [step.t for step in steps]
        assert [step.x[0, 0, 0, 0].item() for step in steps] == times
        assert times[-1] == count and min(count, KEPT // 2) < len(times) <= KEPT + 1
        assert len({b - a for a, b in pairwise(times[:-1])}) <= 1


def test_runs_can_be_stopped() -> None:
    class Enough(Exception):
        pass

    calls = []

    def watch() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Enough

    u = field("star", 3.0, 32)
    for run in (
        curvature_steps(u, 50, watch=watch), projection_steps(u, 50, watch=watch), line_scan_steps(u, watch=watch),
    ):  # fmt: skip
        calls.clear()
        with pytest.raises(Enough):
            list(run)
        assert len(calls) == 3


def test_minimum_of_convex_fields_is_convex_and_maximum_is_not() -> None:
    disc = field("disc", 1.0, 64)
    left, right = disc[..., 12:], disc[..., :-12]
    assert not missing(torch.minimum(left, right)).gt(1e-12).any()
    assert chord_violations(torch.minimum(left, right))[1] < 1e-12
    apart = field("two discs", 1.5)
    assert missing(apart).max() > 0.9 and chord_violations(apart)[0] > 0.1
    assert not dented(apart).any()  # local: it cannot know


def test_nested_shapes_stay_in_each_other() -> None:
    outer, inner = field("disc", 2.0, 64), torch.roll(field("star", 2.0, 64), 12, -1)
    found = nested(line_scan, torch.cat([outer, inner], 1))
    assert torch.equal(found[:, :1], line_scan(outer)) and (found[:, 1] <= found[:, 0]).all()
    assert (found[:, 1] < line_scan(inner)[:, 0]).any() and not missing(found).gt(1e-12).any()


def test_nested_classes_are_probabilities_with_convex_unions() -> None:
    raw = blobs(10, 2, 3, 24, 24).softmax(1)
    found = nested_classes(lambda u: line_scan(u, 3), raw, inwards=(2, 0))
    torch.testing.assert_close(found.sum(1), torch.ones_like(found[:, 0]))
    assert found.min() >= 0
    torch.testing.assert_close(found[:, [0, 2]].sum(1, keepdim=True), line_scan(raw[:, [0, 2]].sum(1, keepdim=True), 3))
    same = nested_classes(lambda u: u, raw, inwards=(2, 0))
    torch.testing.assert_close(same, raw)
    for wrong in ((0,), (0, 0), (0, 1, 2), (1, 5)):
        with pytest.raises(InputError):
            nested_classes(line_scan, raw, wrong)
