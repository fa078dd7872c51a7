"""What travels between the widget of the tab Anomaly and Python, and the checks at that edge.

A browser can be made to send anything: :func:`read_ask` and :func:`check_grade` look at the type of every entry; what
bounds it (paths, times, seed, names) is checked where detections begin.
"""

from __future__ import annotations

from typing import Any, TypedDict

from flowdemo.errors import InputError
from flowdemo.flow.gradings import AGGREGATIONS, WEIGHTS
from flowdemo.ui.widgets.labels.contract import ended

DOWNLOADS = ("map-png16", "map-npz", "recipe")
STATUSES = ("done", "stopped", "failed")
MAX_NAME = 120  # characters of a name as a browser sends it
MAX_TIMES = 64  # numbers of times are far below


class Offer(TypedDict):
    """One detector. ``size`` is [width, height] of a tile in pixels, ``paths`` and ``times`` are the K and T to begin
    with, ``examples`` surfaces as ``{"name", "label", "truth": whether its defect is known}``."""

    name: str
    label: str
    size: list[int]
    colour: bool
    paths: int
    times: int
    weight: str
    aggregation: str
    share: float
    examples: list[dict[str, Any]]


class Shown(TypedDict):
    """One time of a detection; ``index`` counts from 1. ``map`` and ``sum`` are 8-bit grey PNG data URLs of w(t)·A δ at
    this t and of the mean over the times so far: value = scale · (level / 255)². ``score`` is that of ``sum``."""

    index: int
    t: float
    evaluations: int
    seconds: float
    map: str
    sum: str
    score: float


class Reply(TypedDict, total=False):
    """One message. ``ask`` is the number that the browser gave its question, ``run`` names the detection; ``meta``
    describes it in the first message and in the last, ``frame`` is the newest; ``end`` holds ``status``, ``message``,
    ``score``, ``seconds`` and ``evaluations``."""

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


def check_grade(sent: Any) -> dict[str, Any]:
    """Weight, aggregation and share of a question, and nothing else of what was sent.

    Raises:
        InputError: with the field at fault.
    """
    sent = sent if isinstance(sent, dict) else {}
    if sent.get("weight") not in tuple(WEIGHTS):  # a tuple: what was sent may have no hash
        raise InputError(f"The weight must be one of {', '.join(WEIGHTS)}.", field="weight")
    if sent.get("aggregation") not in AGGREGATIONS:
        raise InputError(f"The aggregation must be one of {', '.join(AGGREGATIONS)}.", field="aggregation")
    share = sent.get("share")
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share <= 1:
        raise InputError("The share of the paths must be a number above 0 and at most 1.", field="share")
    return {"weight": sent["weight"], "aggregation": sent["aggregation"], "share": float(share)}


def check_name(value: Any, what: str) -> str:
    """A name as sent by the browser.

    Raises:
        InputError: no text, or a long one.
    """
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME:
        raise InputError(f"Choose the {what} from the list.", field=what)
    return value


def read_ask(sent: dict[str, Any]) -> dict[str, Any]:
    """The settings of a question, as a detection takes them.

    Raises:
        InputError: an entry is missing or of another type.
    """
    asked = {"model": check_name(sent.get("model"), "model")} | check_grade(sent)
    for name in ("paths", "times", "seed"):
        if type(sent.get(name)) is not int:
            raise InputError(f"The {name} must be a whole number.", field=name)
        asked[name] = sent[name]
    return asked
