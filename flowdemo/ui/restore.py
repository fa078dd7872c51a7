"""Values of the controls for a model and direction, and for a recipe that a person brings back."""

from __future__ import annotations

import base64
from typing import Any

import gradio as gr
import numpy as np

from flowdemo.engine import Engine, Given
from flowdemo.errors import InputError
from flowdemo.flow import SOLVERS
from flowdemo.rendering import recipe
from flowdemo.request import Request, recipe_fields
from flowdemo.ui.controls import Shape
from flowdemo.ui.widgets.painter import MaskPainter

MASK_URL = "data:image/png;base64,"
SHAPED = 9  # number of updates of :func:`shaped`
RESTORED = SHAPED + 4  # and of :func:`restored`


def shaped(
    shape: Shape, steps: int | None = None, beta: float | None = None, mask: np.ndarray | None = None
) -> list[Any]:
    """Bounds, defaults and visibility for a model and direction.

    In the order of :attr:`flowdemo.ui.panel.Controls.shaped`.
    """
    manifest, one = shape.manifest, shape.limits.max_steps == 1
    palette = manifest.palette.to_json() | {"name": manifest.data.get("name", "")}
    return [
        gr.update(choices=shape.directions, value=shape.direction),
        gr.update(visible=not shape.paints),
        gr.update(visible=shape.paints),
        MaskPainter.change(palette, *manifest.size, mask=mask),
        gr.update(value=steps or shape.steps, visible=not one),
        gr.update(visible=shape.paints),
        gr.update(maximum=shape.beta_top, value=shape.beta if beta is None else beta),
        gr.update(visible=not one),
        gr.update(value=shape.temperature, visible="temperature" in shape.limits.settings),
    ]


def restored(engine: Engine, request: Request, mask: np.ndarray | None) -> list[Any]:
    """Controls as a recipe says, in the order of :attr:`flowdemo.ui.panel.Controls.restored`."""
    shape = Shape.of(engine, request.model, request.direction)
    *updates, temperature = shaped(shape, request.steps, request.beta if shape.paints else None, mask)
    temperature |= {"value": dict(request.settings).get("temperature", shape.temperature)}
    solver = gr.update(value=request.solver, info=SOLVERS[request.solver].description)
    return [*updates, temperature, request.model, solver, request.seed, request.samples]


def read_recipe(engine: Engine, data: bytes) -> tuple[Request, np.ndarray | None]:
    """The request in a PNG or JSON file that flowdemo wrote, and the painted mask where it holds one.

    Raises:
        InputError: there is no recipe, or one that no model at hand can run.
    """
    raw = recipe.extract(data)
    if raw is None:
        raise InputError("This file holds no flowdemo recipe.", field="recipe")
    request = engine.request(recipe_fields(raw))
    text = raw.get("mask")
    if text is None:
        return request, None
    try:
        if not isinstance(text, str) or not text.startswith(MASK_URL):
            raise ValueError
        png = base64.b64decode(text.removeprefix(MASK_URL), validate=True)
    except ValueError:
        raise InputError("The mask in this recipe is damaged; load another file.", field="recipe") from None
    return request, Given.mask(png, engine.manifest(request.model)).pixels
