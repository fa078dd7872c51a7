"""The trajectory player in real Chromium, fed by a synthetic run whose every pixel is known here."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from flowdemo.errors import InputError
from flowdemo.ui.widgets.player import TrajectoryPlayer
from flowdemo.ui.widgets.player.contract import check_message

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

HOSTILE = '<img src=x onerror="window.hacked=1">'
NAMES = ("background", "cytoplasm", "nucleus", f"debris {HOSTILE}")
COLORS = ((232, 226, 212), (120, 180, 214), (88, 62, 132), (214, 137, 74))
CODES = np.array([[-1, -1, -1], [-1, 0.8, 0.9], [0.9, -0.9, 0.7], [0.8, 0.6, -0.9]])
PAINT = np.array([[0.55, 0.5, 0.3], [0.45, 0.25, 0.5], [-0.2, -0.55, 0.35], [0.5, -0.1, -0.3]])
PALETTE = {
    "classes": [{"index": i, "name": n, "color": list(c)} for i, (n, c) in enumerate(zip(NAMES, COLORS, strict=True))],
    "ignore": {"index": 4, "name": "void", "color": [0, 0, 0]},
}


# A synthetic run ------------------------------------------------------------------------------------------------


def png(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def jpeg(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def url(data: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def draw_mask(width: int, height: int, shift: float) -> np.ndarray:
    """uint8 [height, width]: a cell with three lobes, and a speck of debris."""
    y, x = np.mgrid[:height, :width] / height
    x = x - (width / height - 1) / 2
    mask = np.zeros((height, width), np.uint8)
    mask[np.hypot(x - 0.5, (y - 0.5) * 1.1) < 0.36 + 0.02 * np.sin(9 * np.arctan2(y - 0.5, x - 0.5) + shift)] = 1
    for cx, cy, r in ((0.46, 0.36, 0.13), (0.62, 0.5, 0.12), (0.44, 0.62, 0.11)):
        mask[np.hypot(x - cx - 0.02 * np.sin(shift), y - cy) < r] = 2
    mask[np.hypot(x - 0.93, y - 0.16) < 0.07] = 3
    return mask


@dataclass
class Synthetic:
    """x(p) = (1 − p)·a + p·b + p·(1 − p)·bend, between a picture and the codes of its mask."""

    run: str
    steps: int = 10
    count: int = 1
    direction: str = "image-to-mask"
    width: int = 64
    height: int = 48
    pause: float = 0.0
    origin: str = "live"
    states: list[np.ndarray] = field(default_factory=list)  # per frame [samples, height, width, 3]

    def __post_init__(self) -> None:
        noise = np.random.default_rng(5)
        self.masks = np.stack([draw_mask(self.width, self.height, 2.0 * k) for k in range(self.count)])
        grain = noise.normal(0, 0.07, (self.count, self.height // 4, self.width // 4, 3)).repeat(4, 1).repeat(4, 2)
        tint = noise.normal(0, 0.08, (self.count, 1, 1, 3))
        picture, code = np.clip(PAINT[self.masks] + grain + tint, -1, 1), CODES[self.masks]
        start, end = (code, picture) if self.back else (picture, code)
        bend = noise.normal(0, 0.5, (self.count, self.height // 8, self.width // 8, 3)).repeat(8, 1).repeat(8, 2)
        for i in range(self.steps + 1):
            p = i / self.steps
            self.states.append(np.clip((1 - p) * start + p * end + p * (1 - p) * bend, -1, 1))
        self.speeds = [np.linalg.norm(b - a, axis=-1) * self.steps for a, b in zip(self.states, self.states[1:], strict=False)]
        distance = [np.linalg.norm(s[..., None, :] - CODES, axis=-1) for s in self.states]
        self.classes = [d.argmin(-1).astype(np.uint8) for d in distance]
        self.distances = [d.min(-1) * 127.5 for d in distance]
        same = np.cumprod(np.stack([c == self.classes[-1] for c in self.classes])[::-1], axis=0)[::-1]
        self.settling = (1 - same).sum(0).astype(np.uint8)
        self.settled = [float(s.mean()) for s in same]
        self.changed = [None] + [float((a != b).mean()) for a, b in zip(self.classes, self.classes[1:], strict=False)]

    @property
    def back(self) -> bool:
        return self.direction == "mask-to-image"

    def times(self) -> list[float]:
        return [1 - i / self.steps if self.back else i / self.steps for i in range(self.steps + 1)]

    def picture(self, index: int, sample: int) -> np.ndarray:
        return np.round((self.states[index][sample] + 1) * 127.5).astype(np.uint8)

    def meta(self) -> dict[str, Any]:
        arrow = "mask → image" if self.back else "image → mask"
        return {
            "model": "toy", "model_label": "Toy cells", "system": "SemFlow", "direction": self.direction,
            "frames": self.steps + 1, "steps": self.steps, "solver": "euler", "solver_label": "Euler",
            "beta": 51.0, "seed": 7, "samples": self.count, "size": [self.width, self.height],
            "origin": self.origin, "device": "CPU, 2 cores", "palette": PALETTE,
            "views": ["state", "classes", "overlay", "speed"], "view": "state",
            "input": url(jpeg(self.picture(0, 0)), "image/jpeg"), "codes": CODES.tolist(),
            "time": {"symbol": "t", "start": self.times()[0], "end": self.times()[-1]},
            "title": f"SemFlow · {arrow} · Euler · seed 7", "note": None,
            "settling_label": "Share of pixels in their final class.",
        }  # fmt: skip

    def sample(self, index: int, k: int) -> dict[str, Any]:
        scale = float(max(self.speeds[index - 1][k].max(), 1e-6)) if index else 0.0
        grey = np.round(self.speeds[index - 1][k] / scale * 255).astype(np.uint8) if index else None
        return {
            "state": url(jpeg(self.picture(index, k)), "image/jpeg"),
            "classes": url(png(self.classes[index][k]), "image/png"),
            "speed": None if grey is None else url(jpeg(grey), "image/jpeg"),
            "speed_scale": scale,
        }

    def frame(self, index: int) -> dict[str, Any]:
        speed = float(self.speeds[index - 1].mean()) if index else None
        return {
            "index": index, "progress": index / self.steps, "t": self.times()[index], "evaluations": index,
            "seconds": 0.012 + 0.031 * index, "samples": [self.sample(index, k) for k in range(self.count)],
            "numbers": {"mean_speed": speed, "changed": self.changed[index], "step_seconds": 0.031 if index else None},
        }  # fmt: skip

    def end(self, status: str = "done", last: int | None = None, message: str | None = None) -> dict[str, Any]:
        last = self.steps if last is None else last
        speeds = [None] + [float(s.mean()) for s in self.speeds[:last]]
        return {
            "status": status,
            "message": message,
            "numbers": {"path_length": 1.73, "straightness": 0.912, "evaluations": last, "seconds": 0.32},
            "curves": {"speed": speeds, "changed": self.changed[: last + 1], "settled": self.settled[: last + 1]},
            "settling": [url(png(self.settling[k]), "image/png") for k in range(self.count)],
        }

    def message(self, index: int | None, *, meta: bool = False, end: dict[str, Any] | None = None) -> dict[str, Any]:
        return {
            "run": self.run,
            "meta": self.meta() if meta else None,
            "frame": None if index is None else self.frame(index),
            "end": end,
        }

    def stream(self) -> Iterator[dict[str, Any]]:
        for i in range(self.steps + 1):
            time.sleep(self.pause)
            yield self.message(i, meta=i == 0)
        yield self.message(None, end=self.end())


class FakeServer:
    """Answers for all synthetic runs; keeps the questions."""

    def __init__(self) -> None:
        self.runs: dict[str, Synthetic] = {}
        self.questions: list[tuple[Any, ...]] = []

    def new(self, **settings: Any) -> Synthetic:
        run = Synthetic(f"run-{len(self.runs):06d}", **settings)
        self.runs[run.run] = run
        return run

    def frames(self, run: str, indices: list[int]) -> list[dict[str, Any]]:
        self.questions.append(("frames", run, indices))
        return [self.runs[run].frame(i) for i in indices if i <= getattr(self.runs[run], "reached", 10**6)]

    def meta(self, run: str) -> dict[str, Any]:
        self.questions.append(("meta", run))
        return self.runs[run].meta()

    def probe(self, run: str, sample: int, x: int, y: int) -> dict[str, Any]:
        self.questions.append(("probe", run, sample, x, y))
        known = self.runs[run]
        return {
            "path": [state[sample, y, x].tolist() for state in known.states],
            "classes": [int(c[sample, y, x]) for c in known.classes],
            "t": known.times(),
            "settled": int(known.settling[sample, y, x]),
            "straightness": 0.93,
            "distance": [float(d[sample, y, x]) for d in known.distances],
        }

    def download(self, run: str, kind: str, index: int, sample: int) -> dict[str, str]:
        self.questions.append(("download", run, kind, index, sample))
        known = self.runs[run]
        if kind == "sheet":
            raise InputError("A sheet of <b>this</b> run would be too large; save the frames instead.")
        data, mime, suffix = self._file(known, kind, index, sample)
        return {"name": f"toy_{kind}_seed7.{suffix}", "mime": mime, "data": base64.b64encode(data).decode()}

    def _file(self, run: Synthetic, kind: str, index: int, sample: int) -> tuple[bytes, str, str]:
        if kind == "mask":
            return png(run.classes[-1][sample]), "image/png", "png"
        if kind == "recipe":
            return json.dumps({"model": "toy", "seed": 7}).encode(), "application/json", "json"
        if kind in {"gif", "webp"}:
            buffer = io.BytesIO()
            first, *rest = [Image.fromarray(run.picture(i, sample)) for i in range(run.steps + 1)]
            first.save(buffer, kind.upper(), save_all=True, append_images=rest, duration=80)
            return buffer.getvalue(), f"image/{kind}", kind
        if kind == "zip":
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as archive:
                for i in range(run.steps + 1):
                    archive.writestr(f"{i:03d}.png", png(run.picture(i, sample)))
            return buffer.getvalue(), "application/zip", "zip"
        return png(run.picture(index if kind == "frame" else run.steps, sample)), "image/png", "png"


# The page -------------------------------------------------------------------------------------------------------


@dataclass
class App:
    url: str
    server: FakeServer
    stop: threading.Event

    @property
    def last(self) -> Synthetic:
        return list(self.server.runs.values())[-1]


def build(server: FakeServer, stop: threading.Event) -> gr.Blocks:
    """Buttons that push runs of every kind into one player, and a second player in a tab nobody has opened."""

    def run() -> Iterator[dict[str, Any]]:
        yield from server.new(pause=0.12).stream()

    def stopped() -> Iterator[dict[str, Any]]:
        known = server.new(steps=50, pause=0.1)
        stop.clear()
        for i in range(51):
            known.reached = i
            yield known.message(i, meta=i == 0)
            if stop.wait(0.1):
                break
        yield known.message(None, end=known.end("stopped", known.reached))

    def failing() -> Iterator[dict[str, Any]]:
        known = server.new(steps=10)
        known.reached = 3
        for i in range(4):
            yield known.message(i, meta=i == 0)
            time.sleep(0.02)
        yield known.message(None, end=known.end("failed", 3, f"The model ran out of memory {HOSTILE}; use fewer steps."))

    def lossy() -> Iterator[dict[str, Any]]:
        known = server.new(steps=10)
        for i in (0, 4, 9):
            yield known.message(i)
            time.sleep(0.05)
        yield known.message(None, end=known.end())

    def stored() -> dict[str, Any]:
        known = server.new(steps=25, origin="stored")
        return known.message(25, meta=True, end=known.end())

    def seeds() -> Iterator[dict[str, Any]]:
        yield from server.new(steps=5, count=4, direction="mask-to-image").stream()

    with gr.Blocks() as demo:
        with gr.Row():
            jobs = {"Run": run, "Long": stopped, "Fail": failing, "Lossy": lossy, "Stored": stored, "Seeds": seeds}
            buttons = {name: gr.Button(name, min_width=40, size="sm") for name in [*jobs, "Stop", "Fill second"]}
        with gr.Tabs():
            with gr.Tab("First"):
                player = TrajectoryPlayer(server)
            with gr.Tab("Second"):
                second = TrajectoryPlayer(server)
        for name, job in jobs.items():
            buttons[name].click(job, None, player, show_progress="hidden")
        buttons["Stop"].click(stop.set, None, None, queue=False)
        buttons["Fill second"].click(seeds, None, second, show_progress="hidden")
    return demo


@pytest.fixture(scope="module")
def app(serve: Any) -> Iterator[App]:
    server, stop = FakeServer(), threading.Event()
    with serve(build(server, stop)) as address:
        yield App(address, server, stop)
        stop.set()


# Looking at the page --------------------------------------------------------------------------------------------


def player(page: Page, which: int = 0) -> Locator:
    return page.locator(".fd-player").nth(which)


def ask(page: Page, name: str, which: int = 0) -> Any:
    """A property of what the player shows of itself."""
    return player(page, which).evaluate(f"node => node.fdPlayer.{name}")


def until(page: Page, condition: str, which: int = 0, seconds: float = 15) -> None:
    """Wait until ``condition`` on ``p`` (what the player shows of itself) holds."""
    script = f"i => {{ const p = document.querySelectorAll('.fd-player')[i]?.fdPlayer; return p && ({condition}); }}"
    page.wait_for_function(script, arg=which, timeout=1000 * seconds)


def settle(page: Page, index: int, which: int = 0) -> None:
    until(page, f"p.index === {index} && p.shown.index === {index} && p.shown.run === p.run", which)


def push(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def finished(page: Page, name: str, frames: int) -> None:
    """Press a button of the test page and wait for the whole run."""
    before = ask(page, "run")
    push(page, name)
    until(page, f"p.run !== {json.dumps(before)} && p.status && p.arrived === {frames}")
    settle(page, frames - 1)


def canvas(page: Page, layer: str) -> np.ndarray:
    """Pixels of one canvas of the stage: uint8 [height, width, 4]."""
    width, height, text = player(page).evaluate(
        """(node, layer) => {
          const c = node.querySelector(layer), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
          let s = ''; for (let i = 0; i < d.length; i++) s += String.fromCharCode(d[i]);
          return [c.width, c.height, btoa(s)]; }""",
        layer,
    )
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)


def view(page: Page, name: str) -> None:
    player(page).get_by_role("button", name=name, exact=True).click()
    until(page, f"p.view === '{name.lower()}'")
    painted(page)


def painted(page: Page) -> None:
    """Wait until what has been asked for is on the screen."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def scrubber(page: Page) -> Locator:
    return player(page).get_by_role("slider", name="Step")


