"""What travels between the widget of the tab Shape and Python, and the checks at that edge.

A browser can be made to send anything: the functions here look at the type of every entry; what bounds it is checked
where shape runs begin.
"""

from __future__ import annotations

import math
from typing import Any, TypedDict

from flowdemo.errors import InputError
from flowdemo.ui.widgets.anomaly.contract import STATUSES, check_name
from flowdemo.ui.widgets.labels.contract import ended

DOWNLOADS = ("sheet", "gif", "npz", "mask", "recipe")
MAX_FRAMES = 51  # of a run, whatever its iterations
MAX_CLASS = 255  # index of a class
MAX_SETTINGS = 32
OCCLUDER = 4  # numbers of a rectangle: top, bottom, left, right


class Knob(TypedDict):
    """One setting of a method. A number has ``low``, ``high`` and ``step``; a choice has ``words``, its default among
    them; a switch has a bool for ``default`` and neither."""

    name: str
    label: str
    default: float | str | bool
    low: float | None
    high: float | None
    step: float | None
    unit: str
    about: str
    words: list[str] | None


class Method(TypedDict):
    """One method; ``about`` is one line, ``soften`` the width in pixels that a hard mask's edge is usually given."""

    name: str
    label: str
    about: str
    soften: float
    settings: list[Knob]


class Offers(TypedDict):
    """What a person may choose from; silhouettes are ``{"name", "label"}``."""

    silhouettes: list[dict[str, str]]
    methods: list[Method]


class Numbers(TypedDict):
    """Of one frame. ``area`` in pixels of u ≥ ½; ``solidity`` of its largest part and ``defect``, 1 − solidity (of all
    parts together where they are not treated on their own); ``chord``, the most by which u sinks below both ends of a
    chord; ``dented_share`` of the pixels; ``residual`` and ``dice`` of contour flow, None for others. All but the area
    are 0 to 1."""

    area: int
    solidity: float
    defect: float
    chord: float
    dented_share: float
    residual: float | None
    dice: float | None


class Shown(TypedDict):
    """One frame; index 0 is the start. ``u``, ``dented`` and ``residual`` are 8-bit grey PNG data URLs: level =
    round(255 u); 255 where a level line is dented; and 255 · min(1, |⟨T, ∇u⟩| / ``residual_scale``), None but for
    contour flow. ``progress`` is 0 to 1, ``t`` counts what the method counts."""

    index: int
    progress: float
    t: float
    seconds: float
    u: str
    dented: str
    residual: str | None
    residual_scale: float | None
    numbers: Numbers


class Reply(TypedDict, total=False):
    """One message. ``ask`` is the number that the browser gave its question, ``run`` names the run; ``meta`` describes
    it in the first message and in the last, ``frame`` is the newest; ``end`` holds ``status``, ``message``, ``seconds``
    and ``iterations``.

    ``meta``: ``run``, ``method``, ``label``, ``size`` [width, height], ``start`` and ``truth`` (PNG data URLs, the
    latter None but for contour flow), ``limit`` and ``tau`` of contour flow or None, ``symbol`` ("iteration", "round"
    or "direction"), ``arrows`` [[x, y, T_x, T_y], …] or None, ``note`` one sentence or None.
    """

    ask: int
    run: str | None
    meta: dict[str, Any] | None
    frame: Shown | None
    end: dict[str, Any] | None


def check_reply(value: Any) -> Reply | None:
    """Complete a message that the page is about to push; None stays None.

    Raises:
        ValueError: not a dict, without a number, or with a key or an end that the widget does not know.
    """
    return ended(value, Reply, STATUSES)  # type: ignore[return-value]


def read_ask(sent: dict[str, Any]) -> dict[str, Any]:
    """``method``, ``soften``, ``parts`` and ``settings`` of a question; what is missing takes the method's default.

    Raises:
        InputError: an entry is of another type.
    """
    asked: dict[str, Any] = {"method": check_name(sent.get("method"), "method")}
    if sent.get("soften") is not None:
        asked["soften"] = _number(sent["soften"], "soften")
    if sent.get("parts") is not None:
        if not isinstance(sent["parts"], bool):
            raise InputError("Each part is treated on its own, or not; say true or false.", field="parts")
        asked["parts"] = sent["parts"]
    return asked | {"settings": check_settings(sent.get("settings"))}


def check_settings(value: Any) -> dict[str, Any]:
    """Settings by name: numbers, words, switches, and the occluder, a rectangle of four numbers or None.

    Raises:
        InputError: anything else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > MAX_SETTINGS or not all(isinstance(key, str) for key in value):
        raise InputError("The settings of a method are a table of names and values.", field="settings")
    return {name: _setting(name, one) for name, one in value.items()}


def check_kind(value: Any) -> str:
    """Kind of a download; InputError unless it is one of :data:`DOWNLOADS`."""
    if not isinstance(value, str) or value not in DOWNLOADS:
        raise InputError(f"A file is one of {', '.join(DOWNLOADS)}.", field="kind")
    return value


def _setting(name: str, value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return check_name(value, "setting")
    if isinstance(value, list):
        if len(value) != OCCLUDER:
            raise InputError("A rectangle is told by top, bottom, left and right.", field="settings")
        return [_number(part, "settings") for part in value]
    return _number(value, "settings")


def _number(value: Any, field: str) -> float:
    told = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not told or not math.isfinite(value):
        raise InputError("The settings of a method must be numbers where they are no words.", field=field)
    return value
