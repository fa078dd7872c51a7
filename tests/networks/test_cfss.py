from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from flowdemo.errors import ModelError
from flowdemo.networks.cfss import CFSSConfig, CFSSNet
from flowdemo.networks.unet import UNetConfig
from flowdemo.systems.contourflow import Settings, constrained, tangent_loss, unrolled

SHAPE = {"patch": 2, "channels": (8, 16), "attention": (False, True), "blocks": 1, "head_channels": 8, "groups": 4}
TAU = torch.zeros(2)


def _network(classes: int = 2, seed: int = 0, rounds: int = 4) -> CFSSNet:
    torch.manual_seed(seed)
    network = CFSSNet(CFSSConfig(3, classes, **SHAPE, rounds=rounds), unrolled).eval()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if name != "raw":
                weight.add_(torch.randn_like(weight) * 0.1)
    return network


@torch.no_grad()
def test_two_classes_are_one_mask_of_the_difference() -> None:
    network, z = _network(), torch.randn(2, 3, 16, 24)
    seen, along, logits = network.parts(z, TAU)
    assert seen.shape == logits.shape == (2, 2, 16, 24) and along.shape == (2, 2, 16, 24)
    expected = constrained(seen[:, 1:] - seen[:, :1], along, 4, Settings())
    torch.testing.assert_close(logits[:, 1:] - logits[:, :1], expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(network(z, TAU), logits)
    assert not torch.allclose(logits.softmax(1), seen.softmax(1), atol=1e-2), "the rounds do something"


@torch.no_grad()
@pytest.mark.parametrize(("classes", "contours"), [(1, 1), (3, 3)])
def test_a_mask_and_many_classes(classes: int, contours: int) -> None:
    network, z = _network(classes), torch.randn(2, 3, 16, 16)
    seen, along, logits = network.parts(z, TAU)
    assert along.shape == (2, 2 * contours, 16, 16) and logits.shape == (2, classes, 16, 16)
    torch.testing.assert_close(logits, constrained(seen, along, 4, Settings()), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_directions_have_length_one_and_never_more() -> None:
    network = _network(3)
    tx, ty = network.parts(torch.randn(2, 3, 16, 16), TAU).tangent.chunk(2, 1)
    length = torch.hypot(tx, ty)
    assert length.max() <= 1 + 1e-6 and length.median() > 0.999


@torch.no_grad()
def test_rounds_may_be_none_or_more_than_in_training() -> None:
    network, z = _network(), torch.randn(2, 3, 16, 16)
    before = network(z, TAU)
    network.rounds = 0
    torch.testing.assert_close(network(z, TAU), network.parts(z, TAU).seen)
    network.rounds = 9
    assert not torch.allclose(network(z, TAU), before, atol=1e-3)


def test_constants_start_where_they_were_told() -> None:
    config = CFSSConfig(3, 2, **SHAPE, epsilon=0.5, strength=2.0, sigma=40.0)
    found = torch.stack(CFSSNet(config, unrolled).constants())
    torch.testing.assert_close(found, torch.tensor([0.5, 2.0, 40.0]))


def test_gradient_reaches_every_weight_from_the_first_step_on() -> None:
    """The last convolution starts from zero, where |cos| of its directions would have no gradient."""
    torch.manual_seed(0)
    network = CFSSNet(CFSSConfig(3, 2, **SHAPE, rounds=3), unrolled)
    z, true = torch.randn(2, 3, 16, 16), F.normalize(torch.randn(2, 2, 16, 16))
    found = network.parts(z, TAU)
    tangent_loss(found.tangent, true).backward()
    weight = network.unet.conv_out.weight.grad
    assert weight[: 2 * 4].abs().sum() == 0 < weight[2 * 4 :].abs().sum()
    network = _network(rounds=3).train()
    found = network.parts(z, TAU)
    loss = F.cross_entropy(found.logits, torch.randint(0, 2, (2, 16, 16))) + tangent_loss(found.tangent, true)
    loss.backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() and p.grad.any() for p in network.parameters())
    assert network.raw.grad.count_nonzero() == 3


def test_the_directions_learn_from_what_the_rounds_make_of_them() -> None:
    network = _network().train()
    network(torch.randn(2, 3, 16, 16), TAU).square().mean().backward()
    weight = network.unet.conv_out.weight.grad
    assert weight[: 2 * 4].abs().sum() > 0 and weight[2 * 4 :].abs().sum() > 0


def test_it_learns_a_direction() -> None:
    """Stripes: the tangents run along them, whichever way."""
    torch.manual_seed(0)
    network = CFSSNet(CFSSConfig(3, 2, **SHAPE, rounds=0), unrolled)
    wave = torch.sin(torch.arange(16) / 2.0)
    z = torch.stack([wave.expand(3, 16, 16), wave[:, None].expand(3, 16, 16)])
    true = torch.zeros(2, 2, 16, 16)
    true[0, 1], true[1, 0] = 1, -1
    optimiser = torch.optim.Adam(network.parameters(), 5e-3)
    losses = []
    for _ in range(25):
        loss = tangent_loss(network.parts(z, TAU).tangent, true)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.05 < 0.2 < losses[0]


def test_description_survives_a_manifest_and_is_of_this_network_only() -> None:
    config = CFSSConfig(3, 2, **SHAPE, rounds=7, epsilon=0.5)
    raw = config.to_json()
    assert CFSSConfig.from_json(raw) == config and raw["kind"] == "cfss"
    assert (config.answer, config.multiple, config.unet.out_channels) == (2, 4, 4)
    with pytest.raises(ModelError):
        UNetConfig.from_json(raw)
    with pytest.raises(ModelError):
        CFSSConfig.from_json(UNetConfig(3, 2, **SHAPE).to_json())


@pytest.mark.parametrize(
    "wrong",
    [{"rounds": -1}, {"rounds": 1001}, {"side": 4}, {"share": 1.0}, {"share": 0.0}, {"epsilon": 0.0}, {"epsilon": "1"},
     {"sigma": float("nan")}, {"classes": 2}, {"told": 1}],
)  # fmt: skip
def test_what_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(ModelError):
        CFSSConfig(3, 2, **SHAPE | wrong)


def test_a_network_that_is_always_told_the_same_time_answers_the_same_without_it() -> None:
    torch.manual_seed(0)
    network = CFSSNet(CFSSConfig(1, 1, 2, (8, 8), (False, False), 1, 8, rounds=3), unrolled).eval()
    with torch.no_grad():
        network.unet.conv_out.weight.normal_(std=0.3)
        network.raw.add_(0.3)
    made, x, tau = network.told(0.0), torch.randn(2, 1, 16, 16), torch.zeros(2)
    with torch.no_grad():
        for mine, other in zip(made.parts(x, tau), network.parts(x, tau), strict=True):
            torch.testing.assert_close(mine, other, atol=1e-5, rtol=0)
    assert sum(p.numel() for p in made.parameters()) < sum(p.numel() for p in network.parameters())
    assert CFSSConfig.from_json(made.config.to_json()) == made.config
