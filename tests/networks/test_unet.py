from __future__ import annotations

import pytest
import torch

from flowdemo.errors import ModelError
from flowdemo.networks.unet import PatchUNet, UNetConfig, parameter_count

CONFIG = UNetConfig(3, 5, 2, (8, 16), (False, True), 1, 8)


def _network() -> PatchUNet:
    torch.manual_seed(0)
    network = PatchUNet(CONFIG).eval()
    with torch.no_grad():
        for p in network.parameters():
            p.add_(torch.randn_like(p) * 0.05)
    return network


def test_starts_from_zero() -> None:
    out = PatchUNet(CONFIG)(torch.randn(2, 3, 16, 24), torch.tensor([0.0, 700.0]))
    assert out.shape == (2, 5, 16, 24) and not out.any()


@torch.no_grad()
def test_answers_by_pixel_and_time_and_never_across_the_batch() -> None:
    network, z, tau = _network(), torch.randn(3, 3, 16, 16), torch.tensor([0.0, 400.0, 1000.0])
    out = network(z, tau)
    torch.testing.assert_close(network(z[1:2], tau[1:2]), out[1:2], atol=1e-4, rtol=1e-4)
    assert not torch.allclose(network(z, tau.flip(0))[0], out[0], atol=1e-4)


@torch.no_grad()
def test_memory_layout_does_not_matter() -> None:
    network, z, tau = _network(), torch.randn(2, 3, 16, 16), torch.zeros(2)
    out = network(z, tau)
    other = network.to(memory_format=torch.channels_last)(z.to(memory_format=torch.channels_last), tau)
    torch.testing.assert_close(other, out, atol=1e-4, rtol=1e-4)


def test_configuration_survives_json() -> None:
    assert UNetConfig.from_json(CONFIG.to_json()) == CONFIG
    assert CONFIG.multiple == 4


@pytest.mark.parametrize(
    "raw",
    [
        {"in_channels": 3, "out_channels": 3, "layers": 4},
        {"in_channels": 3},
        {"in_channels": 3, "out_channels": 10**9},
        {"in_channels": 3, "out_channels": True},
        {"in_channels": 3, "out_channels": "3"},
        {"in_channels": 3, "out_channels": 3, "channels": 64},
        {"in_channels": 3, "out_channels": 3, "channels": [], "attention": []},
        {"in_channels": 3, "out_channels": 3, "channels": [8] * 9, "attention": [False] * 9},
        {"in_channels": 3, "out_channels": 3, "channels": [8, 8], "attention": [False]},
        {"in_channels": 3, "out_channels": 3, "blocks": 2000},
    ],
)
def test_hostile_configurations(raw: dict) -> None:
    with pytest.raises(ModelError):
        UNetConfig.from_json(raw)


def test_parameters_are_counted() -> None:
    assert parameter_count(torch.nn.Linear(3, 4)) == 16
