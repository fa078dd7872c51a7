"""GIF: blocks up to the second frame (GIF89a specification)."""

from __future__ import annotations

import struct

from flowdemo.rendering.intake.header import Damaged, Header

SIGNATURES = (b"GIF87a", b"GIF89a")
_EXTENSION, _FRAME, _TRAILER, _CONTROL = 0x21, 0x2C, 0x3B, 0xF9


def read_header(data: bytes) -> Header:
    """Size and number of frames of a GIF; the first frame and its transparency are kept, comments are not."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _table_bytes(flags)
    kept, frames = [data[:at]], 0
    while at < len(data) and data[at] != _TRAILER:
        start = at
        if data[at] == _FRAME:
            frames += 1
            if frames == 2:
                break
            left, top, w, h, flags = struct.unpack_from("<HHHHB", data, at + 1)
            width, height = max(width, left + w), max(height, top + h)
            at = _after_blocks(data, at + 11 + _table_bytes(flags))
        elif data[at] == _EXTENSION:
            at = _after_blocks(data, at + 2)
        else:
            raise Damaged("unknown block")
        if data[start] == _FRAME or (frames == 0 and data[start + 1] == _CONTROL):
            kept.append(data[start:at])
    if frames == 0:
        raise Damaged("no picture")
    return Header("GIF", width, height, b"".join((*kept, b";")), frames=frames)


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    """Position after a chain of length-prefixed blocks, the last of length 0."""
    while at < len(data):
        length = data[at]
        at += 1 + length
        if length == 0:
            return at
    raise Damaged("cut off")
