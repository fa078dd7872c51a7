"""Families of category codes against the figures of their measures, and the promises each family makes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdemo.codes import FAMILIES, base_k, codebook, measures
from flowdemo.codes.families import grid, kronecker, palette, r_alpha, r_sequence, uniform_random
from flowdemo.errors import InputError

# N: smallest distance, variation of the nearest distance, smallest gap on an axis, L2-star discrepancy
TABLE = {
    (grid, 19): (1.000, 0, 0, 0.099),
    (grid, 150): (0.400, 0, 0, 0.062),
    (grid, 171): (0.400, 0, 0, 0.048),
    (grid, 216): (0.400, 0, 0, 0.045),
    (kronecker, 19): (0.549, 0.14, 0.026, 0.051),
    (kronecker, 150): (0.152, 0.26, 0.0062, 0.010),
    (kronecker, 171): (0.152, 0.30, 0.0042, 0.009),
    (kronecker, 216): (0.152, 0.28, 0.0028, 0.0095),
    (r_sequence, 19): (0.622, 0.08, 0.022, 0.042),
    (r_sequence, 150): (0.273, 0.16, 0.0014, 0.010),
    (r_sequence, 171): (0.223, 0.19, 0.0014, 0.009),
    (r_sequence, 216): (0.223, 0.16, 0.0014, 0.008),
}


@pytest.mark.parametrize(("family", "n"), TABLE)
def test_measures_of_known_codes(family, n: int) -> None:
    distance, variation, gap, discrepancy = TABLE[family, n]
    points = family(n)
    assert points.min() >= -1 and points.max() <= 1
    assert measures.min_distance(points) == pytest.approx(distance, abs=1e-3)
    assert measures.neighbour_variation(points) == pytest.approx(variation, abs=6e-3)
    assert measures.axis_gap(points) == pytest.approx(gap, abs=1e-3)
    assert measures.discrepancy(points) == pytest.approx(discrepancy, abs=1e-3)


def test_random_codes_are_worse_than_sequences() -> None:
    seeds = [uniform_random(150, seed) for seed in range(200)]
    distance = np.mean([measures.min_distance(p) for p in seeds])
    assert distance == pytest.approx(0.051, abs=4e-3)
    assert np.mean([measures.discrepancy(p) for p in seeds]) == pytest.approx(0.024, abs=2e-3)
    assert 2.6 < measures.min_distance(kronecker(150)) / distance < 3.5
    assert 4.5 < measures.min_distance(r_sequence(150)) / distance < 6


def test_roots_of_the_r_sequence() -> None:
    np.testing.assert_allclose(r_alpha(1), [1 / 1.6180339887], atol=1e-9)
    np.testing.assert_allclose(r_alpha(2), [0.7548777, 0.5698403], atol=1e-7)
    np.testing.assert_allclose(r_alpha(3), [0.8191725, 0.6710436, 0.5497005], atol=1e-7)


@pytest.mark.parametrize("family", [kronecker, r_sequence, palette])
def test_a_class_more_moves_no_other(family) -> None:
    np.testing.assert_array_equal(family(40)[:17], family(17))


def test_first_colours_of_the_palette() -> None:
    colours = ((palette(9) + 1) * 127.5).round().astype(int).tolist()
    assert colours == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128], [128, 0, 128], [0, 128, 128],
                       [128, 128, 128], [64, 0, 0]]  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
@given(st.integers(1, 60), st.booleans(), st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_noise_below_the_bound_never_changes_a_class(family: str, classes: int, void: bool, seed: int) -> None:
    book = codebook(family, classes, void)
    assert len(book.levels) == classes + void and book.name == family
    labels = np.arange(classes, dtype=np.uint8)[None]
    half = 0.999 * book.beta_bound / 127.5
    noise = np.random.default_rng(seed).choice([-half, half], (3, 1, classes))
    np.testing.assert_array_equal(book.decode(book.paint(labels) + noise), labels)


def test_the_bound_is_as_large_as_it_can_be() -> None:
    points = kronecker(12)
    bound = measures.noise_bound(points)
    pairs = [(i, j) for i in range(12) for j in range(12) if i != j]
    flips = [np.sign(points[j] - points[i]) * bound * 1.001 + points[i] for i, j in pairs]
    nearest = [np.linalg.norm(points - moved, axis=1).argmin() for moved in flips]
    assert any(found != i for found, (i, _) in zip(nearest, pairs, strict=True))
    assert measures.noise_bound(base_k(27, False).points[:, :]) * 127.5 == pytest.approx(127 / 2, rel=1e-5)


def test_tolerance_and_worst_pair() -> None:
    points = np.array([[0.0, 0, 0], [0.5, 0, 0], [0, 0, 0.2], [-1, 1, 1]])
    assert measures.worst_pair(points) == (0, 2)
    assert measures.tolerance(points) == pytest.approx(0.1)
    assert measures.axis_gap(points) == 0


def test_discrepancy_is_that_of_its_definition() -> None:
    """The mean square of (share of points in a box at the origin − its volume), by quadrature in the plane."""
    points = r_sequence(7, 2)
    at = (np.arange(400) + 0.5) / 400
    x = (points + 1) / 2
    share = np.einsum("ia,ib->ab", *[(x[:, j, None] < at).astype(float) for j in (0, 1)]) / 7
    expected = np.sqrt(((share - np.outer(at, at)) ** 2).mean())
    assert measures.discrepancy(points) == pytest.approx(expected, rel=1e-2)


@pytest.mark.parametrize(("family", "classes"), [("voronoi", 3), ("kronecker", 0), ("r3", 256), ("base-k", 217)])
def test_what_has_no_codes_is_refused(family: str, classes: int) -> None:
    with pytest.raises(InputError):
        codebook(family, classes)
