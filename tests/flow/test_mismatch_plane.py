"""Disagreements of paths with exact fields: identities, closed forms against sampling, limits, aggregates."""

from __future__ import annotations

import numpy as np
import pytest

from flowdemo.errors import InputError
from flowdemo.flow import source_estimate, target_estimate
from flowdemo.flow.mismatch_plane import (
    WEIGHTS,
    Normal,
    aggregate,
    auc,
    clusters,
    decomposition,
    disagreement,
    exact_velocity,
    gaussian_disagreement,
    gaussian_mean,
    gaussians,
    inner_times,
    sampled_mean,
    score,
    semicircle,
)

SETS = {"semicircle": semicircle(200), "clusters": clusters(200)}
every_set = pytest.mark.parametrize("points", SETS.values(), ids=SETS)


def deltas(y: np.ndarray, points: np.ndarray, times: np.ndarray, paths: int = 5, s: float = 0.0) -> np.ndarray:
    return disagreement(y, gaussians(paths, 9), times, lambda x, t: exact_velocity(x, t, points, s))


@every_set
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_velocity_error_noise_error_and_reconstruction_error_are_one(points: np.ndarray, smoothing: float) -> None:
    y, x0 = np.array([3.0, 1.0]), gaussians(7, 3)
    for t in (0.05, 0.4, 0.9):
        x = (1 - t) * x0 + t * y
        v = exact_velocity(x, t, points, smoothing)
        delta = disagreement(y, x0, np.array([t]), lambda x, t: exact_velocity(x, t, points, smoothing))[:, 0]
        ends, starts = target_estimate(x, v, t), source_estimate(x, v, t)
        np.testing.assert_allclose(((y - ends) ** 2).sum(-1), (1 - t) ** 2 * delta, rtol=1e-9)
        np.testing.assert_allclose(((x0 - starts) ** 2).sum(-1), t**2 * delta, rtol=1e-9)


@every_set
@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_the_exact_field_is_the_conditional_mean_of_straight_lines(points: np.ndarray, smoothing: float) -> None:
    """Weighted by the density of x_t given x1, samples of x1 have the mean that the velocity points at."""
    rng, t, x = np.random.default_rng(0), 0.5, np.array([0.5, 2.5])
    x1 = points[rng.integers(0, len(points), 400_000)] + smoothing * rng.normal(size=(400_000, 2))
    weights = np.exp(-((x - t * x1) ** 2).sum(-1) / (2 * (1 - t) ** 2))
    mean = (weights[:, None] * x1).sum(0) / weights.sum()
    found = x + (1 - t) * exact_velocity(x, t, points, smoothing)
    np.testing.assert_allclose(found, mean, atol=0.05)


def test_the_field_of_a_far_state_is_finite() -> None:
    assert np.isfinite(exact_velocity(np.array([500.0, -500.0]), 0.999, SETS["semicircle"])).all()


@every_set
def test_late_times_know_each_point_and_how_far_the_nearest_is(points: np.ndarray) -> None:
    """The field of finitely many points ends by memorising them: what is not among them scores by its distance."""
    times = np.array([0.9, 0.99, 0.9999])
    known = deltas(points[0], points, times)
    assert (known[:, -1] < 1e-6).all() and known[:, 0].max() > 1e-3
    far = np.array([1.0, 5.0])
    nearest = ((far - points) ** 2).sum(-1).min()
    np.testing.assert_allclose((1 - times[-1]) ** 2 * deltas(far, points, times)[:, -1], nearest, rtol=1e-3)
    unseen = points[0] + [0.02, 0.01]
    assert deltas(unseen, points, times)[:, -1].min() > 1e3
    assert deltas(unseen, points, times, s=0.1)[:, -1].max() < 1e3, "a smoothed field does not memorise"


@every_set
def test_early_times_measure_the_distance_to_the_mean(points: np.ndarray) -> None:
    y = np.array([-2.0, 9.0])
    found = deltas(y, points, np.array([1e-4]))[:, 0]
    np.testing.assert_allclose(found, ((y - points.mean(0)) ** 2).sum(), rtol=2e-2)


