"""Shape runs as the page asks for them: offers, silhouettes, masks of other runs, messages, files."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flowdemo.data.silhouettes import SILHOUETTES, silhouette
from flowdemo.engine import shape_methods
from flowdemo.engine.shape_messages import grey
from flowdemo.engine.shape_methods import FLOW, Question
from flowdemo.engine.shape_products import make
from flowdemo.engine.shapes import ShapeRun, Shapes, read_field
from flowdemo.errors import InputError
from flowdemo.rendering.masks import resize_nearest
from flowdemo.request import TO_IMAGE

if TYPE_CHECKING:
    from flowdemo.engine.core import Engine
    from flowdemo.engine.runs import RunRecord

SIDE = 128  # pixels of the canvas of the page


class Shaper(Shapes):
    """What the tab *Shape* stands on; see :class:`~flowdemo.engine.shapes.Shapes` for what computes."""

    def offers(self) -> dict[str, Any]:
        """Silhouettes and methods, for the page; nothing is computed and torch is not needed."""
        known = [{"name": name, "label": name.capitalize()} for name in SILHOUETTES]
        return {"silhouettes": known, "methods": shape_methods.offers()}

    def silhouette(self, name: Any) -> dict[str, str]:
        """``{"field"}``: a hard mask of 128×128 pixels as PNG data URL.

        Raises:
            InputError: no such silhouette.
        """
        return {"field": grey(silhouette(name, SIDE, 0.0))}

    def start(self, field: bytes | Path, **asked: Any) -> ShapeRun:
        """A new run on a picture file.

        Args:
            asked: ``method``, ``soften``, ``parts`` and ``settings``; see :meth:`~.shape_methods.Question.build`.

        Raises:
            InputError: with the field at fault.
        """
        return self.open(Question.build(read_field(field), **asked))

    def pictures(self, run: ShapeRun) -> Iterator[dict[str, Any]]:
        """The frames of :meth:`stream` as JSON."""
        frames = self.stream(run)
        try:
            for frame in frames:
                yield frame.json
        finally:
            frames.close()

    def frames(self, run: Any, indices: list[int]) -> list[dict[str, Any]]:
        """Frames of a kept run; InputError: no such run."""
        found = self.runs.get(run).frames
        return [found[index].json for index in indices if index < len(found)]

    def download(self, run: Any, kind: str) -> dict[str, str]:
        """A file of a kept run, base64; InputError: no such run or kind."""
        product = make(self.runs.get(run), kind)
        return {"name": product.name, "mime": product.mime, "data": base64.b64encode(product.data).decode("ascii")}

    def result(self, engine: Engine, run: Any) -> dict[str, Any]:
        """The classes of the mask that a segmentation run ended with, and the model's label.

        Raises:
            InputError: no such run, or its result is no mask.
        """
        record = engine.runs.get(run)
        counts = np.bincount(_mask_of(record).ravel(), minlength=256)
        classes = [
            {"index": entry.index, "name": entry.name, "color": list(entry.color),
             "share": round(float(counts[entry.index] / counts.sum()), 6)}
            for entry in record.manifest.palette.classes
        ]  # fmt: skip
        return {"classes": classes, "name": record.manifest.label}

    def taken(self, engine: Engine, run: Any, index: int) -> dict[str, str]:
        """``{"field"}``: where that mask has a class, with its longer side at 128 pixels, in the middle of 128×128.

        Raises:
            InputError: no such run or class, or no pixel of it.
        """
        found = _mask_of(engine.runs.get(run)) == index
        if not found.any():
            raise InputError("This result has no pixel of that class; choose another.", field="class")
        height, width = (max(1, round(SIDE * side / max(found.shape))) for side in found.shape)
        canvas = np.zeros((SIDE, SIDE))
        top, left = (SIDE - height) // 2, (SIDE - width) // 2
        canvas[top : top + height, left : left + width] = resize_nearest(found, (width, height), "stretch")
        return {"field": grey(canvas)}

    def tangents(self, field: bytes, settings: dict[str, Any]) -> dict[str, Any]:
        """``{"arrows", "outline"}``: T of a template in its pose, and its mask as PNG data URL.

        Raises:
            InputError: the picture or a setting of contour flow cannot be used, or the template is empty.
        """
        from flowdemo.systems.contourflow import tangent
        from flowdemo.systems.shape_runs import arrows, placed

        question = Question.build(read_field(field), FLOW, settings=settings)
        phi = placed(question.field, question.settings)
        return {"arrows": arrows(tangent(phi)), "outline": grey((phi[0, 0] >= 0).numpy())}


def _mask_of(record: RunRecord) -> np.ndarray:
    """Classes uint8 ``[H, W]`` of the last frame, of the first sample."""
    if record.request.direction in TO_IMAGE or record.manifest.levels or not record.drawn:
        raise InputError("That run has no mask as its result; run a segmentation first.", field="run")
    return record.classes(0)[-1]
