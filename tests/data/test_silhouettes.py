"""Silhouettes: known areas, signed distances, and what does not change with the size."""

from __future__ import annotations

import math

import numpy as np
import pytest

from flowdemo.data.silhouettes import SILHOUETTES, signed_distance, silhouette
from flowdemo.errors import InputError

AREAS = {
    "disc": math.pi * 40**2,
    "ellipse": math.pi * 48 * 28,
    "square": 72**2,
    "annulus": math.pi * (40**2 - 16**2),
    "pac-man": (360 - 136) / 360 * math.pi * 42**2,
    "two discs": 2 * math.pi * 14**2,
    "star": math.pi * 36**2 * (1 + 0.34**2 / 2),
    "flower": math.pi * 36**2 * (1 + 0.25**2 / 2),
}


def test_the_shapes_have_the_areas_of_their_geometry() -> None:
    assert set(AREAS) == set(SILHOUETTES)
    for name, area in AREAS.items():
        assert (signed_distance(name) >= 0).sum() == pytest.approx(area, rel=0.01), name


@pytest.mark.parametrize("name", SILHOUETTES)
def test_distances_change_by_at_most_a_pixel_a_pixel(name: str) -> None:
    distance = signed_distance(name)
    steepest = max(abs(np.diff(distance, axis=axis)).max() for axis in (0, 1))
    assert steepest <= (1.32 if name == "ellipse" else 1 + 1e-9)
    assert distance.max() > 8 and distance.min() < -10


@pytest.mark.parametrize("name", SILHOUETTES)
def test_the_outline_is_one_half_whatever_the_edge(name: str) -> None:
    hard = silhouette(name, width=0)
    assert set(np.unique(hard)) == {0.0, 1.0}
    for width in (0.5, 4.0):
        soft = silhouette(name, width=width)
        assert np.array_equal(soft >= 0.5, hard == 1)
        assert soft.min() >= 0 and soft.max() <= 1
    assert silhouette(name, width=4.0).std() < silhouette(name, width=0.5).std()


@pytest.mark.parametrize("name", SILHOUETTES)
def test_shapes_grow_with_the_side(name: str) -> None:
    small, large = (silhouette(name, size, 0).mean() for size in (64, 256))
    assert small == pytest.approx(large, rel=0.03)
    assert signed_distance(name, 256).max() == pytest.approx(2 * signed_distance(name).max(), rel=0.04)


def test_what_was_given_out_can_be_written_to() -> None:
    first = signed_distance("disc")
    first[:] = 0
    assert signed_distance("disc").max() > 39


@pytest.mark.parametrize("wrong", [{"name": "cube"}, {"size": 8}, {"size": 4096}, {"width": -1.0}, {"width": np.inf}])
def test_what_cannot_be_drawn_is_refused(wrong: dict) -> None:
    with pytest.raises(InputError):
        silhouette(**({"name": "disc"} | wrong))
