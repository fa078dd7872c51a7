"""Paint on a surface and see where the flow of normal surfaces disagrees with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from gradio.components.base import server as callable_from_browser

from flowdemo.errors import InputError
from flowdemo.ui.widgets.anomaly.contract import (
    DOWNLOADS,
    MAX_TIMES,
    Offer,
    Shown,
    check_grade,
    check_name,
    check_reply,
)
from flowdemo.ui.widgets.asking import Asking, told
from flowdemo.ui.widgets.player.contract import check_indices, check_integer, check_run
from flowdemo.ui.widgets.section import bundle

# One function body in the browser: tools without state, what a person has chosen, the parts, assembly.
_SCRIPTS = (
    "../player/dom",
    "../player/colours",
    "../player/png",
    "texts",
    "strokes",
    "maps",
    "state",
    "fields",
    "surface",
    "hands",
    "tools",
    "source",
    "settings",
    "run",
    "stage",
    "probe",
    "threshold",
    "times",
    "paths",
    "score",
    "roc",
    "downloads",
    "messages",
    "main",
)


class Answers(Protocol):
    """What the widget asks while a person looks; no network is called for it."""

    def example(self, model: str, name: str) -> dict[str, Any]:
        """``{"picture": PNG data URL, "truth": PNG data URL or None}``."""

    def frames(self, run: str, indices: list[int]) -> list[Shown]:
        """Frames that the framework dropped on their way."""

    def regrade(self, run: str, weight: str, aggregation: str, share: float) -> dict[str, Any]:
        """``{"meta", "frames"}`` of the same detection under another weight and aggregation."""

    def paths(self, run: str, index: int) -> dict[str, Any]:
        """``{"maps": one for each path}`` at one time."""

    def download(self, run: str, kind: str) -> dict[str, str]:
        """``{"name", "mime", "data": base64}``."""


class AnomalyLab(Asking):
    """A surface to paint on, and the map of a detector over it.

    Two events: ``analyse`` (``model``, ``picture``, ``example``, ``paths``, ``times``, ``weight``, ``aggregation``,
    ``share``, ``seed``), numbered by ``ask``, should run a generator of :class:`Reply` with the widget as output;
    ``halt`` should end the one with its number, running or waiting.

    Args:
        offers: the detectors, at least one.
        answers: what the widget may ask.
        **kw: further arguments of ``gr.HTML`` (``elem_id``, ``visible``, …).
    """

    title = "Anomaly"
    questions = ("analyse", "halt")
    about = "One message: the newest map of a detection."
    check = staticmethod(check_reply)

    def __init__(self, offers: Sequence[Offer], answers: Answers, **kw: Any) -> None:
        self._answers = answers
        known = f"const OFFERS = {json.dumps(list(offers))};\n"
        super().__init__(
            '<section class="fd-anomaly" aria-label="Anomaly"></section>',
            known + bundle(Path(__file__).parent, _SCRIPTS, STYLE=("anomaly.css",)),
            **kw,
        )

    @callable_from_browser
    def example(self, arguments: Any) -> Any:
        """``[model, name]`` → a surface, or ``{"error": sentence}``; called by the browser, as are those below."""

        def ask(model: Any, name: Any) -> Any:
            return self._answers.example(check_name(model, "model"), check_name(name, "example"))

        return told(ask, arguments, 2, "sending an example")

    @callable_from_browser
    def frames(self, arguments: Any) -> Any:
        """``[run, indices]`` → frames."""

        def ask(run: Any, indices: Any) -> Any:
            return self._answers.frames(check_run(run), check_indices(indices))

        return told(ask, arguments, 2, "sending frames")

    @callable_from_browser
    def regrade(self, arguments: Any) -> Any:
        """``[run, weight, aggregation, share]`` → description and frames under these settings."""

        def ask(run: Any, *grade: Any) -> Any:
            found = check_grade(dict(zip(("weight", "aggregation", "share"), grade, strict=True)))
            return self._answers.regrade(check_run(run), **found)

        return told(ask, arguments, 4, "weighing anew")

    @callable_from_browser
    def paths(self, arguments: Any) -> Any:
        """``[run, index]`` → maps of the paths at one time."""

        def ask(run: Any, index: Any) -> Any:
            return self._answers.paths(check_run(run), check_integer(index, "index", MAX_TIMES))

        return told(ask, arguments, 2, "sending paths")

    @callable_from_browser
    def download(self, arguments: Any) -> Any:
        """``[run, kind]`` → a file."""

        def ask(run: Any, kind: Any) -> Any:
            if kind not in DOWNLOADS:
                raise InputError(f"A file is one of {', '.join(DOWNLOADS)}.", field="kind")
            return self._answers.download(check_run(run), kind)

        return told(ask, arguments, 2, "making a file")
