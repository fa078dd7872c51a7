"""What the painter accepts from a browser, and every hostile value it refuses with one sentence."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib

import gradio as gr
import numpy as np
import pytest
from gradio_client.utils import json_schema_to_python_type
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from flowdemo.ui.widgets.painter import MaskPainter, PaintedMask
from flowdemo.ui.widgets.painter.value import MAX_CHARS, PREFIX, encode_mask

WIDTH, HEIGHT = 6, 4
PALETTE = {
    "name": "cells",
    "classes": [
        {"index": 0, "name": "background", "color": [244, 241, 234]},
        {"index": 1, "name": "cytoplasm", "color": [120, 180, 214]},
        {"index": 2, "name": "nucleus", "color": [88, 62, 132]},
    ],
    "ignore": {"index": 255, "name": "void", "color": [128, 128, 128]},
}
MASK = np.array([[0, 1, 2, 255, 0, 0]] * HEIGHT, np.uint8)


@pytest.fixture
def painter() -> MaskPainter:
    return MaskPainter(PALETTE, WIDTH, HEIGHT)


def url_of(image: Image.Image, kind: str = "PNG", **options: object) -> str:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return url_of_bytes(buffer.getvalue())


def url_of_bytes(data: bytes) -> str:
    return PREFIX + base64.b64encode(data).decode()


def sent(mask: object, **more: object) -> dict[str, object]:
    return {"mask": mask, "width": WIDTH, "height": HEIGHT, **more}


def forged_png(width: int, height: int, depth: int = 8, colour: int = 0, data: bytes = b"") -> bytes:
    """A PNG whose header says anything, with whatever data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def palette_image() -> Image.Image:
    image = Image.fromarray(MASK, "P")
    image.putpalette([7] * 768)
    return image


def stacked(*planes: np.ndarray) -> Image.Image:
    return Image.fromarray(np.stack(planes, -1))


OPAQUE = np.full_like(MASK, 255)


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray(MASK),
        palette_image(),
        stacked(MASK, OPAQUE),
        stacked(MASK, MASK, MASK),
        stacked(MASK, MASK, MASK, OPAQUE),
    ],
    ids=["grey", "palette", "grey and alpha", "rgb", "rgba"],
)
@pytest.mark.parametrize("form", ["object", "text"])
def test_every_exact_png_gives_the_same_indices(painter: MaskPainter, image: Image.Image, form: str) -> None:
    url = url_of(image)
    painted = painter.preprocess(sent(url) if form == "object" else url)
    assert isinstance(painted, PaintedMask)
    assert painted.indices.dtype == np.uint8
    np.testing.assert_array_equal(painted.indices, MASK)
    with pytest.raises(ValueError, match="read-only"):
        painted.indices[0, 0] = 1


@pytest.mark.parametrize("payload", [None, "", sent(None), sent("")])
def test_nothing_painted_is_none(painter: MaskPainter, payload: object) -> None:
    assert painter.preprocess(payload) is None


@given(
    st.integers(1, 20).flatmap(
        lambda width: st.lists(st.lists(st.integers(0, 2), min_size=width, max_size=width), min_size=1, max_size=20)
    )
)
@settings(max_examples=50, deadline=None)
def test_what_python_shows_comes_back_unchanged(rows: list[list[int]]) -> None:
    mask = np.array(rows, np.uint8)
    painter = MaskPainter(PALETTE, mask.shape[1], mask.shape[0])
    painted = painter.preprocess(painter.postprocess(mask))
    np.testing.assert_array_equal(painted.indices, mask)


