"""The input of a run: a picture or a mask at the model's size, known by the hash of its pixels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flowdemo.errors import InputError
from flowdemo.rendering.masks import read_mask
from flowdemo.rendering.pictures import fit, read_picture
from flowdemo.zoo.manifest import Manifest


@dataclass(frozen=True, eq=False)
class Given:
    """A validated input.

    Attributes:
        kind: ``"picture"`` or ``"mask"``.
        pixels: uint8 ``[H, W, 3]``, or labels uint8 ``[H, W]``, at the model's size.
        note: one sentence on what was done to it (cropped, enlarged, snapped), or "".
    """

    kind: str
    pixels: np.ndarray
    note: str = ""

    @property
    def sha256(self) -> str:
        """Hash of kind, shape and pixels."""
        head = f"{self.kind} {self.pixels.shape}".encode()
        return hashlib.sha256(head + np.ascontiguousarray(self.pixels).tobytes()).hexdigest()

    @classmethod
    def picture(cls, data: bytes | Path, manifest: Manifest, mode: str = "cover") -> Given:
        """Any picture file (its bytes, or its path), oriented, cropped to the model's aspect ratio and resized.

        Raises:
            InputError: not a picture that can be read within the limits.
        """
        fitted = fit(read_picture(data), manifest.size, mode)
        return cls("picture", fitted.picture, fitted.note)

    @classmethod
    def mask(cls, data: bytes | Path, manifest: Manifest) -> Given:
        """An index, palette or colour mask file (its bytes, or its path), resized by nearest neighbour.

        Raises:
            InputError: not a mask of this model's classes.
        """
        palette = manifest.palette
        report = read_mask(data, palette.classes, manifest.size, palette.ignore)
        return cls("mask", report.indices, report.message)

    @classmethod
    def labels(cls, indices: np.ndarray, manifest: Manifest) -> Given:
        """Labels ``[H, W]`` at the model's size, from the painter or from code.

        Raises:
            InputError: wrong shape, or an index that is neither a class nor the ignore label.
        """
        width, height = manifest.size
        if indices.shape != (height, width):
            raise InputError(f"The mask must be {width} × {height} pixels for this model.", field="mask")
        known = {c.index for c in manifest.palette.classes}
        known |= {manifest.palette.ignore.index} if manifest.palette.ignore else set()
        wrong = sorted(set(np.unique(indices).tolist()) - known)
        if wrong:
            raise InputError(f"The mask holds index {wrong[0]}, which is no class of this model.", field="mask")
        return cls("mask", indices.astype(np.uint8))
