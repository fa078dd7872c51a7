from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from flowdemo.data import SegmentationSplit, read_info, read_split, split_length
from flowdemo.errors import DataError

CLASSES = [{"index": 0, "name": "background", "color": [0, 0, 0]}, {"index": 1, "name": "thing", "color": [0, 9, 9]}]


def write(folder: Path, **arrays: np.ndarray) -> Path:
    folder.mkdir()
    told = {"name": "things", "size": [6, 4], "ignore_index": None, "classes": CLASSES}
    (folder / "classes.json").write_text(json.dumps(told))
    np.savez(folder / "any.npz", **arrays)
    return folder


@pytest.fixture
def patches(tmp_path: Path) -> Path:
    images = np.arange(5 * 24, dtype=np.uint8).reshape(5, 4, 6)
    masks = np.zeros((5, 4, 6), np.uint8)
    masks[:, 1:3, 2:4], masks[:, 0, 0] = 1, 2
    return write(tmp_path / "set", train_images=images, train_masks=masks, val_images=images[:2], val_masks=masks[:2])


def test_patches_and_masks_of_a_split(patches: Path) -> None:
    info, split = read_info(patches), read_split(patches, "train", (6, 4))
    assert (info.name, info.size, info.names) == ("things", (6, 4), ("background", "thing"))
    assert isinstance(split, SegmentationSplit) and split.images.shape == (5, 4, 6, 3)
    assert (split.images[3, ..., 0] == np.arange(72, 96).reshape(4, 6)).all()
    assert (split_length(patches, "train"), split_length(patches, "val"), len(read_split(patches, "val"))) == (5, 2, 2)
    assert len(read_split(patches, "train", limit=3)) == 3


def test_what_is_no_class_is_background(patches: Path) -> None:
    labels = read_split(patches, "train").labels
    assert labels.max() == 1 and not labels[:, 0, 0].any() and labels.sum() == 5 * 4


def test_what_does_not_fit_is_said(patches: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="test_masks"):
        read_split(patches, "test")
    with pytest.raises(DataError, match="6×4"):
        read_split(patches, "train", (8, 8))
    masks = np.zeros((5, 4, 6), np.uint8)
    odd = write(tmp_path / "odd", train_images=np.zeros((4, 4, 6), np.uint8), train_masks=masks)
    with pytest.raises(DataError, match="known layout"):
        read_split(odd, "train")
    deep = write(tmp_path / "deep", train_images=masks, train_masks=masks.astype(np.int64))
    with pytest.raises(DataError, match="known layout"):
        read_split(deep, "train")
