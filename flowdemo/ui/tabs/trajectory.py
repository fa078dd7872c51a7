"""The first tab: choose, run, watch."""

from __future__ import annotations

import base64
import html
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from flowdemo.engine import Given, RunRecord
from flowdemo.errors import FlowdemoError, InputError
from flowdemo.flow import SOLVERS
from flowdemo.rendering import recipe
from flowdemo.request import MAX_SEED, recipe_fields
from flowdemo.systems.base import IMAGE_TO_MASK
from flowdemo.ui.controls import BETA_STEP, Shape, evaluations_note
from flowdemo.ui.examples import Example, ExampleStrip, examples, record_of, thumbnail
from flowdemo.ui.messages import message
from flowdemo.ui.runner import Runner, read_file
from flowdemo.ui.server import EngineServer
from flowdemo.ui.widgets.painter import MaskPainter, PaintedMask
from flowdemo.ui.widgets.player import TrajectoryPlayer

BETA_FIGURE = (Path(__file__).resolve().parents[1] / "beta.js").read_text("utf-8").split("\n", 2)[2]
EVALUATIONS = """(steps, solver) => {
  const cost = COSTS[solver];
  const calls = cost ? `${steps * cost} evaluations` : "as many evaluations as its tolerance needs";
  return `<p class="fd-note">${Number(steps)} steps · ${calls}</p>`;
}"""
SAMPLES = 8


@dataclass
class Controls:
    """The components of the left column."""

    direction: gr.Radio
    model: gr.Dropdown
    photo: gr.Image
    photo_box: gr.Column
    painter: MaskPainter
    paint_box: gr.Column
    steps: gr.Slider
    solver: gr.Dropdown
    calls: gr.HTML
    beta: gr.Slider
    beta_figure: gr.HTML
    beta_box: gr.Column
    seed: gr.Number
    dice: gr.Button
    samples: gr.Slider
    temperature: gr.Slider
    recipe: gr.File
    report: gr.HTML
    run: gr.Button
    stop: gr.Button

    @property
    def inputs(self) -> list[Any]:
        """In the order of :func:`_raw`."""
        return [self.model, self.direction, self.photo, self.painter, self.steps, self.solver, self.beta, self.seed,
                self.samples, self.temperature]  # fmt: skip


FIELDS = ("model", "direction", "photo", "mask", "steps", "solver", "beta", "seed", "samples", "settings")


def build(runner: Runner) -> Any:
    """Lay out the tab and wire it; returns the handler for the page's load event with its outputs."""
    engine = runner.engine
    items = examples(engine)
    first = Shape.of(engine, next(iter(engine.manifests())), None)
    with gr.Row(elem_classes="fd-main"):
        with gr.Column(scale=4, min_width=320, elem_classes="fd-input"):
            controls = _controls(runner, first)
        with gr.Column(scale=9, min_width=340, elem_classes="fd-output"):
            player = TrajectoryPlayer(EngineServer(engine), elem_id="player")
            strip = _strip(runner, items)
    _wire_controls(runner, controls)
    _wire_run(runner, controls, player)
    if strip is not None:
        by_key = {item.key: item for item in items}

        def pick(event: gr.EventData) -> list[Any]:
            record = record_of(engine, by_key[str(event.key)])
            return [_stored_message(record), *_restored(runner, record.request.to_json(), record), _said("")]

        strip.pick(pick, None, [player, *_restorable(controls), controls.report], show_progress="hidden",
                   queue=False, api_visibility="private")  # fmt: skip

    def opening() -> Any:
        return _stored_message(record_of(engine, items[0])) if items else gr.skip()

    return opening, player


