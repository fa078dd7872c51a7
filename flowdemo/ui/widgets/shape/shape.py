"""Draw a mask, make its level sets convex or bring them along a template's, and watch the iterations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

from gradio.components.base import server as callable_from_browser

from flowdemo.ui.guard import answered
from flowdemo.ui.widgets.anomaly.contract import check_name
from flowdemo.ui.widgets.asking import Asking, told
from flowdemo.ui.widgets.player.contract import check_indices, check_integer, check_run
from flowdemo.ui.widgets.section import bundle
from flowdemo.ui.widgets.shape.contract import (
    MAX_CLASS,
    Offers,
    Shown,
    check_kind,
    check_reply,
    check_settings,
)

# One function body in the browser: tools without state, what a person has chosen, the parts, assembly.
_SCRIPTS = (
    "../player/dom",
    "../fieldlab/kit",
    "../player/curve",
    "../player/transport",
    "../player/keys",
    "../painter/png",
    "../painter/raster",
    "../painter/history",
    "texts",
    "lines",
    "picture",
    "state",
    "pad",
    "hands",
    "occluder",
    "pose",
    "source",
    "settings",
    "run",
    "stage",
    "chord",
    "profile",
    "numbers",
    "curves",
    "downloads",
    "messages",
    "main",
)
_SHARED = ("../fieldlab/fieldlab.css", "../fieldlab/controls.css")
_MARKUP = """<section class="fd-fieldlab fd-shape" aria-label="Shape"><div class="sh-page"></div>
<div class="fl-text sh-text">{}</div></section>"""


class Answers(Protocol):
    """What the widget asks while a person looks; all of it is cheap, and refusals are raised as ``FlowdemoError``."""

    def silhouette(self, name: str) -> dict[str, str]:
        """``{"field": PNG data URL}`` of a silhouette as a hard mask."""

    def frames(self, run: str, indices: list[int]) -> list[Shown]:
        """Frames that the framework dropped on their way."""

    def download(self, run: str, kind: str) -> dict[str, str]:
        """``{"name", "mime", "data": base64}``."""

    def result(self, run: str) -> dict[str, Any]:
        """``{"classes": [{"index", "name", "color", "share"}], "name"}`` of a segmentation run."""

    def taken(self, run: str, index: int) -> dict[str, str]:
        """``{"field": PNG data URL}`` of where its mask has one class."""

    def tangents(self, field: Any, settings: Any) -> dict[str, Any]:
        """``{"arrows", "outline": PNG data URL}`` of a template in its pose."""


class ShapeLab(Asking):
    """A mask to draw, a method to choose, and the player of its iterations.

    Two events: ``shape`` (``field``, ``method``, ``soften``, ``parts``, ``settings``), numbered by ``ask``, should run
    a generator of :class:`Reply` with the widget as output; ``halt`` should end the one with its number, running or
    waiting.

    Args:
        offers: silhouettes and methods.
        answers: what the widget may ask.
        text: trusted HTML below.
        **kw: further arguments of ``gr.HTML`` (``elem_id``, ``visible``, …).
    """

    title = "Shape"
    questions = ("shape", "halt")
    about = "One message: the newest frame of a shape run."
    check = staticmethod(check_reply)

    def __init__(self, offers: Offers, answers: Answers, text: str, **kw: Any) -> None:
        self._answers = answers
        known = f"const OFFERS = {json.dumps(offers)};\n"
        script = bundle(Path(__file__).parent, _SCRIPTS, STYLE=_SHARED, SHAPE_STYLE=("shape.css",))
        super().__init__(
            _MARKUP.format(text),
            known + script,
            **kw,
        )

    @callable_from_browser
    def silhouette(self, name: Any) -> Any:
        """``name`` → a mask, or ``{"error": sentence}``; called by the browser, as are those below."""
        return answered(lambda: self._answers.silhouette(check_name(name, "silhouette")), "drawing a silhouette")

    @callable_from_browser
    def frames(self, arguments: Any) -> Any:
        """``[run, indices]`` → frames."""

        def ask(run: Any, indices: Any) -> Any:
            return self._answers.frames(check_run(run), check_indices(indices))

        return told(ask, arguments, 2, "sending frames")

    @callable_from_browser
    def download(self, arguments: Any) -> Any:
        """``[run, kind]`` → a file."""

        def ask(run: Any, kind: Any) -> Any:
            return self._answers.download(check_run(run), check_kind(kind))

        return told(ask, arguments, 2, "making a file")

    @callable_from_browser
    def result(self, run: Any) -> Any:
        """``run`` → the classes of a segmentation run."""
        return answered(lambda: self._answers.result(check_run(run)), "looking at a result")

    @callable_from_browser
    def taken(self, arguments: Any) -> Any:
        """``[run, class]`` → where the result of that run has the class."""

        def ask(run: Any, index: Any) -> Any:
            return self._answers.taken(check_run(run), check_integer(index, "class", MAX_CLASS + 1))

        return told(ask, arguments, 2, "taking a result over")

    @callable_from_browser
    def tangents(self, arguments: Any) -> Any:
        """``[field, settings]`` → the template in its pose and its tangents."""

        def ask(field: Any, settings: Any) -> Any:
            return self._answers.tangents(field, check_settings(settings))

        return told(ask, arguments, 2, "drawing a template")
