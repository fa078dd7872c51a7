"""Patch sets: one ``.npz`` of small pictures with masks, beside the ``classes.json`` that names their classes.

For each split ``<split>_images`` uint8 ``[N, H, W]`` or ``[N, H, W, 3]`` stands beside ``<split>_masks`` uint8
``[N, H, W]``. A value of a mask that ``classes.json`` does not name among its classes is another thing than the one
asked for, and counts as the first class.

The file comes from outside: it is opened by the reader of array sets, which checks sizes and never reads pickles.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flowdemo.data.arrays import SPLITS, ArrayFile, array_file
from flowdemo.data.folders import SegmentationSplit, read_info
from flowdemo.errors import DataError


def patch_file(root: str | Path) -> Path | None:
    """The array file of a patch set; None if the folder is no patch set.

    Raises:
        DataError: there is an array file, but it cannot be read.
    """
    path = array_file(root) if (Path(root) / "classes.json").is_file() else None
    if path is None:
        return None
    with ArrayFile(path) as found:
        return path if found.keys & {f"{split}_masks" for split in SPLITS} else None


def patch_length(path: Path, split: str) -> int:
    """Number of patches of a split.

    Raises:
        DataError: as :func:`read_patches`.
    """
    with ArrayFile(path) as found:
        return len(_masks(found, split))


def read_patches(
    path: Path, split: str, size: tuple[int, int] | None = None, limit: int | None = None
) -> SegmentationSplit:
    """Load one split, its pictures uint8 ``[N, H, W, 3]``.

    Args:
        path: the ``.npz``.
        split: ``"train"``, ``"val"`` or ``"test"``.
        size: width and height, which must be those of the file; None takes them as they are.
        limit: read only the first so many.

    Raises:
        DataError: the file is damaged, the split is missing or malformed, or the patches have another size.
    """
    info = read_info(path.parent)
    with ArrayFile(path) as found:
        masks = _masks(found, split)[:limit]
        images = found.array(f"{split}_images")[:limit]
        if images.dtype != np.uint8 or images.shape[3:] not in ((), (3,)) or images.shape[:3] != masks.shape:
            raise DataError(f"The images of split {split!r} of {info.name!r} are not of the known layout.")
    if size is not None and (masks.shape[2], masks.shape[1]) != tuple(size):
        raise DataError(f"The patches of {info.name!r} are {masks.shape[2]}×{masks.shape[1]} pixels, and no others.")
    labels = np.where(masks < info.classes, masks, 0).astype(np.uint8)
    colour = images if images.ndim == 4 else np.repeat(images[..., None], 3, 3)
    return SegmentationSplit(info, tuple(f"{i:05d}" for i in range(len(masks))), colour, labels, tuple(labels))


def _masks(found: ArrayFile, split: str) -> np.ndarray:
    masks = found.array(f"{split}_masks")
    if masks.dtype != np.uint8 or masks.ndim != 3 or not len(masks):
        raise DataError(f"The masks of split {split!r} are not of the known layout.")
    return masks
