"""SymmFlow against what must hold of it: orientation, order of the halves, landing, reversal, seeds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from scipy.special import softmax
from scipy.stats import norm
from torch import Tensor

from flowdemo.autoencoders import Latents
from flowdemo.codes import base_k
from flowdemo.errors import InputError, ModelError
from flowdemo.flow import SOLVERS
from flowdemo.request import IMAGE_TO_LABEL, IMAGE_TO_MASK, LABEL_TO_IMAGE, MASK_TO_IMAGE
from flowdemo.systems.labels import GlobalLabels, PixelLabels
from flowdemo.systems.symmflow import SymmFlow, SymmFlowHead

BOOK = base_k(3, True)
SIDE = 4
CASES = [("pixel", IMAGE_TO_MASK), ("pixel", MASK_TO_IMAGE), ("global", IMAGE_TO_LABEL), ("global", LABEL_TO_IMAGE)]
NET_SIZES = (1, 2, 3, 7, 25, 50)


class Told:
    """A network with an answer of its own, ``(state, τ) → out``, that notes what it was told."""

    def __init__(self, answer: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.answer, self.taus = answer, []

    def __call__(self, state: Tensor, tau: Tensor) -> Tensor:
        assert tau.shape == (len(state),)
        self.taus.append(tau[0].item())
        return self.answer(state, tau)


def _system(kind: str, answer, prediction: str = "velocity", channels: int | None = None, **head) -> SymmFlow:
    labels = PixelLabels(BOOK) if kind == "pixel" else GlobalLabels(10)
    channels = channels or (3 if kind == "pixel" else 1)
    return SymmFlow(Told(answer), SymmFlowHead(prediction, labels, channels, **head), (SIDE, SIDE))


def _given(direction: str, n: int = 2, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if direction == MASK_TO_IMAGE:
        return rng.integers(0, 3, (n, SIDE, SIDE)).astype(np.uint8)
    if direction == LABEL_TO_IMAGE:
        return rng.integers(0, 10, n).astype(np.uint8)
    return rng.integers(0, 256, (n, SIDE, SIDE, 3)).astype(np.uint8)


def _run(system: SymmFlow, direction: str, start: Tensor, steps: int, solver: str = "euler", **settings) -> Tensor:
    states = list(system.steps(direction, start, steps, solver, **settings))
    assert len(states) == steps + 1
    return states[-1].x


def _random(channels: int, seed: int) -> Tensor:
    return torch.randn(2, channels, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))


def _ends(kind: str) -> tuple[Tensor, Tensor]:
    """The joint states at t = 0, (ξ_x, y), and at t = 1, (x, ξ_y)."""
    ci, cl = (3, 3) if kind == "pixel" else (1, 1)
    left = torch.cat([_random(ci, 1), _random(cl, 2)], 1)
    return left, torch.cat([_random(ci, 3), _random(cl, 4)], 1)


@pytest.mark.parametrize(("kind", "direction"), CASES)
@pytest.mark.parametrize("steps", NET_SIZES)
def test_the_exact_velocity_leads_home_in_any_number_of_steps(kind: str, direction: str, steps: int) -> None:
    left, right = _ends(kind)
    system = _system(kind, lambda state, tau: right - left)
    to_label = direction == system.directions[0]
    start, home = (right, left) if to_label else (left, right)
    torch.testing.assert_close(_run(system, direction, start, steps), home, atol=1e-5, rtol=0)


@pytest.mark.parametrize("solver", sorted(SOLVERS))
@pytest.mark.parametrize(("kind", "direction"), CASES)
def test_there_and_back_again(kind: str, direction: str, solver: str) -> None:
    """A smooth field that bends in state and time: running back undoes a run, to the solver's order."""
    left, _ = _ends(kind)
    order = left.roll(1, 1)  # couples every channel to another, image to label as well

    def bend(state: Tensor, tau: Tensor) -> Tensor:
        return 0.3 * torch.sin(state.roll(1, 1) + tau.view(-1, 1, 1, 1)) + 0.1 * order

    system = _system(kind, bend, time_scale=1.0)
    there, back = (direction, *(d for d in system.directions if d != direction))
    end = _run(system, there, left, 50, solver)
    returned = _run(system, back, end, 50, solver)
    assert (end - left).abs().max() > 0.1
    torch.testing.assert_close(returned, left, atol=2e-2 if SOLVERS[solver].order == 1 else 2e-3, rtol=0)


