"""The first tab: choose, run, watch."""

from __future__ import annotations

import html
import random
from collections.abc import Iterator
from typing import Any

import gradio as gr

from flowdemo.engine import Engine, Given, RunRecord
from flowdemo.engine.messages import message
from flowdemo.engine.priors import Priors
from flowdemo.engine.roundtrip import result_of, way_back
from flowdemo.errors import FlowdemoError, InputError
from flowdemo.flow import SOLVERS
from flowdemo.request import MAX_SEED, TO_IMAGE
from flowdemo.ui.beta import value_script
from flowdemo.ui.controls import MAX_SAMPLES, Shape, evaluations_script
from flowdemo.ui.examples import Example, ExampleStrip, examples, first_shown, record_of
from flowdemo.ui.files import read_upload
from flowdemo.ui.guard import plain
from flowdemo.ui.panel import Controls, lay_out
from flowdemo.ui.restore import RESTORED, SHAPED, read_recipe, restored, shaped
from flowdemo.ui.roundtrip import RoundTrip, summary
from flowdemo.ui.runner import Runner
from flowdemo.ui.server import EngineServer
from flowdemo.ui.widgets.painter import PaintedMask
from flowdemo.ui.widgets.player import TrajectoryPlayer
from flowdemo.ui.widgets.prior import ShapePrior

# The field that an error may name, in the order of Controls.inputs.
FIELDS = ("model", "direction", "image", "mask", "label", "steps", "solver", "beta", "seed", "samples", "settings")
COMPUTES = {"concurrency_id": "engine", "concurrency_limit": 1, "api_visibility": "private"}
TURNED = {
    "picture": "The picture is the input now; Run takes it back.",
    "mask": "The mask is in the painter now; edit it, and Run makes a picture of it.",
    "label": "The class is the input now; Run makes pictures of it.",
}
LATEST = {"trigger_mode": "always_last"}  # of choices made faster than they are answered the last one counts
QUIET = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}

# Gradio keeps a refusal until the next run; it goes as soon as the person acts on it. A number box has no way to
# dismiss its own, so that it is hidden until then.
DISMISS = """() => {
  document.querySelectorAll(".validation-error [aria-label=Clear]").forEach((node) => node.click());
  document.querySelector("#seed")?.classList.add("fd-stale");
}"""

# After a click on Run: what answers it, a refusal or the new run in the player, comes into sight if it is not.
FOLLOW = """() => {
  document.querySelector("#seed")?.classList.remove("fd-stale");
  const place = document.querySelector("#player"), shown = () => place.querySelector(".fd-player")?.fdPlayer?.run;
  const before = shown(), until = performance.now() + 60000;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  const look = () => {
    const refusal = [...document.querySelectorAll("div.validation-error")].find((node) => node.checkVisibility());
    const box = (refusal ?? place).getBoundingClientRect();
    const hidden = box.top < 0 || box.bottom > innerHeight - 100;
    if (refusal && hidden) refusal.scrollIntoView({ behavior, block: "center" });
    if (refusal || performance.now() > until) return;
    if (shown() === before) return requestAnimationFrame(look);
    if (box.top < 0 || box.top > innerHeight / 2) place.scrollIntoView({ behavior, block: "start" });
  };
  setTimeout(look, 150);
}"""


def build(runner: Runner) -> Any:
    """Lay out the tab and wire it; returns the handler for the page's load event with its outputs."""
    engine = runner.engine
    items = examples(engine)
    first = first_shown(items)
    request = first.request if first else engine.request({"model": next(iter(engine.manifests()))})
    with gr.Row(elem_classes="fd-main"):
        with gr.Column(scale=4, min_width=320, elem_classes="fd-input"):
            controls = lay_out(engine, request, first.pixels if first else None)
            strip = _strip(items) if items else None
            with gr.Accordion("Load a recipe", open=False, elem_id="recipe-box", elem_classes="fd-fold"):
                gr.HTML('<p class="fd-note">A PNG or JSON file that this page saved sets all controls.</p>')
                recipe = gr.File(label="Recipe", show_label=False, file_types=[".png", ".json"], type="filepath",
                                 elem_id="recipe", height=120)  # fmt: skip
        with gr.Column(scale=9, min_width=340, elem_classes="fd-output"):
            player = TrajectoryPlayer(EngineServer(engine), elem_id="player")
            prior = ShapePrior(Priors(engine), elem_id="shape-prior")
            trip = RoundTrip(elem_id="round-trip")
    _wire_controls(engine, controls)
    _wire_run(runner, controls, player, trip, prior)
    _wire_trip(runner, controls, player, trip, prior)
    load = plain(lambda path: _load_recipe(engine, path))
    recipe.upload(load, recipe, [*controls.restored, controls.report, recipe], **QUIET)
    if strip is not None:
        _wire_strip(runner, strip, items, controls, player, trip, prior)

    def opening() -> Any:
        record = record_of(engine, first) if first else None
        return (_stored_message(record), prior.offer(record)) if record else (gr.skip(), gr.skip())

    return plain(opening), [player, prior]


