"""There and back: results as inputs, and what is kept of a picture, a mask and a class."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import CLASSES, JOINT, LEVELS, ONE_STEP, POSTERIOR, SIDE, mask_labels

from flowdemo.engine import Engine, Given, RunRecord, run
from flowdemo.engine.roundtrip import difference_map, kept, result_of, way_back
from flowdemo.errors import InputError
from flowdemo.ui.roundtrip import summary

PHOTO = Given("picture", np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))
INPUTS = {"image-to-mask": PHOTO, "mask-to-image": Given("mask", mask_labels()), "image-to-label": PHOTO,
          "label-to-image": Given("label", np.array([1], np.uint8))}  # fmt: skip


def both_ways(engine: Engine, model: str, direction: str) -> tuple[RunRecord, RunRecord]:
    raw = {"model": model, "direction": direction, "steps": 2, "seed": 3, "samples": 2}
    there = run(raw, INPUTS[direction], engine)
    return there, run(way_back(there, 1), result_of(there, 1), engine)


@pytest.mark.parametrize("model", [POSTERIOR, JOINT, LEVELS])
@pytest.mark.parametrize("first", [0, 1])
def test_the_way_back_takes_the_result_to_where_the_input_was(shared_engine: Engine, model: str, first: int) -> None:
    direction = shared_engine.limits(model).directions[first]
    if (model, first) == (POSTERIOR, 0):  # nothing is drawn towards a mask: one sample
        there = run({"model": model, "steps": 2}, PHOTO, shared_engine)
        back = run(way_back(there), result_of(there), shared_engine)
    else:
        there, back = both_ways(shared_engine, model, direction)
    assert back.request.direction != direction and back.request.steps == 2
    assert result_of(back).kind == there.given.kind
    told = summary(there, back.request.seed - there.request.seed, back)
    assert len(told["line"]) == (3 if there.given.kind == "label" else 4) and told["text"].endswith(".")
    assert all(value >= 0 for value in kept(there, back).values())


def test_the_seed_of_a_sample_goes_back_with_it(shared_engine: Engine) -> None:
    there, back = both_ways(shared_engine, JOINT, "mask-to-image")
    assert (there.request.seed, back.request.seed) == (3, 4)
    assert np.array_equal(back.given.pixels, result_of(there, 1).pixels)
    assert not np.array_equal(result_of(there, 0).pixels, result_of(there, 1).pixels)


def test_what_is_kept_by_its_closed_form(shared_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    there, back = both_ways(shared_engine, JOINT, "image-to-mask")
    monkeypatch.setattr("flowdemo.engine.roundtrip.result_of", lambda record, sample=0: Given(
        "picture", np.clip(PHOTO.pixels.astype(int) + np.where(PHOTO.pixels < 200, 9, -9), 0, 255).astype(np.uint8)))
    assert kept(there, back)["difference"] == pytest.approx(9)
    assert kept(there, back)["flat"] == pytest.approx(np.abs(PHOTO.pixels - PHOTO.pixels.mean((0, 1))).mean(), rel=1e-4)
    assert set(np.unique(difference_map(there, back))) == {9}

    there, back = both_ways(shared_engine, JOINT, "mask-to-image")
    wrong = mask_labels()
    wrong[20:24] = (wrong[20:24] + 1) % len(CLASSES)
    monkeypatch.setattr("flowdemo.engine.roundtrip.result_of", lambda record, sample=0: Given("mask", wrong))
    labelled = mask_labels() < len(CLASSES)
    expected = (wrong == mask_labels())[labelled].mean()
    assert kept(there, back)["agreement"] == pytest.approx(expected) and expected < 1
    assert np.array_equal(difference_map(there, back) > 0, labelled & (wrong != mask_labels()))


def test_no_way_back_is_a_sentence(shared_engine: Engine) -> None:
    one = run({"model": ONE_STEP}, PHOTO, shared_engine)
    with pytest.raises(InputError, match="one direction"):
        way_back(one)
    record = shared_engine.start(shared_engine.request({"model": JOINT, "steps": 2}, PHOTO), PHOTO)
    with pytest.raises(InputError, match="end first"):
        result_of(record)
    for sample in (2, -1, "0", None, True):
        with pytest.raises(InputError, match="sample"):
            result_of(one, sample)
