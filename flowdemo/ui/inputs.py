"""Controls that hand on what they get: one place, the request, checks values, and it answers in plain sentences.

Gradio's own checks would round 2.5 steps to 2, answer an emptied number box with a TypeError, and a text file in the
photo's place with the path of that file on the server.
"""

from __future__ import annotations

from typing import Any

import gradio as gr


class NumberSlider(gr.Slider):
    """A slider whose handlers get the number box's content as it is, None where it is empty."""

    is_template = True  # shown by gradio's own slider

    def preprocess(self, payload: Any) -> Any:
        return payload


class NumberBox(gr.Number):
    """A number box whose handlers get its content as it is, None where it is empty."""

    is_template = True

    def preprocess(self, payload: Any) -> Any:
        return payload


class PhotoInput(gr.Image):
    """A photo chooser whose handlers get the path of the uploaded file, unopened, or None."""

    is_template = True

    def preprocess(self, payload: Any) -> str | None:
        return payload.path if payload is not None else None


class DirectionChoice(gr.Radio):
    """A choice whose handlers get what was sent, known or not: its choices change with the model, and a browser may
    send the old one before it has heard of the new ones.
    """

    is_template = True

    def preprocess(self, payload: Any) -> Any:
        return payload


class ClassChoice(gr.Dropdown):
    """A choice of a class whose handlers get what was sent, for the same reason."""

    is_template = True

    def preprocess(self, payload: Any) -> Any:
        return payload