@pytest.mark.parametrize("t", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("z, sigma", [(1.0, 2.0), (0.3, 0.05), (0.0, 0.5)])
def test_the_gaussian_mean_is_that_of_many_seeds(t: float, z: float, sigma: float) -> None:
    x0 = np.random.default_rng(0).normal(size=100_000)
    x = (1 - t) * x0 + t * z
    direct = (Normal(np.zeros(1), np.array([[sigma**2]])).velocity(x[:, None], t)[:, 0] - (z - x0)) ** 2
    np.testing.assert_allclose(gaussian_disagreement(z, x0, sigma, t), direct, rtol=1e-6, atol=1e-12)
    assert gaussian_mean(z, sigma, t) == pytest.approx(direct.mean(), rel=0.01)


def test_the_mean_of_normal_samples_is_their_baseline() -> None:
    for t, sigma in ((0.2, 2.0), (0.7, 0.05), (0.9, 1.0)):
        z = sigma * np.polynomial.hermite_e.hermegauss(20)[0]
        weights = np.polynomial.hermite_e.hermegauss(20)[1] / np.sqrt(2 * np.pi)
        baseline = sigma**2 / ((t * sigma) ** 2 + (1 - t) ** 2)
        assert weights @ gaussian_mean(z, sigma, t) == pytest.approx(baseline, rel=1e-9)


def separated(paths: int, count: int = 4000) -> dict[str, float]:
    """AUC by rule of an anomaly off a thin manifold, against normal samples, at t = 0.5."""
    rng, sigma = np.random.default_rng(4), np.array([2.0, 0.05])
    normal = sigma * rng.normal(size=(1, count, 2))
    odd = np.broadcast_to([1.0, 0.3], (1, count, 2))
    both = [gaussian_disagreement(z, rng.normal(size=(paths, count, 2)), sigma, 0.5).sum(-1) for z in (normal, odd)]
    return {rule: auc(*(aggregate(delta, rule, 0.2) for delta in both)) for rule in ("min", "mean", "order")}


@pytest.mark.parametrize("paths, mean, least", [(4, 0.51, 0.78), (16, 0.50, 0.99), (64, 0.52, 1.00)])
def test_the_luckiest_path_separates_what_the_mean_does_not(paths: int, mean: float, least: float) -> None:
    found = separated(paths)
    assert found["mean"] == pytest.approx(mean, abs=0.025)
    assert found["min"] == pytest.approx(least, abs=0.02)
    if paths > 4:
        assert 0.8 < found["order"] < 0.95


def random_normal(rng: np.random.Generator, n: int = 3) -> Normal:
    root = rng.normal(size=(n, n))
    return Normal(rng.normal(size=n), root @ root.T / n)


@pytest.mark.parametrize("t", [0.2, 0.5, 0.8])
def test_the_two_parts_add_up_to_the_sampled_mean(t: float) -> None:
    rng = np.random.default_rng(6)
    p, q = random_normal(rng), random_normal(rng)
    denoising, fisher = decomposition(p, q, t)
    mean, error = sampled_mean(p, q, t, 200_000, 1)
    assert min(denoising, fisher) > 20 * error, "both parts are to be seen"
    assert denoising + fisher == pytest.approx(mean, abs=4 * error)


def test_what_is_left_of_either_part() -> None:
    q = random_normal(np.random.default_rng(7))
    assert decomposition(q, q, 0.4)[1] == pytest.approx(0, abs=1e-12)
    one = Normal(np.array([1.0, 2.0, 0.0]), np.zeros((3, 3)))
    denoising, fisher = decomposition(q, one, 0.4)
    assert denoising == pytest.approx(0, abs=1e-12)
    assert fisher == pytest.approx(sampled_mean(q, one, 0.4, 200_000, 2)[0], rel=0.02)


def test_aggregates_are_in_order_and_the_least_falls_with_more_paths() -> None:
    many = np.random.default_rng(1).exponential(size=(25, 40))
    np.testing.assert_array_equal(aggregate(many, "order", 0.28), np.sort(many, 0)[6])  # 0.28 · 25 = 7
    delta = many[:17]
    least, order, mean = (aggregate(delta, rule) for rule in ("min", "order", "mean"))
    assert (least <= order).all() and (least <= mean).all() and (least < order).any()
    np.testing.assert_array_equal(order, np.sort(delta, 0)[3])  # the fourth: ceil(0.2 · 17)
    np.testing.assert_array_equal(aggregate(delta[:15], "order"), np.sort(delta[:15], 0)[2])
    assert (aggregate(delta[:9], "min") >= least).all()
    np.testing.assert_array_equal(aggregate(delta, "order", 1.0), delta.max(0))


def test_scores_weigh_before_they_average() -> None:
    times = inner_times(4)
    np.testing.assert_allclose(times, [0.2, 0.4, 0.6, 0.8])
    delta = np.arange(12.0).reshape(3, 4)
    assert score(delta, times, "velocity", "min") == pytest.approx(1.5)
    assert score(delta, times, "noise", "min") == pytest.approx(sum(times**2 * delta[0]) / 4)
    assert score(delta, times, "reconstruction", "mean") == pytest.approx(sum((1 - times) ** 2 * delta[1]) / 4)
    assert set(WEIGHTS) == {"noise", "velocity", "reconstruction"}


def test_the_score_follows_the_distance_from_the_arc() -> None:
    """Spearman's correlation over the plane, as in the notes of the method: late times know the manifold."""
    points, times = semicircle(300), inner_times(12)
    rng = np.random.default_rng(3)
    places = rng.uniform([-8, -3], [8, 14], (150, 2))
    away = np.sqrt(((places[:, None] - semicircle(3000, 8)) ** 2).sum(-1)).min(1)
    found = np.stack([deltas(y, points, times, 1)[0] for y in places], 1)

    def rank(values: np.ndarray) -> np.ndarray:
        return np.argsort(np.argsort(values))

    def follows(values: np.ndarray) -> float:
        return float(np.corrcoef(rank(values), rank(away))[0, 1])

    assert follows(found[0]) < 0.75 < 0.97 < follows(found[-1])
    assert follows(score(found[None], times, "noise", "min")) > 0.97


def test_auc_counts_ties_as_half() -> None:
    assert auc(np.array([0.0, 1.0]), np.array([1.0, 2.0])) == pytest.approx(0.875)
    assert auc(np.array([1.0]), np.array([1.0])) == 0.5


@pytest.mark.parametrize("t", [0.0, 1.0, -0.1, float("nan")])
def test_the_ends_of_a_path_are_refused(t: float) -> None:
    with pytest.raises(InputError):
        exact_velocity(np.zeros(2), t, SETS["clusters"])
    with pytest.raises(InputError):
        gaussian_disagreement(np.zeros(1), np.zeros(1), np.ones(1), t)


def test_bad_fields_and_rules_are_refused() -> None:
    for points, s in ((np.zeros((0, 2)), 0.0), (SETS["clusters"], -1.0)):
        with pytest.raises(InputError):
            exact_velocity(np.zeros(2), 0.5, points, s)
    for rule, share in (("median", 0.2), ("order", 0.0), ("order", 1.5)):
        with pytest.raises(InputError):
            aggregate(np.ones((2, 2)), rule, share)
