"""JPEG: marker segments (ITU-T T.81, annex B) up to the end of the picture."""

from __future__ import annotations

import re
import struct

from flowdemo.rendering.intake.exif import orientation_of
from flowdemo.rendering.intake.header import Damaged, Header, Unsupported

SIGNATURE = b"\xff\xd8\xff"
_MAX_SCANS = 40  # each scan of a progressive file walks the whole picture; encoders write about ten
_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_APP0, _APP1, _APP14, _APP15 = 0xE0, 0xE1, 0xEE, 0xEF
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)  # neither stuffing, fill nor a restart


def read_header(data: bytes) -> Header:
    """Size and orientation of a JPEG; application data, comments and all after its end are left out."""
    kept, width, height, scans, orientation = [b"\xff\xd8"], 0, 0, 0, 1
    at = 2
    while True:
        marker, start = _next_marker(data, at, scans > 0)
        if scans:
            kept.append(data[at : start - 2])
        if marker == _EOI:
            break
        (length,) = struct.unpack_from(">H", data, start)
        segment, at = data[start : start + length], start + length
        if marker in _SIZES:
            if width:
                raise Damaged("two frame headers")
            height, width = struct.unpack_from(">HH", segment, 3)
        elif marker == _APP1 and segment.startswith(b"Exif\x00\x00", 2):
            orientation = orientation_of(segment[2:])
        scans += marker == _SOS
        if scans > _MAX_SCANS:
            raise Unsupported(f"is stored in more than {_MAX_SCANS} passes; save it again as a plain JPEG")
        if marker in (_APP0, _APP14) or not (_APP0 <= marker <= _APP15 or marker == _COM):
            kept.append(bytes((0xFF, marker)) + segment)
    return Header("JPEG", width, height, b"".join((*kept, b"\xff\xd9")), True, orientation)


def _next_marker(data: bytes, at: int, in_scan: bool) -> tuple[int, int]:
    """Marker code and where its segment starts; outside of scans only fill bytes may come before it."""
    found = _MARKER.search(data, at)
    if found is None or not (in_scan or data[at : found.start()].strip(b"\xff") == b""):
        raise Damaged("cut off")
    return found[1][0], found.end()
