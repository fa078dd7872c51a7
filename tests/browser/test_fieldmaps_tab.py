"""The section *On a picture* in real Chromium: its numbers against Python's, picking by mouse, touch and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fieldmaps_kit import CLASSES, HEIGHT, WIDTH, Maps, lab_with_maps, pair_engine, truth_labels
from page_kit import Brake, file_of, photo
from PIL import Image
from playwright.sync_api import expect
from test_page_looks import CONTRAST, NAMELESS

from flowdemo.codes.cells import clearance, dwell, target_estimates
from flowdemo.engine import Engine, RunRecord

OpenMaps = Callable[..., Maps]
KINDS, CURVES = ("dwell", "clearance"), ("estimate", "state")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pair")


@pytest.fixture(scope="module")
def engine(folder: Path) -> Engine:
    return pair_engine(folder)


@pytest.fixture(scope="module")
def brake(engine: Engine) -> Brake:
    brake = Brake()
    for name in engine.manifests():
        brake.on(engine.model(name).system)
    return brake


@pytest.fixture(scope="module")
def url(serve: Any, engine: Engine, brake: Brake, folder: Path) -> Iterator[str]:
    with lab_with_maps(serve, engine, folder) as address:
        yield address


@pytest.fixture
def open_maps(url: str, brake: Brake, open_page: Any) -> Iterator[OpenMaps]:
    brake.release()
    yield lambda **kw: Maps(open_page(url, refusals=True, **kw)).ready()
    brake.gate.set()
    brake.release()


@pytest.fixture
def maps(open_maps: OpenMaps) -> Maps:
    return open_maps(height=900)


def records(engine: Engine) -> list[RunRecord]:
    """The last run of each model, plain flow first."""
    last = {run.manifest.name: run for run in engine.runs._runs.values()}
    return [last[name] for name in sorted(last, reverse=True)]


def measures(record: RunRecord, own: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Straight from the definitions' own functions."""
    path, times, book = record.codes(0), [frame.t for frame in record.frames], record.manifest.codebook
    ahead = target_estimates(path, times)
    return {
        "dwell": {"estimate": dwell(ahead, times, book, own), "state": dwell(path[:-1], times, book, own)},
        "clearance": {"estimate": clearance(ahead, book, own), "state": clearance(path, book, own)},
    }


def same(text: str, value: float, digits: int) -> bool:
    return abs(float(text) - value) <= 0.5 * 10**-digits + 1e-6


def test_numbers_of_a_run_are_those_of_the_cells(maps: Maps, engine: Engine) -> None:
    maps.file("photo", photo(5), "photo.png")
    maps.file("truth", file_of(Image.fromarray(truth_labels())), "truth.png")
    maps.steps(5)
    maps.run()
    found = [measures(record, truth_labels()) for record in records(engine)]
    assert [len(record.drawn) for record in records(engine)] == [6, 6]
    for number, x, y in ((0, 40, 30), (5, 3, 45), (11, 60, 12)):
        maps.click(number, x, y)
        cells = maps.cells()
        assert cells[0] == [CLASSES[record.classes(0)[-1, y, x]] for record in records(engine)]
        rows = [(kind, curve) for kind in KINDS for curve in CURVES]
        for row, (kind, curve) in zip(cells[1:], rows, strict=True):
            for text, model in zip(row, found, strict=True):
                assert same(text, model[kind][curve][y, x], 2 if kind == "dwell" else 3), (kind, curve, x, y)
        expect(maps.root.locator("caption")).to_have_text(f"Pixel {x}, {y}: own class {CLASSES[truth_labels()[y, x]]}")
    panes = maps.root.locator(".fm-group .fm-pane")
    order = [(kind, k, curve) for kind in KINDS for k in (0, 1) for curve in CURVES]
    for pane, (kind, k, curve) in zip(panes.all(), order, strict=True):
        shown = pane.locator(".fm-line").first.inner_text().replace("mean ", "").split(" · median ")
        values = found[k][kind][curve]
        assert same(shown[0], np.nanmean(values), 2) and same(shown[1], np.nanmedian(values), 2)
    for k, record in enumerate(records(engine)):
        right = 100 * (record.classes(0)[-1] == truth_labels())[truth_labels() < len(CLASSES)].mean()
        expect(maps.root.locator(".fm-pictures .fm-pane").nth(2 + k)).to_contain_text(f"{right:.1f} % of pixels right")


