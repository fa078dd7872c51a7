"""From a folder of masks to a FlowSeg: what is learned, what is written down, and the curve on the way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import flowdemo
from flowdemo.data import read_split
from flowdemo.errors import DataError, InputError
from flowdemo.evaluation import evaluate
from flowdemo.evaluation.segmentation import confusion_matrix, scores
from flowdemo.request import IMAGE_TO_MASK
from flowdemo.training.command import train

from .conftest import TINY

SMALL = TINY | {"ema": "0.9", "lr": "0.004", "channels": "16,24", "width": "8", "rollout": "0.5", "times": "early"}


@pytest.fixture(scope="module")
def reshaped(tmp_path_factory: pytest.TempPathFactory, cells: Path) -> Path:
    out = tmp_path_factory.mktemp("models") / "flowseg-cells"
    settings = SMALL | {"curve": "20", "curve_pictures": "3"}
    train("flowseg", cells, out, steps=60, device="cpu", seed=2, settings=settings, bar=False)
    return out


def test_it_learns_to_segment(reshaped: Path, cells: Path) -> None:
    model = flowdemo.load(reshaped, device="cpu")
    split = read_split(cells, "train", model.manifest.size)
    right = [(model.system.classes(list(model.trajectory(image, steps=4))[-1].x)[0] == labels).mean()
             for image, labels in zip(split.images[:6], split.labels[:6], strict=True)]  # fmt: skip
    ground = np.mean(split.labels[:6] == 0)
    assert np.mean(right) > ground + 0.5 * (1 - ground)


def test_manifest_and_card_tell_what_it_is(reshaped: Path) -> None:
    manifest = flowdemo.load(reshaped, device="cpu").manifest
    assert manifest.flow == {"codes": "kronecker", "start": "image"} and manifest.network["kind"] == "pixel-field"
    assert manifest.codebook.name == "kronecker" and manifest.beta == {} and manifest.beta_bound == 0
    assert manifest.steps == {IMAGE_TO_MASK: 10} and manifest.kind.random == () and manifest.channels == 3
    assert "--set rollout=0.5" in manifest.training["command"] and "curve" in manifest.training["command"]
    card = (reshaped / "README.md").read_text("utf-8")
    assert "η = 1.0, τ = 1.0" in card and "one small field per patch" in card


def test_curve_is_scored_on_the_validation_pictures(reshaped: Path, cells: Path) -> None:
    lines = [json.loads(line) for line in (reshaped / "training" / "curve.jsonl").read_text("utf-8").splitlines()]
    assert [line["step"] for line in lines] == [20, 40, 60] and all(line["n"] <= 3 for line in lines)
    model = flowdemo.load(reshaped, device="cpu")
    split = read_split(cells, "val", model.manifest.size)
    matrix = np.zeros((3, 3), np.int64)
    for image, labels in list(zip(split.images, split.labels, strict=True))[: lines[-1]["n"]]:
        *_, last = model.trajectory(image, steps=10)
        matrix += confusion_matrix(labels, model.system.classes(last.x)[0], 3)
    found = scores(matrix, tuple("abc"))["miou"]
    assert lines[-1]["miou"] == pytest.approx(found, abs=0.01)  # the model is stored in half precision


def test_plain_flow_matching_is_the_same_without_the_correction(tmp_path: Path, cells: Path) -> None:
    settings = SMALL | {"eta": "0", "head": "unet", "codes": "base-k", "source": "gaussian", "prediction": "velocity"}
    train("flowseg", cells, tmp_path / "plain", steps=2, device="cpu", settings=settings, bar=False)
    manifest = flowdemo.load(tmp_path / "plain", device="cpu").manifest
    assert manifest.label.startswith("Plain flow matching") and "kind" not in manifest.network
    assert manifest.kind.random == (IMAGE_TO_MASK,) and manifest.codebook.name == "base-k"
    found = evaluate(flowdemo.load(tmp_path / "plain", device="cpu"), cells, "val", [1, 2], limit=2)
    assert all(0 <= row["miou"] <= 1 and "boundary_f1" in row for row in found["rows"])


def test_a_training_may_begin_from_a_model(reshaped: Path, cells: Path, tmp_path: Path) -> None:
    settings = SMALL | {"init": str(reshaped), "lr": "1e-8"}
    train("flowseg", cells, tmp_path / "on", steps=1, device="cpu", settings=settings, bar=False)
    first, on = (flowdemo.load(folder, device="cpu") for folder in (reshaped, tmp_path / "on"))
    for name, weight in first.system.network.state_dict().items():
        np.testing.assert_allclose(on.system.network.state_dict()[name], weight, atol=2e-3)
    assert on.manifest.training["begun_from"] | {"seconds": 0} == {
        "model": first.name, "steps": 60, "samples": 240, "seconds": 0}  # fmt: skip
    assert "It began from the weights" in (tmp_path / "on" / "README.md").read_text("utf-8")
    with pytest.raises(InputError, match="needs the same"):
        train("flowseg", cells, tmp_path / "other", steps=1, settings=settings | {"width": "4"}, bar=False)


@pytest.mark.parametrize("wrong", [{"codes": "morse"}, {"source": "mask"}, {"transform": "cube"}, {"head": "mlp"},
                                   {"eta": "-1"}, {"tau": "0"}, {"times": "late"}, {"source": "gaussian"}])  # fmt: skip
def test_options_that_cannot_be_are_refused(tmp_path: Path, cells: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(InputError):
        train("flowseg", cells, tmp_path / "out", steps=1, settings=SMALL | wrong, bar=False)
    assert not (tmp_path / "out").exists()


def test_a_curve_needs_masks(tmp_path: Path, bars: Path) -> None:
    with pytest.raises((InputError, DataError)):
        train("classifier", bars, tmp_path / "out", steps=1, settings=TINY | {"curve": "1"}, bar=False)
