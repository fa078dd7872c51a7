"""Convex shapes in finished masks: parts, nests, and who yields to whom."""

from __future__ import annotations

import numpy as np
import pytest

from flowdemo.errors import InputError
from flowdemo.systems.convexity_measures import convex_hull, solidity
from flowdemo.systems.nests import Order
from flowdemo.systems.shape_prior import METHODS, Manner, apply_prior

FREE = float("inf")
GROUND, OUTER, INNER, OTHER, IGNORE = 0, 1, 2, 3, 4
NESTS = ((OUTER, INNER),)
Y, X = np.mgrid[:64, :64]


def disc(x: float, y: float, radius: float) -> np.ndarray:
    return np.hypot(X - x, Y - y) < radius


def bitten(x: float = 32, y: float = 32, radius: float = 20) -> np.ndarray:
    """A disc with a notch at its right."""
    return disc(x, y, radius) & ~disc(x + radius, y, 0.5 * radius)


def mask_of(*layers: tuple[int, np.ndarray]) -> np.ndarray:
    mask = np.zeros((64, 64), np.uint8)
    for index, shape in layers:
        mask[shape] = index
    return mask


@pytest.mark.parametrize("method", METHODS)
def test_a_notch_is_filled_from_the_ground_and_a_convex_shape_stays_as_it_is(method: str) -> None:
    mask, manner = mask_of((OUTER, bitten())), Manner(method, FREE, iterations=400)
    before = mask.copy()
    shaped = apply_prior(mask, [OUTER], [GROUND], manner=manner)
    assert np.array_equal(mask, before), "the mask given is not changed"
    assert solidity(shaped.mask == OUTER) > solidity(mask == OUTER) + 0.05
    assert ((shaped.mask == OUTER) >= (mask == OUTER)).all() and (shaped.grown, shaped.convex) == (1, 0)
    assert ((shaped.mask == OUTER) <= convex_hull(mask == OUTER)).all()

    whole = mask_of((OUTER, disc(32, 32, 20)))
    same = apply_prior(whole, [OUTER], [GROUND], manner=manner)
    assert np.array_equal(same.mask, whole) and same.convex == 1


def test_the_line_scan_of_a_notched_disc_is_nearly_its_hull() -> None:
    mask = mask_of((OUTER, bitten()))
    found = apply_prior(mask, [OUTER], [GROUND], manner=Manner(most=FREE)).mask == OUTER
    hull = convex_hull(mask == OUTER)
    assert (found & hull).sum() / (found | hull).sum() > 0.99


@pytest.mark.parametrize("method", METHODS)
def test_two_parts_of_a_class_are_not_joined(method: str) -> None:
    mask = mask_of((OUTER, disc(18, 32, 12) | bitten(46, 32, 14)))
    shaped = apply_prior(mask, [OUTER], [GROUND], manner=Manner(method, FREE))
    assert (shaped.grown, shaped.convex) == (1, 1)
    between = (X > 30) & (X < 32)
    assert not (shaped.mask[between]).any(), "nothing appears between the parts"
    assert solidity(shaped.mask == OUTER, component=False) < 0.95


def test_a_nucleus_stays_in_its_cell_and_keeps_its_pixels_when_the_cell_grows_over_it() -> None:
    cell = bitten(32, 32, 24)
    nucleus = (disc(40, 24, 9) | disc(40, 40, 9)) & cell  # two lobes, one on each side of the notch
    nucleus |= (np.abs(X - 34) < 4) & (np.abs(Y - 32) < 12)
    nucleus &= ~disc(30, 32, 4)  # and a notch of its own, inside the cell
    mask = mask_of((OUTER, cell), (INNER, nucleus & cell))
    whole = mask > 0

    alone = apply_prior(mask, [OUTER], [GROUND], NESTS, Manner(most=FREE)).mask
    assert np.array_equal(alone == INNER, mask == INNER), "the nucleus was not chosen"
    assert solidity(alone > 0) > 0.995 > solidity(whole)

    inner = apply_prior(mask, [INNER], [GROUND], NESTS, Manner(most=FREE)).mask
    assert np.array_equal(inner > 0, whole), "the nucleus grows inside the cell only"
    assert (inner == INNER).sum() > (mask == INNER).sum()

    both = apply_prior(mask, [OUTER, INNER], [GROUND], NESTS, Manner(most=FREE)).mask
    assert solidity(both > 0) > 0.995 and solidity(both == INNER) > solidity(inner == INNER)
    assert ((both == INNER) >= (mask == INNER)).all()