def test_maps_have_the_colours_of_one_scale(maps: Maps, engine: Engine) -> None:
    """The same level is the same colour in all four maps of a measure, and void is not drawn."""
    maps.file("photo", photo(6), "photo.png")
    maps.file("truth", file_of(Image.fromarray(truth_labels())), "truth.png")
    maps.run()
    found = [measures(record, truth_labels()) for record in records(engine)]
    top = max(np.nanmax(model["clearance"][curve]) for model in found for curve in CURVES)
    colours: dict[int, tuple[int, ...]] = {}
    read = "(n) => [...n.getContext('2d').getImageData(0, 0, n.width, n.height).data]"
    for place, (k, curve) in enumerate((k, curve) for k in (0, 1) for curve in CURVES):
        pixels = np.array(maps.map(8 + place).locator("canvas").evaluate(read)).reshape(HEIGHT, WIDTH, 4)
        values = found[k]["clearance"][curve]
        assert np.array_equal(pixels[..., 3] == 0, np.isnan(values))
        levels = np.rint(np.nan_to_num(values) / top * 254).astype(int)
        for level, colour in zip(levels[pixels[..., 3] > 0], pixels[pixels[..., 3] > 0].tolist(), strict=True):
            assert colours.setdefault(int(level), tuple(colour)) == tuple(colour)
    assert colours[254] == (253, 231, 37, 255) and len(set(colours.values())) > 50
    expect(maps.root.locator(".fm-kind").nth(1).locator(".fm-scale")).to_contain_text(f"{top:.2f} state units")


