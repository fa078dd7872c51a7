from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import tensor
from torchmetrics.functional.classification import binary_auroc

from flowdemo.errors import InputError
from flowdemo.evaluation.ranking import auroc, difference_interval, grouped_interval, roc

SCORES = st.lists(st.integers(-3, 5), min_size=1, max_size=12)  # few values: many ties


def test_by_hand() -> None:
    assert auroc([1, 2], [3, 4]) == 1
    assert auroc([3, 4], [1, 2]) == 0
    assert auroc([1, 2, 3], [2]) == 0.5
    assert auroc([1, 2], [2, 3]) == (2 + 0.5 + 1) / 4
    assert auroc([0, -np.inf], [np.inf, 0]) == 3.5 / 4


@given(SCORES, SCORES)
@settings(max_examples=60, deadline=None)
def test_is_the_share_of_ordered_pairs(normal: list[int], defective: list[int]) -> None:
    expected = np.mean([(b > a) + 0.5 * (b == a) for a in normal for b in defective])
    assert auroc(normal, defective) == pytest.approx(expected, abs=1e-12)
    assert auroc(defective, normal) == pytest.approx(1 - expected, abs=1e-12)
    truth = tensor([0] * len(normal) + [1] * len(defective))
    other = binary_auroc(tensor(normal + defective).sigmoid(), truth)
    assert auroc(normal, defective) == pytest.approx(other.item(), abs=1e-6)


@pytest.mark.parametrize(("normal", "defective"), [([], [1.0]), ([1.0], []), ([np.nan, 1], [2.0]), ([1.0], [np.nan])])
def test_refuses_what_has_no_rank(normal: list[float], defective: list[float]) -> None:
    with pytest.raises(InputError):
        auroc(normal, defective)
    with pytest.raises(InputError):
        roc(normal, defective)


@given(SCORES, SCORES)
@settings(max_examples=40, deadline=None)
def test_the_curve_has_the_area(normal: list[int], defective: list[int]) -> None:
    fpr, tpr = roc(normal, defective)
    assert (fpr[0], tpr[0], fpr[-1], tpr[-1]) == (0, 0, 1, 1)
    assert (np.diff(fpr) >= 0).all() and (np.diff(tpr) >= 0).all()
    assert np.trapezoid(tpr, fpr) == pytest.approx(auroc(normal, defective), abs=1e-12)


@pytest.mark.parametrize("points", [2, 11, 101])
def test_a_thinned_curve_has_operating_points(points: int) -> None:
    rng = np.random.default_rng(0)
    normal, defective = rng.normal(size=700), rng.normal(1.2, 1.5, 400)
    fpr, tpr = roc(normal, defective, points)
    assert len(fpr) == len(tpr) == points
    for x, y in zip(fpr[1:], tpr[1:], strict=True):
        threshold = np.sort(normal)[::-1][round(x * 700) - 1] if x else np.inf
        highest = np.sort(normal)[::-1][round(x * 700)] if x < 1 else -np.inf
        assert (defective >= threshold).mean() <= y + 1e-12 and (defective > highest).mean() >= y - 1e-12
    assert np.trapezoid(tpr, fpr) == pytest.approx(auroc(normal, defective), abs=0.5 / points)
    with pytest.raises(InputError):
        roc(normal, defective, 1)


def _set(rng: np.random.Generator, groups: int, each: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, groups and truth of surfaces of ``each`` pictures that are all the same."""
    truth = np.arange(groups) % 2 == 1
    scores = rng.normal(truth * 1.0)
    return scores.repeat(each), np.arange(groups).repeat(each), truth.repeat(each)


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    truth, held = 0.7602499389065233, 0  # Φ(1/√2), of unit Gaussians one apart
    for trial in range(100):
        scores, groups, bad = _set(np.random.default_rng(trial), 60, 4)
        low, high = grouped_interval(
            lambda i, s=scores, b=bad: auroc(s[i][~b[i]], s[i][b[i]]), groups, bad, rounds=200, seed=trial, level=0.9
        )
        held += low <= truth <= high
    assert 80 <= held <= 98
    alone = grouped_interval(lambda i: auroc(scores[i][~bad[i]], scores[i][bad[i]]), np.arange(240), bad, 200)
    assert alone[1] - alone[0] < 0.7 * (high - low), "repeated pictures would seem to make it surer"


def test_groups_are_drawn_whole_within_their_stratum() -> None:
    groups = np.array(["a", "b", "a", "c", "d", "d", "e", "b"])
    bad = np.array([0, 0, 0, 1, 0, 1, 1, 0], bool)  # a, b normal; c, e defective; d both
    seen = []

    def note(drawn: np.ndarray) -> float:
        counts = np.bincount(drawn, minlength=8)
        assert counts[0] == counts[2] and counts[1] == counts[7] and counts[0] + counts[1] == 2
        assert counts[4] == counts[5] == 1 and counts[3] + counts[6] == 2
        seen.append(tuple(drawn))
        return float(counts[3])

    assert grouped_interval(note, groups, bad, rounds=60, level=0.98) == (0, 2)
    first = seen.copy()
    seen.clear()
    grouped_interval(note, groups, bad, rounds=60)
    assert seen == first and len(set(seen)) > 3
    seen.clear()
    grouped_interval(note, groups, bad, rounds=60, seed=1)
    assert seen != first


def test_a_difference_is_paired() -> None:
    rng = np.random.default_rng(3)
    scores, groups, bad = _set(rng, 60, 2)
    assert difference_interval(scores, 5 * scores - 2, groups, bad, rounds=100) == (0, 0)
    noisy = scores + rng.normal(0, 0.1, len(scores))
    low, high = difference_interval(scores, noisy, groups, bad, rounds=200)
    apart = grouped_interval(lambda i: auroc(scores[i][~bad[i]], scores[i][bad[i]]), groups, bad, rounds=200)
    assert low <= high and high - low < 0.5 * (apart[1] - apart[0])
    low, high = difference_interval(bad * 1.0, scores, groups, bad, rounds=200)
    assert 0 < low < high
    back = difference_interval(scores, bad * 1.0, groups, bad, rounds=200)
    assert back == (pytest.approx(-high), pytest.approx(-low))


def test_refuses_sets_without_two_strata_and_odd_lengths() -> None:
    for bad in (np.zeros(3, bool), np.ones(3, bool), np.array([True, False])):
        with pytest.raises(InputError):
            grouped_interval(lambda i: 0.0, ["a", "b", "c"], bad)
    bad = np.array([True, False, False])
    for wrong in ({"rounds": 0}, {"level": 0.0}, {"level": 1.0}):
        with pytest.raises(InputError):
            grouped_interval(lambda i: 0.0, ["a", "b", "c"], bad, **wrong)
    with pytest.raises(InputError):
        difference_interval([1, 2, 3], [1, 2], ["a", "b", "c"], bad)
