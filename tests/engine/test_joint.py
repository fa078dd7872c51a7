"""Runs of joint states: two halves a frame, read by pixel or by level, in both directions."""

from __future__ import annotations

import io
import json
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny import CLASSES, JOINT, LEVELS, POSTERIOR, SIDE, mask_labels

from flowdemo.codes.levels import Levels
from flowdemo.engine import Engine, Given, RunRecord, run
from flowdemo.engine.folder import save_run, summarised
from flowdemo.engine.messages import frame_json, meta, summary_json, title
from flowdemo.engine.products import make, recipe_of
from flowdemo.engine.stored import load_stored, save_stored
from flowdemo.errors import InputError

PHOTO = Given("picture", np.random.default_rng(2).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))
WAYS = {
    "to mask": (JOINT, "image-to-mask", PHOTO),
    "from mask": (JOINT, "mask-to-image", Given("mask", mask_labels())),
    "to label": (LEVELS, "image-to-label", PHOTO),
    "from label": (LEVELS, "label-to-image", Given("label", np.array([2], np.uint8))),
}


@pytest.fixture(scope="module", params=list(WAYS))
def record(request: pytest.FixtureRequest, shared_engine: Engine) -> RunRecord:
    model, direction, given = WAYS[request.param]
    return run({"model": model, "direction": direction, "steps": 3, "seed": 5, "samples": 2}, given, shared_engine)


def towards_image(record: RunRecord) -> bool:
    return record.request.direction.endswith("to-image")


def test_one_half_forms_while_the_other_starts_clean(record: RunRecord) -> None:
    halves = (record.codes(0), record.images(0))
    assert halves[0].shape == (4, 3, SIDE, SIDE) and halves[1].shape[2:] == (SIDE, SIDE)
    noisy = halves[1][0] if towards_image(record) else halves[0][0]
    assert 0.4 < noisy.std() < 1.2, "the half that forms starts as noise"
    if not towards_image(record):
        luma = PHOTO.pixels @ np.array([0.299, 0.587, 0.114]) / 127.5 - 1
        start = halves[1][0]
        expected = luma[None] if len(start) == 1 else PHOTO.pixels.transpose(2, 0, 1) / 127.5 - 1
        np.testing.assert_allclose(start, expected, atol=2e-3)


def test_samples_differ_and_each_equals_a_run_of_its_own(record: RunRecord, shared_engine: Engine) -> None:
    assert not np.array_equal(record.images(0)[-1], record.images(1)[-1])
    raw = record.request.to_json() | {"seed": 6, "samples": 1}
    raw.pop("format")
    alone = run(raw, record.given, shared_engine)
    np.testing.assert_allclose(alone.images(0), record.images(1), atol=2e-3)
    np.testing.assert_allclose(alone.codes(0), record.codes(1), atol=2e-3)


def test_speeds_and_lengths_are_those_of_the_label_channel(shared_engine: Engine) -> None:
    model, direction, given = WAYS["to label"]
    record = run({"model": model, "direction": direction, "steps": 3, "seed": 5}, given, shared_engine)
    system = shared_engine.model(model).system
    start = system.start(direction, given.batch(1), 0.0, (5,))
    states = [step.x[:, -1].numpy() for step in system.steps(direction, start, 3)]
    moves = [np.abs(after - before).mean() for before, after in pairwise(states)]
    assert [f.numbers["mean_speed"] for f in record.frames[1:]] == pytest.approx([3 * m for m in moves], rel=5e-3)
    assert record.summary.path_length == pytest.approx(sum(moves), rel=5e-3)


def test_the_description_names_halves_times_and_what_is_drawn(record: RunRecord) -> None:
    told = meta(record)
    forms = "image" if towards_image(record) else "label"
    labels = "global" if record.request.model == LEVELS else "pixel"
    assert told["pair"] == {"forms": forms, "labels": labels, "dissolves": True} and told["system"] == "SymmFlow"
    assert [told["time"]["start"], told["time"]["end"]] == ([0, 1] if towards_image(record) else [1, 0])
    assert [record.frames[0].t, record.frames[-1].t] == [told["time"]["start"], told["time"]["end"]]
    assert told["seed"] == 5 and "seed 5" in title(record)
    assert (told["beta"] is None) == (not towards_image(record))
    assert told["label"] == record.given.label and (told["input"] is None) == (told["label"] is not None)
    if labels == "global":
        assert told["levels"] == [-2, 0, 2] and told["views"] == ["state", "speed"]
        assert told["beta_unit"] == "level spacings"
    else:
        assert told["levels"] is None and "classes" in told["views"] and told["beta_unit"] == "grey levels"


