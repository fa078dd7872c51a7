"""Recipes in PNG texts and JSON files: a result carries the request that made it."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from flowdemo.errors import InputError
from flowdemo.rendering.intake.header import MAX_BYTES, Damaged
from flowdemo.rendering.intake.png import SIGNATURE, Chunk, chunks
from flowdemo.rendering.pngtext import keyword_of, text_of, with_text

KEYWORD = "flowdemo"
MAX_TEXT = 64 * 1024
MAX_DEPTH = 16
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)  # an unclosed one runs to the end
_TEXT_KINDS = (b"tEXt", b"zTXt", b"iTXt")


def embed(png: bytes, recipe: dict[str, Any]) -> bytes:
    """The PNG with the recipe as text under the keyword ``flowdemo``; an earlier one is replaced.

    Raises:
        InputError: the bytes are no whole PNG, or the recipe is no plain JSON of at most 64 kB.
    """
    return with_text(png, {KEYWORD: to_text(recipe)})


def to_text(recipe: dict[str, Any]) -> str:
    """The recipe as ASCII JSON with sorted keys; InputError if it could not be read back."""
    try:
        text = json.dumps(recipe, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise _bad("is no plain JSON") from None
    from_text(text)
    return text


def extract(data: bytes) -> dict[str, Any] | None:
    """The recipe of a PNG or of a JSON file's bytes; None where there is none. No pixel is decoded.

    Raises:
        InputError: the file is too large, or a recipe is there but broken (field ``"recipe"``).
    """
    if len(data) > MAX_BYTES:
        raise _bad(f"file is larger than {MAX_BYTES // 10**6} MB")
    if data.startswith(SIGNATURE):
        return _from_png(data)
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] not in (b"{", b"["):
        return None
    try:
        return from_text(_capped(data).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _bad("is not UTF-8 text") from None


def from_text(text: str) -> dict[str, Any]:
    """Parse foreign recipe text.

    Raises:
        InputError: above 64 kB, nested deeper than 16, not a JSON object, a key given twice, a number that is
            not finite, or characters that are no text (field ``"recipe"``).
    """
    if len(text) > MAX_TEXT:
        raise _bad(f"is longer than {MAX_TEXT // 1024} kB")
    if _depth(text) > MAX_DEPTH:
        raise _bad(f"is nested deeper than {MAX_DEPTH} levels")
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_not_finite, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # refuses lone surrogates
    except (ValueError, RecursionError):
        raise _bad("is no valid JSON") from None
    if not isinstance(value, dict):
        raise _bad("is no JSON object")
    return value


def _from_png(data: bytes) -> dict[str, Any] | None:
    found: list[Chunk] = []
    try:
        for chunk in chunks(data):
            if chunk.kind in _TEXT_KINDS and keyword_of(chunk) == KEYWORD.encode():
                found.append(chunk)
    except Damaged:
        if not found:
            raise _bad("cannot be looked for, because the PNG file is damaged or cut off") from None
    if not found:
        return None
    if len(found) > 1:
        raise _bad("is there more than once in the PNG")
    if not found[0].sound:
        raise _bad("is damaged in the PNG")
    try:
        return from_text(text_of(found[0], MAX_TEXT))
    except ValueError:
        raise _bad(f"is broken or longer than {MAX_TEXT // 1024} kB in the PNG") from None


def _capped(data: bytes) -> bytes:
    if len(data) > MAX_TEXT:
        raise _bad(f"is longer than {MAX_TEXT // 1024} kB")
    return data


def _depth(text: str) -> int:
    """Deepest nesting of brackets outside of strings, known before the recursive parser sees the text."""
    deepest = depth = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _bad("gives a key twice")
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _not_finite(text)
    return number


def _not_finite(_: str) -> NoReturn:
    raise _bad("holds a number that is not finite")


def _bad(reason: str) -> InputError:
    return InputError(f"The recipe {reason}; give a PNG or JSON file that flowdemo wrote.", field="recipe")
