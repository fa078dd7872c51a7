"""What a shape run may ask: the methods, their settings with bounds and words for people, and the check of a question.

Nothing here needs torch, so that the page can say what there is before the first run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from flowdemo.data.silhouettes import SILHOUETTES
from flowdemo.errors import InputError
from flowdemo.request import MAX_SEED, Setting, within

SMALLEST, LARGEST = 16, 256  # pixels, width and height of a field
WIDEST = 4.0  # pixels of softening
OWN = "own"  # the template that is the field itself
LINE_SCAN, MIDPOINT, CURVATURE, CGPM, FLOW = "line-scan", "midpoint", "curvature", "cgpm", "contour-flow"
OCCLUDER = "occluder"


@dataclass(frozen=True)
class Knob:
    """A setting as people meet it; a switch has bounds 0 and 1 and ``step`` 0.

    Attributes:
        label, unit, about: texts; the last is one line.
        bounds: what is checked.
        step: of a slider, in the setting's unit.
    """

    label: str
    bounds: Setting
    step: float = 1.0
    unit: str = ""
    about: str = ""

    @property
    def switch(self) -> bool:
        return not self.bounds.words and not self.step

    @property
    def default(self) -> float | str | bool:
        if self.bounds.words:
            return self.bounds.words[0]
        return bool(self.bounds.default) if self.switch else _plain(self.bounds.default, self.bounds.whole)

    def checked(self, name: str, value: Any, who: str) -> float | str | bool:
        """The value, if it can be used; InputError otherwise."""
        if self.switch:
            if value not in (0, 1):
                raise InputError(f"The setting {name} is on or off, 1 or 0.", field="settings")
            return bool(value)
        found = within(name, value, self.bounds, who)
        return found if isinstance(found, str) else _plain(found, self.bounds.whole)


@dataclass(frozen=True)
class Method:
    """A method: one line about it, what its iterations are called, the usual width of a hard mask's edge in pixels, and
    its settings by name."""

    label: str
    about: str
    symbol: str
    soften: float
    knobs: Mapping[str, Knob]


def _whole(default: float, low: float, high: float) -> Setting:
    return Setting(default, low, high, whole=True)


METHODS: dict[str, Method] = {
    LINE_SCAN: Method(
        "Line scan", "Along every line no level sinks between two higher ones; exact for as many directions as it has.",
        "direction", 0.0,
        {"reach": Knob("Reach", _whole(5, 1, 8), about="Directions are pairs of whole numbers up to it: 5 makes 40.")},
    ),
    MIDPOINT: Method(
        "Midpoint", "The middle of every chord rises to the lower of its ends, round after round.", "round", 0.0,
        {"radius": Knob("Radius", _whole(15, 1, 40), unit="px", about="Half the longest chord; small ones miss wide "
                        "dents.")},
    ),
    CURVATURE: Method(
        "Curvature flow", "Level lines move outwards where they are dented, and nowhere else.", "iteration", 4.0,
        {"iterations": Knob("Iterations", _whole(2000, 1, 8000), about="Wide dents need thousands."),
         "dt": Knob("Step Δt", Setting(0.2, 0.01, 0.25), 0.01, "px²", "Of one iteration; stable up to 0.25."),
         "mu": Knob("Pull μ", Setting(0.0, 0.0, 0.05), 0.001, "per px²", "Back to the start; 0 lets the shape become "
                    "convex.")},
    ),
    CGPM: Method(
        "Projection (CGPM)", "Gradient descent on logits, near the mask and against dents; can be trained through.",
        "iteration", 4.0,
        {"iterations": Knob("Iterations", _whole(500, 1, 1000), about="Steps of the descent."),
         "recipe": Knob("Recipe", Setting(words=("recommended", "reference", "tutorial")), about="Recommended leaves "
                        "convex shapes alone; the authors' two shrink them a little.")},
    ),
    FLOW: Method(
        "Contour flow", "Noisy evidence is averaged along the contours of a template; the mask takes its normals.",
        "iteration", 1.5,
        {"template": Knob("Template", Setting(words=(OWN, *SILHOUETTES)), about="Whose contours are followed; own is "
                          "the mask itself."),
         "dx": Knob("Shift x", Setting(0.0, -64, 64), 1.0, "px", "The template's, to the right."),
         "dy": Knob("Shift y", Setting(0.0, -64, 64), 1.0, "px", "The template's, downwards."),
         "angle": Knob("Turn", Setting(0.0, -180, 180), 1.0, "°", "The template's, clockwise."),
         "scale": Knob("Scale", Setting(1.0, 0.5, 2.0), 0.05, "×", "The template's."),
         "offset": Knob("Offset", Setting(0.0, -20, 20), 1.0, "px", "To a parallel curve; its normals, and so T, stay "
                        "the same."),
         "follow": Knob("Follow", Setting(0.0, 0, 1), 0.0, about="Bring the template to where the mask lies before "
                        "each iteration; the pose above does not count then."),
         "noise": Knob("Noise", Setting(2.0, 0.0, 4.0), 0.1, "logits", "Standard deviation; the evidence is ±1."),
         "seed": Knob("Seed", _whole(0, 0, MAX_SEED), about="Of the noise."),
         "epsilon": Knob("Smoothness ε", Setting(1.0, 0.1, 4.0), 0.1, "", "Of the mask's edge; small ones are sharp."),
         "strength": Knob("Length λ", Setting(1.0, 0.0, 5.0), 0.1, "", "Weight of short contours."),
         "share": Knob("Step τ / limit", Setting(0.9, 0.05, 2.5), 0.05, "", "Below 1 it converges for λ = 0; beyond, "
                       "it may circle or blow up."),
         "iterations": Knob("Iterations", _whole(50, 1, 300), about="Rounds of the scheme.")},
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Question:
    """A validated question.

    Attributes:
        field: u, float32 ``[H, W]`` in [0, 1].
        method: a key of :data:`METHODS`.
        soften: width in pixels of the edge that a hard mask is given; 0 leaves it as it is.
        parts: whether connected parts are treated each on its own.
        settings: all of the method's, by name; of contour flow also ``occluder``, (top, bottom, left, right) or None.
    """

    field: np.ndarray
    method: str
    soften: float
    parts: bool
    settings: Mapping[str, Any]

    @classmethod
    def build(cls, field: np.ndarray, method: Any, soften: Any = None, parts: bool = True,
              settings: Mapping[str, Any] | None = None) -> Question:  # fmt: skip
        """Check outside values; what is missing or None takes the method's default.

        Raises:
            InputError: with the field at fault.
        """
        height, width = field.shape
        if not (SMALLEST <= height <= LARGEST and SMALLEST <= width <= LARGEST):
            raise InputError(f"A mask must be {SMALLEST} to {LARGEST} pixels wide and high, not {width} × {height}.",
                             field="field")  # fmt: skip
        if not (field >= 0.5).any():
            raise InputError("The mask is empty; draw or choose a shape first.", field="field")
        if not isinstance(method, str) or method not in METHODS:
            raise InputError(f"There is no such method; choose one of: {', '.join(METHODS)}.", field="method")
        known = METHODS[method]
        width_ = Setting(known.soften, 0.0, WIDEST)
        soften = known.soften if soften is None else within("soften", soften, width_, "A shape run")
        return cls(field, method, float(soften), parts, checked(method, settings or {}, field.shape))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a recipe, the field by its hash."""
        pixels = np.rint(255 * self.field).astype(np.uint8)
        digest = hashlib.sha256(f"field {pixels.shape}".encode() + pixels.tobytes()).hexdigest()
        return {"method": self.method, "soften": self.soften, "parts": self.parts, "settings": dict(self.settings),
                "input": digest}  # fmt: skip


