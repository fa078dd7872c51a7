"""The picture of what β does: two neighbouring codes and the band that the perturbation spreads around each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

_FIGURE = Path(__file__).with_name("beta.js")


class BetaFigure(gr.HTML):
    """Value: ``{"beta", "spacing", "unit"}``, spacing being that of the codes, in the same unit as β; nothing is drawn
    for 0.
    """

    def __init__(self, beta: float, spacing: float, unit: str, **kw: Any) -> None:
        super().__init__(
            value={"beta": beta, "spacing": spacing, "unit": unit},
            html_template='<div class="fd-beta"></div>',
            js_on_load=_FIGURE.read_text("utf-8"),
            apply_default_css=False,
            **kw,
        )


def value_script(codes: Mapping[str, tuple[float, str]]) -> str:
    """Script of an event with the inputs β and model, whose output is the figure.

    Args:
        codes: spacing of the codes and its unit, by model.
    """
    known = json.dumps({name: {"spacing": spacing, "unit": unit} for name, (spacing, unit) in codes.items()})
    return f"(beta, model) => ({{beta, spacing: 0, unit: '', ...({known})[model]}})"
