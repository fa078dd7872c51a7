"""WebP: RIFF chunks (WebP container specification)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from flowdemo.rendering.intake.exif import orientation_of
from flowdemo.rendering.intake.header import Damaged, Header

_ANIMATED, _ALPHA = 0x02, 0x10


def is_webp(data: bytes) -> bool:
    """Whether the RIFF file says that it is WebP."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def read_header(data: bytes) -> Header:
    """Size, orientation and animation of a WebP; only picture and alpha are kept."""
    kept: dict[bytes, bytes] = {}
    size, orientation, frames = (0, 0), 1, 1
    for kind, body in _chunks(data):
        if kind == b"EXIF":
            orientation = orientation_of(body)
        if kind not in _PICTURE or kind in kept:
            continue
        if kind == b"VP8X":
            size = _uint24(body, 4) + 1, _uint24(body, 7) + 1
            frames = 2 if body[0] & _ANIMATED else 1
            body = bytes((body[0] & _ALPHA,)) + body[1:10]
        kept[kind] = kind + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) & 1)
        if kind in _SIZE:
            inner = _SIZE[kind](body)
            if size not in ((0, 0), inner):
                raise Damaged("canvas and picture differ in size")
            size = inner
    payload = b"WEBP" + b"".join(kept.values())
    clean = b"RIFF" + struct.pack("<I", len(payload)) + payload
    return Header("WEBP", *size, clean, b"VP8 " in kept, orientation, frames)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    (declared,) = struct.unpack_from("<I", data, 4)
    end, at = declared + 8, 12
    if end > len(data):
        raise Damaged("cut off")
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > end:
            raise Damaged("cut off")
        yield kind, data[at + 8 : at + 8 + length]
        at += 8 + length + (length & 1)


def _uint24(body: bytes, at: int) -> int:
    if len(body) < at + 3:
        raise Damaged("cut off")
    return int.from_bytes(body[at : at + 3], "little")


def _lossy_size(body: bytes) -> tuple[int, int]:
    if body[3:6] != b"\x9d\x01\x2a":
        raise Damaged("no key frame")
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


def _lossless_size(body: bytes) -> tuple[int, int]:
    if body[:1] != b"\x2f":
        raise Damaged("no lossless signature")
    (packed,) = struct.unpack_from("<I", body, 1)
    return (packed & 0x3FFF) + 1, ((packed >> 14) & 0x3FFF) + 1


_SIZE = {b"VP8 ": _lossy_size, b"VP8L": _lossless_size}
_PICTURE = frozenset({b"VP8X", b"ALPH", *_SIZE})
