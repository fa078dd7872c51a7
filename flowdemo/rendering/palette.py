"""Class colours: what a palette is, how it is read from foreign JSON, and safe sets where none is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from flowdemo.errors import InputError

Colour = tuple[int, int, int]
MAX_CLASSES = 255
MAX_NAME = 80
UNNAMED = (128, 128, 128)  # shown for an index that has no class

# Okabe and Ito, "Color Universal Design", 2008: distinct under protanopia, deuteranopia and tritanopia.
_OKABE_ITO: tuple[Colour, ...] = (
    (0, 0, 0),
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)


@dataclass(frozen=True)
class ClassColour:
    """One class: mask value 0–255, name (1–80 characters) and RGB colour, each 0–255."""

    index: int
    name: str
    color: Colour


@dataclass(frozen=True)
class Palette:
    """Classes 0 … n-1 in order, and the ignore label where there is one.

    Raises:
        InputError: an index, name or colour breaks the rules above (field ``"palette"``).
    """

    classes: tuple[ClassColour, ...]
    ignore: ClassColour | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.classes) <= MAX_CLASSES:
            raise _bad(f"it has {len(self.classes)} classes, and 1 to {MAX_CLASSES} are allowed")
        if [entry.index for entry in self.classes] != list(range(len(self.classes))):
            raise _bad(f"its class indices must be 0 to {len(self.classes) - 1}, each once and in order")
        if self.ignore is not None and not len(self.classes) <= self.ignore.index <= 255:
            raise _bad(f"its ignore index must be {len(self.classes)} to 255")

    def lut(self) -> np.ndarray:
        """Lookup table uint8 [256, 3] from mask value to RGB; values without a class are mid-grey."""
        table = np.full((256, 3), UNNAMED, dtype=np.uint8)
        for entry in self.entries():
            table[entry.index] = entry.color
        return table

    def entries(self) -> tuple[ClassColour, ...]:
        """The classes, then the ignore label where there is one."""
        return self.classes if self.ignore is None else (*self.classes, self.ignore)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Palette:
        """Read ``{"classes": [{"index", "name", "color": [r, g, b]}, …], "ignore": {…} | null}``.

        Raises:
            InputError: the value is not of this form (field ``"palette"``).
        """
        rows = value.get("classes") if isinstance(value, Mapping) else None
        if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_CLASSES:
            raise _bad(f'"classes" must be a list of 1 to {MAX_CLASSES} entries')
        classes = sorted((_read_entry(row) for row in rows), key=lambda entry: entry.index)
        ignore = value.get("ignore")
        return cls(tuple(classes), None if ignore is None else _read_entry(ignore))

    def to_json(self) -> dict[str, Any]:
        """The form that `from_json` reads."""
        ignore = None if self.ignore is None else _write_entry(self.ignore)
        return {"classes": [_write_entry(entry) for entry in self.classes], "ignore": ignore}


def safe_colours(n: int) -> tuple[Colour, ...]:
    """n distinct colours (1 to 255) that stay apart for colour-blind readers.

    Up to 8 the Okabe–Ito set; above, colours chosen one after the other as far as possible from all before,
    in OKLab, in the worst of normal, protanope and deuteranope sight, then ordered from dark to light.

    Raises:
        InputError: n is out of range (field ``"palette"``).
    """
    if not 1 <= n <= MAX_CLASSES:
        raise _bad(f"{n} colours were asked for, and 1 to {MAX_CLASSES} are possible")
    if n <= len(_OKABE_ITO):
        return _OKABE_ITO[:n]
    candidates = _colour_grid()
    seen = [_oklab(_linear(candidates) @ sight.T) for sight in _SIGHTS]
    chosen = [0]
    nearest = np.full(len(candidates), np.inf)
    while len(chosen) < n:
        to_last = np.min([np.linalg.norm(lab - lab[chosen[-1]], axis=1) for lab in seen], axis=0)
        nearest = np.minimum(nearest, to_last)
        chosen.append(int(np.argmax(np.round(nearest, 9))))
    lightness = np.round(seen[0][:, 0], 9)
    chosen.sort(key=lambda row: (lightness[row], row))
    return tuple((int(r), int(g), int(b)) for r, g, b in candidates[chosen])


def min_separation(colours: Sequence[Colour]) -> float:
    """Smallest Euclidean distance of two of the colours, in RGB grey levels; infinite for fewer than two."""
    points = np.asarray(colours, dtype=np.float64).reshape(-1, 3)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    distances[np.diag_indices(len(points))] = np.inf
    return float(distances.min()) if len(points) > 1 else float("inf")


# Linear RGB as normal, protanope and deuteranope eyes see it (Machado, Oliveira, Fernandes 2009, severity 1).
_SIGHTS = (
    np.eye(3),
    np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    ),
)


def _colour_grid() -> np.ndarray:
    levels = np.linspace(0, 255, 9).round()
    return np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)


def _linear(srgb: np.ndarray) -> np.ndarray:
    x = srgb / 255
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def _oklab(linear: np.ndarray) -> np.ndarray:
    """Linear RGB [n, 3] to OKLab [n, 3] (Ottosson 2020)."""
    to_lms = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.cbrt(np.clip(linear, 0, 1) @ to_lms.T) @ to_lab.T


def _read_entry(value: Any) -> ClassColour:
    if not isinstance(value, Mapping):
        raise _bad("each class must be an object with index, name and color")
    index, name, color = value.get("index"), value.get("name"), value.get("color")
    if not _is_level(index):
        raise _bad("each class index must be a whole number from 0 to 255")
    if not isinstance(name, str) or not name.isprintable() or not 1 <= len(name.strip()) <= MAX_NAME:
        raise _bad(f"the name of class {index} must be plain text of 1 to {MAX_NAME} characters")
    if not isinstance(color, list | tuple) or len(color) != 3 or not all(map(_is_level, color)):
        raise _bad(f"the color of class {index} must be three whole numbers from 0 to 255")
    return ClassColour(index, name.strip(), (color[0], color[1], color[2]))


def _write_entry(entry: ClassColour) -> dict[str, Any]:
    return {"index": entry.index, "name": entry.name, "color": list(entry.color)}


def _is_level(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255


def _bad(reason: str) -> InputError:
    return InputError(f"The palette cannot be used: {reason}.", field="palette")