def test_frames_carry_both_halves_and_the_reading(record: RunRecord) -> None:
    first, last = frame_json(record.frames[0]), frame_json(record.frames[-1])
    assert first["samples"][0]["partner"]["speed"] is None and last["samples"][0]["partner"]["speed_scale"] > 0
    for k, sample in enumerate(last["samples"]):
        assert sample["partner"]["state"].startswith("data:image/jpeg") and sample["speed"]
        if record.request.model == JOINT:
            assert sample["level"] is None and sample["classes"]
            continue
        mean = 2 * record.codes(k)[-1].mean()
        assert sample["classes"] is None and abs(sample["level"]["mean"] - mean) < 5e-3
        distances = [abs(mean - level) / 2 for level in (-2, 0, 2)]
        np.testing.assert_allclose(sample["level"]["distances"], distances, atol=5e-3)
        assert sample["level"]["nearest"] == int(np.argmin(distances))


def test_the_summary_of_a_label_counts_samples(record: RunRecord) -> None:
    told = summary_json(record.summary)
    if record.request.model == JOINT:
        assert len(told["settling"]) == 2 and told["curves"]["changed"][1] is not None
        return
    assert told["settling"] == [] and set(told["curves"]["changed"]) == {None}
    wanted = [record.labels(k)[-1] if record.given.label is None else record.given.label for k in (0, 1)]
    shares = np.mean([record.labels(k) == wanted[k] for k in (0, 1)], axis=0)
    np.testing.assert_allclose(told["curves"]["settled"], shares)


def test_downloads_show_both_halves_and_only_masks_have_a_mask(record: RunRecord) -> None:
    frame = np.asarray(Image.open(io.BytesIO(make(record, "frame", 2, 1).data)))
    assert frame.shape == (SIDE, 2 * SIDE + 1, 3)
    picture = np.asarray(Image.open(io.BytesIO(make(record, "picture").data)))
    if towards_image(record):
        end = np.clip(record.images(0)[-1].transpose(1, 2, 0) * 127.5 + 127.5, 0, 255)
        assert abs(picture - end).max() <= 1, "the image half alone"
    if record.request.model == LEVELS:
        with pytest.raises(InputError, match="no mask"):
            make(record, "mask")
    else:
        assert make(record, "mask").data
    names = zipfile.ZipFile(io.BytesIO(make(record, "zip").data)).namelist()
    assert ("mask.png" in names) == (record.request.model == JOINT)
    assert recipe_of(record).get("label") == record.given.label


def test_a_stored_run_comes_back(record: RunRecord, tmp_path: Path) -> None:
    save_stored(record, tmp_path / "run.zip", {"title": "A run", "origin": "This test."})
    back = load_stored(tmp_path / "run.zip", record.manifest)
    assert back.given.kind == record.given.kind and back.request == record.request
    np.testing.assert_allclose(back.images(1), record.images(1), atol=4e-3)
    np.testing.assert_allclose(back.codes(1), record.codes(1), atol=4e-3)
    ours, theirs = (frame_json(r.frames[-1])["samples"][0]["level"] for r in (record, back))
    assert (ours is None) == (theirs is None) and (ours is None or ours["nearest"] == theirs["nearest"])


def test_files_of_a_run(record: RunRecord, tmp_path: Path) -> None:
    save_run(record, tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    masks = {"from mask": {"mask.png"}, "to mask": {"mask_0.png", "mask_1.png"}}
    way = next(key for key, (model, direction, _) in WAYS.items() if direction == record.request.direction)
    assert {name for name in names if name.startswith("mask")} == masks.get(way, set())
    assert {"result_0.png", "result_1.png", "trajectory_0.webp", "recipe.json"} <= names
    row = json.loads(json.dumps(summarised(record)))
    labels = [CLASSES[record.labels(k)[-1]] for k in (0, 1)] if record.request.model == LEVELS else None
    assert [found["class"] for found in row.get("labels", [])] == (labels or [])


@pytest.mark.parametrize("label", [3, -1, "3", "nothing", "", None, 1.0, True, "²", "00000001", [1]])
def test_a_class_that_the_model_has_not_is_refused(shared_engine: Engine, label: object) -> None:
    with pytest.raises(InputError, match="background, cell, nucleus"):
        Given.category(label, shared_engine.manifest(LEVELS))


@pytest.mark.parametrize("label", [2, "2", " 2 ", "nucleus"])
def test_a_class_goes_by_number_and_name(shared_engine: Engine, label: object) -> None:
    assert Given.category(label, shared_engine.manifest(LEVELS)).label == 2


def test_a_direction_takes_its_own_kind_of_input(shared_engine: Engine) -> None:
    for model, direction, given in ((LEVELS, "label-to-image", PHOTO), (JOINT, "mask-to-image", PHOTO),
                                    (POSTERIOR, "image-to-mask", WAYS["from label"][2])):  # fmt: skip
        with pytest.raises(InputError, match="needs a"):
            shared_engine.request({"model": model, "direction": direction}, given)


def test_levels_are_read_by_the_nearest() -> None:
    levels = Levels(5, 2.0)
    np.testing.assert_allclose(levels.values, [-2, -1, 0, 1, 2])
    reading = levels.read(np.full((3, 4, 4), 0.65))
    assert reading.nearest == 3 and reading.mean == pytest.approx(1.3)
    np.testing.assert_allclose(reading.distances, [3.3, 2.3, 1.3, 0.3, 0.7])
