"""Three sections on paths that disagree with a field, computed and drawn in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flowdemo.ui.widgets.section import Section, bundle

# Each is one function body in the browser: tools, mathematics, what is drawn, then what a person does.
_TOOLS = ("../player/dom", "../fieldlab/kit", "sheet", "scores", "plot")
_PLANE = ("../fieldlab/codes_random", "sets", "field", "plane_state", "landscape", "ramp", "plane_view", "plane_hands",
          "plane_map", "plane_controls", "plane_curves", "plane_words", "plane")  # fmt: skip
_GAUSSIAN = ("../fieldlab/population", "gaussians", "gaussian_chart", "gaussian")
_DECOMPOSITION = ("../fieldlab/population", "parts", "decomposition")
_SHARED = ("../fieldlab/fieldlab.css", "../fieldlab/controls.css")


class _Lesson(Section):
    """A section; ``text`` is trusted HTML above what is drawn."""

    def __init__(self, kind: str, name: str, scripts: tuple[str, ...], text: str, **kw: Any) -> None:
        body = (
            f'<section class="fd-fieldlab mm-{kind}" aria-label="{name}"><div class="fl-text">{text}</div>'
            '<div class="fl-body"></div></section>'
        )
        folder = Path(__file__).parent
        script = bundle(folder, _TOOLS + scripts, STYLE=_SHARED, MISMATCH_STYLE=("mismatch.css",))
        super().__init__(body, script, **kw)


class Plane(_Lesson):
    """A target in the plane, its paths against the exact field of a point set, and the landscape of scores."""

    def __init__(self, text: str, **kw: Any) -> None:
        super().__init__("plane", "Plane", _PLANE, text, **kw)


class Gaussian(_Lesson):
    """Disagreement along and off a thin Gaussian in closed form, and what aggregates over paths tell apart."""

    def __init__(self, text: str, **kw: Any) -> None:
        super().__init__("gaussian", "Gaussian", _GAUSSIAN, text, **kw)


class Decomposition(_Lesson):
    """The mean disagreement of one Gaussian with the field of another, in its two parts."""

    def __init__(self, text: str, **kw: Any) -> None:
        super().__init__("decomposition", "Decomposition", _DECOMPOSITION, text, **kw)
