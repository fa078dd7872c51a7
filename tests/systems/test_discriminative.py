from __future__ import annotations

import numpy as np
import pytest
import torch

from flowdemo.codes import base_k
from flowdemo.errors import InputError
from flowdemo.systems.base import IMAGE_TO_MASK
from flowdemo.systems.discriminative import Discriminative


def _system() -> tuple[Discriminative, list[float]]:
    told: list[float] = []

    def network(x: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        told.extend(tau.tolist())
        return torch.cat([x, -x[:, :1]], 1)  # logits: the brighter channel wins, a dark red makes class 3

    return Discriminative(network, base_k(4, True)), told


def test_one_step_to_the_likeliest_class() -> None:
    system, told = _system()
    photo = np.zeros((1, 2, 2, 3), np.uint8)
    photo[0, 0, 0] = (255, 9, 9)
    photo[0, 0, 1] = (140, 255, 9)
    photo[0, 1, 0] = (140, 9, 250)
    first, last = system.steps(IMAGE_TO_MASK, system.start(IMAGE_TO_MASK, photo), 1)
    np.testing.assert_array_equal(system.picture(first.x), photo)
    np.testing.assert_array_equal(system.classes(last.x)[0], [[0, 1], [2, 3]])
    assert (first.evaluations, last.evaluations, told) == (0, 1, [0.0])
    assert torch.allclose(first.x + last.v, last.x)


@pytest.mark.parametrize("steps", [2, 25])
def test_more_steps_are_refused(steps: int) -> None:
    system, _ = _system()
    with pytest.raises(InputError, match="one step"):
        list(system.steps(IMAGE_TO_MASK, torch.zeros(1, 3, 2, 2), steps))
