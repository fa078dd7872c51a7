"""The spiral laboratory: a SymmFlow network of 1,576 numbers, evaluated and drawn in the browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.base import server as callable_from_browser

from flowdemo.ui.guard import FAILED, answered
from flowdemo.ui.widgets.spiral.contract import Shipped, Update, check_update

# One function body in the browser: tools without state, the mathematics, what is drawn, then what a person does.
_SCRIPTS = (
    "../player/dom.js",
    "field.js",
    "flow.js",
    "colours.js",
    "state.js",
    "layers.js",
    "stage.js",
    "points.js",
    "chart.js",
    "side.js",
    "strip.js",
    "transport.js",
    "training.js",
    "main.js",
)
_TEMPLATE = """<section class="fd-spiral" aria-label="Spiral">
<div class="sp-page"><div class="sp-text">{text}</div></div>
</section>"""


@lru_cache(maxsize=1)
def _script() -> str:
    """Constants, then all scripts; gradio would write the sheet, as ``css_template``, anew for each value."""
    folder = Path(__file__).parent
    style = json.dumps((folder / "spiral.css").read_text("utf-8"))
    scripts = "\n".join((folder / name).read_text("utf-8") for name in _SCRIPTS)
    return f"const STYLE = {style};\nconst FAILED = {json.dumps(FAILED)};\n{scripts}"


class SpiralLab(gr.HTML):
    """Points, their paths and what they are read as, in any number of steps; nothing of it asks the server.

    Two events: ``train`` (a person wants a new network; the event's ``run`` numbers the training) should run a
    generator of :class:`Update` with the laboratory as output, and ``halt`` should end it, running or waiting.

    Args:
        source: gives the trained networks and the points; called when the laboratory is first seen.
        text: trusted HTML beside the laboratory.
        **kw: further arguments of ``gr.HTML`` (``elem_id``, ``visible``, …).
    """

    def __init__(self, source: Callable[[], Shipped], text: str = "", **kw: Any) -> None:
        self._source = source
        super().__init__(
            html_template=_TEMPLATE.format(text=text),
            css_template="",
            js_on_load=_script(),
            apply_default_css=False,
            **kw,
        )

    def __getattr__(self, name: str) -> Any:
        # gr.HTML takes every quoted word of the script for an event; the laboratory has two.
        if name in ("train", "halt"):
            return super().__getattr__(name)
        raise AttributeError(f"SpiralLab has no attribute {name!r}")

    def postprocess(self, value: Update | None) -> dict[str, Any] | None:
        """Pack a message of a training; ValueError for anything that is none."""
        return check_update(value)

    def preprocess(self, payload: Any) -> None:
        """None; ``gr.Error`` for a value, since the laboratory is no input."""
        if payload is not None:
            raise gr.Error("The spiral takes no input; leave it empty.", print_exception=False)

    @callable_from_browser
    def shipped(self, _: Any = None) -> dict[str, Any]:
        """Networks and points, or ``{"error": sentence}``; called by the browser, which has nothing to say."""
        return answered(lambda: self._source().to_json(), "reading the spiral's weights")

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "One message of a training: step, loss, seconds, packed weights."}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None
