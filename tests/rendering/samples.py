"""Picture files built in code for the tests of this folder."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

CORNERS = {"R": (230, 20, 20), "G": (20, 200, 20), "B": (20, 20, 230), "W": (250, 250, 250)}


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def quadrants(width: int = 48, height: int = 32) -> Image.Image:
    """R G over B W."""
    image = Image.new("RGB", (width, height))
    for i, colour in enumerate(CORNERS.values()):
        x, y = (i % 2) * width // 2, (i // 2) * height // 2
        image.paste(colour, (x, y, x + width // 2, y + height // 2))
    return image


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def raw_png(width: int, height: int, bits: int, colour: int, idat: bytes, extra: bytes = b"") -> bytes:
    """PNG from parts; ``idat`` is compressed already, ``extra`` are chunks behind IHDR."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", idat) + chunk(b"IEND", b"")


def zeros(size: int) -> bytes:
    """Compressed zeros, made without holding them."""
    packer, block = zlib.compressobj(9), bytes(1 << 20)
    parts = [packer.compress(block) for _ in range(size >> 20)]
    return b"".join((*parts, packer.compress(bytes(size & 0xFFFFF)), packer.flush()))


def tiff(tags: list[tuple[int, int, int, int]], payload: bytes = b"", order: str = "<") -> bytes:
    """Classic TIFF: payload at offset 8, then the directory of (tag, type, count, value or offset)."""
    start = 8 + len(payload) + (len(payload) & 1)
    mark = b"II*\x00" if order == "<" else b"MM\x00*"
    directory = struct.pack(order + "H", len(tags))
    for tag, kind, count, value in sorted(tags):
        form = "HHIHxx" if kind == 3 and count == 1 else "HHII"
        directory += struct.pack(order + form, tag, kind, count, value)
    head = mark + struct.pack(order + "I", start) + payload
    return head.ljust(start, b"\x00") + directory + bytes(4)


def grey_tiff(
    width: int, height: int, bits: int, photometric: int, samples: bytes, order: str = "<"
) -> bytes:
    tags = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, 1, bits), (259, 3, 1, 1)]
    tags += [(262, 3, 1, photometric), (273, 4, 1, 8), (278, 3, 1, height), (279, 4, 1, len(samples))]
    return tiff(tags, samples, order)


def tiny_gif(frames: int, screen: tuple[int, int] = (1, 1), frame: tuple[int, int] = (1, 1)) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80, 0, 0) + bytes((0, 0, 0, 255, 255, 255))
    picture = b"," + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\x02\x02\x44\x01\x00"
    return head + picture * frames + b";"


def exif_orientation(value: int) -> bytes:
    return b"Exif\x00\x00" + tiff([(274, 3, 1, value)])


def photo(side: int = 512) -> np.ndarray:
    """Photo-like uint8 [side, side, 3]: shapes with soft shading, edges, and a little grain."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:side, :side] / side
    base = np.stack([180 * y + 40, 120 + 60 * np.sin(5 * x + y), 200 - 150 * y * x], axis=-1)
    for _ in range(25):
        cx, cy, r = rng.random(3) * (1, 1, 0.15)
        inside = (x - cx) ** 2 + (y - cy) ** 2 < r * r
        base[inside] = rng.random(3) * 200 + 40 * (x[inside] - cx)[:, None] / max(r, 0.01)
    return np.clip(base + rng.normal(0, 2.0, (side, side, 1)), 0, 255).astype(np.uint8)
