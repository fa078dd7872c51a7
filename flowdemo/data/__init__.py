"""Readers of picture folders and array files, augmentation, drawings made in code."""

from flowdemo.data.folders import (
    FolderInfo,
    SegmentationSplit,
    read_info,
    read_segmentation,
    segmentation_batches,
    split_length,
)

__all__ = [
    "FolderInfo",
    "SegmentationSplit",
    "read_info",
    "read_segmentation",
    "segmentation_batches",
    "split_length",
]
