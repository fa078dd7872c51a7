"""The trajectory player: every frame of a run in the browser, scrubbed without the server."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from gradio.components.base import server as callable_from_browser

from flowdemo.ui.guard import Refusal, answered
from flowdemo.ui.widgets.player.contract import (
    MAX_FRAMES,
    MAX_SAMPLES,
    MAX_SIDE,
    Frame,
    Message,
    Meta,
    check_indices,
    check_integer,
    check_kind,
    check_message,
    check_run,
    unpack,
)

_SCRIPTS = (
    "dom.js",
    "png.js",
    "rows.js",
    "colours.js",
    "words.js",
    "store.js",
    "panel.js",
    "halves.js",
    "views.js",
    "legend.js",
    "transport.js",
    "film.js",
    "keys.js",
    "space.js",
    "probe.js",
    "gauge.js",
    "curve.js",
    "means.js",
    "wall.js",
    "charts.js",
    "downloads.js",
    "state.js",
    "messages.js",
    "main.js",
)
_SHEETS = ("player.css", "pair.css")


class PlayerServer(Protocol):
    """What the player asks Python for; all of it is cheap, and refusals are raised as ``FlowdemoError``.

    Arguments have been checked for type and range, not for whether the run exists or is that large.
    """

    def frames(self, run: str, indices: list[int]) -> list[Frame]:
        """Those of the wanted frames that exist, in the form in which they are streamed."""
        ...

    def meta(self, run: str) -> Meta:
        """The ``meta`` of a run."""
        ...

    def probe(self, run: str, sample: int, x: int, y: int) -> dict[str, Any]:
        """Path of one pixel.

        Returns:
            ``path``: [r, g, b] in [-1, 1] per frame; ``classes``: class index per frame; ``t``: time per
            frame; ``settled``: index of the frame from which on the class stays; ``straightness``:
            chord / path, 0–1; ``distance``: grey levels to the nearest class code per frame.
        """
        ...

    def download(self, run: str, kind: str, index: int, sample: int) -> dict[str, str]:
        """A file as ``{"name", "mime", "data": base64}``; ``kind`` is one of ``contract.KINDS``."""
        ...


@lru_cache(maxsize=1)
def _script() -> str:
    """One function body: the style sheets as a constant, then all scripts.

    The sheets go in once, by script: gradio writes ``css_template`` anew for each value, that is, frame.
    """
    folder = Path(__file__).parent
    style, scripts = ("\n".join((folder / name).read_text("utf-8") for name in names) for names in (_SHEETS, _SCRIPTS))
    return f"const STYLE = {json.dumps(style)};\n{scripts}"


class TrajectoryPlayer(gr.HTML):
    """Player of one run; its value is one ``contract.Message`` per frame, each with the new frame only.

    The browser keeps the frames of the run and asks ``server`` for those that gradio dropped on the way (a
    value that is replaced before it is drawn is never seen). For a stored run push one message with ``meta``,
    the last ``frame`` and ``end``: the browser fetches the rest. Events that push frames should run with
    ``show_progress="hidden"``.

    Args:
        server: answers questions about runs; see :class:`PlayerServer`.
        **kw: further arguments of ``gr.HTML`` (``value``, ``elem_id``, ``visible``, …).
    """

    def __init__(self, server: PlayerServer, **kw: Any) -> None:
        self._server = server
        super().__init__(
            html_template='<section class="fd-player" aria-label="Trajectory player"></section>',
            css_template="",
            js_on_load=_script(),
            apply_default_css=False,
            **kw,
        )

    def __getattr__(self, name: str) -> Any:
        # gr.HTML takes every quoted word of the script for an event; the player has none of its own.
        raise AttributeError(f"TrajectoryPlayer has no attribute {name!r}")

    def postprocess(self, value: Message | None) -> Message | None:
        """Check the outer form of a message (ValueError); its frame and texts are passed as they are."""
        return check_message(value)

    def preprocess(self, payload: Any) -> None:
        """None for its own value coming back, ``gr.Error`` for anything else: the player is no input."""
        try:
            check_message(payload or None)
        except ValueError:
            raise Refusal("The player takes no input; leave it empty.") from None

    @callable_from_browser
    def frames(self, arguments: Any) -> Any:
        """``[run, indices]`` → frames, or ``{"error": sentence}``; called by the browser."""

        def ask() -> Any:
            run, indices = unpack(arguments, 2)
            return self._server.frames(check_run(run), check_indices(indices))

        return answered(ask, "a question of the player")

    @callable_from_browser
    def meta(self, run: Any) -> Any:
        """``run`` → its meta, or ``{"error": sentence}``; called by the browser."""
        return answered(lambda: self._server.meta(check_run(run)), "a question of the player")

    @callable_from_browser
    def probe(self, arguments: Any) -> Any:
        """``[run, sample, x, y]`` → path of the pixel, or ``{"error": sentence}``; called by the browser."""

        def ask() -> Any:
            run, sample, x, y = unpack(arguments, 4)
            return self._server.probe(
                check_run(run),
                check_integer(sample, "sample", MAX_SAMPLES),
                check_integer(x, "column", MAX_SIDE),
                check_integer(y, "row", MAX_SIDE),
            )

        return answered(ask, "a question of the player")

    @callable_from_browser
    def download(self, arguments: Any) -> Any:
        """``[run, kind, index, sample]`` → a file, or ``{"error": sentence}``; called by the browser."""

        def ask() -> Any:
            run, kind, index, sample = unpack(arguments, 4)
            return self._server.download(
                check_run(run),
                check_kind(kind),
                check_integer(index, "frame index", MAX_FRAMES),
                check_integer(sample, "sample", MAX_SAMPLES),
            )

        return answered(ask, "a question of the player")

    def api_info(self) -> dict[str, Any]:
        description = (
            "One message of a run: its id, meta (first message), the newest frame, end (last message)."
        )
        return {"type": "object", "description": description}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None
