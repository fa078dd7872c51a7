from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from flowdemo.errors import InputError
from flowdemo.evaluation.ranking import auroc
from flowdemo.evaluation.regions import FPR_LIMIT, PixelScores

Picture = tuple[np.ndarray, np.ndarray, str]


def _pictures(seed: int, distinct: int | None = None) -> list[Picture]:
    """Maps of differing sizes with square defects of two kinds; ``distinct`` values only where given."""
    rng, found = np.random.default_rng(seed), []
    for i in range(9):
        kind = ("good", "hole", "stain")[i % 3]
        height, width = rng.integers(9, 24, 2)
        mask = np.zeros((height, width), bool)
        for _ in range(2 if kind != "good" else 0):
            y, x = rng.integers(0, height - 4), rng.integers(0, width - 6)
            mask[y : y + 2 + 2 * (kind == "stain"), x : x + rng.integers(2, 6)] = True
        scores = rng.gamma(2, size=mask.shape) * (1 + mask * rng.uniform(0.5, 4))
        scores = np.floor(scores * distinct / 20) if distinct else scores
        found.append((scores.astype(np.float32), mask, kind))
    return found


def _counted(pictures: list[Picture]) -> PixelScores:
    scores = PixelScores("good")
    for picture in pictures:
        scores.add(*picture)
    return scores


