"""The section on losses of shapes served alone, and hands on it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from flowdemo.ui.tabs import shape_losses
from flowdemo.ui.theme import STYLE, theme

if TYPE_CHECKING:
    from playwright.sync_api import Page

SHOWN = "document.querySelector('.sl-losses').fdShapeLoss"


@contextlib.contextmanager
def losses_tab(serve: Any) -> Iterator[str]:
    """Address of a page with the section."""
    with gr.Blocks() as demo, gr.Tabs(elem_classes="fd-tabs"), gr.Tab("Shape"):
        shape_losses.build()
    with serve(demo, theme=theme(), css_paths=[STYLE]) as address:
        yield address


class Losses:
    """The section on a page."""

    def __init__(self, page: Page) -> None:
        self.page, self.root = page, page.locator(".sl-losses")
        self.canvas = self.root.locator("canvas")

    def ready(self) -> Losses:
        self.page.wait_for_function(f"() => {SHOWN.replace(').', ')?.')}")
        self.settle()
        return self

    def settle(self) -> None:
        """Wait until the sweep is whole."""
        self.page.wait_for_function(f"() => !{SHOWN}.busy", timeout=60_000)
        self.painted()

    def painted(self) -> None:
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def get(self, name: str) -> Any:
        self.painted()
        return self.page.evaluate(f"() => {SHOWN}.{name}")

    def ask(self, name: str, *values: Any) -> Any:
        return self.page.evaluate(f"(values) => {SHOWN}.{name}(...values)", list(values))

    def press(self, name: str) -> None:
        self.root.get_by_role("button", name=name, exact=True).click()

    def choose(self, role: str, name: str) -> None:
        self.root.get_by_role("group", name=role).get_by_role("button", name=name, exact=True).click()

    def slide(self, name: str, *keys: str) -> None:
        for key in keys:
            self.root.get_by_role("slider", name=name, exact=True).press(key)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Place on the page of a place in pixels from the picture's middle."""
        box = self.canvas.bounding_box()
        unit = box["width"] / 128
        return box["x"] + (x + 64) * unit, box["y"] + (y + 64) * unit

    def pixels(self) -> str:
        self.painted()
        return self.canvas.evaluate("(node) => node.toDataURL()")

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
