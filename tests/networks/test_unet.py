from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from diffusers.models.attention_processor import Attention, AttnProcessor2_0

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


def test_attention_equals_that_of_diffusers_in_values_and_gradients() -> None:
    network = PatchUNet(CONFIG)
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    theirs = copy.deepcopy(network)
    attending = [module for module in theirs.modules() if isinstance(module, Attention)]
    assert attending
    for module in attending:
        module.set_processor(AttnProcessor2_0())
    z, tau = torch.randn(2, 3, 16, 24), torch.tensor([10.0, 700.0])
    results = [net(z, tau) for net in (network, theirs)]
    for result in results:
        result.square().mean().backward()
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-5)
    for ours, other in zip(network.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, other.grad, rtol=1e-3, atol=1e-5)


def test_attention_runs_in_float32_while_training_on_a_cpu_under_bfloat16(monkeypatch) -> None:
    seen = []
    plain = torch.nn.functional.scaled_dot_product_attention
    monkeypatch.setattr(
        "torch.nn.functional.scaled_dot_product_attention", lambda q, *rest: (seen.append(q.dtype), plain(q, *rest))[1]
    )
    network = PatchUNet(CONFIG)
    z, tau = torch.randn(1, 3, 16, 16), torch.zeros(1)
    with torch.autocast("cpu", torch.bfloat16):
        network(z, tau)
        with torch.no_grad():
            network(z, tau)
    half = len(seen) // 2
    assert half and set(seen[:half]) == {torch.float32} and set(seen[half:]) == {torch.bfloat16}


def test_a_head_answers_for_the_picture_from_the_deepest_map() -> None:
    torch.manual_seed(0)
    network = PatchUNet(replace(CONFIG, classes=4)).eval()
    with torch.no_grad():
        for p in network.parameters():
            p.add_(torch.randn_like(p) * 0.05)
    z, tau = torch.randn(2, 3, 16, 24), torch.tensor([0.0, 700.0])
    with torch.no_grad():
        out = network(z, tau)
        assert out.shape == (2, 5 + 4, 16, 24) and network.config.answer == 9
        logits = out[:, 5:]
        assert torch.equal(logits, logits[:, :, :1, :1].expand_as(logits))
        plain = PatchUNet(CONFIG).eval()
        plain.load_state_dict(network.state_dict(), strict=False)
        torch.testing.assert_close(out[:, :5], plain(z, tau))
        for weight in network.unet.up_blocks.parameters():
            weight.mul_(2)  # what comes after the deepest map has no say
        torch.testing.assert_close(network(z, tau)[:, 5:], logits)
        assert not torch.allclose(network(z, tau.flip(0))[:, 5:], logits, atol=1e-4)
    assert not network.unet.mid_block._forward_hooks


def test_a_head_speaks_to_the_deepest_map_from_the_first_step() -> None:
    torch.manual_seed(0)
    network = PatchUNet(replace(CONFIG, classes=4))
    out = network(torch.randn(2, 3, 16, 16), torch.zeros(2))
    assert not out[:, :5].any() and out[:, 5:].any()
    out[:, 5].sum().backward()
    assert network.head.linear.bias.grad.tolist() == [2 * 256.0, 0, 0, 0]
    assert network.unet.conv_in.weight.grad.any()


def test_what_it_is_told_acts_on_every_block_beside_the_time() -> None:
    network = PatchUNet(replace(CONFIG, in_channels=5, told=2)).eval()
    with torch.no_grad():
        for p in network.parameters():
            p.add_(torch.randn_like(p) * 0.05)
    z, tau = torch.randn(2, 3, 16, 16), torch.full((2,), 300.0)
    told = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    seen: list[torch.Tensor] = []
    block = network.unet.down_blocks[0].resnets[0]
    block.time_emb_proj.register_forward_pre_hook(lambda _, given: seen.append(given[0]))

    def answer(told: torch.Tensor) -> torch.Tensor:
        return network(torch.cat([z, told[:, :, None, None].expand(-1, -1, 16, 16)], 1), tau)

    with torch.no_grad():
        one, other = answer(told), answer(told.flip(0))
    assert one.shape == (2, 5, 16, 16) and network.unet.conv_in.in_channels == 3 * CONFIG.patch**2
    assert not torch.allclose(seen[0], seen[1]) and not torch.allclose(one, other, atol=1e-4)
    with pytest.raises(ModelError, match="beside those it is told"):
        replace(CONFIG, told=3)
