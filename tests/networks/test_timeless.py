"""Without time: the same answers from fewer weights."""

from __future__ import annotations

import pytest
import torch

from flowdemo.networks.timeless import TimelessConfig, TimelessUNet
from flowdemo.networks.unet import PatchUNet, UNetConfig, parameter_count


@pytest.fixture
def network() -> PatchUNet:
    torch.manual_seed(0)
    made = PatchUNet(UNetConfig(3, 5, 2, (8, 16), (False, True), 1, 8))
    with torch.no_grad():
        for parameter in made.parameters():  # the last convolutions start from zero
            parameter.add_(0.05 * torch.randn_like(parameter))
    return made.eval()


@torch.no_grad()
@pytest.mark.parametrize("tau", [0.0, 350.0])
def test_it_answers_as_the_network_does_at_that_time_and_at_every_other(network: PatchUNet, tau: float) -> None:
    picture = torch.randn(2, 3, 16, 24)
    expected = network(picture, torch.full((2,), tau))
    made = TimelessUNet.of(network, tau)
    for told in (tau, 900.0):
        assert torch.allclose(made(picture, torch.full((2,), told)), expected, atol=1e-5)
    assert not torch.allclose(network(picture, torch.full((2,), 900.0)), expected, atol=1e-3)
    assert parameter_count(made) < 0.9 * parameter_count(network)


@torch.no_grad()
def test_it_comes_back_from_its_description(network: PatchUNet) -> None:
    made = TimelessUNet.of(network, 0.0)
    again = TimelessUNet(TimelessConfig.from_json(made.config.to_json())).eval()
    again.load_state_dict(made.state_dict())
    picture, tau = torch.randn(1, 3, 16, 16), torch.zeros(1)
    assert made.config.to_json()["kind"] == "timeless"
    assert torch.equal(again(picture, tau), made(picture, tau))
