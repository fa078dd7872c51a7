"""What the tab Classify & generate computes, on tiny random models."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny import LEVELS, SIDE, png_bytes

from flowdemo.engine import Engine
from flowdemo.errors import InputError
from flowdemo.ui.readings import (
    LADDER,
    agreement,
    frames_of,
    generated,
    judge_of,
    ladder,
    offers,
    prepared,
)
from flowdemo.ui.runner import Runner

SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints"
ALWAYS = 1  # what the judge of these tests reads, whatever it sees
BLANK = png_bytes(np.zeros((9, 9, 3), np.uint8))
READING = {"model": LEVELS, "kind": "drawing", "seed": 5, "steps": 2}
MAKING = {"model": LEVELS, "label": 2, "samples": 3, "steps": 4, "beta": 0.25, "seed": 7}


def drawing() -> bytes:
    picture = np.zeros((280, 280, 3), np.uint8)
    picture[40:240, 120:160] = 255
    return png_bytes(picture)


def opened(url: str) -> np.ndarray:
    head, _, body = url.partition(",")
    assert head in ("data:image/png;base64", "data:image/jpeg;base64")
    return np.array(Image.open(io.BytesIO(base64.b64decode(body))).convert("RGB"))


@pytest.fixture(scope="module")
def judged(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine with a classifier of the same data, which always gives the same answer."""
    import torch

    from flowdemo.networks.convnet import ConvNet, ConvNetConfig
    from flowdemo.zoo import save_model

    engine = Engine("cpu")
    levels = engine.manifest(LEVELS)
    network = ConvNet(ConvNetConfig(1, 3, (8,))).eval()
    with torch.no_grad():
        network.head.bias[ALWAYS] = 100.0
    rest = {"name": "judge", "label": "Judge", "system": "classifier", "prediction": "logits", "beta": {}}
    folder = tmp_path_factory.mktemp("judge") / "judge"
    save_model(folder, replace(levels, network=network.config.to_json(), **rest), network)
    engine.add(folder)
    return engine


def test_models_with_labels_of_whole_pictures_are_offered_alone(shared_engine: Engine) -> None:
    found = {offer["name"]: offer for offer in offers(shared_engine)}
    assert {shared_engine.manifest(name).labels for name in found} == {"global"}
    offer = found[LEVELS]
    assert (offer["levels"], offer["size"]) == ([-2.0, 0.0, 2.0], [SIDE, SIDE])
    assert (offer["beta"], offer["beta_bound"], offer["steps"], offer["max_samples"]) == (0.25, 0.5, 4, 8)
    assert offer["digits"] and offer["judge"] is None and offer["lands"] is False
    assert len(offer["classes"]) == 3


def test_a_picture_is_read_in_more_and_more_steps(shared_engine: Engine) -> None:
    told = list(ladder(Runner(shared_engine), READING, drawing(), "s"))
    assert [len(reply["columns"]) for reply in told] == [0, 1, 2, 3, 4, 5]
    assert len({reply["prepared"]["picture"] for reply in told}) == 1, "every message can stand for those before it"
    columns = told[-1]["columns"]
    assert [c["steps"] for c in columns] == list(LADDER) == [c["evaluations"] for c in columns]
    for column in columns:
        times, means = zip(*column["path"], strict=True)
        np.testing.assert_allclose(times, 1 - np.arange(column["steps"] + 1) / column["steps"], atol=1e-6)
        spread = np.abs(means[-1] - np.array([-2.0, 0.0, 2.0])) / 2.0  # the spacing of three levels is 2
        np.testing.assert_allclose(column["distances"], spread, atol=1e-3)
        assert column["nearest"] == int(spread.argmin())
    assert len({c["path"][0][1] for c in columns}) == 1, "the same noise"
    again = list(ladder(Runner(shared_engine), READING, drawing(), "s"))[-1]["columns"]
    assert [c["path"] for c in again] == [c["path"] for c in columns]
    other = list(ladder(Runner(shared_engine), READING | {"seed": 6}, drawing(), "s"))[-1]["columns"]
    assert other[0]["path"][0] != columns[0]["path"][0]


def test_eight_seeds_are_eight_runs_of_their_own(shared_engine: Engine) -> None:
    runner = Runner(shared_engine)
    (reply,) = agreement(runner, READING, drawing(), "s")
    found = reply["agreement"]
    assert (found["steps"], found["seed"], len(found["nearest"]), len(set(found["means"]))) == (2, 5, 8, 8)
    alone = list(ladder(runner, READING | {"seed": 7}, drawing(), "s"))[-1]["columns"][1]
    assert alone["path"][-1][1] == pytest.approx(found["means"][2], abs=1e-3)


