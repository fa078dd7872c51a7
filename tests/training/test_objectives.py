from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from flowdemo.codes import base_k
from flowdemo.systems.semflow import SemFlowHead
from flowdemo.training.objectives import (
    DiscriminativeObjective,
    SemFlowObjective,
    class_weights,
    sample_times,
)

BOOK = base_k(3, True)
BETA = 30.0
IMAGES = torch.rand(8, 3, 6, 6, generator=torch.Generator().manual_seed(0)) * 2 - 1
LABELS = torch.randint(0, 4, (8, 6, 6), generator=torch.Generator().manual_seed(1))
CLEAN = torch.from_numpy(BOOK.points)[LABELS].permute(0, 3, 1, 2)


def _loss(prediction: str, network, seed: int = 2, **options) -> dict[str, Tensor]:
    objective = SemFlowObjective(SemFlowHead(prediction, BOOK), BETA, **options)
    return objective(network, IMAGES, LABELS, torch.Generator().manual_seed(seed))


def _velocity(z: Tensor, tau: Tensor) -> Tensor:
    """The true velocity of the path that z lies on: (z − x₀)/t."""
    return (z - IMAGES) / (tau / 1000).view(-1, 1, 1, 1)


@pytest.mark.parametrize("times", ["uniform", "arcsine"])
def test_the_true_velocity_has_no_loss(times: str) -> None:
    assert _loss("velocity", _velocity, times=times)["velocity"] < 1e-6


def test_true_ends_have_no_loss() -> None:
    losses = _loss("endpoints", lambda z, tau: torch.cat([IMAGES, CLEAN], 1))
    assert losses == {"image": 0.0, "mask": 0.0}
    logits = torch.nn.functional.one_hot(LABELS, 4).permute(0, 3, 1, 2) * 60.0
    losses = _loss("posterior", lambda z, tau: torch.cat([IMAGES, logits], 1))
    assert losses["image"] == 0 and losses["classes"] < 1e-6


def test_wrong_answers_cost_what_they_should() -> None:
    off = _loss("endpoints", lambda z, tau: torch.cat([IMAGES + 0.5, CLEAN - 0.1], 1), image_weight=3.0)
    assert off["image"].item() == pytest.approx(3 * 0.25, rel=1e-5)
    assert off["mask"].item() == pytest.approx(0.01, rel=1e-4)
    blank = _loss("posterior", lambda z, tau: torch.zeros(8, 7, 6, 6))
    assert blank["classes"].item() == pytest.approx(np.log(4))


def test_gradient_leads_to_the_target() -> None:
    out = torch.zeros(8, 3, 6, 6, requires_grad=True)
    seen: dict[str, Tensor] = {}

    def network(z: Tensor, tau: Tensor) -> Tensor:
        seen["target"] = _velocity(z, tau)
        return out

    _loss("velocity", network)["velocity"].backward()
    torch.testing.assert_close(out.grad, -2 * seen["target"] / out.numel(), rtol=1e-4, atol=1e-6)


def test_gradient_of_a_posterior_is_probability_minus_truth() -> None:
    out = torch.zeros(8, 7, 6, 6, requires_grad=True)
    _loss("posterior", lambda z, tau: out)["classes"].backward()
    truth = torch.nn.functional.one_hot(LABELS, 4).permute(0, 3, 1, 2)
    torch.testing.assert_close(out.grad[:, 3:], (0.25 - truth) / LABELS.numel(), rtol=1e-4, atol=1e-7)


def test_perturbation_of_training_fills_the_slider() -> None:
    widths = []
    for seed in range(40):

        def network(z: Tensor, tau: Tensor) -> Tensor:
            t = (tau / 1000).view(-1, 1, 1, 1)
            noise = (z - (1 - t) * IMAGES) / t - CLEAN
            widths.extend((noise.abs().amax((1, 2, 3)) * 127.5)[tau > 50].tolist())
            return torch.zeros_like(z)

        _loss("velocity", network, seed)
    widths = np.array(widths)
    assert widths.max() <= BETA * 1.01
    assert 0.35 < (widths > 0.9 * BETA).mean() < 0.75  # half of them at the largest, and a tenth of the rest
    assert 0.1 < (widths < 0.5 * BETA).mean() < 0.4


def test_times_fill_every_stratum() -> None:
    for seed in range(5):
        t = sample_times(64, "uniform", torch.Generator().manual_seed(seed)).flatten()
        assert torch.equal((t * 64).floor().sort().values, torch.arange(64.0))


def test_arcsine_visits_the_ends() -> None:
    t = sample_times(4096, "arcsine", torch.Generator().manual_seed(0)).flatten()
    assert t.shape == (4096,) and t.min() >= 0 and t.max() <= 1
    outer = ((t < 0.1) | (t > 0.9)).float().mean()
    assert outer == pytest.approx(4 / np.pi * np.arcsin(np.sqrt(0.1)), abs=0.01)


def test_ignored_pixels_teach_the_yardstick_nothing() -> None:
    out = torch.zeros(8, 3, 6, 6, requires_grad=True)
    DiscriminativeObjective(3)(lambda x, tau: out, IMAGES, LABELS, torch.Generator())["classes"].backward()
    assert not out.grad.abs().sum(1)[LABELS == 3].any()
    assert (out.grad.abs().sum(1)[LABELS < 3] > 0).all()


def test_class_weights() -> None:
    labels = torch.tensor([0] * 90 + [1] * 9 + [2])
    assert class_weights(labels, 3, 0.0) is None
    weights = class_weights(labels, 3, 0.5)
    assert weights[0] < weights[1] < weights[2]
    assert weights[2] / weights[0] == pytest.approx(np.sqrt(90), rel=1e-5)
    assert weights[labels].mean() == pytest.approx(1.0, rel=1e-5)


def test_weights_scale_the_loss_of_their_pixels() -> None:
    weights = torch.tensor([2.0, 0.0, 0.0])
    found = DiscriminativeObjective(3, weights)(
        lambda x, tau: torch.zeros(8, 3, 6, 6), IMAGES, LABELS, torch.Generator()
    )
    share = (LABELS == 0).float().mean()
    assert found["classes"].item() == pytest.approx(2 * share.item() * np.log(3), rel=1e-5)
