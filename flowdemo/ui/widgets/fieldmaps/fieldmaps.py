"""The maps of two runs and the paths of a chosen pixel; colours are drawn in the browser, numbers come from Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.base import server as callable_from_browser

from flowdemo.errors import InputError
from flowdemo.ui.guard import Refusal, answered
from flowdemo.ui.widgets.fieldmaps.contract import ID, Pixel, Update, check_update
from flowdemo.ui.widgets.player.contract import check_integer, unpack

# One function body in the browser: tools of other widgets, what is known, the parts, what comes in, assembly.
_SCRIPTS = (
    "../player/dom.js", "../player/png.js", "../player/colours.js", "../player/panel.js", "../fieldlab/kit.js",
    "../fieldlab/codes_view.js", "state.js", "pane.js", "maps.js", "space.js", "pixel.js", "receive.js", "main.js",
)  # fmt: skip
_SHARED = ("../fieldlab/fieldlab.css", "../fieldlab/controls.css")
MOST = 1024  # pixels of a side


@lru_cache(maxsize=1)
def _script() -> str:
    """Style sheets as constants, then all scripts; gradio would write ``css_template`` anew for each value."""

    def text(*names: str) -> str:
        return "\n".join((Path(__file__).parent / name).read_text("utf-8") for name in names)

    sheets = f"const STYLE = {json.dumps(text(*_SHARED))};\nconst MAPS_STYLE = {json.dumps(text('fieldmaps.css'))};\n"
    return sheets + text(*_SCRIPTS)


class FieldMapsView(gr.HTML):
    """Maps of one picture through two models; its value is one :class:`Update` per message.

    One event: ``opened`` (a person sees the section for the first time).

    Args:
        pixel: (id, x, y) → the paths of a pixel of a shown result; cheap, refusals are raised as ``FlowdemoError``.
        opening: the message that is shown before anything was run.
        **kw: further arguments of ``gr.HTML`` (``elem_id``, ``visible``, …).
    """

    def __init__(self, pixel: Callable[[str, int, int], Pixel], opening: Update, **kw: Any) -> None:
        self._pixel = pixel
        super().__init__(
            value=opening,
            html_template='<section class="fd-fieldlab fl-maps" aria-label="Maps of a picture"></section>',
            css_template="",
            js_on_load=_script(),
            apply_default_css=False,
            **kw,
        )

    def __getattr__(self, name: str) -> Any:
        # gr.HTML takes every quoted word of the script for an event; the maps have one.
        if name == "opened":
            return super().__getattr__(name)
        raise AttributeError(f"FieldMapsView has no attribute {name!r}")

    def postprocess(self, value: Update | None) -> Update | None:
        """Check the outer form of a message (ValueError); pictures and texts are passed as they are."""
        return check_update(value)

    def preprocess(self, payload: Any) -> None:
        """None for its own value coming back, ``gr.Error`` for anything else: the maps are no input."""
        try:
            check_update(payload or None)
        except ValueError:
            raise Refusal("The maps take no input here; leave them empty.") from None

    @callable_from_browser
    def pixel(self, arguments: Any) -> Any:
        """``[id, x, y]`` → :class:`Pixel`, or ``{"error": sentence}``; called by the browser."""

        def ask() -> Pixel:
            result, x, y = unpack(arguments, 3)
            if not isinstance(result, str) or not ID.fullmatch(result):
                raise InputError("These maps are not known here; press Run again.", "run")
            return self._pixel(result, check_integer(x, "x", MOST), check_integer(y, "y", MOST))

        return answered(ask, "a question of the maps")

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "One message of two runs whose paths are mapped."}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None