def watch_index(page: Page) -> None:
    """Note every index the stage shows from now on in ``window.seen``."""
    page.evaluate(
        """() => { window.seen = []; const p = document.querySelector('.fd-player').fdPlayer;
          const look = () => { if (window.seen.at(-1) !== p.index) window.seen.push(p.index); requestAnimationFrame(look); };
          look(); }"""
    )


# Tests ----------------------------------------------------------------------------------------------------------


def test_frames_arrive_one_by_one_and_scrub_without_the_server(app: App, open_page: Any) -> None:
    page = open_page(app.url, width=1280, height=1000)
    page.wait_for_selector(".fd-player .fd-head")
    assert "Press Run" in player(page).inner_text(), "the empty player says what to do"
    reserved = player(page).locator(".fd-stage").bounding_box()
    page.evaluate(
        """() => { window.said = []; window.arrivals = [];
          const p = document.querySelector('.fd-player'), live = p.querySelectorAll('.fd-sr[role=status]');
          for (const n of live) new MutationObserver(() => window.said.push(n.textContent)).observe(n, {childList: true, characterData: true, subtree: true});
          setInterval(() => { const s = p.fdPlayer; if (!s.status) window.arrivals.push([s.arrived, s.index]); }, 20); }"""
    )
    finished(page, "Run", 11)
    run = app.last
    arrivals = page.evaluate("window.arrivals")
    counts = sorted({count for count, _ in arrivals})
    assert len(counts) >= 5, f"frames came in lumps: {counts}"
    assert all(index == max(count - 1, 0) for count, index in arrivals), "the newest frame is shown until someone scrubs"
    said = page.evaluate("window.said")
    assert said[0].startswith("Run started") and said[-1].startswith("Finished: 10 steps")
    assert [text.split(" %")[0] for text in said if " %" in text] == ["25", "50", "75"]
    assert player(page).locator(".fd-stage").bounding_box() == reserved, "nothing jumped"

    page.wait_for_timeout(300)  # the pixel that settles last is asked for by itself, once
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    scrubber(page).focus()
    view(page, "Classes")
    scrubber(page).focus()
    colours = np.array([*COLORS, (0, 0, 0)], np.uint8)
    page.keyboard.press("Home")
    for index in range(11):
        settle(page, index)
        assert scrubber(page).get_attribute("aria-valuetext") == f"step {index} of 10, t = {index / 10:.2f}"
        shown = canvas(page, ".fd-top")
        np.testing.assert_array_equal(shown[..., :3], colours[run.classes[index][0]])
        assert (shown[..., 3] == 255).all()
        page.keyboard.press("ArrowRight")
    box = scrubber(page).bounding_box()
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=6)
    page.mouse.up()
    settle(page, 5)
    page.locator(".fd-cell").nth(2).click()
    settle(page, 2)
    page.locator(".fd-chart").first.click(position={"x": 6, "y": 60})
    settle(page, 0)
    assert requests == []


