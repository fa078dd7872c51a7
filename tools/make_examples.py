"""Write the stored examples of the page: drawn inputs and the shipped models' trajectories.

    python tools/make_examples.py

Every input is drawn in code (``flowdemo.data.drawings``); nothing comes from a data set. Run it again whenever a
shipped model changes.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from flowdemo.data.drawings import draw_cell, draw_street  # noqa: E402
from flowdemo.engine import Engine, Given  # noqa: E402
from flowdemo.engine.stored import save_stored  # noqa: E402

FOLDER = ROOT / "assets" / "stored"
DRAWN = "A stored run; its input was drawn in code by this project."


@dataclass(frozen=True)
class Recipe:
    """One example: file name, title, model, direction, seed of the drawing, further recipe entries."""

    key: str
    title: str
    model: str
    direction: str
    drawing: int
    entries: tuple[tuple[str, object], ...] = ()


EXAMPLES = (
    Recipe("1-cell-mask", "Drawn cell → mask", "semflow-wbc", "image-to-mask", 1, (("steps", 10),)),
    Recipe("2-mask-cell", "Drawn mask → cell", "semflow-wbc", "mask-to-image", 0, (("steps", 20), ("seed", 3))),
    Recipe("3-street-mask", "Drawn street → mask", "semflow-camvid", "image-to-mask", 0, (("steps", 5),)),
    Recipe("4-mask-street", "Drawn mask → street", "semflow-camvid", "mask-to-image", 4, (("steps", 20), ("seed", 1))),
    Recipe("5-both-mask", "Cell → mask, both halves", "symmflow-wbc", "image-to-mask", 1, (("steps", 10),)),
    Recipe("6-both-cell", "Mask → cell, both halves", "symmflow-wbc", "mask-to-image", 0, (("steps", 20), ("seed", 3))),
    Recipe("7-reshaped-mask", "Drawn street → mask, FlowSeg", "flowseg-camvid", "image-to-mask", 0, (("steps", 10),)),
)


def main() -> None:
    engine = Engine("cpu")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.zip"):
        old.unlink()
    for example in EXAMPLES:
        record = run(engine, example)
        path = FOLDER / f"{example.key}.zip"
        save_stored(record, path, {"title": example.title, "origin": DRAWN})
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB, {record.summary.evaluations} evaluations")


def run(engine: Engine, example: Recipe):
    """Draw the input and compute the run."""
    manifest = engine.manifest(example.model)
    picture, labels = drawing(example.model, manifest.size, example.drawing)
    towards_mask = example.direction == "image-to-mask"
    given = Given("picture", picture) if towards_mask else Given.labels(labels, manifest)
    raw = {"model": example.model, "direction": example.direction} | dict(example.entries)
    record = engine.start(engine.request(raw, given), given)
    for _ in engine.stream(record):
        pass
    return record


def drawing(model: str, size: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Picture and labels at the model's size."""
    return draw_cell(min(size), seed) if model.endswith("wbc") else draw_street(size, seed)


if __name__ == "__main__":
    main()
