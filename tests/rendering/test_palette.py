from __future__ import annotations

import colorsys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdemo.errors import InputError
from flowdemo.rendering.palette import ClassColour, Palette, min_separation, safe_colours

level = st.integers(0, 255)
colours = st.lists(st.tuples(level, level, level), min_size=1, max_size=20)


@settings(deadline=None)
@given(colours, st.one_of(st.none(), level))
def test_json_round_trip(values, ignore_index) -> None:
    classes = tuple(ClassColour(i, f"class {i}", c) for i, c in enumerate(values))
    if ignore_index is not None and ignore_index < len(classes):
        ignore_index = len(classes)
    ignore = None if ignore_index is None else ClassColour(ignore_index, "void", (1, 2, 3))
    palette = Palette(classes, ignore)
    assert Palette.from_json(palette.to_json()) == palette
    table = palette.lut()
    assert table.shape == (256, 3) and table.dtype == np.uint8
    assert [tuple(row) for row in table[: len(classes)]] == values
    assert ignore is None or tuple(table[ignore.index]) == (1, 2, 3)


def test_order_in_the_file_does_not_matter() -> None:
    rows = [{"index": i, "name": n, "color": [i, i, i]} for i, n in ((1, "b"), (0, "a"))]
    assert [c.name for c in Palette.from_json({"classes": rows}).classes] == ["a", "b"]


def _with(**changes: object) -> dict:
    return {"classes": [{"index": 0, "name": "a", "color": [0, 0, 0], **changes}]}


BROKEN = [
    {},
    [],
    None,
    {"classes": []},
    {"classes": "abc"},
    {"classes": [3]},
    {"classes": _with()["classes"] * 2},
    {"classes": _with()["classes"] * 256},
    _with(index=1),
    _with(index=-1),
    _with(index=True),
    _with(index="0"),
    _with(name=""),
    _with(name=" "),
    _with(name="x" * 81),
    _with(name="a\nb"),
    _with(name=5),
    _with(color=[0, 0]),
    _with(color=[0, 0, 256]),
    _with(color=[0, 0, 1.5]),
    _with(color="red"),
    {**_with(), "ignore": {"index": 0, "name": "void", "color": [0, 0, 0]}},
    {**_with(), "ignore": {"index": 256, "name": "void", "color": [0, 0, 0]}},
    {**_with(), "ignore": 7},
]


@pytest.mark.parametrize("value", BROKEN)
def test_broken_json_is_refused_in_one_sentence(value) -> None:
    with pytest.raises(InputError) as caught:
        Palette.from_json(value)
    assert caught.value.field == "palette" and caught.value.message.endswith(".")


def _luminance(colour: tuple[int, int, int]) -> float:
    linear = [((c / 255 + 0.055) / 1.055) ** 2.4 if c > 10 else c / 255 / 12.92 for c in colour]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def _as_deuteranope(colour: tuple[int, int, int]) -> tuple[float, ...]:
    """Another model than the one in the code: Viénot, Brettel and Mollon 1999, on gamma 2.2."""
    linear = (np.array(colour) / 255) ** 2.2
    seen = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]) @ linear
    return tuple(255 * np.clip(seen, 0, 1) ** (1 / 2.2))


@pytest.mark.parametrize(("n", "apart"), [(2, 150), (8, 60), (9, 60), (11, 55), (19, 30), (64, 15), (255, 5)])
def test_safe_colours_stay_apart(n: int, apart: float) -> None:
    chosen = safe_colours(n)
    assert len(set(chosen)) == n
    assert min_separation(chosen) >= apart
    if n <= 19:
        assert min_separation([_as_deuteranope(c) for c in chosen]) >= 15
    if n > 8:
        brightness = [_luminance(c) for c in chosen]
        inversions = sum(a > b + 0.12 for a, b in pairwise(brightness))
        assert inversions == 0 and brightness[0] < 0.01 and brightness[-1] > 0.9


def test_generated_sets_use_more_than_grey() -> None:
    saturated = [c for c in safe_colours(19) if colorsys.rgb_to_hsv(*(v / 255 for v in c))[1] > 0.5]
    assert len(saturated) >= 9


@pytest.mark.parametrize("n", [0, -1, 256])
def test_impossible_numbers_of_colours_are_refused(n: int) -> None:
    with pytest.raises(InputError):
        safe_colours(n)


def test_separation_of_known_colours() -> None:
    assert min_separation([(0, 0, 0), (3, 4, 0), (255, 255, 255)]) == 5
    assert min_separation([(0, 0, 0)]) == float("inf")
