"""Losses compared while one shape is moved over another: a section that is computed and drawn in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flowdemo.ui.widgets.section import Section, bundle

# One function body in the browser: tools, mathematics, state, what is drawn, then what a person does.
_SCRIPTS = ("../player/dom", "../fieldlab/kit", "outlines", "measures", "state", "picture", "hands", "chart", "panel",
            "shapeloss")  # fmt: skip
_SHARED = ("../fieldlab/fieldlab.css", "../fieldlab/controls.css")


class ShapeLosses(Section):
    """A fixed reference and a second shape that is moved over it; ``text`` is trusted HTML above them."""

    def __init__(self, text: str, **kw: Any) -> None:
        body = (
            f'<section class="fd-fieldlab sl-losses" aria-label="Losses"><div class="fl-text">{text}</div>'
            '<div class="fl-body"></div></section>'
        )
        script = bundle(Path(__file__).parent, _SCRIPTS, STYLE=_SHARED, LOSS_STYLE=("shapeloss.css",))
        super().__init__(body, script, **kw)
