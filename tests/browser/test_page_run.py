"""Runs on the whole page: frames arrive, stop, fail, repeat and belong to who asked for them."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import numpy as np
import pytest
from page_kit import (
    BETA_BOUND,
    FLOW,
    HEIGHT,
    ONE_STEP,
    OTHER,
    TO_IMAGE,
    WIDTH,
    Desk,
    begun,
    box,
    choose_model,
    direction,
    finish,
    give_photo,
    number,
    painted,
    photo,
    pixels,
    ready,
    refusal,
    run,
    shown,
    start,
    three_classes,
    turned_jpeg,
    type_number,
    until,
)
from playwright.sync_api import Page, expect

from flowdemo.engine import Given
from flowdemo.engine import run as compute
from flowdemo.rendering import encoders
from flowdemo.request import recipe_fields


@pytest.fixture
def page(desk: Desk, open_page: Any) -> Page:
    return ready(open_page(desk.url, height=900))


# --- the first look ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (360, 740)])
def test_cold_open_shows_a_stored_run_and_run_at_once(desk: Desk, open_page: Any, width: int, height: int) -> None:
    page = open_page(desk.url, width=width, height=height, touch=width < 500)
    ready(page)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    metrics = {entry["name"]: entry["value"] for entry in session.send("Performance.getMetrics")["metrics"]}
    assert metrics["TaskDuration"] < 3, "seconds of work in the browser until the stored run is on the screen"
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("#run")).to_be_in_viewport()
    expect(page.locator("#player .fd-badge")).to_have_text("stored")
    assert shown(page, "newest") == 5
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "flowdemo" in page.title()


def test_an_example_is_shown_as_stored_and_run_makes_it_live(desk: Desk, page: Page) -> None:
    page.get_by_role("button", name="Drawn mask").click()
    until(page, f"p.run === 'stored-{desk.stored[1]}' && p.arrived === 6")
    expect(page.locator("#player .fd-badge")).to_have_text("stored")
    stored = desk.record(page)
    run(page)
    expect(page.locator("#player .fd-badge")).to_have_text("live")
    live = desk.record(page)
    assert live.request == stored.request, "the example set every control"
    np.testing.assert_array_equal(live.given.pixels, stored.given.pixels)
    np.testing.assert_allclose(live.codes(0)[-1], stored.codes(0)[-1], atol=0.01)
    page.get_by_role("button", name="Drawn picture").click()
    until(page, f"p.run === 'stored-{desk.stored[0]}'")
    run(page)
    assert desk.record(page).given.sha256 == desk.engine.runs.get(f"stored-{desk.stored[0]}").given.sha256


# --- photo to mask ----------------------------------------------------------------------------------------------


def test_a_turned_photo_becomes_a_mask_frame_by_frame(desk: Desk, page: Page) -> None:
    give_photo(page, turned_jpeg(), "turned.jpg", "image/jpeg")
    type_number(page, "#steps", 10)
    desk.brake.hold_at = 4
    before = shown(page, "run")
    start(page)
    begun(page, before)
    until(page, "p.newest >= 2")
    assert desk.brake.made <= 4 and shown(page, "status") is None, "frames are shown while the engine works"
    desk.brake.gate.set()
    finish(page, before)
    record = desk.record(page)
    assert shown(page, "arrived") == 11 and record.request.steps == 10
    upright = record.given.pixels.astype(float)
    assert upright[:8, :10].mean() > 200 > upright[-8:, :10].mean(), "the bright corner is where the photo has it"
    again = compute(recipe_fields(record.request.to_json()), Given.picture(turned_jpeg(), record.manifest), desk.engine)
    np.testing.assert_array_equal(again.classes(0)[-1], record.classes(0)[-1])
    page.locator("#player").get_by_role("button", name="Classes", exact=True).click()
    until(page, "p.view === 'classes' && p.shown.index === 10")
    painted(page)
    np.testing.assert_array_equal(stage(page), record.manifest.palette.lut()[record.classes(0)[-1]])


def stage(page: Page) -> np.ndarray:
    """The map on the stage, uint8 [HEIGHT, WIDTH, 3]."""
    url = page.locator("#player .fd-top").evaluate("node => node.toDataURL()")
    return pixels(url)[..., :3]


def test_the_api_gives_the_same_mask_as_the_page(desk: Desk, page: Page) -> None:
    give_photo(page, photo(11))
    run(page)
    record = desk.record(page)
    image = encoders.data_uri("image/png", photo(11))
    answer = api(desk, model=FLOW, direction="image-to-mask", image=image, steps=record.request.steps)
    np.testing.assert_array_equal(
        pixels(answer["samples"][0]["picture"]), record.manifest.palette.lut()[record.classes(0)[-1]]
    )


def api(desk: Desk, **arguments: Any) -> dict[str, Any]:
    """The last message of a call of /trajectory; {"error": text} where it is refused."""
    names = ("model", "direction", "image", "mask", "steps", "solver", "beta", "seed", "samples", "temperature",
             "label")  # fmt: skip
    defaults = {"model": "", "direction": "", "solver": "euler", "seed": 0, "samples": 1, "label": ""}
    data = json.dumps({"data": [arguments.get(name, defaults.get(name)) for name in names]}).encode()
    question = urllib.request.Request(
        f"{desk.url}/gradio_api/call/trajectory", data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(question, timeout=20) as response:
        event = json.load(response)["event_id"]
    with urllib.request.urlopen(f"{desk.url}/gradio_api/call/trajectory/{event}", timeout=30) as response:
        lines = response.read().decode().strip().splitlines()
    kind, data = lines[-2].removeprefix("event: "), json.loads(lines[-1].removeprefix("data: "))
    return {"error": data} if kind == "error" else data[0]


def test_the_one_step_model_shows_its_two_frames_and_no_step_controls(desk: Desk, page: Page) -> None:
    give_photo(page, photo(3))
    choose_model(page, ONE_STEP)
    expect(page.locator("#steps")).to_be_hidden()
    expect(page.locator("#calls")).to_contain_text("one evaluation")
    run(page)
    assert desk.record(page).request.model == ONE_STEP and shown(page, "newest") == 1
    choose_model(page, OTHER)
    expect(page.locator("#steps")).to_be_visible()
    run(page)
    assert desk.record(page).request.model == OTHER and shown(page, "newest") == 4


# --- mask to image ----------------------------------------------------------------------------------------------


def test_of_two_quick_choices_the_last_one_counts(page: Page) -> None:
    slow = {"offline": False, "latency": 700, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    for name in (TO_IMAGE, "Photo → mask"):
        page.locator("#direction").get_by_text(name).click()
    page.wait_for_timeout(3000)  # every answer is there
    assert page.locator("#photo").is_visible() and page.locator("#painter canvas").is_hidden()


def test_the_engine_receives_exactly_what_was_painted(desk: Desk, page: Page) -> None:
    direction(page, TO_IMAGE)
    mask = three_classes(page)
    run(page)
    record = desk.record(page)
    np.testing.assert_array_equal(record.given.pixels, mask)
    assert record.request.direction == "mask-to-image" and shown(page, "newest") == 6
    page.locator("#direction").get_by_text("Photo → mask").click()
    direction(page, TO_IMAGE)
    run(page)
    np.testing.assert_array_equal(desk.record(page).given.pixels, mask, "the painting outlives a change of direction")


def test_beta_stays_below_its_bound_everywhere(desk: Desk, open_page: Any) -> None:
    page = ready(open_page(desk.url, refusals=True, height=900))
    direction(page, TO_IMAGE)
    box(page, "leaf", (10, 10), (40, 30))
    figure = page.locator("#beta-figure svg")
    expect(figure).to_have_attribute("aria-label", "Perturbation 40.5 grey levels, bound 127")
    slider = page.locator("#beta input[type=range]")
    slider.focus()
    slider.press("End")
    top = float(number(page, "#beta").input_value())
    assert BETA_BOUND - 1 < top < BETA_BOUND
    expect(figure).to_have_attribute("aria-label", f"Perturbation {top:g} grey levels, bound 127")
    run(page)
    assert desk.record(page).request.beta == top
    slider.press("Home")
    run(page)
    assert desk.record(page).request.beta == 0
    runs = desk.brake.starts
    for beyond in (127, 500, -1):
        type_number(page, "#beta", beyond)
        if not -0.001 < float(number(page, "#beta").input_value()) < BETA_BOUND:
            start(page)
            expect(refusal(page)).to_contain_text("below 127")
        assert desk.brake.starts == runs
        mask = encoders.data_uri("image/png", encoders.grey_png(np.zeros((HEIGHT, WIDTH), np.uint8)))
        said = api(desk, model=FLOW, direction="mask-to-image", mask=mask, beta=beyond)
        assert "below 127" in str(said.get("error"))
    assert desk.brake.starts == runs


def test_seeds_repeat_a_picture_and_the_dice_gives_another(desk: Desk, page: Page) -> None:
    direction(page, TO_IMAGE)
    box(page, "leaf", (10, 10), (40, 30))
    type_number(page, "#seed", 7)
    made = []
    for _ in range(2):
        run(page)
        made.append(desk.record(page).codes(0)[-1])
    np.testing.assert_array_equal(made[0], made[1])
    assert number(page, "#seed").input_value() == "7", "a run does not touch the seed"
    page.get_by_role("button", name="New seed").click()
    page.wait_for_function("() => document.querySelector('#seed input').value !== '7'")
    run(page)
    record = desk.record(page)
    assert str(record.request.seed) == number(page, "#seed").input_value()
    assert f"seed {record.request.seed}" in page.locator("#player .fd-title").inner_text()
    assert np.abs(record.codes(0)[-1] - made[0]).max() > 0.01


def test_several_pictures_of_one_mask_have_the_next_seeds(desk: Desk, page: Page) -> None:
    direction(page, TO_IMAGE)
    box(page, "leaf", (10, 10), (40, 30))
    type_number(page, "#samples", 3)
    type_number(page, "#steps", 2)
    type_number(page, "#seed", 4)
    run(page)
    record = desk.record(page)
    expect(page.locator("#player .fd-wall button")).to_have_count(3)
    alone = compute(recipe_fields(record.request.to_json()) | {"seed": 6, "samples": 1}, record.given, desk.engine)
    np.testing.assert_allclose(record.codes(2)[-1], alone.codes(0)[-1], atol=2e-3)


# --- looking closer ---------------------------------------------------------------------------------------------


def test_the_probe_ends_in_the_final_class_and_settling_agrees_with_the_engine(desk: Desk, page: Page) -> None:
    give_photo(page, photo(9))
    type_number(page, "#steps", 6)
    run(page)
    record, area = desk.record(page), page.locator("#player .fd-stack").bounding_box()
    page.locator("#player").get_by_role("button", name="Settling").click()
    until(page, "p.view === 'settling'")
    for x, y in ((3, 2), (40, 25), (63, 47)):
        place = (area["x"] + (x + 0.5) * area["width"] / WIDTH, area["y"] + (y + 0.5) * area["height"] / HEIGHT)
        page.mouse.click(*place)
        until(page, f"p.probe && p.probe.x === {x} && p.probe.y === {y}")
        probe = shown(page, "probe")
        assert probe["classes"] == record.classes(0)[:, y, x].tolist()
        final = record.manifest.palette.classes[int(record.classes(0)[-1, y, x])].name
        expect(page.locator("#player .fd-space")).to_have_attribute(
            "aria-label", f"Path of pixel {x}, {y} through code space; it ends in {final}."
        )
        settled = int(record.summary.settling[0, y, x])
        expect(page.locator("#player .fd-caption-text")).to_contain_text(f"settled at step {settled}")
    shares = [(record.summary.settling[0] <= step).mean() for step in range(7)]
    np.testing.assert_allclose(record.summary.settled, shares)
