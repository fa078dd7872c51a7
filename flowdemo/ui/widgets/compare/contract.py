"""What travels from Python to the comparison in the browser, and the checks at that edge."""

from __future__ import annotations

import re
from typing import Any, TypedDict

MOST = 4  # panes
RUN_ID = re.compile(r"[A-Za-z0-9_-]{6,80}")
ENDS = ("done", "stopped", None)
STATUSES = ("done", "stopped", "failed", "skipped")


class Pane(TypedDict):
    """One run. ``run`` is its id; ``name`` and ``settings`` are texts for people; ``one_step`` says that there is no
    path, only an answer; ``meta`` is that of the player, without its input; ``truth`` a grey PNG as data URL, grey
    level = class index at the model's size, or None.
    """

    run: str
    name: str
    settings: str
    one_step: bool
    meta: dict[str, Any]
    truth: str | None


class Head(TypedDict):
    """What holds for a whole comparison: ``origin`` is "live" or "stored", ``input`` the picture as a data URL;
    ``note`` and ``truth_note`` say how picture and ground truth were read, or nothing.
    """

    origin: str
    input: str
    note: str
    truth_note: str
    panes: list[Pane]


class RunState(TypedDict):
    """``drawn``: frames there are so far; ``end``: ``{"status", "message", "evaluations"}``, None while it runs or
    waits. A run that never began because of Stop is ``"skipped"``.
    """

    drawn: int
    end: dict[str, Any] | None


class Update(TypedDict):
    """One message. ``head`` comes with the first; ``runs`` with every one, so that none is needed; ``frame`` is a new
    frame of the run in ``pane``, sent once; ``end`` is "done" or "stopped" with the last.
    """

    comparison: str
    head: Head | None
    runs: list[RunState]
    pane: int | None
    frame: dict[str, Any] | None
    end: str | None


def check_update(value: Any) -> Update | None:
    """The message itself; None stays None.

    Raises:
        ValueError: a field is missing, superfluous, or of another type.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != set(Update.__annotations__):
        raise ValueError(f"a message of a comparison has exactly {', '.join(Update.__annotations__)}")
    if not isinstance(value["comparison"], str) or not RUN_ID.fullmatch(value["comparison"]):
        raise ValueError("a comparison has an id of 6 to 80 letters, digits, - or _")
    runs, pane, head = value["runs"], value["pane"], value["head"]
    if not isinstance(runs, list) or not 0 < len(runs) <= MOST or not all(map(_is_state, runs)):
        raise ValueError(f"a comparison has 1 to {MOST} runs with the number of their frames and their end")
    if head is not None and (set(head) != set(Head.__annotations__) or len(head["panes"]) != len(runs)):
        raise ValueError("the head of a comparison describes each of its runs")
    if not (pane is None or (type(pane) is int and 0 <= pane < len(runs))) or value["end"] not in ENDS:
        raise ValueError("a pane is the place of a run, and the end is done or stopped")
    if not (value["frame"] is None or (isinstance(value["frame"], dict) and pane is not None)):
        raise ValueError("a frame belongs to a pane")
    return value  # type: ignore[return-value]


def slim(frame: dict[str, Any]) -> dict[str, Any]:
    """A frame of the player without what a comparison does not show: speeds, and all samples but the first."""
    sample = frame["samples"][0] | {"speed": None, "partner": None}
    return frame | {"samples": [sample]}


def _is_state(state: Any) -> bool:
    if not isinstance(state, dict) or set(state) != set(RunState.__annotations__) or type(state["drawn"]) is not int:
        return False
    return state["end"] is None or (isinstance(state["end"], dict) and state["end"].get("status") in STATUSES)
