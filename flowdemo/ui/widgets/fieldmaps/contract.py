"""What travels from Python to the maps in the browser, and the checks at that edge."""

from __future__ import annotations

import re
from typing import Any, TypedDict

ID = re.compile(r"[A-Za-z0-9_-]{6,80}")
ENDS = ("done", "stopped", "failed", None)
VOID_LEVEL = 255  # of a pixel without a class of its own


class Stage(TypedDict):
    """What holds for every run: ``models`` are ``{"name", "title", "eta"}``, plain flow first; ``size`` is
    [width, height]; ``codes`` are those of the classes of ``palette`` in their order, in [-1, 1]; ``least`` is the
    smallest distance of two of them; ``alike`` says what else was different in training, or that nothing was.
    """

    models: list[dict[str, Any]]
    size: list[int]
    palette: dict[str, Any]
    codes: list[list[float]]
    least: float
    alike: str


class Map(TypedDict):
    """``levels``: grey PNG as data URL, value = level / 254 · top of its kind, 255 where a pixel has no class of its
    own; ``mean`` and ``median`` over the others, None where there is none.
    """

    levels: str
    mean: float | None
    median: float | None


class Seen(TypedDict):
    """One model's run: ``end``, grey PNG of the classes it ends in; ``right``, share of pixels whose end is the ground
    truth, 0 to 1, None without one; ``maps`` by kind (``dwell``, ``clearance``) and curve (``estimate``, ``state``).
    """

    end: str
    right: float | None
    maps: dict[str, dict[str, Map]]


class Result(TypedDict):
    """``picture`` and ``truth`` (grey PNG of class indices, or None) are data URLs; ``notes`` say how they were read;
    ``tops`` are the values at level 254 by kind of map.
    """

    picture: str
    truth: str | None
    notes: str
    steps: int
    tops: dict[str, float]
    models: list[Seen]


class Update(TypedDict):
    """One message. ``stage`` comes with every one; ``progress`` is ``{"model", "step", "steps"}`` while a run works;
    ``result`` comes with the last where both runs ended; ``message`` is a sentence about an ``end`` that was none.
    """

    id: str | None
    stage: Stage
    progress: dict[str, int] | None
    result: Result | None
    end: str | None
    message: str | None


class Pixel(TypedDict):
    """One pixel. ``times`` are t_0 … t_N; ``own`` and ``end`` are class indices (``own`` None where it has none), one a
    model. ``paths``, ``dwell`` and ``clearance`` are, a model, by curve: points [x, y, z] at the times (estimates at
    all but the last), the share of the time in wrong cells, and the closest approach to a wrong code in state units.
    """

    x: int
    y: int
    times: list[float]
    own: list[int | None]
    end: list[int]
    paths: list[dict[str, list[list[float]]]]
    dwell: list[dict[str, float | None]]
    clearance: list[dict[str, float | None]]


def check_update(value: Any) -> Update | None:
    """The message itself; None stays None.

    Raises:
        ValueError: a field is missing, superfluous, or of another type.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != set(Update.__annotations__):
        raise ValueError(f"a message of the maps has exactly {', '.join(Update.__annotations__)}")
    if value["id"] is not None and (not isinstance(value["id"], str) or not ID.fullmatch(value["id"])):
        raise ValueError("maps have an id of 6 to 80 letters, digits, - or _")
    if value["end"] not in ENDS or (value["result"] is None) is (value["end"] == "done"):
        raise ValueError("maps end done, stopped or failed, and have a result where they are done")
    if not isinstance(value["stage"], dict) or set(value["stage"]) != set(Stage.__annotations__):
        raise ValueError(f"a stage has exactly {', '.join(Stage.__annotations__)}")
    return value  # type: ignore[return-value]
