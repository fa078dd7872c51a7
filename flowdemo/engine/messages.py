"""Frames as the JSON messages the player understands: each carries the new frame only."""

from __future__ import annotations

from typing import Any

from flowdemo.engine.frames import Frame
from flowdemo.engine.runs import RunRecord, Summary
from flowdemo.flow import SOLVERS
from flowdemo.rendering import encoders, views
from flowdemo.request import IMAGE_TO_MASK

SETTLING = {
    "picture": "The step at which each pixel took its final class and kept it.",
    "mask": "The step at which a pixel's colour stopped reading as the painted class.",
}


def message(record: RunRecord, frame: Frame | None, first: bool = False, last: bool = False) -> dict[str, Any]:
    """One yield: the frame, the run's description on the first, its summary on the last."""
    return {
        "run": record.id,
        "meta": meta(record) if first else None,
        "frame": frame_json(frame) if frame else None,
        "end": summary_json(record.summary) if last and record.summary else None,
    }


def meta(record: RunRecord) -> dict[str, Any]:
    """What the player must know before the first frame: sizes, names, classes, codes."""
    request, manifest = record.request, record.manifest
    towards_mask = request.direction == IMAGE_TO_MASK
    palette, codebook = manifest.palette, manifest.codebook
    shown = record.given.pixels if towards_mask else views.class_map(record.given.pixels, palette)
    return {
        "model": manifest.name,
        "model_label": manifest.label,
        "system": "Discriminative" if manifest.system == "discriminative" else "SemFlow",
        "direction": request.direction,
        "frames": request.steps + 1,
        "steps": request.steps,
        "solver": request.solver,
        "solver_label": SOLVERS[request.solver].label,
        "beta": None if towards_mask else request.beta,
        "seed": None if towards_mask else request.seed,
        "samples": request.samples,
        "size": list(manifest.size),
        "origin": record.origin,
        "device": record.device,
        "palette": palette.to_json(),
        "views": ["state", "classes", "overlay", "speed"],
        "view": "state",
        "input": encoders.data_uri("image/png", encoders.png(shown)),
        "codes": codebook.points[: codebook.classes].round(4).tolist(),
        "time": {"symbol": "t", "start": 0.0 if towards_mask else 1.0, "end": 1.0 if towards_mask else 0.0},
        "title": title(record),
        "settling_label": SETTLING[record.given.kind],
        "note": record.given.note or f"Computed on {record.device} from the input as it is.",
    }


def title(record: RunRecord) -> str:
    """``SemFlow · blood cells · mask → image · Euler · seed 7``."""
    request = record.request
    parts = [record.manifest.label, request.direction.replace("-to-", " → "), SOLVERS[request.solver].label]
    if record.given.kind == "mask":
        parts.append(f"seed {request.seed}")
    return " · ".join(parts)


def frame_json(frame: Frame) -> dict[str, Any]:
    return {
        "index": frame.index,
        "progress": round(frame.progress, 6),
        "t": frame.t,
        "evaluations": frame.evaluations,
        "seconds": round(frame.seconds, 4),
        "samples": [
            {
                "state": encoders.data_uri("image/jpeg", s.state),
                "classes": encoders.data_uri("image/png", s.classes),
                "speed": encoders.data_uri("image/jpeg", s.speed) if s.speed else None,
                "speed_scale": round(s.speed_scale, 5),
            }
            for s in frame.samples
        ],
        "numbers": {k: None if v is None else round(v, 6) for k, v in frame.numbers.items()},
    }


def summary_json(summary: Summary) -> dict[str, Any]:
    return {
        "status": summary.status,
        "message": summary.message,
        "numbers": {
            "path_length": round(summary.path_length, 5),
            "straightness": round(summary.straightness, 5),
            "evaluations": summary.evaluations,
            "seconds": round(summary.seconds, 4),
        },
        "curves": {"speed": summary.speed, "changed": summary.changed, "settled": summary.settled},
        "settling": [encoders.data_uri("image/png", encoders.grey_png(m)) for m in summary.settling],
    }
