from __future__ import annotations

import numpy as np
import pytest
import torch

from flowdemo.errors import InputError
from flowdemo.request import IMAGE_TO_LABEL
from flowdemo.systems.classifier import Classifier
from flowdemo.systems.labels import GlobalLabels


def _system() -> Classifier:
    """Bright pictures are of class 2, dark ones of class 0, and none is of class 1."""
    return Classifier(lambda x: torch.cat([-x, 0 * x - 2, x], 1).mean((2, 3)), GlobalLabels(3), 1, (4, 4))


def test_one_step_to_the_likeliest_class() -> None:
    pictures = np.zeros((2, 4, 4), np.uint8)
    pictures[1, :3] = 255  # three quarters bright
    first, last = _system().steps(IMAGE_TO_LABEL, _system().start(IMAGE_TO_LABEL, pictures), 1)
    np.testing.assert_array_equal(_system().picture(last.x)[..., 0], pictures)
    assert _system().category(first.x).tolist() == [1, 1]  # the empty channel is the middle level
    assert _system().category(last.x).tolist() == [0, 2]
    assert _system().classes(last.x)[1].tolist() == [[2] * 4] * 4
    assert (first.evaluations, last.evaluations) == (0, 1)
    torch.testing.assert_close(first.x + last.v, last.x)


@pytest.mark.parametrize("steps", [2, 25])
def test_more_steps_are_refused(steps: int) -> None:
    with pytest.raises(InputError, match="one step"):
        list(_system().steps(IMAGE_TO_LABEL, torch.zeros(1, 2, 4, 4), steps))
