"""One shape prior on one field, as steps: what starts, how it goes on, and what may be said about it beforehand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from flowdemo.data.silhouettes import silhouette
from flowdemo.flow import Step
from flowdemo.systems import contourflow
from flowdemo.systems.base import Watch
from flowdemo.systems.contourflow import Settings, Tangent, evidence, mask_of, step_limit, tangent
from flowdemo.systems.convexity import curvature_steps, line_scan_steps, midpoint_steps
from flowdemo.systems.convexity_projection import (
    RECOMMENDED,
    REFERENCE,
    TUTORIAL,
    logits_of,
    normalised,
    projection_steps,
)
from flowdemo.systems.distance import gaussian
from flowdemo.systems.moments import Template
from flowdemo.systems.shape_fields import Parts, taken_apart

RECIPES = {"recommended": RECOMMENDED, "reference": REFERENCE, "tutorial": TUTORIAL}
TURNS = 12  # tried where a template follows
CALM = 3.0  # pixels of a Gaussian over u before its moments are taken: noise has area too
ARROWS = 16  # along a side


@dataclass(frozen=True, eq=False)
class Plan:
    """What a run begins with.

    Attributes:
        method, settings: as asked for.
        parts: of u; of contour flow the noisy logits.
        start: u before anything, float32 ``[H, W]``.
        along: T of contour flow, ``[1, 2, H, W]`` or what finds it from u; None for others.
        tau, limit: of contour flow, its step and where it stops converging.
    """

    method: str
    settings: Mapping[str, Any]
    parts: Parts
    start: Tensor
    along: Tangent | None = None
    tau: float | None = None
    limit: float | None = None

    @property
    def total(self) -> int | None:
        """Iterations, where it is known how many."""
        return self.settings.get("iterations")

    def steps(self, watch: Watch = None) -> Iterator[Step]:
        """At most 51 steps, the start first, whose x is ``[1, K, H, W]``; ``watch`` is called before each iteration."""
        chosen, fields = self.settings, self.parts.fields
        if self.method == "line-scan":
            return line_scan_steps(fields, chosen["reach"], watch=watch)
        if self.method == "midpoint":
            return midpoint_steps(fields, chosen["radius"], watch=watch)
        if self.method == "curvature":
            return curvature_steps(fields, chosen["iterations"], chosen["dt"], chosen["mu"], watch)
        if self.method == "cgpm":
            return projection_steps(logits_of(fields), chosen["iterations"], RECIPES[chosen["recipe"]], watch)
        return contourflow.steps(fields, self.along, chosen["iterations"], _settings(chosen), watch)


def planned(u: np.ndarray, method: str, soften: float, apart: bool, settings: Mapping[str, Any]) -> Plan:
    """The plan for a field float32 ``[H, W]``; the rest is as a question of the engine holds it, already checked.

    Raises:
        InputError: the template is empty.
    """
    if method == "contour-flow":
        return _flow(u, settings)
    parts = taken_apart(u, soften, apart)
    fields = parts.fields
    if method == "cgpm":
        fields = normalised(logits_of(fields), RECIPES[settings["recipe"]]).sigmoid()
    return Plan(method, settings, parts, parts.joined(fields))


def _flow(u: np.ndarray, settings: Mapping[str, Any]) -> Plan:
    truth = torch.from_numpy((u >= 0.5).astype(np.float32))[None, None]
    logits = evidence(truth, settings["noise"], settings["seed"], settings["occluder"])
    limit = step_limit(settings["epsilon"])
    start = mask_of(logits / settings["epsilon"])[0, 0]
    tau = settings["share"] * limit
    return Plan("contour-flow", settings, Parts(logits, 1), start, _along(u, settings), tau, limit)


def _along(u: np.ndarray, settings: Mapping[str, Any]) -> Tangent:
    if not settings["follow"]:
        return tangent(placed(u, settings))
    template = Template(_template(u, settings["template"]), TURNS)
    return lambda now: tangent(template.distance(gaussian(now, CALM)))


def placed(u: np.ndarray, settings: Mapping[str, Any]) -> Tensor:
    """φ of the template in the pose of ``template``, ``dx``, ``dy``, ``angle``, ``scale`` and ``offset``, above 0
    inside, float32 ``[1, 1, H, W]``. A silhouette by name lies in the middle of the field first.

    Raises:
        InputError: the template is empty.
    """
    mask = _template(u, settings["template"])
    template, (height, width) = Template(mask), u.shape
    across, down = (width - mask.shape[1]) / 2, (height - mask.shape[0]) / 2
    pose = template.pose().moved(across + settings["dx"], down + settings["dy"], math.radians(settings["angle"]),
                                 settings["scale"])  # fmt: skip
    return template.at(pose, (height, width)) + settings["offset"]


def _template(u: np.ndarray, name: str) -> Tensor:
    mask = u >= 0.5 if name == "own" else silhouette(name, min(u.shape), 0.0)
    return torch.from_numpy(np.asarray(mask, np.float32))


def arrows(along: Tensor) -> list[list[float]]:
    """[x, y, T_x, T_y] at some 16×16 pixels of T ``[1, 2, H, W]``, where it is not 0."""
    height, width = along.shape[-2:]
    rows = ((np.arange(ARROWS) + 0.5) * height / ARROWS).astype(int)
    columns = ((np.arange(ARROWS) + 0.5) * width / ARROWS).astype(int)
    field = along[0].cpu().numpy()
    return [
        [int(x), int(y), round(float(field[0, y, x]), 3), round(float(field[1, y, x]), 3)]
        for y in rows for x in columns if field[:, y, x].any()
    ]  # fmt: skip


def _settings(chosen: Mapping[str, Any]) -> Settings:
    return Settings(chosen["epsilon"], chosen["strength"], chosen["share"])
