from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from flowdemo.errors import EngineError
from flowdemo.rendering import views
from flowdemo.rendering.palette import ClassColour, Palette

PALETTE = Palette(
    (ClassColour(0, "a", (200, 0, 0)), ClassColour(1, "b", (0, 100, 0)), ClassColour(2, "c", (0, 0, 50))),
    ClassColour(9, "void", (255, 255, 255)),
)


def test_state_maps_minus_one_to_black_and_one_to_white_and_clips() -> None:
    row = np.array([-7, -1, 0, 1, 7, np.nan, np.inf, -np.inf], np.float32)
    picture = views.state_picture(np.stack([row[None]] * 3))
    assert picture.dtype == np.uint8 and picture.shape == (1, 8, 3)
    assert picture[0, :, 0].tolist() in ([0, 0, 128, 255, 255, 0, 255, 0], [0, 0, 127, 255, 255, 0, 255, 0])


@settings(deadline=None)
@given(arrays(np.uint8, (3, 4, 5)))
def test_state_inverts_the_normalisation_of_any_picture(levels) -> None:
    state = levels.astype(np.float32) / 127.5 - 1
    assert np.array_equal(views.state_picture(state), levels.transpose(1, 2, 0))


def test_grey_state_and_wrong_channels() -> None:
    assert np.array_equal(views.state_picture(np.ones((1, 2, 2), np.float32)), np.full((2, 2, 3), 255))
    with pytest.raises(EngineError, match="decode"):
        views.state_picture(np.zeros((4, 2, 2), np.float32))


def test_class_map_takes_the_colours_of_the_palette() -> None:
    indices = np.array([[0, 1], [2, 9]], np.uint8)
    assert views.class_map(indices, PALETTE).tolist() == [[[200, 0, 0], [0, 100, 0]], [[0, 0, 50], [255] * 3]]


@pytest.mark.parametrize("opacity", [0.0, 0.3, 0.5, 1.0])
def test_overlay_is_the_weighted_mean_and_leaves_ignored_pixels(opacity: float) -> None:
    rng = np.random.default_rng(1)
    photo = rng.integers(0, 256, (9, 7, 3)).astype(np.uint8)
    indices = rng.choice(np.array([0, 1, 2, 9], np.uint8), (9, 7))
    mixed = views.overlay(photo, indices, PALETTE, opacity).astype(float)
    wanted = (1 - opacity) * photo + opacity * PALETTE.lut()[indices]
    wanted[indices == 9] = photo[indices == 9]
    assert np.abs(mixed - wanted).max() <= 1


def test_speed_map_is_the_norm_in_units_of_its_scale() -> None:
    v = np.zeros((3, 2, 2), np.float32)
    v[:, 0, 1] = (2, 3, 6)  # length 7
    v[:, 1, 0] = (0, 0, -3.5)
    speed = views.speed(v)
    assert speed == pytest.approx(np.array([[0, 7], [3.5, 0]]))
    levels, scale = views.speed_map(speed)
    assert scale == pytest.approx(7)
    assert levels.tolist() in ([[0, 255], [127, 0]], [[0, 255], [128, 0]])


def test_speed_map_of_rest_and_of_broken_numbers() -> None:
    levels, scale = views.speed_map(np.zeros((2, 2), np.float32))
    assert scale == 0 and levels.max() == 0
    v = np.array([[[np.nan, 2.0]]], np.float32)
    levels, scale = views.speed_map(views.speed(v))
    assert scale == 2 and levels.tolist() == [[0, 255]]


def test_viridis_is_matplotlibs() -> None:
    original = np.array(matplotlib.colormaps["viridis"].colors) * 255
    assert np.abs(views.viridis_lut() - original).max() <= 2.5
    assert np.array_equal(views.heat(np.array([[0, 255]], np.uint8))[0], views.viridis_lut()[[0, 255]])


def test_settling_runs_from_dark_to_bright() -> None:
    picture = views.settling_picture(np.array([[0, 5, 10, 99]]), 10)
    lut = views.viridis_lut()
    assert np.array_equal(picture[0, [0, 2, 3]], lut[[0, 255, 255]])
    assert np.abs(picture[0, 1].astype(int) - lut[128]).max() <= 3
    assert np.array_equal(views.settling_picture(np.zeros((1, 1), int), 0)[0, 0], lut[0])


@settings(deadline=None)
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.integers(0, 2)))
def test_contours_mark_pixels_with_another_neighbour(indices) -> None:
    edges = views.contours(indices)
    height, width = indices.shape
    for y in range(height):
        for x in range(width):
            around = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
            near = [indices[a, b] for a, b in around if 0 <= a < height and 0 <= b < width]
            assert edges[y, x] == any(value != indices[y, x] for value in near)
