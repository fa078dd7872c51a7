"""Recordings answer as their networks do, and stand back where they cannot."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from flowdemo.networks.traced import WORTH, Traced
from flowdemo.networks.unet import PatchUNet, UNetConfig


class Counted(nn.Module):
    """Counts the calls that reach it."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner, self.calls = inner, 0

    def forward(self, x: Tensor, tau: Tensor) -> Tensor:
        self.calls += 1
        return self.inner(x, tau)


class Fickle(nn.Module):
    """Decides by the values it is given, which no recording can."""

    def forward(self, x: Tensor, tau: Tensor) -> Tensor:
        return x + torch.rand(1)


def network() -> Counted:
    torch.manual_seed(0)
    config = UNetConfig(3, 5, 2, (8, 16), (False, True), 1, 8)
    return Counted(PatchUNet(config).eval().requires_grad_(False))


def asked(count: int, size: int = 16) -> list[tuple[Tensor, Tensor]]:
    return [(torch.randn(2, 3, size, size), torch.rand(2) * 1000) for _ in range(count)]


@torch.no_grad()
def test_a_recording_gives_the_same_bits_and_asks_no_python() -> None:
    plain = network()
    traced, inputs = Traced(plain), asked(WORTH + 3)
    for pair in inputs[:WORTH]:
        traced(*pair)
    traced.settle()
    before = plain.calls
    answers = [traced(*pair) for pair in inputs]
    assert plain.calls == before
    assert all(torch.equal(a, plain.inner(*pair)) for a, pair in zip(answers, inputs, strict=True))


@torch.no_grad()
def test_another_form_goes_to_the_network() -> None:
    plain = network()
    traced = Traced(plain)
    for pair in asked(WORTH):
        traced(*pair)
    traced.settle()
    before = plain.calls
    (pair,) = asked(1, size=24)
    assert torch.equal(traced(*pair), plain.inner(*pair)) and plain.calls == before + 1


@torch.no_grad()
def test_rare_forms_are_not_recorded() -> None:
    plain = network()
    traced, inputs = Traced(plain), asked(WORTH - 1)
    for pair in inputs:
        traced(*pair)
    traced.settle()
    traced(*inputs[0])
    assert plain.calls == WORTH


@torch.no_grad()
def test_what_differs_from_its_network_is_thrown_away() -> None:
    traced = Traced(Fickle())
    (pair,) = asked(1)
    for _ in range(WORTH):
        traced(*pair)
    traced.settle()
    assert not torch.equal(traced(*pair), traced(*pair))
    assert not any(traced._recordings.values())


def test_gradients_go_through_the_network_itself() -> None:
    plain = network()
    traced = Traced(plain)
    x, tau = asked(1)[0]
    traced(x.requires_grad_(True), tau).sum().backward()
    assert x.grad is not None and plain.calls == 1


def test_attributes_are_the_networks_own() -> None:
    assert Traced(network()).calls == 0
