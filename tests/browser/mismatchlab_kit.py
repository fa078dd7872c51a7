"""The lessons on Flow Mismatching served alone, and hands on them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from flowdemo.ui.tabs import anomaly_lessons
from flowdemo.ui.theme import STYLE, theme

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PLANE = "document.querySelector('.mm-plane').fdPlane"
GAUSSIAN = "document.querySelector('.mm-gaussian').fdGaussian"
PARTS = "document.querySelector('.mm-decomposition').fdDecomposition"


@contextlib.contextmanager
def lessons_tab(serve: Any) -> Iterator[str]:
    """Address of a page with the lessons."""
    with gr.Blocks() as demo, gr.Tabs(elem_classes="fd-tabs"), gr.Tab("Anomaly"):
        anomaly_lessons.build()
    with serve(demo, theme=theme(), css_paths=[STYLE]) as address:
        yield address


class Lessons:
    """The sections on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.plane, self.gaussian = page.locator(".mm-plane"), page.locator(".mm-gaussian")
        self.parts = page.locator(".mm-decomposition")
        self.canvas = self.plane.locator("canvas").first

    def ready(self) -> Lessons:
        for name in (PLANE, GAUSSIAN, PARTS):
            self.page.wait_for_function(f"() => {name.replace(').', ')?.')}")
        self.page.wait_for_function(f"() => {PLANE}.scale > 0")
        return self

    def get(self, name: str, of: str = PLANE) -> Any:
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self.page.evaluate(f"() => {of}.{name}")

    def ask(self, name: str, *values: Any, of: str = PLANE) -> Any:
        plain = [value.tolist() if isinstance(value, np.ndarray) else value for value in values]
        return self.page.evaluate(f"(values) => {of}.{name}(...values)", plain)

    def settle(self) -> None:
        """Wait until the maps are whole."""
        self.page.wait_for_function(f"() => !{PLANE}.busy", timeout=60_000)

    def slide(self, section: Locator, name: str, *keys: str) -> None:
        for key in keys:
            section.get_by_role("slider", name=name, exact=True).press(key)

    def press(self, section: Locator, name: str) -> None:
        section.get_by_role("button", name=name, exact=True).click()

    def at(self, x: float, y: float, canvas: Locator | None = None) -> tuple[float, float]:
        """Place on the page of a place in the plane."""
        box = (canvas or self.canvas).bounding_box()
        return box["x"] + (x + 8) * box["width"] / 16, box["y"] + (14 - y) * box["width"] / 16

    def pixels(self, number: int = 0) -> str:
        self.get("state")
        return self.plane.locator("canvas").nth(number).evaluate("(node) => node.toDataURL()")

    def places(self) -> list[list[float]]:
        """Where the large parts of the page are."""
        return self.page.evaluate("""() => [...document.querySelectorAll(
          ".fl-card, .fl-stage, .fl-legend, .fl-key, .fl-state, .fl-table, .mm-plot, .mm-maps, .mm-aucs, .fl-keys")]
          .map((node) => { const box = node.getBoundingClientRect();
            return [node.classList[0], box.x, box.y + scrollY, box.width]
              .map((v) => (v.toFixed ? Math.round(v) : v)); })""")

    def cut_off(self) -> list[str]:
        """Texts that do not fit their place."""
        return self.page.evaluate("""() => [...document.querySelectorAll(".fd-fieldlab *")]
          .filter((n) => n.checkVisibility({ visibilityProperty: true }) && !n.closest("svg"))
          .filter((n) => n.children.length === 0 && n.textContent.trim() && n.clientWidth)
          .filter((n) => {
            const page = (n.closest(".fl-card") ?? n.closest(".fd-fieldlab")).getBoundingClientRect();
            const box = n.getBoundingClientRect();
            return n.scrollWidth > n.clientWidth + 1 || box.right > page.right + 1 || box.left < page.left - 1;
          })
          .map((n) => n.outerHTML.slice(0, 100))""")
