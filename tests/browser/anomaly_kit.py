"""The tab Anomaly served alone on a stand-in for the detections, and hands on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
import pytest
from detector import StandIn

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

LAB = "document.querySelector('#anomaly .fd-anomaly').fdAnomaly"
READY = "p.run?.ended === 'done' && !p.busy"


@dataclass
class Bench:
    """The served tab: address, and what detects."""

    url: str
    detector: StandIn


@pytest.fixture(scope="session")
def anomaly_server(serve: Any) -> Iterator[Bench]:
    from flowdemo.ui.tabs import anomaly
    from flowdemo.ui.theme import STYLE, theme

    detector = StandIn()
    with gr.Blocks() as demo, gr.Tabs(elem_classes="fd-tabs"), gr.Tab("Anomaly"):
        anomaly.build(detector)
    with serve(demo.queue(max_size=16), theme=theme(), css_paths=[STYLE]) as address:
        yield Bench(address, detector)


@pytest.fixture
def bench(anomaly_server: Bench) -> Iterator[Bench]:
    detector = anomaly_server.detector
    detector.hold, detector.fail, detector.lose = False, "", set()
    detector.gate.clear(), detector.begun.clear()
    yield anomaly_server
    detector.gate.set()
    detector.hold, detector.fail = False, ""


class Lab:
    """The widget on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator("#anomaly .fd-anomaly")

    def ready(self) -> Lab:
        self.page.wait_for_function("() => document.querySelector('#anomaly .fd-anomaly')?.fdAnomaly")
        return self.until(READY)

    def drawn(self) -> None:
        """Wait for what is to be drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def get(self, name: str) -> Any:
        self.drawn()
        return self.page.evaluate(f"() => {LAB}.{name}")

    def until(self, condition: str, seconds: float = 20) -> Lab:
        """Wait until a condition on ``p``, what the widget tells, holds and is drawn."""
        self.page.wait_for_function(f"() => {{ const p = {LAB}; return {condition}; }}", timeout=1000 * seconds)
        self.drawn()
        return self

    def answered(self, before: int) -> Lab:
        """Wait until a question after number ``before`` is answered."""
        return self.until(f"p.asked > {before} && {READY}")

    def button(self, name: str, exact: bool = True) -> Locator:
        return self.root.get_by_role("button", name=name, exact=exact).filter(visible=True)

    def example(self, label: str) -> None:
        before = self.get("asked")
        self.root.get_by_label("Surface", exact=True).select_option(label=label)
        self.answered(before)

    def place(self, x: float, y: float, canvas: str = ".an-paint") -> tuple[float, float]:
        """A place of a canvas by shares of its sides, on the page."""
        box = self.page.locator(canvas).bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def stroke(self, *places: tuple[float, float]) -> None:
        """A line with the mouse, in shares of the sides; waits for its answer."""
        before = self.get("asked")
        self.draw(*places)
        self.answered(before)

    def draw(self, *places: tuple[float, float]) -> None:
        """The same, waiting for nothing."""
        self.page.locator(".an-paint").scroll_into_view_if_needed()
        mouse = self.page.mouse
        mouse.move(*self.place(*places[0]))
        mouse.down()
        for place in places[1:]:
            mouse.move(*self.place(*place), steps=6)
        mouse.up()

    def slide(self, label: str, value: float) -> None:
        """Set a slider as its keys would."""
        node = self.root.get_by_label(label, exact=True)
        node.fill(str(value))
        self.drawn()

    def map(self) -> np.ndarray:
        """Levels of the map on the stage, uint8 [H, W]."""
        found = self.get("map")
        return np.array(found["values"], np.uint8).reshape(found["height"], found["width"])

    def settle(self) -> Lab:
        return self.until(READY)

    @property
    def said(self) -> str:
        return self.page.locator(".an-said").inner_text()


def opened(open_page: Any, bench: Bench, **options: Any) -> Lab:
    """The tab as it opens: with a scratch on a normal surface."""
    return Lab(open_page(bench.url, **options)).ready()


def clean(open_page: Any, bench: Bench, **options: Any) -> Lab:
    """With the surface that has nothing painted on it."""
    lab = opened(open_page, bench, **options)
    before = lab.get("asked")
    lab.button("Reset").click()
    return lab.answered(before)


def requests_of(lab: Lab) -> list[str]:
    """Addresses that the page asks from now on."""
    sent: list[str] = []
    lab.page.on("request", lambda request: sent.append(request.url))
    return sent