@pytest.mark.parametrize(("kind", "direction"), CASES)
def test_time_runs_from_noise_to_the_image_and_back_to_the_label(kind: str, direction: str) -> None:
    towards_image = direction.endswith("image")
    expected = [i / 5 for i in range(5)] if towards_image else [i / 5 for i in range(5, 0, -1)]
    for scale in (1.0, 1000.0):  # t as it is in the published weights, 1000·t in those trained here
        system = _system(kind, lambda state, tau: torch.zeros_like(state), time_scale=scale)
        _run(system, direction, _ends(kind)[0], 5)
        assert system.network.taus == pytest.approx([scale * t for t in expected])
    assert SymmFlowHead("velocity", GlobalLabels(2)).time_scale == 1.0


def test_the_image_is_at_one_and_the_label_at_zero() -> None:
    image = _given(IMAGE_TO_MASK)
    system = _system("pixel", lambda state, tau: torch.zeros_like(state))
    start = system.start(IMAGE_TO_MASK, image, seeds=(1, 2))
    assert system.grid(IMAGE_TO_MASK, 4)[0] == 1 and system.grid(MASK_TO_IMAGE, 4)[0] == 0
    np.testing.assert_array_equal(system.picture(start), image)
    mask = _given(MASK_TO_IMAGE)
    start = system.start(MASK_TO_IMAGE, mask, 0.9 * BOOK.beta_bound, (1, 2))
    np.testing.assert_array_equal(system.classes(start), mask)
    np.testing.assert_allclose(system.codes(system.start(MASK_TO_IMAGE, mask, 0.0, (1, 2))), BOOK.paint(mask))


