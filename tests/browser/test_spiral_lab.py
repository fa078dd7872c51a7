"""The Learn tab in real Chromium: its numbers against Python, and mouse, touch and keys on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
import numpy as np
import pytest
from page_kit import Desk, ready
from playwright.sync_api import Page, expect
from spiral_kit import CHECKPOINT, STEPS, Lab, classified, euler, learn_tab, touch
from test_page_looks import CONTRAST, NAMELESS

from flowdemo.errors import ModelError
from flowdemo.toys.store import load_spiral
from flowdemo.ui.tabs import learn
from flowdemo.ui.widgets.spiral import SpiralLab

FOCUSED = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"
OpenLab = Callable[..., Lab]


@pytest.fixture(scope="module")
def url(serve: Any) -> Iterator[str]:
    with learn_tab(serve) as address:
        yield address


@pytest.fixture
def open_lab(open_page: Callable[..., Page], url: str) -> OpenLab:
    return lambda **options: Lab(open_page(url, **options)).ready()


@pytest.fixture
def lab(open_lab: OpenLab) -> Lab:
    return open_lab(height=900)


# Numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["Classify", "Generate"])
def test_paths_end_where_python_says(lab: Lab, direction: str) -> None:
    lab.button("Reset").click()
    lab.button(direction).click()
    places = [(0.5, -0.3), (-0.8, 0.6), (1.2, 1.1)]
    for place in places:
        lab.click(*place)
    lab.page.keyboard.press("Tab")
    lab.slider("Label start").press("Home")
    for steps in STEPS:
        lab.steps(steps)
        for point, place in zip(lab.points, places, strict=True):
            np.testing.assert_allclose((point["x"], point["y"]), place, atol=0.02)
            start = [point["x"], point["y"], point["label"]]
            np.testing.assert_allclose(point["end"], euler(lab.shown, start, steps, direction), atol=1e-3)
            np.testing.assert_allclose(point["fine"], euler(lab.shown, start, 200, direction), atol=1e-3)
    assert lab.points[2]["label"] == -3, "set by hand"
    assert lab.points[0]["label"] != lab.points[1]["label"], "drawn with other seeds"


def test_the_strip_reads_points_as_python_does_with_each_of_the_networks(lab: Lab) -> None:
    for seed in (0, 1, 2):
        before = lab.version
        if seed:
            lab.button(f"Seed {seed}").click()
            lab.until(f"p.version > {before}")
        lab.page.wait_for_timeout(600)
        found = {row["steps"]: row["right"] for row in lab.get("strip")}
        expected = {steps: classified(seed, steps) for steps in STEPS}
        assert all(abs(found[steps] - expected[steps]) <= 1 for steps in STEPS), (found, expected)
        for steps, tile in zip(STEPS, lab.page.locator(".sp-tile").all(), strict=True):
            expect(tile).to_contain_text(f"{100 * found[steps] / 600:.1f} %")
        assert found[1] > 590 > 520 > found[50], "more steps read worse"


def test_the_first_point_is_read_right_by_one_step_and_wrong_by_ten(lab: Lab) -> None:
    (point,) = lab.points
    start = [point["x"], point["y"], point["label"]]
    ends = [euler(0, start, steps, "Classify")[2] > 0 for steps in (1, 10, 200)]
    assert ends in ([True, False, False], [False, True, True])
    row = lab.page.locator(".sp-rows dd").nth(2)
    expect(row).to_contain_text("+1" if ends[1] else "−1")


def test_seeds_give_the_same_start_again_and_the_slice_can_follow_the_point(lab: Lab) -> None:
    lab.button("Reset").click()
    lab.click(0.4, 0.4)
    first = lab.points[0]["label"]
    lab.button("New draw").click()
    lab.until("p.points[0].seed === 2")
    assert lab.points[0]["label"] != first and "seed 2" in lab.page.locator(".sp-rows").inner_text()
    lab.button("Reset").click()
    lab.click(-0.4, 0.4)
    assert lab.points[0]["label"] == first
    lab.button("as the point").click()
    lab.page.wait_for_timeout(100)
    expect(lab.page.locator(".sp-slice b")).to_have_text(f"{first:+.2f}".replace("-", "−"))


# Hands ----------------------------------------------------------------------------------------------------------


def test_nothing_that_is_looked_at_asks_the_server(lab: Lab) -> None:
    asked: list[str] = []
    lab.page.on("request", lambda request: asked.append(request.url))
    time = lab.slider("Time t")
    box = time.bounding_box()
    lab.page.mouse.move(box["x"] + box["width"] - 9, box["y"] + 12)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 12, steps=20)
    lab.page.mouse.up()
    assert 0.4 < lab.get("state")["t"] < 0.6
    for key in ("Home", "ArrowRight", "End"):
        time.press(key)
    lab.button("Play").click()
    lab.until("p.state.t < 0.5")
    lab.button("Seed 2").click()
    lab.button("Generate").click()
    lab.steps(50)
    lab.click(0.0, 1.0)
    lab.until("p.strip.every((row) => row.distance)")
    assert asked == []


def test_play_runs_to_the_end_either_way(lab: Lab) -> None:
    for direction, start in (("Classify", 1), ("Generate", 0)):
        lab.button(direction).click()
        assert lab.get("state")["t"] == start
        lab.button("Play").click()
        lab.until(f"!p.state.playing && p.state.t === {1 - start}", 10)
        lab.button("Reverse").click()
        lab.button("Play").click()
        lab.until(f"p.state.playing && Math.abs(p.state.t - {1 - start}) > 0.1")
        lab.button("Pause").click()
        lab.button("Reverse").click()


def test_a_point_can_be_dragged_chosen_and_deleted_and_eight_are_the_most(lab: Lab) -> None:
    lab.button("Reset").click()
    lab.drag((0.2, 0.2), (1.0, -0.5))
    (point,) = lab.points
    np.testing.assert_allclose((point["x"], point["y"]), (1.0, -0.5), atol=0.02)
    for i in range(7):
        lab.click(-1.5 + 0.4 * i, 1.5)
    lab.drag((1.0, -0.5), (0.5, -0.9))
    assert lab.get("state")["chosen"] == 0 and len(lab.points) == 8
    np.testing.assert_allclose((lab.points[0]["x"], lab.points[0]["y"]), (0.5, -0.9), atol=0.03)
    lab.click(1.5, -1.5)
    expect(lab.page.locator(".sp-said")).to_contain_text("8 points are the most")
    assert len(lab.points) == 8
    lab.button("Delete").click()
    assert len(lab.points) == 7
    lab.button("Point 3", exact=True).click()
    assert lab.get("state")["chosen"] == 2
    lab.button("Reset").click()
    assert lab.points == []
    expect(lab.page.locator(".sp-hint")).to_be_visible()


def test_everything_by_keyboard_alone(lab: Lab) -> None:
    page, keys = lab.page, lab.page.keyboard
    page.locator(".sp-head button").last.focus()
    keys.press("Tab")
    assert page.evaluate("document.activeElement.className").startswith("sp-canvas")
    keys.press("Delete")
    assert lab.points == []
    keys.press("Enter")
    keys.press("ArrowRight")
    keys.press("Shift+ArrowUp")
    first = lab.points[0]
    np.testing.assert_allclose((first["x"], first["y"]), (0.3, 0.5), atol=1e-9)
    expect(page.locator(".sp-said")).to_contain_text("Point 1 at 0.30, 0.50")
    keys.press("Enter")
    keys.press("r")
    keys.press("p")
    assert lab.get("state")["chosen"] == 0 and lab.points[1]["seed"] == 3
    keys.press("Space")
    lab.until("p.state.t < 0.9")
    keys.press("Space")
    assert not lab.get("state")["playing"]
    reached = set()
    for _ in range(40):
        keys.press("Tab")
        reached.add(page.evaluate(FOCUSED))
        if "Reverse" in reached:
            break
    assert {"Label start", "Point 2", "Time t", "Play"} <= reached
    for _ in range(5):
        keys.press("Tab")
    keys.press("Enter")
    lab.until("p.state.steps === 20")


def test_a_finger_drops_and_drags_points_and_scrolls_beside_them(open_lab: OpenLab) -> None:
    lab = open_lab(width=390, height=844, ratio=3, touch=True)
    lab.button("Reset").tap()
    lab.page.locator(".sp-canvas").scroll_into_view_if_needed()
    lab.page.touchscreen.tap(*lab.at(0.5, 0.5))
    lab.until("p.points.length === 1")
    before = lab.page.evaluate("scrollY")
    touch(lab.page, [lab.at(0.5, 0.5 - 0.1 * i) for i in range(10)])
    lab.page.wait_for_timeout(200)
    np.testing.assert_allclose((lab.points[0]["x"], lab.points[0]["y"]), (0.5, -0.4), atol=0.04)
    assert lab.page.evaluate("scrollY") == before, "the page stays while a point is dragged"
    touch(lab.page, [lab.at(-1.5, 0.5 + 0.15 * i) for i in range(10)])
    lab.page.wait_for_timeout(400)
    assert lab.page.evaluate("scrollY") > before and len(lab.points) == 1


# Looks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 390, 768, 1024, 1280])
def test_no_width_scrolls_sideways_or_cuts_a_word(open_lab: OpenLab, width: int) -> None:
    lab = open_lab(width=width, height=844, touch=width < 700)
    for direction in ("Classify", "Generate"):
        lab.button(direction).click()
        lab.page.wait_for_timeout(200)
        assert lab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert lab.cut_off() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_texts_stand_out_and_controls_have_names(open_lab: OpenLab, theme: str, width: int) -> None:
    lab = open_lab(width=width, height=900, theme=theme)
    assert lab.page.evaluate(CONTRAST) == []
    lab.button("Reset").click()
    lab.page.wait_for_timeout(100)
    assert lab.page.evaluate(CONTRAST) == []
    assert lab.page.evaluate(NAMELESS) == []


@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_canvases_have_a_pixel_for_each_of_the_screen(open_lab: OpenLab, ratio: int) -> None:
    lab = open_lab(ratio=ratio)
    sizes = lab.page.evaluate(
        "[...document.querySelectorAll('.fd-spiral canvas')].map((c) => [c.width, c.getBoundingClientRect().width])"
    )
    assert len(sizes) == 7
    for pixels, width in sizes:
        assert abs(pixels - ratio * width) <= 1


def test_colours_are_those_of_the_labels_at_each_t_and_follow_the_theme(lab: Lab) -> None:
    for layer in ("Arrows", "Answer", "Wrong"):
        lab.button(layer).click()
    lab.button("Reset").click()
    lab.steps(1)
    start = lab.hues()
    assert min(start["minus"], start["plus"], start["between"]) > 100, "label noise at t = 1"
    lab.slider("Time t").press("Home")
    end = lab.hues()
    assert min(end["minus"], end["plus"]) > 100 and end["between"] < 0.3 * start["between"], "labels at t = 0"
    before = lab.pixels()
    lab.page.evaluate("document.body.classList.add('dark')")
    lab.page.wait_for_timeout(200)
    assert lab.pixels() != before
    lab.button("Points").click()
    assert sum(lab.hues().values()) == 0, "switched off"


def test_nothing_jumps(lab: Lab) -> None:
    before = lab.places()
    acts: list[Callable[[], Any]] = [
        lab.button("Reset").click, lambda: lab.click(0.5, 0.5), lambda: lab.steps(50), lab.button("as the point").click,
        lab.button("Generate").click, lambda: lab.click(-0.5, 0.5), lab.button("Wrong").is_disabled,
        lab.button("Seed 1").click, lambda: lab.slider("Time t").press("Home"),
    ]  # fmt: skip
    for number, act in enumerate(acts):
        act()
        lab.page.wait_for_timeout(150)
        assert lab.places() == before, f"act {number}"


def test_the_tab_is_on_the_page_and_keeps_its_state(
    desk: Desk, open_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learn, "load_spiral", lambda: load_spiral(CHECKPOINT))
    page = ready(open_page(desk.url, height=900))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "component_server" in request.url else None)
    page.get_by_role("tab", name="Learn").click()
    lab = Lab(page).ready()
    lab.steps(2)
    for tab in ("Trajectory", "Learn"):
        page.get_by_role("tab", name=tab).click()
    expect(lab.canvas).to_be_visible()
    assert lab.get("state")["steps"] == 2 and len(asked) == 1
    names = [tab.inner_text() for tab in page.get_by_role("tab").all() if tab.is_visible()]
    assert names.index("Trajectory") < names.index("Learn") < names.index("About")


def test_a_server_without_networks_says_so(serve: Any, open_page: Callable[..., Page]) -> None:
    def missing() -> Any:
        raise ModelError("There is no spiral; train one first.")

    with gr.Blocks() as demo:
        SpiralLab(missing, elem_id="spiral")
    with serve(demo) as address:
        page = open_page(address)
        expect(page.locator(".sp-notice")).to_have_text("There is no spiral; train one first.")
        expect(page.get_by_role("button", name="Train a new one")).to_be_disabled()
        page.locator(".sp-canvas").click()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Drop a point").click()
