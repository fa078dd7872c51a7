"""One way to any data set: a folder of pictures and masks, an array file of labelled pictures, or one of patches."""

from __future__ import annotations

from pathlib import Path

from flowdemo.data import folders
from flowdemo.data.arrays import ArraySplit, array_file, array_length, read_array_info, read_arrays
from flowdemo.data.folders import FolderInfo, SegmentationSplit
from flowdemo.data.patches import patch_file, patch_length, read_patches

Split = SegmentationSplit | ArraySplit


def read_info(root: str | Path) -> FolderInfo:
    """Name, size and classes of a set.

    Raises:
        DataError: there is no such set, or it does not follow its layout.
    """
    arrays = None if patch_file(root) else array_file(root)
    return read_array_info(arrays) if arrays else folders.read_info(root)


def split_length(root: str | Path, split: str) -> int:
    """Number of pictures of a split.

    Raises:
        DataError: set or split is missing or malformed.
    """
    if patches := patch_file(root):
        return patch_length(patches, split)
    arrays = array_file(root)
    return array_length(arrays, split) if arrays else folders.split_length(root, split)


def read_split(root: str | Path, split: str, size: tuple[int, int] | None = None, limit: int | None = None) -> Split:
    """Load one split; see :func:`~flowdemo.data.folders.read_segmentation`,
    :func:`~flowdemo.data.arrays.read_arrays` and :func:`~flowdemo.data.patches.read_patches`.

    Raises:
        DataError: set or split is missing or malformed.
    """
    if patches := patch_file(root):
        return read_patches(patches, split, size, limit)
    arrays = array_file(root)
    return read_arrays(arrays, split, size, limit) if arrays else folders.read_segmentation(root, split, size, limit)
