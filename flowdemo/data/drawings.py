"""Pictures made in code: a blood cell, a street, and whole data folders of them for tests and first tries."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from flowdemo.data.drawn_cells import CELL_COLORS, CELL_NAMES, draw_cell
from flowdemo.data.drawn_streets import STREET_COLORS, STREET_NAMES, VOID, draw_street

Drawing = Callable[[int | tuple[int, int], int], tuple[np.ndarray, np.ndarray]]
KINDS: dict[str, Drawing] = {"cell": draw_cell, "street": draw_street}


def write_folder(
    folder: str | Path, n: int, size: int | tuple[int, int], seed: int = 0, kind: str = "cell", name: str | None = None
) -> Path:
    """A data folder of the layout of ``flowdemo.data.folders``, filled with drawings.

    Args:
        folder: made where it is missing.
        n: pictures of the split ``train``; ``val`` and ``test`` get a quarter each, at least 2.
        size: side, or (w, h), in pixels.
        seed: first of the seeds; no two pictures share one.
        kind: ``"cell"`` (3 classes) or ``"street"`` (11 classes and an ignore label).
        name: of the set; ``drawn-<kind>`` if None.

    Returns:
        The folder.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    side = [size, size] if isinstance(size, int) else list(size)
    text = json.dumps(_classes(kind, name or f"drawn-{kind}") | {"size": side}, indent=1)
    (folder / "classes.json").write_text(text, "utf-8")
    few = max(2, n // 4)
    for split, count in (("train", n), ("val", few), ("test", few)):
        for kept in ("images", "masks"):
            (folder / kept / split).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            picture, labels = KINDS[kind](size, seed)
            Image.fromarray(picture).save(folder / "images" / split / f"{i:04d}.png")
            Image.fromarray(labels).save(folder / "masks" / split / f"{i:04d}.png")
            seed += 1
    return folder


def _classes(kind: str, name: str) -> dict:
    names, colors = (CELL_NAMES, CELL_COLORS) if kind == "cell" else (STREET_NAMES, STREET_COLORS)
    rows = [{"index": i, "name": n, "color": list(c)} for i, (n, c) in enumerate(zip(names, colors, strict=True))]
    if kind == "street":
        rows.append({"index": VOID, "name": "unlabelled", "color": [0, 0, 0]})
    return {"name": name, "ignore_index": VOID if kind == "street" else None, "classes": rows}


__all__ = ["KINDS", "draw_cell", "draw_street", "write_folder"]
