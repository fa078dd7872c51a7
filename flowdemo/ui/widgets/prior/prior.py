"""The panel *Shape prior* under the player: choose classes and a method, see what changes, take the mask home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from gradio.components.base import server as callable_from_browser

from flowdemo.engine.priors import GROWTHS, ITERATIONS, METHODS
from flowdemo.engine.runs import RunRecord
from flowdemo.errors import InputError
from flowdemo.ui.guard import Refusal, answered
from flowdemo.ui.widgets.player.contract import MAX_SAMPLES, check_integer, check_run, unpack
from flowdemo.ui.widgets.section import bundle

_SCRIPTS = ("../player/dom", "result", "main")
MAX_CLASSES = 255


class Repairs(Protocol):
    """What the panel asks; see :class:`flowdemo.engine.priors.Priors`."""

    def offer(self, record: RunRecord) -> dict[str, Any] | None:
        """What may be chosen of a run; None where it has no mask."""

    def repair(
        self, run: str, sample: int, chosen: list[int], method: str, growth: int | None, iterations: int
    ) -> dict[str, Any]:
        """The result of a run with the shapes of some classes made convex."""


class ShapePrior(gr.HTML):
    """Value: what :meth:`flowdemo.engine.priors.Priors.offer` returns of the run in the player; None where that has no
    mask, or none yet, which empties the panel.

    Args:
        repairs: computes.
        **kw: further arguments of ``gr.HTML`` (``elem_id``, ``visible``, …).
    """

    def __init__(self, repairs: Repairs, **kw: Any) -> None:
        self._repairs = repairs
        methods = [{"key": key, "name": name, "about": about} for key, (name, about) in METHODS.items()]
        known = {"METHODS": methods, "GROWTHS": GROWTHS, "ITERATIONS": ITERATIONS}
        head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items())
        super().__init__(
            value=None,
            html_template='<section class="fd-prior" aria-label="Shape prior"></section>',
            css_template="",
            js_on_load=head + bundle(Path(__file__).parent, _SCRIPTS, STYLE=("prior.css",)),
            apply_default_css=False,
            **kw,
        )

    def __getattr__(self, name: str) -> Any:
        # gr.HTML takes every quoted word of the script for an event; the panel has none.
        raise AttributeError(f"ShapePrior has no attribute {name!r}")

    def preprocess(self, payload: Any) -> None:
        """None for what the page sent, ``gr.Error`` for anything else: the panel is no input."""
        if payload is not None and not (isinstance(payload, dict) and "run" in payload):
            raise Refusal("The shape prior takes no input here; leave it empty.")

    def offer(self, record: RunRecord) -> dict[str, Any] | None:
        """The value for a run that the player shows."""
        return self._repairs.offer(record)

    @callable_from_browser
    def repair(self, arguments: Any) -> Any:
        """``[run, sample, classes, method, growth, iterations]`` → pictures and numbers, or ``{"error": sentence}``."""

        def ask() -> Any:
            run, sample, chosen, method, growth, iterations = unpack(arguments, 6)
            if not isinstance(chosen, list) or len(chosen) > MAX_CLASSES or not isinstance(method, str):
                raise InputError("Choose classes and a method with the buttons of the page.", field="classes")
            classes = [check_integer(index, "class", MAX_CLASSES) for index in chosen]
            if any(type(number) is not int for number in (iterations, 0 if growth is None else growth)):
                raise InputError("Growth and iterations must be whole numbers.", field="growth")
            place = check_integer(sample, "sample", MAX_SAMPLES)
            return self._repairs.repair(check_run(run), place, classes, method, growth, iterations)

        return answered(ask, "a shape prior")

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "Run and classes that a shape prior may be put on."}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None
