"""Trajectories to take home: animated WebP and GIF, and a ZIP of frames with a manifest."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from flowdemo.errors import InputError

MANIFEST = "manifest.json"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a ZIP can hold; a real one would change the bytes


def webp(
    frames: Sequence[np.ndarray],
    seconds_per_frame: float,
    loop: bool = True,
    hold_last: float = 0.0,
    lossless: bool = False,
) -> bytes:
    """Animated WebP of pictures uint8 [H, W, 3] of one size; lossless keeps class colours exact.

    Args:
        hold_last: seconds that the last frame stays longer.

    Raises:
        InputError: no frame, or frames of different sizes (field ``"frames"``).
    """
    images = [Image.fromarray(frame) for frame in _checked(frames)]
    options = {"lossless": True, "quality": 0} if lossless else {"quality": 85}
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=_milliseconds(len(images), seconds_per_frame, hold_last, 1),
        loop=0 if loop else 1,
        method=0,
        **options,
    )
    return buffer.getvalue()


def gif(
    frames: Sequence[np.ndarray], seconds_per_frame: float, loop: bool = True, hold_last: float = 0.0
) -> bytes:
    """Animated GIF of pictures uint8 [H, W, 3] of one size.

    Frames that share at most 256 colours, as masks do, keep them exactly; others are reduced to 256 each.
    Times are rounded to hundredths of a second, which is what GIF can say.

    Raises:
        InputError: no frame, or frames of different sizes (field ``"frames"``).
    """
    images = _shared_palette(_checked(frames))
    options: dict[str, Any] = {} if loop is False else {"loop": 0}
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=images[1:],
        duration=_milliseconds(len(images), seconds_per_frame, hold_last, 10),
        optimize=False,
        disposal=1,
        **options,
    )
    return buffer.getvalue()


def zip_frames(frames: Mapping[str, bytes], manifest: Mapping[str, Any]) -> bytes:
    """ZIP of files by name, with ``manifest.json``: the manifest given, and size and sha256 of each file.

    Names are relative, of letters, digits, ``_ . - /``. The same input gives the same bytes.

    Raises:
        InputError: a name is not of this form, or is taken by the manifest (field ``"frames"``).
    """
    for name in frames:
        if not _NAME.fullmatch(name) or name == MANIFEST:
            raise InputError(f"“{name[:80]}” cannot be a name in the ZIP; use letters and digits.", "frames")
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in frames.items()}
    files = {name: {"bytes": len(data), "sha256": hashes[name]} for name, data in frames.items()}
    listing = json.dumps({**manifest, "files": files}, indent=2, sort_keys=True, allow_nan=False) + "\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in {MANIFEST: listing.encode("utf-8"), **frames}.items():
            archive.writestr(_zip_entry(name), data)
    return buffer.getvalue()


def _zip_entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3  # Unix wherever it was written
    entry.external_attr = 0o644 << 16
    return entry


def _checked(frames: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    if not frames:
        raise InputError("An animation needs at least one frame.", field="frames")
    if len({frame.shape for frame in frames}) > 1:
        raise InputError("The frames of an animation must have one size.", field="frames")
    return frames


def _milliseconds(count: int, seconds: float, hold_last: float, unit: int) -> list[int]:
    times = [max(2 * unit, round(1000 * seconds / unit) * unit)] * count
    times[-1] += round(1000 * hold_last / unit) * unit
    return times


def _shared_palette(frames: Sequence[np.ndarray]) -> list[Image.Image]:
    """One exact palette for all frames if their colours fit, else the best 256 of each."""
    codes = [_codes(frame) for frame in frames]
    colours = np.unique(np.concatenate([np.unique(frame) for frame in codes]))
    if len(colours) > 256:
        return [Image.fromarray(frame).quantize(256, Image.Quantize.FASTOCTREE) for frame in frames]
    table = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
    images = []
    for frame in codes:
        image = Image.fromarray(np.searchsorted(colours, frame).astype(np.uint8))
        image.putpalette(table.tobytes())
        images.append(image)
    return images


def _codes(frame: np.ndarray) -> np.ndarray:
    wide = frame.astype(np.uint32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
