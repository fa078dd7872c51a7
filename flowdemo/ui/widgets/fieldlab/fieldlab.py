"""Three sections that are computed and drawn in the browser, and the row of links above them."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

from flowdemo.ui.widgets.fieldlab.convergence import Convergence

# Each is one function body in the browser: tools, mathematics, what is drawn, then what a person does.
_PLANE = ("potential", "descent", "population", "plane_state", "plane_view", "plane_paths", "plane_hands",
          "plane_controls", "plane_chart", "plane_words", "plane_readout", "plane")  # fmt: skip
_CODES = ("codes_random", "codes_families", "codes_measures", "codes_view", "codes")
_STYLES = ("fieldlab.css", "controls.css")


@cache
def _script(*names: str) -> str:
    """The style sheet as a constant, then the scripts; sections add the sheet to the page once."""
    folder = Path(__file__).parent
    style = json.dumps("\n".join((folder / name).read_text("utf-8") for name in _STYLES))
    files = [folder / f"{name}.js" for name in names]
    return "\n".join([f"const STYLE = {style};", *(file.read_text("utf-8") for file in files)])


class _Section(gr.HTML):
    """A part of the page that takes nothing and asks nothing."""

    def __init__(self, body: str, scripts: Sequence[str], **kw: Any) -> None:
        super().__init__(
            html_template=body, css_template="", js_on_load=_script(*scripts), apply_default_css=False, **kw
        )

    def __getattr__(self, name: str) -> Any:
        # gr.HTML takes every quoted word of the script for an event; a section has none.
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def preprocess(self, payload: Any) -> None:
        """None; ``gr.Error`` for a value, since a section is no input."""
        if payload is not None and payload != self.value:
            raise gr.Error("This section takes no input; leave it empty.", print_exception=False)

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "What the section shows."}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None


class Navigation(_Section):
    """Links to sections.

    Args:
        sections: ``(elem_id, name)`` of each, in the order of the page.
    """

    def __init__(self, sections: Sequence[tuple[str, str]], **kw: Any) -> None:
        links = "".join(
            f'<button type="button" data-to="{html.escape(to)}">{html.escape(name)}</button>' for to, name in sections
        )
        super().__init__(f'<nav class="fd-fieldlab fl-nav" aria-label="Sections">{links}</nav>', ["nav"], **kw)


class Plane(_Section):
    """Codes in the plane, the force of the term and the flows it makes; ``text`` is trusted HTML above it."""

    def __init__(self, text: str, **kw: Any) -> None:
        super().__init__(_body("plane", "Field", text), ["../player/dom", "kit", *_PLANE], **kw)


class Codes(_Section):
    """Families of category codes in the cube and their measures; ``text`` is trusted HTML above them."""

    def __init__(self, text: str, **kw: Any) -> None:
        super().__init__(_body("codes", "Codes", text), ["../player/dom", "kit", *_CODES], **kw)


class Curves(_Section):
    """Scores against training steps.

    Args:
        found: what was scored.
        text: trusted HTML above the curves.
    """

    def __init__(self, found: Convergence, text: str, **kw: Any) -> None:
        scripts = ["../player/dom", "kit", "convergence"]
        super().__init__(_body("convergence", "Convergence", text), scripts, value=found.to_json(), **kw)


def _body(kind: str, name: str, text: str) -> str:
    return (
        f'<section class="fd-fieldlab fl-{kind}" aria-label="{name}"><div class="fl-text">{text}</div>'
        '<div class="fl-body"></div></section>'
    )
