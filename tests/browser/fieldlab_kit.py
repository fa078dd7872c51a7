"""The field laboratory served alone, and hands on its plane."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from flowdemo.ui.tabs import fieldlab
from flowdemo.ui.theme import STYLE, theme

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PLANE = "document.querySelector('.fl-plane').fdPlane"
CODES = "document.querySelector('.fl-codes').fdCodes"
PLAIN = [[0, 0.0], [500, 0.2], [1000, 0.4]]
SCORES = {
    "data": "toy streets", "split": "test", "n": 12, "steps": 10, "note": "Numbers of a test.",
    "runs": [
        {"label": "plain", "eta": 0, "seed": 0, "points": PLAIN},
        {"label": "plain", "eta": 0, "seed": 1, "points": PLAIN},
        {"label": "term", "eta": 1, "seed": 0, "points": [[0, 0.0], [500, 0.41], [1000, 0.6]]},
    ],
}  # fmt: skip


@contextlib.contextmanager
def fieldlab_tab(serve: Any, folder: Path) -> Iterator[str]:
    """Address of a page with the tab, and with made-up training scores."""
    scores = folder / "scores.json"
    scores.write_text(json.dumps(SCORES), "utf-8")
    with gr.Blocks() as demo, gr.Tabs(elem_classes="fd-tabs"), gr.Tab("Field lab"):
        fieldlab.build(scores=scores)
    with serve(demo.queue(max_size=8), theme=theme(), css_paths=[STYLE]) as address:
        yield address


class FieldLab:
    """The laboratory on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.canvas = page.locator(".fl-plane canvas")

    def ready(self) -> FieldLab:
        self.page.wait_for_function(f"() => {PLANE.replace(').', ')?.')} && {CODES.replace(').', ')?.')}")
        self.page.wait_for_function(f"() => {PLANE}.scale > 0")
        return self

    def get(self, name: str, of: str = PLANE) -> Any:
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self.page.evaluate(f"() => {of}.{name}")

    @property
    def state(self) -> dict[str, Any]:
        return self.get("state")

    def button(self, name: str) -> Locator:
        return self.page.locator(".fd-fieldlab").get_by_role("button", name=name, exact=True)

    def slide(self, name: str, *keys: str) -> None:
        slider = self.page.get_by_role("slider", name=name)
        for key in keys:
            slider.press(key)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Place on the page of a place in the plane."""
        box, scale = self.canvas.bounding_box(), self.get("scale")
        return box["x"] + (x + 1.2) * scale, box["y"] + (1.2 - y) * scale

    def click(self, x: float, y: float) -> None:
        self.canvas.scroll_into_view_if_needed()
        self.page.mouse.click(*self.at(x, y))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.canvas.scroll_into_view_if_needed()
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=4)
        self.page.mouse.up()

    def pixels(self, place: str = ".fl-plane canvas") -> str:
        self.get("state")
        return self.page.locator(place).evaluate("(node) => node.toDataURL()")

    def census(self) -> Any:
        """Shares of the classes without the term and with it, once they are counted."""
        self.page.wait_for_function(f"() => {PLANE}.census")
        return self.get("census")

    def places(self) -> list[list[float]]:
        """Where the large parts of the page are."""
        return self.page.evaluate("""() => [...document.querySelectorAll(
          ".fl-stage, .fl-legend, .fl-constants, .fl-transform, .fl-law, .fl-state, .fl-readout, .fl-text, .fl-below")]
          .map((node) => { const box = node.getBoundingClientRect();
            return [node.classList[0], box.x, box.y + scrollY, box.width]
              .map((v) => (v.toFixed ? Math.round(v) : v)); })""")

    def cut_off(self) -> list[str]:
        """Texts that do not fit their place."""
        return self.page.evaluate("""() => [...document.querySelectorAll(".fd-fieldlab *")]
          .filter((n) => n.checkVisibility({ visibilityProperty: true }) && !n.closest(".fl-below, .fl-scroll, svg"))
          .filter((n) => n.children.length === 0 && n.textContent.trim() && n.clientWidth)
          .filter((n) => {
            const page = (n.closest(".fl-card") ?? n.closest(".fd-fieldlab")).getBoundingClientRect();
            const box = n.getBoundingClientRect();
            return n.scrollWidth > n.clientWidth + 1 || box.right > page.right + 1 || box.left < page.left - 1;
          })
          .map((n) => n.outerHTML.slice(0, 100))""")
