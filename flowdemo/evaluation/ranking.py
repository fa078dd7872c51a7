"""How well a score ranks defective pictures above normal ones, and how sure that is with few independent surfaces.

With n normal scores a_i and m defective scores b_j, the area under the ROC curve is the share of pairs in order:

    AUROC = (1 / nm) Σ_ij ( [b_j > a_i] + ½ [b_j = a_i] )                                               (1)

that is U / nm with the rank-sum statistic U of Mann and Whitney. Higher scores mean more anomalous throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from flowdemo.errors import InputError

ROUNDS = 1000  # of the bootstrap


def auroc(normal: ArrayLike, defective: ArrayLike) -> float:
    """AUROC by (1), 0 to 1; a half for scores that tell nothing.

    Args:
        normal: scores of the normal pictures, ``[n]``; infinities are ranked like other numbers.
        defective: scores of the defective pictures, ``[m]``.

    Raises:
        InputError: either has no score, or a score is not a number.
    """
    a, b = np.sort(_scores(normal, "normal")), _scores(defective, "defective")
    pairs = np.searchsorted(a, b, "left").sum() + np.searchsorted(a, b, "right").sum()  # twice U, a whole number
    return float(pairs / (2 * len(a) * len(b)))


def roc(normal: ArrayLike, defective: ArrayLike, points: int = 101) -> tuple[np.ndarray, np.ndarray]:
    """The ROC curve, thinned for storing: operating points that some threshold has, from (0, 0) to (1, 1).

    They are about evenly spaced along the curve, all of them where there are no more than ``points``. Straight lines
    between them leave the area as it is but for at most about 1 / (2 · points).

    Args:
        normal: scores of the normal pictures, ``[n]``.
        defective: scores of the defective pictures, ``[m]``.
        points: at most so many, 2 or more.

    Returns:
        False positive rate and true positive rate, float64 ``[P]`` each, both rising.

    Raises:
        InputError: as :func:`auroc`, or fewer than 2 points are asked for.
    """
    if points < 2:
        raise InputError("A ROC curve has at least 2 points.")
    a, b = np.sort(_scores(normal, "normal")), np.sort(_scores(defective, "defective"))
    thresholds = np.unique(np.concatenate([a, b]))[::-1]
    rates = [np.concatenate([[0.0], 1 - np.searchsorted(s, thresholds, "left") / len(s)]) for s in (a, b)]
    along = (rates[0] + rates[1]) / 2
    kept = np.arange(len(along))
    if len(along) > points:
        kept = np.unique(np.searchsorted(along, np.linspace(0, 1, points)))
    return rates[0][kept], rates[1][kept]


def grouped_interval(
    statistic: Callable[[np.ndarray], float],
    groups: Sequence[str] | np.ndarray,
    defective: ArrayLike,
    rounds: int = ROUNDS,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval of a statistic by a bootstrap that draws whole groups with replacement.

    Pictures of one surface are not independent, so a group is drawn with all its pictures or not at all. Groups of
    normal pictures, of defective ones, and of both are drawn among themselves, as many as there are: each draw has
    normal and defective pictures. A kind of group that occurs once is in every draw and adds nothing to the width.

    Args:
        statistic: takes the drawn pictures as indices int64 ``[k]``, with repeats and k varying, and returns a number.
        groups: the group of each picture, ``[n]``.
        defective: which pictures are defective, bool ``[n]``.
        rounds: number of draws.
        seed: of the draws; the same seed gives the same interval.
        level: share of the draws that the interval holds, above 0 and below 1.

    Returns:
        Lower and upper end, in the unit of the statistic.

    Raises:
        InputError: lengths differ, a stratum of pictures is empty, or rounds or level are out of range.
    """
    if rounds < 1 or not 0 < level < 1:
        raise InputError("An interval needs at least one draw and a level between 0 and 1.")
    values = [statistic(drawn) for drawn in _draws(np.asarray(groups), np.asarray(defective, bool), rounds, seed)]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def difference_interval(
    first: ArrayLike,
    second: ArrayLike,
    groups: Sequence[str] | np.ndarray,
    defective: ArrayLike,
    rounds: int = ROUNDS,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Interval of AUROC(first) − AUROC(second), both on the same draws of :func:`grouped_interval`.

    Args:
        first: scores of one detector, ``[n]``.
        second: scores of the other on the same pictures in the same order, ``[n]``; the two units may differ.
        groups, defective, rounds, seed, level: as in :func:`grouped_interval`.

    Returns:
        Lower and upper end, -1 to 1. An interval without 0 means that the detectors differ on such surfaces.

    Raises:
        InputError: as :func:`grouped_interval` and :func:`auroc`, or the numbers of scores differ.
    """
    a, b = _scores(first, "first"), _scores(second, "second")
    truth = np.asarray(defective, bool)
    if not len(a) == len(b) == len(truth):
        raise InputError("Two detectors are compared on the same pictures: give as many scores of either.")

    def difference(drawn: np.ndarray) -> float:
        bad, good = drawn[truth[drawn]], drawn[~truth[drawn]]
        return auroc(a[good], a[bad]) - auroc(b[good], b[bad])

    return grouped_interval(difference, groups, truth, rounds, seed, level)


def _scores(values: ArrayLike, name: str) -> np.ndarray:
    array = np.asarray(values, np.float64).ravel()
    if not len(array):
        raise InputError(f"Ranking needs at least one score on either side; there is none of the {name} pictures.")
    if np.isnan(array).any():
        raise InputError(f"Ranking needs numbers; a score of the {name} pictures is none.")
    return array


def _draws(groups: np.ndarray, defective: np.ndarray, rounds: int, seed: int) -> Iterator[np.ndarray]:
    if groups.shape != defective.shape or groups.ndim != 1:
        raise InputError("Each picture needs its group and whether it is defective.")
    if defective.all() or not defective.any():
        raise InputError("An interval needs normal and defective pictures.")
    _, member = np.unique(groups, return_inverse=True)
    pictures = np.split(np.argsort(member, kind="stable"), np.cumsum(np.bincount(member))[:-1])
    holds = (np.bincount(member, ~defective) > 0) + 2 * (np.bincount(member, defective) > 0)
    strata = [np.flatnonzero(holds == kind) for kind in np.unique(holds)]
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        drawn = np.concatenate([stratum[rng.integers(len(stratum), size=len(stratum))] for stratum in strata])
        yield np.concatenate([pictures[group] for group in drawn])
