"""From bytes to a decoded Pillow image, with every failure as one plain sentence."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from flowdemo.errors import InputError
from flowdemo.rendering.intake import bmp, gif, jpeg, png, tiff, webp
from flowdemo.rendering.intake.header import (
    MAX_BYTES,
    MAX_PIXELS,
    MAX_SIDE,
    Damaged,
    Header,
    Unsupported,
)

FORMATS = "PNG, JPEG, WebP, BMP, TIFF or GIF"
_BAND = 1 << 20  # pixels
_FIELDS = {"picture": "image", "mask": "mask"}
_OTHER_FILES = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)


def read_bytes(source: bytes | Path, what: str) -> bytes:
    """The file's bytes, size checked before reading; InputError if it is empty, too large or not there."""
    if isinstance(source, Path):
        try:
            check_bytes(source.stat().st_size, what)
            source = source.read_bytes()
        except OSError:
            raise _refuse(what, "could not be opened; give it again") from None
    check_bytes(len(source), what)
    return bytes(source)


def check_bytes(size: int, what: str) -> None:
    """Refuse an empty file and one above 12 MB."""
    if size == 0:
        raise _refuse(what, f"file is empty; give a {FORMATS} file")
    if size > MAX_BYTES:
        limit = MAX_BYTES / 1e6
        raise _refuse(what, f"file is {size / 1e6:.1f} MB, and the limit is {limit:.0f} MB; save it smaller")


def read_header(data: bytes, what: str = "picture") -> Header:
    """Everything that can be known without decoding a pixel, checked against the limits.

    Raises:
        InputError: unknown format, animated, above 40 megapixels or 16 384 pixels a side, or damaged.
    """
    reader = _reader_for(data)
    if reader is None:
        raise _refuse(what, f"file is {_looks_like(data)}, which is not read; give a {FORMATS} file")
    try:
        header = reader(data)
    except Unsupported as error:
        raise _refuse(what, str(error)) from None
    except (ValueError, LookupError, struct.error):
        raise _damaged(what) from None
    _check_limits(header, what)
    return header


def decode(header: Header, what: str = "picture") -> Image.Image:
    """Decode the pixels (orientation not yet obeyed); InputError if the file is damaged or cut off."""
    try:
        image = Image.open(io.BytesIO(header.clean), formats=[header.format])
        if image.size != (header.width, header.height):
            raise Damaged("decoder and header disagree on the size")
        image.load()
        if image.mode in ("P", "PA") and image.palette is None:
            raise Damaged("palette missing")
    except Exception:  # decoders of hostile bytes raise anything
        raise _damaged(what) from None
    return image


def rgb_by_bands(image: Image.Image, convert: Callable[[Image.Image], np.ndarray]) -> np.ndarray:
    """uint8 [H, W, 3] put together from converted bands, so that a large picture is never copied whole."""
    rgb = np.empty((image.height, image.width, 3), dtype=np.uint8)
    rows = max(1, _BAND // image.width)
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        rgb[top : top + rows] = convert(band)
    return rgb


def plain_rgb(image: Image.Image) -> np.ndarray:
    """uint8 [H, W, 3] of any mode that Pillow converts; transparency is left out."""
    return rgb_by_bands(image, lambda band: np.asarray(band.convert("RGB")))


def oriented(array: np.ndarray, orientation: int) -> np.ndarray:
    """Turn and mirror [H, W] or [H, W, C] as EXIF orientation 1 to 8 says; the result is contiguous."""
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return np.ascontiguousarray(array)


def _reader_for(data: bytes) -> Callable[[bytes], Header] | None:
    if data.startswith(png.SIGNATURE):
        return png.read_header
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.read_header
    if data.startswith(gif.SIGNATURES):
        return gif.read_header
    if data.startswith(tiff.SIGNATURES):
        return tiff.read_header
    if webp.is_webp(data):
        return webp.read_header
    return bmp.read_header if data.startswith(bmp.SIGNATURE) else None


def _looks_like(data: bytes) -> str:
    for signature, name in _OTHER_FILES:
        if data.startswith(signature):
            return name
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start:
        return "an SVG drawing"
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<")):
        return "a web page or XML text"
    if data[4:8] == b"ftyp":
        return "a HEIC, AVIF or video file"
    return "text" if _is_text(data[:1024]) else "of an unknown kind"


def _is_text(start: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n\f" for byte in start)


def _check_limits(header: Header, what: str) -> None:
    width, height = header.width, header.height
    size = f"is {width} × {height} pixels"
    if width < 1 or height < 1:
        raise _damaged(what)
    if width * height > MAX_PIXELS:
        megapixels = f"{width * height / 1e6:.0f} megapixels"
        raise _refuse(what, f"{size} ({megapixels}), and the limit is {MAX_PIXELS // 10**6}; make it smaller")
    if max(width, height) > MAX_SIDE:
        raise _refuse(what, f"{size}, and the limit is {MAX_SIDE} a side; make it smaller")
    if header.frames > 1:
        raise _refuse(what, "has more than one frame or page; save one of them as PNG")


def _refuse(what: str, reason: str) -> InputError:
    return InputError(f"The {what} {reason}.", field=_FIELDS[what])


def _damaged(what: str) -> InputError:
    return _refuse(what, "file is damaged or cut off; save it again as PNG or JPEG")
