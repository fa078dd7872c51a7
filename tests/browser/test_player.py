"""The trajectory player in real Chromium, fed by synthetic runs (``player_runs``)."""

from __future__ import annotations

import base64
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from player_runs import COLORS, HOSTILE, NAMES, FakeServer, Synthetic, build

from flowdemo.engine.messages import SETTLING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


@dataclass
class App:
    url: str
    server: FakeServer
    stop: threading.Event

    @property
    def last(self) -> Synthetic:
        return list(self.server.runs.values())[-1]


@pytest.fixture(scope="module")
def app(serve: Any) -> Iterator[App]:
    server, stop = FakeServer(), threading.Event()
    with serve(build(server, stop)) as address:
        yield App(address, server, stop)
        stop.set()


def player(page: Page, which: int = 0) -> Locator:
    return page.locator(".fd-player").nth(which)


def ask(page: Page, name: str, which: int = 0) -> Any:
    """A property of what the player shows of itself."""
    return player(page, which).evaluate(f"node => node.fdPlayer.{name}")


def until(page: Page, condition: str, which: int = 0, seconds: float = 15) -> None:
    """Wait until ``condition`` on ``p`` (what the player shows of itself) holds."""
    find = "const p = document.querySelectorAll('.fd-player')[i]?.fdPlayer"
    script = f"i => {{ {find}; return p && ({condition}); }}"
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
          const c = node.querySelector(layer);
          const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
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
          const look = () => {
            if (window.seen.at(-1) !== p.index) window.seen.push(p.index);
            requestAnimationFrame(look); };
          look(); }"""
    )


def test_frames_arrive_one_by_one_and_scrub_without_the_server(app: App, open_page: Any) -> None:
    page = open_page(app.url, width=1280, height=1000)
    page.wait_for_selector(".fd-player .fd-head")
    assert "Press Run" in player(page).inner_text(), "the empty player says what to do"
    reserved = player(page).locator(".fd-stage").bounding_box()
    page.evaluate(
        """() => { window.said = []; window.arrivals = [];
          const p = document.querySelector('.fd-player');
          for (const live of p.querySelectorAll('.fd-sr[role=status]'))
            new MutationObserver(() => window.said.push(live.textContent)).observe(live, {childList: true});
          setInterval(() => {
            const s = p.fdPlayer;
            if (!s.status) window.arrivals.push([s.arrived, s.newest, s.index]); }, 20); }"""
    )
    finished(page, "Run", 11)
    run = app.last
    arrivals = page.evaluate("window.arrivals")
    counts = sorted({count for count, _, _ in arrivals})
    assert len(counts) >= 5, f"frames came in lumps: {counts}"
    assert all(index == max(newest, 0) for _, newest, index in arrivals), "the newest frame is shown"
    said = page.evaluate("window.said")
    assert said[0].startswith("Run started") and said[-1].startswith("Finished: 10 steps")
    quarters = list(dict.fromkeys(text.split(" %")[0] for text in said if " %" in text))
    assert quarters and quarters == sorted({"25", "50", "75"} & set(quarters))
    assert player(page).locator(".fd-stage").bounding_box() == pytest.approx(reserved, abs=1), (
        "nothing jumped"
    )

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
    asked = [
        question for question in app.server.questions if question[1] == run.run and question[0] != "probe"
    ]
    assert asked[0] == ("meta", run.run), "the first message was lost together with the meta"
    wanted = [index for kind, _, *rest in asked if kind == "frames" for index in rest[0]]
    assert sorted(wanted) == [1, 2, 3, 5, 6, 7, 8, 10], "only what was lost is sent again"

    view(page, "Settling")
    steps = canvas(page, ".fd-top")[..., :3].reshape(-1, 3)
    values = run.settling[0].ravel()
    by_step = {int(v): {tuple(c) for c in steps[values == v].tolist()} for v in np.unique(values)}
    assert all(len(found) == 1 for found in by_step.values()) and len(set.union(*by_step.values())) == len(
        by_step
    )
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
    assert np.abs(small - run.picture(0, 0)).mean() < 12, (
        "the overlay lies over the photograph, whatever the step"
    )

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
    assert (
        set(np.unique(alpha[run.classes[-1][0] == 2])) == {255} and alpha[run.classes[-1][0] != 2].max() < 128
    )
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
    heat = np.asarray(
        Image.fromarray(canvas(page, ".fd-base")[..., :3]).resize((64, 48), Image.Resampling.BOX), float
    )
    # Along viridis green rises with speed.
    assert np.corrcoef(heat[..., 1].ravel(), run.speeds[-1][0].ravel())[0, 1] > 0.9
    page.keyboard.press("Home")
    page.keyboard.press("1")
    settle(page, 0)


@pytest.mark.parametrize(
    ("name", "frames", "given", "words", "last", "heading", "share"),
    [
        ("Run", 11, "picture", "settled at step {}", "step 10", "When pixels settle", "in their final class"),
        ("Seeds", 6, "mask", "read as painted until step {}", "5 or never", "How long the mask can be read",
         "still reads as the painted class"),
    ],
    ids=["to-mask", "to-image"],
)  # fmt: skip
def test_settling_says_what_its_map_holds_in_either_direction(
    app: App, open_page: Any, name: str, frames: int, given: str, words: str, last: str, heading: str, share: str
) -> None:
    page = open_page(app.url, width=1280, height=1000)
    page.wait_for_selector(".fd-player .fd-head")
    finished(page, name, frames)
    run, caption = app.last, player(page).locator(".fd-caption-text")
    view(page, "Settling")
    assert caption.inner_text() == SETTLING[given]
    assert player(page).locator(".fd-bar").inner_text().split("\n") == ["step 0", last]
    y, x = (int(v) for v in np.argwhere((run.settling[0] >= 2) & (run.settling[0] < frames - 1))[0])
    box = player(page).locator(".fd-stack").bounding_box()
    page.mouse.move(box["x"] + (x + 0.5) * box["width"] / 64, box["y"] + (y + 0.5) * box["height"] / 48)
    painted(page)
    text = caption.inner_text()
    assert text.startswith(f"Pixel {x}, {y}") and text.endswith(words.format(run.settling[0][y, x]))
    card = player(page).locator(".fd-card", has=page.get_by_role("heading", name=heading, exact=True))
    assert share in card.locator("p").inner_text()
    spoken = card.locator(".fd-chart").get_attribute("aria-label")
    reached = [s < 0.5 if run.back else s >= 0.5 for s in run.settled]
    assert spoken.endswith(f"step {reached.index(True)}." if True in reached else "to the end.")


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
    turn = "s.indexOf(0, s.indexOf(25))"
    until(page, f"(s => s.includes(25) && {turn} > 0 && s.length > {turn} + 3)(window.seen)")
    seen = page.evaluate("window.seen")
    seen = seen[seen.index(25) :]
    assert seen[:29] == [*range(25, -1, -1), 1, 2, 3], "backwards to the start, then round"
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
    assert player(page).locator(".fd-stage").bounding_box() == pytest.approx(shape, abs=1)
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


def test_a_new_run_replaces_the_old_one_without_a_gap(app: App, open_page: Any) -> None:
    page = open_page(app.url)
    page.wait_for_selector(".fd-player .fd-head")
    page.evaluate(
        """() => { const make = window.createImageBitmap.bind(window); window.made = [];
          window.createImageBitmap = (...a) => make(...a).then(b => (window.made.push(b), b)); }"""
    )
    finished(page, "Run", 11)
    page.evaluate(
        """() => { window.blank = 0; window.stop = false;
          const c = document.querySelector('.fd-base');
          const look = () => {
            const d = c.getContext('2d').getImageData(c.width >> 1, c.height >> 1, 1, 1).data;
            if (c.style.visibility === 'hidden' || d[3] !== 255) window.blank++;
            requestAnimationFrame(look); };
          look(); }"""
    )
    shape = player(page).locator(".fd-stack").bounding_box()
    finished(page, "Run", 11)
    assert page.evaluate("window.blank") == 0, "the old picture stays until the new one is decoded"
    assert player(page).locator(".fd-stack").bounding_box() == pytest.approx(shape, abs=1)
    page.wait_for_timeout(200)
    open_pictures = page.evaluate("window.made.filter(b => b.width > 0).length")
    assert open_pictures <= 11 * 2 + 1, (
        "a picture and a thumbnail per frame, and the photograph; the old are freed"
    )


def test_probe(app: App, open_page: Any) -> None:
    page = open_page(app.url, width=1280, height=1000)
    page.wait_for_selector(".fd-player .fd-head")
    finished(page, "Run", 11)
    run = app.last
    until(page, "p.probe")
    own = ask(page, "pixel")
    assert run.settling[0][own["y"], own["x"]] == run.settling[0].max(), (
        "the first path shown is the last to settle"
    )

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
    np.testing.assert_allclose(
        end["dot"], end["codes"][final], atol=0.5, err_msg="the path ends on the code of its class"
    )
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
    heights = []
    for name in ("State", "Classes", "Overlay", "Speed", "Settling"):
        view(page, name)
        heights.append(player(page).locator(".fd-stage").bounding_box()["height"])
    assert max(heights) - min(heights) < 1, "views change without a jump"
    slider = scrubber(page).bounding_box()
    assert stage["y"] + stage["height"] <= slider["y"] < side["y"], (
        "picture, scrubber, numbers: from top to bottom"
    )
    stack = player(page).locator(".fd-stack")
    box = stack.bounding_box()
    stack.tap(position={"x": box["width"] / 2 + 1, "y": box["height"] / 2 + 1})
    until(page, "p.probe?.x === 32 && p.probe?.y === 24")