def test_views_show_what_they_say(app: App, open_page: Any) -> None:
    page = open_page(app.url, width=1280, height=1000, ratio=2)
    page.wait_for_selector(".fd-player .fd-head")
    finished(page, "Lossy", 11)
    run = app.last
    asked = [question for question in app.server.questions if question[1] == run.run and question[0] != "probe"]
    assert asked[0] == ("meta", run.run), "the first message was lost together with the meta"
    wanted = [index for kind, _, *rest in asked if kind == "frames" for index in rest[0]]
    assert sorted(wanted) == [1, 2, 3, 5, 6, 7, 8, 10], "only what was lost is sent again"

    view(page, "Settling")
    steps = canvas(page, ".fd-top")[..., :3].reshape(-1, 3)
    values = run.settling[0].ravel()
    by_step = {int(v): {tuple(c) for c in steps[values == v].tolist()} for v in np.unique(values)}
    assert all(len(found) == 1 for found in by_step.values()) and len(set.union(*by_step.values())) == len(by_step)
    assert by_step[0] == {(68, 1, 84)}, "step 0 is the dark end of viridis"

    view(page, "Overlay")
    slider = player(page).get_by_role("slider", name="Opacity")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    until(page, "p.view === 'overlay'")
    page.wait_for_function("getComputedStyle(document.querySelector('.fd-top')).opacity === '0.5'")
    photo = canvas(page, ".fd-base")[..., :3]
    small = np.asarray(Image.fromarray(photo).resize((64, 48), Image.Resampling.BOX), float)
    assert np.abs(small - run.picture(0, 0)).mean() < 12, "the overlay lies over the photograph, whatever the step"

    chip = player(page).get_by_role("button", name="nucleus")
    chip.hover()
    painted(page)
    alpha = canvas(page, ".fd-top")[..., 3]
    np.testing.assert_array_equal(alpha > 0, run.classes[-1][0] == 2)
    view(page, "Classes")
    chip.click()
    page.mouse.move(5, 5)
    painted(page)
    alpha = canvas(page, ".fd-top")[..., 3]
    assert set(np.unique(alpha[run.classes[-1][0] == 2])) == {255} and alpha[run.classes[-1][0] != 2].max() < 128
    share = (run.classes[-1][0] == 2).mean()
    assert f"{100 * share:.1f} %" in chip.inner_text()
    player(page).locator(".fd-stack").focus()
    page.keyboard.press("Escape")
    painted(page)
    assert (canvas(page, ".fd-top")[..., 3] == 255).all(), "Escape lets go of the class"

    page.keyboard.press("4")
    until(page, "p.view === 'speed'")
    top = max(float(speed[0].max()) for speed in run.speeds)
    assert f"{top:.2f}" in player(page).locator(".fd-bar").inner_text()
    painted(page)
    heat = np.asarray(Image.fromarray(canvas(page, ".fd-base")[..., :3]).resize((64, 48), Image.Resampling.BOX), float)
    # Along viridis green rises with speed.
    assert np.corrcoef(heat[..., 1].ravel(), run.speeds[-1][0].ravel())[0, 1] > 0.9
    page.keyboard.press("Home")
    page.keyboard.press("1")
    settle(page, 0)