@pytest.mark.parametrize(("kind", "direction"), CASES)
def test_swapping_the_halves_changes_the_result(kind: str, direction: str) -> None:
    left, right = _ends(kind)
    straight = _system(kind, lambda state, tau: right - left)
    swapped = _system(kind, lambda state, tau: (right - left).roll(left.shape[1] // 2, 1))
    ends = [_run(system, direction, left, 3) for system in (straight, swapped)]
    assert (ends[0] - ends[1]).abs().mean() > 0.5
    half = straight.channels
    torch.testing.assert_close(straight.image(left), left[:, :half])
    torch.testing.assert_close(straight.label(left), left[:, half:])


def _posterior(kind: str, logits: list[float]) -> SymmFlow:
    """Velocities that know nothing, and the same logits at every pixel."""
    rows = torch.tensor(logits).view(1, -1, 1, 1).expand(2, -1, SIDE, SIDE)
    still = torch.zeros_like(_ends(kind)[0])
    return _system(kind, lambda shown, tau: torch.cat([still, rows], 1), "posterior")


@pytest.mark.parametrize("steps", NET_SIZES)
def test_a_posterior_lands_on_its_mean(steps: int) -> None:
    p = np.array([0.5, 0.3, 0.2])
    system = _posterior("pixel", [*np.log(p).tolist(), 30.0])  # the void logit, however large, has no say
    sharp = p**2 / (p**2).sum()
    for temperature, expected in ((1.0, p @ BOOK.points[:3]), (0.5, sharp @ BOOK.points[:3]), (0.0, BOOK.points[0])):
        end = _run(system, IMAGE_TO_MASK, _ends("pixel")[1], steps, temperature=temperature)
        np.testing.assert_allclose(system.codes(end), np.broadcast_to(expected[:, None, None], (2, 3, SIDE, SIDE)),
                                   atol=2e-6)
        torch.testing.assert_close(system.image(end), _ends("pixel")[1][:, :3])


@pytest.mark.parametrize("t", [0.3, 0.9, 1.0])
def test_the_posterior_of_a_whole_label_is_bayes_rule(t: float) -> None:
    """p(c | x_t, y_t) ∝ p(c | x_t) · p(y_t | c), the second a Gaussian at every pixel, whose mean tells all of it."""
    system, p = _posterior("global", [0.0] * 10), np.random.default_rng(0).dirichlet(np.ones(10))
    levels = system.labels.points[:, 0].double().numpy()
    half = (1 - t) * levels[1] + t * _random(1, 7).double().numpy()
    sd = np.sqrt(t**2 + ((1 - t) * system.labels.spacing / 4) ** 2)
    log = norm.logpdf(half, (1 - t) * levels[None, :, None, None], sd).sum((2, 3))
    expected = softmax(np.log(p)[None] + log, axis=1)
    state = torch.cat([torch.zeros(2, 1, SIDE, SIDE), torch.tensor(half).float()], 1)
    seen = torch.tensor(np.log(p)).float().view(1, -1, 1, 1).expand(2, -1, SIDE, SIDE)
    out = torch.cat([torch.zeros_like(state), seen], 1)
    for time in (t, torch.full((2, 1, 1, 1), t)):
        _, _, logits = system.head.split(out, state, time)
        np.testing.assert_allclose(logits.softmax(1)[:, :, 0, 0].numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_no_solver_meets_the_singular_end(solver: str) -> None:
    system = _posterior("pixel", [9.0, 0, 0, 0])
    assert _run(system, IMAGE_TO_MASK, _ends("pixel")[1], 4, solver).abs().max() < 8


def test_a_posterior_of_a_whole_picture_pools_its_pixels() -> None:
    logits = torch.zeros(2, 10, SIDE, SIDE)
    logits[:, 3, 0, 0], logits[:, 8] = 6000.0, 20.0  # one loud pixel for 3, all others for 8: the mean decides
    system = _system("global", lambda shown, tau: torch.cat([torch.zeros(2, 2, SIDE, SIDE), logits], 1), "posterior")
    end = _run(system, IMAGE_TO_LABEL, _ends("global")[1], 2, temperature=0.0)
    assert system.category(end).tolist() == [3, 3]
    np.testing.assert_allclose(system.distances(end)[0], np.abs(np.arange(10) - 3), atol=1e-4)


def test_between_two_classes_the_likelier_one_is_taken_and_not_the_one_in_between() -> None:
    p = torch.tensor([0.0, 0.4, 0, 0, 0, 0, 0, 0, 0.6, 0])
    system = _posterior("global", (p + 1e-9).log().tolist())
    for temperature, category in ((0.0, 8), (1.0, 5)):  # 0.4 · 1 + 0.6 · 8 = 5.2
        end = _run(system, IMAGE_TO_LABEL, _ends("global")[1], 1, temperature=temperature)
        assert system.category(end).tolist() == [category] * 2
        system.temperature = temperature
        assert torch.equal(_run(system, IMAGE_TO_LABEL, _ends("global")[1], 1), end)
        assert system.options[0].default == temperature


def test_a_posterior_is_shown_what_the_label_half_tells() -> None:
    head, labels = SymmFlowHead("posterior", GlobalLabels(10), 1), torch.arange(2)
    clean = head.labels.encode(labels, (SIDE, SIDE))
    noise = _random(1, 5)
    for t in (0.0, 0.3, torch.tensor([0.0, 0.3]).view(2, 1, 1, 1)):
        state = torch.cat([noise, (1 - t) * clean], 1)
        shown = head.shown(state, t)
        assert torch.equal(shown[:, :2], state)
        assert shown[:, 2:].argmax(1).flatten(1).eq(labels[:, None]).all()
        torch.testing.assert_close(shown[:, 2:].sum(1), torch.ones(2, SIDE, SIDE))
    torch.testing.assert_close(head.shown(state, 1.0)[:, 2:], torch.full((2, 10, SIDE, SIDE), 0.1))
    assert SymmFlowHead("velocity", GlobalLabels(10), 1).shown(state, 0.5) is state
    assert SymmFlowHead("posterior", PixelLabels(BOOK)).shown(state, 0.5) is state


def test_towards_the_image_a_posterior_goes_by_its_velocities() -> None:
    left, right = _ends("pixel")
    answer = torch.cat([right - left, torch.full((2, 4, SIDE, SIDE), 5.0)], 1)
    system = _system("pixel", lambda state, tau: answer, "posterior")
    torch.testing.assert_close(_run(system, MASK_TO_IMAGE, left, 7), right, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("kind", "direction"), CASES)
def test_sample_k_is_the_run_of_its_own_seed(kind: str, direction: str) -> None:
    system = _system(kind, lambda state, tau: torch.zeros_like(state))
    given = _given(direction, 1).repeat(3, 0)
    batch = system.start(direction, given, 0.2, (5, 6, 7))
    for k in range(3):
        assert torch.equal(batch[k : k + 1], system.start(direction, given[:1], 0.2, (5 + k,)))
    assert not torch.equal(batch[0], batch[1])
    torch.manual_seed(0)
    before = torch.get_rng_state()
    system.start(direction, given, 0.2, (5, 6, 7))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("kind", "direction"), CASES)
def test_what_is_not_given_is_gaussian(kind: str, direction: str) -> None:
    system = _system(kind, lambda state, tau: state)
    system.size = (64, 64)
    given = _given(direction, 1)
    if given.ndim > 1:
        given = given.repeat(16, 1).repeat(16, 2)
    state = system.start(direction, given, 0.0, (3,))
    noise = system.label(state) if direction == system.directions[0] else system.image(state)
    assert noise.std().item() == pytest.approx(1, abs=0.03) and abs(noise.mean().item()) < 0.05
    assert (noise.abs() > 2).float().mean().item() == pytest.approx(0.0455, abs=0.01)


def test_dequantisation_stays_below_its_bound_and_leaves_the_noise_alone() -> None:
    system = _system("global", lambda state, tau: state)
    labels = _given(LABEL_TO_IMAGE)
    plain, noisy = (system.start(LABEL_TO_IMAGE, labels, beta, (1, 2)) for beta in (0.0, 0.4))
    assert torch.equal(system.image(plain), system.image(noisy))  # β is a slider, not another picture
    off = (system.label(noisy) - system.label(plain)).abs().max().item()
    assert 0.3 * system.labels.spacing < off <= 0.4 * system.labels.spacing
    assert system.category(noisy).tolist() == labels.tolist()


def test_grey_pictures() -> None:
    system = _system("global", lambda state, tau: state)
    grey = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE)).astype(np.uint8)
    start = system.start(IMAGE_TO_LABEL, grey, seeds=(0, 1))
    assert start.shape == (2, 2, SIDE, SIDE)
    np.testing.assert_array_equal(system.picture(start), grey[..., None].repeat(3, 3))
    coloured = system.start(IMAGE_TO_LABEL, grey[..., None].repeat(3, 3), seeds=(0, 1))
    torch.testing.assert_close(coloured, start, atol=1e-6, rtol=0)
    red = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    red[..., 0] = 255
    assert system.picture(system.start(IMAGE_TO_LABEL, red))[0, 0, 0].tolist() == [76, 76, 76]
    colour = _system("global", lambda state, tau: state, channels=3)
    spread = colour.start(IMAGE_TO_LABEL, grey, seeds=(0, 1))
    assert torch.equal(colour.image(spread), system.image(start).repeat(1, 3, 1, 1))


