"""SymmFlow's objective against exact answers; the classifier's beside it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from flowdemo.codes import base_k
from flowdemo.systems.labels import GlobalLabels, PixelLabels
from flowdemo.systems.symmflow import SymmFlowHead
from flowdemo.training import symmetric
from flowdemo.training.symmetric import SymmFlowObjective, classifier_loss

N, SIDE = 8, 6
FORMS = {"pixel": PixelLabels(base_k(3, True)), "global": GlobalLabels(5)}
LABELS = {
    "pixel": torch.randint(0, 4, (N, SIDE, SIDE), generator=torch.Generator().manual_seed(1)),
    "global": torch.randint(0, 5, (N,), generator=torch.Generator().manual_seed(1)),
}
BETA = {"pixel": 30.0, "global": 0.25}
CHANNELS = {"pixel": 3, "global": 1}


def _images(kind: str) -> Tensor:
    return torch.rand(N, CHANNELS[kind], SIDE, SIDE, generator=torch.Generator().manual_seed(0)) * 2 - 1


def _loss(kind: str, network, prediction: str = "velocity", seed: int = 2, beta: float | None = None, **options):
    scale = options.pop("time_scale", 1000.0)
    head = SymmFlowHead(prediction, FORMS[kind], CHANNELS[kind], time_scale=scale)
    objective = SymmFlowObjective(head, BETA[kind] if beta is None else beta, **options)
    return objective(network, _images(kind), LABELS[kind], torch.Generator().manual_seed(seed))


def _clean(kind: str) -> Tensor:
    return FORMS[kind].encode(LABELS[kind], (SIDE, SIDE))


def _exact(kind: str):
    """The true velocity without dequantisation, from what the network sees: x_t = (1 − t) ξ + t x and so on."""

    def network(state: Tensor, tau: Tensor) -> Tensor:
        t, half = (tau / 1000).view(-1, 1, 1, 1), CHANNELS[kind]
        noise_x = (state[:, :half] - t * _images(kind)) / (1 - t)
        noise_y = (state[:, half:] - (1 - t) * _clean(kind)) / t
        return torch.cat([_images(kind) - noise_x, noise_y - _clean(kind)], 1)

    return network


@pytest.mark.parametrize("times", ["uniform", "arcsine"])
@pytest.mark.parametrize("kind", FORMS)
def test_the_true_velocity_has_no_loss(kind: str, times: str) -> None:
    losses = _loss(kind, _exact(kind), beta=0.0, times=times)
    assert losses["image"] < 1e-5 and losses["label"] < 1e-5
    with torch.no_grad():
        backwards = _loss(kind, lambda state, tau: -_exact(kind)(state, tau), beta=0.0, times=times)
    assert min(backwards.values()) > 0.5


@pytest.mark.parametrize("kind", FORMS)
def test_the_clean_image_has_no_loss_where_it_is_what_is_asked_for(kind: str) -> None:
    def network(state: Tensor, tau: Tensor) -> Tensor:
        half, rows = CHANNELS[kind], len(FORMS[kind].points)
        label = _exact(kind)(state, tau)[:, half : half + FORMS[kind].channels]
        return torch.cat([_images(kind), label, torch.zeros(N, rows, SIDE, SIDE)], 1)

    losses = _loss(kind, network, "endpoints", beta=0.0, clean_share=0.0)
    assert losses["image"] < 1e-9 and losses["label"] < 1e-4 and losses["classes"] > 0.1


@pytest.mark.parametrize("kind", FORMS)
def test_halves_are_weighed_by_w_and_by_what_is_left(kind: str) -> None:
    """Answers that are off by 1 in the image half and by 2 in the label half cost w and 4 (1 − w)."""
    off = torch.cat([torch.ones(1, CHANNELS[kind], 1, 1), torch.full((1, FORMS[kind].channels, 1, 1), 2.0)], 1)
    for weight in (0.9, 0.7, 0.0):
        losses = _loss(kind, lambda s, tau: _exact(kind)(s, tau) + off, beta=0.0, image_weight=weight)
        assert losses["image"].item() == pytest.approx(weight, abs=1e-4)
        assert losses["label"].item() == pytest.approx(4 * (1 - weight), abs=1e-3)


@pytest.mark.parametrize("kind", FORMS)
def test_classes_cost_what_the_image_leaves_open(kind: str) -> None:
    """At t = 1, where the label half has no say: nothing for the truth, log K for a blank answer."""
    rows = len(FORMS[kind].points)
    truth = torch.nn.functional.one_hot(LABELS[kind], rows).float()
    truth = truth.permute(0, 3, 1, 2) if kind == "pixel" else truth.view(N, rows, 1, 1).expand(-1, -1, SIDE, SIDE)
    halves = CHANNELS[kind] + FORMS[kind].channels
    for logits, cost in ((60 * truth, 0.0), (0 * truth, np.log(rows))):
        answer = torch.cat([torch.zeros(N, halves, SIDE, SIDE), logits], 1)
        losses = _loss(kind, lambda s, tau, answer=answer: answer, "posterior", clean_share=1.0)
        assert losses["classes"].item() == pytest.approx(cost, abs=1e-4)
    assert "classes" not in _loss(kind, lambda s, tau: s)


def test_where_the_label_half_tells_the_class_the_network_need_not() -> None:
    """With whole labels the mean of the channel says it nearly everywhere but close to t = 1."""
    blank = torch.zeros(N, 2 + 5, SIDE, SIDE)
    costs = [_loss("global", lambda s, tau: blank, "posterior", clean_share=share)["classes"] for share in (0.0, 1.0)]
    assert costs[0] < 0.4 * costs[1]


@pytest.mark.parametrize("kind", FORMS)
def test_dequantisation_fills_its_width_and_the_ablation_has_none(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def largest(beta: float) -> np.ndarray:
        """Of every picture, in units of β; at t = 0 the label half is the noisy label itself."""
        found = []
        for seed in range(20):

            def network(state: Tensor, tau: Tensor) -> Tensor:
                found.append(state[:, CHANNELS[kind] :] - _clean(kind))
                return torch.zeros_like(state)

            _loss(kind, network, seed=seed, beta=beta)
        return torch.cat(found).abs().amax((1, 2, 3)).numpy() / FORMS[kind].half_width(1.0)

    monkeypatch.setattr(symmetric, "sample_times", lambda n, how, gen: torch.zeros(n, 1, 1, 1))
    noise = largest(BETA[kind])
    assert noise.max() <= BETA[kind] * (1 + 1e-5)
    assert 0.35 < (noise > 0.9 * BETA[kind]).mean() < 0.8  # half of them at the largest, and some just below it
    assert 0.1 < (noise < 0.5 * BETA[kind]).mean() < 0.4
    assert largest(0.0).max() < 1e-4


def test_a_share_of_the_pictures_is_shown_clean() -> None:
    seen = []

    def network(state: Tensor, tau: Tensor) -> Tensor:
        seen.append((state[:, :1], tau))
        return torch.zeros_like(state)

    for share in (0.0, 0.25, 1.0):
        _loss("global", network, clean_share=share)
        image, tau = seen.pop()
        assert (tau == 1000).sum() == share * N
        clean = (image == _images("global")).all((1, 2, 3))
        assert torch.equal(clean, tau == 1000)


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_both_halves_share_a_time_and_the_network_is_told_its_scale(scale: float) -> None:
    told = []

    def network(state: Tensor, tau: Tensor) -> Tensor:
        told.append(tau)
        return torch.zeros_like(state)

    _loss("global", network, time_scale=scale)
    assert told[0].shape == (N,) and told[0].dtype == torch.float32
    strata = (told[0] / scale).clamp(max=1 - 1e-6)
    assert torch.equal((strata * N).floor().sort().values, torch.arange(float(N)))


def test_a_classifier_learns_the_truth_minus_what_it_thinks() -> None:
    labels, out = torch.tensor([0, 1, 1]), torch.zeros(3, 2, requires_grad=True)
    loss = classifier_loss(lambda x: out, torch.zeros(3, 1, 4, 4), labels, torch.Generator())["classes"]
    assert loss.item() == pytest.approx(np.log(2))
    loss.backward()
    torch.testing.assert_close(out.grad, (0.5 - torch.nn.functional.one_hot(labels, 2)) / 3)
