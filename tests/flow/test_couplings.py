from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdemo.errors import InputError
from flowdemo.flow import independent, minibatch_ot, paired


def _cost(x0: np.ndarray, x1: np.ndarray, order: np.ndarray | tuple[int, ...]) -> float:
    return float(np.square(x0 - x1[list(order)]).sum())


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_transport_pairing_is_the_cheapest_of_all_permutations(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    x0, x1 = rng.normal(size=(2, size, 2, 3))
    best = min(_cost(x0, x1, order) for order in permutations(range(size)))
    order = minibatch_ot(x0, x1)
    assert sorted(order) == list(range(size))
    assert _cost(x0, x1, order) == pytest.approx(best, rel=1e-9)


def test_transport_pairing_undoes_a_shuffle_of_nearby_points() -> None:
    rng = np.random.default_rng(0)
    x0 = rng.normal(size=(32, 2))
    shuffle = rng.permutation(32)
    order = minibatch_ot(x0, (x0 + 1e-4)[shuffle])
    assert np.array_equal(shuffle[order], np.arange(32))


def test_torch_batches_give_the_same_pairs() -> None:
    x0, x1 = np.random.default_rng(1).normal(size=(2, 8, 3)).astype(np.float32)
    order = minibatch_ot(x0, x1)
    assert np.array_equal(minibatch_ot(torch.tensor(x0, requires_grad=True), torch.tensor(x1)), order)
    assert torch.equal(torch.tensor(x1)[order], torch.tensor(x1[order]))


def test_paired_keeps_the_order() -> None:
    assert np.array_equal(paired(np.zeros((4, 2)), np.zeros((4, 2))), [0, 1, 2, 3])


def test_independent_pairing_is_a_seeded_uniform_permutation() -> None:
    x = np.zeros((3, 2))
    coupling = independent(np.random.default_rng(5))
    drawn = [tuple(coupling(x, x)) for _ in range(1200)]
    counts = {order: drawn.count(order) for order in permutations(range(3))}
    assert sum(counts.values()) == 1200
    assert min(counts.values()) > 140  # 200 expected, standard deviation 13
    again = independent(np.random.default_rng(5))
    assert [tuple(again(x, x)) for _ in range(20)] == drawn[:20]


def test_batches_that_do_not_match_are_refused() -> None:
    x0, x1 = np.zeros((3, 2)), np.zeros((4, 2))
    for coupling in (paired, independent(np.random.default_rng(0)), minibatch_ot):
        with pytest.raises(InputError, match="same size"):
            coupling(x0, x1)
    with pytest.raises(InputError, match="finite"):
        minibatch_ot(np.full((2, 2), np.nan), np.zeros((2, 2)))
