"""Text in PNG files (ISO/IEC 15948, section 11.3.3), written and read chunk by chunk, without pixels."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from flowdemo.errors import InputError
from flowdemo.rendering.intake.header import Damaged
from flowdemo.rendering.intake.png import SIGNATURE, Chunk, chunks, write_chunk

_TEXT_KINDS = (b"tEXt", b"zTXt", b"iTXt")


def with_text(png: bytes, text: Mapping[str, str]) -> bytes:
    """The PNG with these texts behind its header; texts of the same keywords that were there are replaced.

    Raises:
        InputError: the bytes are no whole PNG (field ``"image"``).
        ValueError: a keyword is not 1 to 79 Latin-1 characters.
    """
    added = [_text_chunk(keyword, value) for keyword, value in text.items()]
    replaced = {keyword.encode("latin-1") for keyword in text}
    try:
        if not png.startswith(SIGNATURE):
            raise Damaged("no PNG")
        header, *others = chunks(png)
    except (Damaged, ValueError):
        raise InputError("The file is no whole PNG, so no text can be added to it.", field="image") from None
    kept = [chunk for chunk in others if not (chunk.kind in _TEXT_KINDS and keyword_of(chunk) in replaced)]
    body = [write_chunk(chunk.kind, chunk.body) for chunk in kept]
    return b"".join((SIGNATURE, write_chunk(header.kind, header.body), *added, *body))


def keyword_of(chunk: Chunk) -> bytes:
    """The keyword of a text chunk."""
    return chunk.body.partition(b"\x00")[0]


def text_of(chunk: Chunk, limit: int) -> str:
    """The text of a tEXt, zTXt or iTXt chunk, at most ``limit`` bytes once decompressed.

    Raises:
        ValueError: broken, longer than the limit, or not in its encoding.
    """
    body = chunk.body.partition(b"\x00")[2]
    if chunk.kind == b"tEXt":
        return _within(body, limit).decode("latin-1")
    if chunk.kind == b"zTXt":
        return _inflate(body[1:], limit).decode("latin-1")
    compressed, rest = body[:1] == b"\x01", body[2:]
    value = rest.split(b"\x00", 2)[2:]  # behind language tag and translated keyword
    if not value:
        raise ValueError("incomplete text chunk")
    return (_inflate(value[0], limit) if compressed else _within(value[0], limit)).decode("utf-8")


def _text_chunk(keyword: str, value: str) -> bytes:
    key = keyword.encode("latin-1")
    if not 1 <= len(key) <= 79 or b"\x00" in key:
        raise ValueError("a PNG keyword has 1 to 79 characters")
    try:
        return write_chunk(b"tEXt", key + b"\x00" + value.encode("latin-1"))
    except UnicodeEncodeError:
        return write_chunk(b"iTXt", key + b"\x00\x00\x00\x00\x00" + value.encode("utf-8"))


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise ValueError("text too long")
    return body


def _inflate(body: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise ValueError("broken compression") from error
    return _within(text, limit)
