"""The orientation flag (TIFF tag 274), found without reading any other tag's value."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_ORIENTATION = 274
_SHORT, _LONG = 3, 4
_UNIT = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}


class Entry(NamedTuple):
    """One 12-byte directory entry: tag, value type, count of values, the bytes as stored."""

    tag: int
    kind: int
    count: int
    raw: bytes

    @property
    def size(self) -> int:
        """Bytes of all values; 0 for an unknown type."""
        return _UNIT.get(self.kind, 0) * self.count


def byte_order(data: bytes) -> str:
    """``"<"`` or ``">"`` for struct; raises ValueError if the data are no classic TIFF structure."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(data[:4])
    if order is None:
        raise ValueError("no TIFF structure")
    return order


def entries(data: bytes, order: str, offset: int) -> Iterator[Entry]:
    """Entries of the directory at the offset; struct.error if it runs past the end."""
    (count,) = struct.unpack_from(order + "H", data, offset)
    for at in range(offset + 2, offset + 2 + 12 * count, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", data, at)
        yield Entry(tag, kind, values, data[at : at + 12])


def values_of(entry: Entry, data: bytes, order: str, limit: int) -> tuple[int, ...]:
    """At most ``limit`` SHORTs or LONGs of an entry, stored in place or behind its offset."""
    if entry.kind not in (_SHORT, _LONG) or entry.count < 1:
        raise ValueError("not a number")
    form = f"{order}{min(entry.count, limit)}{'H' if entry.kind == _SHORT else 'I'}"
    if entry.size <= 4:
        return struct.unpack_from(form, entry.raw, 8)
    (offset,) = struct.unpack_from(order + "I", entry.raw, 8)
    return struct.unpack_from(form, data, offset)


def orientation_of(exif: bytes) -> int:
    """Orientation 1 to 8 of an EXIF block; 1 when it is absent or the block is broken."""
    exif = exif.removeprefix(b"Exif\x00\x00")
    try:
        order = byte_order(exif)
        (start,) = struct.unpack_from(order + "I", exif, 4)
        found = [e for e in entries(exif, order, start) if e.tag == _ORIENTATION]
        value = values_of(found[0], exif, order, 1)[0] if found else 1
    except (ValueError, struct.error):
        return 1
    return value if 1 <= value <= 8 else 1
