"""Detections as JSON for the page and for programs."""

from __future__ import annotations

from typing import Any

import numpy as np

from flowdemo.engine.detection_maps import encoded, grading_of, known_of, maps
from flowdemo.engine.detections import Detection
from flowdemo.flow.gradings import inner_times
from flowdemo.rendering import encoders


def meta(detection: Detection) -> dict[str, Any]:
    """What a viewer must know before the first map."""
    from flowdemo.systems.exposure import exposed, shown  # imports torch, which the page does without at its start

    given, manifest, settings = detection.given, detection.manifest, detection.settings
    seen = shown(exposed(given.pixels, manifest.channels, manifest.flow["exposure"]), manifest.flow["exposure"])
    known, height, width = known_of(detection), *given.pixels.shape[:2]
    return {
        "run": detection.id, "model": manifest.name, "label": manifest.label, "size": [width, height],
        "picture": _png(seen), "paths": int(settings["paths"]), "times": list(inner_times(detection.request.steps)),
        "weight": settings["weight"], "aggregation": settings["aggregation"], "share": settings["share"],
        "seed": detection.request.seed, "scales": detection.scales,
        "glance_weight": manifest.flow.get("glance_weight", ""), "scale": known["scale"],
        "threshold": known["threshold"],
        "reference": _reference(detection, known),
        "truth": None if detection.truth is None else _png(detection.truth.astype(np.uint8) * 255),
        "note": given.note or f"Computed on {detection.device} from the picture at its own size.",
    }  # fmt: skip


def frame_json(detection: Detection, index: int) -> dict[str, Any]:
    """Time ``index`` (from 1): its map, the mean of the maps so far, and the image score so far.

    Raises:
        InputError: there is no such time.
    """
    now, mean = maps(detection, index)
    found, scale = detection.found[index - 1], known_of(detection)["scale"]
    return {"index": index, "t": found.t, "evaluations": found.evaluations, "seconds": round(found.seconds, 4),
            "map": encoded(now, scale), "sum": encoded(mean, scale), "score": score_of(detection, mean)}


def end_json(detection: Detection) -> dict[str, Any]:
    """How a detection ended; its score is None where not even one time is done."""
    last = detection.found[-1] if detection.found else None
    score = score_of(detection, maps(detection, last.index)[1]) if last else None
    return {"status": detection.status, "message": detection.message, "score": score,
            "seconds": round(last.seconds, 4) if last else 0.0, "evaluations": last.evaluations if last else 0}


def score_of(detection: Detection, mean: np.ndarray) -> float:
    """The image score of a mean map ``[H, W]``, to six digits."""
    return float(f"{grading_of(detection).score(mean):.6g}")


def _reference(detection: Detection, known: dict[str, Any]) -> dict[str, Any]:
    """Scores of normal pictures, and of a test split where it was run with these settings."""
    reference = detection.manifest.scores.get("reference", {})
    same = (detection.settings["paths"], detection.request.steps) == (reference.get("paths"), reference.get("times"))
    same = same and (detection.settings["aggregation"] != "order"
                     or detection.settings["share"] == detection.manifest.flow["share"])  # fmt: skip
    row, data = _tested(detection), detection.manifest.data.get("name", "")
    return {
        "scores": known["scores"], "valid": bool(same and known["scores"]), "data": data,
        "defective": row.get("defective_scores"), "roc": row.get("roc"), "auroc": row.get("image_auroc"),
        "words": _words(reference, same, data),
    }  # fmt: skip


def _words(reference: dict[str, Any], same: bool, data: str) -> str:
    if not reference:
        return "This model comes without scores of normal pictures, so that its score can only be compared with others."
    how = f"K = {reference['paths']}, T = {reference['times']}"
    told = f"Compared with {reference['n']} normal validation pictures of {data}, searched with {how}."
    return told if same else f"The scores of normal pictures were found with {how}, so they do not compare with this."


def _tested(detection: Detection) -> dict[str, Any]:
    """The row of the test split that was searched as this detection is, or nothing."""
    found, settings = detection.manifest.scores.get("test", {}), detection.settings
    grading = found.get("grading", {})
    telling = ("weight", "aggregation", *(["share"] if settings["aggregation"] == "order" else []))
    alike = all(grading.get(key) == settings[key] for key in telling)
    if not alike or found.get("settings", {}).get("paths") != settings["paths"]:
        return {}
    return next((row for row in found.get("rows", []) if row["steps"] == detection.request.steps), {})


def _png(pixels: np.ndarray) -> str:
    return encoders.data_uri("image/png", encoders.png(pixels))
