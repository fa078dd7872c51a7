"""The network and its folded form, which a browser evaluates by the same formula."""

from __future__ import annotations

import copy
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from flowdemo.errors import ModelError
from flowdemo.toys.folded import STATE_SHAPES, Folded
from flowdemo.toys.network import SpiralNetwork

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def network() -> SpiralNetwork:
    """With statistics and scales that a fold could get wrong."""
    rng = np.random.default_rng(0)
    made = SpiralNetwork(rng)
    with torch.no_grad():
        for block in made.blocks:
            for values in (block.norm.bias, block.norm.running_mean):
                values.copy_(torch.from_numpy(rng.uniform(-1, 1, 11)))
            for values in (block.norm.weight, block.norm.running_var):
                values.copy_(torch.from_numpy(rng.uniform(0.2, 3, 11)))
    return made.eval()


def by_the_formula(weights: dict, z: list[float], t: float) -> list[float]:
    """The contract, number by number, as a browser would."""
    h = list(z)
    for m in (1, 2, 3, 4):
        h += [math.sin(math.pi * m * t), math.cos(math.pi * m * t)]
    for block in weights["blocks"]:
        u = [s * a + b for s, a, b in zip(block["scale"], h, block["shift"], strict=True)]
        h = [a + max(0.0, g) for a, g in zip(h, affine(block, u), strict=True)]
    return affine(weights["head"], h)


def affine(layer: dict, u: list[float]) -> list[float]:
    rows = zip(layer["weight"], layer["bias"], strict=True)
    return [sum(w * x for w, x in zip(row, u, strict=True)) + b for row, b in rows]


def test_the_paper_counts_1576_parameters(network: SpiralNetwork) -> None:
    assert sum(parameter.numel() for parameter in network.parameters()) == 1576
    assert {name: tuple(value.shape) for name, value in network.arrays().items()} == STATE_SHAPES


def test_folded_equals_the_network_in_evaluation_mode(network: SpiralNetwork) -> None:
    rng = np.random.default_rng(1)
    z, folded = rng.standard_normal((200, 3)).astype(np.float32), Folded.from_json(network.folded())
    for t in (0.0, 0.1, 0.5, 1.0):
        with torch.no_grad():
            expected = network(torch.from_numpy(z), torch.full((200,), t)).numpy()
        got = folded(z, t)
        assert got.dtype == np.float32 and got.shape == (200, 3)
        assert np.allclose(got, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_the_contract_formula_gives_the_same_numbers(network: SpiralNetwork) -> None:
    weights = json.loads(json.dumps(network.folded(), allow_nan=False))
    folded = Folded.from_json(weights)
    assert folded.to_json() == weights
    for z, t in (([0.3, -1.2, 0.7], 0.0), ([1.5, 0.1, -1.0], 0.37), ([-0.2, 0.4, 2.0], 1.0)):
        expected = np.array(by_the_formula(weights, z, t))
        got = folded(np.array([z], np.float32), t)[0]
        assert np.allclose(got, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_folding_ignores_the_training_mode_and_leaves_it(network: SpiralNetwork) -> None:
    other = copy.deepcopy(network).train()
    assert other.folded() == network.folded() and other.training


def test_the_start_depends_on_its_generator_only() -> None:
    torch.manual_seed(1)
    one = SpiralNetwork(np.random.default_rng(5))
    torch.manual_seed(2)
    two, three = (SpiralNetwork(np.random.default_rng(seed)) for seed in (5, 6))
    assert torch.equal(one.head.weight, two.head.weight) and not torch.equal(one.head.weight, three.head.weight)


def test_weights_of_another_shape_are_refused(network: SpiralNetwork) -> None:
    arrays, weights = network.arrays(), network.folded()
    for change in ({"head.bias": np.zeros(4, np.float32)}, {"more": np.zeros(1)}, {"head.bias": np.full(3, np.inf)},
                   {"blocks.3.norm.running_var": np.full(11, -1.0, np.float32)}):  # fmt: skip
        with pytest.raises(ModelError):
            Folded.from_state(arrays | change)
    short = {**weights, "blocks": weights["blocks"][:9]}
    bent = {**weights, "head": {"weight": weights["head"]["weight"], "bias": [1, 2]}}
    endless = {**weights, "head": {"weight": weights["head"]["weight"], "bias": [1, 2, math.inf]}}
    for raw in (None, [], {}, short, bent, endless, {"blocks": 3}, {"blocks": [{}] * 10, "head": {}}):
        with pytest.raises(ModelError, match="folded weights"):
            Folded.from_json(raw)


def test_shipped_weights_are_read_and_run_without_torch() -> None:
    """So that the page can draw a trained field as soon as it opens."""
    look = (
        "import sys\nfrom flowdemo.toys import scores, spiral, store\n"
        "model = store.load_spiral().networks[0]\nspiral.strip(model, *spiral.sample(10))\n"
        "print('torch' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", look], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "False"), done.stderr
