"""Pictures that people give: any sound file of six formats to RGB, and RGB to the size a model takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from flowdemo.errors import InputError
from flowdemo.rendering.intake.decode import (
    decode,
    oriented,
    plain_rgb,
    read_bytes,
    read_header,
    rgb_by_bands,
)
from flowdemo.rendering.intake.header import Header

Box = tuple[float, float, float, float]
FIT_MODES = ("cover", "pad", "stretch")
PAD_LEVEL = 128  # the grey of state 0


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture uint8 [H, W, 3] and what was done to it, in plain sentences (empty if nothing)."""

    pixels: np.ndarray
    note: str


@dataclass(frozen=True, eq=False)
class Fitted:
    """A picture at a model's size.

    Attributes:
        picture: uint8 [h, w, 3].
        box: (left, top, right, bottom) of the part of the source that the picture shows, in source pixels;
            beyond the source where it was padded.
        note: what was done, in plain sentences; empty if nothing.
    """

    picture: np.ndarray
    box: Box
    note: str


def read_picture(data: bytes | Path) -> np.ndarray:
    """Any sound PNG, JPEG, WebP, BMP, TIFF or GIF as RGB uint8 [H, W, 3].

    Size and frames are read from the header before anything is decoded. The EXIF orientation is obeyed,
    transparent areas are laid over white, deeper samples are scaled by their depth.

    Raises:
        InputError: not such a file, animated, above 12 MB, 40 megapixels or 16 384 pixels a side, or damaged
            (field ``"image"``).
    """
    return open_picture(data).pixels


def open_picture(data: bytes | Path) -> Picture:
    """As `read_picture`, with a note on what was changed."""
    header = read_header(read_bytes(data, "picture"))
    image = decode(header)
    try:
        rgb, notes = to_rgb(image, header)
    except (ValueError, OSError, ImageCms.PyCMSError):
        raise InputError(
            f"The picture's colour mode {image.mode} is not read; save it as RGB.", field="image"
        ) from None
    if header.orientation != 1:
        notes.append("Turned as its orientation flag says.")
    return Picture(oriented(rgb, header.orientation), " ".join(notes))


def to_rgb(image: Image.Image, header: Header) -> tuple[np.ndarray, list[str]]:
    """Decoded image of any mode to uint8 [H, W, 3], and notes on what was lost."""
    if image.mode.startswith("I;16"):
        table = _sixteen_bit_table(header)
        rgb = rgb_by_bands(image, lambda band: _grey(table[np.asarray(band).astype(np.uint16, copy=False)]))
        return rgb, [f"{header.bits} bits a sample were scaled to 8."]
    if image.mode == "I":
        return _grey(_integers(np.asarray(image))), ["Whole numbers were scaled to 8 bits."]
    if image.mode == "F":
        return _grey(_floats(np.asarray(image))), ["Floating-point values were scaled to 8 bits."]
    if image.mode == "LAB":
        return rgb_by_bands(image, _from_lab), []
    if image.has_transparency_data:
        return rgb_by_bands(image, _over_white), ["Transparent areas were laid over white."]
    return plain_rgb(image), []


def source_box(source: tuple[int, int], size: tuple[int, int], mode: str) -> Box:
    """Part of a source (width, height) that is shown at size (width, height); see `Fitted.box`.

    Raises:
        InputError: unknown mode (field ``"fit"``).
    """
    if mode not in FIT_MODES:
        raise InputError(f"The fit must be one of {', '.join(FIT_MODES)}.", field="fit")
    if mode == "stretch":
        return (0.0, 0.0, float(source[0]), float(source[1]))
    if mode == "pad":
        left, top, right, bottom = _place(source, size)
        x, y = source[0] / (right - left), source[1] / (bottom - top)  # source pixels per pixel
        return (-left * x, -top * y, (size[0] - left) * x, (size[1] - top) * y)
    scale = min(s / t for s, t in zip(source, size, strict=True))
    width, height = size[0] * scale, size[1] * scale
    left, top = (source[0] - width) / 2, (source[1] - height) / 2
    return (left, top, left + width, top + height)