def test_heads_count_their_channels() -> None:
    plain = SymmFlowHead("velocity", PixelLabels(BOOK))
    assert (plain.in_channels, plain.out_channels) == (6, 6)
    masks, whole = SymmFlowHead("posterior", PixelLabels(BOOK)), SymmFlowHead("posterior", GlobalLabels(10), 1)
    assert (masks.in_channels, masks.out_channels) == (6, 6 + 4)
    assert (whole.in_channels, whole.out_channels) == (2 + 10, 2 + 10)
    assert SymmFlowHead("velocity", PixelLabels(BOOK), 4, 4).in_channels == 8
    with pytest.raises(ModelError, match="luck"):
        SymmFlowHead("luck", PixelLabels(BOOK))
    with pytest.raises(ModelError, match="latent"):
        SymmFlowHead("posterior", PixelLabels(BOOK), 4, 4)


@pytest.mark.parametrize("t", [0.0, 0.1, 0.5, 0.8, 1.0])
def test_the_skip_is_the_best_line_through_the_state(t: float) -> None:
    """Least squares of either velocity on its half of the state, for an image of spread 0.5 and labels in equal shares.
    """
    form, n = GlobalLabels(10), 200_000
    rng = np.random.default_rng(0)
    x, noise_x, noise_y = 0.5 * rng.standard_normal(n), rng.standard_normal(n), rng.standard_normal(n)
    y = form.points[rng.integers(0, 10, n), 0].numpy()
    x_t, y_t = (1 - t) * noise_x + t * x, (1 - t) * y + t * noise_y
    best = [z @ v / (z @ z) for z, v in ((x_t, x - noise_x), (y_t, noise_y - y))]
    ones, zeros = torch.ones(1, 2, 1, 1), torch.zeros(1, 2, 1, 1)
    v_x, v_y, _ = SymmFlowHead("velocity", form, 1, skip=0.5).split(zeros, ones, t)
    assert [v_x.item(), v_y.item()] == pytest.approx(best, abs=0.02)
    per_sample = SymmFlowHead("velocity", form, 1, skip=0.5).split(zeros, ones, torch.full((1, 1, 1, 1), t))
    assert per_sample[0].item() == pytest.approx(v_x.item(), abs=1e-5)
    assert not any(half.any() for half in SymmFlowHead("velocity", form, 1).split(zeros, ones, t)[:2])


