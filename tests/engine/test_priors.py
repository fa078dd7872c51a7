"""A shape prior on the result of a run: what is offered, what comes back, what is refused."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from tiny import JOINT, LEVELS, POSTERIOR, SIDE, mask_labels

from flowdemo.engine import Engine, Given, RunRecord, run
from flowdemo.engine import priors as room
from flowdemo.engine.priors import ADDED, TAKEN, Priors
from flowdemo.errors import EngineError, InputError
from flowdemo.rendering.recipe import extract

PHOTO = Given("picture", np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))


def notched() -> np.ndarray:
    """The drawn cell of the tiny models with a notch in cell and nucleus, uint8 ``[32, 32]``."""
    mask = mask_labels()
    mask[16:19, 20:] = 0
    mask[16:19, 15:20] = 1
    return mask


@pytest.fixture
def record(engine: Engine) -> RunRecord:
    """A finished run whose last frame reads as the notched cell."""
    found = run({"model": POSTERIOR, "steps": 2}, PHOTO, engine)
    found.drawn[-1] = replace(found.drawn[-1], classes=notched()[None])
    return found


def pixels(url: str) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))


def test_an_offer_names_the_classes_of_the_mask_and_what_lies_in_them(engine: Engine, record: RunRecord) -> None:
    offer = Priors(engine).offer(record)
    assert (offer["run"], offer["size"]) == (record.id, [SIDE, SIDE])
    assert [(c["index"], c["name"], c["within"], c["chosen"]) for c in offer["classes"]] == [
        (1, "cell", ["nucleus"], True), (2, "nucleus", [], False)]  # fmt: skip
    assert offer["classes"][0]["share"] == pytest.approx((notched() == 1).mean())
    said = "It takes pixels of the class background; nucleus also takes those of cell, and stays inside."
    assert offer["yields"] == said


def test_runs_without_a_finished_mask_offer_nothing(engine: Engine) -> None:
    priors = Priors(engine)
    back = run({"model": POSTERIOR, "direction": "mask-to-image", "steps": 1}, Given("mask", mask_labels()), engine)
    label = run({"model": LEVELS, "direction": "image-to-label", "steps": 1}, PHOTO, engine)
    unfinished = engine.start(engine.request({"model": POSTERIOR, "steps": 2}, PHOTO), PHOTO)
    joint = run({"model": JOINT, "direction": "image-to-mask", "steps": 1, "samples": 2}, PHOTO, engine)
    assert [priors.offer(found) for found in (back, label, unfinished)] == [None] * 3
    assert priors.offer(joint)["run"] == joint.id
    with pytest.raises(InputError) as refused:
        priors.repair(back.id, 0, [1], "line-scan", None, 50)
    assert refused.value.field == "run"


@pytest.mark.parametrize("method", list(room.METHODS))
def test_a_repair_shows_before_after_and_where_they_differ(engine: Engine, record: RunRecord, method: str) -> None:
    found = Priors(engine).repair(record.id, 0, [1, 2], method, None, 200)
    before, after, difference = (pixels(found[key]) for key in ("before", "after", "difference"))
    assert np.array_equal(before, notched()), "an index PNG shown in class colours"
    changed = before != after
    assert changed.any() and np.array_equal(after[~changed], before[~changed])
    ground = changed & (before == 0)
    assert (difference[ground] == ADDED).all() and (difference[changed & ~ground] == TAKEN).all()
    assert (difference[~changed] == difference[~changed][:, :1]).all(), "what stayed is grey"
    assert (found["added"], found["taken"]) == (ground.sum(), (changed & ~ground).sum())
    assert found["added"] > 0 and found["taken"] > 0
    cell, nucleus = found["rows"]
    assert cell["name"] == "cell with nucleus" and nucleus["name"] == "nucleus"
    for row, classes in ((cell, (1, 2)), (nucleus, (2,))):
        assert row["area"] == [np.isin(mask, classes).sum() for mask in (before, after)]
        assert row["solidity"][1] > row["solidity"][0]
    assert np.array_equal(record.classes(0)[-1], notched()), "the run is not changed"


def test_the_mask_to_take_home_tells_its_run_and_its_prior(engine: Engine, record: RunRecord) -> None:
    found = Priors(engine).repair(record.id, 0, [1], "line-scan", 25, 50)
    data = base64.b64decode(found["after"].partition(",")[2])
    assert extract(data)["model"] == POSTERIOR and found["name"].endswith("_mask_prior.png")
    image = Image.open(io.BytesIO(data))
    assert image.mode == "P" and found["text"] in image.text["Comment"] and "cell with nucleus" in image.text["Comment"]
    assert found["text"] == "Line scan: 1 part grown."


def test_a_bound_on_growth_leaves_parts_alone_and_says_so(engine: Engine, record: RunRecord) -> None:
    found = Priors(engine).repair(record.id, 0, [2], "line-scan", 5, 50)
    assert (found["added"], found["taken"]) == (0, 0)
    assert found["text"] == "Line scan: 0 parts grown, 1 left alone, which would have grown by more than 5 %."


@pytest.mark.parametrize(
    "wrong",
    [{"run": "no-such-run"}, {"sample": 1}, {"chosen": []}, {"chosen": [0]}, {"chosen": [7]}, {"chosen": ["1"]},
     {"method": "erosion"}, {"growth": 6}, {"iterations": 10**6}],
)  # fmt: skip
def test_what_was_not_offered_is_refused(engine: Engine, record: RunRecord, wrong: dict) -> None:
    asked = {"run": record.id, "sample": 0, "chosen": [1], "method": "curvature", "growth": 5, "iterations": 50}
    with pytest.raises(InputError):
        Priors(engine).repair(**(asked | wrong))


def test_an_answer_that_takes_too_long_ends_and_the_next_one_works(
    engine: Engine, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    priors = Priors(engine)
    with monkeypatch.context() as patch, pytest.raises(EngineError, match="took longer"):
        patch.setattr(room, "DEADLINE", -1.0)
        priors.repair(record.id, 0, [1], "curvature", None, 1000)
    assert priors.repair(record.id, 0, [1], "line-scan", None, 50)["added"] > 0
