"""Frames as the JSON messages the player understands: each carries the new frame only."""

from __future__ import annotations

from typing import Any

from flowdemo.codes.levels import Reading
from flowdemo.engine.frames import Frame, HalfViews, SampleViews
from flowdemo.engine.runs import RunRecord, Summary
from flowdemo.flow import SOLVERS
from flowdemo.rendering import encoders, views
from flowdemo.request import TO_IMAGE
from flowdemo.zoo.manifest import Manifest

SETTLING = {
    "picture": "The step at which each pixel took its final class and kept it.",
    "mask": "The step at which a pixel's colour stopped reading as the painted class.",
    "label": "",
}
SYSTEMS = {"semflow": "SemFlow", "symmflow": "SymmFlow", "flowseg": "FlowSeg", "discriminative": "Discriminative",
           "unet": "U-Net", "cgpm": "CGPM", "cfss": "CFSSnet", "classifier": "Classifier"}  # fmt: skip
PIXEL_VIEWS = ("state", "classes", "overlay", "speed")
LABEL_VIEWS = ("state", "speed")


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
    palette, codebook = manifest.palette, manifest.codebook
    to_image, random = request.direction in TO_IMAGE, request.direction in manifest.kind.random
    start = abs(manifest.kind.image_time - to_image)
    return {
        "model": manifest.name,
        "model_label": manifest.label,
        "system": SYSTEMS[manifest.system],
        "direction": request.direction,
        "frames": request.steps + 1,
        "steps": request.steps,
        "solver": request.solver,
        "solver_label": SOLVERS[request.solver].label,
        "beta": request.beta if to_image else None,
        "beta_unit": manifest.beta_unit,
        "seed": request.seed if random else None,
        "samples": request.samples,
        "size": list(manifest.size),
        "origin": record.origin,
        "device": record.device,
        "palette": palette.to_json(),
        "views": list(LABEL_VIEWS if manifest.levels else PIXEL_VIEWS),
        "view": "state",
        "input": _input(record),
        "label": record.given.label,
        "pair": _pair(manifest, to_image) if manifest.joint else None,
        "levels": manifest.levels.values.round(6).tolist() if manifest.levels else None,
        "codes": codebook.points[: codebook.classes].round(4).tolist(),
        "time": {"symbol": "t", "start": start, "end": 1 - start},
        "title": title(record),
        "settling_label": SETTLING[record.given.kind],
        "note": record.given.note or f"Computed on {record.device} from the input as it is.",
    }


def _pair(manifest: Manifest, to_image: bool) -> dict[str, Any]:
    """Which half forms, what the label half is, and whether the other half dissolves meanwhile."""
    forms = "image" if to_image else "label"
    return {"forms": forms, "labels": manifest.labels, "dissolves": not manifest.kind.one_step}


def _input(record: RunRecord) -> str | None:
    """What was given, as a picture; a class is none."""
    given = record.given
    if given.kind == "label":
        return None
    shown = views.class_map(given.pixels, record.manifest.palette) if given.kind == "mask" else given.pixels
    return encoders.data_uri("image/png", encoders.png(shown))


def title(record: RunRecord) -> str:
    """``SemFlow · blood cells · mask → image · Euler · seed 7``."""
    request = record.request
    parts = [record.manifest.label, request.direction.replace("-to-", " → "), SOLVERS[request.solver].label]
    if record.given.label is not None:
        parts[1] = f"{record.manifest.palette.classes[record.given.label].name} → image"
    if request.direction in record.manifest.kind.random:
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
                "classes": encoders.data_uri("image/png", s.classes) if s.classes else None,
                "partner": _half(s.partner) if s.partner else None,
                "level": _level(s.level) if s.level else None,
            }
            | _half(s)
            for s in frame.samples
        ],
        "numbers": {k: None if v is None else round(v, 6) for k, v in frame.numbers.items()},
    }


def _half(half: HalfViews | SampleViews) -> dict[str, Any]:
    return {
        "state": encoders.data_uri("image/jpeg", half.state),
        "speed": encoders.data_uri("image/jpeg", half.speed) if half.speed else None,
        "speed_scale": round(half.speed_scale, 5),
    }


def _level(reading: Reading) -> dict[str, Any]:
    distances = [round(d, 4) for d in reading.distances]
    return {"mean": round(reading.mean, 5), "distances": distances, "nearest": reading.nearest}


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