def test_only_the_ground_yields_and_what_two_want_stays_ground() -> None:
    left, right = bitten(22, 32, 18), bitten(46, 32, 14)[:, ::-1]
    right = np.roll(right, 30, axis=1)  # its notch looks at the other's
    mask = mask_of((OUTER, left), (OTHER, right & ~left))
    mask[30:33, 36:40] = IGNORE
    alone = apply_prior(mask, [OUTER], [GROUND], manner=Manner(most=FREE)).mask
    changed = alone != mask
    assert changed.any() and (mask[changed] == GROUND).all(), "neither a class nor the ignore label yields"
    over = apply_prior(mask, [OUTER], [GROUND, OTHER], manner=Manner(most=FREE)).mask
    assert (mask[over != mask] == OTHER).any(), "what is named as ground does"
    both = apply_prior(mask, [OUTER, OTHER], [GROUND], manner=Manner(most=FREE)).mask
    wanted = [apply_prior(mask, [index], [GROUND], manner=Manner(most=FREE)).mask == index for index in (OUTER, OTHER)]
    contested = wanted[0] & wanted[1]
    assert contested.any() and (both[contested] == GROUND).all()
    swapped = apply_prior(mask, [OTHER, OUTER], [GROUND], manner=Manner(most=FREE)).mask
    assert np.array_equal(both, swapped), "the order of choosing does not matter"


def test_specks_and_parts_that_would_grow_too_much_are_left_alone() -> None:
    speck = (np.abs(X - 4) < 2) ^ (np.abs(Y - 4) < 2)
    mask = mask_of((OUTER, bitten()), (OUTER, speck & (X < 6) & (Y < 6)))
    lacking = solidity(mask == OUTER)
    strict = apply_prior(mask, [OUTER], [GROUND], manner=Manner(most=(1 / lacking - 1) / 2))
    assert np.array_equal(strict.mask, mask) and (strict.refused, strict.specks, strict.grown) == (1, 1, 0)
    free = apply_prior(mask, [OUTER], [GROUND], manner=Manner(most=2 * (1 / lacking - 1)))
    assert (free.refused, free.specks, free.grown) == (0, 1, 1)
    assert np.array_equal(free.mask[:8, :8], mask[:8, :8])


def test_a_shape_that_the_border_cuts_grows_to_its_hull_inside_the_picture() -> None:
    mask = mask_of((OUTER, disc(32, 0, 20) & ~disc(32, 20, 8)))
    for method in METHODS:
        after = apply_prior(mask, [OUTER], [GROUND], manner=Manner(method, FREE, iterations=200)).mask
        assert solidity(after == OUTER) > solidity(mask == OUTER) + 0.02
        assert ((after == OUTER) <= convex_hull(mask == OUTER)).all()


def test_the_order_of_classes_is_known_by_their_names() -> None:
    cells = Order.of(["background", "cytoplasm", "nucleus"])
    assert (cells.ground, cells.nests, cells.chain(1), cells.chain(2)) == ((0,), ((1, 2),), (1, 2), (2,))
    assert cells.yielding([2], 3) == (0,)
    streets = Order.of(["sky", "road", "car"])
    assert (streets.ground, streets.nests, streets.yielding([2], 3)) == ((), (), (0, 1))
    bare = Order.of(["Cell", "Nucleus", "stain"])
    assert bare.yielding([0], 3) == (2,), "without a ground a nest stays whole"


@pytest.mark.parametrize(
    ("chosen", "ground", "nests", "field"),
    [([], [0], (), "classes"), ([1], [0, 1], (), "classes"), ([1], [0], ((1, 2), (2, 3)), "classes")],
)
def test_a_choice_that_contradicts_itself_is_refused(chosen: list, ground: list, nests: tuple, field: str) -> None:
    with pytest.raises(InputError) as refused:
        apply_prior(mask_of((OUTER, bitten())), chosen, ground, nests)
    assert refused.value.field == field


@pytest.mark.parametrize("settings", [{"method": "erosion"}, {"most": -0.1}, {"smallest": 0}, {"iterations": 0}])
def test_a_manner_out_of_bounds_is_refused(settings: dict) -> None:
    with pytest.raises(InputError):
        Manner(**settings)
