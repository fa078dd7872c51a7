"""The potential against automatic differentiation, its force laws, and what it does to an ambiguous pixel."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from flowdemo.codes.families import r_sequence
from flowdemo.codes.measures import min_distance
from flowdemo.errors import InputError
from flowdemo.systems.potential import TRANSFORMS, Potential

CODES = torch.from_numpy(r_sequence(19))
AMBIGUOUS = torch.tensor([[-0.6, 0.0], [0.6, 0.0], [0.0, 0.05], [0.0, 0.9]], dtype=torch.float64)
POSTERIOR = torch.tensor([0.55, 0.45, 0.0, 0.0], dtype=torch.float64)


def _points(n: int, seed: int = 0, codes: Tensor = CODES) -> tuple[Tensor, Tensor]:
    gen = torch.Generator().manual_seed(seed)
    x = 2.4 * torch.rand(n, codes.shape[1], generator=gen, dtype=torch.float64) - 1.2
    return x, torch.randint(0, len(codes), (n,), generator=gen)


@pytest.mark.parametrize(("transform", "tau"), itertools.product(TRANSFORMS, (0.5, 1.0, 2.0)))
def test_gradient_is_that_of_the_value(transform: str, tau: float) -> None:
    potential = Potential(CODES, tau, 1e-2, transform)
    x, labels = _points(64)
    x.requires_grad_(True)
    potential.value(x, labels).sum().backward()
    torch.testing.assert_close(potential.gradient(x, labels), x.grad, atol=1e-12, rtol=1e-10)


def test_maps_agree_with_single_points() -> None:
    x, labels = _points(24)
    maps, indices = x.view(2, 3, 4, 3).permute(0, 3, 1, 2), labels.view(2, 3, 4)
    potential = Potential(CODES)
    found = potential.gradient(maps, indices).permute(0, 2, 3, 1).reshape(24, 3)
    torch.testing.assert_close(found, potential.gradient(x, labels), atol=1e-12, rtol=0)


def test_residual_has_the_gradient_of_matching_and_potential() -> None:
    """‖v − sg[ṽ]‖² and ‖v − (x₁ − x₀)‖² + 2η/(1 − t) Φ(x̂₁) have the same gradient, see methods of FlowSeg."""
    potential, eta, t = Potential(CODES), 0.7, 0.3
    x, labels = _points(40, 3)
    v = torch.randn(40, 3, dtype=torch.float64, requires_grad=True)
    straight = torch.randn(40, 3, dtype=torch.float64)
    reshaped = straight - eta * potential.gradient(x + (1 - t) * v, labels)
    (residual,) = torch.autograd.grad(((v - reshaped) ** 2).sum(), v)
    combined = ((v - straight) ** 2).sum() + 2 * eta / (1 - t) * potential.value(x + (1 - t) * v, labels).sum()
    (expected,) = torch.autograd.grad(combined, v)
    torch.testing.assert_close(residual, expected, atol=1e-10, rtol=1e-10)


def test_value_is_zero_at_certainty_only() -> None:
    potential = Potential(CODES, 1.0, 1e-12)
    labels = torch.arange(19)
    assert potential.value(CODES, labels).max() < 1e-6
    x, others = _points(200)
    assert (potential.value(x, others) > 0).all()


def _directions(n: int, d: int) -> Tensor:
    gen = torch.Generator().manual_seed(5)
    return torch.nn.functional.normalize(torch.randn(n, d, generator=gen, dtype=torch.float64), dim=1)


def test_pull_to_the_own_code_and_push_from_others() -> None:
    near, ways = 0.3 * min_distance(CODES.numpy()), _directions(400, 3)
    potential = Potential(CODES, 1.0, 1e-4)
    for r in (near, near / 10):
        for own in (0, 7, 18):
            force = -potential.gradient(CODES[own] + r * ways, torch.full((400,), own))
            assert (force * -ways).sum(1).mean() > 0
            force = -potential.gradient(CODES[own] + r * ways, torch.full((400,), (own + 1) % 19))
            assert (force * ways).sum(1).mean() > 0


@pytest.mark.parametrize("tau", [0.5, 1.0, 2.0])
def test_force_law_near_the_code(tau: float) -> None:
    """F(r) ~ r^(2/τ − 1) while S_τ r^(2/τ) ≪ 1 and r ≫ √ε."""
    codes = torch.tensor([[0.0, 0, 0], [1.2, 0.9, -0.8], [-1, 1.1, 1]], dtype=torch.float64)
    potential, ways = Potential(codes, tau, 1e-12), _directions(500, 3)
    radii = [1e-5, 2e-5] if tau == 2 else [1e-3, 2e-3]
    forces = [-(potential.gradient(r * ways, torch.zeros(500, dtype=torch.long)) * -ways).sum(1).mean() for r in radii]
    assert math.log(forces[1] / forces[0], 2) == pytest.approx(2 / tau - 1, abs=0.02)


def test_force_is_bounded() -> None:
    """‖∇Φ‖ ≤ 2 (1 − p_y)/(τ √ε), also where x lies on a wrong code."""
    for tau, epsilon in itertools.product((0.5, 1.0, 2.0), (1e-4, 1e-2)):
        potential = Potential(CODES, tau, epsilon)
        x, labels = _points(2000, 1)
        x[:19] = CODES
        p = potential.log_probabilities(x).exp().gather(1, labels[:, None])[:, 0]
        bound = 2 * (1 - p) / (tau * math.sqrt(epsilon))
        assert (potential.gradient(x, labels).norm(dim=1) <= bound + 1e-9).all()


def test_clip_bounds_the_length_and_keeps_the_direction() -> None:
    potential = Potential(CODES, 1.0, 1e-6)
    x, labels = _points(300, 2)
    x[:19] = CODES + 1e-3
    free, clipped = potential.gradient(x, labels), potential.gradient(x, labels, clip=5.0)
    assert free.norm(dim=1).max() > 5 and clipped.norm(dim=1).max() <= 5 + 1e-9
    torch.testing.assert_close(torch.nn.functional.normalize(free), torch.nn.functional.normalize(clipped))
    short = free.norm(dim=1) <= 5
    torch.testing.assert_close(clipped[short], free[short])


def test_symmetries() -> None:
    x, labels = _points(50)
    plain = Potential(CODES).gradient(x, labels)
    order = torch.randperm(19, generator=torch.Generator().manual_seed(0))
    renamed = Potential(CODES[order]).gradient(x, order.argsort()[labels])
    torch.testing.assert_close(renamed, plain, atol=1e-11, rtol=0)
    moved = Potential(CODES + 0.3).gradient(x + 0.3, labels)
    torch.testing.assert_close(moved, plain, atol=1e-9, rtol=0)
    scaled = Potential(2.5 * CODES, epsilon=2.5**2 * 1e-3)
    torch.testing.assert_close(scaled.gradient(2.5 * x, labels), plain / 2.5, atol=1e-10, rtol=0)
    torch.testing.assert_close(scaled.log_probabilities(2.5 * x), Potential(CODES).log_probabilities(x))


def _settle(start: tuple[float, float], tau: float | None) -> Tensor:
    """Where the mean of a pixel's losses under the posterior leads from a start: squared error and potential."""
    mean, x = POSTERIOR @ AMBIGUOUS, torch.tensor([start], dtype=torch.float64)
    for _ in range(20_000):
        force = mean - x
        if tau:
            potential = Potential(AMBIGUOUS, tau)
            parts = [potential.gradient(x, torch.tensor([y])) for y in range(4)]
            force = force - sum(p * g for p, g in zip(POSTERIOR, parts, strict=True))
        x = x + 1e-3 * force
    return x[0]


