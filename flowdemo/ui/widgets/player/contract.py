"""What travels between the player in the browser and Python, and the checks at that edge.

A browser can be made to send anything, so every argument of a server function is checked for type and range
before the code behind the page sees it.
"""

from __future__ import annotations

import re
from typing import Any, NotRequired, TypedDict

from flowdemo.errors import InputError

MAX_FRAMES = 1001
MAX_FRAMES_PER_CALL = 16  # what one answer may carry: about 1 MB at 512 px
MAX_SAMPLES = 64
MAX_SIDE = 8192
KINDS = ("picture", "frame", "sheet", "webp", "gif", "zip", "mask", "recipe")

_RUN = re.compile(r"[A-Za-z0-9_-]{6,80}")


class Half(TypedDict):
    """A state, or the image half of a joint one.

    ``state``: JPEG, PNG or WebP; ``speed``: 8-bit grey JPEG or PNG of |v|, None at frame 0. Both are data URLs.
    ``speed_scale`` is |v| at grey level 255, in state units per unit of t.
    """

    state: str
    speed: str | None
    speed_scale: float


class Level(TypedDict):
    """What the label half says where the whole picture has one label.

    ``mean`` of the label channel in state units; ``distances`` from it to the level of each class, in level
    spacings; ``nearest`` is the class at the smallest of them, counted in the order of the palette.
    """

    mean: float
    distances: list[float]
    nearest: int


class Sample(Half):
    """One picture of one frame; in a joint run it shows the label half and ``partner`` the image half.

    ``classes``: data URL of an 8-bit grey PNG, grey level = class index, or None where there are no classes pixel
    by pixel. ``partner`` and ``level`` are None, or left out, where there is no such half and no such label. Where
    ``level`` is given, ``state`` is a grey map of the noisy label channel, lowest level black, highest white.
    """

    classes: str | None
    partner: NotRequired[Half | None]
    level: NotRequired[Level | None]


class Pair(TypedDict):
    """A joint run: image and label are two halves of one state, on one clock.

    ``forms`` is "image" or "label", the half that forms in this run. ``labels``: "pixel" for masks, "global" for
    one class a picture. ``dissolves``: whether the other half turns to noise meanwhile, as it does where this is
    left out, or stays as it was given.
    """

    forms: str
    labels: str
    dissolves: NotRequired[bool]


class Numbers(TypedDict):
    """Means over pixels and samples: |v| in state units per unit of t; share of changed classes, 0–1.

    In a joint run they are of the label half.
    """

    mean_speed: float | None
    changed: float | None
    step_seconds: float | None


class Frame(TypedDict):
    """One frame; ``progress`` is i/N in the order of the run, ``seconds`` since the click."""

    index: int
    progress: float
    t: float
    evaluations: int
    seconds: float
    samples: list[Sample]
    numbers: Numbers


class Meta(TypedDict):
    """What holds for all frames of a run; texts are shown as they are, never as markup.

    ``size`` is [width, height] in pixels; ``codes`` are the class codes [x, y, z] in [-1, 1] in the order of
    ``palette["classes"]``; ``frames`` = ``steps`` + 1; ``beta`` is in ``beta_unit`` (grey levels if left out), None
    where no label is given; ``seed`` is None where nothing is drawn; ``time`` is ``{"symbol", "start", "end"}`` in
    the order of the run. Of joint runs: ``pair``, None for others; ``levels`` of the classes in state units, in the
    order of the palette, None but for global labels; ``label``, place in the palette of the class that was given
    instead of an ``input``.
    """

    model: str
    model_label: str
    system: str
    direction: str
    frames: int
    steps: int
    solver: str
    solver_label: str
    beta: float | None
    seed: int | None
    samples: int
    size: list[int]
    origin: str
    device: str
    palette: dict[str, Any]
    views: list[str]
    view: str
    input: str | None
    codes: list[list[float]]
    time: dict[str, Any]
    title: str
    settling_label: str
    note: str | None
    beta_unit: NotRequired[str]
    pair: NotRequired[Pair | None]
    levels: NotRequired[list[float] | None]
    label: NotRequired[int | None]


class End(TypedDict):
    """How the run ended: ``status`` is "done", "stopped" or "failed".

    ``numbers``: ``path_length``, ``straightness`` (chord / path, 0–1), ``evaluations``, ``seconds``.
    ``curves``: ``speed``, ``changed``, ``settled`` with one value a frame. ``settling``: an 8-bit grey PNG
    for each sample, grey level = index of the frame from which on the pixel keeps its class; where a mask was given, of
    the frame that no longer reads as painted, or the last. ``Meta.settling_label`` says which.

    In a joint run all of them are of the label half. With global labels ``settling`` is empty, ``changed`` has no
    values, and ``settled`` is the share of samples that read as their final class, or still as the given one.
    """

    status: str
    message: str | None
    numbers: dict[str, float | None]
    curves: dict[str, list[float | None]]
    settling: list[str]


class Message(TypedDict):
    """One value of the player. ``meta`` comes with the first message of a run, ``end`` with the last."""

    run: str
    meta: Meta | None
    frame: Frame | None
    end: End | None


def check_message(value: Any) -> Message | None:
    """Complete a message that the page is about to push; None stays None.

    Raises:
        ValueError: not a dict with a run id, or with a key that the player does not know.
    """
    if value is None:
        return None
    if (
        not isinstance(value, dict)
        or not isinstance(value.get("run"), str)
        or not _RUN.fullmatch(value["run"])
    ):
        raise ValueError("a player message is a dict with a run id of 6 to 80 letters, digits, - or _")
    if unknown := set(value) - set(Message.__annotations__):
        raise ValueError(f"a player message has no {sorted(unknown)}")
    return {"run": value["run"], **{key: value.get(key) for key in ("meta", "frame", "end")}}  # type: ignore[typeddict-item]


def check_run(value: Any) -> str:
    """Run id as sent by the browser; InputError unless it looks like one."""
    if not isinstance(value, str) or not _RUN.fullmatch(value):
        raise InputError("This run is not known here; press Run again.", "run")
    return value


def check_integer(value: Any, name: str, limit: int) -> int:
    """Whole number in [0, limit) as sent by the browser; InputError otherwise."""
    if type(value) is not int or not 0 <= value < limit:
        raise InputError(f"The {name} must be a whole number from 0 to {limit - 1}.", name)
    return value


def check_indices(value: Any) -> list[int]:
    """Frame indices as sent by the browser, at most ``MAX_FRAMES_PER_CALL``, without repetition."""
    if not isinstance(value, list) or not 0 < len(value) <= MAX_FRAMES_PER_CALL:
        raise InputError(f"Ask for 1 to {MAX_FRAMES_PER_CALL} frames at a time.", "indices")
    return list(dict.fromkeys(check_integer(index, "frame index", MAX_FRAMES) for index in value))


def check_kind(value: Any) -> str:
    """Kind of download as sent by the browser; InputError unless it is one of ``KINDS``."""
    if not isinstance(value, str) or value not in KINDS:
        raise InputError(f"There is no such download; choose one of {', '.join(KINDS)}.", "kind")
    return value


def unpack(value: Any, count: int) -> list[Any]:
    """Arguments of one browser call (they arrive as one list); InputError for any other number of them."""
    if not isinstance(value, list) or len(value) != count:
        raise InputError(f"This call takes {count} arguments.")
    return value