def test_keys_choose_a_pixel_and_turn_the_cube(maps: Maps) -> None:
    maps.run()
    middle = {"x": WIDTH // 2, "y": HEIGHT // 2}
    assert maps.get("pixel") == middle
    tabbable = maps.root.locator(".fm-stack[tabindex='0']")
    expect(tabbable).to_have_count(1)
    tabbable.press("ArrowRight")
    tabbable.press("Shift+ArrowDown")
    maps.until(f"p.found.x === {middle['x'] + 1} && p.found.y === {middle['y'] + 10}")
    for _ in range(4):
        tabbable.press("Shift+ArrowDown")
    maps.until(f"p.found.y === {HEIGHT - 1}")
    expect(tabbable).to_have_attribute("aria-label", f"Picture. Pixel {middle['x'] + 1}, {HEIGHT - 1}. "
                                       "Arrow keys choose a pixel, ten at a time with Shift.")  # fmt: skip
    expect(maps.root.locator(".fm-said")).to_contain_text(f"Pixel {middle['x'] + 1}, {HEIGHT - 1}. Vanilla ends in")
    maps.click(6, 10, 10)
    expect(maps.map(6)).to_have_attribute("tabindex", "0")
    asked = maps.get("asked")
    maps.map(6).press("ArrowLeft")
    maps.map(6).press("ArrowRight")
    maps.until("p.found.x === 10")
    assert maps.get("asked") <= asked + 1, "what was answered is not asked again"
    cube, yaw = maps.root.locator(".fl-cube"), maps.get("yaw")
    before = cube.evaluate("(n) => n.toDataURL()")
    cube.press("ArrowRight")
    assert maps.get("yaw") > yaw and cube.evaluate("(n) => n.toDataURL()") != before
    cube.press("Home")
    assert maps.get("yaw") == pytest.approx(yaw) and cube.evaluate("(n) => n.toDataURL()") == before
    maps.root.get_by_role("button", name="Zoom to the paths").press("Enter")
    maps.get("yaw")
    assert cube.evaluate("(n) => n.toDataURL()") != before


def test_own_class_without_ground_truth_is_where_each_run_ends(maps: Maps, engine: Engine) -> None:
    maps.run()
    first, second = records(engine)
    x, y = 20, 9
    maps.click(4, x, y)
    cells = maps.cells()
    for k, record in enumerate((first, second)):
        found = measures(record, record.classes(0)[-1])
        assert same(cells[1][k], found["dwell"]["estimate"][y, x], 2)
        assert same(cells[4][k], found["clearance"]["state"][y, x], 3)
    expect(maps.root.locator(".fm-status")).to_contain_text("the class that each run itself ends in")
    expect(maps.root.locator(".fm-pictures .fm-pane").nth(1)).to_contain_text("not given")


def test_refusals_stand_beside_their_control_and_stop_ends_the_run(maps: Maps, engine: Engine, brake: Brake) -> None:
    maps.file("truth", b"this is no picture", "notes.png")
    starts = brake.starts
    maps.page.locator("#fm-run").click()
    expect(maps.page.locator("#fm-truth div.validation-error")).to_contain_text("is text, which is not read")
    maps.page.locator("#fm-truth .icon-button-wrapper").get_by_role("button", name="Clear").click()
    maps.steps(26)
    maps.page.locator("#fm-run").click()
    expect(maps.page.locator("#fm-steps div.validation-error")).to_contain_text("1 to 25")
    assert brake.starts == starts and maps.get("id") is None
    maps.steps(20)
    brake.pause = 0.1
    maps.page.locator("#fm-run").click()
    maps.until("p.progress?.step >= 2")
    maps.page.locator("#fm-stop").click()
    maps.until("p.end === 'stopped'")
    expect(maps.root.locator(".fm-status")).to_have_text("Stopped; maps need both runs to the end.")
    maps.page.locator("#fm-run:not([disabled])").wait_for()
    assert maps.get("id") is None and brake.starts == starts + 1
    brake.release()
    maps.steps(2)
    maps.run()
    assert [len(record.drawn) for record in records(engine)] == [3, 3]


def test_a_tap_picks_and_no_width_scrolls_sideways(open_maps: OpenMaps) -> None:
    for width in (360, 390):
        phone = open_maps(width=width, height=844, ratio=2, touch=True)
        phone.run()
        pane = phone.map(9)
        pane.scroll_into_view_if_needed()
        box = pane.bounding_box()
        pane.tap(position={"x": 2, "y": box["height"] - 2})
        phone.until(f"p.found.x <= 1 && p.found.y >= {HEIGHT - 2}")
        assert phone.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        for place in (".fm-scale", ".fm-key", ".fm-table", ".fm-group h4"):
            for node in phone.root.locator(place).all():
                assert node.evaluate("(n) => n.scrollWidth - n.clientWidth") <= 0, place
        first, second = phone.map(4).bounding_box(), phone.map(5).bounding_box()
        assert first["y"] == second["y"] and phone.map(6).bounding_box()["y"] > first["y"] + first["height"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_stand_out_controls_have_names_and_nothing_jumps(open_maps: OpenMaps, theme: str) -> None:
    maps = open_maps(height=900, theme=theme)
    places = """() => [...document.querySelectorAll(
        "#fm-controls, .fl-maps :is(.fm-status, .fm-stack, .fl-stage, table)")]
      .map((n) => n.getBoundingClientRect())
      .map((b) => [b.x, b.y + scrollY, b.width, b.height].map(Math.round))"""
    maps.page.wait_for_timeout(500)
    before = maps.page.evaluate(places)
    maps.run()
    maps.click(7, 12, 30)
    assert maps.page.evaluate(places) == before
    assert maps.page.evaluate(CONTRAST) == []
    assert maps.page.evaluate(NAMELESS) == []
