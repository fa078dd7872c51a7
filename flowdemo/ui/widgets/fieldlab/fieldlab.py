"""Three sections that are computed and drawn in the browser, and the row of links above them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flowdemo.ui.widgets.fieldlab.convergence import Convergence
from flowdemo.ui.widgets.section import Section, bundle

# Each is one function body in the browser: tools, mathematics, what is drawn, then what a person does.
_PLANE = ("potential", "descent", "population", "plane_state", "plane_view", "plane_paths", "plane_hands",
          "plane_controls", "plane_chart", "plane_words", "plane_readout", "plane")  # fmt: skip
_CODES = ("codes_random", "codes_families", "codes_measures", "codes_view", "codes")
_STYLES = ("fieldlab.css", "controls.css")


def _script(*names: str) -> str:
    """The style sheet as a constant, then the scripts; sections add the sheet to the page once."""
    return bundle(Path(__file__).parent, names, STYLE=_STYLES)


class Navigation(Section):
    """Links to sections.

    Args:
        sections: ``(elem_id, name)`` of each, in the order of the page.
    """

    def __init__(self, sections: Sequence[tuple[str, str]], **kw: Any) -> None:
        links = "".join(
            f'<button type="button" data-to="{html.escape(to)}">{html.escape(name)}</button>' for to, name in sections
        )
        super().__init__(f'<nav class="fd-fieldlab fl-nav" aria-label="Sections">{links}</nav>', _script("nav"), **kw)


class Plane(Section):
    """Codes in the plane, the force of the term and the flows it makes; ``text`` is trusted HTML above it."""

    def __init__(self, text: str, **kw: Any) -> None:
        super().__init__(_body("plane", "Field", text), _script("../player/dom", "kit", *_PLANE), **kw)


class Codes(Section):
    """Families of category codes in the cube and their measures; ``text`` is trusted HTML above them."""

    def __init__(self, text: str, **kw: Any) -> None:
        super().__init__(_body("codes", "Codes", text), _script("../player/dom", "kit", *_CODES), **kw)


class Curves(Section):
    """Scores against training steps.

    Args:
        found: what was scored.
        text: trusted HTML above the curves.
    """

    def __init__(self, found: Convergence, text: str, **kw: Any) -> None:
        script = _script("../player/dom", "kit", "convergence")
        super().__init__(_body("convergence", "Convergence", text), script, value=found.to_json(), **kw)


def _body(kind: str, name: str, text: str) -> str:
    return (
        f'<section class="fd-fieldlab fl-{kind}" aria-label="{name}"><div class="fl-text">{text}</div>'
        '<div class="fl-body"></div></section>'
    )
