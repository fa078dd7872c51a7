"""Widgets that ask numbered questions by events, and are answered by messages that come as their value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from flowdemo.ui.guard import Refusal, answered
from flowdemo.ui.widgets.player.contract import unpack


class Asking(gr.HTML):
    """Base of such a widget, which sets:

    Attributes:
        title: what the page calls it.
        questions: names of its events.
        about: what its value is, for the API's description.
        check: completes a message that the page is about to push; ValueError where it is none.
    """

    title: str
    questions: tuple[str, ...]
    about: str
    check: Callable[[Any], Any]

    def __init__(self, markup: str, script: str, **kw: Any) -> None:
        super().__init__(html_template=markup, css_template="", js_on_load=script, apply_default_css=False, **kw)

    def __getattr__(self, name: str) -> Any:
        # gr.HTML takes every quoted word of the script for an event; the widget has a few.
        if name in type(self).questions:
            return super().__getattr__(name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def postprocess(self, value: Any) -> Any:
        """Check the outer form of a message (ValueError)."""
        return type(self).check(value)

    def preprocess(self, payload: Any) -> None:
        """None for its own value coming back, ``gr.Error`` for anything else: the widget is no input."""
        try:
            type(self).check(payload or None)
        except ValueError:
            raise Refusal(f"{self.title} takes no input here; leave it empty.") from None

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": self.about}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None


def told(ask: Callable[..., Any], arguments: Any, count: int, what: str) -> Any:
    """``ask(*arguments)`` of so many arguments as the browser sent them, or ``{"error": sentence}``."""
    return answered(lambda: ask(*unpack(arguments, count)), what)