def _controls(runner: Runner, shape: Shape) -> Controls:
    engine, manifest = runner.engine, shape.manifest
    names = [(m.label, name) for name, m in engine.manifests().items()]
    direction = gr.Radio(shape.directions, value=shape.direction, show_label=False, container=False,
                         elem_id="direction", elem_classes="fd-segment")  # fmt: skip
    with gr.Column(visible=not shape.paints, elem_classes="fd-flush") as photo_box:
        photo = gr.Image(type="filepath", image_mode=None, sources=["upload", "clipboard", "webcam"], format="png",
                         label="Photo", height=280, elem_id="photo", buttons=["fullscreen"],
                         alt_text="the chosen photo")  # fmt: skip
    with gr.Column(visible=shape.paints, elem_classes="fd-flush") as paint_box:
        painter = MaskPainter(manifest.palette.to_json() | {"name": manifest.data.get("name", "")}, *manifest.size,
                              elem_id="painter")  # fmt: skip
    model = gr.Dropdown(names, value=manifest.name, label="Model", elem_id="model", filterable=False)
    steps = gr.Slider(1, 50, shape.steps, step=1, precision=0, label="Steps", elem_id="steps",
                      info="Equal intervals of t; the frames you will see.", buttons=[])  # fmt: skip
    calls = gr.HTML(f'<p class="fd-note">{evaluations_note(shape.steps, "euler")}</p>', elem_id="calls")
    with gr.Column(visible=shape.paints, elem_classes="fd-flush") as beta_box:
        beta = gr.Slider(0, shape.beta_top, shape.beta, step=BETA_STEP, label="Perturbation β (grey levels)",
                         elem_id="beta", buttons=[],
                         info="Noise on the mask, so that one mask gives many pictures.")  # fmt: skip
        beta_figure = gr.HTML("", elem_id="beta-figure")
        samples = gr.Slider(1, SAMPLES, 1, step=1, precision=0, label="Pictures per mask", elem_id="samples",
                            info="Each with the next seed.", buttons=[])  # fmt: skip
        with gr.Row(elem_classes="fd-seed"):
            seed = gr.Number(0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, elem_id="seed", scale=3,
                             min_width=120)  # fmt: skip
            dice = gr.Button("New seed", elem_id="dice", scale=1, min_width=90)
    with gr.Accordion("Solver and sharpness", open=False, elem_id="more"):
        solver = gr.Dropdown([(info.label, name) for name, info in SOLVERS.items()], value="euler", label="Solver",
                             elem_id="solver", filterable=False, info=SOLVERS["euler"].description)  # fmt: skip
        temperature = gr.Slider(0, 1, 1, step=0.05, label="Temperature of the class posterior", elem_id="temperature",
                                buttons=[], visible="temperature" in shape.limits.settings,
                                info="1 as trained; towards 0 each pixel heads for its likeliest class.")  # fmt: skip
    with gr.Row(elem_classes="fd-go"):
        run = gr.Button("Run", variant="primary", elem_id="run", scale=3)
        stop = gr.Button("Stop", interactive=False, elem_id="stop", scale=1, min_width=80)
    report = gr.HTML("", elem_id="report")
    with gr.Accordion("Load a recipe", open=False, elem_id="recipe-box"):
        file = gr.File(label="A PNG or JSON that this page made", file_types=[".png", ".json"], type="filepath",
                       elem_id="recipe", height=120)  # fmt: skip
    return Controls(direction, model, photo, photo_box, painter, paint_box, steps, solver, calls, beta, beta_figure,
                    beta_box, seed, dice, samples, temperature, file, report, run, stop)  # fmt: skip


def _strip(runner: Runner, items: list[Example]) -> ExampleStrip | None:
    if not items:
        return None
    gr.HTML('<h2 class="fd-small">Examples</h2><p class="fd-note">Made by this project and stored with it; '
            "press Run to compute one anew.</p>")  # fmt: skip
    shown = [
        {"key": item.key, "title": item.title, "picture": thumbnail(record_of(runner.engine, item))} for item in items
    ]
    return ExampleStrip(shown, elem_id="examples")


def _wire_controls(runner: Runner, c: Controls) -> None:
    quiet = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
    shaped = _shaped_outputs(c)
    c.model.input(lambda m, d: _shaped(Shape.of(runner.engine, m, d)), [c.model, c.direction], shaped, **quiet)
    c.direction.input(lambda m, d: _shaped(Shape.of(runner.engine, m, d)), [c.model, c.direction], shaped, **quiet)
    costs = {name: info.evaluations_per_step or 0 for name, info in SOLVERS.items()}
    count = EVALUATIONS.replace("COSTS", str(costs))
    gr.on([c.steps.change, c.solver.change], None, [c.steps, c.solver], c.calls, js=count, **quiet)
    c.solver.input(lambda name: gr.update(info=SOLVERS[name].description), c.solver, c.solver, **quiet)
    spacing = {name: runner.engine.limits(name).beta_bound * 2 for name in runner.engine.manifests()}
    figure = f"(beta, model) => ({BETA_FIGURE})(beta, ({json.dumps(spacing)})[model])"
    gr.on([c.beta.change, c.model.change, c.direction.change], None, [c.beta, c.model], c.beta_figure, js=figure,
          **quiet)  # fmt: skip
    c.dice.click(lambda: random.SystemRandom().randrange(MAX_SEED + 1 - SAMPLES), None, c.seed, **quiet)
    c.recipe.upload(lambda path: _load_recipe(runner, path), c.recipe, [*_restorable(c), c.report], **quiet)


def _shaped_outputs(c: Controls) -> list[Any]:
    return [c.direction, c.photo_box, c.paint_box, c.painter, c.steps, c.beta_box, c.beta, c.temperature]


def _shaped(shape: Shape, steps: int | None = None, beta: float | None = None, mask=None) -> list[Any]:
    """Bounds, defaults and visibility for a model and direction."""
    manifest, one = shape.manifest, shape.limits.max_steps == 1
    return [
        gr.update(choices=shape.directions, value=shape.direction),
        gr.update(visible=not shape.paints),
        gr.update(visible=shape.paints),
        MaskPainter.change(manifest.palette.to_json() | {"name": manifest.data.get("name", "")}, *manifest.size,
                           mask=mask),
        gr.update(value=steps or shape.steps, minimum=1, maximum=1 if one else 50, interactive=not one,
                  info="This model has one step only." if one else "Equal intervals of t; the frames you will see."),
        gr.update(visible=shape.paints),
        gr.update(maximum=shape.beta_top, value=shape.beta if beta is None else beta),
        gr.update(visible="temperature" in shape.limits.settings),
    ]  # fmt: skip