def test_playback(app: App, open_page: Any) -> None:
    page = open_page(app.url, reduced_motion=True)
    page.wait_for_selector(".fd-player .fd-head")
    finished(page, "Stored", 26)
    assert player(page).get_by_text("stored", exact=True).is_visible()
    watch_index(page)
    page.wait_for_timeout(500)
    assert page.evaluate("window.seen") == [25], "nothing plays by itself"

    box = player(page)
    box.get_by_role("button", name="4×").click()
    box.get_by_role("button", name="Play").click()
    until(page, "p.index > 3 && p.playing")
    box.get_by_role("button", name="Pause").click()
    until(page, "!p.playing")
    held = ask(page, "index")
    page.wait_for_timeout(150)
    assert ask(page, "index") == held
    seen = page.evaluate("window.seen")
    assert seen[1:] == list(range(held + 1)), "played from the start, frame by frame"

    box.get_by_role("button", name="Reverse").click()
    page.keyboard.press("Space")
    until(page, "!p.playing && p.index === 0")
    box.get_by_role("button", name="Ping-pong").click()
    page.evaluate("window.seen = []")
    page.keyboard.press("Space")
    until(page, "window.seen.includes(25) && window.seen.filter(i => i === 12).length >= 2")
    seen = page.evaluate("window.seen")
    turn = seen.index(0) if seen[0] else 25
    assert seen[turn : turn + 3] in ([25, 24, 23], [0, 1, 2]), "it turns round at the end"
    page.keyboard.press("Space")
    until(page, "!p.playing")

    scrubber(page).focus()
    page.keyboard.press("End")
    settle(page, 25)
    page.keyboard.press("<")
    box.locator('button[aria-pressed="true"]', has_text="2×").wait_for()
    page.keyboard.press("?")
    assert box.get_by_text("Keys on").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    settle(page, 24)
    page.locator("body").click(position={"x": 2, "y": 2})
    page.keyboard.press("ArrowLeft")
    assert ask(page, "index") == 24, "keys work only inside the player"


