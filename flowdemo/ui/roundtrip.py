"""There and back: the result of a run as the next input, and both ways on one line with the cycle error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from flowdemo.engine import Given, RunRecord
from flowdemo.engine.roundtrip import difference_map, kept, result_of
from flowdemo.rendering import encoders, views
from flowdemo.zoo import Manifest

_SCRIPT = Path(__file__).with_name("roundtrip.js")
_MARKUP = """<section class="fd-back" aria-label="There and back"><h2 class="fd-small">There and back</h2>
<div class="fd-back-bar"><button type="button">Use the result as input</button>
<button type="button">Run it back</button>
<p class="fd-note">Edit the result and run it the other way, or run it back as it is and see what both ways keep.</p>
</div><div class="fd-back-line" hidden></div><p class="fd-note fd-back-told" role="status" hidden></p></section>"""
SMALL = 64  # pixels up to which a picture is scaled up without smoothing


class RoundTrip(gr.HTML):
    """Events ``turn`` and ``back`` carry ``{"run", "sample"}`` of the run in the player; value: see :func:`summary`."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(value=None, html_template=_MARKUP, js_on_load=_SCRIPT.read_text("utf-8"),
                         apply_default_css=False, **kw)  # fmt: skip


def summary(there: RunRecord, sample: int, back: RunRecord) -> dict[str, Any]:
    """Given, result, what came back and where that differs, for the widget."""
    manifest, given = there.manifest, there.given
    middle, again = result_of(there, sample), result_of(back)
    line = [_shown("Given", given, manifest), _shown(_word(middle), middle, manifest),
            _shown("Back again", again, manifest)]  # fmt: skip
    if given.kind != "label":
        heat = views.heat(difference_map(there, back))
        line.append({"title": "Difference", "picture": encoders.data_uri("image/png", encoders.png(heat)),
                     "note": _scale(given)})  # fmt: skip
    width, height = manifest.size
    return {"line": line, "text": _told(there, back, middle), "ratio": width / height,
            "small": max(width, height) <= SMALL}  # fmt: skip


def _shown(title: str, given: Given, manifest: Manifest) -> dict[str, Any]:
    if given.label is not None:
        return {"title": title, "text": manifest.palette.classes[given.label].name}
    pixels: np.ndarray = views.class_map(given.pixels, manifest.palette) if given.kind == "mask" else given.pixels
    return {"title": title, "picture": encoders.data_uri("image/png", encoders.png(pixels))}


def _word(given: Given) -> str:
    return {"picture": "Picture", "mask": "Mask", "label": "Class"}[given.kind]


def _scale(given: Given) -> str:
    return "bright: another class" if given.kind == "mask" else "0 dark to 255 bright"


def _told(there: RunRecord, back: RunRecord, middle: Given) -> str:
    numbers, steps = kept(there, back), f"{there.request.steps} steps each way"
    if "same" in numbers:
        return f"Read back as {'the class that was given' if numbers['same'] else 'another class'}, with {steps}."
    if "agreement" in numbers:
        return (f"Cycle error: {1 - numbers['agreement']:.1%} of the labelled pixels come back as another class (mIoU "
                f"{numbers['miou']:.3f} over the classes present), with {steps}.")  # fmt: skip
    lost = "the class is all that is kept of the picture" if middle.kind == "label" else (
        "a mask holds shapes and classes, but no colour and no texture")  # fmt: skip
    return (f"Cycle error: {numbers['difference']:.1f} of 255 grey levels on average, with {steps}; a flat picture in "
            f"the mean colour would be {numbers['flat']:.1f} off. Most of what differs was not in the middle: {lost}.")
