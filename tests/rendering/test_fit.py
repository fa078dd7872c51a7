from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdemo.errors import InputError
from flowdemo.rendering.pictures import fit

sides = st.integers(1, 60)
COLOUR = (10, 120, 250)


def plain(width: int, height: int) -> np.ndarray:
    return np.full((height, width, 3), COLOUR, np.uint8)


@settings(deadline=None)
@given(sides, sides, sides, sides)
def test_cover_and_stretch_fill_every_size(w, h, tw, th) -> None:
    for mode in ("cover", "stretch"):
        fitted = fit(plain(w, h), (tw, th), mode)
        assert fitted.picture.shape == (th, tw, 3) and (fitted.picture == COLOUR).all()
    left, top, right, bottom = fit(plain(w, h), (tw, th), "cover").box
    assert (right - left) * th == pytest.approx((bottom - top) * tw)  # one scale in both directions
    assert left + right == pytest.approx(w) and top + bottom == pytest.approx(h)  # centred
    assert min(left, top) > -1e-9 and right < w + 1e-9 and bottom < h + 1e-9  # nothing from outside
    assert right - left == pytest.approx(w) or bottom - top == pytest.approx(h)  # as much as possible
    assert fitted.box == (0, 0, w, h)


@settings(deadline=None)
@given(sides, sides, sides, sides)
def test_pad_shows_all_and_its_box_says_where(w, h, tw, th) -> None:
    fitted = fit(plain(w, h), (tw, th), "pad")
    left, top, right, bottom = fitted.box
    columns = [(x - left) / (right - left) * tw for x in (0, w)]
    rows = [(y - top) / (bottom - top) * th for y in (0, h)]
    (x0, x1), (y0, y1) = ([round(v) for v in edges] for edges in (columns, rows))
    assert columns == pytest.approx([x0, x1]) and rows == pytest.approx([y0, y1])
    wanted = np.full((th, tw, 3), 128, np.uint8)
    wanted[y0:y1, x0:x1] = COLOUR
    assert np.array_equal(fitted.picture, wanted)
    assert (x1 - x0, y1 - y0)[w * th < h * tw] == (tw, th)[w * th < h * tw]  # one side is filled
    assert abs(x0 - (tw - x1)) <= 1 and abs(y0 - (th - y1)) <= 1
    assert abs((x1 - x0) - tw * min(1, w * th / (h * tw))) <= 1
    assert abs((y1 - y0) - th * min(1, h * tw / (w * th))) <= 1


def test_cover_shows_the_centre() -> None:
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 200
    fitted = fit(wide, (10, 10), "cover")
    assert fitted.box == (10, 0, 20, 10)
    assert fitted.picture.min() == 200
    assert "Cropped" in fitted.note and "Enlarged" not in fitted.note


def test_pad_keeps_everything_between_grey_borders() -> None:
    fitted = fit(np.full((10, 20, 3), 250, np.uint8), (20, 20), "pad")
    assert fitted.box == (0, -5, 20, 15)
    assert (fitted.picture[5:15] == 250).all()
    assert (fitted.picture[:5] == 128).all() and (fitted.picture[15:] == 128).all()


def test_halving_is_a_low_pass_not_a_pick() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    inner = fit(stripes, (32, 32)).picture[4:-4, 4:-4].astype(int)
    assert np.abs(inner - 127.5).max() <= 2


def test_same_size_is_untouched_and_small_ones_are_called_enlarged() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    same = fit(picture, (8, 8))
    assert np.array_equal(same.picture, picture) and same.note == ""
    assert "Enlarged from 8 × 8" in fit(picture, (32, 32)).note


def test_unknown_mode_is_refused() -> None:
    with pytest.raises(InputError, match="cover, pad, stretch"):
        fit(np.zeros((2, 2, 3), np.uint8), (2, 2), "fill")
