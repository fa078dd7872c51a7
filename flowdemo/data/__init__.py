"""Readers of picture folders and array files, augmentation, drawings made in code."""

from flowdemo.data.arrays import ArrayInfo, ArraySplit
from flowdemo.data.folders import FolderInfo, SegmentationSplit, read_segmentation, segmentation_batches
from flowdemo.data.splits import Split, read_info, read_split, split_length

__all__ = [
    "ArrayInfo",
    "ArraySplit",
    "FolderInfo",
    "SegmentationSplit",
    "Split",
    "read_info",
    "read_segmentation",
    "read_split",
    "segmentation_batches",
    "split_length",
]
