from __future__ import annotations

import io
import json
import struct
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from flowdemo.errors import InputError
from flowdemo.rendering.encoders import png
from flowdemo.rendering.recipe import embed, extract, from_text

from .samples import chunk, encode, quadrants

PLAIN = png(np.arange(48, dtype=np.uint8).reshape(6, 8))
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    text,
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=15,
)
recipes = st.dictionaries(text, values, max_size=6)


def with_chunks(*chunks: bytes) -> bytes:
    return PLAIN[:33] + b"".join(chunks) + PLAIN[33:]


def text_chunk(body: bytes) -> bytes:
    return chunk(b"tEXt", b"flowdemo\x00" + body)


def refusal(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        extract(data)
    assert caught.value.field == "recipe" and caught.value.message.count(".") == 1
    return caught.value.message


@settings(deadline=None)
@given(recipes)
def test_round_trip_through_png_and_json(recipe) -> None:
    marked = embed(PLAIN, recipe)
    assert extract(marked) == recipe
    assert extract(json.dumps(recipe).encode()) == recipe
    assert extract(b"\xef\xbb\xbf \n" + json.dumps(recipe, indent=1).encode()) == recipe
    assert np.array_equal(
        np.asarray(Image.open(io.BytesIO(marked))), np.asarray(Image.open(io.BytesIO(PLAIN)))
    )


def test_embedding_is_deterministic_replaces_and_leaves_other_texts() -> None:
    titled = png(np.zeros((2, 2), np.uint8), {"title": "kept"})
    first = embed(titled, {"seed": 1, "steps": 2})
    assert embed(titled, {"steps": 2, "seed": 1}) == first
    again = embed(first, {"seed": 9})
    assert extract(again) == {"seed": 9} and again.count(b"flowdemo") == 1
    assert Image.open(io.BytesIO(again)).text["title"] == "kept"


def test_files_without_a_recipe_give_none() -> None:
    for data in (PLAIN, encode(quadrants(), "JPEG"), encode(quadrants(), "GIF"), b"", b"hello", b"\x00" * 99):
        assert extract(data) is None


def test_pixels_are_never_decoded() -> None:
    bomb = chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0))
    data = PLAIN[:8] + bomb + text_chunk(b'{"seed":4}') + chunk(b"IDAT", b"no deflate") + chunk(b"IEND", b"")
    assert extract(data) == {"seed": 4}


def test_other_text_forms_are_read() -> None:
    body = '{"a":"ä"}'
    compressed = chunk(b"zTXt", b"flowdemo\x00\x00" + zlib.compress(body.encode("latin-1")))
    assert extract(with_chunks(compressed)) == {"a": "ä"}
    plain = chunk(b"iTXt", b"flowdemo\x00\x00\x00en\x00\x00" + body.encode())
    assert extract(with_chunks(plain)) == {"a": "ä"}
    packed = chunk(b"iTXt", b"flowdemo\x00\x01\x00\x00\x00" + zlib.compress(body.encode()))
    assert extract(with_chunks(packed)) == {"a": "ä"}


HOSTILE = {
    "long": b'{"a":"' + b"x" * 70_000 + b'"}',
    "deep list": b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "deep object": b'{"a":' * 17 + b"1" + b"}" * 17,
    "list": b"[1,2]",
    "open list": b"[" * 60_000,
    "twice": b'{"seed":1,"seed":2}',
    "twice inside": b'{"o":{"a":1,"a":1}}',
    "nan": b'{"beta":NaN}',
    "infinity": b'{"beta":-Infinity}',
    "overflow": b'{"beta":1e999}',
    "digits": b'{"seed":' + b"9" * 6000 + b"}",
    "cut": b'{"seed":',
    "surrogate": rb'{"a":"\ud800"}',
    "control": b'{"a":"\x01"}',
    "trailing": b'{"a":1} x',
    "quotes": b'{"' + rb"\"" * 30_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_quickly(name: str) -> None:
    began = time.process_time()
    refusal(with_chunks(text_chunk(HOSTILE[name])))
    refusal(HOSTILE[name])
    assert time.process_time() - began < 1


@pytest.mark.parametrize("body", [b"", b"5", b"null", b'"x"', b"\xff\xfe", b"hello"])
def test_png_text_that_is_no_object_is_refused(body: bytes) -> None:
    refusal(with_chunks(text_chunk(body)))


def test_depth_counts_brackets_outside_of_strings_only() -> None:
    assert from_text('{"a":"[[[[[[[[[[[[[[[[[[[[[[", "b":"\\"[[[[[[[[[[[[[[[[[["}')["a"].startswith("[")
    assert from_text('{"a":' * 16 + "1" + "}" * 16)


def test_compressed_bombs_broken_and_double_texts_are_refused() -> None:
    bomb = zlib.compress(b" " * 50_000_000)
    refusal(with_chunks(chunk(b"zTXt", b"flowdemo\x00\x00" + bomb)))
    refusal(with_chunks(chunk(b"iTXt", b"flowdemo\x00\x01\x00\x00\x00" + bomb)))
    refusal(with_chunks(chunk(b"zTXt", b"flowdemo\x00\x00no zlib")))
    refusal(with_chunks(chunk(b"iTXt", b"flowdemo\x00\x00\x00")))
    assert "more than once" in refusal(with_chunks(text_chunk(b'{"a":1}'), text_chunk(b'{"a":1}')))
    broken = text_chunk(b'{"a":1}')[:-1] + b"\x00"
    assert "damaged" in refusal(with_chunks(broken))
    assert "damaged" in refusal(PLAIN[:40])
    refusal(b"{" + b" " * 12_000_001)


def test_what_cannot_be_read_back_is_not_written() -> None:
    for recipe in ({"a": float("nan")}, {"a": b"x"}, {"a": "x" * 70_000}, {"a": "\ud800"}):
        with pytest.raises(InputError):
            embed(PLAIN, recipe)
    for no_png in (b"", b"GIF89a", PLAIN[:-3]):
        with pytest.raises(InputError):
            embed(no_png, {})


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 120))
def test_random_bytes_raise_nothing_else(noise: bytes, at: int) -> None:
    for data in (noise, b"{" + noise, PLAIN[:at] + noise + PLAIN[at:], with_chunks(text_chunk(noise))):
        try:
            found = extract(data)
        except InputError:
            continue
        assert found is None or isinstance(found, dict)
