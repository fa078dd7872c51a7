"""The input of a run: a picture or a mask at the model's size, or a class; known by the hash of what it holds."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from flowdemo.errors import InputError
from flowdemo.rendering.masks import read_mask
from flowdemo.rendering.pictures import fit, read_picture
from flowdemo.zoo.manifest import Manifest

SMALLEST, LARGEST = 32, 512 * 512  # side, and number of pixels, of a picture that is searched for anomalies


@dataclass(frozen=True, eq=False)
class Given:
    """A validated input.

    Attributes:
        kind: ``"picture"``, ``"mask"`` or ``"label"``.
        pixels: uint8 ``[H, W, 3]``, or labels uint8 ``[H, W]``, at the model's size; or one label, uint8 ``[1]``.
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

    @property
    def label(self) -> int | None:
        """The class that was given, None for pictures and masks."""
        return int(self.pixels[0]) if self.kind == "label" else None

    def batch(self, samples: int) -> np.ndarray:
        """The same for every sample, ``[K, …]``; labels ``[K]``."""
        return self.pixels.repeat(samples) if self.kind == "label" else self.pixels[None].repeat(samples, axis=0)

    @classmethod
    def picture(cls, data: bytes | Path, manifest: Manifest, mode: str = "cover") -> Given:
        """Any picture file (its bytes, or its path), oriented, cropped to the model's aspect ratio and resized.

        Raises:
            InputError: not a picture that can be read within the limits.
        """
        fitted = fit(read_picture(data), manifest.size, mode)
        return cls("picture", fitted.picture, fitted.note)

    @classmethod
    def surface(cls, data: bytes | Path, manifest: Manifest) -> Given:
        """A picture file for a detector, oriented, at its own size: a detector knows textures at one scale. Pictures of
        more than :data:`LARGEST` pixels are made smaller. Grey for a detector of grey pictures, uint8 ``[H, W]``.

        Raises:
            InputError: not a picture that can be read within the limits, or one without a middle and a surrounding.
        """
        picture = read_picture(data)
        height, width = picture.shape[:2]
        if min(height, width) < SMALLEST:
            raise InputError(f"The picture must be at least {SMALLEST} pixels high and wide.", field="image")
        shrink = math.sqrt(LARGEST / (height * width))
        note = ""
        if shrink < 1:
            longest = LARGEST // SMALLEST  # reached by strips alone, whose shorter side must not fall below the least
            size = tuple(min(longest, max(SMALLEST, int(side * shrink))) for side in (width, height))
            picture = np.array(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
            note = f"Made smaller from {width} × {height} pixels; its texture is finer than the model knows it."
        if manifest.channels == 1:
            picture = np.array(Image.fromarray(picture).convert("L"))
        return cls("picture", picture, note)

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

    @classmethod
    def category(cls, label: Any, manifest: Manifest) -> Given:
        """A class by its index, as a number or its digits, or by its name.

        Raises:
            InputError: the model has no such class.
        """
        names = [entry.name for entry in manifest.palette.classes]
        index = label if isinstance(label, int) and not isinstance(label, bool) else _index(label, names)
        if index is None or not 0 <= index < len(names):
            known = f"0 to {len(names) - 1}" if all(map(str.isdecimal, names)) else ", ".join(names)
            raise InputError(f"This model has no such class; choose one of: {known}.", field="label")
        return cls("label", np.array([index], np.uint8))


def _index(label: Any, names: list[str]) -> int | None:
    text = label.strip() if isinstance(label, str) else ""
    if text in names:
        return names.index(text)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 3 else None
