"""What a person takes home opens, says how it was made, and can be made again."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny import POSTERIOR, SIDE, VELOCITY, mask_labels

from flowdemo.engine import Engine, Given, RunRecord, run
from flowdemo.engine import products as products_module
from flowdemo.engine.products import PRODUCTS, make
from flowdemo.errors import InputError
from flowdemo.rendering import recipe, views
from flowdemo.rendering.masks import read_mask
from flowdemo.request import recipe_fields

from .fakes import begin, put_in

STEPS = 3


@pytest.fixture(scope="module")
def to_mask(shared_engine: Engine) -> RunRecord:
    given = Given("picture", np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))
    return run({"model": POSTERIOR, "steps": STEPS, "settings": {"temperature": 0.5}}, given, shared_engine)


@pytest.fixture(scope="module")
def to_image(shared_engine: Engine) -> RunRecord:
    raw = {"model": VELOCITY, "direction": "mask-to-image", "steps": STEPS, "solver": "heun", "beta": 12.5, "seed": 40,
           "samples": 2}  # fmt: skip
    return run(raw, Given("mask", mask_labels()), shared_engine)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_names_carry_what_was_run(to_mask: RunRecord, to_image: RunRecord) -> None:
    assert make(to_mask, "picture").name == "a-posterior_image-to-mask_3steps_euler.png"
    assert make(to_mask, "frame", 2).name == "a-posterior_image-to-mask_3steps_euler_frame002.png"
    assert make(to_image, "zip", 0, 1).name == "b-velocity_mask-to-image_3steps_heun_beta12.5_seed41_zip.zip"
    names = [make(to_image, kind, 0, sample).name for kind in PRODUCTS for sample in (0, 1)]
    assert len(set(names)) == len(names) and all("/" not in name and " " not in name for name in names)


@pytest.mark.parametrize("kind", ["frame", "picture", "sheet", "mask"])
def test_pictures_open_and_carry_their_recipe(to_image: RunRecord, shared_engine: Engine, kind: str) -> None:
    product = make(to_image, kind, 1, 1)
    assert product.mime == "image/png" and opened(product.data).format == "PNG"
    raw = recipe.extract(product.data)
    assert shared_engine.request(recipe_fields(raw)) == to_image.request
    weights = {name: entry["sha256"] for name, entry in to_image.manifest.files.items()}
    assert raw["weights"] == weights and all(len(digest) == 64 for digest in weights.values())


def test_a_recipe_with_its_mask_repeats_the_run(to_image: RunRecord, shared_engine: Engine) -> None:
    raw = json.loads(make(to_image, "recipe").data)
    assert raw == recipe.extract(make(to_image, "picture").data)
    again = Given.mask(base64.b64decode(raw["mask"].partition(",")[2]), to_image.manifest)
    assert again.sha256 == to_image.given.sha256 == raw["input"]
    record = run(recipe_fields(raw), again, shared_engine)
    assert make(record, "picture").data == make(to_image, "picture").data


def test_a_mask_too_intricate_for_a_recipe_is_left_out(to_image: RunRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products_module, "MAX_MASK", 50)
    raw = recipe.extract(make(to_image, "picture").data)
    assert "mask" not in raw and raw["input"] == to_image.given.sha256


def test_a_frame_is_the_state_and_the_picture_is_the_end(to_mask: RunRecord, to_image: RunRecord) -> None:
    for i in range(STEPS + 1):
        expected = views.state_picture(to_image.codes(1)[i])
        assert np.array_equal(np.asarray(opened(make(to_image, "frame", i, 1).data)), expected)
    assert np.array_equal(np.asarray(opened(make(to_image, "picture", 0, 1).data)), expected)
    coloured = np.asarray(opened(make(to_mask, "picture").data))
    lut = np.array([c.color for c in to_mask.manifest.palette.classes], np.uint8)
    assert np.array_equal(coloured, lut[to_mask.classes(0)[-1]])


def test_the_mask_holds_class_indices(to_mask: RunRecord, to_image: RunRecord) -> None:
    indices = np.asarray(opened(make(to_mask, "mask").data))
    assert np.array_equal(indices, to_mask.classes(0)[-1])
    painted = make(to_image, "mask").data
    assert np.array_equal(np.asarray(opened(painted)), mask_labels())
    palette = to_image.manifest.palette
    assert np.array_equal(read_mask(painted, palette.classes, None, palette.ignore).indices, mask_labels())


@pytest.mark.parametrize(("kind", "format"), [("webp", "WEBP"), ("gif", "GIF")])
def test_animations_show_every_frame_and_scale_by_whole_numbers(to_mask: RunRecord, kind: str, format: str) -> None:
    product = make(to_mask, kind)
    image = opened(product.data)
    assert (image.format, image.n_frames, product.mime) == (format, STEPS + 1, f"image/{kind}")
    assert image.size == (512, 512)


def test_the_sheet_shows_at_most_eighteen_frames(engine: Engine) -> None:
    put_in(engine, path=lambda i: (i / 50, 0.0, 0.0))
    record = begin(engine, 50)
    list(engine.stream(record))
    # 51 frames of 192 pixels in rows of six would be nine rows; eighteen are three.
    width, height = opened(make(record, "sheet").data).size
    assert 3 * 192 < height < 4.5 * 192 and 6 * 192 < width < 8 * 192


def test_the_archive_holds_what_its_manifest_says(to_image: RunRecord) -> None:
    with zipfile.ZipFile(io.BytesIO(make(to_image, "zip", 0, 1).data)) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        names = set(archive.namelist())
        assert names == {"manifest.json", *manifest["files"]}
        assert {f"frames/{i:03d}.png" for i in range(STEPS + 1)} | {"result.png", "mask.png", "recipe.json"} < {*names}
        for name, entry in manifest["files"].items():
            data = archive.read(name)
            assert (len(data), hashlib.sha256(data).hexdigest()) == (entry["bytes"], entry["sha256"])
        assert archive.read("result.png") == make(to_image, "picture", 0, 1).data
    assert manifest["times"] == [frame.t for frame in to_image.frames]


def test_products_of_the_same_run_are_the_same_bytes(to_mask: RunRecord) -> None:
    for kind in PRODUCTS:
        assert make(to_mask, kind).data == make(to_mask, kind).data


@pytest.mark.parametrize(
    ("kind", "frame", "sample", "field"),
    [("pdf", 0, 0, "kind"), (None, 0, 0, "kind"), (["zip"], 0, 0, "kind"), ("frame", STEPS + 1, 0, "frame"),
     ("frame", -1, 0, "frame"), ("frame", 1.0, 0, "frame"), ("frame", "0", 0, "frame"), ("mask", 0, 2, "sample"),
     ("mask", 0, -1, "sample"), ("mask", 0, True, "sample")],
)  # fmt: skip
def test_products_that_do_not_exist(to_image: RunRecord, kind: Any, frame: Any, sample: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        make(to_image, kind, frame, sample)
    assert caught.value.field == field


def test_a_run_without_frames_has_no_products(engine: Engine) -> None:
    with pytest.raises(InputError, match="no frames"):
        make(begin(engine), "picture")
