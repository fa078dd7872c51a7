"""The named endpoint ``/shape`` for programs; every parameter has a default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from flowdemo.engine.shape_products import mask_png, numbers_of, recipe_of
from flowdemo.engine.shaper import Shaper
from flowdemo.errors import InputError
from flowdemo.rendering import encoders
from flowdemo.ui.files import read_sent
from flowdemo.ui.guard import plain
from flowdemo.ui.widgets.shape.contract import read_ask


def add(shaper: Shaper) -> None:
    """Register ``/shape`` in the blocks being built."""

    @plain
    def shape(
        mask: Any = None,
        method: str = "line-scan",
        soften: float | None = None,
        parts: bool = True,
        settings: dict | None = None,
    ) -> Iterator[dict]:
        """Run a shape prior on a mask: a message for every frame that is kept, and the result as the last one.

        Args:
            mask: a picture of 16 to 256 pixels a side, as an uploaded file or a data URL: u is its grey level over
                255, or its class where it holds only 0 and 1.
            method: "line-scan", "midpoint", "curvature", "cgpm" or "contour-flow".
            soften: width in pixels, 0 to 4, of the edge that a hard mask is given; null for the method's.
            parts: whether connected parts are treated each on its own.
            settings: of the method, by name: reach; radius; iterations, dt, mu; iterations, recipe; template, dx, dy,
                angle, scale, offset, follow, noise, seed, occluder, epsilon, strength, share, iterations. What is left
                out takes its default.

        Returns:
            status, recipe, "frames" (at most 51, the start first, with index, t, area in pixels, solidity, defect,
            chord, dented_share, residual and dice), "note" and "mask", where u is at least 1/2 in the end, as PNG data
            URL of 0 and 1; before that status "running" with index, t and seconds.
        """
        data = read_sent(mask, "mask")
        if data is None:
            raise InputError("Give a mask.", field="mask")
        asked = {"method": method, "soften": soften, "parts": parts, "settings": settings}
        run = shaper.start(data, **read_ask(asked))
        run.kept = False  # its id is not told, and it must not push out runs that people look at
        for frame in shaper.stream(run):
            yield {"status": "running", "index": frame.index, "t": frame.t, "seconds": round(frame.seconds, 4)}
        yield {"status": run.status, "recipe": recipe_of(run), "frames": numbers_of(run),
               "mask": encoders.data_uri("image/png", mask_png(run)), "note": shaper.meta(run)["note"]}  # fmt: skip

    gr.api(shape, api_name="shape", concurrency_id="engine", concurrency_limit=1)
