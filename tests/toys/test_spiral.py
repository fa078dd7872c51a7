"""The spiral's geometry, and its two directions on fields whose flow is known."""

from __future__ import annotations

import numpy as np
import pytest

from flowdemo.errors import InputError
from flowdemo.flow import SOLVERS, Constant, Polynomial, evaluations
from flowdemo.toys import spiral

from .exact import ExactField

N = 4000


@pytest.fixture(scope="module")
def pairs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets (point, noise), sources (noise, label), and labels."""
    rng = np.random.default_rng(3)
    coordinates, labels = spiral.points(40, rng)
    target = spiral.joint(coordinates, spiral.label_noise(40, rng))
    return target, spiral.joint(rng.standard_normal((40, 2)), spiral.dequantise(labels, rng)), labels


def test_the_arms_are_those_of_the_paper() -> None:
    clean, labels = spiral.arms(2 * N)
    assert labels.tolist() == [-1] * N + [1] * N
    radius = np.hypot(*clean[:N].T)
    angle = np.unwrap(np.arctan2(clean[1:N, 1], clean[1:N, 0]))  # the centre has none
    assert (radius[0], radius[-1]) == (0, pytest.approx(1)) and np.ptp(np.diff(radius)) < 1e-12, "an even grid"
    assert angle[-1] == pytest.approx(3.545, abs=1e-3), "the square root of 4π"
    assert np.ptp(np.diff(angle**2)) < 1e-9, "the square root of an even grid"
    assert np.allclose(clean[N:] + clean[:N], [0.5, 0]), "the second arm is turned by π and shifted by 0.5"


def test_points_are_arms_with_gaussian_noise() -> None:
    noisy, labels = spiral.points(2 * N, 0)
    assert noisy.shape == (2 * N, 2) and noisy.dtype == labels.dtype == np.float32
    rest = noisy - spiral.arms(2 * N)[0]
    assert rest.std(0) == pytest.approx([0.1, 0.1], rel=0.03) and np.abs(rest.mean(0)).max() < 0.004
    assert abs(np.corrcoef(rest.T)[0, 1]) < 0.04


def test_seeds_repeat_and_differ() -> None:
    assert np.array_equal(spiral.points(10, 1)[0], spiral.points(10, 1)[0])
    assert not np.array_equal(spiral.points(10, 1)[0], spiral.points(10, 2)[0])
    streams = {spiral.stream(*key).random() for key in ((0, 1), (1, 1), (1, 0), (1, 0, 1), (1, 1, 1), (2, 0))}
    assert len(streams) == 6


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, True, None])
def test_a_seed_is_a_whole_number_of_32_bits(seed: object) -> None:
    with pytest.raises(InputError, match="from 0 to 4294967295"):
        spiral.stream(0, seed)


def test_an_odd_number_of_points_gives_the_second_arm_one_more() -> None:
    assert spiral.points(5, 0)[1].tolist() == [-1, -1, 1, 1, 1]
    with pytest.raises(InputError, match="at least 2"):
        spiral.points(1, 0)


def test_labels_are_dequantised_by_half() -> None:
    xi = spiral.dequantise(np.ones(N), np.random.default_rng(0)) - 1
    assert -0.5 <= xi.min() < -0.49 and 0.49 < xi.max() <= 0.5 and xi.std() == pytest.approx(12**-0.5, rel=0.03)


def test_training_pairs_lie_on_the_path() -> None:
    """From z_t and v follow both ends: (noise, label) at t = 0 and (point, noise) at t = 1."""
    z, v, t = spiral.training_pairs(N, np.random.default_rng(0))
    assert {part.dtype for part in (z, v, t)} == {np.dtype(np.float32)} and 0 <= t.min() < 0.01 and 0.99 < t.max() < 1
    source, target = z - t[:, None] * v, z + (1 - t[:, None]) * v
    clean, labels = spiral.arms(N)
    assert np.abs(source[:, 2] - labels).max() <= 0.5 + 1e-5
    assert (target[:, :2] - clean).std() == pytest.approx(0.1, rel=0.03)
    for noise in (source[:, 0], source[:, 1], target[:, 2]):
        assert noise.mean() == pytest.approx(0, abs=0.05) and noise.std() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("steps", [1, 2, 7, 50])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_straight_path_leads_home_whatever_the_steps(solver: str, steps: int, pairs: tuple) -> None:
    target, source, labels = pairs
    model = Constant(target - source).velocity
    found, calls = spiral.classify(model, target[:, :2], target[:, 2], steps, solver)
    assert np.array_equal(found, labels) and calls == (evaluations(solver, steps) or calls) > 0
    there = spiral.paths(model, target[:, :2], target[:, 2], steps, solver)
    back = spiral.paths(model, source[:, :2], source[:, 2], steps, solver, spiral.TO_POINT)
    assert there.shape == back.shape == (40, steps + 1, 3) and there.dtype == np.float32
    assert np.array_equal(there[:, 0], target) and np.array_equal(back[:, 0], source)
    assert np.allclose(there[:, -1], source, atol=2e-5) and np.allclose(back[:, -1], target, atol=2e-5)
    assert np.allclose(there, back[:, ::-1], atol=2e-5), "one straight line, run both ways"


def test_each_direction_asks_at_its_own_times(pairs: tuple) -> None:
    asked: list[float] = []

    def model(z: np.ndarray, t: float) -> np.ndarray:
        asked.append(t)
        return Polynomial((0.0, 2.0)).velocity(z, t)  # v = 2t, whose integral over [0, 1] is 1

    start = pairs[0]
    to_label = spiral.paths(model, start[:, :2], start[:, 2], 4)
    assert asked == [1.0, 0.75, 0.5, 0.25] and np.allclose(to_label[:, -1], start - 1.25, atol=1e-5)
    asked.clear()
    to_point = spiral.paths(model, start[:, :2], start[:, 2], 4, direction=spiral.TO_POINT)
    assert asked == [0.0, 0.25, 0.5, 0.75] and np.allclose(to_point[:, -1], start + 0.75, atol=1e-5)


def test_the_exact_field_already_classifies_worse_with_more_steps() -> None:
    """The paper's lesson belongs to the flow, not to a network's faults: 100, 92, 87, 83.6, 82.6, 82.0 %."""
    coordinates, labels, noise = spiral.sample(1000, 0)
    one, two, many = spiral.strip(ExactField(), coordinates, labels, noise, (1, 2, 20))
    assert one.accuracy > 0.99 and 0.88 < two.accuracy < 0.95 and 0.79 < many.accuracy < 0.86
    assert (one.accuracy, many.evaluations) == (float((one.labels == labels).mean()), 20)


def test_a_field_is_read_on_a_grid(pairs: tuple) -> None:
    def model(z: np.ndarray, t: float) -> np.ndarray:
        return z * [1, 10, 100] + t

    grid = np.stack(np.meshgrid([0, 1], [2, 3, 4]), -1)
    values = spiral.field(model, grid, label=0.5, t=0.25)
    assert values.shape == (3, 2, 3) and values[2, 1].tolist() == [1.25, 40.25, 50.25]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"steps": 0}, "at least 1"), ({"steps": 1001}, "1 to 1000"), ({"solver": "rk9"}, "dopri5"),
     ({"direction": "sideways"}, "point-to-label"), ({"labels": np.zeros(3)}, "one label each"),
     ({"coordinates": np.full((40, 2), np.nan)}, "finite"), ({"coordinates": "here"}, "two coordinates")],
)  # fmt: skip
def test_what_cannot_be_run_is_refused(change: dict, words: str, pairs: tuple) -> None:
    usual = {"coordinates": pairs[0][:, :2], "labels": pairs[0][:, 2], "steps": 2}
    with pytest.raises(InputError, match=words):
        spiral.paths(Constant(0.0).velocity, **usual | change)
