"""The strip of stored runs: pictures this project made, shown at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from flowdemo.engine import Engine, RunRecord
from flowdemo.engine.stored import load_stored, read_head, read_input
from flowdemo.errors import FlowdemoError
from flowdemo.rendering import encoders, views
from flowdemo.request import IMAGE_TO_MASK, Request, recipe_fields

STORED = Path(__file__).resolve().parents[2] / "assets" / "stored"


@dataclass(frozen=True, eq=False)
class Example:
    """One stored run; ``pixels`` is its input, ``picture`` the same as a data URI."""

    key: str
    path: Path
    title: str
    request: Request
    pixels: np.ndarray
    picture: str

    @property
    def model(self) -> str:
        return self.request.model


def examples(engine: Engine) -> list[Example]:
    """Stored runs whose model is at hand, in the order of their file names; damaged ones are left out."""
    found = []
    for path in sorted(STORED.glob("*.zip")):
        try:
            found.append(_example(engine, path))
        except (FlowdemoError, KeyError, TypeError):
            continue
    return found


def first_shown(items: list[Example]) -> Example | None:
    """The run that the page opens with: from a photo where there is one, so that a mask a visitor painted before a
    reload is not painted over."""
    photos = [item for item in items if item.request.direction == IMAGE_TO_MASK]
    return next(iter([*photos, *items]), None)


def record_of(engine: Engine, example: Example) -> RunRecord:
    """The run of an example, drawn on first use and kept."""
    try:
        return engine.runs.get(f"stored-{example.key}")
    except FlowdemoError:
        record = load_stored(example.path, engine.manifest(example.model))
        engine.runs.keep_always(record)
        return record


def _example(engine: Engine, path: Path) -> Example:
    head, pixels = read_head(path), read_input(path)
    request = engine.request(recipe_fields(head["request"]))
    shown = pixels if pixels.ndim == 3 else views.class_map(pixels, engine.manifest(request.model).palette)
    picture = encoders.data_uri("image/png", encoders.png(shown))
    return Example(path.stem, path, str(head["about"]["title"]), request, pixels, picture)


class ExampleStrip(gr.HTML):
    """Named picture buttons; the event ``pick`` carries ``{"key": …}``."""

    def __init__(self, items: list[dict[str, str]], **kw: Any) -> None:
        super().__init__(
            value=None,
            html_template='<div class="fd-examples" role="group" aria-label="Stored examples"></div>',
            js_on_load=_SCRIPT.replace("ITEMS", json.dumps(items)),
            apply_default_css=False,
            **kw,
        )


_SCRIPT = """
const group = element.querySelector(".fd-examples");
for (const item of ITEMS) {
  const button = document.createElement("button");
  button.type = "button";
  const picture = document.createElement("img");
  picture.src = item.picture;
  picture.alt = "";
  const name = document.createElement("span");
  name.textContent = item.title;
  button.title = item.title;
  button.append(picture, name);
  button.addEventListener("click", () => trigger("pick", { key: item.key }));
  group.append(button);
}
"""