def test_only_a_posterior_has_a_temperature() -> None:
    assert [o.name for o in _posterior("pixel", [0.0] * 4).options] == ["temperature"]
    assert _system("pixel", lambda state, tau: state).options == ()


def test_a_mask_has_no_one_class() -> None:
    system = _system("pixel", lambda state, tau: state)
    with pytest.raises(InputError, match="pixel by pixel"):
        system.category(_ends("pixel")[0])


def test_latent_states_hold_two_encoded_pictures() -> None:
    torch.manual_seed(0)
    kl = AutoencoderKL(3, 3, ("DownEncoderBlock2D",) * 2, ("UpDecoderBlock2D",) * 2, (8, 16), latent_channels=4,
                       norm_num_groups=4)
    space, size = Latents(kl), (24, 16)
    head = SymmFlowHead("velocity", PixelLabels(BOOK), 4, 4)
    system = SymmFlow(lambda state, tau: torch.zeros_like(state), head, size, space)
    photo = np.random.default_rng(0).integers(0, 256, (1, 16, 24, 3)).astype(np.uint8)
    start = system.start(IMAGE_TO_MASK, photo)
    assert start.shape == (1, 8, 8, 12)
    mask = np.zeros((1, 16, 24), np.uint8)
    left = system.start(MASK_TO_IMAGE, mask)
    assert left.shape == (1, 8, 8, 12)
    torch.testing.assert_close(left[:, 4:], space.encode(torch.from_numpy(BOOK.paint(mask))))
    assert system.codes(left).shape == (1, 3, 16, 24) and system.picture(start).shape == (1, 16, 24, 3)


@pytest.mark.parametrize("kind", ["pixel", "global"])
@pytest.mark.parametrize("steps", NET_SIZES)
def test_a_known_clean_image_is_where_every_run_towards_it_lands(kind: str, steps: int) -> None:
    left, right = _ends(kind)
    ci = 3 if kind == "pixel" else 1
    rows = len(PixelLabels(BOOK).points) if kind == "pixel" else 10

    def answer(state: Tensor, tau: Tensor) -> Tensor:
        return torch.cat([right[:, :ci], right[:, ci:] - left[:, ci:], torch.zeros(2, rows, SIDE, SIDE)], 1)

    system = _system(kind, answer, "endpoints")
    end = _run(system, system.directions[1], left, steps)
    torch.testing.assert_close(end, right, atol=2e-5, rtol=0)


def test_at_the_clean_image_its_noise_is_taken_at_its_mean() -> None:
    _, right = _ends("pixel")
    rows = len(PixelLabels(BOOK).points)
    system = _system("pixel", lambda s, tau: torch.cat([right, torch.zeros(2, rows, SIDE, SIDE)], 1), "endpoints")
    start = right.clone()
    *_, end = system.steps(IMAGE_TO_MASK, start, 4)
    # x_t = t x on the way down: every step finds the clean image it knows, and no noise beside it
    torch.testing.assert_close(end.x[:, :3], torch.zeros_like(end.x[:, :3]), atol=1e-5, rtol=0)


def test_what_the_clean_image_misses_hardly_swells_towards_the_label() -> None:
    """Divided by 1 − t all the way, an error of 0.1 would grow to N − 1 = 49 times that."""
    rows = len(PixelLabels(BOOK).points)
    wrong = torch.full((2, 3, SIDE, SIDE), 0.1)
    empty = torch.zeros(2, 3 + rows, SIDE, SIDE)
    system = _system("pixel", lambda s, tau: torch.cat([wrong, empty], 1), "endpoints")
    *_, end = system.steps(IMAGE_TO_MASK, torch.zeros(2, 6, SIDE, SIDE), 50)
    assert 0.5 < end.x[:, :3].abs().max() < 1.5