def _restorable(c: Controls) -> list[Any]:
    return [*_shaped_outputs(c), c.model, c.solver, c.seed, c.samples, c.temperature]


def _restored(runner: Runner, raw: dict[str, Any], record: RunRecord | None = None, mask=None) -> list[Any]:
    """Controls as a recipe says."""
    engine = runner.engine
    request = engine.request(recipe_fields(raw))
    shape = Shape.of(engine, request.model, request.direction)
    if record is not None and record.given.kind == "mask":
        mask = record.given.pixels
    settings = dict(request.settings)
    updates = _shaped(shape, request.steps, request.beta if shape.paints else None, mask)
    # The temperature stands in both lists: its visibility goes with the shape, its value with the recipe.
    visible = updates.pop()
    value = settings.get("temperature", 1.0)
    return [*updates, visible, request.model, request.solver, request.seed, request.samples, value]


def _load_recipe(runner: Runner, path: str | None) -> list[Any]:
    """Restore controls from a dropped file; a bad one changes nothing and says why."""
    try:
        data = read_file(path) or b""
        raw = recipe.extract(data)
        if raw is None:
            raise InputError("This file holds no flowdemo recipe.", field="recipe")
        updates = _restored(runner, raw, mask=_recipe_mask(runner, raw))
    except FlowdemoError as error:
        return [gr.skip()] * 13 + [_said(error.message, bad=True)]
    text = "The recipe is loaded."
    if raw.get("direction") == IMAGE_TO_MASK:
        text += " Choose the same photo to repeat its run."
    return [*updates, _said(text)]


def _recipe_mask(runner: Runner, raw: dict[str, Any]):
    text = raw.get("mask")
    if not isinstance(text, str) or not text.startswith("data:image/png;base64,") or len(text) > 65536:
        return None
    try:
        data = base64.b64decode(text.split(",", 1)[1], validate=True)
    except ValueError:
        raise InputError("The mask in this recipe is damaged.", field="recipe") from None
    return Given.mask(data, runner.engine.manifest(raw.get("model"))).pixels


def _wire_run(runner: Runner, c: Controls, player: TrajectoryPlayer) -> None:
    def check(*values: Any) -> list[dict[str, Any]]:
        """A message beside the control at fault; nothing is queued and Run stays ready."""
        verdicts = [gr.validate(True, "") for _ in FIELDS]
        try:
            runner.prepare(*_raw(values))
        except FlowdemoError as error:
            place = FIELDS.index(error.field) if error.field in FIELDS else 0
            if error.field == "input":
                place = FIELDS.index("photo")
            verdicts[place] = gr.validate(False, error.message)
        return verdicts

    def run(request: gr.Request, *values: Any) -> Iterator[dict[Any, Any]]:
        try:
            record = runner.prepare(*_raw(values))
        except FlowdemoError as error:
            raise gr.Error(error.message, print_exception=False) from None
        busy = {c.run: gr.update(interactive=False), c.stop: gr.update(interactive=True), c.report: _said("")}
        for value in runner.stream(record, str(request.session_hash)):
            failed = value["end"] and value["end"]["status"] == "failed"
            extra = {c.report: _said(value["end"]["message"], bad=True)} if failed else {}
            yield {player: value} | busy | extra
            busy = {}

    def rest() -> list[Any]:
        return [gr.update(interactive=True), gr.update(interactive=False)]

    quiet = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
    event = c.run.click(
        run, c.inputs, [player, c.run, c.stop, c.report], validator=check, concurrency_id="engine",
        concurrency_limit=1, trigger_mode="once", show_progress="hidden", api_visibility="private",
    )  # fmt: skip
    event.then(rest, None, [c.run, c.stop], **quiet)
    event.failure(rest, None, [c.run, c.stop], **quiet)

    def stop(request: gr.Request) -> Any:
        runner.stop(str(request.session_hash))
        return gr.update(interactive=False)

    c.stop.click(stop, None, c.stop, **quiet)


def _raw(values: tuple[Any, ...]) -> tuple[dict[str, Any], bytes | None, Any]:
    """Values of the controls as recipe entries, photo bytes and labels.

    A slider that a model does not show must not reach its recipe.
    """
    model, direction, photo, painted, steps, solver, beta, seed, samples, temperature = values
    raw = {"model": model, "direction": direction, "steps": steps, "solver": solver, "beta": beta, "seed": seed,
           "samples": samples}  # fmt: skip
    if temperature is not None and temperature != 1:
        raw["settings"] = {"temperature": temperature}
    labels = painted.indices if isinstance(painted, PaintedMask) else None
    return raw, read_file(photo), labels


def _stored_message(record: RunRecord) -> dict[str, Any]:
    """Everything about a stored run but its earlier frames, which the player fetches."""
    return message(record, record.drawn[-1].frame, first=True, last=True)


def _said(text: str, bad: bool = False) -> str:
    """One sentence under the Run button; the text is made harmless, since a file may have written part of it."""
    return f'<p class="fd-report{" fd-bad" if bad else ""}" role="status">{html.escape(text)}</p>' if text else ""
