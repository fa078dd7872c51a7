from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flowdemo.data.inspection import (
    DRAWN,
    inspection_batches,
    inspection_length,
    is_inspection,
    read_inspection,
    read_inspection_info,
)
from flowdemo.data.surface_defects import DEFECTS, add_defect
from flowdemo.data.surfaces import TEXTURES, draw_surface
from flowdemo.errors import DataError

KINDS = ("blot", "hole")


def _save(array: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def _sound(seed: int) -> np.ndarray:
    return draw_surface("knit", (48 + seed % 3, 40), np.random.default_rng(seed))


def _faulty(kind: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    return add_defect(_sound(seed), kind, np.random.default_rng((seed, 1)))


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Train 4, val 2, test 2 sound and 2 + 3 faulty; two test pictures show one part."""
    root = tmp_path / "parts"
    for split, n in (("train", 4), ("val", 2), ("test", 2)):
        for i in range(n):
            _save(_sound(i), root / "images" / split / "fine" / f"a{i}.png")
    for kind, n in zip(KINDS, (2, 3), strict=True):
        for i in range(n):
            picture, mask = _faulty(kind, i)
            _save(picture, root / "images" / "test" / kind / f"b{i}.jpg")
            _save(mask.astype(np.uint8), root / "masks" / "test" / kind / f"b{i}.png")
    raw = {"name": "parts", "mode": "grey", "kinds": ["fine", *KINDS], "normal_kind": "fine", "classes": []}
    (root / "classes.json").write_text(json.dumps(raw))
    rows = "id,split,class,tile_group\ntest/hole/b0,test,hole,7\ntest/hole/b2,test,hole,7\n"
    (root / "meta.csv").write_text(rows)
    return root


@pytest.fixture
def mvtec(tmp_path: Path) -> Path:
    """Twenty-three sound training pictures, 2 sound and 2 + 2 faulty ones to test, in colour."""
    root = tmp_path / "cloth"
    for i in range(23):
        _save(_tinted(_sound(i)), root / "train" / "good" / f"{i:03d}.png")
    for i in range(2):
        _save(_tinted(_sound(50 + i)), root / "test" / "good" / f"{i:03d}.png")
        for kind in KINDS:
            picture, mask = _faulty(kind, i)
            _save(_tinted(picture), root / "test" / kind / f"{i:03d}.png")
            _save(mask.astype(np.uint8) * 255, root / "ground_truth" / kind / f"{i:03d}_mask.png")
    return root


@pytest.fixture
def visa(tmp_path: Path) -> Path:
    """Object ``nut``: eleven sound pictures to train, 1 sound and 2 faulty ones to test; another object's row."""
    root, rows = tmp_path / "nut", []
    for i in range(12):
        _save(_tinted(_sound(i)), root / "Data" / "Images" / "Normal" / f"{i:04d}.JPG")
        rows.append(["nut", "test" if i == 5 else "train", "normal", f"nut/Data/Images/Normal/{i:04d}.JPG", ""])
    for i in range(2):
        picture, mask = _faulty("blot", i)
        _save(_tinted(picture), root / "Data" / "Images" / "Anomaly" / f"{i:03d}.JPG")
        _save(mask.astype(np.uint8) * (i + 1), root / "Data" / "Masks" / "Anomaly" / f"{i:03d}.png")
        places = [f"nut/Data/Images/Anomaly/{i:03d}.JPG", f"nut/Data/Masks/Anomaly/{i:03d}.png"]
        rows.append(["nut", "test", "anomaly", *places])
    rows.append(["bolt", "test", "normal", "bolt/Data/Images/Normal/0000.JPG", ""])
    _write_table(tmp_path, rows)
    return root


def _write_table(folder: Path, rows: list[list[str]]) -> None:
    (folder / "split_csv").mkdir(exist_ok=True)
    with (folder / "split_csv" / "1cls.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["object", "split", "label", "image", "mask"], *rows])


def _tinted(picture: np.ndarray) -> np.ndarray:
    return np.stack([picture, picture // 2, picture // 3], axis=-1)


def test_the_house_layout(house: Path) -> None:
    info, test = read_inspection_info(house), read_inspection(house, "test")
    assert is_inspection(house) and (info.name, info.kinds, info.normal) == ("parts", KINDS, "fine")
    assert not info.colour and test.info == info
    assert [inspection_length(house, split) for split in ("train", "val", "test")] == [4, 2, 7]
    assert test.ids == ("blot/b0", "blot/b1", "fine/a0", "fine/a1", "hole/b0", "hole/b1", "hole/b2")
    assert test.kinds == ("blot", "blot", "fine", "fine", "hole", "hole", "hole")
    assert test.groups == ("blot/b0", "blot/b1", "fine/a0", "fine/a1", "7", "hole/b1", "7")
    np.testing.assert_array_equal(test.images[3], _sound(1))
    np.testing.assert_array_equal(test.masks[6], _faulty("hole", 2)[1])
    assert not test.masks[2].any() and test.masks[2].shape == test.images[2].shape == (40, 48)


def test_the_mvtec_layout(mvtec: Path) -> None:
    info, test = read_inspection_info(mvtec), read_inspection(mvtec, "test")
    assert is_inspection(mvtec) and (info.name, info.kinds, info.normal, info.colour) == ("cloth", KINDS, "good", True)
    train, val = read_inspection(mvtec, "train"), read_inspection(mvtec, "val")
    assert val.ids == ("good/009", "good/019") and len(train) == 21
    assert set(train.ids).isdisjoint(val.ids) and set(train.kinds) == {"good"}
    assert test.kinds == ("blot", "blot", "good", "good", "hole", "hole")
    np.testing.assert_array_equal(test.images[0], _tinted(_faulty("blot", 0)[0]))
    np.testing.assert_array_equal(test.masks[1], _faulty("blot", 1)[1])
    assert not any(mask.any() for mask in train.masks) and test.groups == test.ids


def test_the_visa_layout(visa: Path) -> None:
    info, test = read_inspection_info(visa), read_inspection(visa, "test")
    assert is_inspection(visa) and (info.name, info.kinds, info.normal) == ("nut", ("anomaly",), "normal")
    assert info.colour and test.kinds == ("anomaly", "anomaly", "normal")
    np.testing.assert_array_equal(test.masks[0], _faulty("blot", 0)[1])
    np.testing.assert_array_equal(test.masks[1], _faulty("blot", 1)[1])
    assert test.ids[2] == "normal/0005" and not test.masks[2].any()
    assert read_inspection(visa, "val").ids == ("normal/0010",) and inspection_length(visa, "train") == 10


def test_equal_channels_are_grey(mvtec: Path) -> None:
    first = mvtec / "train" / "good" / "000.png"
    _save(np.stack([_sound(0)] * 3, axis=-1), first)
    assert not read_inspection_info(mvtec).colour
    np.testing.assert_array_equal(read_inspection(mvtec, "train").images[0], _sound(0))


def test_a_grey_picture_in_a_colour_set_gets_three_channels(mvtec: Path) -> None:
    _save(_sound(1), mvtec / "train" / "good" / "001.png")
    assert read_inspection(mvtec, "train").images[1].shape == (*_sound(1).shape, 3)


def test_the_drawn_set_is_even_and_always_the_same() -> None:
    assert is_inspection(DRAWN) and is_inspection(Path(DRAWN)) and not is_inspection("drawn:faces")
    assert [inspection_length(DRAWN, split) for split in ("train", "val", "test")] == [2000, 80, 280]
    test = read_inspection(DRAWN, "test")
    kinds = Counter(test.kinds)
    assert kinds == {"normal": 80} | dict.fromkeys(DEFECTS, 40) and test.info.kinds == DEFECTS
    textures = Counter(name.split("/")[1].split("-")[0] for name in test.ids)
    assert textures == dict.fromkeys(TEXTURES, 70)
    assert {image.shape for image in test.images} == {(128, 128)}
    assert all(mask.any() == (kind != "normal") for kind, mask in zip(test.kinds, test.masks, strict=True))
    again = read_inspection(DRAWN, "test", 14)
    for name, image, mask in zip(again.ids, again.images, again.masks, strict=True):
        np.testing.assert_array_equal(image, test.images[test.ids.index(name)])
        np.testing.assert_array_equal(mask, test.masks[test.ids.index(name)])


def test_no_picture_of_the_drawn_set_occurs_twice() -> None:
    seen = Counter()
    for split, limit in (("train", 120), ("val", None), ("test", 140)):
        seen.update(hashlib.sha256(image).digest() for image in read_inspection(DRAWN, split, limit).images)
    assert len(seen) == 340 and set(seen.values()) == {1}


def test_a_limit_takes_from_every_kind_and_texture() -> None:
    few = read_inspection(DRAWN, "test", 28)
    assert Counter(few.kinds) == {"normal": 8} | dict.fromkeys(DEFECTS, 4)
    assert {name.split("/")[1].split("-")[0] for name in few.ids} == set(TEXTURES)
    assert set(read_inspection(DRAWN, "test", 6).kinds) == {"normal", *DEFECTS}
    assert list(few.ids) == sorted(few.ids) and len(read_inspection(DRAWN, "test", 3)) == 3
    with pytest.raises(DataError):
        read_inspection(DRAWN, "test", 0)


def test_a_limit_beyond_the_end_is_the_whole_split(house: Path) -> None:
    assert read_inspection(house, "test", 99).ids == read_inspection(house, "test").ids
    assert set(read_inspection(house, "test", 3).kinds) == {"fine", *KINDS}


def test_batches_are_the_split_in_parts(house: Path) -> None:
    whole, parts = read_inspection(house, "test"), list(inspection_batches(house, "test", 3))
    assert [len(part) for part in parts] == [3, 3, 1]
    assert sum((part.ids for part in parts), ()) == whole.ids
    np.testing.assert_array_equal(parts[2].masks[0], whole.masks[6])


def test_what_is_no_set_is_named(tmp_path: Path, house: Path) -> None:
    assert not is_inspection(tmp_path) and not is_inspection(tmp_path / "nothing")
    for call in (read_inspection_info, lambda root: read_inspection(root, "test")):
        with pytest.raises(DataError, match="no inspection set"):
            call(tmp_path)
    with pytest.raises(DataError, match="train, val, test"):
        inspection_length(house, "holdout")
    (house / "classes.json").write_text('{"classes": []}')
    assert not is_inspection(house)
    (house / "classes.json").write_text('{"normal_kind": "fine", "kinds": "fine", "name": "parts"}')
    with pytest.raises(DataError, match="list of names"):
        read_inspection_info(house)


def test_missing_and_damaged_files_are_named(house: Path) -> None:
    mask = house / "masks" / "test" / "hole" / "b1.png"
    mask.write_bytes(mask.read_bytes()[:40])
    with pytest.raises(DataError, match=r"b1\.png.*damaged"):
        read_inspection(house, "test")
    mask.unlink()
    with pytest.raises(DataError, match=r"b1\.png.*missing"):
        read_inspection(house, "test")
    _save(np.zeros((40, 40), np.uint8), mask)
    with pytest.raises(DataError, match="differs in size"):
        read_inspection(house, "test")
    _save(np.zeros((40, 49), np.uint16), mask)
    with pytest.raises(DataError, match="not an 8-bit"):
        read_inspection(house, "test")
    (house / "images" / "train" / "fine" / "a0.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"a0\.png"):
        read_inspection(house, "train")


def test_the_house_layout_is_checked(house: Path) -> None:
    picture = house / "images" / "train" / "hole" / "x.png"
    _save(_sound(0), picture)
    with pytest.raises(DataError, match="sound only"):
        inspection_length(house, "train")
    picture.rename(house / "images" / "test" / "fine" / "a1.jpg")
    with pytest.raises(DataError, match="two pictures named 'fine/a1'"):
        inspection_length(house, "test")
    _save(_sound(0), house / "images" / "test" / "rust" / "x.png")
    with pytest.raises(DataError, match="rust"):
        inspection_length(house, "test")
    (house / "meta.csv").write_bytes(b"id,tile_group\n\xff\xfe,1\n")
    with pytest.raises(DataError, match=r"meta\.csv"):
        inspection_length(house, "val")


def test_empty_splits_are_named(mvtec: Path) -> None:
    for path in sorted((mvtec / "train" / "good").iterdir())[9:]:
        path.unlink()
    with pytest.raises(DataError, match="'val' of 'cloth' holds no picture"):
        read_inspection(mvtec, "val")


@pytest.mark.parametrize("place", ["../nut.png", "/etc/nut.png", "nut/../../x.png", "C:/x.png", "nut\\..\\..\\x.png"])
def test_the_table_cannot_lead_outside(visa: Path, place: str) -> None:
    _write_table(visa.parent, [["nut", "test", "normal", place, ""]])
    with pytest.raises(DataError, match="outside"):
        read_inspection(visa, "test")


def test_the_visa_table_is_checked(visa: Path) -> None:
    _write_table(visa.parent, [["nut", "test", "anomaly", "nut/Data/Images/Anomaly/000.JPG", ""]])
    with pytest.raises(DataError, match="without a known label, picture or mask"):
        inspection_length(visa, "test")
    (visa.parent / "split_csv" / "1cls.csv").unlink()
    with pytest.raises(DataError, match=r"1cls\.csv"):
        read_inspection_info(visa)
