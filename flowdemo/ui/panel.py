"""The left column of the Trajectory tab: its components, in reading order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from flowdemo.engine import Engine
from flowdemo.flow import SOLVERS
from flowdemo.request import MAX_SEED, Request
from flowdemo.ui.beta import BetaFigure
from flowdemo.ui.controls import MAX_SAMPLES, Shape, evaluations_note
from flowdemo.ui.inputs import ClassChoice, DirectionChoice, NumberBox, NumberSlider, PhotoInput
from flowdemo.ui.widgets.painter import MaskPainter

EMPTY_PHOTO = "# Drop a photo here\nor click to choose one"


@dataclass
class Controls:
    """The components of the left column; ``fitted`` is the model and direction that they are shaped for."""

    fitted: gr.State
    direction: DirectionChoice
    model: gr.Dropdown
    photo: PhotoInput
    photo_box: gr.Column
    painter: MaskPainter
    paint_box: gr.Column
    label: ClassChoice
    steps: NumberSlider
    calls: gr.HTML
    beta: NumberSlider
    beta_figure: BetaFigure
    beta_box: gr.Column
    seed_box: gr.Column
    samples: NumberSlider
    seed: NumberBox
    dice: gr.Button
    more: gr.Accordion
    solver: gr.Dropdown
    temperature: NumberSlider
    run: gr.Button
    stop: gr.Button
    report: gr.HTML

    @property
    def inputs(self) -> list[Any]:
        """What a run reads."""
        return [self.model, self.direction, self.photo, self.painter, self.label, self.steps, self.solver, self.beta,
                self.seed, self.samples, self.temperature]  # fmt: skip

    @property
    def shaped(self) -> list[Any]:
        """What :func:`flowdemo.ui.restore.shaped` updates, in its order."""
        return [self.direction, self.photo_box, self.paint_box, self.painter, self.label, self.steps, self.beta_box,
                self.beta, self.seed_box, self.samples, self.more, self.temperature, self.fitted]  # fmt: skip

    @property
    def restored(self) -> list[Any]:
        """What :func:`flowdemo.ui.restore.restored` updates, in its order."""
        return [*self.shaped, self.model, self.solver, self.seed]


def lay_out(engine: Engine, request: Request, pixels: np.ndarray | None) -> Controls:
    """Build the column.

    Args:
        engine: whose models are offered.
        request: what the controls say at first.
        pixels: picture ``[H, W, 3]``, labels ``[H, W]`` or one label ``[1]`` to start with, uint8; None for an empty
            input.
    """
    shape = Shape.of(engine, request.model, request.direction)
    names = [(manifest.label, name) for name, manifest in engine.manifests().items()]
    direction = DirectionChoice(shape.directions, value=shape.direction, label="Direction", show_label=False,
                                container=False, elem_id="direction", elem_classes="fd-segment")  # fmt: skip
    model = gr.Dropdown(names, value=shape.manifest.name, label="Model", elem_id="model", filterable=False)
    fitted = gr.State([shape.manifest.name, shape.direction])
    parts = {"fitted": fitted, "direction": direction, "model": model} | _input(shape, pixels)
    return Controls(**parts | _numbers(shape, request) | _more(shape, request) | _go())


def _input(shape: Shape, pixels: np.ndarray | None) -> dict[str, Any]:
    manifest = shape.manifest
    palette = manifest.palette.to_json() | {"name": manifest.data.get("name", "")}
    with gr.Column(visible=not shape.perturbs, elem_classes="fd-flush") as photo_box:
        photo = PhotoInput(None if shape.perturbs else pixels, type="filepath", image_mode=None, format="png",
                           sources=["upload", "clipboard", "webcam"], label="Photo", show_label=False, height=268,
                           placeholder=EMPTY_PHOTO, elem_id="photo", buttons=["fullscreen"],
                           alt_text="the chosen photo")  # fmt: skip
    with gr.Column(visible=shape.paints, elem_classes="fd-flush") as paint_box:
        painter = MaskPainter(palette, *manifest.size, value=pixels if shape.paints else None, elem_id="painter")
    label = ClassChoice(shape.classes, value=int(pixels[0]) if shape.names and pixels is not None else 0, label="Class",
                        elem_id="label", filterable=False, visible=shape.names)  # fmt: skip
    return {"photo": photo, "photo_box": photo_box, "painter": painter, "paint_box": paint_box, "label": label}


def _numbers(shape: Shape, request: Request) -> dict[str, Any]:
    note = evaluations_note(request.steps, request.solver, shape.limits.max_steps)
    steps = NumberSlider(1, 50, request.steps, step=1, precision=0, label="Steps", elem_id="steps", buttons=[],
                         visible=shape.limits.max_steps > 1)  # fmt: skip
    calls = gr.HTML(f'<p class="fd-note">{note}</p>', elem_id="calls")
    with gr.Column(visible=shape.perturbs, elem_classes="fd-flush") as beta_box:
        value = request.beta if shape.perturbs else shape.beta
        beta = NumberSlider(0, shape.beta_top, value, step=shape.beta_step, label="Perturbation β", elem_id="beta",
                            buttons=[])  # fmt: skip
        figure = BetaFigure(value, shape.spacing, shape.limits.beta_unit, elem_id="beta-figure")
    with gr.Column(visible=shape.draws, elem_classes="fd-flush") as seed_box:
        with gr.Row(elem_classes="fd-seed"):
            seed = NumberBox(request.seed, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, elem_id="seed",
                             scale=3, min_width=120)  # fmt: skip
            dice = gr.Button("New seed", elem_id="dice", scale=2, min_width=90)
        samples = NumberSlider(1, MAX_SAMPLES, request.samples, step=1, precision=0, elem_id="samples", buttons=[],
                               label=shape.samples_label)  # fmt: skip
    return {"steps": steps, "calls": calls, "beta": beta, "beta_figure": figure, "beta_box": beta_box,
            "seed_box": seed_box, "samples": samples, "seed": seed, "dice": dice}  # fmt: skip


def _more(shape: Shape, request: Request) -> dict[str, Any]:
    settings: Mapping[str, float] = dict(request.settings)
    with gr.Accordion("Solver and sharpness", open=False, elem_id="more", elem_classes="fd-fold",
                      visible=shape.limits.max_steps > 1) as more:  # fmt: skip
        solver = gr.Dropdown([(info.label, name) for name, info in SOLVERS.items()], value=request.solver,
                             label="Solver", elem_id="solver", filterable=False,
                             info=SOLVERS[request.solver].description)  # fmt: skip
        temperature = NumberSlider(0, 1, settings.get("temperature", shape.temperature), step=0.05, buttons=[],
                                   label="Temperature of the class posterior", elem_id="temperature",
                                   visible="temperature" in shape.limits.settings,
                                   info="1 as trained; towards 0 the path heads for the likeliest class.")  # fmt: skip
    return {"more": more, "solver": solver, "temperature": temperature}


def _go() -> dict[str, Any]:
    """Run and Stop, which stay in sight while the column is scrolled, and the sentence under them."""
    with gr.Column(elem_classes="fd-go"):
        with gr.Row(elem_classes="fd-buttons"):
            run = gr.Button("Run", variant="primary", elem_id="run", scale=3, min_width=120)
            stop = gr.Button("Stop", interactive=False, elem_id="stop", scale=1, min_width=90)
        report = gr.HTML("", elem_id="report")
    return {"run": run, "stop": stop, "report": report}
