"""The comparison: up to four runs of one picture on one scrubber, with agreement and scores counted in the browser."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from gradio.components.base import server as callable_from_browser

from flowdemo.ui.guard import Refusal, answered
from flowdemo.ui.widgets.compare.contract import Head, Update, check_update
from flowdemo.ui.widgets.player.contract import check_indices, check_run, unpack

# One function body in the browser: tools without state, the counting, what a person has chosen, the parts, assembly.
_SCRIPTS = (
    "../player/dom.js",
    "../player/png.js",
    "../player/rows.js",
    "../player/colours.js",
    "../player/words.js",
    "../player/store.js",
    "../player/panel.js",
    "score.js",
    "state.js",
    "measure.js",
    "pane.js",
    "stage.js",
    "chart.js",
    "numbers.js",
    "transport.js",
    "messages.js",
    "main.js",
)


class CompareServer(Protocol):
    """What the comparison asks Python for; all of it is cheap, and refusals are raised as ``FlowdemoError``."""

    def opening(self) -> Update | None:
        """What is shown before anything was run, or None."""
        ...

    def head(self, comparison: str) -> Head:
        """Description of a comparison whose first message was lost."""
        ...

    def frames(self, run: str, indices: list[int]) -> list[dict[str, Any]]:
        """Those of the wanted frames that exist, in the form in which they are streamed."""
        ...

    def recipe(self, run: str) -> dict[str, str]:
        """The recipe as a file: ``{"name", "mime", "data": base64}``."""
        ...


@lru_cache(maxsize=1)
def _script() -> str:
    """The style sheet as a constant, then all scripts; gradio would write ``css_template`` anew for each value."""
    folder = Path(__file__).parent
    style = json.dumps((folder / "compare.css").read_text("utf-8"))
    scripts = "\n".join((folder / name).read_text("utf-8") for name in _SCRIPTS)
    return f"const STYLE = {style};\n{scripts}"


class CompareView(gr.HTML):
    """Runs of one input side by side; its value is one :class:`Update` per message, each with the new frame only.

    One event: ``opened`` (the stored comparison of :meth:`CompareServer.opening` is shown).

    Args:
        server: answers questions; see :class:`CompareServer`.
        **kw: further arguments of ``gr.HTML`` (``elem_id``, ``visible``, …).
    """

    def __init__(self, server: CompareServer, **kw: Any) -> None:
        self._server = server
        super().__init__(
            html_template='<section class="fd-compare" aria-label="Comparison"></section>',
            css_template="",
            js_on_load=_script(),
            apply_default_css=False,
            **kw,
        )

    def __getattr__(self, name: str) -> Any:
        # gr.HTML takes every quoted word of the script for an event; the comparison has one.
        if name == "opened":
            return super().__getattr__(name)
        raise AttributeError(f"CompareView has no attribute {name!r}")

    def postprocess(self, value: Update | None) -> Update | None:
        """Check the outer form of a message (ValueError); its frame and texts are passed as they are."""
        return check_update(value)

    def preprocess(self, payload: Any) -> None:
        """None for its own value coming back, ``gr.Error`` for anything else: the comparison is no input."""
        try:
            check_update(payload or None)
        except ValueError:
            raise Refusal("The comparison takes no input here; leave it empty.") from None

    @callable_from_browser
    def opening(self, _: Any = None) -> Any:
        """What is shown at first, None, or ``{"error": sentence}``; called by the browser, which has nothing to say."""
        return answered(self._server.opening, "a question of the comparison")

    @callable_from_browser
    def described(self, comparison: Any) -> Any:
        """``comparison`` → its head, or ``{"error": sentence}``; called by the browser."""
        return answered(lambda: self._server.head(check_run(comparison)), "a question of the comparison")

    @callable_from_browser
    def frames(self, arguments: Any) -> Any:
        """``[run, indices]`` → frames, or ``{"error": sentence}``; called by the browser."""

        def ask() -> Any:
            run, indices = unpack(arguments, 2)
            return self._server.frames(check_run(run), check_indices(indices))

        return answered(ask, "a question of the comparison")

    @callable_from_browser
    def recipe(self, run: Any) -> Any:
        """``run`` → its recipe as a file, or ``{"error": sentence}``; called by the browser."""
        return answered(lambda: self._server.recipe(check_run(run)), "a question of the comparison")

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "One message of a comparison: its runs so far and the newest frame."}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None
