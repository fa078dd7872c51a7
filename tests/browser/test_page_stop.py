"""Runs that end otherwise than planned: stopped, failed, clicked twice, left alone, reloaded, at the same time."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from page_kit import (
    Desk,
    begun,
    drawing,
    finish,
    give_photo,
    open_tab,
    photo,
    ready,
    run,
    shown,
    start,
    type_number,
    until,
)
from playwright.sync_api import Page, expect
from reloads import forgive_reload


@pytest.fixture
def page(desk: Desk, open_page: Any) -> Page:
    return ready(open_page(desk.url, height=900))


def test_stop_ends_a_run_soon_and_keeps_its_frames_five_times_in_a_row(desk: Desk, page: Page) -> None:
    give_photo(page, photo(5))
    type_number(page, "#steps", 50)
    desk.brake.pause = 0.1
    for _ in range(5):
        before = shown(page, "run")
        start(page)
        begun(page, before)
        until(page, "p.newest >= 3")
        page.locator("#stop").click()
        pressed, made = time.monotonic(), desk.brake.made
        until(page, "p.status === 'stopped'", 10)
        assert desk.brake.made - made <= 10, "steps that were still computed in the second after the click"
        assert time.monotonic() - pressed < 3
        page.locator("#run:not([disabled])").wait_for()
        newest = shown(page, "newest")
        assert 3 <= newest < 50 and shown(page, "arrived") == newest + 1
        scrubber = page.locator("#player").get_by_role("slider", name="Step", exact=True)
        for key, index in (("Home", 0), ("ArrowRight", 1), ("End", newest)):
            scrubber.press(key)
            until(page, f"p.shown.index === {index}")
    made = desk.brake.made
    page.wait_for_timeout(400)
    assert desk.brake.made == made, "nothing goes on computing"


def test_an_engine_that_fails_says_so_once_and_the_next_run_is_clean(desk: Desk, page: Page) -> None:
    give_photo(page, photo(5))
    type_number(page, "#steps", 8)
    desk.brake.fail_at = 4
    run(page)
    assert shown(page, "status") == "failed" and shown(page, "newest") == 3, "finished frames are kept"
    expect(page.locator("#player .fd-toast")).to_contain_text("failed inside the engine")
    text = page.locator("body").inner_text()
    assert "secret" not in text and "Traceback" not in text
    expect(page.locator(".toast-body")).to_have_count(0)  # said once, by the player
    page.locator("#player").get_by_role("slider", name="Step", exact=True).press("Home")
    until(page, "p.shown.index === 0")
    desk.brake.fail_at = 0
    before = shown(page, "run")
    start(page)
    expect(page.locator("#report")).to_contain_text("failed inside the engine")
    page.locator("#run:not([disabled])").wait_for()
    assert shown(page, "run") == before, "not even a first frame: the run before it stays"
    desk.brake.release()
    run(page)
    assert shown(page, "status") == "done" and shown(page, "run") != before and shown(page, "newest") == 8
    expect(page.locator("#player .fd-toast")).to_be_hidden()
    expect(page.locator("#report")).to_have_text("")


@pytest.mark.parametrize("clicks", [2, 3])
def test_hasty_clicks_start_one_run(desk: Desk, page: Page, clicks: int) -> None:
    give_photo(page, photo(5))
    desk.brake.pause = 0.05
    runs, before = desk.brake.starts, shown(page, "run")
    page.locator("#run").click(click_count=clicks, delay=10)
    finish(page, before)
    page.wait_for_timeout(500)
    assert desk.brake.starts == runs + 1


def test_a_run_goes_on_while_another_tab_is_open(desk: Desk, page: Page) -> None:
    give_photo(page, photo(5))
    type_number(page, "#steps", 12)
    desk.brake.hold_at = 3
    before = shown(page, "run")
    start(page)
    begun(page, before)
    open_tab(page, "About")
    expect(page.get_by_role("heading", name="What you are watching")).to_be_visible()
    expect(page.locator("body")).to_contain_text("0.568")
    desk.brake.gate.set()
    page.wait_for_timeout(300)
    page.get_by_role("tab", name="Trajectory").click()
    finish(page, before)
    assert shown(page, "arrived") == 13 and shown(page, "status") == "done"


def test_reload_in_mid_run_ends_the_run_and_the_page_is_fresh(desk: Desk, page: Page) -> None:
    give_photo(page, photo(5))
    type_number(page, "#steps", 50)
    desk.brake.pause = 0.1
    before = shown(page, "run")
    start(page)
    begun(page, before)
    record = desk.record(page)
    page.reload()
    ready(page)
    forgive_reload(page)
    end = time.monotonic() + 10
    while record.summary is None and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert record.summary is not None and record.summary.status == "stopped"
    desk.brake.release()
    run(page)
    assert shown(page, "status") == "done"


def test_an_example_picked_in_mid_run_does_not_mix_with_it(desk: Desk, page: Page) -> None:
    give_photo(page, photo(5))
    desk.brake.hold_at = 2
    before = shown(page, "run")
    start(page)
    begun(page, before)
    mine = shown(page, "run")
    page.get_by_role("button", name="Drawn mask").click()
    expect(page.locator(".toast-body")).to_contain_text("A run is in progress")
    assert shown(page, "run") == mine and page.locator("#photo").is_visible()
    desk.brake.gate.set()
    finish(page, before)
    assert shown(page, "run") == mine and shown(page, "status") == "done"
    page.get_by_role("button", name="Drawn mask").click()
    until(page, f"p.run === 'stored-{desk.stored[1]}'")


def there_and_back(page: Page) -> None:
    """A run of a photo, and back; its cycle error is below the player."""
    give_photo(page, photo(5))
    type_number(page, "#steps", 4)
    run(page)
    before = shown(page, "run")
    page.get_by_role("button", name="Run it back").click()
    finish(page, before)
    expect(page.locator("#round-trip .fd-back-told")).to_contain_text("Cycle error")


def test_an_example_takes_the_result_of_there_and_back_away(desk: Desk, page: Page) -> None:
    there_and_back(page)
    page.get_by_role("button", name="Drawn mask").click()
    until(page, f"p.run === 'stored-{desk.stored[1]}'")
    for part in (".fd-back-told", ".fd-back-line"):
        expect(page.locator(f"#round-trip {part}")).to_be_hidden()


@pytest.mark.parametrize("end", ["stopped", "failed"])
def test_a_run_back_that_breaks_off_leaves_no_result_of_the_one_before(desk: Desk, page: Page, end: str) -> None:
    there_and_back(page)
    told, before = page.locator("#round-trip .fd-back-told"), shown(page, "run")
    if end == "failed":
        desk.brake.fail_at = 2
    else:
        desk.brake.hold_at = 2
    page.get_by_role("button", name="Run it back").click()
    begun(page, before)
    expect(told).to_be_hidden()
    if end == "stopped":
        page.locator("#stop").click()
        desk.brake.gate.set()
    finish(page, before)
    assert shown(page, "status") == end
    expect(told).to_be_hidden()
    expect(page.locator("#round-trip .fd-back-line")).to_be_hidden()


def test_who_waits_for_another_run_is_told_so(desk: Desk, open_page: Any) -> None:
    first, second = (ready(open_page(desk.url, height=900)) for _ in range(2))
    desk.brake.hold_at = 2
    before = [shown(page, "run") for page in (first, second)]
    for page, seed in ((first, 30), (second, 31)):
        give_photo(page, photo(seed))
    start(first)
    begun(first, before[0])
    start(second)
    expect(second.locator("#report")).to_contain_text("queue: 1/1")
    assert shown(second, "run") == before[1]
    desk.brake.gate.set()
    for page, old in ((first, before[0]), (second, before[1])):
        finish(page, old)
    expect(second.locator("#report")).to_have_text("")


def test_two_visitors_get_their_own_frames(desk: Desk, open_page: Any) -> None:
    pages = [ready(open_page(desk.url, height=900)) for _ in range(2)]
    desk.brake.pause = 0.05
    before = [shown(page, "run") for page in pages]
    for seed, page in enumerate(pages):
        give_photo(page, photo(20 + seed))
        start(page)
    for seed, (page, old) in enumerate(zip(pages, before, strict=True)):
        finish(page, old)
        record = desk.record(page)
        np.testing.assert_array_equal(record.given.pixels, drawing(20 + seed))
        assert shown(page, "status") == "done"
    assert shown(pages[0], "run") != shown(pages[1], "run")
