"""Couplings: which source sample travels to which target sample of a batch.

A coupling takes sources [B, ...] and targets [B, ...] and returns a permutation p, int64 [B]: source i is
paired with target p[i], so a training batch is (x0, x1[p]).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from flowdemo.errors import InputError
from flowdemo.flow.arrays import Array, to_numpy

Coupling: TypeAlias = Callable[[Array, Array], np.ndarray]


def paired(x0: Array, x1: Array) -> np.ndarray:
    """Keep the order of the batch: an image belongs to its own mask (SemFlow)."""
    return np.arange(_batch_size(x0, x1))


def independent(rng: np.random.Generator) -> Coupling:
    """Return the coupling that pairs at random: q(x0) q(x1), plain flow matching between two sets."""
    return lambda x0, x1: rng.permutation(_batch_size(x0, x1))


def minibatch_ot(x0: Array, x1: Array) -> np.ndarray:
    """Pair so that the summed squared distances |x0_i - x1_p(i)|^2 of the batch are least.

    The exact assignment takes O(B^3); paths of such pairs do not cross within the batch (Tong et al. 2024).

    Raises:
        InputError: the batches differ in size, or a value is not finite (field ``"batch"``).
    """
    from scipy.optimize import linear_sum_assignment  # 0.2 s that only training should pay

    size = _batch_size(x0, x1)
    sources, targets = (to_numpy(x).reshape(size, -1).astype(np.float64) for x in (x0, x1))
    if not (np.isfinite(sources).all() and np.isfinite(targets).all()):
        raise InputError("A batch to be paired must hold finite numbers only.", field="batch")
    # The squared norms are the same for every permutation, so only the inner products decide.
    return linear_sum_assignment(-sources @ targets.T)[1]


def _batch_size(x0: Array, x1: Array) -> int:
    if len(x0) != len(x1):
        raise InputError("Sources and targets must come in batches of the same size.", field="batch")
    return len(x0)
