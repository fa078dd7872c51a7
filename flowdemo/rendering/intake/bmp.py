"""BMP: the information header behind the 14-byte file header."""

from __future__ import annotations

import struct

from flowdemo.rendering.intake.header import Damaged, Header, Unsupported

SIGNATURE = b"BM"
_RLE8, _RLE4 = 1, 2


def read_header(data: bytes) -> Header:
    """Size of a BMP; a negative height (rows from the top) counts as its absolute value."""
    (header_bytes,) = struct.unpack_from("<I", data, 14)
    if header_bytes == 12:
        width, height = struct.unpack_from("<HH", data, 18)
    elif 40 <= header_bytes <= 124:
        width, height, _, _, compression = struct.unpack_from("<iiHHI", data, 18)
        if compression in (_RLE8, _RLE4):
            raise Unsupported("is a run-length coded BMP, which is not read; save it as PNG")
    else:
        raise Damaged("unknown header")
    return Header("BMP", max(width, 0), abs(height), data)
