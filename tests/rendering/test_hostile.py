"""Files that want to harm: bombs, cut, foreign, animated and random ones."""

from __future__ import annotations

import pickle
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import flowdemo
from flowdemo.errors import InputError
from flowdemo.rendering.intake.decode import read_header
from flowdemo.rendering.masks import read_mask
from flowdemo.rendering.palette import ClassColour
from flowdemo.rendering.pictures import read_picture

from .samples import chunk, encode, exif_orientation, quadrants, raw_png, tiff, tiny_gif, zeros

pytestmark = pytest.mark.filterwarnings("error")

SOUND = {
    "png": encode(quadrants(), "PNG"),
    "png16": encode(Image.new("I;16", (31, 17), 999), "PNG"),
    "jpeg": encode(quadrants(), "JPEG"),
    "progressive": encode(quadrants(), "JPEG", progressive=True),
    "webp": encode(quadrants(), "WEBP"),
    "webp lossless": encode(quadrants(), "WEBP", lossless=True, exif=exif_orientation(3)),
    "bmp": encode(quadrants(), "BMP"),
    "tiff": encode(quadrants(), "TIFF"),
    "tiff lzw": encode(quadrants(), "TIFF", compression="tiff_lzw"),
    "gif": encode(quadrants(), "GIF"),
}
ROOT = Path(flowdemo.__file__).parents[1]
CLASSES = (ClassColour(0, "a", (0, 0, 0)), ClassColour(1, "b", (255, 255, 255)))


def refusal(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read_picture(data)
    message = caught.value.message
    assert caught.value.field == "image"
    assert message.endswith(".") and message.count(". ") == 0 and "\n" not in message and "/" not in message
    return message


def _webp_canvas(width: int, height: int) -> bytes:
    body = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    payload = b"WEBPVP8X" + struct.pack("<I", 10) + body
    return b"RIFF" + struct.pack("<I", len(payload)) + payload


def _jpeg_of(width: int, height: int) -> bytes:
    data = bytearray(SOUND["jpeg"])
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def _bmp_of(width: int, height: int) -> bytes:
    data = bytearray(SOUND["bmp"])
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


BOMBS = {
    "png 9400": raw_png(9400, 9400, 8, 0, zeros(9400 * 9401)),
    "png row": raw_png(65535, 1, 8, 2, zeros(3 * 65535 + 1)),
    "png largest": raw_png(2**31 - 1, 2**31 - 1, 8, 2, b""),
    "gif screen": tiny_gif(1, screen=(65535, 65535)),
    "gif frame": tiny_gif(1, frame=(65535, 65535)),
    "webp canvas": _webp_canvas(16384, 16384),
    "jpeg 65500": _jpeg_of(65500, 65500),
    "bmp": _bmp_of(2**30, 2**30),
    "bmp upside down": _bmp_of(30000, -30000),
    "tiff": tiff([(256, 4, 1, 10**5), (257, 4, 1, 10**5), (273, 4, 1, 8), (279, 4, 1, 4)], b"abcd"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_refused_from_its_header(name: str) -> None:
    assert len(BOMBS[name]) < 100_000
    message = refusal(BOMBS[name])
    assert "limit is 40" in message or "limit is 16384" in message


def test_limit_is_the_area_not_the_bytes() -> None:
    allowed = read_header(raw_png(8000, 5000, 1, 0, b""))
    assert (allowed.width, allowed.height) == (8000, 5000)
    assert "40 megapixels" in refusal(raw_png(8000, 5001, 1, 0, b""))


@pytest.mark.parametrize(
    "data",
    [
        tiny_gif(10_000),
        tiny_gif(2),
        encode(quadrants(), "WEBP", save_all=True, append_images=[Image.new("RGB", (48, 32))]),
        encode(quadrants(), "PNG", save_all=True, append_images=[Image.new("RGB", (48, 32))]),
        encode(quadrants(), "TIFF", save_all=True, append_images=[Image.new("RGB", (48, 32))]),
    ],
    ids=["gif 10000", "gif 2", "webp", "apng", "tiff pages"],
)
def test_animated_files_are_refused(data: bytes) -> None:
    assert "more than one frame" in refusal(data)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"<svg onload=alert(1)></svg>", "SVG"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "web page"),
        (b"import os\n", "text"),
        (b'{"a": 1}', "text"),
        (b"PK\x03\x04" + bytes(60), "ZIP"),
        (b"%PDF-1.7\n" + bytes(60), "PDF"),
        (bytes(4) + b"ftypheic" + bytes(60), "HEIC"),
        (b"\x7fELF" + bytes(60), "program"),
        (b"\x00\x01\x02\x03" * 30, "unknown kind"),
        (bytes(12_000_001), "12 MB"),
        (b"BM" + bytes(100), "damaged"),
    ],
)
def test_other_files_are_named_in_the_refusal(data: bytes, word: str) -> None:
    assert word in refusal(data)


def test_missing_file_gives_no_path(tmp_path) -> None:
    with pytest.raises(InputError) as caught:
        read_picture(tmp_path / "gone.png")
    assert str(tmp_path) not in caught.value.message and "gone" not in caught.value.message


