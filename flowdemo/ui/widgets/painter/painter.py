"""The mask painter: an index canvas inside ``gr.HTML``, exact by construction at every pixel ratio."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.components.base import server

from flowdemo.errors import InputError
from flowdemo.rendering.masks import read_mask
from flowdemo.rendering.palette import Palette
from flowdemo.ui.guard import Refusal
from flowdemo.ui.widgets.painter.value import (
    FIELD,
    PaintedMask,
    decode_url,
    encode_mask,
    plain_palette,
    read_value,
)

MAX_FILE_CHARS = 5_600_000  # 4 MB of file, as base64; the browser refuses larger files before it reads them

# One function body in the browser, in this order: tools without state, the painter, then what feeds it.
_SCRIPTS = (
    "png.js",
    "raster.js",
    "history.js",
    "regions.js",
    "chips.js",
    "controls.js",
    "painter.js",
    "exchange.js",
    "input.js",
    "wiring.js",
)


@lru_cache(maxsize=1)
def _sources() -> tuple[str, str, str]:
    """Template, style and script of the widget."""
    folder = Path(__file__).parent
    script = "\n".join((folder / name).read_text("utf-8") for name in _SCRIPTS)
    return (folder / "painter.html").read_text("utf-8"), (folder / "painter.css").read_text("utf-8"), script


class MaskPainter(gr.HTML):
    """Paint a mask of class indices with mouse, pen, finger or keys.

    Handlers receive a :class:`PaintedMask` or None (nothing painted). Each finished stroke, fill, box, load, undo,
    redo and clear fires ``stroke_end`` with ``used`` (class indices present) and ``counts`` (pixels per index).

    To show another palette, size, mask or photo, return :meth:`change` from a handler whose output is the painter:
    the palette and size then also hold for the checks of that visitor's masks.

    Args:
        palette: ``{"classes": [{"index", "name", "color": [r, g, b]}, …], "ignore": entry | None, "name": str}``.
        width, height: size of the mask in pixels.
        label: heading above the canvas.
        **kw: further arguments of ``gr.HTML`` (``value``, ``elem_id``, ``visible``, …).
    """

    def __init__(
        self, palette: Mapping[str, Any], width: int, height: int, label: str | None = None, **kw: Any
    ) -> None:
        template, style, script = _sources()
        self.palette = plain_palette(palette)
        self.width, self.height = int(width), int(height)
        super().__init__(
            value=kw.pop("value", None),
            label=label,
            html_template=template,
            css_template=style,
            js_on_load=script,
            apply_default_css=False,
            **kw,
        )

    @staticmethod
    def change(
        palette: Mapping[str, Any],
        width: int,
        height: int,
        *,
        mask: np.ndarray | None = None,
        underlay: str | None = None,
        report: str | None = None,
        **update: Any,
    ) -> dict[str, Any]:
        """Update for a handler to return.

        Args:
            mask: uint8 [H, W] class indices to show; None shows the visitor's last mask of this palette and size
                in this tab, or an empty canvas.
            underlay: data URL of a photo to paint over.
            report: one sentence for the line under the canvas.
            **update: further properties (``visible``, …).
        """
        checked = plain_palette(palette)
        value = {
            "width": width,
            "height": height,
            "palette": checked,
            "mask": None if mask is None else encode_mask(mask),
            "underlay": underlay,
            "report": report,
        }
        return gr.update(palette=checked, width=width, height=height, value=value, **update)

    def postprocess(self, value: Any) -> dict[str, Any]:
        """Complete a dict with any of ``mask``, ``underlay``, ``report`` (or an index array) for the browser.

        Raises:
            ValueError: a palette or size other than the component's own; use :meth:`change` for those.
        """
        given = {"mask": encode_mask(value)} if isinstance(value, np.ndarray) else dict(value or {})
        own = {"width": self.width, "height": self.height, "palette": self.palette}
        if given.get("palette"):
            given["palette"] = plain_palette(given["palette"])
        if any(given.get(key, own[key]) != own[key] for key in own):
            raise ValueError("a new palette or size needs MaskPainter.change(…)")
        return {**own, **{key: given.get(key) for key in ("mask", "underlay", "report")}}

    def preprocess(self, payload: Any) -> PaintedMask | None:
        """Indices of what the browser or the API sent, or None; refuses everything else with ``gr.Error``."""
        try:
            return read_value(payload, Palette.from_json(self.palette), self.width, self.height)
        except InputError as error:
            raise Refusal(error.message) from None

    @server
    def load_mask(self, data_url: Any) -> dict[str, Any]:
        """Read a mask file the visitor chose; called by the browser.

        Args:
            data_url: the file as base64 data URL, at most 4 MB.

        Returns:
            ``{"mask": data URL of the indices, "report": sentence}`` or ``{"error": sentence}``.
        """
        try:
            if not isinstance(data_url, str):
                raise InputError("The mask file must be sent as a data URL.", FIELD)
            data = decode_url(data_url, MAX_FILE_CHARS, kind="data:")
            palette = Palette.from_json(self.palette)
            report = read_mask(data, palette.classes, (self.width, self.height), palette.ignore)
        except InputError as error:
            return {"error": error.message}
        return {"mask": encode_mask(report.indices), "report": report.message}

    def api_info(self) -> dict[str, Any]:
        numbers = ", ".join(f"{entry['index']} = {entry['name']}" for entry in self.palette["classes"][:20])
        description = (
            f"Data URL of an 8-bit grey PNG of {self.width} × {self.height} pixels; "
            f"the grey level is the class number ({numbers})."
        )
        return {"type": "string", "description": description}

    def example_payload(self) -> str:
        return encode_mask(np.full((self.height, self.width), self.palette["classes"][0]["index"], np.uint8))

    def example_value(self) -> dict[str, Any]:
        return {"mask": self.example_payload()}
