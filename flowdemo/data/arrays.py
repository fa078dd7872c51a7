"""Array sets: one ``.npz`` of labelled pictures, as plain arrays or as JPEG files packed end to end.

For each split in the file, ``<split>_labels`` ``[N]`` stands beside ``<split>_images`` uint8 ``[N, H, W]`` or
``[N, H, W, 3]``, or beside ``<split>_bytes`` uint8 with ``<split>_offsets`` ``[N + 1]``; ``class_names`` may name the
classes. A file without ``val`` gets one from its ``train``, which then ends before it.

The file comes from outside: sizes are checked before anything of that size is made, and pickles are never read.
"""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from flowdemo.data.folders import FolderInfo
from flowdemo.errors import DataError

MAX_BYTES = 1 << 30  # of one unpacked array
MAX_SIDE = 256
MAX_JPEG = 1 << 18
MAX_CLASSES = 255
HELD_OUT = 20  # one picture in so many, from the end of train, makes up val
SPLITS = ("train", "val", "test")
NAMES = {
    "mnist": tuple("0123456789"),
    "cifar10": ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
}


@dataclass(frozen=True)
class ArrayInfo(FolderInfo):
    """What an array file says of itself; it has no ignore label, and its classes have no colours of their own.

    Args:
        channels: 1 for grey pictures, 3 for colour.
    """

    channels: int = 1


@dataclass(frozen=True)
class ArraySplit:
    """One split in memory.

    Args:
        info: the set's name, size and classes.
        images: uint8 ``[N, H, W]`` or ``[N, H, W, 3]`` at the asked size.
        labels: uint8 ``[N]``.
    """

    info: ArrayInfo
    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def array_file(root: str | Path) -> Path | None:
    """The one ``.npz`` of a directory that is no picture folder, or the file itself; None if there is none."""
    root = Path(root)
    if root.suffix == ".npz" and root.is_file():
        return root
    found = [] if (root / "images").is_dir() else sorted(root.glob("*.npz"))
    return found[0] if len(found) == 1 else None


def read_array_info(path: Path) -> ArrayInfo:
    """Name (the file's), picture size and classes of a set.

    Raises:
        DataError: the file cannot be read, or holds no labelled pictures.
    """
    with ArrayFile(path) as found:
        return found.info()


def array_length(path: Path, split: str) -> int:
    """Number of pictures of a split.

    Raises:
        DataError: as :func:`read_arrays`.
    """
    with ArrayFile(path) as found:
        return len(found.rows(split)[1])


def read_arrays(path: Path, split: str, size: tuple[int, int] | None = None, limit: int | None = None) -> ArraySplit:
    """Load one split.

    Args:
        path: the ``.npz``.
        split: ``"train"``, ``"val"`` or ``"test"``.
        size: width and height; pictures that are larger are reduced (Lanczos), then their border is repeated up to the
            size, so that small ones are never enlarged. None keeps their own.
        limit: read only the first so many pictures.

    Raises:
        DataError: the file is damaged or too large, or the split is missing or malformed.
    """
    with ArrayFile(path) as found:
        stored, rows = found.rows(split)
        rows = rows[:limit]
        labels, images = found.labels(stored)[rows], found.images(stored, rows)
        info = found.info()
    return ArraySplit(info, np.array(images) if size is None else _fitted(images, size), labels)