@pytest.mark.parametrize("name", SOUND)
def test_polyglot_is_read_as_the_picture_alone(name: str) -> None:
    plain = read_picture(SOUND[name])
    tail = b"PK\x03\x04<script>alert(1)</script>" * 20
    assert np.array_equal(read_picture(SOUND[name] + tail), plain)
    assert b"script" not in read_header(SOUND[name] + tail).clean or name in ("bmp", "tiff", "tiff lzw")


@pytest.mark.parametrize("name", SOUND)
def test_every_truncation_is_refused_or_read_whole(name: str) -> None:
    data = SOUND[name]
    whole = read_picture(data)
    for end in {*range(1, min(len(data), 120)), *range(1, len(data), max(1, len(data) // 60)), len(data) - 1}:
        try:
            assert np.array_equal(read_picture(data[:end]), whole), end
        except InputError as error:
            assert error.field == "image"
    refusal(data[: len(data) // 2])
    refusal(data[:8])


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=0, max_size=400), st.sampled_from([b"", *(data[:16] for data in SOUND.values())]))
def test_random_bytes_never_raise_anything_else(tail: bytes, start: bytes) -> None:
    for read in (read_picture, lambda data: read_mask(data, CLASSES)):
        try:
            read(start + tail)
        except InputError as error:
            assert error.message.endswith(".")


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(sorted(SOUND)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_flipped_bytes_never_raise_anything_else(name: str, flips: list[tuple[float, int]]) -> None:
    data = bytearray(SOUND[name])
    for place, value in flips:
        data[int(place * (len(data) - 1))] = value
    try:
        picture = read_picture(bytes(data))
    except InputError:
        return
    assert picture.dtype == np.uint8 and picture.ndim == 3


def test_metadata_that_would_be_slow_or_large_is_never_read() -> None:
    """Quadratic GIF comments, megabytes of compressed PNG text, EXIF tags that share one value."""
    comment = b"!\xfe" + (b"\xff" + b"a" * 255) * 40_000 + b"\x00"
    gif = SOUND["gif"]
    at = gif.index(b",", 13 + 3 * 2 ** ((gif[10] & 7) + 1)) if gif[10] & 0x80 else 13
    text = chunk(b"zTXt", b"k\x00\x00" + zlib.compress(bytes(1 << 20))) * 300
    value = bytes(60_000)
    tags = [(tag, 7, len(value), 8) for tag in range(40_000, 40_400)]
    exif = b"Exif\x00\x00" + tiff([*tags, (274, 3, 1, 6)], value)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    began = time.process_time()
    assert read_picture(gif[:at] + comment + gif[at:]).shape == (32, 48, 3)
    assert read_picture(SOUND["png"][:33] + text + SOUND["png"][33:]).shape == (32, 48, 3)
    assert read_picture(SOUND["jpeg"][:2] + segment + SOUND["jpeg"][2:]).shape == (48, 32, 3)
    assert time.process_time() - began < 2


def test_tiff_tags_that_share_values_are_refused() -> None:
    payload = bytes(200_000)
    sizes = [(256, 3, 1, 4), (257, 3, 1, 4)]
    shared = [(tag, 4, 50_000, 8) for tag in (273, 279, 324, 325)]
    assert "damaged" in refusal(tiff([*sizes, *shared], payload))


def test_tiff_with_a_huge_tile_is_refused() -> None:
    tags = [(256, 3, 1, 1), (257, 3, 1, 1), (322, 4, 1, 60_000), (323, 4, 1, 60_000)]
    assert "tiles" in refusal(tiff([*tags, (324, 4, 1, 8), (325, 4, 1, 4)], b"abcd"))


def test_jpeg_of_many_passes_is_refused() -> None:
    data = SOUND["progressive"]
    at = data.rindex(b"\xff\xda")
    assert "passes" in refusal(data[:at] + data[at:-2] * 60 + b"\xff\xd9")


def test_run_length_bmp_is_refused() -> None:
    data = bytearray(SOUND["bmp"])
    data[30:34] = struct.pack("<I", 1)
    assert "run-length" in refusal(bytes(data))


MEASURE = """
import resource, sys, pickle
from flowdemo.errors import InputError
from flowdemo.rendering.pictures import read_picture
sound, bombs = pickle.load(sys.stdin.buffer)
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
for data in sound: read_picture(data)
before = peak()
for data in bombs:
    try: read_picture(data)
    except InputError: pass
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss counts in kB on Linux only")
def test_memory_stays_flat_on_bombs() -> None:
    text = chunk(b"zTXt", b"k\x00\x00" + zlib.compress(bytes(1 << 20))) * 300
    value = bytes(1 << 20)
    shared = tiff([(tag, 7, len(value), 8) for tag in range(40_000, 40_900)] + [(256, 3, 1, 4)], value)
    cut = raw_png(8000, 5000, 8, 2, zlib.compress(b"abc"))
    bombs = [*BOMBS.values(), tiny_gif(10_000), SOUND["png"][:33] + text + SOUND["png"][33:], shared, cut]
    given_data = pickle.dumps((list(SOUND.values()), bombs))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], input=given_data, capture_output=True, check=True, cwd=ROOT
    )
    assert float(done.stdout) < 50
    assert done.stderr == b""
