from __future__ import annotations

import numpy as np
import pytest

from flowdemo.errors import InputError
from flowdemo.rendering.sheet import sheet


def plain(colour: tuple[int, int, int], height: int = 64, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def places(page: np.ndarray, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero((page == colour).all(axis=2))
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


def test_frames_are_enlarged_crisply_and_laid_out_row_by_row() -> None:
    colours = [(250, 10, 10), (10, 250, 10), (10, 10, 250), (250, 250, 10), (10, 250, 250)]
    page = sheet([plain(c) for c in colours], columns=3)
    found = [places(page, c) for c in colours]
    assert {(bottom - top, right - left) for top, bottom, left, right in found} == {(192, 192)}
    tops, lefts = [f[0] for f in found], [f[2] for f in found]
    assert tops[0] == tops[1] == tops[2] < tops[3] == tops[4]
    assert lefts[0] < lefts[1] < lefts[2] and lefts[3] == lefts[0] and lefts[4] == lefts[1]


def test_pixels_are_repeated_not_blurred() -> None:
    frame = np.random.default_rng(0).integers(0, 2, (16, 16, 3)).astype(np.uint8) * 99 + 1
    page = sheet([frame], title="t")
    start = next(
        (y, x)
        for y in range(100)
        for x in range(40)
        if np.array_equal(page[y : y + 192 : 12, x : x + 192 : 12], frame)
    )
    y, x = start
    assert np.array_equal(page[y : y + 192, x : x + 192], frame.repeat(12, 0).repeat(12, 1))


def test_texts_take_room_and_ink() -> None:
    bare = sheet([plain((1, 2, 3))] * 4, columns=2)
    written = sheet([plain((1, 2, 3))] * 4, ["t = 0", "t = 1", "", "end"], 2, "A title", "a footer")
    assert written.shape[0] > bare.shape[0] and written.shape[1] == bare.shape[1]
    assert (written[-60:].min() < 150) and (written[:60].min() < 60)
    assert (bare[:30] == 255).all() and (bare[-30:] == 255).all()


def test_long_and_hostile_texts_stay_in_their_cell() -> None:
    frames = [plain((200, 200, 200))] * 2
    one = sheet(frames, ["x" * 5000 + "\n\x00<b>", "ok"], 2, "T" * 9000, "F" * 9000)
    assert one.shape == sheet(frames, ["x", "ok"], 2, "T", "F").shape
    assert (one[:, -20:] == 255).all()


def test_dark_pages_large_frames_and_default_columns() -> None:
    page = sheet([plain((9, 9, 9), 300, 400)] * 12, dark=True)
    assert page[0, 0].max() < 40
    top, bottom, left, right = places(page, (9, 9, 9))
    assert (right - left) % (400 + 16) == 400 and (bottom - top) % (300 + 16) == 300
    assert page.shape[1] >= page.shape[0]


def test_same_input_gives_same_page() -> None:
    frames, captions = [plain((5, 5, 5))] * 3, ["a", "b", "c"]
    assert np.array_equal(sheet(frames, captions), sheet(frames, captions))


@pytest.mark.parametrize("frames", [[], [plain((0, 0, 0))] * 90])
def test_empty_and_monstrous_sheets_are_refused(frames) -> None:
    with pytest.raises(InputError):
        sheet(frames, columns=1)