class ArrayFile:
    """An open array file, as a context that turns damage of any kind into one error."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.stem.removesuffix("_jpeg")

    def __enter__(self) -> ArrayFile:
        try:
            self._zip = zipfile.ZipFile(self.path)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise DataError(f"The array file {self.path.name!r} cannot be read; it may be damaged.") from error
        self.keys = {name.removesuffix(".npy") for name in self._zip.namelist()}
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, _: object) -> None:
        self._zip.close()
        if isinstance(error, Exception) and not isinstance(error, DataError):
            # ZIP reader, array header and picture decoder answer damage with errors of many families.
            raise DataError(f"The array file {self.path.name!r} is damaged or not of the known layout.") from error

    def info(self) -> ArrayInfo:
        there = [split for split in SPLITS if self._has(split)]
        if not there:
            raise DataError(f"The array file {self.path.name!r} holds no labelled pictures.")
        names = self._names() or tuple(map(str, range(1 + max(int(self.labels(split).max()) for split in there))))
        first = self.images(there[0], range(1))
        size, channels = (first.shape[2], first.shape[1]), 1 if first.ndim == 3 else 3
        return ArrayInfo(self.name, size, names, ((0, 0, 0),) * len(names), None, channels=channels)

    def rows(self, split: str) -> tuple[str, range]:
        """The stored split that a split is part of, and its rows in there."""
        if self._has(split):
            count = len(self.labels(split))
            held = count // HELD_OUT if split == "train" and not self._has("val") else 0
            return split, range(count - held)
        if split == "val" and self._has("train") and (count := len(self.labels("train"))) >= HELD_OUT:
            return "train", range(count - count // HELD_OUT, count)
        have = ", ".join(s for s in SPLITS if self._has(s)) or "none"
        raise DataError(f"The array file {self.path.name!r} has no split {split!r}; it has: {have}.")

    def labels(self, split: str) -> np.ndarray:
        labels = self.array(f"{split}_labels")
        most = len(self._names()) or MAX_CLASSES
        if labels.ndim != 1 or labels.dtype.kind not in "iu" or not len(labels):
            raise self._malformed(split, "labels")
        if labels.min() < 0 or labels.max() >= most:
            raise DataError(f"The labels of {self.name!r} must be 0 to {most - 1}.")
        return labels.astype(np.uint8)

    def images(self, split: str, rows: range) -> np.ndarray:
        """Pictures of some rows in a row."""
        count = len(self.labels(split))
        if f"{split}_images" not in self.keys:
            return self._decoded(split, rows, count)
        images = self.array(f"{split}_images")
        colours = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
        if images.dtype != np.uint8 or not colours or len(images) != count or not _fine(images.shape[1:3]):
            raise self._malformed(split, "images")
        return images[rows.start : rows.stop]

    def _decoded(self, split: str, rows: range, count: int) -> np.ndarray:
        data, offsets = self.array(f"{split}_bytes"), self.array(f"{split}_offsets")
        layout = data.dtype == np.uint8 and data.ndim == 1 and offsets.dtype.kind in "iu"
        if not layout or offsets.shape != (count + 1,) or (offsets[1:] <= offsets[:-1]).any():
            raise self._malformed(split, "offsets")
        if offsets[0] < 0 or offsets[-1] > len(data):
            raise self._malformed(split, "offsets")
        return np.stack([self._jpeg(data[offsets[i] : offsets[i + 1]], split) for i in rows])

    def _jpeg(self, data: np.ndarray, split: str) -> np.ndarray:
        if len(data) > MAX_JPEG:
            raise self._malformed(split, "pictures")
        with Image.open(io.BytesIO(data.tobytes()), formats=("JPEG",)) as picture:
            if not _fine(picture.size):  # known before a pixel is decoded
                raise self._malformed(split, "pictures")
            return np.asarray(picture.convert("RGB"))

    def _names(self) -> tuple[str, ...]:
        """Class names: the file's own, or those of a set that is known; empty if neither."""
        if "class_names" not in self.keys:
            return NAMES.get(self.name, ())
        names = self.array("class_names")
        if names.dtype.kind != "U" or names.ndim != 1 or not 1 <= len(names) <= MAX_CLASSES:
            raise DataError(f"The class names of {self.name!r} are not of the known layout.")
        return tuple(str(name) for name in names)

    def array(self, key: str) -> np.ndarray:
        """One array, its header checked against the bytes that are there; read-only."""
        if key not in self.keys:
            raise DataError(f"The array file {self.path.name!r} has no array {key!r}.")
        entry = self._zip.getinfo(f"{key}.npy")
        if entry.file_size > MAX_BYTES:
            raise DataError(f"The array {key!r} of {self.path.name!r} is larger than {MAX_BYTES >> 20} MB.")
        data = self._zip.read(entry)
        stream = io.BytesIO(data)
        header = np.lib.format.read_array_header_1_0 if np.lib.format.read_magic(stream) == (1, 0) else (
            np.lib.format.read_array_header_2_0)
        shape, column_major, dtype = header(stream)
        start = stream.tell()
        if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(data) - start:
            raise DataError(f"The array {key!r} of {self.path.name!r} does not hold what its header says.")
        return np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if column_major else "C")

    def _has(self, split: str) -> bool:
        pictures = f"{split}_images" in self.keys or {f"{split}_bytes", f"{split}_offsets"} <= self.keys
        return pictures and f"{split}_labels" in self.keys

    def _malformed(self, split: str, what: str) -> DataError:
        return DataError(f"The {what} of split {split!r} of {self.name!r} are not of the known layout.")


def _fine(sides: tuple[int, ...]) -> bool:
    return all(1 <= side <= MAX_SIDE for side in sides)


def _fitted(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Pictures ``[N, H, W, …]`` to (w, h): reduced where they are larger, then their border repeated."""
    width, height = size
    reduced = (min(images.shape[2], width), min(images.shape[1], height))
    if reduced != (images.shape[2], images.shape[1]):
        images = np.stack([np.asarray(Image.fromarray(i).resize(reduced, Image.Resampling.LANCZOS)) for i in images])
    left, top = (width - reduced[0]) // 2, (height - reduced[1]) // 2
    margins = [(0, 0), (top, height - reduced[1] - top), (left, width - reduced[0] - left)]
    return np.pad(images, margins + [(0, 0)] * (images.ndim - 3), mode="edge")
