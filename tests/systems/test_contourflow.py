"""Contour flow: the loss against closed forms, the iteration against its bound and its limit."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from flowdemo.data.silhouettes import silhouette
from flowdemo.errors import InputError
from flowdemo.systems.contourflow import (
    FRAMES,
    FlowStep,
    Settings,
    constrained,
    ellipse_tangent,
    evidence,
    iterated,
    kept_rounds,
    mask_of,
    pose_free_loss,
    residual,
    shape_loss,
    step_limit,
    steps,
    tangent,
    tangent_loss,
)
from flowdemo.systems.differences import central, divergence, forward
from flowdemo.systems.distance import gaussian, level_means, signed_distance
from flowdemo.systems.moments import Template

SIDE = 96
Y, X = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
KERNEL = torch.full((5,), 0.2, dtype=torch.float64)


def _ellipse(a: float, b: float, degrees: float = 0.0, x: float = 0.0) -> np.ndarray:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    u, v = c * (X - x) + s * Y, -s * (X - x) + c * Y
    return np.hypot(u / a, v / b) < 1


def _phi(mask: np.ndarray) -> Tensor:
    return signed_distance(mask[None]).double()


def _disc(radius: float, x: float = 0.0) -> Tensor:
    """Its exact signed distance."""
    return torch.from_numpy(radius - np.hypot(X - x, Y))[None, None]


def _soft(phi: Tensor, width: float = 1.5) -> Tensor:
    return torch.sigmoid(phi / width)


def _flower() -> tuple[Tensor, Tensor, Tensor]:
    """A mask of five petals ``[1, 1, SIDE, SIDE]``, its distance and its tangents, float64."""
    mask = torch.from_numpy(silhouette("flower", SIDE, 0))[None, None]
    phi = signed_distance(mask).double()
    return mask, phi, tangent(phi)


PHI = _phi(_ellipse(33, 18))
ALONG = tangent(PHI)
SHAPES = {
    "soft": _soft,
    "sharp": lambda phi: (phi > 4).double(),
    "wave": lambda phi: torch.sin(phi / 4),
    "hump": lambda phi: torch.exp(-((phi - 3) ** 2) / 18),
}


@pytest.mark.parametrize("shape", ["soft", "wave", "hump"])
def test_every_function_of_the_distance_is_free(shape: str) -> None:
    u = SHAPES[shape](PHI)
    assert float(shape_loss(u, ALONG)) <= 0.01
    assert float(shape_loss(u, torch.cat([-ALONG[:, 1:], ALONG[:, :1]], 1))) > 0.9, "x and y must not be mixed up"


@pytest.mark.parametrize(("radius", "shift"), [(25, 2), (25, 8), (30, 3), (30, 6), (30, 10)])
def test_a_shifted_disc_costs_two_over_pi_of_the_shift(radius: float, shift: float) -> None:
    loss = shape_loss(_soft(_disc(radius, shift)), tangent(_disc(radius)))
    assert float(loss) == pytest.approx(2 / math.pi * shift / radius, rel=0.02)
    assert float(shape_loss(_soft(_disc(radius + shift)), tangent(_disc(radius)))) < 0.005, "another radius is free"


def test_offset_is_free_scale_costs_a_little_and_rotation_most() -> None:
    def loss(phi: Tensor) -> float:
        return float(shape_loss(_soft(phi), ALONG))

    turned = [loss(_phi(_ellipse(33, 18, degrees))) for degrees in (10, 30, 90)]
    assert loss(PHI + 6) < 0.01 < 0.08 < loss(_phi(_ellipse(33 * 1.3, 18 * 1.3))) < turned[1] < turned[2]
    assert 0.1 < turned[0] < turned[1] and turned[2] > 0.6


@pytest.mark.parametrize("shape", SHAPES)
def test_complement_and_grey_map_change_nothing(shape: str) -> None:
    other = tangent(_phi(_ellipse(28, 24, 35)))
    u = SHAPES[shape](PHI)
    loss = shape_loss(u, other)
    assert float(loss) > 0.05
    for mapped in (1 - u, 3 * u - 7):
        torch.testing.assert_close(shape_loss(mapped, other), loss, atol=1e-6, rtol=0)
    if shape == "sharp":  # of a mask, every grey map is of that kind
        torch.testing.assert_close(shape_loss(torch.exp(2 * u), other), loss, atol=1e-6, rtol=0)
    assert float(shape_loss(torch.full_like(u, 0.3), other)) == 0


def test_a_quarter_turn_of_both_changes_nothing() -> None:
    u = torch.rand(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for degrees in (0, 25):
        phi = _phi(_ellipse(33, 18, degrees))
        turned = shape_loss(u.rot90(1, (2, 3)), tangent(phi.rot90(1, (2, 3))))
        torch.testing.assert_close(turned, shape_loss(u, tangent(phi)), atol=1e-10, rtol=0)


def test_tangents_have_length_one_or_zero_and_follow_the_level_lines() -> None:
    flat = torch.where(PHI > 8, 8 + 1e-4 * PHI, PHI)  # nearly a plateau: it has no tangents
    along = tangent(flat)
    length = along.norm(dim=1)
    assert bool(((length - 1).abs() < 1e-12).logical_or(length == 0).all())
    inner = slice(1, -1)
    assert not length[:, PHI[0, 0] > 11].any() and length[:, inner, inner][(PHI < 6)[:, 0, inner, inner]].min() > 0.99
    across, down = central(flat)
    assert float((along[:, :1] * across + along[:, 1:] * down).abs().max()) < 1e-12
    assert float(along[0, 0, 20, SIDE // 2]) != 0 == float(length[0, 0].max()), "the border is left out"
    # Above the middle the normal points down, into the shape, so that T points to the left.
    assert float(along[0, 0, 15, SIDE // 2]) == pytest.approx(-1, abs=0.01)


def test_the_two_halves_of_the_constraint_are_adjoint() -> None:
    gen = torch.Generator().manual_seed(1)
    u, q = (torch.randn(2, 1, SIDE, SIDE, generator=gen, dtype=torch.float64) for _ in range(2))
    ux, uy = forward(u)
    tx, ty = ALONG.chunk(2, 1)
    left, right = (q * (tx * ux + ty * uy)).sum(), -(divergence(q * tx, q * ty) * u).sum()
    torch.testing.assert_close(left, right, atol=1e-10, rtol=1e-12)


def test_without_strength_and_multiplier_a_round_is_the_plain_sigmoid() -> None:
    logits = torch.randn(1, 1, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    nowhere, along = torch.zeros(1, 2, 16, 16), ALONG[..., :16, 30:46]
    for field, share, count in ((nowhere, 0.9, 1), (along, 0.0, 1), (along, 0.9, 0)):
        found = mask_of(constrained(logits, field, count, Settings(strength=0, share=share)))
        torch.testing.assert_close(found, logits.sigmoid())
    sharper = mask_of(constrained(logits, nowhere, 1, Settings(0.25, 0)))
    torch.testing.assert_close(sharper, (logits / 0.25).sigmoid())
    assert not torch.allclose(mask_of(constrained(logits, along, 1, Settings(strength=0))), logits.sigmoid())


def test_the_residual_falls_up_to_the_bound_and_rises_beyond() -> None:
    mask, _, along = _flower()
    logits = evidence(mask, 2.0, 0)

    def missed(share: float, *counts: int) -> list[float]:
        settings = Settings(strength=0, share=share)
        return [float(residual(mask_of(constrained(logits, along, n, settings)), along)) for n in counts]

    for share in (0.5, 0.9, 1.0):
        start, ten, fifty = missed(share, 0, 10, 50)
        assert fifty < ten < start
    start, end = missed(1.5, 0, 300)
    assert end > start


def test_the_bound_scales_with_epsilon_and_halves_for_classes() -> None:
    """The worst case: slanted tangents everywhere, of which ‖⟨T, ∇·⟩‖² comes near 8, and logits that say nothing."""
    along = torch.full((1, 2, 24, 24), math.sqrt(0.5), dtype=torch.float64)
    logits = 1e-4 * torch.randn(1, 2, 24, 24, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for epsilon, channels in ((1.0, 1), (0.3, 1), (1.0, 2)):
        spread = []
        for share in (0.95, 1.2):
            tau = share * step_limit(epsilon, channels)
            found = iterated(logits[:, :channels], along, epsilon, 0.0, tau, KERNEL, 150)
            spread.append(float((mask_of(found) - 0.5).abs().max()))
        assert spread[0] < 1e-2 < 0.1 < spread[1], (epsilon, channels)


@pytest.mark.parametrize(("shape", "noise"), [("flower", 1.0), ("ellipse", 2.0)])
def test_the_limit_is_the_mean_along_each_level_line(shape: str, noise: float) -> None:
    mask, phi, along = _flower() if shape == "flower" else ((PHI > 0).double(), PHI, ALONG)
    logits = evidence(mask, noise, 0)
    found = mask_of(constrained(logits, along, 500, Settings(strength=0)))
    limit = level_means(logits, phi).sigmoid()
    border = max(float(side.max()) for side in (phi[..., 0, :], phi[..., -1, :], phi[..., 0], phi[..., -1]))
    closed = phi > border  # a level line that leaves the picture comes back elsewhere, and evidence cannot

    def agreement(u: Tensor) -> float:
        return float(torch.corrcoef(torch.stack([u[closed], limit[closed]]))[0, 1])

    assert agreement(logits.sigmoid()) < 0.8 < 0.95 < agreement(found)
    assert float(residual(found, along)) < 0.05


def test_it_fills_what_is_hidden_and_the_soft_threshold_does_not() -> None:
    mask, _, along = _flower()
    logits = evidence(mask, 2.0, 0, (52, 72, 52, 72))
    assert float(evidence(mask, 0.0, 0, (52, 72, 52, 72))[..., 52:72, 52:72].max()) == -1

    def dice(end: Tensor) -> float:
        return float(2 * ((end >= 0) * mask).sum() / ((end >= 0).sum() + mask.sum()))

    plain, soft, flow = (dice(e) for e in (logits, constrained(logits, 0 * along), constrained(logits, along)))
    assert flow > 0.85 and plain < soft < flow - 0.2


@pytest.mark.parametrize("channels", [1, 2])
def test_gradient_of_the_block(channels: int) -> None:
    gen = torch.Generator().manual_seed(0)
    logits = torch.randn(1, channels, 8, 8, generator=gen, dtype=torch.float64, requires_grad=True)
    along = torch.nn.functional.normalize(torch.randn(1, 2, 8, 8, generator=gen, dtype=torch.float64))
    knobs = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (1.1, 0.8, 0.4)]
    assert torch.autograd.gradcheck(lambda o, e, s, t: iterated(o, along, e, s, t, KERNEL, 3), (logits, *knobs))


def test_classes_share_every_pixel_and_each_has_its_field() -> None:
    masks = [_ellipse(16, 12, x=-24), _ellipse(12, 20, x=22)]
    masks.append(~(masks[0] | masks[1]))
    truth = torch.from_numpy(np.stack(masks))[None].double()
    along = tangent(torch.cat([_phi(mask) for mask in masks], 1))
    torch.testing.assert_close(along[:, 1::3], tangent(_phi(masks[1])))
    gen = torch.Generator().manual_seed(0)
    logits = 2 * truth - 1 + 2 * torch.randn(truth.shape, generator=gen, dtype=torch.float64)
    found = mask_of(constrained(logits, along))
    torch.testing.assert_close(found.sum(1), torch.ones(1, SIDE, SIDE, dtype=torch.float64))
    right = [float((u.argmax(1) == truth.argmax(1)).double().mean()) for u in (logits, found)]
    assert right[0] < 0.8 and right[1] > 0.95


def test_two_classes_of_one_field_are_the_mask_of_their_difference() -> None:
    gen = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 2, 20, 20, generator=gen, dtype=torch.float64)
    along = torch.nn.functional.normalize(torch.randn(1, 2, 20, 20, generator=gen, dtype=torch.float64))
    both = iterated(logits, along, 1.0, 0.7, 0.3, KERNEL, 6)
    # q and p of the two have opposite signs, so that twice the step and twice the strength act on the difference.
    one = iterated(logits[:, 1:] - logits[:, :1], along, 1.0, 1.4, 0.6, KERNEL, 6)
    torch.testing.assert_close(both.softmax(1)[:, 1:], one.sigmoid(), atol=1e-9, rtol=0)


def test_steps_are_those_of_the_plain_function_and_few() -> None:
    mask, _, along = _flower()
    logits, seen = evidence(mask, 2.0, 0), []
    frames = list(steps(logits, along, 120, watch=lambda: seen.append(1)))
    assert len(frames) == FRAMES and len(seen) == 120
    assert [f.index for f in frames] == list(range(FRAMES))
    assert (frames[0].t, frames[-1].t, frames[0].progress, frames[-1].progress) == (0, 120, 0, 1)
    assert all(a.t < b.t for a, b in pairwise(frames))
    torch.testing.assert_close(frames[0].x, logits.sigmoid())
    for frame in (frames[7], frames[-1]):
        torch.testing.assert_close(frame.x, mask_of(constrained(logits, along, int(frame.t))))
        torch.testing.assert_close(frame.residual, residual(frame.x, along))
    end: FlowStep = frames[-1]
    torch.testing.assert_close(end.residual_map, _slope(end.x, along).abs())
    torch.testing.assert_close(-(end.force * end.x).sum(), (end.multiplier * _slope(end.x, along)).sum())
    assert len(list(steps(logits, along, 7))) == 8 and len(list(steps(logits, along, 0))) == 1


def _slope(u: Tensor, along: Tensor) -> Tensor:
    ux, uy = forward(u)
    return along[:, :1] * ux + along[:, 1:] * uy


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 99, 1000])
def test_kept_rounds(count: int) -> None:
    kept = kept_rounds(count)
    assert len(kept) == min(count, FRAMES - 1) and kept == sorted(set(kept))
    assert not kept or (kept[0] >= 1 and kept[-1] == count)


def test_a_template_follows_what_it_shapes() -> None:
    """A template that lies elsewhere, smaller and across, is brought to the noisy shape and does well there."""
    truth = torch.from_numpy(_ellipse(34, 13, 70, x=8))[None, None].double()
    template = Template(torch.from_numpy(_ellipse(24, 9, x=-15)))
    logits = evidence(truth, 1.5, 0)

    def dice(u: Tensor) -> float:
        return float(2 * ((u >= 0.5) * truth).sum() / ((u >= 0.5).sum() + truth.sum()))

    *_, end = steps(logits, lambda u: tangent(template.distance(gaussian(u, 3.0))), 30)  # less moved by stray pixels
    fixed = mask_of(constrained(logits, tangent(signed_distance(template.mask[None]).double()), 30))
    assert dice(end.x) > 0.9 and 1 - dice(end.x) < 0.75 * (1 - dice(fixed))


def test_pose_free_loss_does_not_see_a_motion_and_sees_a_shape() -> None:
    template = Template(torch.from_numpy(_ellipse(36, 18)))
    moved = torch.cat([_soft(_phi(_ellipse(30, 15, degrees, x))) for degrees, x in ((0, 0), (35, 9), (90, -12))])
    other = _soft(_phi(_ellipse(21, 19, 35, 9)))
    anchored = shape_loss(moved, tangent(_phi(_ellipse(36, 18))))
    losses = pose_free_loss(moved, template)
    assert losses.shape == (3, 1) and float(losses.max()) < 0.06
    assert float(anchored[1:].min()) > 0.3 and float(pose_free_loss(other, template)) > 0.1


def test_the_tangents_of_an_ellipse_follow_it() -> None:
    mask = _ellipse(30, 14, 25, 4)
    found, u = ellipse_tangent(torch.from_numpy(mask)[None, None].double()), _soft(_phi(mask))
    assert float(shape_loss(u, found)) < 0.1 < 0.3 < float(shape_loss(u, found.flip(3)))


def test_the_loss_for_training_has_no_kink_and_finite_gradients() -> None:
    u = _soft(_phi(_ellipse(28, 24, 35))).requires_grad_()
    assert float(shape_loss(u, ALONG, 1e-3).detach()) == pytest.approx(float(shape_loss(u, ALONG).detach()), rel=0.05)
    flat = torch.full((1, 1, 12, 12), 0.5, dtype=torch.float64, requires_grad=True)
    for given, along in ((u, ALONG), (flat, ALONG[..., :12, :12])):
        (gradient,) = torch.autograd.grad(shape_loss(given, along, 1e-3).sum(), given)
        assert bool(torch.isfinite(gradient).all())
    with torch.no_grad():
        downhill = u - 0.5 * torch.autograd.functional.vjp(lambda v: shape_loss(v, ALONG, 1e-3).sum(), u)[1]
        assert float(shape_loss(downhill, ALONG)) < float(shape_loss(u, ALONG))


def test_tangent_loss_is_free_of_the_sign_and_of_what_has_no_tangent() -> None:
    signs = torch.where(torch.rand(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) > 0.5, 1.0, -1.0)
    assert float(tangent_loss(signs * ALONG, ALONG)) == pytest.approx(0, abs=1e-9)
    across = torch.cat([-ALONG[:, 1:], ALONG[:, :1]], 1)
    assert float(tangent_loss(across, ALONG)) == pytest.approx(1)
    strayed = ALONG + (ALONG == 0).all(1, keepdim=True)  # only where the true one is 0
    assert float(tangent_loss(strayed, ALONG)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    "wrong", [{"epsilon": 0.0}, {"sigma": -1.0}, {"strength": -0.1}, {"share": math.nan}, {"side": 4}]
)
def test_what_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(InputError):
        Settings(**wrong)
