"""Named endpoints for programs; every parameter has a default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from flowdemo.engine import RunRecord
from flowdemo.engine.detection_products import make as make_map
from flowdemo.engine.detection_products import summarised
from flowdemo.engine.detector import Detector
from flowdemo.engine.messages import summary_json
from flowdemo.engine.products import make, recipe_of
from flowdemo.errors import InputError
from flowdemo.rendering import encoders
from flowdemo.ui.files import read_sent
from flowdemo.ui.guard import plain
from flowdemo.ui.runner import Runner


def add(runner: Runner) -> None:
    """Register ``/trajectory`` and ``/models`` in the blocks being built."""

    @plain
    def trajectory(
        model: str = "",
        direction: str = "",
        image: Any = None,
        mask: Any = None,
        steps: float | None = None,
        solver: str = "euler",
        beta: float | None = None,
        seed: float = 0,
        samples: float = 1,
        temperature: float | None = None,
        label: str = "",
    ) -> Iterator[dict]:
        """Run one trajectory: a message after every step, and the result as the last one.

        Args:
            model: name of a model (see /models); the first one if empty.
            direction: "image-to-mask", "mask-to-image", "image-to-label" or "label-to-image" (see /models); the model's
                first if empty.
            image: a picture, as an uploaded file or a data URL, for image-to-mask and image-to-label.
            mask: a mask (class numbers, palette or class colours), likewise, for mask-to-image.
            steps: number of intervals, 1 to 50 (see /models); null for the model's default.
            solver: euler, adams_bashforth2, midpoint, heun, rk4 or dopri5.
            beta: half-width of the perturbation of a mask in grey levels, of a label in level spacings; null for the
                model's default.
            seed: of what is drawn at random.
            samples: runs of one input where something is drawn, 1 to 8.
            temperature: sharpness of the class posterior, 0 to 1; null for the model's default.
            label: class by name or number, for label-to-image.

        Returns:
            status, recipe, numbers, curves, and for each sample "picture" and "mask" as PNG data URLs, or "label" with
            the class, the mean of the label channel and its distances where the whole picture has one label; before
            that, for each step, status "running" with step, t, evaluations and seconds.
        """
        raw = {"model": model or next(iter(runner.engine.manifests())), "direction": direction or None,
               "solver": solver, "beta": beta, "seed": seed, "samples": samples}  # fmt: skip
        if steps is not None:
            raw["steps"] = steps
        if temperature is not None:
            raw["settings"] = {"temperature": temperature}
        record = runner.prepare(raw, read_sent(image, "image"), read_sent(mask, "mask"), label)
        record.kept = False  # its id is not told, and it must not push out runs that people look at
        for frame in runner.engine.stream(record):
            yield {"status": "running", "step": frame.index, "t": frame.t, "evaluations": frame.evaluations,
                   "seconds": round(frame.seconds, 4)}  # fmt: skip
        yield _result(record)

    @plain
    def models() -> list:
        """List the models with their directions, sizes, classes and bounds."""
        engine = runner.engine
        return [_described(runner, name) for name in (*engine.manifests(), *engine.detectors())]

    gr.api(trajectory, api_name="trajectory", concurrency_id="engine", concurrency_limit=1)
    gr.api(models, api_name="models")


def add_anomaly(detector: Detector) -> None:
    """Register ``/anomaly``; there is a detector at hand."""

    @plain
    def anomaly(
        model: str = "",
        image: Any = None,
        paths: float | None = None,
        times: float | None = None,
        weight: str = "",
        aggregation: str = "",
        share: float | None = None,
        seed: float = 0,
    ) -> Iterator[dict]:
        """Search a picture of a surface for anomalies: a message after every time, and the result as the last one.

        Args:
            model: name of a detector (see /models, direction "detect"); the first one if empty.
            image: a picture at the scale of the detector's, as an uploaded file or a data URL.
            paths: K, 1 to 32; null for the model's.
            times: T, 1 to 32; null for the model's.
            weight: "noise" (t²), "velocity" (1) or "reconstruction" ((1 − t)²); the model's if empty.
            aggregation: over paths, "min", "mean" or "order"; the model's if empty.
            share: α of "order", above 0 and at most 1; null for the model's.
            seed: of the paths' noise.

        Returns:
            status, recipe, numbers (score, threshold, scale, scores of normal pictures) and "map", the 16-bit PNG as a
            data URL (65535 is the value scale); before that status "running" with time, t, evaluations and seconds.
        """
        picture = read_sent(image, "image")
        if picture is None:
            raise InputError("Give a picture of a surface.", field="image")
        asked = {"model": model or next(iter(detector.engine.detectors())), "paths": paths, "times": times,
                 "weight": weight, "aggregation": aggregation, "share": share, "seed": seed}  # fmt: skip
        detection = detector.start({key: value for key, value in asked.items() if value not in (None, "")}, picture)
        for found in detector.stream(detection):
            yield {"status": "running", "time": found.index, "t": found.t, "evaluations": found.evaluations,
                   "seconds": round(found.seconds, 4)}  # fmt: skip
        told = summarised(detection)
        made = make_map(detection, "map-png16")
        yield {"status": detection.status, **told, "map": encoders.data_uri(made.mime, made.data)}

    gr.api(anomaly, api_name="anomaly", concurrency_id="engine", concurrency_limit=1)


def _result(record: RunRecord) -> dict[str, Any]:
    end, count = summary_json(record.summary), record.request.samples
    return {
        "status": end["status"],
        "recipe": recipe_of(record),
        "samples": [_sample(record, k) for k in range(count)],
        "numbers": end["numbers"],
        "curves": end["curves"],
        "note": record.given.note or None,
    }


def _sample(record: RunRecord, sample: int) -> dict[str, Any]:
    level = record.frames[-1].samples[sample].level
    if level is None:
        return {kind: _url(record, kind, sample) for kind in ("picture", "mask")}
    name = record.manifest.palette.classes[level.nearest].name
    label = {"class": name, "mean": round(level.mean, 5), "distances": [round(d, 4) for d in level.distances]}
    return {"picture": _url(record, "picture", sample), "label": label}


def _url(record: RunRecord, kind: str, sample: int) -> str:
    product = make(record, kind, 0, sample)
    return encoders.data_uri(product.mime, product.data)


def _described(runner: Runner, name: str) -> dict[str, Any]:
    manifest, limits = runner.engine.manifest(name), runner.engine.limits(name)
    return {
        "name": name,
        "label": manifest.label,
        "directions": list(limits.directions),
        "size": list(manifest.size),
        "classes": [c.name for c in manifest.palette.classes],
        "max_steps": limits.max_steps,
        "default_steps": dict(limits.default_steps),
        "beta_bound": limits.beta_bound,
        "default_beta": limits.default_beta,
        "beta_unit": limits.beta_unit,
        "settings": {name: setting.default for name, setting in limits.settings.items()},
    }
