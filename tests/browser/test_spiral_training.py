"""Live training on the Learn tab: what arrives, what Stop stops, who waits, and what failing looks like."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
import pytest
from playwright.sync_api import Page, expect
from spiral_kit import CHECKPOINT, STEPS, Lab, euler, learn_tab, network

from flowdemo.errors import EngineError
from flowdemo.toys.store import load_spiral
from flowdemo.ui.tabs import learn
from flowdemo.ui.widgets.spiral import SpiralLab


class Trainer:
    """In the place of training: it deals out known networks, and waits where a test wants it to."""

    def __init__(self) -> None:
        self.begun, self.closed = 0, 0
        self.again()

    def again(self) -> None:
        self.gate = threading.Event()
        self.error: Exception | None = None
        self.updates = 4

    def __call__(self, seed: int, seconds: float) -> Iterator[dict[str, Any]]:
        self.begun += 1
        try:
            for i in range(self.updates):
                weights = network(1 + i % 2)
                yield {"step": 1200 * i, "loss": 0.9 - 0.1 * i if i else None, "seconds": 0.5 * i, "weights": weights}
                time.sleep(0.05)
                if i == 2:
                    while not self.gate.wait(0.1):
                        yield {"step": 2401, "loss": 0.7, "seconds": 1.25, "weights": weights}
                    if self.error:
                        raise self.error
        finally:
            self.closed += 1


@pytest.fixture(scope="module")
def served(serve: Any) -> Iterator[tuple[str, Trainer]]:
    trainer = Trainer()
    with pytest.MonkeyPatch.context() as patch, learn_tab(serve) as address:
        patch.setattr("flowdemo.toys.training.train_live", trainer)
        yield address, trainer


@pytest.fixture
def trainer(served: tuple[str, Trainer]) -> Iterator[Trainer]:
    served[1].again()
    yield served[1]
    served[1].gate.set()


@pytest.fixture
def open_lab(open_page: Callable[..., Page], served: tuple[str, Trainer]) -> Callable[..., Lab]:
    return lambda: Lab(open_page(served[0], height=900)).ready()


@pytest.fixture
def lab(trainer: Trainer, open_lab: Callable[..., Lab]) -> Lab:
    return open_lab()


def start(lab: Lab) -> None:
    lab.button("Train a new one").click()


def held(lab: Lab) -> None:
    """Wait until the training is where the trainer holds it."""
    lab.until("p.training.phase === 'running' && p.training.step === 2401")


def status(lab: Lab) -> Any:
    return expect(lab.page.locator(".sp-status"))


def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_updates_change_field_strip_and_paths_as_they_arrive(lab: Lab, trainer: Trainer) -> None:
    before, places = lab.get("points"), lab.places()
    start(lab)
    held(lab)
    assert lab.get("state")["shown"] == "new"
    status(lab).to_have_text("2,401 steps · loss 0.700 · 1.3 s")
    (point,) = lab.points
    assert point["end"] != before[0]["end"]
    start_at = [point["x"], point["y"], point["label"]]
    assert point["end"] == pytest.approx(list(euler(1, start_at, 10, "Classify")), abs=1e-6)
    assert lab.places() == places, "nothing jumps"
    trainer.gate.set()
    lab.until("p.training.phase === 'done'")
    status(lab).to_contain_text("done: 3,600 steps · loss 0.600")
    lab.until(f"p.strip.length === {len(STEPS)}")
    expect(lab.button("Train a new one")).to_be_enabled()
    expect(lab.button("Stop")).to_be_disabled()
    assert lab.places() == places


def test_shipped_weights_come_back_and_stay_while_a_training_goes_on(lab: Lab, trainer: Trainer) -> None:
    start(lab)
    held(lab)
    lab.button("Seed 0").click()
    lab.until("p.state.shown === 0")
    trainer.gate.set()
    lab.until("p.training.phase === 'done'")
    assert lab.get("state")["shown"] == 0
    lab.button("Yours").click()
    lab.until("p.state.shown === 'new'")
    (point,) = lab.points
    wanted = euler(2, [point["x"], point["y"], point["label"]], 10, "Classify")
    assert point["end"] == pytest.approx(list(wanted), abs=1e-6), "the last network that arrived"


def test_stop_ends_the_work_and_keeps_what_arrived(lab: Lab, trainer: Trainer) -> None:
    for _ in range(3):
        start(lab)
        held(lab)
        closed = trainer.closed
        lab.button("Stop").click()
        status(lab).to_contain_text("stopped: 2,401 steps")
        until(lambda before=closed: trainer.closed > before)
        expect(lab.button("Train a new one")).to_be_focused()
        assert lab.get("state")["shown"] == "new"
    version = lab.version
    lab.page.wait_for_timeout(500)
    assert lab.version == version and trainer.closed == trainer.begun
    lab.page.keyboard.press("Enter")  # the focus is on the button
    held(lab)
    trainer.gate.set()
    lab.until("p.training.phase === 'done'")


def test_who_waits_is_told_so_and_starts_by_itself(lab: Lab, trainer: Trainer, open_lab: Callable[..., Lab]) -> None:
    second, third = open_lab(), open_lab()
    start(lab)
    held(lab)
    begun = trainer.begun
    for other in (second, third):
        start(other)
        status(other).to_contain_text("Waiting: one training at a time")
    third.button("Stop").click()  # gives its place back
    status(third).not_to_contain_text("Waiting")
    assert trainer.begun == begun, "one at a time"
    assert second.get("training")["phase"] == "waiting" and lab.get("training")["phase"] == "running"
    lab.button("Stop").click()
    held(second)
    assert lab.get("training")["phase"] == "stopped"
    assert third.get("training")["phase"] == "" and trainer.begun == begun + 1
    trainer.gate.set()
    second.until("p.training.phase === 'done'")
    third.page.wait_for_timeout(500)
    assert trainer.begun == begun + 1, "who left the line is not served"


def test_closing_the_page_ends_its_training(trainer: Trainer, open_lab: Callable[..., Lab]) -> None:
    first, second = open_lab(), open_lab()
    start(first)
    held(first)
    closed = trainer.closed
    first.page.close()
    until(lambda: trainer.closed > closed, 10)
    start(second)
    held(second)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(EngineError("The loss is not finite."), "The loss is not finite."),
     (RuntimeError("/srv/secret"), "The server could not answer")],
)  # fmt: skip
def test_a_training_that_fails_says_why_and_the_next_one_runs(
    lab: Lab, trainer: Trainer, error: Exception, sentence: str
) -> None:
    trainer.error = error
    start(lab)
    held(lab)
    trainer.gate.set()
    lab.until("p.training.phase === 'failed'")
    status(lab).to_contain_text(sentence)
    assert "secret" not in lab.page.locator("body").inner_text()
    trainer.error = None
    start(lab)
    lab.until("p.training.phase === 'done'")


def test_a_training_that_is_not_taken_in_says_so_and_the_next_one_runs(lab: Lab, trainer: Trainer) -> None:
    full = {"status": 503, "json": {"detail": "Queue is full."}}
    lab.page.route("**/queue/join*", lambda route: route.fulfill(**full))
    start(lab)
    lab.until("p.training.phase === 'failed'")
    status(lab).to_contain_text("could not take this in now")
    expect(lab.button("Train a new one")).to_be_focused()
    lab.page.unroute("**/queue/join*")
    lab.page.problems[:] = [line for line in lab.page.problems if "503" not in line]
    trainer.gate.set()
    start(lab)
    lab.until("p.training.phase === 'done'")


def test_the_end_of_a_stopped_training_does_not_end_the_next(lab: Lab, trainer: Trainer) -> None:
    closed = trainer.closed
    start(lab)
    for _ in range(3):
        held(lab)
        lab.button("Stop").click()
        expect(lab.button("Train a new one")).to_be_focused()
        lab.page.keyboard.press("Enter")
    held(lab)
    until(lambda: trainer.closed == closed + 3)
    trainer.gate.set()
    lab.until("p.training.phase === 'done'")
    assert lab.get("training")["run"] == 4


def test_messages_of_another_training_change_nothing(
    serve: Any, open_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learn, "load_spiral", lambda: load_spiral(CHECKPOINT))
    late = {"run": 7, "step": 5, "loss": 0.9, "seconds": 1.0, "weights": network(2), "end": None, "message": None}
    with gr.Blocks() as demo:
        spiral = SpiralLab(learn.shipped)
        gr.Button("push").click(lambda: late, None, spiral)
    with serve(demo) as address:
        lab = Lab(open_page(address)).ready()
        before = lab.get("state"), lab.version
        with lab.page.expect_response(lambda response: "queue/data" in response.url):
            lab.page.get_by_role("button", name="push").click()
        lab.page.wait_for_timeout(400)
        assert (lab.get("state"), lab.version) == before and lab.get("training")["phase"] == ""
        expect(lab.button("Yours")).to_be_disabled()
