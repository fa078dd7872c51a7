"""What a person takes home from the page, and brings back to it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from page_kit import (
    FLOW,
    OTHER,
    TO_IMAGE,
    Desk,
    choose,
    choose_model,
    controls,
    direction,
    give_photo,
    load_recipe,
    photo,
    ready,
    run,
    save,
    shown,
    three_classes,
    type_number,
    unfold,
)
from PIL import Image
from playwright.sync_api import Page, expect

from flowdemo.rendering import recipe

HOSTILE = "<img src=x onerror=window.hit=1>"


@pytest.fixture
def page(desk: Desk, open_page: Any) -> Page:
    return ready(open_page(desk.url, height=900))


def set_everything(page: Page) -> None:
    """A run towards the image in which no control stands where it stood."""
    direction(page, TO_IMAGE)
    three_classes(page)
    type_number(page, "#steps", 3)
    type_number(page, "#beta", 33.3)
    type_number(page, "#seed", 7)
    type_number(page, "#samples", 2)
    unfold(page, "#more")
    choose(page, "#solver", "Heun")
    type_number(page, "#temperature", 0.25)


def test_a_saved_png_json_or_mask_sets_every_control_again(desk: Desk, page: Page, open_page: Any) -> None:
    set_everything(page)
    run(page)
    first, said = desk.record(page), controls(page)
    files = [save(page, title) for title in ("Result as PNG", "Settings that reproduce this run, as JSON",
                                             "Class indices as PNG", "All frames on one PNG")]  # fmt: skip
    for name, data in files:
        fresh = ready(open_page(desk.url, height=900))
        choose_model(fresh, OTHER)
        assert load_recipe(fresh, name, data) == "The recipe is loaded."
        expect(fresh.locator("#model input")).to_have_value("Tiny flow")
        fresh.wait_for_timeout(100)
        assert controls(fresh) == said, name
        run(fresh)
        again = desk.record(fresh)
        assert again.request == first.request and again.id != first.id
        np.testing.assert_array_equal(again.given.pixels, first.given.pixels)
        np.testing.assert_array_equal(again.codes(1), first.codes(1))
        fresh.close()


def test_a_recipe_of_a_photo_asks_for_the_photo(desk: Desk, page: Page) -> None:
    give_photo(page, photo(6))
    type_number(page, "#steps", 7)
    run(page)
    name, data = save(page, "Settings that reproduce this run, as JSON")
    first = desk.record(page)
    type_number(page, "#steps", 2)
    assert "same photo" in load_recipe(page, name, data)
    assert controls(page)["steps"] == "7"
    run(page)
    assert desk.record(page).request == first.request


def test_downloads_are_what_their_names_say(desk: Desk, page: Page) -> None:
    direction(page, TO_IMAGE)
    mask = three_classes(page)
    type_number(page, "#steps", 4)
    run(page)
    record = desk.record(page)
    name, data = save(page, "All frames in a ZIP")
    assert name.startswith(f"{FLOW}_mask-to-image_4steps_euler_beta40.5_seed") and name.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        inside = {entry: archive.read(entry) for entry in archive.namelist()}
    assert [f"frames/{i:03d}.png" in inside for i in range(6)] == [True] * 5 + [False]
    assert json.loads(inside["recipe.json"])["steps"] == 4
    assert recipe.extract(inside["result.png"])["seed"] == record.request.seed
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(inside["mask.png"]))), mask)
    for title, kind in (("Animation as GIF", "GIF"), ("Animation as WebP", "WEBP"), ("All frames on one PNG", "PNG")):
        picture = Image.open(io.BytesIO(save(page, title)[1]))
        assert picture.format == kind and getattr(picture, "n_frames", 1) == (1 if kind == "PNG" else 5)


def hostile() -> dict[str, bytes]:
    good = {"format": 1, "model": FLOW, "direction": "mask-to-image", "steps": 3, "solver": "euler", "beta": 3.0,
            "seed": 1, "samples": 1, "settings": {}}  # fmt: skip
    as_bytes = {
        "beta at its bound": good | {"beta": 127.0},
        "unknown model": good | {"model": HOSTILE},
        "unknown solver": good | {"solver": HOSTILE},
        "unknown entry": good | {HOSTILE: 1},
        "no number": good | {"steps": "many"},
        "too many": good | {"steps": 51},
        "newer": good | {"format": 99},
        "mask of another kind": good | {"mask": "data:image/png;base64,AAAA"},
        "mask on disk": good | {"mask": "/etc/passwd"},
        "list": [1, 2],
    }
    found = {name: json.dumps(value).encode() for name, value in as_bytes.items()}
    return found | {
        "no json": b"{" + b"a" * 50,
        "deep": b'{"model":' * 400,
        "not finite": b'{"format": 1, "model": "tiny-flow", "beta": NaN}',
        "huge": b'{"model": "' + b"a" * 100_000 + b'"}',
        "empty": b"",
        "binary": bytes(range(256)),
        "plain picture": photo(1),
        "script in a picture": recipe.embed(photo(1), good | {"model": f"<script>{HOSTILE}</script>"}),
        "cut picture": photo(1)[:200],
    }


def test_hostile_recipes_get_one_sentence_and_change_nothing(desk: Desk, page: Page) -> None:
    direction(page, TO_IMAGE)
    three_classes(page)
    type_number(page, "#seed", 5)
    before, runs = controls(page), desk.brake.starts
    for name, data in hostile().items():
        said = load_recipe(page, f"{HOSTILE}.json".replace("/", ""), data)
        assert said.endswith(".") and 10 < len(said) < 300, f"{name}: {said}"
        assert "Traceback" not in said and "/" not in said, f"{name}: {said}"
        expect(page.locator("#report .fd-bad")).to_have_count(1)
        assert controls(page) == before, name
    assert page.evaluate("window.hit") is None and page.locator("img[src=x]").count() == 0
    assert desk.brake.starts == runs
    run(page)
    assert shown(page, "status") == "done"