def test_ambiguous_pixel() -> None:
    """Two classes are likely; squared error answers with a third, impossible one, the correction with the likelier."""

    def nearest(x: Tensor) -> int:
        return int((AMBIGUOUS - x).norm(dim=1).argmin())

    plain = _settle((0.1, 0.1), None)
    torch.testing.assert_close(plain, torch.tensor([-0.06, 0.0], dtype=torch.float64), atol=1e-3, rtol=0)
    assert nearest(plain) == 2 and POSTERIOR[2] == 0
    for start in ((0.1, 0.1), (-0.06, 0.0), (0.5, -0.4), (0.0, 0.6)):
        reshaped = _settle(start, 2.0)
        torch.testing.assert_close(reshaped, torch.tensor([-0.42, -0.16], dtype=torch.float64), atol=1e-2, rtol=0)
        assert nearest(reshaped) == 0


@pytest.mark.parametrize("wrong", [{"tau": 0.0}, {"epsilon": 0.0}, {"tau": math.nan}, {"transform": "cube"}])
def test_what_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(InputError):
        Potential(CODES, **wrong)


FIVE = torch.tensor([[0.0, 0.0], [0.7, 0.6], [-0.7, 0.5], [-0.5, -0.7], [0.6, -0.6]], dtype=torch.float64)
RATE, SPAN = 5e-4, 6.0  # time step and length of the gradient flow


