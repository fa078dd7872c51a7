"""The left column of the Compare tab: its components, in reading order."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from flowdemo.engine import Engine
from flowdemo.flow import SOLVERS
from flowdemo.request import IMAGE_TO_MASK, MAX_SEED, Request
from flowdemo.ui.comparison_families import Family, choices, names
from flowdemo.ui.controls import Shape
from flowdemo.ui.examples import Example, ExampleStrip
from flowdemo.ui.inputs import ClassChoice, NumberBox, PhotoInput

EMPTY_PHOTO = "# Drop a photo here\nor click to choose one"
INTRO = """<h2 class="fd-small">One picture, one clock</h2><p class="fd-note">Give a picture, and its ground truth if
you have it. Two settings run one after the other and then play together.</p>"""
EXAMPLES = """<h2 class="fd-small">Examples</h2><p class="fd-note">Drawn in code; their ground truth comes along.</p>"""


@dataclass
class Slot:
    """The settings of one run; ``fitted`` is the model that they are shaped for."""

    fitted: gr.State
    model: ClassChoice
    steps: NumberBox
    solver: gr.Dropdown
    seed: NumberBox
    temperature: NumberBox

    @property
    def inputs(self) -> list[Any]:
        return [self.model, self.steps, self.solver, self.seed, self.temperature]

    @property
    def shaped(self) -> list[Any]:
        """What a choice of model updates beside itself, in the order of :func:`settings_of`."""
        return [self.steps, self.solver, self.seed, self.temperature, self.fitted]


@dataclass
class Controls:
    """The components of the left column; ``fitted`` is the family that they are shaped for."""

    fitted: gr.State
    family: ClassChoice
    photo: PhotoInput
    truth: gr.File
    a: Slot
    b: Slot
    compare: gr.Button
    all: gr.Button
    stop: gr.Button
    who: gr.HTML
    report: gr.HTML

    @property
    def inputs(self) -> list[Any]:
        """What a comparison reads."""
        return [self.photo, self.truth, self.family, *self.a.inputs, *self.b.inputs]

    @property
    def shaped(self) -> list[Any]:
        """What :func:`shaped` updates, in its order."""
        return [self.a.model, *self.a.shaped, self.b.model, *self.b.shaped, self.all, self.who, self.fitted]


def lay_out(engine: Engine, known: dict[str, Family], key: str) -> Controls:
    """Build the column.

    Args:
        engine, known: whose models are offered, and their families.
        key: of the family that is chosen at first.
    """
    family = known[key]
    gr.HTML(INTRO)
    chosen = ClassChoice([(f.title, k) for k, f in known.items()], value=key, label="Pictures of", filterable=False,
                         elem_id="compare-family", visible=len(known) > 1)  # fmt: skip
    photo = PhotoInput(None, type="filepath", image_mode=None, format="png", sources=["upload", "clipboard", "webcam"],
                       label="Photo", show_label=False, height=180, placeholder=EMPTY_PHOTO, elem_id="compare-photo",
                       buttons=[], alt_text="the chosen photo")  # fmt: skip
    truth = gr.File(label="Ground truth, if you have it: a mask file", file_types=[".png"], type="filepath",
                    height=74, elem_id="compare-truth")  # fmt: skip
    a, b = _slots(engine, family)
    with gr.Column(elem_classes="fd-go"):
        with gr.Row(elem_classes="fd-buttons"):
            compare = gr.Button("Compare", variant="primary", elem_id="compare-run", scale=3, min_width=110)
            stop = gr.Button("Stop", interactive=False, elem_id="compare-stop", scale=1, min_width=70)
        report = gr.HTML("", elem_id="compare-report")
    every = gr.Button("Same picture through all", elem_id="compare-all", interactive=len(family.all) > 1)
    who = gr.HTML(_told_all(engine, family), elem_id="compare-who")
    return Controls(gr.State(key), chosen, photo, truth, a, b, compare, every, stop, who, report)


def _slots(engine: Engine, family: Family) -> tuple[Slot, Slot]:
    """A and B side by side: model, steps and seed above, what is seldom changed in a fold below."""
    shapes = [Shape.of(engine, model, IMAGE_TO_MASK) for model in family.pair]
    above, below = [], []
    with gr.Row(elem_classes="cp-slots"):
        for letter, shape in zip("AB", shapes, strict=True):
            with gr.Column(min_width=120, elem_classes="cp-slot"):
                above.append(_first(engine, family, letter, shape))
    fold = gr.Accordion("Solver and temperature", open=False, elem_id="compare-more", elem_classes="fd-fold")
    with fold, gr.Row(elem_classes="cp-slots"):
        for letter, shape in zip("AB", shapes, strict=True):
            with gr.Column(min_width=120, elem_classes="cp-slot"):
                below.append(_rest(letter, shape))
    a, b = (
        Slot(gr.State(model.value), model, steps, solver, seed, temperature)
        for (model, steps, seed), (solver, temperature) in zip(above, below, strict=True)
    )
    return a, b


def _first(engine: Engine, family: Family, letter: str, shape: Shape) -> tuple[ClassChoice, NumberBox, NumberBox]:
    name = f"compare-{letter.lower()}"
    model = ClassChoice(choices(engine, family), value=shape.manifest.name, label=f"Model of {letter}",
                        filterable=False, elem_id=f"{name}-model")  # fmt: skip
    with gr.Row(elem_classes="cp-numbers"):
        steps = NumberBox(shape.steps, label="Steps", precision=0, minimum=1, maximum=shape.limits.max_steps,
                          min_width=50, visible=_has_path(shape), elem_id=f"{name}-steps")  # fmt: skip
        seed = NumberBox(0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, min_width=50,
                         visible=shape.draws, elem_id=f"{name}-seed")  # fmt: skip
    return model, steps, seed


def _rest(letter: str, shape: Shape) -> tuple[gr.Dropdown, NumberBox]:
    name = f"compare-{letter.lower()}"
    solver = gr.Dropdown([(info.label, key) for key, info in SOLVERS.items()], value="euler", filterable=False,
                         label=f"Solver of {letter}", visible=_has_path(shape), elem_id=f"{name}-solver")  # fmt: skip
    temperature = NumberBox(shape.temperature, label=f"Temperature of {letter}", minimum=0, maximum=1, step=0.05,
                            visible=_has_temperature(shape), elem_id=f"{name}-temperature")  # fmt: skip
    return solver, temperature


def strip(items: Sequence[Example]) -> ExampleStrip:
    """Named pictures; its event ``pick`` carries the key of one."""
    gr.HTML(EXAMPLES)
    shown = [{"key": item.key, "title": item.title.split(" →")[0], "picture": item.picture} for item in items]
    return ExampleStrip(shown, elem_id="compare-examples")


def shaped(engine: Engine, family: Family, requests: Sequence[Request] = ()) -> list[Any]:
    """Both slots, the button for all and its sentence, in the order of ``Controls.shaped``.

    Args:
        engine, family: whose models are offered.
        requests: what A and B say; the family's pair with its usual settings where it is empty.
    """
    offered, updates = choices(engine, family), []
    for k, model in enumerate([request.model for request in requests] or family.pair):
        steps, solver, seed, temperature, fitted = settings_of(engine, model)
        if requests:
            steps, solver = steps | {"value": requests[k].steps}, solver | {"value": requests[k].solver}
            seed = seed | {"value": requests[k].seed}
        updates += [gr.update(choices=offered, value=model), steps, solver, seed, temperature, fitted]
    return [*updates, gr.update(interactive=len(family.all) > 1), _told_all(engine, family), family.models[0]]


def settings_of(engine: Engine, model: Any) -> list[Any]:
    """Steps, solver, seed and temperature as a model has them, and its name, in the order of ``Slot.shaped``.

    Raises:
        InputError: the model is unknown.
    """
    shape = Shape.of(engine, model, IMAGE_TO_MASK)
    path = _has_path(shape)
    return [gr.update(value=shape.steps, visible=path, maximum=shape.limits.max_steps), gr.update(visible=path),
            gr.update(visible=shape.draws),
            gr.update(value=shape.temperature, visible=_has_temperature(shape)), shape.manifest.name]  # fmt: skip


def _has_path(shape: Shape) -> bool:
    return shape.limits.max_steps > 1


def _has_temperature(shape: Shape) -> bool:
    return _has_path(shape) and "temperature" in shape.limits.settings


def _told_all(engine: Engine, family: Family) -> str:
    called = names([engine.manifest(model) for model in family.all])
    if len(called) < 2:
        return '<p class="fd-note">One model only reads these pictures; compare two settings of it.</p>'
    told = f"{', '.join(called[:-1])} and {called[-1]}"
    return f'<p class="fd-note">All: {html.escape(told)}, each with its usual steps and the seed of A.</p>'
