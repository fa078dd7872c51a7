"""Digits as the model sees them, from bars and discs whose place and size are known."""

from __future__ import annotations

import numpy as np
import pytest

from flowdemo.errors import InputError
from flowdemo.rendering.digits import prepare_digit

SIZE = (32, 32)


def sheet(height: int = 280, width: int = 280, level: int = 0) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def box_of(picture: np.ndarray, least: int = 128) -> tuple[int, int, int, int]:
    """First and last row, first and last column that hold ink."""
    rows, columns = np.flatnonzero((picture >= least).any(1)), np.flatnonzero((picture >= least).any(0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def mass_of(picture: np.ndarray) -> tuple[float, float]:
    """Centre of mass in pixels from the upper left corner, a pixel's middle being at one half."""
    weight = picture.astype(float) / picture.sum()
    y, x = np.indices(picture.shape) + 0.5
    return float((weight * y).sum()), float((weight * x).sum())


def bar(top: int, left: int, height: int, width: int) -> np.ndarray:
    picture = sheet()
    picture[top : top + height, left : left + width] = 255
    return picture


@pytest.mark.parametrize(("top", "left"), [(10, 12), (100, 200), (160, 5)])
def test_a_bar_is_twenty_pixels_long_and_in_the_middle_wherever_it_was_drawn(top: int, left: int) -> None:
    found = prepare_digit(bar(top, left, 100, 20), SIZE, drawn=True).picture
    assert found.shape == (32, 32) and found.dtype == np.uint8
    assert box_of(found) == (6, 25, 14, 17)  # 20 × 4 pixels, centred
    assert (found[6:26, 14:18] == 255).all() and found.sum() == 255 * 80


def test_width_counts_as_height_does() -> None:
    lying = prepare_digit(bar(30, 20, 20, 100), SIZE, drawn=True).picture
    standing = prepare_digit(bar(30, 20, 100, 20), SIZE, drawn=True).picture
    np.testing.assert_array_equal(lying, standing.T)


def test_small_ink_is_enlarged_to_the_same_size() -> None:
    found = prepare_digit(bar(50, 50, 10, 2), SIZE, drawn=True).picture
    assert box_of(found)[:2] == (6, 25)


def test_the_mass_is_centred_and_not_the_box() -> None:
    picture = bar(40, 40, 160, 40)
    picture[160:200, 40:140] = 255  # a foot to the right, as of an L
    found = prepare_digit(picture, SIZE, drawn=True).picture
    y, x = mass_of(found)
    assert abs(y - 16) <= 0.5 and abs(x - 16) <= 0.5
    top, bottom, *_ = box_of(found)
    assert (top + bottom + 1) / 2 < 15.6, "the box lies above the middle, since the foot is heavy"


def test_edges_are_averaged() -> None:
    y, x = np.mgrid[:280, :280] + 0.5
    disc = np.repeat(((np.hypot(y - 140, x - 140) < 100) * 255).astype(np.uint8)[..., None], 3, 2)
    found = prepare_digit(disc, SIZE, drawn=True).picture
    assert ((found > 20) & (found < 235)).sum() > 30
    assert found.sum() / 255 == pytest.approx(np.pi * 100, rel=0.05)


def test_dark_ink_on_paper_reads_as_light_ink_on_black() -> None:
    paper = sheet(level=230)
    paper[60:200, 120:160] = 40
    on_paper, on_black = prepare_digit(paper, SIZE), prepare_digit(bar(60, 120, 140, 40), SIZE, drawn=True)
    np.testing.assert_array_equal(on_paper.picture, on_black.picture)
    assert "swapped" in on_paper.note and "swapped" not in on_black.note


def test_light_ink_in_a_file_is_not_swapped() -> None:
    found = prepare_digit(bar(60, 120, 140, 40), SIZE)
    assert "swapped" not in found.note and box_of(found.picture)[:2] == (6, 25)


def test_ink_along_the_rim_of_the_pad_is_ink_all_the_same() -> None:
    picture = sheet()
    picture[:14], picture[-14:], picture[:, :14], picture[:, -14:] = 255, 255, 255, 255
    found = prepare_digit(picture, SIZE, drawn=True).picture
    assert found[16, 16] == 0 and found[6, 16] > 200


def test_grain_of_the_paper_is_no_ink() -> None:
    paper = np.random.default_rng(0).integers(205, 226, (200, 300, 1), dtype=np.uint8).repeat(3, 2)
    paper[60:140, 140:160] = 30
    found = prepare_digit(paper, SIZE).picture
    assert box_of(found, 1)[:2] == (6, 25) and box_of(found, 1)[3] - box_of(found, 1)[2] <= 7


@pytest.mark.parametrize(("level", "drawn"), [(0, True), (0, False), (128, False), (255, False)])
def test_a_blank_sheet_is_refused_in_a_sentence(level: int, drawn: bool) -> None:
    with pytest.raises(InputError, match="no ink") as refused:
        prepare_digit(sheet(level=level), SIZE, drawn)
    assert refused.value.field == "image" and refused.value.message.endswith(".")


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (3, 3)])
def test_tiny_and_narrow_pictures_are_refused_or_read_but_break_nothing(shape: tuple[int, int]) -> None:
    picture = sheet(*shape)
    picture[shape[0] // 2, shape[1] // 2] = 255
    try:
        assert prepare_digit(picture, SIZE).picture.max() == 255
    except InputError as refused:
        assert "no ink" in refused.message


def test_a_large_photo_is_reduced_and_reads_the_same() -> None:
    small = sheet(300, 300)
    small[50:250, 130:170] = 255
    large = small.repeat(12, 0).repeat(12, 1)
    at_once, reduced = (prepare_digit(picture, SIZE).picture.astype(int) for picture in (small, large))
    np.testing.assert_allclose(reduced, at_once, atol=40)


def test_the_border_grows_with_the_model_and_the_note_says_so() -> None:
    at_28, at_48 = (prepare_digit(bar(60, 120, 140, 40), (side, side), True) for side in (28, 48))
    np.testing.assert_array_equal(at_48.picture[10:38, 10:38], at_28.picture)
    assert "border" not in at_28.note and "48 × 48" in at_48.note
    with pytest.raises(InputError):
        prepare_digit(bar(60, 120, 140, 40), (16, 16))