def checked(method: str, settings: Mapping[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    """All settings of a method, those of ``settings`` and the defaults of the others.

    Args:
        size: (height, width) of the field, which the occluder must lie in.

    Raises:
        InputError: unknown, or out of bounds.
    """
    knobs, who = METHODS[method].knobs, f"The method {method}"
    names = [*knobs, OCCLUDER] if method == FLOW else list(knobs)
    if unknown := [name for name in settings if name not in names]:
        raise InputError(f"{who} has no setting {unknown[0][:40]!r}; it has: {', '.join(names)}.", field="settings")
    found: dict[str, Any] = {
        name: knob.default if settings.get(name) is None else knob.checked(name, settings[name], who)
        for name, knob in knobs.items()
    }
    return found | ({OCCLUDER: _rectangle(settings.get(OCCLUDER), size)} if method == FLOW else {})


def _rectangle(value: Any, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right) in pixels, ends not included; text as the command line gives it, or numbers."""
    if value in (None, "", "none"):
        return None
    parts = value.split(",") if isinstance(value, str) else value
    try:
        top, bottom, left, right = (int(part) for part in parts)
    except (TypeError, ValueError, OverflowError):
        top = bottom = left = right = 0
    height, width = size
    if not (0 <= top < bottom <= height and 0 <= left < right <= width):
        raise InputError("The occluder is a rectangle within the mask: top, bottom, left, right in pixels.",
                         field="occluder")  # fmt: skip
    return top, bottom, left, right


def offers() -> list[dict[str, Any]]:
    """The methods for the page; see ``Method`` and ``Knob`` of the widget's contract."""
    return [
        {"name": name, "label": method.label, "about": method.about, "soften": method.soften,
         "settings": [_offered(key, knob) for key, knob in method.knobs.items()]}
        for name, method in METHODS.items()
    ]  # fmt: skip


def _offered(name: str, knob: Knob) -> dict[str, Any]:
    bounds, number = knob.bounds, not knob.bounds.words and not knob.switch
    return {"name": name, "label": knob.label, "default": knob.default, "low": bounds.low if number else None,
            "high": bounds.high if number else None, "step": knob.step if number else None, "unit": knob.unit,
            "about": knob.about, "words": list(bounds.words) or None}  # fmt: skip


def _plain(number: float, whole: bool) -> float:
    return int(number) if whole else float(number)
