"""The section *On a picture* of the field laboratory: its controls, and what happens when they are used."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from flowdemo.errors import FlowdemoError, InputError
from flowdemo.rendering.masks import write_palette_png
from flowdemo.ui.comparison import Comparison
from flowdemo.ui.fieldmaps import MOST_STEPS, FieldMaps, Pair, street
from flowdemo.ui.files import read_upload
from flowdemo.ui.guard import plain
from flowdemo.ui.inputs import NumberBox, PhotoInput
from flowdemo.ui.runner import Runner
from flowdemo.ui.widgets.fieldmaps.fieldmaps import FieldMapsView

STEPS = 10
DRAWN = "truth-of-the-drawn-street.png"
FIELDS = ("image", "truth", "steps")  # in the order of the inputs; other faults are shown on the picture
COMPUTES = {"concurrency_id": "engine", "concurrency_limit": 1, "api_visibility": "private"}
QUIET = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
EMPTY = "# Drop a picture here\nor click to choose one"
OWN = """<p class="fd-note">With ground truth a pixel’s <em>own class</em> is the true one. Without it, it is the class
that each run itself ends in, so that a wrong end counts as right.</p>"""
TEXT = """<section class="fd-fieldlab fl-maps-head" aria-label="On a picture"><div class="fl-text">
<h2 tabindex="-1">The same two measures on a picture</h2>
<p>One picture goes through two networks trained on the same data, one by plain flow matching (η&nbsp;=&nbsp;0), one
with the term. x̂<sub>1</sub> is what the network predicts at each Euler step, x<sub>t</sub> the state on its way. The
maps say how much of the time each pixel spends in cells of classes that are not its own, and how near it comes to the
code of one. x<sub>t</sub> begins with the picture’s own colours, which lie in arbitrary cells: its early time in wrong
cells says nothing about a network.</p>
<p>These are numbers of one picture and of two single networks, and either may do better on it. Paths of both enter
wrong cells; the term promises none that does not. Far from wrong codes is not yet near the right one, so look at the
masks too. A path is looked at once a step: what it passes in between is not seen.</p></div></section>"""

# A refusal goes as soon as the person acts on it; number boxes have no way to dismiss theirs.
DISMISS = """() => {
  document.querySelectorAll("#fm-controls .validation-error [aria-label=Clear]").forEach((node) => node.click());
  document.querySelector("#fm-controls")?.classList.add("fm-stale");
}"""
FRESH = """() => document.querySelector("#fm-controls")?.classList.remove("fm-stale")"""


@dataclass
class Controls:
    """The components above the maps."""

    photo: PhotoInput
    truth: gr.File
    street: gr.Button
    steps: NumberBox
    run: gr.Button
    stop: gr.Button
    report: gr.HTML

    @property
    def inputs(self) -> list[Any]:
        """What a run reads."""
        return [self.photo, self.truth, self.steps]


def build(runner: Runner, pair: Pair) -> None:
    """Lay out the section and wire it.

    Args:
        runner: streams runs.
        pair: the two models.
    """
    maps = FieldMaps(runner, pair)
    with gr.Column(elem_id="fl-real"):
        gr.HTML(TEXT)
        controls = _lay_out()
        view = FieldMapsView(maps.pixel, maps.update(), elem_id="fm-view")
    _wire_picture(pair, controls, view)
    _wire_run(maps, controls, view)


def _lay_out() -> Controls:
    with gr.Row(elem_id="fm-controls"):
        with gr.Column(scale=3, min_width=260):
            photo = PhotoInput(None, type="filepath", image_mode=None, format="png", sources=["upload", "clipboard"],
                               label="Picture", show_label=False, height=188, placeholder=EMPTY, elem_id="fm-photo",
                               buttons=[], alt_text="the chosen picture")  # fmt: skip
        with gr.Column(scale=4, min_width=260):
            drawn = gr.Button("Take the drawn street", elem_id="fm-street")
            truth = gr.File(label="Ground truth, if you have it: a mask file", file_types=[".png"], type="filepath",
                            height=74, elem_id="fm-truth")  # fmt: skip
            gr.HTML(OWN)
        with gr.Column(scale=3, min_width=260):
            steps = NumberBox(STEPS, label=f"Euler steps, 1 to {MOST_STEPS}", precision=0, minimum=1,
                              maximum=MOST_STEPS, elem_id="fm-steps")  # fmt: skip
            with gr.Row(elem_classes="fm-buttons"):
                run = gr.Button("Run", variant="primary", elem_id="fm-run", scale=3, min_width=110)
                stop = gr.Button("Stop", interactive=False, elem_id="fm-stop", scale=1, min_width=70)
            report = gr.HTML("", elem_id="fm-report")
    return Controls(photo, truth, drawn, steps, run, stop, report)


def _wire_picture(pair: Pair, c: Controls, view: FieldMapsView) -> None:
    def taken() -> list[Any]:
        return drawn(pair)

    view.opened(plain(taken), None, [c.photo, c.truth], **QUIET)
    c.street.click(plain(taken), None, [c.photo, c.truth], trigger_mode="always_last", **QUIET)
    c.photo.input(left, c.truth, c.truth, **QUIET)
    for act in (c.photo.input, c.truth.upload, c.truth.clear, c.steps.input, c.street.click):
        act(None, None, None, js=DISMISS, **QUIET)


def drawn(pair: Pair) -> list[Any]:
    """The street uint8 ``[H, W, 3]``, and the path of its ground truth, None where the models have other classes."""
    manifest = pair.plain
    picture, labels = street(manifest.size, tuple(entry.name for entry in manifest.palette.classes))
    return [picture, None if labels is None else _file_of(labels, pair)]


def left(truth: Any) -> Any:
    """The ground truth with another picture: that of the drawn street goes, what a person gave stays."""
    return None if isinstance(truth, str) and Path(truth).name == DRAWN else gr.skip()


def _file_of(labels: Any, pair: Pair) -> str:
    """Labels as a mask file among the uploads, where every visitor's files are."""
    data = write_palette_png(labels, pair.plain.palette)
    path = Path(get_upload_folder()) / hashlib.sha256(data).hexdigest() / DRAWN
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return str(path)


