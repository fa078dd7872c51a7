"""What travels between the widget Classify & generate and Python, and the checks at that edge.

A browser can be made to send anything: :func:`read_ask` looks at the type of every entry, and what bounds it depends on
a model (steps, β, seed, class) is checked where recipes are.
"""

from __future__ import annotations

from typing import Any, TypedDict

from flowdemo.errors import InputError

MAX_ASK = 2**31 - 1
DRAWING, FILE, READY = "drawing", "file", "ready"
KINDS = (DRAWING, FILE, READY)
LADDER_TASK, SEEDS_TASK = "ladder", "seeds"
TASKS = (LADDER_TASK, SEEDS_TASK)
ENDS = ("done", "failed")
NUMBERS = {"ladder": ("seed",), "seeds": ("seed", "steps"), "generate": ("seed", "steps", "beta", "samples", "label")}


class Offer(TypedDict):
    """One model. ``levels`` in state units, in the order of ``classes``; β in level spacings; ``judge`` is the name of
    a classifier of the same data, or None; ``digits`` says whether digits are drawn for it; ``lands`` whether paths end
    on a level exactly, because they head for that of the likeliest class."""

    name: str
    label: str
    classes: list[str]
    levels: list[float]
    size: list[int]
    digits: bool
    steps: int
    max_steps: int
    max_samples: int
    beta: float
    beta_bound: float
    judge: str | None
    lands: bool


class Column(TypedDict):
    """One run towards the label: ``path`` holds [t, mean of the label channel] of each frame, ``distances`` those of
    the last mean to the level of each class, in level spacings."""

    steps: int
    evaluations: int
    seconds: float
    path: list[list[float]]
    nearest: int
    distances: list[float]


class Shown(TypedDict):
    """One frame of a run towards the image; ``pictures`` are JPEG data URLs, one a sample."""

    index: int
    t: float
    evaluations: int
    seconds: float
    pictures: list[str]


class Reply(TypedDict, total=False):
    """One message. ``ask`` is the number that the browser gave its question.

    ``prepared``: ``{"picture": PNG data URL, "note"}``; ``columns``: all so far; ``agreement``: ``{"steps", "seed",
    "nearest", "means"}`` of several seeds; ``run``: id, model, label, steps, seed, β and samples of a run towards the
    image; ``frame``: its newest; ``made``: ``{"picture": PNG data URL, "reads": class or None}`` for each sample at its
    end; ``end``: ``"done"``, or ``"failed"`` with a sentence in ``message``.
    """

    ask: int
    prepared: dict[str, str] | None
    columns: list[Column] | None
    agreement: dict[str, Any] | None
    run: dict[str, Any] | None
    frame: Shown | None
    made: list[dict[str, Any]] | None
    end: str | None
    message: str | None


def check_reply(value: Any) -> Reply | None:
    """Complete a message that the page is about to push; None stays None.

    Raises:
        ValueError: not a dict, without a number, or with a key or an end that the widget does not know.
    """
    reply = completed(value, Reply)
    if reply is not None and reply["end"] not in (None, *ENDS):
        raise ValueError(f"end is None or one of {', '.join(ENDS)}")
    return reply  # type: ignore[return-value]


def completed(value: Any, kind: type) -> dict[str, Any] | None:
    """A numbered message with every key of its TypedDict; None stays None.

    Raises:
        ValueError: not a dict, without a number, or with a key that the message has not.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or check_number(value.get("ask")) is None:
        raise ValueError("a reply is a dict with the number of its question")
    if unknown := set(value) - set(kind.__annotations__):
        raise ValueError(f"a reply has no {sorted(unknown)}")
    return {key: value.get(key) for key in kind.__annotations__}


def ended(value: Any, kind: type, statuses: tuple[str, ...]) -> dict[str, Any] | None:
    """:func:`completed`, of messages whose ``end`` is a dict with a ``status``.

    Raises:
        ValueError: as there, or the end has none of the statuses.
    """
    reply = completed(value, kind)
    end = reply and reply["end"]
    if end is not None and (not isinstance(end, dict) or end.get("status") not in statuses):
        raise ValueError(f"an end has a status of {', '.join(statuses)}")
    return reply


def check_number(value: Any) -> int | None:
    """A question's number as a browser sent it, or None where it is not a whole number in range."""
    return value if type(value) is int and 0 <= value <= MAX_ASK else None


def read_ask(sent: Any, task: str) -> dict[str, Any]:
    """Entries of a question for one task, and nothing else of what was sent.

    Args:
        task: ``"ladder"``, ``"seeds"`` or ``"generate"``.

    Raises:
        InputError: an entry is missing or of another type.
    """
    if not isinstance(sent, dict) or not isinstance(sent.get("model"), str):
        raise InputError("Choose a model first.", field="model")
    asked = {"model": sent["model"]}
    for name in NUMBERS[task]:
        if isinstance(sent.get(name), bool) or not isinstance(sent.get(name), (int, float)):
            raise InputError(f"The {name} must be a number.", field=name)
        asked[name] = sent[name]
    if task in TASKS:
        if sent.get("kind") not in KINDS:
            raise InputError("Draw or choose a picture first.", field="image")
        asked["kind"] = sent["kind"]
    return asked
