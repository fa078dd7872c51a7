from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from flowdemo.errors import ModelError
from flowdemo.networks.pixelfield import PixelField, PixelFieldConfig, cosines
from flowdemo.networks.unet import UNetConfig

CONFIG = PixelFieldConfig(6, 3, 4, (8, 16), (False, True), 1, 8, 4, width=5, frequencies=3)


def _network(seed: int = 0) -> PixelField:
    torch.manual_seed(seed)
    network = PixelField(CONFIG).eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    return network


@torch.no_grad()
def test_every_pixel_is_decoded_by_the_field_of_its_patch() -> None:
    """Against the equation, one pixel after the other."""
    network, z, tau = _network(), torch.randn(2, 6, 16, 24), torch.tensor([0.0, 700.0])
    found = network(z, tau)
    tokens = network.norm(network.unet(F.pixel_unshuffle(z, 4), tau).sample.permute(0, 2, 3, 1))
    weights = network.weights(tokens)
    for b, y, x in ((0, 0, 0), (0, 5, 3), (1, 15, 23), (1, 6, 17)):
        own = weights[b, y // 4, x // 4]
        first, second = own[: 5 * 15].view(5, 15), own[5 * 15 :].view(3, 5)
        place = [math.cos(math.pi * a * (y % 4 + 0.5) / 4) * math.cos(math.pi * c * (x % 4 + 0.5) / 4)
                 for a in range(3) for c in range(3)]  # fmt: skip
        query = torch.cat([torch.tensor(place), z[b, :, y, x]])
        hidden = F.silu(first / first.norm(dim=1, keepdim=True) @ query)
        expected = network.scale * (second / second.norm(dim=1, keepdim=True) @ hidden)
        torch.testing.assert_close(found[b, :, y, x], expected, atol=1e-5, rtol=1e-4)


def test_cosines_are_orthogonal() -> None:
    basis = cosines(8, 4)
    gram = basis.T @ basis
    torch.testing.assert_close(gram, torch.diag(gram.diag()), atol=1e-4, rtol=0)


def test_gradient_reaches_every_weight() -> None:
    network = _network().train()
    network(torch.randn(2, 6, 16, 16), torch.tensor([10.0, 500.0])).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_description_survives_a_manifest_and_is_of_this_network_only() -> None:
    raw = CONFIG.to_json()
    assert PixelFieldConfig.from_json(raw) == CONFIG and raw["kind"] == "pixel-field"
    with pytest.raises(ModelError):
        UNetConfig.from_json(raw)
    with pytest.raises(ModelError):
        PixelFieldConfig.from_json(CONFIG.unet.to_json())
    with pytest.raises(ModelError):
        PixelFieldConfig(6, 3, width=0)
