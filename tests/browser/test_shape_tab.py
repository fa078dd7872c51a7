"""The tab Shape in real Chromium, on the engine itself."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_kit import file_of
from PIL import Image
from playwright.sync_api import expect
from shape_kit import LAB, RUN, SIDE, Lab, opened
from shape_kit import shape_url as shape_url

LEVELS = np.arange(1, 10) / 10


def worst_defect(levels: np.ndarray) -> float:
    """The largest convexity defect of the nine level sets of u."""
    from flowdemo.systems.convexity_measures import defect

    return max(defect(levels >= 255 * level) for level in LEVELS)


def test_a_star_becomes_convex_level_by_level(open_page: Any, shape_url: str) -> None:
    lab = opened(open_page, shape_url, reduced_motion=True)
    run = lab.get("run")
    solidity = [frame["solidity"] for frame in run["numbers"]]
    assert run["method"] == "line-scan" and len(solidity) >= 5 and solidity == sorted(solidity)
    assert solidity[0] < 0.8 and solidity[-1] > 0.97
    assert lab.get("view.index") == run["last"]  # with reduced motion the end is shown at once
    after, dented = lab.frame()
    assert worst_defect(after) < 0.02 and dented.mean() < 0.001 and lab.red() < 50
    assert lab.get("frame.contours") == 9
    lab.scrub(0)
    before, dented = lab.frame()
    assert worst_defect(before) > 0.2 and dented.mean() > 0.02 and lab.red() > 1000
    lab.root.get_by_label("Violations").uncheck()
    assert lab.red() < 50
    lab.button("Difference").click()
    assert lab.get("view.name") == "difference"


def test_frames_play_as_they_arrive(open_page: Any, shape_url: str) -> None:
    lab = opened(open_page, shape_url)
    lab.until("!p.playing")
    assert lab.get("view.index") == lab.get("run.last")
    lab.button("Play").click()
    lab.until("p.playing && p.view.index > 1")
    lab.button("Pause").click()
    assert 1 < lab.get("view.index") < lab.get("run.last")


def test_a_convex_shape_has_no_violation_and_stays(open_page: Any, shape_url: str) -> None:
    lab = opened(open_page, shape_url, reduced_motion=True)
    lab.silhouette("disc")
    run = lab.run()
    lab.scrub(0)
    assert run["ended"] == "done" and lab.red() < 50 and not lab.frame()[1].any()
    assert run["numbers"][-1]["area"] == run["numbers"][0]["area"]


def test_a_drawn_star_is_undone_and_made_convex(open_page: Any, shape_url: str) -> None:
    lab = opened(open_page, shape_url, reduced_motion=True)
    lab.button("Clear").click()
    assert not lab.mask().any()
    lab.button("Run").click()
    assert lab.said == "Draw or choose a shape first."
    for turn in np.arange(5) * 2 * np.pi / 5:
        lab.draw((64, 64), (64 + 44 * np.sin(turn), 64 - 44 * np.cos(turn)))
    star = lab.mask()
    assert set(np.unique(star)) == {0, 255} and star[22, 64] == 255 and star[22, 30] == 0
    lab.button("Undo").click()
    assert 0 < (lab.mask() > 0).sum() < (star > 0).sum()
    lab.button("Redo").click()
    assert (lab.mask() == star).all()
    lab.button("Erase").click()
    lab.draw((64, 20), (64, 24))
    assert lab.mask()[22, 64] == 0
    lab.page.keyboard.press("Control+z")
    assert (lab.mask() == star).all()
    lab.choose("Method", "midpoint")
    run = lab.run()
    assert run["numbers"][0]["solidity"] < 0.6 and run["numbers"][-1]["solidity"] > 0.97
    expect(lab.page.locator(".sh-said")).to_contain_text("solidity")


def test_the_curvature_flow_is_stopped_and_keeps_its_frames(open_page: Any, shape_url: str) -> None:
    lab = opened(open_page, shape_url, reduced_motion=True)
    lab.choose("Method", "curvature")
    lab.slide("Iterations", 8000)
    asked = lab.get("asked")
    lab.button("Run").click()
    lab.until(f"p.asked > {asked} && p.run.method === 'curvature' && p.run.newest > 1")
    lab.button("Stop").click()
    run = lab.until("!p.busy").get("run")
    assert (run["ended"], lab.said) == ("stopped", "Stopped.") and 2 <= run["newest"] < 50
    lab.choose("Method", "line-scan")
    assert lab.run()["ended"] == "done"


def profile(levels: np.ndarray, a: tuple[int, int], b: tuple[int, int]) -> np.ndarray:
    """u along a chord, bilinear, at two places a pixel."""
    from scipy.ndimage import map_coordinates

    (ax, ay), (bx, by) = a, b
    share = np.linspace(0, 1, 2 * int(np.ceil(np.hypot(bx - ax, by - ay))) + 1)
    places = [ay + (by - ay) * share, ax + (bx - ax) * share]
    return map_coordinates(levels / 255, places, order=1)


def test_the_chord_tester_agrees_with_the_frame(open_page: Any, shape_url: str) -> None:
    lab = opened(open_page, shape_url, reduced_motion=True)
    lab.page.locator(".sh-stage").scroll_into_view_if_needed()
    a, b = (60, 24), (96, 48)
    for place in (a, b):
        lab.page.mouse.click(*lab.place(*place, ".sh-canvas"))
    lab.root.get_by_label("End B of the chord").focus()
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("Shift+ArrowRight")
    b = (104, 49)
    for index in (0, 3, lab.get("run.last")):
        lab.scrub(index)
        found, expected = lab.get("chord"), profile(lab.frame()[0], a, b)
        assert [tuple(end) for end in found["ends"]] == [a, b]
        assert np.allclose(found["values"], expected, atol=1e-9)
        sunk = min(expected[0], expected[-1]) - expected
        assert found["worst"] == pytest.approx(max(sunk.max(), 0), abs=1e-9)
        assert found["share"] == pytest.approx((sunk > 1 / 255).mean(), abs=1e-9)
        words = lab.page.locator(".sh-told").inner_text()
        assert f"{found['worst']:.3f}" in words if found["share"] else "nowhere" in words
    lab.scrub(0)
    assert lab.get("chord.share") > 0.1


def test_the_keyboard_draws_runs_and_plays(open_page: Any, shape_url: str) -> None:
    lab = opened(open_page, shape_url, reduced_motion=True)
    keys = lab.page.keyboard
    lab.button("Clear").click()
    lab.page.locator(".sh-paint").focus()
    keys.down("Shift")
    for key in ["Control+ArrowRight"] * 3 + ["Control+ArrowDown"] * 3:
        keys.press(key)
    keys.up("Shift")
    assert lab.mask()[64, 64:88].all() and lab.mask()[64:88, 88].all()
    asked = lab.get("asked")
    lab.button("Run").focus()
    keys.press("Enter")
    run = lab.answered(asked)
    assert run["numbers"][-1]["solidity"] > 0.97
    lab.root.get_by_label("Step", exact=True).focus()
    keys.press("Home")
    assert lab.get("view.index") == 0
    keys.press("ArrowRight")
    assert lab.get("view.index") == 1
    keys.press("1")
    assert lab.get("view.name") == "before"
    keys.press(" ")
    lab.until("p.view.index > 2")


def test_contour_flow_follows_its_template_and_leaves_it_beyond_the_limit(open_page: Any, shape_url: str) -> None:
    lab = opened(open_page, shape_url, reduced_motion=True)
    lab.choose("Method", "contour-flow")
    lab.until("p.pose")
    pose = lab.get("pose.outline")
    box = lab.get("method.settings.occluder")
    occluder = lab.page.locator(".sh-occluder")
    occluder.scroll_into_view_if_needed()
    lab.page.mouse.move(*lab.place(80, 70))
    lab.page.mouse.down()
    lab.page.mouse.move(*lab.place(90, 65), steps=3)
    lab.page.mouse.up()
    assert lab.get("method.settings.occluder") == [box[0] - 5, box[1] - 5, box[2] + 10, box[3] + 10]
    good = lab.run()
    assert good["numbers"][-1]["dice"] > good["numbers"][0]["dice"] + 0.2
    assert good["numbers"][-1]["residual"] < 0.5 * good["numbers"][0]["residual"]
    assert good["tau"] < good["limit"]
    lab.slide("Turn", 36)
    lab.until(f"p.pose?.outline && p.pose.outline !== {pose!r}")
    assert lab.run()["numbers"][-1]["dice"] < good["numbers"][-1]["dice"] - 0.03
    lab.slide("Turn", 0)
    lab.slide("Length λ", 0)
    lab.slide("Step τ / limit", 2)
    expect(lab.page.locator(".sh-tau")).to_contain_text("nothing promises convergence")
    blown = lab.run()
    assert blown["tau"] > blown["limit"]
    assert blown["numbers"][-1]["residual"] > blown["numbers"][0]["residual"]
    lab.button("Residual").click()
    assert lab.get("view.name") == "residual"


def give(lab: Lab, picture: Image.Image | bytes, name: str) -> None:
    data = picture if isinstance(picture, bytes) else file_of(picture)
    lab.page.locator(".sh-file").set_input_files([{"name": name, "mimeType": "image/png", "buffer": data}])


def test_pictures_and_results_become_masks(open_page: Any, shape_url: str) -> None:
    lab = opened(open_page, shape_url, reduced_motion=True)
    picture = np.zeros((100, 200), np.uint8)
    picture[20:60, 50:100] = 255
    give(lab, Image.fromarray(picture), "light.png")
    note = lab.page.locator(".sh-note")
    scaled = "Scaled from 200 × 100 to 128 × 64 px, in the middle."
    expect(note).to_have_text(f"light.png: Light pixels are the shape. {scaled}")
    mask = lab.mask()
    assert set(np.unique(mask)) == {0, 255} and (mask > 0).sum() == pytest.approx(32 * 25.6, rel=0.1)
    assert mask[32 + 20, 40] == 255
    numbers = np.zeros((SIDE, SIDE), np.uint8)
    numbers[30:50, 40:80] = 1
    give(lab, Image.fromarray(numbers), "classes.png")
    expect(note).to_contain_text("class numbers")
    assert (lab.mask() == 255 * numbers).all()
    give(lab, b"no picture", "words.png")
    expect(lab.page.locator(".sh-said")).to_contain_text("cannot be read as a picture")
    assert (lab.mask() == 255 * numbers).all()
    lab.button("From Trajectory").click()
    expect(lab.page.locator(".sh-said")).to_contain_text("no run in the tab Trajectory")
    lab.page.evaluate(PLAYER, RUN)
    lab.button("From Trajectory").click()
    lab.button("cell, 9.8 %").click()
    expect(note).to_contain_text("cell of Tiny cells")
    taken = lab.mask() > 0
    assert taken.sum() == 40 * 20 and taken[32 + 20 : 32 + 40, 40:80].all()


# A player as the tab Trajectory has it, with a run in it.
PLAYER = """(run) => {
  const outer = document.createElement("div"), inner = document.createElement("div");
  outer.id = "player"; inner.className = "fd-player"; inner.fdPlayer = { run };
  outer.append(inner); document.body.append(outer);
}"""


def saved(lab: Lab, kind: str) -> bytes:
    with lab.page.expect_download() as download:
        lab.button(kind).click()
    return Path(download.value.path()).read_bytes()


def test_what_is_saved_can_be_read(open_page: Any, shape_url: str) -> None:
    lab = opened(open_page, shape_url, reduced_motion=True)
    run = lab.get("run")
    frames = run["last"] + 1
    assert "line-scan" in json.loads(saved(lab, "Recipe"))["method"]
    values = np.load(io.BytesIO(saved(lab, "NPZ")))
    assert values["u"].shape == (frames, SIDE, SIDE) and values["u"].dtype == np.float32
    assert (np.rint(255 * values["u"][-1]) == lab.frame()[0]).all()
    assert values["times"].tolist() == [frame["t"] for frame in run["numbers"]]
    mask = np.array(Image.open(io.BytesIO(saved(lab, "Mask"))))
    assert set(np.unique(mask)) == {0, 1} and mask.sum() == run["numbers"][-1]["area"]
    assert 5 <= Image.open(io.BytesIO(saved(lab, "GIF"))).n_frames <= frames  # equal ones are joined
    assert Image.open(io.BytesIO(saved(lab, "Sheet"))).size > (SIDE, SIDE)


def test_a_phone_is_drawn_on_by_touch(open_page: Any, shape_url: str) -> None:
    lab = opened(open_page, shape_url, width=390, height=844, ratio=3, touch=True)
    assert lab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    before = lab.mask()
    lab.page.locator(".sh-paint").scroll_into_view_if_needed()
    lab.page.touchscreen.tap(*lab.place(12, 12))
    lab.drawn()
    assert before[12, 12] == 0 and lab.mask()[12, 12] == 255
    assert lab.page.evaluate(f"{LAB}.run.ended") == "done"
    lab.choose("Method", "contour-flow")
    assert lab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