def test_stop_failure_and_the_next_run(app: App, open_page: Any) -> None:
    page = open_page(app.url)
    page.wait_for_selector(".fd-player .fd-head")
    push(page, "Long")
    until(page, "p.newest >= 2")
    scrubber(page).focus()
    page.keyboard.press("Home")
    settle(page, 0)
    until(page, "p.newest >= 3")
    assert ask(page, "index") == 0, "someone who scrubs is left alone"
    assert "of 50" in player(page).locator(".fd-status").inner_text()
    push(page, "Stop")
    until(page, "p.status === 'stopped'")
    newest = ask(page, "newest")
    assert newest == app.last.reached < 50
    scrubber(page).focus()
    page.keyboard.press("End")
    settle(page, newest)
    assert page.locator(".fd-cell").count() >= newest + 1
    save = player(page).get_by_role("button", name="Save: Settings that reproduce this run, as JSON")
    assert save.is_enabled(), "a stopped run can be saved"

    shape = player(page).locator(".fd-stage").bounding_box()
    push(page, "Fail")
    until(page, "p.status === 'failed' && p.arrived === 4")
    toast = player(page).locator(".fd-toast")
    assert HOSTILE in toast.inner_text(), "the reason is shown as text"
    assert save.is_disabled()
    scrubber(page).focus()
    page.keyboard.press("Home")
    settle(page, 0)
    assert player(page).locator(".fd-stage").bounding_box() == shape
    finished(page, "Seeds", 6)
    assert toast.is_hidden(), "the next run starts clean"
    assert HOSTILE in player(page).locator(".fd-legend").inner_text()
    assert page.evaluate("window.hacked") is None and page.locator(".fd-player img").count() == 0

    run = app.last
    view(page, "Classes")
    player(page).get_by_role("button", name="Picture 3").click()
    until(page, "p.sample === 2")
    colours = np.array(COLORS, np.uint8)
    page.wait_for_timeout(200)
    np.testing.assert_array_equal(canvas(page, ".fd-top")[..., :3], colours[run.classes[-1][2]])
    assert ("probe", run.run, 2) == app.server.questions[-1][:3], "the pixel is followed in the other picture"


