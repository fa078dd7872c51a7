from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from flowdemo.codes import base_k
from flowdemo.errors import InputError, ModelError
from flowdemo.flow import SOLVERS
from flowdemo.systems.base import IMAGE_TO_MASK, MASK_TO_IMAGE
from flowdemo.systems.semflow import SemFlow, SemFlowHead, perturb

BOOK = base_k(3, True)
SHAPE = (2, 3, 4, 4)


class Told:
    """A network with fixed answers that notes what it was told."""

    def __init__(self, answer: Callable[[Tensor], Tensor]) -> None:
        self.answer, self.taus = answer, []

    def __call__(self, z: Tensor, tau: Tensor) -> Tensor:
        assert tau.shape == (len(z),)
        self.taus.append(tau[0].item())
        return self.answer(z)


def _system(prediction: str, answer: Callable[[Tensor], Tensor]) -> SemFlow:
    return SemFlow(Told(answer), SemFlowHead(prediction, BOOK))


def _run(system: SemFlow, direction: str, start: Tensor, steps: int, solver: str = "euler", **settings) -> Tensor:
    states = list(system.steps(direction, start, steps, solver, **settings))
    assert len(states) == steps + 1
    return states[-1].x


def _labels(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 3, (2, 4, 4)).astype(np.uint8)


IMAGE, MASK = torch.rand(SHAPE, generator=torch.Generator().manual_seed(1)), torch.full(SHAPE, 0.25)


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 10, 25, 50])
@pytest.mark.parametrize("direction", [IMAGE_TO_MASK, MASK_TO_IMAGE])
def test_euler_lands_on_the_predicted_end(steps: int, direction: str) -> None:
    system = _system("endpoints", lambda z: torch.cat([IMAGE, MASK], 1))
    end = _run(system, direction, torch.randn(SHAPE), steps)
    torch.testing.assert_close(end, MASK if direction == IMAGE_TO_MASK else IMAGE, atol=2e-6, rtol=0)


@pytest.mark.parametrize("steps", [1, 3, 7, 30, 50])
def test_constant_velocity_arrives_for_every_number_of_steps(steps: int) -> None:
    v, z = torch.randn(SHAPE), torch.randn(SHAPE)
    system = _system("velocity", lambda _: v)
    torch.testing.assert_close(_run(system, IMAGE_TO_MASK, z, steps), z + v, atol=1e-5, rtol=0)
    torch.testing.assert_close(_run(system, MASK_TO_IMAGE, z, steps), z - v, atol=1e-5, rtol=0)


@pytest.mark.parametrize("solver", sorted(SOLVERS))
@pytest.mark.parametrize("direction", [IMAGE_TO_MASK, MASK_TO_IMAGE])
@pytest.mark.parametrize("steps", [1, 10])
def test_every_solver_follows_the_line_between_true_ends(solver: str, direction: str, steps: int) -> None:
    system = _system("endpoints", lambda z: torch.cat([IMAGE, MASK], 1))
    start, end = (IMAGE, MASK) if direction == IMAGE_TO_MASK else (MASK, IMAGE)
    torch.testing.assert_close(_run(system, direction, start, steps, solver), end, atol=1e-5, rtol=0)


@pytest.mark.parametrize("solver", sorted(SOLVERS))
@pytest.mark.parametrize("prediction", ["endpoints", "posterior"])
def test_no_solver_meets_the_singular_end(solver: str, prediction: str) -> None:
    """Predictions that contradict the start leave a velocity that jumps at the ends; it stays bounded."""
    tail = MASK if prediction == "endpoints" else torch.zeros(2, 4, 4, 4)
    system = _system(prediction, lambda z: torch.cat([IMAGE, tail], 1))
    for direction in (IMAGE_TO_MASK, MASK_TO_IMAGE):
        assert _run(system, direction, torch.full(SHAPE, -0.8), 4, solver).abs().max() < 2


def test_network_is_told_a_thousand_t_on_the_official_grid() -> None:
    system = _system("velocity", torch.zeros_like)
    _run(system, IMAGE_TO_MASK, IMAGE, 25)
    assert system.network.taus == pytest.approx(range(0, 1000, 40))
    system.network.taus.clear()
    _run(system, MASK_TO_IMAGE, MASK, 25)
    assert system.network.taus == pytest.approx(range(1000, 0, -40))


@pytest.mark.parametrize("steps", [1, 6, 49])
def test_one_grid_serves_both_directions(steps: int) -> None:
    system = _system("velocity", torch.zeros_like)
    grid = system.grid(IMAGE_TO_MASK, steps)
    assert grid[0] == 0 and grid[-1] == 1 and len(grid) == steps + 1
    assert system.grid(MASK_TO_IMAGE, steps) == grid[::-1]


