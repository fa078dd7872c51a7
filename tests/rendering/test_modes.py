"""Every colour mode, depth and orientation that the six formats can hold."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from flowdemo.rendering.pictures import open_picture, read_picture

from .samples import CORNERS, chunk, encode, exif_orientation, grey_tiff, quadrants, raw_png

pytestmark = pytest.mark.filterwarnings("error")

RED, WHITE, BLACK = (255, 0, 0), (255, 255, 255), (0, 0, 0)


def _two(mode: str, first: object, second: object) -> Image.Image:
    """32 × 16 picture, left half the first value, right half the second."""
    image = Image.new(mode, (32, 16), first)
    image.paste(second, (16, 0, 32, 16))
    return image


def _paletted(mode: str = "P") -> Image.Image:
    image = _two("P", 0, 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    return image


CASES = {
    "1 png": (encode(_two("1", 0, 1), "PNG"), BLACK, WHITE),
    "1 tiff fax": (encode(_two("1", 0, 1), "TIFF", compression="group4"), BLACK, WHITE),
    "1 bmp": (encode(_two("1", 0, 1), "BMP"), BLACK, WHITE),
    "L png": (encode(_two("L", 10, 200), "PNG"), (10,) * 3, (200,) * 3),
    "L tiff lzw": (encode(_two("L", 10, 200), "TIFF", compression="tiff_lzw"), (10,) * 3, (200,) * 3),
    "L gif": (encode(_two("L", 10, 200), "GIF"), (10,) * 3, (200,) * 3),
    "LA png": (encode(_two("LA", (10, 255), (10, 0)), "PNG"), (10,) * 3, WHITE),
    "LA half": (encode(_two("LA", (55, 51), (0, 204)), "PNG"), (215,) * 3, (51,) * 3),
    "P png": (encode(_paletted(), "PNG"), RED, (0, 0, 255)),
    "P gif": (encode(_paletted(), "GIF"), RED, (0, 0, 255)),
    "P bmp": (encode(_paletted(), "BMP"), RED, (0, 0, 255)),
    "P png alpha bytes": (encode(_paletted(), "PNG", transparency=bytes((255, 0))), RED, WHITE),
    "P gif transparent": (encode(_paletted(), "GIF", transparency=1), RED, WHITE),
    "PA tiff": (encode(_paletted().convert("PA"), "TIFF"), RED, (0, 0, 255)),
    "RGB png": (encode(_two("RGB", RED, (1, 2, 3)), "PNG"), RED, (1, 2, 3)),
    "RGB png key": (encode(_two("RGB", RED, (1, 2, 3)), "PNG", transparency=(1, 2, 3)), RED, WHITE),
    "RGB bmp": (encode(_two("RGB", RED, (1, 2, 3)), "BMP"), RED, (1, 2, 3)),
    "RGB webp": (encode(_two("RGB", RED, (1, 2, 3)), "WEBP", lossless=True), RED, (1, 2, 3)),
    "RGB tiff zip": (encode(_two("RGB", RED, (1, 2, 3)), "TIFF", compression="tiff_deflate"), RED, (1, 2, 3)),
    "RGBA png": (encode(_two("RGBA", (*RED, 255), (9, 9, 9, 0)), "PNG"), RED, WHITE),
    "RGBA webp": (encode(_two("RGBA", (*RED, 255), (9, 9, 9, 0)), "WEBP", lossless=True), RED, WHITE),
    "RGBA tiff": (encode(_two("RGBA", (*RED, 255), (9, 9, 9, 0)), "TIFF"), RED, WHITE),
    "CMYK tiff": (encode(_two("CMYK", (0, 255, 255, 0), (0, 0, 0, 255)), "TIFF"), RED, BLACK),
    "I;16 png": (encode(_two("I;16", 128 * 257, 65535), "PNG"), (128,) * 3, WHITE),
    "I;16 tiff": (encode(_two("I;16", 128 * 257, 65535), "TIFF"), (128,) * 3, WHITE),
    "I;16B tiff": (grey_tiff(2, 1, 16, 1, struct.pack(">2H", 128 * 257, 65535), ">"), (128,) * 3, WHITE),
    "16 bits, 0 is white": (grey_tiff(2, 1, 16, 0, struct.pack("<2H", 0, 65535)), WHITE, BLACK),
    "12 bits": (grey_tiff(2, 1, 12, 1, bytes((0x80, 0x8F, 0xFF))), (128,) * 3, WHITE),
    "I tiff": (encode(_two("I", 65535, 51 * 257), "TIFF"), WHITE, (51,) * 3),
    "I tiff, small": (encode(_two("I", 7, 255), "TIFF"), (7,) * 3, WHITE),
    "I tiff, negative": (encode(_two("I", -5, 2**31 - 1), "TIFF"), BLACK, WHITE),
    "F tiff, unit": (encode(_two("F", 0.2, 0.6), "TIFF"), (51,) * 3, (153,) * 3),
    "F tiff, range": (encode(_two("F", -3.0e38, 3.0e38), "TIFF"), BLACK, WHITE),
    "F tiff, constant": (encode(_two("F", 7.0, 7.0), "TIFF"), BLACK, BLACK),
    "F tiff, nan": (encode(_two("F", float("nan"), 1.0), "TIFF"), BLACK, WHITE),
}


@pytest.mark.parametrize("name", CASES)
def test_lossless_modes_give_exact_colours(name: str) -> None:
    data, left, right = CASES[name]
    picture = read_picture(data)
    assert picture.dtype == np.uint8 and picture.shape[2] == 3 and picture.flags.writeable
    assert tuple(picture[0, 0]) == left
    assert tuple(picture[-1, -1]) == right


LOSSY = {
    "YCbCr jpeg": (encode(_two("YCbCr", (76, 85, 255), (255, 128, 128)), "JPEG"), (254, 0, 0), WHITE),
    "L jpeg": (encode(_two("L", 10, 200), "JPEG"), (10,) * 3, (200,) * 3),
    "CMYK jpeg": (encode(_two("CMYK", (0, 255, 255, 0), (0, 0, 0, 255)), "JPEG", quality=95), RED, BLACK),
    "YCbCr tiff": (encode(_two("RGB", RED, WHITE), "TIFF", compression="jpeg"), RED, WHITE),
    "RGB webp": (encode(_two("RGB", RED, WHITE), "WEBP", quality=95), RED, WHITE),
    # CIELAB (D50) of sRGB red is (54.3, 80.8, 69.9); a and b are stored from 0 to 255 with 128 as zero.
    "LAB tiff": (encode(_two("LAB", (138, 209, 198), (255, 128, 128)), "TIFF"), RED, WHITE),
}


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_modes_give_nearly_the_colours(name: str) -> None:
    data, left, right = LOSSY[name]
    picture = read_picture(data).astype(int)
    assert np.abs(picture[4, 4] - left).max() <= 8
    assert np.abs(picture[-4, -4] - right).max() <= 8


def test_sixteen_bit_rgb_png_keeps_the_high_bytes() -> None:
    row = b"\x00" + struct.pack(">6H", 0xAB00, 0x01FF, 0xFFFF, 0, 0x8000, 0x7FFF)
    picture = read_picture(raw_png(2, 1, 16, 2, zlib.compress(row)))
    assert np.abs(picture[0].astype(int) - [[0xAB, 1, 255], [0, 128, 127]]).max() <= 1


DISPLAYED = {1: "RGBW", 2: "GRWB", 3: "WBGR", 4: "BWRG", 5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB"}


def _with_orientation(kind: str, value: int) -> bytes:
    exif = exif_orientation(value)
    if kind == "PNG":
        plain = encode(quadrants(), "PNG")
        return plain[:33] + chunk(b"eXIf", exif[6:]) + plain[33:]
    if kind == "TIFF":
        return encode(quadrants(), "TIFF", tiffinfo={274: value})
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95}
    return encode(quadrants(), kind, exif=exif, **options)


@pytest.mark.parametrize("orientation", DISPLAYED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_flag_is_obeyed(kind: str, orientation: int) -> None:
    opened = open_picture(_with_orientation(kind, orientation))
    shown = opened.pixels
    assert shown.shape == ((32, 48, 3) if orientation < 5 else (48, 32, 3))
    corners = (shown[2, 2], shown[2, -3], shown[-3, 2], shown[-3, -3])
    for corner, letter in zip(corners, DISPLAYED[orientation], strict=True):
        assert np.abs(corner.astype(int) - CORNERS[letter]).max() <= 12
    assert ("orientation" in opened.note) == (orientation != 1)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_senseless_orientation_is_ignored(value: int) -> None:
    picture = read_picture(_with_orientation("JPEG", value))
    assert picture.shape == (32, 48, 3)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (CASES["RGBA png"][0], "white"),
        (CASES["I;16 png"][0], "16 bits"),
        (CASES["12 bits"][0], "12 bits"),
        (CASES["F tiff, range"][0], "Floating"),
        (CASES["I tiff"][0], "Whole numbers"),
        (CASES["RGB png"][0], ""),
    ],
)
def test_note_says_what_was_changed(data: bytes, word: str) -> None:
    note = open_picture(data).note
    assert word in note if word else note == ""


def test_path_is_read_as_bytes_are(tmp_path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(CASES["RGB png"][0])
    assert np.array_equal(read_picture(file), read_picture(CASES["RGB png"][0]))
