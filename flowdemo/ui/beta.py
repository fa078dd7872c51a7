"""The picture of what β does: two neighbouring codes and the band that the perturbation spreads around each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

_FIGURE = Path(__file__).with_name("beta.js")


class BetaFigure(gr.HTML):
    """Value: ``{"beta", "spacing"}`` in grey levels, spacing being that of the codes; nothing is drawn for 0."""

    def __init__(self, beta: float, spacing: float, **kw: Any) -> None:
        super().__init__(
            value={"beta": beta, "spacing": spacing},
            html_template='<div class="fd-beta"></div>',
            js_on_load=_FIGURE.read_text("utf-8"),
            apply_default_css=False,
            **kw,
        )


def value_script(spacing: Mapping[str, float]) -> str:
    """Script of an event with the inputs β and model, whose output is the figure."""
    return f"(beta, model) => ({{beta, spacing: ({dict(spacing)})[model] || 0}})"
