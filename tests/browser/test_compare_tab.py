"""The Compare tab in real Chromium: what its numbers are, its clock, Stop, refusals, and all models at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare_kit import NAMES, SCORE, Table, compare_tab, miou, truth_file
from page_kit import FLOW, ONE_STEP, OTHER, Desk, photo
from playwright.sync_api import Page, expect

from flowdemo.engine import Given, run
from flowdemo.engine.stored import save_stored
from flowdemo.evaluation.segmentation import confusion_matrix, scores
from flowdemo.ui import examples


@pytest.fixture
def address(desk: Desk, serve: Any) -> Iterator[str]:
    with compare_tab(serve, desk) as url:
        yield url


@pytest.fixture
def table(address: str, open_page: Any) -> Table:
    return Table(open_page(address, height=900, refusals=True)).ready()


def classes(desk: Desk, shown: dict[str, Any]) -> np.ndarray:
    """Classes along the way of a run that the page shows, uint8 [frames, H, W]."""
    return desk.engine.runs.get(shown["run"]).classes(0)


def test_scores_in_the_browser_are_those_of_the_evaluation(browser: Any) -> None:
    rng, page = np.random.default_rng(3), browser.new_page()
    count = "(([t, p, n]) => { %s; return [meanIou(confusionOf(t, p, n), n), shareOfSame(t, p)]; })"
    for case in range(12):
        n = int(rng.integers(2, 12))
        truth = rng.integers(0, n + 1, 400)  # n is void
        predicted = np.where(rng.random(400) < 0.6, np.minimum(truth, n - 1), rng.integers(0, n, 400))
        if case == 0:
            truth[:] = n
        if case == 1:
            truth, predicted = np.zeros(400, int), np.zeros(400, int)  # one class of several
        found, same = page.evaluate(count % SCORE.read_text("utf-8"), [truth.tolist(), predicted.tolist(), n])
        wanted = scores(confusion_matrix(truth, predicted, n), tuple(map(str, range(n))))["miou"]
        assert (found is None and wanted is None) or found == pytest.approx(wanted, abs=1e-12)
        assert same == pytest.approx((truth == predicted).mean())
    page.close()


def test_two_runs_on_one_clock_with_numbers_as_numpy_counts_them(desk: Desk, table: Table) -> None:
    table.photo(photo(5))
    table.truth(truth_file())
    table.page.locator("#compare-b-model input").focus()
    table.number("a-steps", 4)
    table.number("b-steps", 3)
    table.page.wait_for_timeout(300)  # what the dropdown may say when it loses the focus would be answered by now
    table.finish(table.press())
    first, second = table.get("runs")
    one, other = classes(desk, first), classes(desk, second)
    assert (len(one), len(other)) == (5, 4) and table.get("end") == "done" and table.get("origin") == "live"
    assert table.get("at") == 1, "it ends where the runs end"
    table.range.press("Home")
    for at in sorted({*(i / 4 for i in range(5)), *(i / 3 for i in range(4))}):
        a, b = int(4 * at + 1e-6), int(3 * at + 1e-6)
        assert table.get("at") == pytest.approx(at)
        shown = table.get("runs")
        assert [run["index"] for run in shown] == [a, b]
        assert table.get("agreement") == pytest.approx((one[a] == other[b]).mean())
        assert [run["miou"] for run in shown] == [pytest.approx(miou(one[a])), pytest.approx(miou(other[b]))]
        expect(table.page.locator("[data-pane=A] .cp-line").first).to_have_text(f"step {a}/4 · mIoU {miou(one[a]):.3f}")
        table.range.press("ArrowRight")
    assert table.get("at") == 1
    table.page.locator("[data-pane=difference] .cp-stack").hover(position={"x": 3, "y": 3})
    a, b = NAMES[one[-1][0, 0]], NAMES[other[-1][0, 0]]
    expect(table.page.locator(".cp-caption")).to_contain_text(f"A: {a} · B: {b} · truth: void")
    cards = table.page.locator(".cp-cards .cp-card")
    expect(cards).to_have_count(2)
    for card, evaluations, mask in ((cards.nth(0), 4, one[-1]), (cards.nth(1), 3, other[-1])):
        expect(card.locator("dd").nth(1)).to_have_text(f"{miou(mask):.3f}")
        expect(card.locator("dd").nth(2)).to_have_text(str(evaluations))
    with table.page.expect_download() as download:
        table.page.get_by_role("button", name="Save the recipe of B").click()
    saved = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert (saved["model"], saved["steps"], saved["direction"]) == (OTHER, 3, "image-to-mask")


def test_colours_of_the_difference(desk: Desk, table: Table) -> None:
    """Full colour exactly where the classes differ, pale where they agree."""
    table.photo(photo(6))
    table.finish(table.press())
    first, second = table.get("runs")
    differ = classes(desk, first)[-1] != classes(desk, second)[-1]
    alpha = table.page.locator("[data-pane=difference] .cp-top").evaluate(
        "(n) => [...n.getContext('2d').getImageData(0, 0, n.width, n.height).data].filter((_, i) => i % 4 === 3)"
    )
    assert np.array_equal(np.array(alpha).reshape(differ.shape) == 255, differ)
    assert differ.any() and not differ.all(), "the pair of pictures has both"


def test_stop_in_the_middle_keeps_the_frames_and_begins_nothing_more(desk: Desk, table: Table) -> None:
    table.photo(photo(5))
    table.number("a-steps", 50)
    desk.brake.pause = 0.1
    before = table.press()
    table.until(f"p.id !== {json.dumps(before)} && p.runs[0]?.newest >= 3")
    starts = desk.brake.starts
    table.page.locator("#compare-stop").click()
    table.finish(before)
    first, second = table.get("runs")
    assert (first["status"], second["status"]) == ("stopped", "skipped") and table.get("end") == "stopped"
    assert 3 <= first["newest"] < 50 and second["newest"] == -1 and desk.brake.starts == starts
    expect(table.page.locator("[data-pane=B] .cp-nothing")).to_have_text("Not run.")
    expect(table.page.locator("#compare-stop")).to_be_disabled()
    table.range.press("Home")
    assert table.get("runs")[0]["index"] == 0 and table.get("agreement") is None
    desk.brake.release()
    table.number("a-steps", 2)
    table.finish(table.press())
    assert [run["status"] for run in table.get("runs")] == ["done", "done"]


def test_a_wrong_ground_truth_is_refused_beside_it_and_nothing_is_lost(desk: Desk, table: Table) -> None:
    table.photo(photo(5))
    table.finish(table.press())
    before, starts = table.get("id"), desk.brake.starts
    table.truth(b"this is no picture", "notes.png")
    table.page.locator("#compare-run").click()
    refusal = table.page.locator("#compare-truth div.validation-error")
    expect(refusal).to_contain_text("is text, which is not read")
    assert table.get("id") == before and desk.brake.starts == starts and table.get("end") == "done"
    expect(table.page.locator("#compare-run")).to_be_enabled()
    table.page.locator("#compare-truth .icon-button-wrapper").get_by_role("button", name="Clear").click()
    expect(refusal).to_be_hidden()
    table.truth(truth_file())
    table.finish(table.press())
    assert all(run["miou"] is not None for run in table.get("runs"))


def test_one_picture_through_all_models(desk: Desk, table: Table) -> None:
    table.photo(photo(8))
    table.truth(truth_file())
    table.finish(table.press("all"))
    shown = table.get("runs")
    records = [desk.engine.runs.get(run["run"]) for run in shown]
    assert [record.request.model for record in records] == [FLOW, OTHER, ONE_STEP]
    assert [record.request.steps for record in records] == [4, 4, 1]
    table.page.locator("[data-pane=C] button").click()
    assert table.get("pair") == [1, 2]
    last = [record.classes(0)[-1] for record in records]
    assert table.get("agreement") == pytest.approx((last[1] == last[2]).mean())
    table.page.keyboard.press("ArrowLeft")
    shown = table.get("runs")
    assert [run["index"] for run in shown] == [3, 3, 0] and table.get("at") == 0.75
    assert shown[2]["miou"] is None and table.get("agreement") is None, "one step: no answer before its end"
    table.page.keyboard.press(" ")
    table.until("!p.playing && p.at === 1")


def test_a_run_that_fails_says_so_in_its_pane_and_the_others_go_on(desk: Desk, table: Table) -> None:
    table.photo(photo(8))
    desk.brake.fail_at = 2
    table.finish(table.press("all"))
    assert [run["status"] for run in table.get("runs")] == ["failed", "failed", "done"]
    expect(table.page.locator(".cp-said")).to_contain_text("A: The run failed inside the engine")
    assert "secret" not in table.page.locator("body").inner_text()


def test_the_tab_opens_with_a_stored_pair_that_compare_repeats(
    desk: Desk, serve: Any, open_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Given.picture(photo(7), desk.engine.manifest(FLOW))
    for model, steps in ((FLOW, 5), (OTHER, 3)):
        record = run({"model": model, "direction": "image-to-mask", "steps": steps}, given, desk.engine)
        save_stored(record, tmp_path / f"pair-{model}.zip", {"title": "Drawn plant → mask", "origin": "Drawn."})
    monkeypatch.setattr(examples, "STORED", tmp_path)
    with compare_tab(serve, desk) as address:
        table = Table(open_page(address, width=390, height=844, touch=True, theme="dark")).ready()
        table.until("p.origin === 'stored' && p.agreement !== null")
        before = [desk.engine.runs.get(run["run"]) for run in table.get("runs")]
        stored = [record.classes(0)[-1] for record in before]
        assert table.get("agreement") == pytest.approx((stored[0] == stored[1]).mean())
        expect(table.page.locator("#compare-b-steps input")).to_have_value("3")
        table.page.locator("#compare-photo img").wait_for()
        table.finish(table.press())
        again = [desk.engine.runs.get(run["run"]) for run in table.get("runs")]
        assert table.get("origin") == "live" and [r.origin for r in again] == ["live", "live"]
        assert [r.request for r in again] == [r.request for r in before], "of the same picture, too"
        assert_fits(table.page)


def assert_fits(page: Page) -> None:
    """Nothing is wider than the screen, and no number is cut off."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = page.evaluate("""() => [...document.querySelectorAll(".cp-line, .cp-charts b, dd, .cp-where")]
      .filter((n) => n.checkVisibility() && getComputedStyle(n).display !== "inline")
      .filter((n) => n.scrollWidth > n.clientWidth + 1)
      .map((n) => n.textContent)""")
    assert not cut, cut