def _strip(items: list[Example]) -> ExampleStrip:
    gr.HTML('<h2 class="fd-small">Examples</h2><p class="fd-note">Stored runs of this project; Run computes them anew.'
            "</p>", elem_id="examples-title")  # fmt: skip
    shown = [{"key": item.key, "title": item.title, "picture": item.picture} for item in items]
    return ExampleStrip(shown, elem_id="examples")


def _wire_strip(
    runner: Runner, strip: ExampleStrip, items: list[Example], c: Controls, player: TrajectoryPlayer, trip: RoundTrip,
    prior: ShapePrior,
) -> None:  # fmt: skip
    engine, by_key = runner.engine, {item.key: item for item in items}
    outputs = [player, trip, prior, c.photo, *c.restored, c.report]

    def pick(event: gr.EventData, request: gr.Request) -> list[Any]:
        if runner.busy(str(request.session_hash)):  # its next frame would take the player back
            gr.Warning("A run is in progress; stop it, then pick an example.", duration=4)
            return [gr.skip()] * len(outputs)
        item = by_key[str(event.key)]
        record = record_of(engine, item)
        photo = item.pixels if record.given.kind == "picture" else gr.skip()
        updates = restored(engine, item.request, record.given)
        return [_stored_message(record), None, prior.offer(record), photo, *updates, _said("")]

    strip.pick(plain(pick), None, outputs, js=DISMISS, show_progress="hidden", concurrency_limit=None,
               api_visibility="private")  # fmt: skip


def _wire_controls(engine: Engine, c: Controls) -> None:
    reshape = plain(lambda model, direction, fitted: _reshaped(engine, model, direction, fitted))
    gr.on([c.model.input, c.direction.input], reshape, [c.model, c.direction, c.fitted], c.shaped, **QUIET, **LATEST)
    gr.on([c.steps.change, c.solver.change, c.model.change], None, [c.steps, c.solver, c.model], c.calls,
          js=evaluations_script(engine), **QUIET)  # fmt: skip
    described = plain(lambda name: gr.update(info=SOLVERS[name].description))
    c.solver.input(described, c.solver, c.solver, **QUIET, **LATEST)
    shapes = {name: Shape.of(engine, name, None) for name in engine.manifests()}
    codes = {name: (shape.spacing, shape.limits.beta_unit) for name, shape in shapes.items()}
    gr.on([c.beta.change, c.model.change, c.direction.change], None, [c.beta, c.model], c.beta_figure,
          js=value_script(codes), **QUIET)  # fmt: skip
    c.dice.click(lambda: random.SystemRandom().randrange(MAX_SEED + 1 - MAX_SAMPLES), None, c.seed, **QUIET)
    acts = [c.photo.input, c.painter.stroke_end, c.model.input, c.direction.input, c.label.input, c.steps.input,
            c.beta.input, c.seed.input, c.samples.input]  # fmt: skip
    for act in acts:
        act(None, None, None, js=DISMISS, **QUIET)


def _reshaped(engine: Engine, model: Any, direction: Any, fitted: Any) -> list[Any]:
    if [model, direction] == fitted:  # a list tells of an input also where it only lost the focus
        return [gr.skip()] * SHAPED
    shape = Shape.of(engine, model, direction)
    chosen, *others = shaped(shape)
    if shape.direction == direction:
        del chosen["value"]  # it may have been changed again meanwhile, and that choice stands
    return [chosen, *others]


def _load_recipe(engine: Engine, path: str | None) -> list[Any]:
    """Restore controls from a dropped file; a bad one changes nothing and says why. The file box is emptied."""
    try:
        request, given = read_recipe(engine, read_upload(path, "recipe"))
        updates = restored(engine, request, given)
    except FlowdemoError as error:
        return [gr.skip()] * RESTORED + [_said(error.message, bad=True), None]
    text = "The recipe is loaded."
    if request.direction not in TO_IMAGE:
        text += " Choose the same photo to repeat its run."
    return [*updates, _said(text), None]


def _wire_run(runner: Runner, c: Controls, player: TrajectoryPlayer, trip: RoundTrip, prior: ShapePrior) -> None:
    def check(*values: Any) -> list[dict[str, Any]]:
        """A message beside the control at fault; nothing is queued and Run stays ready."""
        verdicts = [gr.validate(True, "") for _ in FIELDS]
        try:
            runner.prepare(*_raw(runner.engine, values))
        except FlowdemoError as error:
            place = FIELDS.index(error.field) if error.field in FIELDS else 0
            verdicts[place] = gr.validate(False, error.message)
        return verdicts

    def run(request: gr.Request, *values: Any) -> Iterator[dict[Any, Any]]:
        record = runner.prepare(*_raw(runner.engine, values))
        yield {trip: None, prior: None}
        yield from _streamed(runner, record, str(request.session_hash), c, player, prior)

    c.run.click(None, None, None, js=FOLLOW, **QUIET)
    event = c.run.click(
        plain(run), c.inputs, [player, trip, prior, c.run, c.stop, c.report], validator=plain(check), **COMPUTES,
        trigger_mode="once", show_progress="minimal", show_progress_on=[c.report],
    )  # fmt: skip
    _rest_after(event, c)

    def stop(request: gr.Request) -> Any:
        runner.stop(str(request.session_hash))
        return gr.update(interactive=False)

    c.stop.click(stop, None, c.stop, **QUIET)


