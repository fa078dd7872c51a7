"""What every format's header reader returns, and the failures they share."""

from __future__ import annotations

from dataclasses import dataclass

MAX_BYTES = 12_000_000
MAX_PIXELS = 40_000_000
MAX_SIDE = 16_384


class Damaged(ValueError):
    """The header or structure of a picture file is broken or cut off."""


class Unsupported(ValueError):
    """A sound file of a kind that is not read; the message completes "The picture …"."""


@dataclass(frozen=True)
class Header:
    """What is known of a picture before decoding.

    Attributes:
        format: Pillow's name of the format.
        width, height: as stored, before the orientation flag is obeyed.
        clean: bytes that hold the picture and nothing else.
        lossy: whether the coding changes pixel values (so that they cannot be class indices).
        orientation: EXIF orientation, 1 to 8.
        frames: 1, or 2 for "more than one".
        bits: bits per sample.
        inverted: whether 0 means white in a file whose decoder does not turn it round.
    """

    format: str
    width: int
    height: int
    clean: bytes
    lossy: bool = False
    orientation: int = 1
    frames: int = 1
    bits: int = 8
    inverted: bool = False