def _wire_run(maps: FieldMaps, c: Controls, view: FieldMapsView) -> None:
    def check(*values: Any) -> list[dict[str, Any]]:
        """A message beside the control at fault; nothing is queued and Run stays ready."""
        verdicts = [gr.validate(True, "") for _ in c.inputs]
        try:
            _prepared(maps, values)
        except FlowdemoError as error:
            place = FIELDS.index(error.field) if error.field in FIELDS else 0
            verdicts[place] = gr.validate(False, error.message)
        return verdicts

    def run(request: gr.Request, *values: Any) -> Iterator[dict[Any, Any]]:
        comparison = _prepared(maps, values)
        yield {c.run: _ready(False), c.stop: _ready(True), c.report: _said("Starting …")}
        for update in maps.stream(comparison, _key(request)):
            yield {view: update, c.report: _said(update["message"] or "", update["end"] == "failed")}

    c.run.click(None, None, None, js=FRESH, **QUIET)
    event = c.run.click(plain(run), c.inputs, [view, c.run, c.stop, c.report], validator=plain(check), **COMPUTES,
                        trigger_mode="once", show_progress="minimal", show_progress_on=[c.report])  # fmt: skip
    for after in (event.then, event.failure):  # Run is ready again, however the event ends
        after(lambda: (_ready(True), _ready(False)), None, [c.run, c.stop], **QUIET)

    def stop(request: gr.Request) -> Any:
        maps.stop(_key(request))
        return _ready(False)

    c.stop.click(stop, None, c.stop, **QUIET)


def _prepared(maps: FieldMaps, values: Sequence[Any]) -> Comparison:
    photo, truth, steps = values
    data = read_upload(photo, "image") if photo else None
    try:
        mask = read_upload(truth, "ground truth") if truth else None
    except InputError as error:
        raise InputError(error.message, field="truth") from None
    return maps.prepare(data, mask, steps)


def _key(request: gr.Request) -> str:
    """Name of the visitor's runs in this section; other places have theirs."""
    return f"{request.session_hash} maps"


def _ready(ready: bool) -> Any:
    return gr.update(interactive=ready)


def _said(text: str, bad: bool = False) -> str:
    """One sentence under the buttons."""
    return f'<p class="fd-report{" fd-bad" if bad else ""}" role="status">{html.escape(text)}</p>' if text else ""