def test_sample_k_is_the_run_of_its_own_seed() -> None:
    system = _system("velocity", torch.zeros_like)
    labels = np.repeat(_labels()[:1], 3, 0)
    batch = system.start(MASK_TO_IMAGE, labels, beta=40.0, seeds=(5, 6, 7))
    for k in range(3):
        assert torch.equal(batch[k : k + 1], system.start(MASK_TO_IMAGE, labels[:1], 40.0, (5 + k,)))
    assert not torch.equal(batch[0], batch[1])


def test_no_perturbation_at_beta_zero_and_towards_the_mask() -> None:
    system = _system("velocity", torch.zeros_like)
    clean = torch.from_numpy(BOOK.paint(_labels()))
    assert torch.equal(system.start(MASK_TO_IMAGE, _labels(), 0.0, (1, 2)), clean)
    photo = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3)).astype(np.uint8)
    start = system.start(IMAGE_TO_MASK, photo, 99.0, (1, 2))
    np.testing.assert_array_equal(system.picture(start), photo)


def test_perturbation_is_uniform_with_half_width_beta() -> None:
    noise = perturb(torch.zeros(4, 3, 64, 64), 20.0, torch.Generator().manual_seed(0)) * 127.5
    assert 19.9 < noise.abs().max() <= 20.0
    assert noise.mean().abs() < 0.2
    assert noise.std() == pytest.approx(20 / np.sqrt(3), rel=0.02)


def test_seeds_leave_the_global_generator_alone() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    _system("velocity", torch.zeros_like).start(MASK_TO_IMAGE, _labels(), 10.0, (1, 2))
    assert torch.equal(torch.get_rng_state(), before)


def _posterior(logits: list[float]) -> SemFlow:
    tail = torch.tensor(logits).view(1, -1, 1, 1).expand(2, -1, 4, 4)
    return _system("posterior", lambda z: torch.cat([IMAGE, tail], 1))


def test_posterior_mean_by_temperature() -> None:
    p = np.array([0.5, 0.3, 0.2])
    system = _posterior([*np.log(p).tolist(), 30.0])  # the void logit, however large, has no say
    mean = torch.tensor(p @ BOOK.points[:3], dtype=torch.float32)
    for temperature, expected in ((1.0, mean), (0.0, torch.tensor(BOOK.points[0]))):
        end = _run(system, IMAGE_TO_MASK, torch.randn(SHAPE), 4, temperature=temperature)
        torch.testing.assert_close(end, expected.view(1, 3, 1, 1).expand(SHAPE), atol=1e-5, rtol=0)
    half = _run(system, IMAGE_TO_MASK, torch.randn(SHAPE), 4, temperature=0.5)
    sharpened = torch.tensor(p**2 / (p**2).sum() @ BOOK.points[:3], dtype=torch.float32)
    torch.testing.assert_close(half, sharpened.view(1, 3, 1, 1).expand(SHAPE), atol=1e-5, rtol=0)


def test_posterior_leads_back_to_the_predicted_image() -> None:
    end = _run(_posterior([0.0, 0, 0, 0]), MASK_TO_IMAGE, torch.randn(SHAPE), 6)
    torch.testing.assert_close(end, IMAGE, atol=2e-6, rtol=0)


def test_only_a_posterior_has_a_temperature() -> None:
    assert [o.name for o in _posterior([0.0] * 4).options] == ["temperature"]
    assert _system("velocity", torch.zeros_like).options == ()


def test_classes_are_read_from_the_state() -> None:
    system = _system("velocity", torch.zeros_like)
    state = system.start(MASK_TO_IMAGE, _labels(), 0.9 * BOOK.beta_bound, (3, 4))
    np.testing.assert_array_equal(system.classes(state), _labels())
    void = system.start(MASK_TO_IMAGE, np.full((1, 4, 4), 3, np.uint8), 0.0, (0,))
    assert system.classes(void).max() < 3


def test_heads_count_their_channels() -> None:
    assert SemFlowHead("velocity", BOOK).out_channels == 3
    assert SemFlowHead("endpoints", BOOK, 4).out_channels == 8
    assert SemFlowHead("posterior", BOOK).out_channels == 3 + 4
    with pytest.raises(ModelError, match="noise"):
        SemFlowHead("noise", BOOK)
    with pytest.raises(ModelError, match="pixel codes"):
        SemFlowHead("posterior", BOOK, 4)


def test_labels_without_a_code_are_refused() -> None:
    with pytest.raises(InputError, match="index 4"):
        _system("velocity", torch.zeros_like).start(MASK_TO_IMAGE, np.full((1, 4, 4), 4, np.uint8))
