"""Texts of command-line options as values."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from flowdemo.errors import InputError


def pairs(texts: Sequence[str]) -> dict[str, str]:
    """``KEY=VALUE`` texts as a table.

    Raises:
        InputError: a text without the sign.
    """
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise InputError(f"--set takes KEY=VALUE, not {wrong[0]!r}.", field="set")
    return dict(text.split("=", 1) for text in texts)


def number(text: str) -> float | int | str:
    """A number where the text is one; otherwise the text itself, which validation then refuses by name."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def steps(text: str) -> list[int]:
    """``1,2,5`` as numbers from 1 to 1000.

    Raises:
        InputError: anything else.
    """
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        found = [0]
    if not all(1 <= n <= 1000 for n in found):
        raise InputError(f"--steps takes whole numbers from 1 separated by commas, not {text!r}.", field="steps")
    return found


def numbers(name: str, text: str) -> list[float]:
    """``0,0.1,0.4`` of the option ``--name`` as finite numbers.

    Raises:
        InputError: anything else.
    """
    found = [number(part) for part in text.split(",")]
    if not all(isinstance(value, (int, float)) and isfinite(value) for value in found):
        raise InputError(f"--{name} takes numbers separated by commas, not {text[:40]!r}.", field=name)
    return [float(value) for value in found]
