"""The tab Shape served alone on the engine itself, and hands on it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

LAB = "document.querySelector('#shape .fd-shape').fdShape"
READY = "p.run?.ended && !p.busy"
SIDE = 128
RUN = "elsewhere-000001"  # of the segmentation that may be taken over


def segmentation() -> SimpleNamespace:
    """An engine that keeps one segmentation run: a cell of 20×10 pixels in a picture of 64×32."""
    classes = np.zeros((32, 64), np.uint8)
    classes[10:20, 20:40] = 1
    entries = [SimpleNamespace(index=0, name="background", color=(0, 0, 0)),
               SimpleNamespace(index=1, name="cell", color=(200, 60, 30))]  # fmt: skip
    manifest = SimpleNamespace(levels=None, label="Tiny cells", palette=SimpleNamespace(classes=entries))
    request = SimpleNamespace(direction="image-to-mask")
    record = SimpleNamespace(request=request, manifest=manifest, drawn=3, classes=lambda sample: [classes])
    return SimpleNamespace(runs=SimpleNamespace(get=lambda run: {RUN: record}[run]))


@pytest.fixture(scope="session")
def shape_url(serve: Any) -> Iterator[str]:
    from flowdemo.engine.shaper import Shaper
    from flowdemo.ui.tabs import shape
    from flowdemo.ui.theme import STYLE, theme

    with gr.Blocks() as demo, gr.Tabs(elem_classes="fd-tabs"), gr.Tab("Shape"):
        shape.build(Shaper(), segmentation())
    with serve(demo.queue(max_size=16), theme=theme(), css_paths=[STYLE]) as address:
        yield address


class Lab:
    """The widget on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator("#shape .fd-shape")

    def drawn(self) -> None:
        """Wait for what is to be drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def get(self, name: str) -> Any:
        self.drawn()
        return self.page.evaluate(f"() => {LAB}.{name}")

    def until(self, condition: str, seconds: float = 60) -> Lab:
        """Wait until a condition on ``p``, what the widget tells, holds and is drawn."""
        self.page.wait_for_function(f"() => {{ const p = {LAB}; return {condition}; }}", timeout=1000 * seconds)
        self.drawn()
        return self

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True).filter(visible=True)

    def run(self) -> dict[str, Any]:
        """Press Run and wait for the end; what the widget tells of the run."""
        before = self.get("asked")
        self.button("Run").click()
        return self.answered(before)

    def answered(self, before: int) -> dict[str, Any]:
        """Wait until a question after number ``before`` is answered."""
        return self.until(f"p.asked > {before} && {READY}").get("run")

    def choose(self, label: str, value: str) -> None:
        self.root.get_by_label(label, exact=True).select_option(value)
        self.drawn()

    def silhouette(self, name: str) -> None:
        """Choose one and wait until it is there."""
        before = self.get("mask")
        self.choose("Mask", name)
        if self.page.locator("#sh-silhouette").input_value():
            self.until(f"JSON.stringify(p.mask) !== {str(before).replace(' ', '')!r}")

    def slide(self, label: str, value: float) -> None:
        """Set a slider as its keys would."""
        self.root.get_by_label(label, exact=True).fill(str(value))
        self.drawn()

    def scrub(self, index: int) -> None:
        self.slide("Step", index)

    def place(self, x: float, y: float, canvas: str = ".sh-paint") -> tuple[float, float]:
        """The middle of a pixel of a canvas, on the page."""
        box = self.page.locator(canvas).bounding_box()
        return box["x"] + (x + 0.5) * box["width"] / SIDE, box["y"] + (y + 0.5) * box["height"] / SIDE

    def draw(self, *places: tuple[float, float]) -> None:
        """A stroke with the mouse through pixels."""
        self.page.locator(".sh-paint").scroll_into_view_if_needed()
        mouse = self.page.mouse
        mouse.move(*self.place(*places[0]))
        mouse.down()
        for place in places[1:]:
            mouse.move(*self.place(*place), steps=6)
        mouse.up()
        self.drawn()

    def mask(self) -> np.ndarray:
        return np.array(self.get("mask"), np.uint8).reshape(SIDE, SIDE)

    def frame(self) -> tuple[np.ndarray, np.ndarray]:
        """Levels of u that are shown, uint8 [H, W], and where level lines are dented, bool."""
        found = self.get("frame")
        size = found["height"], found["width"]
        return np.array(found["values"], np.uint8).reshape(size), np.array(found["dented"]).reshape(size) > 0

    def red(self) -> int:
        """Pixels of the stage in the colour of violations."""
        self.drawn()
        return self.page.evaluate(RED)

    @property
    def said(self) -> str:
        return self.page.locator(".sh-said").inner_text()


RED = """() => {
  const canvas = document.querySelector(".sh-canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) count += data[at] > data[at + 1] + 40;
  return count;
}"""


def opened(open_page: Any, url: str, **options: Any) -> Lab:
    """The tab as it opens: with a star, and what the line scan makes of it."""
    lab = Lab(open_page(url, **options))
    lab.page.wait_for_function("() => document.querySelector('#shape .fd-shape')?.fdShape")
    return lab.until(READY)
