"""The Compare tab served alone on tiny models, and hands on it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from page_kit import HEIGHT, VOID, WIDTH, Desk, file_of
from PIL import Image

from flowdemo.evaluation.segmentation import confusion_matrix, scores
from flowdemo.ui.runner import Runner
from flowdemo.ui.tabs import compare
from flowdemo.ui.theme import STYLE, theme

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCORE = Path(compare.__file__).parents[1] / "widgets" / "compare" / "score.js"
VIEW = "document.querySelector('.fd-compare').fdCompare"
NAMES = ("ground", "stem", "leaf")


@contextlib.contextmanager
def compare_tab(serve: Any, desk: Desk) -> Iterator[str]:
    """Address of a page with the tab alone, on the models of ``desk``."""
    with gr.Blocks() as demo, gr.Tabs(elem_classes="fd-tabs"), gr.Tab("Compare"):
        compare.build(Runner(desk.engine))
    with serve(demo.queue(max_size=8), theme=theme(), css_paths=[STYLE], max_file_size="12mb") as address:
        yield address


def truth_labels() -> np.ndarray:
    """Boxes of every class and of void, uint8 [HEIGHT, WIDTH]."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    labels = ((columns > 20).astype(np.uint8) + (rows > 25)).astype(np.uint8)
    labels[:10, :10] = VOID
    return labels


def truth_file() -> bytes:
    return file_of(Image.fromarray(truth_labels()))


def miou(predicted: np.ndarray) -> float:
    """As the project's evaluation counts it."""
    return scores(confusion_matrix(truth_labels(), predicted, len(NAMES)), NAMES)["miou"]


class Table:
    """The Compare tab on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.range = page.get_by_role("slider", name="Progress of all runs")

    def ready(self) -> Table:
        self.page.wait_for_function("() => document.querySelector('.fd-compare')?.fdCompare", timeout=30000)
        self.page.locator("#compare-input:not([inert]) #compare-run:not([disabled])").wait_for()
        return self

    def get(self, name: str) -> Any:
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self.page.evaluate(f"() => {VIEW}.{name}")

    def until(self, condition: str, seconds: float = 30) -> None:
        """Wait until a condition on ``p``, what the comparison tells, holds."""
        self.page.wait_for_function(f"() => {{ const p = {VIEW}; return {condition}; }}", timeout=1000 * seconds)

    def photo(self, data: bytes) -> None:
        place = "#compare-photo"
        before = self.page.locator(f"{place} img").count()
        self.page.locator(f"{place} input[type=file]").set_input_files(
            [{"name": "photo.png", "mimeType": "image/png", "buffer": data}]
        )
        if not before:
            self.page.locator(f"{place} img").wait_for()

    def truth(self, data: bytes, name: str = "truth.png") -> None:
        self.page.locator("#compare-truth input[type=file]").set_input_files(
            [{"name": name, "mimeType": "image/png", "buffer": data}]
        )
        self.page.locator("#compare-truth").get_by_text(name.split(".")[0]).first.wait_for()

    def number(self, place: str, value: Any) -> None:
        box = self.page.locator(f"#compare-{place} input[type=number]")
        box.fill(str(value))
        box.press("Tab")

    def press(self, button: str = "run") -> str | None:
        """Press one of the buttons; returns the comparison that was shown before."""
        before = self.get("id")
        self.page.locator(f"#compare-{button}").click()
        return before

    def finish(self, before: str | None) -> None:
        """Wait until another comparison than ``before`` has ended and all of it is at hand."""
        whole = "p.runs.every((run) => run.decoded === run.newest + 1 && run.arrived === run.newest + 1)"
        self.until(f"p.id !== {json.dumps(before)} && p.end && {whole}", 60)
        self.page.locator("#compare-run:not([disabled])").wait_for()