def test_probe(app: App, open_page: Any) -> None:
    page = open_page(app.url, width=1280, height=1000)
    page.wait_for_selector(".fd-player .fd-head")
    finished(page, "Run", 11)
    run = app.last
    until(page, "p.probe")
    own = ask(page, "pixel")
    assert run.settling[0][own["y"], own["x"]] == run.settling[0].max(), "the first path shown is the last to settle"

    stack = player(page).locator(".fd-stack")
    box = stack.bounding_box()
    y, x = (int(v) for v in np.argwhere((run.settling[0] >= 2) & (run.settling[0] < 6))[0])
    asked = len(app.server.questions)
    stack.click(position={"x": (x + 0.5) / 64 * box["width"], "y": (y + 0.5) / 48 * box["height"]})
    until(page, f"p.probe?.x === {x} && p.probe?.y === {y}")
    assert app.server.questions[asked:] == [("probe", run.run, 0, x, y)]
    probe = ask(page, "probe")
    assert probe["classes"] == [int(c[0, y, x]) for c in run.classes]
    np.testing.assert_allclose(probe["path"], [s[0, y, x] for s in run.states])

    final = NAMES[probe["classes"][-1]]
    rows = player(page).locator(".fd-probe .fd-rows")
    assert final in rows.inner_text() and f"step {probe['settled']}" in rows.inner_text()
    where = """node => { const at = c => [c.cx.baseVal.value, c.cy.baseVal.value];
      const code = [...node.querySelectorAll('.fd-code')].map(c => [c.textContent, at(c)]);
      return {dot: at(node.querySelector('.fd-dot')), codes: Object.fromEntries(code)}; }"""
    chart = player(page).locator(".fd-space")
    end = chart.evaluate(where)
    np.testing.assert_allclose(end["dot"], end["codes"][final], atol=0.5, err_msg="the path ends on the code of its class")
    scrubber(page).focus()
    page.keyboard.press("Home")
    settle(page, 0)
    start = chart.evaluate(where)
    assert np.hypot(*np.subtract(start["dot"], end["dot"])) > 10
    assert NAMES[probe["classes"][0]] in rows.inner_text()
    assert player(page).locator(".fd-strip i").count() == 11

    stack.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowLeft" if x > 32 else "Shift+ArrowRight")
    page.keyboard.press("Enter")
    until(page, f"p.probe?.x === {x + (-10 if x > 32 else 10)} && p.probe?.y === {y + 1}")
    assert ask(page, "index") == 0, "arrows on the picture do not scrub"


