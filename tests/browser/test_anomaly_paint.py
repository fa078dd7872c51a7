"""Painting in the tab Anomaly, in real Chromium, on a stand-in for the detections."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from anomaly_kit import Bench, clean, opened
from anomaly_kit import anomaly_server as anomaly_server
from anomaly_kit import bench as bench
from detector import HEIGHT, WIDTH, surface

LINE = ((0.2, 0.3), (0.7, 0.35))


def test_the_tab_opens_with_a_painted_scratch_that_is_found(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    assert (lab.get("surface")["example"], len(lab.get("strokes"))) == ("plain", 1)
    means = lab.get("means")
    assert means["under"] > 5 * means["beside"]
    assert "higher than" in lab.page.locator(".an-score .an-rank").inner_text()


def test_maps_that_are_lost_on_their_way_are_asked_for(open_page: Any, bench: Bench) -> None:
    bench.detector.lose = {2, 4}
    lab = opened(open_page, bench)
    assert ("frames", (lab.get("run.id"), (2, 4))) in bench.detector.asked
    assert lab.root.locator(".an-times .an-tile:not([disabled])").count() == 4
    assert (lab.get("view.index"), lab.get("run.newest")) == (4, 4)


def test_a_scratch_lights_up_where_it_is_and_undo_takes_it_back(open_page: Any, bench: Bench) -> None:
    lab = clean(open_page, bench)
    before, score = lab.map(), lab.get("run.score")
    lab.stroke(*LINE)
    after, means = lab.map(), lab.get("means")
    row = slice(int(0.3 * HEIGHT) - 2, int(0.35 * HEIGHT) + 3)
    column = slice(int(0.25 * WIDTH), int(0.65 * WIDTH))
    assert after[row, column].max() > 3 * before[row, column].max()
    assert means["under"] > 5 * means["beside"]
    far = after[HEIGHT // 2 + 10 :]
    assert abs(int(far.max()) - int(before[HEIGHT // 2 + 10 :].max())) < 40
    assert lab.get("run.score") > 2 * score
    asked = lab.get("asked")
    lab.button("Undo").click()
    lab.answered(asked)
    assert lab.get("run.score") == score and (lab.map() == before).all() and lab.get("means")["under"] is None
    lab.button("Redo").click()
    lab.answered(asked + 1)
    assert (lab.map() == after).all()


@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_what_is_sent_is_what_is_painted(open_page: Any, bench: Bench, ratio: int) -> None:
    lab = clean(open_page, bench, ratio=ratio)
    base = bench.detector.records[-1].picture
    assert (base == surface(len("plain"))).all()
    lab.button("Missing patch").click()
    lab.stroke((0.5, 0.5), (0.502, 0.5))
    sent = bench.detector.records[-1].picture
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    far = np.hypot(x + 0.5 - WIDTH / 2, y + 0.5 - HEIGHT / 2) > 8 + 2
    assert (sent[far] == base[far]).all()
    assert np.ptp(sent[24:33, 37:44].astype(int)) < np.ptp(base[24:33, 37:44].astype(int)) + 2
    assert (sent != base)[~far].mean() > 0.5


def test_brushes_leave_different_marks(open_page: Any, bench: Bench) -> None:
    lab = clean(open_page, bench)
    base = bench.detector.records[-1].picture.astype(int)
    lab.button("Bright").click()
    lab.button("Blot").click()
    lab.stroke((0.3, 0.5), (0.301, 0.5))
    bright = bench.detector.records[-1].picture.astype(int) - base
    assert bright.min() >= 0 and bright.max() > 60
    assert len(np.unique(bright[bright > 0])) > 15  # soft
    lab.button("Dark", exact=True).click()
    lab.button("Scratch").click()
    lab.stroke((0.8, 0.2), (0.8, 0.8))
    dark = bench.detector.records[-1].picture.astype(int) - base - bright
    assert dark.max() <= 0 and dark.min() < -60
    assert ((dark < -30).sum(1) > 0).sum() > 30 and (dark < -30).sum(1).max() <= 4  # long and thin


def test_strokes_made_quickly_halt_what_was_asked_before(open_page: Any, bench: Bench) -> None:
    lab = clean(open_page, bench)
    asked, detector = lab.get("asked"), bench.detector
    detector.hold = True
    detector.begun.clear()
    for y in (0.2, 0.5):
        lab.draw((0.2, y), (0.7, y))
        lab.until(f"p.asked > {asked}")
        asked = lab.get("asked")
        assert detector.begun.wait(20)
    detector.hold = False
    detector.gate.set()
    lab.settle()
    done = [record for record in detector.records if record.made == 4]
    assert (lab.get("run.id"), lab.get("run.ended")) == (done[-1].run, "done")
    assert len(lab.get("strokes")) == 2
    assert detector.records[-2].status == "stopped" and detector.records[-2].made == 0


def test_without_answers_to_strokes_analyse_asks(open_page: Any, bench: Bench) -> None:
    lab = clean(open_page, bench)
    lab.root.get_by_label("Answer each stroke").uncheck()
    asked = lab.get("asked")
    lab.draw((0.3, 0.3), (0.6, 0.6))
    lab.page.wait_for_timeout(600)
    assert lab.get("asked") == asked and len(lab.get("strokes")) == 1
    lab.button("Analyse").click()
    lab.answered(asked)
    assert lab.get("means")["under"] > lab.get("means")["beside"]


def test_the_keyboard_paints_and_takes_back(open_page: Any, bench: Bench) -> None:
    lab = clean(open_page, bench)
    canvas, keys = lab.page.locator(".an-paint"), lab.page.keyboard
    canvas.focus()
    keys.press("b")
    lab.page.get_by_role("button", name="Blot", pressed=True).wait_for()
    keys.press("s")
    keys.press("]")
    asked = lab.get("asked")
    keys.down("Shift")
    for _ in range(20):
        keys.press("ArrowRight")
    keys.up("Shift")
    lab.answered(asked)
    (stroke,) = lab.get("strokes")
    assert (stroke["tool"], stroke["size"], len(stroke["points"])) == ("scratch", 3, 21)
    assert stroke["points"][-1][0] - stroke["points"][0][0] == pytest.approx(20)
    assert lab.get("means")["under"] > 3 * lab.get("means")["beside"]
    asked = lab.get("asked")
    keys.press("Control+z")
    lab.answered(asked)
    assert lab.get("strokes") == []
    keys.press("Space")
    keys.press("Control+Shift+z")  # nothing to bring back after a new dab
    lab.answered(asked + 1)
    assert [len(stroke["points"]) for stroke in lab.get("strokes")] == [1]


def test_touch_paints_and_taps_read_values(open_page: Any, bench: Bench) -> None:
    lab = clean(open_page, bench, width=390, height=844, ratio=3, touch=True)
    asked = lab.get("asked")
    lab.page.locator(".an-paint").scroll_into_view_if_needed()
    lab.page.touchscreen.tap(*lab.place(0.4, 0.6))
    lab.answered(asked)
    assert len(lab.get("strokes")) == 1
    ghost = lab.root.locator(".an-ghost")  # on a phone the map lies over the surface as well
    assert ghost.is_visible() and ghost.evaluate("(node) => [node.width, node.height]") == [WIDTH, HEIGHT]
    lab.root.get_by_label("Map over the surface").uncheck()
    lab.drawn()
    assert not ghost.is_visible()
    lab.page.locator(".an-map").scroll_into_view_if_needed()
    lab.page.touchscreen.tap(*lab.place(0.4, 0.6, ".an-map"))
    lab.drawn()
    assert lab.page.locator(".an-read").inner_text().startswith("x 3")
    assert lab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
