"""What the browser shows of one step: encoded views and small numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from flowdemo.codes.levels import Levels, Reading
from flowdemo.flow import Step
from flowdemo.rendering import encoders, views

if TYPE_CHECKING:
    from flowdemo.systems.base import System


@dataclass(frozen=True, eq=False)
class Seen:
    """What there is to see of one state.

    Attributes:
        codes: the state, or its label half, in code space, float ``[K, 3, H, W]``.
        classes: nearest class of every pixel, uint8 ``[K, H, W]``; None where the whole picture has one label.
        image: the image half of a joint state, float ``[K, 1 or 3, H, W]``; None for others.
        levels: of the classes, where the whole picture has one label.
    """

    codes: np.ndarray
    classes: np.ndarray | None
    image: np.ndarray | None = None
    levels: Levels | None = None


@dataclass(frozen=True)
class HalfViews:
    """Encoded views of the image half of a joint state: as ``state``, ``speed`` and ``speed_scale`` below."""

    state: bytes
    speed: bytes | None
    speed_scale: float

    @property
    def bytes(self) -> int:
        return len(self.state) + len(self.speed or b"")


@dataclass(frozen=True)
class SampleViews:
    """Encoded views of one sample; of a joint state they show the label half.

    Attributes:
        state: JPEG of the state, clipped to [-1, 1].
        classes: grey PNG whose value is the nearest class index; None where the whole picture has one label.
        speed: grey JPEG of |v| (Euclidean norm over channels, in state units per unit of t), None at the start.
        speed_scale: |v| at grey 255.
        partner: the image half of a joint state.
        level: what the label half says, where the whole picture has one label.
    """

    state: bytes
    classes: bytes | None
    speed: bytes | None
    speed_scale: float
    partner: HalfViews | None = None
    level: Reading | None = None

    @property
    def bytes(self) -> int:
        held = len(self.state) + len(self.classes or b"") + len(self.speed or b"")
        return held + (self.partner.bytes if self.partner else 0)


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
class Trail:
    """What only the newest frame of a run needs to know.

    Attributes:
        seen: the state as it was, not rounded: a pixel at rest must not seem to move.
        travelled: length of every pixel's path up to here in code space, float32 ``[K, H, W]``.
    """

    seen: Seen
    travelled: np.ndarray


@dataclass(frozen=True, eq=False)
class Drawn:
    """A frame with the arrays it was drawn from, as in :class:`Seen`, codes and image half in float16.

    Attributes:
        trail: None where a later frame of the run has it.
    """

    frame: Frame
    codes: np.ndarray
    classes: np.ndarray | None
    image: np.ndarray | None = None
    trail: Trail | None = None

    @cached_property
    def bytes(self) -> int:
        """Memory held, encoded views included."""
        arrays = sum(a.nbytes for a in (self.codes, self.classes, self.image) if a is not None)
        return arrays + sum(sample.bytes for sample in self.frame.samples)


def draw(step: Step, system: System, seconds: float, before: Drawn | None, levels: Levels | None = None) -> Drawn:
    """Render one step.

    Args:
        step, system: the step, and what it is a step of.
        seconds: since the run was asked for.
        before: the step that preceded it.
        levels: of the classes, where the whole picture has one label; it then has no classes pixel by pixel.
    """
    codes, classes = system.codes(step.x), None if levels else system.classes(step.x)
    seen = Seen(codes, classes, system.image_half(step.x), levels)
    return draw_seen(step.index, step.progress, step.t, step.evaluations, seconds, seen, before)


def draw_seen(
    index: int, progress: float, t: float, evaluations: int, seconds: float, seen: Seen, before: Drawn | None
) -> Drawn:
    """Render what is seen of K states."""
    speeds, image_speeds = _mean_speeds(seen, before, t)
    samples = tuple(_sample(seen, k, speeds, image_speeds) for k in range(len(seen.codes)))
    changed = None if before is None or seen.classes is None else float((seen.classes != before.classes).mean())
    numbers = {
        "mean_speed": None if speeds is None else float(speeds.mean()),
        "changed": changed,
        "step_seconds": None if before is None else seconds - before.frame.seconds,
    }
    frame = Frame(index, progress, t, evaluations, seconds, samples, numbers)
    image = None if seen.image is None else seen.image.astype(np.float16)
    trail = Trail(seen, _travelled(seen, speeds, before, t))
    return Drawn(frame, seen.codes.astype(np.float16), seen.classes, image, trail)


def _travelled(seen: Seen, speeds: np.ndarray | None, before: Drawn | None, t: float) -> np.ndarray:
    if before is None:
        return np.zeros((len(seen.codes), *seen.codes.shape[2:]), np.float32)
    return before.trail.travelled + np.float32(abs(t - before.frame.t)) * speeds


def _mean_speeds(seen: Seen, before: Drawn | None, t: float) -> tuple[np.ndarray | None, np.ndarray | None]:
    """In code space, also where the network works on latents: what a person sees moving is what is measured."""
    if before is None:
        return None, None
    passed, earlier = t - before.frame.t, before.trail.seen
    moved = (seen.codes - earlier.codes) / passed
    speeds = views.speed(seen.levels.channel(moved) if seen.levels else moved)
    if seen.image is None:
        return speeds, None
    return speeds, views.speed((seen.image - earlier.image) / passed)


def _sample(seen: Seen, k: int, speeds: np.ndarray | None, image_speeds: np.ndarray | None) -> SampleViews:
    half = _half(seen.codes[k], None if speeds is None else speeds[k])
    classes = None if seen.classes is None else encoders.grey_png(seen.classes[k])
    partner = None
    if seen.image is not None:
        partner = _half(seen.image[k], None if image_speeds is None else image_speeds[k])
    level = seen.levels.read(seen.codes[k]) if seen.levels else None
    return SampleViews(half.state, classes, half.speed, half.speed_scale, partner, level)


def _half(state: np.ndarray, speed: np.ndarray | None) -> HalfViews:
    picture = encoders.jpeg(views.state_picture(state))
    if speed is None:
        return HalfViews(picture, None, 0.0)
    levels, scale = views.speed_map(speed)
    return HalfViews(picture, encoders.jpeg(levels), scale)
