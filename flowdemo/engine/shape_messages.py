"""Frames of a shape run with their numbers, and what is said about a run beforehand, as JSON for the page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from flowdemo.engine.shape_methods import CGPM, CURVATURE, FLOW, METHODS, OWN, Question
from flowdemo.rendering import encoders

if TYPE_CHECKING:
    from flowdemo.flow import Step
    from flowdemo.systems.shape_runs import Plan

LOCAL = (CURVATURE, CGPM)  # look at a few pixels around each place
LEAST_SCALE = 1e-3  # of a residual map, per pixel
WIDE = 0.1  # of the hull: what a mask lacks when its dents may be wide


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame.

    Attributes:
        index, progress, t: of the step; t counts what the method counts.
        seconds: since the run was asked for.
        u: float32 ``[H, W]`` in [0, 1].
        dented: bool ``[H, W]``.
        residual: |⟨T, ∇u⟩| of contour flow, float32 ``[H, W]``, or None; ``residual_scale`` is its value at level 255.
        numbers: see ``Numbers`` of the widget's contract.
    """

    index: int
    progress: float
    t: float
    seconds: float
    u: np.ndarray
    dented: np.ndarray
    residual: np.ndarray | None
    residual_scale: float | None
    numbers: dict[str, float | None]

    @cached_property
    def bytes(self) -> int:
        """Memory held, encoded maps included."""
        held = sum(a.nbytes for a in (self.u, self.dented, self.residual) if a is not None)
        return held + sum(len(value) for value in self.json.values() if isinstance(value, str))

    @cached_property
    def json(self) -> dict[str, Any]:
        """As the page takes it."""
        residual = None
        if self.residual is not None:
            residual = grey(np.clip(self.residual / self.residual_scale, 0, 1))
        return {"index": self.index, "progress": round(self.progress, 4), "t": self.t,
                "seconds": round(self.seconds, 4), "u": grey(self.u), "dented": grey(self.dented),
                "residual": residual, "residual_scale": self.residual_scale, "numbers": self.numbers}  # fmt: skip


def frame_of(question: Question, plan: Plan, step: Step, seconds: float, first: list[Frame]) -> Frame:
    """One step with its maps and numbers; ``first`` holds the first frame, whose residual scale stays."""
    from flowdemo.systems.shape_fields import dents

    u = plan.parts.joined(step.x).clamp(0, 1).cpu().numpy().astype(np.float32)
    dented, residual, scale = dents(step.x).cpu().numpy(), None, None
    if question.method == FLOW:
        residual = step.residual_map[0, 0].cpu().numpy()
        scale = first[0].residual_scale if first else max(float(np.quantile(residual, 0.99)), LEAST_SCALE)
    numbers = _numbers(question, step, u, dented)
    return Frame(step.index, step.progress, step.t, seconds, u, dented, residual, scale, numbers)


def _numbers(question: Question, step: Step, u: np.ndarray, dented: np.ndarray) -> dict[str, float | None]:
    from flowdemo.systems.convexity_measures import chord_violations, defect

    mask, numbers = u >= 0.5, {}
    largest = defect(mask)
    if question.method == FLOW:
        truth = question.field >= 0.5
        both = int((mask & truth).sum())
        numbers = {"residual": _told(step.residual[0]), "dice": _told(2 * both / int(mask.sum() + truth.sum()))}
    return {
        "area": int(mask.sum()),
        "solidity": _told(1 - largest),
        "defect": _told(largest if question.parts else defect(mask, component=False)),
        "chord": _told(max(chord_violations(field)[1] for field in step.x[0])),
        "dented_share": _told(dented.mean()),
    } | {"residual": None, "dice": None} | numbers  # fmt: skip


def meta(question: Question, plan: Plan) -> dict[str, Any]:
    """What a viewer must know before the first frame."""
    from flowdemo.systems.shape_runs import arrows

    method, (height, width) = METHODS[question.method], question.field.shape
    fixed = plan.along is not None and not callable(plan.along)
    return {
        "method": question.method, "label": method.label, "size": [width, height],
        "start": grey(plan.start.clamp(0, 1).cpu().numpy()),
        "truth": grey(question.field) if question.method == FLOW else None,
        "limit": plan.limit, "tau": plan.tau, "symbol": method.symbol,
        "arrows": arrows(plan.along) if fixed else None, "note": _note(question, plan),
    }  # fmt: skip


def _note(question: Question, plan: Plan) -> str | None:
    """What the method cannot do with this mask, one sentence."""
    if question.method == FLOW:
        return _flow_note(question)
    from flowdemo.systems.convexity_measures import solidity
    from flowdemo.systems.shape_fields import MOST, is_hard

    mask, parts = question.field >= 0.5, plan.parts.count
    if question.method in LOCAL and not question.soften and is_hard(question.field):
        return "Edges between two pixels have no curvature to speak of; soften this mask for this method."
    if question.parts and parts > MOST:
        return f"The {MOST} largest of {parts} parts are treated, each on its own; the smaller ones stay as they are."
    if question.method in LOCAL and parts > 1:
        return f"The {parts} parts will not be joined: each pixel knows the few around it and nothing of other parts."
    if question.parts and parts > 1:
        return f"Each of the {parts} parts is treated on its own, so what lies between them stays open."
    if question.method in LOCAL and bool(np.concatenate([mask[[0, -1]].ravel(), mask[:, [0, -1]].ravel()]).any()):
        return "The shape touches the border, which bends its level lines; leave some pixels around it."
    if question.method == CGPM and 1 - solidity(mask) > WIDE:
        return "Narrow dents close; a mouth as wide as that of pac-man stays open, however many iterations."
    return None


def _flow_note(question: Question) -> str | None:
    chosen = question.settings
    if chosen["share"] >= 1:
        return "The step is not below its limit: the iteration need not settle, and may blow up."
    posed = any(chosen[name] for name in ("dx", "dy", "angle")) or chosen["scale"] != 1
    if chosen["template"] != OWN or posed or chosen["follow"]:
        return "The result takes on the template’s normals, right or wrong; it is only as good as template and pose."
    return None


def grey(values: np.ndarray) -> str:
    """Values ``[H, W]`` in [0, 1] as data URL of an 8-bit grey PNG, level = round(255 · value)."""
    levels = np.rint(255.0 * values).astype(np.uint8)
    return encoders.data_uri("image/png", encoders.grey_png(levels))


def _told(value: Any) -> float:
    return float(f"{float(value):.6g}")
