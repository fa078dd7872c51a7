"""Maps, threshold, times and paths of the tab Anomaly, in real Chromium, on a stand-in for the detections."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from anomaly_kit import Bench, Lab, opened, requests_of
from anomaly_kit import anomaly_server as anomaly_server
from anomaly_kit import bench as bench
from detector import HEIGHT, SCALES, WIDTH
from playwright.sync_api import expect


def test_the_threshold_counts_regions_without_a_request(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    sent = requests_of(lab)
    counts = {}
    for level in (1, 60, 130, 254):
        lab.slide("Threshold", level)
        counts[level] = lab.get("regions")
        told = lab.page.locator(".an-regions").inner_text()
        assert told.startswith(f"{counts[level]['count']} region" if counts[level]["count"] else "No region")
    areas = [counts[level]["largest"] for level in (1, 60, 130, 254)]
    assert areas == sorted(areas, reverse=True) and areas[0] > 10 * areas[2] > 0
    assert counts[1]["count"] != counts[60]["count"]
    assert sent == []
    assert lab.get("view.level") == 254
    lab.button("Suggested").click()
    assert lab.get("view.level") == round(255 / 4)  # the threshold is a sixteenth of the scale


def test_regions_are_those_of_the_map(open_page: Any, bench: Bench) -> None:
    scipy = pytest.importorskip("scipy.ndimage")
    lab = opened(open_page, bench)
    for level in (40, 90):
        lab.slide("Threshold", level)
        labelled, count = scipy.label(lab.map() > level, np.ones((3, 3)))
        found = lab.get("regions")
        assert (found["count"], found["largest"]) == (count, np.bincount(labelled.ravel())[1:].max())


def test_two_pictures_have_the_same_colour_scale(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    ticks = [lab.page.locator(".an-ticks").inner_text()]
    lab.example("Sound, another")
    ticks.append(lab.page.locator(".an-ticks").inner_text())
    assert ticks[0] == ticks[1] != "" and lab.get("run.scale") == SCALES["noise"]
    lab.root.get_by_label("Opacity of the map").fill("100")
    colours: dict[int, set[tuple[int, ...]]] = {}
    for label in ("Sound", "With a dent"):
        lab.example(label)
        lab.drawn()
        pixels = lab.page.evaluate(
            "() => { const c = document.querySelector('.an-map'); "
            "return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]; }"
        )
        shown = np.array(pixels, np.uint8).reshape(HEIGHT, WIDTH, 4)
        for level, colour in zip(lab.map().ravel(), shown.reshape(-1, 4), strict=True):
            colours.setdefault(int(level), set()).add(tuple(colour.tolist()))
    assert len(colours) > 40 and all(len(found) == 1 for found in colours.values())


def test_a_chosen_threshold_stays_until_the_scale_is_another(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    suggested = lab.get("view.level")
    lab.slide("Threshold", 100)
    lab.example("With a dent")
    assert lab.get("view.level") == 100 != suggested
    lab.button("1", exact=True).click()
    lab.until("p.run.weight === 'velocity'")
    assert lab.get("view.level") == suggested


def test_times_are_scrubbed_in_the_browser(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    sent = requests_of(lab)
    whole = lab.map()
    lab.slide("Time t", 2)
    assert (lab.get("view.mode"), lab.get("view.index")) == ("sum", 2)
    assert (lab.map() != whole).any()
    lab.button("Map at t = 0.60").click()
    assert (lab.get("view.mode"), lab.get("view.index")) == ("time", 3)
    record = next(r for r in bench.detector.records if r.run == lab.get("run.id"))
    expected = bench.detector._map(record, 0.6) / SCALES["noise"]
    assert (lab.map() == np.round(255 * np.sqrt(np.minimum(expected, 1)))).all()
    lab.root.get_by_label("Time t").press("ArrowRight")
    assert lab.get("view.index") == 4 and sent == []


def test_single_paths_are_fetched_when_wanted(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    asked = len(bench.detector.asked)
    lab.button("Show the single paths at t = 0.80").click()
    lab.page.locator(".an-paths .an-tile:not([disabled])").first.wait_for()
    assert bench.detector.asked[asked:] == [("paths", (lab.get("run.id"), 4))]
    merged = np.min([path_map(lab, k) for k in range(4)], axis=0)
    assert (merged == (lab.button("Map at t = 0.80").click() or lab.map())).all()  # min over the paths
    lab.slide("Time t", 2)
    lab.button("Hide the single paths at t = 0.40").wait_for()
    lab.page.locator(".an-paths .an-tile:not([disabled])").first.wait_for()
    assert bench.detector.asked[-1] == ("paths", (lab.get("run.id"), 2))


def path_map(lab: Lab, k: int) -> np.ndarray:
    lab.button(f"Map of path {k + 1} at t = 0.80").click()
    assert lab.get("view.path") == k
    return lab.map()


def test_another_weight_or_aggregation_asks_no_network(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    detections = len([r for r in bench.detector.records if r.run.startswith("detect")])
    asked, run = lab.get("asked"), lab.get("run.id")
    lab.button("mean").click()
    lab.until("p.run.aggregation === 'mean'")
    lab.button("1", exact=True).click()
    lab.until("p.run.weight === 'velocity'")
    assert lab.get("asked") == asked
    assert len([r for r in bench.detector.records if r.run.startswith("detect")]) == detections
    assert lab.get("run.scale") == SCALES["velocity"] and lab.get("run.id") != run
    rank = lab.root.locator(".an-score .an-rank")
    expect(rank).to_have_text("The comparison with normal surfaces does not hold here.")
    record = next(r for r in bench.detector.records if r.run == lab.get("run.id"))
    expected = bench.detector._sum(record, 4) / SCALES["velocity"]
    assert (lab.map() == np.round(255 * np.sqrt(np.minimum(expected, 1)))).all()


def test_more_paths_and_times_are_asked_for(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    for label, value in (("Paths K", 6), ("Times T", 3)):
        asked = lab.get("asked")
        lab.slide(label, value)
        lab.answered(asked)
    assert (lab.get("run.paths"), lab.get("run.last")) == (6, 3)
    raw = bench.detector.records[-1].raw
    assert (raw["paths"], raw["times"]) == (6, 3)
    assert lab.page.locator(".an-strip").first.locator(".an-tile").count() == 3


def test_the_probe_reads_the_map(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    level = lab.map()[28, 40]
    lab.page.locator(".an-map").focus()
    lab.page.keyboard.press("ArrowRight")
    lab.drawn()
    text = lab.page.locator(".an-read").inner_text()
    assert text.startswith("x 40, y 28: ")
    value = float(text.split(": ")[1].split(",")[0].removeprefix("at least "))
    assert value == pytest.approx(SCALES["noise"] * (level / 255) ** 2, rel=0.06)
