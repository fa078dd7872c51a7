"""Training: the loss, repetition by seed, and a field that forms within seconds."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import torch

from flowdemo.errors import EngineError, InputError
from flowdemo.toys import spiral, training
from flowdemo.toys.folded import Folded
from flowdemo.toys.network import SpiralNetwork


class Ticks:
    """A clock that a test can count on: it moves on by a little whenever it is looked at."""

    def __init__(self, each: float) -> None:
        self.each, self.now = each, 0.0

    def __call__(self) -> float:
        self.now += self.each
        return self.now


def accuracy(weights: dict, steps: int = 1) -> float:
    model = Folded.from_json(weights)
    return spiral.strip(model, *spiral.sample(2000, 0, spiral.EVALUATION), steps=(steps,))[0].accuracy


def test_the_loss_weighs_coordinates_nine_to_one() -> None:
    class Silent(torch.nn.Module):
        def forward(self, z: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
            return torch.zeros_like(z)

    v = torch.tensor([[1.0, 3.0, 2.0], [1.0, 1.0, 0.0]])
    loss = training.objective(Silent(), torch.zeros(2, 3), v, torch.zeros(2))
    assert loss.item() == pytest.approx(0.9 * (1 + 9 + 1 + 1) / 4 + 0.1 * (4 + 0) / 2)


def test_the_same_seed_gives_the_same_weights() -> None:
    told: list[int] = []
    one = training.train(1, 8, 500, on_step=lambda step, loss: told.append(step))
    two, other = training.train(1, 8, 500), training.train(2, 8, 500)
    assert all(np.array_equal(one.arrays[name], two.arrays[name]) for name in one.arrays)
    assert not np.array_equal(one.arrays["head.weight"], other.arrays["head.weight"])
    assert told == list(range(1, 9)) and one.steps == 8 and one.loss == two.loss != other.loss and one.seconds > 0


def test_live_training_learns_within_a_thousand_steps() -> None:
    """15 seconds on a clock that grants 1000 steps: three or four seconds of work."""
    updates = list(training.train_live(0, 15.0, points=512, clock=Ticks(15 / 2000)))
    first, last = updates[0], updates[-1]
    assert first["step"] == 0 and first["loss"] is None and first["seconds"] == 0
    assert 900 < last["step"] <= 1000 and last["seconds"] >= 15
    assert 25 <= len(updates) <= 32, "about every half second"
    assert all(a["step"] < b["step"] and a["seconds"] < b["seconds"] for a, b in itertools.pairwise(updates))
    assert json.loads(json.dumps(updates, allow_nan=False)) == updates
    assert last["loss"] < 0.7 < 1.0 < updates[1]["loss"]
    assert accuracy(first["weights"]) < 0.8 and accuracy(last["weights"]) > 0.95 > accuracy(last["weights"], 20)


def test_live_training_works_only_while_it_is_asked() -> None:
    clock = Ticks(0.01)
    run = training.train_live(0, 15.0, points=16, clock=clock)
    assert clock.now == 0, "nothing before the first update is asked for"
    next(run), next(run)
    seen = clock.now
    run.close()
    assert clock.now == seen and next(run, None) is None


def test_the_learning_rate_falls_with_the_time() -> None:
    rates = [training.live_rate(share) for share in (0, 0.25, 0.5, 0.75, 1, 2)]
    assert rates[0] == training.LIVE_RATE and rates[4] == rates[5] == pytest.approx(training.LIVE_RATE / 100)
    assert sorted(rates, reverse=True) == rates


def test_a_loss_that_is_not_finite_ends_the_training() -> None:
    network = SpiralNetwork(np.random.default_rng(0))
    with torch.no_grad():
        network.head.bias.fill_(float("inf"))
    with pytest.raises(EngineError, match="not finite"):
        next(training.descend(network, np.random.default_rng(0), 16, lambda: 0.01))


def test_values_out_of_range_are_refused_at_the_call() -> None:
    for call, words in (
        (lambda: training.train_live(0, 0.5), "1 to 120 seconds"),
        (lambda: training.train_live(0, float("nan")), "1 to 120 seconds"),
        (lambda: training.train_live(-1), "seed"),
        (lambda: training.train(0, 0), "at least 1"),
        (lambda: training.train(2**32, 1), "seed"),
    ):
        with pytest.raises(InputError, match=words):
            call()