def _regions(mask: np.ndarray) -> list[np.ndarray]:
    """Flat indices of the regions, by flooding over eight neighbours."""
    left, regions = {(int(y), int(x)) for y, x in np.argwhere(mask)}, []
    while left:
        queue, region = deque([left.pop()]), []
        while queue:
            y, x = queue.popleft()
            region.append(y * mask.shape[1] + x)
            near = {(y + i, x + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & left
            left -= near
            queue.extend(near)
        regions.append(np.array(region))
    return regions


def _exact_aupro(pictures: list[Picture], limit: float = FPR_LIMIT) -> float:
    """(4) at every threshold that occurs, on a fine grid of false positive rates."""
    normal = np.concatenate([s[~m] for s, m, _ in pictures])
    regions = [s.ravel()[r] for s, m, _ in pictures for r in _regions(m)]
    thresholds = np.unique(np.concatenate([normal, *regions]))[::-1]
    fpr = np.array([0.0, *((normal >= t).mean() for t in thresholds)])
    pro = np.array([0.0, *(np.mean([(r >= t).mean() for r in regions]) for t in thresholds)])
    grid = np.linspace(0, limit, 200_001)
    return float(np.interp((grid[1:] + grid[:-1]) / 2, fpr, pro).mean())


def _exact_auroc(pictures: list[Picture]) -> float:
    return auroc(*(np.concatenate([s[m == bad] for s, m, _ in pictures]) for bad in (False, True)))


def test_by_hand() -> None:
    mask = np.zeros((4, 5), bool)
    mask[0, 0] = mask[1, 1] = mask[3, 2:5] = True  # two regions: a diagonal pair and a row of three
    values = np.zeros((4, 5))
    values[0, 0], values[3, 2:5] = 4, (3, 2, 1)
    values[2, 0:3] = (3.5, 2.5, 1.5)  # of 15 normal pixels
    scores = _counted([(values, mask, "hole")])
    # PRO: 1/4 before the first false positive, 5/12 before the second, 7/12 before the third, 9/12 before the rest.
    rest = FPR_LIMIT - 3 / 15
    top = 9 / 12 + 3 / 12 * rest / (12 / 15)
    expected = ((3 / 12 + 5 / 12 + 7 / 12) / 15 + rest * (9 / 12 + top) / 2) / FPR_LIMIT
    assert scores.aupro() == pytest.approx(expected, abs=1e-12)
    assert scores.pixel_auroc() == pytest.approx((15 + 14 + 13 + 12 + 6) / 75, abs=1e-12)


@pytest.mark.parametrize("distinct", [None, 40])
@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_all_thresholds(seed: int, distinct: int | None) -> None:
    pictures = _pictures(seed, distinct)
    scores, bound = _counted(pictures), 1e-5 if distinct else 2e-3
    assert scores.pixel_auroc() == pytest.approx(_exact_auroc(pictures), abs=bound / 10)
    assert scores.aupro() == pytest.approx(_exact_aupro(pictures), abs=bound)
    assert scores.aupro(limit=1) == pytest.approx(_exact_aupro(pictures, 1), abs=bound)
    assert 0 < scores.binning_error() < (0.05 if distinct else 2e-3)
    for kind in ("hole", "stain"):
        some = [p for p in pictures if p[2] in (kind, "good")]
        assert scores.pixel_auroc(kind) == pytest.approx(_exact_auroc(some), abs=bound / 10)
        assert scores.aupro(kind) == pytest.approx(_exact_aupro(some), abs=bound)


@pytest.mark.parametrize("offset", [0.0, 30.0, 1000.0, 1e5])
def test_the_error_of_bins_is_within_the_bound(offset: float) -> None:
    """A large constant uses up the resolution, and the bound says so."""
    pictures = [((s.astype(float) + offset).astype(np.float32), m, k) for s, m, k in _pictures(5)]
    scores = _counted(pictures)
    bound = scores.binning_error()
    assert abs(scores.pixel_auroc() - _exact_auroc(pictures)) <= bound + 1e-9
    assert abs(scores.aupro() - _exact_aupro(pictures)) <= bound + 1e-5
    assert (bound > 0.1) == (offset == 1e5)


@pytest.mark.parametrize("change", [lambda s: 1e-6 * s, lambda s: s**3, lambda s: -1 / s, lambda s: np.log(s)])
def test_only_the_order_of_scores_counts(change) -> None:
    pictures = _pictures(6)
    plain, changed = _counted(pictures), _counted([(change(s.astype(float)), m, k) for s, m, k in pictures])
    assert changed.pixel_auroc() == pytest.approx(plain.pixel_auroc(), abs=3e-4)
    assert changed.aupro() == pytest.approx(plain.aupro(), abs=3e-3)


def test_the_order_of_pictures_does_not_count() -> None:
    pictures = _pictures(7)
    plain, turned = _counted(pictures).results(), _counted(pictures[::-1]).results()
    assert turned["pixel_auroc"] == plain["pixel_auroc"] and turned["aupro"] == pytest.approx(plain["aupro"])


def test_each_region_counts_the_same() -> None:
    """A large region found and a small one missed: nearly all pixels, half of the regions."""
    mask, values = np.zeros((40, 40), bool), np.random.default_rng(0).random((40, 40))
    mask[:20, :20] = mask[30, 30] = True
    values[:20, :20], values[30, 30] = 2, -1
    scores = _counted([(values, mask, "stain")])
    assert scores.pixel_auroc() == pytest.approx(400 / 401)
    assert scores.aupro() == pytest.approx(0.5)


def test_the_extremes() -> None:
    pictures = _pictures(8)
    told = _counted([(m.astype(float), m, k) for _, m, k in pictures])
    assert told.pixel_auroc() == 1 and told.aupro() == pytest.approx(1)
    blind = _counted([(np.ones(m.shape), m, k) for _, m, k in pictures])
    assert blind.pixel_auroc() == 0.5 and blind.aupro() == pytest.approx(FPR_LIMIT / 2)
    wrong = _counted([(-1.0 * m, m, k) for _, m, k in pictures])
    assert wrong.pixel_auroc() == 0 and wrong.aupro() == 0
    signs = _counted([(np.where(m, 0.0, -0.0), m, k) for _, m, k in pictures])
    assert signs.pixel_auroc() == 0.5


def test_results_by_kind_and_of_nothing() -> None:
    pictures = _pictures(9)
    result = _counted(pictures).results()
    assert result["per_kind"].keys() == {"hole", "stain"}
    assert [row["pictures"] for row in result["per_kind"].values()] == [3, 3]
    assert result["per_kind"]["hole"]["aupro"] != result["per_kind"]["stain"]["aupro"] != result["aupro"]
    nothing = {"pixel_auroc": None, "aupro": None, "per_kind": {}}
    assert PixelScores("good").results() == nothing
    assert _counted([p for p in pictures if p[2] == "good"]).results() == nothing
    unmarked = _counted([(s, m & False, k) for s, m, k in pictures])
    assert unmarked.pixel_auroc("hole") is None and unmarked.aupro() is None and unmarked.binning_error() == 0
    assert _counted([(np.ones((2, 2)), np.ones((2, 2), bool), "hole")]).aupro() is None


def test_refuses_what_does_not_fit() -> None:
    scores, mask = PixelScores("good"), np.zeros((3, 4), bool)
    odd = [np.full((3, 4), value) for value in (np.nan, np.inf, 1e60)]
    for values in (np.ones((4, 3)), np.ones(12), *odd):
        with pytest.raises(InputError):
            scores.add(values, mask, "good")
    with pytest.raises(InputError):
        scores.add(np.ones((3, 4)), ~mask, "good")
    with pytest.raises(InputError):
        scores.aupro("hole")
    with pytest.raises(InputError):
        scores.aupro(limit=0)
    assert scores.results()["aupro"] is None, "a refused picture leaves nothing behind"
