"""The strip of stored runs: pictures this project made, shown at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from flowdemo.engine import Engine, RunRecord
from flowdemo.engine.stored import load_stored, read_head
from flowdemo.errors import FlowdemoError
from flowdemo.rendering import encoders, views

STORED = Path(__file__).resolve().parents[2] / "assets" / "stored"


@dataclass(frozen=True)
class Example:
    """One stored run."""

    key: str
    path: Path
    model: str
    title: str


def examples(engine: Engine) -> list[Example]:
    """Stored runs whose model is at hand, in the order of their file names; damaged ones are left out."""
    found = []
    for path in sorted(STORED.glob("*.zip")):
        try:
            head = read_head(path)
            model = str(head["request"]["model"])
        except (FlowdemoError, KeyError, TypeError):
            continue
        if model in engine.manifests():
            found.append(Example(path.stem, path, model, str(head["about"]["title"])))
    return found


def record_of(engine: Engine, example: Example) -> RunRecord:
    """The run of an example, drawn on first use and kept."""
    try:
        return engine.runs.get(f"stored-{example.key}")
    except FlowdemoError:
        record = load_stored(example.path, engine.manifest(example.model))
        engine.runs.keep_always(record)
        return record


def thumbnail(record: RunRecord) -> str:
    """The input of a stored run as a data URI."""
    pixels = record.given.pixels
    shown = pixels if record.given.kind == "picture" else views.class_map(pixels, record.manifest.palette)
    return encoders.data_uri("image/png", encoders.png(shown))


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
  button.append(picture, name);
  button.addEventListener("click", () => trigger("pick", { key: item.key }));
  group.append(button);
}
"""
