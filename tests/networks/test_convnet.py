from __future__ import annotations

import pytest
import torch

from flowdemo.errors import ModelError
from flowdemo.networks.convnet import ConvNet, ConvNetConfig

CONFIG = ConvNetConfig(1, 5, (8, 16, 24), 2, 2)


@torch.no_grad()
def test_logits_are_a_linear_function_of_the_features() -> None:
    torch.manual_seed(0)
    network, x = ConvNet(CONFIG).eval(), torch.randn(3, 1, 20, 16)
    features = network.features(x)
    assert features.shape == (3, 24) and (features >= 0).all() and features.std() > 0
    logits = network(x)
    torch.testing.assert_close(logits, features @ network.head.weight.T + network.head.bias)
    torch.testing.assert_close(network(x[1:2]), logits[1:2], atol=1e-5, rtol=1e-4)  # never across the batch


def test_every_weight_learns() -> None:
    torch.manual_seed(0)
    network = ConvNet(CONFIG)
    torch.nn.functional.cross_entropy(network(torch.randn(4, 1, 16, 16)), torch.arange(4)).backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


def test_configuration_survives_json() -> None:
    assert ConvNetConfig.from_json(CONFIG.to_json()) == CONFIG


@pytest.mark.parametrize(
    "raw",
    [{"in_channels": 1}, {"in_channels": 1, "classes": 0}, {"in_channels": 1, "classes": 10, "depth": 3},
     {"in_channels": 1, "classes": 10, "channels": []}, {"in_channels": 1, "classes": 10, "channels": 8},
     {"in_channels": 1, "classes": 10, "channels": [12]}, {"in_channels": "1", "classes": 10}],
)  # fmt: skip
def test_descriptions_that_no_network_has(raw: dict) -> None:
    with pytest.raises(ModelError):
        ConvNetConfig.from_json(raw)
