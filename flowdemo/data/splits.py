"""One way to any data set: a folder of pictures and masks, or an array file of labelled pictures."""

from __future__ import annotations

from pathlib import Path

from flowdemo.data import folders
from flowdemo.data.arrays import ArraySplit, array_file, array_length, read_array_info, read_arrays
from flowdemo.data.folders import FolderInfo, SegmentationSplit

Split = SegmentationSplit | ArraySplit


def read_info(root: str | Path) -> FolderInfo:
    """Name, size and classes of a set.

    Raises:
        DataError: there is no such set, or it does not follow its layout.
    """
    arrays = array_file(root)
    return read_array_info(arrays) if arrays else folders.read_info(root)


def split_length(root: str | Path, split: str) -> int:
    """Number of pictures of a split.

    Raises:
        DataError: set or split is missing or malformed.
    """
    arrays = array_file(root)
    return array_length(arrays, split) if arrays else folders.split_length(root, split)


def read_split(root: str | Path, split: str, size: tuple[int, int] | None = None, limit: int | None = None) -> Split:
    """Load one split; see :func:`~flowdemo.data.folders.read_segmentation` and
    :func:`~flowdemo.data.arrays.read_arrays`.

    Raises:
        DataError: set or split is missing or malformed.
    """
    arrays = array_file(root)
    return read_arrays(arrays, split, size, limit) if arrays else folders.read_segmentation(root, split, size, limit)
