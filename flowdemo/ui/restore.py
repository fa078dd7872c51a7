"""Values of the controls for a model and direction, and for a recipe that a person brings back."""

from __future__ import annotations

import base64
from typing import Any

import gradio as gr

from flowdemo.engine import Engine, Given
from flowdemo.errors import InputError
from flowdemo.flow import SOLVERS
from flowdemo.rendering import recipe
from flowdemo.request import LABEL_TO_IMAGE, Request, recipe_fields
from flowdemo.ui.controls import Shape
from flowdemo.ui.widgets.painter import MaskPainter

MASK_URL = "data:image/png;base64,"
SHAPED = 13  # number of updates of :func:`shaped`
RESTORED = SHAPED + 3  # and of :func:`restored`


def shaped(
    shape: Shape, steps: int | None = None, beta: float | None = None, given: Given | None = None
) -> list[Any]:
    """Bounds, defaults and visibility for a model and direction, with a mask or class to start from.

    In the order of :attr:`flowdemo.ui.panel.Controls.shaped`.
    """
    manifest, one = shape.manifest, shape.limits.max_steps == 1
    mask = given.pixels if given is not None and given.kind == "mask" else None
    label = given.label if given is not None else None
    palette = manifest.palette.to_json() | {"name": manifest.data.get("name", "")}
    return [
        gr.update(choices=shape.directions, value=shape.direction),
        gr.update(visible=not shape.perturbs),
        gr.update(visible=shape.paints),
        MaskPainter.change(palette, *manifest.size, mask=mask),
        gr.update(choices=shape.classes, value=label or 0, visible=shape.names),
        gr.update(value=steps or shape.steps, visible=not one),
        gr.update(visible=shape.perturbs),
        gr.update(maximum=shape.beta_top, step=shape.beta_step, value=shape.beta if beta is None else beta),
        gr.update(visible=shape.draws),
        gr.update(label=shape.samples_label),
        gr.update(visible=not one),
        gr.update(value=shape.temperature, visible="temperature" in shape.limits.settings),
        [manifest.name, shape.direction],
    ]


def restored(engine: Engine, request: Request, given: Given | None) -> list[Any]:
    """Controls as a recipe says, in the order of :attr:`flowdemo.ui.panel.Controls.restored`."""
    shape = Shape.of(engine, request.model, request.direction)
    beta = request.beta if shape.perturbs else None
    *updates, samples, more, temperature, fitted = shaped(shape, request.steps, beta, given)
    samples |= {"value": request.samples}
    temperature |= {"value": dict(request.settings).get("temperature", shape.temperature)}
    solver = gr.update(value=request.solver, info=SOLVERS[request.solver].description)
    return [*updates, samples, more, temperature, fitted, request.model, solver, request.seed]


def read_recipe(engine: Engine, data: bytes) -> tuple[Request, Given | None]:
    """The request in a PNG or JSON file that flowdemo wrote, and the painted mask or the class where it holds one.

    Raises:
        InputError: there is no recipe, or one that no model at hand can run.
    """
    raw = recipe.extract(data)
    if raw is None:
        raise InputError("This file holds no flowdemo recipe.", field="recipe")
    request = engine.request(recipe_fields(raw))
    manifest, text = engine.manifest(request.model), raw.get("mask")
    if request.direction == LABEL_TO_IMAGE:
        return request, Given.category(raw.get("label"), manifest)
    if text is None:
        return request, None
    try:
        if not isinstance(text, str) or not text.startswith(MASK_URL):
            raise ValueError
        png = base64.b64decode(text.removeprefix(MASK_URL), validate=True)
    except ValueError:
        raise InputError("The mask in this recipe is damaged; load another file.", field="recipe") from None
    return request, Given.mask(png, manifest)
