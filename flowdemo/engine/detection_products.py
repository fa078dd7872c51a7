"""What a person takes home from a detection: the map as numbers, as a picture, and its recipe."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from flowdemo.engine.detection_maps import every_map, known_of, levels_of, maps
from flowdemo.engine.detection_messages import score_of
from flowdemo.engine.detections import Detection
from flowdemo.engine.products import Product
from flowdemo.errors import InputError
from flowdemo.rendering import encoders, recipe

FULL = 65535  # of 16 bits


def make(detection: Detection, kind: Any) -> Product:
    """Build one product.

    Args:
        detection: with at least one time.
        kind: ``map-png16`` (values over the model's colour scale, 65535 at its top; the recipe tells ``scale``),
            ``map-npz`` (float32 map, maps of all times, times) or ``recipe``.

    Raises:
        InputError: unknown kind, or nothing is found yet.
    """
    if not isinstance(kind, str) or kind not in PRODUCTS:
        raise InputError(f"There is no such download; choose one of: {', '.join(PRODUCTS)}.", field="kind")
    if not detection.found:
        raise InputError("This detection has no map yet.", field="run")
    suffix, mime, build = PRODUCTS[kind]
    request = detection.request
    name = f"{request.model}_detect_{int(detection.settings['paths'])}paths_{request.steps}times_seed{request.seed}"
    return Product(name + suffix, mime, build(detection))


def recipe_of(detection: Detection) -> dict[str, Any]:
    """The recipe with all settings, the weights' hashes, and what the 16-bit map needs to be read."""
    files = {name: entry["sha256"] for name, entry in detection.manifest.files.items()}
    raw = detection.request.to_json() | {"weights": files}
    return raw | {"settings": detection.settings, "scale": known_of(detection)["scale"]}


def mean_map(detection: Detection) -> np.ndarray:
    """The map over all times so far, float32 ``[H, W]``."""
    return maps(detection, len(detection.found))[1]


def save_detection(detection: Detection, out: Path) -> None:
    """Write a picture of each time's map, the mean map as a picture and as numbers, and the recipe."""
    (out / "frames").mkdir(parents=True, exist_ok=True)
    scale = known_of(detection)["scale"]
    for index, values in enumerate(every_map(detection, len(detection.found)), 1):
        (out / "frames" / f"{index:03d}.png").write_bytes(encoders.png(levels_of(values, scale)))
    (out / "result.png").write_bytes(_png16(detection))
    (out / "map.npz").write_bytes(_npz(detection))
    (out / "recipe.json").write_bytes(_recipe(detection))


def summarised(detection: Detection) -> dict[str, Any]:
    """Recipe and numbers of a finished detection."""
    known, mean = known_of(detection), mean_map(detection)
    last = detection.found[-1]
    numbers = {"score": score_of(detection, mean), "threshold": known["threshold"], "scale": known["scale"],
               "above_threshold": float((mean > known["threshold"]).mean()), "evaluations": last.evaluations,
               "seconds": last.seconds, "normal_scores": known["scores"]}  # fmt: skip
    return {"recipe": recipe_of(detection), "numbers": numbers}


def _png16(detection: Detection) -> bytes:
    scale = known_of(detection)["scale"]
    values = np.rint(FULL * np.clip(mean_map(detection) / scale, 0, 1)).astype(np.uint16)
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return recipe.embed(buffer.getvalue(), recipe_of(detection))


def _npz(detection: Detection) -> bytes:
    every = every_map(detection, len(detection.found))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, map=mean_map(detection), maps=every, times=np.array([f.t for f in detection.found]),
                        scale=np.float64(known_of(detection)["scale"]))  # fmt: skip
    return buffer.getvalue()


def _recipe(detection: Detection) -> bytes:
    return (json.dumps(recipe_of(detection), indent=1, ensure_ascii=False) + "\n").encode()


PRODUCTS = {
    "map-png16": ("_map16.png", "image/png", _png16),
    "map-npz": (".npz", "application/octet-stream", _npz),
    "recipe": (".json", "application/json", _recipe),
}
