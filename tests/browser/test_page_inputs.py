"""What visitors give to the page: odd photos, wrong numbers, hostile names; it works or is refused in one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from page_kit import (
    FLOW,
    LABELS,
    ONE_STEP,
    OTHER,
    TO_IMAGE,
    TO_MASK,
    Desk,
    box,
    choose_model,
    direction,
    drawing,
    file_of,
    give_photo,
    photo,
    ready,
    refusal,
    run,
    shown,
    start,
    type_number,
)
from PIL import Image
from playwright.sync_api import Page, expect

from flowdemo.rendering import encoders

HOSTILE = '<img src=x onerror="window.hit=1">'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"><script>window.hit=1</script></svg>'


@pytest.fixture
def page(desk: Desk, open_page: Any) -> Page:
    return ready(open_page(desk.url, height=900, refusals=True))


def refused(desk: Desk, page: Page, place: str, text: str) -> None:
    """Press Run: the control says why not, nothing is queued, and Run stays ready."""
    runs, before = desk.brake.starts, shown(page, "run")
    start(page)
    message = page.locator(f"{place} div.validation-error")
    expect(message).to_contain_text(text)
    expect(refusal(page)).to_have_count(1)
    said = message.inner_text()
    assert len(said) < 260 and "/" not in said.replace("/25", ""), f"one plain sentence: {said}"
    expect(page.locator("#run")).to_be_enabled()
    assert desk.brake.starts == runs and shown(page, "run") == before


def animation() -> bytes:
    frames = [Image.fromarray(drawing(seed)) for seed in range(3)]
    return file_of(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=80)


def works() -> dict[str, tuple[bytes, str]]:
    plain = Image.fromarray(drawing(2))
    deep = Image.fromarray((drawing(2)[..., 0].astype(np.uint16) << 8) | 7)
    clear = Image.fromarray(np.dstack([drawing(2), np.full((48, 64), 90, np.uint8)]))
    return {
        "sixteen.png": (file_of(deep), "image/png"),
        "print.jpg": (file_of(plain.convert("CMYK"), "JPEG"), "image/jpeg"),
        "alpha.png": (file_of(clear), "image/png"),
        "palette.gif": (file_of(plain.convert("P"), "GIF"), "image/gif"),
        "grey.webp": (file_of(plain.convert("L"), "WEBP"), "image/webp"),
        "sliver.png": (file_of(Image.fromarray(drawing(2, 3, 90))), "image/png"),
        f"{HOSTILE}.png".replace("/", ""): (photo(2), "image/png"),
    }


def test_photos_of_every_kind_work(desk: Desk, page: Page) -> None:
    for name, (data, mime) in works().items():
        give_photo(page, data, name, mime)
        run(page)
        assert shown(page, "status") == "done", name
        assert desk.record(page).given.pixels.shape == (48, 64, 3)
        expect(refusal(page)).to_have_count(0)
    assert page.evaluate("window.hit") is None


DROP = """async ([place, data]) => {
  const file = new File([await (await fetch(data)).blob()], "dropped.png", { type: "image/png" });
  const transfer = new DataTransfer();
  transfer.items.add(file);
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.querySelector(place).dispatchEvent(event);
  }
}"""


def test_a_photo_dropped_on_another_takes_its_place(desk: Desk, page: Page) -> None:
    before = page.locator("#photo img").get_attribute("src")
    page.evaluate(DROP, ["#photo img", encoders.data_uri("image/png", photo(8))])
    page.wait_for_function("old => (document.querySelector('#photo img')?.src ?? old) !== old", arg=before)
    run(page)
    np.testing.assert_array_equal(desk.record(page).given.pixels, drawing(8))


@pytest.mark.parametrize(
    ("name", "mime", "data", "text"),
    [
        ("cut.png", "image/png", photo()[:900], "damaged"),
        ("moving.gif", "image/gif", animation(), "more than one frame"),
        ("drawing.svg", "image/svg+xml", SVG, "SVG drawing"),
        ("notes.png", "image/png", b"just some words " * 9, "is text"),
        ("empty.png", "image/png", b"", "empty"),
        ("page.png", "image/png", b"<html><script>window.hit=1</script></html>", "web page"),
    ],
)
def test_files_that_are_no_photo_are_refused_beside_the_box(
    desk: Desk, page: Page, name: str, mime: str, data: bytes, text: str
) -> None:
    give_photo(page, data, name, mime)
    refused(desk, page, "#photo", text)
    give_photo(page, photo(3))
    expect(refusal(page)).to_have_count(0)
    run(page)
    assert shown(page, "status") == "done" and page.evaluate("window.hit") is None


def test_a_bomb_is_refused_from_its_header(desk: Desk, page: Page) -> None:
    give_photo(page, file_of(Image.new("1", (9400, 9400))), "bomb.png")
    refused(desk, page, "#photo", "the limit is 40")


def test_nothing_given_is_said_where_it_belongs(desk: Desk, page: Page) -> None:
    page.locator("#photo").get_by_role("button", name="Remove Image").click()
    page.locator("#photo img").wait_for(state="detached")
    refused(desk, page, "#photo", "Choose a photo first")
    direction(page, TO_IMAGE)
    expect(refusal(page)).to_have_count(0)
    refused(desk, page, "#painter", "Paint or load a mask first")
    box(page, "leaf", (5, 5), (20, 20))
    expect(refusal(page)).to_have_count(0)
    run(page)
    assert shown(page, "status") == "done"


@pytest.mark.parametrize(
    ("place", "value", "text"),
    [
        ("#steps", 51, "whole number from 1 to 50"),
        ("#steps", 0, "whole number from 1 to 50"),
        ("#steps", -1, "whole number from 1 to 50"),
        ("#steps", 2.5, "whole number from 1 to 50"),
        ("#steps", "", "whole number from 1 to 50"),
        ("#seed", -1, "whole number from 0 to"),
        ("#seed", 2**31, "whole number from 0 to"),
        ("#seed", 0.5, "whole number from 0 to"),
        ("#samples", 9, "whole number from 1 to 8"),
        ("#beta", 127, "below 127"),
    ],
)
def test_numbers_out_of_range_never_run(desk: Desk, page: Page, place: str, value: Any, text: str) -> None:
    """Gradio brings some into range as they are typed; what reaches the server is refused beside its control."""
    direction(page, TO_IMAGE)
    box(page, "leaf", (5, 5), (20, 20))
    type_number(page, place, value)
    kept = page.locator(f"{place} input[type=number]").input_value()
    if kept == str(value):
        refused(desk, page, place, text)
    else:
        run(page)
        request = desk.record(page).request
        assert 1 <= request.steps <= 50 and 0 <= request.seed < 2**31 and request.samples <= 8 and request.beta < 127
    type_number(page, place, 3)
    expect(refusal(page)).to_have_count(0)
    run(page)
    assert shown(page, "status") == "done" and desk.record(page).request.to_json()[place[1:]] == 3


def test_a_wrong_number_that_is_not_shown_is_not_at_fault(desk: Desk, page: Page) -> None:
    direction(page, TO_IMAGE)
    type_number(page, "#seed", -5)
    direction(page, TO_MASK)
    give_photo(page, photo(4))
    run(page)
    assert shown(page, "status") == "done"


def test_models_and_directions_may_be_changed_at_any_time(desk: Desk, page: Page) -> None:
    give_photo(page, photo(4))
    direction(page, TO_IMAGE)
    choose_model(page, ONE_STEP)
    expect(page.locator("#photo")).to_be_visible()
    expect(page.locator("#direction label")).to_have_count(1)
    expect(page.locator("#more")).to_be_hidden()
    run(page)
    assert desk.record(page).request.model == ONE_STEP
    for model in (OTHER, FLOW):
        choose_model(page, model)
        expect(page.locator("#direction label")).to_have_count(2)
        run(page)
        assert desk.record(page).request.model == model and shown(page, "newest") == 4


def test_passing_through_the_list_of_models_changes_nothing(page: Page) -> None:
    type_number(page, "#steps", 7)
    models = page.locator("#model input")
    models.focus()
    page.keyboard.press("Tab")
    page.wait_for_timeout(600)  # what the list may say when it loses the focus would be answered by now
    steps = page.locator("#steps input[type=number]")
    expect(steps).to_have_value("7")
    models.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(models).not_to_have_value(LABELS[FLOW])
    expect(steps).not_to_have_value("7")
