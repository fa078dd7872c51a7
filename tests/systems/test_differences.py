"""Stencils against polynomials, and the adjoint against inner products."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from flowdemo.systems.differences import backward, central, divergence, forward, second


def _random(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _quadratic() -> Tensor:
    """3x² + 5xy − 2y² + x on 9 rows of 12 pixels: x runs along a row."""
    y, x = torch.meshgrid(torch.arange(9.0), torch.arange(12.0), indexing="ij")
    return (3 * x**2 + 5 * x * y - 2 * y**2 + x)[None, None].double()


def test_stencils_are_exact_on_a_quadratic_within_the_border() -> None:
    u = _quadratic()
    y, x = torch.meshgrid(torch.arange(9.0), torch.arange(12.0), indexing="ij")
    inner = (..., slice(1, -1), slice(1, -1))
    ux, uy = central(u)
    torch.testing.assert_close(ux[inner][0, 0], (6 * x + 5 * y + 1)[1:-1, 1:-1].double())
    torch.testing.assert_close(uy[inner][0, 0], (5 * x - 4 * y)[1:-1, 1:-1].double())
    for found, value in zip(second(u), (6.0, 5.0, -4.0), strict=True):
        torch.testing.assert_close(found[inner], torch.full_like(found[inner], value))


def test_forward_and_backward_differences_are_shifts_of_each_other() -> None:
    u = _random(0, 2, 3, 5, 7)
    (fx, fy), (bx, by) = forward(u), backward(u)
    assert torch.equal(fx[..., :-1], bx[..., 1:]) and torch.equal(fy[..., :-1, :], by[..., 1:, :])
    assert not fx[..., -1].any() and not fy[..., -1, :].any() and not bx[..., 0].any() and not by[..., 0, :].any()


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (8, 5)])
def test_divergence_is_the_negative_adjoint(size: tuple[int, int]) -> None:
    u, px, py = (_random(seed, 2, 2, *size) for seed in range(3))
    ux, uy = forward(u)
    assert ((ux * px + uy * py).sum() + (u * divergence(px, py)).sum()).abs() < 1e-13


@pytest.mark.parametrize("operator", [central, second, forward, backward], ids=lambda f: f.__name__)
def test_a_constant_has_no_differences(operator: object) -> None:
    assert not any(part.any() for part in operator(torch.full((1, 1, 4, 6), 0.3)))


def test_gradients_pass_through() -> None:
    u = _random(5, 1, 1, 4, 5).requires_grad_(True)

    def everything(v: Tensor) -> Tensor:
        return torch.cat([*central(v), *second(v), *forward(v), *backward(v), divergence(*forward(v))])

    assert torch.autograd.gradcheck(everything, u)
