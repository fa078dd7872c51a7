"""Two networks in one: neither hears of the other, and both are trained together."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import torch

from flowdemo.errors import ModelError
from flowdemo.networks.glance import GlanceConfig, GlanceUNet
from flowdemo.networks.unet import PatchUNet, UNetConfig, parameter_count

GRID = UNetConfig(3, 3, 2, (8,), (True,), 1, 8)
CONFIG = GlanceConfig(1, 1, 2, (8, 16), (False, True), 1, 8, grid=GRID)


@pytest.fixture
def network() -> GlanceUNet:
    torch.manual_seed(0)
    made = GlanceUNet(CONFIG)
    with torch.no_grad():
        for parameter in made.parameters():  # the last convolutions start from zero
            parameter.add_(0.05 * torch.randn_like(parameter))
    return made.eval()


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


PIXELS, TAU = drawn(2, 1, 16, 24), torch.tensor([0.0, 700.0])
CELLS, CELLS_TAU = drawn(3, 3, 8, 8), torch.full((3,), 40.0)


def test_configuration_survives_json() -> None:
    raw = CONFIG.to_json()
    assert GlanceConfig.from_json(raw) == GlanceConfig.from_json(json.loads(json.dumps(raw))) == CONFIG
    assert raw["kind"] == "glance" and CONFIG.multiple == 4 and CONFIG.grid.multiple == 2


@pytest.mark.parametrize(
    "changes",
    [{"grid": None}, {"grid": 8}, {"grid": []}, {"grid": {"in_channels": 3}}, {"grid": GRID.to_json() | {"layers": 4}},
     {"grid": GRID.to_json() | {"channels": [12]}}, {"grid": GRID.to_json() | {"classes": 2}},
     {"grid": GRID.to_json() | {"told": 1}}, {"grid": GRID.to_json() | {"kind": "glance"}}, {"classes": 2},
     {"in_channels": 2, "told": 1}],
    ids=repr,
)  # fmt: skip
def test_a_second_network_that_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        GlanceConfig.from_json(CONFIG.to_json() | changes)


def test_without_a_second_network_there_is_no_description() -> None:
    with pytest.raises(ModelError, match="glances"):
        GlanceConfig(1, 1, 2, (8, 16), (False, True), 1, 8)
    with pytest.raises(ModelError, match="glances"):
        GlanceConfig(1, 1, 2, (8, 16), (False, True), 1, 8, grid=replace(GRID, classes=2))


@torch.no_grad()
def test_each_part_answers_as_it_would_alone(network: GlanceUNet) -> None:
    weights = network.state_dict()
    pixels, grid = PatchUNet(UNetConfig(1, 1, 2, (8, 16), (False, True), 1, 8)).eval(), PatchUNet(GRID).eval()
    pixels.load_state_dict({key: value for key, value in weights.items() if not key.startswith("glance.")})
    grid.load_state_dict({key.removeprefix("glance."): v for key, v in weights.items() if key.startswith("glance.")})
    assert parameter_count(network) == parameter_count(pixels) + parameter_count(grid)
    answer, told = network(PIXELS, TAU, CELLS, CELLS_TAU)
    assert torch.equal(network(PIXELS, TAU), pixels(PIXELS, TAU)) and pixels(PIXELS, TAU).any()
    assert torch.equal(answer, pixels(PIXELS, TAU))
    assert torch.equal(told, grid(CELLS, CELLS_TAU)) and told.any()


def test_a_joint_loss_reaches_every_weight_of_both(network: GlanceUNet) -> None:
    sum(answer.square().mean() for answer in network(PIXELS, TAU, CELLS, CELLS_TAU)).backward()
    assert all(weight.grad is not None for weight in network.parameters())
    for part in (network.unet, network.glance):
        assert sum(float(weight.grad.abs().sum()) for weight in part.parameters()) > 0


def test_a_loss_of_pixels_leaves_the_grid_alone(network: GlanceUNet) -> None:
    network(PIXELS, TAU).square().mean().backward()
    assert all(weight.grad is None for weight in network.glance.parameters())
    assert all(weight.grad is not None for weight in network.unet.parameters())
