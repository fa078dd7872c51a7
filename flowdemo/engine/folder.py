"""A finished run as files in a folder, and as plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flowdemo.engine.products import make, recipe_of
from flowdemo.engine.runs import RunRecord


def save_run(record: RunRecord, out: Path) -> None:
    """Write frames, results, animations, masks where there are any, and the recipe.

    Files of sample k end in ``_k`` where there are several samples; a painted mask is written once.
    """
    (out / "frames").mkdir(parents=True, exist_ok=True)
    painted = record.given.kind == "mask"
    for k in range(record.request.samples):
        suffix = f"_{k}" if record.request.samples > 1 else ""
        for i in range(len(record.drawn)):
            (out / "frames" / f"{i:03d}{suffix}.png").write_bytes(make(record, "frame", i, k).data)
        (out / f"result{suffix}.png").write_bytes(make(record, "picture", 0, k).data)
        (out / f"trajectory{suffix}.webp").write_bytes(make(record, "webp", 0, k).data)
        if not record.manifest.levels and not painted:
            (out / f"mask{suffix}.png").write_bytes(make(record, "mask", 0, k).data)
    if painted:
        (out / "mask.png").write_bytes(make(record, "mask").data)
    (out / "recipe.json").write_bytes(make(record, "recipe").data)


def summarised(record: RunRecord) -> dict[str, Any]:
    """Recipe and numbers of a finished run; with ``labels``, one entry a sample, where the picture has one label."""
    summary = record.summary
    names = ("path_length", "straightness", "seconds", "evaluations", "changed", "settled")
    row = {"recipe": recipe_of(record), "numbers": {name: getattr(summary, name) for name in names}}
    readings = [sample.level for sample in record.frames[-1].samples]
    if record.manifest.levels is None:
        return row
    classes = [entry.name for entry in record.manifest.palette.classes]
    found = [{"class": classes[r.nearest], "mean": r.mean, "distances": list(r.distances)} for r in readings]
    return row | {"labels": found}
