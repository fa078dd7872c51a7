"""A detection at a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flowdemo.engine.core import Engine
from flowdemo.engine.detection_products import save_detection, summarised
from flowdemo.engine.detections import Searches
from flowdemo.engine.given import Given
from flowdemo.request import Request


def detect(engine: Engine, request: Request, given: Given, out: Path) -> dict[str, Any]:
    """Search a picture for anomalies, print a line for each time, and write the files; returns recipe and numbers."""
    searches = Searches(engine)
    raw = {"model": request.model, "steps": request.steps, "seed": request.seed, "settings": dict(request.settings)}
    detection = searches.open(raw, given)
    (out / "frames").mkdir(parents=True, exist_ok=True)  # before the work: a place that cannot be written to
    for found in searches.stream(detection):
        print(f"time {found.index:3} of {request.steps}  t = {found.t:.3f}  {found.evaluations} evaluations  "
              f"{found.seconds:.2f} s")  # fmt: skip
    save_detection(detection, out)
    row = summarised(detection)
    if given.note:
        print(given.note)
    print(f"image score {row['numbers']['score']:.4g}; written to {out}")
    return row
