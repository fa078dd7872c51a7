"""The panel under the player: shapes made convex in the mask of a run, in a real browser."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_kit import FLOW, HEIGHT, WIDTH, Desk, begun, finish, give_photo, photo, ready, shown, start
from PIL import Image
from playwright.sync_api import Page, expect

from flowdemo.engine import Given
from flowdemo.systems.shape_prior import Manner, apply_prior

PLACE = "#shape-prior"


@pytest.fixture
def page(desk: Desk, open_page: Any) -> Iterator[Page]:
    """The page with its panel open; the stored run that it shows ends in :func:`notched`."""
    page = ready(open_page(desk.url, height=900))
    drawn = desk.record(page).drawn
    last = drawn[-1]
    drawn[-1] = replace(last, classes=notched()[None])
    page.reload()
    ready(page)
    page.locator(f"{PLACE} summary").click()
    yield page
    drawn[-1] = last


def notched() -> np.ndarray:
    """A disc of stem with a mouth, a convex leaf beside it, and specks; uint8 ``[HEIGHT, WIDTH]``."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    mask = (np.hypot(x - 20, y - 24) < 14).astype(np.uint8)
    mask[(np.abs(y - 24) < 4) & (x > 18)] = 0
    mask[10:30, 40:56] = 2
    mask[2:5, 2:40:6] = 1
    return mask


def chip(page: Page, name: str) -> Any:
    return page.locator(f"{PLACE} .fd-prior-chips button", has_text=name)


def repair(page: Page) -> list[np.ndarray]:
    """Press Apply; before, after and difference as pixels."""
    page.locator(PLACE).get_by_role("button", name="Apply").click()
    page.locator(f"{PLACE} .fd-prior-told").wait_for()
    urls = page.locator(f"{PLACE} img").evaluate_all("images => images.map(image => image.src)")
    return [np.array(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))) for url in urls]


def test_the_picture_after_differs_where_it_should_and_can_be_taken_home(desk: Desk, page: Page) -> None:
    mask, index = notched(), 1
    expect(chip(page, "stem")).to_have_attribute("aria-pressed", "true")
    expect(chip(page, "leaf")).to_have_attribute("aria-pressed", "false")
    page.locator(f"{PLACE} select").first.select_option("no bound")
    before, after, difference = repair(page)
    expected = apply_prior(mask, [index], [0], manner=Manner(most=float("inf"))).mask
    assert np.array_equal(before, mask) and np.array_equal(after, expected) and (expected != mask).any()
    coloured = (difference != difference[..., :1]).any(2)
    assert np.array_equal(coloured, expected != mask)
    expect(page.locator(f"{PLACE} .fd-prior-legend")).to_contain_text(f"Added {(expected != mask).sum()} pixels")
    areas = page.locator(f"{PLACE} tbody td").first.inner_text()
    assert areas == f"{(mask == index).sum()} → {(expected == index).sum()}"
    sizes = page.locator(f"{PLACE} img").evaluate_all("images => images.map(i => [i.clientWidth, i.clientHeight])")
    assert sizes[0] == sizes[1] == sizes[2] and sizes[0][0] % mask.shape[1] == 0, "whole screen pixels for each"

    with page.expect_download() as download:
        page.get_by_role("link", name="Save mask").click()
    assert download.value.suggested_filename.endswith("_mask_prior.png")
    said = page.locator(f"{PLACE} .fd-prior-told")
    expect(said).to_have_text("Line scan: 1 part grown, 7 specks of under 32 pixels left alone.")
    data = Path(download.value.path()).read_bytes()
    assert np.array_equal(Given.mask(data, desk.engine.manifest(FLOW)).pixels, expected)


def test_another_choice_or_run_takes_the_old_answer_away(desk: Desk, page: Page) -> None:
    page.locator(f"{PLACE} select").first.select_option("no bound")
    result = page.locator(f"{PLACE} .fd-prior-result")
    repair(page)
    page.get_by_role("button", name="Curvature flow").click()
    expect(result).to_be_hidden()
    page.locator(PLACE).get_by_label("Iterations").select_option("200")
    repair(page)
    expect(page.locator(f"{PLACE} .fd-prior-told")).to_contain_text("Curvature flow, 200 iterations")

    give_photo(page, photo(1))
    desk.brake.hold_at = 2
    before = shown(page, "run")
    start(page)
    begun(page, before)
    expect(result).to_be_hidden()
    expect(page.locator(f"{PLACE} .fd-prior-controls")).to_be_hidden()
    desk.brake.gate.set()
    finish(page, before)
    page.locator(f"{PLACE} .fd-prior-controls").wait_for()
    found, _, _ = repair(page)
    assert np.array_equal(found, desk.record(page).classes(0)[-1]), "the mask of the new run"

    page.get_by_role("button", name="Drawn mask").click()
    expect(page.locator(f"{PLACE} .fd-prior-controls")).to_be_hidden()
    expect(page.locator(PLACE)).to_contain_text("A finished run from image to mask has shapes to work on.")


def test_a_refusal_is_one_sentence_and_no_class_is_no_question(desk: Desk, page: Page) -> None:
    go = page.locator(PLACE).get_by_role("button", name="Apply")
    pressed = page.locator(f"{PLACE} .fd-prior-chips button[aria-pressed=true]")
    pressed.click()
    expect(pressed).to_have_count(0)
    expect(go).to_be_disabled()
    chip(page, "leaf").press("Enter")
    expect(go).to_be_enabled()
    kept, desk.engine.runs._kept = desk.engine.runs._kept, {}
    try:
        go.click()
        said = page.locator(f"{PLACE} .fd-prior-bad")
        expect(said).to_have_text("This run is no longer kept; run it again.")
    finally:
        desk.engine.runs._kept = kept
    repair(page)
    expect(said).to_be_hidden()


def test_on_a_phone_all_of_it_fits_and_is_large_enough_to_touch(desk: Desk, open_page: Any) -> None:
    page = ready(open_page(desk.url, width=390, height=844, ratio=3, touch=True))
    page.locator(f"{PLACE} summary").tap()
    page.locator(f"{PLACE} select").first.select_option("no bound")
    repair(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = page.locator(f"{PLACE} :is(button, select, summary, a)").evaluate_all(
        "nodes => nodes.filter(n => n.checkVisibility()).map(n => n.getBoundingClientRect())"
    )
    assert min(box["height"] for box in boxes) >= 44
    assert all(box["left"] >= 0 and box["right"] <= 390 for box in boxes)
