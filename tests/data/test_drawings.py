from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flowdemo.data import read_segmentation
from flowdemo.data.drawings import draw_cell, draw_street, write_folder


@pytest.mark.parametrize("draw", [draw_cell, draw_street])
@pytest.mark.parametrize("size", [48, (80, 48), (47, 61)])
def test_shapes_kinds_and_repetition(draw, size) -> None:
    picture, labels = draw(size, 7)
    width, height = (size, size) if isinstance(size, int) else size
    assert picture.shape == (height, width, 3) and picture.dtype == np.uint8
    assert labels.shape == (height, width) and labels.dtype == np.uint8
    again = draw(size, 7)
    np.testing.assert_array_equal(again[0], picture)
    np.testing.assert_array_equal(again[1], labels)
    assert (draw(size, 8)[1] != labels).any()


def test_cells_nest_and_differ_in_colour() -> None:
    for seed in range(12):
        picture, labels = draw_cell(64, seed)
        areas = np.bincount(labels.ravel(), minlength=3)
        assert (areas > 40).all() and len(areas) == 3
        inside = np.pad(labels, 1)
        neighbours = [inside[1 + dy : 65 + dy, 1 + dx : 65 + dx] for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0))]
        assert not any(((labels == 2) & (n == 0)).any() for n in neighbours)  # cytoplasm all around the nucleus
        means = [picture[labels == c].mean() for c in range(3)]
        assert means[2] < means[1] - 20  # the nucleus is the dark one


def test_streets_hold_all_classes_between_them() -> None:
    found = [np.unique(draw_street((176, 128), seed)[1]) for seed in range(12)]
    assert set(np.concatenate(found)) == set(range(12))
    for classes in found:
        assert {0, 1, 3, 4} <= set(classes)  # sky, building, road, pavement in each


@pytest.mark.parametrize(("kind", "classes", "ignore"), [("cell", 3, None), ("street", 11, 11)])
def test_folder_is_read_back(tmp_path: Path, kind: str, classes: int, ignore: int | None) -> None:
    write_folder(tmp_path / "set", 5, (48, 32), seed=3, kind=kind)
    train = read_segmentation(tmp_path / "set", "train")
    assert len(train) == 5 and train.images.shape == (5, 32, 48, 3)
    assert (train.info.classes, train.info.ignore_index, train.info.size) == (classes, ignore, (48, 32))
    drawn = draw_cell if kind == "cell" else draw_street
    np.testing.assert_array_equal(train.images[2], drawn((48, 32), 5)[0])
    np.testing.assert_array_equal(train.labels[2], drawn((48, 32), 5)[1])
    assert len(read_segmentation(tmp_path / "set", "test")) == 2
