"""A trajectory or a detection at a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flowdemo.engine.core import Engine
from flowdemo.engine.detection_products import save_detection, summarised
from flowdemo.engine.detections import Searches
from flowdemo.engine.folder import save_run
from flowdemo.engine.folder import summarised as summarised_run
from flowdemo.engine.given import Given
from flowdemo.engine.prior_terminal import chosen, save_prior
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


def trace(
    engine: Engine, request: Request, given: Given, out: Path, prior: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Compute a trajectory, print a line for each step, and write the files; returns recipe and numbers.

    Args:
        prior: names of classes, separated by commas, whose shapes are made convex in the mask, and the method.
    """
    classes = chosen(engine, request, *prior) if prior else []
    record = engine.start(request, given)
    (out / "frames").mkdir(parents=True, exist_ok=True)
    for frame in engine.stream(record):
        print(f"step {frame.index:3} of {record.request.steps}  t = {frame.t:.3f}  {frame.evaluations} evaluations  "
              f"{frame.seconds:.2f} s")  # fmt: skip
    save_run(record, out)
    row = summarised_run(record)
    if prior:
        row["prior"] = save_prior(engine, record, classes, prior[1], out)
    if given.note:
        print(given.note)
    for k, found in enumerate(row.get("labels", [])):
        print(f"sample {k} reads {found['class']}: the mean of the label channel, {found['mean']:.3f}, is "
              f"{min(found['distances']):.3f} level spacings from it")  # fmt: skip
    numbers = row["numbers"]
    print(f"path length {numbers['path_length']:.3f}, chord/path {numbers['straightness']:.3f}; written to {out}")
    return row
