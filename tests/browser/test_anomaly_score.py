"""Score, surfaces, trouble and files of the tab Anomaly, in real Chromium, on a stand-in for the detections."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from anomaly_kit import LAB, Bench, Lab, clean, opened
from anomaly_kit import anomaly_server as anomaly_server
from anomaly_kit import bench as bench
from detector import MODEL, OTHER, dented, grey, surface
from page_kit import file_of
from PIL import Image
from playwright.sync_api import expect


def test_the_score_is_ranked_among_normal_ones(open_page: Any, bench: Bench) -> None:
    lab = clean(open_page, bench)
    score, normal = lab.get("run.score"), bench.detector.reference[True]
    below = sum(value < score for value in normal)
    words = lab.page.locator(".an-score .an-rank").inner_text()
    share = round(100 * below / len(normal))
    known = {0: f"higher than none of {len(normal)}", 100: f"higher than all {len(normal)}"}
    assert words.startswith(known.get(share, f"higher than {share} % of {len(normal)}"))
    assert float(lab.page.locator(".an-number").inner_text()) == pytest.approx(score, rel=0.01)
    lab.example("With a dent")
    assert lab.page.locator(".an-score .an-rank").inner_text() == f"higher than all {len(normal)} normal pictures"
    expect(lab.page.locator(".an-roc")).to_contain_text("AUROC 1.000")


def test_a_known_defect_is_outlined(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    assert not lab.root.get_by_label("Known defect").is_visible()
    lab.example("With a dent")
    path = lab.page.locator(".an-line-truth").get_attribute("d")
    rows, columns = np.nonzero(dented(1)[1])
    for part in (f"M{columns.min()} {rows.min()}H{columns.max() + 1}", f"V{rows.max() + 1}"):
        assert part in path
    lab.root.get_by_label("Known defect").uncheck()
    lab.drawn()
    assert lab.page.locator(".an-line-truth").get_attribute("d") == ""


def test_another_detector_brings_its_surfaces_and_settings(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    asked = lab.get("asked")
    lab.stroke((0.2, 0.8), (0.4, 0.8))
    lab.root.get_by_label("Detector").select_option(label="Tiny walls")
    lab.answered(asked + 1)
    assert [r.raw["model"] for r in bench.detector.records[-2:]] == [MODEL, OTHER]
    assert (lab.get("run.paths"), len(lab.get("strokes"))) == (2, 1)
    assert lab.root.get_by_label("Paths K").input_value() == "2"


def test_an_upload_is_analysed_and_a_small_one_refused(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    picture = surface(9, 120, 90)
    picture[40:44, 20:90] = 240
    asked = lab.get("asked")
    give(lab, grey(picture), "tile.png")
    lab.answered(asked)
    assert lab.get("surface") == {"width": 120, "height": 90, "example": None, "name": "tile.png"}
    assert (bench.detector.records[-1].picture == picture).all() and bench.detector.records[-1].truth is None
    assert lab.map()[40:44, 30:80].mean() > 4 * lab.map()[60:, :].mean()
    give(lab, file_of(Image.new("L", (20, 20), 90)), "small.png")
    expect(lab.page.locator(".an-said")).to_have_text("The surface must have at least 32 × 32 pixels.")
    give(lab, b"no picture", "words.png")
    expect(lab.page.locator(".an-said")).to_have_text("This file cannot be read as a picture; choose a PNG or JPEG.")


def give(lab: Lab, data: bytes, name: str) -> None:
    lab.page.locator(".an-file").set_input_files([{"name": name, "mimeType": "image/png", "buffer": data}])


def test_stop_keeps_what_is_there_and_a_failure_is_told(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    bench.detector.hold = True
    bench.detector.begun.clear()
    lab.button("Analyse").click()
    assert bench.detector.begun.wait(20)
    lab.button("Stop").click()
    bench.detector.gate.set()
    assert lab.said == "Stopped." and lab.get("run.ended") == "done"
    bench.detector.hold, bench.detector.fail = False, "broken"
    lab.button("Analyse").click()
    lab.until("!p.busy")
    assert "could not answer" in lab.said
    bench.detector.fail = ""
    asked = lab.get("asked")
    lab.button("Analyse").click()
    lab.answered(asked)


def test_files_are_saved(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    files = (("Map, 16-bit PNG", "map-png16.png"), ("Maps, NPZ", "map-npz.json"), ("Recipe", "recipe.json"))
    for name, ending in files:
        with lab.page.expect_download() as download:
            lab.button(name).click()
        assert download.value.suggested_filename == f"{lab.get('run.id')}_{ending}"


def test_nothing_is_wider_than_a_small_phone(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench, width=360, height=740, touch=True, theme="dark")
    assert lab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    clipped = lab.page.evaluate(
        "() => [...document.querySelectorAll('#anomaly .fd-anomaly :is(button, label, p, b)')]"
        ".filter((n) => n.checkVisibility() && n.getBoundingClientRect().right > innerWidth + 1)"
        ".map((n) => n.innerText)"
    )
    assert clipped == []


def test_what_is_lost_is_said(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    bench.detector.hold = True
    lab.button("Analyse").click()
    lab.until("p.busy")
    lab.page.evaluate(f"() => {LAB}.lost()")
    assert "try once more" in lab.said
    bench.detector.gate.set()
