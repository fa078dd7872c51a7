"""Tiny pairs of flows, the field laboratory served with one of them, and hands on its section of a picture."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from flowdemo.engine import Engine

PLAIN, TERM = "vanilla-tiny", "flowseg-tiny"
WIDTH, HEIGHT = 64, 48
CLASSES = ("ground", "stem", "leaf", "fruit")
VOID = len(CLASSES)
VIEW = "document.querySelector('.fl-maps').fdMaps"


def flow_model(folder: Path, name: str, eta: Any, seed: int = 0, **changes: Any) -> None:
    """A random FlowSeg whose training says ``eta``; keyword arguments change its manifest."""
    import torch

    from flowdemo.networks.unet import PatchUNet, UNetConfig, parameter_count
    from flowdemo.rendering.palette import ClassColour, Palette
    from flowdemo.zoo import Manifest, save_model

    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        network = PatchUNet(UNetConfig(6, 3, 2, (8, 16), (False, False), 1, 8, 4))
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.08)
    entries = tuple(ClassColour(i, n, (60 * i, 200 - 40 * i, 90)) for i, n in enumerate(CLASSES))
    plain = {
        "name": name, "label": f"{name.split('-')[0].capitalize()}, drawn plants", "system": "flowseg",
        "size": (WIDTH, HEIGHT), "palette": Palette(entries, ClassColour(VOID, "void", (0, 0, 0))),
        "network": network.config.to_json(), "prediction": "velocity", "beta": {}, "steps": {"image-to-mask": 4},
        "space": {"kind": "pixels"}, "data": {"name": "drawn", "terms": "None."},
        "training": {"command": "none", "steps": 9, "options": {"eta": eta, "lr": 0.001}}, "scores": {}, "files": {},
        "parameters": parameter_count(network), "licence": "MIT", "flow": {"codes": "kronecker", "start": "image"},
    }  # fmt: skip
    save_model(folder / name, Manifest(**plain | changes), network)


def engine_of(folder: Path) -> Engine:
    """An engine that knows the models of a folder and no others."""
    from flowdemo.engine import Engine
    from flowdemo.zoo import folders

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("FLOWDEMO_MODELS", raising=False)
        patch.setattr(folders, "CHECKPOINTS", folder)
        engine = Engine("cpu")
        engine.manifests()
    return engine


def pair_engine(folder: Path) -> Engine:
    flow_model(folder, PLAIN, 0.0, 1)
    flow_model(folder, TERM, 1.0, 2)
    return engine_of(folder)


@contextlib.contextmanager
def lab_with_maps(serve: Any, engine: Engine, folder: Path) -> Iterator[str]:
    """Address of a page with the tab alone."""
    import gradio as gr

    from flowdemo.ui.runner import Runner
    from flowdemo.ui.tabs import fieldlab
    from flowdemo.ui.theme import STYLE, theme

    with gr.Blocks() as demo, gr.Tabs(elem_classes="fd-tabs"), gr.Tab("Field lab"):
        fieldlab.build(Runner(engine), folder / "no-scores.json")
    with serve(demo.queue(max_size=8), theme=theme(), css_paths=[STYLE], max_file_size="12mb") as address:
        yield address


def truth_labels() -> np.ndarray:
    """Boxes of every class and of void, uint8 [HEIGHT, WIDTH]."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    labels = ((columns > 20).astype(np.uint8) + (rows > 25) + (columns > 50)).astype(np.uint8)
    labels[:10, :10] = VOID
    return labels


class Maps:
    """The section on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".fl-maps")

    def ready(self) -> Maps:
        """Wait until the section stands there with the drawn street."""
        self.page.wait_for_function(f"() => {VIEW.replace(').', ')?.')}", timeout=30000)
        self.page.locator("#fm-photo img").wait_for()
        return self

    def get(self, name: str) -> Any:
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self.page.evaluate(f"() => {VIEW}.{name}")

    def until(self, condition: str, seconds: float = 30) -> None:
        """Wait until a condition on ``p``, what the section tells, holds."""
        self.page.wait_for_function(f"() => {{ const p = {VIEW}; return {condition}; }}", timeout=1000 * seconds)

    def file(self, place: str, data: bytes, name: str) -> None:
        """Choose a file as ``photo`` or ``truth``, and wait until its box shows it."""
        before = self.page.locator("#fm-photo img").get_attribute("src")
        self.page.locator(f"#fm-{place} input[type=file]").set_input_files(
            [{"name": name, "mimeType": "image/png", "buffer": data}]
        )
        if place == "truth":
            return self.page.locator("#fm-truth").get_by_text(name.split(".")[0]).first.wait_for()
        self.page.wait_for_function("(old) => document.querySelector('#fm-photo img')?.src !== old", arg=before)

    def steps(self, value: Any) -> None:
        box = self.page.locator("#fm-steps input[type=number]")
        box.fill(str(value))
        box.press("Tab")

    def run(self) -> None:
        """Press Run and wait until another result and its first pixel are shown."""
        before = self.get("id")
        self.page.locator("#fm-run").click()
        self.until(f"p.id !== {before!r} && p.found?.id === p.id" if before else "p.found", 60)
        self.page.locator("#fm-run:not([disabled])").wait_for()

    def map(self, number: int) -> Locator:
        """Panes in reading order: picture, ground truth, both masks; then four maps of each measure."""
        return self.root.locator(".fm-stack").nth(number)

    def click(self, number: int, x: int, y: int) -> None:
        pane = self.map(number)
        pane.scroll_into_view_if_needed()
        box, (width, height) = pane.bounding_box(), (WIDTH, HEIGHT)
        pane.click(position={"x": (x + 0.5) * box["width"] / width, "y": (y + 0.5) * box["height"] / height})
        self.until(f"p.found?.x === {x} && p.found.y === {y}")

    def cells(self) -> list[list[str]]:
        """Texts of the table, row by row."""
        self.get("found")
        return [row.locator("td").all_inner_texts() for row in self.root.locator("tbody tr").all()]
