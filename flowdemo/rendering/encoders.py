"""Bytes for the browser: JPEG for photos in flight, lossless WebP or palette PNG for masks, PNG to keep."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping

import numpy as np
from PIL import Image

from flowdemo.rendering.palette import Palette
from flowdemo.rendering.pngtext import with_text

MIME = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "zip": "application/zip",
    "json": "application/json",
}
_LOWER_QUALITIES = (75, 55, 35, 20)


def jpeg(picture: np.ndarray, quality: int = 90, limit: int | None = None) -> bytes:
    """JPEG of uint8 [H, W, 3] (or grey [H, W]) with full-resolution colour (4:4:4).

    With a limit in bytes the quality goes down in steps until the result fits, which noise needs: it is
    several times larger than a photo of the same quality. The lowest step is returned whatever its size.
    """
    image = Image.fromarray(picture)
    data = _save(image, "JPEG", quality=quality, subsampling=0)
    for lower in _LOWER_QUALITIES:
        if limit is None or len(data) <= limit:
            break
        if lower < quality:
            data = _save(image, "JPEG", quality=lower, subsampling=2)
    return data


def webp_lossless(picture: np.ndarray) -> bytes:
    """Lossless WebP of uint8 [H, W, 3] at the fastest setting: for flat class colours smaller than PNG."""
    return _save(Image.fromarray(picture), "WEBP", lossless=True, quality=0, method=0)


def png(
    picture: np.ndarray,
    text: Mapping[str, str] | None = None,
    palette: Palette | None = None,
    level: int = 6,
) -> bytes:
    """PNG of uint8 [H, W, 3] or [H, W]; with a palette, [H, W] are class indices shown in their colours.

    Args:
        text: PNG texts by keyword.
        level: zlib level 0 to 9; 1 is four times as fast as 6 on photos and a tenth larger.
    """
    image = Image.fromarray(picture)
    if palette is not None:
        highest = max(int(picture.max()), palette.entries()[-1].index)
        image.putpalette(palette.lut()[: highest + 1].tobytes())
    data = _save(image, "PNG", compress_level=level)
    return with_text(data, text) if text else data


def grey_png(values: np.ndarray) -> bytes:
    """Grey PNG of uint8 [H, W], fast: exact values for the browser to colour.

    For large noisy maps in flight, whose values need not be exact, `jpeg` is smaller and faster.
    """
    return png(values, level=1)


def data_uri(mime: str, data: bytes) -> str:
    """``data:`` address of the bytes."""
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def _save(image: Image.Image, kind: str, **options: int | bool) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
