"""PNG: chunks (ISO/IEC 15948, section 5), read and written without touching pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from flowdemo.rendering.intake.exif import orientation_of
from flowdemo.rendering.intake.header import Damaged, Header

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 65_536
_PIXEL_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


class Chunk(NamedTuple):
    """One chunk: type (4 letters), body, and whether its checksum holds."""

    kind: bytes
    body: bytes
    sound: bool


def chunks(data: bytes) -> Iterator[Chunk]:
    """Chunks up to and including IEND.

    Raises:
        Damaged: the chunks run past the end, are too many, or IEND is missing.
    """
    at = len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if at + 12 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + length > len(data):
            break
        body = data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
        yield Chunk(kind, body, checksum == zlib.crc32(body, zlib.crc32(kind)))
        if kind == b"IEND":
            return
        at += 12 + length
    raise Damaged("cut off")


def write_chunk(kind: bytes, body: bytes) -> bytes:
    """Length, type, body and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def read_header(data: bytes) -> Header:
    """Size, depth, orientation and animation of a PNG; only the chunks that hold pixels are kept."""
    kept, width, height, bits, frames, orientation = [SIGNATURE], 0, 0, 8, 1, 1
    for position, (kind, body, _) in enumerate(chunks(data)):
        if (kind == b"IHDR") != (position == 0):
            raise Damaged("IHDR must come first and once")
        if kind == b"IHDR":
            width, height, bits = struct.unpack_from(">IIB", body)
        elif kind == b"acTL":
            frames = min(2, max(1, struct.unpack_from(">I", body)[0]))
        elif kind == b"eXIf":
            orientation = orientation_of(body)
        if kind in _PIXEL_CHUNKS:
            kept.append(write_chunk(kind, body))
    return Header("PNG", width, height, b"".join(kept), False, orientation, frames, bits)