def _streamed(
    runner: Runner, record: RunRecord, session: str, c: Controls, player: TrajectoryPlayer, prior: ShapePrior
) -> Iterator[dict[Any, Any]]:
    """Updates of player, buttons and report while a run computes, and at its end of the shape prior."""
    yield {c.run: gr.update(interactive=False), c.stop: gr.update(interactive=True), c.report: _said("Starting …")}
    begun: dict[Any, Any] = {c.report: _said("")}
    for value in runner.stream(record, session):
        if record.drawn:
            yield {player: value} | begun | ({prior: prior.offer(record)} if value["end"] else {})
            begun = {}
        else:  # failed before its first frame: the player keeps the run before it
            yield {c.report: _said(value["end"]["message"], bad=True)}


def _rest_after(event: Any, c: Controls) -> None:
    """Run is ready and Stop is not, however the event ends."""

    def rest() -> list[Any]:
        return [gr.update(interactive=True), gr.update(interactive=False)]

    event.then(rest, None, [c.run, c.stop], **QUIET)
    event.failure(rest, None, [c.run, c.stop], **QUIET)


def _wire_trip(runner: Runner, c: Controls, player: TrajectoryPlayer, trip: RoundTrip, prior: ShapePrior) -> None:
    engine = runner.engine

    def chosen(event: gr.EventData) -> tuple[RunRecord, int, dict[str, Any], Given]:
        """The run in the player, its sample, and recipe and input of the run back."""
        record = engine.runs.get(event.run)
        given = result_of(record, event.sample)
        return record, event.sample, way_back(record, event.sample), given

    def turn(event: gr.EventData) -> dict[Any, Any]:
        try:
            _, _, raw, given = chosen(event)
            updates = restored(engine, engine.request(raw, given), given)
        except FlowdemoError as error:
            return {c.report: _said(error.message, bad=True)}
        photo = {c.photo: given.pixels} if given.kind == "picture" else {}
        return dict(zip(c.restored, updates, strict=True)) | photo | {c.report: _said(TURNED[given.kind])}

    def back(event: gr.EventData, request: gr.Request) -> Iterator[dict[Any, Any]]:
        session = str(request.session_hash)
        try:
            if runner.busy(session):
                raise InputError("A run is in progress; stop it or let it end first.")
            there, sample, raw, given = chosen(event)
            record = engine.start(engine.request(raw, given), given)
        except FlowdemoError as error:
            yield {c.report: _said(error.message, bad=True)}
            return
        yield {trip: None, prior: None}  # what they show is of another run, whatever becomes of this one
        yield from _streamed(runner, record, session, c, player, prior)
        if record.summary is not None and record.summary.status == "done":
            yield {trip: summary(there, sample, record)}

    trip.turn(plain(turn), None, [*c.restored, c.photo, c.report], js=DISMISS, **QUIET)
    event = trip.back(plain(back), None, [player, trip, prior, c.run, c.stop, c.report], **COMPUTES,
                      trigger_mode="once", show_progress="minimal", show_progress_on=[c.report])  # fmt: skip
    _rest_after(event, c)


def _raw(engine: Engine, values: tuple[Any, ...]) -> tuple[dict[str, Any], bytes | None, Any, Any]:
    """Values of the controls as recipe entries, photo bytes, painted labels and class.

    What a control holds that this model or direction does not show must neither count nor be at fault.
    """
    model, direction, photo, painted, label, steps, solver, beta, seed, samples, temperature = values
    limits = engine.limits(model)
    raw = {"model": model, "direction": direction, "steps": steps, "solver": solver}
    if limits.max_steps == 1:
        raw |= {"steps": 1, "solver": None}
    if "temperature" in limits.settings and temperature != limits.settings["temperature"].default:
        raw["settings"] = {"temperature": temperature}
    if direction in limits.random:
        raw |= {"seed": seed, "samples": samples}
    if direction not in TO_IMAGE:
        return raw, read_upload(photo, "image") if photo else None, None, None
    labels = painted.indices if isinstance(painted, PaintedMask) else None
    return raw | {"beta": beta}, None, labels, label


def _stored_message(record: RunRecord) -> dict[str, Any]:
    """Everything about a stored run but its earlier frames, which the player fetches."""
    return message(record, record.drawn[-1].frame, first=True, last=True)


def _said(text: str, bad: bool = False) -> str:
    """One sentence under the Run button; the text is made harmless, since a file may have written part of it."""
    return f'<p class="fd-report{" fd-bad" if bad else ""}" role="status">{html.escape(text)}</p>' if text else ""
