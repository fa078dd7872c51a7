"""TIFF: the first directory (TIFF 6.0, section 2), rewritten so that it holds picture tags only."""

from __future__ import annotations

import struct

from flowdemo.rendering.intake.exif import Entry, byte_order, entries, values_of
from flowdemo.rendering.intake.header import MAX_PIXELS, Damaged, Header, Unsupported

SIGNATURES = (b"II*\x00", b"MM\x00*")
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_ORIENTATION, _TILE_WIDTH, _TILE_HEIGHT = 274, 322, 323
# Everything a decoder needs to place and read samples; no metadata, no further directories.
_KEPT = frozenset(
    {256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325, 338, 339}
    | {347, 512, 513, 514, 515, 519, 520, 521, 529, 530, 531, 532}
)
_PLACES = ((273, 279), (324, 325))  # offsets and byte counts of strips, of tiles
_JPEG = (6, 7)
_MAX_VALUES = 262_144  # values of one tag: strips of 16 rows and tiles of 16 × 16 of the largest picture


def read_header(data: bytes) -> Header:
    """Size, depth, orientation and pages of a classic TIFF."""
    order = byte_order(data)
    (start,) = struct.unpack_from(order + "I", data, 4)
    found = list(entries(data, order, start))
    (following,) = struct.unpack_from(order + "I", data, start + 2 + 12 * len(found))
    kept = sorted({e.tag: e for e in found if e.tag in _KEPT and e.size}.values(), key=lambda e: e.tag)
    _check_amounts(kept, len(data))
    _check_places(kept, data, order)

    def value(tag: int, default: int) -> int:
        return next((values_of(e, data, order, 1)[0] for e in found if e.tag == tag), default)

    width, height = value(_WIDTH, 0), value(_HEIGHT, 0)
    if value(_TILE_WIDTH, 1) * value(_TILE_HEIGHT, 1) > MAX_PIXELS:
        raise Unsupported("is stored in tiles that are too large; save it as PNG")
    orientation = value(_ORIENTATION, 1)
    return Header(
        "TIFF",
        width,
        height,
        _with_directory(data, order, kept),
        lossy=value(_COMPRESSION, 1) in _JPEG,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        frames=2 if following else 1,
        bits=value(_BITS, 1),
        inverted=value(_PHOTOMETRIC, 1) == 0,
    )


def _check_amounts(kept: list[Entry], available: int) -> None:
    """Values may not overlap, or a small file could ask for any amount of memory."""
    if any(e.count > _MAX_VALUES and e.tag != 347 for e in kept) or sum(e.size for e in kept) > available:
        raise Damaged("tag values run past the end")


def _check_places(kept: list[Entry], data: bytes, order: str) -> None:
    """Strips and tiles must lie in the file; what is missing would be read from what follows it."""
    by_tag = {e.tag: e for e in kept}
    if not any(offsets in by_tag for offsets, _ in _PLACES):
        raise Damaged("no pixels")
    for offsets, sizes in _PLACES:
        if offsets in by_tag:
            starts = values_of(by_tag[offsets], data, order, _MAX_VALUES)
            lengths = values_of(by_tag[sizes], data, order, _MAX_VALUES)
            if max(s + n for s, n in zip(starts, lengths, strict=True)) > len(data):
                raise Damaged("pixels run past the end")


def _with_directory(data: bytes, order: str, kept: list[Entry]) -> bytes:
    """The file with a new directory at its end, and the header pointing there."""
    body = data + b"\x00" * (len(data) & 1)
    directory = struct.pack(order + "H", len(kept)) + b"".join(e.raw for e in kept) + b"\x00" * 4
    return body[:4] + struct.pack(order + "I", len(body)) + body[8:] + directory