def _crossing_starts() -> tuple[Tensor, Tensor]:
    """Starts on a circle, with targets, whose straight line passes a wrong code within 0.12."""
    angles = torch.linspace(0, 2 * math.pi, 91, dtype=torch.float64)[:-1]
    starts = 1.2 * torch.stack([angles.cos(), angles.sin()], 1).repeat_interleave(5, 0)
    targets = torch.arange(5).repeat(90)
    along = torch.linspace(0, 1, 201, dtype=torch.float64)[:, None, None]
    line = (1 - along) * starts + along * FIVE[targets]
    apart = torch.cdist(line, FIVE)
    apart.scatter_(2, targets.expand(201, -1)[..., None], torch.inf)
    close = apart.amin(dim=(0, 2)) < 0.12
    return starts[close], targets[close]


def _descend(eta: float) -> tuple[float, float, float]:
    """Medians of the closest approach to a wrong code and of the time to r < 0.05; share of paths that enter a wrong
    cell after they left the one they began in.
    """
    x, targets = _crossing_starts()
    potential, wrong = Potential(FIVE, 1.0, 1e-3), torch.ones(len(x), 5, dtype=torch.bool)
    wrong.scatter_(1, targets[:, None], False)
    clearance = torch.full((len(x),), torch.inf, dtype=torch.float64)
    arrival = torch.full((len(x),), torch.inf, dtype=torch.float64)
    first, strayed = torch.cdist(x, FIVE).argmin(1), torch.zeros(len(x), dtype=torch.bool)
    for i in range(int(SPAN / RATE)):
        apart = torch.cdist(x, FIVE)
        clearance = clearance.minimum(apart.where(wrong, torch.inf).amin(1))
        cell = apart.argmin(1)
        strayed |= (cell != first) & (cell != targets)
        arrival = torch.where((apart.gather(1, targets[:, None])[:, 0] < 0.05) & arrival.isinf(), i * RATE, arrival)
        x = x - RATE * ((x - FIVE[targets]) + eta * potential.gradient(x, targets))
    return float(clearance.median()), float(arrival.median()), float(strayed.double().mean())


def test_correction_keeps_clear_of_wrong_codes_and_arrives_earlier() -> None:
    """It widens the berth and shortens the way; it does not promise that no wrong cell is entered."""
    assert len(_crossing_starts()[0]) > 80
    clearance, arrival, strayed = zip(*map(_descend, (0.0, 0.1, 0.3, 1.0)), strict=True)
    assert list(clearance) == sorted(clearance) and clearance[0] < 0.1 and clearance[3] > 3 * clearance[0]
    assert list(arrival) == sorted(arrival, reverse=True) and arrival[3] < 0.5 * arrival[0]
    assert strayed[3] > 0.1
