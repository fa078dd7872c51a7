"""The Learn tab served alone, an integrator to compare it with, and hands on it."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
import pytest

from flowdemo.toys.store import load_spiral
from flowdemo.ui.tabs import learn
from flowdemo.ui.theme import STYLE, theme

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CHECKPOINT = Path(__file__).resolve().parents[2] / "checkpoints" / "symmflow-spiral"
STEPS = (1, 2, 5, 10, 20, 50)
LAB = "document.querySelector('.fd-spiral').fdSpiral"


@contextlib.contextmanager
def learn_tab(serve: Any) -> Iterator[str]:
    """Address of a page with the tab, on the shipped networks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learn, "load_spiral", lambda: load_spiral(CHECKPOINT))
        with gr.Blocks() as demo, gr.Tabs(elem_classes="fd-tabs"), gr.Tab("Learn"):
            learn.build()
        with serve(demo.queue(max_size=8), theme=theme(), css_paths=[STYLE]) as address:
            yield address


# Python's word --------------------------------------------------------------------------------------------------


@functools.cache
def network(seed: int) -> dict[str, Any]:
    return load_spiral(CHECKPOINT).networks[seed].to_json()


def velocity(folded: dict[str, Any], z: np.ndarray, t: float) -> np.ndarray:
    """The folded network in float64: states [n, 3] → velocities [n, 3]."""
    waves = [wave(math.pi * m * t) for m in (1, 2, 3, 4) for wave in (math.sin, math.cos)]
    h = np.column_stack([z, np.tile(waves, (len(z), 1))])
    for block in folded["blocks"]:
        scale, shift, weight, bias = (np.array(block[name]) for name in ("scale", "shift", "weight", "bias"))
        h = h + np.maximum((h * scale + shift) @ weight.T + bias, 0)
    return h @ np.array(folded["head"]["weight"]).T + np.array(folded["head"]["bias"])


def euler(seed: int, start: Any, steps: int, direction: str) -> np.ndarray:
    """Where states [n, 3], or one [3], end."""
    z = np.array(start, float).reshape(-1, 3)
    for i in range(steps):
        t, sign = (1 - i / steps, -1) if direction == "Classify" else (i / steps, 1)
        z = z + sign * velocity(network(seed), z, t) / steps
    return z.reshape(np.shape(start))


def classified(seed: int, steps: int) -> int:
    """How many of the points of the tab are read right."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learn, "load_spiral", lambda: load_spiral(CHECKPOINT))
        shown = learn.shipped()
    ends = euler(seed, np.column_stack([shown.points, shown.noise]), steps, "Classify")
    return int((np.where(ends[:, 2] < 0, -1, 1) == shown.labels).sum())


# Hands ----------------------------------------------------------------------------------------------------------


class Lab:
    """The laboratory on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.canvas = page.locator(".sp-canvas")

    def ready(self) -> Lab:
        self.page.wait_for_function(f"() => document.querySelector('.fd-spiral')?.fdSpiral && {LAB}.strip.length === 6")
        return self

    def get(self, name: str) -> Any:
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self.page.evaluate(f"() => {LAB}.{name}")

    def until(self, condition: str, seconds: float = 15) -> None:
        """Wait until a condition on ``p``, what the laboratory tells, holds."""
        self.page.wait_for_function(f"() => {{ const p = {LAB}; return {condition}; }}", timeout=1000 * seconds)

    @property
    def points(self) -> list[dict[str, Any]]:
        return self.get("points")

    @property
    def version(self) -> int:
        return self.get("version")

    @property
    def shown(self) -> int:
        """Seed of the network in use."""
        return self.get("state")["shown"]

    def button(self, name: str, exact: bool = False) -> Locator:
        return self.page.locator(".fd-spiral").get_by_role("button", name=name, exact=exact)

    def slider(self, name: str) -> Locator:
        return self.page.get_by_role("slider", name=name)

    def steps(self, count: int) -> None:
        self.page.locator(".sp-tile").nth(STEPS.index(count)).click()
        self.until(f"p.state.steps === {count}")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Place on the page of a place in the plane."""
        box, plane = self.canvas.bounding_box(), self.get("plane")
        return (
            box["x"] + box["width"] / 2 + (x - plane["x"]) * plane["scale"],
            box["y"] + box["height"] / 2 - (y - plane["y"]) * plane["scale"],
        )

    def click(self, x: float, y: float) -> None:
        self.canvas.scroll_into_view_if_needed()
        self.page.mouse.click(*self.at(x, y))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.canvas.scroll_into_view_if_needed()
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=5)
        self.page.mouse.up()

    def pixels(self) -> str:
        self.get("version")
        return self.canvas.evaluate("(node) => node.toDataURL()")

    def hues(self) -> dict[str, int]:
        """Opaque pixels of the picture by colour: of the class −1 (blue), of +1 (orange), or between (grey)."""
        self.get("version")
        return self.canvas.evaluate("""(node) => {
          const { data } = node.getContext("2d").getImageData(0, 0, node.width, node.height);
          const found = { minus: 0, plus: 0, between: 0 };
          for (let at = 0; at < data.length; at += 4) {
            if (data[at + 3] < 255) continue;
            const lean = data[at] - data[at + 2];
            found[lean > 120 ? "plus" : lean < -80 ? "minus" : "between"]++;
          }
          return found;
        }""")

    def places(self) -> list[list[float]]:
        """Where the large parts of the page are."""
        names = "text training status loss stage slice side chart below transport time strip tiles keys said"
        return self.page.evaluate(
            """(parts) => parts.map((part) => {
              const box = document.querySelector(part).getBoundingClientRect();
              return [part, box.x, box.y + scrollY, box.width, box.height].map((v) => v.toFixed ? Math.round(v) : v);
            })""",
            [f".sp-{name}" for name in names.split()],
        )

    def cut_off(self) -> list[str]:
        """Texts that do not fit their place."""
        return self.page.evaluate("""() => [...document.querySelectorAll(".fd-spiral *")]
          .filter((n) => n.checkVisibility() && n.children.length === 0 && n.textContent.trim() && n.clientWidth)
          .filter((n) => {
            const card = n.closest(".sp-card, .sp-page").getBoundingClientRect(), box = n.getBoundingClientRect();
            return n.scrollWidth > n.clientWidth + 1 || box.right > card.right + 1 || box.left < card.left - 1;
          })
          .map((n) => n.outerHTML.slice(0, 100))""")


def touch(page: Page, places: list[tuple[float, float]]) -> None:
    """One finger along places of the page."""
    session = page.context.new_cdp_session(page)
    kinds = ["touchStart"] + ["touchMove"] * (len(places) - 1)
    for kind, (x, y) in zip(kinds, places, strict=True):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        page.wait_for_timeout(20)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
