"""Array sets: what is read, and that nothing hostile in one is believed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flowdemo.data import ArrayInfo, read_info, read_split, split_length
from flowdemo.data import arrays as module
from flowdemo.data.drawings import write_folder
from flowdemo.errors import DataError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 10, 12), dtype=np.uint8)
LABELS = (np.arange(40) % 3).astype(np.uint8)
GREY = {"train_images": IMAGES, "train_labels": LABELS, "test_images": IMAGES[:6], "test_labels": LABELS[:6]}


def _write(folder: Path, name: str = "tiny.npz", **arrays: np.ndarray) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / name, **arrays)
    return folder


def _jpegs(n: int, size: tuple[int, int] = (8, 8)) -> tuple[np.ndarray, np.ndarray]:
    parts = []
    for i in range(n):
        buffer = io.BytesIO()
        Image.new("RGB", size, (40 * i, 200, 255 - 40 * i)).save(buffer, "JPEG", quality=95)
        parts.append(np.frombuffer(buffer.getvalue(), np.uint8))
    return np.concatenate(parts), np.concatenate([[0], np.cumsum([len(p) for p in parts])])


def _refused(folder: Path, split: str = "train", words: str | None = None) -> None:
    with pytest.raises(DataError, match=words) as caught:
        read_split(folder, split)
    assert caught.value.message.endswith(".") and "\n" not in caught.value.message
    assert str(folder.parent) not in caught.value.message


def test_a_set_says_what_it_is(tmp_path: Path) -> None:
    info = read_info(_write(tmp_path / "a", **GREY))
    assert isinstance(info, ArrayInfo) and (info.name, info.size, info.channels) == ("tiny", (12, 10), 1)
    assert info.names == ("0", "1", "2") and info.ignore_index is None
    assert read_info(tmp_path / "a" / "tiny.npz") == info
    named = read_info(_write(tmp_path / "b", **GREY, class_names=np.array(["ant", "bee", "cow", "doe"])))
    assert named.names == ("ant", "bee", "cow", "doe")
    digits = read_info(_write(tmp_path / "c", "mnist.npz", **GREY))
    assert (digits.name, digits.classes) == ("mnist", 10)


def test_a_folder_of_pictures_stays_one(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "set", 4, 16)
    _write(folder, **GREY)
    assert not isinstance(read_info(folder), ArrayInfo) and split_length(folder, "train") == 4


def test_validation_is_the_end_of_train_and_not_part_of_it(tmp_path: Path) -> None:
    folder = _write(tmp_path, **GREY)
    train, held, test = (read_split(folder, split) for split in ("train", "val", "test"))
    assert [split_length(folder, s) for s in ("train", "val", "test")] == [38, 2, 6]
    np.testing.assert_array_equal(np.concatenate([train.images, held.images]), IMAGES)
    np.testing.assert_array_equal(np.concatenate([train.labels, held.labels]), LABELS)
    np.testing.assert_array_equal(test.images, IMAGES[:6])
    assert len(read_split(folder, "val", limit=1)) == 1


def test_a_set_with_its_own_validation_keeps_all_of_train(tmp_path: Path) -> None:
    folder = _write(tmp_path, **GREY, val_images=IMAGES[:3], val_labels=LABELS[:3])
    assert [split_length(folder, s) for s in ("train", "val")] == [40, 3]


def test_a_set_may_hold_a_test_split_only(tmp_path: Path) -> None:
    folder = _write(tmp_path, test_images=IMAGES, test_labels=LABELS)
    assert len(read_split(folder, "test")) == 40
    for missing in ("train", "val", "../x"):
        with pytest.raises(DataError, match="it has: test"):
            read_split(folder, missing)


def test_small_pictures_get_a_border_and_large_ones_are_reduced(tmp_path: Path) -> None:
    folder = _write(tmp_path, **GREY)
    bordered = read_split(folder, "train", (16, 16)).images
    np.testing.assert_array_equal(bordered[:, 3:13, 2:14], IMAGES[:38])
    np.testing.assert_array_equal(bordered[:, :3, 2:14], IMAGES[:38, :1].repeat(3, 1))
    reduced = read_split(folder, "train", (6, 8)).images
    assert reduced.shape == (38, 8, 6) and abs(reduced.mean() - IMAGES.mean()) < 3
    mixed = read_split(folder, "train", (16, 5)).images  # reduced in height, bordered in width
    assert mixed.shape == (38, 5, 16) and (mixed[:, :, 0] == mixed[:, :, 2]).all()


def test_packed_jpegs_are_colour_pictures(tmp_path: Path) -> None:
    data, offsets = _jpegs(5)
    folder = _write(tmp_path, "own_jpeg.npz", test_bytes=data, test_offsets=offsets, test_labels=LABELS[:5])
    split = read_split(folder, "test", (12, 12))
    assert (split.info.name, split.info.channels, split.images.shape) == ("own", 3, (5, 12, 12, 3))
    for i, picture in enumerate(split.images):
        assert np.abs(picture.astype(int) - (40 * i, 200, 255 - 40 * i)).max() <= 3


@pytest.mark.parametrize(
    "changes",
    [
        {"train_labels": LABELS[:-1]}, {"train_labels": LABELS.astype(float)}, {"train_labels": LABELS[:, None]},
        {"train_labels": LABELS.astype(int) - 1}, {"train_labels": LABELS.astype(int) + 300},
        {"train_images": IMAGES.astype(np.float32)}, {"train_images": IMAGES[..., None]},
        {"train_images": np.zeros((40, 10, 300), np.uint8)}, {"train_images": np.zeros((40, 0, 4), np.uint8)},
        {"train_images": IMAGES[:0], "train_labels": LABELS[:0]}, {"class_names": np.array([1, 2])},
        {"class_names": np.array(["a", "b"])}, {"class_names": np.array([["a", "b", "c"]])},
    ],
)  # fmt: skip
def test_malformed_arrays(tmp_path: Path, changes: dict) -> None:
    _refused(_write(tmp_path, **GREY | changes))


@pytest.mark.parametrize("what", ["falling", "beyond", "negative", "float", "short", "noise", "large"])
def test_malformed_jpegs(tmp_path: Path, what: str) -> None:
    data, offsets = _jpegs(3, (300, 8) if what == "large" else (8, 8))
    changed = {"falling": offsets[::-1].copy(), "beyond": offsets + 5, "negative": offsets - 5,
               "float": offsets.astype(float), "short": offsets[:-1]}.get(what, offsets)
    data = np.zeros_like(data) if what == "noise" else data
    _refused(_write(tmp_path, test_bytes=data, test_offsets=changed, test_labels=LABELS[:3]), "test")


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "opened",))

    _write(tmp_path / "set", **GREY | {"train_images": np.array([Bomb()] * 40, dtype=object)})
    _refused(tmp_path / "set", words="does not hold")
    assert not (tmp_path / "opened").exists()


def _raw(folder: Path, entries: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "raw.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return folder


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "shape", ["(99999999999999, 28, 28)", "(40, 10, 13)", "(-40, -10, 12)", "()", "('a',)", "(" * 99]
)
def test_headers_that_promise_what_is_not_there(tmp_path: Path, shape: str) -> None:
    head = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}".encode()
    head = head.ljust(200) + b"\n"
    data = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + IMAGES.tobytes()
    _refused(_raw(tmp_path / "set", {"train_images.npy": data, "train_labels.npy": _npy(LABELS)}))


def test_an_array_that_unpacks_beyond_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 4000)
    _refused(_write(tmp_path, **GREY), words="larger than")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a zip", bytes(range(256)) * 9])
def test_files_that_are_no_archive(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "x.npz").write_bytes(data)
    _refused(tmp_path / "set")


def test_archives_cut_short_or_changed_in_any_place(tmp_path: Path) -> None:
    whole = (_write(tmp_path, **GREY) / "tiny.npz").read_bytes()
    for cut in range(0, len(whole), 499):
        (tmp_path / "tiny.npz").write_bytes(whole[:cut])
        _refused(tmp_path)
    for place in range(0, len(whole), 97):
        changed = bytearray(whole)
        changed[place] ^= 255
        (tmp_path / "tiny.npz").write_bytes(changed)
        try:
            split = read_split(tmp_path, "train")
        except DataError:
            continue
        assert split.images.shape == (38, 10, 12)  # a byte that nobody reads: a date, an attribute


def test_other_archives_are_no_labelled_pictures(tmp_path: Path) -> None:
    for arrays in ({"a": LABELS}, {"train_masks": IMAGES, "train_labels": LABELS}, {"train_images": IMAGES}):
        _write(tmp_path, **arrays)
        with pytest.raises(DataError, match="no labelled pictures"):
            read_info(tmp_path)
    with pytest.raises(DataError, match=r"classes\.json"):
        read_info(tmp_path / "nowhere")
