"""The folder layout for segmentation: ``classes.json``, ``images/<split>/…``, ``masks/<split>/…``.

Masks are 8-bit PNG whose pixel value is the class index. Labels leave this module contiguous: classes are
0 … n−1 and the ignore label, whatever index the folder gives it, is n (the row of the void code).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from flowdemo.errors import DataError

PICTURES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class FolderInfo:
    """What ``classes.json`` says: set name, class names and colours in index order, the ignore index."""

    name: str
    size: tuple[int, int] | None
    names: tuple[str, ...]
    colors: tuple[tuple[int, int, int], ...]
    ignore_index: int | None
    ignore_name: str = "unlabelled"
    ignore_color: tuple[int, int, int] = (0, 0, 0)

    @property
    def classes(self) -> int:
        return len(self.names)

    def palette(self) -> dict:
        """Palette as JSON: ``{"classes": [{index, name, color}], "ignore": {…} | None}``, ignore index = n."""
        classes = [
            {"index": i, "name": name, "color": list(color)}
            for i, (name, color) in enumerate(zip(self.names, self.colors, strict=True))
        ]
        if self.ignore_index is None:
            return {"classes": classes, "ignore": None}
        ignore = {"index": self.classes, "name": self.ignore_name, "color": list(self.ignore_color)}
        return {"classes": classes, "ignore": ignore}


@dataclass(frozen=True)
class SegmentationSplit:
    """One split in memory.

    Args:
        info: the set's description.
        ids: picture names without extension, sorted.
        images: uint8 ``[N, H, W, 3]`` at the asked size.
        labels: uint8 ``[N, H, W]``, contiguous, at the same size (nearest).
        native: labels at the ground truth's own size, one array per picture.
    """

    info: FolderInfo
    ids: tuple[str, ...]
    images: np.ndarray
    labels: np.ndarray
    native: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.ids)


def read_info(root: str | Path) -> FolderInfo:
    """Read and check ``classes.json``.

    Raises:
        DataError: the file is missing or does not follow the layout.
    """
    path = Path(root) / "classes.json"
    if not path.is_file():
        raise DataError(f"The data folder {Path(root).name!r} has no classes.json, which names its classes.")
    try:
        raw = json.loads(path.read_text("utf-8"))
        ignore = raw.get("ignore_index")
        rows = sorted(raw["classes"], key=lambda row: int(row["index"]))
        size = tuple(int(v) for v in raw["size"]) if raw.get("size") else None
        kept = [row for row in rows if row["index"] != ignore]
        void = next((row for row in rows if row["index"] == ignore), {})
        info = FolderInfo(
            name=str(raw["name"]),
            size=size,
            names=tuple(str(row["name"]) for row in kept),
            colors=tuple(tuple(int(v) for v in row["color"]) for row in kept),
            ignore_index=None if ignore is None else int(ignore),
            ignore_name=str(void.get("name", "unlabelled")),
            ignore_color=tuple(int(v) for v in void.get("color", (0, 0, 0))),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"classes.json of {Path(root).name!r} does not follow the layout: {error}.") from error
    if [int(row["index"]) for row in kept] != list(range(info.classes)):
        raise DataError(f"classes.json of {info.name!r} must number its classes 0 to {info.classes - 1}.")
    return info


def read_segmentation(
    root: str | Path, split: str, size: tuple[int, int] | None = None, limit: int | None = None
) -> SegmentationSplit:
    """Load one split, resized to ``size`` (w, h): pictures by Lanczos, masks by nearest neighbour.

    Args:
        root: a folder of the layout.
        split: ``"train"``, ``"val"``, ``"test"`` or another folder name.
        size: width and height; None keeps the pictures' own size, which must then be one and the same.
        limit: read only the first so many pictures.

    Raises:
        DataError: folder, split or a mask is missing, or a mask holds an unknown index.
    """
    info, pairs = read_info(root), _pairs(Path(root), split)[:limit]
    return _load(info, pairs, size)


def segmentation_batches(
    root: str | Path, split: str, size: tuple[int, int], batch: int, limit: int | None = None
) -> Iterator[SegmentationSplit]:
    """The same split, ``batch`` pictures at a time, so that a large set need not fit into memory.

    Raises:
        DataError: as :func:`read_segmentation`.
    """
    info, pairs = read_info(root), _pairs(Path(root), split)[:limit]
    for first in range(0, len(pairs), batch):
        yield _load(info, pairs[first : first + batch], size)


def split_length(root: str | Path, split: str) -> int:
    """Number of pictures of a split.

    Raises:
        DataError: folder or split is missing, or a picture has no mask.
    """
    return len(_pairs(Path(root), split))


def _load(info: FolderInfo, pairs: list[tuple[Path, Path]], size: tuple[int, int] | None) -> SegmentationSplit:
    images, labels, native = [], [], []
    for picture, mask in pairs:
        image, truth = _read_picture(picture), _read_labels(mask, info)
        native.append(truth)
        target = size or image.size
        images.append(np.asarray(image.resize(target, Image.Resampling.LANCZOS) if image.size != target else image))
        labels.append(resize_labels(truth, target))
    if len({image.shape for image in images}) > 1:
        raise DataError(f"The pictures of {info.name!r} differ in size, so a model size must be given.")
    ids = tuple(picture.stem for picture, _ in pairs)
    return SegmentationSplit(info, ids, np.stack(images), np.stack(labels), tuple(native))


def _read_picture(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"The picture {path.name!r} cannot be read; it may be damaged.") from error


def resize_labels(labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Labels ``[H, W]`` to (w, h) by nearest neighbour, so that no index is invented."""
    if labels.shape == (size[1], size[0]):
        return labels
    return np.asarray(Image.fromarray(labels).resize(size, Image.Resampling.NEAREST))


def _pairs(root: Path, split: str) -> list[tuple[Path, Path]]:
    folder = root / "images" / split
    if not folder.is_dir():
        have = sorted(p.name for p in (root / "images").glob("*") if p.is_dir())
        raise DataError(f"The data folder {root.name!r} has no split {split!r}; it has: {', '.join(have) or 'none'}.")
    pictures = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES)
    if not pictures:
        raise DataError(f"The split {split!r} of {root.name!r} holds no PNG or JPEG picture.")
    pairs = [(p, root / "masks" / split / p.relative_to(folder).with_suffix(".png")) for p in pictures]
    missing = [p.stem for p, mask in pairs if not mask.is_file()]
    if missing:
        raise DataError(f"{len(missing)} pictures of split {split!r} have no mask, the first is {missing[0]!r}.")
    return pairs


def _read_labels(path: Path, info: FolderInfo) -> np.ndarray:
    """One mask as contiguous labels; the ignore index becomes n."""
    try:
        with Image.open(path) as mask:
            mode, raw = mask.mode, np.array(mask)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"The mask {path.name!r} cannot be read; it may be damaged.") from error
    if mode not in ("L", "P", "1"):
        raise DataError(f"The mask {path.name!r} is not an 8-bit index picture.")
    raw = raw.astype(np.uint8)
    ignored = np.zeros(raw.shape, bool) if info.ignore_index is None else raw == info.ignore_index
    unknown = np.unique(raw[(raw >= info.classes) & ~ignored])
    if unknown.size:
        raise DataError(f"The mask {path.name!r} holds index {int(unknown[0])}, which classes.json does not name.")
    raw[ignored] = info.classes
    return raw