GOOD = encode_mask(MASK)
HOSTILE = {
    "number": (7, "data URL"),
    "list": ([GOOD], "data URL"),
    "file object": ({"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, "data URL"),
    "unknown key": (sent(GOOD, path="/etc/passwd"), "data URL"),
    "no mask key": ({"width": WIDTH, "height": HEIGHT}, "data URL"),
    "mask a number": (sent(3), "text"),
    "mask an object": (sent({"path": "/etc/passwd"}), "text"),
    "another size said": ({"mask": GOOD, "width": 4, "height": 6}, "6 × 4"),
    "size as text": ({"mask": GOOD, "width": "6", "height": 4}, "6 × 4"),
    "size true": ({"mask": None, "width": True, "height": 4}, "6 × 4"),
    "too long": (PREFIX + "A" * MAX_CHARS, "400 kB"),
    "a path": ("/etc/passwd", "data URL"),
    "a web address": ("http://127.0.0.1/mask.png", "data URL"),
    "svg": ("data:image/svg+xml;base64,PHN2Zy8+", "data URL"),
    "jpeg by name": (GOOD.replace("png", "jpeg"), "data URL"),
    "not base64": (PREFIX + "@@@@", "base64"),
    "not ascii": (PREFIX + "ä" * 40, "base64"),
    "empty data": (PREFIX, "not a PNG"),
    "gif in disguise": (url_of(Image.fromarray(MASK), "GIF"), "not a PNG"),
    "another size": (encode_mask(np.zeros((HEIGHT, WIDTH + 1), np.uint8)), "7 × 4"),
    "bomb": (url_of_bytes(forged_png(60000, 60000)), "60000 × 60000"),
    "no pixels": (url_of_bytes(forged_png(0, 0)), "0 × 0"),
    "16 bit": (url_of(Image.fromarray(MASK.astype(np.uint16))), "8 bits"),
    "1 bit": (url_of(Image.fromarray(MASK == 1)), "8 bits"),
    "no data": (url_of_bytes(forged_png(WIDTH, HEIGHT)), "damaged"),
    "noise for data": (url_of_bytes(forged_png(WIDTH, HEIGHT, data=b"\x00" * 50)), "damaged"),
    "too little data": (url_of_bytes(forged_png(WIDTH, HEIGHT, data=zlib.compress(b"\x00" * 8))), "damaged"),
    "cut off": (PREFIX + base64.b64encode(base64.b64decode(GOOD.split(",")[1])[:50]).decode(), "damaged"),
    "header only": (url_of_bytes(forged_png(WIDTH, HEIGHT)[:33]), "damaged"),
    "strange colour type": (url_of_bytes(forged_png(WIDTH, HEIGHT, colour=5)), "damaged"),
    "stranger index": (encode_mask(np.where(MASK == 2, 3, MASK).astype(np.uint8)), r"\(3\)"),
    "many strangers": (encode_mask(np.arange(24, dtype=np.uint8).reshape(HEIGHT, WIDTH)), "3, 4, 5, 6, 7, …"),
    "colours": (url_of(stacked(MASK, MASK, MASK // 2)), "grey"),
    "half transparent": (url_of(stacked(MASK, MASK, MASK, OPAQUE // 2)), "opaque"),
}


@pytest.mark.parametrize(("payload", "words"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_values_are_refused_with_one_sentence(painter: MaskPainter, payload: object, words: str) -> None:
    with pytest.raises(gr.Error, match=words) as refusal:
        painter.preprocess(payload)
    message = refusal.value.message
    assert message.endswith(".") and "\n" not in message and len(message) < 160
    assert "etc" not in message and "Traceback" not in message


@given(st.binary(max_size=200), st.integers(0, 60))
@settings(max_examples=200, deadline=None)
def test_damaged_files_never_escape_as_other_errors(noise: bytes, at: int) -> None:
    good = base64.b64decode(GOOD.split(",")[1])
    painter = MaskPainter(PALETTE, WIDTH, HEIGHT)
    try:
        painted = painter.preprocess(url_of_bytes(good[:at] + noise + good[at + len(noise) :]))
    except gr.Error:
        return
    assert painted.indices.shape == (HEIGHT, WIDTH)
    assert set(np.unique(painted.indices)) <= {0, 1, 2, 255}


def test_loading_a_file_answers_with_the_indices_or_a_sentence(painter: MaskPainter) -> None:
    answer = painter.load_mask(GOOD)
    np.testing.assert_array_equal(painter.preprocess(answer["mask"]).indices, MASK)
    assert answer["report"]
    for refused in [
        3,
        None,
        {"path": "/etc/passwd"},
        "",
        "data:,",
        PREFIX + "AAAA",
        "data:x;base64," + "A" * 6_000_000,
    ]:
        answer = painter.load_mask(refused)
        assert set(answer) == {"error"} and answer["error"].endswith(".")


def test_a_new_palette_or_size_needs_change(painter: MaskPainter) -> None:
    with pytest.raises(ValueError, match="change"):
        painter.postprocess({"width": 9, "height": 9})
    update = MaskPainter.change(PALETTE, 9, 3, mask=np.ones((3, 9), np.uint8))
    again = MaskPainter(update["palette"], update["width"], update["height"])
    assert again.preprocess(again.postprocess(update["value"])).indices.shape == (3, 9)


def test_config_is_plain_json_and_the_example_is_valid(painter: MaskPainter) -> None:
    json.dumps(painter.get_config())
    assert painter.preprocess(painter.example_payload()).indices.shape == (HEIGHT, WIDTH)
    assert painter.preprocess(painter.postprocess(painter.example_value())) is not None
    assert json_schema_to_python_type(painter.api_info()) == "str"
