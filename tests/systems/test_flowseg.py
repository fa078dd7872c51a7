from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from flowdemo.codes import codebook
from flowdemo.errors import ModelError
from flowdemo.flow import SOLVERS
from flowdemo.systems.base import IMAGE_TO_MASK, to_state
from flowdemo.systems.flowseg import FlowSeg, FlowSegHead

BOOK = codebook("kronecker", 5, True)
FORMS = [("velocity", "image"), ("velocity", "gaussian"), ("posterior", "image")]
PICTURES = np.random.default_rng(0).integers(0, 256, (2, 6, 8, 3)).astype(np.uint8)
IMAGES = to_state(PICTURES)
LABELS = torch.from_numpy(np.random.default_rng(1).integers(0, 5, (2, 6, 8)))
TARGET = torch.from_numpy(BOOK.points)[LABELS].permute(0, 3, 1, 2)


class Told:
    """A network that answers with a fixed end point, and notes what it was given."""

    def __init__(self, prediction: str, start: str) -> None:
        self.prediction, self.start, self.given = prediction, start, []

    def __call__(self, state: Tensor, tau: Tensor) -> Tensor:
        self.given.append((state, tau))
        if self.prediction == "posterior":
            return 200.0 * torch.nn.functional.one_hot(LABELS, 5).permute(0, 3, 1, 2)
        if self.start == "image":
            return TARGET
        x, t = state[:, :3], (tau / 1000).view(-1, 1, 1, 1)
        sigma = float(np.sqrt((BOOK.points[:5] ** 2).mean()))
        known = (t * sigma**2 - (1 - t)) / ((1 - t) ** 2 + t**2 * sigma**2) * x
        return (TARGET - self.source) - known


def _system(prediction: str, start: str) -> FlowSeg:
    return FlowSeg(Told(prediction, start), FlowSegHead(prediction, start, BOOK))


@pytest.mark.parametrize("solver", sorted(SOLVERS))
@pytest.mark.parametrize(("prediction", "start"), FORMS)
@pytest.mark.parametrize("steps", [1, 2, 10])
def test_true_answers_lead_to_the_mask_on_a_straight_line(prediction: str, start: str, steps: int, solver: str) -> None:
    system = _system(prediction, start)
    begin = system.start(IMAGE_TO_MASK, PICTURES, seeds=(3, 4))
    system.network.source = begin[:, :3]
    states = list(system.steps(IMAGE_TO_MASK, begin, steps, solver))
    assert len(states) == steps + 1
    for step in states:
        expected = (1 - step.t) * begin[:, :3] + step.t * TARGET
        torch.testing.assert_close(step.x[:, :3], expected, atol=2e-5, rtol=0)
        torch.testing.assert_close(step.x[:, 3:], IMAGES, atol=0, rtol=0)  # the condition does not move
    np.testing.assert_array_equal(system.classes(states[-1].x), LABELS.numpy())
    system.network.given.clear()
    target = system.field().target(states[0].x, 0.0)
    torch.testing.assert_close(target, TARGET, atol=1e-5, rtol=0)


def test_network_is_told_state_image_and_a_thousandfold_time() -> None:
    system = _system("velocity", "image")
    *_, last = system.steps(IMAGE_TO_MASK, system.start(IMAGE_TO_MASK, PICTURES, seeds=(0, 1)), 4, "euler")
    assert [tau[0].item() for _, tau in system.network.given] == [0, 250, 500, 750]
    assert all(torch.equal(state[:, 3:], IMAGES) for state, _ in system.network.given)
    assert last.evaluations == 4


def test_source_is_the_image_or_noise_of_the_seed() -> None:
    image = _system("velocity", "image").start(IMAGE_TO_MASK, PICTURES, seeds=(0, 1))
    assert torch.equal(image[:, :3], image[:, 3:])
    noisy = _system("velocity", "gaussian")
    both = noisy.start(IMAGE_TO_MASK, PICTURES, seeds=(5, 6))
    assert torch.equal(both[:, 3:], IMAGES) and not torch.equal(both[0, :3], both[1, :3])
    assert torch.equal(noisy.start(IMAGE_TO_MASK, PICTURES[1:], seeds=(6,))[0], both[1])


def test_grey_pictures_are_taken_as_colours() -> None:
    start = _system("velocity", "image").start(IMAGE_TO_MASK, PICTURES[..., 0], seeds=(0, 1))
    assert start.shape == (2, 6, 6, 8) and torch.equal(start[:, 0], start[:, 2])


def test_shown_is_the_state_and_not_the_condition() -> None:
    system = _system("velocity", "image")
    state = torch.cat([TARGET, IMAGES], 1)
    np.testing.assert_array_equal(system.codes(state), TARGET.numpy())
    assert system.picture(state).shape == (2, 6, 8, 3) and system.image_half(state) is None


def test_a_posterior_answers_with_the_mean_of_its_codes() -> None:
    logits = torch.randn(2, 5, 6, 8, generator=torch.Generator().manual_seed(0))
    mean = torch.einsum("bkhw,kc->bchw", logits.softmax(1), torch.from_numpy(BOOK.points[:5]))
    head = FlowSegHead("posterior", "image", BOOK)
    torch.testing.assert_close(head.velocity(logits, torch.randn_like(IMAGES), IMAGES, 0.3), mean - IMAGES)
    assert head.out_channels == 5 and FlowSegHead("velocity", "image", BOOK).out_channels == 3


@pytest.mark.parametrize("wrong", [("endpoints", "image"), ("velocity", "mask"), ("posterior", "gaussian")])
def test_unknown_forms_are_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(ModelError):
        FlowSegHead(*wrong, BOOK)