def test_pictures_of_a_class_form_and_are_judged(judged: Engine) -> None:
    told = list(generated(Runner(judged), MAKING, "s"))
    frames = [reply["frame"] for reply in told[:-1]]
    assert [(f["index"], f["t"], len(f["pictures"])) for f in frames] == [(i, i / 4, 3) for i in range(5)]
    about = told[-1]["run"]
    assert {k: about[k] for k in MAKING} == MAKING
    made = told[-1]["made"]
    assert [entry["reads"] for entry in made] == [ALWAYS] * 3
    for entry, shown in zip(made, frames[-1]["pictures"], strict=True):
        exact = opened(entry["picture"]).astype(int)
        assert exact.shape == (SIDE, SIDE, 3)
        assert np.abs(exact - opened(shown)).mean() < 8, "what was sent on the way is the same picture, compressed"
    assert judge_of(judged, judged.manifest(LEVELS)).name == "judge"
    assert frames_of(judged, about["id"], [0, 4, 9]) == [frames[0], frames[4]]


def test_without_a_judge_nothing_is_said_about_the_pictures(shared_engine: Engine) -> None:
    *_, last = generated(Runner(shared_engine), MAKING | {"samples": 1}, "s")
    assert [entry["reads"] for entry in last["made"]] == [None]


def test_frames_of_other_runs_are_not_given_out(shared_engine: Engine, photo: bytes) -> None:
    runner = Runner(shared_engine)
    record = runner.prepare({"model": LEVELS, "direction": "image-to-label", "steps": 1}, photo)
    list(runner.stream(record, "s"))
    for run in (record.id, "nothing-like-it"):
        with pytest.raises(InputError):
            frames_of(shared_engine, run, [0])


@pytest.mark.parametrize(
    ("change", "field"),
    [({"model": "none"}, "model"), ({"seed": -1}, "seed"), ({"seed": 2**31}, "seed"), ({"seed": 1.5}, "seed")],
)
def test_a_reading_that_cannot_be_is_refused_before_it_begins(
    shared_engine: Engine, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as refused:
        next(ladder(Runner(shared_engine), READING | change, drawing(), "s"))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [({"label": 3}, "label"), ({"label": -1}, "label"), ({"label": 0.5}, "label"), ({"samples": 9}, "samples"),
     ({"samples": 0}, "samples"), ({"steps": 51}, "steps"), ({"steps": float("nan")}, "steps"), ({"beta": 0.5}, "beta"),
     ({"beta": -0.1}, "beta"), ({"seed": 2**31}, "seed"), ({"model": "a-posterior"}, "direction")],
)  # fmt: skip
def test_a_wish_that_cannot_be_is_refused_with_its_field(
    shared_engine: Engine, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as refused:
        next(generated(Runner(shared_engine), MAKING | change, "s"))
    assert refused.value.field == field


# Prepared pictures ----------------------------------------------------------------------------------------------


def test_drawings_are_prepared_as_digits_and_ready_ones_left_alone(shared_engine: Engine) -> None:
    manifest = shared_engine.manifest(LEVELS)
    assert manifest.channels == 1
    picture, note = prepared(manifest, "drawing", drawing())
    pixels = np.array(Image.open(io.BytesIO(picture)))
    assert pixels.shape == (SIDE, SIDE) and "20 × 20" in note
    same, nothing = prepared(manifest, "ready", picture)
    assert nothing == ""
    np.testing.assert_array_equal(np.array(Image.open(io.BytesIO(same)).convert("L")), pixels)


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [("drawing", BLANK, "no ink"), ("ready", BLANK, "32 × 32"), ("file", b"no picture at all", "picture"),
     ("ready", b"", "empty"), ("drawing", drawing()[:200], "damaged")],
)  # fmt: skip
def test_what_is_no_picture_of_a_digit_is_refused(shared_engine: Engine, kind: str, data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        prepared(shared_engine.manifest(LEVELS), kind, data)
    assert refused.value.field == "image"


def test_models_that_read_drawn_digits_are_offered_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowdemo.zoo.folders.CHECKPOINTS", SHIPPED)  # whatever other tests put in its place
    digits = [offer["digits"] for offer in offers(Engine("cpu"))]
    assert digits[0] and not digits[-1] and digits == sorted(digits, reverse=True)
