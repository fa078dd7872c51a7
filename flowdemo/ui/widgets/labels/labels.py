"""Draw or choose a picture and see it read, choose a class and see pictures of it form."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.base import server as callable_from_browser

from flowdemo.ui.guard import Refusal, answered
from flowdemo.ui.widgets.labels.contract import Offer, Reply, Shown, check_reply
from flowdemo.ui.widgets.player.contract import check_indices, check_run, unpack
from flowdemo.ui.widgets.section import bundle

# One function body in the browser: tools without state, what a person has chosen, the parts of both modes, assembly.
_SCRIPTS = (
    "../player/dom",
    "texts",
    "state",
    "fields",
    "samples",
    "pad",
    "source",
    "columns",
    "chart",
    "bars",
    "agreement",
    "run",
    "grid",
    "transport",
    "download",
    "forms",
    "messages",
    "main",
)
EVENTS = ("classify", "generate", "halt")


class LabelsLab(gr.HTML):
    """Classify and generate with models whose label belongs to the whole picture.

    Three events: ``classify`` (``task``, ``kind``, ``picture``, ``model``, ``seed``, ``steps``) and ``generate``
    (``model``, ``label``, ``samples``, ``steps``, ``beta``, ``seed``), both numbered by ``ask``, should run generators
    of :class:`Reply` with the widget as output; ``halt`` should end the one with its number, running or waiting.

    Args:
        offers: the models, at least one.
        ladder: numbers of steps that are shown side by side.
        frames: ``(run, indices) → frames`` that the framework dropped on their way.
        **kw: further arguments of ``gr.HTML`` (``elem_id``, ``visible``, …).
    """

    def __init__(
        self, offers: Sequence[Offer], ladder: Sequence[int], frames: Callable[[str, list[int]], list[Shown]], **kw: Any
    ) -> None:
        self._frames = frames
        known = f"const OFFERS = {json.dumps(list(offers))};\nconst LADDER = {json.dumps(list(ladder))};\n"
        super().__init__(
            html_template='<section class="fd-labels" aria-label="Classify and generate"></section>',
            css_template="",
            js_on_load=known + bundle(Path(__file__).parent, _SCRIPTS, STYLE=("labels.css",)),
            apply_default_css=False,
            **kw,
        )

    def __getattr__(self, name: str) -> Any:
        # gr.HTML takes every quoted word of the script for an event; the widget has three.
        if name in EVENTS:
            return super().__getattr__(name)
        raise AttributeError(f"LabelsLab has no attribute {name!r}")

    def postprocess(self, value: Reply | None) -> Reply | None:
        """Check the outer form of a message (ValueError)."""
        return check_reply(value)

    def preprocess(self, payload: Any) -> None:
        """None for its own value coming back, ``gr.Error`` for anything else: the widget is no input."""
        try:
            check_reply(payload or None)
        except ValueError:
            raise Refusal("Classify and generate takes no input here; leave it empty.") from None

    @callable_from_browser
    def frames(self, arguments: Any) -> Any:
        """``[run, indices]`` → frames, or ``{"error": sentence}``; called by the browser."""

        def ask() -> Any:
            run, indices = unpack(arguments, 2)
            return self._frames(check_run(run), check_indices(indices))

        return answered(ask, "sending frames")

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "One message: columns of a reading, or the newest frame of a run."}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None
