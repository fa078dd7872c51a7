"""The oracles are checked against first principles, never against the solvers they later judge."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from flowdemo.errors import InputError
from flowdemo.flow import AnalyticField, Constant, GaussianPath, Linear, Polynomial, Rotation

FIELDS: dict[str, AnalyticField] = {
    "constant": Constant(0.7),
    "constant array": Constant(np.array([0.3, -2.0])),
    "linear": Linear(-1.3),
    "rotation": Rotation(2.1),
    "polynomial": Polynomial((0.5, -1.0, 0.0, 3.0)),
    "gaussian": GaussianPath(-1.0, 2.0, 1.0, 0.3),
    "gaussian array": GaussianPath(np.array([0.0, 1.0]), np.array([3.0, -1.0]), 0.5, 1.5),
}
every_field = pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)


def _points() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(6, 2))


@every_field
@pytest.mark.parametrize("t", [0.1, 0.5, 0.8])
def test_the_flow_moves_with_the_velocity(field: AnalyticField, t: float) -> None:
    x, eps = _points(), 1e-5
    slope = (field.flow(x, t, t + eps) - field.flow(x, t, t - eps)) / (2 * eps)
    np.testing.assert_allclose(field.velocity(x, t), slope, atol=1e-8)


@every_field
def test_flows_compose_and_invert(field: AnalyticField) -> None:
    x = _points()
    half_way = field.flow(x, 0.0, 0.4)
    np.testing.assert_allclose(field.flow(half_way, 0.4, 1.0), field.flow(x, 0.0, 1.0), atol=1e-12)
    np.testing.assert_allclose(field.flow(field.flow(x, 0.2, 0.9), 0.9, 0.2), x, atol=1e-12)


@pytest.mark.parametrize("name", ["constant", "linear", "rotation", "polynomial", "gaussian"])
def test_torch_tensors_give_the_same_numbers_and_inputs_stay(name: str) -> None:
    x, field = _points(), FIELDS[name]
    tensor = torch.tensor(x)
    for answer, expected in [
        (field.velocity(tensor, 0.3), field.velocity(x, 0.3)),
        (field.flow(tensor, 0.1, 0.9), field.flow(x, 0.1, 0.9)),
    ]:
        assert isinstance(answer, torch.Tensor)
        np.testing.assert_allclose(answer.numpy(), expected, atol=1e-14)
    assert np.array_equal(tensor.numpy(), x)
    assert np.array_equal(x, _points())


def test_rotation_by_a_quarter_turn() -> None:
    turned = Rotation(np.pi / 2).flow(np.array([1.0, 0.0]), 0.0, 1.0)
    np.testing.assert_allclose(turned, [0.0, 1.0], atol=1e-15)


def test_gaussian_velocity_is_the_conditional_mean_of_straight_lines() -> None:
    field, t = GaussianPath(-1.0, 2.0, 1.0, 0.4), 0.6
    rng = np.random.default_rng(1)
    x0, x1 = rng.normal(-1.0, 1.0, 400_000), rng.normal(2.0, 0.4, 400_000)
    xt = (1 - t) * x0 + t * x1
    for centre in (0.2, 0.8, 1.3):
        near = np.abs(xt - centre) < 0.02
        estimate, error = (x1 - x0)[near].mean(), (x1 - x0)[near].std() / np.sqrt(near.sum())
        assert abs(field.velocity(np.array(centre), t) - estimate) < 4 * error + 0.02


def test_gaussian_flow_carries_source_samples_to_the_target() -> None:
    x0 = np.random.default_rng(2).normal(-1.0, 2.0, 200_000)
    x1 = GaussianPath(-1.0, 3.0, 2.0, 0.5).flow(x0, 0.0, 1.0)
    assert x1.mean() == pytest.approx(3.0, abs=0.01)
    assert x1.std() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("s0, s1, name", [(0.0, 1.0, "s0"), (1.0, -1.0, "s1"), (1.0, float("nan"), "s1")])
def test_degenerate_gaussians_are_refused(s0: float, s1: float, name: str) -> None:
    with pytest.raises(InputError) as caught:
        GaussianPath(0.0, 1.0, s0, s1)
    assert caught.value.field == name
