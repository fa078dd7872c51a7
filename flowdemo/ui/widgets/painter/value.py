"""What travels between the mask painter in the browser and Python, and the checks at that edge.

A browser can be made to send anything, so nothing is decoded before its length, its kind and the size in its
PNG header are known to fit.
"""

from __future__ import annotations

import base64
import binascii
import io
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from flowdemo.errors import InputError
from flowdemo.rendering import encoders
from flowdemo.rendering.palette import Palette

PREFIX = "data:image/png;base64,"
MAX_CHARS = 400_000  # a 512 × 512 mask of pure noise takes 350 000 characters, a painted one about 20 000
FIELD = "mask"

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What Pillow raises for damaged files; to a visitor they are one.
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, LookupError, OverflowError, struct.error, zlib.error)
# The palette travels in both directions for the browser's own use; what it says is never trusted here.
_KEYS = {"mask", "width", "height", "palette", "underlay", "report"}


@dataclass(frozen=True, eq=False)
class PaintedMask:
    """A mask as painted.

    Attributes:
        indices: uint8 [H, W], read-only, one class (or ignore) index per pixel.
    """

    indices: np.ndarray


def plain_palette(palette: Mapping[str, Any]) -> dict[str, Any]:
    """Checked copy of a palette dict, fit for JSON: ``{"classes", "ignore", "name"}``.

    Raises:
        InputError: it is not what :meth:`flowdemo.rendering.palette.Palette.from_json` reads.
    """
    return {**Palette.from_json(palette).to_json(), "name": str(palette.get("name") or "")}


def encode_mask(indices: np.ndarray) -> str:
    """Data URL of an 8-bit grey PNG whose grey level is the class index; ``indices`` is uint8 [H, W]."""
    if indices.ndim != 2 or indices.dtype != np.uint8:
        raise ValueError(f"a mask is uint8 [H, W], not {indices.dtype} {list(indices.shape)}")
    return encoders.data_uri("image/png", encoders.png(indices))


def read_value(payload: Any, palette: Palette, width: int, height: int) -> PaintedMask | None:
    """The mask in a value that came from the browser or the API, or None where nothing is painted.

    Args:
        payload: ``{"mask": data URL | None, "width", "height"}``, a bare data URL, or None.
        palette: the classes and ignore label the mask must keep to.
        width, height: size in pixels the mask must have.

    Raises:
        InputError: anything else, a mask too long, of another size, or with an index outside the palette.
    """
    url = _url_of(payload, width, height)
    if url is None:
        return None
    data = decode_url(url, MAX_CHARS)
    _check_header(data, width, height)
    indices = _decode_png(data)
    _check_indices(indices, [entry.index for entry in palette.entries()])
    indices.setflags(write=False)
    return PaintedMask(indices)


def _url_of(payload: Any, width: int, height: int) -> str | None:
    if payload is None or payload == "":
        return None
    if isinstance(payload, str):
        return payload
    if not isinstance(payload, dict) or "mask" not in payload or not payload.keys() <= _KEYS:
        raise InputError("The mask must be a PNG data URL, or an object with mask, width and height.", FIELD)
    size = [payload.get("width", width), payload.get("height", height)]
    if any(type(number) is not int for number in size) or size != [width, height]:
        raise InputError(f"The mask must be {width} × {height} pixels; load the page again.", FIELD)
    if payload["mask"] is not None and not isinstance(payload["mask"], str):
        raise InputError("The mask must be a PNG data URL given as text.", FIELD)
    return payload["mask"] or None


def decode_url(url: str, max_chars: int, kind: str = PREFIX) -> bytes:
    """Bytes of a base64 data URL that starts with ``kind``.

    Raises:
        InputError: longer than ``max_chars``, of another kind, or not base64.
    """
    if len(url) > max_chars:
        raise InputError(f"The mask is larger than {max_chars // 1000} kB; use a smaller one.", FIELD)
    head, comma, body = url.partition(",")
    if not comma or not head.startswith("data:") or not f"{head},".startswith(kind) or ";base64" not in head:
        raise InputError("The mask must be a PNG given as a base64 data URL.", FIELD)
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("The mask is not valid base64; send the PNG file unchanged.", FIELD) from None


def _check_header(data: bytes, width: int, height: int) -> None:
    """Refuse by signature, size and bit depth alone, before a single pixel is decoded."""
    if len(data) < 33 or data[:8] != _SIGNATURE or data[8:16] != b"\x00\x00\x00\rIHDR":
        raise InputError("The mask is not a PNG file; save it as PNG first.", FIELD)
    found_width, found_height, depth, colour = struct.unpack(">IIBB", data[16:26])
    if (found_width, found_height) != (width, height):
        found = f"{found_width} × {found_height}"
        raise InputError(f"The mask is {found} pixels but must be {width} × {height}.", FIELD)
    if depth != 8 and colour != 3:
        raise InputError("The mask must be a PNG of 8 bits per channel.", FIELD)


def _decode_png(data: bytes) -> np.ndarray:
    """uint8 [H, W] of a PNG in modes L, P, or RGB(A) with equal parts and full opacity."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            image.load()
            mode, pixels = image.mode, np.array(image)
    except _DAMAGED:
        raise InputError("The mask is a damaged PNG file; save it again.", FIELD) from None
    if mode in {"L", "P"}:
        return pixels
    if mode not in {"LA", "RGB", "RGBA"}:
        raise InputError("The mask must be a grey, palette or colour PNG of 8 bits.", FIELD)
    if mode in {"LA", "RGBA"} and (pixels[..., -1] != 255).any():
        raise InputError("The mask must be fully opaque.", FIELD)
    if mode in {"RGB", "RGBA"} and (pixels[..., :1] != pixels[..., 1:3]).any():
        raise InputError("The mask must be grey: red, green and blue all equal to the class number.", FIELD)
    return pixels[..., 0].copy()


def _check_indices(indices: np.ndarray, allowed: list[int]) -> None:
    counts = np.bincount(indices.ravel(), minlength=256)
    counts[allowed] = 0
    strangers = np.flatnonzero(counts)
    if strangers.size:
        named = ", ".join(map(str, strangers[:5])) + (", …" if strangers.size > 5 else "")
        raise InputError(
            f"The mask holds numbers that are no class of this model ({named}); paint or load it again.", FIELD
        )
