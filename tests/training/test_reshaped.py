from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from flowdemo.codes import codebook
from flowdemo.systems.flowseg import FlowSegHead
from flowdemo.systems.potential import Potential
from flowdemo.training.reshaped import FlowSegObjective

BOOK = codebook("kronecker", 4, True)
IMAGES = torch.rand(8, 3, 6, 6, generator=torch.Generator().manual_seed(0)) * 2 - 1
LABELS = torch.randint(0, 5, (8, 6, 6), generator=torch.Generator().manual_seed(1))  # 4 is the void label
POINTS = torch.from_numpy(BOOK.points)
TRUTH = POINTS[LABELS].permute(0, 3, 1, 2)
KNOWN = LABELS < 4


def _objective(eta: float = 1.0, start: str = "image", **options) -> FlowSegObjective:
    return FlowSegObjective(FlowSegHead("velocity", start, BOOK), Potential(POINTS[:4]), eta, **options)


def _loss(objective: FlowSegObjective, network, seed: int = 2) -> dict[str, Tensor]:
    return objective(network, IMAGES, LABELS, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("times", ["uniform", "early", "arcsine"])
@pytest.mark.parametrize("rollout", [0.0, 0.5, 1.0])
def test_the_truth_has_no_loss_without_the_correction(times: str, rollout: float) -> None:
    objective = _objective(0.0, times=times, rollout=rollout)
    losses = _loss(objective, lambda state, tau: TRUTH[: len(state)])
    assert losses["residual"] < 1e-6 and losses["matching"] < 1e-6


def test_the_correction_leaves_hardly_a_bias_at_the_truth() -> None:
    """∇Φ(μ_y) is not 0 but small."""
    assert _loss(_objective(1.0), lambda state, tau: TRUTH)["residual"] < 1e-2


def test_wrong_answers_cost_their_square_over_the_pixels_that_have_a_class() -> None:
    losses = _loss(_objective(0.0), lambda state, tau: TRUTH + 0.1)
    assert losses["residual"].item() == pytest.approx(0.01 * KNOWN.float().mean().item(), rel=1e-4)
    off = torch.where(KNOWN[:, None], TRUTH, TRUTH + 5)
    assert _loss(_objective(0.0), lambda state, tau: off)["residual"] < 1e-6


def test_class_weights_weigh_pixels() -> None:
    weights = torch.tensor([2.0, 0, 0, 0])
    found = _loss(_objective(0.0, class_weights=weights), lambda state, tau: TRUTH + 0.1)["residual"]
    assert found.item() == pytest.approx(0.02 * (LABELS == 0).float().mean().item(), rel=1e-4)


def test_gradient_is_matching_and_correction() -> None:
    """d loss/d out = 2 (v − (x₁ − x₀) + η ∇Φ(x̂₁)), and nothing of it through ∇Φ or what is only reported."""
    for eta in (0.0, 0.4):
        out = (0.3 * torch.randn(8, 3, 6, 6, generator=torch.Generator().manual_seed(3))).requires_grad_(True)
        seen: dict[str, Tensor] = {}

        def network(state: Tensor, tau: Tensor, out=out, seen=seen) -> Tensor:
            seen["x"], seen["t"] = state[:, :3], (tau / 1000).view(-1, 1, 1, 1)
            return out

        sum(_loss(_objective(eta), network).values()).backward()
        with torch.no_grad():
            v = out - IMAGES
            estimate = seen["x"] + (1 - seen["t"]) * v
            pull = _objective().potential.gradient(estimate, LABELS.where(KNOWN, 0), 20.0)
            expected = 2 * (v - (TRUTH - IMAGES) + eta * pull) * KNOWN[:, None] / out.numel()
        torch.testing.assert_close(out.grad, expected, atol=1e-6, rtol=1e-4)


def test_own_guesses_are_on_the_path_and_not_in_the_target() -> None:
    guess, seen = torch.full_like(TRUTH, 0.2), []

    def network(state: Tensor, tau: Tensor) -> Tensor:
        seen.append((state[:, :3], (tau / 1000).view(-1, 1, 1, 1)))
        return guess[: len(state)] if len(seen) == 1 else TRUTH

    losses = _loss(_objective(0.0, rollout=0.5), network)
    (first, zero), (x, t) = seen
    assert torch.equal(first, IMAGES[:4]) and not zero.any()
    torch.testing.assert_close(x[:4], ((1 - t) * IMAGES + t * guess)[:4])
    torch.testing.assert_close(x[4:], ((1 - t) * IMAGES + t * TRUTH)[4:])
    assert losses["residual"] < 1e-6


def test_noise_is_the_source_where_it_is_asked_for() -> None:
    seen = []

    def network(state: Tensor, tau: Tensor) -> Tensor:
        seen.append(((state[:, :3] - tau.view(-1, 1, 1, 1) / 1000 * TRUTH), state[:, 3:], tau))
        return torch.zeros_like(TRUTH)

    _loss(_objective(start="gaussian"), network)
    left, image, tau = seen[0]
    noise = left / (1 - tau.view(-1, 1, 1, 1) / 1000)
    assert torch.equal(image, IMAGES)
    assert noise.std() == pytest.approx(1, abs=0.1) and (noise - IMAGES).abs().mean() > 0.5


def test_what_is_reported_carries_no_gradient() -> None:
    out = torch.zeros_like(TRUTH).requires_grad_(True)
    losses, right = _loss(_objective(), lambda state, tau: out), _loss(_objective(), lambda state, tau: TRUTH)
    assert not losses["potential"].requires_grad and not losses["matching"].requires_grad
    assert math.isfinite(losses["potential"]) and losses["potential"] > 100 * right["potential"] > 0
