"""Detections as the page asks for them: offers, surfaces, messages, files."""

from __future__ import annotations

import base64
from typing import Any

from flowdemo.engine import detection_messages
from flowdemo.engine.detection_maps import encoded, known_of, paths
from flowdemo.engine.detection_products import make
from flowdemo.engine.detections import Detection, Searches
from flowdemo.engine.given import Given
from flowdemo.engine.surfaces import surface, surfaces
from flowdemo.rendering.pictures import read_picture
from flowdemo.request import DETECT
from flowdemo.zoo.manifest import Manifest


class Detector(Searches):
    """What the tab *Anomaly* stands on; see :class:`~flowdemo.engine.detections.Searches` for what computes."""

    def offers(self) -> list[dict[str, Any]]:
        """The detectors at hand with their usual settings and surfaces, for the page; nothing is loaded."""
        return [_offer(manifest) for manifest in self.engine.detectors().values()]

    def example(self, model: Any, name: Any) -> dict[str, bytes | None]:
        """``{"picture", "truth"}`` of a surface that comes with a detector, as PNG.

        Raises:
            InputError: no such model or surface.
        """
        picture, truth = surface(self.engine.manifest(model), name)
        return {"picture": picture, "truth": truth}

    def start(self, asked: dict[str, Any], picture: bytes, truth: bytes | None = None) -> Detection:
        """A new detection from what the page sends.

        Args:
            asked: ``model``, ``paths``, ``times``, ``weight``, ``aggregation``, ``share``, ``seed``.
            picture, truth: files; the truth is a picture whose light pixels are defective.

        Raises:
            InputError: with the field at fault.
        """
        given = Given.surface(picture, self.engine.manifest(asked.get("model")))
        settings = {key: asked[key] for key in ("paths", "weight", "aggregation", "share") if key in asked}
        raw = {"model": asked["model"], "steps": asked.get("times"), "seed": asked.get("seed", 0), "settings": settings}
        mask = None if truth is None else read_picture(truth)[..., 0] > 127
        if mask is not None and mask.shape != given.pixels.shape[:2]:
            mask = None  # the picture was made smaller, or is another
        return self.open({key: value for key, value in raw.items() if value is not None}, given, mask)

    def meta(self, detection: Detection) -> dict[str, Any]:
        """See :func:`~flowdemo.engine.detection_messages.meta`."""
        return detection_messages.meta(detection)

    def frame_json(self, detection: Detection, index: int) -> dict[str, Any]:
        """See :func:`~flowdemo.engine.detection_messages.frame_json`."""
        return detection_messages.frame_json(detection, index)

    def end_json(self, detection: Detection) -> dict[str, Any]:
        """See :func:`~flowdemo.engine.detection_messages.end_json`."""
        return detection_messages.end_json(detection)

    def frames(self, run: Any, indices: list[int]) -> list[dict[str, Any]]:
        """Times of a kept detection; InputError: no such detection or time."""
        detection = self.detections.get(run)
        return [self.frame_json(detection, index) for index in indices if index <= len(detection.found)]

    def regrade(self, run: Any, weight: str, aggregation: str, share: float) -> dict[str, Any]:
        """Description and frames under another weight and aggregation, without an evaluation."""
        after = self.regraded(run, weight=weight, aggregation=aggregation, share=share)
        frames = [self.frame_json(after, found.index) for found in after.found]
        return {"meta": self.meta(after), "frames": frames, "end": self.end_json(after)}

    def paths(self, run: Any, index: int) -> dict[str, Any]:
        """Maps of the single paths at one time, encoded as the others."""
        detection = self.detections.get(run)
        scale = known_of(detection)["scale"]
        return {"maps": [encoded(single, scale) for single in paths(detection, index)]}

    def download(self, run: Any, kind: str) -> dict[str, str]:
        """A file of a kept detection, base64."""
        product = make(self.detections.get(run), kind)
        return {"name": product.name, "mime": product.mime, "data": base64.b64encode(product.data).decode("ascii")}


def _offer(manifest: Manifest) -> dict[str, Any]:
    flow = manifest.flow
    return {
        "name": manifest.name, "label": manifest.label, "size": list(manifest.size), "colour": manifest.channels == 3,
        "paths": int(flow["paths"]), "times": manifest.steps[DETECT],
        "examples": [{"name": s.name, "label": s.label, "truth": s.truth} for s in surfaces(manifest)],
    } | {key: flow[key] for key in ("weight", "aggregation", "share")}  # fmt: skip