def fit(picture: np.ndarray, size: tuple[int, int], mode: str = "cover") -> Fitted:
    """Bring uint8 [H, W, 3] to size (width, height) by Lanczos resampling; small pictures are enlarged.

    ``"cover"`` crops the centre to the aspect ratio, ``"pad"`` adds mid-grey borders, ``"stretch"`` distorts.

    Raises:
        InputError: unknown mode (field ``"fit"``).
    """
    source = (picture.shape[1], picture.shape[0])
    box = source_box(source, size, mode)
    image = Image.fromarray(picture)
    if mode == "pad":
        result = _padded(image, size)
    elif source == size:
        result = picture
    else:
        result = np.array(image.resize(size, Image.Resampling.LANCZOS, box=_within(box, source)))
    return Fitted(result, box, _fit_note(source, size, mode, box))


def _place(source: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Whole pixels of the canvas that the padded source fills: (left, top, right, bottom)."""
    scale = min(t / s for s, t in zip(source, size, strict=True))
    width, height = (min(t, max(1, round(s * scale))) for s, t in zip(source, size, strict=True))
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return left, top, left + width, top + height


def _padded(image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    place = _place(image.size, size)
    inner = (place[2] - place[0], place[3] - place[1])
    canvas = Image.new("RGB", size, (PAD_LEVEL,) * 3)
    canvas.paste(image.resize(inner, Image.Resampling.LANCZOS), place)
    return np.array(canvas)


def _within(box: Box, source: tuple[int, int]) -> Box:
    """The box without the rounding error that would put it outside the source."""
    return (max(box[0], 0.0), max(box[1], 0.0), min(box[2], source[0]), min(box[3], source[1]))


def _fit_note(source: tuple[int, int], size: tuple[int, int], mode: str, box: Box) -> str:
    notes = []
    same_aspect = source[0] * size[1] == source[1] * size[0]
    if not same_aspect:
        done = {"cover": "Cropped to its centre", "pad": "Padded with grey", "stretch": "Stretched"}[mode]
        notes.append(f"{done}.")
    if box[2] - box[0] < size[0] or box[3] - box[1] < size[1]:
        notes.append(f"Enlarged from {source[0]} × {source[1]} pixels, so it looks soft.")
    return " ".join(notes)


def _grey(levels: np.ndarray) -> np.ndarray:
    return np.repeat(levels[..., None], 3, axis=2)


def _over_white(image: Image.Image) -> np.ndarray:
    white, image = Image.new("RGB", image.size, "white"), image.convert("RGBA")
    white.paste(image, mask=image.getchannel("A"))
    return np.asarray(white)


def _from_lab(image: Image.Image) -> np.ndarray:
    profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return np.asarray(ImageCms.profileToProfile(image, *profiles, outputMode="RGB"))


def _sixteen_bit_table(header: Header) -> np.ndarray:
    """8-bit level of each 16-bit (or 12-bit) sample: a table needs no wider copy of the picture."""
    full = 2 ** min(max(header.bits, 1), 16) - 1
    table = np.clip(np.arange(65536) * (255 / full) + 0.5, 0, 255).astype(np.uint8)
    return 255 - table if header.inverted else table


def _integers(values: np.ndarray) -> np.ndarray:
    """Whole numbers by the smallest depth of 8, 16 and 31 bits that holds them; negative ones are black."""
    highest = int(values.max())
    full = next(limit for limit in (255, 65535, 2**31 - 1) if highest <= limit)
    return _to_levels(values.astype(np.float32) * np.float32(255 / full))


def _floats(values: np.ndarray) -> np.ndarray:
    """Floats in [0, 1] by 255; others from their lowest to their highest value. Not-a-number is black."""
    values = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        largest = max(-low, high)  # divided first, so that the range of float32 itself does not overflow
        span = (high - low) / largest
        values = values / np.float32(largest) - np.float32(low / largest)
        values *= np.float32(1 / span if span else 0)
    return _to_levels(values * np.float32(255))


def _to_levels(values: np.ndarray) -> np.ndarray:
    return np.clip(values + np.float32(0.5), 0, 255).astype(np.uint8)
