from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flowdemo.data import read_info, read_segmentation, segmentation_batches, split_length
from flowdemo.data.drawings import write_folder
from flowdemo.data.folders import resize_labels
from flowdemo.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "set", 5, (40, 24), kind="street")


def _edit(folder: Path, **changes) -> None:
    raw = json.loads((folder / "classes.json").read_text())
    (folder / "classes.json").write_text(json.dumps(raw | changes))


def test_ignore_label_becomes_the_row_after_the_last_class(folder: Path) -> None:
    raw = json.loads((folder / "classes.json").read_text())
    raw["ignore_index"], raw["classes"][11]["index"] = 255, 255
    (folder / "classes.json").write_text(json.dumps(raw))
    for path in (folder / "masks").rglob("*.png"):
        mask = np.array(Image.open(path))
        mask[:3] = 255
        mask[mask == 11] = 255
        Image.fromarray(mask).save(path)
    split = read_segmentation(folder, "train")
    assert (split.labels[:, :3] == 11).all() and split.labels.max() == 11
    assert split.info.palette()["ignore"]["index"] == 11
    assert len(split.info.palette()["classes"]) == 11


def test_resizing_pictures_and_masks(folder: Path) -> None:
    split = read_segmentation(folder, "val", (20, 12))
    assert split.images.shape == (2, 12, 20, 3) and split.labels.shape == (2, 12, 20)
    assert [m.shape for m in split.native] == [(24, 40)] * 2
    assert set(np.unique(split.labels)) <= set(np.unique(np.stack(split.native)))


def test_labels_grow_by_blocks() -> None:
    labels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    np.testing.assert_array_equal(resize_labels(labels, (6, 4)), labels.repeat(2, 0).repeat(2, 1))
    assert resize_labels(labels, (3, 2)) is labels


def test_batches_are_the_split_in_parts(folder: Path) -> None:
    whole = read_segmentation(folder, "train", (20, 12))
    parts = list(segmentation_batches(folder, "train", (20, 12), 2))
    assert [len(p) for p in parts] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate([p.images for p in parts]), whole.images)
    np.testing.assert_array_equal(np.concatenate([p.labels for p in parts]), whole.labels)
    assert split_length(folder, "train") == 5
    assert sum(len(p) for p in segmentation_batches(folder, "train", (20, 12), 2, limit=3)) == 3


def test_missing_parts_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"classes\.json"):
        read_info(tmp_path)
    with pytest.raises(DataError, match="test, train, val"):
        read_segmentation(folder, "holdout")
    (folder / "masks" / "train" / "0003.png").unlink()
    with pytest.raises(DataError, match="0003"):
        read_segmentation(folder, "train")
    shutil.rmtree(folder / "images" / "val")
    (folder / "images" / "val").mkdir()
    with pytest.raises(DataError, match="no PNG or JPEG"):
        read_segmentation(folder, "val")


def test_unknown_index_is_named(folder: Path) -> None:
    Image.fromarray(np.full((24, 40), 77, np.uint8)).save(folder / "masks" / "train" / "0001.png")
    with pytest.raises(DataError, match=r"0001\.png.*77"):
        read_segmentation(folder, "train")


@pytest.mark.parametrize("kind", ["images", "masks"])
def test_damaged_files_are_named(folder: Path, kind: str) -> None:
    path = folder / kind / "train" / "0002.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match=r"0002\.png"):
        read_segmentation(folder, "train")


def test_colour_masks_are_refused(folder: Path) -> None:
    Image.new("RGB", (40, 24)).save(folder / "masks" / "train" / "0000.png")
    with pytest.raises(DataError, match="index picture"):
        read_segmentation(folder, "train")


def test_pictures_of_several_sizes_need_a_model_size(folder: Path) -> None:
    Image.new("RGB", (41, 24)).save(folder / "images" / "train" / "0000.png")
    with pytest.raises(DataError, match="differ in size"):
        read_segmentation(folder, "train")
    assert read_segmentation(folder, "train", (40, 24)).images.shape[1:3] == (24, 40)


@pytest.mark.parametrize(
    "changes", [{"classes": 3}, {"classes": [{"index": 0}]}, {"size": ["a", 2]}, {"classes": [{"index": 1, "name": "x",
                                                                             "color": [0, 0, 0]}]}]
)
def test_malformed_descriptions(folder: Path, changes: dict) -> None:
    _edit(folder, **changes)
    with pytest.raises(DataError):
        read_info(folder)
