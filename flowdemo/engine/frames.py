"""What the browser shows of one step: encoded views and small numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from flowdemo.flow import Step
from flowdemo.rendering import encoders, views

if TYPE_CHECKING:
    from flowdemo.systems.base import System


@dataclass(frozen=True)
class SampleViews:
    """Encoded views of one sample.

    Attributes:
        state: JPEG of the state, clipped to [-1, 1].
        classes: grey PNG whose value is the nearest class index.
        speed: grey JPEG of |v| (Euclidean norm over channels, in state units per unit of t), None at the start.
        speed_scale: |v| at grey 255.
    """

    state: bytes
    classes: bytes
    speed: bytes | None
    speed_scale: float


@dataclass(frozen=True)
class Frame:
    """One step, ready to be sent.

    Attributes:
        index, progress, t, evaluations: of the step.
        seconds: since the run was asked for.
        samples: views, one entry per sample.
        numbers: ``mean_speed`` (mean |v|), ``changed`` (share of pixels that changed class, 0 to 1),
            ``step_seconds`` (time of this step); None where there is none.
    """

    index: int
    progress: float
    t: float
    evaluations: int
    seconds: float
    samples: tuple[SampleViews, ...]
    numbers: Mapping[str, float | None]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A frame with the arrays it was drawn from: codes float16 ``[K, 3, H, W]``, classes uint8 ``[K, H, W]``."""

    frame: Frame
    codes: np.ndarray
    classes: np.ndarray

    @cached_property
    def bytes(self) -> int:
        """Memory held, encoded views included."""
        views_held = sum(len(s.state) + len(s.classes) + len(s.speed or b"") for s in self.frame.samples)
        return self.codes.nbytes + self.classes.nbytes + views_held


def draw(step: Step, system: System, seconds: float, before: Drawn | None) -> Drawn:
    """Render one step; ``before`` is the step that preceded it."""
    codes, classes = system.codes(step.x), system.classes(step.x)
    return draw_codes(step.index, step.progress, step.t, step.evaluations, seconds, codes, classes, before)


def draw_codes(
    index: int,
    progress: float,
    t: float,
    evaluations: int,
    seconds: float,
    codes: np.ndarray,
    classes: np.ndarray,
    before: Drawn | None,
) -> Drawn:
    """Render states in code space, ``[K, 3, H, W]``, with their classes ``[K, H, W]``."""
    velocity = None if before is None else _mean_velocity(codes, before, t)
    samples = tuple(
        _sample(codes[k], classes[k], None if velocity is None else velocity[k]) for k in range(len(codes))
    )
    numbers = {
        "mean_speed": None if velocity is None else float(np.linalg.norm(velocity, axis=1).mean()),
        "changed": None if before is None else float((classes != before.classes).mean()),
        "step_seconds": None if before is None else seconds - before.frame.seconds,
    }
    frame = Frame(index, progress, t, evaluations, seconds, samples, numbers)
    return Drawn(frame, codes.astype(np.float16), classes)


def _mean_velocity(codes: np.ndarray, before: Drawn, t: float) -> np.ndarray:
    """In code space, also where the network works on latents: what a person sees moving is what is measured."""
    return (codes - before.codes.astype(np.float32)) / (t - before.frame.t)


def _sample(codes: np.ndarray, classes: np.ndarray, velocity: np.ndarray | None) -> SampleViews:
    state = encoders.jpeg(views.state_picture(codes))
    if velocity is None:
        return SampleViews(state, encoders.grey_png(classes), None, 0.0)
    speed, scale = views.speed_map(velocity)
    return SampleViews(state, encoders.grey_png(classes), encoders.jpeg(speed), scale)