def test_downloads(app: App, open_page: Any, tmp_path: Path) -> None:
    page = open_page(app.url)
    page.wait_for_selector(".fd-player .fd-head")
    save = player(page).get_by_role("group", name="Save").get_by_role("button")
    assert all(save.nth(i).is_disabled() for i in range(save.count()))
    finished(page, "Stored", 26)
    run = app.last
    scrubber(page).focus()
    page.keyboard.press("ArrowLeft")

    def fetch(text: str) -> Path:
        with page.expect_download() as waiting:
            player(page).get_by_role("group", name="Save").get_by_text(text, exact=True).click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path

    np.testing.assert_array_equal(np.asarray(Image.open(fetch("Picture"))), run.picture(25, 0))
    np.testing.assert_array_equal(np.asarray(Image.open(fetch("This frame"))), run.picture(24, 0))
    mask = fetch("Mask")
    assert mask.name == "toy_mask_seed7.png"
    np.testing.assert_array_equal(np.asarray(Image.open(mask)), run.classes[-1][0])
    assert Image.open(fetch("GIF")).n_frames > 1 and Image.open(fetch("WebP")).n_frames == 26
    assert len(zipfile.ZipFile(fetch("Frames")).namelist()) == 26
    assert json.loads(fetch("Recipe").read_text())["seed"] == 7
    player(page).get_by_text("Sheet", exact=True).click()
    toast = player(page).locator(".fd-toast")
    toast.get_by_text("too large").wait_for()
    assert "<b>this</b>" in toast.inner_text(), "refusals are text, not markup"


def test_tab_that_nobody_opened(app: App, open_page: Any) -> None:
    page = open_page(app.url)
    page.wait_for_selector(".fd-player .fd-head")
    known = len(app.server.runs)
    push(page, "Fill second")
    page.wait_for_timeout(600)
    assert len(app.server.runs) == known + 1
    page.get_by_role("tab", name="Second").click()
    page.wait_for_selector(".fd-player >> nth=1")
    until(page, "p.arrived === 6 && p.status === 'done' && p.shown.index === 5", which=1)
    run = app.last
    assert ("meta", run.run) in app.server.questions


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (360, "dark")])
def test_phone(app: App, open_page: Any, width: int, theme: str) -> None:
    page = open_page(app.url, width=width, height=844, ratio=3, theme=theme, touch=True)
    page.wait_for_selector(".fd-player .fd-head")
    finished(page, "Stored", 26)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    controls = player(page).locator("button:visible, input[type=range]:visible")
    boxes = [controls.nth(i).bounding_box() for i in range(controls.count())]
    assert min(box["height"] for box in boxes) >= 44
    stage, side = (player(page).locator(name).bounding_box() for name in (".fd-stage", ".fd-side"))
    slider = scrubber(page).bounding_box()
    assert stage["y"] + stage["height"] <= slider["y"] < side["y"], "picture, scrubber, numbers: from top to bottom"
    stack = player(page).locator(".fd-stack")
    box = stack.bounding_box()
    stack.tap(position={"x": box["width"] / 2 + 1, "y": box["height"] / 2 + 1})
    until(page, "p.probe?.x === 32 && p.probe?.y === 24")


# Without a browser ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("frames", None),
        ("frames", "run-000000"),
        ("frames", ["../../etc/passwd", [0]]),
        ("frames", ["run-000000", []]),
        ("frames", ["run-000000", list(range(1000))]),
        ("frames", ["run-000000", [True]]),
        ("frames", ["run-000000", [1.5]]),
        ("frames", ["run-000000", [-1]]),
        ("meta", {"path": "/etc/passwd"}),
        ("meta", "x" * 10_000_000),
        ("probe", ["run-000000", 0, "1; drop", 2]),
        ("probe", ["run-000000", 0, 10**9, 2]),
        ("probe", ["run-000000", float("nan"), 1, 2]),
        ("download", ["run-000000", "../zip", 0, 0]),
        ("download", ["run-000000", ["zip"], 0, 0]),
        ("download", ["run-000000", "zip", None, 0]),
    ],
)
def test_hostile_questions_are_refused_in_one_sentence(name: str, arguments: Any) -> None:
    server = FakeServer()
    server.new(steps=1)
    answer = getattr(TrajectoryPlayer(server), name)(arguments)
    assert set(answer) == {"error"} and len(answer["error"]) < 200
    assert server.questions == [], "nothing behind the edge has seen it"


def test_a_broken_server_gives_one_plain_sentence() -> None:
    answer = TrajectoryPlayer(FakeServer()).meta("run-999999")  # KeyError behind the edge
    assert set(answer) == {"error"} and "KeyError" not in answer["error"] and "999999" not in answer["error"]


def test_the_player_takes_no_input() -> None:
    box = TrajectoryPlayer(FakeServer())
    message = FakeServer().new(steps=1).message(0, meta=True)
    assert box.preprocess(None) is None and box.preprocess("") is None
    assert box.preprocess(message) is None, "its own value coming back is ignored"
    for hostile in ("<script>", "x" * 30_000_000, [1], {"path": "/etc/passwd"}, {"run": 1}, {**message, "extra": 1}):
        with pytest.raises(gr.Error, match="takes no input"):
            box.preprocess(hostile)


def test_messages_are_completed_and_checked() -> None:
    assert check_message({"run": "run-000000"}) == {"run": "run-000000", "meta": None, "frame": None, "end": None}
    for wrong in ({}, {"run": "short"}, {"run": "has space here"}, {"run": "run-000000", "frames": []}):
        with pytest.raises(ValueError, match="player message"):
            check_message(wrong)
